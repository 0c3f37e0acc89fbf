"""How connections look: values to a few pens, each for many lines. Functions of arrays, with no window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnstudio.ui import colors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.ui.canvas.geometry import Floats
    from nnstudio.ui.canvas.graph import Graph

ColorMode = Literal["weight", "gradient", "both", "activity"]
COLOR_MODES: tuple[ColorMode, ...] = ("weight", "gradient", "both", "activity")

LEVELS = 16  # of magnitude, for each sign: 32 pens
_HALO_LEVELS = 8
_THINNEST, _THICKEST = 0.8, 4.2
# The weakest still show their sign.
_WEAKEST_COLOR = 0.22
_HALO_ROOM = 7.0
_HALO_ALPHA = 150

Rgba = tuple[int, int, int, int]


@dataclass(frozen=True)
class Stroke:
    """One pen, width in screen pixels, for the lines ``order[start:stop]``."""

    color: Rgba
    width: float
    start: int
    stop: int


@dataclass(frozen=True)
class Strokes:
    """Lines sorted by pen, the weakest first so that the strong lie on top."""

    order: NDArray[np.intp]
    strokes: tuple[Stroke, ...]


def shown_values(graph: Graph, mode: ColorMode) -> Floats:
    """Return what colors the connections in a mode (connections,)."""
    if mode == "gradient":
        return graph.gradients
    return graph.activity if mode == "activity" else graph.weights


def value_strokes(values: Floats, scale: float, theme_name: str, *, palette: str = "value") -> Strokes:
    """Sort lines into 32 pens by signed value: hue by sign, color and width by magnitude up to ``scale``."""
    levels = _levels(values, scale, LEVELS)
    bins = (levels * 2 + (values < 0.0)).astype(np.uint8)
    shares = (np.arange(LEVELS) + 0.5) / LEVELS
    signed = np.stack([shares, -shares], axis=1)
    tints = np.sign(signed) * (_WEAKEST_COLOR + (1.0 - _WEAKEST_COLOR) * np.abs(signed))
    table = colors.diverging(tints.ravel(), 1.0, theme_name, palette=palette)
    widths = np.repeat(_THINNEST + (_THICKEST - _THINNEST) * shares, 2)
    return _sorted(bins, table, widths)


def halo_strokes(
    values: Floats, scale: float, theme_name: str, widths_of: Floats, width_scale: float
) -> Strokes:
    """Sort lines into pens for a halo by magnitude, wider than the lines that ``widths_of`` gives.

    The weakest eighth has none.
    """
    levels = _levels(values, scale, _HALO_LEVELS)
    kept = np.flatnonzero(levels > 0)
    thick = _levels(widths_of, width_scale, 4)
    bins = (levels * 4 + thick).astype(np.uint8)[kept]
    shares = np.repeat((np.arange(_HALO_LEVELS) + 0.5) / _HALO_LEVELS, 4)
    table = colors.sequential(shares, 1.0, theme_name)
    table[:, 3] = _HALO_ALPHA
    line_widths = _THINNEST + (_THICKEST - _THINNEST) * (np.tile(np.arange(4), _HALO_LEVELS) + 1.0) / 4.0
    sorted_kept = _sorted(bins, table, line_widths + _HALO_ROOM * (0.4 + 0.6 * shares))
    return Strokes(kept[sorted_kept.order], sorted_kept.strokes)


def line_color(value: float, scale: float, theme_name: str, *, palette: str = "value") -> tuple[Rgba, float]:
    """Return color and width of a single connection, the same as among the others."""
    stroke = value_strokes(np.array([value]), scale, theme_name, palette=palette).strokes[0]
    return stroke.color, stroke.width


def _levels(values: Floats, scale: float, count: int) -> NDArray[np.intp]:
    with np.errstate(invalid="ignore", over="ignore"):
        shares = np.abs(values) / (scale if scale > 0.0 else 1.0)
    shares = np.clip(np.nan_to_num(shares, posinf=1.0), 0.0, 1.0)
    return np.minimum(shares * count, count - 1).astype(np.intp)


def _sorted(bins: NDArray[np.uint8], table: NDArray[np.uint8], widths: Floats) -> Strokes:
    order = np.argsort(bins, kind="stable")
    ends = np.cumsum(np.bincount(bins, minlength=len(table)))
    strokes = []
    start = 0
    for place, stop in enumerate(ends.tolist()):
        if stop > start:
            red, green, blue, alpha = (int(channel) for channel in table[place])
            strokes.append(Stroke((red, green, blue, alpha), float(widths[place]), start, stop))
        start = stop
    return Strokes(order, tuple(strokes))
