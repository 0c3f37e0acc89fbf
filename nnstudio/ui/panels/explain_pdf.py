"""A worked example as a PDF: its Markdown laid out on pages, formulas and all.

It reads the Markdown that `nnstudio.explain.example` writes: headings, paragraphs, lists, tables, formulas
between dollar signs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QGuiApplication, QPageSize, QPainter, QPdfWriter, QPen

from nnstudio.ui.theme import LIGHT
from nnstudio.ui.typeset import Set, set_inline, typeset

if TYPE_CHECKING:
    from collections.abc import Sequence

# All lengths are in units of 1/96 inch.
_UNITS = 96.0
_DOTS = 1200
_MARGIN = 68.0
_TEXT = 12.5
_EM = 14.5
_HEADINGS = {1: 22.0, 2: 16.0, 3: 13.0}
_CELL = 7.0
_GAP = 9.0
_INLINE = re.compile(r"(?<!\\)\$((?:[^$\\]|\\.)+)\$")
_ESCAPED = re.compile(r"\\([^A-Za-z0-9\s])")


@dataclass(frozen=True)
class _Word:
    """A word or a formula of a paragraph, and the room before it."""

    font: QFont
    gap: float
    width: float
    ascent: float
    descent: float
    text: str = ""
    formula: Set | None = None
    em: float = _EM


def pdf_of(markdown: str, title: str) -> bytes:
    """Return the document as a PDF of pages of the usual size."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(title)
    writer.setCreator("nnstudio")
    writer.setResolution(_DOTS)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    painter = QPainter(writer)
    pages = _Pages(writer, painter)
    for block in markdown.split("\n\n"):
        _write(pages, block.strip("\n"))
    pages.finish()
    painter.end()
    # Before what they write to.
    del pages, painter, writer
    buffer.close()
    return content.data()


class _Pages:
    """Puts things below each other, on as many pages as it takes."""

    def __init__(self, writer: QPdfWriter, painter: QPainter) -> None:
        self._writer = writer
        self.painter = painter
        scale = _DOTS / _UNITS
        painter.scale(scale, scale)
        self.width = writer.width() / scale - 2 * _MARGIN
        self.height = writer.height() / scale - 2 * _MARGIN
        self.y = 0.0
        self._number = 1

    def room(self, height: float, following: float = 0.0) -> float:
        """Return where something of a height begins, on the next page if this one is full."""
        if self.y > 0.0 and self.y + height + following > self.height:
            self.finish()
            self._writer.newPage()
            self._number += 1
            self.y = 0.0
        top = _MARGIN + self.y
        self.y += height
        return top

    def finish(self) -> None:
        """Write the number of the page."""
        self.painter.setFont(_font(10.0))
        self.painter.setPen(LIGHT.muted)
        foot = QRectF(_MARGIN, _MARGIN + self.height + 20.0, self.width, 20.0)
        self.painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, str(self._number))


def _write(pages: _Pages, block: str) -> None:
    if block.startswith("$$"):
        _write_formula(pages, block.strip("$\n"))
    elif block.startswith("|"):
        _write_table(pages, block.splitlines())
    elif block.startswith("#"):
        marks, _, text = block.partition(" ")
        size = _HEADINGS[len(marks)]
        pages.y += size * 0.6 * (pages.y > 0.0)
        _write_words(pages, _words(text, _font(size, bold=True), size * 1.15), following=60.0)
        pages.y += _GAP * 0.7
    else:
        for line in block.splitlines():
            is_item = line.startswith("- ")
            words = _words(line.replace("- ", "• ", 1) if is_item else line, _font(_TEXT), _EM)
            _write_words(pages, words)
        pages.y += _GAP


def _write_formula(pages: _Pages, latex: str) -> None:
    latex = latex.replace(r"\begin{aligned}", "").replace(r"\end{aligned}", "").strip()
    rows = [row.strip().replace("&", "") for row in latex.split("\\\\")]
    if len(rows) == 2 and rows[1].startswith("= "):
        found = [typeset(rows[0], rows[1][2:], pages.width / _EM)]
    else:
        found = [typeset(row, "", pages.width / _EM) for row in rows]
    for each in found:
        # Of hundreds of terms, it may be higher than a page.
        em = min(_EM, pages.height / max(each.height, 1.0), pages.width / max(each.width, 1.0))
        top = pages.room(each.height * em)
        each.paint(pages.painter, QPointF(_MARGIN, top), em, LIGHT.text, as_text=True)
        pages.y += _GAP


def _write_words(pages: _Pages, words: Sequence[_Word], *, following: float = 0.0) -> None:
    for line in _lines(words, pages.width):
        top = pages.room(_height(line), following)
        _paint_line(pages.painter, line, _MARGIN, top)


def _write_table(pages: _Pages, lines: Sequence[str]) -> None:
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]
        for place, line in enumerate(lines)
        if place != 1
    ]
    cells = [
        [_words(cell, _font(_TEXT, bold=place == 0), _EM) for cell in row] for place, row in enumerate(rows)
    ]
    widths = [max(map(_width, column)) + 2 * _CELL for column in zip(*cells, strict=True)]
    if sum(widths) > pages.width:
        widths = [width * pages.width / sum(widths) for width in widths]
    for place, row in enumerate(cells):
        broken = [_lines(words, width - 2 * _CELL) for words, width in zip(row, widths, strict=True)]
        height = max(sum(map(_height, lines)) for lines in broken) + _CELL
        top = pages.room(height, 40.0 if place == 0 else 0.0)
        pages.painter.setPen(QPen(LIGHT.text if place == 0 else LIGHT.border, 0.8))
        bottom = QPointF(_MARGIN, top + height)
        pages.painter.drawLine(bottom, bottom + QPointF(sum(widths), 0.0))
        x = _MARGIN
        for lines, width in zip(broken, widths, strict=True):
            y = top + _CELL / 2
            for line in lines:
                _paint_line(pages.painter, line, x + _CELL, y)
                y += _height(line)
            x += width
    pages.y += _GAP * 1.4


def _words(text: str, font: QFont, em: float) -> list[_Word]:
    """Return a paragraph in words and formulas."""
    metrics = QFontMetricsF(font)
    space = metrics.horizontalAdvance(" ")
    found: list[_Word] = []
    is_apart = False
    for place, part in enumerate(_INLINE.split(text)):
        if place % 2:
            formula = set_inline(part)
            ascent = formula.ascent * em
            size = formula.width * em, ascent, formula.height * em - ascent
            found.append(_Word(font, space * is_apart, *size, formula=formula, em=em))
            is_apart = False
            continue
        plain = _ESCAPED.sub(r"\1", part)
        is_apart = is_apart or plain[:1].isspace()
        for word in plain.split():
            width = metrics.horizontalAdvance(word)
            size = width, metrics.ascent(), metrics.descent()
            found.append(_Word(font, space * is_apart, *size, text=word))
            is_apart = True
        if plain.strip():
            is_apart = plain[-1:].isspace()
    return found


def _lines(words: Sequence[_Word], width: float) -> list[list[_Word]]:
    """Return words in lines; those that no line holds stand alone."""
    lines: list[list[_Word]] = []
    x = 0.0
    for word in words:
        if lines and (word.gap == 0.0 or x + word.gap + word.width <= width):
            lines[-1].append(word)
            x += word.gap + word.width
        else:
            lines.append([word])
            x = word.width
    return lines


def _width(words: Sequence[_Word]) -> float:
    return sum(word.gap + word.width for word in words)


def _height(line: Sequence[_Word]) -> float:
    return (max(word.ascent for word in line) + max(word.descent for word in line)) * 1.12


def _paint_line(painter: QPainter, line: Sequence[_Word], x: float, top: float) -> None:
    baseline = top + max(word.ascent for word in line)
    for place, word in enumerate(line):
        x += word.gap if place else 0.0
        if word.formula is not None:
            word.formula.paint(painter, QPointF(x, baseline - word.ascent), word.em, LIGHT.text, as_text=True)
        else:
            painter.setFont(word.font)
            painter.setPen(LIGHT.text)
            painter.drawText(QPointF(x, baseline), word.text)
        x += word.width


def _font(size: float, *, bold: bool = False) -> QFont:
    font = QFont(QGuiApplication.font())
    font.setPixelSize(round(size))
    font.setBold(bold)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font
