from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.lessons import Check, Situation, judge_answer, parse_number
from nnstudio.lessons.language import read

if TYPE_CHECKING:
    import nnstudio as nn


def asked(answer: str, **options: object) -> Check:
    return Check(ask="What?", answer=answer, formula=read(answer), **options)  # type: ignore[arg-type]


def text(answer: str, **options: object) -> Check:
    return Check(ask="Where?", answer=answer, is_text=True, **options)  # type: ignore[arg-type]


@pytest.fixture
def situation(line: nn.Project) -> Situation:
    return Situation.of(line)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0.5", 0.5),
        ("0,5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1/2", 0.5),
        ("-1 3/4", -1.75),
        ("−4", -4.0),
        ("– 4", -4.0),
        ("+3", 3.0),
        ("5e-1", 0.5),
        ("5E1", 50.0),
        ("50 %", 0.5),
        ("1/2%", 0.005),
        ("1 000", 1000.0),
        ("1 000 000,25", 1000000.25),
        ("1'000", 1000.0),
        ("1\u202f000", 1000.0),
        ("1/-2", -0.5),
        (" = 3 ", 3.0),
    ],
)
def test_numbers_are_read_as_people_write_them(typed: str, value: float) -> None:
    assert parse_number(typed) == pytest.approx(value)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "-",
        ".",
        "%",
        "/",
        "a",
        "1/0",
        "1 00",
        "1..2",
        "1,2,3",
        "1e999",
        "0x10",
        "nan",
        "inf",
        "1 2",
        "٣",
        "1e99999",
    ],
)
def test_what_is_no_number_is_none(typed: str) -> None:
    assert parse_number(typed) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_to_the_bit(value: float) -> None:
    assert parse_number(repr(value)) == value
    assert parse_number(repr(value).replace(".", ",").replace("-", "−")) == value


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_fractions_are_their_quotients(above: int, below: int) -> None:
    assert parse_number(f"{above}/{below}") == float(Fraction(above, below))
    whole, part = divmod(abs(above), below)
    sign = "-" if above < 0 else ""
    assert parse_number(f"{sign}{whole} {part}/{below}") == pytest.approx(above / below, abs=1e-12)


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_none(typed: str) -> None:
    value = parse_number(typed)
    assert value is None or value == value


def test_an_answer_is_right_to_a_millionth(situation: Situation) -> None:
    assert judge_answer(asked("-4"), "−4", situation).passed
    assert judge_answer(asked("0.75"), "3/4", situation).passed
    assert not judge_answer(asked("0.75"), "0.7501", situation).passed
    assert not judge_answer(asked("0.6667"), "2/3", situation).passed


def test_tolerances_are_absolute_or_relative(situation: Situation) -> None:
    check = asked("200", tolerance=0.1, relative=0.01)
    assert judge_answer(check, "202", situation).passed
    assert not judge_answer(check, "202.1", situation).passed
    assert judge_answer(asked("0.5", tolerance=0.1), "0.6", situation).passed


def test_what_is_read_off_the_program_may_be_rounded_to_three_digits(situation: Situation) -> None:
    third = asked('gradient("x", "out") / 3')  # -3.333…
    assert judge_answer(third, "-3.33", situation).passed
    assert judge_answer(third, "-10/3", situation).passed
    assert not judge_answer(third, "-3.34", situation).passed
    short = judge_answer(third, "-3.3", situation)
    assert not short.passed
    assert "more digits" in short.told


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("4", "4: wrong sign."),
        ("30", "30: wrong sign, and another size."),
        ("-3", "−3: too large."),
        ("-5", "−5: too small."),
        ("-4.01", "−4.01: close, but not precise enough."),
        ("-400", "−400: too small. If it is in percent, write the % sign."),
    ],
)
def test_a_first_wrong_answer_is_told_its_direction_alone(
    situation: Situation, typed: str, told: str
) -> None:
    assert judge_answer(asked("-4", otherwise="Think."), typed, situation).told == told


def test_the_third_wrong_answer_is_told_what_was_expected(situation: Situation) -> None:
    check = asked('gradient("x", "out")', otherwise="Look at the panel.")
    first, second, third = (judge_answer(check, "3", situation, tries).told for tries in range(3))
    assert first == "3: wrong sign, and another size. Asked was the gradient of x → out."
    assert second == f"{first} Look at the panel."
    assert third == f"{first} Expected −10. Look at the panel."


def test_what_is_no_number_and_what_is_empty_says_what_to_type(situation: Situation) -> None:
    assert "no number" in judge_answer(asked("1"), "one", situation).told
    assert judge_answer(asked("1"), "  ", situation).told == "Type an answer."
    assert judge_answer(text("a", choices=("a", "b")), "", situation).told == "Choose one."


def test_texts_are_compared_without_capitals_spaces_and_dots_at_the_end(situation: Situation) -> None:
    check = text("Uphill", accept=("to the top",))
    assert all(
        judge_answer(check, typed, situation).passed for typed in ("uphill.", " UPHILL ", "To  the top")
    )
    wrong = judge_answer(check, "down", situation)
    assert "Uphill" not in wrong.told
    assert "“Uphill”" in judge_answer(check, "down", situation, 2).told


def test_a_formula_can_give_a_text(situation: Situation) -> None:
    assert judge_answer(asked('activation_of("out")'), "Identity", situation).passed


def test_an_answer_that_cannot_be_computed_says_why(situation: Situation) -> None:
    told = judge_answer(asked('weight("x", "q")'), "1", situation).told
    assert "cannot be computed now. There is no neuron q." in told


def test_a_tolerance_reaches_to_its_edge_and_accents_are_one_sign_or_two(situation: Situation) -> None:
    assert judge_answer(asked("1e-9", tolerance=0.1), "0.100000001", situation).passed
    assert not judge_answer(asked("1e-9", tolerance=0.1), "0.10000001", situation).passed
    assert judge_answer(text("\u00fcber"), "u\u0308ber", situation).passed
