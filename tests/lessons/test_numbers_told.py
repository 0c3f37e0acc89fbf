"""Numbers that the first lessons tell, computed again by the program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import nnstudio as nn
from nnstudio.lessons import Situation
from nnstudio.lessons.listing import shipped_files

FOLDERS = {file.parent.name: file.parent for file in shipped_files()}


def situation(
    lesson: str,
    project: str,
    weights: dict[tuple[str, str], float] | None = None,
    biases: dict[str, float] | None = None,
) -> Situation:
    """Return a project of a lesson with other weights and biases, by labels."""
    found = nn.load_project(FOLDERS[lesson] / project)
    network = found.network.copy()
    ids = {neuron.label: neuron.id for neuron in network.neurons}
    connections = {(c.source, c.target): c.id for c in network.connections}
    network.set_values(
        {connections[ids[a], ids[b]]: value for (a, b), value in (weights or {}).items()},
        {ids[label]: value for label, value in (biases or {}).items()},
    )
    return Situation.of(replace(found, network=network))


@pytest.mark.parametrize(("weight", "loss"), [(0, 15), (1, 4.5), (2, 1), (3, 4.5), (4, 15)])
def test_the_loss_over_one_weight_is_the_parabola(weight: float, loss: float) -> None:
    found = situation("02-how-wrong", "hours.nns", {("hours", "points"): weight})
    assert found.loss("train") == pytest.approx(loss) == 3.5 * weight**2 - 14 * weight + 15


def test_weight_and_bias_of_1_4_are_the_lowest_place_of_the_bowl() -> None:
    found = situation("02-how-wrong", "hours.nns", {("hours", "points"): 1.4}, {"points": 1.4})
    assert found.loss("train") == pytest.approx(0.3)
    assert np.abs(found.gradients.weights).max() < 1e-12
    assert np.abs(found.gradients.biases).max() < 1e-12
    assert found.output((2.0,), None) == pytest.approx(4.2)


@pytest.mark.parametrize(
    ("first", "second", "loss", "gradient"),
    [
        (2, 1, 1, (2, 4)),
        (2.01, 1, 1.0201, None),
        (2, 1.01, 1.0404, None),
        (-1, 1, 4, None),
        (3, 1, 4, (4, 12)),
        (0, 0, 1, (0, 0)),
        (0.5, 0.5, 0.5625, None),
        (0.5, -0.5, 1.5625, None),
        (0.1, 0.1, 0.9801, (-0.198, -0.198)),
    ],
)
def test_the_surface_over_two_weights_is_as_high_and_as_steep_as_told(
    first: float, second: float, loss: float, gradient: tuple[float, float] | None
) -> None:
    found = situation("03-gradient", "saddle.nns", {("x", "h"): first, ("h", "y"): second})
    assert found.loss("train") == pytest.approx(loss)
    if gradient is not None:
        assert found.gradients.weights == pytest.approx(gradient)


def test_the_small_valley_is_a_local_minimum_with_deeper_ones_beside_it() -> None:
    rest = situation("03-gradient", "wave.nns").trained(300)
    here = rest.loss("train")
    assert here == pytest.approx(0.4123, abs=1e-4)
    weight, bias = rest.network.connections[0].weight, rest.biased("y")
    for angle in np.linspace(0, 2 * np.pi, 24, endpoint=False):
        x, y = weight + 0.05 * np.cos(angle), bias + 0.05 * np.sin(angle)
        assert situation("03-gradient", "wave.nns", {("x", "y"): x}, {"y": y}).loss("train") > here
    assert situation("03-gradient", "wave.nns", {("x", "y"): 2.0}).loss("train") == pytest.approx(0)


@pytest.mark.parametrize(
    ("rate", "steps", "weight"),
    [(0.1, 1, 0.6), (0.1, 2, 1.08), (0.5, 1, 3), (0.9, 1, 5.4), (0.9, 2, 1.08), (1, 20, 0), (1.1, 1, 6.6)],
)
def test_steps_down_the_valley_end_where_told(rate: float, steps: int, weight: float) -> None:
    project = situation("05-walking-down", "valley.nns").project
    assert project.settings is not None
    settings = replace(project.settings, learning_rate=rate)
    found = Situation.of(replace(project, settings=settings)).trained(steps)
    assert found.network.connections[0].weight == pytest.approx(weight)


def test_the_two_stacked_sigmoids_have_the_values_told() -> None:
    found = situation("06-combining", "two.nns")
    moment = found.moment(13)
    assert moment.values[found.slot("x")] == 2
    assert moment.sums[found.slot("a1")] == pytest.approx(-3.6)
    assert moment.values[found.slot("a1")] == pytest.approx(0.0266, abs=5e-5)
    assert moment.values[found.slot("a2")] == pytest.approx(0.621, abs=5e-5)
    assert moment.values[found.slot("y")] == pytest.approx(0.517, abs=5e-4)
    assert found.output((1000.0,), None) == pytest.approx(0.7)
    assert found.output((-1000.0,), None) == pytest.approx(0.45)


@pytest.mark.parametrize(("hidden", "least", "most"), [(1, 0.097, 0.102), (2, 0.016, 0.024), (4, 0, 0.005)])
def test_more_sigmoids_leave_as_little_loss_as_told(hidden: int, least: float, most: float) -> None:
    project = situation("06-combining", "curve.nns").project
    assert project.data is not None
    assert project.settings is not None
    network = nn.Network()
    x = network.add_neuron("input")
    y = network.add_neuron("output", activation="identity", bias=0.0)
    for _ in range(hidden):
        h = network.add_neuron("hidden", activation="sigmoid", bias=0.0)
        network.connect(x.id, h.id, weight=0.0)
        network.connect(h.id, y.id, weight=0.0)
    network.initialize(project.settings.initializer, 1)
    result = nn.train(network, project.data, project.settings)
    assert least < result.history.loss[-1] < most
