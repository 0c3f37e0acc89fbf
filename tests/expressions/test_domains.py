import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnstudio.errors import ExpressionError
from nnstudio.expressions import parse
from tests.expressions.oracle import texts

SOUND = [
    "x",
    "tanh(x)",
    "exp(-x ** 2)",
    "x / (1 + abs(x))",
    "where(x > 0, log(x), 0)",
    "where(x == 0, 1, sin(x) / x)",
    "max(x, 0)",
    "log(max(x, 1e-6))",
    "exp(min(x, 50))",
    "1 / where(x > 0, 1, -1)",
    "min(exp(x), 5)",
    "3",
]


@pytest.mark.parametrize("text", SOUND)
def test_a_formula_that_is_finite_everywhere_has_no_problem(text):
    assert parse(text).check(-1000.0, 1000.0) == []


@pytest.mark.parametrize(
    ("text", "kind", "part", "low", "high", "where"),
    [
        ("2 * log(x)", "domain", "log(x)", -1000.0, 0.0, "for x up to 0"),
        ("log(x - 3.3)", "domain", "log(x - 3.3)", -1000.0, 3.3, "for x up to 3.3"),
        ("sqrt(x)", "domain", "sqrt(x)", -1000.0, -5e-324, "for x below 0"),
        ("sqrt(-x)", "domain", "sqrt(-x)", 5e-324, 1000.0, "for x above 0"),
        ("sqrt(abs(x))", "slope", "sqrt(abs(x))", 0.0, 0.0, "at x = 0"),
        ("1 / x", "domain", "1 / x", 0.0, 0.0, "at x = 0"),
        ("1 / (x - 0.3)", "domain", "1 / (x - 0.3)", 0.3, 0.3, "at x = 0.3"),
        ("1 / (x - 0.3) ** 2", "domain", "1 / (x - 0.3) ** 2", 0.3, 0.3, "at x = 0.3"),
        ("1 / (x * x - 2)", "domain", "1 / (x * x - 2)", -math.sqrt(2), -math.sqrt(2), "and elsewhere"),
        ("x ** 0.5", "domain", "x ** 0.5", -1000.0, -5e-324, "for x below 0"),
        ("x ** -2", "domain", "x ** -2", 0.0, 0.0, "at x = 0"),
        ("1 / (1 + exp(-x))", "overflow", "exp(-x)", -1000.0, -709.7827128933841, "for x up to -709.783"),
        ("(x + 2000) ** 1e5", "overflow", "(x + 2000) ** 100000", -1000.0, 1000.0, "for every x"),
        ("log(x) * 0", "domain", "log(x)", -1000.0, 0.0, "up to 0"),
    ],
)
def test_a_problem_names_the_part_that_causes_it_and_where(text, kind, part, low, high, where):
    problem = parse(text).check(-1000.0, 1000.0)[0]
    assert (problem.kind, problem.part) == (kind, part)
    assert problem.low == pytest.approx(low, rel=1e-12)
    assert problem.high == pytest.approx(high, rel=1e-12)
    assert where in problem.where
    assert str(problem).startswith(f"{part} ")
    assert problem.remedy in str(problem)
    assert "{" not in str(problem)
    assert parse(text[problem.start : problem.end]) == parse(part)


def test_the_cause_is_named_rather_than_what_follows_from_it():
    assert [problem.part for problem in parse("tanh(sqrt(log(x) + 1) * 2)").check(0.5, 10.0)] == []
    found = parse("tanh(sqrt(log(x) + 1) * 2)").check(-1.0, 10.0)
    assert {problem.part for problem in found} == {"log(x)", "sqrt(log(x) + 1)"}


def test_a_branch_is_searched_only_where_it_is_taken():
    problem = parse("where(x > -2, log(x), 0)").check(-10.0, 10.0)[0]
    assert (problem.low, problem.high) == (pytest.approx(-2.0), 0.0)
    assert problem.low > -2.0


def test_poles_are_found_between_the_samples():
    problem = parse("sin(x) / cos(x)").check(0.0, 3.0)[0]
    assert problem.low == pytest.approx(math.pi / 2)
    assert parse("(x ** 2 - 0.01234) / (x - 1.234567)").check(-9.0, 9.0)[0].low == pytest.approx(1.234567)


@given(texts())
def test_where_nothing_is_reported_the_samples_are_finite(text):
    try:
        expression = parse(text)
    except ExpressionError:
        assume(False)
    problems = expression.check(-5.0, 5.0)
    x = np.linspace(-5.0, 5.0, 101)
    value, slope = expression.value_and_derivative(x)
    finite = np.isfinite(value) & np.isfinite(slope)
    assert finite.all() or problems
    assert all(str(problem).endswith(".") for problem in problems)


@given(texts(), st.lists(st.floats(-5.0, 5.0), min_size=1, max_size=5))
def test_every_row_without_a_finite_result_is_reported_once(text, points):
    try:
        expression = parse(text)
    except ExpressionError:
        assume(False)
    value, slope = expression.value_and_derivative(points)
    expected = np.flatnonzero(~(np.isfinite(value) & np.isfinite(slope))).tolist()
    reported = sorted({row for problem in expression.check_at(points) for row in problem.rows})
    assert set(reported) <= set(expected)
    assert bool(reported) == bool(expected)


def test_rows_of_several_variables_are_named_by_their_values():
    expression = parse("log(a) / b", ("a", "b", "c"))
    first, second = expression.check_at([1.0, -2.0, 3.0, -4.0], [1.0, 1.0, 0.0, 0.0], 9.0)
    assert (first.part, first.rows) == ("log(a)", (1, 3))
    assert first.where == "at a = -2, b = 1 (row 2) and in 1 more rows"
    assert (second.part, second.rows) == ("log(a) / b", (2,))


def test_inputs_that_are_not_finite_are_nobodys_fault():
    assert parse("x").check_at([math.nan, math.inf, 1.0]) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max(x, 0)", (0.0,)),
        ("abs(x - 0.3) + abs(x + 2)", (-2.0, 0.3)),
        ("min(x, 2, -x)", (0.0,)),
        ("where(0 < x <= 1, x ** 2, abs(x - 3))", (0.0, 1.0, 3.0)),
        ("abs(x) * x", ()),
        ("where(x > 0, x, exp(x) - 1)", ()),
        ("max(x, 3 * x ** 2 - 1)", ((1 - math.sqrt(13)) / 6, (1 + math.sqrt(13)) / 6)),
        ("tanh(x)", ()),
        ("where(x >= 0, 1, 0)", (0.0,)),
    ],
)
def test_kinks_are_where_value_or_slope_jumps(text, expected):
    assert parse(text).kinks(-10.0, 10.0) == pytest.approx(expected)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, 1.0), (-math.inf, 1.0), (0.0, math.nan)])
def test_only_a_range_can_be_searched(low, high):
    with pytest.raises(ExpressionError, match="range runs"):
        parse("x").check(low, high)


def test_only_one_variable_can_be_searched():
    with pytest.raises(ExpressionError, match="one variable only"):
        parse("x + y", ("x", "y")).check(0.0, 1.0)
