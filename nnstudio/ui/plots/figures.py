"""The numbers behind the plots: ranges, grids, contours, counts. Functions of arrays, with no window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnstudio.ui.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from nnstudio.data import Dataset

    Floats = NDArray[np.float64]

Kind = Literal["surface", "curve", "scatter", "confusion", "none"]
Range = tuple[float, float]
FARTHEST = 1e100  # beyond, differences of what is drawn have no numbers

SEPARATOR = "  ·  "
_SYMBOLS = {"r2": "R²", "mae": "mean error"}


def plot_kind(inputs: int, outputs: int, data: Dataset | None) -> Kind:
    """Return which picture shows best what a network of this size computes.

    Two inputs: a surface; one: a curve; otherwise what it predicts against what is true, which needs data.
    """
    if not inputs or not outputs:
        return "none"
    if inputs == 2:
        return "surface"
    if inputs == 1:
        return "curve"
    if data is None or data.x.shape[1] != inputs or data.y.shape[1] != outputs:
        return "none"
    return "confusion" if data.classes else "scatter"


def padded_range(values: Floats, padding: float = 0.08) -> Range:
    """Return a range around the finite values, a little wider; (-1, 1) where there are none."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return -1.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    span = high - low
    # Numbers that differ by rounding alone need room as well.
    if span <= 1e-9 * max(1.0, abs(low), abs(high)):
        half = max(0.5, 0.5 * abs(low))
        return low - half, high + half
    return low - padding * span, high + padding * span


def have_places(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Return which points x, y (points,) can be drawn: those beyond all bounds end the program in Qt."""
    return np.asarray((np.abs(x) < FARTHEST) & (np.abs(y) < FARTHEST))


def input_ranges(inputs: int, data: Dataset | None, padding: float = 0.15) -> list[Range]:
    """Return the range to draw for the first inputs, in the data's units; (-1, 1) each where no data fit."""
    if data is None or data.x.shape[1] < inputs:
        return [(-1.0, 1.0)] * inputs
    values = data.feature_values(data.x)
    return [padded_range(values[:, column], padding) for column in range(inputs)]


def surface_grid(x_range: Range, y_range: Range, resolution: int) -> Floats:
    """Return the middles of resolution x resolution cells, (resolution², 2), the first input fastest."""
    x = _middles(x_range, resolution)
    y = _middles(y_range, resolution)
    columns, rows = np.meshgrid(x, y)
    return np.column_stack([columns.ravel(), rows.ravel()])


def _middles(bounds: Range, count: int) -> Floats:
    edges = np.linspace(*bounds, count + 1)
    return (edges[:-1] + edges[1:]) / 2


def contour_segments(values: Floats, level: float, x_range: Range, y_range: Range) -> tuple[Floats, Floats]:
    """Return the line where a surface crosses ``level``, as pairs of points for drawing unconnected segments.

    values (rows, columns) stand at the middles of cells that fill the ranges. Marching triangles: every
    square of four middles is cut in two triangles, each crossed by one segment or none.
    """
    rows, columns = values.shape
    x, y = np.meshgrid(_middles(x_range, columns), _middles(y_range, rows))
    points = np.stack([x, y, values - level], axis=-1)
    corners = points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]
    triangles = np.concatenate(
        [
            np.stack([corners[0], corners[1], corners[2]], axis=-2).reshape(-1, 3, 3),
            np.stack([corners[0], corners[2], corners[3]], axis=-2).reshape(-1, 3, 3),
        ]
    )
    above = triangles[:, :, 2] >= 0
    crossed = triangles[(above.sum(axis=1) % 3) != 0]
    if not len(crossed) or not np.isfinite(values).all():
        return np.empty(0), np.empty(0)
    above = crossed[:, :, 2] >= 0
    # The corner that stands alone on its side: both crossed edges start there.
    alone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), (~above).argmax(axis=1))
    index = np.arange(len(crossed))
    tip = crossed[index, alone]
    ends = []
    for step in (1, 2):
        other = crossed[index, (alone + step) % 3]
        share = tip[:, 2] / (tip[:, 2] - other[:, 2])
        ends.append(tip[:, :2] + share[:, None] * (other[:, :2] - tip[:, :2]))
    lines = np.stack(ends, axis=1).reshape(-1, 2)
    return lines[:, 0], lines[:, 1]


def confusion_counts(actual: NDArray[np.intp], predicted: NDArray[np.intp], classes: int) -> NDArray[np.intp]:
    """Return how often class i (row) was predicted as class j (column), (classes, classes)."""
    cells = np.bincount(actual * classes + predicted, minlength=classes * classes)
    return cells.reshape(classes, classes)


def decision_level(targets: Floats, activation: str | None) -> float:
    """Return the output at which one class turns into the other: between the targets, else at the middle."""
    values = np.unique(targets)
    if len(values) == 2:
        return float(values.mean())
    return 0.0 if activation in ("tanh", "identity") else 0.5


def blend_classes(
    outputs: Floats, colors: NDArray[np.uint8], background: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return the color of the largest output of every point, paler where it leads by less.

    outputs (points, classes), colors (classes, 4), background (4,) -> (points, 4).
    """
    best = np.argmax(outputs, axis=1)
    ranked = np.partition(outputs, -2, axis=1)
    lead = np.clip(ranked[:, -1] - ranked[:, -2], 0.0, 1.0)
    share = (0.2 + 0.5 * lead)[:, None]
    mixed = share * colors[best].astype(np.float64) + (1 - share) * background.astype(np.float64)
    mixed[:, 3] = 255
    return mixed.round().astype(np.uint8)


def nearest_point(
    x: Floats, y: Floats, at: tuple[float, float], pixel: tuple[float, float], reach: float
) -> int | None:
    """Return the index of the point nearest to ``at``, at most ``reach`` pixels away, or None.

    pixel is the size of one pixel in the units of x and y.
    """
    if not len(x):
        return None
    distance = np.hypot((x - at[0]) / pixel[0], (y - at[1]) / pixel[1])
    # What has no place is nowhere near.
    distance = np.where(np.isnan(distance), np.inf, distance)
    nearest = int(np.argmin(distance))
    return nearest if distance[nearest] <= reach else None


# The loss over time


@dataclass(frozen=True, slots=True)
class LossView:
    """What part of the loss plot to show: epochs, and losses (their decimal logarithms on a log axis)."""

    x: Range
    y: Range


def loss_view(epochs: Floats, curves: Sequence[Floats], *, log: bool) -> LossView:
    """Return the view that shows all of the curves; a log axis leaves out what is not positive."""
    last = float(epochs[-1]) if len(epochs) else 0.0
    first = float(epochs[0]) if len(epochs) else 0.0
    x = (min(first, 1.0) if len(epochs) else 0.0, max(last, 10.0))
    values = (
        np.concatenate([np.asarray(curve, dtype=np.float64) for curve in curves]) if curves else np.empty(0)
    )
    values = values[np.isfinite(values)]
    if log:
        values = values[values > 0]
        if not len(values):
            return LossView(x, (-3.0, 0.5))
        low, high = padded_range(np.log10(values), 0.06)
        middle, half = (low + high) / 2, max(high - low, 0.5) / 2
        return LossView(x, (middle - half, middle + half))
    if not len(values):
        return LossView(x, (0.0, 1.0))
    high = float(values.max())
    low = min(0.0, float(values.min()))
    top = high + 0.06 * (high - low) if high > low else low + 1.0
    return LossView(x, (low, top))


def thinned(x: Floats, y: Floats, bins: int) -> tuple[Floats, Floats]:
    """Return what a curve of finite points looks like when ``bins`` columns of pixels are all there are.

    Points that are not finite are left out, so that a line connects the others. Of each bin the smallest and
    the largest value are kept, and always the last point; short curves are returned as they are.
    """
    finite = np.isfinite(y)
    if not finite.all():
        x, y = x[finite], y[finite]
    size = len(y) // bins
    if size < 4:
        return x, y
    whole = len(y) // size * size
    groups = y[:whole].reshape(-1, size)
    ends = x[:whole].reshape(-1, size)[:, [0, -1]]
    peaks = np.column_stack([groups.min(axis=1), groups.max(axis=1)])
    return np.append(ends.ravel(), x[whole - 1 :]), np.append(peaks.ravel(), y[whole - 1 :])


def last_measured(values: Floats, index: int) -> int | None:
    """Return the last place up to ``index`` that holds a finite value, or None."""
    step = 256
    end = index + 1
    while end > 0:
        found = np.flatnonzero(np.isfinite(values[max(0, end - step) : end]))
        if len(found):
            return max(0, end - step) + int(found[-1])
        end, step = end - step, 4 * step
    return None


def nearest_epoch(epochs: Floats, at: float) -> int | None:
    """Return the index of the epoch nearest to ``at``; epochs ascend. None where there are none."""
    if not len(epochs):
        return None
    right = int(np.searchsorted(epochs, at))
    if right == 0:
        return 0
    if right == len(epochs):
        return right - 1
    return right if epochs[right] - at < at - epochs[right - 1] else right - 1


def loss_reading(
    index: int, epochs: Floats, loss: Floats, test_loss: Floats, metrics: Mapping[str, Floats]
) -> str:
    """Return in words what the curves say at one epoch, the most important first.

    Not every epoch is measured on the test part: the last measured values up to it are told.
    """

    def measured(values: Floats) -> str | None:
        place = last_measured(values, min(index, len(values) - 1))
        return None if place is None else format_number(float(values[place]))

    parts = [f"Epoch {int(epochs[index])}", f"loss {format_number(float(loss[index]))}"]
    test = measured(test_loss)
    if test is not None:
        parts.append(f"test loss {test}")
    for name, values in metrics.items():
        value = measured(values)
        if value is not None:
            words = " ".join(_SYMBOLS.get(word, word) for word in name.split("_"))
            parts.append(f"{words} {value}")
    return SEPARATOR.join(parts)


def fitting_parts(text: str, room: float, width: Callable[[str], float]) -> str:
    """Return a reading without the last, least important parts that there is no room for."""
    parts = text.split(SEPARATOR)
    while len(parts) > 1 and width(SEPARATOR.join(parts)) > room:
        parts.pop()
    return SEPARATOR.join(parts)


def csv_text(columns: Mapping[str, Sequence[object] | NDArray[np.generic]]) -> str:
    """Return columns of equal length as CSV, full precision, an empty cell for what is not a number."""
    names = [_csv_cell(name) for name in columns]
    lines = [",".join(names)]
    lines += [
        ",".join(_csv_cell(value) for value in row)
        for row in zip(*(_plain(column) for column in columns.values()), strict=True)
    ]
    return "\n".join(lines) + "\n"


def _plain(column: Sequence[object] | NDArray[np.generic]) -> list[object]:
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def _csv_cell(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    text = repr(value) if isinstance(value, float) else str(value)
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r') else text
