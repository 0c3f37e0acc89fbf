"""Formulas computed by another road: Python's own parser, plain complex numbers, one at a time.

A derivative comes from a complex step: f(x + ih) has the imaginary part h f'(x), to all digits.
"""

from __future__ import annotations

import ast
import cmath
import math
import operator

from hypothesis import strategies as st

STEP = 1e-30
LARGEST = 100.0
SMALLEST = 1e-3


class DelicateError(Exception):
    """There is no value here, or one that depends on how numbers are rounded."""


def value_and_derivative(text: str, variables: dict[str, float], by: str) -> tuple[float, float]:
    """Return value and derivative. Raises DelicateError."""
    values = {name: complex(value, STEP if name == by else 0.0) for name, value in variables.items()}
    result = _value(ast.parse(text, mode="eval").body, values)
    return result.real, result.imag / STEP


def _value(node, values):
    match node:
        case ast.Constant(value=number):
            result = complex(number)
        case ast.Name(id=name):
            result = values.get(name) or {"pi": complex(math.pi), "e": complex(math.e)}.get(name, 0j)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            result = -_value(operand, values)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            result = _value(operand, values)
        case ast.BinOp(left=left, op=op, right=right):
            result = _binary(op, _value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id="where"), args=[condition, first, second]):
            result = _value(first if _holds(condition, values) else second, values)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            result = _call(name, [_value(argument, values) for argument in arguments])
    if abs(result.real) > LARGEST or abs(result.imag) > LARGEST * STEP or cmath.isnan(result):
        raise DelicateError
    return result


def _binary(op, a, b):
    if isinstance(op, ast.Pow):
        whole = b.imag == 0.0 and b.real.is_integer()
        if abs(a.real) < SMALLEST or (a.real < 0.0 and not whole):
            raise DelicateError
        return a ** int(b.real) if whole else cmath.exp(b * cmath.log(a))
    if isinstance(op, ast.Div) and abs(b.real) < SMALLEST:
        raise DelicateError
    chosen = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
    return chosen[type(op)](a, b)


def _call(name, arguments):
    a = arguments[0]
    if name in ("max", "min"):
        for other in arguments[1:]:
            a = a if (_apart(a, other) > 0.0) == (name == "max") else other
        return a
    if name == "abs":
        return a if _apart(a, 0j) > 0.0 else -a
    if name in ("log", "sqrt") and a.real < SMALLEST:
        raise DelicateError
    return {"exp": cmath.exp, "log": cmath.log, "sqrt": cmath.sqrt, "tanh": cmath.tanh}.get(
        name, {"sin": cmath.sin, "cos": cmath.cos}.get(name)
    )(a)


def _holds(node, values):
    operands = [_value(operand, values) for operand in (node.left, *node.comparators)]
    for op, a, b in zip(node.ops, operands, operands[1:], strict=False):
        difference = 0.0 if a == b else _apart(a, b)
        signs = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
        if not eval(f"{difference!r} {signs[type(op)]} 0.0"):
            return False
    return True


def _apart(a, b):
    if a == b:
        return 0.0
    if abs(a.real - b.real) < SMALLEST:
        raise DelicateError
    return a.real - b.real


NUMBERS = st.one_of(
    st.integers(0, 20).map(str),
    st.floats(1e-3, 50.0).map(repr),
    st.sampled_from([".5", "2.", "1e1", "2E-1", "pi", "e"]),
)


def texts(variables=("x",)):
    """Formulas of these variables, spaced in any way."""
    space = st.sampled_from(["", " ", "  "])
    leaves = st.one_of(st.sampled_from(variables), NUMBERS)

    def larger(inner):
        joined = st.tuples(inner, space, st.sampled_from(["+", "-", "*", "/", "**"]), space, inner).map(
            "".join
        )
        called = st.tuples(st.sampled_from(["exp", "log", "sqrt", "tanh", "sin", "cos", "abs"]), inner)
        several = st.tuples(st.sampled_from(["max", "min"]), st.lists(inner, min_size=2, max_size=4))
        comparison = st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner).map("".join)
        chained = st.tuples(comparison, st.sampled_from(["<", ">="]), inner).map("".join)
        return st.one_of(
            joined,
            inner.map(lambda text: f"({text})"),
            inner.map(lambda text: f"-{text}"),
            called.map(lambda parts: f"{parts[0]}({parts[1]})"),
            several.map(lambda parts: f"{parts[0]}({', '.join(parts[1])})"),
            st.tuples(st.one_of(comparison, chained), inner, inner).map(
                lambda parts: f"where({','.join(parts)})"
            ),
        )

    return st.recursive(leaves, larger, max_leaves=8)
