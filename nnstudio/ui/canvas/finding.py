"""Finding neurons by label or id: a field over the canvas, with what it finds lit up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton

from nnstudio.network.reach import found_by
from nnstudio.network.rules import name_of
from nnstudio.ui import theme
from nnstudio.ui.canvas import ghosts
from nnstudio.ui.canvas.floating import FloatingCard
from nnstudio.ui.canvas.overlays import style_card
from nnstudio.ui.numbers import format_count

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QPainter

    from nnstudio.ui.canvas.view import CanvasView


class Finding(QObject):
    """Opens the field."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas

    @Slot()
    def find(self) -> None:
        """Open the field, or go to it where it is open."""
        card = self._canvas.cards.card
        if isinstance(card, FindCard):
            card.field.setFocus()
            card.field.selectAll()
        else:
            self._canvas.cards.open(FindCard(self._canvas))


class FindCard(FloatingCard):
    """Lights up matches while one types; Enter and Shift+Enter go through them, Esc closes."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas, "find-card", "Find neurons")
        self.matches: list[str] = []
        self._current = ""
        self.field = QLineEdit(self)
        self.field.setAccessibleName("Label or id")
        self.field.setPlaceholderText("Label or id")
        self.field.setToolTip("Enter goes to the next neuron found, Shift+Enter to the one before")
        self.field.setClearButtonEnabled(False)
        self.field.setFixedWidth(150)
        self.count = QLabel(self)
        self.count.setProperty("role", "muted")
        self.count.setMinimumWidth(64)
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.previous = self._button("chevron-up", "The one before (Shift+Enter)")
        self.next = self._button("chevron-down", "The next one (Enter)")
        close = self._button("close", "Close (Esc)")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 6, 6, 6)
        layout.setSpacing(3)
        for widget in (self.field, self.count, self.previous, self.next, close):
            layout.addWidget(widget)
        self.field.textChanged.connect(self.refresh)
        self.next.clicked.connect(self.go_on)
        self.previous.clicked.connect(self.go_back)
        close.clicked.connect(self.close_card)
        theme.manager().changed.connect(self._restyle)
        self._restyle()
        self.document.network_changed.connect(self._on_network_changed)
        self.document.project_replaced.connect(self.close_card)
        self.refresh()
        self.field.setFocus()

    @Slot()
    def refresh(self) -> None:
        """Look for what is typed."""
        text = self.field.text()
        self.matches = found_by(self.document.network, text)
        if self._current not in self.matches:
            self._current = ""
        self._show_count()

    @Slot()
    def go_on(self) -> None:
        """Select the next match and bring it into view."""
        self._go(1)

    @Slot()
    def go_back(self) -> None:
        """Select the match before and bring it into view."""
        self._go(-1)

    @Slot()
    def accept(self) -> None:
        """Go on: what Enter means on the canvas while the field is open."""
        self.go_on()

    def paint(self, painter: QPainter) -> None:
        """Light up the matches."""
        current = theme.manager().current
        place_of = self.canvas.network_scene.groups.place_of
        places = [place_of(i) for i in self.matches if i != self._current]
        ghosts.paint_rings(painter, places, current.warning, 2.5)
        if self._current:
            ghosts.paint_rings(painter, [place_of(self._current)], current.warning, 5.0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_card()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._go(1 if event.key() == Qt.Key.Key_Down else -1)
        # Other keys that mean nothing here must not reach the canvas, where they would.
        event.accept()

    def _go(self, by: int) -> None:
        if not self.matches:
            return
        place = self.matches.index(self._current) + by if self._current else (0 if by > 0 else -1)
        self._current = self.matches[place % len(self.matches)]
        self.document.selection.set((self._current,))
        network = self.document.network
        self.canvas.cards.show_point(self.canvas.network_scene.groups.place_of(self._current))
        group = network.group_of(self._current)
        if group is not None and group.collapsed:
            self.canvas.message.emit(f"{name_of(network, self._current)} is inside “{group.name}”.")
        self._show_count()

    def _show_count(self) -> None:
        found = len(self.matches)
        if not self.field.text().strip():
            text = ""
        elif self._current:
            text = f"{format_count(self.matches.index(self._current) + 1)} of {format_count(found)}"
        else:
            text = f"{format_count(found)} found" if found else "None found"
        self.count.setText(text)
        for button in (self.previous, self.next):
            button.setEnabled(found > 0)
        self.adjustSize()
        self.canvas.cards.place()
        self.canvas.refresh()

    def _button(self, icon: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        theme.set_icon(button, icon)
        button.setToolTip(tip)
        button.setAccessibleName(tip.partition(" (")[0])
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    @Slot(object)
    def _on_network_changed(self, _events: object) -> None:
        if self._is_open:
            self.refresh()

    @Slot()
    def _restyle(self) -> None:
        style_card(self)
