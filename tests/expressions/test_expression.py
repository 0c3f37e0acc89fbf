import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nnstudio.errors import ExpressionError
from nnstudio.expressions import parse
from tests.expressions import oracle

POINTS = st.floats(-4.0, 4.0)


@settings(max_examples=300)
@given(oracle.texts(("x", "y")), POINTS, POINTS)
def test_values_and_derivatives_are_those_of_a_complex_step_through_pythons_own_tree(text, x, y):
    try:
        value, by_x = oracle.value_and_derivative(text, {"x": x, "y": y}, "x")
        _, by_y = oracle.value_and_derivative(text, {"x": x, "y": y}, "y")
        expression = parse(text, ("x", "y"))
    except (oracle.DelicateError, OverflowError, ExpressionError):
        assume(False)
    found, partials = expression.value_and_partials([x, x], [y, y])
    # The oracle leaves out what magnifies rounding.
    np.testing.assert_allclose(found, [value] * 2, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(partials[0], [by_x] * 2, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(partials[1], [by_y] * 2, rtol=1e-7, atol=1e-7)
    np.testing.assert_array_equal(expression.value(x, y), found[0])


FORMULAS = [
    "1 / (1 + exp(-x))",
    "x * tanh(log(1 + exp(x)))",
    "where(x > 0, x, 0.1 * (exp(x) - 1))",
    "sin(3 * x) * exp(-x ** 2)",
    "x / (1 + abs(x))",
    "min(max(x, -1), 1) + sqrt(x ** 2 + 1)",
    "(x ** 2 + 0.5) ** cos(x)",
    "2 ** x - x ** 3 + x ** -2",
    "log(abs(x) + 0.1) ** 2",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_derivatives_are_those_of_central_differences(text):
    expression = parse(text)
    x = np.linspace(-2.0, 2.0, 100)  # holds no kink
    h = 1e-3
    near = expression.value(x + h) - expression.value(x - h)
    far = expression.value(x + 2 * h) - expression.value(x - 2 * h)
    measured = (8.0 * near - far) / (12.0 * h)
    scale = np.maximum(1.0, np.abs(measured))
    assert (np.abs(expression.value_and_derivative(x)[1] - measured) / scale)[np.abs(x) > 0.1].max() < 1e-6


@pytest.mark.parametrize(
    ("text", "at", "slope"),
    [
        ("abs(x)", 0.0, 0.0),
        ("max(x, 0)", 0.0, 0.5),
        ("max(0, x)", 0.0, 0.5),
        ("min(x, 0)", 0.0, 0.5),
        ("max(x, 3 * x)", 0.0, 2.0),
        ("max(x, 2 * x, 3)", 5.0, 2.0),
        ("where(x > 0, x, 0)", 0.0, 0.0),
        ("where(x >= 0, x, 0)", 0.0, 1.0),
        ("x ** 0", 0.0, 0.0),
        ("x ** 1", 0.0, 1.0),
        ("x ** 2", 0.0, 0.0),
        ("0 ** x", 2.0, 0.0),
        ("sqrt(x)", 0.0, math.inf),
    ],
)
def test_slopes_at_kinks_and_edges_are_those_that_the_documentation_states(text, at, slope):
    assert float(parse(text).value_and_derivative(at)[1]) == slope


def test_the_slope_of_the_branch_that_is_not_taken_does_no_harm():
    expression = parse("where(x > 0, log(x) + sqrt(x), 2 * x)")
    value, slope = expression.value_and_derivative([-1.0, 0.0, 1.0])
    assert value.tolist() == [-2.0, 0.0, 1.0]
    assert slope.tolist() == [2.0, 2.0, 1.5]


@pytest.mark.parametrize("text", [*FORMULAS, "3", "x", "where(1 < 2, 1, 0)", "pi * x", "where(x < 0, 1, 0)"])
def test_shape_and_type_of_the_argument_are_kept_and_the_argument_is_too(text):
    expression = parse(text)
    for dtype in (np.float32, np.float64):
        x = np.linspace(0.5, 2.0, 24, dtype=dtype).reshape(2, 3, 4).transpose(2, 0, 1)
        before = x.copy()
        value, slope = expression.value_and_derivative(x)
        assert value.dtype == slope.dtype == dtype
        assert value.shape == slope.shape == x.shape
        assert not np.shares_memory(value, x)
        np.testing.assert_array_equal(x, before)
        np.testing.assert_array_equal(value.ravel(), expression.value(x.ravel()))
        rtol = 1e-14 if dtype == np.float64 else 3e-5
        np.testing.assert_allclose(value, expression.value(x.astype(float)), rtol=rtol)


def test_whole_numbers_are_taken_as_numbers():
    assert parse("x / 2").value([1, 2]).tolist() == [0.5, 1.0]


@pytest.mark.parametrize("text", FORMULAS)
def test_long_arrays_give_the_same_bits_as_short_ones(text):
    expression = parse(text)
    x = np.random.default_rng(0).normal(size=(1000, 301))
    value, slope = expression.value_and_derivative(x)
    for row in (0, 500, 999):
        value_here, slope_here = expression.value_and_derivative(x[row])
        np.testing.assert_allclose(value_here, value[row], rtol=1e-14)
        np.testing.assert_allclose(slope_here, slope[row], rtol=1e-13, atol=1e-13)


def test_several_variables_are_given_in_their_order_and_spread_over_each_other():
    expression = parse("a - 2 * b", ("b", "a", "unused"))
    value, (by_b, by_a, by_unused) = expression.value_and_partials([[1.0], [2.0]], [10.0, 20.0, 30.0], 0.0)
    assert value.tolist() == [[8.0, 18.0, 28.0], [6.0, 16.0, 26.0]]
    assert (by_b == -2.0).all()
    assert (by_a == 1.0).all()
    assert (by_unused == 0.0).all()
    with pytest.raises(TypeError, match="3 variables, but 1"):
        expression.value(1.0)


def test_a_formula_without_a_variable_has_one_value():
    assert float(parse("2 * pi", ()).value()) == 2.0 * math.pi


def test_what_has_no_value_is_nan_or_infinite_without_a_warning():
    with np.errstate(all="raise"):
        found = parse("log(x) / x ** 400").value([-1.0, 0.0, 1e-300, 10.0])
        assert np.isnan(found[0])
        assert np.isinf(found[1:3]).all()
        assert found[3] == 0.0
        assert np.isnan(parse("max(x, 0)").value(math.nan))


def test_powers_of_small_whole_exponents_are_those_of_the_general_power():
    x = np.random.default_rng(1).normal(size=1000)
    for n in range(-3, 6):
        np.testing.assert_allclose(parse(f"x ** {n}").value(x), np.power(x, float(n)), rtol=1e-15 * 4)


@pytest.mark.oracle
@settings(max_examples=300)
@given(oracle.texts(), st.lists(st.one_of(POINTS, st.sampled_from([0.0, 1.0, 2.0])), min_size=1, max_size=4))
def test_values_and_slopes_kinks_included_are_pytorchs(text, points):
    import torch

    functions = {name: getattr(torch, name) for name in ("exp", "log", "sqrt", "tanh", "sin", "cos", "abs")}

    def tensor(value):
        return torch.as_tensor(value, dtype=torch.float64)

    def folded(function):
        def call(first, *others):
            first = tensor(first)
            for other in others:
                first = function(first, tensor(other))
            return first

        return call

    namespace = {name: lambda a, f=function: f(tensor(a)) for name, function in functions.items()}
    namespace |= {"max": folded(torch.maximum), "min": folded(torch.minimum), "pi": math.pi, "e": math.e}
    namespace["where"] = lambda condition, a, b: torch.where(torch.as_tensor(condition), tensor(a), tensor(b))
    namespace["x"] = x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    assume("<" not in text and ">" not in text and "=" not in text)  # PyTorch has no chained comparisons
    try:
        expression = parse(text)
        value = namespace["x"] * 0.0 + eval(text, namespace)
    except (ExpressionError, ArithmeticError, TypeError):
        assume(False)
    (slope,) = torch.autograd.grad(value.sum(), x)
    value, slope = value.detach().numpy(), slope.numpy()
    found, found_slope = expression.value_and_derivative(points)
    finite = np.isfinite(value) & np.isfinite(slope) & (np.abs(value) < 1e3) & (np.abs(slope) < 1e3)
    np.testing.assert_allclose(found[finite], value[finite], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found_slope[finite], slope[finite], rtol=1e-5, atol=1e-5)
