"""The frame around small pictures that panels paint by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPen

from nnstudio.ui import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_ROUNDED = 6


def framed(widget: QWidget) -> tuple[QPainter, QRectF]:
    """Return a painter that has painted ground and frame of a widget, and where the frame is."""
    current = theme.manager().current
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = QRectF(widget.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setPen(QPen(current.border, 1))
    painter.setBrush(current.plot_background)
    painter.drawRoundedRect(frame, _ROUNDED, _ROUNDED)
    return painter, frame
