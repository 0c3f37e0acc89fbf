"""Gestures on groups: select, move and fold one by its name or its block; select what a band stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.ui.canvas.tools.gesture import Gesture, Pointer, select_clicked
from nnstudio.ui.canvas.tools.move import Move

if TYPE_CHECKING:
    from nnstudio.network.items import Position
    from nnstudio.ui.canvas.view import CanvasView


class MoveGroup(Move):
    """Drag a group by its name or its block, with all else that is selected; a click selects its neurons.

    Alt-click collapses or expands it.
    """

    def __init__(self, canvas: CanvasView, start: Pointer, group_id: str) -> None:
        self._group = canvas.document.network.group(group_id)
        selected = canvas.document.selection.neurons
        self._was_selected = selected.issuperset(self._group.members)
        super().__init__(canvas, start, self._group.members[0])
        if not self._was_selected and not start.shift and not start.alt:
            canvas.document.selection.set(self._group.members)

    def click(self, pointer: Pointer) -> None:
        if self.start.alt:
            self.canvas.grouping.toggle(self._group.id)
        elif not self.start.shift:
            self.canvas.document.selection.set(self._group.members)
        elif self._was_selected:
            self.canvas.document.selection.discard(self._group.members)
        else:
            self.canvas.document.selection.add(self._group.members)

    def begin(self) -> None:
        if not self._was_selected:
            if self.start.shift:
                self.canvas.document.selection.add(self._group.members)
            else:
                self.canvas.document.selection.set(self._group.members)
        super().begin()

    def _anchor(self) -> Position:
        if not self._group.collapsed:
            return super()._anchor()
        # A block snaps by its middle.
        xs, ys = zip(*(self._from[member] for member in self._group.members), strict=True)
        return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


class FoldGroup(Gesture):
    """Collapse or expand the group whose triangle was pressed."""

    def __init__(self, canvas: CanvasView, start: Pointer, group_id: str) -> None:
        super().__init__(canvas, start)
        self._id = group_id

    def click(self, pointer: Pointer) -> None:
        self.canvas.grouping.toggle(self._id)


class ClickBand(Gesture):
    """Select the connections that the pressed band stands for."""

    def __init__(self, canvas: CanvasView, start: Pointer, band: str) -> None:
        super().__init__(canvas, start)
        self._connections = canvas.network_scene.groups.connections_of(band)

    def click(self, pointer: Pointer) -> None:
        select_clicked(self, (), self._connections)

    def drop(self, pointer: Pointer) -> None:
        select_clicked(self, (), self._connections)
