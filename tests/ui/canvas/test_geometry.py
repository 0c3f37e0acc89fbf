from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.network import Network
from nnstudio.ui.canvas.geometry import crossing, dashed, may_touch, rim_reach, segment_distances, simplified
from nnstudio.ui.canvas.graph import Graph
from nnstudio.ui.canvas.snapping import snap

coordinates = st.integers(-50, 50).map(float)
segments = st.lists(st.tuples(coordinates, coordinates, coordinates, coordinates), min_size=1, max_size=8)


@given(segments, coordinates, coordinates)
def test_distances_are_those_to_the_nearest_of_many_points_on_the_segment(
    rows: list[tuple[float, ...]], x: float, y: float
) -> None:
    lines = np.array(rows)
    share = np.linspace(0.0, 1.0, 400)[:, None, None]
    points = lines[:, :2] + share * (lines[:, 2:] - lines[:, :2])
    nearest = np.hypot(points[..., 0] - x, points[..., 1] - y).min(axis=0)
    # Neighboring points lie at most 0.36 apart.
    assert np.allclose(segment_distances(lines, x, y), nearest, atol=0.2)
    assert np.all(segment_distances(lines, x, y) <= nearest + 1e-9)


@given(segments, coordinates, coordinates, st.integers(0, 40), st.integers(0, 40))
def test_crossing_finds_what_many_points_on_the_segment_find(
    rows: list[tuple[float, ...]], left: float, top: float, width: int, height: int
) -> None:
    lines = np.array(rows)
    rect = (left, top, left + width, top + height)
    share = np.linspace(0.0, 1.0, 400)[:, None, None]
    points = lines[:, :2] + share * (lines[:, 2:] - lines[:, :2])

    def any_inside(room: float) -> np.ndarray:
        inside_x = (points[..., 0] >= rect[0] - room) & (points[..., 0] <= rect[2] + room)
        inside_y = (points[..., 1] >= rect[1] - room) & (points[..., 1] <= rect[3] + room)
        return (inside_x & inside_y).any(axis=0)

    found = crossing(lines, rect)
    assert np.all(found[any_inside(-1e-6)])
    assert np.all(any_inside(0.4)[found])
    assert np.all(may_touch(lines, rect)[found])


@given(segments, coordinates, coordinates)
def test_picking_finds_the_nearest_of_all(rows: list[tuple[float, ...]], x: float, y: float) -> None:
    network = Network()
    for number, (x1, y1, x2, y2) in enumerate(rows):
        source = network.add_neuron("input", position=(x1, y1))
        target = network.add_neuron("hidden", position=(x2, y2))
        network.connect(source.id, target.id, weight=1.0, id=f"c{number}")
    graph = Graph(network)
    distances = segment_distances(graph.lines, x, y)
    found = graph.connection_at(x, y, 5.0)
    if distances.min() > 5.0:
        assert found is None
    else:
        assert found is not None
        assert distances[graph.connection_slots[found]] == pytest.approx(distances.min())


def test_a_simplified_curve_stays_close_with_fewer_points() -> None:
    x = np.linspace(-6.0, 6.0, 200)
    curve = np.stack([x, 10.0 * np.tanh(x)], axis=1)
    few = simplified(curve, 0.05)
    assert len(few) < 40
    assert few[0].tolist() == curve[0].tolist()
    assert few[-1].tolist() == curve[-1].tolist()
    lines = np.concatenate([few[:-1], few[1:]], axis=1)
    assert max(segment_distances(lines, *point).min() for point in curve.tolist()) <= 0.05
    assert simplified(curve[:2], 0.05).tolist() == curve[:2].tolist()


def test_dashes_cover_their_share_and_run_on_over_corners() -> None:
    lines = np.array(
        [[0.0, 0.0, 30.0, 0.0], [30.0, 0.0, 30.0, 25.0], [0.0, 9.0, 0.0, 9.0], [5.0, 5.0, 45.0, 5.0]]
    )
    pieces, starts = dashed(lines, np.array([0, 2, 3, 4]), 6.0, 4.0)
    lengths = np.hypot(pieces[:, 2] - pieces[:, 0], pieces[:, 3] - pieces[:, 1])
    assert starts.tolist() == [0, 6, 6, 10]
    assert lengths.tolist() == [6.0, 6.0, 6.0, 6.0, 6.0, 5.0, 6.0, 6.0, 6.0, 6.0]
    assert pieces[3].tolist() == [30.0, 0.0, 30.0, 6.0]


def test_very_long_lines_have_longer_dashes_rather_than_very_many() -> None:
    pieces, starts = dashed(np.array([[0.0, 0.0, 1e9, 0.0]]), np.array([0, 1]), 6.0, 4.0)
    assert 10_000 < len(pieces) < 30_000
    assert starts.tolist() == [0, len(pieces)]


@pytest.mark.parametrize("zoom", [0.04, 0.5, 1.0, 3.0, 8.0])
def test_the_rim_stays_wide_enough_to_hit_and_narrow_enough_to_leave_room(zoom: float) -> None:
    assert 4.0 <= rim_reach(zoom) <= 20.0


def test_snapping_takes_the_column_and_the_row_that_fit_best() -> None:
    others = np.array([[0.0, 0.0], [3.0, 500.0], [200.0, 97.0], [400.0, 97.0]])
    snapped = snap(1.0, 100.0, others, 7.0)
    assert (snapped.x, snapped.y) == (0.0, 97.0)
    assert snapped.column == (0.0, 0.0)
    assert snapped.row == (200.0, 97.0)


def test_nothing_near_snaps_nothing() -> None:
    for others in (np.zeros((0, 2)), np.array([[100.0, 100.0]])):
        snapped = snap(1.0, 2.0, others, 7.0)
        assert (snapped.x, snapped.y, snapped.column, snapped.row) == (1.0, 2.0, None, None)


def test_an_empty_graph_has_nothing_to_pick() -> None:
    graph = Graph(Network())
    assert graph.neuron_at(0, 0, 100) is None
    assert graph.connection_at(0, 0, 100) is None
    assert graph.neurons_in((-1, -1, 1, 1)) == []
    assert graph.connections_in((-1, -1, 1, 1)) == []
    assert graph.bounds() is None
