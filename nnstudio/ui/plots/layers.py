"""Curves that stand one upon the other: a band of color for each, and one of them raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from nnstudio.ui.plots.figures import FARTHEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QColor

    Floats = NDArray[np.float64]

_BAND, _RAISED_BAND = 46, 130  # alpha of the colors, from 0 to 255
_LINE, _RAISED_LINE = 1.2, 2.6
_NAME_SHARE, _NAME_WIDTH, _NAME_GAP = 0.86, 90, 6


class LayersItem(pg.GraphicsObject):
    """Lines of several colors over the same x, with the room from each one to the one before it filled."""

    def __init__(self) -> None:
        super().__init__()
        self._x: Floats = np.empty(0)
        self._lines: Floats = np.empty((0, 0))
        self._floor: Floats | None = None
        self._colors: Sequence[QColor] = ()
        self._names: Sequence[str] = ()
        self._rect = QRectF()
        self.raised: int | None = None

    @property
    def lines(self) -> Floats:
        """What is drawn, (lines, points)."""
        return self._lines

    def set_lines(
        self,
        x: Floats,
        lines: Floats,
        colors: Sequence[QColor],
        floor: Floats | None = None,
        names: Sequence[str] = (),
    ) -> None:
        """Draw lines (lines, points) over x (points,), with bands from ``floor`` (points,) up if given.

        ``names`` stand at the right ends of the lines, as far as there is room.
        """
        self._x, self._lines, self._colors, self._floor, self._names = x, lines, colors, floor, names
        seen = [line for line in (*lines, *([] if floor is None else [floor])) if _is_drawable(line)]
        rect = QRectF()
        if seen:
            shown = np.array(seen)
            low, high = float(shown.min()), float(shown.max())
            rect = QRectF(float(x[0]), low, float(x[-1] - x[0]), high - low)
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = rect
        self.update()

    def clear(self) -> None:
        """Draw nothing."""
        self.set_lines(np.empty(0), np.empty((0, 0)), ())

    def set_raised(self, place: int | None) -> bool:
        """Raise one line above the others, or none; returns whether that is another one."""
        if place == self.raised:
            return False
        self.raised = place
        self.update()
        return True

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, *_arguments: Any) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        below = self._floor
        for place, line in enumerate(self._lines):
            if not _is_drawable(line):
                continue
            color, raised = self._colors[place], place == self.raised
            if below is not None and _is_drawable(below):
                band = pg.mkColor(color)
                band.setAlpha(_RAISED_BAND if raised else _BAND)
                outline = pg.arrayToQPath(
                    np.append(self._x, self._x[::-1]), np.append(line, below[::-1]), connect="all"
                )
                painter.fillPath(outline, band)
            if below is not None:
                below = line
            painter.setPen(pg.mkPen(color, width=_RAISED_LINE if raised else _LINE))
            painter.drawPath(pg.arrayToQPath(self._x, line, connect="all"))
        self._paint_names(painter)

    def _paint_names(self, painter: QPainter) -> None:
        to_pixels = painter.transform()
        painter.save()
        painter.resetTransform()
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * _NAME_SHARE)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        height = metrics.height()
        taken: list[float] = []
        # The one that is raised has its name in any case.
        for place in sorted(range(len(self._names)), key=lambda place: place != self.raised):
            line = self._lines[place]
            if not _is_drawable(line):
                continue
            name = metrics.elidedText(self._names[place], Qt.TextElideMode.ElideRight, _NAME_WIDTH)
            width = metrics.horizontalAdvance(name) + 2 * _NAME_GAP
            right = to_pixels.map(QPointF(float(self._x[-1]), float(line[-1]))).x()
            above = np.asarray(self._x * to_pixels.m11() + to_pixels.dx() >= right - width)
            # Above the line all along the name.
            bottom = float((line[above] * to_pixels.m22() + to_pixels.dy()).min()) - 1.0
            if all(abs(bottom - other) >= height for other in taken):
                taken.append(bottom)
                painter.setPen(self._colors[place])
                box = QRectF(right - width, bottom - height, width - _NAME_GAP, height)
                painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, name)
        painter.restore()


def _is_drawable(line: Floats) -> bool:
    """Whether all of a line has a place that can be reckoned with."""
    return bool((np.abs(line) < FARTHEST).all())
