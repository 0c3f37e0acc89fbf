from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.ui.numbers import format_count, format_number, parse_number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (-0.123456, "−0.1235"),
        (12345.6, "12346"),
        (998877.0, "998877"),
        (999999.0, "1e6"),
        (1_500_000.0, "1.5e6"),
        (0.00001234, "1.234e−5"),
        (9.99996, "10"),
        (0.99999, "1"),
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers_have_four_significant_digits_and_a_true_minus(value: float | None, text: str) -> None:
    assert format_number(value) == text


def test_counts_have_thin_spaces_between_thousands() -> None:
    assert format_count(1234567) == "1\u2009234\u2009567"


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5", 0.5), ("−1e−3", -0.001), (" 1,5 ", 1.5), ("12\u2009500", 12500.0), ("+3", 3.0)],
)
def test_what_people_type_is_read(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize("text", ["", "abc", "1,2,3", "nan", "1_000", "0x10", "--1"])
def test_what_is_no_number_is_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(ValueError, match="Type"):
        parse_number(text)


def test_infinity_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        parse_number("1e999")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_with_17_digits_is_read_back_unchanged(value: float) -> None:
    assert parse_number(format_number(value, 17)) == value
