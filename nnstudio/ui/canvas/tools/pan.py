"""Pan: drag the view itself, with the middle button or with Space held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from nnstudio.ui.canvas.tools.gesture import Gesture, Pointer

if TYPE_CHECKING:
    from nnstudio.ui.canvas.view import CanvasView


class Pan(Gesture):
    """Move the view with the pointer."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, canvas: CanvasView, start: Pointer) -> None:
        super().__init__(canvas, start)
        self._moved = QPointF(0, 0)

    def move(self, pointer: Pointer) -> None:
        way = pointer.pixel - self.start.pixel
        step = (way - self._moved).toPoint()
        self._moved += QPointF(step)
        self.canvas.scroll_by(-step.x(), -step.y())

    def cancel(self) -> None:
        self.canvas.scroll_by(round(self._moved.x()), round(self._moved.y()))
        super().cancel()
