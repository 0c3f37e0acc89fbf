"""Columns of the data dropped on the canvas: onto a neuron to wire it, beside them to make one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from nnstudio.errors import NNStudioError
from nnstudio.ui import column_items, wiring
from nnstudio.ui.canvas.scene import EMPTY

if TYPE_CHECKING:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QDropEvent

    from nnstudio.ui.canvas.view import CanvasView

_NEURON = ("core", "rim")


class ColumnDrop:
    """Takes columns that are dragged over a canvas."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas

    @staticmethod
    def takes(event: QDropEvent) -> bool:
        """Whether it is a column that is dragged."""
        return event.mimeData().hasFormat(column_items.MIME_TYPE)

    def hover(self, event: QDropEvent) -> None:
        """Show which neuron the column would be wired to."""
        hit = self._canvas.network_scene.pick(self._place(event), self._canvas.zoom)
        self._canvas.network_scene.set_hit(hit if hit.kind in _NEURON else EMPTY)

    def leave(self) -> None:
        """Show no neuron as the one."""
        self._canvas.network_scene.set_hit(EMPTY)

    def drop(self, event: QDropEvent) -> None:
        """Wire the column to the neuron under the pointer, or to new ones at the empty place."""
        document = self._canvas.document
        column = column_items.name_in(bytes(event.mimeData().data(column_items.MIME_TYPE).data()))
        data = document.project.data
        if column is None or data is None:
            return
        at = self._place(event)
        hit = self._canvas.network_scene.pick(at, self._canvas.zoom)
        self.leave()
        self._canvas.setFocus(Qt.FocusReason.MouseFocusReason)
        try:
            if hit.kind in _NEURON:
                edits = wiring.wire_to(document.network, data, column, hit.id)
            else:
                edits = wiring.neurons_for(document.network, data, column, (at.x(), at.y()))
        except NNStudioError as error:
            document.refused.emit(error)
            return
        if edits:
            document.do(*edits, label=f"Wire {column}")

    def _place(self, event: QDropEvent) -> QPointF:
        return self._canvas.to_scene(event.position())
