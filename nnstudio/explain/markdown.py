"""Pieces of a Markdown document with formulas between dollar signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnstudio.explain.symbols import Formula

_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>#|$~"})
_SIGNS = (r" \leftarrow ", " = ")


def document(parts: Iterable[str]) -> str:
    """Return paragraphs as a document; lines of a list stay together."""
    written = ""
    before = ""
    for part in parts:
        together = part.startswith("- ") and before.startswith("- ")
        written += ("\n" if together else "\n\n") * bool(written) + part
        before = part
    return f"{written}\n"


def plain(text: str) -> str:
    """Return a text without what Markdown would take for its own signs."""
    return " ".join(text.split()).translate(_MARKS)


def inline(latex: str) -> str:
    """Return a formula within a line."""
    return f"${latex}$"


def formula_block(formula: Formula) -> str:
    """Return a formula on lines of its own: in symbols, and below with numbers."""
    left, sign, right = _parted(formula.symbols)
    if not sign:
        return f"$$\n{left} = {formula.numbers}\n$$"
    if right == formula.numbers:
        return f"$$\n{formula.symbols}\n$$"
    lines = (rf"{left} &{sign}{right} \\", rf"&= {formula.numbers}")
    return "\n".join(("$$", r"\begin{aligned}", *lines, r"\end{aligned}", "$$"))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are Markdown already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _parted(symbols: str) -> tuple[str, str, str]:
    """Return what stands left of the first sign that gives a value, the sign, and the rest."""
    places = [(symbols.find(sign), sign) for sign in _SIGNS if sign in symbols]
    if not places:
        return symbols, "", ""
    place, sign = min(places)
    return symbols[:place], sign.strip() + " ", symbols[place + len(sign) :]
