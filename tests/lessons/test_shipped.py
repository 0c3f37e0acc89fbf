from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

import nnstudio as nn
from nnstudio.lessons import (
    Situation,
    check_lesson,
    evaluate,
    grade,
    judge_answer,
    load_lesson,
    load_lessons,
)
from nnstudio.lessons.listing import own_files, shipped_files
from nnstudio.paths import lessons_dir

FILES = {file.parent.name: file for file in shipped_files()}


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_lesson_is_sound_and_checks_three_things_or_more(name: str) -> None:
    assert check_lesson(FILES[name]) == []
    lesson = load_lesson(FILES[name])
    assert sum(len(step.checks) for step in lesson.steps) >= 3
    assert lesson.summary
    assert lesson.minutes is not None
    assert lesson.number is not None


@pytest.mark.parametrize("name", FILES)
def test_no_step_of_a_shipped_lesson_is_done_before_anything_was(name: str) -> None:
    lesson = load_lesson(FILES[name])
    for place, step in enumerate(lesson.steps):
        project = lesson.project_at(place)
        if step.checks and project is not None:
            assert grade(project, lesson, steps=[place + 1]).score < 1, step.title


def test_lessons_are_listed_in_order_and_the_users_own_follow() -> None:
    own = lessons_dir() / "00-mine.toml"
    own.write_text("format = 1\ntitle = 'Mine'\n[[step]]\ntitle = 'A'\n", "utf-8")
    (lessons_dir() / "broken.toml").write_text("format = ", "utf-8")
    ids = [lesson.id for lesson in load_lessons()]
    assert ids == [*sorted(FILES), "00-mine"]
    assert [file.name for file in own_files()] == ["00-mine.toml", "broken.toml"]


ANSWERS = [
    [None, "6", "6"],
    ["7", "7,8", "8"],
    ["4", "−4", "It falls"],
    ["-4", "-3.8", "The two losses are so alike that few of their digits differ"],
    ["3", "8", None],
    ["9/5", None, None],
]


def with_price(project: nn.Project, price: float) -> nn.Project:
    network = project.network.copy()
    network.set_values({network.connections[0].id: price}, {})
    return replace(project, network=network)


def test_the_derivative_is_found_by_limit_by_formula_and_by_stepping() -> None:
    lesson = load_lesson(FILES["04-derivative"])
    assert lesson.project is not None
    project = nn.load_project(lesson.project)
    assert project.data is not None
    assert project.settings is not None
    start = Situation.of(project)
    assert not any(
        evaluate(check, start).passed for step in lesson.steps for check in step.checks if not check.is_typed
    )
    for step, answers in zip(lesson.steps, ANSWERS, strict=True):
        for check, typed in zip(step.checks, answers, strict=True):
            if typed is not None:
                assert judge_answer(check, typed, start).passed, check.ask
                assert not judge_answer(check, "5", start).passed
    assert evaluate(lesson.steps[0].checks[0], Situation.of(with_price(project, 2))).passed
    assert evaluate(lesson.steps[4].checks[2], Situation.of(with_price(project, 3))).passed

    result = nn.train(project.network, project.data, project.settings)
    trained = project.network.copy()
    trained.set_parameters(result.program, result.parameters)
    done = replace(
        project,
        network=trained,
        start=project.network.values(),
        history=result.history,
        checkpoint=result.state,
    )
    assert evaluate(lesson.steps[5].checks[1], Situation.of(done)).passed
    assert not evaluate(lesson.steps[5].checks[2], Situation.of(done)).passed
    quarter = replace(done, settings=replace(project.settings, learning_rate=0.25))
    assert evaluate(lesson.steps[5].checks[2], Situation.of(quarter)).passed
    # At the end all that the lesson asserts holds at once, so it can be graded as a whole.
    end = Situation.of(quarter, trusts_history=False)
    assert all(
        evaluate(check, end).passed for step in lesson.steps for check in step.checks if not check.is_typed
    )


@pytest.mark.parametrize("price", [1.0, 2.0, 3.0, 4.5])
def test_the_network_of_the_derivative_is_the_profit(price: float) -> None:
    project = with_price(nn.load_project(FILES["04-derivative"].parent / "profit.nns"), price)
    situation = Situation.of(project)
    assert situation.output((1.0,), None) == pytest.approx(-2 * price**2 + 12 * price - 10)
    assert situation.gradients.weights[0] == pytest.approx(4 * price - 12)


def test_lessons_are_checked_and_graded_without_a_window() -> None:
    code = (
        "import sys; from nnstudio import cli; "
        "cli.main(['lesson', 'check', sys.argv[1]]); cli.main(['grade', sys.argv[2], sys.argv[1]]); "
        "print(*(name for name in sys.modules if name.partition('.')[0] in ('PySide6', 'pyqtgraph')))"
    )
    folder = FILES["04-derivative"].parent
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(folder / "profit.nns")],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "1 lesson checked: all is right."
    assert lines[1] == "profit.nns: 0 of 18 checks"
    assert lines[-1] == ""
