"""The numbers behind neurons as pictures."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.network import Network
from nnstudio.ui import colors
from nnstudio.ui.canvas.faces import numbers, painting
from nnstudio.ui.canvas.graph import Graph


def test_a_plane_has_the_second_input_upwards_and_the_first_to_the_right() -> None:
    x, y = np.meshgrid(np.arange(3.0), np.arange(3.0))
    tiles = numbers.plane_tiles(np.column_stack([x.ravel(), y.ravel()]), 3)
    assert tiles.shape == (2, 3, 3)
    assert tiles[0].tolist() == [[0, 1, 2]] * 3
    assert tiles[1].tolist() == [[2] * 3, [1] * 3, [0] * 3]


def test_one_extreme_value_does_not_take_the_color_from_all_others() -> None:
    tile = np.ones((1, 10, 10), np.float32)
    tile[0, 0, 0] = 1e6
    assert numbers.scales(tile).tolist() == [1.0]


@pytest.mark.parametrize(
    ("values", "scale"),
    [([0.0] * 100, 1.0), ([np.nan] * 100, 1.0), ([0.0] * 99 + [7.0], 7.0), ([np.inf] + [2.0] * 99, 2.0)],
)
def test_every_image_has_a_scale_that_can_be_divided_by(values: list[float], scale: float) -> None:
    assert numbers.scales(np.array(values, np.float32).reshape(1, 10, 10)).tolist() == [scale]


@pytest.mark.parametrize("theme_name", ["light", "dark"])
def test_images_have_the_colors_of_the_canvas_full_at_their_own_scale(theme_name: str) -> None:
    tiles = np.array([[[-2.0, 0.0], [2.0, 9.0]], [[-10.0, 0.0], [10.0, np.nan]]], np.float32)
    pixels = numbers.painted(tiles, np.array([2.0, 10.0]), theme_name)
    low, middle, high = (
        0xFF000000 | int(r) << 16 | int(g) << 8 | int(b)
        for r, g, b, _ in colors.diverging([-1.0, 0.0, 1.0], 1.0, theme_name)
    )
    assert pixels[0].tolist() == [[low, middle], [high, high]]
    assert pixels[1].tolist() == [[low, middle], [high, 0]]


@pytest.mark.parametrize("count", [1, 2, 5, 9, 200])
def test_a_sheet_holds_every_image_at_its_place(count: int) -> None:
    tiles = np.arange(count * 6, dtype=np.uint32).reshape(count, 2, 3) + 1
    pixels, places = numbers.sheet(tiles)
    for tile, (x, y) in zip(tiles, places, strict=True):
        assert np.array_equal(pixels[y : y + 2, x : x + 3], tile)
    assert len(set(places)) == count


def test_a_range_holds_zero_unless_that_is_far_off() -> None:
    values = np.array([[1.0, 100.0, -3.0, -2.0], [2.0, 101.0, 5.0, -1.0]])
    ranges = numbers.value_ranges(values)
    assert ranges.low.tolist() == [0.0, 100.0, -3.0, -2.0]
    assert ranges.high.tolist() == [2.0, 101.0, 5.0, 0.0]


@pytest.mark.parametrize("value", [0.0, 3.0, -1e9, np.nan, np.inf])
def test_a_neuron_with_one_value_everywhere_still_has_a_range(value: float) -> None:
    ranges = numbers.value_ranges(np.full((4, 1), value))
    assert ranges.low[0] < ranges.high[0]
    assert np.isfinite([ranges.low[0], ranges.high[0]]).all()


def test_numbers_of_a_training_that_runs_away_can_still_be_drawn() -> None:
    values = np.array([[1e308, np.nan, 1e-320], [-1e308, np.inf, 0.0], [0.0, -np.inf, 0.0], [5.0, 1.0, 0.0]])
    tiles = numbers.plane_tiles(values, 2)
    pixels = numbers.painted(tiles, numbers.scales(tiles), "light")
    assert pixels[1, 1, 0] == 0
    assert (pixels[2] >> 24 == 255).all()
    ranges = numbers.value_ranges(values)
    assert np.isfinite(ranges.high - ranges.low).all()
    assert numbers.histograms(values, ranges).sum(axis=1).tolist() == [4, 1, 4]
    for face in (*painting.curve_faces(values, ranges), *painting.histogram_faces(values, ranges)):
        assert np.isfinite(face.above).all()
        assert np.isfinite(face.below).all()


def test_a_histogram_counts_every_finite_value_once() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(50, 4))
    values[0, 1] = np.nan
    values[1, 2] = np.inf
    ranges = numbers.value_ranges(values)
    counts = numbers.histograms(values, ranges, 8)
    assert counts.sum(axis=1).tolist() == [50, 49, 49, 50]
    expected, _ = np.histogram(values[:, 3], bins=8, range=(ranges.low[3], ranges.high[3]))
    assert counts[3].tolist() == expected.tolist()


def test_many_neurons_and_large_networks_get_fewer_points() -> None:
    assert numbers.plane_side(19, 88) == 32
    assert 20 <= numbers.plane_side(200, 10_000) <= 28
    assert numbers.plane_side(5_000, 5_000_000) == 8
    rows = np.arange(10_000)
    assert len(numbers.data_rows(rows, 19, 88)) == numbers.MOST_ROWS
    assert len(numbers.data_rows(rows, 5_000, 5_000_000)) == 64
    assert numbers.data_rows(rows[:7], 19, 88).tolist() == list(range(7))
    assert numbers.data_rows(rows[:0], 19, 88).tolist() == []


def test_weights_from_inputs_are_an_image_in_the_order_of_the_inputs() -> None:
    network = Network()
    for name in "abcd":
        network.add_neuron("input", id=name)
    network.add_neuron("hidden", id="h")
    network.add_neuron("hidden", id="one")
    network.add_neuron("output", id="y")
    for number, name in enumerate("dba"):  # none from c
        network.connect(name, "h", weight=float(number + 1))
    network.connect("a", "one", weight=9.0)
    for source in ("h", "one"):
        network.connect(source, "y", weight=5.0)
    graph = Graph(network)
    images = numbers.ImageWeights(graph, "abcd", (2, 2))
    assert images.neuron_ids == ("h",)  # a single pixel is no image, and what y gets are no pixels
    tile = images.tiles(graph.weights)[0]
    assert tile[0].tolist() == [3.0, 2.0]
    assert np.isnan(tile[1, 0])
    assert tile[1, 1] == 1.0


def test_an_image_needs_most_of_the_connections_to_come_from_inputs() -> None:
    network = Network()
    for name in "ab":
        network.add_neuron("input", id=name)
    for name in ("h1", "h2", "h3", "mixed"):
        network.add_neuron("hidden", id=name)
    for name in ("a", "b", "h1", "h2", "h3"):
        network.connect(name, "mixed", weight=1.0)
    assert numbers.ImageWeights(Graph(network), "ab", (1, 2)).neuron_ids == ()


def test_what_answers_from_0_to_1_is_parted_in_the_middle():
    values = np.array([[0.1, 0.1], [0.9, 0.9], [0.5, 0.5], [0.4, 0.4]])
    middles = [numbers.middle("sigmoid"), numbers.middle("tanh")]
    first, second = numbers.plane_tiles(values, 2, middles)
    assert first.ravel() == pytest.approx([0.0, -0.1, -0.4, 0.4])
    assert second.ravel() == pytest.approx([0.5, 0.4, 0.1, 0.9])
