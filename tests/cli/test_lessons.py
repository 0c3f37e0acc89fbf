from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import nnstudio as nn
from nnstudio.__main__ import main
from nnstudio.lessons.documentation import quantity_list
from nnstudio.network.templates import gate
from nnstudio.paths import lessons_dir

if TYPE_CHECKING:
    from pathlib import Path

LESSON = """\
format = 1
title = "And"

[[step]]
title = "All four"

[[step.check]]
that = "All rows are right"
when = "accuracy == 1"

[[step]]
title = "Small"

[[step.check]]
that = "Three neurons"
when = "neurons == 3"
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    file = tmp_path / "gates.toml"
    file.write_text(LESSON, "utf-8")
    return file


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    """Return a folder with a right, a wrong, and a damaged submission."""
    folder = tmp_path / "submissions"
    folder.mkdir()
    nn.save_project(nn.Project(gate("and"), nn.make_dataset("and")), folder / "ann.nns")
    nn.save_project(nn.Project(gate("or"), nn.make_dataset("and")), folder / "ben.nns")
    (folder / "cid.nns").write_bytes((folder / "ann.nns").read_bytes()[:99])
    return folder


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_a_sound_lesson_is_told_as_such(lesson: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lesson", "check", lesson) == 1
    assert "asks about a project" in capsys.readouterr().out
    nn.save_project(nn.Project(gate("and"), nn.make_dataset("and")), lesson.parent / "and.nns")
    lesson.write_text(LESSON.replace("[[", 'project = "and.nns"\n[[', 1), "utf-8")
    assert run("lesson", "check", lesson) == 0
    assert capsys.readouterr().out == "1 lesson checked: all is right.\n"


def test_every_fault_is_told_with_file_line_and_reason(
    lesson: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson.write_text('format = 1\ntitle = "A"\n[[step]]\n', "utf-8")
    broken = lesson.with_name("broken.toml")
    broken.write_text("format = 1\ntitle =\n", "utf-8")
    assert run("lesson", "check", lesson, broken) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f'{lesson}:3: The step has no title. Write title = "…".'
    assert lines[1].startswith(f"{broken}:2: This is no TOML: ")
    assert run("lesson", "check", lesson.parent) == 1
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_folder_without_lessons_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lesson", "check", tmp_path) == 1
    assert "has no lessons" in capsys.readouterr().err


def test_lessons_are_listed_with_the_users_own_and_with_what_cannot_be_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (lessons_dir() / "mine.toml").write_text(LESSON, "utf-8")
    assert run("lesson", "list", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found[-1] == {
        "id": "mine",
        "title": "And",
        "summary": "",
        "minutes": None,
        "steps": 2,
        "checks": 2,
        "file": str(lessons_dir() / "mine.toml"),
    }
    assert "04-derivative" in [each["id"] for each in found]
    (lessons_dir() / "bad.toml").write_text("format = 1", "utf-8")
    assert run("lesson", "list") == 0
    out = capsys.readouterr().out
    assert "! " in out
    assert "bad.toml" in out
    assert "mine" in out
    assert run("lesson", "list", "--json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)[-1]["id"] == "mine"
    assert "bad.toml" in captured.err


def test_the_quantities_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lesson", "quantities") == 0
    assert capsys.readouterr().out == quantity_list()


def test_one_submission_is_told_check_by_check(
    lesson: Path, submissions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("grade", submissions / "ben.nns", lesson) == 0
    assert capsys.readouterr().out.splitlines() == [
        "ben.nns: 1 of 2 checks",
        "  - 1.1 All rows are right",
        "        Expected the share of right rows to be 1; it is 0.5.",
        "  + 2.1 Three neurons",
    ]


def test_a_folder_is_told_as_a_table_and_a_damaged_file_stops_nothing(
    lesson: Path, submissions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("grade", submissions, lesson) == 1
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[:3] == [
        "file     passed  score  not passed",
        "ann.nns     2/2   100%",
        "ben.nns     1/2    50%  1.1",
    ]
    assert lines[3].startswith("cid.nns  could not be graded: “cid.nns” ")
    assert "1 file could not be graded" in captured.err


def test_a_folder_as_json_is_one_object_a_file(
    lesson: Path, submissions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("grade", submissions, lesson, "--json") == 1
    ann, ben, cid = map(json.loads, capsys.readouterr().out.splitlines())
    assert (ann["score"], ann["passed"], ann["of"], ann["problem"]) == (1.0, 2, 2, None)
    assert ben["checks"][0] == {
        "step": 1,
        "check": 1,
        "title": "All rows are right",
        "passed": False,
        "told": "Expected the share of right rows to be 1; it is 0.5.",
        "typed": None,
    }
    assert cid["score"] == 0.0
    assert "cid.nns" in cid["problem"]


def test_a_lesson_is_found_by_its_name_and_steps_can_be_chosen(
    submissions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lessons_dir() / "mine.toml").write_text(LESSON, "utf-8")
    assert run("grade", submissions / "ben.nns", "mine", "--step", 2, "--json") == 0
    assert json.loads(capsys.readouterr().out)["score"] == 1.0
    assert run("grade", submissions / "ben.nns", "mine", "--step", 3) == 1
    assert "no step 3" in capsys.readouterr().err
    assert run("grade", submissions / "ben.nns", "mind") == 1
    assert "Did you mean mine?" in capsys.readouterr().err


def test_of_two_lessons_with_one_name_neither_is_taken(
    lesson: Path, submissions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("04-derivative.toml", "mine.toml"):
        (lessons_dir() / name).write_text(lesson.read_text("utf-8"), "utf-8")
    assert run("grade", submissions / "ben.nns", "04-derivative") == 1
    told = capsys.readouterr().err
    assert "There are 2 lessons “04-derivative”" in told
    assert str(lessons_dir() / "04-derivative.toml") in told
    assert run("grade", submissions / "ben.nns", "x" * 5000) == 1
    assert "There is no lesson “xxx" in capsys.readouterr().err


def test_an_answer_typed_over_several_lines_is_told_in_one(
    lesson: Path, submissions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson.write_text(f'{LESSON}\n[[step.check]]\nask = "Which?"\nanswer = 7\n', "utf-8")
    project = nn.load_project(submissions / "ben.nns")
    forged = "1\n  + 2.3 Solved\x1b[2K"
    project.view["lessons"] = {lesson.stem: {"2": {"2": forged}}}
    nn.save_project(project, submissions / "ben.nns")
    assert run("grade", submissions / "ben.nns", lesson) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "        typed: 1   + 2.3 Solved [2K" in lines
    assert run("grade", submissions / "ben.nns", lesson, "--json") == 0
    assert json.loads(capsys.readouterr().out)["checks"][-1]["typed"] == forged


def test_what_is_not_there_is_told(lesson: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("grade", tmp_path / "none.nns", lesson) == 1
    assert "There is no file" in capsys.readouterr().err
    assert run("grade", tmp_path, lesson) == 1
    assert "has no projects" in capsys.readouterr().err
    lesson.write_text("format = 1\n", "utf-8")
    assert run("grade", tmp_path, lesson) == 1
    assert "line 1" in capsys.readouterr().err
