"""What pictures of a loss landscape are drawn from: a measured window, paths over it, a point."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.ui.plots.landscape_figures import (
    arrows_of,
    contours,
    height_at,
    heights_of,
    label_spots,
    levels_of,
    resampled,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QColor

    from nnstudio.ui.plots.landscape_figures import Floats, Heights, Window


@dataclass(frozen=True, eq=False)
class Relief:
    """Losses (side, side) measured over a window, and the gradient at some places, (places, 2) both."""

    window: Window
    losses: Floats
    log: bool
    places: Floats = field(default_factory=lambda: np.empty((0, 2)))
    slopes: Floats = field(default_factory=lambda: np.empty((0, 2)))

    @property
    def side(self) -> int:
        """Points along each side."""
        return len(self.losses)

    @cached_property
    def heights(self) -> Heights:
        """How high each point lies."""
        return heights_of(self.losses, log=self.log)

    @cached_property
    def levels(self) -> list[float]:
        """The losses of the contours."""
        return levels_of(self.heights)

    @cached_property
    def lines(self) -> list[Floats]:
        """The contours, segments (n, 2, 2) each."""
        return contours(self.losses, self.window, self.levels)

    @cached_property
    def labels(self) -> list[tuple[int, Floats]]:
        """Which contours have their losses written on them, and where."""
        return label_spots(self.lines, self.window)

    @cached_property
    def arrows(self) -> tuple[Floats, Floats]:
        """Where arrows down the slopes start and end, (n, 2) each."""
        return arrows_of(self.places, self.slopes, self.window)

    @property
    def cell(self) -> tuple[float, float]:
        """How far apart the places of the arrows are, each way."""
        side = max(1, math.isqrt(len(self.places)))
        (left, right), (low, high) = self.window
        return (right - left) / side, (high - low) / side

    def shares_at(self, places: Floats) -> Floats:
        """Return how high the surface is at places (n, 2): 0 to 1, NaN outside of the window."""
        return height_at(self.heights.shares, self.window, places)

    def loss_at(self, u: float, v: float) -> float:
        """Return the loss between the measured points, NaN outside of the window."""
        return float(height_at(self.losses, self.window, np.array([[u, v]]))[0])

    def mesh(self, side: int) -> Floats:
        """Return heights from 0 to 1 on ``side`` points along each side, (side, side)."""
        shares = self.heights.shares
        return shares if side >= self.side else resampled(shares, self.window, side)


@dataclass(frozen=True, eq=False)
class Trail:
    """The path of a training, places (n, 2) after ``steps`` (n,); ``is_present`` is that of the one on view.

    On a plane a place is u and v; on a line, the value of the parameter and the loss.
    """

    places: Floats
    color: QColor
    is_present: bool = True
    steps: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
