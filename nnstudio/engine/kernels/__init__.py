"""The engine compiled by Numba: the same numbers as `engine.program`, without the interpreter and its lock.

Importing this package imports Numba. What it compiles is kept in the user's cache folder, in one of its own
for each version of these sources, since Numba looks only at the file that a compiled function begins in.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from numba import config

from nnstudio.paths import cache_dir


def _cache_folder() -> Path:
    sources = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        sources.update(file.read_bytes())
    base = (
        Path(os.environ["NUMBA_CACHE_DIR"]) if os.environ.get("NUMBA_CACHE_DIR") else cache_dir() / "kernels"
    )
    return base / sources.hexdigest()[:16]


config.CACHE_DIR = str(_cache_folder())

from nnstudio.engine.kernels.session import CompiledTraining, Measured  # noqa: E402  # after the folder is set

__all__ = ["CompiledTraining", "Measured"]
