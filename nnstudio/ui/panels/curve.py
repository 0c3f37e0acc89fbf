"""The curve of an activation: as a small glyph, and as a plot with the point where a neuron stands."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.errors import ExpressionError
from nnstudio.network.rules import CUSTOM_ACTIVATION
from nnstudio.ui import theme
from nnstudio.ui.panels.frame import framed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.ui.theme import Theme

    Points = Sequence[tuple[float, float]]

_GLYPH_REACH = 3.2
_PLOT_REACH = 5.0
# So far on both sides of a place where a formula jumps, it is drawn too, so that the jump stands upright.
_BESIDE_KINK = 1e-6


@lru_cache(maxsize=1024)
def activation_points(
    key: str, reach: float = _GLYPH_REACH, count: int = 65, *, slope: bool = False
) -> tuple[tuple[float, float], ...]:
    """Return points (z, a) of an activation, or of its slope, from -reach to reach.

    Values that are not finite are NaN. For softmax, which has no curve of its own, the share of one output
    against a single rival at 0. Flat at 0 for a formula that cannot be read: what is wrong with it is said
    elsewhere, and a drawing must not fail over it.
    """
    import numpy as np

    from nnstudio.engine.activations import activation

    z = np.linspace(-reach, reach, count)
    if key == "softmax":
        a = 1.0 / (1.0 + np.exp(-z))
        return tuple(zip(z.tolist(), (a * (1.0 - a) if slope else a).tolist(), strict=True))
    if key == "step" and not slope:
        # The jump at 0 stands upright rather than leaning over one interval.
        return ((-reach, 0.0), (0.0, 0.0), (0.0, 1.0), (reach, 1.0))
    try:
        entry = activation(key)
    except ExpressionError:
        return ((-reach, 0.0), (reach, 0.0))
    kinks = [kink for kink in entry.kinks if abs(kink) < reach]
    beside = [kink + side for kink in kinks for side in (-_BESIDE_KINK, _BESIDE_KINK)]
    z = np.union1d(z, beside)
    a = entry.forward(z)
    shown = entry.derivative(z, a) if slope else a
    # Without a value there is no slope either, though its formula may have a value.
    shown = np.where(np.isfinite(a) & np.isfinite(shown), shown, np.nan)
    return tuple(zip(z.tolist(), shown.tolist(), strict=True))


def activation_title(key: str) -> str:
    """Return what a choice calls an activation; a formula that cannot be read by its text."""
    from nnstudio.engine.activations import activation

    try:
        return activation(key).title
    except ExpressionError:
        return f"Custom: {key.removeprefix(CUSTOM_ACTIVATION)[:40]}"


def formula_text(key: str) -> str:
    """Return the formula of an activation, or why there is none."""
    from nnstudio.engine.activations import activation

    try:
        return activation(key).formula
    except ExpressionError as error:
        return str(error)


def value_range(points: Points) -> tuple[float, float]:
    """Return the range of values to show for a curve: around 0, at most as far as it is wide."""
    reach = points[-1][0]
    values = [a for _, a in points if math.isfinite(a)]
    return max(min([*values, -0.15]), -reach), min(max([*values, 0.15]), reach)


def curve_pieces(points: Points, low: float, high: float) -> list[list[tuple[float, float]]]:
    """Return the parts of a curve from ``low`` to ``high``, cut off there, apart where it has no values."""
    pieces: list[list[tuple[float, float]]] = []
    for start, end in pairwise(points):
        shown = _clipped(start, end, low, high)
        if shown is None:
            continue
        if pieces and pieces[-1][-1] == shown[0]:
            pieces[-1].append(shown[1])
        else:
            pieces.append(list(shown))
    return pieces


def _clipped(
    start: tuple[float, float], end: tuple[float, float], low: float, high: float
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    (z0, a0), (z1, a1) = start, end
    if math.isnan(a0) or math.isnan(a1) or max(a0, a1) < low or min(a0, a1) > high:
        return None
    if min(a0, a1) < low and max(a0, a1) > high:
        # All the way between two neighboring points: a pole, not a curve.
        return None

    def inside(z: float, a: float) -> tuple[float, float]:
        if low <= a <= high:
            return z, a
        edge = low if a < low else high
        return z0 + (edge - a0) / (a1 - a0) * (z1 - z0), edge

    return inside(z0, a0), inside(z1, a1)


def _draw(painter: QPainter, points: Points, area: QRectF, low: float, high: float) -> None:
    left, right = points[0][0], points[-1][0]
    for piece in curve_pieces(points, low, high):
        painter.drawPolyline(
            QPolygonF(
                [
                    QPointF(
                        area.left() + (z - left) / (right - left) * area.width(),
                        area.bottom() - (a - low) / (high - low) * area.height(),
                    )
                    for z, a in piece
                ]
            )
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
    _draw(painter, points, area, low, high)
    painter.restore()


class CurvePlot(QWidget):
    """The curve of an activation with the point (z, a) where a neuron stands for the sample in focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Curve of the activation")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._key: str | None = None
        self._has_slope = False
        self._point: tuple[float, float] | None = None
        theme.manager().changed.connect(self.update)

    @property
    def key(self) -> str | None:
        """The activation that is shown."""
        return self._key

    def show_curve(self, key: str | None, *, slope: bool = False) -> None:
        """Show an activation, and its slope if asked for, or nothing."""
        if (key, slope) != (self._key, self._has_slope):
            self._key, self._has_slope = key, slope
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
        painter, frame = framed(self)
        if self._key is None:
            return
        reach = _PLOT_REACH
        if self._point is not None and abs(self._point[0]) > reach:
            # Steps, so that the curve doesn't breathe while the point moves.
            while reach < abs(self._point[0]) and reach < 1e6:
                reach *= 2
        points = activation_points(self._key, reach, 129)
        slopes = activation_points(self._key, reach, 129, slope=True) if self._has_slope else ()
        low, high = value_range([*slopes, *points])
        low, high = low - 0.12 * (high - low), high + 0.12 * (high - low)
        area = frame.adjusted(8, 6, -8, -6)
        zero = area.bottom() + low / (high - low) * area.height()
        painter.setPen(QPen(current.grid, 1))
        painter.drawLine(QPointF(area.left(), zero), QPointF(area.right(), zero))
        painter.drawLine(QPointF(area.center().x(), area.top()), QPointF(area.center().x(), area.bottom()))
        if slopes:
            painter.setPen(QPen(current.negative, 1.25, Qt.PenStyle.DashLine))
            _draw(painter, slopes, area, low, high)
        painter.setPen(QPen(current.accent, 1.75))
        _draw(painter, points, area, low, high)
        if slopes:
            self._paint_names(painter, area, current)
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

    def _paint_names(self, painter: QPainter, area: QRectF, current: Theme) -> None:
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        back = QColor(current.plot_background)
        back.setAlphaF(0.8)
        line = painter.fontMetrics().height()
        for row, (text, color) in enumerate((("f(x)", current.accent), ("slope", current.negative))):
            width = painter.fontMetrics().horizontalAdvance(text) + 4
            place = QRectF(area.left(), area.top() + row * line, width, line)
            painter.fillRect(place, back)
            painter.setPen(color)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
