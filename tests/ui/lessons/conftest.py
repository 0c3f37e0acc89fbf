from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest

from nnstudio.ui.lessons.library import Entry, Library
from tests.ui.lessons.driver import LessonDriver

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow


_read = Library._read


@functools.cache
def _read_once(path: Path, _changed: int) -> Entry:
    return _read(path, is_own=False)


@pytest.fixture(autouse=True)
def shipped_lessons_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the lessons that come with the program once for all tests: each window lists all of them."""

    def read(path: Path, *, is_own: bool) -> Entry:
        return _read(path, is_own=True) if is_own else _read_once(path, path.stat().st_mtime_ns)

    monkeypatch.setattr(Library, "_read", staticmethod(read))


@pytest.fixture
def driver(window: MainWindow, qtbot: QtBot) -> LessonDriver:
    """Walk through lessons in a window; the list of lessons is on view."""
    return LessonDriver(window, qtbot)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train on the compiled kernels, for what takes long on NumPy."""
    monkeypatch.delenv("NNSTUDIO_ENGINE")
