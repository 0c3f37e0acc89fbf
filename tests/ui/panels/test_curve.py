from __future__ import annotations

import math
from itertools import pairwise

import pytest

from nnstudio.ui.panels.curve import activation_points, curve_pieces, value_range


def test_a_curve_is_cut_off_at_the_edges_of_what_is_shown() -> None:
    assert curve_pieces([(-2.0, -2.0), (0.0, 0.0), (2.0, 4.0)], -1.0, 1.0) == [
        [(-1.0, -1.0), (0.0, 0.0), (0.5, 1.0)]
    ]


def test_a_curve_is_apart_where_it_has_no_value() -> None:
    points = [(-2.0, 0.0), (-1.0, 0.5), (0.0, math.nan), (1.0, 0.5), (2.0, 0.0)]
    assert curve_pieces(points, -1.0, 1.0) == [points[:2], points[3:]]


def test_a_pole_is_no_line() -> None:
    for place in (0.0, 0.03):
        before, after = curve_pieces(activation_points(f"custom:1 / (x - {place})"), -2.0, 2.0)
        assert before[-1][0] < place < after[0][0]


def test_a_jump_of_a_formula_stands_upright() -> None:
    points = activation_points("custom:where(x > 0.37, 1, 0)")
    low, high = next((a, b) for a, b in pairwise(points) if b[1] != a[1])
    assert low[0] == pytest.approx(0.37, abs=1e-5)
    assert high[0] == pytest.approx(0.37, abs=1e-5)


def test_the_slope_is_that_of_the_curve_and_missing_where_the_value_is() -> None:
    slopes = dict(activation_points("custom:x ** 2", 2.0, 5, slope=True))
    assert slopes == {-2.0: -4.0, -1.0: -2.0, 0.0: 0.0, 1.0: 2.0, 2.0: 4.0}
    logarithm = dict(activation_points("custom:log(x)", 2.0, 5, slope=True))
    assert math.isnan(logarithm[-1.0])
    assert logarithm[2.0] == 0.5


@pytest.mark.parametrize(
    "key", ["custom:foo(x)", "custom:", "custom:log(-1 - x * x)", "custom:1e300 * x ** 9"]
)
def test_every_formula_has_something_to_draw(key: str) -> None:
    points = activation_points(key)
    low, high = value_range(points)
    assert -5.0 < low < 0.0 < high < 5.0
    curve_pieces(points, low, high)
