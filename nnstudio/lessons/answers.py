"""Typed answers: numbers as people write them, and whether an answer is right."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING

from nnstudio.errors import NNStudioError
from nnstudio.lessons.evaluating import computed, words_of
from nnstudio.lessons.telling import Verdict, number_text

if TYPE_CHECKING:
    from nnstudio.lessons.model import Check
    from nnstudio.lessons.situation import Situation

MAX_LENGTH = 200
EXACT = 1e-6
# A number read off the screen has to have so many digits, unless it needs fewer.
DIGITS = 3
# From this wrong try on, the answer is told.
_TOLD_AT = 2

_MINUS = str.maketrans(
    {"−": "-", "–": "-", "‒": "-", "⁄": "/", "∕": "/", "\u00a0": " ", "\u202f": " ", "\u2009": " "}
)
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<whole>\d{1,3}(?:[ ']\d{3})+|\d*)"
    r"(?:[.,](?P<part>\d*))?(?:[eE](?P<power>[+-]?\d{1,4}))?"
)
_FRACTION = re.compile(
    r"(?P<sign>[+-]?)\s*(?:(?P<whole>\d{1,15})\s+)?"
    r"(?P<above>\d{1,15})\s*/\s*(?P<below>-?\d{1,15})"
)


def parse_number(text: str) -> float | None:
    """Return the number that a text is, or None.

    It may have a decimal point or comma, groups of three digits apart, a power of ten, a percent sign, or be
    a fraction, also after a whole number; minus signs of printing are read too.

    >>> parse_number("0,5"), parse_number("-1 3/4"), parse_number("50 %")
    (0.5, -1.75, 0.5)
    """
    found = _parsed(text)
    return None if found is None else found[0]


def _parsed(text: str) -> tuple[float, int | None] | None:
    """Return a number and its decimal places, None for those of fractions."""
    if len(text) > MAX_LENGTH or (
        not text.isascii() and not text.translate(_MINUS).replace("%", "").isascii()
    ):
        return None
    plain = text.translate(_MINUS).strip().removeprefix("=").strip()
    is_percent = plain.endswith("%")
    plain = plain.removesuffix("%").strip()
    if match := _FRACTION.fullmatch(plain):
        below = int(match["below"])
        if below == 0:
            return None
        size = int(match["whole"] or 0) + int(match["above"]) / below
        value = -size if match["sign"] == "-" else size
        return (value / 100 if is_percent else value), None
    match = _NUMBER.fullmatch(plain)
    if match is None or not (match["whole"] or match["part"]):
        return None
    whole, part = match["whole"].replace(" ", "").replace("'", ""), match["part"] or ""
    # A number goes back the way that any program reads it, to the same bits.
    value = float(f"{match['sign']}{whole or 0}.{part or 0}e{match['power'] or 0}")
    if not math.isfinite(value):
        return None
    places = len(part) - int(match["power"] or 0)
    return (value / 100, places + 2) if is_percent else (value, places)


def judge_answer(check: Check, typed: str, situation: Situation, tries: int = 0) -> Verdict:
    """Return whether a typed answer is right, and else in what it is wrong.

    ``tries`` are the wrong ones before. The first ones are told no more than the direction; later the answer
    is told too. Raises ValueError for a check that passes by itself.
    """
    if not check.is_typed:
        raise ValueError("This check passes by itself; evaluate is for that.")
    if not typed.strip():
        return Verdict(False, "Choose one." if check.choices else "Type an answer.")
    if check.is_text or check.formula is None:
        return _judged_text(check, typed, (check.answer, *check.accept), tries)
    try:
        expected = computed(check.formula, situation)
        subject = words_of(check.formula, situation)
    except NNStudioError as error:
        return Verdict(False, f"The answer cannot be computed now. {error}")
    if isinstance(expected, str):
        return _judged_text(check, typed, (expected,), tries)
    return _judged_number(check, typed, float(expected), subject, tries)


def _judged_text(check: Check, typed: str, right: tuple[str, ...], tries: int) -> Verdict:
    if _folded(typed) in map(_folded, right):
        return Verdict(True)
    told = f"“{_short(typed)}” is not the answer to: {check.ask}"
    if tries >= _TOLD_AT:
        told += f" Expected “{right[0]}”."
    return Verdict(False, _with_otherwise(told, check, tries))


def _judged_number(check: Check, typed: str, expected: float, subject: str, tries: int) -> Verdict:
    found = _parsed(typed)
    if found is None:
        return Verdict(False, f"“{_short(typed)}” is no number. Type one such as 0.5, −3 or 1/2.")
    if not math.isfinite(expected):
        return Verdict(False, "The answer cannot be computed now: it would be infinite, or no number.")
    value, places = found
    if _is_right(check, value, places, expected):
        return Verdict(True)
    if _is_close(value, expected):
        told = (
            "Close: more digits are needed."
            if _rounds_to(value, places, expected)
            else "Close, but not precise enough."
        )
    elif value * expected < 0 and _is_close(-value, expected):
        told = "Wrong sign."
    elif value * expected < 0:
        told = "Wrong sign, and another size."
    else:
        told = "Too large." if value > expected else "Too small."
        if expected and _is_close(value / 100, expected):
            told += " If it is in percent, write the % sign."
    of = f" Asked was {subject}." if subject else ""
    told = f"{number_text(value, expected)}: {told[:1].lower()}{told[1:]}{of}"
    if tries >= _TOLD_AT:
        told += f" Expected {'about ' if _is_long(expected) else ''}{number_text(expected, value)}."
    return Verdict(False, _with_otherwise(told, check, tries))


def _is_right(check: Check, value: float, places: int | None, expected: float) -> bool:
    distance = abs(value - expected)
    if check.tolerance is None and check.relative is None:
        if distance <= EXACT * max(1.0, abs(expected)):
            return True
        is_read_off = check.formula is not None and bool(check.formula.quantities)
        return is_read_off and _digits(value, places) >= DIGITS and _rounds_to(value, places, expected)
    rounding = 1e-12 * max(abs(value), abs(expected))
    return distance <= max(check.tolerance or 0.0, (check.relative or 0.0) * abs(expected)) + rounding


def _rounds_to(value: float, places: int | None, expected: float) -> bool:
    """Whether a number is another one rounded to the decimal places it was typed with."""
    return places is not None and abs(value - expected) <= 0.5 * 10.0 ** -max(-300, min(300, places)) * (
        1 + 1e-9
    )


def _digits(value: float, places: int | None) -> int:
    """Return how many significant digits a number was typed with."""
    if places is None or value == 0.0:
        return 0
    return math.floor(math.log10(abs(value))) + 1 + places


def _is_close(value: float, expected: float) -> bool:
    return abs(value - expected) <= 0.02 * abs(expected)


def _is_long(value: float) -> bool:
    return parse_number(number_text(value)) != value


def _with_otherwise(told: str, check: Check, tries: int) -> str:
    return f"{told} {check.otherwise}" if check.otherwise and tries >= 1 else told


def _folded(text: str) -> str:
    # Letters with accents are typed as one sign or as two.
    return " ".join(unicodedata.normalize("NFC", text).casefold().split()).strip(" .!?“”\"'")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return f"{text[:40]}…" if len(text) > 40 else text
