"""Select: click, Shift-click, and a rubber band from empty space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPen

from nnstudio.ui import theme
from nnstudio.ui.canvas.tools.gesture import Gesture, Pointer, select_clicked

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from nnstudio.ui.canvas.view import CanvasView


class ClickConnection(Gesture):
    """Select the connection that was pressed."""

    def __init__(self, canvas: CanvasView, start: Pointer, connection_id: str) -> None:
        super().__init__(canvas, start)
        self._id = connection_id

    def click(self, pointer: Pointer) -> None:
        select_clicked(self, (), (self._id,))

    def drop(self, pointer: Pointer) -> None:
        select_clicked(self, (), (self._id,))


class RubberBand(Gesture):
    """Select what a rectangle holds: neurons, or the connections that cross it where it holds no neuron."""

    def __init__(self, canvas: CanvasView, start: Pointer) -> None:
        super().__init__(canvas, start)
        self._band = QRectF()

    def click(self, pointer: Pointer) -> None:
        if not self.start.shift:
            self.canvas.document.selection.clear()

    def drag(self, pointer: Pointer) -> None:
        self._band = QRectF(self.start.scene, pointer.scene).normalized()
        scene = self.canvas.network_scene
        rect = (self._band.left(), self._band.top(), self._band.right(), self._band.bottom())
        neurons = scene.neurons_in(rect)
        connections = [] if neurons else scene.graph.connections_in(rect)
        selection = self.canvas.document.selection
        if self.start.shift:
            before_neurons, before_connections = self._selected_before
            selection.set(before_neurons | set(neurons), before_connections | set(connections))
        else:
            selection.set(neurons, connections)
        self.canvas.refresh()

    def paint(self, painter: QPainter) -> None:
        if not self.is_drag:
            return
        accent = theme.manager().current.accent
        fill = QColor(accent)
        fill.setAlphaF(0.10)
        pen = QPen(accent, 1.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(fill)
        painter.drawRect(self._band)
