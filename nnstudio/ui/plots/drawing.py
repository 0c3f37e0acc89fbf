"""Drawing data on the output plot: the tool in use, the stroke under way, and what is selected.

A stroke becomes one undoable step when the button is released; Esc cancels it. A training that is on goes on
with the new points from its next slice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent

from nnstudio.errors import NNStudioError
from nnstudio.ui import theme
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.numbers import format_count
from nnstudio.ui.plots import drawing_edits as edits
from nnstudio.ui.plots.drawing_bar import DrawingBar
from nnstudio.ui.plots.drawing_drafts import Drafts
from nnstudio.ui.plots.drawing_marks import Marks
from nnstudio.ui.plots.drawing_strokes import Stroke, begin
from nnstudio.ui.plots.output_scene import Scene
from nnstudio.ui.plots.palette import Hues

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from pyqtgraph import PlotWidget
    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.document import Document

    Floats = NDArray[np.float64]

_HOLD_MILLISECONDS = 40
_SIZE_STEP = 4
_NO_ROWS = np.empty(0, np.intp)
_NOWHERE = np.empty((0, 2))


@dataclass(frozen=True)
class Options:
    """How a tool draws: its reach in pixels, how dense from 1 to 10, and the class or value of points."""

    radius: float
    density: int
    mark: float


class Drawing(QObject):
    """Draws on one plot. ``switched`` tells that it may draw, or no more.

    From an empty plot, strokes wait as ``drafts`` until they make data; ``emptied`` tells that it begins, and
    each change of what waits.
    """

    switched = Signal(bool)
    emptied = Signal()

    def __init__(self, document: Document, plot: PlotWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.scene = Scene()
        self.output = 0
        self.drafts: Drafts | None = None
        self.selected: NDArray[np.intp] = _NO_ROWS
        self.rng = np.random.default_rng()
        self.bar = DrawingBar(parent)
        self.bar.hide()
        self._document = document
        self._plot = plot
        self._is_on = False
        self._stroke: Stroke | None = None
        self._keeps_rows = False
        self._hold_timer = QTimer(self)
        self._hold_timer.setInterval(_HOLD_MILLISECONDS)
        self._hold_timer.timeout.connect(self._hold)
        self.marks = Marks(plot)
        self.bar.changed.connect(self._on_options)
        self.bar.delete_wanted.connect(self.delete)
        self.bar.blank_wanted.connect(self.begin_blank)
        self.bar.mark_wanted.connect(self.set_mark)
        plot.viewport().installEventFilter(self)
        plot.installEventFilter(self)
        document.data_changed.connect(self._drop_drafts)
        document.project_replaced.connect(self._drop_drafts)

    # What the plot tells it

    @property
    def can_draw(self) -> bool:
        """Whether points can be drawn in the picture that is on view."""
        return edits.can_draw(self.scene) or self._can_begin

    @property
    def is_on(self) -> bool:
        """Whether the tools are out."""
        return self._is_on

    @property
    def _can_begin(self) -> bool:
        """Whether data can be drawn from nothing."""
        scene = self.scene
        empty = self.drafts is not None or self._document.project.data is None
        return empty and scene.data is None and scene.kind in ("surface", "curve")

    @property
    def is_drawing(self) -> bool:
        """Whether a stroke is under way."""
        return self._stroke is not None

    def set_on(self, on: bool) -> None:
        """Take the tools out, or put them away."""
        on = on and self.can_draw
        if on == self._is_on:
            return
        self._is_on = on
        if on and self.scene.data is None:
            self.begin_blank()
        if not on:
            self._drop_drafts()
            self.cancel()
            self.select(_NO_ROWS)
        self.bar.setVisible(on)
        self._plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.NoFocus)
        self._show_cursor()
        self._show_reach(None)
        self.switched.emit(on)

    def follow(self, scene: Scene, output: int) -> None:
        """Draw in another picture, or on other rows."""
        if scene.data is not self.scene.data:
            self.cancel()
            if not self._keeps_rows:
                self.select(_NO_ROWS)
        self._keeps_rows = False
        self.scene, self.output = scene, output
        drafts = self.drafts
        fits = drafts is not None and (drafts.kind, drafts.outputs) == (scene.kind, scene.outputs)
        if self._is_on and self._can_begin and not fits:
            self.drafts = Drafts(scene, self._document.project.data)
            self._show_waiting()
        if not self.can_draw:
            self.set_on(False)
            return
        self._offer()
        self._show_selected()

    @Slot()
    def begin_blank(self) -> None:
        """Begin with an empty plot; the data stay until what is drawn makes others."""
        self.cancel()
        self.select(_NO_ROWS)
        self.drafts = Drafts(self.scene, self._document.project.data)
        self._offer()
        self._show_waiting()
        self.emptied.emit()

    @Slot()
    def _drop_drafts(self) -> None:
        self.drafts = None
        self._show_waiting()

    def add_draft(self, places: Floats) -> None:
        """Let the points of a stroke, (points, 2), wait, or make data of all that wait."""
        drafts = self.drafts
        assert drafts is not None
        drafts.add(places, self.options.mark)
        data = drafts.data()
        if data is not None:
            self.commit("Draw {}", drafts.count, lambda: data)
        self._show_waiting()
        self.emptied.emit()

    def restyle(self) -> None:
        """Take the colors of the theme."""
        self.marks.restyle()
        if self.can_draw:
            self._offer()

    def _offer(self) -> None:
        data = self.scene.data
        if data is None or self.drafts is not None:
            classes = () if self.drafts is None else self.drafts.classes
            value = None if classes or self.scene.kind == "curve" else 0.0
            self.bar.offer(classes, [self._color(place) for place in range(len(classes))], value)
            return
        hues = Hues(theme.manager().current)
        colors = [hues.mark(data, place, self.output) for place in range(len(data.classes))]
        low, high = self.scene.target_range(max(self.output, 0))
        value = None if data.classes or edits.takes_height(self.scene) else round((low + high) / 2, 6)
        self.bar.offer(data.classes, colors, value)

    # What strokes ask for

    @property
    def options(self) -> Options:
        """How the tools draw now."""
        return Options(self.bar.radius, self.bar.density.value(), self.bar.mark)

    def places_of(self, pixels: Floats) -> Floats:
        """Return pixels of the plot, (points, 2), in the data's units."""
        origin, unit = self._frame()
        return np.asarray(origin + pixels * unit)

    def row_pixels(self) -> Floats:
        """Return where all rows stand, (rows, 2), in pixels of the plot."""
        origin, unit = self._frame()
        return np.asarray((self._row_places() - origin) / unit)

    def in_view(self, pixels: Floats) -> NDArray[np.bool_]:
        """Return which pixels of the plot are in the picture, (points,)."""
        places = self.places_of(pixels)
        bounds = np.array(self._plot.getViewBox().viewRange())
        return np.asarray(((places >= bounds[:, 0]) & (places <= bounds[:, 1])).all(axis=1))

    def show_new(self, pixels: Floats) -> None:
        """Show points that the stroke would add."""
        places = self.places_of(pixels)
        if self.scene.kind == "curve" and not edits.takes_height(self.scene):
            places[:, 1] = edits.heights(self.scene, self.options.mark, len(places), self.output)
        self.marks.show_new(places, self._color(self.options.mark), 7)

    def show_moved(self, rows: NDArray[np.intp], pixels: Floats) -> None:
        """Show where the stroke would put rows."""
        places = self.places_of(pixels)
        if self.scene.kind == "curve" and not edits.takes_height(self.scene):
            places[:, 1] = self._row_places()[rows, 1]
        self.marks.show_new(places, theme.manager().current.accent, 9)

    def show_struck(self, rows: NDArray[np.intp]) -> None:
        """Show rows that the stroke would take away."""
        self.marks.show_struck(self._row_places()[rows])

    def show_outline(self, pixels: Floats) -> None:
        """Show the way of a lasso."""
        self.marks.show_outline(self.places_of(np.vstack([pixels, pixels[:1]])))

    def select(self, rows: NDArray[np.intp]) -> None:
        """Select rows, by number."""
        self.selected = rows
        self.bar.show_selected(len(rows))
        self._show_selected()

    def focus(self, row: int) -> None:
        """Put a row in focus."""
        self._document.set_focus_row(row)

    def commit(self, label: str, count: int, make: Callable[[], Any], *, keeps_rows: bool = False) -> None:
        """Take the data that ``make`` returns over, as one undoable step; ``label`` has {} for the points."""
        try:
            data = make()
        except NNStudioError as error:
            self._document.refused.emit(error)
            return
        points = "1 point" if count == 1 else f"{format_count(count)} points"
        self._keeps_rows = keeps_rows
        if not self._document.do(ProjectChange(label.format(points), data=data)):
            self._keeps_rows = False

    def remove(self, label: str, rows: NDArray[np.intp]) -> None:
        """Take rows away; another row that was in focus stays in focus."""
        scene, focus = self.scene, self._document.focus_row
        before = self._document.project.data
        self.commit(label, len(rows), lambda: edits.without_points(scene, rows))
        if focus is not None and focus not in rows and self._document.project.data is not before:
            self._document.set_focus_row(focus - int(np.count_nonzero(rows < focus)))

    # What can be done with a selection

    @Slot()
    def delete(self) -> None:
        """Delete the selected points."""
        if len(self.selected):
            self.remove("Delete {}", self.selected)

    @Slot()
    def set_mark(self) -> None:
        """Give the selected points the class or value that is chosen."""
        rows, scene, mark, output = self.selected, self.scene, self.options.mark, self.output
        if len(rows):
            what = "class" if scene.classes else "value"
            self.commit(
                f"Set {what} of {{}}",
                len(rows),
                lambda: edits.with_mark(scene, rows, mark, output),
                keeps_rows=True,
            )

    # Pointer and keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self._is_on:
            return False
        if watched is self._plot:
            return isinstance(event, QKeyEvent) and self._on_key(event)
        if event.type() == QEvent.Type.Leave:
            self._show_reach(None)
        if not isinstance(event, QMouseEvent):
            return False
        at = np.array([event.position().x(), event.position().y()])
        left = event.button() == Qt.MouseButton.LeftButton
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick) and left:
            self._press(at)
        elif event.type() == QEvent.Type.MouseMove:
            self._show_reach(at)
            if self._stroke is not None:
                self._stroke.move(at)
        elif event.type() == QEvent.Type.MouseButtonRelease and left:
            self._release(at)
        return True

    def _press(self, at: Floats) -> None:
        self._plot.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.in_view(at.reshape(1, 2))[0]:
            self._stroke = begin(self, self.bar.tool, at)
            if self._stroke is not None:
                self._hold_timer.start()

    def _release(self, at: Floats) -> None:
        stroke = self._stroke
        if stroke is None:
            return
        if not np.array_equal(stroke.at, at):
            stroke.move(at)
        self._end()
        stroke.finish()

    def cancel(self) -> None:
        """Give the stroke under way up."""
        stroke = self._stroke
        if stroke is not None:
            self._end()
            stroke.cancel()

    def _end(self) -> None:
        self._stroke = None
        self._hold_timer.stop()
        self.marks.clear_stroke()

    @Slot()
    def _hold(self) -> None:
        if self._stroke is not None:
            self._stroke.hold()

    def _on_key(self, event: QKeyEvent) -> bool:
        key, bar = event.key(), self.bar
        place = key - Qt.Key.Key_1.value
        known = key in (Qt.Key.Key_Escape, Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
        known = known or key in (Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight)
        known = known or 0 <= place < bar.classes.count()
        if not known or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() != QEvent.Type.KeyPress:
            return False
        if key == Qt.Key.Key_Escape:
            self._escape()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            if not self.is_drawing:
                self.delete()
        elif key in (Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight):
            step = _SIZE_STEP if key == Qt.Key.Key_BracketRight else -_SIZE_STEP
            bar.size.setValue(bar.size.value() + step)
        else:
            bar.classes.setCurrentIndex(place)
        return True

    def _escape(self) -> None:
        """Give up the stroke, what waits, or the selection, and at last put the tools away."""
        if self.is_drawing:
            self.cancel()
        elif self.drafts is not None and self.drafts.strokes:
            self.drafts.strokes.pop()
            self._show_waiting()
            self.emptied.emit()
        elif self.drafts is not None and self._document.project.data is not None:
            self._drop_drafts()
            self.emptied.emit()
        elif len(self.selected):
            self.select(_NO_ROWS)
        else:
            self.set_on(False)

    # Showing

    def _frame(self) -> tuple[Floats, Floats]:
        """Return where the first pixel of the plot is, and how large one is, (2,) each, in data's units."""
        view = self._plot.getViewBox()
        first = view.mapSceneToView(self._plot.mapToScene(0, 0))
        width, height = view.viewPixelSize()
        return np.array([first.x(), first.y()]), np.array([width, -height])

    def _row_places(self) -> Floats:
        """Return where all rows stand, (rows, 2), in the data's units."""
        return np.column_stack(self.scene.point_places(self.output))

    def _color(self, mark: float) -> QColor:
        """Return the color of points of a class or value."""
        current = theme.manager().current
        if self.scene.kind == "curve":
            return current.train_line
        if self.drafts is None:
            assert self.scene.data is not None
            return Hues(current).mark(self.scene.data, mark, self.output)
        classes = self.drafts.classes
        if not classes:
            return current.train_line
        return Hues(current).legend(classes, len(classes) if len(classes) > 2 else 1)[int(mark)][1]

    def _show_waiting(self) -> None:
        strokes = [] if self.drafts is None else self.drafts.strokes
        self.marks.show_waiting([(places, self._color(mark)) for places, mark in strokes])

    def _show_selected(self) -> None:
        data = self.scene.data
        known = data is not None and len(self.selected) and self.selected[-1] < len(data)
        self.marks.show_selected(self._row_places()[self.selected] if known else _NOWHERE)

    def _show_reach(self, at: Floats | None) -> None:
        shown = at is not None and self.bar.tool in ("brush", "spray", "eraser")
        self.marks.show_reach(
            self.places_of(at.reshape(1, 2)) if shown and at is not None else _NOWHERE, self.bar.radius
        )

    def _show_cursor(self) -> None:
        viewport = self._plot.viewport()
        if self._is_on:
            hand = self.bar.tool == "drag"
            viewport.setCursor(Qt.CursorShape.OpenHandCursor if hand else Qt.CursorShape.CrossCursor)
        else:
            viewport.unsetCursor()

    @Slot()
    def _on_options(self) -> None:
        self._show_cursor()
        self._show_reach(None)
