from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit

from nnstudio.engine.kernels import lane_math
from nnstudio.engine.kernels.arrays import aligned
from nnstudio.engine.kernels.lanes import Width, lanes_of, load, store

NAMES = ("exp", "expm1", "tanh", "sigmoid")
# How many units in the last place the worst may be off.
UNITS = {"exp": 4, "expm1": 6, "tanh": 6, "sigmoid": 6}
EDGE = {"float64": 708.0, "float32": 87.0}
DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])


@njit(error_model="numpy")
def _all(x, results, width):
    lanes = lanes_of(width)
    for i in range(0, x.size, lanes):
        place = np.uint64(i)
        vector = load(x, place, width)
        store(results[0], place, lane_math.exp(vector))
        store(results[1], place, lane_math.expm1(vector))
        store(results[2], place, lane_math.tanh(vector))
        store(results[3], place, lane_math.sigmoid(vector))


def compute(x, dtype):
    """Return what the kernels make of x (n,), by name."""
    values = aligned(-(-len(x) // 16) * 16, dtype)
    values[: len(x)] = x
    results = tuple(aligned(len(values), dtype) for _ in NAMES)
    _all(values, results, Width(16))
    return {name: result[: len(x)] for name, result in zip(NAMES, results, strict=True)}


def exact(name, x):
    """Return the values in float64, or in more digits where the platform has them."""
    x = x.astype(np.longdouble)
    if name == "sigmoid":
        return 1.0 / (1.0 + np.exp(-x))
    return getattr(np, name)(x)


def inside(x, name, dtype):
    """Whether the result is a normal number, so that all digits count."""
    return (np.abs(x) <= EDGE[dtype]) if name != "tanh" else np.isfinite(x)


def samples(dtype):
    rng = np.random.default_rng(3)
    tiny = np.finfo(dtype).tiny
    sizes = np.concatenate(
        (
            np.logspace(math.log10(tiny), 4.0, 4000),
            rng.uniform(0.0, EDGE[dtype], 4000),
            rng.uniform(0.0, 2.0, 4000),
        )
    )
    return np.concatenate((-sizes, [0.0], sizes)).astype(dtype)


@DTYPES
@pytest.mark.parametrize("name", NAMES)
def test_values_are_right_to_a_few_units_in_the_last_place(name, dtype):
    x = samples(dtype)
    x = x[inside(x, name, dtype)]
    expected = exact(name, x)
    off = np.abs(compute(x, dtype)[name].astype(np.longdouble) - expected)
    assert np.max(off / np.spacing(np.abs(expected).astype(dtype)).astype(np.longdouble)) <= UNITS[name]


@DTYPES
def test_beyond_the_normal_numbers_values_stay_at_their_edge(dtype):
    x = np.array([-1e4, -1e30, -math.inf, 1e4, 1e30, math.inf], dtype)
    found = compute(x, dtype)
    smallest = np.finfo(dtype).tiny
    assert (found["exp"][:3] < 4.0 * smallest).all()
    assert (found["exp"][3:] > 0.01 * np.finfo(dtype).max).all()
    np.testing.assert_array_equal(found["tanh"], [-1, -1, -1, 1, 1, 1])
    np.testing.assert_array_equal(found["expm1"][:3], -1)
    np.testing.assert_array_equal(found["sigmoid"][3:], 1)
    assert (found["sigmoid"][:3] < 4.0 * smallest).all()


@DTYPES
@pytest.mark.parametrize("name", NAMES)
def test_nan_stays_nan(name, dtype):
    found = compute(np.array([math.nan, 0.5, -math.nan], dtype), dtype)[name]
    np.testing.assert_array_equal(np.isnan(found), [True, False, True])


@DTYPES
def test_denormal_numbers_are_not_lost(dtype):
    x = np.finfo(dtype).smallest_subnormal * np.array([1, 2, 1000, -3], dtype)
    found = compute(x, dtype)
    np.testing.assert_array_equal(found["expm1"], x)
    np.testing.assert_array_equal(found["tanh"], x)
    np.testing.assert_array_equal(found["exp"], 1)


def test_float32_keeps_the_tail_of_the_exponential():
    x = np.linspace(-86.0, -60.0, 200).astype(np.float32)
    np.testing.assert_allclose(compute(x, "float32")["exp"], np.exp(x.astype(np.float64)), rtol=1e-6)


@DTYPES
def test_tanh_and_expm1_keep_the_sign_of_zero(dtype):
    assert np.signbit(compute(np.array([-0.0, 0.0], dtype), dtype)["tanh"]).tolist() == [True, False]
