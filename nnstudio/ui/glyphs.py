"""What a renderer of formulas has drawn, as outlines to fill and as letters of its font."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGlyphRun,
    QPainter,
    QPainterPath,
    QRawFont,
    QTransform,
)

# Formulas are made at this size, in units to an em.
EM = 64.0
_ASCENT, _DESCENT = 0.72 * EM, 0.22 * EM
# The size of the letters that the renderer keeps, and where its font is.
_KEPT_EM = 12.0
_FONT = "fonts/STIXTwoMath-Regular.ttf"
_STROKE = re.compile(r"[MLQZ]|-?\d+(?:\.\d+)?(?:e-?\d+)?")
_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")


class Glyph(NamedTuple):
    """A letter by its place in the font, at a point of its baseline, in a size."""

    index: int
    x: float
    y: float
    size: float


@dataclass(frozen=True)
class Box:
    """An outline around its baseline, in units of `EM`: all of it, and as letters and what is none."""

    path: QPainterPath
    width: float
    ascent: float = _ASCENT
    descent: float = _DESCENT
    glyphs: tuple[Glyph, ...] = ()
    rest: QPainterPath | None = None

    def moved(self, x: float) -> Box:
        """Return the same further to the right."""
        glyphs = tuple(glyph._replace(x=glyph.x + x) for glyph in self.glyphs)
        rest = None if self.rest is None else self.rest.translated(x, 0.0)
        return replace(self, path=self.path.translated(x, 0.0), glyphs=glyphs, rest=rest)

    def write(self, painter: QPainter, color: QColor) -> None:
        """Paint it as letters, which a file has only once each."""
        painter.setPen(color)
        for size, glyphs in groupby(self.glyphs, lambda glyph: glyph.size):
            row = list(glyphs)
            run = QGlyphRun()
            run.setRawFont(_font(size))
            run.setGlyphIndexes([glyph.index for glyph in row])
            run.setPositions([QPointF(glyph.x, glyph.y) for glyph in row])
            painter.drawGlyphRun(QPointF(), run)
        if self.rest is not None:
            painter.fillPath(self.rest, color)


# The outlines of the letters that were drawn so far, by their places in the font, in the size that is kept.
_shapes: dict[int, QPainterPath] = {}


def box_of_glyphs(glyphs: tuple[Glyph, ...], like: Box) -> Box:
    """Return a box with other letters, each of them drawn before, and all else as in another one."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    for glyph in glyphs:
        path.addPath(_outline(glyph.index, glyph.size).translated(glyph.x, glyph.y))
    if like.rest is not None:
        path.addPath(like.rest)
    return replace(like, path=path, glyphs=glyphs)


@lru_cache(maxsize=1024)
def _outline(index: int, size: float) -> QPainterPath:
    scale = size / _KEPT_EM
    return QTransform.fromScale(scale, scale).map(_shapes[index])


def box_from(formula: Any) -> Box:
    """Return what was drawn: letters, bars, and what is put together of letters."""
    path, rest = QPainterPath(), QPainterPath()
    for each in (path, rest):
        each.setFillRule(Qt.FillRule.WindingFill)
    kept: dict[str, tuple[QRectF, QPainterPath]] = {}
    glyphs = []
    for element in ET.fromstring(formula.svg()).iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "symbol":
            shape = QPainterPath()
            for part in element.iter():
                _draw(shape, part.get("d", ""))
            kept[element.get("id", "")] = QRectF(*map(float, element.get("viewBox", "").split())), shape
        elif tag == "use":
            name = next(element.get(href, "") for href in _HREFS if element.get(href)).lstrip("#")
            view, shape = kept[name]
            place = _numbers(element)
            scale = place.height() / view.height()
            x, y = place.x() - view.x() * scale, place.y() - view.y() * scale
            # Where the letter begins: its own outline is around that point, in the size that is kept.
            outline = QTransform.fromScale(scale, scale).map(shape).translated(x, y)
            path.addPath(outline)
            index = int(name.rpartition("_")[2])
            if index < 0:
                rest.addPath(outline)  # no letter of the font
            else:
                glyphs.append(Glyph(index, x, y, _KEPT_EM * scale))
                _shapes.setdefault(index, shape)
        elif tag == "rect":
            for each in (path, rest):
                each.addRect(_numbers(element))
    bounds = path.boundingRect()
    ascent, descent = max(_ASCENT, -bounds.top()), max(_DESCENT, bounds.bottom())
    return Box(path, float(formula.getsize()[0]), ascent, descent, tuple(glyphs), rest)


def _numbers(element: ET.Element) -> QRectF:
    return QRectF(*(float(element.get(name, 0)) for name in ("x", "y", "width", "height")))


def _draw(path: QPainterPath, strokes: str) -> None:
    tokens = iter(_STROKE.findall(strokes))

    def point() -> QPointF:
        return QPointF(float(next(tokens)), float(next(tokens)))

    for token in tokens:
        if token == "M":
            path.moveTo(point())
        elif token == "L":
            path.lineTo(point())
        elif token == "Q":
            path.quadTo(point(), point())
        else:
            path.closeSubpath()


@cache
def _font(size: float) -> QRawFont:
    font = QFont(_family())
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setPixelSize(round(size))
    found = QRawFont.fromFont(font)
    found.setPixelSize(size)
    return found


@cache
def _family() -> str:
    # From its file: fonts without one are not put into documents.
    number = QFontDatabase.addApplicationFont(str(files("ziamath") / _FONT))
    return QFontDatabase.applicationFontFamilies(number)[0]


@cache
def ziamath() -> Any:
    """Return the renderer, imported when the first formula is set."""
    with warnings.catch_warnings():
        # It asks for its own font by a function that newer versions of Python advise against.
        warnings.simplefilter("ignore", DeprecationWarning)
        import ziamath as renderer

    renderer.config.svg2 = True  # letters by their places in the font, each outline once
    return renderer


def formula(latex: str) -> Any:
    """Return a formula as the renderer sets it, with hats as wide as their letters: it takes all for wide."""
    renderer = ziamath()
    if r"\hat" not in latex:
        return renderer.Latex(latex, size=EM)
    from ziamath.tex import tex2mml

    mathml = tex2mml(latex).replace("<mo>&#x00302;</mo>", "<mo>&#x002C6;</mo>")
    return renderer.Math(mathml, size=EM)
