from __future__ import annotations

from itertools import pairwise
from math import dist

import pytest

from nnstudio.network.arranging import aligned, distributed, tidied
from nnstudio.network.templates import layered_network

PLACES = {"a": (0.0, 50.0), "b": (200.0, -150.0), "c": (50.0, 350.0)}


@pytest.mark.parametrize(
    ("side", "axis", "value"),
    [
        ("left", 0, 0.0),
        ("center", 0, 100.0),
        ("right", 0, 200.0),
        ("top", 1, -150.0),
        ("middle", 1, 100.0),
        ("bottom", 1, 350.0),
    ],
)
def test_aligned_neurons_stand_in_one_row_or_column(side, axis, value) -> None:
    places = aligned(PLACES, side)
    assert {place[axis] for place in places.values()} == {value}
    assert {i: place[1 - axis] for i, place in places.items()} == {i: p[1 - axis] for i, p in PLACES.items()}


def test_neurons_that_would_lie_on_each_other_are_moved_apart_in_their_order() -> None:
    grid = {"a": (0.0, 0.0), "b": (200.0, 0.0), "c": (10.0, 90.0), "d": (210.0, 100.0)}
    places = aligned(grid, "left")
    assert {x for x, _ in places.values()} == {0.0}
    ys = [places[i][1] for i in "abcd"]
    assert all(after - before >= 60.0 for before, after in pairwise(ys))
    assert (ys[0] + ys[-1]) / 2 == pytest.approx(50.0)


def test_distributed_neurons_have_even_gaps_and_keep_their_order() -> None:
    assert distributed(PLACES, "across") == {"a": (0.0, 50.0), "c": (100.0, 350.0), "b": (200.0, -150.0)}
    assert distributed(PLACES, "down") == {"b": (200.0, -150.0), "a": (0.0, 100.0), "c": (50.0, 350.0)}
    assert distributed({"a": (1.0, 2.0)}, "down") == {"a": (1.0, 2.0)}


def test_tidying_keeps_the_middle_of_what_is_tidied() -> None:
    network = layered_network([2, 3, 1], seed=0)
    for number, neuron in enumerate(network.neurons):
        network.update_neuron(neuron.id, position=(500.0 + 37.0 * number % 90, 300.0 - 53.0 * number % 70))
    xs, ys = zip(*(n.position for n in network.neurons), strict=True)
    places = tidied(network)
    new_xs, new_ys = zip(*places.values(), strict=True)
    assert min(new_xs) + max(new_xs) == pytest.approx(min(xs) + max(xs))
    assert min(new_ys) + max(new_ys) == pytest.approx(min(ys) + max(ys))
    assert len(set(new_xs)) == 3
    assert len(set(places.values())) == 6


def test_only_what_is_named_is_tidied() -> None:
    network = layered_network([2, 3, 1], seed=0)
    assert set(tidied(network, ["n3", "n4"])) == {"n3", "n4"}
    assert tidied(network.subnetwork([])) == {}


def test_a_tidied_part_covers_none_of_the_others() -> None:
    network = layered_network([2, 6, 1], seed=0)
    part = ["n3", "n4", "n5", "n6"]
    for number, neuron_id in enumerate(part):
        network.update_neuron(neuron_id, position=(40.0 * number, 10.0 * number))
    # In the middle of where they would stand, and at both sides of it.
    network.update_neuron("n7", position=(60.0, 15.0))
    network.update_neuron("n8", position=(70.0, 250.0))
    network.update_neuron("n1", position=(-20.0, 15.0))
    places = tidied(network, part)
    others = [neuron.position for neuron in network.neurons if neuron.id not in part]
    assert min(dist(place, other) for place in places.values() for other in others) >= 63.0
    assert len({x for x, _ in places.values()}) == 1
    for neuron_id, place in places.items():
        network.update_neuron(neuron_id, position=place)
    assert tidied(network, part) == places
