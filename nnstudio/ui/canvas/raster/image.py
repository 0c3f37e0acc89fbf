"""An image over an array that compiled kernels draw lines into, in tiles, by one or two threads."""

from __future__ import annotations

import threading
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.ui.canvas.raster.loading import Kernels
    from nnstudio.ui.canvas.strokes import StrokedLines

Area = tuple[int, int, int, int]  # left, top, right, bottom, in pixels of the image

_TILE = 16  # as the kernels have it; they can't be imported without Numba
_SHARES = 512  # a color's row in the table: 257 are used
# Each strip looks at every line, so that few are best: enough that two threads end together.
_STRIP = 320
_KIND = ["C", "A", "W"]  # in a row, aligned, writable: what cannot be written is another type to Numba
_LEAST_SHARED = 100_000  # pixels; a smaller area is one strip


class LineImage:
    """``pixels`` (height, width) of premultiplied ARGB, and the same as an image of Qt."""

    def __init__(self, width: int, height: int) -> None:
        self.pixels = np.zeros((height, width), dtype=np.uint32)
        self.image = QImage(
            self.pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        self._across = -(-width // _TILE)
        self._counts = np.zeros(self._across * -(-height // _TILE), dtype=np.int64)

    @property
    def area(self) -> Area:
        """The whole."""
        height, width = self.pixels.shape
        return 0, 0, width, height

    def draw(
        self,
        kernels: Kernels,
        lines: Sequence[StrokedLines],
        *,
        scale: float = 1.0,
        dx: float = 0.0,
        dy: float = 0.0,
        area: Area | None = None,
        threads: int = 1,
    ) -> None:
        """Draw an area anew: the last of ``lines`` in front, mapped from the scene by scale and offset."""
        left, top, right, bottom = area or self.area
        # No two threads on one tile.
        step = _STRIP if (right - left) * (bottom - top) >= _LEAST_SHARED else right
        first = left - left % step
        strips = deque((max(left, x), top, min(right, x + step), bottom) for x in range(first, right, step))
        prepared = [_arguments(part) for part in reversed(lines)]

        def work() -> None:
            while True:
                try:
                    strip = strips.popleft()
                except IndexError:
                    return
                self._draw_strip(kernels, prepared, strip, scale, dx, dy)

        helpers = [
            threading.Thread(target=work, name="drawing") for _ in range(min(threads, len(strips)) - 1)
        ]
        for helper in helpers:
            helper.start()
        work()
        for helper in helpers:
            helper.join()

    def shift(self, dx: int, dy: int) -> list[Area]:
        """Move the picture; return the areas that have to be drawn anew."""
        height, width = self.pixels.shape
        if abs(dx) >= width or abs(dy) >= height:
            return [self.area]
        kept = self.pixels[max(0, -dy) : height - max(0, dy), max(0, -dx) : width - max(0, dx)].copy()
        left, top = max(0, dx), max(0, dy)
        self.pixels[top : top + kept.shape[0], left : left + kept.shape[1]] = kept
        areas = []
        if dx:
            areas.append((0, 0, dx, height) if dx > 0 else (width + dx, 0, width, height))
        if dy:
            areas.append((0, 0, width, dy) if dy > 0 else (0, height + dy, width, height))
        return areas

    def _draw_strip(
        self,
        kernels: Kernels,
        prepared: Sequence[tuple[NDArray[Any], ...]],
        strip: Area,
        scale: float,
        dx: float,
        dy: float,
    ) -> None:
        pixels = self.pixels.reshape(-1)
        shape = self.pixels.shape[1], self._across
        kernels.clear(pixels, self._counts, *shape, strip)
        for arguments in prepared:
            kernels.draw(pixels, self._counts, *shape, strip, *arguments, float(scale), float(dx), float(dy))


def _arguments(part: StrokedLines) -> tuple[NDArray[Any], ...]:
    """Return the arrays as the kernels were compiled for: other kinds would have to be compiled anew."""
    strokes = part.strokes
    return (
        np.require(part.lines, np.float64, _KIND),
        np.require(part.starts, np.int64, _KIND),
        np.require(strokes.order, np.int64, _KIND),
        np.require(strokes.pens, np.uint8, _KIND),
        _table(strokes.colors.tobytes()),
        np.require(strokes.widths, np.float64, _KIND),
    )


@lru_cache(maxsize=32)
def _table(colors: bytes) -> NDArray[np.uint32]:
    """Return each color, RGBA, premultiplied and in 257 shares from nothing to the whole; flat."""
    rgba = np.frombuffer(colors, dtype=np.uint8).reshape(-1, 4).astype(np.uint32)
    alpha = rgba[:, 3]
    red, green, blue = ((rgba[:, channel] * alpha + 127) // 255 for channel in range(3))
    shares = np.arange(257, dtype=np.uint32)
    table = np.zeros((len(rgba), _SHARES), dtype=np.uint32)
    for place, channel in enumerate((blue, green, red, alpha)):
        table[:, :257] |= ((channel[:, None] * shares + 128) >> 8) << np.uint32(8 * place)
    flat = table.reshape(-1)
    flat.flags.writeable = False
    return flat
