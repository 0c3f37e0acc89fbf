"""Compiles the kernels ahead, in a process of its own: for the first training, and for large drawings."""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

import nnstudio
from nnstudio import paths

if TYPE_CHECKING:
    from nnstudio.ui.main_window import MainWindow

# The window shall be at rest by then.
_DELAY_MILLISECONDS = 4000
_LOOK_MILLISECONDS = 1000
_NICENESS = 15
_STAMP = "warmed"
_MODULE = "nnstudio.ui.warm"
_log = logging.getLogger(__name__)


class KernelWarmer(QObject):
    """Runs the compiler once for each version of the kernels, at low priority, as long as the window is open.

    What goes wrong is written to the log alone: the kernels are then compiled when they are first needed.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    def start_later(self) -> None:
        """Begin in a few seconds, unless it has been done before or cannot be done."""
        # A frozen program has no interpreter to call.
        if not getattr(sys, "frozen", False):
            self._timer.start(_DELAY_MILLISECONDS)

    @Slot()
    def stop(self) -> None:
        """End the process, as when the window closes."""
        self._timer.stop()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._forget()

    @Slot()
    def _look(self) -> None:
        try:
            if self._process is not None:
                self._look_at(self._process)
            elif self._window.controller.is_running:
                return  # it compiles by itself what it needs, or is to have the processor
            elif is_warm():
                self._timer.stop()
            else:
                self._start()
        except OSError:
            _log.exception("The kernels cannot be compiled ahead")
            self._timer.stop()

    def _start(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process has ended
        self._process = subprocess.Popen(
            [sys.executable, "-m", _MODULE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": _python_path()},
            creationflags=_creation_flags(),
        )
        if sys.platform != "win32":
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICENESS)
        self._timer.start(_LOOK_MILLISECONDS)

    def _look_at(self, process: subprocess.Popen[bytes]) -> None:
        code = process.poll()
        if code is None:
            return
        self._timer.stop()
        if code == 0:
            stamp().write_text(version(), encoding="utf-8")
        elif self._errors is not None:
            self._errors.seek(0)
            _log.warning(
                "Compiling ahead ended with %d: %s", code, self._errors.read().decode(errors="replace")
            )
        self._forget()

    def _forget(self) -> None:
        self._process = None
        if self._errors is not None:
            self._errors.close()
            self._errors = None


def is_warm() -> bool:
    """Whether this version of the kernels has been compiled ahead on this computer."""
    try:
        return stamp().read_text(encoding="utf-8") == version()
    except OSError:
        return False


def stamp() -> Path:
    """Return the file that tells which version was compiled last, in the folder of the kernels."""
    base = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(base) if base else paths.cache_dir() / "kernels"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / _STAMP


def version() -> str:
    """Return what a compiled kernel depends on, without importing Numba, which takes a second."""
    try:
        numba = metadata.version("numba")
    except metadata.PackageNotFoundError:
        numba = ""
    text = hashlib.sha256(f"{numba} {sys.version} {platform.machine()} {platform.node()}".encode())
    package = _package()
    for folder in ("engine/kernels", "engine", "ui/canvas/raster"):
        for file in sorted((package / folder).glob("*.py")):
            text.update(file.read_bytes())
    return text.hexdigest()


def _package() -> Path:
    return Path(nnstudio.__file__).resolve().parent


def _python_path() -> str:
    known = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(_package().parent), *([known] if known else [])])


def _creation_flags() -> int:
    """No console, and low priority, on Windows."""
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    return 0
