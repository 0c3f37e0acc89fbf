from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.lessons.driver import LessonDriver

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow


@pytest.fixture
def driver(window: MainWindow, qtbot: QtBot) -> LessonDriver:
    """Walk through lessons in a window; the list of lessons is on view."""
    return LessonDriver(window, qtbot)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train on the compiled kernels, for what takes long on NumPy."""
    monkeypatch.delenv("NNSTUDIO_ENGINE")
