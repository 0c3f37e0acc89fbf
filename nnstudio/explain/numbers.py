"""How numbers are shown: one rule of rounding, under which what is shown adds up.

A number has `DIGITS` significant digits, and fewer where it needs fewer: zeros at the end stand only where
`MOST_DIGITS` digits would show more. The terms of a sum end at one decimal place, with their total: the first
one at which the total has its digits and the terms as shown add up to the total as shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DIGITS = 5
# What float64 holds: beyond it, digits say nothing.
MOST_DIGITS = 15
# Numbers from here on, and those below, are shown with a power of ten.
_LARGE = 7
_SMALL = -5
# Enough to add and round any two floats exactly.
_EXACT = Context(prec=800, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Shown:
    """A number and how it is shown: ``rounded`` is what the text says, exactly.

    ``is_plain`` numbers have no power of ten, however small: they stand in one column with larger ones.
    """

    value: float
    rounded: Decimal
    is_plain: bool = False

    @property
    def text(self) -> str:
        """The number as plain text, such as -0.25 or 1.5e-07."""
        mantissa, exponent = self._parts
        return mantissa if exponent is None else f"{mantissa}e{exponent:+03d}"

    @property
    def latex(self) -> str:
        """The number for a typesetter."""
        mantissa, exponent = self._parts
        if mantissa.endswith("∞"):
            return mantissa.replace("∞", r"\infty")
        if exponent is None:
            return mantissa
        return {"1": "", "-1": "-"}.get(mantissa, rf"{mantissa} \cdot ") + f"10^{{{exponent}}}"

    @property
    def factor(self) -> str:
        """The number for a typesetter, in parentheses where it is below 0 or holds a power of ten."""
        plain = not self.latex.startswith("-") and self._parts[1] is None
        return self.latex if plain else rf"\left({self.latex}\right)"

    @property
    def text_factor(self) -> str:
        """The number as plain text, in parentheses where it is below 0."""
        return f"({self.text})" if self.text.startswith("-") else self.text

    @property
    def _parts(self) -> tuple[str, int | None]:
        if not self.rounded.is_finite():
            return ("NaN" if self.rounded.is_nan() else "∞" if self.rounded > 0 else "-∞"), None
        if self.rounded == 0:
            return "0", None
        exponent = self.rounded.adjusted()
        if self.is_plain or _SMALL < exponent < _LARGE:
            return f"{self.rounded:f}", None
        return f"{self.rounded.scaleb(-exponent, _EXACT):f}", exponent

    def __str__(self) -> str:
        return self.text


def at(value: float, decimals: int, is_plain: bool = False) -> Shown:
    """Return a number rounded to so many decimal places, negative ones being powers of ten."""
    number = Decimal(repr(float(value)))
    if not number.is_finite():
        return Shown(float(value), number)
    # 0.1 + 0.2 is 0.3 to whoever adds it by hand.
    plain = Decimal(f"{float(value):.{MOST_DIGITS}g}")
    if _places(plain) <= decimals:
        return Shown(float(value), _short(plain) or Decimal(0), is_plain)
    return Shown(float(value), _quantized(number, decimals) or Decimal(0), is_plain)


def show(value: float, digits: int = DIGITS) -> Shown:
    """Return a number with so many significant digits."""
    value = float(value)
    return at(value, digits - 1 - _magnitude(value) if value and math.isfinite(value) else digits)


def exact(value: float) -> Shown:
    """Return a number with all digits that make it this number and no other."""
    return Shown(float(value), _short(Decimal(repr(float(value)))))


@dataclass(frozen=True)
class Sum:
    """Numbers that add up to a total, as they are shown: the total is their sum rounded to ``decimals``.

    ``agrees`` is False where the numbers do not add up even in float64, as where some are not finite.
    """

    terms: tuple[Shown, ...]
    total: Shown
    decimals: int
    agrees: bool = True


def summed(terms: Sequence[float], total: float) -> Sum:
    """Return terms and the total that was computed of them, shown so that they agree to the last digit.

    Where many terms find no place to agree at, they have more digits than the total has, and add up to it
    rounded.
    """
    numbers = [float(term) for term in terms]
    total = float(total)
    if not all(map(math.isfinite, (*numbers, total))):
        return Sum(tuple(map(show, numbers)), show(total), 0, agrees=False)
    largest = max((abs(number) for number in (*numbers, total)), default=0.0)
    if largest == 0.0:
        return Sum(tuple(at(0.0, 0) for _ in numbers), at(0.0, 0), 0)
    last = MOST_DIGITS - 1 - _magnitude(largest)
    # A total that is the rounding of its terms has no digits of its own.
    first = DIGITS - 1 - _magnitude(total if abs(total) > 1e-12 * largest else largest)
    first = min(first, last)
    column = _SMALL < _magnitude(largest) < _LARGE and last >= 0
    for decimals in range(first, last + 1):
        shown, shown_total = [at(number, decimals, column) for number in numbers], at(total, decimals)
        if _added(shown) == shown_total.rounded:
            return Sum(tuple(shown), shown_total, decimals)
    for decimals in range(first, last + 1):
        shown_total = at(total, decimals)
        for guards in range(1, last + 1 - decimals):
            shown = [at(number, decimals + guards, column) for number in numbers]
            if _quantized(_added(shown), decimals) == shown_total.rounded:
                return Sum(tuple(shown), shown_total, decimals)
    # Terms that nearly cancel leave a total of nothing but rounding: with fewer digits it is 0.
    for decimals in range(first - 1, DIGITS - 2 - _magnitude(largest), -1):
        shown, shown_total = [at(number, decimals, column) for number in numbers], at(total, decimals)
        if _added(shown) == shown_total.rounded:
            return Sum(tuple(shown), shown_total, decimals)
    return Sum(tuple(at(number, last, column) for number in numbers), at(total, last), last, agrees=False)


def _added(shown: Sequence[Shown]) -> Decimal:
    total = Decimal(0)
    for number in shown:
        total = _EXACT.add(total, number.rounded)
    return total


def _quantized(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals, _EXACT), context=_EXACT)


def _magnitude(value: float) -> int:
    """Return the power of ten of the first digit; 0 for 0."""
    return Decimal(repr(abs(value))).adjusted() if value else 0


def _places(value: Decimal) -> int:
    """Return how many decimal places a number has, negative where it ends in zeros before the point."""
    exponent = value.normalize(_EXACT).as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _short(value: Decimal) -> Decimal:
    """Return the number without zeros at its end; NaN and infinity as they are."""
    if not value.is_finite():
        return value
    short = value.normalize(_EXACT)
    exponent = short.as_tuple().exponent
    # 1e+2 is 100 as long as it is not shown with a power of ten.
    if isinstance(exponent, int) and exponent > 0 and short.adjusted() < _LARGE:
        return short.quantize(Decimal(1), context=_EXACT)
    return short
