"""From a text to steps: the reader of formulas.

The grammar is Python's for what a formula may hold, so ``-x**2`` is ``-(x**2)`` and ``2**-x`` is legal:

    whole       comparison
    comparison  sum {("<" | "<=" | ">" | ">=" | "==" | "!=") sum}
    sum         product {("+" | "-") product}
    product     signed {("*" | "/") signed}
    signed      ("-" | "+") signed | power
    power       atom ["**" signed]
    atom        number | name | name "(" comparison {"," comparison} ")" | "(" comparison ")"
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnstudio.errors import ExpressionError
from nnstudio.expressions.hints import character_hint, name_hint
from nnstudio.expressions.operations import COMPARISONS, CONSTANTS, FUNCTIONS, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LENGTH = 1000
# Each level takes about ten calls, and a window's own stack lies below.
MAX_DEPTH = 30

_TOKEN = re.compile(
    r"""(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*)
      | (?P<sign>\*\*|<=|>=|==|!=|[-+*/(),<>])
      | (?P<space>\s+)""",
    re.VERBOSE | re.ASCII,
)
# Names of variables may hold letters of any language.
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a formula: an operation on the results of earlier steps, or a leaf.

    ``operation`` is a key of `OPERATIONS`, or "number" (with ``value``), "constant" or "variable" (with
    ``name``), or "compare" (with the operators in ``name``). ``start`` and ``end`` say which characters of
    the text it stands for.
    """

    operation: str
    arguments: tuple[int, ...] = ()
    value: float = 0.0
    name: str = ""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


class _Token(NamedTuple):
    kind: str  # number, name, sign, end
    text: str
    start: int
    end: int


def read(text: str, variables: Sequence[str]) -> tuple[Step, ...]:
    """Return the steps of a formula, the last one its result, none twice. Raises ExpressionError."""
    if not isinstance(text, str):
        raise ExpressionError(f"A formula is a text, such as x * tanh(x), not a {type(text).__name__}.")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"The formula has {len(text):,} characters; it may have {MAX_LENGTH:,}. Write a shorter one.",
            start=MAX_LENGTH,
            end=len(text),
        )
    return _Reader(text, variables).whole()


def _tokens(text: str) -> list[_Token]:
    found = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        kind = match.lastgroup if match else None
        if match is None or kind is None or kind == "name":
            match, kind = _NAME.match(text, place), "name"
            # Letters such as ² count as parts of a word, but name nothing.
            if match is None or not match.group().isidentifier():
                at = _first_odd(text, place, match.end()) if match else place
                raise _fault(f"“{text[at]}” has no meaning", at, at + 1, character_hint(text, at))
        if kind != "space":
            found.append(_Token(kind, match.group(), match.start(), match.end()))
        place = match.end()
    found.append(_Token("end", "", len(text), len(text)))
    return found


def _first_odd(text: str, start: int, end: int) -> int:
    return next(i for i in range(start, end) if not text[start : i + 1].isidentifier())


class _Reader:
    def __init__(self, text: str, variables: Sequence[str]) -> None:
        self.variables = variables
        self.tokens = _tokens(text)
        self.place = 0
        self.depth = 0
        self.steps: list[Step] = []
        self.known: dict[Step, int] = {}
        self.constants: list[Any] = []  # the value of each step that depends on no variable, else None

    @property
    def token(self) -> _Token:
        return self.tokens[self.place]

    def take(self) -> _Token:
        token = self.token
        self.place += 1
        return token

    def accept(self, *signs: str) -> _Token | None:
        return self.take() if self.token.kind == "sign" and self.token.text in signs else None

    def whole(self) -> tuple[Step, ...]:
        if self.token.kind == "end":
            raise ExpressionError("The formula is empty. Write one, such as x * tanh(x).")
        result = self.comparison()
        token = self.token
        if token.kind != "end":
            self.unexpected(token)
        self.number_of(result, 0, token.start)
        return tuple(self.steps)

    def comparison(self) -> int:
        start = self.token.start
        operands, operators = [self.sum()], []
        while sign := self.accept(*COMPARISONS):
            operators.append(sign.text)
            operands.append(self.sum())
        if not operators:
            return operands[0]
        return self.add("compare", operands, start, name=" ".join(operators))

    def sum(self) -> int:
        return self.chain(("+", "-"), self.product)

    def product(self) -> int:
        return self.chain(("*", "/"), self.signed)

    def chain(self, signs: tuple[str, ...], operand: Any) -> int:
        start = self.token.start
        result: int = operand()
        while sign := self.accept(*signs):
            result = self.add(sign.text, (result, operand()), start)
        return result

    def signed(self) -> int:
        start = self.token
        sign = self.accept("-", "+")
        if sign is None:
            return self.power()
        self.deeper(start)
        operand = self.signed()
        self.depth -= 1
        if sign.text == "-":
            return self.add("negative", (operand,), start.start)
        return self.number_of(operand, start.start, self.end)

    def power(self) -> int:
        start = self.token
        base = self.atom()
        if not self.accept("**"):
            return base
        self.deeper(start)
        exponent = self.signed()
        self.depth -= 1
        return self.add("**", (base, exponent), start.start)

    def atom(self) -> int:
        token = self.take()
        if token.kind == "number":
            value = float(token.text)
            if math.isinf(value):
                raise _fault(
                    f"{_short(token.text)} is too large", *token[2:], "Numbers go up to about 1.8e308."
                )
            return self.add("number", (), token.start, value=value)
        if token.kind == "name":
            return self.named(token)
        if token.text == "(":
            return self.parenthesis(token)
        if token.kind == "end":
            raise _fault("The formula ends too early", *token[2:], "A number, a name or ( has to follow.")
        self.place -= 1
        raise _fault(
            f"Something is missing before “{token.text}”",
            *token[2:],
            "A number, a name or ( has to stand here.",
        )

    def parenthesis(self, opening: _Token) -> int:
        self.deeper(opening)
        inner = self.comparison()
        self.close(opening)
        self.depth -= 1
        return inner

    def named(self, token: _Token) -> int:
        name = token.text
        called = self.token.text == "("
        if name in self.variables or name in CONSTANTS:
            if called:
                raise _fault(f"{name} is not a function", *token[2:], f"For a product, write {name} * (…).")
            kind = "variable" if name in self.variables else "constant"
            return self.add(kind, (), token.start, name=name)
        if name not in FUNCTIONS:
            raise _fault(f"“{_short(name)}” is not known", *token[2:], name_hint(name, self.variables))
        if not called:
            raise _fault(f"{name} is a function", *token[2:], f"Write {FUNCTIONS[name].usage}.")
        return self.call(token)

    def call(self, token: _Token) -> int:
        name, opening = token.text, self.take()
        self.deeper(token)
        arguments = []
        if self.token.text != ")":
            arguments.append(self.comparison())
            while self.accept(","):
                arguments.append(self.comparison())
        self.close(opening)
        self.depth -= 1
        function = FUNCTIONS[name]
        if len(arguments) < function.fewest or len(arguments) > (function.most or len(arguments)):
            wanted = f"{function.fewest}" if function.most else f"at least {function.fewest}"
            raise _fault(
                f"{name} takes {wanted} argument{'' if wanted == '1' else 's'}, not {len(arguments)}",
                token.start,
                self.end,
                f"Write {function.usage}.",
            )
        return self.add(name, arguments, token.start)

    def close(self, opening: _Token) -> None:
        token = self.token
        if self.accept(")"):
            return
        if token.kind == "end":
            raise _fault("This ( is never closed", *opening[2:], "Add a ) where it ends.")
        self.unexpected(token)

    @property
    def end(self) -> int:
        return self.tokens[self.place - 1].end

    def deeper(self, token: _Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _fault(
                f"Signs, powers and parentheses are nested more than {MAX_DEPTH} deep",
                *token[2:],
                "Write a simpler formula.",
            )

    def unexpected(self, token: _Token) -> None:
        if token.text == ")":
            raise _fault("This ) closes nothing", *token[2:], "Remove it, or add a ( before.")
        if token.text == ",":
            raise _fault("This comma separates nothing", *token[2:], "Write a point in numbers, as in 0.5.")
        hint = name_hint(token.text, self.variables, only_words=True) if token.kind == "name" else ""
        raise _fault(
            f"There is no operator before “{_short(token.text)}”",
            *token[2:],
            hint or "For a product, write *.",
        )

    def number_of(self, step: int, start: int, end: int) -> int:
        """Return a step that is a number; refuse a comparison."""
        if self.steps[step].operation == "compare":
            raise _fault(
                "A comparison gives no number",
                start,
                end,
                "Use it to choose between two values: where(x > 0, a, b).",
            )
        return step

    def add(
        self, operation: str, arguments: Sequence[int], start: int, *, value: float = 0.0, name: str = ""
    ) -> int:
        """Return the number of a step, the existing one where it was there before."""
        step = Step(operation, tuple(arguments), value, name, start, self.end)
        for place, argument in enumerate(arguments):
            inner = self.steps[argument]
            if operation == "where" and place == 0:
                if inner.operation != "compare":
                    raise _fault(
                        "where begins with a comparison",
                        inner.start,
                        inner.end,
                        f"Write {FUNCTIONS['where'].usage}.",
                    )
            else:
                self.number_of(argument, inner.start, inner.end)
        if step in self.known:
            return self.known[step]
        self.known[step] = len(self.steps)
        self.steps.append(step)
        self.constants.append(self.constant(step))
        return len(self.steps) - 1

    def constant(self, step: Step) -> Any:
        """Return the value of a step that depends on no variable, else None; refuse what is not finite."""
        arguments = [self.constants[argument] for argument in step.arguments]
        if step.operation == "number":
            return np.float64(step.value)
        if step.operation == "constant":
            return np.float64(CONSTANTS[step.name])
        if step.operation in ("variable", "compare") or any(argument is None for argument in arguments):
            return None
        with np.errstate(all="ignore"):
            value = OPERATIONS[step.operation].value(*arguments)
        if not np.isfinite(value):
            raise _fault(
                "This number cannot be computed", step.start, step.end, "It is too large, or divides by 0."
            )
        return value


def _short(text: str) -> str:
    return f"{text[:20]}…" if len(text) > 20 else text


def _fault(problem: str, start: int, end: int, way_out: str) -> ExpressionError:
    return ExpressionError(f"{problem} (character {start + 1}). {way_out}", start=start, end=end)
