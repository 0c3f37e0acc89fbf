"""A text in the room that there is, of no more than two lines: all of it is in the tooltip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTextLayout
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.ui import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

_FONT_PIXELS = 12
_LINES = 2


class Caption(QWidget):
    """Shows a text in lines of its width; what doesn't fit ends in dots."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        font = QFont(self.font())
        font.setPixelSize(_FONT_PIXELS)
        self._font = font
        self._spacing = QFontMetricsF(font).lineSpacing()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(round(_LINES * self._spacing) + 2)

    def show_text(self, text: str) -> None:
        """Show another text."""
        if text != self.text:
            self.text = text
            self.setToolTip(text)
            self.setAccessibleName(text)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._font)
        painter.setPen(theme.manager().current.text)
        lines = self.lines()
        top = (self.height() - len(lines) * self._spacing) / 2.0
        ascent = QFontMetricsF(self._font).ascent()
        for number, line in enumerate(lines):
            painter.drawText(QPointF(0.0, top + number * self._spacing + ascent), line)

    def lines(self) -> list[str]:
        """Return the lines as they are painted."""
        layout = QTextLayout(self.text, self._font)
        found: list[str] = []
        layout.beginLayout()
        while True:
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(max(1.0, float(self.width())))
            start = line.textStart()
            if len(found) == _LINES - 1:
                metrics = QFontMetricsF(self._font)
                found.append(metrics.elidedText(self.text[start:], Qt.TextElideMode.ElideRight, self.width()))
                break
            found.append(self.text[start : start + line.textLength()])
        layout.endLayout()
        return found
