"""The picture of very many lines, kept as an image for as long as nothing of it changes."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QImage, QPainter, QTransform

from nnstudio.ui.canvas import pen_painter
from nnstudio.ui.canvas.raster.image import LineImage
from nnstudio.ui.canvas.raster.loading import loader

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.canvas.raster.image import Area
    from nnstudio.ui.canvas.raster.loading import Kernels
    from nnstudio.ui.canvas.strokes import StrokedLines

# From so many connections on, compiled kernels draw them, where there are any.
_LEAST_COMPILED = 600
# A picture that took longer is drawn roughly while the view moves, and well once it has rested.
_SLOW_SECONDS = 0.04
_REST_MILLISECONDS = 100
_LOOK_MILLISECONDS = 500
_LEAST_ROUGH = 2000
_ROUGH_SHARE = 0.6  # of the slow picture's time that a rough one may take


@dataclass(frozen=True)
class Place:
    """Where the scene lies in an image; all in its pixels, of which ``ratio`` make one of the window's."""

    scale: float
    dx: float
    dy: float
    width: int
    height: int
    ratio: float

    @classmethod
    def of(cls, transform: QTransform, widget: QWidget) -> Place:
        """Return that of a view."""
        ratio = widget.devicePixelRatioF()
        size = round(widget.width() * ratio), round(widget.height() * ratio)
        return cls(
            transform.m11() * ratio, transform.dx() * ratio, transform.dy() * ratio, *size, ratio=ratio
        )

    @property
    def transform(self) -> QTransform:
        """From the scene to the pixels of the window."""
        scale = self.scale / self.ratio
        return QTransform(scale, 0, 0, scale, self.dx / self.ratio, self.dy / self.ratio)


class KeptPicture(QObject):
    """Draws lines when they are first asked for at a place, by compiled kernels or by Qt.

    While the place keeps changing and drawing is slow, only the strongest lines are drawn; ``when_rested`` is
    called when it is time to draw all.
    """

    def __init__(self, when_rested: Callable[[], None]) -> None:
        super().__init__()
        self._threads = _most_threads(2)
        self._when_rested = when_rested
        self._image: QImage | None = None
        self._lines: LineImage | None = None
        self._place: Place | None = None  # for which the image, or else the lines, are drawn
        self._is_compiled = False
        self._seconds = 0.0  # that all lines took
        self._is_rough = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MILLISECONDS)
        self._rest.timeout.connect(self._on_rest)
        self._better = QTimer(self)
        self._better.setInterval(_LOOK_MILLISECONDS)
        self._better.timeout.connect(self._look_for_better)

    def set_threads(self, count: int) -> None:
        """Draw by so many threads, or as many as there are processors."""
        self._threads = _most_threads(count)

    def forget(self) -> None:
        """Draw anew the next time: something has changed."""
        self._place = None

    def at(self, place: Place, parts: Callable[[], list[StrokedLines]]) -> QImage:
        """Return the picture at a place; ``parts`` gives what to draw where it has to be drawn."""
        if self._place == place:
            return self._current()
        began = time.perf_counter()
        drawn = parts()
        count = sum(len(part.strokes.order) for part in drawn)
        kernels = loader.wanted() if count >= _LEAST_COMPILED else None
        if kernels is not None and self._lines is not None and (way := self._way_to(place)) is not None:
            self._draw(kernels, self._lines, place, drawn, self._lines.shift(*way))
            self._place = place
            return self._current()
        is_rough = self._place is not None and self._seconds > _SLOW_SECONDS
        if is_rough:
            most = max(_LEAST_ROUGH, int(count * _ROUGH_SHARE * _SLOW_SECONDS / self._seconds))
            drawn = [replace(part, strokes=part.strokes.strongest(most)) for part in drawn]
            self._rest.start()
        if kernels is not None:
            lines = self._lines
            if lines is None or (lines.image.width(), lines.image.height()) != (place.width, place.height):
                lines = self._lines = LineImage(place.width, place.height)
            self._draw(kernels, lines, place, drawn, [lines.area])
        else:
            self._paint(place, drawn)
            if count >= _LEAST_COMPILED and loader.may_come:
                self._better.start()
        if not is_rough:
            self._seconds = time.perf_counter() - began
        self._place = place
        self._is_rough = is_rough
        self._is_compiled = kernels is not None
        return self._current()

    def _way_to(self, place: Place) -> tuple[int, int] | None:
        """Return by how many pixels the picture only has to be moved, or None where that is not all."""
        before = self._place
        if before is None or not self._is_compiled or self._is_rough:
            return None
        dx, dy = place.dx - before.dx, place.dy - before.dy
        if replace(before, dx=place.dx, dy=place.dy) != place or dx != round(dx) or dy != round(dy):
            return None
        return round(dx), round(dy)

    def _current(self) -> QImage:
        if self._is_compiled and self._lines is not None:
            return self._lines.image
        assert self._image is not None
        return self._image

    def _paint(self, place: Place, parts: list[StrokedLines]) -> None:
        image = QImage(place.width, place.height, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(place.ratio)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        area = QRectF(0.0, 0.0, place.width / place.ratio, place.height / place.ratio)
        pen_painter.paint(painter, place.transform, area, parts)
        painter.end()
        self._image = image

    def _draw(
        self, kernels: Kernels, lines: LineImage, place: Place, parts: list[StrokedLines], areas: list[Area]
    ) -> None:
        lines.image.setDevicePixelRatio(place.ratio)
        scaled = [replace(part, strokes=part.strokes.scaled(place.ratio)) for part in parts]
        for area in areas:
            lines.draw(
                kernels,
                scaled,
                scale=place.scale,
                dx=place.dx,
                dy=place.dy,
                area=area,
                threads=self._threads,
            )

    @Slot()
    def _look_for_better(self) -> None:
        """Draw anew, with smooth edges, once the kernels are there."""
        if loader.wanted() is not None:
            self._better.stop()
            self._place = None
            self._when_rested()
        elif not loader.may_come:
            self._better.stop()

    @Slot()
    def _on_rest(self) -> None:
        if self._is_rough:
            self._place = None
            self._when_rested()


def _most_threads(count: int) -> int:
    return min(count, os.cpu_count() or 1)
