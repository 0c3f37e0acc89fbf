"""The derivative as a limit: quotients of differences beside the exact derivative, and what sets them apart.

A quotient differs from the derivative for two reasons. Truncation: the loss is not a straight line, so even
exact arithmetic would give another number as long as h is not 0. Rounding: the computer holds about 16
digits, of which the difference of two nearly equal losses keeps few. The first is found from the derivative
along the way, since (f(w + h) - f(w)) / h is the mean of f' between the two places, which can be computed
without losing digits; the second is what remains.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.explain.moment import Moment, moment_of
from nnstudio.explain.numbers import Shown, show
from nnstudio.explain.symbols import Formula

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program

DECADES = tuple(10.0**-power for power in range(16))
_PLACES, _SHARES = np.polynomial.legendre.leggauss(8)
# Means of the derivative are refined until halving a piece changes them by less than this share …
_TOLERANCE = 1e-12
# … or a piece is so small a part of the whole, as at a kink, or there are so many of them.
_MOST_HALVINGS = 12
_MOST_PIECES = 60
# Below this, the derivative changes so little along the way that its digits give out; its slope does not.
_SMALL = 1e-4


@dataclass(frozen=True)
class Quotient:
    """A quotient of differences: ``value`` is the derivative plus ``truncation`` plus ``rounding``."""

    value: float
    truncation: float
    rounding: float

    @property
    def error(self) -> float:
        """How far it is from the derivative."""
        return self.truncation + self.rounding

    @property
    def shown(self) -> Shown:
        """The quotient with the digits that a comparison needs."""
        return show(self.value, 10)


@dataclass(frozen=True)
class LimitPoint:
    """The quotients at one h: to the right, to the left, and across."""

    h: float
    forward: Quotient
    backward: Quotient
    central: Quotient
    loss_right: float
    loss_left: float


@dataclass(frozen=True)
class LimitMath:
    """The derivative of the loss by a weight, w, or a bias, b, exact and by differences."""

    value: float
    loss: float
    exact: float
    points: tuple[LimitPoint, ...]
    symbol: str = "w"

    def formulas(self, point: LimitPoint) -> tuple[Formula, Formula, Formula]:
        """Return the quotients of a point, to the right, to the left and across, with their numbers."""
        here, h = show(self.loss, 17), show(point.h)
        right, left = show(point.loss_right, 17), show(point.loss_left, 17)
        middle, after, before = (f"f({self.symbol}{moved})" for moved in ("", " + h", " - h"))
        return (
            _quotient((after, middle, "h"), (right, here), h.latex, h.text, point.forward),
            _quotient((middle, before, "h"), (here, left), h.latex, h.text, point.backward),
            _quotient(
                (after, before, "2h"),
                (right, left),
                rf"2 \cdot {h.latex}",
                f"(2 · {h.text})",
                point.central,
            ),
        )


def limit(
    program: Program,
    parameters: Parameters,
    x_row: ArrayLike,
    y_row: ArrayLike,
    item_id: str,
    *,
    loss: str = "mse",
    steps: Sequence[float] = DECADES,
) -> LimitMath:
    """Measure the derivative of a sample's loss by a weight (id of a connection) or bias (of a neuron).

    ``steps`` are the h to measure with, above 0. A weight that connections share is moved in all of them.
    Raises UnknownIdError, ShapeError and SettingsError.
    """
    return limit_at(moment_of(program, parameters, x_row, y_row, loss), item_id, steps)


@np.errstate(all="ignore")
def limit_at(moment: Moment, item_id: str, steps: Sequence[float] = DECADES) -> LimitMath:
    """Measure the derivative by a weight or bias at a moment with a target; see `limit`."""
    return _Measuring(moment, _indices(moment, item_id)).result(steps)


def derivative_kind(moment: Moment, item_id: str) -> str:
    """Return what the derivative is by, a "weight" or a "bias"."""
    return "bias" if item_id in moment.program.neuron_slots else "weight"


@np.errstate(all="ignore")
def losses_along(moment: Moment, item_id: str, offsets: Sequence[float]) -> list[float]:
    """Return the sample's loss with a weight or bias moved by each of ``offsets``."""
    measuring = _Measuring(moment, _indices(moment, item_id))
    return [measuring.loss(float(offset)) for offset in offsets]


def _indices(moment: Moment, item_id: str) -> list[int]:
    if derivative_kind(moment, item_id) == "bias":
        return [moment.program.n_connections + moment.neuron_slot(item_id)]
    return moment.members(moment.connection_slot(item_id))


class _Measuring:
    """Losses and derivatives along the line on which one parameter moves."""

    def __init__(self, moment: Moment, indices: list[int]) -> None:
        assert moment.y is not None
        self.moment, self.indices = moment, indices
        self.start = float(moment.parameters.flat[indices[0]])
        self.exact = float(moment.gradients.flat[indices[0]])
        near = _SMALL * max(1.0, abs(self.start))
        right, left = self.derivative(near), self.derivative(-near)
        self.second = (right - left) / (2.0 * near)
        self.third = (right - 2.0 * self.exact + left) / near / near
        half = (self.derivative(0.5 * near) - self.derivative(-0.5 * near)) / near
        # At a kink the slope of the derivative depends on how far one looks.
        self.is_smooth = abs(half - self.second) <= 0.01 * max(abs(half), abs(self.second)) + 1e-9

    def result(self, steps: Sequence[float]) -> LimitMath:
        points = tuple(self.point(float(h)) for h in steps)
        is_bias = self.indices[0] >= self.moment.program.n_connections
        return LimitMath(self.start, self.moment.loss_value, self.exact, points, "b" if is_bias else "w")

    def point(self, h: float) -> LimitPoint:
        here, right, left = self.moment.loss_value, self.loss(h), self.loss(-h)
        on_right, on_left = self.truncation(h), self.truncation(-h)
        across = 0.5 * (on_right + on_left)
        if h < _SMALL and self.is_smooth:
            # The halves cancel but for this.
            across = self.third * h * h / 6.0
        return LimitPoint(
            h,
            self.quotient((right - here) / h, on_right),
            self.quotient((here - left) / h, on_left),
            self.quotient((right - left) / (2.0 * h), across),
            right,
            left,
        )

    def quotient(self, value: float, truncation: float) -> Quotient:
        return Quotient(value, truncation, value - self.exact - truncation)

    def moved(self, by: float) -> Parameters:
        parameters = self.moment.parameters.copy()
        parameters.flat[self.indices] += by
        return parameters

    def loss(self, by: float) -> float:
        moment = self.moment
        assert moment.y is not None
        return moment.program.loss(self.moved(by), moment.x[None], moment.y[None], moment.loss)

    def derivative(self, by: float) -> float:
        moment = self.moment
        assert moment.y is not None
        _, gradients = moment.program.loss_and_gradients(
            self.moved(by), moment.x[None], moment.y[None], moment.loss
        )
        return float(gradients.flat[self.indices[0]])

    def truncation(self, h: float) -> float:
        """Return the mean of the derivative between here and h, less the derivative here."""
        if abs(h) < _SMALL and self.is_smooth:
            return h * (self.second / 2.0 + h * self.third / 6.0)

        def change(share: float) -> float:
            return self.derivative(share * h) - self.exact

        return _mean(change)


def _mean(function: Callable[[float], float]) -> float:
    """Return the integral of a function from 0 to 1 by Gauss's rule, halving where it is not smooth."""
    total, pieces = 0.0, 0
    waiting = [(0.0, 1.0, _piece(function, 0.0, 1.0), _MOST_HALVINGS)]
    while waiting:
        low, high, whole, halvings = waiting.pop()
        middle = 0.5 * (low + high)
        left, right = _piece(function, low, middle), _piece(function, middle, high)
        pieces += 2
        close = abs(left + right - whole) <= _TOLERANCE * (abs(left) + abs(right)) + 1e-15
        # What is not finite stays so.
        if close or halvings == 0 or pieces >= _MOST_PIECES or not math.isfinite(left + right):
            total += left + right
        else:
            waiting += [(middle, high, right, halvings - 1), (low, middle, left, halvings - 1)]
    return total


def _piece(function: Callable[[float], float], low: float, high: float) -> float:
    half = 0.5 * (high - low)
    places = 0.5 * (low + high) + half * _PLACES
    return half * float(_SHARES @ np.array([function(float(place)) for place in places]))


def _quotient(
    symbols: tuple[str, str, str], losses: tuple[Shown, Shown], below: str, text_below: str, found: Quotient
) -> Formula:
    above, less, by = symbols
    first, second = losses
    result = found.shown
    return Formula(
        rf"\frac{{{above} - {less}}}{{{by}}}",
        rf"\frac{{{first.latex} - {second.factor}}}{{{below}}} = {result.latex}",
        f"({above} - {less}) / {by} = ({first.text} - {second.text_factor}) / {text_below} = {result.text}",
        result,
    )
