"""Move: drag neurons; they snap to the rows and columns of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPen

from nnstudio.network.edits import ChangeNeurons
from nnstudio.ui import theme
from nnstudio.ui.canvas.geometry import NEURON_RADIUS
from nnstudio.ui.canvas.snapping import SNAP_PIXELS, Snap, snap
from nnstudio.ui.canvas.tools.gesture import Gesture, Pointer, select_clicked

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from nnstudio.network.items import Position
    from nnstudio.ui.canvas.view import CanvasView

_GUIDE_BEYOND = NEURON_RADIUS + 14.0


class Move(Gesture):
    """Drag the pressed neuron, or all that are selected with it. Alt turns snapping off."""

    def __init__(self, canvas: CanvasView, start: Pointer, neuron_id: str) -> None:
        super().__init__(canvas, start)
        self._id = neuron_id
        self._from: dict[str, Position] = {}
        self._to: dict[str, Position] = {}
        self._others = np.zeros((0, 2))
        self._snap: Snap | None = None
        if neuron_id not in canvas.document.selection.neurons and not start.shift:
            canvas.document.selection.set((neuron_id,))

    def click(self, pointer: Pointer) -> None:
        select_clicked(self, (self._id,), ())

    def begin(self) -> None:
        document = self.canvas.document
        if self._id not in document.selection.neurons:
            document.selection.add((self._id,))
        moved = document.selection.neurons
        self._from = {i: document.network.neuron(i).position for i in moved}
        graph = self.canvas.network_scene.graph
        hidden = self.canvas.network_scene.groups.hidden
        still = [slot for slot, i in enumerate(graph.neuron_ids) if i not in moved and i not in hidden]
        self._others = graph.positions[still]
        self.canvas.set_cursor(Qt.CursorShape.SizeAllCursor)

    def drag(self, pointer: Pointer) -> None:
        way = pointer.scene - self.start.scene
        from_x, from_y = self._anchor()
        x, y = from_x + way.x(), from_y + way.y()
        self._snap = None
        if not pointer.alt:
            self._snap = snap(x, y, self._others, SNAP_PIXELS / self.canvas.zoom)
            x, y = self._snap.x, self._snap.y
        dx, dy = x - from_x, y - from_y
        self._to = {i: (px + dx, py + dy) for i, (px, py) in self._from.items()}
        self.canvas.network_scene.preview(self._to)
        self.canvas.refresh()

    def _anchor(self) -> Position:
        """Return where the drag began that which snaps: what was pressed."""
        return self._from[self._id]

    def drop(self, pointer: Pointer) -> None:
        self.drag(pointer)
        if self._to == self._from:
            self.canvas.network_scene.layer.lines_changed()
            return
        label = "Move neuron" if len(self._to) == 1 else "Move neurons"
        edit = ChangeNeurons(label, {i: {"position": position} for i, position in self._to.items()})
        if not self.canvas.document.do(edit):
            self.canvas.network_scene.preview(self._from)

    def cancel(self) -> None:
        network = self.canvas.document.network
        self.canvas.network_scene.preview(
            {i: network.neuron(i).position for i in self._from if network.has_neuron(i)}
        )
        self.canvas.network_scene.layer.lines_changed()
        super().cancel()

    def paint(self, painter: QPainter) -> None:
        if self._snap is None or not self.is_drag:
            return
        pen = QPen(theme.manager().current.accent, 1.0, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        painter.setPen(pen)
        x, y = self._snap.x, self._snap.y
        if self._snap.column is not None:
            other = self._snap.column[1]
            top, bottom = min(y, other) - _GUIDE_BEYOND, max(y, other) + _GUIDE_BEYOND
            painter.drawLine(QPointF(x, top), QPointF(x, bottom))
        if self._snap.row is not None:
            other = self._snap.row[0]
            left, right = min(x, other) - _GUIDE_BEYOND, max(x, other) + _GUIDE_BEYOND
            painter.drawLine(QPointF(left, y), QPointF(right, y))
