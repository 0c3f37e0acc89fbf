"""What the pages of the look at the data have in common: they are painted once, by these parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from nnstudio.data.table import date_texts
from nnstudio.ui import theme
from nnstudio.ui.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.data import Dataset
    from nnstudio.ui.plots.looks_figures import Bars, Variable

TEXT = 15.0


class Page(QWidget):
    """One way to look at the data. It is painted once, and kept until data, theme or size change."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.data: Dataset | None = None
        self.variables: list[Variable] = []
        self.colors: list[QColor] = []
        self._picture: QPixmap | None = None
        theme.manager().changed.connect(self.refresh)

    def show_data(self, data: Dataset, variables: list[Variable], hues: list[QColor]) -> None:
        """Show data; ``hues`` are the colors of the classes, one where there are none."""
        self.data, self.variables, self.colors = data, variables, hues
        self.take()
        self.fit()
        self.refresh()

    def take(self) -> None:
        """Compute what is shown."""

    def fit(self) -> None:
        """Ask for the height that the width at hand needs."""

    def refresh(self) -> None:
        """Paint anew."""
        self._picture = None
        self.update()

    def draw(self, painter: QPainter) -> None:
        """Paint everything."""

    def resizeEvent(self, _event: object) -> None:
        self._picture = None
        self.fit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._picture is None:
            picture = QPixmap(self.size() * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(theme.manager().current.plot_background)
            painter = QPainter(picture)
            painter.setFont(self.font())
            if self.data is not None:
                self.draw(painter)
            painter.end()
            self._picture = picture
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        self.draw_over(painter)

    def draw_over(self, painter: QPainter) -> None:
        """Paint what changes more often than the data."""


def draw_bars(
    painter: QPainter, area: QRectF, found: Bars, hues: Sequence[QColor], *, ground: bool = True
) -> None:
    """Paint bars that stand on each other by class, and fill the area."""
    counts = found.counts
    highest = max(1, int(counts.sum(axis=0).max()))
    bins = counts.shape[1]
    width = area.width() / bins
    gap = 2.0 if found.words else min(1.0, width * 0.12)
    for place in range(bins):
        bottom = area.bottom()
        for hue, count in zip(hues, counts[:, place].tolist(), strict=True):
            height = area.height() * count / highest
            if height:
                painter.fillRect(
                    QRectF(area.left() + place * width, bottom - height, width - gap, height), hue
                )
                bottom -= height
    if ground:
        painter.setPen(QPen(theme.manager().current.border, 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())


def draw_title(painter: QPainter, area: QRectF, name: str, *, is_target: bool) -> None:
    """Write the name of a column along the top of an area."""
    current = theme.manager().current
    painter.setPen(current.accent if is_target else current.text)
    title = QFontMetricsF(painter.font()).elidedText(name, Qt.TextElideMode.ElideRight, area.width())
    where = QRectF(area.left(), area.top(), area.width(), TEXT)
    painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)


def draw_ends(painter: QPainter, area: QRectF, variable: Variable, found: Bars) -> None:
    """Write under a histogram what it begins and ends with, or the words as far as there is room."""
    painter.setPen(theme.manager().current.muted)
    below = QRectF(area.left(), area.bottom() - TEXT + 2, area.width(), TEXT)
    metrics = QFontMetricsF(painter.font())
    if found.words:
        width = area.width() / len(found.words)
        for place, word in enumerate(found.words):
            text = metrics.elidedText(word, Qt.TextElideMode.ElideRight, width - 2)
            where = QRectF(area.left() + place * width, below.top(), width, TEXT)
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, text)
        return
    ends = np.array([variable.values.min(), variable.values.max()])
    texts = date_texts(ends) if variable.is_date else [format_number(float(end)) for end in ends]
    for text, side in zip(texts, (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), strict=True):
        painter.drawText(below, side | Qt.AlignmentFlag.AlignVCenter, text)


def draw_note(painter: QPainter, area: QRectF, text: str) -> None:
    """Write what is to be said of a picture."""
    painter.setPen(theme.manager().current.muted)
    painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def shares_of(variable: Variable, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return where rows are from the lowest value, 0, to the highest, 1; categories a little apart."""
    values = variable.values
    low, high = float(values.min()), float(values.max())
    shares = (values[rows] - low) / (high - low) if high > low else np.full(len(rows), 0.5)
    if variable.words and len(variable.words) > 1:
        # Points of a category would cover each other.
        apart = np.modf(rows * 0.618034)[0] - 0.5
        step = 1.0 / max(1.0, high - low)
        shares = np.clip(shares + 0.5 * step * apart, 0.0, 1.0)
    return np.asarray(shares)


def readable_on(ground: QColor) -> QColor:
    """Return black or white, whichever can be read on a color."""
    light = 0.299 * ground.redF() + 0.587 * ground.greenF() + 0.114 * ground.blueF()
    return QColor("#14161b") if light > 0.55 else QColor("#ffffff")
