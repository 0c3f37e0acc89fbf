"""Changing many numbers by what they are: twice as much, 0.1 more, or drawn at random."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nnstudio.ui.numbers import format_number, parse_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.ui.document import Document

HOW = "×2, /2, +0.1 or random change each by itself"
_TIMES = ("×", "*", "x")
_RANDOM = ("random", "rand")


@dataclass(frozen=True)
class Change:
    """What becomes of a number: ``amount`` times it, ``amount`` more, or a random one up to ±``amount``.

    A random one without an amount is drawn as the caller draws it.
    """

    kind: Literal["times", "plus", "random"]
    amount: float | None = None

    def of(self, value: float, rng: random.Random, draw: Callable[[], float]) -> float:
        """Return the new number."""
        if self.kind == "random":
            return draw() if self.amount is None else rng.uniform(-self.amount, self.amount)
        amount = 0.0 if self.amount is None else self.amount
        return value * amount if self.kind == "times" else value + amount

    def __str__(self) -> str:
        if self.kind == "random":
            return "at random"
        sign = "×" if self.kind == "times" else "+" if (self.amount or 0.0) >= 0.0 else ""
        return f"{sign}{format_number(self.amount)}"


def random_source(document: Document) -> tuple[random.Random, str]:
    """Return where random numbers come from, and the initializer of the settings.

    The seed is that of the settings, with the number of the undoable step: the next step draws others.
    """
    settings = document.project.settings
    seed, scheme = (0, "xavier_uniform") if settings is None else (settings.seed, settings.initializer)
    return random.Random(f"{seed}/{document.undo_stack.index()}"), scheme


def parse_change(text: str, *, several: bool) -> Change | None:
    """Return the relative change that a text spells, or None where it is no such text but perhaps a number.

    With ``several`` numbers to change “+0.1” is one; for a single number it is just the number 0.1. Raises
    ValueError with a sentence where it begins like one.
    """
    plain = text.strip().lower()
    for word in _RANDOM:
        if plain.startswith(word):
            rest = plain[len(word) :].strip().removeprefix("±").strip()
            if not rest:
                return Change("random")
            amount = parse_number(rest)
            if amount < 0.0:
                raise ValueError("A random number is drawn up to an amount above 0, such as “random 0.5”.")
            return Change("random", amount)
    if plain.startswith(_TIMES):
        return Change("times", parse_number(plain[1:]))
    if plain.startswith("/"):
        divisor = parse_number(plain[1:])
        if divisor == 0.0:
            raise ValueError("Nothing can be divided by 0.")
        return Change("times", 1.0 / divisor)
    if plain.startswith("+") and several:
        return Change("plus", parse_number(plain[1:]))
    return None
