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
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)

from nnstudio.errors import NNStudioError
from nnstudio.network.events import ParametersChanged
from nnstudio.ui import theme
from nnstudio.ui.canvas import background, palette_items
from nnstudio.ui.canvas.actions import enable_actions, make_actions
from nnstudio.ui.canvas.arranging import Arranging
from nnstudio.ui.canvas.brushes import BrushBar, Brushes
from nnstudio.ui.canvas.cards import Cards
from nnstudio.ui.canvas.clipping import Clipping
from nnstudio.ui.canvas.column_drop import ColumnDrop
from nnstudio.ui.canvas.commands import Commands
from nnstudio.ui.canvas.connecting import Connecting
from nnstudio.ui.canvas.drafts import Start
from nnstudio.ui.canvas.faces.faces import NeuronFaces
from nnstudio.ui.canvas.faces.popup import FacePopup
from nnstudio.ui.canvas.finding import Finding
from nnstudio.ui.canvas.focus import Focus
from nnstudio.ui.canvas.geometry import NEURON_RADIUS
from nnstudio.ui.canvas.groups_commands import Grouping
from nnstudio.ui.canvas.inserting import Inserting
from nnstudio.ui.canvas.keys import Keys
from nnstudio.ui.canvas.legend import Legend
from nnstudio.ui.canvas.menu import make_menu, select_for_menu, selected_hit
from nnstudio.ui.canvas.minimap import Minimap
from nnstudio.ui.canvas.overlays import MARGIN, PointerHint, ZoomButtons, place_overlays
from nnstudio.ui.canvas.pointing import Pointing
from nnstudio.ui.canvas.scene import NetworkScene
from nnstudio.ui.canvas.selecting import Selecting
from nnstudio.ui.canvas.strokes import COLOR_MODES
from nnstudio.ui.canvas.walking import Walking
from nnstudio.ui.canvas.zoom_view import ZoomView

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PySide6.QtWidgets import QWidget

    from nnstudio.network.events import Event
    from nnstudio.training import Snapshot
    from nnstudio.ui.canvas.geometry import Rect
    from nnstudio.ui.canvas.inline_editor import InlineEditor
    from nnstudio.ui.canvas.strokes import ColorMode
    from nnstudio.ui.document import Document
    from nnstudio.ui.phases.card import PhaseCard
    from nnstudio.ui.phases.keys import WalkKeys
    from nnstudio.ui.training_controller import TrainingController

_NOTCH = 120.0  # what a mouse wheel turns by
_MARGIN = 48.0
# Better something covered by cards than all of it tiny, in a smaller share of the height.
_LEAST_SHARE = 0.25
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
        self._focus_came_by_key = False
        self.setObjectName("canvas")
        self.setAccessibleName("Canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)

        self.pointing = Pointing(self)
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
        self.column_drop = ColumnDrop(self)
        self.keys = Keys(self)
        self._actions = make_actions(self)
        self.hint = PointerHint(self)
        self.legend = Legend(self)
        self.zoom_buttons = ZoomButtons(self._actions, self)
        self.minimap = Minimap(self)
        self.brush_bar = BrushBar(self.brushes, self)
        self.focus_mode = Focus(self)
        self.phases: PhaseCard | None = None  # at the top, where there is one
        self.walk: WalkKeys | None = None  # hears keys first, where there is one
        self.faces = NeuronFaces(self)
        self.face_popup = FacePopup(self, self.faces)
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
        return self.pointing.gesture is not None

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

    def follow(self, controller: TrainingController) -> None:
        """Have neurons show what this controller's snapshots hold beside their values."""
        self.faces.follow(controller)
        self.face_popup.follow(controller)

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
        if mode not in COLOR_MODES:
            return
        if self.network_scene.layer.coloring == "check":
            self.network_scene.set_errors(None)
        if mode != self.color_mode:
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

    def fit_again(self) -> None:
        """Have a network that was all on view stay so as it grows."""
        if self.is_fitted:
            self.fit_all()

    def keep_clear_of_messages(self) -> None:
        """Have a network that was all on view stay so below a message, and go back once that is gone."""
        bounds = self.network_scene.bounds()
        if bounds is None or self.has_gesture:
            return
        room = self._covered_above()
        highest = self.mapFromScene(bounds[0], bounds[1] - NEURON_RADIUS).y()
        if not self.cards.lasting_top_room or highest < room + MARGIN:
            self.fit_again()

    def pointer_place(self) -> QPointF | None:
        """Return the point of the scene under the pointer, or None where that is elsewhere."""
        pixel = self.pointing.pixel
        return None if pixel is None else self.to_scene(pixel)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.close_editor()
        self.face_popup.dismiss()
        self.walking.stop()
        self.pointing.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.pointing.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.pointing.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() != Qt.MouseButton.LeftButton or self.keys.space_held:
            self.mousePressEvent(event)
            return
        self.cancel_gesture()
        self.close_editor()
        self.pointing.double_click(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.pointing.enter(event)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.pointing.leave()
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        turn = event.angleDelta().y() or event.angleDelta().x()
        if turn and not self.has_gesture:
            self.close_editor()
            self.zoom_steps(turn / _NOTCH, event.position())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()
        if self.has_gesture:
            return
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        pixel = QPointF(event.pos()) if by_mouse else QPointF(self.viewport().rect().center())
        at = self.to_scene(pixel)
        hit = self.network_scene.pick(at, self.zoom) if by_mouse else selected_hit(self)
        select_for_menu(self, hit)
        menu = make_menu(self, hit, at)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.viewport().mapToGlobal(pixel.toPoint()))

    # Keys and focus

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(self.keys.press(event))
        self.pointing.follow_modifier(event, held=True)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(self.keys.release(event))
        self.pointing.follow_modifier(event, held=False)

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
            self.pointing.show_tooltip(cast("QHelpEvent", event))
            return True
        return super().viewportEvent(event)

    def cancel_gesture(self) -> bool:
        """Give up the gesture in progress; say whether there was one."""
        return self.pointing.cancel()

    def close_editor(self) -> None:
        """Close the field for a number, where one is open: what it holds is kept if it is a number."""
        editor, self.editor = self.editor, None
        if editor is not None:
            editor.finish()

    # Drops from the palette, and of columns of the data

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        is_column = self.column_drop.takes(event)
        event.setAccepted(is_column or event.mimeData().hasFormat(palette_items.MIME_TYPE))

    def dragMoveEvent(self, event: Any) -> None:
        is_column = self.column_drop.takes(event)
        if is_column:
            self.column_drop.hover(event)
        event.setAccepted(event.mimeData().hasFormat(palette_items.MIME_TYPE) or is_column)

    def dragLeaveEvent(self, event: Any) -> None:
        self.column_drop.leave()
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.column_drop.takes(event):
            event.acceptProposedAction()
            self.column_drop.drop(event)
            return
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
        gesture = self.pointing.gesture
        if gesture is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            gesture.paint(painter)
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

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.faces.set_seen(True)

    def hideEvent(self, event: QHideEvent) -> None:
        self.faces.set_seen(False)
        self.face_popup.dismiss()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        place_overlays(self)
        self.cards.place()
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
        self.brushes.changed.connect(self.pointing.show_cursor)
        self.brushes.changed.connect(self._make_room_for_brushes)

    @Slot()
    def _make_room_for_brushes(self) -> None:
        self.cards.place()
        place_overlays(self)
        self.fit_again()

    def _forget_input(self) -> None:
        self.keys.forget()
        self._focus_came_by_key = False
        self.cancel_gesture()
        self.pointing.show_cursor()

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
        self.show_area(_room_around(bounds), float(self.covered()), left, float(self._covered_above()))

    def _covered_above(self) -> int:
        """Return how much at the top cards cover for long; 0 where all else would be tiny below them."""
        bar = self.brush_bar
        top = bar.geometry().bottom() if bar.isVisible() else self.cards.lasting_top_room
        if self.phases is not None and self.phases.room():
            top = max(top, self.phases.room() - self.cards.top_room + self.cards.lasting_top_room)
        is_tiny = self.height() - top - self.covered() < self.height() * _LEAST_SHARE
        return 0 if is_tiny else top

    def covered(self) -> int:
        """Return the height of the cards at the bottom, which would cover what is there."""
        return self.height() - min(self.legend.y(), self.zoom_buttons.y()) - MARGIN

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
        self.legend.show_scale(layer.coloring, layer.scale, layer.halo_scale)
        place_overlays(self)

    @Slot(float)
    def _on_zoomed(self, zoom: float) -> None:
        self.zoom_buttons.show_zoom(zoom)
        place_overlays(self)
        self.pointing.hover_again()


def _room_around(bounds: Rect) -> QRectF:
    left, top, right, bottom = bounds
    box = QRectF(QPointF(left, top), QPointF(right, bottom))
    room = NEURON_RADIUS + _MARGIN
    return box.adjusted(-room, -room, room, room)
