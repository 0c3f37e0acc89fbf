"""Where a stroke puts points and which ones it meets, in pixels. Functions of arrays, with no window."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Points of a brush stand at least so near to their distance from each other; the rest is rounding.
_ALMOST = 0.97


def spacing(density: int) -> float:
    """Return the distance between the points of a brush, in pixels, for a density from 1 to 10."""
    return 46.0 / density + 5.0


def steps_between(start: Floats, end: Floats, most: float) -> Floats:
    """Return points on the way from ``start``, left out, to ``end``, (points, 2), at most so far apart."""
    count = max(1, math.ceil(float(np.hypot(*(end - start))) / most))
    shares = np.arange(1, count + 1) / count
    return start + shares[:, None] * (end - start)


def fill(placed: Floats, at: Floats, radius: float, distance: float) -> Floats:
    """Return the points that a brush adds where it is, (points, 2): evenly, none too near to another.

    ``placed`` (points, 2) are those of the stroke so far.
    """
    candidates = at + _hexagons(radius, distance)
    added = placed
    for candidate in candidates:
        if not len(added) or np.hypot(*(added - candidate).T).min() >= _ALMOST * distance:
            added = np.vstack([added, candidate])
    return added[len(placed) :]


def scatter(rng: np.random.Generator, at: Floats, radius: float, count: int) -> Floats:
    """Return so many points at random places of a disc, (count, 2)."""
    angle = rng.uniform(0.0, 2 * math.pi, count)
    reach = radius * np.sqrt(rng.uniform(0.0, 1.0, count))
    return at + np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])


def near_segment(points: Floats, start: Floats, end: Floats, radius: float) -> NDArray[np.bool_]:
    """Return which points, (points, 2), are at most ``radius`` away from the line between two others."""
    way = end - start
    length = float(way @ way)
    shares = np.clip((points - start) @ way / length, 0.0, 1.0) if length else np.zeros(len(points))
    apart = points - (start + shares[:, None] * way)
    return np.asarray(np.hypot(apart[:, 0], apart[:, 1]) <= radius)


def inside(points: Floats, outline: Floats) -> NDArray[np.bool_]:
    """Return which points, (points, 2), are inside a closed outline (corners, 2), by the even-odd rule."""
    found = np.zeros(len(points), dtype=bool)
    x, y = points[:, 0], points[:, 1]
    for (x1, y1), (x2, y2) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > y) != (y2 > y)
        found ^= crosses & (x < x1 + (y - y1) / (y2 - y1) * (x2 - x1))
    return found


def _hexagons(radius: float, distance: float) -> Floats:
    """Return the places of a hexagonal lattice in a disc, the middle first, (places, 2)."""
    reach = int(radius / distance) + 1
    rows, columns = np.meshgrid(np.arange(-2 * reach, 2 * reach + 1), np.arange(-2 * reach, 2 * reach + 1))
    x = distance * (columns + rows / 2).ravel()
    y = distance * (rows * math.sqrt(0.75)).ravel()
    far = np.hypot(x, y)
    order = np.argsort(far, kind="stable")
    order = order[far[order] <= radius]
    return np.column_stack([x[order], y[order]])
