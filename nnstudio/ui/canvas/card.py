"""A small form over the canvas, which stays usable meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.canvas.floating import FloatingCard
from nnstudio.ui.canvas.overlays import MARGIN, style_card
from nnstudio.ui.panels.section import ErrorLabel, Form

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QPainter

    from nnstudio.ui.canvas.view import CanvasView

_WIDTH = 292
_LEAST_BODY = 64


class CanvasCard(FloatingCard):
    """Shows on the canvas what it would do; Enter does it, Esc closes the card without a change.

    It follows the document and the selection. Subclasses fill ``form`` and ``note``.
    """

    def __init__(self, canvas: CanvasView, name: str, title: str, verb: str) -> None:
        super().__init__(canvas, name, title)
        self._is_applying = False
        self.setFixedWidth(_WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 12)
        layout.setSpacing(9)
        heading = QHBoxLayout()
        caption = QLabel(title, self)
        caption.setProperty("role", "title")
        self.close_button = QToolButton(self)
        theme.set_icon(self.close_button, "close")
        self.close_button.setToolTip("Close without a change (Esc)")
        self.close_button.setAccessibleName("Close")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.clicked.connect(self.close_card)
        heading.addWidget(caption, 1)
        heading.addWidget(self.close_button)
        layout.addLayout(heading)
        self.form = Form(self)
        self.note = QLabel(self)
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.problem = ErrorLabel(self)
        # Scrolls where the canvas is low, so that the button is always in reach.
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(layout.spacing())
        for part in (self.form, self.note, self.problem):
            body.addWidget(part)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._body)
        # The card's own color shows through.
        self._scroll.viewport().setAutoFillBackground(False)
        self._body.setAutoFillBackground(False)
        layout.addWidget(self._scroll)
        self.button = QPushButton(verb, self)
        self.button.setProperty("primary", "true")
        self.button.setToolTip(f"{verb} (Enter)")
        self.button.clicked.connect(self.accept)
        layout.addWidget(self.button)
        # As a shortcut, since fields take Esc to undo what was typed, which is in the preview already.
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close_card)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        theme.manager().changed.connect(self._restyle)
        self._restyle()
        self.document.network_changed.connect(self._follow)
        self.document.selection.changed.connect(self._follow)
        self.document.project_replaced.connect(self.close_card)

    def paint(self, painter: QPainter) -> None:
        """Paint over the scene, in its coordinates, what the card would do."""

    def apply(self) -> bool:
        """Do it, as one undoable step; say whether that was possible."""
        raise NotImplementedError

    @Slot()
    def refresh(self) -> None:
        """Work out anew what the card would do."""

    @Slot()
    def accept(self) -> None:
        """Do it and close, or stay open where it is not possible."""
        if not self.button.isEnabled():
            return
        self._is_applying = True
        self.is_done = self.apply()
        self._is_applying = False
        if self.is_done:
            self.close_card()

    def show_result(self, note: str, problem: str = "", *, able: bool = True) -> None:
        """Say what would be done, or why it cannot be."""
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.problem.tell(problem)
        self.button.setEnabled(able and not problem)
        self.fit_height()
        self.canvas.cards.place()
        self.canvas.refresh()

    def fit_height(self) -> None:
        """Take the height that is needed, or that there is."""
        layout, body = self.layout(), self._body.layout()
        margins = layout.contentsMargins()
        body.activate()
        inner = _WIDTH - margins.left() - margins.right()
        needed = body.totalHeightForWidth(inner) if body.hasHeightForWidth() else body.sizeHint().height()
        self._scroll.setFixedHeight(needed)
        layout.activate()
        excess = self.y() + layout.sizeHint().height() + MARGIN - self.canvas.height()
        if excess > 0:
            self._scroll.setFixedHeight(max(_LEAST_BODY, needed - excess))
            layout.activate()
        self.resize(_WIDTH, layout.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.accept()
        # Other keys that mean nothing here must not reach the canvas, where they would.
        event.accept()

    @Slot()
    def _follow(self, _events: object = None) -> None:
        # What its own edit changes would be about doing it once more.
        if self._is_open and not self._is_applying:
            self.refresh()

    @Slot()
    def _restyle(self) -> None:
        style_card(self)
