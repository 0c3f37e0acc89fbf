"""Assertions put to a situation: whether they hold, and else what was expected of which quantity."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.errors import NNStudioError
from nnstudio.explain.numbers import exact
from nnstudio.lessons.telling import UnanswerableError, Verdict, number_text, with_minus

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.lessons.language import Assertion, Node
    from nnstudio.lessons.model import Check
    from nnstudio.lessons.quantity import Value
    from nnstudio.lessons.situation import Situation

_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b and not _same(a, b),
    "<=": lambda a, b: a <= b or _same(a, b),
    ">": lambda a, b: a > b and not _same(a, b),
    ">=": lambda a, b: a >= b or _same(a, b),
    "==": lambda a, b: _same(a, b),
    "!=": lambda a, b: not _same(a, b),
}
_WANTED = {
    "<": "to be below",
    "<=": "to be at most",
    ">": "to be above",
    ">=": "to be at least",
    "==": "to be",
    "!=": "not to be",
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def evaluate(check: Check, situation: Situation) -> Verdict:
    """Return whether what a check asserts is the case; raises ValueError where it is answered by typing."""
    if check.assertion is None:
        raise ValueError("This check is answered by typing; judge_answer is for that.")
    return holds(check.assertion, situation)


def holds(assertion: Assertion, situation: Situation) -> Verdict:
    """Return whether an assertion is true, and else why not."""
    try:
        told = _Telling(assertion.text, situation).missing(assertion.root)
    except NNStudioError as error:
        return Verdict(False, str(error))
    return Verdict(told is None, "" if told is None else f"{told}.")


def computed(formula: Assertion, situation: Situation) -> Value:
    """Return what a formula gives; raises UnanswerableError and the like where it gives nothing."""
    return _Telling(formula.text, situation).value(formula.root)


def words_of(formula: Assertion, situation: Situation) -> str:
    """Return what a formula is of, in words; "" where it is a number alone."""
    return "" if formula.root.what == "value" else _Telling(formula.text, situation).words(formula.root)


class _Telling:
    def __init__(self, text: str, situation: Situation) -> None:
        self.text = text
        self.situation = situation

    # Values

    def value(self, node: Node) -> Value:
        if node.what == "value":
            return node.value
        if node.what == "quantity":
            return self.quantity(node)
        if node.what in ("sign", "function"):
            return self.arithmetic(node)
        return self.missing(node) is None

    def number(self, node: Node) -> float:
        return float(self.value(node))

    def quantity(self, node: Node) -> Value:
        assert node.quantity is not None
        given = [self.value(operand) for operand in node.operands]
        first_named = len(given) - len(node.names)
        plain, named = given[:first_named], dict(zip(node.names, given[first_named:], strict=True))
        key = (node.name, *plain, *named.items())
        compute = node.quantity.compute
        found: Value = self.situation.once(key, lambda: compute(self.situation, *plain, **named))
        if found != found:
            # It would pass as different from anything.
            raise UnanswerableError(f"{_upper(self.words(node))} is not a number, as after dividing by 0.")
        return found

    def arithmetic(self, node: Node) -> float:
        values = [self.number(operand) for operand in node.operands]
        try:
            with np.errstate(all="ignore"):
                result = _ARITHMETIC[node.name](*values)
        except ZeroDivisionError as error:
            raise UnanswerableError(f"{self.written(node)} divides by 0.") from error
        except OverflowError:
            return math.inf
        except (ValueError, TypeError) as error:
            raise UnanswerableError(f"{self.written(node)} has no value here.") from error
        if isinstance(result, complex) or result != result:
            raise UnanswerableError(f"{self.written(node)} has no value here.")
        return float(result)

    # Why something does not hold

    def missing(self, node: Node) -> str | None:
        """Return what is expected and not the case, or None where the node is true."""
        if node.what == "and":
            return next((told for told in map(self.missing, node.operands) if told is not None), None)
        if node.what == "or":
            reasons = []
            for operand in node.operands:
                try:
                    reason = self.missing(operand)
                except UnanswerableError as error:
                    reason = str(error).removesuffix(".")
                if reason is None:
                    return None
                reasons.append(reason)
            first, *others = dict.fromkeys(reasons)
            return ". Or else: ".join([first, *(_lower(other) for other in others)])
        if node.what == "not":
            return self.missing_opposite(node.operands[0])
        if node.what == "compare":
            signs = node.name.split()
            for sign, left, right in zip(signs, node.operands, node.operands[1:], strict=False):
                if not self.compares(sign, left, right):
                    return self.comparison(sign, left, right)
            return None
        if self.value(node):
            return None
        return self.truth(node, 0)

    def missing_opposite(self, node: Node) -> str | None:
        """Return what is told where the node is true and should not be; None where it is false."""
        if node.what == "not":
            return self.missing(node.operands[0])
        if node.what in ("and", "or"):
            if self.missing(node) is not None:
                return None
            return f"Expected that this is not so: {self.written(node)}"
        if node.what == "compare":
            if self.missing(node) is not None:
                return None
            signs = node.name.split()
            if len(signs) == 1:
                return self.comparison(_OPPOSITE[signs[0]], *node.operands)
            return f"Expected that this is not so: {self.written(node)}"
        return self.truth(node, 1) if self.value(node) else None

    def compares(self, sign: str, left: Node, right: Node) -> bool:
        one, other = self.value(left), self.value(right)
        if isinstance(one, str) and isinstance(other, str):
            return (one.casefold() == other.casefold()) == (sign == "==")
        return _COMPARED[sign](float(one), float(other))

    def comparison(self, sign: str, left: Node, right: Node) -> str:
        if left.what == "value" and right.what != "value":
            sign, left, right = _TURNED[sign], right, left
        within = self.within(sign, left, right)
        if within is not None:
            return within
        one, other = self.value(left), self.value(right)
        if left.quantity is not None:
            one, other = left.quantity.titled(one), left.quantity.titled(other)
        wanted = f"Expected {self.words(left)} {_WANTED[sign]}"
        if right.what == "value":
            return f"{wanted} {_written(other)}; it is {_text(one, other)}"
        return f"{wanted} {self.words(right)}, {_text(other, one)}; it is {_text(one, other)}"

    def within(self, sign: str, left: Node, right: Node) -> str | None:
        """Return what is told of abs(quantity - number) < number, in words of its own; None of all else."""
        if sign not in ("<", "<=") or left.name != "abs" or right.what != "value":
            return None
        inner = left.operands[0]
        if inner.what == "quantity":
            middle, center = inner, 0.0
        elif inner.what == "sign" and inner.name == "-" and len(inner.operands) == 2:
            middle, center = inner.operands[0], self.number(inner.operands[1])
            if middle.what != "quantity" or inner.operands[1].what != "value":
                return None
        else:
            return None
        found = self.number(middle)
        wanted = f"to be within {_written(right.value)} of {_written(center)}"
        return f"Expected {self.words(middle)} {wanted}; it is {_text(found, center)}"

    def truth(self, node: Node, which: int) -> str:
        if node.quantity is None:
            return f"Expected something else than {self.written(node)}"
        return self.filled(node.quantity.words[which], node)

    # Words

    def words(self, node: Node) -> str:
        """Return what a node is called in a message."""
        if node.what == "quantity":
            assert node.quantity is not None
            if node.kind == "truth":
                return self.written(node)
            return self.filled(node.quantity.words[0], node)
        if node.what == "value":
            return _written(node.value)
        return self.written(node)

    def filled(self, words: str, node: Node) -> str:
        assert node.quantity is not None
        values = [self.value(operand) for operand in node.operands]
        first_named = len(values) - len(node.names)
        if node.kind == "truth":
            values = [node.quantity.titled(value) for value in values]
        shown = [_written(value) for value in values]
        for place, text in enumerate(shown):
            words = words.replace(f"{{{place}}}", text)
        words = words.replace(" 1 epochs", " 1 epoch")
        words = words.replace("{*}", ", ".join(shown[:first_named]))
        named = dict(zip(node.names, shown[first_named:], strict=True))
        data = self.situation.project.data
        if "row" in node.quantity.keywords and data is not None and len(data) > 1:
            words += f" at row {named.get('row', self.situation.focus_row + 1)}"
        if "of" in named:
            words += f" of {named['of']}"
        return words

    def written(self, node: Node) -> str:
        return " ".join(self.text[node.start : node.end].split())


def _same(one: float, other: float) -> bool:
    """Whether two numbers are equal but for rounding."""
    return one == other or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


def _text(value: Value, *others: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return number_text(value, *(float(other) for other in others if not isinstance(other, str)))


def _written(value: Value) -> str:
    """Return a value with all its digits, as one that was given."""
    if isinstance(value, bool | str) or not math.isfinite(value):
        return _text(value)
    return with_minus(exact(value).text)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _power(base: float, exponent: float) -> float | complex:
    result: float | complex = base**exponent
    return result


def _sign(sign: Callable[[float, float], float]) -> Callable[..., float]:
    return lambda left, right=None: -left if right is None else sign(left, right)


def _rounded(value: float, digits: float = 0.0) -> float:
    return float(round(value, int(max(-300.0, min(300.0, digits)))))


_ARITHMETIC: dict[str, Callable[..., float | complex]] = {
    "+": operator.add,
    "-": _sign(operator.sub),
    "*": operator.mul,
    "/": operator.truediv,
    "**": _power,
    "abs": abs,
    "min": min,
    "max": max,
    "round": _rounded,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "sum": lambda *values: math.fsum(values),
}
