import math

import numpy as np
import pytest

from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.engine.losses import FUSED, LOSSES
from tests.engine import naive

ALL = pytest.mark.parametrize("key", LOSSES)
PAIRS = pytest.mark.parametrize("pair", FUSED, ids="-".join)


def example(key, rng):
    """Outputs and targets that suit any loss, (6, 3), none at a kink."""
    output = rng.uniform(0.05, 0.95, (6, 3))
    if key == "cross_entropy":
        return output / output.sum(axis=1, keepdims=True), np.eye(3)[rng.integers(0, 3, 6)]
    return output, rng.integers(0, 2, (6, 3)).astype(float)


@ALL
def test_entries_say_what_they_are(key):
    entry = LOSSES[key]
    assert entry.key == key
    assert all((entry.title, entry.description, entry.formula, entry.latex))


@ALL
def test_values_agree_with_the_formula_in_plain_python(key, rng):
    output, target = example(key, rng)
    assert LOSSES[key].value(output, target) == pytest.approx(naive.loss(key, output, target), rel=1e-14)


@ALL
def test_the_gradient_is_the_slope_of_the_value(key, rng):
    output, target = example(key, rng)
    gradient = LOSSES[key].gradient(output, target)
    h = 1e-5
    for place in np.ndindex(output.shape):
        up, down = output.copy(), output.copy()
        up[place] += h
        down[place] -= h
        measured = (LOSSES[key].value(up, target) - LOSSES[key].value(down, target)) / (2 * h)
        assert gradient[place] == pytest.approx(measured, rel=1e-6, abs=1e-9)


@ALL
def test_doubling_the_rows_does_not_change_the_mean(key, rng):
    output, target = example(key, rng)
    twice = LOSSES[key].value(np.tile(output, (2, 1)), np.tile(target, (2, 1)))
    assert twice == pytest.approx(LOSSES[key].value(output, target), rel=1e-14)


@ALL
def test_nan_in_an_output_gives_nan(key, rng):
    output, target = example(key, rng)
    output[2, 1] = math.nan
    target[2, 1] = 1.0
    with np.errstate(invalid="ignore"):
        assert math.isnan(LOSSES[key].value(output, target))


@PAIRS
def test_a_fused_pair_equals_its_parts_where_those_have_their_digits(pair, rng):
    loss, activation = pair
    z = rng.normal(0.0, 1.0, (6, 3))
    _, target = example(loss, rng)
    a = ACTIVATIONS[activation].forward(z)
    np.testing.assert_allclose(
        FUSED[pair].terms(z, target), LOSSES[loss].terms(a, target), rtol=1e-12, atol=1e-15
    )
    through = ACTIVATIONS[activation].backward(z, a, LOSSES[loss].slope(a, target))
    np.testing.assert_allclose(FUSED[pair].slope(z, target), through, rtol=1e-12, atol=1e-15)


@PAIRS
def test_a_fused_pair_is_finite_and_right_at_any_magnitude(pair):
    z = np.array([[1e4, -1e4], [-1e4, 1e4], [800.0, -800.0], [0.0, 0.0]])
    target = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    with np.errstate(all="raise"):
        terms, slope = FUSED[pair].terms(z, target), FUSED[pair].slope(z, target)
    assert np.isfinite(terms).all()
    assert np.isfinite(slope).all()
    wrong = {"binary_cross_entropy": 2e4, "cross_entropy": 2e4}[pair[0]]
    at_zero = {"binary_cross_entropy": 2 * math.log(2), "cross_entropy": math.log(2)}[pair[0]]
    np.testing.assert_allclose(terms.sum(axis=1), [wrong, 0.0, 0.0, at_zero], rtol=1e-15)


def test_cross_entropy_of_probabilities_that_reach_zero_is_bounded_as_pytorchs_is():
    terms = LOSSES["binary_cross_entropy"].terms(np.array([[0.0, 1.0]]), np.array([[1.0, 1.0]]))
    np.testing.assert_array_equal(terms, [[100.0, 0.0]])


def test_hinge_reads_zero_and_minus_one_as_the_same_class():
    output = np.array([[0.3, -2.0, 0.3, 2.0]])
    with_zeros = np.array([[0.0, 0.0, 1.0, 1.0]])
    np.testing.assert_allclose(LOSSES["hinge"].terms(output, with_zeros), [[1.3, 0.0, 0.7, 0.0]])
    for function in (LOSSES["hinge"].terms, LOSSES["hinge"].slope):
        np.testing.assert_array_equal(function(output, with_zeros), function(output, 2.0 * with_zeros - 1.0))
