import math

import numpy as np
import pytest

from nnstudio.engine.special import erf, erfc

POINTS = np.concatenate(
    (np.linspace(-6.0, 26.0, 4001), [0.0, -0.0, 0.46875, -0.46875, 0.4687501, 4.0, 4.0000001, 1e-300, 1e-8])
)


def test_erf_agrees_with_the_standard_library_to_the_last_digits():
    expected = [math.erf(x) for x in POINTS]
    np.testing.assert_allclose(erf(POINTS), expected, rtol=1e-15, atol=0.0)


def test_erfc_agrees_with_the_standard_library_far_into_the_tail():
    expected = [math.erfc(x) for x in POINTS]
    np.testing.assert_allclose(erfc(POINTS), expected, rtol=3e-15, atol=0.0)


@pytest.mark.parametrize("function", [erf, erfc])
def test_infinities_and_nan_are_kept_apart(function):
    limits = {erf: (-1.0, 1.0), erfc: (2.0, 0.0)}[function]
    with np.errstate(invalid="ignore"):
        values = function(np.array([-1e300, 1e300, math.nan]))
    assert tuple(values[:2]) == limits
    assert math.isnan(values[2])


def test_single_precision_stays_single():
    x = np.linspace(-4.0, 4.0, 101, dtype=np.float32)
    assert erf(x).dtype == np.float32
    np.testing.assert_allclose(erf(x), [math.erf(v) for v in x], rtol=2e-6, atol=0.0)
