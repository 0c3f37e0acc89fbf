"""Bands: what is painted in the place of all connections between two ends, one of them a collapsed group."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform

from nnstudio.ui import colors, theme

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnstudio.network.items import Position

_THINNEST, _THICKEST = 2.5, 14.0
_PER_DOUBLING = 1.8
_WEAKEST_COLOR = 0.3
_ALPHA = 0.62
_RIM = 6.0


@dataclass(frozen=True)
class Band:
    """Many connections drawn as one, from a point to a point.

    ``value`` is the mean magnitude of their values, with the sign of their mean: its color is theirs.
    """

    start: Position
    end: Position
    value: float
    count: int
    is_marked: bool = False  # under the pointer, or selected


def band_width(count: int) -> float:
    """Return how wide a band of so many connections is, in pixels."""
    return min(_THINNEST + _PER_DOUBLING * math.log2(max(count, 1)), _THICKEST)


def paint_bands(
    painter: QPainter, transform: QTransform, bands: Iterable[Band], scale: float, factor: float, palette: str
) -> None:
    """Paint bands in pixels of the screen, the weakest first; ``scale`` has the fullest color."""
    current = theme.manager().current
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for band in sorted(bands, key=lambda band: abs(band.value)):
        ends = transform.map(QPointF(*band.start)), transform.map(QPointF(*band.end))
        width = band_width(band.count) * factor
        if band.is_marked:
            painter.setPen(_pen(_faded(current.accent, 0.4), width + _RIM))
            painter.drawLine(*ends)
        share = max(abs(band.value) / scale, _WEAKEST_COLOR) if scale > 0.0 else _WEAKEST_COLOR
        tint = colors.diverging([math.copysign(share, band.value)], 1.0, current.name, palette=palette)
        red, green, blue, _ = tint[0].tolist()
        painter.setPen(_pen(_faded(QColor(red, green, blue), _ALPHA), width))
        painter.drawLine(*ends)
        if band.count > 1:
            # A line along the middle tells a band from a single strong connection.
            painter.setPen(_pen(_faded(current.canvas, 0.7), max(1.0, width * 0.16)))
            painter.drawLine(*ends)


def _pen(color: QColor, width: float) -> QPen:
    return QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)


def _faded(color: QColor, alpha: float) -> QColor:
    faded = QColor(color)
    faded.setAlphaF(alpha)
    return faded
