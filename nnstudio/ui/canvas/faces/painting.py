"""Paints what neurons show as pictures: images out of one sheet, curves and histograms as shapes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QPixmap, QPolygonF
from shiboken6 import wrapInstance

from nnstudio.ui import theme
from nnstudio.ui.canvas.faces import numbers
from nnstudio.ui.canvas.tints import faded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.ui.canvas.faces.numbers import Range

# In a square from 0 to 1.
_CURVE_FILL, _CURVE_WIDTH, _CURVE_ROOM = 0.45, 1 / 32, 0.07
_ZERO_WIDTH = 1 / 56
_BAR_FILL, _BAR_ROOM = 0.8, 0.06  # off the frame, which would hide the lowest and the highest values
_MOST_WIDTH, _MOST_ZERO_WIDTH = 2.25, 1.0  # of lines in large areas
_FINE = 192  # pixels along a side of an image in a file


class Face(Protocol):
    """What one neuron shows."""

    def paint(self, painter: QPainter, area: QRectF, *, is_file: bool = False) -> None:
        """Paint it into an area; for a file, so that it is sharp at any size."""
        ...


class Sheet:
    """All images (n, height, width) of one moment, as one picture."""

    def __init__(self, tiles: NDArray[np.uint32], *, is_smooth: bool) -> None:
        pixels, self._places = numbers.sheet(tiles)
        self._height, self._width = tiles.shape[1:]
        self.is_smooth = is_smooth
        height, width = pixels.shape
        # NaN alone is transparent, and wholly so.
        kind = QImage.Format.Format_ARGB32_Premultiplied
        self.image = QImage(pixels.tobytes(), width, height, 4 * width, kind).copy()
        self.pixmap = QPixmap.fromImage(self.image)

    def face(self, place: int) -> ImageFace:
        """Return one of the images."""
        x, y = self._places[place]
        return ImageFace(self, QRectF(x, y, self._width, self._height))


@dataclass(frozen=True, eq=False)
class ImageFace:
    """A part of a sheet."""

    sheet: Sheet
    source: QRectF

    def paint(self, painter: QPainter, area: QRectF, *, is_file: bool = False) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.sheet.is_smooth)
        if not is_file:
            painter.drawPixmap(area, self.sheet.pixmap, self.source)
            return
        # What draws into SVG takes whole images alone, and files are enlarged by others in their own way.
        mode = Qt.TransformationMode
        part = self.sheet.image.copy(self.source.toRect()).scaled(
            _FINE,
            _FINE,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            mode.SmoothTransformation if self.sheet.is_smooth else mode.FastTransformation,
        )
        painter.drawImage(area, part)


@dataclass(frozen=True, eq=False)
class ShapeFace:
    """A curve or a histogram: what of it is below 0 and above, (points, 2) each, in a square from 0 to 1.

    ``zero`` is the line at 0, x1, y1, x2, y2; ``line`` (points, 2) is drawn over all.
    """

    below: NDArray[np.float64]
    above: NDArray[np.float64]
    zero: tuple[float, float, float, float] | None
    line: NDArray[np.float64] | None = None

    @cached_property
    def _shapes(self) -> tuple[QPolygonF, QPolygonF, QPolygonF | None]:
        return _polygon(self.below), _polygon(self.above), None if self.line is None else _polygon(self.line)

    def paint(self, painter: QPainter, area: QRectF, *, is_file: bool = False) -> None:
        current = theme.manager().current
        below, above, line = self._shapes
        side = max(area.height(), 1.0)
        painter.save()
        painter.translate(area.topLeft())
        painter.scale(area.width(), area.height())
        painter.setPen(Qt.PenStyle.NoPen)
        fill = _BAR_FILL if line is None else _CURVE_FILL
        for shape, color in ((below, current.negative), (above, current.positive)):
            if not shape.isEmpty():
                painter.setBrush(faded(color, fill))
                painter.drawPolygon(shape)
        if self.zero is not None:
            painter.setPen(QPen(faded(current.text, 0.35), min(_ZERO_WIDTH, _MOST_ZERO_WIDTH / side)))
            painter.drawLine(QLineF(*self.zero))
        if line is not None:
            painter.setPen(QPen(current.text, min(_CURVE_WIDTH, _MOST_WIDTH / side)))
            painter.drawPolyline(line)
        painter.restore()


def curve_faces(values: NDArray[np.float64], ranges: Range) -> list[ShapeFace]:
    """Return values (points, neurons) over one input as curves, filled from 0 on."""
    inner = 1.0 - 2 * _CURVE_ROOM
    heights = np.clip(numbers.heights(values, ranges), -0.05, 1.05)
    down = 1.0 - _CURVE_ROOM - inner * heights
    zeros = 1.0 - _CURVE_ROOM - inner * np.clip(_zeros(ranges), -0.1, 1.1)
    across = np.linspace(0.0, 1.0, len(values))
    faces = []
    for y, zero in zip(down, zeros.tolist(), strict=True):
        known = np.isfinite(y)
        x, y = across[known], y[known]
        if not len(x):
            faces.append(ShapeFace(np.empty((0, 2)), np.empty((0, 2)), None))
            continue
        around = np.r_[x, x[-1], x[0]]
        below = np.column_stack([around, np.r_[np.maximum(y, zero), zero, zero]])
        above = np.column_stack([around, np.r_[np.minimum(y, zero), zero, zero]])
        faces.append(ShapeFace(below, above, (0.0, zero, 1.0, zero), np.column_stack([x, y])))
    return faces


def histogram_faces(values: NDArray[np.float64], ranges: Range, bins: int = numbers.BINS) -> list[ShapeFace]:
    """Return how often values (rows, neurons) occur, as bars."""
    counts = numbers.histograms(values, ranges, bins)
    inner = 1.0 - 2 * _BAR_ROOM
    tops = 1.0 - _BAR_ROOM - inner * counts / counts.max(axis=1, initial=1)[:, None]
    across = np.repeat(_BAR_ROOM + inner * np.linspace(0.0, 1.0, bins + 1), 2)
    floor = np.full((len(tops), 1), 1.0 - _BAR_ROOM)
    down = np.concatenate([floor, np.repeat(tops, 2, axis=1), floor], axis=1)
    zeros = _zeros(ranges)
    splits = _BAR_ROOM + inner * np.clip(zeros, 0.0, 1.0)
    below = np.stack([np.minimum(across, splits[:, None]), down], axis=2)
    above = np.stack([np.maximum(across, splits[:, None]), down], axis=2)
    nothing = np.empty((0, 2))
    return [
        ShapeFace(
            below[slot] if zero > 0.0 else nothing,
            above[slot] if zero < 1.0 else nothing,
            (split, _BAR_ROOM, split, 1.0 - _BAR_ROOM) if 0.0 < zero < 1.0 else None,
        )
        for slot, (zero, split) in enumerate(zip(zeros.tolist(), splits.tolist(), strict=True))
    ]


def _zeros(ranges: Range) -> NDArray[np.float64]:
    return -ranges.low / (ranges.high - ranges.low)


def paint_copies(
    painter: QPainter,
    faces: Sequence[Face],
    pixels: NDArray[np.float64],
    side: float,
    opacities: Sequence[float],
) -> None:
    """Paint faces with their middles at ``pixels`` (n, 2), ``side`` pixels wide, images all at once."""
    images: dict[Sheet, list[int]] = {}
    for place, face in enumerate(faces):
        if isinstance(face, ImageFace):
            images.setdefault(face.sheet, []).append(place)
        elif opacities[place]:
            painter.setOpacity(opacities[place])
            middle = QPointF(*pixels[place].tolist())
            face.paint(painter, QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side))
    painter.setOpacity(1.0)
    for sheet, places in images.items():
        sources = np.array([_corners(faces[place]) for place in places])
        copies = np.zeros((len(places), 10))  # as Qt's PixmapFragment has it
        copies[:, :2] = pixels[places]
        copies[:, 2:6] = sources
        copies[:, 6:8] = side / sources[:, 2:4]
        copies[:, 9] = [opacities[place] for place in places]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, sheet.is_smooth)
        fragments = wrapInstance(copies.ctypes.data, QPainter.PixmapFragment)
        painter.drawPixmapFragments(fragments, len(copies), sheet.pixmap)


def _corners(face: Face) -> tuple[float, float, float, float]:
    assert isinstance(face, ImageFace)
    source = face.source
    return source.x(), source.y(), source.width(), source.height()


def _polygon(points: NDArray[np.float64]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points.tolist()])
