"""What formulas are made of: each operation's value, and how a slope passes through it.

Arguments are float64 or float32 arrays or NumPy scalars of one type. A tangent is the derivative of an
argument by one variable, or None where the argument does not depend on it; a rule is only asked where one
does. At kinks the derivative is the one that PyTorch uses: 0 for ``abs`` at 0, and the mean of both for
``max`` and ``min`` of equal arguments (so that ``max(x, 0)`` has the slope 1/2 at 0). ``where`` passes on the
slope of the branch that it takes, whatever the other one does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Floats = Any
Tangent = Any  # Floats or None

CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e}

COMPARISONS: Mapping[str, Callable[[Floats, Floats], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


@dataclass(frozen=True)
class Operation:
    """One operation: ``value(*arguments)`` and ``tangent(value, arguments, tangents)``.

    ``outside(*arguments)`` is True where the operation has no value, ``problem`` says what is wrong there and
    ``remedy`` what to write instead, with the arguments as {0} and {1}.
    """

    value: Callable[..., Floats]
    tangent: Callable[[Floats, Sequence[Floats], Sequence[Tangent]], Tangent]
    outside: Callable[..., Any] | None = None
    problem: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Function:
    """How a function is called: the fewest and the most arguments (None: any number), and what it is."""

    usage: str
    description: str
    fewest: int = 1
    most: int | None = 1


def compare(operators: str, arguments: Sequence[Floats]) -> Any:
    """Return whether ``a < b <= c …`` holds, for operators separated by spaces."""
    pairs = zip(operators.split(), arguments, arguments[1:], strict=False)
    return reduce(np.logical_and, (COMPARISONS[operator](a, b) for operator, a, b in pairs))


def _sum(a: Tangent, b: Tangent) -> Tangent:
    if a is None or b is None:
        return b if a is None else a
    return a + b


def _difference(a: Tangent, b: Tangent) -> Tangent:
    if b is None:
        return a
    return -b if a is None else a - b


def _scaled(factor: Floats, tangent: Tangent) -> Tangent:
    return None if tangent is None else factor * tangent


def _product_tangent(v: Floats, args: Sequence[Floats], t: Sequence[Tangent]) -> Tangent:
    return _sum(_scaled(args[1], t[0]), _scaled(args[0], t[1]))


def _quotient_tangent(v: Floats, args: Sequence[Floats], t: Sequence[Tangent]) -> Tangent:
    return _difference(t[0], _scaled(v, t[1])) / args[1]


def _power(a: Floats, b: Floats) -> Floats:
    if np.ndim(b) == 0:  # whole powers are products: ten times as fast as the general power
        if b == 1.0:
            return +a
        if b == 2.0:
            return a * a
        if b == 3.0:
            return a * a * a
    return np.power(a, b)


def _power_tangent(v: Floats, args: Sequence[Floats], t: Sequence[Tangent]) -> Tangent:
    a, b = args
    by_base = by_exponent = None
    if t[0] is not None:
        factor = b * _power(a, b - 1.0)
        # x ** 0 is 1 everywhere, at 0 too.
        by_base = np.where(b == 0.0, 0.0 * b, factor) * t[0] if np.ndim(b) or b == 0.0 else factor * t[0]
    if t[1] is not None:
        by_exponent = np.where((a == 0.0) & (b >= 0.0), 0.0 * v, v * np.log(a)) * t[1]
    return _sum(by_base, by_exponent)


def _power_outside(a: Floats, b: Floats) -> Any:
    return ((a < 0.0) & (b != np.floor(b))) | ((a == 0.0) & (b < 0.0))


def _extreme_tangent(better: Callable[[Floats, Floats], Any], choose: Callable[[Floats, Floats], Any]) -> Any:
    def rule(v: Floats, args: Sequence[Floats], t: Sequence[Tangent]) -> Tangent:
        value, tangent = args[0], _or_zero(t[0], args[0])
        for other, other_tangent in zip(args[1:], t[1:], strict=True):
            slope = _or_zero(other_tangent, other)
            tie = np.where(value == other, 0.5 * tangent + 0.5 * slope, slope)
            tangent = np.where(better(value, other), tangent, tie)
            value = choose(value, other)
        return tangent

    return rule


def _or_zero(tangent: Tangent, like: Floats) -> Floats:
    return like.dtype.type(0.0) if tangent is None else tangent


def _where_tangent(v: Floats, args: Sequence[Floats], t: Sequence[Tangent]) -> Tangent:
    return np.where(args[0], _or_zero(t[1], args[1]), _or_zero(t[2], args[2]))


OPERATIONS: Mapping[str, Operation] = {
    "+": Operation(np.add, lambda v, args, t: _sum(*t)),
    "-": Operation(np.subtract, lambda v, args, t: _difference(*t)),
    "*": Operation(np.multiply, _product_tangent),
    "/": Operation(
        np.divide,
        _quotient_tangent,
        outside=lambda a, b: b == 0.0,
        problem="divides by 0",
        remedy="Keep the divisor away from 0, as max(…, 1e-6) does, or take another value there with where",
    ),
    "**": Operation(
        _power,
        _power_tangent,
        outside=_power_outside,
        problem="has no real value: the base is negative and the exponent not whole, or 0 is divided by",
        remedy="Write abs({0}) for the base, or take another value there with where",
    ),
    "negative": Operation(np.negative, lambda v, args, t: -t[0]),
    "exp": Operation(np.exp, lambda v, args, t: v * t[0]),
    "log": Operation(
        np.log,
        lambda v, args, t: t[0] / args[0],
        outside=lambda a: a <= 0.0,
        problem="is the logarithm of a number that is not above 0",
        remedy="Write log(max({0}, 1e-6)), for example",
    ),
    "sqrt": Operation(
        np.sqrt,
        lambda v, args, t: t[0] / (2.0 * v),
        outside=lambda a: a < 0.0,
        problem="is the square root of a negative number",
        remedy="Write sqrt(max({0}, 1e-6)), for example",
    ),
    "tanh": Operation(np.tanh, lambda v, args, t: (1.0 - v * v) * t[0]),
    "sin": Operation(np.sin, lambda v, args, t: np.cos(args[0]) * t[0]),
    "cos": Operation(np.cos, lambda v, args, t: -np.sin(args[0]) * t[0]),
    "abs": Operation(np.abs, lambda v, args, t: np.sign(args[0]) * t[0]),
    "max": Operation(lambda *args: reduce(np.maximum, args), _extreme_tangent(np.greater, np.maximum)),
    "min": Operation(lambda *args: reduce(np.minimum, args), _extreme_tangent(np.less, np.minimum)),
    "where": Operation(lambda condition, a, b: np.where(condition, a, b), _where_tangent),
}

FUNCTIONS: Mapping[str, Function] = {
    "exp": Function("exp(x)", "e to the power of x"),
    "log": Function("log(x)", "natural logarithm, for x above 0"),
    "sqrt": Function("sqrt(x)", "square root, for x from 0"),
    "tanh": Function("tanh(x)", "hyperbolic tangent: a smooth step from -1 to 1"),
    "sin": Function("sin(x)", "sine, x in radians"),
    "cos": Function("cos(x)", "cosine, x in radians"),
    "abs": Function("abs(x)", "x without its sign"),
    "max": Function("max(a, b)", "the largest of two or more", 2, None),
    "min": Function("min(a, b)", "the smallest of two or more", 2, None),
    "where": Function("where(x > 0, a, b)", "a where the comparison holds, else b", 3, 3),
}
