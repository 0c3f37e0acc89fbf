"""Which constraint the mouse paints, if any, and the bar over the canvas that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout

from nnstudio.network.constraints import constraint_edits, has
from nnstudio.ui import theme
from nnstudio.ui.canvas.overlays import style_card
from nnstudio.ui.fields import ValueEdit
from nnstudio.ui.numbers import format_number, parse_number

if TYPE_CHECKING:
    from nnstudio.network.constraints import Constraint
    from nnstudio.ui.canvas.view import CanvasView


@dataclass(frozen=True)
class _Look:
    title: str
    icon: str
    tip: str


LOOKS: dict[Constraint, _Look] = {
    "freeze": _Look("Freeze", "lock", "Training leaves the weight or bias as it is"),
    "disable": _Look("Disable", "disable", "Takes no part in computing and training; stays in the drawing"),
    "positive": _Look("Keep positive", "plus", "The weight never falls below 0"),
    "negative": _Look("Keep negative", "minus", "The weight never rises above 0"),
    "rate": _Look("Learning rate", "rate", "The learning rate is multiplied by this factor"),
    "tie": _Look("Share one weight", "tie", "All connections of a stroke share one weight; gradients add up"),
}
_HINT = "· Shift takes it away · Esc ends"
_DEFAULT_FACTOR = 0.1
_WIDTH = 348


def read_factor(text: str) -> float:
    """Return the factor on a learning rate that a text spells; raises ValueError with a sentence."""
    value = parse_number(text)
    if value < 0.0:
        raise ValueError("A factor on the learning rate is 0 or more.")
    return value


class Brushes(QObject):
    """The brush in hand. ``changed`` tells of another one, or none."""

    changed = Signal()

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._document = canvas.document
        self._last: Constraint = "freeze"
        self.constraint: Constraint | None = None
        self.factor = _DEFAULT_FACTOR

    def take(self, constraint: Constraint | None) -> None:
        """Take a brush, or put it away."""
        if constraint != self.constraint:
            self._canvas.cancel_gesture()
            self.constraint = constraint
            self._last = constraint or self._last
            self.changed.emit()

    @Slot()
    def brush(self) -> None:
        """Take the brush that was used last, or put it away."""
        self.take(self._last if self.constraint is None else None)

    @Slot()
    def toggle_frozen(self) -> None:
        """Freeze what is selected, or unfreeze it where all of it is frozen."""
        self._toggle("freeze")

    @Slot()
    def toggle_enabled(self) -> None:
        """Disable what is selected, or enable it where all of it is disabled."""
        self._toggle("disable")

    @Slot()
    def share_weight(self) -> None:
        """Let the selected connections share one weight, or part them where they share one."""
        self._toggle("tie")

    def _toggle(self, constraint: Constraint) -> None:
        selection, network = self._document.selection, self._document.network
        items = [
            *(network.neuron(i) for i in selection.neurons),
            *(network.connection(i) for i in selection.connections),
        ]
        for wanted in (True, False) if not all(has(item, constraint) for item in items) else (False, True):
            edits = constraint_edits(
                network, constraint, selection.neurons, selection.connections, wanted=wanted
            )
            if edits:
                self._document.do(*edits)
                return
        self._canvas.message.emit("Nothing that is selected can be changed like this.")


class BrushBar(QFrame):
    """Shows the brushes while one is in hand."""

    def __init__(self, brushes: Brushes, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._brushes = brushes
        self._canvas = canvas
        self.setObjectName("brush-bar")
        self.setAccessibleName("Constraint brushes")
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 7, 7, 10)
        layout.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(2)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        for key, look in LOOKS.items():
            button = QToolButton(self)
            button.setCheckable(True)
            button.setToolTip(f"{look.title}: {look.tip[0].lower()}{look.tip[1:]}")
            button.setAccessibleName(f"Brush: {look.title}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setProperty("constraint", key)
            theme.set_icon(button, look.icon)
            self._group.addButton(button)
            self.buttons[key] = button
            row.addWidget(button)
        tip = "What the learning rate is multiplied by: 0 freezes, 1 is as usual"
        self.factor = ValueEdit(read_factor, format_number, tip, self)
        self.factor.setAccessibleName("Factor on the learning rate")
        self.factor.show_value(brushes.factor)
        self.factor.setFixedWidth(56)
        row.addWidget(self.factor)
        row.addStretch(1)
        self.close_button = QToolButton(self)
        theme.set_icon(self.close_button, "close")
        self.close_button.setToolTip("Put the brush away (Esc)")
        self.close_button.setAccessibleName("Put the brush away")
        self.close_button.clicked.connect(self._close)
        row.addWidget(self.close_button)
        layout.addLayout(row)
        words = QHBoxLayout()
        self.title = QLabel(self)
        self.title.setProperty("role", "title")
        words.addWidget(self.title)
        hint = QLabel(_HINT, self)
        hint.setProperty("role", "muted")
        words.addWidget(hint, 1)
        layout.addLayout(words)
        self.setFixedWidth(_WIDTH)
        self._group.buttonClicked.connect(self._choose)
        self.factor.committed.connect(self._set_factor)
        brushes.changed.connect(self.refresh)
        theme.manager().changed.connect(self._restyle)
        self._restyle()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show the brush in hand."""
        constraint = self._brushes.constraint
        self.setVisible(constraint is not None)
        if constraint is not None:
            self.buttons[constraint].setChecked(True)
            self.factor.setVisible(constraint == "rate")
            self.title.setText(LOOKS[constraint].title)
            self.title.setToolTip(LOOKS[constraint].tip)
            self.adjustSize()

    @Slot(object)
    def _choose(self, button: QToolButton) -> None:
        self._brushes.take(button.property("constraint"))
        self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object)
    def _set_factor(self, value: float) -> None:
        self._brushes.factor = value

    @Slot()
    def _close(self) -> None:
        self._brushes.take(None)

    @Slot()
    def _restyle(self) -> None:
        style_card(self)
