"""Cut, copy, paste and duplicate: each is one undoable step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Slot
from PySide6.QtGui import QGuiApplication

from nnstudio.errors import NNStudioError
from nnstudio.network.duplication import duplicate
from nnstudio.network.edits import Pasted, RemoveItems, paste
from nnstudio.ui.canvas import clipboard

if TYPE_CHECKING:
    from nnstudio.network import Network
    from nnstudio.network.items import Position
    from nnstudio.ui.canvas.view import CanvasView

_COPY_OFFSET = 32.0
_ALIKE = 8.0


class Clipping(QObject):
    """Copies neurons, over the clipboard or directly."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._document = canvas.document
        self._last_paste: tuple[float, float] | None = None
        self._pastes = 0

    @Slot()
    def copy(self) -> bool:
        """Put the selected neurons and the connections among them on the clipboard; say whether there are."""
        neurons = self._canvas.selected()[0]
        if not neurons:
            self._canvas.message.emit("Select neurons to copy; connections go along with their neurons.")
            return False
        text = clipboard.encode(self._document.network, neurons)
        # Plain text, for which Qt makes the data itself: data made here would outlive Python at the end.
        QGuiApplication.clipboard().setText(text)
        self._pastes = 0
        return True

    @Slot()
    def cut(self) -> None:
        """Copy and delete."""
        if self._document.lock_reason:
            self._document.refused.emit(NNStudioError(self._document.lock_reason))
        elif self._document.allows("structure") and self.copy():
            self._document.do(RemoveItems("Cut", self._canvas.selected()[0]))

    @Slot()
    def paste(self) -> None:
        """Paste at the pointer, or beside the original where the pointer is elsewhere."""
        try:
            fragment = clipboard.decode(QGuiApplication.clipboard().text())
        except clipboard.ClipboardError as error:
            self._document.refused.emit(error)
            return
        if not fragment.neuron_count:
            return
        at = self._canvas.pointer_place()
        spot = None if at is None else (at.x(), at.y())
        # The same place again would hide the copy before.
        self._pastes = self._pastes + 1 if spot == self._last_paste else int(spot is None)
        self._last_paste = spot
        shift = _COPY_OFFSET * self._pastes
        if at is None:
            self._add(paste(self._document.network, fragment, label="Paste", offset=(shift, shift)))
        else:
            self.add_copy(fragment, "Paste", at + QPointF(shift, shift), keep_labels=False)

    @Slot()
    def duplicate(self) -> None:
        """Copy the selected neurons beside themselves; the clipboard stays as it is."""
        self._duplicate(outer=False)

    @Slot()
    def duplicate_all(self) -> None:
        """Copy the selected neurons, connected to each other and to all others as they are."""
        self._duplicate(outer=True)

    def add_copy(self, fragment: Network, label: str, at: QPointF, *, keep_labels: bool) -> bool:
        """Add a copy of a network with its middle at a point, and select it; say whether it was possible."""
        x = [neuron.position[0] for neuron in fragment.neurons]
        y = [neuron.position[1] for neuron in fragment.neurons]
        offset: Position = (at.x() - (min(x) + max(x)) / 2, at.y() - (min(y) + max(y)) / 2)
        return self._add(
            paste(self._document.network, fragment, label=label, offset=offset, keep_labels=keep_labels)
        )

    def _duplicate(self, *, outer: bool) -> None:
        neurons = self._canvas.selected()[0]
        if not neurons:
            self._canvas.message.emit("Select neurons to duplicate.")
            return
        label = "Duplicate with all connections" if outer else "Duplicate"
        offset = self._free_offset(neurons)
        self._add(duplicate(self._document.network, neurons, label=label, offset=offset, outer=outer))

    def _free_offset(self, neuron_ids: list[str]) -> Position:
        """Return where copies of neurons lie, from these, so that none stands on another neuron."""
        network = self._document.network
        places = [network.neuron(neuron_id).position for neuron_id in neuron_ids]
        taken = {_rounded(neuron.position) for neuron in network.neurons}
        shift = _COPY_OFFSET
        while any(_rounded((x + shift, y + shift)) in taken for x, y in places):
            shift += _COPY_OFFSET
        return shift, shift

    def _add(self, pasted: Pasted) -> bool:
        if not self._document.do(pasted.edit):
            return False
        self._document.selection.set(pasted.neuron_ids)
        return True


def _rounded(position: Position) -> tuple[int, int]:
    """Return a place, the same for all that can't be told apart by eye."""
    return round(position[0] / _ALIKE), round(position[1] / _ALIKE)
