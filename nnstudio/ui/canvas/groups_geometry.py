"""Where groups lie on the canvas, and the bands that stand for their connections: functions of arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.ui.canvas.geometry import NEURON_RADIUS, segment_distances

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.ui.canvas.geometry import Floats, Rect

HEADER = 26.0
BLOCK_WIDTH, BLOCK_HEIGHT = 152.0, 92.0
CORNER = 14.0
_ROOM = NEURON_RADIUS + 16.0
_LABEL = 16.0  # below the lowest neurons


@dataclass(frozen=True, eq=False)
class Bundle:
    """All connections from one end to another, of which at least one is a collapsed group.

    ``source`` and ``target`` are ids of neurons, or of groups where ``source_is_group``, ``target_is_group``;
    ``connections`` (count,) are slots; ``magnitude`` is the mean of those of their values, and ``sign`` is -1
    where the values are negative on average, else 1.
    """

    source: str
    target: str
    source_is_group: bool
    target_is_group: bool
    start: tuple[float, float]
    end: tuple[float, float]
    connections: NDArray[np.intp]
    magnitude: float = 0.0
    sign: float = 1.0
    low: float = 0.0
    high: float = 0.0


def region_of(points: Floats) -> Rect:
    """Return the area (left, top, right, bottom) behind neurons at ``points`` (n, 2)."""
    left, top = points.min(axis=0).tolist()
    right, bottom = points.max(axis=0).tolist()
    return left - _ROOM, top - _ROOM, right + _ROOM, bottom + _ROOM + _LABEL


def block_of(points: Floats) -> Rect:
    """Return where the block of a collapsed group of neurons at ``points`` (n, 2) lies."""
    x, y = ((points.min(axis=0) + points.max(axis=0)) / 2.0).tolist()
    return x - BLOCK_WIDTH / 2, y - BLOCK_HEIGHT / 2, x + BLOCK_WIDTH / 2, y + BLOCK_HEIGHT / 2


def middle(rect: Rect) -> tuple[float, float]:
    """Return the center of a rectangle."""
    left, top, right, bottom = rect
    return (left + right) / 2, (top + bottom) / 2


def contains(rect: Rect, x: float, y: float) -> bool:
    """Return whether a point lies in a rectangle."""
    left, top, right, bottom = rect
    return left <= x <= right and top <= y <= bottom


def around(rects: list[Rect]) -> Rect | None:
    """Return the box around rectangles; None where there is none."""
    if not rects:
        return None
    lefts, tops, rights, bottoms = zip(*rects, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def ends_of(
    owners: NDArray[np.intp], sources: NDArray[np.intp], targets: NDArray[np.intp]
) -> tuple[NDArray[np.bool_], list[tuple[int, int, NDArray[np.intp]]]]:
    """Return which connections collapsed groups hide (connections,), and the bands drawn in their place.

    ``owners`` (neurons,) is each neuron's collapsed group, or -1. A band is its two ends, each the slot of a
    neuron or ``len(owners)`` and the number of a group, with the slots of its connections. Connections
    inside a group are in none.
    """
    from_group, to_group = owners[sources], owners[targets]
    hidden = (from_group >= 0) | (to_group >= 0)
    banded = np.flatnonzero(hidden & (from_group != to_group))
    if not len(banded):
        return hidden, []
    count = len(owners)
    starts = np.where(from_group >= 0, count + from_group, sources)[banded]
    ends = np.where(to_group >= 0, count + to_group, targets)[banded]
    span = 2 * count + 1
    keys, places = np.unique(starts * span + ends, return_inverse=True)
    order = np.argsort(places, kind="stable")
    parts = np.split(banded[order], np.cumsum(np.bincount(places))[:-1])
    return hidden, [(*divmod(int(key), span), part) for key, part in zip(keys, parts, strict=True)]


def summaries(values: Floats, bundles: Sequence[NDArray[np.intp]]) -> list[tuple[float, float, float, float]]:
    """Return for each bundle of slots the mean magnitude, the sign of the mean, the least and the greatest.

    What is not finite is left out.
    """
    if not bundles:
        return []
    chosen = values[np.concatenate(bundles)]
    starts = np.cumsum([0, *(len(slots) for slots in bundles[:-1])])
    finite = np.isfinite(chosen)
    known = np.where(finite, chosen, 0.0)
    counts = np.maximum(np.add.reduceat(finite.astype(np.intp), starts), 1)
    magnitudes = np.add.reduceat(np.abs(known), starts) / counts
    signs = np.where(np.add.reduceat(known, starts) < 0.0, -1.0, 1.0)
    lows = np.minimum.reduceat(np.where(finite, chosen, np.inf), starts)
    highs = np.maximum.reduceat(np.where(finite, chosen, -np.inf), starts)
    lows, highs = np.where(np.isfinite(lows), lows, 0.0), np.where(np.isfinite(highs), highs, 0.0)
    return list(zip(magnitudes.tolist(), signs.tolist(), lows.tolist(), highs.tolist(), strict=True))


def nearest_bundle(bundles: list[Bundle], x: float, y: float, tolerance: float) -> int | None:
    """Return the place of the bundle nearest to a point, at most ``tolerance`` away, or None."""
    if not bundles:
        return None
    lines = np.array([(*each.start, *each.end) for each in bundles])
    distances = segment_distances(lines, x, y)
    place = int(np.argmin(distances))
    return place if distances[place] <= tolerance else None
