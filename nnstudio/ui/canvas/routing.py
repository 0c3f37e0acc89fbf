"""Ways of connections around neurons that are in between: functions of arrays, in units of the scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnstudio.ui.canvas.geometry import NEURON_RADIUS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.ui.canvas.geometry import Floats

# Beyond so many pairs of a connection and a neuron it takes longer than it helps: bends get lost in a crowd.
_MOST_PAIRS = 400_000
_MOST_BENT = 300
# So near to an end, as next to a neuron of the same layer, passing close by is not running through.
_END_SHARE, _END_ROOM = 0.12, 60.0
_THROUGH = NEURON_RADIUS * 0.85
_CLEAR = NEURON_RADIUS + 12.0
_ARC = 0.05  # of the length: of two ways around the same neuron, the longer lies outside
_PIECES = 16
_TRIES = (1.0, 1.5, 2.2)


def bends(positions: Floats, sources: NDArray[np.intp], targets: NDArray[np.intp]) -> Floats:
    """Return how far each connection leaves the straight line at its middle, to its left or (below 0) right.

    ``positions`` (neurons, 2); ``sources`` and ``targets`` (connections,) are rows of it. 0 is straight:
    where nothing is in the way, and for all where there are very many.
    """
    count = len(sources)
    heights = np.zeros(count)
    if not is_worth(len(positions), count):
        return heights
    start, along = positions[sources], positions[targets] - positions[sources]
    lengths = np.hypot(along[:, 0], along[:, 1])
    long = np.flatnonzero(lengths > 2.0 * _END_ROOM)
    shares, offsets = _places(positions, start[long], along[long], lengths[long])
    room = np.maximum(_END_SHARE, _END_ROOM / lengths[long])[:, None]
    between = (shares > room) & (shares < 1.0 - room)
    blocked = between & (np.abs(offsets) < _THROUGH)
    found = np.flatnonzero(blocked.any(axis=1))
    if not len(found) or len(found) > _MOST_BENT:
        return heights
    shares, offsets, between, blocked = shares[found], offsets[found], between[found], blocked[found]
    lengths = lengths[long[found]]
    rise = np.where(between, 4.0 * shares * (1.0 - shares), 1.0)
    candidates = []
    for factor in _TRIES:
        # Up or left first: of equals, the first is taken.
        for side in (-1.0, 1.0):
            needed = np.where(blocked, (_CLEAR + side * offsets) / rise, 0.0).max(axis=1)
            candidates.append(side * (np.maximum(needed, 0.0) * factor + _ARC * lengths))
    tried = np.stack(candidates)  # (tries, connections)
    misses = np.abs(offsets - tried[..., None] * rise)
    hits = (between & (misses < NEURON_RADIUS + 4.0)).sum(axis=2)
    # Fewest neurons hit, then the flattest.
    cost = hits * 1e6 + np.abs(tried)
    heights[long[found]] = np.take_along_axis(tried, cost.argmin(axis=0)[None], axis=0)[0]
    return heights


def is_worth(neurons: int, connections: int) -> bool:
    """Whether any of so many could be led around."""
    return 0 < neurons * connections <= _MOST_PAIRS


def flattened(lines: Floats, heights: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Return connections (n, 4) bent by ``heights`` (n,) as segments, and where each begins (n + 1,)."""
    bent = heights != 0.0
    counts = np.where(bent, _PIECES, 1)
    starts = np.concatenate([[0], np.cumsum(counts)])
    if not bent.any():
        return lines, starts
    segments = np.empty((int(starts[-1]), 4))
    segments[starts[:-1][~bent]] = lines[~bent]
    points = curve_points(lines[bent], heights[bent], np.linspace(0.0, 1.0, _PIECES + 1))
    pieces = np.concatenate([points[:, :-1], points[:, 1:]], axis=2)
    segments[starts[:-1][bent][:, None] + np.arange(_PIECES)] = pieces
    return segments, starts


def curve_points(lines: Floats, heights: Floats, shares: Floats) -> Floats:
    """Return the points (n, shares, 2) at shares of the way of connections: parabolas over their lines."""
    start, along = lines[:, None, :2], lines[:, None, 2:] - lines[:, None, :2]
    lengths = np.hypot(along[..., 0], along[..., 1])
    normal = (
        np.stack([-along[..., 1], along[..., 0]], axis=-1) / np.where(lengths > 0.0, lengths, 1.0)[..., None]
    )
    rise = 4.0 * shares * (1.0 - shares) * heights[:, None]
    points: Floats = start + shares[None, :, None] * along + rise[..., None] * normal
    return points


def _places(positions: Floats, start: Floats, along: Floats, lengths: Floats) -> tuple[Floats, Floats]:
    """Return where neurons lie beside lines (lines, neurons): the share of the way, and how far off it."""
    to = positions[None] - start[:, None]
    unit = along / np.where(lengths > 0.0, lengths, 1.0)[:, None]
    shares = (to[..., 0] * unit[:, None, 0] + to[..., 1] * unit[:, None, 1]) / lengths[:, None]
    offsets = to[..., 1] * unit[:, None, 0] - to[..., 0] * unit[:, None, 1]
    return shares, offsets
