"""The ball that marks the present point on a loss landscape, and rolls where a step takes it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEasingCurve, QObject, QPointF, Qt, QVariantAnimation, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QRadialGradient

if TYPE_CHECKING:
    from nnstudio.ui.plots.landscape_figures import Floats

RADIUS = 7.5  # pixels
_ROLL_MILLISECONDS = 420
_SEAM = 28
# How far it rolls, in pixels, for one turn: a ball of its size would spin too fast to be followed.
_PIXELS_A_TURN = 90.0

Place = tuple[float, float]


class Ball(QObject):
    """A place on the plane that moves at once or rolls; None where there is none."""

    moved = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.target: Place | None = None
        self._from: Place | None = None
        self._turned = np.eye(3)
        self._animation = QVariantAnimation(self)
        self._animation.setDuration(_ROLL_MILLISECONDS)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._animation.valueChanged.connect(self._on_rolled)

    @property
    def is_rolling(self) -> bool:
        """Whether it is on its way."""
        return self._animation.state() is QVariantAnimation.State.Running

    @property
    def place(self) -> Place | None:
        """Where it is now."""
        if self.target is None or self._from is None or not self.is_rolling:
            return self.target
        share = float(self._animation.currentValue() or 0.0)
        return (
            self._from[0] + share * (self.target[0] - self._from[0]),
            self._from[1] + share * (self.target[1] - self._from[1]),
        )

    def go(self, place: Place | None, *, roll: bool = False) -> None:
        """Be at a place, or roll there."""
        before = self.place
        if place == self.target and (roll or not self.is_rolling):
            return
        self._animation.stop()
        self.target = place
        if roll and place is not None and before is not None:
            self._from = before
            self._animation.start()
        self.moved.emit()

    def stop(self) -> None:
        """Be where it was going."""
        self._animation.stop()

    def turn(self, by: QPointF) -> None:
        """Turn as if rolled by so many pixels of the picture."""
        length = math.hypot(by.x(), by.y())
        if length > 0.0:
            self._turned = _turn_about(
                by.y() / length, by.x() / length, length / _PIXELS_A_TURN * math.tau
            ) @ (self._turned)

    def paint(
        self, painter: QPainter, at: QPointF, color: QColor, edge: QColor, opacity: float = 1.0
    ) -> None:
        """Paint it around a point."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(opacity)
        light = QRadialGradient(at + QPointF(-0.35, -0.45) * RADIUS, RADIUS * 1.5)
        light.setColorAt(0.0, color.lighter(165))
        light.setColorAt(0.5, color)
        light.setColorAt(1.0, color.darker(160))
        painter.setPen(QPen(edge, 1.6))
        painter.setBrush(light)
        painter.drawEllipse(at, RADIUS, RADIUS)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        seam = QColor(color.darker(220))
        seam.setAlpha(120)
        painter.setPen(QPen(seam, 1.3))
        for piece in _seam(self._turned):
            painter.drawPolyline(QPolygonF([at + QPointF(x, y) * (RADIUS - 1.0) for x, y in piece.tolist()]))
        painter.restore()

    @Slot(object)
    def _on_rolled(self, _share: Any) -> None:
        self.moved.emit()


def _turn_about(x: float, y: float, angle: float) -> Floats:
    """Return the rotation (3, 3) by an angle about an axis in the plane of the picture."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array(
        [
            [cos + x * x * (1 - cos), x * y * (1 - cos), y * sin],
            [x * y * (1 - cos), cos + y * y * (1 - cos), -x * sin],
            [-y * sin, x * sin, cos],
        ]
    )


def _seam(turned: Floats) -> list[Floats]:
    """Return the pieces of a great circle that face the viewer, (n, 2) each."""
    angles = np.linspace(0.0, math.tau, _SEAM)
    circle = np.stack([np.cos(angles), 0.55 * np.sin(angles), 0.83 * np.sin(angles)]).T @ turned.T
    front = circle[:, 2] > 0.0
    breaks = np.flatnonzero(np.diff(front.astype(np.int8))) + 1
    return [
        piece[:, :2]
        for piece, seen in zip(np.split(circle, breaks), np.split(front, breaks), strict=True)
        if seen[0] and len(piece) > 1
    ]
