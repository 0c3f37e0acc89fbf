from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import nnstudio as nn
from nnstudio.lessons import Check, Situation, UnanswerableError, evaluate
from nnstudio.lessons.evaluating import computed, holds
from nnstudio.lessons.language import read, read_assertion
from nnstudio.lessons.quantities import QUANTITIES
from nnstudio.lessons.retraining import Limits
from nnstudio.network.templates import layered_network
from nnstudio.training import History

# What each quantity is asked with, and what it is for the line w = 1, b = 0 on y = 2x + 1.
LINE = {
    "neurons": 2,
    "hidden": 0,
    "inputs": 1,
    "outputs": 1,
    "connections": 1,
    "layers": 1,
    "parameters": 2,
    'weight("x", "out")': 1,
    'bias("out")': 0,
    'has_connection("x", "out")': True,
    'has_connection("out", "x")': False,
    'has_neuron("out")': True,
    'has_neuron("h")': False,
    'is_frozen("x", "out")': False,
    'activation_of("out")': "identity",
    'value("out")': 0,
    'value("out", row=4)': 3,
    'sum_of("out", row=4)': 3,
    'slope("out", row=4)': 1,
    'delta("out", row=4)': 2 * (3 - 7),
    "row_loss": 1,
    "row_loss(row=4)": 16,
    'gradient("x", "out")': -10,
    'bias_gradient("out")': -5,
    'gradient_at("x", "out", row=4)': 2 * (3 - 7) * 3,
    "output(10)": 10,
    'output(10, of="out")': 10,
    "loss": (1 + 4 + 9 + 16) / 4,
    "test_loss": 25,
    "accuracy": 0,
    "test_accuracy": 0,
    "right_rows": 0,
    "test_right_rows": 0,
    "rows_within(2)": 2,
    "error": 4,
    "rows": 4,
    "test_rows": 1,
    "features": 1,
    "target(5)": 9,
    'target(5, of="y")': 9,
    "dataset": "",
    "optimizer": "sgd",
    "loss_name": "mse",
    "learning_rate": 0.1,
    "batch_size": 4,
    "momentum": 0,
    'setting("patience")': 0,
    'setting("epochs")': 200,
    'setting("beta1")': 0,
    "epochs": 0,
    "reached(1)": math.inf,
    "color_mode": "weight",
    "focus_row": 1,
    "trainings": 0,
    'used_optimizer("sgd")': False,
}
TRAINED = {
    "first_loss": 7.5,
    "last_loss": None,
    "best_loss": None,
    "loss_at(1)": 7.5,
    "trained_loss(0)": 7.5,
    "trained_test_loss(0)": 25,
    "trained_accuracy(200)": 1,
    "trained_test_accuracy(200)": 1,
    "trained_error(0)": 4,
    "trained_epochs_to(8)": 1,
    "diverges(200)": False,
}


def value(text: str, situation: Situation) -> float | str | bool:
    return computed(read(text), situation)


def told(text: str, situation: Situation) -> str:
    verdict = holds(read_assertion(text), situation)
    assert verdict.passed is (verdict.told == "")
    return verdict.told


@pytest.mark.parametrize("text", LINE)
def test_quantities_of_a_line_are_those_found_by_hand(line: nn.Project, text: str) -> None:
    expected = LINE[text]
    found = value(text, Situation.of(line))
    assert type(found) is (
        float
        if isinstance(expected, int | float) and expected is not True and expected is not False
        else type(expected)
    )
    assert found == (expected if isinstance(expected, str) else pytest.approx(expected))


def test_every_quantity_is_tested_here() -> None:
    asked = {
        node.name for text in (*LINE, *TRAINED) for node in read(text).root.walk() if node.what == "quantity"
    }
    assert asked == set(QUANTITIES)


def trained(line: nn.Project, epochs: int) -> nn.Project:
    """Return what the window has after a training."""
    assert line.data is not None
    assert line.settings is not None
    start = line.network.values()
    result = nn.train(line.network, line.data, replace(line.settings, epochs=epochs))
    network = line.network.copy()
    network.set_parameters(result.program, result.parameters)
    return replace(line, network=network, history=result.history, checkpoint=result.state, start=start)


def test_the_past_is_that_of_the_history_in_the_window_and_of_a_new_training_when_graded(
    line: nn.Project,
) -> None:
    project = trained(line, 50)
    window, graded = Situation.of(project), Situation.of(project, trusts_history=False)
    for text in ("epochs", "first_loss", "last_loss", "best_loss", "loss_at(10)", "reached(1)"):
        assert value(text, window) == value(text, graded), text
    assert value("epochs", window) == 50
    forged = replace(
        project,
        history=History.from_arrays(
            {"epoch": np.arange(1.0, 51), "loss": np.zeros(50), "test_loss": np.zeros(50)}
        ),
    )
    assert value("last_loss", Situation.of(forged)) == 0
    assert value("last_loss", Situation.of(forged, trusts_history=False)) == value("last_loss", window)


def test_training_anew_begins_at_the_kept_start_with_the_projects_settings(line: nn.Project) -> None:
    project = trained(line, 50)
    situation = Situation.of(project)
    assert value("trained_loss(50)", situation) == pytest.approx(value("loss", situation), rel=1e-12)
    assert value("trained_epochs_to(1)", situation) == value("reached(1)", situation)
    for text, expected in TRAINED.items():
        if expected is not None:
            assert value(text, situation) == pytest.approx(expected), text
    slow = Situation.of(replace(project, settings=replace(project.settings, learning_rate=1e-9)))  # type: ignore[type-var]
    assert value("trained_epochs_to(1)", slow) == math.inf


def test_a_learning_rate_that_is_too_large_diverges(line: nn.Project) -> None:
    wild = Situation.of(replace(line, settings=replace(line.settings, learning_rate=5.0)))  # type: ignore[type-var]
    assert value("diverges(1000)", wild) is True
    assert value("diverges(2)", wild) is False
    assert value("trained_loss(1000)", wild) > 1e100  # type: ignore[operator]
    assert "to stay within the finite numbers for 1000 epochs" in told("not diverges(1000)", wild)
    assert "to leave the finite numbers within 2 epochs" in told("diverges(2)", wild)


def test_training_anew_is_bounded_and_says_so(line: nn.Project) -> None:
    situation = Situation.of(line, limits=Limits(steps=10, seconds=30.0))
    assert value("trained_loss(10)", situation) < 7.5  # type: ignore[operator]
    assert "more than the 10 that are allowed" in told("trained_loss(11) < 1", situation)
    hurried = Situation.of(line, limits=Limits(seconds=0.0))
    assert "takes longer than" in told("trained_loss(4000000) < 1", hurried)
    assert "whole number" in told("trained_loss(0.5) < 1", situation)


def test_a_submission_that_lost_its_start_has_no_past(line: nn.Project) -> None:
    project = replace(trained(line, 5), start=None)
    assert "does not keep" in told("epochs > 1", Situation.of(project, trusts_history=False))
    assert "does not keep" in told("trained_loss(5) < 1", Situation.of(project))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loss < 0.05", "Expected the loss to be below 0.05; it is 7.5."),
        ("0.05 > loss", "Expected the loss to be below 0.05; it is 7.5."),
        ("0 < loss < 0.05", "Expected the loss to be below 0.05; it is 7.5."),
        ("not loss > 1", "Expected the loss to be at most 1; it is 7.5."),
        (
            "inputs == 1 and hidden >= 2 and loss < 1",
            "Expected the number of hidden neurons to be at least 2; it is 0.",
        ),
        ("all(inputs == 1, hidden >= 2)", "Expected the number of hidden neurons to be at least 2; it is 0."),
        (
            "hidden > 1 or loss < 1",
            "Expected the number of hidden neurons to be above 1; it is 0. "
            "Or else: expected the loss to be below 1; it is 7.5.",
        ),
        ('weight("x", "out") != 1', "Expected the weight x → out not to be 1; it is 1."),
        (
            'weight("x", "out") == bias("out")',
            "Expected the weight x → out to be the bias of out, 0; it is 1.",
        ),
        (
            'abs(weight("x", "out") - 3) < 0.01',
            "Expected the weight x → out to be within 0.01 of 3; it is 1.",
        ),
        (
            'abs(gradient("x", "out")) < 0.01',
            "Expected the gradient of x → out to be within 0.01 of 0; it is −10.",
        ),
        ("loss + error < 1", "Expected loss + error to be below 1; it is 11.5."),
        ("loss < 7.49999", "Expected the loss to be below 7.49999; it is 7.5."),
        ('has_connection("out", "x")', "Expected a connection out → x; there is none."),
        ('not has_connection("x", "out")', "Expected no connection x → out; there is one."),
        ('optimizer == "adam"', "Expected the optimizer to be Adam; it is Gradient descent."),
        (
            'loss_name != "mse"',
            "Expected the loss function not to be Mean squared error; it is Mean squared error.",
        ),
        ('"Tanh" == activation_of("out")', "Expected the activation of out to be Tanh; it is Identity."),
        ('used_optimizer("adam")', "Expected a training with Adam; there was none yet."),
        ('value("out", row=4) > 5', "Expected the value of out at row 4 to be above 5; it is 3."),
        ('value("out") > 5', "Expected the value of out at row 1 to be above 5; it is 0."),
        ("output(2) > 5", "Expected the output for 2 to be above 5; it is 2."),
        ("not (loss > 1 and error > 1)", "Expected that this is not so: loss > 1 and error > 1."),
        ("loss_at(3) < 1", "Epoch 3 is yet to come: nothing has been trained yet. Train the network first."),
        ("last_loss < 1", "Nothing has been trained yet. Train the network first."),
        ('weight("x", "h") > 1', "There is no neuron h. Add it, or name one so."),
        ('weight("out", "x") > 1', "There is no connection out → x. Connect the two."),
        ('bias("x") > 1', "x is an input and has no bias."),
        ('value("out", row=6) > 1', "There is no row 6; the data have 5, counted from 1."),
        ("output(1, 2) > 1", "The network takes 1 inputs (x), not 2."),
        ('target(1, of="z") > 1', "There is no target z; there are y."),
        ("1 / hidden > 1", "1 / hidden divides by 0."),
    ],
)
def test_what_fails_tells_quantity_expected_and_actual(line: nn.Project, text: str, expected: str) -> None:
    assert told(text, Situation.of(line)) == expected


def test_numbers_are_told_with_the_digits_that_tell_them_apart(line: nn.Project) -> None:
    line.network.set_values({line.network.connections[0].id: 0.050004}, {})
    assert told('weight("x", "out") <= 0.05', Situation.of(line)) == (
        "Expected the weight x → out to be at most 0.05; it is 0.050004."
    )


def test_a_situation_stays_as_it_was_taken(line: nn.Project) -> None:
    situation = Situation.of(line)
    line.network.set_values({line.network.connections[0].id: 5.0}, {})
    assert value('weight("x", "out")', situation) == 1
    values = line.network.values()
    assert value('weight("x", "out")', Situation.of(line, values=values)) == 5


def test_the_window_says_what_a_file_does_not(line: nn.Project) -> None:
    situation = Situation.of(line, color_mode="gradient", focus_row=3, trainings=2, used_optimizers=["Adam"])
    check = Check(
        that="All",
        assertion=read_assertion(
            'color_mode == "gradient" and focus_row == 4 and trainings == 2 and used_optimizer("adam")'
            ' and value("out") == 3'
        ),
    )
    assert evaluate(check, situation).passed


def test_only_what_is_asked_is_computed_and_only_once(
    line: nn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    loss = Situation.loss
    monkeypatch.setattr(Situation, "loss", lambda self, part: calls.append(part) or loss(self, part))
    situation = Situation.of(line)
    assert told("hidden > 3 and loss < 1", situation)
    assert calls == []
    for _ in range(3):
        assert told("loss < 1 or loss < 2", situation)
    assert calls == ["train"]


def test_classes_are_right_where_the_class_is(line: nn.Project) -> None:
    project = nn.Project(layered_network((2, 3, 1), seed=3), nn.make_dataset("xor"), nn.TrainingSettings())
    situation = Situation.of(project)
    assert value("dataset", situation) == "xor"
    program = nn.compile_network(project.network)
    assert project.data is not None
    outputs = program.predict(program.initial_parameters(), project.data.x)[:, 0]
    right = int(((outputs >= 0.5) == project.data.y[:, 0]).sum())
    assert value("right_rows", situation) == right
    assert value("accuracy", situation) == right / 4


def test_a_network_that_does_not_fit_the_data_or_has_none_says_so(line: nn.Project) -> None:
    line.network.add_neuron("input", label="other")
    assert "1 columns for inputs" in told("loss < 1", Situation.of(line))
    assert "There are no data" in told("loss < 1", Situation.of(replace(line, data=None)))
    with pytest.raises(UnanswerableError):
        value("test_loss", Situation.of(nn.Project(line.network, nn.make_dataset("xor"))))


def test_two_neurons_of_one_name_are_told(line: nn.Project) -> None:
    line.network.add_neuron("hidden", label="h", position=(0, 300))
    other = line.network.add_neuron("hidden", position=(0, 400))
    line.network.update_neuron(other.id, label="h")
    assert "2 neurons called h" in told('bias("h") > 1', Situation.of(line))


@pytest.mark.parametrize("text", ["loss != 0", "not loss > 1", "not (loss < 1 and hidden == 0)"])
def test_what_is_not_a_number_passes_nothing(line: nn.Project, text: str) -> None:
    broken = Situation.of(line)
    broken.once(("loss", "train"), lambda: float("nan"))
    assert "The loss is not a number" in told(text, broken)


@pytest.mark.parametrize("text", ["loss_at(infinity) < 1", 'value("out", row=infinity) < 1'])
def test_endless_numbers_name_no_row_and_no_epoch(line: nn.Project, text: str) -> None:
    assert told(text, Situation.of(trained(line, 5))).startswith("There is no ")


def test_one_of_several_suffices_where_another_is_not_there_yet(line: nn.Project) -> None:
    situation = Situation.of(line)
    assert told("last_loss < 1 or hidden == 0", situation) == ""
    assert told("last_loss < 1 or hidden == 7", situation) == (
        "Nothing has been trained yet. Train the network first. Or else: expected the number of hidden "
        "neurons to be 7; it is 0."
    )
