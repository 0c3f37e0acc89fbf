"""The confusion matrix: which classes the network takes for which."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from nnstudio.ui import theme
from nnstudio.ui.numbers import format_count, format_number

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QKeyEvent, QMouseEvent

    Cell = tuple[int, int]

_LINE_SHARE = 0.85  # of the height of a line, which names do not fill


def step_of_names(side: float, line: float) -> int:
    """Return of how many rows ``side`` pixels high one is named, so that no name covers the one above."""
    return max(1, math.ceil(_LINE_SHARE * line / side))


class ConfusionView(QWidget):
    """Counts of rows by their class and by what the network answers, or shares of each class.

    Arrow keys go from cell to cell, Enter and Space click the one they are at.
    """

    cell_clicked = Signal(object)  # its row and column

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Confusion matrix")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._counts: NDArray[np.intp] | None = None
        self._classes: tuple[str, ...] = ()
        self._shares = False
        self._selected: Cell | None = None
        self._pointed: Cell | None = None
        self._grid = QRectF()
        theme.manager().changed.connect(self.update)

    @property
    def counts(self) -> NDArray[np.intp] | None:
        """The counts shown, (classes, classes): rows are the classes, columns the answers."""
        return self._counts

    @property
    def selected(self) -> Cell | None:
        """The row and column of the cell that is chosen."""
        return self._selected

    def select_cell(self, cell: Cell | None) -> None:
        """Outline a cell, or none."""
        self._selected = cell
        self.update()

    def set_shares(self, shares: bool) -> None:
        """Write which percentage of a class gets an answer, instead of how many rows."""
        self._shares = shares
        self.update()

    def show_counts(self, counts: NDArray[np.intp] | None, classes: tuple[str, ...]) -> None:
        """Show counts (classes, classes), or nothing."""
        if classes != self._classes:
            self._selected = self._pointed = None
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
        side = max(8.0, min(area.width() / count, area.height() / count, 108.0))
        left, top = area.left() + (area.width() - side * count) / 2, area.top()
        self._grid = QRectF(left, top, side * count, side * count)
        self._paint_names(painter, left, top, side, name_width)
        rows = self._counts.sum(axis=1)
        for row, column in np.ndindex(count, count):
            number = int(self._counts[row, column])
            share = number / max(1, int(rows[row]))
            self._paint_cell(painter, self._cell_rect((row, column)), number, share, right=row == column)
        current = theme.manager().current
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for cell, color in ((self._pointed, current.muted), (self._selected, current.text)):
            if cell is not None and max(cell) < count:
                painter.setPen(QPen(color, 2))
                painter.drawRoundedRect(self._cell_rect(cell), 4, 4)
        total, right = int(self._counts.sum()), int(self._counts.trace())
        painter.setPen(current.text)
        share = right / total if total else 0.0
        text = f"{format_count(right)} of {format_count(total)} right ({format_number(100 * share, 3)} %)"
        middle = left + side * count / 2
        room = min(middle, self.width() - middle)
        bottom = QRectF(middle - room, top + side * count + 4, 2 * room, line + 4)
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
            text = format_count(number)
            if self._shares:
                text = f"{format_number(100 * share, 3 if cell.width() > 34 else 2)}"
                text = f"{text} %" if cell.width() > 48 else text
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)

    # Cells under pointer and keys

    def _cell_rect(self, cell: Cell) -> QRectF:
        side = self._grid.width() / max(1, len(self._classes))
        row, column = cell
        place = QRectF(self._grid.left() + column * side, self._grid.top() + row * side, side, side)
        return place.adjusted(1.5, 1.5, -1.5, -1.5)

    def _cell_at(self, event: QMouseEvent) -> Cell | None:
        at, grid = event.position(), self._grid
        if self._counts is None or not grid.contains(at):
            return None
        side = grid.width() / len(self._classes)
        last = len(self._classes) - 1
        return min(last, int((at.y() - grid.top()) / side)), min(last, int((at.x() - grid.left()) / side))

    def _point_at(self, cell: Cell | None) -> None:
        if cell == self._pointed:
            return
        self._pointed = cell
        if cell is None:
            self.unsetCursor()
            self.setToolTip("")
        else:
            assert self._counts is not None
            actual, answer = (self._classes[place] for place in cell)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            number, rows = (format_count(int(n)) for n in (self._counts[cell], self._counts[cell[0]].sum()))
            self.setToolTip(
                f"{number} of {rows} rows of “{actual}” get the answer “{answer}”. Click to see them."
            )
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._cell_at(event))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event)
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self.cell_clicked.emit(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        step, last = steps.get(Qt.Key(event.key())), len(self._classes) - 1
        if self._counts is None:
            super().keyPressEvent(event)
        elif step is not None:
            row, column = self._pointed or self._selected or (0, 0)
            self._point_at((min(max(row + step[0], 0), last), min(max(column + step[1], 0), last)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._pointed:
            self.cell_clicked.emit(self._pointed)
        else:
            super().keyPressEvent(event)
