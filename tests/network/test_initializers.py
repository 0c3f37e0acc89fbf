"""Starting weights: bounds, spread, fan-in and fan-out, and what freezing leaves alone."""

from __future__ import annotations

import math
import statistics

import pytest

from nnstudio.network.initializers import INITIALIZERS, draw
from nnstudio.network.templates import layered_network

FAN_IN, FAN_OUT = 60, 40
LIMIT = {
    "uniform": (0.0, 1.0),
    "xavier_uniform": (-math.sqrt(6 / 100), math.sqrt(6 / 100)),
    "he_uniform": (-math.sqrt(6 / 60), math.sqrt(6 / 60)),
}
DEVIATION = {
    "zeros": 0.0,
    "uniform": math.sqrt(1 / 12),
    "normal": 1.0,
    "xavier_uniform": math.sqrt(2 / 100),
    "xavier_normal": math.sqrt(2 / 100),
    "he_uniform": math.sqrt(2 / 60),
    "he_normal": math.sqrt(2 / 60),
}


@pytest.fixture(scope="module")
def wide():
    """2,400 connections, each from a neuron that feeds 40 to one fed by 60."""
    return layered_network((FAN_IN, FAN_OUT), seed=None)


@pytest.mark.parametrize("scheme", INITIALIZERS)
def test_weights_spread_as_the_scheme_says(wide, scheme) -> None:
    weights = list(draw(wide, scheme, 0)[0].values())
    low, high = LIMIT.get(scheme, (-math.inf, math.inf))
    assert all(low <= weight <= high for weight in weights)
    mean = 0.5 if scheme == "uniform" else 0.0
    # Six standard errors: the seed is fixed, but any should do.
    assert statistics.fmean(weights) == pytest.approx(mean, abs=6 * DEVIATION[scheme] / math.sqrt(2400))
    assert statistics.pstdev(weights) == pytest.approx(DEVIATION[scheme], rel=0.09)
    if scheme in LIMIT:
        assert min(weights) < low + 0.02 * (high - low)
        assert max(weights) > high - 0.02 * (high - low)


@pytest.mark.parametrize("scheme", INITIALIZERS)
def test_biases_are_0_but_for_uniform(wide, scheme) -> None:
    biases = draw(wide, scheme, 0)[1]
    assert biases.keys() == {n.id for n in wide.outputs}
    if scheme == "uniform":
        assert 0 < min(biases.values()) < 0.2
        assert 0.8 < max(biases.values()) < 1
    else:
        assert set(biases.values()) == {0.0}


@pytest.mark.parametrize("scheme", INITIALIZERS)
def test_freezing_some_leaves_the_start_of_the_others_alone(scheme) -> None:
    network = layered_network((3, 4, 2), seed=None)
    free = draw(network, scheme, 3)
    frozen = [c.id for c in network.connections][::2]
    for connection_id in frozen:
        network.update_connection(connection_id, trainable=False, weight=9.0)
    network.update_neuron("n4", trainable=False, bias=8.0)
    weights, biases = draw(network, scheme, 3)
    assert weights == {c: w for c, w in free[0].items() if c not in frozen}
    assert biases == {n: b for n, b in free[1].items() if n != "n4"}
    network.initialize(scheme, 3)
    assert {network.connection(c).weight for c in frozen} == {9.0}
    assert network.neuron("n4").bias == 8.0


def test_each_connection_is_drawn_by_the_fans_of_its_own_ends() -> None:
    network = layered_network((1, 1), seed=None)
    many = layered_network((1, 50), seed=None)
    (narrow,) = draw(network, "xavier_uniform", 0)[0].values()
    wide = draw(many, "xavier_uniform", 0)[0]["c1"]
    assert wide == pytest.approx(narrow * math.sqrt((1 + 1) / (1 + 50)))
    # He's scheme looks at what comes in alone.
    assert draw(many, "he_normal", 0)[0]["c1"] == next(iter(draw(network, "he_normal", 0)[0].values()))


def test_python_s_own_generator_is_not_touched() -> None:
    import random

    random.seed(1)
    state = random.getstate()
    draw(layered_network((2, 2)), "normal", 5)
    assert random.getstate() == state
