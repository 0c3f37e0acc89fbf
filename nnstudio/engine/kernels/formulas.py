"""Custom activations: their formulas as operations in rows of numbers, and what computes these.

One function computes any formula, operation by operation, each for all lanes, with the rules of
`expressions.operations` for values and slopes: so nothing is compiled when a formula is typed.
"""

from __future__ import annotations

import math
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.kernels import lane_math
from nnstudio.engine.kernels.compiling import ONE, THREE, TWO, called
from nnstudio.engine.kernels.lanes import lanes_of, load, spread_like, store
from nnstudio.engine.kernels.plan import Formulas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.expressions import Expression
    from nnstudio.expressions.syntax import Step

# Those before EXP are done for all lanes at once, those after TANH lane by lane, and these two partly so.
# SCALE has a constant as its first argument, DIVIDE_BY as its second, POWER_OF as its first, POWER as its
# second: their slopes don't count, whatever is multiplied with them.
(
    NUMBER,
    VARIABLE,
    ADD,
    SUBTRACT,
    MULTIPLY,
    SCALE,
    DIVIDE,
    DIVIDE_BY,
    TANH,
    EXP,
    LOG,
    SQRT,
    SIN,
    COS,
    ABS,
    POWER,
    POWER_OF,
    POWERS,
    MAX,
    MIN,
    LESS,
    LESS_EQUAL,
    EQUAL,
    NOT_EQUAL,
    WHERE,
) = range(25)

_OPERATIONS = {
    "+": ADD,
    "-": SUBTRACT,
    "tanh": TANH,
    "exp": EXP,
    "log": LOG,
    "sqrt": SQRT,
    "sin": SIN,
    "cos": COS,
    "abs": ABS,
    "max": MAX,
    "min": MIN,
    "where": WHERE,
}
# Each with whether its arguments change places.
_COMPARISONS = {
    "<": (LESS, False),
    "<=": (LESS_EQUAL, False),
    ">": (LESS, True),
    ">=": (LESS_EQUAL, True),
    "==": (EQUAL, False),
    "!=": (NOT_EQUAL, False),
}
# Up to here the exponential of the lanes is that of all numbers, in either precision.
_USUAL = 80.0


@called
def apply_formula(formulas, number, room, kept, a, base, width):
    """Replace the pre-activations in a vector of ``a`` by values; their slopes go to ``kept``.

    ``number`` is that of the formula in `Formulas`, and ``room`` has the place of two vectors for each
    operation.
    """
    lanes = lanes_of(width)
    each = TWO * lanes
    z = load(a, base, width)
    nothing = spread_like(0.0, z)
    first, last = formulas.start[number], formulas.start[number + 1]
    for step in range(first, last):
        operation = formulas.operation[step]
        here = (step - first) * each
        p_at = formulas.arguments[THREE * step] * each
        q_at = formulas.arguments[THREE * step + ONE] * each
        r_at = formulas.arguments[THREE * step + TWO] * each
        if operation <= EXP:
            p, dp = load(room, p_at, width), load(room, p_at + lanes, width)
            q, dq = load(room, q_at, width), load(room, q_at + lanes, width)
            value, slope = z, nothing
            if operation == NUMBER:
                value = spread_like(formulas.numbers[step], z)
            elif operation == VARIABLE:
                slope = spread_like(1.0, z)
            elif operation == ADD:
                value, slope = p + q, dp + dq
            elif operation == SUBTRACT:
                value, slope = p - q, dp - dq
            elif operation == MULTIPLY:
                value, slope = p * q, q * dp + p * dq
            elif operation == SCALE:
                value, slope = p * q, p * dq
            elif operation == DIVIDE:
                value = p / q
                slope = (dp - value * dq) / q
            elif operation == DIVIDE_BY:
                value, slope = p / q, dp / q
            elif operation == TANH:
                value = lane_math.tanh(p)
                slope = (1.0 - value * value) * dp
            else:
                value = lane_math.exp(p)
                slope = value * dp
            store(room, here, value)
            store(room, here + lanes, slope)
        if operation >= EXP:
            for i in range(lanes):
                one_lane(operation, room, here + i, p_at + i, q_at + i, r_at + i, lanes)
    end = (last - first - ONE) * each
    store(a, base, load(room, end, width))
    store(kept, base, load(room, end + lanes, width))


@called
def one_lane(operation, room, here, p_at, q_at, r_at, lanes):
    """Compute an operation that has no vector form; slopes are ``lanes`` behind their values."""
    p, dp = room[p_at], room[p_at + lanes]
    q, dq = room[q_at], room[q_at + lanes]
    value, slope = room[here], room[here + lanes]
    if operation == EXP:
        if abs(p) > _USUAL:
            value = math.exp(p)
            slope = value * dp
    elif operation == LOG:
        value, slope = math.log(p), dp / p
    elif operation == SQRT:
        value = math.sqrt(p)
        slope = dp / (2.0 * value)
    elif operation == SIN:
        value, slope = math.sin(p), math.cos(p) * dp
    elif operation == COS:
        value, slope = math.cos(p), -math.sin(p) * dp
    elif operation == ABS:
        value = abs(p)
        slope = dp if p > 0.0 else (-dp if p < 0.0 else p * dp)
    elif operation <= POWERS:
        value, slope = math.pow(p, q), 0.0 * dp
        if operation != POWER_OF:
            slope = 0.0 * q if q == 0.0 else q * math.pow(p, q - 1.0) * dp
        if operation != POWER:
            slope += 0.0 * value if p == 0.0 and q >= 0.0 else value * math.log(p) * dq
    elif operation == MAX or operation == MIN:
        if p != p or q != q:
            value, slope = p + q, dq
        else:
            first = p > q if operation == MAX else p < q
            value = p if first else q
            slope = dp if first else (0.5 * dp + 0.5 * dq if p == q else dq)
    elif operation == WHERE:
        chosen = q_at if p != 0.0 else r_at
        value, slope = room[chosen], room[chosen + lanes]
    else:
        slope = 0.0
        if operation == LESS:
            holds = p < q
        elif operation == LESS_EQUAL:
            holds = p <= q
        elif operation == EQUAL:
            holds = p == q
        else:
            holds = p != q
        value = 1.0 if holds else 0.0
    room[here] = value
    room[here + lanes] = slope


def formulas_of(expressions: Sequence[Expression], dtype: np.dtype[Any]) -> Formulas:
    """Return formulas of one variable as the kernels have them."""
    start, operations = [0], list[int]()
    arguments, numbers = list[int](), list[float]()
    for expression in expressions:
        for operation, places, number in _Rows(expression, dtype).rows:
            operations.append(operation)
            arguments.extend((*places, 0, 0, 0)[:3])
            numbers.append(number)
        start.append(len(operations))
    return Formulas(
        np.array(start, np.uint64),
        np.array(operations, np.int64),
        np.array(arguments, np.uint64),
        np.array(numbers, np.float64),
    )


class _Rows:
    """A formula's operations: each with the places of its arguments, and a number."""

    def __init__(self, expression: Expression, dtype: np.dtype[Any]) -> None:
        self.rows: list[tuple[int, tuple[int, ...], float]] = []
        self._numbers: dict[float, int] = {}
        self._places: list[int] = []
        # What depends on nothing is a single number here.
        values = expression.step_values([np.zeros(1, dtype)], dtype)
        self._known = [float(value) if np.ndim(value) == 0 else None for value in values]
        for step, known in zip(expression.steps, self._known, strict=True):
            self._places.append(self._operation(step) if known is None else -1)
        result = self._place(len(values) - 1)
        if result != len(self.rows) - 1:
            self._add(SCALE, self._number(1.0), result)

    def _add(self, operation: int, *arguments: int, number: float = 0.0) -> int:
        self.rows.append((operation, arguments, number))
        return len(self.rows) - 1

    def _number(self, value: float) -> int:
        if value not in self._numbers:
            self._numbers[value] = self._add(NUMBER, number=value)
        return self._numbers[value]

    def _place(self, step: int) -> int:
        """Return the place of a step of the expression, which may be a number."""
        known = self._known[step]
        return self._places[step] if known is None else self._number(known)

    def _operation(self, step: Step) -> int:
        operation, arguments = step.operation, step.arguments
        if operation == "variable":
            return self._add(VARIABLE)
        if operation == "**":
            return self._power(*arguments)
        places = [self._place(argument) for argument in arguments]
        constant = [self._known[argument] is not None for argument in arguments]
        if operation == "compare":
            return self._comparison(step.name.split(), places)
        if operation == "negative":
            return self._add(SCALE, self._number(-1.0), places[0])
        if operation == "*":
            if any(constant):
                return self._add(SCALE, *(places if constant[0] else reversed(places)))
            return self._add(MULTIPLY, *places)
        if operation == "/":
            return self._add(DIVIDE_BY if constant[1] else DIVIDE, *places)
        if operation in ("max", "min"):
            return reduce(partial(self._add, _OPERATIONS[operation]), places)
        return self._add(_OPERATIONS[operation], *places)

    def _comparison(self, operators: list[str], places: list[int]) -> int:
        each = []
        for operator, left, right in zip(operators, places, places[1:], strict=False):
            code, swapped = _COMPARISONS[operator]
            each.append(self._add(code, right, left) if swapped else self._add(code, left, right))
        return reduce(partial(self._add, MULTIPLY), each)

    def _power(self, base: int, exponent: int) -> int:
        number = self._known[exponent]
        if self._known[base] is not None:
            return self._add(POWER_OF, self._place(base), self._place(exponent))
        if number in (1.0, 2.0, 3.0):
            return reduce(partial(self._add, MULTIPLY), [self._place(base)] * int(number))
        return self._add(POWERS if number is None else POWER, self._place(base), self._place(exponent))
