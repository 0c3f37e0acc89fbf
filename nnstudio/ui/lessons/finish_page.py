"""The end of a lesson: what was gone through, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from nnstudio.ui import theme
from nnstudio.ui.panels.section import MARGIN, ScrollPanel

if TYPE_CHECKING:
    from nnstudio.lessons import Lesson

_SYMBOL = 48


class FinishPage(ScrollPanel):
    """Tells that a lesson is finished; ``next_wanted`` asks for the one that follows."""

    next_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column.setContentsMargins(MARGIN + 4, 20, MARGIN + 4, 12)
        self.column.setSpacing(10)
        self._symbol = QLabel(self)
        self.title = QLabel(self)
        self.title.setWordWrap(True)
        font = QFont(self.title.font())
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setWeight(QFont.Weight.DemiBold)
        self.title.setFont(font)
        self.summary = QLabel(self)
        self.summary.setWordWrap(True)
        self.learned = QLabel(self)
        self.learned.setWordWrap(True)
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setProperty("role", "muted")
        self.next_button = QPushButton(self)
        self.next_button.setProperty("primary", True)
        self.next_button.clicked.connect(self.next_wanted)
        self.save_button = QPushButton("Save the network and your answers…", self)
        self.save_button.setToolTip("Save the project as a file, as to hand it in")
        self.list_button = QPushButton("All lessons", self)
        self.back_button = QPushButton("Back to the last step", self)
        for label in (self.title, self.summary, self.learned):
            label.setTextFormat(Qt.TextFormat.PlainText)
        for widget in (self._symbol, self.title, self.summary, self.learned, self.note):
            self.column.addWidget(widget)
        self.column.addSpacing(6)
        for button in (self.next_button, self.save_button, self.list_button, self.back_button):
            self.column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addStretch(1)
        theme.manager().changed.connect(self._restyle)
        self._restyle()

    def show_end(self, lesson: Lesson, skipped: frozenset[int], following: Lesson | None) -> None:
        """Show the end of a lesson with what was done in it."""
        self.title.setText(f"{'The end of' if skipped else 'You have finished'} “{lesson.title}”")
        self.summary.setText(lesson.summary)
        self.summary.setVisible(bool(lesson.summary))
        self.learned.setText(
            "\n".join(
                f"{'○' if place in skipped else '✓'}  {step.title}" for place, step in enumerate(lesson.steps)
            )
        )
        left_out = len(skipped)
        open_steps = (
            f"{left_out} step{' was' if left_out == 1 else 's were'} skipped; go back whenever you like. "
            if left_out
            else ""
        )
        self.note.setText(f"{open_steps}The network stays as it is, and can be edited freely now.")
        self.next_button.setVisible(following is not None)
        if following is not None:
            self.next_button.setText(f"Next: {following.title}")
        self._restyle()

    @Slot()
    def _restyle(self) -> None:
        colors = theme.manager().current
        self._symbol.setPixmap(theme.icon("check-circle", colors.ok).pixmap(_SYMBOL, _SYMBOL))
