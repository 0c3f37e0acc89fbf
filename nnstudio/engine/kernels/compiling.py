"""How functions are compiled, and unsigned constants for indices.

Inner functions become part of the outer one before it is compiled: a call of its own would count references
to every array that it passes, which took ten times as long as one update of a small network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable

ZERO = np.uint64(0)
ONE = np.uint64(1)
TWO = np.uint64(2)
THREE = np.uint64(3)
FOUR = np.uint64(4)

# Not the whole of "fast": it would let LLVM assume that there is no NaN.
_FLAGS: dict[str, Any] = {
    "fastmath": {"contract", "reassoc", "nsz"},
    "error_model": "numpy",
    "nogil": True,
}


def inner(function: Callable[..., Any]) -> Any:
    """Compile a function that only other kernels call."""
    return njit(inline="always", **_FLAGS)(function)


def outer(function: Callable[..., Any]) -> Any:
    """Compile a function that is called from Python, and keep the result on disk where that is possible."""
    try:
        return njit(cache=True, **_FLAGS)(function)
    except RuntimeError:
        # Without its source file, as in a frozen program, there is nothing to tell a stale cache by.
        return njit(**_FLAGS)(function)
