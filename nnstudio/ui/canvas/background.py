"""What is around the network: a dot grid, a focus frame, and on an empty canvas how to begin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen
from shiboken6 import wrapInstance

from nnstudio.ui import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QTransform

GRID = 24.0
_LEAST_GAP = 18.0  # pixels between dots
EMPTY_HINT = "Double-click to add a neuron, drag from the palette, or open an example"


def paint_grid(painter: QPainter, transform: QTransform, area: QRectF) -> None:
    """Paint dots at the same places of the scene at any zoom, thinned out where they would come close."""
    zoom = transform.m11()
    step = GRID * zoom * 2.0 ** max(0, math.ceil(math.log2(_LEAST_GAP / (GRID * zoom))))
    x = np.arange(transform.dx() % step, area.width(), step)
    y = np.arange(transform.dy() % step, area.height(), step)
    if not x.size or not y.size:
        return
    points = np.ascontiguousarray(np.round(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)))
    painter.save()
    painter.resetTransform()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(theme.manager().current.grid, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
    painter.drawPoints(wrapInstance(points.ctypes.data, QPointF), len(points))
    painter.restore()


def paint_empty_hint(painter: QPainter, area: QRectF) -> None:
    """Paint how to begin, in the middle of an empty canvas."""
    painter.save()
    painter.resetTransform()
    font = QFont()
    font.setPixelSize(14)
    painter.setFont(font)
    painter.setPen(theme.manager().current.muted)
    painter.drawText(
        area.adjusted(32, 0, -32, 0),
        int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap),
        EMPTY_HINT,
    )
    painter.restore()


def paint_focus_frame(painter: QPainter, area: QRectF) -> None:
    """Paint a frame that shows that keys go to the canvas."""
    painter.save()
    painter.resetTransform()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.manager().current.accent, 2.0))
    painter.drawRect(area.adjusted(1, 1, -1, -1))
    painter.restore()
