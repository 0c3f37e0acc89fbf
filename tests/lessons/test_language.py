from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnstudio as nn
from nnstudio.errors import ExpressionError
from nnstudio.lessons import Situation, UnanswerableError
from nnstudio.lessons.evaluating import computed
from nnstudio.lessons.language import FUNCTIONS, JUNCTIONS, MAX_LENGTH, read, read_assertion
from nnstudio.lessons.quantities import QUANTITIES

NOTHING = Situation.of(nn.Project(nn.Network()))


def number(text: str) -> float:
    return float(computed(read(text), NOTHING))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("-2 ** 2", -4),
        ("(1 + 2) * -3", -9),
        ("2 ** -1", 0.5),
        ("abs(-3) + max(1, 2, 3) - min(4, 5)", 2),
        ("round(2.345, 1)", 2.3),
        ("round(2.6)", 3),
        ("sqrt(9) + log(exp(2))", 5),
        ("sum(1, 2, 3)", 6),
        ("1 < 2 <= 2 != 3", 1),
        ("not (1 > 2) and (2 > 3 or 1 == 1.0)", 1),
        ("all(1 < 2, 2 < 3)", 1),
        ("any(1 > 2, 2 > 3)", 0),
        ("0.1 + 0.2 == 0.3", 1),
        ("0.1 + 0.2 > 0.3", 0),
        ('"Adam" == "adam"', 1),
        ("pi > 3.14 and infinity > 1e300", 1),
        ("neurons + hidden", 0),
        (" 1 +\n 1 ", 2),
    ],
)
def test_arithmetic_and_comparisons_are_those_of_mathematics(text: str, value: float) -> None:
    assert number(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("", 0, "empty"),
        ("loss = 3", 5, "Write == to compare"),
        ("los < 3", 0, "Did you mean loss?"),
        ("1 < hiden", 4, "Did you mean hidden?"),
        ("loss.real < 1", 4, "Nothing has parts"),
        ("().__class__ == 1", 2, "Nothing has parts"),
        ('__import__("os") == 1', 0, "no quantity"),
        ('weight(a, "out") > 1', 7, "no quantity “a”"),
        ('weight(1, "out") > 1', 7, "quotes"),
        ('weight("a") > 1', 0, "Write weight"),
        ('weight("a", "b", "c") > 1', 0, "Write weight"),
        ('value("a", rows=3) > 1', 0, "nothing called “rows”"),
        ("weight > 1", 0, "has to say of what"),
        ("loss() > 1", 0, "without parentheses"),
        ("abs > 1", 0, "is a function"),
        ("abs(1, 2) > 1", 0, "takes 1, not 2"),
        ("abs(x=1) > 1", 0, "no names"),
        ('loss < "a"', 0, "does not compare"),
        ('optimizer < "adam"', 0, "smaller or larger"),
        ("loss and 1 < 2", 0, "true or false"),
        ("(1 < 2) + 1 > 1", 1, "a number has to stand"),
        ("loss in (1, 2)", 8, "not a part"),
        ("loss is 1", 4, "compare"),
        ("1 if loss > 1 else 2", 0, "not a part"),
        ("[loss][0] > 1", 0, "not a part"),
        ("lambda: 0", 0, "not a part"),
        ("loss // 2 > 1", 0, "not a part"),
        ("~1 > 1", 0, "not a part"),
        ("f'{loss}' == 'a'", 0, "not a part"),
        ("1j > 1", 0, "no meaning"),
        ("0x10 > 1", 0, "digits"),
        ("1e999 > 1", 0, "too large"),
        ("2loss > 1", 0, "cannot be read"),
        ("loss ≤ 3", 5, "Write <="),
        ("loss ^ 2 > 1", 0, "Write [*][*]"),
        ("weight(“a”, “b”) > 1", 7, "straight quotes"),
        (r'weight("\x61", "b") > 1', 8, "labels"),
        ("min(*loss, 1) > 1", 0, "no \\*"),
        ("loss", 0, "Compare it"),
    ],
)
def test_what_is_not_an_assertion_is_refused_at_its_place(text: str, place: int, told: str) -> None:
    with pytest.raises(ExpressionError, match=told) as caught:
        read_assertion(text)
    assert caught.value.start == place


@pytest.mark.parametrize(
    "text", ["(" * 300, "-" * 900 + "1", "1" * (MAX_LENGTH + 1), "9" * 900, "(" * 60 + ")" * 60]
)
def test_deep_and_long_texts_are_refused_and_not_worked_on(text: str) -> None:
    with pytest.raises(ExpressionError):
        read(text)


def test_powers_stay_bounded() -> None:
    assert number("10 ** 10 ** 10") == float("inf")
    assert number("1e300 * 1e300") == float("inf")
    assert number("exp(1e6)") == float("inf")
    assert number("round(1.5, 1e300)") == 1.5


@pytest.mark.parametrize("text", ["1 / 0", "(-8) ** 0.5", "sqrt(-1)", "log(0)", "0 ** -1"])
def test_what_has_no_value_says_so(text: str) -> None:
    with pytest.raises(UnanswerableError):
        number(text)


WORDS = [*QUANTITIES, *FUNCTIONS, *JUNCTIONS, "pi", "True", "None", "eval", "__class__", "x", '"a"', "'out'"]
SIGNS = [
    *"()+-*/<>=,.[]{}:!~^@ ",
    "**",
    "==",
    "<=",
    " and ",
    " or ",
    " not ",
    " in ",
    " if ",
    " else ",
    "lambda ",
]


@given(
    st.lists(
        st.one_of(st.sampled_from(WORDS), st.sampled_from(SIGNS), st.sampled_from("0123456789")), max_size=14
    )
)
def test_any_mixture_of_words_and_signs_is_read_or_refused(parts: list[str]) -> None:
    text = "".join(parts)
    try:
        found = read(text)
    except ExpressionError:
        return
    for node in found.root.walk():
        assert node.what in ("value", "quantity", "sign", "function", "compare", "and", "or", "not")
        assert node.quantity is None or node.quantity is QUANTITIES[node.name]
    try:
        computed(found, NOTHING)
    except nn.NNStudioError:
        return


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        assert read(text).text == text
