from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.activations import ACTIVATIONS, activation
from nnstudio.engine.losses import FUSED, LOSSES
from nnstudio.explain.forms import (
    ACTIVATION_FORMS,
    FUSED_SLOPES,
    LOSS_FORMS,
    activation_slope,
    activation_value,
    put_in,
    signs_of,
    value_expression,
)
from nnstudio.explain.symbols import Symbol
from nnstudio.expressions import parse

POINTS = np.array([-3.0, -0.7, 0.0, 0.4, 2.5, 25.0])
Z, A = Symbol("z", "z"), Symbol("a", "a")


@pytest.mark.parametrize("key", ACTIVATIONS)
def test_every_activation_is_written_and_those_of_the_language_are_the_engines(key):
    written = activation_value(key, Z, 0.5)
    assert "z" in written.symbols
    assert "0.5" in written.numbers or key == "step"
    assert activation_slope(key, Z, A, (0.5, 0.6)) is not None
    expression = value_expression(key)
    if expression is None:
        assert key in ("gelu", "softmax")
        return
    a = ACTIVATIONS[key].forward(POINTS)
    np.testing.assert_allclose(expression.value(POINTS), a, rtol=1e-14, atol=1e-15)
    slope = parse(ACTIVATION_FORMS[key].slope, ("z", "a")).value(POINTS, a)
    np.testing.assert_allclose(slope, ACTIVATIONS[key].derivative(POINTS, a), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("key", LOSSES)
def test_every_loss_is_written_as_the_engine_has_it(key):
    a, y = (grid.ravel() for grid in np.meshgrid([0.1, 0.5, 0.9], [0.0, 0.5, 1.0]))
    t = np.array([signs_of(target) for target in y])
    form, entry = LOSS_FORMS[key], LOSSES[key]
    terms = parse(form.value, ("a", "y", "t")).value(a, y, t)
    slopes = parse(form.slope, ("a", "y", "t")).value(a, y, t)
    np.testing.assert_allclose(terms, entry.terms(a, y), rtol=1e-14)
    np.testing.assert_allclose(slopes, entry.slope(a, y), rtol=1e-14)


@pytest.mark.parametrize(("loss", "activation"), FUSED)
def test_what_is_computed_of_sums_is_written_so_too(loss, activation):
    z, y = np.array([[0.3, -1.0]]), np.array([[0.25, 0.5]])
    a = ACTIVATIONS[activation].forward(z)
    slopes = parse(FUSED_SLOPES[loss], ("a", "y", "s")).value(a, y, np.full_like(a, y.sum()))
    np.testing.assert_allclose(slopes, FUSED[loss, activation].slope(z, y), rtol=1e-14)


def test_the_numbers_of_cases_are_those_of_the_case_that_holds():
    written = put_in("where(z > 0, z, 0.01 * z)", {"z": Z}, {"z": -2.0})
    assert "cases" in written.symbols
    assert written.numbers == r"0.01 \cdot \left(-2\right)"
    assert put_in("where(z > 0, z, 0.01 * z)", {"z": Z}, {"z": 2.0}).text_numbers == "2"


def test_a_formula_of_the_users_own_has_its_numbers_put_in():
    key = "custom:x * tanh(x)"
    written = activation_value(key, Z, -0.5)
    assert written.symbols == r"z \, \tanh\left(z\right)"
    assert written.numbers == r"\left(-0.5\right) \cdot \tanh\left(-0.5\right)"
    assert activation_slope(key, Z, A, (-0.5, float(activation(key).forward(np.array(-0.5))))) is None
