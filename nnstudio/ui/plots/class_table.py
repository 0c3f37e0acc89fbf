"""A table of scores by class, training and test part side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from nnstudio.ui import theme
from nnstudio.ui.numbers import NO_VALUE, format_count, format_number

if TYPE_CHECKING:
    from nnstudio.training.judging import ClassScores

_MARGIN, _GAP, _PAD = 12, 14, 6
_LEAST_NAME = 48
_TITLES = ("Prec.", "Recall", "F1", "Rows")
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ClassTable(QWidget):
    """Precision, recall, F1 and rows of each class; the better a score, the fuller its cell."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Scores of the classes")
        self._classes: tuple[str, ...] = ()
        self._parts: list[tuple[str, ClassScores]] = []
        theme.manager().changed.connect(self.update)

    def show_scores(
        self, classes: tuple[str, ...], train: ClassScores | None, test: ClassScores | None
    ) -> None:
        """Show scores of the training and test part, or of one that there is."""
        if classes != self._classes or (test is None) != (len(self._parts) < 2):
            self.updateGeometry()
        self._classes = classes
        self._parts = [
            (name, scores) for name, scores in (("Training", train), ("Test", test)) if scores is not None
        ]
        told = [f"{name}: {format_number(100 * scores.accuracy, 3)} % right" for name, scores in self._parts]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def texts(self) -> list[list[str]]:
        """Return what is written, a list a class: its name, then four numbers for each part."""
        return [
            [name, *(text for _, scores in self._parts for text in _texts(scores, place))]
            for place, name in enumerate(self._classes)
        ]

    def minimumSizeHint(self) -> QSize:
        line = self._line()
        return QSize(240, int(line * (len(self._classes) + 3.5)) + 2 * _MARGIN)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.86)
        return font

    def _line(self) -> float:
        return 1.7 * self.fontMetrics().height()

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), current.plot_background)
        if not self._parts:
            return
        painter.setFont(self._font())
        line, metrics = self._line(), painter.fontMetrics()
        widest = max(metrics.horizontalAdvance(name) for name in (*self._classes, "All right")) + _PAD
        least = max(metrics.horizontalAdvance(text) for text in (*_TITLES, "0.888")) + _PAD
        columns = 4 * len(self._parts)
        gaps = 2 * _MARGIN + _GAP * len(self._parts)
        name_width = max(_LEAST_NAME, min(widest, self.width() - gaps - columns * least))
        cell = max(20.0, min(64.0, (self.width() - gaps - name_width) / columns))
        self._paint_names(painter, name_width, line)
        for place, (name, scores) in enumerate(self._parts):
            left = _MARGIN + name_width + _GAP + place * (4 * cell + _GAP)
            self._paint_part(painter, name, scores, left, cell, line)

    def _paint_names(self, painter: QPainter, width: float, line: float) -> None:
        current, metrics = theme.manager().current, painter.fontMetrics()
        painter.setPen(current.text)
        for row, name in enumerate(self._classes):
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(width))
            painter.drawText(QRectF(_MARGIN, _MARGIN + (row + 2) * line, width, line), _LEFT, text)
        painter.setPen(current.muted)
        below = _MARGIN + (len(self._classes) + 2.3) * line
        painter.drawText(QRectF(_MARGIN, below, width, line), _LEFT, "All right")

    def _paint_part(
        self, painter: QPainter, name: str, scores: ClassScores, left: float, cell: float, line: float
    ) -> None:
        current = theme.manager().current
        color = current.train_line if name == "Training" else current.test_line
        painter.setPen(color)
        painter.drawText(QRectF(left, _MARGIN, 4 * cell, line), Qt.AlignmentFlag.AlignCenter, name)
        painter.setPen(current.faint)
        for column, title in enumerate(_TITLES):
            box = QRectF(left + column * cell, _MARGIN + line, cell - _PAD / 2, line)
            painter.drawText(box, _RIGHT, title)
        for row in range(len(self._classes)):
            shares = (scores.precision[row], scores.recall[row], scores.f1[row])
            for column, text in enumerate(_texts(scores, row)):
                box = QRectF(left + column * cell, _MARGIN + (row + 2) * line, cell, line)
                if column < 3 and not math.isnan(shares[column]):
                    self._paint_share(painter, box.adjusted(1.5, 1.5, -1.5, -1.5), shares[column], color)
                painter.setPen(current.muted if column == 3 or text == NO_VALUE else current.text)
                painter.drawText(box.adjusted(0, 0, -_PAD / 2 - 1, 0), _RIGHT, text)
        painter.setPen(current.text)
        below = QRectF(left, _MARGIN + (len(self._classes) + 2.3) * line, 4 * cell - _PAD / 2 - 1, line)
        total = int(scores.support.sum())
        right = round(scores.accuracy * total) if total else 0
        text = (
            f"{format_number(100 * scores.accuracy, 3)} %  ({format_count(right)} of {format_count(total)})"
        )
        painter.drawText(below, _RIGHT, text)

    def _paint_share(self, painter: QPainter, box: QRectF, share: float, color: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        tint = QColor(color)
        for width, alpha in ((1.0, 0.05), (float(share), 0.16)):
            tint.setAlphaF(alpha)
            painter.setBrush(tint)
            painter.drawRoundedRect(QRectF(box.left(), box.top(), box.width() * width, box.height()), 3, 3)


def _texts(scores: ClassScores, row: int) -> list[str]:
    shares = (scores.precision[row], scores.recall[row], scores.f1[row])
    numbers = [NO_VALUE if math.isnan(share) else f"{share:.2f}" for share in shares]
    return [*numbers, format_count(int(scores.support[row]))]
