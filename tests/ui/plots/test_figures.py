from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data import Dataset, make_dataset
from nnstudio.ui.plots import figures


def test_two_inputs_are_seen_as_a_surface_and_one_as_a_curve_with_or_without_data() -> None:
    assert figures.plot_kind(2, 1, None) == "surface"
    assert figures.plot_kind(1, 1, make_dataset("sine")) == "curve"


def test_more_inputs_need_data_that_fit() -> None:
    iris = make_dataset("iris")
    assert figures.plot_kind(4, 3, iris) == "confusion"
    assert figures.plot_kind(4, 2, iris) == "none"
    assert figures.plot_kind(4, 3, None) == "none"
    values = Dataset.from_arrays(np.zeros((5, 3)), np.arange(5.0))
    assert figures.plot_kind(3, 1, values) == "scatter"


def test_there_is_nothing_to_see_without_inputs_or_outputs() -> None:
    assert figures.plot_kind(0, 1, None) == "none"
    assert figures.plot_kind(2, 0, None) == "none"


@pytest.mark.parametrize(
    "values", [[], [np.nan, np.inf], [3.0], [0.0, 0.0], [1e9, 1e9 * (1 + 1e-15)], [-2.0, 5.0]]
)
def test_a_padded_range_holds_all_finite_values_and_has_room(values: list[float]) -> None:
    low, high = figures.padded_range(np.array(values))
    assert high - low > 1e-3
    assert all(low < value < high for value in values if math.isfinite(value))


def test_the_ranges_of_inputs_are_in_the_units_of_the_data() -> None:
    data = Dataset.from_arrays(
        np.array([[0.0], [100.0]]), [0.0, 1.0], scaling="standardize", test_fraction=0.0
    )
    ((low, high),) = figures.input_ranges(1, data)
    assert -50 < low < 0
    assert 100 < high < 150


def test_a_surface_grid_holds_the_middles_of_cells_row_by_row_from_below() -> None:
    grid = figures.surface_grid((0.0, 2.0), (10.0, 14.0), 2)
    assert grid.tolist() == [[0.5, 11.0], [1.5, 11.0], [0.5, 13.0], [1.5, 13.0]]


def test_a_contour_lies_where_the_surface_crosses_the_level() -> None:
    grid = figures.surface_grid((-1.0, 1.0), (-1.0, 1.0), 41)
    radius = np.hypot(grid[:, 0], grid[:, 1]).reshape(41, 41)
    x, y = figures.contour_segments(radius, 0.6, (-1.0, 1.0), (-1.0, 1.0))
    assert len(x) == len(y) > 80
    assert len(x) % 2 == 0
    assert np.abs(np.hypot(x, y) - 0.6).max() < 0.01


def test_the_segments_of_a_contour_join_to_one_closed_line() -> None:
    grid = figures.surface_grid((-1.0, 1.0), (-1.0, 1.0), 21)
    radius = np.hypot(grid[:, 0], grid[:, 1]).reshape(21, 21)
    x, y = figures.contour_segments(radius, 0.61, (-1.0, 1.0), (-1.0, 1.0))
    ends, counts = np.unique(np.round(np.column_stack([x, y]), 9), axis=0, return_counts=True)
    assert len(ends) > 10
    assert (counts == 2).all()


def test_a_surface_that_stays_on_one_side_has_no_contour() -> None:
    x, y = figures.contour_segments(np.ones((5, 5)), 0.5, (0.0, 1.0), (0.0, 1.0))
    assert len(x) == len(y) == 0
    x, _ = figures.contour_segments(np.full((5, 5), np.nan), 0.5, (0.0, 1.0), (0.0, 1.0))
    assert len(x) == 0


def test_confusion_counts_have_classes_as_rows_and_answers_as_columns() -> None:
    counts = figures.confusion_counts(np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 2, 0]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]


def test_classes_blend_to_the_color_of_the_winner_stronger_where_it_leads() -> None:
    colors = np.array([[255, 0, 0, 255], [0, 0, 255, 255]], dtype=np.uint8)
    background = np.array([255, 255, 255, 255], dtype=np.uint8)
    sure, unsure, other = figures.blend_classes(
        np.array([[1.0, 0.0], [0.55, 0.45], [0.1, 0.9]]), colors, background
    )
    assert sure[1] < unsure[1] < 255
    assert sure[0] == unsure[0] == 255
    assert other[2] == 255
    assert other[0] < 255


def test_the_nearest_point_is_measured_in_pixels() -> None:
    x, y = np.array([0.0, 10.0]), np.array([0.0, 0.0])
    assert figures.nearest_point(x, y, (9.0, 0.0), (0.1, 0.1), 14) == 1
    assert figures.nearest_point(x, y, (5.0, 0.0), (0.1, 0.1), 14) is None
    assert figures.nearest_point(x[:0], y[:0], (5.0, 0.0), (0.1, 0.1), 14) is None


def test_the_linear_view_starts_at_zero_and_shows_the_largest_loss() -> None:
    view = figures.loss_view(
        np.arange(1.0, 101.0), [np.linspace(2.0, 0.1, 100), np.full(100, np.nan)], log=False
    )
    assert view.x == (1.0, 100.0)
    assert view.y[0] == 0.0
    assert 2.0 < view.y[1] < 2.3


def test_the_log_view_is_in_powers_of_ten_and_leaves_zero_out() -> None:
    view = figures.loss_view(np.arange(3.0), [np.array([1.0, 0.0, 0.001])], log=True)
    assert -3.3 < view.y[0] < -3.0
    assert 0.0 < view.y[1] < 0.3


@pytest.mark.parametrize("log", [True, False])
def test_an_empty_or_flat_history_still_has_a_view_with_room(log: bool) -> None:
    for epochs, losses in (
        (np.empty(0), []),
        (np.array([1.0]), [np.array([0.25])]),
        (np.array([1.0]), [np.zeros(1)]),
    ):
        view = figures.loss_view(epochs, losses, log=log)
        assert view.x[1] > view.x[0]
        assert view.y[1] > view.y[0]


def test_the_nearest_epoch_is_found_between_at_and_beyond_the_ends() -> None:
    epochs = np.array([1.0, 2.0, 5.0])
    assert [figures.nearest_epoch(epochs, at) for at in (-3.0, 1.4, 1.6, 4.0, 9.0)] == [0, 0, 1, 2, 2]
    assert figures.nearest_epoch(np.empty(0), 1.0) is None


def test_a_reading_names_what_there_is() -> None:
    text = figures.loss_reading(
        0, np.array([7.0]), np.array([0.25]), np.array([np.nan]), {"accuracy": np.array([0.5])}
    )
    assert text == "Epoch 7  ·  loss 0.25  ·  accuracy 0.5"


def test_a_reading_between_two_measurements_tells_the_one_before() -> None:
    nan = np.nan
    values = np.full(5_000, nan)
    values[[0, 10]] = 0.5, 0.75
    epochs = np.arange(1.0, 5_001.0)
    text = figures.loss_reading(4_000, epochs, np.full(5_000, 0.25), values, {"accuracy": values})
    assert text == "Epoch 4001  ·  loss 0.25  ·  test loss 0.75  ·  accuracy 0.75"
    assert figures.last_measured(values, 9) == 0
    assert figures.last_measured(np.full(900, nan), 899) is None


def test_a_reading_gives_up_its_last_parts_where_there_is_no_room() -> None:
    text = "Epoch 4  ·  loss 0.25  ·  accuracy 1"
    assert figures.fitting_parts(text, 100, len) == text
    assert figures.fitting_parts(text, len(text) - 1, len) == "Epoch 4  ·  loss 0.25"
    assert figures.fitting_parts(text, 0, len) == "Epoch 4"


@given(st.integers(1, 5_000), st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_a_thinned_curve_keeps_the_extremes_the_ends_and_the_order(points: int, bins: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = np.arange(1.0, points + 1), rng.normal(size=points)
    y[rng.random(points) < 0.1] = np.nan
    y[-1] = rng.normal()
    finite = np.isfinite(y)
    thin_x, thin_y = figures.thinned(x, y, bins)
    assert len(thin_x) == len(thin_y) <= max(4 * bins, 2 * (bins + bins // 4 + 1) + 2 * bins)
    assert (np.diff(thin_x) >= 0).all()
    assert np.isfinite(thin_y).all()
    assert (thin_y.min(), thin_y.max()) == (y[finite].min(), y[finite].max())
    assert (thin_x[0], thin_x[-1], thin_y[-1]) == (x[finite][0], x[-1], y[-1])


def test_csv_keeps_full_precision_and_leaves_missing_numbers_empty() -> None:
    columns = {"epoch": np.array([1, 2]), "a, b": np.array([0.1 + 0.2, np.nan]), "name": ['say "x"', "y"]}
    rows = list(csv.reader(io.StringIO(figures.csv_text(columns))))
    assert rows == [["epoch", "a, b", "name"], ["1", "0.30000000000000004", 'say "x"'], ["2", "", "y"]]
