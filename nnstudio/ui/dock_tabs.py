"""Bars of tabs that Qt leaves behind where docks are put together: they would float over the panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QTabBar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtWidgets import QDockWidget, QMainWindow

_CHANGES = (QEvent.Type.ChildAdded, QEvent.Type.LayoutRequest, QEvent.Type.Show)


class TabBars(QObject):
    """Hides the bars of a window that no group of docks uses any more.

    When docks are arranged before the window is shown, when a remembered layout is brought back, and when
    docks are dragged together, Qt makes new bars and may leave the old ones where they were.
    """

    def __init__(self, window: QMainWindow, docks: Iterable[QDockWidget]) -> None:
        super().__init__(window)
        self._window = window
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.tidy)
        for dock in docks:
            dock.dockLocationChanged.connect(self._soon_tidy)
            dock.topLevelChanged.connect(self._soon_tidy)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _CHANGES:
            self._soon_tidy()
        return False

    @Slot()
    def tidy(self) -> None:
        """Hide what is left over: of bars with the same dock the one made last is in use."""
        shown: set[str] = set()
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for bar in reversed(self._window.findChildren(QTabBar, options=direct)):
            titles = {bar.tabText(place) for place in range(bar.count())}
            if titles & shown and not bar.isHidden():
                bar.hide()
            shown |= titles

    @Slot()
    def _soon_tidy(self) -> None:
        if not self._soon.isActive():
            self._soon.start(0)
