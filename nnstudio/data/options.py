"""The options of built-in sets: what each may be, for whoever checks one and for a window that offers it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from nnstudio.errors import DataError
from nnstudio.expressions import MAX_LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["whole", "number", "text"]
Value = int | float | str

MAX_ROWS = 1_000_000


@dataclass(frozen=True)
class Option:
    """One option: its ``title`` and ``tooltip``, its ``default``, and from where to where it may be.

    ``usual`` bounds what a slider offers, where this is less than what is allowed. ``named`` are values that
    have a name of their own. A text has neither bounds nor step.
    """

    title: str
    tooltip: str
    kind: Kind
    default: Value
    least: float = -math.inf
    most: float = math.inf
    usual: tuple[float, float] | None = None
    step: float = 1.0
    named: Mapping[int, str] = field(default_factory=dict)

    @property
    def slider(self) -> tuple[float, float]:
        """From where to where a slider goes."""
        return self.usual or (self.least, self.most)

    def with_default(self, default: Value) -> Option:
        """Return the same option with another default."""
        return replace(self, default=default)

    def checked(self, value: Any, what: str) -> Value:
        """Return a value that the option can have; raises DataError, which calls the option ``what``."""
        if self.kind == "text":
            if not isinstance(value, str) or not value.strip() or len(value) > MAX_LENGTH:
                raise DataError(f"The {what} must be a text, of at most {MAX_LENGTH:,} characters.")
            return value
        number = isinstance(value, int if self.kind == "whole" else int | float)
        if not number or isinstance(value, bool) or not self.least <= value <= self.most:
            kind = "whole number" if self.kind == "whole" else "number"
            bounds = (
                f"from {self.least:,g}"
                if math.isinf(self.most)
                else f"from {self.least:,g} to {int(self.most) if self.kind == 'whole' else self.most:,}"
            )
            raise DataError(f"The {what} must be a {kind} {bounds}, not {value}.")
        return value  # type: ignore[no-any-return]


SEED = Option("Seed", "The same seed makes the same rows", "whole", 0, 0, math.inf, usual=(0, 100))
ROWS = Option("Rows", "How many rows to make", "whole", 200, 4, MAX_ROWS, usual=(4, 1000), step=10)
NOISE = Option(
    "Noise", "Spread of what is added to the points", "number", 0.1, 0.0, 100.0, usual=(0.0, 1.0), step=0.05
)
TEST = Option(
    "Test part",
    "Share of the rows kept for testing",
    "number",
    0.2,
    0.0,
    0.99,
    usual=(0.0, 0.9),
    step=0.05,
)
