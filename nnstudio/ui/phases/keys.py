"""Keys of a walk, while the canvas has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from nnstudio.ui.canvas.view import CanvasView
    from nnstudio.ui.phases.walk import Walk


class WalkKeys:
    """Left, Right, Space, End and Esc while a walk is on; Space still pans where something is dragged."""

    def __init__(self, canvas: CanvasView, walk: Walk) -> None:
        self._canvas = canvas
        self._walk = walk
        self._place_at_press: tuple[float, int, int] | None = None

    def press(self, event: QKeyEvent) -> bool:
        """Do what a key asks for; say whether it was meant for the walk."""
        walk = self._walk
        canvas = self._canvas
        if not walk.is_on or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        key = event.key()
        if key == Qt.Key.Key_Escape:
            if canvas.cards.card is not None or canvas.brushes.constraint is not None:
                return False
            walk.leave()
        elif key == Qt.Key.Key_Right:
            walk.next()
        elif key == Qt.Key.Key_Left:
            walk.previous()
        elif key == Qt.Key.Key_End:
            walk.finish()
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._place_at_press = canvas.place_on_view()
            return False
        else:
            return False
        return True

    def release_space(self) -> None:
        """Play or pause, unless the canvas was moved meanwhile."""
        before, self._place_at_press = self._place_at_press, None
        if self._walk.is_on and before == self._canvas.place_on_view():
            self._walk.play()
