"""What the curve of the loss over one parameter is drawn from. No window of Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.ui.plots.landscape_figures import heights_of, window_around

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.engine.landscape_line import Tangent
    from nnstudio.ui.plots.landscape_figures import Floats, Heights, Range, Window

_MARGIN, _LEAST_HALF = 1.25, 2.5
# A range that is so many times as wide as it would be now is of what is no longer on view.
_TOO_WIDE = 3.0
# What rises over all of the range by less than this share of the losses there is level.
_LEVEL = 1e-6


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

    def is_level(self, slope: float) -> bool:
        """Whether a slope could not be seen: over the whole range it makes no difference to the losses."""
        finite = self.losses[np.isfinite(self.losses)]
        rise = abs(slope) * (self.span[1] - self.span[0])
        return bool(len(finite)) and rise <= _LEVEL * float(np.ptp(finite))

    def heights(self, others: Floats) -> Heights:
        """Return the scale of the losses of the curve and of others (n,)."""
        return heights_of(np.concatenate([self.losses, others])[None], log=self.log)


def line_window(values: Floats, home: Range | None) -> Window:
    """Return a window around values (n,) of a parameter, with all of ``home`` where that is given."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return home or (-_LEAST_HALF, _LEAST_HALF), (-1.0, 1.0)
    low, high = float(finite.min()), float(finite.max())
    half = max(_LEAST_HALF, _MARGIN * (high - low) / 2.0)
    (left, right), upward = window_around(np.array([(low + high) / 2.0, 0.0]), np.array([half, 1.0]))
    if home is not None:
        inside = home[0] <= low and high <= home[1]
        left, right = home if inside else (min(left, home[0]), max(right, home[1]))
    return (left, right), upward


def is_wide_for(present: Range, fitting: Range) -> bool:
    """Whether a range is far wider than what would fit now."""
    return present[1] - present[0] > _TOO_WIDE * (fitting[1] - fitting[0])


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
