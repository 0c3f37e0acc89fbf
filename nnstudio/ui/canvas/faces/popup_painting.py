"""What stands around and on the large picture of a neuron: axes, and the rows of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from nnstudio.ui import colors, theme
from nnstudio.ui.canvas.tints import faded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.data import Dataset
    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.theme import Theme

_MOST_POINTS = 300
_LINE = 16
_DOT = 2.2
_TICK = 5.0


class Axis(NamedTuple):
    """The name of an axis, and what stands at its ends."""

    name: str
    low: str
    high: str


def paint_frame(painter: QPainter, area: QRectF, current: Theme) -> None:
    """Paint a line around the picture."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(current.border, 1.0))
    painter.drawRect(area)


def paint_axes(
    painter: QPainter, area: QRectF, gutter: float, across: Axis, up: Axis, current: Theme
) -> None:
    """Paint the numbers and names of both axes outside of the picture."""
    align = Qt.AlignmentFlag
    below = QRectF(area.left(), area.bottom() + 2, area.width(), _LINE)
    painter.setPen(current.muted)
    painter.drawText(below, align.AlignLeft, across.low)
    painter.drawText(below, align.AlignRight, across.high)
    left = QRectF(area.left() - gutter, area.top(), gutter - 5, area.height())
    painter.drawText(left, align.AlignRight | align.AlignTop, up.high)
    painter.drawText(left, align.AlignRight | align.AlignBottom, up.low)
    metrics = painter.fontMetrics()
    painter.setPen(current.text)
    room = round(area.width()) - 90
    name = metrics.elidedText(across.name, Qt.TextElideMode.ElideRight, room)
    painter.drawText(below, align.AlignHCenter, name)
    painter.save()
    painter.translate(area.left() - 6, area.center().y())
    painter.rotate(-90)
    name = metrics.elidedText(up.name, Qt.TextElideMode.ElideRight, round(area.height()) - 50)
    painter.drawText(QRectF(-area.height() / 2, -_LINE, area.height(), _LINE), align.AlignHCenter, name)
    painter.restore()


def paint_points(painter: QPainter, area: QRectF, plane: Scene, focus_row: int | None) -> None:
    """Paint the training rows faintly, as points or along a curve as ticks, and mark the one in focus."""
    data = plane.data
    assert data is not None
    current = theme.manager().current
    rows = data.train_rows
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST_POINTS)).astype(np.intp)]
    x, y = plane.point_places(0)
    across = area.left() + area.width() * _shares(x, plane.ranges[0])
    if plane.kind == "curve":
        painter.setPen(QPen(faded(current.text, 0.35), 1.0))
        for at in across[rows].tolist():
            painter.drawLine(QPointF(at, area.bottom() - _TICK), QPointF(at, area.bottom()))
        if focus_row is not None:
            painter.setPen(QPen(current.accent, 1.5))
            at = float(across[focus_row])
            painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
        return
    down = area.bottom() - area.height() * _shares(y, plane.ranges[1])
    tints = row_colors(data, current.name)
    painter.setPen(QPen(faded(current.canvas, 0.7), 0.75))
    for row in rows.tolist():
        painter.setBrush(faded(QColor(*tints[row, :3].tolist()), 0.75))
        painter.drawEllipse(QPointF(float(across[row]), float(down[row])), _DOT, _DOT)
    if focus_row is not None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(current.text, 1.5))
        painter.drawEllipse(QPointF(float(across[focus_row]), float(down[focus_row])), 5.0, 5.0)


def row_colors(data: Dataset, theme_name: str) -> NDArray[np.uint8]:
    """Return the color (rows, 4) of each row: its class's, or that of its first target."""
    if data.classes:
        single = data.y.shape[1] == 1
        labels = (data.y[:, 0] > 0.5).astype(np.intp) if single else data.y.argmax(axis=1)
        table = colors.class_colors(theme_name)
        return table[labels % len(table)]
    targets = data.y[:, 0]
    low, high = float(targets.min()), float(targets.max())
    return colors.diverging(targets - (low + high) / 2, (high - low) / 2, theme_name)


def _shares(values: NDArray[np.float64], bounds: tuple[float, float]) -> NDArray[np.float64]:
    return (values - bounds[0]) / (bounds[1] - bounds[0])
