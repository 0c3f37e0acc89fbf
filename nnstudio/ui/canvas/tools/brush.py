"""Brush: paint a constraint over connections and neurons, or take it from them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPen

from nnstudio.network.constraints import can_have, concerns_neurons, constraint_edits, has
from nnstudio.ui import theme
from nnstudio.ui.canvas.geometry import NEURON_RADIUS
from nnstudio.ui.canvas.tools.gesture import Gesture, Pointer

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from nnstudio.network import Connection, Neuron
    from nnstudio.ui.canvas.brushes import Brushes
    from nnstudio.ui.canvas.view import CanvasView

REACH_PIXELS = 6.0
_STEP_PIXELS = 4.0


class Brush(Gesture):
    """A stroke. What it touches first says whether it sets the constraint; with Shift it takes it away."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: CanvasView, start: Pointer, brushes: Brushes) -> None:
        super().__init__(canvas, start)
        assert brushes.constraint is not None
        self._constraint = brushes.constraint
        self._factor = brushes.factor
        self._wanted: bool | None = False if start.shift else None
        self._neurons: dict[str, None] = {}
        self._connections: dict[str, None] = {}
        self._last = start.scene
        self._touch(start.scene)

    def drag(self, pointer: Pointer) -> None:
        way = pointer.scene - self._last
        steps = max(1, math.ceil(math.hypot(way.x(), way.y()) * self.canvas.zoom / _STEP_PIXELS))
        for step in range(1, steps + 1):
            self._touch(self._last + way * (step / steps))
        self._last = pointer.scene
        self.canvas.refresh()

    def drop(self, pointer: Pointer) -> None:
        self.drag(pointer)
        self._commit()

    def click(self, pointer: Pointer) -> None:
        self._commit()

    def paint(self, painter: QPainter) -> None:
        network, zoom = self.canvas.document.network, self.canvas.zoom
        color = QColor(theme.manager().current.accent)
        color.setAlphaF(0.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 6.0 / zoom, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for connection_id in self._connections:
            painter.drawLines(
                [QLineF(*ends) for ends in self.canvas.network_scene.graph.course(connection_id)]
            )
        for neuron_id in self._neurons:
            painter.drawEllipse(
                QPointF(*network.neuron(neuron_id).position), NEURON_RADIUS + 4, NEURON_RADIUS + 4
            )
        painter.setPen(QPen(theme.manager().current.accent, 1.25 / zoom))
        painter.drawEllipse(self._last, REACH_PIXELS / zoom, REACH_PIXELS / zoom)

    def _touch(self, at: QPointF) -> None:
        graph = self.canvas.network_scene.graph
        network = self.canvas.document.network
        x, y, reach = at.x(), at.y(), REACH_PIXELS / self.canvas.zoom
        found = graph.neuron_at(x, y, NEURON_RADIUS)
        if found is not None:
            # On a neuron that cannot have it, the connections that end there are not meant either.
            if concerns_neurons(self._constraint):
                self._take(network.neuron(found[0]), self._neurons)
            return
        for connection_id in graph.connections_in((x - reach, y - reach, x + reach, y + reach)):
            self._take(network.connection(connection_id), self._connections)

    def _take(self, item: Neuron | Connection, taken: dict[str, None]) -> None:
        if item.id in taken or not can_have(item, self._constraint):
            return
        if self._wanted is None:
            # A stroke of ties that begins at a shared weight adds to it.
            is_set = self._constraint != "tie" and has(item, self._constraint, self._factor)
            self._wanted = not is_set
        taken[item.id] = None

    def _commit(self) -> None:
        document = self.canvas.document
        edits = constraint_edits(
            document.network,
            self._constraint,
            self._neurons,
            self._connections,
            wanted=self._wanted is not False,
            factor=self._factor,
        )
        if edits:
            document.do(*edits)
        elif self._constraint == "tie" and len(self._connections) == 1 and self._wanted:
            self.canvas.message.emit("Paint over two connections or more: they then share one weight.")
