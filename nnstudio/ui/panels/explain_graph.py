"""A computation graph in a panel: values above and derivatives below, walked one operation at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.explain import graph_at
from nnstudio.explain.walks import step_at, step_count
from nnstudio.ui import theme
from nnstudio.ui.panels.explain_graph_picture import LEAST_HEIGHT, GraphPicture

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QShowEvent

    from nnstudio.explain import Graph, Moment

# A larger graph is no picture any more, but a wall.
MOST_DRAWN = 400
_MOST_HEIGHT = 420
_TOLD_LINES = 3
_ALL = "Values are computed downward, derivatives are passed back upward. Walk through them one by one."


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
            self.picture.setFixedHeight(round(min(max(needed, LEAST_HEIGHT), _MOST_HEIGHT)))
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
