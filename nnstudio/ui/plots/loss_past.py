"""The past in the loss plot: a line at the step on view, and the curves of earlier trainings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from nnstudio.ui.plots.figures import nearest_epoch, thinned
from nnstudio.ui.trainings import MOST_BRANCHES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from PySide6.QtCore import QPointF

    from nnstudio.training import History
    from nnstudio.ui.theme import Theme
    from nnstudio.ui.trainings import Branch

    Floats = NDArray[np.float64]
    Entry = tuple[Any, str]  # a curve and its name

# So near to a curve, in pixels, it is read.
_READ = 7.0
_FEWEST_BINS = 200
# Unlike the lines of the present training, and each other.
_COLORS = {
    "light": ("#009e73", "#c0569a", "#8a7a00", "#2f9fd0", "#8f5bd0", "#5c6370", "#b03a48", "#3f8f3f"),
    "dark": ("#2fd0a0", "#ef9fca", "#d8cc48", "#8ad2ff", "#c58aea", "#b9bec9", "#ff8f96", "#86d67a"),
}
_FAINT = 175  # of 255
_LONGEST_NAME = 34
# Of the legend, in pixels: its lines, what is not for it over and under them, and what stands beside a name.
_LINE, _NOT_LEGEND, _BESIDE_NAME = 18, 60, 46
_MOST_LINES = 5
_LEGEND_SHARE = 0.7  # of the width


def branch_color(branch: Branch, current: Theme) -> QColor:
    """Return the color of an earlier training, wherever it is shown."""
    return QColor(_COLORS[current.name][branch.color % MOST_BRANCHES])


class PastLine(pg.InfiniteLine):
    """The line at the step on view: strong in the past, and faint at the present, where it can be taken."""

    def __init__(self) -> None:
        super().__init__(angle=90, movable=False)
        self.addMarker("v", position=1.0, size=11)
        self.setZValue(20)
        self._is_past = False
        self._theme: Theme | None = None

    def show_at(self, place: float | None, *, is_past: bool) -> None:
        """Stand at an epoch; None hides the line."""
        self.setVisible(place is not None)
        if place is not None:
            self.setValue(place)
        if is_past != self._is_past:
            self._is_past = is_past
            self._repaint()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of a theme."""
        self._theme = theme
        self._repaint()

    def _repaint(self) -> None:
        if self._theme is not None:
            color = QColor(self._theme.accent if self._is_past else self._theme.faint)
            color.setAlpha(255 if self._is_past else 120)
            self.setPen(pg.mkPen(color, width=1))


class BranchCurves:
    """Thin curves of earlier trainings, drawn anew only where something about them is another."""

    def __init__(self, item: pg.PlotItem) -> None:
        self.branches: tuple[Branch, ...] = ()
        self.curves = [pg.PlotDataItem(connect="finite") for _ in range(MOST_BRANCHES)]
        self.more = pg.PlotDataItem(pen=None)  # stands in the legend for those it has no room for
        for curve in self.curves:
            curve.setZValue(-10)
            item.addItem(curve)
        self._drawn: tuple[object, ...] = ()
        self._theme: Theme | None = None

    def draw(self, branches: Sequence[Branch], width: int, *, log: bool) -> None:
        """Show the training losses of trainings, as many points each as a plot of this width has room for."""
        self.branches = tuple(branches)[-MOST_BRANCHES:]
        wanted = (tuple((branch, len(branch.history)) for branch in self.branches), width, log)
        if wanted == self._drawn:
            return
        self._drawn = wanted
        for place, curve in enumerate(self.curves):
            if place >= len(self.branches):
                curve.setData(np.empty(0), np.empty(0))
                continue
            history = self.branches[place].history
            x, y = thinned(history.epochs, history.loss, max(_FEWEST_BINS, width))
            curve.setData(x, np.where(y > 0, y, np.nan) if log else y)
        self._repaint()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of a theme."""
        self._theme = theme
        self._repaint()

    def _repaint(self) -> None:
        if self._theme is None:
            return
        for branch, curve in zip(self.branches, self.curves, strict=False):
            color = branch_color(branch, self._theme)
            color.setAlpha(_FAINT)
            curve.setPen(pg.mkPen(color, width=1))

    def losses(self) -> list[Floats]:
        """Return the losses of all trainings on view."""
        return [branch.history.loss for branch in self.branches]

    def reach(self) -> tuple[float, float] | None:
        """Return the first and the last epoch of all of them, None without any."""
        epochs = [branch.history.epochs[[0, -1]] for branch in self.branches if len(branch.history)]
        return (float(np.min(epochs)), float(np.max(epochs))) if epochs else None

    def entries(self) -> list[Entry]:
        """Return curves and names for a legend, the latest training first."""
        pairs = zip(self.branches, self.curves, strict=False)
        return [(curve, shortened(branch.name)) for branch, curve in pairs][::-1]

    def nearest(
        self, box: pg.ViewBox, at: QPointF, present: History | None, *, log: bool
    ) -> tuple[Branch, int] | None:
        """Return the training whose curve is at a point of the view, with the index of the epoch there.

        None where the curve of the ``present`` training is nearer.
        """
        best = _READ * box.viewPixelSize()[1]
        if present is not None:
            best = min(best, _distance(present, at, log=log)[0])
        found = None
        for branch in self.branches:
            distance, index = _distance(branch.history, at, log=log)
            if distance < best:
                best, found = distance, (branch, index)
        return found


def _distance(history: History, at: QPointF, *, log: bool) -> tuple[float, int]:
    """Return how far from a point, up or down, a curve is (infinity where there is none), and its epoch."""
    index = nearest_epoch(history.epochs, at.x())
    if index is None or abs(float(history.epochs[index]) - at.x()) > 1.0:
        return math.inf, 0
    value = float(history.loss[index])
    if log:
        value = math.log10(value) if value > 0 else math.nan
    distance = abs(value - at.y())
    return (distance if distance == distance else math.inf), index


def fitting_legend(
    own: list[Entry], others: list[Entry], more: Any, room: tuple[int, int], text_width: Callable[[str], int]
) -> tuple[list[Entry], int]:
    """Return what a legend has room for in a plot of this size, in pixels, and in how many columns.

    Its own entries stand there always; of the others the first ones, and how many there are ``more``.
    """
    width, height = room[0] * _LEGEND_SHARE, room[1]
    lines = min(_MOST_LINES, max(1, (height - _NOT_LEGEND) // _LINE))
    for shown in range(len(others), 0, -1):
        left_out = len(others) - shown
        entries = own + others[:shown] + ([(more, f"and {left_out} more")] if left_out else [])
        widths = [text_width(name) + _BESIDE_NAME for _, name in entries]
        for columns in range(-(-len(entries) // lines), len(entries) + 1):
            if sum(max(widths[column::columns]) for column in range(columns)) <= width:
                return entries, columns
    return own, 2


def shortened(name: str) -> str:
    """Return a name that leaves the curves their room."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1].rstrip()}…"
