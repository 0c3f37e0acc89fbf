from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnstudio.ui.canvas import strokes

if TYPE_CHECKING:
    from nnstudio.ui.canvas.strokes import Rgba, Strokes


def _pens(result: Strokes, count: int) -> list[tuple[Rgba, float] | None]:
    found: list[tuple[Rgba, float] | None] = [None] * count
    for color, width, start, stop in result.runs():
        for place in result.order[start:stop]:
            assert found[place] is None
            found[place] = color, width
    return found


def test_every_line_has_one_of_few_pens() -> None:
    values = np.random.default_rng(0).normal(size=5000)
    result = strokes.value_strokes(values, 2.0, "light")
    assert len({(color, width) for color, width, _, _ in result.runs()}) <= 2 * strokes.LEVELS
    assert None not in _pens(result, 5000)


def test_grouped_lines_need_fewer_changes_of_the_pen_and_hardly_change_places() -> None:
    values = np.random.default_rng(0).normal(size=5003)
    result = strokes.value_strokes(values, 2.0, "light")
    grouped = result.grouped()
    assert _pens(grouped, 5003) == _pens(result, 5003)
    assert len(list(grouped.runs())) < 0.1 * len(list(result.runs()))
    places = np.argsort(grouped.order) - np.argsort(result.order)
    assert np.abs(places).max() < 64


def test_either_sign_lies_on_top_as_often() -> None:
    values = np.random.default_rng(0).normal(size=20_000)
    strongest = strokes.value_strokes(values, 0.5, "light").order[-200:]
    assert 70 < np.count_nonzero(values[strongest] > 0) < 130
    assert np.abs(values[strongest]).min() > np.sort(np.abs(values))[-202]


def test_larger_magnitudes_are_wider_and_signs_have_other_colors() -> None:
    values = np.array([0.1, -0.1, 0.5, -0.5, 1.0, -1.0, 7.0])
    pens = _pens(strokes.value_strokes(values, 1.0, "light"), len(values))
    widths = [pen[1] for pen in pens if pen is not None]
    assert widths[0] == widths[1] < widths[2] == widths[3] < widths[4] == widths[5] == widths[6]
    assert len({pen[0] for pen in pens if pen is not None}) == 6


def test_strong_lines_are_painted_last() -> None:
    values = np.array([1.0, 0.01, -0.6])
    assert strokes.value_strokes(values, 1.0, "dark").order.tolist() == [1, 2, 0]


def test_faint_lines_lie_below_all_others_and_some_are_not_painted() -> None:
    values = np.array([1.0, 0.01, -0.6, 0.5])
    result = strokes.value_strokes(
        values,
        1.0,
        "dark",
        faint=np.array([True, False, False, False]),
        drawn=np.array([True, True, True, False]),
    )
    assert result.order.tolist() == [0, 1, 2]
    faint, weak, strong, hidden = _pens(result, 4)
    assert faint is not None
    assert weak is not None
    assert strong is not None
    assert hidden is None
    assert faint[0][3] < 64
    assert weak[0][3] == strong[0][3] == 255


def test_values_that_are_not_finite_still_have_a_pen() -> None:
    values = np.array([np.nan, np.inf, -np.inf, 0.0])
    assert None not in _pens(strokes.value_strokes(values, 1.0, "dark"), 4)


def test_halos_leave_out_the_weakest_and_are_wider_than_their_lines() -> None:
    gradients = np.array([0.0, 0.01, 0.5, -1.0])
    weights = np.array([1.0, 1.0, 1.0, 0.1])
    halos = _pens(strokes.halo_strokes(gradients, 1.0, "light", weights, 1.0), 4)
    lines = _pens(strokes.value_strokes(weights, 1.0, "light"), 4)
    assert halos[:2] == [None, None]
    for halo, line in zip(halos[2:], lines[2:], strict=True):
        assert halo is not None
        assert line is not None
        assert halo[1] > line[1] + 2.0


def test_a_single_line_has_the_pen_it_has_among_others() -> None:
    values = np.array([0.3, -0.7, 2.0])
    pens = _pens(strokes.value_strokes(values, 1.0, "light"), 3)
    for value, pen in zip(values.tolist(), pens, strict=True):
        assert strokes.line_color(value, 1.0, "light") == pen


def test_some_lines_keep_the_pens_they_have_among_all() -> None:
    values = np.array([0.3, -0.7, 2.0, 0.1])
    everything = strokes.value_strokes(values, 1.0, "light")
    some = everything.of(np.array([2, 0]))
    pens = _pens(everything, 4)
    assert _pens(some, 2) == [pens[2], pens[0]]
    assert some.order.tolist() == [1, 0]


def test_no_lines_need_no_pens() -> None:
    assert not list(strokes.value_strokes(np.zeros(0), 1.0, "light").runs())
    assert not list(strokes.halo_strokes(np.zeros(0), 1.0, "light", np.zeros(0), 1.0).runs())


def test_connections_are_spread_into_their_segments() -> None:
    starts = np.array([0, 1, 4, 4, 6])
    assert strokes.spread(starts, np.array([3, 1, 2, 0])).tolist() == [4, 5, 1, 2, 3, 0]
    assert strokes.spread(starts, np.array([], dtype=np.intp)).tolist() == []
