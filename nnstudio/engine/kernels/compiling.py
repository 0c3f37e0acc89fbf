"""How functions are compiled, where the results are kept, and unsigned constants for indices.

Inner functions become part of the outer one before it is compiled: a call of its own would count references
to every array that it passes, which took ten times as long as one update of a small network.
"""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm
import numba
import numpy as np
from numba import njit

from nnstudio.engine import activations, dropout, losses
from nnstudio.paths import cache_dir

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
    # No counting of references: callers hold all arrays meanwhile. Where Numba could not see that counts
    # cancel out, they took twice the time of a small network's update. So kernels can allocate nothing.
    "_nrt": False,
}
_lock = threading.RLock()
_distrusted: set[tuple[int, str]] = set()


def inner(function: Callable[..., Any]) -> Any:
    """Compile a function that only other kernels call."""
    return njit(inline="always", **_FLAGS)(function)


def called(function: Callable[..., Any]) -> Any:
    """Compile a function that other kernels call, for what is long and seldom done."""
    return njit(**_FLAGS)(function)


@functools.cache
def compiled(function: Callable[..., Any], lanes: int, dtype: str) -> Any:
    """Return a function as it is compiled, at its first call, for vectors of ``lanes`` numbers of a type.

    The result is kept on disk where that is possible.
    """
    with _lock:
        folder = None if (lanes, dtype) in _distrusted else _folder(lanes, dtype)
        if folder is None:
            return njit(**_FLAGS)(function)
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(folder)
        try:
            return njit(cache=True, **_FLAGS)(function)
        except (RuntimeError, OSError):
            # Without its source file, as in a frozen program, there is nothing to tell a stale cache by.
            return njit(**_FLAGS)(function)
        finally:
            numba.config.CACHE_DIR = before


class Direct:
    """Calls a compiled function for one caller, whose arguments have the types of the first call ever after.

    They are looked at no more: to find out the types of some fifty arrays takes longer than many updates of a
    small network.
    """

    def __init__(self, function: Any) -> None:
        self.function = function
        self._enter: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        """Call the function."""
        if self._enter is None:
            types = tuple(map(self.function.typeof_pyval, arguments))
            if types not in self.function.overloads:
                self.function.compile(types)
            self._enter = self.function.overloads[types].entry_point
        return self._enter(*arguments)


def without_disk(lanes: int, dtype: str) -> None:
    """Compile anew for vectors of this type, and use what is on disk no more."""
    _distrusted.add((lanes, dtype))
    compiled.cache_clear()


def cache_folder() -> Path:
    """Return the folder of the compiled kernels of these sources; raises OSError where there can't be one.

    Numba looks for changes only in the file that a compiled function begins in, so each version of the
    sources has a folder of its own.
    """
    base = os.environ.get("NUMBA_CACHE_DIR")
    return (Path(base) if base else cache_dir() / "kernels") / _version()


@functools.cache
def _version() -> str:
    text = hashlib.sha256(f"{numba.__version__} {llvm.get_host_cpu_name()}".encode())
    constants = (activations.__file__, dropout.__file__, losses.__file__)
    for file in (*sorted(Path(__file__).parent.glob("*.py")), *map(Path, constants)):
        if file.exists():
            text.update(file.read_bytes())
    return text.hexdigest()[:16]


def _folder(lanes: int, dtype: str) -> Path | None:
    """Return the folder for what is compiled for one type of vectors, or None where it can't be written.

    One for each, because processes that keep two of them at once in one folder may mix them up.
    """
    try:
        folder = cache_folder() / f"{dtype}-{lanes}"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None
