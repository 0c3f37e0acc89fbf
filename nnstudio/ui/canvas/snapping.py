"""Snapping to the rows and columns of neighbors: functions of arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nnstudio.ui.canvas.geometry import Floats

SNAP_PIXELS = 7.0


@dataclass(frozen=True)
class Snap:
    """Where a neuron goes; the neighbor it lines up with in its column, and in its row, or None."""

    x: float
    y: float
    column: tuple[float, float] | None
    row: tuple[float, float] | None


def snap(x: float, y: float, others: Floats, reach: float) -> Snap:
    """Move a point onto column and row of the nearest of ``others`` (n, 2), at most ``reach`` away."""
    column = _nearest(others, 0, x, y, reach)
    row = _nearest(others, 1, x, y, reach)
    return Snap(x if column is None else column[0], y if row is None else row[1], column, row)


def _nearest(others: Floats, axis: int, x: float, y: float, reach: float) -> tuple[float, float] | None:
    off = np.abs(others[:, axis] - (x, y)[axis])
    close = np.flatnonzero(off <= reach)
    if not len(close):
        return None
    # The best fit first, the nearest neighbor among equal fits.
    along = np.abs(others[close, 1 - axis] - (x, y)[1 - axis])
    best = close[np.lexsort((along, np.round(off[close], 6)))[0]]
    return float(others[best, 0]), float(others[best, 1])
