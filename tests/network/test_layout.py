"""Arrangement: layers from left to right, centered, few crossings, nothing lying on a connection."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.network import Network
from nnstudio.network.items import COLUMN_SPACING, ROW_SPACING
from nnstudio.network.layout import column_spacing, depths, layered_positions
from nnstudio.network.templates import TEMPLATES, layered_network


def build(roles: str, edges: str) -> Network:
    """Return a network from such texts as ``"i i h o"`` and ``"0-2 1-2 2-3"``."""
    network = Network()
    for number, role in enumerate(roles.split()):
        network.add_neuron({"i": "input", "h": "hidden", "o": "output"}[role], id=f"{number}")
    for edge in edges.split():
        network.connect(*edge.split("-"))
    return network


def crossings(network: Network, places) -> int:
    """How many pairs of connections between the same two columns cross, counted pair by pair."""
    lines = [(places[c.source], places[c.target]) for c in network.connections]
    return sum(
        (a[1] - c[1]) * (b[1] - d[1]) < 0
        for (a, b), (c, d) in combinations(lines, 2)
        if a[0] == c[0] and b[0] == d[0]
    )


def lying_on(network: Network, places) -> list[tuple[str, str]]:
    """Neurons whose middle is within a quarter row of a connection that passes their column."""
    found = []
    for c in network.connections:
        (x1, y1), (x2, y2) = places[c.source], places[c.target]
        for neuron_id, (x, y) in places.items():
            if x1 < x < x2 and abs(y1 + (y2 - y1) * (x - x1) / (x2 - x1) - y) < ROW_SPACING / 4:
                found.append((neuron_id, c.id))
    return found


def random_network(seed: int, size: int, count: int) -> Network:
    rng = random.Random(seed)
    network = Network()
    ids = [network.add_neuron(rng.choice(["input", "hidden", "hidden", "output"])).id for _ in range(size)]
    rank = {neuron_id: rng.random() for neuron_id in ids}
    for _ in range(count if ids else 0):
        a, b = sorted((rng.choice(ids), rng.choice(ids)), key=rank.__getitem__)
        if a != b and network.neuron(b).role != "input" and network.connection_between(a, b) is None:
            network.connect(a, b)
    return network


def test_depth_is_the_longest_way() -> None:
    network = build("i h h o h", "0-1 1-2 0-3 2-3")
    assert depths(network) == {"0": 0, "1": 1, "2": 2, "3": 3, "4": 1}


@given(st.integers(0, 2**32), st.integers(0, 12), st.integers(0, 40))
def test_every_connection_goes_to_the_right(seed, size, count) -> None:
    network = random_network(seed, size, count)
    depth = depths(network)
    places = layered_positions(network)
    assert list(places) == [n.id for n in network.neurons]
    assert len(set(places.values())) == len(places)
    for connection in network.connections:
        assert depth[connection.source] < depth[connection.target]
        assert places[connection.source][0] < places[connection.target][0]
    for neuron in network.neurons:
        before = [depth[n] for n in network.sources_of(neuron.id)]
        assert depth[neuron.id] == max([int(neuron.role != "input"), *(d + 1 for d in before)])


@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(0, 40))
def test_inputs_come_first_and_final_outputs_last_in_their_order(seed, size, count) -> None:
    network = random_network(seed, size, count)
    places = layered_positions(network)
    left, right = min(x for x, _ in places.values()), max(x for x, _ in places.values())
    inputs = [places[n.id] for n in network.inputs]
    ends = [places[n.id] for n in network.outputs if not network.targets_of(n.id)]
    assert all(x == left for x, _ in inputs)
    assert all(x == right for x, _ in ends)
    assert inputs == sorted(inputs)
    assert ends == sorted(ends)
    if inputs and ends:
        assert left < right
    hidden = [places[n.id] for n in network.hidden]
    if ends:
        assert all(x < right for x, _ in hidden)


def test_outputs_of_different_depth_share_the_last_column() -> None:
    places = layered_positions(build("i h h o o", "0-1 1-2 2-3 0-4"))
    assert places["3"][0] == places["4"][0] == 3 * COLUMN_SPACING


def test_an_output_that_feeds_others_stands_before_them() -> None:
    places = layered_positions(build("i o h o", "0-1 1-2 2-3"))
    assert [places[n][0] for n in "0123"] == [0, COLUMN_SPACING, 2 * COLUMN_SPACING, 3 * COLUMN_SPACING]


def test_columns_are_spaced_evenly_and_centered() -> None:
    places = layered_positions(layered_network((3, 4, 1)))
    assert sorted(set(places.values())) == [
        *((0.0, y * ROW_SPACING) for y in (-1, 0, 1)),
        *((COLUMN_SPACING, y * ROW_SPACING) for y in (-1.5, -0.5, 0.5, 1.5)),
        (2 * COLUMN_SPACING, 0.0),
    ]


def test_no_column_is_left_empty() -> None:
    places = layered_positions(build("h o", "0-1"))
    assert places == {"0": (0.0, 0.0), "1": (COLUMN_SPACING, 0.0)}
    assert layered_positions(Network()) == {}


# Those that are not keep the neurons of each group together instead, whatever their layer.
@pytest.mark.parametrize("key", sorted(TEMPLATES.keys() - {"experts", "half-adder", "full-adder"}))
def test_templates_are_arranged_already(key) -> None:
    network = TEMPLATES[key].build()
    assert layered_positions(network) == {n.id: n.position for n in network.neurons}


def test_crossings_that_can_be_avoided_are() -> None:
    # Five chains side by side, their middles made in the worst order.
    roles = " ".join(["i"] * 5 + ["h"] * 10 + ["o"] * 5)
    edges = [f"{k}-{9 - k} {9 - k}-{10 + (k * 2) % 5} {10 + (k * 2) % 5}-{15 + k}" for k in range(5)]
    network = build(roles, " ".join(edges))
    assert crossings(network, {n.id: n.position for n in network.neurons}) > 0
    assert crossings(network, layered_positions(network)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_sorting_makes_fewer_crossings_than_the_order_of_making(seed) -> None:
    rng = random.Random(seed)
    network = layered_network((6, 8, 8, 3), seed=None)
    network.extract([], [c.id for c in network.connections if rng.random() < 0.75])
    before = crossings(network, {n.id: n.position for n in network.neurons})
    assert crossings(network, layered_positions(network)) < before


@pytest.mark.parametrize(
    ("roles", "edges"),
    [
        ("i h o", "0-1 1-2 0-2"),
        ("i i h o", "0-2 1-2 2-3 0-3 1-3"),
        ("i h h o", "0-1 1-2 2-3 0-2 1-3 0-3"),
        ("i i i h h h o", "0-3 1-4 2-5 3-6 4-6 5-6 1-6"),
    ],
)
def test_no_neuron_lies_on_a_connection_that_skips_its_layer(roles, edges) -> None:
    network = build(roles, edges)
    assert lying_on(network, layered_positions(network)) == []


def test_equal_networks_are_arranged_alike() -> None:
    network = random_network(5, 60, 300)
    assert layered_positions(network) == layered_positions(network.copy())


def test_a_large_network_is_arranged() -> None:
    network = random_network(1, 2000, 6000)
    places = layered_positions(network)
    assert len(set(places.values())) == 2000


def test_tall_layers_stand_farther_apart_within_limits() -> None:
    assert column_spacing((2, 3, 1)) == column_spacing((7,)) == COLUMN_SPACING
    assert COLUMN_SPACING < column_spacing((2, 8, 8, 1)) < column_spacing((2, 10, 10, 1))
    assert column_spacing((2, 1000, 1)) == 2 * COLUMN_SPACING
