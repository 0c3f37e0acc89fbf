"""The rows of the data as points: filled in the training part, rings in the test part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

from nnstudio.training.judging import sampled
from nnstudio.ui import theme
from nnstudio.ui.numbers import format_count
from nnstudio.ui.plots import figures
from nnstudio.ui.plots.style import faded

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nnstudio.data import Dataset

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

MOST_POINTS = 2_000  # of each part
_PICK_PIXELS = 14.0
_NO_ROWS = np.empty(0, np.intp)
_NOWHERE = np.empty(0)


class Points:
    """Points on a plot that several views share, and the ring around the row in focus."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot = plot
        # Test points stand below: there are fewer, and rings let through what they cover.
        self.train = pg.ScatterPlotItem(size=7, pxMode=True)
        self.test = pg.ScatterPlotItem(size=8, pxMode=True)
        self.focus = pg.ScatterPlotItem(size=15, pxMode=True)
        for item in (self.train, self.test, self.focus):
            plot.getPlotItem().addItem(item, ignoreBounds=True)
        self.focus.setZValue(5)
        self._rows: Rows = _NO_ROWS
        self._x = self._y = _NOWHERE
        self._known: NDArray[np.bool_] = np.empty(0, bool)
        self._total = 0

    def show(
        self, data: Dataset, x: Floats, y: Floats, style: Callable[[Rows, bool], dict[str, Any]]
    ) -> None:
        """Show rows of the data at x, y (rows,), which are of all rows.

        ``style`` returns pen, brush and size of rows of the training part (False) or test part (True). Of
        very many rows, a sample is shown.
        """
        known = self._known = figures.have_places(x, y)
        parts = [sampled(rows[known[rows]], MOST_POINTS) for rows in (data.train_rows, data.test_rows)]
        for item, rows, hollow in zip((self.train, self.test), parts, (False, True), strict=True):
            item.setData(x=x[rows], y=y[rows], **style(rows, hollow))
        self._rows, self._x, self._y = np.concatenate(parts), x, y
        self._total = len(data.train_rows) + len(data.test_rows)

    def clear(self) -> None:
        """Show no points."""
        for item in (self.train, self.test, self.focus):
            item.setData(x=_NOWHERE, y=_NOWHERE)
        self._rows, self._x, self._y, self._total = _NO_ROWS, _NOWHERE, _NOWHERE, 0

    @property
    def sample(self) -> str:
        """How many rows are shown of how many, in words; empty where all are."""
        if len(self._rows) == self._total:
            return ""
        return f"{format_count(len(self._rows))} of {format_count(self._total)} rows"

    def mark_focus(self, row: int | None) -> None:
        """Mark the row in focus, if it has a place."""
        known = row is not None and row < len(self._x) and self._known[row]
        part = slice(row, row + 1) if known and row is not None else slice(0, 0)
        self.focus.setData(x=self._x[part], y=self._y[part])

    def nearest(self, x: float, y: float) -> int | None:
        """Return the row whose point is nearest to a place, within reach of the pointer, or None."""
        rows, pixel = self._rows, self._plot.getViewBox().viewPixelSize()
        found = figures.nearest_point(self._x[rows], self._y[rows], (x, y), pixel, _PICK_PIXELS)
        return None if found is None else int(rows[found])

    def restyle(self) -> None:
        """Take the colors of the theme."""
        self.focus.setPen(pg.mkPen(theme.manager().current.text, width=2))
        self.focus.setBrush(pg.mkBrush(None))


def plain_style(size: int = 6) -> Callable[[Rows, bool], dict[str, Any]]:
    """Return the style of points that differ by their part alone."""
    current = theme.manager().current

    def style(_rows: Rows, hollow: bool) -> dict[str, Any]:
        if hollow:
            return {
                "pen": pg.mkPen(current.test_line, width=1.5),
                "brush": pg.mkBrush(None),
                "size": size + 1,
            }
        return {"pen": pg.mkPen(None), "brush": pg.mkBrush(faded(current.train_line, 130)), "size": size}

    return style
