"""The language of assertions: read into a small tree that can hold nothing but what is listed here.

A text has the grammar of Python's expressions, of which only comparisons, ``and``, ``or``, ``not``, the signs
``+ - * / **``, numbers, texts in quotes, the functions below and the quantities of `quantities` are let
through. It is never evaluated as Python.
"""

from __future__ import annotations

import ast
import math
import warnings
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal, NoReturn

from nnstudio.errors import ExpressionError
from nnstudio.lessons.quantities import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nnstudio.lessons.quantity import Kind, Quantity

MAX_LENGTH = 1000
MAX_DEPTH = 30

# How few and how many arguments each takes; None is any number.
FUNCTIONS: dict[str, tuple[int, int | None]] = {
    "abs": (1, 1),
    "min": (2, None),
    "max": (2, None),
    "round": (1, 2),
    "sqrt": (1, 1),
    "exp": (1, 1),
    "log": (1, 1),
    "sum": (1, None),
}
JUNCTIONS = ("all", "any")
CONSTANTS = {"pi": math.pi, "infinity": math.inf}
_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}
_COMPARISONS: dict[type[ast.AST], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_KIND_WORDS = {"number": "a number", "text": "a text", "truth": "true or false"}

What = Literal["value", "quantity", "sign", "function", "compare", "and", "or", "not"]


@dataclass(frozen=True)
class Node:
    """A part of an assertion: its ``operands`` under what it does with them.

    ``name`` is the sign, the function or the comparisons, separated by spaces; ``names`` those of the last
    operands of a quantity, as in row=3. ``start`` and ``end`` say which characters it is written with.
    """

    what: What
    kind: Kind
    operands: tuple[Node, ...] = ()
    name: str = ""
    value: float | str | bool = 0.0
    quantity: Quantity | None = None
    names: tuple[str, ...] = ()
    start: int = 0
    end: int = 0

    def walk(self) -> Iterator[Node]:
        """Yield this and all parts of it."""
        yield self
        for operand in self.operands:
            yield from operand.walk()


@dataclass(frozen=True)
class Assertion:
    """A text that was read: what to compute, and what it speaks of."""

    text: str
    root: Node

    @property
    def kind(self) -> Kind:
        """What it gives: a number, a text, or true or false."""
        return self.root.kind

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """The quantities in it, each once."""
        found = {node.quantity.name: node.quantity for node in self.root.walk() if node.quantity}
        return tuple(found.values())

    @property
    def is_heavy(self) -> bool:
        """Whether it takes a training to compute."""
        return any(quantity.scope == "retrained" for quantity in self.quantities)

    def labels(self) -> Iterator[tuple[str, int]]:
        """Yield the neurons that it names, each with the character where that stands, counted from 0."""
        for node in self.root.walk():
            if node.quantity is None:
                continue
            for place, operand in enumerate(node.operands):
                parameter = node.quantity.parameter_of(place, node.names, len(node.operands))
                if parameter.is_label and operand.what == "value":
                    yield str(operand.value), operand.start


@lru_cache(maxsize=1024)
def read(text: str) -> Assertion:
    """Return what a text says; raises ExpressionError, which tells the place."""
    # What is written over several lines reads as one; no position changes.
    flat = text.translate(_ONE_LINE)
    if not flat.strip():
        raise ExpressionError("It is empty. Write one, such as loss < 0.05.")
    if len(flat) > MAX_LENGTH:
        raise ExpressionError(
            f"It has {len(flat):,} characters; it may have {MAX_LENGTH:,}. Split it into several checks.",
            start=MAX_LENGTH,
            end=len(flat),
        )
    indent = len(flat) - len(flat.lstrip())
    return Assertion(text, _Reader(flat, indent).read())


def read_assertion(text: str) -> Assertion:
    """Return an assertion, which is true or false; raises ExpressionError."""
    found = read(text)
    if found.kind != "truth":
        _fail(
            f"This gives {_KIND_WORDS[found.kind]}, where something true or false has to stand",
            found.root,
            "Compare it with something, as in loss < 0.05.",
        )
    return found


_ONE_LINE = {ord(character): " " for character in "\n\r\t\f\v"}


class _Reader:
    def __init__(self, text: str, indent: int) -> None:
        self.text = text
        self.indent = indent
        # The parser of Python counts bytes.
        self.bytes = text[indent:].encode("utf-8")

    def read(self) -> Node:
        if "\\" in self.text:
            self.refuse_characters("\\")
        try:
            with warnings.catch_warnings():
                # It warns of numbers that run into words, which are refused below.
                warnings.simplefilter("ignore")
                tree = ast.parse(self.text.strip(), mode="eval")
        except SyntaxError as error:
            self.refuse_characters(_CHARACTERS)
            place = self.indent + max(0, (error.offset or 1) - 1)
            raise self.unreadable(min(place, len(self.text))) from error
        except (ValueError, MemoryError, RecursionError) as error:
            raise self.unreadable(0) from error
        return self.node(tree.body, 0)

    def refuse_characters(self, unknown: Iterable[str]) -> None:
        for place, character in enumerate(self.text):
            if character in unknown:
                _refuse(f"“{character}” has no meaning here", place, place + 1, _CHARACTERS[character])

    def unreadable(self, place: int) -> ExpressionError:
        sign = self.text[place : place + 1]
        hint = "Write == to compare." if sign == "=" else "Write it like loss < 0.05 and hidden <= 3."
        return ExpressionError(
            f"It cannot be read (character {place + 1}). {hint}", start=place, end=place + 1
        )

    def span(self, node: ast.expr) -> tuple[int, int]:
        start = len(self.bytes[: node.col_offset].decode("utf-8", "ignore"))
        end = len(self.bytes[: node.end_col_offset or 0].decode("utf-8", "ignore"))
        return self.indent + start, self.indent + end

    def node(self, node: ast.expr, depth: int) -> Node:
        start, end = self.span(node)
        if depth > MAX_DEPTH:
            _refuse("This is nested too deeply", start, end, "Split it into several checks.")
        match node:
            case ast.Constant(value=value):
                return self.constant(value, start, end)
            case ast.Name(id=name):
                return self.name(name, start, end)
            case ast.Call():
                return self.call(node, depth)
            case ast.BoolOp(op=op, values=values):
                parts = tuple(self.node(value, depth + 1) for value in values)
                self.expect(parts, "truth")
                what: What = "and" if isinstance(op, ast.And) else "or"
                return Node(what, "truth", parts, start=start, end=end)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.node(operand, depth + 1)
                self.expect((inner,), "truth")
                return Node("not", "truth", (inner,), start=start, end=end)
            case ast.UnaryOp(op=(ast.USub() | ast.UAdd()) as op, operand=operand):
                inner = self.node(operand, depth + 1)
                self.expect((inner,), "number")
                if isinstance(op, ast.UAdd):
                    return inner
                if inner.what == "value":
                    return Node("value", "number", value=-float(inner.value), start=start, end=end)
                return Node("sign", "number", (inner,), "-", start=start, end=end)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
                parts = (self.node(left, depth + 1), self.node(right, depth + 1))
                self.expect(parts, "number")
                return Node("sign", "number", parts, _SIGNS[type(op)], start=start, end=end)
            case ast.BinOp(op=ast.BitXor()):
                _refuse("There is no ^ here", start, end, "Write ** for a power.")
            case ast.Compare():
                return self.comparison(node, depth)
            case ast.Attribute(value=value):
                raise _fault(
                    "Nothing has parts to take out with a point",
                    self.span(value)[1],
                    end,
                    "Quantities are single names, such as trained_loss(200).",
                )
        raise _fault(
            f"“{_short(self.text[start:end])}” is not a part of assertions",
            start,
            end,
            "They are made of quantities, numbers, + - * / **, comparisons, and, or, not.",
        )

    def constant(self, value: object, start: int, end: int) -> Node:
        if isinstance(value, bool):
            return Node("value", "truth", value=value, start=start, end=end)
        if isinstance(value, str):
            return Node("value", "text", value=value, start=start, end=end)
        if isinstance(value, int | float):
            if self.text[start:end].lower().startswith(("0x", "0b", "0o")):
                _refuse("Numbers are written with digits", start, end, "Write 16, not 0x10.")
            try:
                number = float(value)
            except OverflowError:
                number = math.inf
            if math.isinf(number):
                _refuse("This number is too large", start, end, "Numbers go up to about 1.8e308.")
            if self.text[end : end + 1].isalpha():
                _refuse("Something is missing after this number", start, end, "For a product, write *.")
            return Node("value", "number", value=number, start=start, end=end)
        raise _fault(f"“{_short(self.text[start:end])}” has no meaning here", start, end, "Write a number.")

    def name(self, name: str, start: int, end: int) -> Node:
        if name in CONSTANTS:
            return Node("value", "number", value=CONSTANTS[name], start=start, end=end)
        if name in FUNCTIONS or name in JUNCTIONS:
            _refuse(f"{name} is a function", start, end, f"Write {name}(…).")
        quantity = QUANTITIES.get(name)
        if quantity is None:
            self.unknown(name, start, end)
        if quantity.fewest:
            _refuse(f"{name} has to say of what", start, end, f"Write {quantity.usage}.")
        return Node("quantity", quantity.kind, name=name, quantity=quantity, start=start, end=end)

    def call(self, node: ast.Call, depth: int) -> Node:
        start, end = self.span(node)
        if not isinstance(node.func, ast.Name):
            if isinstance(node.func, ast.Attribute):
                self.node(node.func, depth)
            _refuse("Only names can be called", start, end, 'Write it like weight("a", "out").')
        name = node.func.id
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            _refuse("There is no * before what is given", start, end, "Write each of them.")
        operands = [self.node(argument, depth + 1) for argument in node.args]
        if name in FUNCTIONS or name in JUNCTIONS:
            return self.function(name, operands, node, start, end)
        quantity = QUANTITIES.get(name)
        if quantity is None:
            self.unknown(name, *self.span(node.func))
        if not quantity.parameters:
            _refuse(f"{name} is nothing to call", start, end, f"Write {name} without parentheses.")
        names = []
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg not in quantity.keywords or keyword.arg in names:
                _refuse(f"{name} has nothing called “{keyword.arg}”", start, end, f"Write {quantity.usage}.")
            names.append(keyword.arg)
            operands.append(self.node(keyword.value, depth + 1))
        given = len(operands) - len(names)
        if given < quantity.fewest or (quantity.most is not None and given > quantity.most):
            _refuse(f"{name} is asked otherwise", start, end, f"Write {quantity.usage}.")
        for place, operand in enumerate(operands):
            wanted = quantity.parameter_of(place, tuple(names), len(operands)).kind
            if wanted is not None and operand.kind != wanted:
                quotes = " Put the label of the neuron in quotes." if wanted == "text" else ""
                _fail(
                    f"{_KIND_WORDS[wanted].capitalize()} has to stand here",
                    operand,
                    f"Write {quantity.usage}.{quotes}",
                )
        return Node(
            "quantity",
            quantity.kind,
            tuple(operands),
            name,
            quantity=quantity,
            names=tuple(names),
            start=start,
            end=end,
        )

    def function(self, name: str, operands: list[Node], node: ast.Call, start: int, end: int) -> Node:
        parts = tuple(operands)
        if node.keywords:
            _refuse(f"{name} takes no names", start, end, "Leave out what stands before =.")
        if name in JUNCTIONS:
            if not parts:
                _refuse(f"{name} of nothing", start, end, f"Write {name}(loss < 0.05, hidden <= 3).")
            self.expect(parts, "truth")
            return Node("and" if name == "all" else "or", "truth", parts, start=start, end=end)
        fewest, most = FUNCTIONS[name]
        if len(parts) < fewest or (most is not None and len(parts) > most):
            wanted = (
                f"{fewest}" if most == fewest else f"{fewest} to {most}" if most else f"at least {fewest}"
            )
            _refuse(f"{name} takes {wanted}, not {len(parts)}", start, end, "Give it as many.")
        self.expect(parts, "number")
        return Node("function", "number", parts, name, start=start, end=end)

    def comparison(self, node: ast.Compare, depth: int) -> Node:
        start, end = self.span(node)
        operands = tuple(self.node(part, depth + 1) for part in (node.left, *node.comparators))
        signs = []
        for op, left, right in zip(node.ops, operands, operands[1:], strict=False):
            sign = _COMPARISONS.get(type(op))
            if sign is None:
                _refuse("Only < <= > >= == != compare", left.end, right.start, "Use one of these.")
            if left.kind != right.kind:
                _refuse(
                    f"{_KIND_WORDS[left.kind].capitalize()} does not compare with {_KIND_WORDS[right.kind]}",
                    left.start,
                    right.end,
                    'Texts stand in quotes, as in optimizer == "adam".',
                )
            if left.kind != "number" and sign not in ("==", "!="):
                _refuse("Only numbers are smaller or larger", left.start, right.end, "Write == or !=.")
            signs.append(sign)
        return Node("compare", "truth", operands, " ".join(signs), start=start, end=end)

    def expect(self, parts: tuple[Node, ...], kind: Kind) -> None:
        for part in parts:
            if part.kind != kind:
                hint = (
                    "Compare it with something, as in loss < 0.05." if kind == "truth" else "Write a number."
                )
                _fail(
                    f"This gives {_KIND_WORDS[part.kind]}, where {_KIND_WORDS[kind]} has to stand", part, hint
                )

    def unknown(self, name: str, start: int, end: int) -> NoReturn:
        known = [*QUANTITIES, *FUNCTIONS, *JUNCTIONS, *CONSTANTS]
        close = get_close_matches(name[:80], known, n=1, cutoff=0.6)
        hint = (
            f"Did you mean {close[0]}?"
            if close
            else "The list of quantities is in the documentation of lessons."
        )
        _refuse(f"There is no quantity “{_short(name)}”", start, end, hint)


_CHARACTERS = {
    "\\": "Write neurons by their labels in quotes.",
    "^": "Write ** for a power.",
    "²": "Write ** 2 for a square.",
    "≤": "Write <= for at most.",
    "≥": "Write >= for at least.",
    "≠": "Write != for not equal.",
    "−": "Write - for a minus.",
    "·": "Write * for a product.",
    "×": "Write * for a product.",
    "“": 'Write straight quotes, as in "out".',
    "”": 'Write straight quotes, as in "out".',
}


def _short(text: str) -> str:
    return f"{text[:30]}…" if len(text) > 30 else text


def _fail(problem: str, node: Node, way_out: str) -> NoReturn:
    _refuse(problem, node.start, node.end, way_out)


def _refuse(problem: str, start: int, end: int, way_out: str) -> NoReturn:
    raise _fault(problem, start, end, way_out)


def _fault(problem: str, start: int, end: int, way_out: str) -> ExpressionError:
    return ExpressionError(f"{problem} (character {start + 1}). {way_out}", start=start, end=end)
