import math

import numpy as np
import pytest

from nnstudio.engine.activations import ACTIVATIONS, log_sum_exp, softmax
from tests.engine.naive import ACTIVATE

ALL = pytest.mark.parametrize("key", ACTIVATIONS)
ELEMENTWISE = pytest.mark.parametrize("key", [key for key, entry in ACTIVATIONS.items() if entry.elementwise])


def magnitudes(dtype):
    smallest = np.log10(np.finfo(dtype).tiny) + 5.0
    sizes = np.logspace(smallest, 4.0, 400)
    return np.concatenate((-sizes[::-1], [0.0], sizes)).astype(dtype)


@ALL
def test_entries_say_what_they_are(key):
    entry = ACTIVATIONS[key]
    assert entry.key == key
    assert all((entry.title, entry.description, entry.formula, entry.latex, entry.derivative_formula))
    assert entry.low < entry.high


@ALL
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_are_finite_in_range_and_of_the_same_type_at_any_magnitude(key, dtype):
    entry = ACTIVATIONS[key]
    z = magnitudes(dtype)
    with np.errstate(all="raise"):
        a = entry.forward(z)
        slope = entry.derivative(z, a)
    assert a.dtype == slope.dtype == dtype
    assert a.shape == slope.shape == z.shape
    assert np.isfinite(a).all()
    assert np.isfinite(slope).all()
    tolerance = 4 * np.finfo(dtype).eps
    assert a.min() >= entry.low - tolerance
    assert a.max() <= entry.high + tolerance


@ELEMENTWISE
def test_values_agree_with_the_formula_in_plain_python(key):
    z = np.linspace(-12.0, 30.0, 337)
    expected = [ACTIVATE[key](v) for v in z]
    np.testing.assert_allclose(ACTIVATIONS[key].forward(z), expected, rtol=1e-13, atol=1e-300)


@ELEMENTWISE
def test_the_derivative_is_the_slope_of_the_values(key):
    entry = ACTIVATIONS[key]
    z = np.linspace(-5.0, 5.0, 200)  # holds no kink
    h = 1e-3
    measured = (
        8.0 * (entry.forward(z + h) - entry.forward(z - h))
        - (entry.forward(z + 2 * h) - entry.forward(z - 2 * h))
    ) / (12.0 * h)
    np.testing.assert_allclose(entry.derivative(z, entry.forward(z)), measured, rtol=1e-8, atol=1e-10)


@ELEMENTWISE
def test_the_derivative_jumps_where_the_entry_says_so_and_nowhere_else(key):
    entry = ACTIVATIONS[key]
    for point in (0.0, 20.0):
        around = np.array([point - 1e-12, point + 1e-12])
        slope = entry.derivative(around, entry.forward(around))
        value = entry.forward(around)
        jumps = abs(slope[1] - slope[0]) > 1e-10 or abs(value[1] - value[0]) > 0.5
        assert jumps == (point in entry.kinks)


@ALL
def test_nan_is_passed_on(key):
    with np.errstate(invalid="ignore"):
        assert np.isnan(ACTIVATIONS[key].forward(np.array([[math.nan, 1.0]]))).any()


@ALL
def test_forward_does_not_change_or_return_its_argument(key):
    z = np.linspace(-2.0, 2.0, 5)
    a = ACTIVATIONS[key].forward(z)
    assert not np.shares_memory(a, z)
    np.testing.assert_array_equal(z, np.linspace(-2.0, 2.0, 5))


@pytest.mark.parametrize(
    ("key", "expected"), [("relu", 0.0), ("leaky_relu", 0.01), ("elu", 1.0), ("step", 0.0), ("sine", 1.0)]
)
def test_the_derivative_at_zero_is_pytorchs(key, expected):
    z = np.zeros(1)
    assert ACTIVATIONS[key].derivative(z, ACTIVATIONS[key].forward(z))[0] == expected


def test_step_decides_for_one_at_zero():
    assert ACTIVATIONS["step"].forward(np.array([-0.0, 0.0])).tolist() == [1.0, 1.0]


def test_softmax_sums_to_one_and_does_not_mind_a_shift():
    z = np.array([[1.0, 2.0, 3.0], [1e4, 0.0, -1e4], [-800.0, -800.0, -800.0]])
    with np.errstate(all="raise"):
        p = softmax(z)
    np.testing.assert_allclose(p.sum(axis=-1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(softmax(z + 5.0), p, rtol=1e-12, atol=0.0)


def test_softmax_backward_is_the_product_with_its_jacobian():
    z = np.array([[0.3, -1.0, 2.0, 0.0]])
    p = softmax(z)
    error = np.array([[0.5, -2.0, 1.0, 3.0]])
    jacobian = np.diag(p[0]) - np.outer(p[0], p[0])
    np.testing.assert_allclose(ACTIVATIONS["softmax"].backward(z, p, error), error @ jacobian, rtol=1e-13)
    np.testing.assert_allclose(ACTIVATIONS["softmax"].derivative(z, p)[0], np.diag(jacobian), rtol=1e-13)


def test_log_sum_exp_neither_overflows_nor_vanishes():
    with np.errstate(all="raise"):
        values = log_sum_exp(np.array([[1e4, 1e4], [-1e4, -1e4], [0.0, -1e4]]))
    np.testing.assert_allclose(values[:, 0], [1e4 + math.log(2), -1e4 + math.log(2), 0.0], rtol=1e-15)
