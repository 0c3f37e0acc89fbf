"""What the look at the data paints: histograms, a scatter matrix, correlations, pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QImage, QPainter, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from nnstudio.ui import colors, theme
from nnstudio.ui.numbers import format_count, format_number
from nnstudio.ui.plots import looks_figures as figures
from nnstudio.ui.plots.looks_page import (
    TEXT,
    Page,
    draw_bars,
    draw_ends,
    draw_note,
    draw_title,
    readable_on,
    shares_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.ui.plots.looks_figures import Variable

MOST_SCATTERED = 5
_MOST_POINTS = 4_000
_MOST_HISTOGRAMS = 80
# Beyond so many columns numbers would not fit into their cells.
_MOST_NUMBERS = 14
_CELL = QSize(176, 112)
_LEAST_HEIGHT = 76
_MARGIN, _GAP = 10.0, 12.0
_PICTURE = 72.0


class Histograms(Page):
    """The distribution of each column, by class."""

    def take(self) -> None:
        assert self.data is not None
        labels = figures.labels_of(self.data)
        classes = max(1, len(self.data.classes))
        shown = self.variables[:_MOST_HISTOGRAMS]
        self._bars = [(v, figures.bars(v, labels, classes)) for v in shown]

    @property
    def _columns(self) -> int:
        return max(1, int((self.width() - 2 * _MARGIN + _GAP) // (_CELL.width() + _GAP)))

    @property
    def _cell_height(self) -> float:
        """Height of one: in a flat dock a row of them fits whole."""
        room = self.parentWidget().height() if self.parentWidget() is not None else _CELL.height()
        return float(min(max(room - _GAP, _LEAST_HEIGHT), _CELL.height()))

    def fit(self) -> None:
        if self.data is not None:
            rows = -(-len(self._bars) // self._columns)
            note = TEXT if len(self._bars) < len(self.variables) else 0.0
            self.setMinimumHeight(round(rows * (self._cell_height + _GAP) + _MARGIN + note))

    def draw(self, painter: QPainter) -> None:
        columns = self._columns
        width = (self.width() - 2 * _MARGIN + _GAP) / columns - _GAP
        for place, (variable, found) in enumerate(self._bars):
            row, column = divmod(place, columns)
            left, top = _MARGIN + column * (width + _GAP), _MARGIN / 2 + row * (self._cell_height + _GAP)
            area = QRectF(left, top, width, self._cell_height)
            draw_title(painter, area, variable.name, is_target=variable.is_target)
            draw_bars(painter, area.adjusted(0, TEXT + 3, 0, -TEXT), found, self.colors)
            draw_ends(painter, area, variable, found)
        if len(self._bars) < len(self.variables):
            text = f"The first {len(self._bars)} of {len(self.variables)} columns"
            draw_note(painter, QRectF(_MARGIN, self.height() - TEXT - 2, self.width(), TEXT), text)


class ScatterMatrix(Page):
    """Each of up to five columns against each other, and the distribution of each."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._focus: int | None = None
        self.setMinimumHeight(300)

    def take(self) -> None:
        assert self.data is not None
        self._labels = figures.labels_of(self.data)
        self.rows = figures.sample(len(self.data), _MOST_POINTS)
        classes = max(1, len(self.data.classes))
        self._bars = [figures.bars(variable, self._labels, classes) for variable in self.variables]

    def fit(self) -> None:
        self.setMinimumHeight(max(160, 84 * len(self.variables) + 24))

    def set_focus(self, row: int | None) -> None:
        """Mark a row of the data."""
        self._focus = row
        self.update()

    @property
    def note(self) -> str:
        """What is said of the rows that are drawn."""
        assert self.data is not None
        shown, there = len(self.rows), len(self.data)
        if shown == there:
            return ""
        bars = min(there, figures.MOST_COUNTED)
        of_bars = "all rows" if bars == there else f"{format_count(bars)} rows"
        return (
            f"Points: {format_count(shown)} of {format_count(there)} rows, drawn at random. Bars: {of_bars}."
        )

    def _cell(self, row: int, column: int) -> QRectF:
        count = len(self.variables)
        room = TEXT + 4 if self.note else 0.0
        width = (self.width() - 2 * _MARGIN + 6) / count
        height = (self.height() - 2 * _MARGIN + 6 - room) / count
        return QRectF(_MARGIN + column * width, _MARGIN + row * height, width - 6, height - 6)

    def _pixels(self, cell: QRectF, x: Variable, y: Variable, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return where rows stand in a cell, (rows, 2)."""
        inner = cell.adjusted(5, TEXT, -5, -5) if x is y else cell.adjusted(5, 5, -5, -5)
        shares = [shares_of(variable, rows) for variable in (x, y)]
        return np.column_stack(
            [inner.left() + shares[0] * inner.width(), inner.bottom() - shares[1] * inner.height()]
        )

    def draw(self, painter: QPainter) -> None:
        current = theme.manager().current
        for i, y in enumerate(self.variables):
            for j, x in enumerate(self.variables):
                cell = self._cell(i, j)
                painter.setPen(QPen(current.border, 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(cell)
                if i == j:
                    draw_title(painter, cell.adjusted(6, 3, -6, 0), x.name, is_target=x.is_target)
                    inner = cell.adjusted(5, TEXT + 6, -5, -2)
                    draw_bars(painter, inner, self._bars[i], self.colors, ground=False)
                else:
                    self._draw_points(painter, self._pixels(cell, x, y, self.rows))
        if self.note:
            area = QRectF(_MARGIN, self.height() - TEXT - 6, self.width() - 2 * _MARGIN, TEXT)
            draw_note(painter, area, self.note)

    def _draw_points(self, painter: QPainter, pixels: NDArray[np.float64]) -> None:
        labels = self._labels[self.rows]
        size = 4.0 if len(pixels) <= 500 else 2.5
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(pixels) <= 500)
        for place, hue in enumerate(self.colors):
            color = QColor(hue)
            color.setAlphaF(0.75)
            painter.setPen(QPen(color, size, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoints([QPointF(x, y) for x, y in pixels[labels == place].tolist()])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def draw_over(self, painter: QPainter) -> None:
        if self._focus is None or self.data is None or self._focus >= len(self.data):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.manager().current.text, 1.5))
        row = np.array([self._focus])
        for i, y in enumerate(self.variables):
            for j, x in enumerate(self.variables):
                if i != j:
                    ((left, top),) = self._pixels(self._cell(i, j), x, y, row).tolist()
                    painter.drawEllipse(QPointF(left, top), 4.5, 4.5)

    def row_at(self, at: QPointF, reach: float = 8.0) -> int | None:
        """Return the row that is drawn nearest to a place, or None."""
        for i, y in enumerate(self.variables):
            for j, x in enumerate(self.variables):
                cell = self._cell(i, j)
                if i != j and cell.contains(at):
                    apart = np.hypot(*(self._pixels(cell, x, y, self.rows) - (at.x(), at.y())).T)
                    nearest = int(np.argmin(apart))
                    return int(self.rows[nearest]) if apart[nearest] <= reach else None
        return None


class Correlations(Page):
    """How strongly columns go together, from -1 to 1."""

    def take(self) -> None:
        assert self.data is not None
        self.shown = figures.correlated(self.data, self.variables)
        self.values = figures.correlations(self.shown)

    def fit(self) -> None:
        if self.data is not None:
            count = len(self.shown)
            self.setMinimumHeight(round(count * (22 if count <= _MOST_NUMBERS else 6) + 44))

    def _frame(self) -> tuple[QRectF, float, float]:
        """Return the area of all cells, and the width and height of one."""
        metrics = QFontMetricsF(self.font())
        names = max((metrics.horizontalAdvance(v.name) for v in self.shown), default=0.0)
        left = _MARGIN + (min(names, 150.0) + 8 if len(self.shown) <= _MOST_NUMBERS else 0.0)
        top = TEXT + 10 if len(self.shown) <= _MOST_NUMBERS else _MARGIN
        area = QRectF(left, top, self.width() - left - _MARGIN, self.height() - top - _MARGIN)
        count = max(1, len(self.shown))
        width, height = min(area.width() / count, 96.0), min(area.height() / count, 40.0)
        return QRectF(left, top, width * count, height * count), width, height

    def draw(self, painter: QPainter) -> None:
        current = theme.manager().current
        area, width, height = self._frame()
        shades = colors.diverging(np.nan_to_num(self.values), 1.0, current.name)
        with_text = len(self.shown) <= _MOST_NUMBERS
        metrics = QFontMetricsF(self.font())
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for i, variable in enumerate(self.shown):
            top = area.top() + i * height
            if with_text:
                painter.setPen(current.text if variable.is_target else current.muted)
                name = metrics.elidedText(
                    variable.name, Qt.TextElideMode.ElideRight, area.left() - _MARGIN - 8
                )
                painter.drawText(QRectF(0, top, area.left() - 8, height), right, name)
                name = metrics.elidedText(variable.name, Qt.TextElideMode.ElideRight, width - 4)
                where = QRectF(area.left() + i * width, 4, width, TEXT + 4)
                painter.drawText(where, Qt.AlignmentFlag.AlignCenter, name)
            for j in range(len(self.shown)):
                cell = QRectF(area.left() + j * width, top, width, height).adjusted(0.5, 0.5, -0.5, -0.5)
                value = float(self.values[i, j])
                known = value == value
                shade = QColor(*(int(part) for part in shades[i, j])) if known else current.panel
                painter.fillRect(cell, shade)
                if with_text:
                    painter.setPen(readable_on(shade))
                    text = format_number(round(value, 2)) if known else "–"
                    painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)

    def told_at(self, at: QPointF) -> str:
        """Return in words what the cell at a place says; "" beside them."""
        area, width, height = self._frame()
        if self.data is None or not area.contains(at):
            return ""
        i = min(int((at.y() - area.top()) / height), len(self.shown) - 1)
        j = min(int((at.x() - area.left()) / width), len(self.shown) - 1)
        value = format_number(float(self.values[i, j]))
        return f"{self.shown[i].name} and {self.shown[j].name}: {value}"

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.told_at(QPointF(event.pos())), self)
            return True
        return super().event(event)


class Pictures(Page):
    """The row in focus as a picture, and the average of each class."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._focus: int | None = None

    def take(self) -> None:
        assert self.data is not None
        self._means = figures.class_images(self.data)
        values = self.data.feature_values(self.data.x)
        self._range = float(values.min()), float(values.max())

    def fit(self) -> None:
        if self.data is not None:
            rows = -(-len(self._means) // self._columns)
            least = max(self._side + TEXT, rows * (_PICTURE + TEXT + 10) - 10)
            self.setMinimumHeight(round(least + 2 * _MARGIN))

    @property
    def _side(self) -> float:
        """Length of the row in focus: in a flat dock it is seen whole, with what it is."""
        room = self.parentWidget().height() if self.parentWidget() is not None else 3 * _PICTURE
        return float(min(max(room - TEXT - 2 * _MARGIN, _PICTURE), 2 * _PICTURE))

    @property
    def _columns(self) -> int:
        return max(1, int((self.width() - self._left - _MARGIN) // (_PICTURE + _GAP)))

    @property
    def _left(self) -> float:
        return max(self._side, 1.4 * _PICTURE) + 2 * _GAP + _MARGIN

    def set_focus(self, row: int | None) -> None:
        """Show another row."""
        self._focus = row
        self.update()

    def draw(self, painter: QPainter) -> None:
        columns = self._columns
        for place, (name, values) in enumerate(self._means):
            row, column = divmod(place, columns)
            left = self._left + column * (_PICTURE + _GAP)
            top = _MARGIN + row * (_PICTURE + TEXT + 10)
            area = QRectF(left, top, _PICTURE, _PICTURE)
            self._draw_picture(painter, area, values, f"Mean of {name}")

    def draw_over(self, painter: QPainter) -> None:
        data, row = self.data, self._focus
        if data is None or row is None or row >= len(data):
            return
        title = f"Row {format_count(row + 1)}"
        if data.classes:
            title += f": {data.classes[int(data.class_indices(data.y[row : row + 1])[0])]}"
        side = self._side
        picture = figures.image_of(data, row)
        self._draw_picture(painter, QRectF(_MARGIN, _MARGIN, side, side), picture, title)

    def _draw_picture(self, painter: QPainter, area: QRectF, values: NDArray[np.float64], title: str) -> None:
        current = theme.manager().current
        height, width = values.shape
        scale = min(area.width() / width, area.height() / height)
        place = QRectF(area.left(), area.top(), width * scale, height * scale)
        painter.drawImage(place, picture_of(values, *self._range))
        painter.setPen(QPen(current.border, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place)
        painter.setPen(current.muted)
        text = QRectF(area.left(), area.bottom() + 2, area.width(), TEXT)
        title = QFontMetricsF(self.font()).elidedText(title, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)


def picture_of(values: NDArray[np.float64], low: float, high: float) -> QImage:
    """Return values (height, width) as an image, from the plot's ground for the lowest to its ink."""
    current = theme.manager().current
    shares = np.clip((values - low) / max(high - low, 1e-300), 0.0, 1.0)[..., None]
    ground, ink = (np.array(color.getRgb(), np.float64) for color in (current.plot_background, current.text))
    pixels = np.ascontiguousarray(np.rint((1 - shares) * ground + shares * ink).astype(np.uint8))
    height, width = values.shape
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
