from __future__ import annotations

import numpy as np

from nnstudio.ui.canvas import strokes


def _pens(result: strokes.Strokes, count: int) -> list[strokes.Stroke | None]:
    found: list[strokes.Stroke | None] = [None] * count
    for stroke in result.strokes:
        for place in result.order[stroke.start : stroke.stop]:
            assert found[place] is None
            found[place] = stroke
    return found


def test_every_line_has_one_of_at_most_32_pens() -> None:
    values = np.random.default_rng(0).normal(size=5000)
    result = strokes.value_strokes(values, 2.0, "light")
    assert len(result.strokes) <= 32
    assert None not in _pens(result, 5000)


def test_larger_magnitudes_are_wider_and_signs_have_other_colors() -> None:
    values = np.array([0.1, -0.1, 0.5, -0.5, 1.0, -1.0, 7.0])
    pens = _pens(strokes.value_strokes(values, 1.0, "light"), len(values))
    widths = [pen.width for pen in pens if pen is not None]
    assert widths[0] == widths[1] < widths[2] == widths[3] < widths[4] == widths[5] == widths[6]
    assert len({pen.color for pen in pens if pen is not None}) == 6


def test_strong_lines_are_painted_last() -> None:
    values = np.array([1.0, 0.01, -0.6])
    assert strokes.value_strokes(values, 1.0, "dark").order.tolist() == [1, 2, 0]


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
        assert halo.width > line.width + 2.0


def test_a_single_line_has_the_pen_it_has_among_others() -> None:
    values = np.array([0.3, -0.7, 2.0])
    pens = _pens(strokes.value_strokes(values, 1.0, "light"), 3)
    for value, pen in zip(values.tolist(), pens, strict=True):
        assert pen is not None
        assert strokes.line_color(value, 1.0, "light") == (pen.color, pen.width)


def test_no_lines_need_no_pens() -> None:
    assert strokes.value_strokes(np.zeros(0), 1.0, "light").strokes == ()
    assert strokes.halo_strokes(np.zeros(0), 1.0, "light", np.zeros(0), 1.0).strokes == ()
