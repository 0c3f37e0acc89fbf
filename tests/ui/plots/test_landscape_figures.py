from __future__ import annotations

import numpy as np
import pytest

from nnstudio.ui.plots.landscape_figures import (
    arrows_of,
    contours,
    every_other,
    fitting_window,
    height_at,
    heights_of,
    holds,
    label_spots,
    levels_of,
    middle_of,
    moved,
    resampled,
    ticks,
    zoomed,
)

WINDOW = ((-2.0, 2.0), (-1.0, 3.0))


def bowl(side: int = 33) -> np.ndarray:
    u, v = np.meshgrid(np.linspace(*WINDOW[0], side), np.linspace(*WINDOW[1], side))
    return u**2 + v**2


def test_heights_go_from_the_lowest_loss_to_the_highest() -> None:
    heights = heights_of(np.array([[1.0, 3.0], [2.0, np.inf]]), log=False)
    assert (heights.low, heights.high) == (1.0, 3.0)
    assert heights.shares.ravel()[:3].tolist() == [0.0, 1.0, 0.5]
    assert np.isnan(heights.shares[1, 1])


def test_logarithmic_heights_are_as_far_apart_for_every_power() -> None:
    heights = heights_of(np.array([[0.001, 0.01], [0.1, 1.0]]), log=True)
    assert heights.shares.ravel() == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0])


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("losses", [np.zeros((3, 3)), np.full((3, 3), 0.25), np.full((3, 3), np.nan)])
def test_a_flat_or_empty_landscape_has_heights_too(losses: np.ndarray, log: bool) -> None:
    heights = heights_of(losses, log=log)
    assert heights.high > heights.low
    assert np.isfinite(heights.shares).all() == np.isfinite(losses).all()
    contours(losses, WINDOW, levels_of(heights))


def test_zero_is_the_deepest_on_a_logarithmic_scale() -> None:
    heights = heights_of(np.array([[0.0, 1e-4], [1e-2, 1.0]]), log=True)
    assert heights.shares[0, 0] == 0.0
    assert 0.0 < heights.shares[0, 1] < heights.shares[1, 0] < 1.0


def test_levels_are_few_round_and_between_the_ends() -> None:
    for losses, log in ((bowl(), False), (bowl() * 1e-3 + 1e-6, True)):
        heights = heights_of(losses, log=log)
        levels = levels_of(heights)
        assert 4 <= len(levels) <= 15
        assert levels == sorted(levels)
        assert heights.low < levels[0]
        assert levels[-1] < heights.high


def test_contours_lie_where_the_loss_has_their_level() -> None:
    (line,) = contours(bowl(129), WINDOW, [2.25])
    assert len(line) > 50
    assert np.linalg.norm(line, axis=2) == pytest.approx(1.5, abs=2e-3)


def test_contours_of_a_slope_reach_the_edges_of_the_window() -> None:
    u = np.tile(np.linspace(*WINDOW[0], 5), (5, 1))
    (line,) = contours(u, WINDOW, [0.3])
    assert line[..., 0] == pytest.approx(0.3)
    assert (line[..., 1].min(), line[..., 1].max()) == pytest.approx(WINDOW[1])


def test_no_contour_goes_through_what_is_not_finite() -> None:
    losses = bowl(9)
    losses[:, 4:] = np.inf
    (line,) = contours(losses, WINDOW, [1.0])
    assert len(line)
    assert line[..., 0].max() <= np.linspace(*WINDOW[0], 9)[3]


def test_labels_stand_on_their_contours_and_apart() -> None:
    levels = [0.5, 1.0, 2.0, 3.0, 4.0]
    lines = contours(bowl(), WINDOW, levels)
    spots = label_spots(lines, WINDOW)
    assert 2 <= len(spots) <= len(levels)
    for number, spot in spots:
        assert spot @ spot == pytest.approx(levels[number], abs=0.05)
        assert holds(WINDOW, tuple(spot), 0.09)
    places = np.array([spot for _, spot in spots]) / 4.0
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)[~np.eye(len(places), dtype=bool)]
    assert apart.min() >= 0.22


def test_between_the_points_heights_are_interpolated_and_outside_there_are_none() -> None:
    u, v = np.meshgrid(np.linspace(*WINDOW[0], 5), np.linspace(*WINDOW[1], 5))
    plane = 2.0 * u - v
    places = np.array([[-2.0, -1.0], [2.0, 3.0], [0.3, 0.7], [2.1, 0.0], [0.0, -1.1]])
    found = height_at(plane, WINDOW, places)
    assert found[:3] == pytest.approx(2.0 * places[:3, 0] - places[:3, 1])
    assert np.isnan(found[3:]).all()
    assert resampled(plane, WINDOW, 9)[::2, ::2] == pytest.approx(plane)


def test_arrows_point_down_and_grow_with_the_slope() -> None:
    places = np.array([[1.0, 0.0], [0.5, 0.0], [0.0, 0.0], [0.0, 1.0]])
    start, end = arrows_of(places, 2.0 * places, WINDOW)
    by = end - start
    assert by[0, 0] < by[1, 0] < 0.0
    assert np.isnan(by[2]).all()
    assert by[3, 1] < 0.0
    assert by[3, 0] == pytest.approx(0.0)
    # No longer than the cell of a grid of so many.
    assert np.nanmax(np.abs(by)) <= 4.0 / 2


def test_arrows_of_a_flat_landscape_are_none() -> None:
    places = np.zeros((4, 2))
    _, end = arrows_of(places, np.zeros((4, 2)), WINDOW)
    assert np.isnan(end).all()
    assert arrows_of(np.empty((0, 2)), np.empty((0, 2)), WINDOW)[0].shape == (0, 2)


def test_fewer_arrows_are_evenly_spread() -> None:
    kept = every_other(121, 2, 3).reshape(11, 11)
    assert np.flatnonzero(kept.any(axis=0)).tolist() == [0, 2, 4, 6, 8, 10]
    assert np.flatnonzero(kept.any(axis=1)).tolist() == [1, 4, 7, 10]


def test_a_window_for_two_parameters_holds_the_path_on_one_scale() -> None:
    path = np.array([[5.0, 1.0], [1.0, 1.5], [3.0, 0.5]])
    window = fitting_window(path, kind="parameters")
    assert all(holds(window, tuple(place), 0.05) for place in path)
    assert window[0][1] - window[0][0] == pytest.approx(window[1][1] - window[1][0])


def test_a_window_for_random_directions_is_around_the_present_place() -> None:
    window = fitting_window(np.array([[0.0, 0.0], [-3.0, 1.0]]), kind="random")
    assert middle_of(window) == (0.0, 0.0)
    assert holds(window, (-3.0, 1.0))


def test_a_window_for_principal_directions_has_a_scale_for_each() -> None:
    window = fitting_window(np.array([[0.0, 0.0], [-10.0, 0.1], [-5.0, -0.1]]), kind="principal")
    assert window[0][1] - window[0][0] > 1.5 * (window[1][1] - window[1][0])


@pytest.mark.parametrize("kind", ["parameters", "random", "principal"])
def test_a_single_place_has_a_window_around_it(kind: str) -> None:
    assert holds(fitting_window(np.array([[0.5, -0.5]]), kind=kind), (0.5, -0.5), 0.2)
    assert holds(fitting_window(np.full((1, 2), np.nan), kind=kind), (0.0, 0.0))


def test_zooming_keeps_the_place_under_the_pointer() -> None:
    at = 1.0, 2.0
    window = zoomed(WINDOW, 0.5, at)
    for (low, high), (before_low, before_high), place in zip(window, WINDOW, at, strict=True):
        assert high - low == pytest.approx(0.5 * (before_high - before_low))
        assert (place - low) / (high - low) == pytest.approx(
            (place - before_low) / (before_high - before_low)
        )
    assert moved(WINDOW, (1.0, -1.0)) == ((-1.0, 3.0), (-2.0, 2.0))


def test_ticks_are_round_numbers_within_the_range() -> None:
    assert ticks(-1.1, 2.2, 4) == [-1.0, 0.0, 1.0, 2.0]
    assert ticks(0.0, 0.05, 5) == pytest.approx([0.0, 0.01, 0.02, 0.03, 0.04, 0.05])
    assert ticks(1.0, 1.0, 5) == []


@pytest.mark.parametrize("at", [0.0, 1.0, -1e17, 1e200])
def test_a_window_has_room_between_its_edges_wherever_it_is_and_however_it_is_zoomed(at: float) -> None:
    window = fitting_window(np.array([[at, -at]]), kind="parameters")
    for factor in (0.5, 3.0):
        for _ in range(700):
            window = zoomed(window, factor)
            for low, high in window:
                assert np.isfinite(high - low)
                assert len(np.unique(np.linspace(low, high, 65))) == 65
