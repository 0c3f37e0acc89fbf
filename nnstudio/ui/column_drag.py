"""Columns dragged by their names in the header of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, Qt
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication

from nnstudio.ui import column_items

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QHeaderView


class HeaderDrag(QObject):
    """Lets names be dragged out of a header; ``name_of`` a section is None where it is no column of data."""

    def __init__(self, header: QHeaderView, name_of: Callable[[int], str | None]) -> None:
        super().__init__(header)
        self._header = header
        self._name_of = name_of
        self._name: str | None = None
        self._pressed = QPoint()
        header.viewport().installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QMouseEvent):
            return False
        place = event.position().toPoint()
        if event.type() == QEvent.Type.MouseButtonPress:
            self._name = None
            # At the edge of a section its width is dragged.
            resizes = self._header.cursor().shape() == Qt.CursorShape.SplitHCursor
            if event.button() == Qt.MouseButton.LeftButton and not resizes:
                self._name = self._name_of(self._header.logicalIndexAt(place))
                self._pressed = place
        elif event.type() == QEvent.Type.MouseMove and self._name is not None:
            far = (place - self._pressed).manhattanLength() >= QApplication.startDragDistance()
            if far and event.buttons() & Qt.MouseButton.LeftButton:
                name, self._name = self._name, None
                self._drag(name)
                # The header has not seen how the press ended, and would sort with the next move.
                return True
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._name = None
        return False

    def _drag(self, name: str) -> None:
        data = QMimeData()
        data.setData(column_items.MIME_TYPE, column_items.payload_of(name))
        drag = QDrag(self._header)
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)
