"""The picture of a computation graph: values above and derivatives below each node, at one step of a walk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.explain.numbers import show
from nnstudio.explain.walks import name_of, placed
from nnstudio.ui import theme
from nnstudio.ui.panels.frame import framed
from nnstudio.ui.typeset import set_inline

if TYPE_CHECKING:
    from nnstudio.explain import Graph
    from nnstudio.explain.building import Node
    from nnstudio.explain.walks import Step
    from nnstudio.ui.theme import Theme

# Room of a node across and down, and its plate, in pixels at full size.
_ACROSS, _DOWN = 74.0, 78.0
_WIDEST = 1.6  # what is written beside a node, in the same units
_PLATE = QSize(50, 24)
_MARGIN = 14.0
_EM = 14.0
_SMALL_EM = 12.5
_LEAST_SCALE, _MOST_SCALE = 0.6, 2.5
_ZOOM_STEP = 1.15
LEAST_HEIGHT = 120


class GraphPicture(QWidget):
    """Paints a graph at one step of a walk; ``pointed`` tells the node under the pointer, or None.

    It fits the width where that leaves it legible, and is dragged and zoomed with the wheel otherwise.
    """

    pointed = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, zooms: bool = False) -> None:
        super().__init__(parent)
        self.setAccessibleName("Computation graph")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._zooms = zooms
        self._graph: Graph | None = None
        self._step: Step | None = None
        self._places: dict[int, tuple[float, int]] = {}
        self._shape: tuple[object, ...] = ()
        self._scale = 1.0
        self._offset = QPointF()
        self._dragged_from: QPointF | None = None
        self._pointed: int | None = None
        theme.manager().changed.connect(self.update)

    @property
    def scale(self) -> float:
        """How large it is drawn."""
        return self._scale

    def show_graph(self, graph: Graph, step: Step) -> None:
        """Show a graph at a step; one of the same operations stays where it is."""
        shape = tuple((node.operation, node.kind, node.arguments) for node in graph.nodes)
        self._graph, self._step = graph, step
        if shape != self._shape:
            self._shape = shape
            self._places = placed(graph)
            self._pointed = None
            self.fit()
        self.update()

    def needed(self) -> QSize:
        """Return its size at full scale."""
        if not self._places:
            return QSize(200, LEAST_HEIGHT)
        widest = max(abs(across) for across, _ in self._places.values())
        rows = 1 + max(row for _, row in self._places.values())
        return QSize(round((2 * widest + 1) * _ACROSS + 2 * _MARGIN), round(rows * _DOWN + 2 * _MARGIN))

    @Slot()
    def fit(self) -> None:
        """Show all of it, or as much as can be read, from its top."""
        needed = self.needed()
        scale = (self.width() - 2) / needed.width()
        if self._zooms:
            scale = min(scale, (self.height() - 2) / needed.height())
        self._scale = min(max(scale, _LEAST_SCALE), 1.6 if self._zooms else 1.0)
        self._offset = QPointF()
        self.update()

    def center_of(self, index: int) -> QPointF:
        """Return where a node stands, in pixels of the widget."""
        across, row = self._places[index]
        top = _MARGIN + (row + 0.5) * _DOWN
        return QPointF(self.width() / 2 + across * _ACROSS * self._scale, top * self._scale) + self._offset

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        current = theme.manager().current
        painter, frame = framed(self)
        graph, step = self._graph, self._step
        if graph is None or step is None:
            return
        painter.setClipRect(frame.adjusted(1, 1, -1, -1))
        for node in graph.nodes:
            for place in range(len(node.arguments)):
                self._paint_edge(painter, node, place, step, current)
        # Most of a large graph is scrolled away, and what is written takes nearly all of the time.
        seen = QRectF(event.rect())
        reach = QPointF(2.0 * _WIDEST * _ACROSS, _DOWN) * self._scale
        for node in graph.nodes:
            center = self.center_of(node.index)
            if seen.intersects(QRectF(center - reach, center + reach)):
                self._paint_node(painter, node, step, current)

    def _paint_edge(self, painter: QPainter, node: Node, place: int, step: Step, current: Theme) -> None:
        is_done = step.done == node.index
        ends = self.center_of(node.arguments[place]), self.center_of(node.index)
        half = QPointF(0.0, _PLATE.height() / 2 * self._scale)
        color = self._backward_color(current) if is_done and step.is_backward else current.accent
        painter.setPen(QPen(color if is_done else current.faint, 2.0 if is_done else 1.0))
        painter.drawLine(ends[0] + half, ends[1] - half)
        assert self._graph is not None
        if is_done and step.is_backward and self._graph.nodes[node.arguments[place]].kind != "number":
            middle = ends[0] * 0.5 + ends[1] * 0.5
            self._paint_plate_of(
                painter, f"\\times {show(node.slopes[place]).factor}", middle, color, current
            )

    def _paint_plate_of(
        self, painter: QPainter, latex: str, center: QPointF, color: QColor, current: Theme
    ) -> None:
        em = _SMALL_EM * self._scale
        formula = set_inline(latex)
        size = QPointF(formula.width * em, formula.height * em)
        back = QRectF(center - size / 2 - QPointF(3, 1), center + size / 2 + QPointF(3, 1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.plot_background)
        painter.drawRoundedRect(back, 4, 4)
        formula.paint(painter, center - size / 2, em, color)

    def _paint_node(self, painter: QPainter, node: Node, step: Step, current: Theme) -> None:
        center = self.center_of(node.index)
        is_known = node.index in step.values
        formula = set_inline(node.sign.latex)
        em = _EM * self._scale
        plate = QRectF(
            0, 0, max(_PLATE.width() * self._scale, formula.width * em + 10), _PLATE.height() * self._scale
        )
        plate.moveCenter(center)
        is_done = step.done == node.index
        lit = is_done or self._pointed == node.index
        painter.setPen(QPen(current.accent if lit else current.border, 2.0 if is_done else 1.25))
        painter.setBrush(current.field if node.kind == "operation" else current.panel)
        round_by = plate.height() / 2 if node.kind == "operation" else 4
        painter.drawRoundedRect(plate, round_by, round_by)
        size = QPointF(formula.width * em, formula.height * em)
        formula.paint(painter, center - size / 2, em, current.text if is_known else current.faint)
        small = _SMALL_EM * self._scale
        if is_known and node.kind != "number":
            value = node.shown_value.latex
            named = value if node.name is None or not node.arguments else f"{node.name.latex} = {value}"
            if node.name == node.sign:
                named = value
            if set_inline(named).width * small > _WIDEST * _ACROSS * self._scale:
                named = value
            self._paint_words(painter, named, center.x(), plate.top() - 2, current.text, above=True)
        if node.index in step.derivatives:
            derivative = show(step.derivatives[node.index]).latex
            color = self._backward_color(current)
            self._paint_words(painter, derivative, center.x(), plate.bottom() + 1, color)

    def _paint_words(
        self, painter: QPainter, latex: str, middle: float, y: float, color: QColor, *, above: bool = False
    ) -> None:
        """Write above or below a height, on a ground that keeps lines from running through."""
        em = _SMALL_EM * self._scale
        formula = set_inline(latex)
        width, height = formula.width * em, formula.height * em
        area = QRectF(middle - width / 2, y - height if above else y, width, height)
        painter.fillRect(area.adjusted(-2, 0, 2, 0), theme.manager().current.plot_background)
        formula.paint(painter, area.topLeft(), em, color)

    @staticmethod
    def _backward_color(current: Theme) -> QColor:
        return current.negative

    # The pointer

    def node_at(self, point: QPointF) -> int | None:
        """Return the node at a point, or None."""
        half = QPointF(_ACROSS * 0.45, _DOWN * 0.4) * self._scale
        for index in self._places:
            away = self.center_of(index) - point
            if abs(away.x()) <= half.x() and abs(away.y()) <= half.y():
                return index
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._dragged_from = event.position() - self._offset
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged_from is not None:
            self._move_to(event.position() - self._dragged_from)
        self._point(self.node_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged_from = None
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self._zooms:
            event.ignore()  # the panel scrolls
            return
        factor = _ZOOM_STEP ** (event.angleDelta().y() / 120.0)
        scale = min(max(self._scale * factor, _LEAST_SCALE / 2), _MOST_SCALE)
        origin = QPointF(self.width() / 2, 0.0)
        grown = scale / self._scale
        self._offset = event.position() - origin - (event.position() - origin - self._offset) * grown
        self._scale = scale
        self.update()
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def _move_to(self, offset: QPointF) -> None:
        # Some of it always stays on view.
        needed = self.needed()
        most_across = max(0.0, needed.width() * self._scale / 2 - 40)
        most_up = max(0.0, needed.height() * self._scale - 40)
        self._offset = QPointF(
            min(max(offset.x(), -most_across), most_across), min(max(offset.y(), -most_up), most_up)
        )
        self.update()

    def _point(self, index: int | None) -> None:
        if index == self._pointed:
            return
        self._pointed = index
        node = None if index is None or self._graph is None else self._graph.nodes[index]
        self.setToolTip("" if node is None else _tip(node))
        self.pointed.emit(node)
        self.update()


def _tip(node: Node) -> str:
    derivative = (
        f"derivative {node.shown_derivative.text}" if node.kind != "number" else "a number of the formula"
    )
    name = name_of(node)
    return f"{name[:1].upper()}{name[1:]}: {node.shown_value.text}, {derivative}"
