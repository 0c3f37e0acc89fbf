"""Compile all kernels into the user's cache folder: ``python -m nnstudio.engine.kernels.warm [DTYPE ...]``.

For a process of its own beside the window: compiling in one of its threads would stop it for seconds.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from typing import TYPE_CHECKING

from nnstudio.engine.kernels import compiling, selfcheck
from nnstudio.engine.kernels.session import WIDTHS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Other versions of the program that are still in use were used since then.
_DAYS_KEPT = 60


def main(dtypes: Sequence[str] = ()) -> int:
    """Compile what is not in the cache yet, float64 first; returns the exit code."""
    wrong = False
    # Batches are what most trainings have, and need the widest vectors.
    for dtype in dtypes or ("float64", "float32"):
        found = {f"{lanes} lanes": selfcheck.problem(lanes, dtype) for lanes in sorted(WIDTHS, reverse=True)}
        found["matrices"] = selfcheck.problem_of_matrices(dtype)
        found["planes"] = selfcheck.problem_of_slices(dtype)
        for name, problem in found.items():
            if problem is not None:
                sys.stderr.write(f"{dtype}, {name}: {problem}\n")
                wrong = True
    with contextlib.suppress(OSError):
        _remove_old(compiling.cache_folder())
    return int(wrong)


def _remove_old(current: Path) -> None:
    """Delete what other versions of these sources left long ago."""
    current.touch()
    for folder in current.parent.iterdir():
        age = time.time() - folder.stat().st_mtime
        # Only what has the shape of ours: NUMBA_CACHE_DIR may be anybody's.
        ours = len(folder.name) == len(current.name) and any(folder.glob("float??-*"))
        if folder != current and ours and age > _DAYS_KEPT * 86400:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
