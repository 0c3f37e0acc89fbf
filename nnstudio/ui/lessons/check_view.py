"""One check of a step: what is wanted, how it stands, and where an answer is typed or chosen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.lessons.choice import ChoiceButton
from nnstudio.ui.lessons.text import LessonText

if TYPE_CHECKING:
    from nnstudio.lessons import Check
    from nnstudio.ui.lessons.watch import CheckState

_MARK = 20


class Mark(QWidget):
    """A ring that gets a check mark once something has passed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(_MARK, _MARK)
        self._passed = False
        theme.manager().changed.connect(self.update)

    def set_passed(self, passed: bool) -> None:
        """Show whether it has."""
        if passed != self._passed:
            self._passed = passed
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = theme.manager().current
        painter = QPainter(self)
        if self._passed:
            theme.icon("check-circle", colors.ok).paint(painter, self.rect())
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colors.faint, 1.6))
        painter.drawEllipse(QRectF(self.rect()).adjusted(3.2, 3.2, -3.2, -3.2))


class CheckView(QFrame):
    """Shows a check; ``answered`` tells what was typed or chosen, ``asked`` that it is to be looked at."""

    answered = Signal(str)
    asked = Signal()

    def __init__(self, check: Check, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("check")
        self.check = check
        self.mark = Mark(self)
        self.title = LessonText(parent=self)
        self.title.show_text(check.title)
        self.told = LessonText(parent=self)
        self.told.setObjectName("told")
        for text in (self.title, self.told):
            # With the keyboard one goes from answer to answer.
            text.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.field: QLineEdit | None = None
        self.choices: list[ChoiceButton] = []
        self.button: QPushButton | None = None
        self._typed_shown = ""

        words = QVBoxLayout()
        words.setSpacing(4)
        words.setContentsMargins(0, 1, 0, 0)
        words.addWidget(self.title)
        answer = self._make_answer()
        if answer is not None:
            words.addLayout(answer)
        words.addWidget(self.told)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 10, 6)
        row.setSpacing(8)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        theme.manager().changed.connect(self._restyle)
        self._passed = self._is_wrong = False
        self._restyle()

    @property
    def controls(self) -> list[QWidget]:
        """What the keyboard goes through, in order."""
        return [each for each in (*self.choices, self.field, self.button) if each is not None]

    def show_state(self, state: CheckState) -> None:
        """Show how the check stands."""
        self._passed = state.passed
        self._is_wrong = self.check.is_typed and bool(state.tries) and not state.passed
        self.mark.set_passed(state.passed)
        if self.field is not None and state.typed and state.typed != self._typed_shown:
            self._typed_shown = state.typed
            self.field.setText(state.typed)
        for button in self.choices:
            chosen = button.text() == state.typed and (state.passed or state.tries > 0)
            button.set_chosen(chosen=chosen, is_right=state.passed)
        if self.button is not None:
            self.button.setText("Checking…" if state.is_working else "Check")
            self.button.setEnabled(not state.is_working)
        told = self._words(state)
        if told != self.told.text:
            self.told.show_text(told)
        self.told.setVisible(bool(told))
        standing = "passed" if state.passed else "being checked" if state.is_working else "not passed yet"
        self.setAccessibleName(f"{self.check.title} ({standing})")
        self._restyle()

    def _words(self, state: CheckState) -> str:
        if state.is_working:
            return "Training to find out…"
        if state.passed:
            return state.told if self.check.is_typed else ""
        told = state.told
        otherwise = self.check.otherwise
        if told and otherwise and not self.check.is_typed:
            return f"{told} {otherwise}"
        return told

    def _make_answer(self) -> QVBoxLayout | None:
        check = self.check
        if not check.is_typed and not check.is_heavy:
            return None
        place = QVBoxLayout()
        place.setSpacing(5)
        if check.is_typed and check.choices:
            for text in check.choices:
                button = ChoiceButton(text, self)
                button.clicked.connect(partial(self._choose, text))
                self.choices.append(button)
                place.addWidget(button)
            return place
        row = QHBoxLayout()
        row.setSpacing(6)
        self.button = QPushButton("Check", self)
        if check.is_typed:
            self.field = QLineEdit(self)
            self.field.setAccessibleName(check.title)
            self.field.setPlaceholderText("Your answer")
            self.field.setToolTip("Numbers as 0.5, 0,5, 1/2 or 50 %. Enter checks the answer.")
            self.field.returnPressed.connect(self._answer)
            self.button.clicked.connect(self._answer)
            row.addWidget(self.field, 1)
            row.addWidget(self.button)
        else:
            self.button.setToolTip("Train from the start, out of sight, to find out")
            self.button.clicked.connect(self.asked)
            row.addWidget(self.button)
            row.addStretch(1)
        place.addLayout(row)
        return place

    def _choose(self, text: str, _checked: bool = False) -> None:
        self.answered.emit(text)

    @Slot()
    def _answer(self) -> None:
        if self.field is not None and self.field.text().strip():
            self._typed_shown = self.field.text()
            self.answered.emit(self.field.text())
            self.field.selectAll()

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(QSize(120, 0))

    @Slot()
    def _restyle(self) -> None:
        colors = theme.manager().current
        edge = colors.ok if self._passed else colors.border
        told = colors.warning if self._is_wrong else colors.muted
        self.setStyleSheet(
            f"QFrame#check {{ background: {colors.field.name()}; border: 1px solid {edge.name()};"
            " border-radius: 8px; }"
            f"QTextBrowser#told {{ color: {told.name()}; }}"
        )
