"""Gets the compiled kernels without ever compiling beside the window: another process has to have done so."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import logging
import os
import platform
import sys
import threading
import time
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from nnstudio import paths
from nnstudio.engine.backend import VARIABLE

# The compiler may have been done in the meantime.
_AGAIN_SECONDS = 3.0
_log = logging.getLogger(__name__)


class Kernels(NamedTuple):
    """The functions of `kernels`, compiled."""

    clear: Any
    draw: Any


class Loader:
    """Holds the kernels once they are loaded, which takes a second and happens in a thread of its own."""

    def __init__(self) -> None:
        self.kernels: Kernels | None = None
        self._thread: threading.Thread | None = None
        self._tried = -_AGAIN_SECONDS

    def wanted(self) -> Kernels | None:
        """Return the kernels, or None where there are none yet; they are then loaded if that is possible."""
        if not _is_possible():
            return None
        if self.kernels is None and self._thread is None and time.monotonic() - self._tried > _AGAIN_SECONDS:
            self._tried = time.monotonic()
            if stamp().exists():
                self._thread = threading.Thread(target=self._load, name="rasteriser")
                self._thread.start()
        return self.kernels

    @property
    def may_come(self) -> bool:
        """Whether there are no kernels yet but may be soon: another process compiles, or they are loaded."""
        if self.kernels is not None or not _is_possible():
            return False
        return self._thread is None or self._thread.is_alive()

    def wait(self) -> Kernels | None:
        """Return the kernels after what is being loaded is there: for tests and measurements."""
        if self.wanted() is None and self._thread is not None:
            self._thread.join()
        return self.kernels

    def _load(self) -> None:
        try:
            kernels = compiled()
            _try_out(kernels)
            for kernel in kernels:
                kernel.disable_compile()
            self.kernels = kernels
        except Exception:
            # Not again in this process: the thread stays where it is.
            _log.exception("The compiled drawing cannot be used")
        else:
            self._thread = None


loader = Loader()


@functools.cache
def compiled() -> Kernels:
    """Return the kernels, from the user's cache folder or else compiled at their first call.

    Raises ImportError without Numba, RuntimeError where the sources are not files, as in a frozen program,
    and OSError where the folder can't be made.
    """
    import numba

    from nnstudio.ui.canvas.raster import kernels

    if numba.config.DISABLE_JIT:
        raise ImportError("NUMBA_DISABLE_JIT is set, so Numba compiles nothing.")
    cache = folder()
    cache.mkdir(parents=True, exist_ok=True)
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache)
    try:
        jit = numba.njit(cache=True, **kernels.FLAGS)
        return Kernels(jit(kernels.clear), jit(kernels.draw))
    finally:
        numba.config.CACHE_DIR = before


def warm() -> None:
    """Compile what is not in the cache yet, try it, and say so on disk: for a process of its own."""
    _try_out(compiled())
    folder().mkdir(parents=True, exist_ok=True)
    stamp().touch()


def stamp() -> Path:
    """Return the file that is there when these sources have been compiled on this computer."""
    return folder() / "compiled"


@functools.cache
def version() -> str:
    """Return what the compiled kernels depend on, without importing Numba."""
    try:
        numba = metadata.version("numba")
    except metadata.PackageNotFoundError:
        numba = ""
    text = hashlib.sha256(f"{numba} {sys.version} {platform.machine()} {platform.node()}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        text.update(source.read_bytes())
    return text.hexdigest()[:16]


def folder() -> Path:
    """Return the folder of these compiled kernels, which may not be there yet."""
    base = os.environ.get("NUMBA_CACHE_DIR")
    return (Path(base) if base else paths.cache_dir() / "kernels") / f"raster-{version()}"


def _is_possible() -> bool:
    """Whether there can be compiled kernels; a frozen program has no sources to tell a version by."""
    if os.environ.get(VARIABLE, "").lower() == "numpy" or getattr(sys, "frozen", False):
        return False
    return _has_numba()


@functools.cache
def _has_numba() -> bool:
    return importlib.util.find_spec("numba") is not None


def _try_out(kernels: Kernels) -> None:
    """Draw a line of known area; raises ArithmeticError where it has another."""
    from nnstudio.ui.canvas.raster.image import LineImage
    from nnstudio.ui.canvas.strokes import plain_lines

    image = LineImage(32, 32)
    image.draw(kernels, [plain_lines([[4.0, 9.25, 20.0, 9.25]], width=1.5)])
    area = float((image.pixels >> 24).sum()) / 255.0
    if not abs(area - 24.0) < 0.5:
        raise ArithmeticError(f"A line of 24 pixels came out with {area}.")
