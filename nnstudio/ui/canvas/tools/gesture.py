"""What all gestures share: they follow the pointer, and end in one edit or as if they had never begun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from nnstudio.ui.canvas.view import CanvasView


@dataclass(frozen=True)
class Pointer:
    """Where the pointer is, in the scene and in pixels of the view, and which modifiers are held."""

    scene: QPointF
    pixel: QPointF
    modifiers: Qt.KeyboardModifier

    @property
    def shift(self) -> bool:
        """Whether Shift is held."""
        return bool(self.modifiers & Qt.KeyboardModifier.ShiftModifier)

    @property
    def alt(self) -> bool:
        """Whether Alt is held."""
        return bool(self.modifiers & Qt.KeyboardModifier.AltModifier)


class Gesture:
    """From press to release: nothing is committed before `finish`, and `cancel` restores everything."""

    cursor: Qt.CursorShape | None = None

    def __init__(self, canvas: CanvasView, start: Pointer) -> None:
        self.canvas = canvas
        self.start = start
        self.is_drag = False
        selection = canvas.document.selection
        self._selected_before = (selection.neurons, selection.connections)

    def move(self, pointer: Pointer) -> None:
        """Follow the pointer; until it has gone a little way, this may still be a click."""
        way = pointer.pixel - self.start.pixel
        if not self.is_drag and way.manhattanLength() >= min(QApplication.startDragDistance(), 6):
            self.is_drag = True
            self.begin()
        if self.is_drag:
            self.drag(pointer)

    def finish(self, pointer: Pointer) -> None:
        """End the gesture where the button was released."""
        if self.is_drag:
            self.drop(pointer)
        else:
            self.click(pointer)

    def cancel(self) -> None:
        """Put everything back as it was."""
        document = self.canvas.document
        neurons, connections = self._selected_before
        network = document.network
        document.selection.set(
            (i for i in neurons if network.has_neuron(i)),
            (i for i in connections if network.has_connection(i)),
        )

    def begin(self) -> None:
        """Start to drag."""

    def drag(self, pointer: Pointer) -> None:
        """Follow a drag."""

    def drop(self, pointer: Pointer) -> None:
        """End a drag."""

    def click(self, pointer: Pointer) -> None:
        """End what was no drag: the pointer hardly moved between press and release."""

    def paint(self, painter: QPainter) -> None:
        """Paint what the gesture would do, over the scene and in its coordinates."""


def select_clicked(gesture: Gesture, neurons: tuple[str, ...], connections: tuple[str, ...]) -> None:
    """Select what was clicked, or toggle it where Shift is held."""
    selection = gesture.canvas.document.selection
    if gesture.start.shift:
        selection.toggle(neurons, connections)
    else:
        selection.set(neurons, connections)
