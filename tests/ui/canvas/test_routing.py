from __future__ import annotations

import numpy as np
import pytest

from nnstudio.network import Network
from nnstudio.ui.canvas import routing
from nnstudio.ui.canvas.geometry import NEURON_RADIUS, segment_distances
from nnstudio.ui.canvas.graph import Graph


def _chain(count: int, *connections: tuple[int, int], step: tuple[float, float] = (200.0, 0.0)) -> Graph:
    """Neurons in a line, the first an input."""
    network = Network()
    for number in range(count):
        role = "input" if number == 0 else "hidden"
        network.add_neuron(role, id=f"n{number}", position=(number * step[0], number * step[1]))
    for source, target in connections:
        network.connect(f"n{source}", f"n{target}", weight=1.0, id=f"{source}{target}")
    return Graph(network)


def _clearance(graph: Graph, connection: str, neuron: str) -> float:
    slot = graph.connection_slots[connection]
    lines = graph.segments[graph.starts[slot] : graph.starts[slot + 1]]
    return float(segment_distances(lines, *graph.positions[graph.neuron_slots[neuron]]).min())


@pytest.mark.parametrize("step", [(200.0, 0.0), (0.0, 200.0), (150.0, 90.0), (-150.0, 90.0)])
def test_a_connection_that_skips_neurons_in_line_goes_around_them(step: tuple[float, float]) -> None:
    graph = _chain(4, (0, 1), (1, 2), (0, 2), (0, 3), step=step)
    assert _clearance(graph, "02", "n1") > NEURON_RADIUS
    assert _clearance(graph, "03", "n1") > NEURON_RADIUS
    assert _clearance(graph, "03", "n2") > NEURON_RADIUS
    for straight in ("01", "12"):
        slot = graph.connection_slots[straight]
        assert graph.starts[slot + 1] - graph.starts[slot] == 1


def test_ways_around_the_same_neurons_lie_apart() -> None:
    graph = _chain(5, (0, 2), (0, 3), (0, 4))
    places = np.array([graph.connection_slots[i] for i in ("02", "03", "04")])
    heights = np.abs(graph.points_at(places, 0.5)[:, 1])
    assert np.all(np.diff(heights) > 5.0)


def test_a_bend_starts_and_ends_at_the_middle_of_its_neurons_without_gaps() -> None:
    graph = _chain(3, (0, 1), (0, 2))
    slot = graph.connection_slots["02"]
    lines = graph.segments[graph.starts[slot] : graph.starts[slot + 1]]
    assert lines[0, :2].tolist() == [0.0, 0.0]
    assert lines[-1, 2:].tolist() == [400.0, 0.0]
    assert np.array_equal(lines[1:, :2], lines[:-1, 2:])


def test_the_other_side_is_taken_where_the_first_is_full() -> None:
    graph = _chain(3, (0, 2))
    side = np.sign(graph.points_at(np.array([0]), 0.5)[0, 1])
    network = Network()
    network.add_neuron("input", id="a", position=(0.0, 0.0))
    network.add_neuron("hidden", id="b", position=(200.0, 0.0))
    network.add_neuron("hidden", id="c", position=(400.0, 0.0))
    for x in (100.0, 200.0, 300.0):
        for y in (55.0, 80.0, 110.0, 140.0):
            network.add_neuron("hidden", position=(x, side * y))
    network.connect("a", "c", weight=1.0)
    assert np.sign(Graph(network).points_at(np.array([0]), 0.5)[0, 1]) == -side


def test_layers_that_are_next_to_each_other_are_connected_straight() -> None:
    network = Network()
    for layer in range(2):
        for row in range(12):
            role = "hidden" if layer else "input"
            network.add_neuron(role, id=f"{layer}-{row}", position=(layer * 200.0, row * 90.0))
    for source in range(12):
        for target in range(12):
            network.connect(f"0-{source}", f"1-{target}", weight=1.0)
    graph = Graph(network)
    assert len(graph.segments) == 144


def test_neurons_at_one_place_need_no_way() -> None:
    graph = _chain(3, (0, 1), (0, 2), step=(0.0, 0.0))
    assert np.isfinite(graph.segments).all()
    assert len(graph.segments) == 2


def test_very_many_are_left_straight() -> None:
    positions = np.array([[number * 200.0, 0.0] for number in range(700)])
    sources = np.zeros(699, dtype=np.intp)
    assert not routing.bends(positions, sources, np.arange(1, 700)).any()


def test_what_is_painted_is_what_is_picked() -> None:
    graph = _chain(3, (0, 1), (1, 2), (0, 2))
    x, y = graph.points_at(np.array([graph.connection_slots["02"]]), 0.5)[0]
    assert graph.connection_at(x, y, 1.0) == "02"
    assert graph.connection_at(300.0, 0.0, 1.0) == "12"
    assert graph.connections_in((x - 2, y - 2, x + 2, y + 2)) == ["02"]
    assert graph.connections_in((90.0, -2.0, 110.0, 2.0)) == ["01"]


def test_moving_a_neuron_out_of_the_way_makes_the_connection_straight() -> None:
    graph = _chain(3, (0, 2))
    assert len(graph.segments) > 1
    graph.move({"n1": (200.0, 300.0)})
    assert len(graph.segments) == 1
    assert graph.connection_at(200.0, 0.0, 1.0) == "02"


def test_what_is_hidden_is_not_picked() -> None:
    graph = _chain(2, (0, 1))
    graph.hidden = np.array([True])
    assert graph.connection_at(100.0, 0.0, 5.0) is None
    assert graph.connections_in((0.0, -5.0, 200.0, 5.0)) == []


@pytest.mark.parametrize("most_pairs", [0, 400_000])
def test_moving_neurons_gives_what_a_new_drawing_gives(
    monkeypatch: pytest.MonkeyPatch, most_pairs: int
) -> None:
    monkeypatch.setattr(routing, "_MOST_PAIRS", most_pairs)
    graph = _chain(5, (0, 1), (1, 2), (2, 3), (3, 4), (0, 4), (1, 3))
    graph.connection_at(0.0, 0.0, 1.0)
    assert len(graph.segments) >= 6
    for way in (10.0, 20.0):
        graph.move({"n1": (200.0 + way, way), "n4": (800.0, 3 * way), "nobody": (0.0, 0.0)})
        fresh = routing.bends(graph.positions, graph.sources, graph.targets)
        lines = np.concatenate([graph.positions[graph.sources], graph.positions[graph.targets]], axis=1)
        assert np.array_equal(graph.lines, lines)
        expected, starts = routing.flattened(lines, fresh)
        assert np.array_equal(graph.segments, expected)
        assert np.array_equal(graph.starts, starts)
        assert graph.connection_at(500.0 + way / 2, way / 2, 30.0) in ("12", "13", "04", "23")
