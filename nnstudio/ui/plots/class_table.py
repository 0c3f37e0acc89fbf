"""A table of scores by class, training and test part side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from nnstudio.ui import theme
from nnstudio.ui.numbers import NO_VALUE, format_count, format_number

if TYPE_CHECKING:
    from nnstudio.training.judging import ClassScores

_MARGIN, _GAP, _PAD = 10, 10, 6
_LEAST_NAME = 54
_ROOM_FOR_WORDS = 68  # pixels of a column
_COLUMNS = 3
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


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
        """Return what is written, a list a class: its name, its rows, then three scores for each part."""
        return [
            [name, self._rows(place), *(text for _, scores in self._parts for text in _texts(scores, place))]
            for place, name in enumerate(self._classes)
        ]

    def _rows(self, place: int) -> str:
        counts = [format_count(int(scores.support[place])) for _, scores in self._parts]
        return f"{' + '.join(counts)} rows"

    def minimumSizeHint(self) -> QSize:
        # Narrower, the numbers would cover each other.
        parts = max(1, len(self._parts))
        width = 2 * _MARGIN + _LEAST_NAME + parts * (_GAP + _COLUMNS * self._least_cell())
        return QSize(width, int(self._line() * (1.5 * len(self._classes) + 3.5)) + 2 * _MARGIN)

    def _least_cell(self) -> int:
        return QFontMetrics(self._font()).horizontalAdvance("Recall") + 2

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
        rows = [self._rows(place).partition(" rows")[0] for place in range(len(self._classes))]
        widest = max(metrics.horizontalAdvance(name) for name in (*self._classes, *rows)) + _PAD
        least = self._least_cell()
        columns = _COLUMNS * len(self._parts)
        gaps = 2 * _MARGIN + _GAP * len(self._parts)
        name_width = max(_LEAST_NAME, min(widest, self.width() - gaps - columns * least))
        cell = max(20.0, min(90.0, (self.width() - gaps - name_width) / columns))
        self._paint_names(painter, name_width, line)
        for place, (name, scores) in enumerate(self._parts):
            left = _MARGIN + name_width + _GAP + place * (_COLUMNS * cell + _GAP)
            self._paint_part(painter, name, scores, left, cell, line)

    def _paint_names(self, painter: QPainter, width: float, line: float) -> None:
        current, metrics = theme.manager().current, painter.fontMetrics()
        for row, name in enumerate(self._classes):
            top = _MARGIN + (2 + 1.5 * row) * line
            for text, color, down in (
                (name, current.text, 0.0),
                (self._rows(row), current.faint, 0.62 * line),
            ):
                painter.setPen(color)
                if metrics.horizontalAdvance(text) > width:
                    text = text.removesuffix(" rows")
                shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(width))
                painter.drawText(QRectF(_MARGIN, top + down, width, 0.8 * line), _LEFT, shown)
        painter.setPen(current.muted)
        below = _MARGIN + (2.2 + 1.5 * len(self._classes)) * line
        painter.drawText(QRectF(_MARGIN, below, width, line), _LEFT, "All right")

    def _paint_part(
        self, painter: QPainter, name: str, scores: ClassScores, left: float, cell: float, line: float
    ) -> None:
        current = theme.manager().current
        color = current.train_line if name == "Training" else current.test_line
        painter.setPen(color)
        width = _COLUMNS * cell
        painter.drawText(QRectF(left, _MARGIN, width, line), Qt.AlignmentFlag.AlignCenter, name)
        painter.setPen(current.faint)
        first = "Precision" if cell >= _ROOM_FOR_WORDS else "Prec."
        for column, title in enumerate((first, "Recall", "F1")):
            box = QRectF(left + column * cell, _MARGIN + line, cell, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, title)
        for row in range(len(self._classes)):
            for column, (share, text) in enumerate(
                zip(_shares(scores, row), _texts(scores, row), strict=True)
            ):
                top = _MARGIN + (2 + 1.5 * row) * line
                box = QRectF(left + column * cell, top, cell, 1.4 * line).adjusted(1.5, 1.5, -1.5, -1.5)
                if not math.isnan(share):
                    self._paint_share(painter, box, share, color)
                painter.setPen(current.faint if text == NO_VALUE else current.text)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.setPen(current.text)
        below = QRectF(left, _MARGIN + (2.2 + 1.5 * len(self._classes)) * line, width, line)
        total = int(scores.support.sum())
        right = round(scores.accuracy * total) if total else 0
        share = format_number(100 * scores.accuracy, 3)
        counts = f"{format_count(right)} of {format_count(total)}"
        wide = painter.fontMetrics().horizontalAdvance(f"{share} %  {counts}") < width
        text = f"{share} %  {counts}" if wide else f"{share} %"
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_share(self, painter: QPainter, box: QRectF, share: float, color: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        tint = QColor(color)
        for width, alpha in ((1.0, 0.05), (float(share), 0.16)):
            tint.setAlphaF(alpha)
            painter.setBrush(tint)
            painter.drawRoundedRect(QRectF(box.left(), box.top(), box.width() * width, box.height()), 3, 3)


def _shares(scores: ClassScores, row: int) -> tuple[float, float, float]:
    return float(scores.precision[row]), float(scores.recall[row]), float(scores.f1[row])


def _texts(scores: ClassScores, row: int) -> list[str]:
    return [NO_VALUE if math.isnan(share) else f"{share:.2f}" for share in _shares(scores, row)]
