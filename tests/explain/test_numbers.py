from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.explain.numbers import at, exact, show, summed

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False) | st.floats(-1e-6, 1e-6, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "text", "latex"),
    [
        (0.5, "0.5", "0.5"),
        (-0.0, "0", "0"),
        (0.1 + 0.2, "0.3", "0.3"),
        (0.300001, "0.30000", "0.30000"),
        (2 / 3, "0.66667", "0.66667"),
        (12345678.0, "1.2346e+07", r"1.2346 \cdot 10^{7}"),
        (300.0, "300", "300"),
        (1234567.0, "1234600", "1234600"),
        (-1e-9, "-1e-09", "-10^{-9}"),
        (-2.5e-7, "-2.5e-07", r"-2.5 \cdot 10^{-7}"),
        (math.inf, "∞", r"\infty"),
        (math.nan, "NaN", "NaN"),
    ],
)
def test_a_number_has_five_digits_and_fewer_where_it_needs_fewer(value, text, latex):
    assert (show(value).text, show(value).latex) == (text, latex)


def test_factors_below_zero_stand_in_parentheses():
    assert show(-0.5).factor == r"\left(-0.5\right)"
    assert show(-0.5).text_factor == "(-0.5)"
    assert show(0.5).factor == "0.5"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_an_exact_number_is_read_back_as_itself(value):
    assert float(exact(value).text) == value


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-20, 40))
def test_rounding_is_off_by_half_a_digit_at_most(value, decimals):
    number = Decimal(repr(value))
    spare = abs(number) * Decimal("1e-14")
    assert abs(at(value, decimals).rounded - number) <= Decimal(1).scaleb(-decimals) / 2 + spare


@given(st.lists(NUMBERS, min_size=1, max_size=60))
def test_terms_as_shown_add_up_to_the_total_as_shown(terms):
    shown = summed(terms, math.fsum(terms))
    assert shown.agrees
    added = sum((term.rounded for term in shown.terms), Decimal(0))
    step = Decimal(1).scaleb(-shown.decimals)
    assert added.quantize(step, rounding=ROUND_HALF_EVEN) == shown.total.rounded


def test_few_terms_add_up_digit_for_digit(rng):
    for _ in range(200):
        terms = rng.normal(size=rng.integers(1, 6)).tolist()
        shown = summed(terms, math.fsum(terms))
        assert sum((term.rounded for term in shown.terms), Decimal(0)) == shown.total.rounded
        assert len(shown.total.text) <= 16


def test_what_is_not_finite_is_said_not_to_add_up():
    assert not summed([math.inf, 1.0], math.inf).agrees


def test_a_total_that_is_not_the_sum_is_told():
    assert not summed([1.0, 2.0], 3.5).agrees


def test_terms_that_cancel_but_for_rounding_add_up_to_zero():
    found = summed([1.845123456789e-06, -1.845123456793e-06], -3.49e-18)
    assert found.agrees
    assert found.total.text == "0"
    assert sum(term.rounded for term in found.terms) == 0
