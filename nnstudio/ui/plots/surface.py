"""An image over a rectangle of the plot, scaled smoothly: what a network answers everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.ui.plots.figures import Range


class SurfaceItem(pg.GraphicsObject):
    """Colors on a grid; the first row is the lowest."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._rect = QRectF()

    @property
    def image(self) -> QImage | None:
        """What is drawn, upside down; None where nothing is."""
        return self._image

    def set_colors(self, colors: NDArray[np.uint8] | None, x_range: Range, y_range: Range) -> None:
        """Show colors (rows, columns, 4), red green blue alpha, or nothing."""
        rect = QRectF(x_range[0], y_range[0], x_range[1] - x_range[0], y_range[1] - y_range[0])
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = rect
        if colors is None:
            self._image = None
        else:
            rows, columns = colors.shape[:2]
            packed = np.ascontiguousarray(colors)
            # copy(): the image would otherwise look at memory of the array, which goes.
            self._image = QImage(
                packed.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888
            ).copy()
        self.update()

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, *_arguments: Any) -> None:
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self._rect, self._image)
