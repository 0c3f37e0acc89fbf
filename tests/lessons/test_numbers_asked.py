"""Answers that lessons keep as numbers are those that the program computes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import nnstudio as nn
from nnstudio.lessons import Situation, judge_answer, load_lesson
from nnstudio.lessons.evaluating import computed
from nnstudio.lessons.language import read
from nnstudio.lessons.listing import shipped_files

FILES = {file.parent.name: file for file in shipped_files()}

# Step and check, counted from 1, the project, its first weight where it is another one, settings, and what
# is computed.
CASES: dict[str, list[tuple[int, int, str, float | None, dict[str, Any], str]]] = {
    "07-forward-pass": [
        (1, 1, "forward", None, {}, 'sum_of("h2", row=1)'),
        (1, 2, "forward", None, {}, 'value("h2", row=1)'),
        (2, 1, "forward", None, {}, 'value("out", row=1)'),
        (2, 2, "forward", None, {}, 'value("out", row=2)'),
        (3, 1, "alike", None, {}, 'sum_of("A", row=2)'),
        (3, 2, "alike", None, {}, 'sum_of("B", row=2)'),
        (4, 1, "alike", None, {}, 'sum_of("B", row=1) / sqrt(5) / sqrt(10)'),
        (4, 2, "alike", None, {}, 'sum_of("A", row=3)'),
        (5, 1, "alike", None, {}, '2 * output(1, 3, of="B")'),
        (6, 1, "digits", None, {}, 'sum_of("4", row=2)'),
        (6, 2, "digits", None, {}, 'sum_of("1", row=2)'),
        (6, 3, "digits", None, {}, '(15 + sum_of("1", row=2)) / 2'),
        (7, 1, "digits", None, {}, 'sum_of("4", row=7)'),
        (7, 2, "digits", None, {}, 'sum_of("4", row=8)'),
        # Mended, three pixels agree that differed.
        (8, 3, "digits", None, {}, 'sum_of("7", row=8) + 6'),
    ],
    "08-chain-rule": [
        (1, 2, "sine-of-square", 1.5, {}, 'value("square")'),
        (1, 3, "sine-of-square", 1.5, {}, 'value("sine")'),
        (3, 1, "sine-of-square", 2.0, {}, 'slope("square")'),
        (3, 2, "sine-of-square", 2.0, {}, 'slope("sine")'),
        (3, 3, "sine-of-square", 2.0, {}, 'gradient("one", "square")'),
        (4, 1, "sine-of-square", 2.0, {}, 'gradient("one", "square")'),
        (5, 1, "sine-of-square", 2.0, {}, 'delta("sine") * weight("square", "sine")'),
        (5, 2, "sine-of-square", 2.0, {}, 'slope("square")'),
        (6, 1, "sine-of-square", None, {}, "sqrt(pi / 2)"),
        (7, 1, "two-neurons", None, {}, 'delta("out")'),
        (7, 2, "two-neurons", None, {}, 'weight("h", "out")'),
        (7, 3, "two-neurons", None, {}, 'slope("h")'),
        (7, 4, "two-neurons", None, {}, 'value("x")'),
        (8, 1, "two-ways", None, {}, 'delta("p") * weight("h", "p") * slope("h") * value("x")'),
        (8, 2, "two-ways", None, {}, 'delta("q") * weight("h", "q") * slope("h") * value("x")'),
        (9, 2, "sine-of-square", None, {}, "sqrt(3 * pi / 2)"),
        (9, 3, "sine-of-square", 1.5, {}, "trained_loss(50)"),
    ],
    "09-backpropagation": [
        (7, 1, "two-two-one", None, {}, 'weight("h1", "out") - gradient("h1", "out")'),
        (7, 2, "two-two-one", None, {}, 'weight("b", "h2") - gradient("b", "h2")'),
        (7, 3, "two-two-one", None, {}, 'bias("out") - bias_gradient("out")'),
        (8, 2, "two-two-one", None, {}, "trained_loss(1)"),
    ],
    "10-learning-loop": [
        (1, 1, "line", None, {}, "output(3)"),
        (2, 1, "line", None, {}, "output(1)"),
        (2, 2, "line", None, {}, "output(2)"),
        (2, 3, "line", None, {}, "(output(0) + output(1) + output(2) + output(3)) / 4"),
        (3, 1, "line", None, {}, "row_loss(row=3)"),
        (3, 2, "line", None, {}, "loss"),
        (4, 1, "line", None, {}, 'gradient("x", "y")'),
        (4, 2, "line", None, {}, 'bias_gradient("y")'),
        (5, 1, "line", None, {}, 'weight("x", "y") - learning_rate * gradient("x", "y")'),
        (5, 2, "line", None, {}, 'bias("y") - learning_rate * bias_gradient("y")'),
        (6, 1, "line", None, {}, "trained_loss(1)"),
        (7, 2, "line", None, {}, "trained_epochs_to(0.06)"),
    ],
    "11-losses": [
        (2, 1, "minutes", None, {}, "(target(1) + target(2) + target(3) + target(4) + target(5)) / 5"),
        (3, 1, "wrong", None, {}, "-log(0.01)"),
        (3, 2, "wrong", None, {}, "-log(1 - 0.9)"),
        (4, 1, "wrong", None, {}, "-log(0.9 * 0.8 * 0.5) / 3"),
        (5, 1, "wrong", None, {}, 'slope("out")'),
        (5, 2, "wrong", None, {}, 'gradient("x", "out")'),
        (6, 2, "wrong", None, {"loss": "binary_cross_entropy"}, 'gradient("x", "out")'),
        (6, 3, "wrong", None, {"loss": "binary_cross_entropy"}, 'gradient("x", "out") / -0.0049208'),
        (7, 1, "wrong", None, {}, "-log(0.2)"),
        (8, 1, "wrong", None, {}, "1 - sqrt(trained_loss(100))"),
    ],
}


@pytest.mark.parametrize(
    ("lesson", "case"),
    [(lesson, case) for lesson, cases in CASES.items() for case in cases],
    ids=lambda value: value if isinstance(value, str) else f"{value[0]}-{value[1]}",
)
def test_a_number_asked_for_is_what_the_program_computes(
    lesson: str, case: tuple[int, int, str, float | None, dict[str, Any], str]
) -> None:
    step, number, file, first_weight, changes, formula = case
    project = nn.load_project(FILES[lesson].parent / f"{file}.nns")
    assert project.settings is not None
    project = replace(project, settings=replace(project.settings, **changes))
    if first_weight is not None:
        network = project.network.copy()
        network.set_values({network.connections[0].id: first_weight}, {})
        project = replace(project, network=network, start=None)
    situation = Situation.of(project)
    check = load_lesson(FILES[lesson]).steps[step - 1].checks[number - 1]
    value = computed(read(formula), situation)
    assert isinstance(value, float | int)
    verdict = judge_answer(check, f"{value:.9f}", situation)
    assert verdict.passed, f"{check.ask} is {value}: {verdict.told}"
    assert not judge_answer(check, f"{value + 1:.9f}", situation).passed
