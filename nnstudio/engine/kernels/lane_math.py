"""The elementary functions on vectors of lanes, for Numba: no branches, and right to a few last places."""

from __future__ import annotations

import math

from numba import njit

from nnstudio.engine.kernels.lanes import (
    at_most,
    magnitude,
    power_of_two,
    rounder,
    with_sign_of,
    within_exponent,
)

_LOG2_E = 1.4426950408889634
# ln 2 in two parts: n times the first is exact for every exponent n, in both precisions.
_LN2_HIGH = 0.693145751953125
_LN2_LOW = 1.42860682030941723212e-6
_C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11, _C12, _C13 = (
    1.0 / math.factorial(power) for power in range(2, 14)
)


@njit(error_model="numpy")
def _split(x):
    """Return 2**n and exp(r) - 1, for x = n ln 2 + r with r up to half of ln 2: Taylor's series to r**13."""
    rounded = x * _LOG2_E + rounder(x)
    n = rounded - rounder(x)
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    # Estrin's scheme: pairs first, so that the chain of dependent operations is short.
    low = (_C2 + _C3 * r) + (_C4 + _C5 * r) * r2
    middle = (_C6 + _C7 * r) + (_C8 + _C9 * r) * r2
    high = (_C10 + _C11 * r) + (_C12 + _C13 * r) * r2
    return power_of_two(rounded), r + r2 * (low + r4 * (middle + r4 * high))


@njit(error_model="numpy")
def exp(x):
    """e**x; what would leave the normal numbers stays at their edge."""
    scale, rest = _split(within_exponent(x))
    # Not 1 + expm1: that loses the tails.
    return scale + scale * rest


@njit(error_model="numpy")
def expm1(x):
    """e**x - 1, exact near 0 as well."""
    scale, rest = _split(within_exponent(x))
    return (scale - 1.0) + scale * rest


@njit(error_model="numpy")
def tanh(x):
    """Hyperbolic tangent, from expm1(2 |x|); from 20 on it is 1 in both precisions."""
    grown = expm1(at_most(magnitude(x) * 2.0, 40.0))
    return with_sign_of(grown / (grown + 2.0), x)


@njit(error_model="numpy")
def sigmoid(x):
    """1 / (1 + e**-x), as e**x / (1 + e**x): few operations wait for each other."""
    scale, rest = _split(within_exponent(x))
    return (scale + scale * rest) / ((1.0 + scale) + scale * rest)
