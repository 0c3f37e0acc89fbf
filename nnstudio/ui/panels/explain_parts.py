"""The parts of an explanation as widgets, which stay while their numbers change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from nnstudio.ui import theme
from nnstudio.ui.panels.curve import CurvePlot
from nnstudio.ui.panels.explain_contents import Curve, Limit, Line, Note, Operations, Way
from nnstudio.ui.panels.explain_formula import FormulaView, is_copying
from nnstudio.ui.panels.explain_graph import GraphView
from nnstudio.ui.panels.explain_limit import LimitView
from nnstudio.ui.panels.section import Section

if TYPE_CHECKING:
    from nnstudio.explain.paths import Path
    from nnstudio.ui.panels.explain_contents import Item, Part


class WayView(QWidget):
    """A path to the loss; ``pointed`` says whether it is under the pointer, has the focus, or was clicked."""

    pointed = Signal(object, bool)  # itself
    clicked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Point at the path to see it on the canvas; click to keep it lit")
        self.path: Path | None = None
        self.is_kept = False
        self.title = QLabel(self)
        self.title.setWordWrap(True)
        self.title.setProperty("role", "muted")
        self.formula = FormulaView(self)
        self.formula.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.addActions(self.formula.actions())
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 5, 4, 4)
        column.setSpacing(3)
        column.addWidget(self.title)
        column.addWidget(self.formula)
        theme.manager().changed.connect(self.update)

    def show_way(self, way: Way) -> None:
        """Show a path."""
        self.path = way.path
        self.title.setText(way.title)
        self.setAccessibleName(f"Path {way.title}: {way.formula.text}")
        self.formula.show_formula(way.formula)

    def keep(self, kept: bool) -> None:
        """Look as the path that stays lit up, or not."""
        self.is_kept = kept
        self.update()

    def event(self, event: QEvent) -> bool:
        if not is_copying(event):
            return super().event(event)
        self.formula.take_copy(event)
        return True

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed.emit(self, True)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(self, False)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.pointed.emit(self, True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.pointed.emit(self, False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit(self)
        super().mouseReleaseEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        lit = self.is_kept or self.underMouse() or self.hasFocus()
        painter.setPen(QPen(current.accent if lit else current.border, 1))
        painter.setBrush(current.selection if self.is_kept else current.field)
        painter.drawRoundedRect(area, 6, 6)


class PartView(Section):
    """One part: its title and what stands below."""

    way_pointed = Signal(object, bool)
    way_clicked = Signal(object)
    node_pointed = Signal(object)  # Node of a computation graph, or None

    def __init__(self, part: Part, parent: QWidget | None = None) -> None:
        super().__init__(part.title, parent)
        self.views: list[QWidget] = []
        for item in part.items:
            if isinstance(item, Line) and item.caption:
                caption = QLabel(item.caption, self)
                caption.setProperty("role", "muted")
                caption.setWordWrap(True)
                self.body.addWidget(caption)
            view = self._view(item)
            self.views.append(view)
            self.body.addWidget(view)
        self.body.setSpacing(5)

    @property
    def is_enlarged(self) -> bool:
        """Whether something of it is in a window of its own."""
        return any(isinstance(view, GraphView) and view.window_of_its_own for view in self.views)

    def show_part(self, part: Part, *, seen_only: bool = False) -> None:
        """Show the same part with other numbers, or what is seen of it."""
        for view, item in zip(self.views, part.items, strict=True):
            if seen_only and view.visibleRegion().isEmpty() and not self.is_enlarged:
                continue
            if isinstance(view, FormulaView):
                view.show_formula(item.formula)
            elif isinstance(view, CurvePlot):
                view.show_curve(item.key, slope=True)
                view.show_point(item.point)
            elif isinstance(view, WayView):
                view.show_way(item)
            elif isinstance(view, GraphView):
                view.show_moment(item.moment, item.neuron_id)
            elif isinstance(view, LimitView):
                view.show_limit(item.moment, item.item_id)
            else:
                view.setText(item.text)

    def _view(self, item: Item) -> QWidget:
        if isinstance(item, Line):
            return FormulaView(self)
        if isinstance(item, Curve):
            return CurvePlot(self)
        if isinstance(item, Limit):
            return LimitView(self)
        if isinstance(item, Operations):
            graph = GraphView(self)
            graph.pointed.connect(self.node_pointed)
            return graph
        if isinstance(item, Note):
            note = QLabel(self)
            note.setWordWrap(True)
            note.setProperty("role", "muted")
            return note
        view = WayView(self)
        view.pointed.connect(self.way_pointed)
        view.clicked.connect(self.way_clicked)
        return view
