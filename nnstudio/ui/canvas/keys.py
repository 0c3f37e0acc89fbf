"""Keys of the canvas: Space to pan, arrows to nudge or to go about, Esc, and the keys of the actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

if TYPE_CHECKING:
    from nnstudio.ui.canvas.view import CanvasView

_ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}
_FAR = 10.0
_NUDGE_MODIFIERS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier


class Keys:
    """What keys do on one canvas, and whether Space is held."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self.space_held = False

    def press(self, event: QKeyEvent) -> bool:
        """Do what a key asks for; say whether it asks for anything."""
        key, modifiers = event.key(), event.modifiers()
        walk = self._canvas.walk
        if walk is not None and not self._canvas.has_gesture and walk.press(event):
            return True
        if key == Qt.Key.Key_Escape:
            return self._escape()
        if key == Qt.Key.Key_Space and not modifiers:
            self.space_held = True
            return True
        if key == Qt.Key.Key_Space and modifiers == Qt.KeyboardModifier.ControlModifier:
            self._canvas.walking.toggle()
            return True
        if key in _ARROWS and modifiers & Qt.KeyboardModifier.ControlModifier:
            if not self._canvas.has_gesture:
                extend = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
                self._canvas.walking.go(*_ARROWS[Qt.Key(key)], extend=extend)
            return True
        if key in _ARROWS and not modifiers & ~_NUDGE_MODIFIERS:
            if not self._canvas.has_gesture:
                far = _FAR if modifiers & Qt.KeyboardModifier.ShiftModifier else 1.0
                dx, dy = _ARROWS[Qt.Key(key)]
                self._canvas.commands.nudge(dx * far, dy * far)
            return True
        return self._trigger(event)

    def release(self, event: QKeyEvent) -> bool:
        """Take note of a key let go; say whether it matters."""
        if event.key() != Qt.Key.Key_Space or event.isAutoRepeat():
            return False
        self.space_held = False
        if self._canvas.walk is not None:
            self._canvas.walk.release_space()
        return True

    def forget(self) -> None:
        """Take no key as held: a release that happens elsewhere is never told."""
        self.space_held = False

    def _escape(self) -> bool:
        canvas = self._canvas
        if canvas.cancel_gesture():
            return True
        if canvas.brushes.constraint is not None:
            canvas.brushes.take(None)
        elif canvas.cards.card is not None:
            canvas.cards.card.close_card()
        elif canvas.walking.back():
            pass
        elif canvas.network_scene.marked:
            canvas.network_scene.set_marked(())
        elif canvas.document.selection:
            canvas.document.selection.clear()
            canvas.walking.stop()
        else:
            return canvas.walking.stop()
        return True

    def _trigger(self, event: QKeyEvent) -> bool:
        """Trigger the action of a key that Qt's shortcuts have not taken; say whether there is one."""
        if self._canvas.cards.card is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._canvas.cards.card.accept()
            return True
        keys = QKeySequence(event.keyCombination())
        for action in self._canvas.actions().values():
            if any(keys.matches(own) == QKeySequence.SequenceMatch.ExactMatch for own in action.shortcuts()):
                if action.isEnabled() and not self._canvas.has_gesture:
                    action.trigger()
                return True
        return False
