"""Color maps for the canvas and the plots: functions of arrays, safe for the color-blind, light and dark."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Colors = NDArray[np.uint8]

_STEPS = 257
DEFAULT_PERCENTILE = 98.0

# Each from the weakest to the strongest. Blue against orange, and purple against green, differ in lightness
# order for every common kind of color blindness; the end of each arm has at least 3:1 against its canvas.
_ARMS = {
    ("value", "light"): ("#e6e9ef", ("#a9cbf3", "#4c93e3", "#0f56b3"), ("#f7c99f", "#e8873a", "#ad4a00")),
    ("value", "dark"): ("#272b34", ("#2d5688", "#4593ea", "#93c8ff"), ("#7c4a20", "#e98a3c", "#ffc08a")),
    ("gradient", "light"): ("#e6e9ef", ("#d3b9ea", "#a06bcb", "#64258f"), ("#a8d9bb", "#3f9d6a", "#0c5c36")),
    ("gradient", "dark"): ("#272b34", ("#5a3b78", "#ab70dc", "#e3c4ff"), ("#25573c", "#48b37b", "#a9f0c9")),
    # Of sizes alone: a share of 0 is to be told from the background, and nothing is below it.
    ("error", "light"): ("#dfe3ea", ("#f3c1a0", "#d9690f", "#8f2500"), ("#f3c1a0", "#d9690f", "#8f2500")),
    ("error", "dark"): ("#2b303b", ("#6b4426", "#e98a3c", "#ffd7b0"), ("#6b4426", "#e98a3c", "#ffd7b0")),
}
_SEQUENTIAL = {
    "light": ("#f1eef6", "#d3b9ea", "#a06bcb", "#64258f"),
    "dark": ("#1d1a24", "#5a3b78", "#ab70dc", "#e3c4ff"),
}
# Of a landscape: dark valleys and light heights, ever lighter, so that nobody needs the hues.
_HEIGHTS = {
    "light": ("#2a4d8f", "#4f86bd", "#8dbccb", "#cfe0cf", "#f7f0d8"),
    "dark": ("#122447", "#22508a", "#3d88a6", "#84b79c", "#e0d49f"),
}
# Okabe and Ito 2008, the order changed so that the first two are those of the weights.
_CLASSES = {
    "light": ("#d9690f", "#1f6fd0", "#009e73", "#cc79a7", "#8a7a00", "#56b4e9", "#7a3fb0", "#4d4d4d"),
    "dark": ("#ff9a4d", "#5aa7ff", "#2fd0a0", "#ef9fca", "#f0e442", "#9ad8ff", "#c58aea", "#c8c8c8"),
}


def diverging(values: ArrayLike, scale: float, theme_name: str, *, palette: str = "value") -> Colors:
    """Return colors (..., 4) for values around 0: blue above and orange below, full at ``scale``.

    ``palette`` "gradient" gives purple above and green below, "error" orange on either side. NaN is
    transparent.
    """
    array = np.asarray(values, dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        shares = np.clip(array / _positive(scale), -1.0, 1.0)
    return _look_up(_diverging_table(palette, _known(theme_name)), (shares + 1.0) / 2.0)


def sequential(values: ArrayLike, scale: float, theme_name: str) -> Colors:
    """Return colors (..., 4) for magnitudes: from the background's at 0 to full at ``scale``."""
    array = np.asarray(values, dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        shares = np.clip(np.abs(array) / _positive(scale), 0.0, 1.0)
    return _look_up(_sequential_table(_known(theme_name)), shares)


def heights(shares: ArrayLike, theme_name: str) -> Colors:
    """Return colors (..., 4) for heights from 0, the deepest, to 1. NaN is transparent."""
    array = np.asarray(shares, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return _look_up(_heights_table(_known(theme_name)), np.clip(array, 0.0, 1.0))


def class_colors(theme_name: str) -> Colors:
    """Return the colors (8, 4) of classes, in order; the first two are those of negative and positive."""
    return np.array([_rgba(color) for color in _CLASSES[_known(theme_name)]], dtype=np.uint8)


def robust_scale(values: ArrayLike, percentile: float = DEFAULT_PERCENTILE) -> float:
    """Return the magnitude to show in full color: a percentile, so that one large value can't blank the rest.

    It is 1 where there is nothing but zeros, and never below a millionth of the largest magnitude.
    """
    magnitudes = np.abs(np.asarray(values, dtype=np.float64)).ravel()
    magnitudes = magnitudes[np.isfinite(magnitudes)]
    if not magnitudes.size:
        return 1.0
    largest = float(magnitudes.max())
    if largest == 0.0:
        return 1.0
    return max(float(np.percentile(magnitudes, percentile)), largest * 1e-6, float(np.finfo(np.float64).tiny))


def _positive(scale: float) -> float:
    return scale if scale > 0.0 else 1.0


def _known(theme_name: str) -> str:
    return "dark" if theme_name == "dark" else "light"


def _look_up(table: Colors, shares: NDArray[np.float64]) -> Colors:
    finite = np.isfinite(shares)
    places = np.rint(np.where(finite, shares, 0.0) * (_STEPS - 1)).astype(np.intp)
    return np.where(finite[..., None], table[places], np.uint8(0))


@cache
def _diverging_table(palette: str, theme_name: str) -> Colors:
    middle, above, below = _ARMS[palette, theme_name]
    return _table((*reversed(below), middle, *above))


@cache
def _sequential_table(theme_name: str) -> Colors:
    return _table(_SEQUENTIAL[theme_name])


@cache
def _heights_table(theme_name: str) -> Colors:
    return _table(_HEIGHTS[theme_name])


def _table(anchors: tuple[str, ...]) -> Colors:
    """Return a table (_STEPS, 4) through the anchors, even in linear light so that no band looks muddy."""
    points = np.array([_rgba(color) for color in anchors], dtype=np.float64) / 255.0
    at = np.linspace(0.0, 1.0, _STEPS)
    knots = np.linspace(0.0, 1.0, len(anchors))
    linear = points**2.2
    table = np.stack([np.interp(at, knots, linear[:, channel]) for channel in range(4)], axis=1)
    colors: Any = np.rint(table ** (1 / 2.2) * 255.0).astype(np.uint8)
    colors.flags.writeable = False
    return colors


def _rgba(color: str) -> tuple[int, int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16), 255
