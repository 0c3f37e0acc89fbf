"""Bands: what is painted in the place of all connections between two ends, one of them a collapsed group."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform

from nnstudio.ui import colors, theme
from nnstudio.ui.canvas.strokes import StrokedLines, Strokes
from nnstudio.ui.canvas.tints import faded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnstudio.network.items import Position

_THINNEST, _THICKEST = 2.5, 14.0
_PER_DOUBLING = 1.8
_WEAKEST_COLOR = 0.3
_ALPHA = 0.62
_RIM = 6.0
# Of many: how many shades, for each sign, and how many widths.
_MOST_SINGLE = 60
_LEVELS, _WIDTHS = 12, 8


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


def are_many(bands: Sequence[Band]) -> bool:
    """Return whether bands are so many that wide smooth lines, one by one, would take longer than a frame."""
    return len(bands) > _MOST_SINGLE


def band_lines(bands: Sequence[Band], scale: float, factor: float, palette: str) -> StrokedLines:
    """Return many bands as lines of few pens, in units of the scene; widths are multiplied by ``factor``."""
    values = np.array([band.value for band in bands])
    with np.errstate(over="ignore"):
        shares = np.clip(np.abs(values) / (scale if scale > 0.0 else 1.0), _WEAKEST_COLOR, 1.0)
    levels = np.minimum((shares * _LEVELS).astype(np.intp), _LEVELS - 1)
    log_counts = np.log2([max(band.count, 1) for band in bands])
    reach = (_THICKEST - _THINNEST) / _PER_DOUBLING
    width_levels = np.minimum(log_counts / reach * _WIDTHS, _WIDTHS - 1).astype(np.intp)
    pens = ((levels * 2 + (values < 0.0)) * _WIDTHS + width_levels).astype(np.uint8)
    tints = (np.arange(_LEVELS) + 0.5) / _LEVELS
    signed = np.stack([tints, -tints], axis=1).ravel()
    table = np.repeat(
        colors.diverging(signed, 1.0, theme.manager().current.name, palette=palette), _WIDTHS, 0
    )
    table[:, 3] = round(255 * _ALPHA)
    widths = _THINNEST + (_THICKEST - _THINNEST) * (np.arange(_WIDTHS) + 0.5) / _WIDTHS
    lines = np.array([(*band.start, *band.end) for band in bands])
    pens_of_lines = Strokes(
        pens, np.argsort(pens, kind="stable"), table, np.tile(widths, 2 * _LEVELS) * factor
    )
    return StrokedLines(lines, np.arange(len(lines) + 1), pens_of_lines)


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
            painter.setPen(_pen(faded(current.accent, 0.4), width + _RIM))
            painter.drawLine(*ends)
        share = max(abs(band.value) / scale, _WEAKEST_COLOR) if scale > 0.0 else _WEAKEST_COLOR
        tint = colors.diverging([math.copysign(share, band.value)], 1.0, current.name, palette=palette)
        red, green, blue, _ = tint[0].tolist()
        painter.setPen(_pen(faded(QColor(red, green, blue), _ALPHA), width))
        painter.drawLine(*ends)
        if band.count > 1:
            # A line along the middle tells a band from a single strong connection.
            painter.setPen(_pen(faded(current.canvas, 0.7), max(1.0, width * 0.16)))
            painter.drawLine(*ends)


def _pen(color: QColor, width: float) -> QPen:
    return QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
