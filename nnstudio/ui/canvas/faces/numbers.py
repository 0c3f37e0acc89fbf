"""The numbers behind neurons as pictures: functions of arrays, for all neurons at once. No Qt."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from nnstudio.ui import colors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.ui.canvas.graph import Graph

    Floats = NDArray[Any]

FaceMode = Literal["value", "plane", "histogram", "weights"]
FACE_MODES: tuple[FaceMode, ...] = ("value", "plane", "histogram", "weights")

BINS = 16
MOST_ROWS = 400
_FINEST, _COARSEST = 32, 8
# Values, and multiplications, that one refresh may take.
_MOST_VALUES = 120_000
_MOST_WORK = 10_000_000
_STEPS = 256
_ROBUST_SHARE, _LEAST_SHARE = 0.98, 1e-6
# Of a neuron's incoming connections so large a share comes from inputs for them to be an image.
_IMAGE_SHARE = 0.5


class Range(NamedTuple):
    """From the lowest to the highest value shown, of each neuron (neurons,)."""

    low: Floats
    high: Floats


def plane_side(neurons: int, connections: int, most_values: int = _MOST_VALUES) -> int:
    """Return points along each side of the input plane, so that all neurons are computed in a moment."""
    points = min(most_values / max(neurons, 1), _MOST_WORK / max(connections, 1))
    finest = _FINEST * math.sqrt(max(1.0, most_values / _MOST_VALUES))
    return int(min(finest, max(_COARSEST, math.sqrt(points))))


def data_rows(rows: NDArray[np.intp], neurons: int, connections: int) -> NDArray[np.intp]:
    """Return the rows that stand for all: evenly taken, so that all neurons are computed in a moment."""
    most = min(MOST_ROWS, _MOST_VALUES // max(neurons, 1), _MOST_WORK // max(connections, 1))
    count = min(len(rows), max(_COARSEST**2, most))
    return rows[np.linspace(0, len(rows) - 1, count).astype(np.intp)] if count else rows


def middle(activation: str | None) -> float:
    """Return the value that parts the two colors of a neuron: halfway where it answers from 0 to 1."""
    return 0.5 if activation in ("sigmoid", "softmax") else 0.0


def plane_tiles(values: Floats, side: int, middles: Sequence[float] | None = None) -> Floats:
    """Return values (side², neurons) of a grid as images (neurons, side, side), the second input upwards.

    They are differences to ``middles`` (neurons,), to 0 where there are none.
    """
    if middles is not None:
        values = values - np.asarray(middles)
    return _single(values.T).reshape(-1, side, side)[:, ::-1]


def scales(tiles: Floats) -> Floats:
    """Return the magnitude in full color of each image (n, height, width): a percentile, (n,).

    It is 1 where there is nothing but zeros or no finite number.
    """
    if not tiles.size:
        return np.ones(len(tiles))
    magnitudes = np.abs(tiles.reshape(len(tiles), -1))
    magnitudes[~np.isfinite(magnitudes)] = 0.0
    place = round(_ROBUST_SHARE * (magnitudes.shape[1] - 1))
    robust = np.partition(magnitudes, place, axis=1)[:, place].astype(np.float64)
    largest = magnitudes.max(axis=1).astype(np.float64)
    robust = np.where(robust > 0.0, np.maximum(robust, largest * _LEAST_SHARE), largest)
    # Single precision has no reciprocal of what is smaller still.
    return np.where(robust > 0.0, np.maximum(robust, 1e-30), 1.0)


def painted(tiles: Floats, full: Floats, theme_name: str) -> NDArray[np.uint32]:
    """Return images (n, height, width) as pixels 0xAARRGGBB; ``full`` (n,) is what is in full color.

    Blue is above 0 and orange below; what is not a number is transparent.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        shares = tiles * (1.0 / full).astype(tiles.dtype)[:, None, None]
        np.clip(shares, -1.0, 1.0, out=shares)
    unknown = np.isnan(shares)
    shares[unknown] = 0.0
    shares += 1.0
    shares *= _STEPS / 2
    pixels: NDArray[np.uint32] = _table(theme_name)[(shares + 0.5).astype(np.intp)]
    pixels[unknown] = 0
    return pixels


@cache
def _table(theme_name: str) -> NDArray[np.uint32]:
    red, green, blue, alpha = colors.diverging(np.linspace(-1.0, 1.0, _STEPS + 1), 1.0, theme_name).T.astype(
        np.uint32
    )
    return (alpha << 24) | (red << 16) | (green << 8) | blue


def sheet(tiles: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], list[tuple[int, int]]]:
    """Return images (n, height, width) beside and below each other, and x and y of each in it."""
    count, height, width = tiles.shape
    columns = max(1, math.ceil(math.sqrt(count)))
    rows = max(1, -(-count // columns))
    filled = np.zeros((rows * columns, height, width), np.uint32)
    filled[:count] = tiles
    together = filled.reshape(rows, columns, height, width).swapaxes(1, 2)
    places = [(n % columns * width, n // columns * height) for n in range(count)]
    return np.ascontiguousarray(together.reshape(rows * height, columns * width)), places


def _single(values: Floats) -> Floats:
    """Return values in single precision, within its range: beyond, all have full color anyway."""
    most = float(np.finfo(np.float32).max) / 4
    return np.ascontiguousarray(np.clip(values, -most, most), np.float32)


def value_ranges(values: Floats) -> Range:
    """Return the range to draw the values (points, neurons) of each neuron in; 0 is in it, unless far off."""
    most = float(np.finfo(np.float64).max) / 4
    low, high = (np.clip(end, -most, most) for end in _extremes(values))
    with np.errstate(over="ignore", invalid="ignore"):
        span = high - low
        low = np.where((low > 0.0) & (low <= 2.0 * span), 0.0, low)
        high = np.where((high < 0.0) & (-high <= 2.0 * span), 0.0, high)
        flat = ~(high - low > 1e-9 * np.maximum(1.0, np.maximum(np.abs(low), np.abs(high))))
    # A neuron that has one value everywhere: it stands in the middle.
    room = np.maximum(0.5, 0.5 * np.abs(low))
    return Range(np.where(flat, low - room, low), np.where(flat, high + room, high))


def _extremes(values: Floats) -> tuple[Floats, Floats]:
    if not len(values):
        return np.zeros(values.shape[1]), np.zeros(values.shape[1])
    finite = np.isfinite(values)
    low = np.where(finite, values, np.inf).min(axis=0).astype(np.float64)
    high = np.where(finite, values, -np.inf).max(axis=0).astype(np.float64)
    known = finite.any(axis=0)
    return np.where(known, low, 0.0), np.where(known, high, 0.0)


def histograms(values: Floats, ranges: Range, bins: int = BINS) -> NDArray[np.intp]:
    """Return how many of the values (rows, neurons) fall into each part of a neuron's range, (neurons, bins).

    What is not a finite number is left out.
    """
    neurons = values.shape[1]
    finite = np.isfinite(values)
    with np.errstate(invalid="ignore", over="ignore"):
        shares = (values - ranges.low) / (ranges.high - ranges.low)
        places = np.clip(np.where(finite, shares, 0.0) * bins, 0, bins - 1).astype(np.intp)
    places += np.arange(neurons) * bins
    return np.bincount(places[finite], minlength=neurons * bins).reshape(neurons, bins)


def heights(values: Floats, ranges: Range) -> Floats:
    """Return values (points, neurons) as shares of the ranges from their low ends, (neurons, points)."""
    with np.errstate(invalid="ignore", over="ignore"):
        return ((values - ranges.low) / (ranges.high - ranges.low)).T


class ImageWeights:
    """Which weights make up an image of each neuron: those from inputs whose data are one.

    ``neuron_ids`` are the neurons that most of whose connections come from inputs; `tiles` are theirs.
    """

    def __init__(self, graph: Graph, input_ids: Sequence[str], shape: tuple[int, int]) -> None:
        self.shape = shape
        self._connection_ids = graph.connection_ids
        column = np.full(len(graph.neuron_ids), -1)
        for place, neuron_id in enumerate(input_ids):
            column[graph.neuron_slots[neuron_id]] = place
        from_input = column[graph.sources] >= 0
        count = len(graph.neuron_ids)
        known = np.bincount(graph.targets[from_input], minlength=count)
        every = np.bincount(graph.targets, minlength=count)
        chosen = np.flatnonzero((known > 1) & (known >= _IMAGE_SHARE * every))
        self.neuron_ids = tuple(graph.neuron_ids[slot] for slot in chosen.tolist())
        place_of = np.full(count, -1)
        place_of[chosen] = np.arange(len(chosen))
        self._taken = np.flatnonzero(from_input & (place_of[graph.targets] >= 0))
        pixels = shape[0] * shape[1]
        self._places = place_of[graph.targets[self._taken]] * pixels + column[graph.sources[self._taken]]

    def is_of(self, graph: Graph) -> bool:
        """Whether this graph still has the connections whose weights are taken, at their places."""
        return graph.connection_ids == self._connection_ids

    def tiles(self, weights: Floats) -> Floats:
        """Return the images (neurons, rows, columns) of weights (connections,); NaN without a connection."""
        tiles = np.full((len(self.neuron_ids), *self.shape), np.nan, np.float32)
        tiles.ravel()[self._places] = _single(weights[self._taken])
        return tiles
