"""Where formulas have no value, grow beyond all numbers, or bend: found by sampling, named for the user.

A place is faulty where the result, or its slope, is not finite. What counts as the cause is the first
operation there that makes something not finite out of finite arguments, among those whose results matter:
not in the branch of a ``where`` that is not taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.errors import ExpressionError
from nnstudio.expressions.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from nnstudio.expressions.expression import Expression

Floats = Any

_GRID = 4001
_NEXT_TO_0 = 1e-290
# A quotient that grows so much between two samples around a zero of its divisor has a pole there.
_POLE = 1e9
_DOUBLE = np.dtype(np.float64)

_OVERFLOW = "grows beyond the largest number there is (1.8e308)"
_OVERFLOW_REMEDY = "Limit what goes in, as in exp(min(x, 50))"
_SLOPE = "has no finite slope"
_SLOPE_REMEDY = "Keep away from this place, as in sqrt(abs(x) + 1e-6), or take another value there with where"


@dataclass(frozen=True)
class DomainProblem:
    """Something that goes wrong in a formula, for ``str(problem)`` to say in whole sentences.

    ``kind`` is "domain", "overflow" or "slope"; ``part`` the faulty part of the formula, from character
    ``start`` up to ``end`` of its text; ``what`` happens to it, ``where``, and ``remedy``. ``low`` and
    ``high`` bound the faulty range that is nearest to 0. ``rows`` (of `Expression.check_at`) are the faulty
    elements of the flattened arrays.
    """

    kind: str
    part: str
    what: str
    where: str
    remedy: str
    start: int
    end: int
    low: float = math.nan
    high: float = math.nan
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.part} {self.what} {self.where}. {self.remedy}."


class _Diagnosis:
    """Everything about a formula at some points: step by step, and what is wrong where."""

    def __init__(self, expression: Expression, arrays: list[NDArray[np.float64]]) -> None:
        self.expression = expression
        self.size = arrays[0].size
        with np.errstate(all="ignore"):
            self.values = expression.step_values(arrays, _DOUBLE)
            self.tangents = [expression.step_tangents(self.values, name) for name in expression.variables]
            self.active = self._active()
            given = np.all([np.isfinite(array) for array in arrays], axis=0)
            self.bad = given & ~self._finite(len(self.values) - 1)
            self.faults = self._faults()

    def _spread(self, array: Any) -> NDArray[Any]:
        return np.broadcast_to(array, (self.size,))

    def _value_finite(self, step: int) -> NDArray[np.bool_]:
        return self._spread(np.isfinite(self.values[step]))

    def _slope_finite(self, step: int) -> NDArray[np.bool_]:
        finite = np.ones(self.size, bool)
        for tangents in self.tangents:
            if tangents[step] is not None:
                finite &= np.isfinite(tangents[step])
        return finite

    def _finite(self, step: int) -> NDArray[np.bool_]:
        return self._value_finite(step) & self._slope_finite(step)

    def _active(self) -> list[NDArray[np.bool_]]:
        """Where the result of each step matters for the result of the formula."""
        active = [np.zeros(self.size, bool) for _ in self.values]
        active[-1][:] = True
        for number in range(len(active) - 1, -1, -1):
            step = self.expression.steps[number]
            if step.operation == "where":
                condition, first, second = step.arguments
                taken = self._spread(self.values[condition])
                active[condition] |= active[number]
                active[first] |= active[number] & taken
                active[second] |= active[number] & ~taken
            else:
                for argument in step.arguments:
                    active[argument] |= active[number]
        return active

    def _faults(self) -> dict[tuple[int, str], NDArray[np.bool_]]:
        """Return where which step is the first cause, by step and kind."""
        faults: dict[tuple[int, str], NDArray[np.bool_]] = {}
        open_ = self.bad.copy()
        for number, step in enumerate(self.expression.steps):
            if step.operation not in OPERATIONS or not open_.any():
                continue
            here = open_ & self.active[number]
            for argument in step.arguments:
                here &= self._finite(argument) | ~self.active[argument]
            operation = OPERATIONS[step.operation]
            arguments = [self.values[argument] for argument in step.arguments]
            outside = operation.outside(*arguments) if operation.outside else False
            finite = self._value_finite(number)
            for kind, mask in (
                ("domain", here & outside),
                ("overflow", here & ~finite & ~self._spread(outside)),
                ("slope", here & finite & ~self._slope_finite(number)),
            ):
                if mask.any():
                    faults[number, kind] = mask
                    open_ &= ~mask
        return faults

    def where_faulty(self, key: tuple[int, str]) -> NDArray[np.bool_]:
        return self.faults.get(key, np.zeros(self.size, bool))


def problems_at(expression: Expression, arrays: list[NDArray[Any]]) -> list[DomainProblem]:
    """Return what goes wrong at these values of the variables."""
    if not arrays:
        return []
    diagnosis = _Diagnosis(expression, [np.asarray(array, np.float64).ravel() for array in arrays])
    found = []
    for key, mask in _one_for_each_step(diagnosis.faults):
        rows = np.flatnonzero(mask)
        first = ", ".join(
            f"{name} = {array.flat[rows[0]]:.6g}"
            for name, array in zip(expression.variables, arrays, strict=True)
            if name in expression.used_variables
        )
        more = f" and in {len(rows) - 1:,} more rows" if len(rows) > 1 else ""
        found.append(_problem(expression, key, f"at {first} (row {rows[0] + 1:,}){more}", rows=rows))
    return found


def problems_between(expression: Expression, low: float, high: float) -> list[DomainProblem]:
    """Return what goes wrong from ``low`` to ``high``."""
    x = _samples(expression, low, high)
    diagnosis = _Diagnosis(expression, [x])
    found = []
    for key, mask in _one_for_each_step(diagnosis.faults):
        runs = _runs_from_0(x, mask)
        first, last = runs[0]
        near = (_edge(expression, key, x, first, -1), _edge(expression, key, x, last, 1))
        where = _said(_only_variable(expression), near, low, high)
        found.append(_problem(expression, key, where + " and elsewhere" * (len(runs) > 1), near))
    known = {number for number, _ in diagnosis.faults}
    for number, pole, others in _poles(expression, x, known):
        where = _said(_only_variable(expression), (pole, pole), low, high)
        found.append(
            _problem(expression, (number, "domain"), where + " and elsewhere" * others, (pole, pole))
        )
    return sorted(found, key=lambda problem: _distance_from_0(problem.low, problem.high))


def _one_for_each_step(faults: dict[tuple[int, str], NDArray[np.bool_]]) -> Iterator[Any]:
    """Yield the faults, of each step only the gravest kind: the others come along with it."""
    for number in dict.fromkeys(number for number, _ in faults):
        key = next((number, kind) for kind in ("domain", "overflow", "slope") if (number, kind) in faults)
        yield key, faults[key]


def kinks_between(expression: Expression, low: float, high: float) -> tuple[float, ...]:
    """Return where a formula or its slope jumps, from ``low`` to ``high``, ascending."""
    x = _samples(expression, low, high)
    points: list[float] = []
    for switch in _switches(expression):
        points += _zeros(partial(_difference, expression, switch), x).tolist()
    points = sorted(set(points))
    if not points:
        return ()
    at = np.array(points)
    # Far enough that the difference stands out from rounding, near enough that a smooth slope has not moved.
    reach = 1e-7 * np.maximum(1.0, np.abs(at))
    jumps = np.zeros(len(at), bool)
    left_value, left_slope = expression.value_and_derivative(at - reach)
    right_value, right_slope = expression.value_and_derivative(at + reach)
    with np.errstate(all="ignore"):
        for left, right, rise in (
            (left_value, right_value, 2.0 * reach * np.maximum(np.abs(left_slope), np.abs(right_slope))),
            (left_slope, right_slope, 0.0),
        ):
            scale = np.maximum(np.maximum(np.abs(left), np.abs(right)), 1e-3)
            jumps |= np.abs(right - left) > 1e-4 * scale + 2.0 * rise
    return tuple(at[jumps].tolist())


def _values(expression: Expression, x: NDArray[np.float64]) -> list[Floats]:
    with np.errstate(all="ignore"):
        return expression.step_values([x], _DOUBLE)


def _samples(expression: Expression, low: float, high: float) -> NDArray[np.float64]:
    """Return where to look: closely everywhere, at whole numbers and near 0, and at the formula's numbers."""
    _only_variable(expression)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ExpressionError(f"A range runs from one number to a larger one, not from {low} to {high}.")
    reach = min(max(abs(low), abs(high)), 1000.0)
    whole = np.arange(-math.floor(reach), math.floor(reach) + 1) / 1.0
    small = np.logspace(-300.0, 0.0, 61)
    numbers = np.array([step.value for step in expression.steps if step.operation == "number"])
    constants = np.pi * np.array([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0])
    parts = (np.linspace(low, high, _GRID), whole, whole + 0.5, small, -small, numbers, -numbers, constants)
    x = np.unique(np.concatenate(parts)) + 0.0  # no -0.0, which would be shown
    return x[(x >= low) & (x <= high)]


def _only_variable(expression: Expression) -> str:
    if len(expression.variables) != 1:
        raise ExpressionError(
            f"A range can be searched for one variable only; there are {', '.join(expression.variables)}."
        )
    return expression.variables[0]


def _runs_from_0(x: NDArray[np.float64], mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and last place of the runs where the mask is True, those nearest to 0 first."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False]))))
    runs = zip(edges[::2].tolist(), (edges[1::2] - 1).tolist(), strict=True)
    return sorted(runs, key=lambda run: _distance_from_0(x[run[0]], x[run[1]]))


def _distance_from_0(low: float, high: float) -> float:
    return max(low, -high, 0.0)


def _edge(
    expression: Expression, key: tuple[int, str], x: NDArray[np.float64], place: int, step: int
) -> float:
    """Return how far a fault at sample ``place`` reaches towards the next sample in direction ``step``."""
    inside = float(x[place])
    if not 0 <= place + step < len(x):
        return inside
    outside = float(x[place + step])
    while True:
        middle = inside + 0.5 * (outside - inside)
        if middle in (inside, outside):
            return inside + 0.0
        if _Diagnosis(expression, [np.array([middle])]).where_faulty(key)[0]:
            inside = middle
        else:
            outside = middle


def _zeros(function: Callable[[NDArray[np.float64]], Floats], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points next to which a function of x changes its sign, and those where it is 0 alone."""
    sign = np.sign(function(x))
    alone = np.flatnonzero((sign[1:-1] == 0.0) & ((sign[:-2] != 0.0) | (sign[2:] != 0.0))) + 1
    crossed = np.flatnonzero(sign[:-1] * sign[1:] < 0.0)
    low, high, side = x[crossed], x[crossed + 1], sign[crossed]
    middle = low + 0.5 * (high - low)
    while ((low < middle) & (middle < high)).any():
        same = np.sign(function(middle)) == side
        low, high = np.where(same, middle, low), np.where(same, high, middle)
        middle = low + 0.5 * (high - low)
    return np.concatenate((x[alone], high))


def _difference(
    expression: Expression, steps: tuple[int, ...], x: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the value of a step, less that of a second one if there is one."""
    values = _values(expression, x)
    with np.errstate(all="ignore"):
        found = values[steps[0]] - values[steps[1]] if len(steps) > 1 else values[steps[0]]
    return np.broadcast_to(found, x.shape)


def _switches(expression: Expression) -> Iterator[tuple[int, ...]]:
    """Yield the steps at whose zero, or meeting, the formula takes another course."""
    for step in expression.steps:
        if step.operation == "abs":
            yield step.arguments
        elif step.operation in ("max", "min", "compare"):
            yield from combinations(step.arguments, 2)


def _poles(
    expression: Expression, x: NDArray[np.float64], known: set[int]
) -> Iterator[tuple[int, float, bool]]:
    """Yield divisions whose divisor passes through 0 between samples: where, and whether elsewhere too."""
    reach = (x[-1] - x[0]) / (2 * _GRID)
    for number, step in enumerate(expression.steps):
        if step.operation != "/" or number in known:
            continue
        divisor = step.arguments[1]
        zeros = _zeros(partial(_difference, expression, (divisor,)), x)
        near = np.stack([np.nextafter(zeros, -math.inf), zeros, np.nextafter(zeros, math.inf)])
        far = np.stack([zeros - reach, zeros + reach])
        active = _Diagnosis(expression, [near.ravel()]).active[number].reshape(near.shape).all(axis=0)
        with np.errstate(all="ignore"):
            grown = np.abs(expression.value(near)).max(axis=0)
            poles = zeros[active & (grown > _POLE * (1.0 + np.abs(expression.value(far)).max(axis=0)))]
        if len(poles):
            yield number, float(poles[np.argmin(np.abs(poles))]), len(poles) > 1


def _said(name: str, found: tuple[float, float], low: float, high: float) -> str:
    first, last = found
    if first <= low and last >= high:
        return f"for every {name}"
    if first == last:
        return f"at {name} = {first:.6g}"
    if first <= low:
        return f"for {name} {_bound(last, 'up to')}"
    if last >= high:
        return f"for {name} {_bound(first, 'from')}"
    return f"for {name} from {_bound(first, '')} to {_bound(last, '')}"


def _bound(number: float, before: str) -> str:
    if 0.0 < abs(number) < _NEXT_TO_0:
        return {"up to": "below 0", "from": "above 0"}.get(before, "0")
    return f"{before} {number:.6g}".strip()


def _problem(
    expression: Expression,
    key: tuple[int, str],
    where: str,
    near: tuple[float, float] = (math.nan, math.nan),
    rows: Any = (),
) -> DomainProblem:
    number, kind = key
    step = expression.steps[number]
    operation = OPERATIONS[step.operation]
    inner = [expression.part(argument) for argument in step.arguments]
    what, remedy = {
        "domain": (operation.problem, operation.remedy.format(*inner)),
        "overflow": (_OVERFLOW, _OVERFLOW_REMEDY),
        "slope": (_SLOPE, _SLOPE_REMEDY),
    }[kind]
    return DomainProblem(
        kind,
        expression.part(number),
        what,
        where,
        remedy,
        step.start,
        step.end,
        *near,
        tuple(int(row) for row in rows),
    )
