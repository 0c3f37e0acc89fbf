"""Arranging what is selected, or all: each is one undoable step, and neurons glide to their places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation, Slot

from nnstudio.network.arranging import aligned, distributed, tidied
from nnstudio.network.edits import ChangeNeurons

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnstudio.network.arranging import Axis, Side
    from nnstudio.network.items import Position
    from nnstudio.ui.canvas.view import CanvasView

GLIDE_MILLISECONDS = 260
# More than so many cannot be drawn anew often enough to look as if they moved.
_MOST_GLIDING = 2000


class Arranging(QObject):
    """What puts the neurons of one canvas in order; ``canvas.message`` tells where there is nothing to do."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._document = canvas.document
        self._from: dict[str, Position] = {}
        self._to: dict[str, Position] = {}
        self._glide = QVariantAnimation(self)
        self._glide.setStartValue(0.0)
        self._glide.setEndValue(1.0)
        self._glide.setDuration(GLIDE_MILLISECONDS)
        self._glide.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._glide.valueChanged.connect(self._show)
        self._document.network_changed.connect(self.finish)
        self._document.project_replaced.connect(self._forget)

    @Slot()
    def align_left(self) -> None:
        """Put the selected neurons into the column of the leftmost."""
        self._align("left")

    @Slot()
    def align_center(self) -> None:
        """Put the selected neurons into one column, in their middle."""
        self._align("center")

    @Slot()
    def align_right(self) -> None:
        """Put the selected neurons into the column of the rightmost."""
        self._align("right")

    @Slot()
    def align_top(self) -> None:
        """Put the selected neurons into the row of the topmost."""
        self._align("top")

    @Slot()
    def align_middle(self) -> None:
        """Put the selected neurons into one row, in their middle."""
        self._align("middle")

    @Slot()
    def align_bottom(self) -> None:
        """Put the selected neurons into the row of the lowest."""
        self._align("bottom")

    @Slot()
    def distribute_across(self) -> None:
        """Give the selected neurons even gaps from left to right."""
        self._distribute("across")

    @Slot()
    def distribute_down(self) -> None:
        """Give the selected neurons even gaps from top to bottom."""
        self._distribute("down")

    @Slot()
    def tidy(self) -> None:
        """Put the selected neurons, or all, into layers with few crossings."""
        selected = self._document.selection.neurons
        chosen = selected if len(selected) > 1 else ()
        self._move("Tidy up", tidied(self._document.network, chosen))
        if not chosen and self._canvas.is_fitted:
            self._canvas.fit_all()

    @Slot()
    def finish(self) -> None:
        """Have everything stand where it belongs, if it is on its way there."""
        if not self._to:
            return
        self._glide.stop()
        network = self._document.network
        there = {i: network.neuron(i).position for i in self._to if network.has_neuron(i)}
        self._forget()
        self._canvas.network_scene.preview(there)
        self._canvas.network_scene.layer.lines_changed()

    def _align(self, side: Side) -> None:
        places = self._places(2)
        if places:
            self._move("Align", aligned(places, side))

    def _distribute(self, axis: Axis) -> None:
        places = self._places(3)
        if places:
            self._move("Distribute", distributed(places, axis))

    def _places(self, least: int) -> dict[str, Position]:
        selected = self._document.selection.neurons
        if len(selected) < least:
            self._canvas.message.emit(f"Select at least {('two', 'three')[least - 2]} neurons for this.")
            return {}
        return {i: self._document.network.neuron(i).position for i in selected}

    def _move(self, label: str, places: Mapping[str, Position]) -> None:
        network = self._document.network
        before = {i: network.neuron(i).position for i in places}
        moved = {i: place for i, place in places.items() if place != before[i]}
        if not moved:
            self._canvas.message.emit("All of it stands like this already.")
            return
        self.finish()
        if not self._document.do(ChangeNeurons(label, {i: {"position": p} for i, p in moved.items()})):
            return
        if len(moved) <= _MOST_GLIDING and self._canvas.isVisible():
            self._from = {i: before[i] for i in moved}
            self._to = moved
            self._glide.start()

    @Slot(object)
    def _show(self, share: float) -> None:
        if not self._to:
            return
        between = {}
        for neuron_id, (x, y) in self._to.items():
            from_x, from_y = self._from[neuron_id]
            between[neuron_id] = (from_x + share * (x - from_x), from_y + share * (y - from_y))
        self._canvas.network_scene.preview(between)
        self._canvas.refresh()
        if share >= 1.0:
            self._canvas.network_scene.layer.lines_changed()
            self._forget()

    @Slot()
    def _forget(self) -> None:
        # What was on its way may not be there any more.
        self._from, self._to = {}, {}
