"""The canvas: shows the network of a document, and turns mouse and keys into edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QEnterEvent,
    QFocusEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.network.events import ParametersChanged
from nnstudio.ui import theme
from nnstudio.ui.canvas import background, palette_items
from nnstudio.ui.canvas.actions import enable_actions, make_actions
from nnstudio.ui.canvas.arranging import Arranging
from nnstudio.ui.canvas.brushes import BrushBar, Brushes
from nnstudio.ui.canvas.cards import Cards
from nnstudio.ui.canvas.clipping import Clipping
from nnstudio.ui.canvas.commands import Commands
from nnstudio.ui.canvas.connecting import Connecting
from nnstudio.ui.canvas.drafts import Start
from nnstudio.ui.canvas.finding import Finding
from nnstudio.ui.canvas.focus import Focus
from nnstudio.ui.canvas.geometry import NEURON_RADIUS
from nnstudio.ui.canvas.groups_commands import Grouping
from nnstudio.ui.canvas.inserting import Inserting
from nnstudio.ui.canvas.keys import Keys
from nnstudio.ui.canvas.legend import Legend
from nnstudio.ui.canvas.menu import make_menu
from nnstudio.ui.canvas.minimap import Minimap
from nnstudio.ui.canvas.overlays import PointerHint, ZoomButtons
from nnstudio.ui.canvas.scene import EMPTY, Hit, NetworkScene
from nnstudio.ui.canvas.selecting import Selecting
from nnstudio.ui.canvas.strokes import COLOR_MODES
from nnstudio.ui.canvas.tools.brush import Brush
from nnstudio.ui.canvas.tools.connect import Connect
from nnstudio.ui.canvas.tools.gesture import Gesture, Pointer
from nnstudio.ui.canvas.tools.groups import ClickBand, FoldGroup, MoveGroup
from nnstudio.ui.canvas.tools.move import Move
from nnstudio.ui.canvas.tools.pan import Pan
from nnstudio.ui.canvas.tools.select import ClickConnection, RubberBand
from nnstudio.ui.canvas.walking import Walking
from nnstudio.ui.canvas.zoom_view import ZoomView

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nnstudio.network.events import Event
    from nnstudio.training import Snapshot
    from nnstudio.ui.canvas.geometry import Rect
    from nnstudio.ui.canvas.inline_editor import InlineEditor
    from nnstudio.ui.canvas.strokes import ColorMode
    from nnstudio.ui.document import Document

_NOTCH = 120.0  # what a mouse wheel turns by
_CARD_MARGIN = 12
_MARGIN = 48.0
_KEY_REASONS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class CanvasView(ZoomView):
    """The canvas of one document. ``message`` is a line to tell the user."""

    color_mode_changed = Signal(str)
    message = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        # The view itself doesn't keep a scene alive.
        self.network_scene = NetworkScene(document)
        super().__init__(self.network_scene, parent)
        self.document = document
        self.editor: InlineEditor | None = None
        self._gesture: Gesture | None = None
        self._button = Qt.MouseButton.NoButton  # that began it
        self._pressed = EMPTY  # what was under the pointer then
        self._focus_came_by_key = False
        self._pointer_pixel: QPointF | None = None
        self.setObjectName("canvas")
        self.setAccessibleName("Canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)

        self.cards = Cards(self)
        self.commands = Commands(self)
        self.clipping = Clipping(self)
        self.connecting = Connecting(self)
        self.selecting = Selecting(self)
        self.inserting = Inserting(self)
        self.finding = Finding(self)
        self.walking = Walking(self)
        self.arranging = Arranging(self)
        self.brushes = Brushes(self)
        self.grouping = Grouping(self)
        self.keys = Keys(self)
        self._actions = make_actions(self)
        self.hint = PointerHint(self)
        self.legend = Legend(self)
        self.zoom_buttons = ZoomButtons(self._actions, self)
        self.minimap = Minimap(self)
        self.brush_bar = BrushBar(self.brushes, self)
        self.focus_mode = Focus(self)
        self._connect()
        self._show_scale()
        enable_actions(self)

    # What others use

    @property
    def color_mode(self) -> ColorMode:
        """What colors the connections."""
        return self.network_scene.layer.mode

    @property
    def has_gesture(self) -> bool:
        """Whether a gesture is in progress."""
        return self._gesture is not None

    @property
    def start(self) -> Start:
        """How weights of new connections are drawn: as the settings say."""
        settings = self.document.project.settings
        return Start() if settings is None else Start(settings.seed, settings.initializer)

    def selected(self) -> tuple[list[str], list[str]]:
        """Return the ids of the selected neurons, in the order of the drawing, and of the connections."""
        network, selection = self.document.network, self.document.selection
        neurons = [n.id for n in network.neurons if n.id in selection.neurons] if selection.neurons else []
        return neurons, [i for i in sorted(selection.connections) if network.has_connection(i)]

    def actions(self) -> dict[str, QAction]:
        """Return the actions by name, in the order for menus."""
        return self._actions

    def set_snapshot(self, snapshot: Snapshot | None) -> None:
        """Show the values of a snapshot; None: the network's own."""
        self.network_scene.set_snapshot(snapshot)

    def set_problems(self, problems: Mapping[str, str], serious: Iterable[str] = ()) -> None:
        """Say at neurons, by id, what is wrong; ``serious`` is what keeps the network from being trained."""
        self.network_scene.set_problems(problems, serious)

    def reveal(self, neuron_ids: Iterable[str]) -> None:
        """Have neurons on view: move there where they are not, and zoom out where they don't fit."""
        bounds = self.network_scene.graph.bounds(set(neuron_ids))
        if bounds is None:
            return
        area = _room_around(bounds)
        seen = self.mapToScene(self.viewport().rect()).boundingRect()
        if seen.contains(area):
            return
        if area.width() > seen.width() or area.height() > seen.height():
            self.show_area(area, 0.0)
        else:
            self.centerOn(area.center())
            self.zoomed.emit(self.zoom)
        self.is_fitted = False

    @Slot(str)
    def set_color_mode(self, mode: str) -> None:
        """Color connections by "weight", "gradient", "both" or "activity"; anything else is passed over."""
        if mode in COLOR_MODES and mode != self.color_mode:
            self.network_scene.set_mode(cast("ColorMode", mode))
            self.color_mode_changed.emit(mode)

    @Slot(dict)
    def insert(self, payload: dict[str, Any], at: QPointF | None = None) -> None:
        """Add what a tile of the palette stands for, at a point of the scene or in the middle."""
        self.commands.insert(payload, at)

    def render_image(self, size: QSize) -> QImage:
        """Return a picture of the whole network, without text: pictures are shown small."""
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(theme.manager().current.canvas)
        bounds = self.network_scene.bounds()
        if bounds is None:
            return image
        area = _room_around(bounds)
        target = QRectF(image.rect())
        factor = min(target.width() / area.width(), target.height() / area.height(), 2.0)
        source = QRectF(0, 0, target.width() / factor, target.height() / factor)
        source.moveCenter(area.center())
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        with self.network_scene.plain():
            self.network_scene.render(painter, target, source)
        painter.end()
        return image

    # Zoom and place

    @Slot()
    def fit(self) -> None:
        """Show the whole selection, or where there is none the whole network."""
        selection, network = self.document.selection, self.document.network
        ids = set(selection.neurons)
        for connection_id in selection.connections:
            connection = network.connection(connection_id)
            ids |= {connection.source, connection.target}
        self._fit(ids or None)

    def fit_all(self) -> None:
        """Show the whole network."""
        self._fit(None)

    def pointer_place(self) -> QPointF | None:
        """Return the point of the scene under the pointer, or None where that is elsewhere."""
        pixel = self._pointer_pixel
        return None if pixel is None else self.to_scene(pixel)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.close_editor()
        self.walking.stop()
        event.accept()
        if self._gesture is not None:
            # Another button during a gesture would leave two things half done.
            return
        pointer = self._pointer(event)
        self._button = event.button()
        if event.button() == Qt.MouseButton.MiddleButton or (
            event.button() == Qt.MouseButton.LeftButton and self.keys.space_held
        ):
            self._gesture = Pan(self, pointer)
        elif event.button() == Qt.MouseButton.LeftButton:
            hit = self._pressed = self._pick(pointer)
            self._show_hit(hit)
            self._gesture = self._gesture_for(hit, pointer)
        if self._gesture is not None and self._gesture.cursor is not None:
            self.set_cursor(self._gesture.cursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        pointer = self._pointer(event)
        if self._gesture is not None:
            self._gesture.move(pointer)
        else:
            self._show_hit(self._pick(pointer))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        gesture = self._gesture
        if gesture is None or event.button() != self._button:
            return
        pointer = self._pointer(event)
        gesture.move(pointer)
        # What the edit changes must not cancel the gesture that makes it.
        self._gesture = None
        gesture.finish(pointer)
        self._show_hit(self._pick(pointer))
        self.refresh()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() != Qt.MouseButton.LeftButton or self.keys.space_held:
            self.mousePressEvent(event)
            return
        self.cancel_gesture()
        self.close_editor()
        pointer = self._pointer(event)
        hit = self._pick(pointer)
        if self._pressed.kind in ("fold", "group") and hit != self._pressed:
            # The first click folded a group, and what lies under the pointer now was not meant.
            return
        if hit.kind == "empty":
            self.commands.add_neuron("hidden", pointer.scene)
        elif hit.kind == "connection":
            self.commands.edit_connection(hit.id)
        elif hit.kind == "fold":
            self.grouping.toggle(hit.id)
        elif hit.kind == "group":
            self._open_group(hit.id, pointer.scene)
        elif hit.kind == "band":
            self.document.selection.set((), self.network_scene.groups.connections_of(hit.id))
        else:
            self.commands.edit_neuron(hit.id)

    def enterEvent(self, event: QEnterEvent) -> None:
        # The pointer may come to lie here without a move, as when a dialog over it closes.
        self._pointer_pixel = event.position()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer_pixel = None
        if self._gesture is None:
            self._show_hit(EMPTY)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        turn = event.angleDelta().y() or event.angleDelta().x()
        if turn and self._gesture is None:
            self.close_editor()
            self.zoom_steps(turn / _NOTCH, event.position())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()
        if self._gesture is not None:
            return
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        pixel = QPointF(event.pos()) if by_mouse else QPointF(self.viewport().rect().center())
        at = self.to_scene(pixel)
        hit = self.network_scene.pick(at, self.zoom) if by_mouse else self._selected_hit()
        self._select_for_menu(hit)
        menu = make_menu(self, hit, at)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.viewport().mapToGlobal(pixel.toPoint()))

    # Keys and focus

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(self.keys.press(event))
        self._follow_modifier(event, held=True)
        self._show_cursor()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(self.keys.release(event))
        self._follow_modifier(event, held=False)
        self._show_cursor()

    def focusNextPrevChild(self, forward: bool) -> bool:
        # Tab goes along the connections of the neuron that the keyboard is at; Esc first, and it leaves.
        is_here = self.hasFocus() and self.walking.step(forward=forward)
        return is_here or super().focusNextPrevChild(forward)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._focus_came_by_key = event.reason() in _KEY_REASONS
        super().focusInEvent(event)
        self.refresh()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._forget_input()
        super().focusOutEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowDeactivate:
            self._forget_input()
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self._show_tooltip(cast("QHelpEvent", event))
            return True
        return super().viewportEvent(event)

    def cancel_gesture(self) -> bool:
        """Give up the gesture in progress; say whether there was one."""
        gesture, self._gesture = self._gesture, None
        if gesture is None:
            return False
        gesture.cancel()
        self.hint.clear()
        self._hover_again()
        self.refresh()
        return True

    def close_editor(self) -> None:
        """Close the field for a number, where one is open: what it holds is kept if it is a number."""
        editor, self.editor = self.editor, None
        if editor is not None:
            editor.finish()

    # Drops from the palette

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(event.mimeData().hasFormat(palette_items.MIME_TYPE))

    def dragMoveEvent(self, event: Any) -> None:
        event.setAccepted(event.mimeData().hasFormat(palette_items.MIME_TYPE))

    def dragLeaveEvent(self, event: Any) -> None:
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        if not event.mimeData().hasFormat(palette_items.MIME_TYPE):
            event.ignore()
            return
        event.acceptProposedAction()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        try:
            payload = palette_items.parse_payload(
                bytes(event.mimeData().data(palette_items.MIME_TYPE).data())
            )
        except NNStudioError as error:
            self.document.refused.emit(error)
            return
        self.insert(payload, self.to_scene(event.position()))

    # Painting

    def drawForeground(self, painter: QPainter, _rect: QRectF | Any) -> None:
        if self._gesture is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._gesture.paint(painter)
        elif self.cards.card is None and not self.document.network.neuron_count:
            background.paint_empty_hint(painter, QRectF(self.viewport().rect()))
        if self.cards.card is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.cards.card.paint(painter)
        if self.hasFocus() or self.editor is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.walking.paint(painter)
        if self._focus_came_by_key:
            background.paint_focus_frame(painter, QRectF(self.viewport().rect()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_overlays()
        if self.is_fitted and not self.has_gesture:
            self.fit_all()

    # Inner workings

    def _connect(self) -> None:
        for name, action in self._actions.items():
            owner = action.property("owner")
            action.triggered.connect(getattr(getattr(self, owner) if owner else self, name))
        self.document.network_changed.connect(self._on_network_changed)
        self.document.project_replaced.connect(self._on_project_replaced)
        self.document.selection.changed.connect(self._on_selection_changed)
        self.network_scene.values_changed.connect(self._show_scale)
        self.network_scene.structure_changed.connect(self._show_scale)
        self.legend.mode_chosen.connect(self.set_color_mode)
        self.zoomed.connect(self._on_zoomed)
        self.brushes.changed.connect(self._show_cursor)
        self.brushes.changed.connect(self.cards.place)

    def _pointer(self, event: QMouseEvent) -> Pointer:
        self._pointer_pixel = event.position()
        return Pointer(self.to_scene(event.position()), event.position(), event.modifiers())

    def _pick(self, pointer: Pointer) -> Hit:
        return self.network_scene.pick(pointer.scene, self.zoom)

    def _gesture_for(self, hit: Hit, pointer: Pointer) -> Gesture:
        if self.brushes.constraint is not None:
            return Brush(self, pointer, self.brushes)
        if hit.kind == "rim":
            return Connect(self, pointer, hit.id)
        if hit.kind == "core":
            return Move(self, pointer, hit.id)
        if hit.kind == "connection":
            return ClickConnection(self, pointer, hit.id)
        if hit.kind == "group":
            return MoveGroup(self, pointer, hit.id)
        if hit.kind == "fold":
            return FoldGroup(self, pointer, hit.id)
        if hit.kind == "band":
            return ClickBand(self, pointer, hit.id)
        return RubberBand(self, pointer)

    def _show_hit(self, hit: Hit) -> None:
        self.network_scene.set_hit(hit)
        self._show_cursor()

    @Slot()
    def _show_cursor(self) -> None:
        if self._gesture is not None:
            return
        pointing = Qt.CursorShape.PointingHandCursor
        shapes = {"connection": pointing, "fold": pointing, "band": pointing}
        shapes["rim"] = Qt.CursorShape.CrossCursor
        shape = shapes.get(self.network_scene.hit.kind, Qt.CursorShape.ArrowCursor)
        if self.brushes.constraint is not None:
            shape = Qt.CursorShape.CrossCursor
        self.set_cursor(Qt.CursorShape.OpenHandCursor if self.keys.space_held else shape)

    def _follow_modifier(self, event: QKeyEvent, *, held: bool) -> None:
        """Let a gesture know that Alt is pressed or let go, where the mouse rests."""
        pixel = self._pointer_pixel
        if event.key() == Qt.Key.Key_Alt and self._gesture is not None and pixel is not None:
            alt = Qt.KeyboardModifier.AltModifier
            modifiers = event.modifiers() | alt if held else event.modifiers() & ~alt
            self._gesture.move(Pointer(self.to_scene(pixel), pixel, modifiers))

    def _hover_again(self) -> None:
        pixel = self._pointer_pixel
        if self._gesture is None:
            hit = EMPTY if pixel is None else self.network_scene.pick(self.to_scene(pixel), self.zoom)
            self._show_hit(hit)

    def _forget_input(self) -> None:
        self.keys.forget()
        self._focus_came_by_key = False
        self.cancel_gesture()
        self._show_cursor()

    def _open_group(self, group_id: str, at: QPointF) -> None:
        """Edit the name of a group, or expand it where its block was hit elsewhere."""
        if self.network_scene.groups.items[group_id].header(self.zoom).contains(at):
            self.grouping.edit_name(group_id)
        else:
            self.grouping.toggle(group_id)

    def _selected_hit(self) -> Hit:
        selection = self.document.selection
        group = self.grouping.selected()
        if group is not None:
            return Hit("group", group.id)
        if selection.neurons:
            return Hit("core", min(selection.neurons))
        return Hit("connection", min(selection.connections)) if selection.connections else EMPTY

    def _select_for_menu(self, hit: Hit) -> None:
        selection = self.document.selection
        if hit.kind in ("core", "rim") and hit.id not in selection.neurons:
            selection.set((hit.id,))
        elif hit.kind == "connection" and hit.id not in selection.connections:
            selection.set((), (hit.id,))
        elif hit.kind in ("group", "fold"):
            self.grouping.select(hit.id)
        elif hit.kind == "band":
            selection.set((), self.network_scene.groups.connections_of(hit.id))

    def _show_tooltip(self, event: QHelpEvent) -> None:
        hit = self.network_scene.pick(self.to_scene(QPointF(event.pos())), self.zoom)
        text = "" if self._gesture is not None else self.network_scene.describe(hit)
        if text:
            QToolTip.showText(event.globalPos(), text, self.viewport())
        else:
            QToolTip.hideText()

    def _fit(self, neuron_ids: set[str] | None) -> None:
        bounds = self.network_scene.bounds(neuron_ids)
        if bounds is None:
            self.zoom_reset()
            self.centerOn(0.0, 0.0)
            return
        self.show_bounds(bounds)
        self.is_fitted = neuron_ids is None

    def show_bounds(self, bounds: Rect, left: float = 0.0) -> None:
        """Show a box around centers of neurons as large as it fits, ``left`` pixels at the left kept free."""
        self.show_area(_room_around(bounds), float(self.covered()), left)

    def covered(self) -> int:
        """Return the height of the cards at the bottom, which would cover what is there."""
        return self.height() - min(self.legend.y(), self.zoom_buttons.y()) - _CARD_MARGIN

    @Slot(object)
    def _on_network_changed(self, events: tuple[Event, ...]) -> None:
        if not all(isinstance(event, ParametersChanged) for event in events):
            # Undo may have changed what the gesture is about; values that were learned have not.
            self.cancel_gesture()
        self._drop_editor()
        self.refresh()

    def _drop_editor(self) -> None:
        editor, self.editor = self.editor, None
        if editor is not None:
            editor.close_editor()

    @Slot()
    def _on_project_replaced(self) -> None:
        self.cancel_gesture()
        self._drop_editor()
        self._show_scale()
        self.refresh()

    @Slot()
    def _on_selection_changed(self) -> None:
        enable_actions(self)
        self.refresh()

    @Slot()
    def _show_scale(self) -> None:
        layer = self.network_scene.layer
        layer.prepare()
        self.legend.show_scale(layer.mode, layer.scale, layer.halo_scale)
        self._place_overlays()

    @Slot(float)
    def _on_zoomed(self, zoom: float) -> None:
        self.zoom_buttons.show_zoom(zoom)
        self._place_overlays()
        self._hover_again()

    def _place_overlays(self) -> None:
        self.brush_bar.move(_CARD_MARGIN, _CARD_MARGIN)
        self.minimap.move(self.width() - _CARD_MARGIN - self.minimap.width(), _CARD_MARGIN)
        bottom = self.height() - _CARD_MARGIN
        self.legend.move(_CARD_MARGIN, bottom - self.legend.height())
        x = self.width() - _CARD_MARGIN - self.zoom_buttons.width()
        if x < self.legend.geometry().right() + 8:
            # No room beside the legend: above it.
            bottom = self.legend.y() - 8
        self.zoom_buttons.move(x, bottom - self.zoom_buttons.height())


def _room_around(bounds: Rect) -> QRectF:
    left, top, right, bottom = bounds
    box = QRectF(QPointF(left, top), QPointF(right, bottom))
    room = NEURON_RADIUS + _MARGIN
    return box.adjusted(-room, -room, room, room)
