from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTabBar

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow


def titles(window: MainWindow) -> list[list[str]]:
    """Return what the bars of tabs that can be seen say."""
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return sorted([bar.tabText(i) for i in range(bar.count())] for bar in bars if bar.isVisible())


def test_each_dock_has_one_tab(qtbot: QtBot, window: MainWindow) -> None:
    expected = [
        ["Data", "Lessons"],
        ["Inspector", "Explain", "Landscape"],
        ["Loss", "Distributions", "Data table", "Look at the data"],
    ]
    qtbot.waitUntil(lambda: titles(window) == expected)
    window.restoreState(window.saveState())
    qtbot.waitUntil(lambda: titles(window) == expected)
    window.actions_by_name["reset-layout"].trigger()
    qtbot.waitUntil(lambda: titles(window) == expected)


def test_the_bars_in_use_are_the_ones_that_are_left(qtbot: QtBot, window: MainWindow) -> None:
    window.restoreState(window.saveState())
    qtbot.waitUntil(lambda: len(titles(window)) == 3)
    for key in ("lessons", "data", "table", "looks", "loss", "explain", "landscape", "inspector"):
        window.docks[key].raise_()
        qtbot.waitUntil(lambda key=key: not window.docks[key].visibleRegion().isEmpty())
        bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        current = {bar.tabText(bar.currentIndex()) for bar in bars if bar.isVisible()}
        assert window.docks[key].windowTitle() in current
