"""How connections look: values to a few pens, each for many lines. Functions of arrays, with no window."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnstudio.ui import colors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from nnstudio.ui.canvas.geometry import Floats
    from nnstudio.ui.canvas.graph import Graph

ColorMode = Literal["weight", "gradient", "both", "activity", "check"]
# Those to choose; the check of gradients colors the connections only while its result is on view.
COLOR_MODES: tuple[ColorMode, ...] = ("weight", "gradient", "both", "activity")
# Relative errors of gradients that have the weakest and the full color.
CHECK_RANGE = (1e-12, 1e-2)

# So many lines may change places for the sake of fewer changes of the pen.
_CLOSE = 64
_NOT_FAINT = 1 << 15
_LARGE = 1e6
LEVELS = 48  # of magnitude, for each sign
_PENS = 2 * LEVELS
_HALO_LEVELS = 8
_THINNEST, _THICKEST = 0.8, 4.2
# The weakest still show their sign.
_WEAKEST_COLOR = 0.22
_HALO_ROOM = 7.0
_HALO_ALPHA = 150
# What is not in focus is left to be seen, and no more.
_FAINT_ALPHA, _FAINT_WIDTH = 26, 0.6

Rgba = tuple[int, int, int, int]


@dataclass(frozen=True)
class Strokes:
    """Lines and their pens: what is painted, the weakest first so that the strong lie on top.

    ``pens`` (connections,) are places in ``colors`` (pens, 4) and ``widths`` (pens,), in screen pixels;
    ``order`` names the connections that are painted.
    """

    pens: NDArray[np.uint8]
    order: NDArray[np.intp]
    colors: NDArray[np.uint8]
    widths: Floats

    def runs(self) -> Iterator[tuple[Rgba, float, int, int]]:
        """Yield color, width and the part ``order[start:stop]`` of lines in a row that have the same pen."""
        pens = self.pens[self.order]
        starts = np.flatnonzero(np.diff(pens, prepend=pens[:1] + 1)).tolist()
        for start, stop in itertools.pairwise([*starts, len(pens)]):
            pen = pens[start]
            red, green, blue, alpha = self.colors[pen].tolist()
            yield (red, green, blue, alpha), float(self.widths[pen]), start, stop

    def grouped(self) -> Strokes:
        """Return the same with longer runs: lines that lie close to each other change places."""
        count = len(self.order)
        room = -count % _CLOSE
        pens = np.concatenate([self.pens[self.order], np.full(room, 255, dtype=np.uint8)])
        places = np.argsort(pens.reshape(-1, _CLOSE), axis=1, kind="stable")
        places += np.arange(0, count + room, _CLOSE)[:, None]
        flat = places.ravel()
        return replace(self, order=self.order[flat[flat < count]])

    def scaled(self, factor: float, extra: float = 0.0) -> Strokes:
        """Return the same with other widths."""
        return replace(self, widths=self.widths * factor + extra)

    def tinted(self, color: Rgba) -> Strokes:
        """Return the same in one color."""
        return replace(self, colors=np.full_like(self.colors, color))

    def at_most(self, alpha: int) -> Strokes:
        """Return the same in colors that are no more opaque than ``alpha``."""
        faded = self.colors.copy()
        faded[:, 3] = np.minimum(faded[:, 3], alpha)
        return replace(self, colors=faded)

    def strongest(self, count: int) -> Strokes:
        """Return the same with no more than ``count`` lines painted."""
        return replace(self, order=self.order[max(0, len(self.order) - count) :])

    def without(self, connections: NDArray[np.intp]) -> Strokes:
        """Return the same with some connections not painted."""
        painted = np.ones(len(self.pens), dtype=bool)
        painted[connections] = False
        return replace(self, order=self.order[painted[self.order]])

    def of(self, connections: NDArray[np.intp]) -> Strokes:
        """Return the strokes of some connections alone, in the places that they have here."""
        pens = self.pens[connections]
        return replace(self, pens=pens, order=np.argsort(pens, kind="stable"))


@dataclass(frozen=True)
class StrokedLines:
    """Connections to paint: connection c has the segments ``lines[starts[c]:starts[c + 1]]``.

    ``lines`` (segments, 4) are in units of the scene.
    """

    lines: Floats
    starts: NDArray[np.intp]
    strokes: Strokes

    def ordered(self) -> NDArray[np.intp]:
        """Return the segments in the order in which they are painted."""
        return spread(self.starts, self.strokes.order)

    def runs(self) -> Iterator[tuple[Rgba, float, int, int]]:
        """Yield color, width and the part ``ordered()[start:stop]`` of each pen, the weakest first."""
        order = self.strokes.order
        ends = np.concatenate([[0], np.cumsum(self.starts[order + 1] - self.starts[order])])
        for color, width, start, stop in self.strokes.runs():
            yield color, width, int(ends[start]), int(ends[stop])


def spread(starts: NDArray[np.intp], connections: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the segments of connections, one connection after the other."""
    counts = starts[connections + 1] - starts[connections]
    before = np.cumsum(counts) - counts
    return np.repeat(starts[connections] - before, counts) + np.arange(int(counts.sum()))


def plain_lines(lines: ArrayLike, *, width: float = 1.0, color: Rgba = (0, 0, 0, 255)) -> StrokedLines:
    """Return straight lines (n, 4) of one color and width."""
    array = np.asarray(lines, dtype=np.float64).reshape(-1, 4)
    count = len(array)
    strokes = Strokes(
        np.zeros(count, dtype=np.uint8),
        np.arange(count),
        np.array([color], dtype=np.uint8),
        np.array([width], dtype=np.float64),
    )
    return StrokedLines(array, np.arange(count + 1), strokes)


def shown_values(graph: Graph, mode: ColorMode) -> Floats:
    """Return what colors the connections in a mode (connections,)."""
    if mode == "gradient":
        return graph.gradients
    if mode == "check" and graph.errors is not None:
        return _check_shares(graph.errors)
    return graph.activity if mode == "activity" else graph.weights


def told_values(graph: Graph, mode: ColorMode) -> Floats:
    """Return the numbers that stand beside the connections in a mode (connections,)."""
    return graph.errors if mode == "check" and graph.errors is not None else shown_values(graph, mode)


def _check_shares(errors: Floats) -> Floats:
    """Return relative errors on a logarithmic scale, from 0 to 1; 0 where nothing was measured."""
    low, high = np.log10(CHECK_RANGE)
    with np.errstate(divide="ignore"):
        shares = (np.log10(errors) - low) / (high - low)
    return np.clip(np.nan_to_num(shares, nan=0.0, neginf=0.0, posinf=1.0), 0.0, 1.0)


def value_strokes(
    values: Floats,
    scale: float,
    theme_name: str,
    *,
    palette: str = "value",
    faint: NDArray[np.bool_] | None = None,
    drawn: NDArray[np.bool_] | None = None,
) -> Strokes:
    """Give each line a pen by signed value: hue by sign, color and width by magnitude up to ``scale``.

    Those of ``faint`` lie below all others and can hardly be seen; those not in ``drawn`` are left out.
    """
    pens = (_levels(values, scale, LEVELS) * 2 + (values < 0.0)).astype(np.uint8)
    if faint is not None:
        pens += np.where(faint, np.uint8(0), np.uint8(_PENS))
    table, widths = _value_pens(theme_name, palette, faint is not None)
    # By magnitude alone: either sign lies on top as often, however few pens there are.
    ranks = _ranks(values, scale)
    if faint is not None:
        ranks[~faint] |= _NOT_FAINT
    return _sorted(pens, ranks, table, widths, drawn)


def halo_strokes(
    values: Floats,
    scale: float,
    theme_name: str,
    widths_of: Floats,
    width_scale: float,
    drawn: NDArray[np.bool_] | None = None,
) -> Strokes:
    """Give lines a pen for a halo by magnitude, wider than the lines that ``widths_of`` gives.

    The weakest eighth has none, nor has what is not in ``drawn``.
    """
    levels = _levels(values, scale, _HALO_LEVELS)
    kept = levels > 0 if drawn is None else (levels > 0) & drawn
    pens = (levels * 4 + _levels(widths_of, width_scale, 4)).astype(np.uint8)
    shares = np.repeat((np.arange(_HALO_LEVELS) + 0.5) / _HALO_LEVELS, 4)
    table = colors.sequential(shares, 1.0, theme_name)
    table[:, 3] = _HALO_ALPHA
    line_widths = _THINNEST + (_THICKEST - _THINNEST) * (np.tile(np.arange(4), _HALO_LEVELS) + 1.0) / 4.0
    return _sorted(pens, pens, table, line_widths + _HALO_ROOM * (0.4 + 0.6 * shares), kept)


def line_color(value: float, scale: float, theme_name: str, *, palette: str = "value") -> tuple[Rgba, float]:
    """Return color and width of a single connection, the same as among the others."""
    color, width, _, _ = next(value_strokes(np.array([value]), scale, theme_name, palette=palette).runs())
    return color, width


@lru_cache(maxsize=16)
def _value_pens(theme_name: str, palette: str, with_faint: bool) -> tuple[NDArray[np.uint8], Floats]:
    shares = (np.arange(LEVELS) + 0.5) / LEVELS
    signed = np.stack([shares, -shares], axis=1)
    tints = np.sign(signed) * (_WEAKEST_COLOR + (1.0 - _WEAKEST_COLOR) * np.abs(signed))
    table = colors.diverging(tints.ravel(), 1.0, theme_name, palette=palette)
    widths = np.repeat(_THINNEST + (_THICKEST - _THINNEST) * shares, 2)
    if with_faint:
        pale = table.copy()
        pale[:, 3] = _FAINT_ALPHA
        table, widths = np.concatenate([pale, table]), np.concatenate([_FAINT_WIDTH * widths, widths])
    table.flags.writeable = widths.flags.writeable = False
    return table, widths


def _levels(values: Floats, scale: float, count: int) -> NDArray[np.intp]:
    return np.minimum(_shares(values, scale) * count, count - 1).astype(np.intp)


def _shares(values: Floats, scale: float) -> Floats:
    """Return magnitudes in units of ``scale``, finite and small enough to compute with."""
    with np.errstate(invalid="ignore", over="ignore"):
        shares = np.abs(values) / (scale if scale > 0.0 else 1.0)
    return np.clip(np.nan_to_num(shares, posinf=_LARGE), 0.0, _LARGE)


def _ranks(values: Floats, scale: float) -> NDArray[np.uint16]:
    """Return places in the order of magnitudes, below `_NOT_FAINT`: 16 bits, to be sorted quickly."""
    shares = _shares(values, scale)
    ranks: NDArray[np.uint16] = (shares / (1.0 + shares) * (_NOT_FAINT - 1)).astype(np.uint16)
    return ranks


def _sorted(
    pens: NDArray[np.uint8],
    ranks: NDArray[np.unsignedinteger],
    table: NDArray[np.uint8],
    widths: Floats,
    drawn: NDArray[np.bool_] | None,
) -> Strokes:
    if drawn is None:
        # Of 16 bits or 8, this is a radix sort.
        return Strokes(pens, np.argsort(ranks, kind="stable"), table, widths)
    kept = np.flatnonzero(drawn)
    return Strokes(pens, kept[np.argsort(ranks[kept], kind="stable")], table, widths)
