"""Typing an activation of one's own: its formula, with the curve and its slope, and what is wrong with it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QInputMethodEvent, QTextCharFormat
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from nnstudio.errors import ExpressionError
from nnstudio.network.rules import CUSTOM_ACTIVATION
from nnstudio.ui import theme
from nnstudio.ui.fields import mark_invalid
from nnstudio.ui.panels.curve import CurvePlot
from nnstudio.ui.panels.section import LABEL_WIDTH, ErrorLabel, breakable

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

# Looking for places without a value takes longer than reading, so it waits for a pause in the typing.
CHECK_DELAY = 120

_NOTE = "Enter applies, Esc cancels."


class FormulaLine(QLineEdit):
    """A line for a formula of x: marks the part that is wrong, and tells of Esc."""

    canceled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Formula of the activation")
        self.setPlaceholderText("x * exp(-x * x)")

    def underline(self, start: int, end: int) -> None:
        """Underline the characters from ``start`` up to ``end``; nothing where these are equal.

        A selection would show them too, but the next key would replace what is selected.
        """
        style = QTextCharFormat()
        style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        style.setUnderlineColor(theme.manager().current.error)
        marks = []
        if end > start:
            place = start - self.cursorPosition()
            kind = QInputMethodEvent.AttributeType.TextFormat
            marks.append(QInputMethodEvent.Attribute(kind, place, end - start, style))
        QApplication.sendEvent(self, QInputMethodEvent("", marks))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.canceled.emit()
        else:
            super().keyPressEvent(event)


class FormulaEditor(QWidget):
    """A line ``a = f(x)`` with the curve below; Enter takes the formula, Esc does not.

    ``accepted`` carries the key of the activation. A formula that cannot be an activation is never taken: the
    frame is red, what is wrong underlined, and the reason stands below.
    """

    accepted = Signal(str)
    canceled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        caption = QLabel("a = f(x)", self)
        caption.setProperty("role", "muted")
        caption.setMinimumWidth(LABEL_WIDTH)
        self.line = FormulaLine(self)
        caption.setBuddy(self.line)
        self.curve = CurvePlot(self)
        self.curve.setAccessibleName("Curve of the formula and its slope")
        self.curve.setToolTip("The formula for weighted sums x from −5 to 5, and its slope, dashed")
        self.problem = ErrorLabel(self)
        self.warning = QLabel(self)
        self.warning.setProperty("role", "warning")
        self.warning.setWordWrap(True)
        self.note = QLabel(_NOTE, self)
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        # Messages quote what was typed.
        for label in (self.problem, self.warning):
            label.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(caption)
        row.addWidget(self.line, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(row)
        for widget in (self.problem, self.warning, self.curve, self.note):
            layout.addWidget(widget)
        self._tip = ""
        self._check_timer = QTimer(self)
        self._check_timer.setSingleShot(True)
        self._check_timer.setInterval(CHECK_DELAY)
        self._check_timer.timeout.connect(self._check)
        self.line.textChanged.connect(self._read)
        self.line.returnPressed.connect(self._accept)
        self.line.canceled.connect(self.canceled)
        self.setVisible(False)

    def open(self, key: str | None) -> None:
        """Show the line, with the formula of an activation where it has one, and put the focus there."""
        from nnstudio.expressions import FUNCTIONS

        rows = "".join(
            f"<tr><td><code>{escape(each.usage)}</code>&nbsp;&nbsp;</td><td>{escape(each.description)}</td></tr>"
            for each in FUNCTIONS.values()
        )
        self._tip = (
            "<p>What the neuron makes of its weighted sum x.<br>Numbers, x, pi, e, + − * / ** ( ) and</p>"
            f"<table>{rows}</table>"
        )
        custom = key is not None and key.startswith(CUSTOM_ACTIVATION)
        self.line.setText(key.removeprefix(CUSTOM_ACTIVATION) if key is not None and custom else "")
        self._read()
        self._check()
        self.setVisible(True)
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)
        self.line.selectAll()

    def close_line(self) -> None:
        """Hide the line; what was typed is gone."""
        self._check_timer.stop()
        self.setVisible(False)

    @Slot()
    def _read(self) -> None:
        """Show the curve of what is typed, or why it cannot be read."""
        from nnstudio.expressions import parse

        text = self.line.text()
        self._check_timer.stop()
        self._show_warning("")
        if not text.strip():
            # Nothing typed yet is no mistake.
            self._show_problem(None)
            self.curve.show_curve(None)
            return
        try:
            parse(text)
        except ExpressionError as error:
            self._show_problem(error)
            self.curve.show_curve(None)
            return
        self._show_problem(None)
        self.curve.show_curve(CUSTOM_ACTIVATION + text, slope=True)
        self._check_timer.start()

    @Slot()
    def _check(self) -> None:
        """Show where what is typed has no value."""
        from nnstudio.engine.custom import possible_problems, usual_problem

        self._check_timer.stop()
        text = self.line.text()
        if self.curve.key is None:
            return
        problem = usual_problem(text)
        self._show_problem(problem)
        if problem is None:
            problems = possible_problems(text)
            self._show_warning(f"At large weighted sums, {problems[0]}" if problems else "")

    @Slot()
    def _accept(self) -> None:
        from nnstudio.engine.custom import custom_activation, custom_key

        text = self.line.text()
        try:
            key = custom_key(text)
            custom_activation(key, text)
        except ExpressionError as error:
            self._check_timer.stop()
            self._show_problem(error)
            if error.end > error.start:
                self.line.setSelection(error.start, error.end - error.start)
            else:
                self.line.setCursorPosition(error.start)
            return
        self.accepted.emit(key)

    def _show_problem(self, error: ExpressionError | None) -> None:
        reason = "" if error is None else str(error)
        mark_invalid(self.line, f"<p>{escape(reason)}</p>" if reason else "", self._tip)
        self.line.underline(*((0, 0) if error is None else (error.start, error.end)))
        self.problem.tell(breakable(reason))

    def _show_warning(self, text: str) -> None:
        self.warning.setText(breakable(text))
        self.warning.setVisible(bool(text))
