"""What a message suggests where a formula holds a word or character that means nothing in it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from nnstudio.expressions.operations import CONSTANTS, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

# How many names a message lists.
_NAMES_SHOWN = 12

_INSTEAD = {
    "ln": "log(x)",
    "log10": "log(x) / log(10)",
    "log2": "log(x) / log(2)",
    "log1p": "log(1 + x)",
    "expm1": "exp(x) - 1",
    "pow": "x ** 2",
    "square": "x ** 2",
    "tan": "sin(x) / cos(x)",
    "sinh": "(exp(x) - exp(-x)) / 2",
    "cosh": "(exp(x) + exp(-x)) / 2",
    "sigmoid": "(1 + tanh(x / 2)) / 2",
    "relu": "max(x, 0)",
    "sign": "where(x > 0, 1, -1)",
    "step": "where(x >= 0, 1, 0)",
    "fabs": "abs(x)",
    "absolute": "abs(x)",
    "maximum": "max(a, b)",
    "minimum": "min(a, b)",
    "clip": "min(max(x, -1), 1)",
    "if": "where(x > 0, a, b)",
    "else": "where(x > 0, a, b)",
    "and": "where(0 < x < 1, a, b), or one where inside another",
    "or": "one where inside another",
    "not": "the opposite comparison",
    "π": "pi",
}
# Words that stand between values in Python.
_WORDS = ("if", "else", "and", "or", "not")

_CHARACTERS = {
    "^": "Write ** for a power, as in x ** 2.",
    "²": "Write ** for a power, as in x ** 2.",
    "³": "Write ** for a power, as in x ** 3.",
    "·": "Write * for a product.",
    "×": "Write * for a product.",
    "÷": "Write / for a quotient.",
    "−": "Write - for a minus.",
    "–": "Write - for a minus.",
    "√": "Write sqrt(x) for a square root.",
    "|": "Write abs(x) for a value without its sign.",
    "≤": "Write <= for at most.",
    "≥": "Write >= for at least.",
    "≠": "Write != for not equal.",
    "=": "Write == to compare, inside where; a formula has no name and no = of its own.",
    "[": "Use ( and ) as parentheses.",
    "]": "Use ( and ) as parentheses.",
    "{": "Use ( and ) as parentheses.",
    "}": "Use ( and ) as parentheses.",
    "%": "There is no remainder and no percent; write 0.01 * x.",
    "!": "There is no factorial; not equal is !=.",
    ".": "Write functions by their name alone, as in exp(x), and numbers as in 0.5.",
}


def character_hint(text: str, place: int) -> str:
    """Return the way out for a character that means nothing."""
    return _CHARACTERS.get(
        text[place], "A formula is made of numbers, names, + - * / ** ( ) , and comparisons."
    )


def name_hint(name: str, variables: Sequence[str], *, only_words: bool = False) -> str:
    """Return the way out for a name that means nothing; ``only_words``: or nothing for any but a word."""
    key = name.casefold()
    if only_words and key not in _WORDS:
        return ""
    if key in _INSTEAD:
        return f"Write {_INSTEAD[key]} instead."
    known = [*variables, *CONSTANTS, *FUNCTIONS]
    by_folded = {other.casefold(): other for other in reversed(known)}
    close = [by_folded[key]] if key in by_folded else get_close_matches(name[:80], known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]}?"
    shown = ", ".join(variables[:_NAMES_SHOWN]) + (" …" if len(variables) > _NAMES_SHOWN else "")
    return f"There are {', '.join([shown, *CONSTANTS] if shown else CONSTANTS)}, and {', '.join(FUNCTIONS)}."
