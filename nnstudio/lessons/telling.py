"""What is told of a check: verdicts, and numbers in the words of messages."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nnstudio.errors import NNStudioError
from nnstudio.explain.numbers import show


class UnanswerableError(NNStudioError):
    """A quantity that is not there yet or cannot be computed; the message says why."""


@dataclass(frozen=True)
class Verdict:
    """Whether a check has passed, and else what was expected of which quantity, and what it is."""

    passed: bool
    told: str = ""


def number_text(value: float, *others: float) -> str:
    """Return a number for a message, with as many digits as tell it from the others."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    different = [other for other in others if other != value and math.isfinite(other)]
    for digits in (3, 4, 5, 7, 10, 15):
        shown = show(value, digits)
        if all(show(other, digits).rounded != shown.rounded for other in different):
            break
    return with_minus(shown.text)


def with_minus(text: str) -> str:
    """Return a number with the minus sign of printing, as the window shows it."""
    return text.replace("-", "−")
