"""The numbers behind pictures of a loss landscape: heights, contours, arrows, windows. No window of Qt."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Range = tuple[float, float]
Window = tuple[Range, Range]

# Losses below this share of the largest count as it on a logarithmic scale, which has no zero.
_DEEPEST = 1e-8
_LEVELS, _MOST_LEVELS = 9, 14
_ARROW_POWER = 0.35
_ARROW_LENGTH = 0.86
# Below this share of the steepest, a slope has no direction that could be seen.
_FLAT = 1e-5
_MARGIN = 1.25
_LEAST_HALF = 1.5
_FLATTEST = 0.4
# A window is no narrower than this share of how far it is from 0, nor than so much, and reaches no further
# than that: beyond, there are no numbers between its edges.
_NARROWEST, _LEAST_WIDTH, _FARTHEST = 1e-6, 1e-9, 1e100


class Heights(NamedTuple):
    """Where losses lie between the lowest and the highest: ``shares`` from 0 to 1, NaN where there is none.

    ``low`` and ``high`` are the losses at 0 and 1; on a ``log`` scale, powers are evenly spaced between them.
    """

    shares: Floats
    low: float
    high: float
    log: bool

    def share_of(self, losses: Floats) -> Floats:
        """Return where other losses lie, not cut off at 0 and 1."""
        with np.errstate(invalid="ignore", divide="ignore"):
            if self.log:
                return (np.log(np.maximum(losses, self.low)) - math.log(self.low)) / (
                    math.log(self.high) - math.log(self.low)
                )
            return (losses - self.low) / (self.high - self.low)


def heights_of(losses: Floats, *, log: bool) -> Heights:
    """Return the heights of losses (rows, columns)."""
    finite = losses[np.isfinite(losses)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    # Hinge losses and the like are never below 0; where nothing is above it, there are no powers.
    log = log and high > 0.0
    if log:
        low = max(low, high * _DEEPEST)
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        high = low * 1.001 if log else low + max(abs(low), 1.0) * 1e-3
    heights = Heights(np.empty(0), low, high, log)
    shares = np.clip(heights.share_of(np.where(np.isfinite(losses), losses, np.nan)), 0.0, 1.0)
    return heights._replace(shares=shares)


def levels_of(heights: Heights) -> list[float]:
    """Return losses to draw contours at: round numbers, evenly spaced on the scale of the heights."""
    low, high = heights.low, heights.high
    if heights.log and high / low > 20.0:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for steps in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
            found = [s * 10.0**p for p in powers for s in steps if low < s * 10.0**p < high]
            if len(found) <= _MOST_LEVELS:
                break
        return found
    step = _round_step((high - low) / _LEVELS)
    first = math.floor(low / step) + 1
    found = [step * n for n in range(first, first + _MOST_LEVELS) if low < step * n < high]
    # In a basin that is flat beside its slopes, one more line shows where it is.
    return [found[0] - 0.75 * step, *found] if found and found[0] - 0.75 * step > low else found


def contours(losses: Floats, window: Window, levels: Sequence[float]) -> list[Floats]:
    """Return, for each level, segments (n, 2, 2): ends of lines along which a grid to the edges crosses it.

    Marching triangles: every square of four points is cut in two, each crossed by one segment or none. What
    is not finite is crossed nowhere.
    """
    side_v, side_u = losses.shape
    u, v = np.meshgrid(np.linspace(*window[0], side_u), np.linspace(*window[1], side_v))
    points = np.stack([u, v, losses], axis=-1)
    a, b, c, d = points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]
    triangles = np.concatenate(
        [np.stack([a, b, c], axis=-2).reshape(-1, 3, 3), np.stack([a, c, d], axis=-2).reshape(-1, 3, 3)]
    )
    triangles = triangles[np.isfinite(triangles[:, :, 2]).all(axis=1)]
    lowest, highest = triangles[:, :, 2].min(axis=1), triangles[:, :, 2].max(axis=1)
    lines = []
    for level in levels:
        crossed = triangles[(lowest < level) & (highest >= level)]
        above = crossed[:, :, 2] >= level
        # The corner that stands alone on its side: both crossed edges start there.
        alone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), (~above).argmax(axis=1))
        rows = np.arange(len(crossed))
        tip = crossed[rows, alone]
        ends = []
        for step in (1, 2):
            other = crossed[rows, (alone + step) % 3]
            share = (tip[:, 2] - level) / (tip[:, 2] - other[:, 2])
            ends.append(tip[:, :2] + share[:, None] * (other[:, :2] - tip[:, :2]))
        lines.append(np.stack(ends, axis=1))
    return lines


def label_spots(lines: Sequence[Floats], window: Window, apart: float = 0.22) -> list[tuple[int, Floats]]:
    """Return where to write on contours: numbers of lines and places (2,), far from each other.

    ``apart`` is the least distance between two, as a share of the window.
    """
    corner = np.array([window[0][0], window[1][0]])
    size = np.array([window[0][1] - window[0][0], window[1][1] - window[1][0]])
    taken: list[Floats] = []
    spots = []
    for number, line in enumerate(lines):
        middles = (line.mean(axis=1) - corner) / size
        inside = middles[((middles > 0.1) & (middles < 0.9)).all(axis=1)]
        if not len(inside):
            continue
        if taken:
            distances = np.linalg.norm(inside[:, None] - np.array(taken)[None], axis=2).min(axis=1)
        else:
            distances = 1.0 - np.abs(inside - 0.3).sum(axis=1)
        best = int(np.argmax(distances))
        if taken and distances[best] < apart:
            continue
        taken.append(inside[best])
        spots.append((number, corner + inside[best] * size))
    return spots


def height_at(losses: Floats, window: Window, places: Floats) -> Floats:
    """Return the losses at places (n, 2) between the points of a grid, NaN outside of the window."""
    side_v, side_u = losses.shape
    found = np.full(len(places), np.nan)
    (left, right), (low, high) = window
    at_u = (places[:, 0] - left) / (right - left) * (side_u - 1)
    at_v = (places[:, 1] - low) / (high - low) * (side_v - 1)
    slack = 1e-9 * side_u
    with np.errstate(invalid="ignore"):
        inside = (at_u >= -slack) & (at_u <= side_u - 1 + slack)
        inside &= (at_v >= -slack) & (at_v <= side_v - 1 + slack)
    u, v = np.clip(at_u[inside], 0.0, side_u - 1.0), np.clip(at_v[inside], 0.0, side_v - 1.0)
    i, j = np.minimum(u.astype(np.intp), side_u - 2), np.minimum(v.astype(np.intp), side_v - 2)
    s, t = u - i, v - j
    below = losses[j, i] * (1.0 - s) + losses[j, i + 1] * s
    above = losses[j + 1, i] * (1.0 - s) + losses[j + 1, i + 1] * s
    found[inside] = below * (1.0 - t) + above * t
    return found


def resampled(losses: Floats, window: Window, side: int) -> Floats:
    """Return the losses on a grid of ``side`` points to the edges of the same window, (side, side)."""
    u, v = np.meshgrid(np.linspace(*window[0], side), np.linspace(*window[1], side))
    return height_at(losses, window, np.column_stack([u.ravel(), v.ravel()])).reshape(side, side)


def arrows_of(places: Floats, slopes: Floats, window: Window) -> tuple[Floats, Floats]:
    """Return where arrows down the slopes start and end, (n, 2) each, NaN where it is flat.

    They are as long as the steepness to the power of 0.35, the steepest nearly as a cell of their grid.
    """
    size = np.array([window[0][1] - window[0][0], window[1][1] - window[1][0]])
    steep = np.linalg.norm(slopes, axis=1)
    steep = np.where(np.isfinite(steep), steep, 0.0)
    most = float(steep.max(initial=0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        down = -slopes / size  # in shares of the window, as they are seen
        directions = down / np.linalg.norm(down, axis=1)[:, None]
        lengths = np.where(steep > _FLAT * most, (steep / most) ** _ARROW_POWER, np.nan)
    cell = _ARROW_LENGTH / max(1.0, math.sqrt(len(places)))
    return places, places + directions * (cell * lengths)[:, None] * size


def every_other(count: int, step_u: int, step_v: int) -> NDArray[np.bool_]:
    """Return which of a square grid of ``count`` places remain where only so many-th columns and rows do."""
    side = math.isqrt(count)
    kept = np.zeros((side, side), bool)
    kept[(step_v - 1) // 2 :: step_v, (step_u - 1) // 2 :: step_u] = True
    return kept.ravel()


def fitting_window(places: Floats, *, kind: str) -> Window:
    """Return a window around places (n, 2), the first of them the present one.

    Two parameters have the same scale on both axes, as have random directions, around the present place; the
    principal directions of a path may be of very different lengths.
    """
    finite = places[(np.abs(places) < _FARTHEST).all(axis=1)]
    if not len(finite):
        return (-1.0, 1.0), (-1.0, 1.0)
    if kind == "random":
        reach = max(1.0, 1.1 * float(np.abs(finite - finite[0]).max()))
        middle, half = finite[0], np.array([reach, reach])
    else:
        low, high = finite.min(axis=0), finite.max(axis=0)
        middle, half = (low + high) / 2.0, _MARGIN * (high - low) / 2.0
        if kind == "parameters":
            half = np.full(2, max(_LEAST_HALF, float(half.max())))
        else:
            half = np.maximum(half, _FLATTEST * half.max())
            half = np.where(half > 0.0, half, 1.0)
    return window_around(middle, half)


def window_around(middle: Floats, half: Floats) -> Window:
    """Return the window that reaches ``half`` (2,) to both sides of ``middle`` (2,), or a little."""
    middle = np.clip(middle, -_FARTHEST, _FARTHEST)
    half = np.maximum(half, np.maximum(_NARROWEST * np.abs(middle), _LEAST_WIDTH / 2.0))
    return (
        (float(middle[0] - half[0]), float(middle[0] + half[0])),
        (float(middle[1] - half[1]), float(middle[1] + half[1])),
    )


def zoomed(window: Window, factor: float, at: tuple[float, float] | None = None) -> Window:
    """Return a window ``factor`` times as wide, in which ``at`` (its middle, unless given) stays in place.

    It stays as it is where another one could not be drawn.
    """
    at = at or middle_of(window)
    wanted = (
        (at[0] + (window[0][0] - at[0]) * factor, at[0] + (window[0][1] - at[0]) * factor),
        (at[1] + (window[1][0] - at[1]) * factor, at[1] + (window[1][1] - at[1]) * factor),
    )
    return wanted if all(_is_drawable(low, high) for low, high in wanted) else window


def _is_drawable(low: float, high: float) -> bool:
    far = max(abs(low), abs(high))
    return high - low >= max(_LEAST_WIDTH, _NARROWEST * far) and far <= _FARTHEST


def moved(window: Window, by: tuple[float, float]) -> Window:
    """Return a window moved by so much."""
    return (
        (window[0][0] + by[0], window[0][1] + by[0]),
        (window[1][0] + by[1], window[1][1] + by[1]),
    )


def middle_of(window: Window) -> tuple[float, float]:
    """Return the place in the middle of a window."""
    return (window[0][0] + window[0][1]) / 2.0, (window[1][0] + window[1][1]) / 2.0


def holds(window: Window, place: tuple[float, float], margin: float = 0.0) -> bool:
    """Whether a place lies in a window, at least ``margin`` of its size from the edges."""
    return all(
        low + margin * (high - low) <= at <= high - margin * (high - low)
        for at, (low, high) in zip(place, window, strict=True)
    )


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most about ``most`` round numbers in a range."""
    if not high > low or most < 1:
        return []
    step = _round_step((high - low) / most)
    return [step * n for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _round_step(least: float) -> float:
    """Return the least 1, 2, 2.5 or 5 times a power of ten that is not below a positive number."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-300)))
    return next(step * power for step in (1.0, 2.0, 2.5, 5.0, 10.0) if step * power >= least * (1 - 1e-12))
