"""The text of a lesson taken apart: formulas and pictures out of the Markdown around them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What stands for a formula or picture in the Markdown: characters that no text has, around its number.
FIRST, LAST = "\ue000", "\ue001"

_TOKEN = re.compile(
    r"(?P<code>```.*?(?:```|\Z)|`[^`\n]*`)"
    r"|(?P<escape>\\\$)"
    r"|\$\$(?P<display>(?:(?!\$\$).)+)\$\$(?P<end>[.,;:]?)"
    r"|\$(?P<inline>(?:(?!\n\s*\n)[^$])+)\$(?P<tail>[.,;:!?)”…]*)"
    r"|!\[(?P<alt>[^\]]*)\]\((?P<source>[^)\s]+)(?:\s+\"[^\"\n]*\")?\)",
    re.DOTALL,
)
_MARKER = re.compile(r"[ ]*(?:[-*+]|\d+[.)])?[ ]*")


@dataclass(frozen=True)
class Formula:
    """LaTeX, in the line or standing alone; ``tail`` is punctuation after it, never on a line of its own."""

    latex: str
    is_display: bool = False
    tail: str = ""

    @property
    def text(self) -> str:
        """The formula as it was written."""
        return f"$${self.latex}$$" if self.is_display else f"${self.latex}${self.tail}"


@dataclass(frozen=True)
class Picture:
    """A file beside the lesson, or as ``view:canvas`` a picture of the program itself."""

    alt: str
    source: str

    @property
    def view(self) -> str:
        """The view of the program that it shows, empty for a file."""
        return self.source.partition(":")[2] if self.source.startswith("view:") else ""

    @property
    def text(self) -> str:
        """What stands for it where only text can be."""
        return self.alt


def taken_apart(text: str) -> tuple[str, list[Formula | Picture]]:
    """Return Markdown in which numbered marks stand for formulas and pictures, and these in order."""
    found: list[Formula | Picture] = []

    def replace(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        if match["escape"]:
            return "$"
        if match["inline"]:
            found.append(Formula(" ".join(match["inline"].split()), tail=match["tail"]))
            return f"{FIRST}{len(found) - 1}{LAST}"
        if match["display"]:
            found.append(Formula(" ".join(match["display"].split()) + match["end"], is_display=True))
        else:
            found.append(Picture(match["alt"], match["source"]))
        return _alone(text, match, f"{FIRST}{len(found) - 1}{LAST}")

    text = text.replace("\r\n", "\n").replace(FIRST, "").replace(LAST, "")
    return _TOKEN.sub(replace, text), found


def _alone(text: str, match: re.Match[str], mark: str) -> str:
    """Return a mark as a paragraph of its own, within the entry of a list where it stands in one."""
    begin = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    before = text[begin : match.start()]
    after = text[match.end() : len(text) if end < 0 else end]
    if "|" in before or "|" in after:
        return mark  # in a cell of a table
    marker = _MARKER.match(before)
    indent = " " * len(marker[0] if marker else "")
    if not before.strip():
        lead = f"\n{before}"
    elif marker is not None and before == marker[0]:
        lead = ""
    else:
        lead = f"\n\n{indent}"
    return f"{lead}{mark}" + (f"\n\n{indent}" if after.strip() else "\n")
