"""Paints what neurons show as pictures: images out of one sheet, curves and histograms as shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QPixmap, QPolygonF
from shiboken6 import wrapInstance

from nnstudio.ui import theme
from nnstudio.ui.canvas.faces import numbers
from nnstudio.ui.canvas.tints import faded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.ui.theme import Theme

_FILL = 0.45
_BAR_FILL = 0.8
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
class CurveFace:
    """Values over one input: ``heights`` (points,) as shares of the height, and that of 0."""

    heights: NDArray[np.float64]
    zero: float

    def paint(self, painter: QPainter, area: QRectF, *, is_file: bool = False) -> None:
        current = theme.manager().current
        known = np.flatnonzero(np.isfinite(self.heights))
        x = area.left() + area.width() * known / max(1, len(self.heights) - 1)
        pad = 0.07 * area.height()
        inner = area.adjusted(0.0, pad, 0.0, -pad)
        y = inner.bottom() - inner.height() * np.clip(self.heights[known], -0.05, 1.05)
        zero = inner.bottom() - inner.height() * min(max(self.zero, -0.07), 1.07)
        if not len(known):
            return
        for color, edge in ((current.positive, np.minimum(y, zero)), (current.negative, np.maximum(y, zero))):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(faded(color, _FILL))
            painter.drawPolygon(_polygon(np.r_[x, x[-1], x[0]], np.r_[edge, zero, zero]))
        _paint_zero(painter, current, QPointF(area.left(), zero), QPointF(area.right(), zero))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(current.text, area.height() / 32.0))
        painter.drawPolyline(_polygon(x, y))


@dataclass(frozen=True, eq=False)
class HistogramFace:
    """How often values occur: ``shares`` (bins,) of the most frequent, and where 0 is in the range."""

    shares: NDArray[np.float64]
    zero: float

    def paint(self, painter: QPainter, area: QRectF, *, is_file: bool = False) -> None:
        current = theme.manager().current
        bins = len(self.shares)
        # Off the frame, which would hide the lowest and the highest.
        pad = 0.06 * area.width()
        area = area.adjusted(pad, pad, -pad, -pad)
        edges = area.left() + area.width() * np.arange(bins + 1) / bins
        tops = area.bottom() - area.height() * self.shares
        zero = min(max(self.zero, 0.0), 1.0)
        x, y = np.repeat(edges, 2), np.r_[area.bottom(), np.repeat(tops, 2), area.bottom()]
        bars = _polygon(x, y)
        painter.setPen(Qt.PenStyle.NoPen)
        split = area.left() + area.width() * zero
        for color, left, right in (
            (current.negative, area.left(), split),
            (current.positive, split, area.right()),
        ):
            if right > left:
                painter.setBrush(faded(color, _BAR_FILL))
                painter.drawPolygon(_clipped(x, y, left, right) if 0.0 < zero < 1.0 else bars)
        if 0.0 < zero < 1.0:
            _paint_zero(painter, current, QPointF(split, area.top()), QPointF(split, area.bottom()))


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


def _paint_zero(painter: QPainter, current: Theme, start: QPointF, end: QPointF) -> None:
    painter.setPen(QPen(faded(current.text, 0.35), 0.75))
    painter.drawLine(start, end)


def _clipped(x: NDArray[np.float64], y: NDArray[np.float64], left: float, right: float) -> QPolygonF:
    """Return the part of a step outline between two verticals."""
    inside = np.clip(x, left, right)
    return _polygon(inside, y)


def _polygon(x: NDArray[np.float64], y: NDArray[np.float64]) -> QPolygonF:
    return QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)])
