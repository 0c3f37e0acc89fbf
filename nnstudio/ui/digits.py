"""Formulas that differ in digits alone: one of them is set, the others are its outline with their own digits.

To set a formula takes tens of milliseconds, and while a training runs its numbers are new with every look.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from nnstudio.ui.glyphs import Box, box_from, box_of_glyphs, formula

_DIGIT = re.compile(r"\d")
# In place of the digits of a formula, so that each of those drawn tells which one of them it is.
_TELLING = "1234567890"


class _Letters(NamedTuple):
    """The digits of one size of the font: their places in it, and how wide they are as a share of an em."""

    indices: tuple[int, ...]
    advances: tuple[float, ...]


def with_digits(latex: str) -> Box | None:
    """Return a formula from one that differs in its digits alone; None where it has to be set by itself.

    Raises whatever the typesetter does.
    """
    digits = _DIGIT.findall(latex)
    if not digits:
        return None
    found = _pattern(_DIGIT.sub("0", latex))
    return None if found is None else _filled(found, [int(digit) for digit in digits])


@lru_cache(maxsize=512)
def _pattern(latex: str) -> Box | None:
    """Return a formula with telling digits; None where they are not drawn in the order of writing."""
    count = latex.count("0")
    told = [_TELLING[place % len(_TELLING)] for place in range(count)]
    rest = iter(told)
    box = box_from(formula(re.sub("0", lambda _: next(rest), latex)))
    drawn = [found[1] for found in map(_digit, (glyph.index for glyph in box.glyphs)) if found is not None]
    return box if drawn == [int(digit) for digit in told] else None


def _filled(pattern: Box, digits: list[int]) -> Box:
    glyphs, rest = [], iter(digits)
    shift, line = 0.0, (0.0, 0.0)
    for glyph in pattern.glyphs:
        if (glyph.y, glyph.size) != line:
            shift, line = 0.0, (glyph.y, glyph.size)
        found = _digit(glyph.index)
        if found is None:
            glyphs.append(glyph._replace(x=glyph.x + shift))
            continue
        letters, before = found
        digit = next(rest)
        glyphs.append(glyph._replace(index=letters.indices[digit], x=glyph.x + shift))
        # Digits of an exponent are not all of one width.
        shift += (letters.advances[digit] - letters.advances[before]) * glyph.size
    return box_of_glyphs(tuple(glyphs), pattern)


def _digit(index: int) -> tuple[_Letters, int] | None:
    """Return which digit a letter of the font is, and among which."""
    return _digits().get(index)


@cache
def _digits() -> dict[int, tuple[_Letters, int]]:
    found = {}
    for latex in ("01234567890", "e^{01234567890}"):
        glyphs = box_from(formula(latex)).glyphs[-11:]
        advances = tuple((right.x - left.x) / left.size for left, right in pairwise(glyphs))
        letters = _Letters(tuple(glyph.index for glyph in glyphs[:10]), advances)
        found |= {index: (letters, digit) for digit, index in enumerate(letters.indices)}
    return found
