"""What the curve of the loss over one parameter is drawn from. No window of Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.ui.plots.landscape_figures import heights_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.engine.landscape_line import Tangent
    from nnstudio.ui.plots.landscape_figures import Floats, Heights, Range


@dataclass(frozen=True, eq=False)
class Profile:
    """Losses (points,) evenly spread over a range, and the tangent of the present, where it is known."""

    span: Range
    losses: Floats
    log: bool
    tangent: Tangent | None = None

    @cached_property
    def values(self) -> Floats:
        """The values of the parameter, (points,)."""
        return np.linspace(*self.span, len(self.losses))

    def loss_at(self, value: float) -> float:
        """Return the loss between the measured points, NaN outside of the range."""
        return float(np.interp(value, self.values, self.losses, left=math.nan, right=math.nan))

    def heights(self, others: Floats) -> Heights:
        """Return the scale of the losses of the curve and of others (n,)."""
        return heights_of(np.concatenate([self.losses, others])[None], log=self.log)


def steepness(heights: Heights, loss: float, slope: float) -> float:
    """Return the slope of a tangent as it is seen: in shares of the heights."""
    if not heights.log:
        return slope / (heights.high - heights.low)
    if loss <= 0.0:
        return 0.0
    return slope / loss / (math.log(heights.high) - math.log(heights.low))


def fading(count: int, faintest: float = 0.35) -> Floats:
    """Return how much of each of the points of a path is seen, the oldest first, (count,)."""
    return np.linspace(faintest, 1.0, count) if count > 1 else np.ones(count)


def nearest_of(paths: Sequence[Floats], at: tuple[float, float], reach: float) -> tuple[int, int] | None:
    """Return which path, and which of its points (n, 2), is nearest to a place within reach, if any.

    Of two points as near, the later one.
    """
    best, found = reach, None
    for number, path in enumerate(paths):
        apart = np.hypot(*(path - np.array(at)).T)
        apart = np.where(np.isfinite(apart), apart, np.inf)
        if len(apart) and apart.min() <= best:
            best = float(apart.min())
            found = number, len(apart) - 1 - int(np.argmin(apart[::-1]))
    return found
