"""Lines painted by Qt, pen by pen, straight from arrays: the best edges, and too slow for very many."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform
from shiboken6 import wrapInstance

from nnstudio.ui.canvas.geometry import may_touch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.ui.canvas.geometry import Floats
    from nnstudio.ui.canvas.strokes import StrokedLines

# Beyond so many lines on view, smooth edges cost more than a frame and can hardly be seen.
_MOST_SMOOTH = 4000
_LINE_BYTES = 4 * 8


def mapped(lines: Floats, transform: QTransform) -> Floats:
    """Return lines of the scene in pixels: the view only scales and moves."""
    return lines * transform.m11() + np.array([transform.dx(), transform.dy()] * 2)


def paint(
    painter: QPainter,
    transform: QTransform,
    area: QRectF,
    parts: list[StrokedLines],
    *,
    has_time: bool = False,
) -> None:
    """Paint lines, the last of ``parts`` on top, where they may meet an area of pixels.

    The painter has no transform of its own, so that widths are in pixels of the screen. Edges are smooth
    where there are not very many lines, or where it ``has_time``, as for a file.
    """
    prepared: list[tuple[StrokedLines, Floats, NDArray[np.bool_]]] = []
    for part in parts:
        lines = mapped(part.lines, transform)
        seen = may_touch(lines, (area.left() - 8, area.top() - 8, area.right() + 8, area.bottom() + 8))
        prepared.append((part, lines, seen))
    count = sum(int(np.count_nonzero(seen)) for _, _, seen in prepared)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, has_time or count <= _MOST_SMOOTH)
    for part, lines, seen in prepared:
        _paint_part(painter, part, lines, seen)


def _paint_part(painter: QPainter, part: StrokedLines, lines: Floats, seen: NDArray[Any]) -> None:
    part = replace(part, strokes=part.strokes.grouped())
    order = part.ordered()
    kept = seen[order]
    # How many of the segments that are seen stand before each place.
    before = np.concatenate([[0], np.cumsum(kept)])
    buffer = np.ascontiguousarray(lines[order[kept]])
    address = buffer.ctypes.data
    for color, width, start, stop in part.runs():
        first, end = int(before[start]), int(before[stop])
        if first == end:
            continue
        pen = QPen(QColor(*color), width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        # Qt reads them straight from the array.
        painter.drawLines(wrapInstance(address + first * _LINE_BYTES, QLineF), end - first)
