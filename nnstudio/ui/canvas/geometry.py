"""Distances and sizes on the canvas: functions of arrays, in scene units unless said otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Rect = tuple[float, float, float, float]  # left, top, right, bottom

NEURON_RADIUS = 22.0
# Inside the ring by this much a drag connects rather than moves, so that the ring itself can be grabbed.
RIM_INSIDE = 5.0
RIM_PIXELS = 8.0
PICK_PIXELS = 10.0


def rim_reach(zoom: float) -> float:
    """Return how far outside the ring a drag still connects: `RIM_PIXELS` on the screen, within limits."""
    return min(max(RIM_PIXELS / zoom, 4.0), 20.0)


def segment_distances(lines: Floats, x: float, y: float) -> Floats:
    """Return the distance (n,) of a point to each segment of ``lines`` (n, 4): x1, y1, x2, y2."""
    start = lines[:, :2]
    along = lines[:, 2:] - start
    to_point = np.array([x, y]) - start
    squared = np.einsum("ij,ij->i", along, along)
    share = np.einsum("ij,ij->i", to_point, along) / np.where(squared > 0.0, squared, 1.0)
    nearest = to_point - np.clip(share, 0.0, 1.0)[:, None] * along
    return np.sqrt(np.einsum("ij,ij->i", nearest, nearest))


def crossing(lines: Floats, rect: Rect) -> NDArray[np.bool_]:
    """Return which segments (n, 4) have a point inside ``rect`` (Liang and Barsky 1984)."""
    left, top, right, bottom = rect
    entry = np.zeros(len(lines))
    leave = np.ones(len(lines))
    inside = np.ones(len(lines), dtype=bool)
    for axis, (low, high) in enumerate(((left, right), (top, bottom))):
        start = lines[:, axis]
        along = lines[:, axis + 2] - start
        flat = along == 0.0
        inside &= ~flat | ((start >= low) & (start <= high))
        step = np.where(flat, 1.0, along)
        first, second = (low - start) / step, (high - start) / step
        entry = np.where(flat, entry, np.maximum(entry, np.minimum(first, second)))
        leave = np.where(flat, leave, np.minimum(leave, np.maximum(first, second)))
    return inside & (entry <= leave)


def may_touch(lines: Floats, rect: Rect) -> NDArray[np.bool_]:
    """Return which segments (n, 4) have a bounding box that meets ``rect``: quick, for culling."""
    left, top, right, bottom = rect
    x1, y1, x2, y2 = lines.T
    return (
        (np.minimum(x1, x2) <= right)
        & (np.maximum(x1, x2) >= left)
        & (np.minimum(y1, y2) <= bottom)
        & (np.maximum(y1, y2) >= top)
    )
