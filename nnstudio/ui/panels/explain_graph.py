"""A computation graph in a panel: values above and derivatives below, walked one operation at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.explain import graph_at
from nnstudio.explain.numbers import show
from nnstudio.explain.walks import name_of, placed, step_at, step_count
from nnstudio.ui import theme
from nnstudio.ui.typeset import set_inline

if TYPE_CHECKING:
    from nnstudio.explain import Graph, Moment
    from nnstudio.explain.building import Node
    from nnstudio.explain.walks import Step
    from nnstudio.ui.theme import Theme

# A larger graph is no picture any more, but a wall.
MOST_DRAWN = 400
# Room of a node across and down, and its plate, in pixels at full size.
_ACROSS, _DOWN = 74.0, 78.0
_PLATE = QSize(50, 24)
_MARGIN = 14.0
_EM = 14.0
_SMALL_EM = 12.5
_LEAST_SCALE, _MOST_SCALE = 0.6, 2.5
_ZOOM_STEP = 1.15
_LEAST_HEIGHT, _MOST_HEIGHT = 120, 420
_TOLD_LINES = 3
_ALL = "Values are computed downward, derivatives are passed back upward. Walk through them one by one."


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
            return QSize(200, _LEAST_HEIGHT)
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

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(current.border, 1))
        painter.setBrush(current.plot_background)
        painter.drawRoundedRect(frame, 6, 6)
        graph, step = self._graph, self._step
        if graph is None or step is None:
            return
        painter.setClipRect(frame.adjusted(1, 1, -1, -1))
        for node in graph.nodes:
            for place in range(len(node.arguments)):
                self._paint_edge(painter, node, place, step, current)
        for node in graph.nodes:
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
            if set_inline(named).width * small > 1.6 * _ACROSS * self._scale:
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


class GraphView(QWidget):
    """A graph with the buttons that walk through it, and a sentence about the operation just done."""

    pointed = Signal(object)  # Node or None

    def __init__(self, parent: QWidget | None = None, *, is_large: bool = False) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._is_large = is_large
        self._moment: Moment | None = None
        self._neuron_id: str | None = None
        self._graph: Graph | None = None
        self._number: int | None = None  # None: the end, whatever the number of operations
        self._is_due = False
        self._window: GraphWindow | None = None
        self.picture = GraphPicture(self, zooms=is_large)
        self.picture.pointed.connect(self.pointed)
        self.place = QLabel(self)
        self.place.setProperty("role", "muted")
        self.told = QLabel(self)
        self.told.setWordWrap(True)
        self.told.setMinimumHeight(_TOLD_LINES * self.fontMetrics().lineSpacing())
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout()
        row.setSpacing(2)
        self.buttons: dict[str, QToolButton] = {}
        for key, icon, name, slot in (
            ("first", "go-first", "Begin with what is given (Home)", self.go_first),
            ("back", "chevron-left", "One operation back (Left)", self.go_back),
            ("forward", "chevron-right", "One operation on (Right)", self.go_forward),
            ("last", "go-last", "All values and derivatives (End)", self.go_last),
        ):
            button = self._button(icon, name)
            button.clicked.connect(slot)
            self.buttons[key] = button
            row.addWidget(button)
        row.addSpacing(6)
        row.addWidget(self.place, 1)
        self.enlarge = self._button("full-screen", "Show the graph in a window of its own")
        self.enlarge.clicked.connect(self._enlarge)
        self.enlarge.setVisible(not is_large)
        row.addWidget(self.enlarge)
        column = QVBoxLayout(self)
        column.setContentsMargins(*((12, 10, 12, 10) if is_large else (0, 0, 0, 0)))
        column.setSpacing(5)
        column.addLayout(row)
        column.addWidget(self.picture, 1)
        column.addWidget(self.told)

    def _button(self, icon: str, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setAccessibleName(name)
        button.setToolTip(name)
        theme.set_icon(button, icon)
        return button

    @property
    def number(self) -> int:
        """How many operations have been done, forward and back."""
        last = self._last
        return last if self._number is None else min(self._number, last)

    @property
    def graph(self) -> Graph | None:
        """The graph that is walked."""
        return self._graph

    @property
    def window_of_its_own(self) -> GraphWindow | None:
        """The window that shows it enlarged, if any."""
        return self._window

    def show_moment(self, moment: Moment, neuron_id: str | None) -> None:
        """Show the graph of a neuron, or of the whole network; computed once it is seen."""
        if neuron_id != self._neuron_id:
            self._number = None
        self._moment, self._neuron_id = moment, neuron_id
        self._is_due = True
        if self.isVisible():
            self._compute()
        if self._window is not None:
            self._window.view.show_moment(moment, neuron_id)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._compute()

    def _compute(self) -> None:
        if not self._is_due or self._moment is None:
            return
        self._is_due = False
        try:
            found = graph_at(self._moment, self._neuron_id)
        except NNStudioError as error:
            self._say_why(str(error))
            return
        if len(found.nodes) > MOST_DRAWN:
            self._say_why(
                f"The graph has {len(found.nodes):,} nodes, more than the {MOST_DRAWN} that can be told "
                "apart. Select a neuron to see its own."
            )
            return
        self._graph = found
        self.picture.show()
        self._show()

    def _say_why(self, text: str) -> None:
        self._graph = None
        self.picture.hide()
        self.place.setText("")
        self.told.setText(text)
        for button in (*self.buttons.values(), self.enlarge):
            button.setEnabled(False)

    def _show(self) -> None:
        found = self._graph
        if found is None:
            return
        number, forward = self.number, len(found.forward)
        step = step_at(found, number)
        if self._number is None:
            step = replace(step, done=None, told=_ALL)
        self.picture.show_graph(found, step)
        if not self._is_large:
            needed = self.picture.needed().height() * self.picture.scale
            self.picture.setFixedHeight(round(min(max(needed, _LEAST_HEIGHT), _MOST_HEIGHT)))
        if number <= forward:
            self.place.setText(f"Forward, {number} of {forward}")
        else:
            self.place.setText(f"Backward, {number - forward} of {forward}")
        self.told.setText(step.told)
        self.buttons["first"].setEnabled(number > 0)
        self.buttons["back"].setEnabled(number > 0)
        self.buttons["forward"].setEnabled(number < self._last)
        self.buttons["last"].setEnabled(number < self._last)
        self.enlarge.setEnabled(True)

    @property
    def _last(self) -> int:
        return 0 if self._graph is None else step_count(self._graph)

    # Walking

    @Slot()
    def go_first(self) -> None:
        """Begin with what is given."""
        self._go(0)

    @Slot()
    def go_back(self) -> None:
        """Take the last operation back."""
        self._go(self.number - 1)

    @Slot()
    def go_forward(self) -> None:
        """Do the next operation."""
        self._go(self.number + 1)

    @Slot()
    def go_last(self) -> None:
        """Do all of them."""
        self._go(self._last)

    def _go(self, number: int) -> None:
        if self._graph is None:
            return
        number = min(max(number, 0), self._last)
        self._number = None if number == self._last else number
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        walks = {
            Qt.Key.Key_Home: self.go_first,
            Qt.Key.Key_Left: self.go_back,
            Qt.Key.Key_Right: self.go_forward,
            Qt.Key.Key_End: self.go_last,
        }
        walk = walks.get(Qt.Key(event.key()))
        if walk is None:
            super().keyPressEvent(event)
        else:
            walk()
            event.accept()

    # Enlarged

    @Slot()
    def _enlarge(self) -> None:
        if self._moment is None:
            return
        if self._window is None:
            self._window = GraphWindow(self)
            self._window.finished.connect(self._forget_window)
            self._window.view.pointed.connect(self.pointed)
        self._window.view.show_moment(self._moment, self._neuron_id)
        self._window.view.take_place(self._number)
        self._window.show()
        self._window.raise_()

    def take_place(self, number: int | None) -> None:
        """Stand where another walk stands; None is the end."""
        self._number = number
        self._show()

    @Slot()
    def _forget_window(self) -> None:
        if self._window is not None:
            self.take_place(self._window.view._number)
            self._window.deleteLater()
            self._window = None


class GraphWindow(QDialog):
    """The graph of a panel in a window of its own."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Computation graph")
        self.view = GraphView(self, is_large=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self.resize(900, 640)


def _tip(node: Node) -> str:
    derivative = (
        f"derivative {node.shown_derivative.text}" if node.kind != "number" else "a number of the formula"
    )
    name = name_of(node)
    return f"{name[:1].upper()}{name[1:]}: {node.shown_value.text}, {derivative}"
