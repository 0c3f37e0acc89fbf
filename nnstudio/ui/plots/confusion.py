"""The confusion matrix: which classes the network takes for which."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from nnstudio.ui import theme
from nnstudio.ui.numbers import format_count, format_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LINE_SHARE = 0.85  # of the height of a line, which names do not fill


def step_of_names(side: float, line: float) -> int:
    """Return of how many rows ``side`` pixels high one is named, so that no name covers the one above."""
    return max(1, math.ceil(_LINE_SHARE * line / side))


class ConfusionView(QWidget):
    """Counts of rows by their class and by what the network answers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Confusion matrix")
        self._counts: NDArray[np.intp] | None = None
        self._classes: tuple[str, ...] = ()
        theme.manager().changed.connect(self.update)

    @property
    def counts(self) -> NDArray[np.intp] | None:
        """The counts shown, (classes, classes): rows are the classes, columns the answers."""
        return self._counts

    def show_counts(self, counts: NDArray[np.intp] | None, classes: tuple[str, ...]) -> None:
        """Show counts (classes, classes), or nothing."""
        self._counts = counts
        self._classes = classes
        if counts is not None:
            total, right = int(counts.sum()), int(counts.trace())
            self.setAccessibleDescription(f"{right} of {total} rows are right")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 240)

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), current.plot_background)
        if self._counts is None or not len(self._classes):
            return
        small = QFont(self.font())
        small.setPointSizeF(small.pointSizeF() * 0.86)
        painter.setFont(small)
        metrics = painter.fontMetrics()
        line = metrics.height()
        count = len(self._classes)
        name_width = min(
            max(metrics.horizontalAdvance(name) for name in ("Class", *self._classes)) + 6,
            int(self.width() * 0.3),
        )
        area = QRectF(self.rect()).adjusted(12 + name_width, 8 + 2 * line + 6, -12, -line - 14)
        side = max(8.0, min(area.width() / count, area.height() / count, 84.0))
        left, top = area.left() + (area.width() - side * count) / 2, area.top()
        self._paint_names(painter, left, top, side, name_width)
        rows = self._counts.sum(axis=1)
        for row in range(count):
            for column in range(count):
                cell = QRectF(left + column * side, top + row * side, side, side).adjusted(
                    1.5, 1.5, -1.5, -1.5
                )
                number = int(self._counts[row, column])
                share = number / max(1, int(rows[row]))
                self._paint_cell(painter, cell, number, share, right=row == column)
        total, right = int(self._counts.sum()), int(self._counts.trace())
        painter.setPen(current.text)
        share = right / total if total else 0.0
        text = f"{format_count(right)} of {format_count(total)} right ({format_number(100 * share, 3)} %)"
        bottom = QRectF(0, top + side * count + 4, self.width(), line + 4)
        painter.drawText(bottom, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_names(self, painter: QPainter, left: float, top: float, side: float, width: int) -> None:
        current = theme.manager().current
        metrics = painter.fontMetrics()
        line = metrics.height()
        span = side * len(self._classes)
        painter.setPen(current.faint)
        painter.drawText(
            QRectF(left - 40, top - 2 * line - 6, span + 80, line), Qt.AlignmentFlag.AlignCenter, "Answer"
        )
        painter.drawText(
            QRectF(left - width - 6, top - line - 4, width, line),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            "Class",
        )
        painter.setPen(current.muted)
        step = step_of_names(side, line)
        for place, name in enumerate(self._classes):
            across = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(side - 2))
            painter.drawText(
                QRectF(left + place * side, top - line - 4, side, line), Qt.AlignmentFlag.AlignCenter, across
            )
            if place % step:
                continue
            down = metrics.elidedText(name, Qt.TextElideMode.ElideRight, width)
            painter.drawText(
                QRectF(left - width - 6, top + place * side + (side - line) / 2, width, line),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                down,
            )

    def _paint_cell(self, painter: QPainter, cell: QRectF, number: int, share: float, *, right: bool) -> None:
        current = theme.manager().current
        color = QColor(current.positive if right else current.negative)
        color.setAlphaF(0.06 + 0.84 * share if number else 0.04)
        painter.setPen(QPen(current.border, 1))
        painter.setBrush(color)
        corner = min(4.0, cell.width() / 4)
        painter.drawRoundedRect(cell, corner, corner)
        strong = number and share > 0.5
        painter.setPen((current.accent_text if strong else current.text) if number else current.faint)
        if cell.width() > 16:
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, format_count(number))
