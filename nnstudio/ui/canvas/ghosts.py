"""What is not there yet, painted over the scene: neurons and connections that a card would add."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from nnstudio.ui import theme
from nnstudio.ui.canvas.geometry import NEURON_RADIUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnstudio.network.items import Position

# More lines can't be told apart, and would be painted anew with every letter that is typed.
MOST_LINES = 3000
_MOST_SMOOTH = 800


def paint_lines(
    painter: QPainter, lines: Sequence[tuple[Position, Position]], color: QColor | None = None
) -> None:
    """Paint connections to be, or in another color to go: an even choice where there are very many."""
    if not lines:
        return
    every = -(-len(lines) // MOST_LINES)
    shown = [_between_rims(start, end) for start, end in lines[::every]]
    color = QColor(color or theme.manager().current.accent)
    color.setAlphaF(0.75 if len(shown) < 60 else 0.4 if len(shown) < 400 else 0.22)
    pen = QPen(color, 1.5 if len(shown) < 400 else 1.0)
    pen.setCosmetic(True)
    if len(shown) < 200:
        pen.setDashPattern([4.0, 3.0])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(shown) <= _MOST_SMOOTH)
    painter.setPen(pen)
    painter.drawLines(shown)
    painter.restore()


def _between_rims(start: Position, end: Position) -> QLineF:
    (x1, y1), (x2, y2) = start, end
    length = math.hypot(x2 - x1, y2 - y1)
    share = min(NEURON_RADIUS / length, 0.5) if length else 0.0
    dx, dy = (x2 - x1) * share, (y2 - y1) * share
    return QLineF(x1 + dx, y1 + dy, x2 - dx, y2 - dy)


def paint_neurons(painter: QPainter, places: Iterable[Position], color: QColor) -> None:
    """Paint neurons to be."""
    current = theme.manager().current
    fill = QColor(current.canvas)
    fill.setAlphaF(0.9)
    pen = QPen(color, 2.0, Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.setBrush(fill)
    for x, y in places:
        painter.drawEllipse(QPointF(x, y), NEURON_RADIUS, NEURON_RADIUS)


def paint_rings(painter: QPainter, places: Iterable[Position], color: QColor, width: float = 2.0) -> None:
    """Paint rings around neurons that there are."""
    pen = QPen(color, width)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for x, y in places:
        painter.drawEllipse(QPointF(x, y), NEURON_RADIUS + 9.0, NEURON_RADIUS + 9.0)
