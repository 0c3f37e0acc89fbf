"""An answer to choose: a button whose words wrap, with formulas in them."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from nnstudio.ui import theme
from nnstudio.ui.lessons.text import LessonText


class ChoiceButton(QAbstractButton):
    """One of the answers that there are to choose from."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_right = False
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        words = LessonText(parent=self)
        words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        words.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        words.show_text(text)
        column = QVBoxLayout(self)
        column.setContentsMargins(11, 6, 11, 2)
        column.addWidget(words)
        theme.manager().changed.connect(self.update)

    def set_chosen(self, *, chosen: bool, is_right: bool) -> None:
        """Show whether this is the answer that was given, and a right one."""
        self._is_right = is_right
        self.setChecked(chosen)
        self.update()

    def sizeHint(self) -> QSize:
        return self.layout().sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge, fill = colors.border, colors.panel
        if self.underMouse() or self.hasFocus():
            edge, fill = colors.accent, colors.hover if self.underMouse() else colors.panel
        if self.isChecked():
            edge = colors.ok if self._is_right else colors.warning
        painter.setPen(QPen(edge, 1.6 if self.isChecked() else 1.0))
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.8, 0.8, -0.8, -0.8), 6, 6)
