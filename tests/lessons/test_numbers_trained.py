"""Numbers that the lessons on optimizers, addition, generalization and optimizing tell, found again."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import nnstudio as nn
from nnstudio.data.generators import prepare_again
from nnstudio.lessons import Situation
from nnstudio.lessons.listing import shipped_files
from nnstudio.training.metrics import rounded_accuracy

FOLDERS = {file.parent.name: file.parent for file in shipped_files()}


def project(lesson: str, name: str, **settings: Any) -> nn.Project:
    found = nn.load_project(FOLDERS[lesson] / f"{name}.nns")
    assert found.settings is not None
    return replace(found, settings=replace(found.settings, **settings))


def with_values(
    found: nn.Project, weights: list[float], biases: dict[str, float] | None = None
) -> nn.Project:
    """Return a project with these weights, in the order of its connections, and biases by labels."""
    network = found.network.copy()
    ids = {neuron.label: neuron.id for neuron in network.neurons}
    network.set_values(
        dict(zip([connection.id for connection in network.connections], weights, strict=True)),
        {ids[label]: bias for label, bias in (biases or {}).items()},
    )
    return replace(found, network=network, start=None)


# Optimizers


@pytest.mark.parametrize(("a", "b"), [(-2.0, 1.4), (2.0, 1.0), (0.5, -3.0)])
def test_the_ravine_is_the_one_of_the_formula(a: float, b: float) -> None:
    found = Situation.of(with_values(project("12-optimizers", "ravine"), [a, b]))
    assert found.loss("train") == pytest.approx((a - 2) ** 2 + 100 * (b - 1) ** 2)
    assert found.gradients.weights.tolist() == pytest.approx([2 * (a - 2), 200 * (b - 1)])


@pytest.mark.parametrize(
    ("optimizer", "rate", "epoch"),
    [
        ("sgd", 0.009, 205),
        ("momentum", 0.004, 65),
        ("rmsprop", 0.05, 62),
        ("adam", 0.2, 26),
        ("rmsprop", 0.1, 21),
    ],
)
def test_the_race_goes_as_its_table_says(optimizer: str, rate: float, epoch: int) -> None:
    found = project("12-optimizers", "ravine", optimizer=optimizer, learning_rate=rate, epochs=300)
    assert Situation.of(found).trained_epochs_to(0.01) == epoch


@pytest.mark.parametrize(
    ("optimizer", "rate", "weights"),
    [
        ("sgd", 0.009, [-2 + 0.009 * 8, 1.4 - 0.009 * 80]),
        ("rmsprop", 0.05, [-1.5, 0.9]),
        ("adam", 0.2, [-1.8, 1.2]),
    ],
)
def test_a_first_step_ends_where_it_is_told(optimizer: str, rate: float, weights: list[float]) -> None:
    found = Situation.of(project("12-optimizers", "ravine", optimizer=optimizer, learning_rate=rate))
    after = found.trained(1).network.connections
    assert [connection.weight for connection in after] == pytest.approx(weights, abs=1e-6)


def test_gradient_descent_swings_at_its_limit_and_no_rate_below_wins_the_race() -> None:
    swinging = Situation.of(project("12-optimizers", "ravine", learning_rate=0.01)).trained(100)
    assert swinging.network.connections[1].weight == pytest.approx(1.4)
    assert Situation.of(project("12-optimizers", "ravine", learning_rate=0.2)).diverges(100)
    rates = (0.005, 0.007, 0.009, 0.0095, 0.0097, 0.0099)
    fastest = min(
        Situation.of(project("12-optimizers", "ravine", learning_rate=rate, epochs=300)).trained_epochs_to(
            0.01
        )
        for rate in rates
    )
    assert 150 < fastest < math.inf


def test_standardized_inputs_make_a_bowl_of_the_ravine() -> None:
    found = project("12-optimizers", "ravine", learning_rate=0.5)
    assert found.data is not None
    assert found.data.preparation is not None
    data = prepare_again(found.data, replace(found.data.preparation, scaling="standardize"))
    situation = Situation.of(replace(found, data=data))
    assert situation.loss("train") == pytest.approx(89.96)
    after = situation.trained(1)
    assert [connection.weight for connection in after.network.connections] == pytest.approx([2, 10])


# Addition


@pytest.mark.parametrize("seed", range(4))
def test_a_sigmoid_has_few_sums_right_before_and_21_after(seed: int) -> None:
    found = project("13-addition", "addition", seed=seed)
    found.network.initialize("uniform", seed)
    situation = Situation.of(replace(found, start=None))
    assert 2 <= situation.right_rows("test") <= 5
    assert situation.trained(10_000).right_rows("test") == 21


def test_the_sigmoid_ends_with_the_weights_and_answers_that_are_told() -> None:
    before = Situation.of(project("13-addition", "addition"))
    assert before.right_rows("test") == 2
    assert before.output((0.9, 0.1), None) == pytest.approx(0.778, abs=5e-4)
    after = before.trained(10_000)
    weights = [connection.weight for connection in after.network.connections]
    assert weights == pytest.approx([5.117, 5.117], abs=1e-3)
    assert after.biased("sum") == pytest.approx(-2.559, abs=1e-3)
    assert after.output((0.9, 0.1), None) == pytest.approx(0.928, abs=5e-4)
    assert after.output((0.8, 0.9), None) == pytest.approx(0.998, abs=5e-4)


def test_no_sigmoid_of_a_sum_has_the_three_rows_right() -> None:
    data = project("13-addition", "addition").data
    assert data is not None
    tested = {tuple(row) for row in data.x_test.tolist()}
    assert {(0.9, 0.1), (0.3, 0.1), (0.6, 0.1)} < tested
    middle = (math.log(0.35 / 0.65) + math.log(19)) / 2
    assert math.log(0.35 / 0.65) == pytest.approx(-0.619, abs=5e-4)
    assert middle == pytest.approx(1.1625, abs=5e-4)
    assert middle > math.log(3) == pytest.approx(math.log(0.75 / 0.25))
    assert rounded_accuracy(np.array([[1 / (1 + math.exp(-middle))]]), np.array([[0.7]])) == 0


def test_every_test_row_is_among_those_to_train() -> None:
    data = project("13-addition", "addition").data
    assert data is not None
    assert (len(data.x_train), len(data.x_test)) == (66, 25)
    trained = {tuple(row) for row in data.x_train.round(1).tolist()}
    assert {tuple(row) for row in data.x_test.round(1).tolist()} <= trained


# Generalization


def test_the_measured_curve_is_a_sine_with_noise() -> None:
    data = project("14-generalization", "few").data
    assert data is not None
    assert np.mean((np.sin(3 * data.x_train) - data.y_train) ** 2) == pytest.approx(0.023, abs=5e-4)


def test_eight_neurons_overfit_and_are_stopped_in_time() -> None:
    found = project("14-generalization", "many")
    assert found.data is not None
    assert found.settings is not None
    result = nn.train(found.network, found.data, found.settings)
    test = np.array(result.history.test_loss)
    assert result.history.loss[-1] == pytest.approx(0.0026, abs=2e-4)
    assert test[-1] == pytest.approx(0.389, abs=0.01)
    assert np.nanargmin(test) + 1 == pytest.approx(260, abs=10)
    stopped = nn.train(found.network, found.data, replace(found.settings, patience=100))
    assert len(stopped.history.loss) == 364
    best = np.array(stopped.history.test_loss)
    assert np.nanargmin(best) + 1 == 264
    assert np.nanmin(best) == pytest.approx(0.027, abs=5e-4)


def test_one_neuron_underfits_and_two_are_just_enough() -> None:
    found = project("14-generalization", "few")
    after = Situation.of(found).trained(3000)
    assert after.loss("train") > 0.05
    assert after.loss("test") == pytest.approx(0.0714, abs=5e-4)
    network = found.network
    ids = {neuron.label: neuron.id for neuron in network.neurons}
    second = network.add_neuron("hidden", label="h2")
    network.connect(ids["x"], second.id)
    network.connect(second.id, ids["y"])
    for seed in range(4):
        network.initialize("xavier_uniform", seed)
        assert Situation.of(replace(found, start=None)).trained(3000).loss("test") < 0.04


# You are the optimizer


def test_three_steps_of_the_machine_bring_the_line_below_its_goal() -> None:
    situation = Situation.of(project("15-you-are-the-optimizer", "slope"))
    assert situation.loss("train") == pytest.approx(0.407, abs=5e-4)
    assert situation.gradients.weights.tolist() == pytest.approx([-0.76])
    assert situation.gradients.biases[-1] == pytest.approx(0.6)
    assert situation.trained(1).network.connections[0].weight == pytest.approx(0.38)
    assert situation.trained(1).biased("y") == pytest.approx(-0.3)
    assert situation.trained(2).loss("train") > 0.02 > situation.trained(3).loss("train")
    moved = Situation.of(with_values(project("15-you-are-the-optimizer", "slope"), [0.1]))
    assert moved.loss("train") == pytest.approx(0.335, abs=5e-4)


def test_the_machine_starts_where_the_learner_does_and_changes_one_sign() -> None:
    by_hand = project("15-you-are-the-optimizer", "bump")
    machine = project("15-you-are-the-optimizer", "machine")
    assert by_hand.network == machine.network
    situation = Situation.of(machine)
    assert situation.loss("train") == pytest.approx(0.616, abs=5e-4)
    assert situation.trained_epochs_to(0.05) == 88
    after = situation.trained(300)
    assert after.loss("train") < 0.01
    turned = [
        (before.source, before.target)
        for before, now in zip(machine.network.connections, after.network.connections, strict=True)
        if before.weight * now.weight < 0
    ]
    ids = {neuron.label: neuron.id for neuron in machine.network.neurons}
    assert turned == [(ids["h2"], ids["y"])]
    hinted = Situation.of(with_values(by_hand, [2, 1, 0.5, -0.5]))
    assert hinted.loss("train") == pytest.approx(0.081, abs=1e-3)
    done = with_values(by_hand, [2, 2, 0.5, -0.5], {"h1": 1, "h2": -1})
    assert Situation.of(done).loss("train") < 0.05


def test_zeros_hold_the_machine_until_four_weights_are_given() -> None:
    found = project("15-you-are-the-optimizer", "zeros")
    situation = Situation.of(found)
    assert not situation.gradients.weights.any()
    after = situation.trained(300)
    assert after.loss("train") == pytest.approx(0.125, abs=5e-4)
    assert not any(connection.weight for connection in after.network.connections)
    assert (after.biased("h1"), after.biased("h2")) == (0, 0)
    given = Situation.of(with_values(found, [1, 1, 1, -1]))
    assert given.trained(300).loss("train") < 0.02
