from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow


@pytest.fixture
def make_window(qtbot: QtBot) -> Iterator[Callable[[], MainWindow]]:
    """Open main windows, as many as a test asks for; they are closed without questions at its end."""
    from nnstudio.ui.app import make_application
    from nnstudio.ui.main_window import MainWindow

    make_application()
    opened: list[MainWindow] = []

    def make() -> MainWindow:
        window = MainWindow()
        opened.append(window)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    for window in opened:
        window.controller.halt()
        window.document.undo_stack.setClean()
        window.close()
        window.deleteLater()
    opened.clear()


@pytest.fixture
def window(make_window: Callable[[], MainWindow]) -> MainWindow:
    return make_window()
