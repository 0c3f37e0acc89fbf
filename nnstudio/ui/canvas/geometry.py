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
# Of a neuron that shows a picture, which is a square as wide as the others are round.
SQUARE_CORNER = 5.0
PICK_PIXELS = 10.0
_MOST_DASHES = 20_000


def rim_reach(zoom: float) -> float:
    """Return how far outside the ring a drag still connects: `RIM_PIXELS` on the screen, within limits."""
    return min(max(RIM_PIXELS / zoom, 4.0), 20.0)


def square_distance(x: float, y: float) -> float:
    """Return how far a point is from the middle of a square neuron, `NEURON_RADIUS` all along its edge."""
    inner = NEURON_RADIUS - SQUARE_CORNER
    across, down = abs(x) - inner, abs(y) - inner
    outside = float(np.hypot(max(across, 0.0), max(down, 0.0)))
    return inner + outside + min(max(across, down), 0.0)


def segment_distances(lines: Floats, x: float, y: float) -> Floats:
    """Return the distance (n,) of a point to each segment of ``lines`` (n, 4): x1, y1, x2, y2."""
    start = lines[:, :2]
    along = lines[:, 2:] - start
    to_point = np.array([x, y]) - start
    squared = np.einsum("ij,ij->i", along, along)
    share = np.einsum("ij,ij->i", to_point, along) / np.where(squared > 0.0, squared, 1.0)
    nearest = to_point - np.clip(share, 0.0, 1.0)[:, None] * along
    return np.sqrt(np.einsum("ij,ij->i", nearest, nearest))


def simplified(points: Floats, tolerance: float) -> Floats:
    """Return the points of a polyline (n, 2) that keep it within ``tolerance`` (Douglas, Peucker 1973)."""
    kept = np.zeros(len(points), dtype=bool)
    kept[[0, -1]] = True
    parts = [(0, len(points) - 1)]
    while parts:
        first, last = parts.pop()
        chord = np.concatenate([points[first], points[last]])[None]
        off = [segment_distances(chord, x, y)[0] for x, y in points[first + 1 : last].tolist()]
        if off and max(off) > tolerance:
            middle = first + 1 + int(np.argmax(off))
            kept[middle] = True
            parts += [(first, middle), (middle, last)]
    return points[kept]


def dashed(
    lines: Floats, starts: NDArray[np.intp], dash: float, gap: float
) -> tuple[Floats, NDArray[np.intp]]:
    """Cut connections into dashes; returns their segments and where those of each connection begin.

    Connection c has ``lines[starts[c]:starts[c + 1]]``. Dashes run on from one of its segments to the next;
    where there would be very many, they are longer.
    """
    steps = lines[:, 2:] - lines[:, :2]
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    before = np.concatenate([[0.0], np.cumsum(lengths)])
    owners = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    begin = before[:-1] - before[starts[owners]]
    longer = max(1.0, float(before[-1]) / (dash + gap) / _MOST_DASHES)
    dash, period = dash * longer, (dash + gap) * longer
    first = np.floor(begin / period).astype(np.intp)
    counts = np.where(lengths > 0.0, np.floor((begin + lengths) / period).astype(np.intp) - first + 1, 0)
    segment = np.repeat(np.arange(len(lines)), counts)
    number = np.arange(len(segment)) - np.repeat(np.cumsum(counts) - counts, counts) + first[segment]
    low = np.clip(number * period - begin[segment], 0.0, lengths[segment])
    high = np.clip(number * period + dash - begin[segment], 0.0, lengths[segment])
    kept = high > low
    segment, low, high = segment[kept], low[kept], high[kept]
    unit = steps[segment] / lengths[segment][:, None]
    pieces = np.concatenate(
        [lines[segment, :2] + low[:, None] * unit, lines[segment, :2] + high[:, None] * unit], axis=1
    )
    return pieces, np.searchsorted(owners[segment], np.arange(len(starts)))


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
