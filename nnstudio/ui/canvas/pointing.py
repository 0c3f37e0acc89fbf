"""The mouse on the canvas: what it points at, the shape of the pointer, and the gesture in progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Qt, Slot
from PySide6.QtWidgets import QToolTip

from nnstudio.ui.canvas.scene import EMPTY, Hit
from nnstudio.ui.canvas.tools.brush import Brush
from nnstudio.ui.canvas.tools.connect import Connect
from nnstudio.ui.canvas.tools.gesture import Gesture, Pointer
from nnstudio.ui.canvas.tools.groups import ClickBand, FoldGroup, MoveGroup
from nnstudio.ui.canvas.tools.move import Move
from nnstudio.ui.canvas.tools.pan import Pan
from nnstudio.ui.canvas.tools.select import ClickConnection, RubberBand

if TYPE_CHECKING:
    from PySide6.QtGui import QEnterEvent, QHelpEvent, QKeyEvent, QMouseEvent

    from nnstudio.ui.canvas.view import CanvasView

_SHAPES = {
    "connection": Qt.CursorShape.PointingHandCursor,
    "fold": Qt.CursorShape.PointingHandCursor,
    "band": Qt.CursorShape.PointingHandCursor,
    "rim": Qt.CursorShape.CrossCursor,
}


class Pointing(QObject):
    """What the mouse does on one canvas. ``pixel`` is where it is, or None where that is elsewhere."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.gesture: Gesture | None = None
        self.pixel: QPointF | None = None
        self._button = Qt.MouseButton.NoButton  # that began the gesture
        self._pressed = EMPTY  # what was under the pointer then

    # Events

    def press(self, event: QMouseEvent) -> None:
        """Begin a gesture, unless one is in progress."""
        if self.gesture is not None:
            # Another button during a gesture would leave two things half done.
            return
        pointer = self._pointer(event)
        self._button = event.button()
        if event.button() == Qt.MouseButton.MiddleButton or (
            event.button() == Qt.MouseButton.LeftButton and self._canvas.keys.space_held
        ):
            self.gesture = Pan(self._canvas, pointer)
        elif event.button() == Qt.MouseButton.LeftButton:
            hit = self._pressed = self._pick(pointer)
            self._show_hit(hit)
            self.gesture = self._gesture_for(hit, pointer)
        if self.gesture is not None and self.gesture.cursor is not None:
            self._canvas.set_cursor(self.gesture.cursor)

    def move(self, event: QMouseEvent) -> None:
        """Go on with the gesture, or show what is under the pointer."""
        pointer = self._pointer(event)
        if self.gesture is not None:
            self.gesture.move(pointer)
        else:
            self._show_hit(self._pick(pointer))

    def release(self, event: QMouseEvent) -> None:
        """Finish the gesture, where its own button was let go."""
        gesture = self.gesture
        if gesture is None or event.button() != self._button:
            return
        pointer = self._pointer(event)
        gesture.move(pointer)
        # What the edit changes must not cancel the gesture that makes it.
        self.gesture = None
        gesture.finish(pointer)
        self._show_hit(self._pick(pointer))
        self._canvas.refresh()

    def double_click(self, event: QMouseEvent) -> None:
        """Add a neuron, or edit what is there."""
        canvas, pointer = self._canvas, self._pointer(event)
        hit = self._pick(pointer)
        if self._pressed.kind in ("fold", "group") and hit != self._pressed:
            # The first click folded a group, and what lies under the pointer now was not meant.
            return
        if hit.kind == "empty":
            canvas.commands.add_neuron("hidden", pointer.scene)
        elif hit.kind == "connection":
            canvas.commands.edit_connection(hit.id)
        elif hit.kind == "fold":
            canvas.grouping.toggle(hit.id)
        elif hit.kind == "group":
            self._open_group(hit.id, pointer.scene)
        elif hit.kind == "band":
            canvas.document.selection.set((), canvas.network_scene.groups.connections_of(hit.id))
        else:
            canvas.commands.edit_neuron(hit.id)

    def enter(self, event: QEnterEvent) -> None:
        """Take note of where the pointer is: it may come here without a move, as when a dialog closes."""
        self.pixel = event.position()

    def leave(self) -> None:
        """Take note that the pointer is elsewhere."""
        self.pixel = None
        if self.gesture is None:
            self._show_hit(EMPTY)

    def follow_modifier(self, event: QKeyEvent, *, held: bool) -> None:
        """Let a gesture know that Alt is pressed or let go, where the mouse rests."""
        if event.key() == Qt.Key.Key_Alt and self.gesture is not None and self.pixel is not None:
            alt = Qt.KeyboardModifier.AltModifier
            modifiers = event.modifiers() | alt if held else event.modifiers() & ~alt
            self.gesture.move(Pointer(self._canvas.to_scene(self.pixel), self.pixel, modifiers))
        self.show_cursor()

    def cancel(self) -> bool:
        """Give up the gesture in progress; say whether there was one."""
        gesture, self.gesture = self.gesture, None
        if gesture is None:
            return False
        gesture.cancel()
        self._canvas.hint.clear()
        self.hover_again()
        self._canvas.refresh()
        return True

    # What is shown

    def hover_again(self) -> None:
        """Show what is under a pointer that rests, as when the drawing has moved."""
        if self.gesture is None:
            self._show_hit(EMPTY if self.pixel is None else self._hit_at(self._canvas.to_scene(self.pixel)))

    @Slot()
    def show_cursor(self) -> None:
        """Give the pointer the shape of what a press would begin."""
        if self.gesture is not None:
            return
        shape = _SHAPES.get(self._canvas.network_scene.hit.kind, Qt.CursorShape.ArrowCursor)
        if self._canvas.brushes.constraint is not None:
            shape = Qt.CursorShape.CrossCursor
        if self._canvas.keys.space_held:
            shape = Qt.CursorShape.OpenHandCursor
        self._canvas.set_cursor(shape)

    def show_tooltip(self, event: QHelpEvent) -> None:
        """Say beside the pointer what it is at, outside of gestures."""
        hit = self._hit_at(self._canvas.to_scene(QPointF(event.pos())))
        silent = self.gesture is not None or self._canvas.face_popup.isVisible()
        text = "" if silent else self._canvas.network_scene.describe(hit)
        if text:
            QToolTip.showText(event.globalPos(), text, self._canvas.viewport())
        else:
            QToolTip.hideText()

    # Inner workings

    def _pointer(self, event: QMouseEvent) -> Pointer:
        self.pixel = event.position()
        return Pointer(self._canvas.to_scene(event.position()), event.position(), event.modifiers())

    def _pick(self, pointer: Pointer) -> Hit:
        return self._hit_at(pointer.scene)

    def _hit_at(self, at: QPointF) -> Hit:
        return self._canvas.network_scene.pick(at, self._canvas.zoom)

    def _show_hit(self, hit: Hit) -> None:
        self._canvas.network_scene.set_hit(hit)
        self.show_cursor()

    def _gesture_for(self, hit: Hit, pointer: Pointer) -> Gesture:
        canvas = self._canvas
        if canvas.brushes.constraint is not None:
            return Brush(canvas, pointer, canvas.brushes)
        if hit.kind == "rim":
            return Connect(canvas, pointer, hit.id)
        if hit.kind == "core":
            return Move(canvas, pointer, hit.id)
        if hit.kind == "connection":
            return ClickConnection(canvas, pointer, hit.id)
        if hit.kind == "group":
            return MoveGroup(canvas, pointer, hit.id)
        if hit.kind == "fold":
            return FoldGroup(canvas, pointer, hit.id)
        if hit.kind == "band":
            return ClickBand(canvas, pointer, hit.id)
        return RubberBand(canvas, pointer)

    def _open_group(self, group_id: str, at: QPointF) -> None:
        """Edit the name of a group, or expand it where its block was hit elsewhere."""
        canvas = self._canvas
        if canvas.network_scene.groups.items[group_id].header(canvas.zoom).contains(at):
            canvas.grouping.edit_name(group_id)
        else:
            canvas.grouping.toggle(group_id)
