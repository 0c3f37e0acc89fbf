"""The curve of an activation: as a small glyph, and as a plot with the point where a neuron stands."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.ui import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

_GLYPH_REACH = 3.2
_PLOT_REACH = 5.0


@cache
def activation_points(
    key: str, reach: float = _GLYPH_REACH, count: int = 65
) -> tuple[tuple[float, float], ...]:
    """Return points (z, a) of an activation from -reach to reach.

    For softmax, which has no curve of its own, the share of one output against a single rival at 0.
    """
    import numpy as np

    from nnstudio.engine.activations import activation

    z = np.linspace(-reach, reach, count)
    if key == "softmax":
        a = 1.0 / (1.0 + np.exp(-z))
    elif key == "step":
        # The jump at 0 stands upright rather than leaning over one interval.
        z, a = np.array([-reach, 0.0, 0.0, reach]), np.array([0.0, 0.0, 1.0, 1.0])
    else:
        a = activation(key).forward(z)
        # Where a formula has no value there is nothing to draw, as there is nothing beyond the edge.
        a[~np.isfinite(a)] = np.inf
    return tuple(zip(z.tolist(), a.tolist(), strict=True))


def value_range(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the range of values to show for a curve: around 0, at most as far as it is wide."""
    reach = points[-1][0]
    values = [a for _, a in points]
    return max(min(*values, -0.15), -reach), min(max(*values, 0.15), reach)


def _polygon(points: Sequence[tuple[float, float]], area: QRectF, low: float, high: float) -> QPolygonF:
    left, right = points[0][0], points[-1][0]
    return QPolygonF(
        [
            QPointF(
                area.left() + (z - left) / (right - left) * area.width(),
                area.bottom() - (a - low) / (high - low) * area.height(),
            )
            for z, a in points
            if low - 1e-9 <= a <= high + 1e-9
        ]
    )


def paint_glyph(painter: QPainter, area: QRectF, key: str, color: QColor, axis: QColor) -> None:
    """Paint the curve of an activation into ``area`` with its axes."""
    points = activation_points(key)
    low, high = value_range(points)
    # Saturating curves would touch the frame.
    low, high = low - 0.08 * (high - low), high + 0.08 * (high - low)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(axis, 1))
    zero = area.bottom() + low / (high - low) * area.height()
    painter.drawLine(QPointF(area.left(), zero), QPointF(area.right(), zero))
    painter.drawLine(QPointF(area.center().x(), area.top()), QPointF(area.center().x(), area.bottom()))
    painter.setPen(
        QPen(color, 1.75, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )
    painter.drawPolyline(_polygon(points, area, low, high))
    painter.restore()


class CurvePlot(QWidget):
    """The curve of an activation with the point (z, a) where a neuron stands for the sample in focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Curve of the activation")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._key: str | None = None
        self._point: tuple[float, float] | None = None
        theme.manager().changed.connect(self.update)

    def show_curve(self, key: str | None) -> None:
        """Show an activation, or nothing."""
        if key != self._key:
            self._key = key
            self.update()

    def show_point(self, point: tuple[float, float] | None) -> None:
        """Mark a point (z, a) on the curve, or none."""
        if point != self._point:
            self._point = point
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 84)

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(current.border, 1))
        painter.setBrush(current.plot_background)
        painter.drawRoundedRect(frame, 6, 6)
        if self._key is None:
            return
        reach = _PLOT_REACH
        if self._point is not None and abs(self._point[0]) > reach:
            # Steps, so that the curve doesn't breathe while the point moves.
            while reach < abs(self._point[0]) and reach < 1e6:
                reach *= 2
        points = activation_points(self._key, reach)
        low, high = value_range(points)
        low, high = low - 0.12 * (high - low), high + 0.12 * (high - low)
        area = frame.adjusted(8, 6, -8, -6)
        zero = area.bottom() + low / (high - low) * area.height()
        painter.setPen(QPen(current.grid, 1))
        painter.drawLine(QPointF(area.left(), zero), QPointF(area.right(), zero))
        painter.drawLine(QPointF(area.center().x(), area.top()), QPointF(area.center().x(), area.bottom()))
        painter.setPen(QPen(current.accent, 1.75))
        painter.drawPolyline(_polygon(points, area, low, high))
        if self._point is None or self._key == "softmax":
            return
        z, a = self._point
        at = QPointF(
            area.left() + (min(max(z, -reach), reach) + reach) / (2 * reach) * area.width(),
            area.bottom() - (min(max(a, low), high) - low) / (high - low) * area.height(),
        )
        painter.setPen(QPen(current.faint, 1, Qt.PenStyle.DotLine))
        painter.drawLine(at, QPointF(at.x(), zero))
        painter.setPen(QPen(current.panel, 2))
        painter.setBrush(current.positive if a >= 0 else current.negative)
        painter.drawEllipse(at, 5, 5)
