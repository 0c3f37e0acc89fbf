from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import nnstudio as nn
from nnstudio.lessons import Lesson, grade, grade_folder, load_lesson
from nnstudio.lessons.progress import typed_answers, with_typed
from nnstudio.training import History

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = """\
format = 1
title = "A line"
project = "line.nns"

[[step]]
title = "By hand"

[[step.check]]
that = "The line fits"
when = "loss < 0.01"

[[step.check]]
ask = "What was the gradient?"
answer = 'gradient("x", "out")'

[[step]]
title = "By training"

[[step.check]]
that = "It was trained"
when = "epochs >= 10 and last_loss < first_loss"

[[step.check]]
that = "The settings train it"
when = "trained_loss(200) < 0.01"
"""


@pytest.fixture
def lesson(write: Callable[[str], Path]) -> Lesson:
    return load_lesson(write(TEXT))


def solved(line: nn.Project, lesson: Lesson, answer: str = "-10") -> nn.Project:
    assert line.data is not None
    assert line.settings is not None
    result = nn.train(line.network, line.data, line.settings)
    network = line.network.copy()
    network.set_parameters(result.program, result.parameters)
    return replace(
        line,
        network=network,
        start=line.network.values(),
        history=result.history,
        checkpoint=result.state,
        view=with_typed({"zoom": 1.0}, lesson, (0, 1), answer),
    )


def save(project: nn.Project, folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    nn.save_project(project, folder / name)
    return folder / name


def passed(path: Path, lesson: Lesson) -> list[bool]:
    return [check.passed for check in grade(path, lesson).checks]


def test_a_good_submission_passes_everything(line: nn.Project, lesson: Lesson, tmp_path: Path) -> None:
    result = grade(save(solved(line, lesson), tmp_path / "in", "a.nns"), lesson)
    assert [check.told for check in result.checks] == ["", "", "", ""]
    assert (result.score, result.passed, result.problem, result.note) == (1.0, 4, None, "")
    assert result.checks[1].typed == "-10"


def test_what_was_not_done_is_told_check_by_check(line: nn.Project, lesson: Lesson, tmp_path: Path) -> None:
    result = grade(save(line, tmp_path / "in", "a.nns"), lesson)
    assert result.score == 0.25
    assert [check.told for check in result.checks] == [
        "Expected the loss to be below 0.01; it is 7.5.",
        "No answer was typed.",
        "Expected the number of finished epochs to be at least 10; it is 0.",
        "",
    ]


def test_a_wrong_answer_is_told_with_what_was_expected(
    line: nn.Project, lesson: Lesson, tmp_path: Path
) -> None:
    result = grade(save(solved(line, lesson, "7"), tmp_path / "in", "a.nns"), lesson)
    assert not result.checks[1].passed
    assert "Expected" in result.checks[1].told


def test_stored_results_are_not_trusted(line: nn.Project, lesson: Lesson, tmp_path: Path) -> None:
    project = solved(line, lesson)
    zeros = {"epoch": np.arange(1.0, 201), "loss": np.linspace(1, 0, 200), "test_loss": np.zeros(200)}
    forged = replace(
        line, history=History.from_arrays(zeros), checkpoint=project.checkpoint, start=line.network.values()
    )
    assert passed(save(forged, tmp_path / "in", "a.nns"), lesson) == [False, False, True, True]
    assert "gives other weights than it has" in grade(tmp_path / "in" / "a.nns", lesson).note
    nowhere = replace(forged, settings=replace(line.settings, learning_rate=1e-300))  # type: ignore[type-var]
    assert passed(save(nowhere, tmp_path / "in", "b.nns"), lesson) == [False, False, False, False]


def test_steps_can_be_graded_alone(line: nn.Project, lesson: Lesson, tmp_path: Path) -> None:
    result = grade(save(solved(line, lesson), tmp_path / "in", "a.nns"), lesson, steps=[2])
    assert [(check.step, check.check) for check in result.checks] == [(2, 1), (2, 2)]


def test_damaged_and_foreign_files_do_not_keep_the_others_from_being_graded(
    line: nn.Project, lesson: Lesson, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    good = save(solved(line, lesson), folder, "a.nns")
    (folder / "b.nns").write_bytes(good.read_bytes()[:200])
    save(nn.Project(nn.Network()), folder, "c.nns")
    (folder / "d.nns").mkdir()
    save(nn.Project(nn.Network(), nn.make_dataset("xor"), nn.TrainingSettings()), folder, "e.nns")
    save(line, folder, "f.nns")
    results = list(grade_folder(folder, lesson))
    assert [result.score for result in results] == [1.0, 0.0, 0.0, 0.0, 0.0, 0.25]
    assert [result.problem is None for result in results] == [True, False, True, False, True, True]
    assert all(len(result.checks) == 4 for result in results)
    assert all(
        check.told or check.passed for result in results if not result.problem for check in result.checks
    )


def test_typed_answers_are_kept_in_the_view_beside_what_is_there(lesson: Lesson) -> None:
    view = with_typed({"zoom": 2.0, "lessons": {"other": {"1": {"1": "a"}}}}, lesson, (0, 1), "5")
    assert view == {"zoom": 2.0, "lessons": {"other": {"1": {"1": "a"}}, "my": {"1": {"2": "5"}}}}
    again = with_typed(view, lesson, (0, 1), "6")
    assert typed_answers(again, lesson) == {(0, 1): "6"}
    assert typed_answers(view, lesson) == {(0, 1): "5"}


@pytest.mark.parametrize(
    "view", [{}, {"lessons": 3}, {"lessons": {"my": [1]}}, {"lessons": {"my": {"1": {"2": 5}}}}]
)
def test_a_view_that_holds_something_else_has_no_answers(lesson: Lesson, view: dict[str, object]) -> None:
    assert typed_answers(view, lesson) == {}
    assert typed_answers(with_typed(view, lesson, (0, 1), "5"), lesson) == {(0, 1): "5"}


def kept(lesson_text: str, *locks: str) -> str:
    return lesson_text.replace("[[step]]\n", f"[[step]]\nlock = {list(locks)}\n")


def hidden_more(project: nn.Project) -> nn.Project:
    network = project.network.copy()
    network.add_neuron("hidden", label="h")
    return replace(project, network=network)


def easier(project: nn.Project) -> nn.Project:
    data = nn.Dataset.from_arrays([[0.0], [1.0]], [[0.0], [1.0]], test_fraction=0)
    return replace(project, data=data)


def faster(project: nn.Project) -> nn.Project:
    assert project.settings is not None
    return replace(project, settings=replace(project.settings, learning_rate=0.2))


def typed_in(project: nn.Project) -> nn.Project:
    network = project.network.copy()
    network.set_values(dict.fromkeys(network.values()[0], 2.0), dict.fromkeys(network.values()[1], 1.0))
    return replace(project, network=network)


@pytest.mark.parametrize(
    ("locks", "change", "told"),
    [
        (["data"], easier, "The file has other data than “line.nns”"),
        (["structure"], hidden_more, "The file has another wiring than “line.nns”"),
        (["settings"], faster, "The file has other settings of the training than “line.nns”"),
        (["values", "training"], typed_in, "The file has other weights than “line.nns”"),
    ],
)
def test_what_the_lesson_keeps_cannot_be_handed_in_otherwise(
    line: nn.Project,
    write: Callable[[str], Path],
    tmp_path: Path,
    locks: list[str],
    change: Callable[[nn.Project], nn.Project],
    told: str,
) -> None:
    lesson = load_lesson(write(kept(TEXT, *locks)))
    changed = change(solved(line, lesson))
    result = grade(save(changed, tmp_path / "in", "a.nns"), lesson)
    # What was typed is right for the project that its step begins with.
    assert [check.passed for check in result.checks] == [False, True, False, False]
    assert all(check.told.startswith(told) for check in result.checks if not check.passed)


def test_what_a_later_step_opens_may_be_handed_in_otherwise(
    line: nn.Project, write: Callable[[str], Path], tmp_path: Path
) -> None:
    lesson = load_lesson(write(TEXT.replace("[[step]]\n", "[[step]]\nlock = ['data', 'values']\n", 1)))
    result = grade(save(easier(line), tmp_path / "in", "a.nns"), lesson)
    assert result.checks[0].passed


def test_a_new_random_start_and_training_are_no_change_of_what_is_kept(
    line: nn.Project, write: Callable[[str], Path], tmp_path: Path
) -> None:
    lesson = load_lesson(write(kept(TEXT, "structure", "values", "data", "settings")))
    project = solved(line, lesson)
    assert project.settings is not None
    other_seed = replace(project, settings=replace(project.settings, seed=7))
    assert grade(save(other_seed, tmp_path / "in", "a.nns"), lesson).score == 1.0


def test_weights_that_no_training_leads_to_are_noted_where_a_lesson_keeps_them(
    line: nn.Project, write: Callable[[str], Path], tmp_path: Path
) -> None:
    by_hand = TEXT.replace("epochs >= 10 and last_loss < first_loss", "loss < 1")
    lesson = load_lesson(write(kept(by_hand, "structure", "values", "data", "settings")))
    trained = solved(line, lesson)
    assert grade(save(trained, tmp_path / "in", "a.nns"), lesson).note == ""
    note = grade(save(typed_in(trained), tmp_path / "in", "b.nns"), lesson).note
    assert "gives other weights than it has" in note
    untrained = replace(typed_in(line), start=None, history=None, checkpoint=None)
    told = grade(save(untrained, tmp_path / "in", "c.nns"), lesson).checks[0].told
    assert told.startswith("The file has other weights than “line.nns”")
