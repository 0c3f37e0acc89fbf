"""What is seen of drawing before it becomes data: new points, struck ones, the lasso, what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from nnstudio.ui import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QColor

    Floats = NDArray[np.float64]

_NOWHERE = np.empty((0, 2))


class Marks:
    """Items above the points of a plot; places are (points, 2), in the data's units."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        self.new = pg.ScatterPlotItem(pxMode=True)
        self._waiting = pg.ScatterPlotItem(pxMode=True, size=7)
        self._struck = pg.ScatterPlotItem(pxMode=True, symbol="x", size=11)
        self._rings = pg.ScatterPlotItem(pxMode=True, size=12)
        self._outline = pg.PlotCurveItem()
        self._reach = pg.ScatterPlotItem(pxMode=True)
        items = (self._waiting, self.new, self._struck, self._rings, self._outline, self._reach)
        for depth, item in enumerate(items, 20):
            item.setZValue(depth)
            plot.getPlotItem().addItem(item, ignoreBounds=True)

    def restyle(self) -> None:
        """Take the colors of the theme."""
        current = theme.manager().current
        self._struck.setPen(pg.mkPen(current.error, width=2))
        self._rings.setPen(pg.mkPen(current.accent, width=1.5))
        self._outline.setPen(pg.mkPen(current.accent, width=1, style=Qt.PenStyle.DashLine))
        self._reach.setPen(pg.mkPen(current.muted, width=1))
        for item in (self._struck, self._rings, self._reach):
            item.setBrush(pg.mkBrush(None))

    def show_new(self, places: Floats, color: QColor, size: int) -> None:
        """Show points that a stroke would add or move."""
        self.new.setData(x=places[:, 0], y=places[:, 1], size=size, brush=pg.mkBrush(color), pen=_outlined())

    def show_waiting(self, strokes: Sequence[tuple[Floats, QColor]]) -> None:
        """Show strokes that are no data yet."""
        places = np.vstack([_NOWHERE, *(places for places, _ in strokes)])
        brushes = [brush for points, color in strokes for brush in [pg.mkBrush(color)] * len(points)]
        self._waiting.setData(x=places[:, 0], y=places[:, 1], brush=brushes, pen=_outlined())

    def show_struck(self, places: Floats) -> None:
        """Show points that a stroke would take away."""
        self._struck.setData(x=places[:, 0], y=places[:, 1])

    def show_selected(self, places: Floats) -> None:
        """Show points that are selected."""
        self._rings.setData(x=places[:, 0], y=places[:, 1])

    def show_outline(self, places: Floats) -> None:
        """Show the way of a lasso."""
        self._outline.setData(places[:, 0], places[:, 1])

    def show_reach(self, places: Floats, pixels: float) -> None:
        """Show how far a tool reaches around the pointer; with no place, nothing."""
        self._reach.setData(x=places[:, 0], y=places[:, 1], size=2 * pixels)

    def clear_stroke(self) -> None:
        """Take away what belongs to a stroke."""
        for item in (self.new, self._struck):
            item.setData(x=_NOWHERE[:, 0], y=_NOWHERE[:, 1])
        self._outline.setData(_NOWHERE[:, 0], _NOWHERE[:, 1])


def _outlined() -> Any:
    return pg.mkPen(theme.manager().current.plot_background, width=1)
