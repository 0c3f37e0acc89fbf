"""The texts of lessons: where formulas, pictures and links are in their Markdown."""

from __future__ import annotations

import re
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# Code is left alone, and a dollar with a backslash is a dollar.
_PARTS = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|\\\$"
    r"|\$\$(?P<display>(?:(?!\$\$).)+)\$\$"
    r"|\$(?P<inline>(?:(?!\n\s*\n)[^$])+)\$"
    r"|(?P<stray>\$+)",
    re.DOTALL,
)
_LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]\n]*)\]\((?P<target>[^)\s]*)(?:\s+\"[^\"\n]*\")?\)")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


class Formula(NamedTuple):
    """A formula from character ``start`` up to ``end`` of a text, its dollars included."""

    latex: str
    is_display: bool
    start: int
    end: int


class Link(NamedTuple):
    """A link, or a picture, at a character of a text."""

    text: str
    target: str
    is_picture: bool
    start: int


def formulas(text: str) -> Iterator[Formula]:
    """Yield the formulas of a text: $…$ in a line, $$…$$ on its own."""
    for match in _PARTS.finditer(text):
        if match["display"] is not None:
            yield Formula(match["display"].strip(), True, *match.span())
        elif match["inline"] is not None:
            yield Formula(match["inline"].strip(), False, *match.span())


def stray_dollars(text: str) -> Iterator[int]:
    """Yield the characters at which a dollar has no partner."""
    return (match.start() for match in _PARTS.finditer(text) if match["stray"])


def links(text: str) -> Iterator[Link]:
    """Yield links and pictures of a text."""
    # Code keeps its length, so that places stay.
    plain = _CODE.sub(lambda match: " " * len(match[0]), text)
    for match in _LINK.finditer(plain):
        yield Link(match["text"], match["target"], bool(match["picture"]), match.start())


def formula_problem(latex: str) -> str | None:
    """Return what is wrong with a formula, or None; what is not seen without a typesetter is passed over."""
    if not latex:
        return "A formula is empty."
    if any(character in latex for character in "\b\f\r\t"):
        return None  # a backslash that was lost, which is told where the file is read
    depth = 0
    for character in re.sub(r"\\.", "", latex, flags=re.DOTALL):
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return f"A }} of the formula {latex} closes nothing."
    if depth:
        return f"A {{ of the formula {latex} is never closed."
    typesetter = _typesetter()
    if typesetter is None:
        return None
    ziamath, converter = typesetter
    try:
        unknown = re.search(r"\\[A-Za-z]+", converter.convert(latex))
        if unknown is None:
            ziamath.Latex(latex).svg()
    except Exception as error:  # it raises whatever came up
        reason = str(error).strip() or "an argument is missing"
        return f"The formula {latex} cannot be set: {reason}."
    return None if unknown is None else f"The formula {latex} has a command that is not known: {unknown[0]}."


@cache
def _typesetter() -> tuple[Any, Any] | None:
    try:
        with warnings.catch_warnings():
            # It asks for its own font by a function that newer versions of Python advise against.
            warnings.simplefilter("ignore", DeprecationWarning)
            import ziamath
            from latex2mathml import converter
    except ImportError:
        return None
    return ziamath, converter
