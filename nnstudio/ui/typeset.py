"""Formulas in LaTeX, set as outlines that any painter fills, broken into lines of any width.

What is set is kept: numbers are put together from digits, so that a formula whose numbers change all the time
costs little more than its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from nnstudio.ui.digits import with_digits
from nnstudio.ui.glyphs import EM, Box, box_from, formula, ziamath

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PySide6.QtGui import QColor

_LEADING = 0.45  # between lines, in em
_INDENT = 1.4  # of what follows a long left side, in em
_HANG = 1.2  # of lines that go on with what follows a sign of relation
# A left side may be so much of the width, and what is too wide may become so small.
_LEFT_SHARE = 0.28
_LEAST_SCALE = 0.7
_GAPS = 0.3  # what is left of the room around a sign, beyond what a piece is scaled by
# Signs that a line may be broken before, with the room around them in em.
_SIGNS = {
    " = ": ("=", 0.28),
    r" \leftarrow ": ("←", 0.28),
    " + ": ("+", 0.22),
    " - ": ("−", 0.22),
    r" \cdot ": ("·", 0.18),
    r"\,": ("", 0.08),
}
_TIMES_PARENTHESES = r"} \left("
_RELATIONS = ("=", "←")
_SIDE = re.compile(r"\\(?:left|right)(?![a-z])")
_NUMBER = re.compile(r"(\\left\()?(-?(?:\d+(?:\.\d+)?|\\infty|NaN))(\\right\))?")
# A minus sign that no number stands before; it would be set with room around it.
_NEGATIVE = re.compile(r"(?<=[({,])\s*-(?=[\d\\])")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)")


@dataclass(frozen=True)
class Piece:
    """What stays together: a sign and what follows it."""

    sign: str
    room: float
    body: str

    @property
    def is_relation(self) -> bool:
        """Whether it begins with what says that something is a value."""
        return self.sign in _RELATIONS

    @property
    def is_factor(self) -> bool:
        """Whether it multiplies what stands before it."""
        return self.sign in ("·", "")


@dataclass(frozen=True)
class Set:
    """A formula in lines: outlines and where their baselines begin, in units of 64 to an em."""

    boxes: list[tuple[Box, float, float, float]] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0
    # Of this width or more, nothing stands out of it.
    needed: float = 0.0

    @property
    def ascent(self) -> float:
        """Where the first baseline is, in em."""
        return self.boxes[0][2] / EM if self.boxes else 0.0

    def paint(
        self, painter: QPainter, at: QPointF, em: float, color: QColor, *, as_text: bool = False
    ) -> None:
        """Paint it with its upper left corner at a point, an em being so many pixels.

        Where a page is written rather than painted, ``as_text`` makes it letters of a font that the file has
        once, in place of outlines.
        """
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(at)
        painter.scale(em / EM, em / EM)
        for box, x, y, scale in self.boxes:
            painter.save()
            painter.translate(x, y)
            painter.scale(scale, scale)
            if as_text:
                box.write(painter, color)
            else:
                painter.fillPath(box.path, color)
            painter.restore()
        painter.restore()


def pieces(latex: str) -> list[Piece]:
    """Return a formula in the pieces that it may be broken into: not within braces or parentheses."""
    found: list[Piece] = []
    sign, room, start, place, depth = "", 0.0, 0, 0, 0
    while place < len(latex):
        if depth == 0:
            hit = next((each for each in _SIGNS if latex.startswith(each, place)), None)
            if hit is not None:
                _append(found, sign, room, latex[start:place])
                sign, room = _SIGNS[hit]
                place += len(hit)
                start = place
                continue
            if latex.startswith(_TIMES_PARENTHESES, place - 1):
                _append(found, sign, room, latex[start:place])
                sign, room = _SIGNS[r"\,"]
                start = place = place + 1
        command = _COMMAND.match(latex, place)
        if command is None:
            depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(latex[place], 0)
            place += 1
            continue
        place = command.end()
        if command[0] in (r"\left", r"\right"):
            depth += 1 if command[0] == r"\left" else -1
            delimiter = _COMMAND.match(latex, place)
            place = place + 1 if delimiter is None else delimiter.end()
        elif command[0] in (r"\begin", r"\end"):
            depth += 1 if command[0] == r"\begin" else -1
    _append(found, sign, room, latex[start:])
    return found


def _append(found: list[Piece], sign: str, room: float, body: str) -> None:
    if body.strip() or sign:
        found.append(Piece(sign, room, body.strip()))


def opened(found: Sequence[Piece], limit: float) -> list[Piece]:
    """Return pieces with those in parentheses that are wider than a limit taken apart."""
    result: list[Piece] = []
    for piece in found:
        before, inner, after = _parted(piece.body)
        within = pieces(inner)
        # What they hold is as wide, and set sooner than the whole, whose numbers are new each time.
        if len(within) < 2 or _width_of(within) <= limit:
            result.append(piece)
            continue
        rest = [Piece("", 0.0, f"{{}}{after}")] if after else []
        result += [
            Piece(piece.sign, piece.room, f"{before}("),
            *opened(within, limit),
            Piece("", 0.0, ")"),
            *rest,
        ]
    return result


def _parted(body: str) -> tuple[str, str, str]:
    """Return what stands before, in and after the parentheses that a piece is, or nothing."""
    before = "-" if body.startswith("-") else ""
    if not body.startswith(rf"{before}\left("):
        return "", "", ""
    depth = 0
    for side in _SIDE.finditer(body):
        depth += 1 if side[0] == r"\left" else -1
        if depth == 0:
            after = body[side.end() + 1 :]
            inner = body[len(before) + len(r"\left(") : side.start()]
            return (before, inner, after) if not after or after.startswith("^") else ("", "", "")
    return "", "", ""


def whole(symbols: str, numbers: str) -> tuple[list[Piece], list[Piece]]:
    """Return the pieces of a formula in symbols, and of its numbers, which begin with an equals sign."""
    first = pieces(symbols)
    second = pieces(f"{{}} = {numbers}")[1:] if numbers else []
    places = [place for place, piece in enumerate(first) if piece.is_relation]
    if places and [piece.body for piece in first[places[0] :]] == [piece.body for piece in second]:
        second = []
    return first, second


def typeset(symbols: str, numbers: str, width: float) -> Set:
    """Set a formula, its numbers below its symbols or, where there is room, beside them; width is in em."""
    first, second = whole(symbols, numbers)
    return _Setter(width * EM).set(first, second)


@lru_cache(maxsize=2048)
def set_inline(latex: str) -> Set:
    """Set a formula in one line, however long; to be read only."""
    return _Setter(float("inf")).set(pieces(latex), [])


class _Setter:
    """Puts pieces into lines."""

    def __init__(self, width: float) -> None:
        self._width = width
        self._lines: list[list[tuple[Box, float, float]]] = [[]]
        self._x = 0.0
        # What is in parentheses may be so wide before it is broken.
        self._share = 0.6 * width

    def set(self, first: Sequence[Piece], second: Sequence[Piece]) -> Set:
        widest = max((_width_of([piece]) for piece in opened([*first, *second], 0.0)), default=0.0)
        first, second = opened(first, self._share), opened(second, self._share)
        groups = list(_groups(first))
        numbers = list(_groups(second))
        left = 0.0
        needed = (_INDENT + _HANG + _GAPS) * EM + _LEAST_SCALE * widest
        if numbers or len(groups) > 1:
            self._put_all(groups[0], 0.0)
            room = self._width - (_HANG + _GAPS) * EM - _LEAST_SCALE * widest
            is_short = len(self._lines) == 1 and self._x <= min(_LEFT_SHARE * self._width, room)
            left = self._x if is_short else _INDENT * EM
            groups = groups[1:]
        is_long = len(self._lines) > 1 or self._x > _LEFT_SHARE * self._width
        rest = sum(map(_width_of, (*groups, *numbers)))
        beside = len(self._lines) == 1 and self._x + rest <= self._width
        for place, group in enumerate((*groups, *numbers)):
            is_below = place == len(groups) and not beside and (bool(groups) or is_long)
            fits = self._x + _width_of(group) <= self._width
            if self._x > left and (is_below or not fits):
                self._break(left)
            self._put_all(group, left)
        return self._stacked(needed)

    def _put_all(self, group: Sequence[Piece], left: float) -> None:
        hang = left + _HANG * EM * group[0].is_relation
        for number, piece in enumerate(group):
            parts = _boxes(piece)
            wide = _width_of([piece])
            indent = hang if number else left
            term = wide if piece.is_factor else _width_of(_term(group, number))
            if indent + term > self._width:
                term = wide
            if self._x + term > self._width and self._x > indent:
                self._break(indent)
            room = self._width - self._x
            drawn = sum(box.width for box in parts)
            scale = 1.0 if wide <= room else max((room - wide + drawn) / max(drawn, 1.0), _LEAST_SCALE)
            gap = piece.room * EM
            self._x += gap
            for place, box in enumerate(parts):
                self._lines[-1].append((box, self._x, scale))
                self._x += box.width * scale
                if piece.sign and place == 0:
                    self._x += gap

    def _break(self, indent: float) -> None:
        self._lines.append([])
        self._x = indent

    def _stacked(self, needed: float) -> Set:
        placed, y, width = [], 0.0, 0.0
        for line in self._lines:
            if not line:
                continue
            y += _LEADING * EM if placed else 0.0
            baseline = y + max(box.ascent * scale for box, _, scale in line)
            y = baseline + max(box.descent * scale for box, _, scale in line)
            placed += [(box, x, baseline, scale) for box, x, scale in line]
            width = max(width, max(x + box.width * scale for box, x, scale in line))
        return Set(placed, width / EM, y / EM, needed / EM)


def _groups(found: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Yield the pieces up to each sign of relation."""
    group: list[Piece] = []
    for piece in found:
        if piece.is_relation and group:
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _term(group: Sequence[Piece], start: int) -> Sequence[Piece]:
    """Return a piece of a group with all that it is multiplied by."""
    end = start + 1
    while end < len(group) and group[end].is_factor:
        end += 1
    return group[start:end]


def _width_of(group: Sequence[Piece]) -> float:
    return sum(
        sum(box.width for box in _boxes(piece)) + piece.room * EM * (2 if piece.sign else 1)
        for piece in group
    )


def _boxes(piece: Piece) -> list[Box]:
    found = [_characters(piece.sign)] if piece.sign else []
    if piece.body and piece.body != "{}":
        found.append(box_of(piece.body))
    return found or [Box(QPainterPath(), 0.0)]


def box_of(latex: str) -> Box:
    """Return the outline of a formula; one that cannot be set is shown as it is written."""
    if latex in ("(", "-(", ")"):
        return _characters(latex.replace("-", "−"))
    number = _NUMBER.fullmatch(latex)
    if number is not None and bool(number[1]) == bool(number[3]):
        bare = number[2].replace("-", "−").replace(r"\infty", "∞")
        return _characters(f"({bare})" if number[1] else bare)
    return _set_latex(latex)


@lru_cache(maxsize=2048)
def _characters(text: str) -> Box:
    found, x = [], 0.0
    for character in text:
        box = _character(character)
        found.append(box.moved(x))
        x += box.width
    path = QPainterPath()
    for box in found:
        path.addPath(box.path)
    path.setFillRule(Qt.FillRule.WindingFill)
    return Box(path, x, glyphs=tuple(glyph for box in found for glyph in box.glyphs))


@cache
def _character(character: str) -> Box:
    # A number stands upright and without room around it, whatever it is made of. What stands last has no
    # room up to the next.
    alone, with_next, following = map(_digits, (character, f"{character}0", "0"))
    return replace(alone, width=with_next.width - following.width)


def _digits(text: str) -> Box:
    return box_from(ziamath().Math(f"<math><mn>{escape(text)}</mn></math>", size=EM))


@lru_cache(maxsize=2048)
def _set_latex(latex: str) -> Box:
    tight = _NEGATIVE.sub("{-}", latex)
    try:
        return with_digits(tight) or box_from(formula(tight))
    except Exception:  # it raises whatever came up, and a panel must not fail over a formula
        return _characters(latex)
