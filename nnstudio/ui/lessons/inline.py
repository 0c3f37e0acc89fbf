"""Formulas and pictures as characters of a text document, drawn as outlines at any scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QFont,
    QFontInfo,
    QFontMetrics,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QPyTextObject,
    QTextCharFormat,
    QTextDocument,
    QTextFormat,
)

from nnstudio.ui import theme
from nnstudio.ui.lessons.markup import Formula
from nnstudio.ui.typeset import Set, set_inline, typeset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnstudio.ui.lessons.markup import Picture

KIND = QTextFormat.ObjectTypes.UserObject.value + 1
OBJECT = "\ufffc"  # the character that stands for an object
_NUMBER = QTextFormat.Property.UserProperty.value + 1
_SIZE = 1.16  # an em of a formula, in those of the text around it
_DISPLAY_SIZE = 1.24
_DISPLAY_ROOM = 5.0  # above and below, in pixels
_LEAST_SCALE = 0.8  # of a formula in the line; one that is wider still is broken
_LAST_DESCENT = 0.22  # of the last of several lines, in em
_MOST_HEIGHT = 420.0  # of a picture
_NO_PICTURE = 60.0  # height of the place of one that is not there


class InlineObjects(QPyTextObject):
    """Measures and draws the formulas and pictures of one document."""

    def __init__(self, document: QTextDocument, image: Callable[[Picture], QImage | None]) -> None:
        super().__init__(document)
        self._document = document
        self._image = image
        self._parts: Sequence[Formula | Picture] = ()
        self._em = 16.0
        self._font = QFont()
        self._inline: dict[int, Set] = {}
        self._lines: dict[tuple[int, float], Set] = {}
        self._images: dict[int, QImage | None] = {}

    def show_parts(self, parts: Sequence[Formula | Picture], font: QFont) -> None:
        """Be ready to draw these parts in a text of this font."""
        self._parts = parts
        self._font = font
        self._em = float(QFontInfo(font).pixelSize())
        self._inline = {
            number: set_inline(part.latex)
            for number, part in enumerate(parts)
            if isinstance(part, Formula) and not part.is_display
        }
        self._lines = {}
        self.take_pictures()

    def take_pictures(self) -> None:
        """Take all pictures as they are now."""
        self._images = {
            number: self._image(part)
            for number, part in enumerate(self._parts)
            if not isinstance(part, Formula)
        }

    def descent_of(self, number: int) -> float:
        """How far a formula in the line reaches below the baseline, in pixels."""
        formula = self._inline[number]
        return (formula.height - formula.ascent) * self._em * _SIZE

    def intrinsicSize(self, _document: QTextDocument, _position: int, given: QTextFormat) -> QSizeF:
        number = number_of(given)
        if number is None or number >= len(self._parts):
            return QSizeF()
        part = self._parts[number]
        if not isinstance(part, Formula):
            return self._size_of(self._images[number])
        if part.is_display:
            formula, em = self._displayed(number)
            return QSizeF(formula.width * em, formula.height * em + 2 * _DISPLAY_ROOM)
        formula, em = self._in_line(number)
        width = formula.width * em + QFontMetricsF(self._font).horizontalAdvance(part.tail)
        if formula is not self._inline[number]:
            return QSizeF(width, formula.height * em)
        below = QFontMetrics(given.toCharFormat().font()).descent()
        return QSizeF(width, formula.ascent * em + below)

    def drawObject(
        self, painter: QPainter, rect: QRectF, _document: QTextDocument, _position: int, given: QTextFormat
    ) -> None:
        number = number_of(given)
        if number is None or number >= len(self._parts):
            return
        part = self._parts[number]
        if not isinstance(part, Formula):
            self._draw_picture(painter, rect, self._images[number], part)
            return
        color = theme.manager().current.text
        if part.is_display:
            formula, em = self._displayed(number)
            formula.paint(painter, QPointF(rect.left(), rect.top() + _DISPLAY_ROOM), em, color)
        else:
            formula, em = self._in_line(number)
            formula.paint(painter, rect.topLeft(), em, color)
            if part.tail:
                is_broken = formula is not self._inline[number]
                ascent = formula.height - _LAST_DESCENT if is_broken else formula.ascent
                self._draw_tail(painter, rect.right(), rect.top() + ascent * em, part.tail)

    # Inner workings

    def _draw_tail(self, painter: QPainter, right: float, baseline: float, tail: str) -> None:
        painter.save()
        painter.setFont(self._font)
        painter.setPen(theme.manager().current.text)
        width = QFontMetricsF(self._font).horizontalAdvance(tail)
        painter.drawText(QPointF(right - width, baseline), tail)
        painter.restore()

    @property
    def _room(self) -> float:
        return max(self._document.textWidth() - 2.0, 60.0)

    def _in_line(self, number: int) -> tuple[Set, float]:
        formula, em = self._inline[number], self._em * _SIZE
        scale = min(self._room / max(formula.width * em, 1.0), 1.0)
        if scale >= _LEAST_SCALE:
            return formula, em * scale
        return self._broken(number, em), em

    def _displayed(self, number: int) -> tuple[Set, float]:
        em = self._em * _DISPLAY_SIZE
        return self._broken(number, em), em

    def _broken(self, number: int, em: float) -> Set:
        key = (number, round(self._room))
        if key not in self._lines:
            part = self._parts[number]
            assert isinstance(part, Formula)
            self._lines[key] = typeset(part.latex, "", self._room / em)
        return self._lines[key]

    def _size_of(self, image: QImage | None) -> QSizeF:
        if image is None or image.isNull():
            return QSizeF(self._room, _NO_PICTURE)
        size = QSizeF(image.size()) / image.devicePixelRatio()
        return size * min(1.0, self._room / size.width(), _MOST_HEIGHT / size.height())

    def _draw_picture(self, painter: QPainter, rect: QRectF, image: QImage | None, part: Picture) -> None:
        colors = theme.manager().current
        place = rect.adjusted(0.5, 0.5, -0.5, -0.5)
        outline = QPainterPath()
        outline.addRoundedRect(place, 6, 6)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if image is None or image.isNull():
            painter.fillPath(outline, colors.hover)
            painter.setPen(colors.muted)
            text = (
                f"Click to open “{part.view.capitalize()}” and take its picture."
                if part.view
                else f"The picture “{part.source}” is not there."
            )
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(place.adjusted(8, 4, -8, -4), flags, text)
        else:
            painter.save()
            painter.setClipPath(outline)
            painter.drawImage(place, image)
            painter.restore()
        painter.setPen(QPen(colors.border, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(outline)
        painter.restore()


def number_of(given: QTextFormat) -> int | None:
    """Return which part of its text an object is, or None for what is none."""
    if given.objectType() != KIND:
        return None
    return int(given.property(_NUMBER))


def format_of(
    number: int, part: Formula | Picture, objects: InlineObjects, around: QTextCharFormat
) -> QTextCharFormat:
    """Return the format of the character that stands for a part."""
    made = QTextCharFormat()
    made.setObjectType(KIND)
    made.setProperty(_NUMBER, number)
    if isinstance(part, Formula):
        if not part.is_display:
            # Qt puts an object's lower edge below the baseline by the descent of the character's font.
            made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
            made.setFont(_font_reaching(objects.descent_of(number), around.font()))
        made.setToolTip("")
    elif part.view:
        made.setAnchor(True)
        made.setAnchorHref(f"picture:{part.source}")
        made.setToolTip("Click to take this picture anew")
    return made


def _font_reaching(descent: float, font: QFont) -> QFont:
    """Return a font that reaches as far below the baseline, or a little further."""
    result = QFont(font)
    size = 4
    result.setPixelSize(size)
    while QFontMetrics(result).descent() < descent and size < 400:
        size += 1
        result.setPixelSize(size)
    return result
