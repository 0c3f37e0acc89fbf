"""The cycle of learning as a ring: its phases as buttons, joined by arrows, with the loop from STEP back."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from nnstudio.ui import theme
from nnstudio.ui.canvas.tints import faded
from nnstudio.ui.phases.words import NAMES

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QResizeEvent

    from nnstudio.training.phases import Phase
    from nnstudio.ui.theme import Theme

_HEIGHT, _NODE_HEIGHT, _DEPTH = 50, 24, 12.0
_TIGHT, _MOST_GAP = 8.0, 28.0
_FONT_PIXELS = 11
_BELOW = _NODE_HEIGHT + 2  # where what changes while it turns begins
_LEAST_WORDS = 60  # pixels; less room shows none
_LINE, _ONE_LINE_TOP = 12.0, 29.0
_SWEEP, _WAY_POINTS = 0.28, 44  # the share of the loop that glows behind its head, and its points


class Ring(QWidget):
    """Phases in a row, the loop beneath them. ``chosen`` tells which was clicked.

    Below the first stands how the weights began, within the loop what is counted, below the last what ends
    the training.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Or what is under the card would be painted anew with every turn.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self.present: Phase | None = None
        self.progress = 0.0
        self.turn: float | None = None
        self._is_short = False
        self._way: list[QPointF] = []  # round the loop
        self.words = ("", "", "")
        self.nodes: dict[Phase, _Node] = {}
        for phase in NAMES:
            node = _Node(phase, self)
            node.clicked.connect(self._choose)
            self.nodes[phase] = node

    def sizeHint(self) -> QSize:
        return QSize(round(self._width_with(_MOST_GAP)) + 60, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(round(self._width_with(_TIGHT)), _HEIGHT)

    def show_phase(self, phase: Phase | None, progress: float = 0.0) -> None:
        """Light a phase up, which is so far; None: none of them."""
        if phase == self.present and progress == self.progress and self.turn is None:
            return
        self.turn = None
        if phase != self.present:
            self.present = phase
            for key, node in self.nodes.items():
                node.is_lit = key == phase
        self.progress = progress
        self.update()

    def show_turn(self, turn: float) -> None:
        """Show the loop as turning, at a share of its way from PREDICT round to PREDICT."""
        self.present = None
        for node in self.nodes.values():
            node.is_lit = False
        self.turn = turn % 1.0
        self.update(0, _BELOW, self.width(), _HEIGHT - _BELOW)

    def show_words(self, start: str, count: str, stop: str) -> None:
        """Say how the weights began, what is counted, and what ends the training."""
        if (start, count, stop) != self.words:
            self.words = (start, count, stop)
            self.nodes["stop"].setToolTip(f"{NAMES['stop'].tip}: {stop}")
            self.nodes["init"].setToolTip(f"{NAMES['init'].tip}: {start}")
            self.update(0, _BELOW, self.width(), _HEIGHT - _BELOW)

    def set_short(self, short: bool) -> None:
        """Show the loop alone, without where it begins and ends, or all of it."""
        if short == self._is_short:
            return
        self._is_short = short
        for phase in ("init", "stop"):
            self.nodes[phase].setVisible(not short)
        self._lay_out()
        self.update()

    # Layout

    def _shown(self) -> list[_Node]:
        return [node for node in self.nodes.values() if not node.isHidden()]

    def _width_with(self, gap: float) -> float:
        shown = self._shown()
        return sum(node.width_wanted() for node in shown) + gap * (len(shown) - 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        self._way = []
        # The first and the last arrow are longer: below their ends stand words.
        for tight in (False, True):
            for node in self.nodes.values():
                node.is_tight = tight
            if self.width() >= self._width_with(_TIGHT):
                break
        room = self.width() - self._width_with(0.0)
        gap = max(_TIGHT, min(room / (len(NAMES) + 1), _MOST_GAP))
        outer = max(_TIGHT, (room - gap * (len(NAMES) - 3)) / 2.0)
        x = 0.0 if not self._is_short else max(0.0, (room - 3 * gap) / 2.0)
        for phase, node in self.nodes.items():
            if node.isHidden():
                continue
            width = node.width_wanted()
            node.setGeometry(round(x), 1, round(width), _NODE_HEIGHT)
            x += width + (outer if phase in ("init", "step") else gap)

    def _loop(self) -> QPainterPath:
        """Return the way from below STEP back to below PREDICT."""
        first, last = self.nodes["predict"].geometry(), self.nodes["step"].geometry()
        left, right = first.x() + first.width() / 2.0, last.x() + last.width() / 2.0
        top, bottom = first.bottom() + 3.0, first.bottom() + 3.0 + _DEPTH
        bend = 10.0
        path = QPainterPath(QPointF(right, top))
        path.lineTo(right, bottom - bend)
        path.quadTo(right, bottom, right - bend, bottom)
        path.lineTo(left + bend, bottom)
        path.quadTo(left, bottom, left, bottom - bend)
        path.lineTo(left, top + 1.0)
        return path

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        current = theme.manager().current
        painter = QPainter(self)
        painter.fillRect(event.rect(), current.panel)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        font = QFont(self.font())
        font.setPixelSize(_FONT_PIXELS)
        painter.setFont(font)
        nodes = [node.geometry() for node in self._shown()]
        for before, after in itertools.pairwise(nodes if event.rect().top() < _BELOW else []):
            y = before.center().y() + 0.5
            _paint_arrow(painter, QPointF(before.right() + 3, y), QPointF(after.left() - 2, y), current.faint)
        loop = self._loop()
        painter.setPen(QPen(current.faint, 1.25))
        painter.drawPath(loop)
        tip = loop.pointAtPercent(1.0)
        _paint_head(painter, tip, -math.pi / 2, current.faint)
        if self.turn is not None:
            self._paint_turn(painter, loop, current)
        elif self.present is not None and not self.nodes[self.present].isHidden():
            self._paint_progress(painter, current)
        self._paint_words(painter, QFontMetricsF(font), current)

    def _paint_progress(self, painter: QPainter, current: Theme) -> None:
        assert self.present is not None
        node = self.nodes[self.present].geometry()
        width = (node.width() - 12) * min(1.0, self.progress)
        painter.setPen(QPen(current.accent, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        y = node.bottom() + 2.5
        if width > 1.0:
            painter.drawLine(QPointF(node.left() + 6, y), QPointF(node.left() + 6 + width, y))

    def _paint_turn(self, painter: QPainter, loop: QPainterPath, current: Theme) -> None:
        """Paint a light that runs along below the row and back along the loop."""
        assert self.turn is not None
        if not self._way:
            first, last = self.nodes["predict"].geometry(), self.nodes["step"].geometry()
            y = first.bottom() + 2.5
            way = QPainterPath(QPointF(first.center().x(), y))
            way.lineTo(last.center().x(), y)
            way.connectPath(loop)
            self._way = [way.pointAtPercent(number / _WAY_POINTS) for number in range(_WAY_POINTS)]
        head = round(self.turn * _WAY_POINTS)
        length = round(_SWEEP * _WAY_POINTS)
        pen = QPen(current.accent, 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        for back in range(length):
            end = (head - back) % _WAY_POINTS
            if end:  # nothing joins the end of the way and its beginning
                pen.setColor(faded(current.accent, 0.9 * (1.0 - back / length)))
                painter.setPen(pen)
                painter.drawLine(self._way[end - 1], self._way[end])

    def _paint_words(self, painter: QPainter, metrics: QFontMetricsF, current: Theme) -> None:
        start, count, stop = self.words
        first, last = self.nodes["predict"].geometry(), self.nodes["step"].geometry()
        top = _ONE_LINE_TOP + 1.0
        left, right = first.center().x(), last.center().x()
        painter.setPen(current.muted)
        room = QRectF(left + 8, top - 2.0, right - left - 16, 16)
        shown = metrics.elidedText(count, Qt.TextElideMode.ElideRight, room.width())
        wide = metrics.horizontalAdvance(shown) + 12
        if shown:
            painter.fillRect(QRectF(room.center().x() - wide / 2, top, wide, 14), current.panel)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, shown)
        painter.setPen(current.muted)
        for text, x, width, align in (
            (start, 2.0, left - 12.0, Qt.AlignmentFlag.AlignLeft),
            (stop, right + 10.0, self.width() - right - 12.0, Qt.AlignmentFlag.AlignRight),
        ):
            lines = words_in_lines(text, width, metrics) if width > _LEAST_WORDS else []
            y = _ONE_LINE_TOP if len(lines) < 2 else _HEIGHT - 2 * _LINE
            for number, line in enumerate(lines):
                area = QRectF(x, y + number * _LINE, width, _LINE)
                painter.drawText(area, align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, line)

    def _choose(self) -> None:
        node = self.sender()
        if isinstance(node, _Node):
            self.chosen.emit(node.phase)


class _Node(QToolButton):
    """One phase."""

    def __init__(self, phase: Phase, parent: Ring) -> None:
        super().__init__(parent)
        self.phase = phase
        self._is_lit = False
        self.is_tight = False
        self.setText(NAMES[phase].title)
        self.setToolTip(NAMES[phase].tip)
        self.setAccessibleName(f"{NAMES[phase].title.capitalize()}: {NAMES[phase].tip}")
        self.setObjectName(f"phase-{phase}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        # Clicking must not take the keys away from the canvas; Tab still gets here.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        font = QFont(self.font())
        font.setPixelSize(_FONT_PIXELS)
        font.setWeight(QFont.Weight.DemiBold)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.4)
        self._font = font

    @property
    def is_lit(self) -> bool:
        """Whether it is the present phase."""
        return self._is_lit

    @is_lit.setter
    def is_lit(self, lit: bool) -> None:
        if lit != self._is_lit:
            self._is_lit = lit
            self.update()

    def width_wanted(self) -> float:
        """Return the width that the name needs."""
        return QFontMetricsF(self._font).horizontalAdvance(self.text()) + (4.0 if self.is_tight else 18.0)

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        hovered = self.underMouse() and self.isEnabled()
        painter.setBrush(current.accent if self._is_lit else current.hover if hovered else current.field)
        edge = current.accent if self._is_lit or self.hasFocus() else current.border
        painter.setPen(QPen(edge, 1.5 if self.hasFocus() else 1.0))
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        ink = current.accent_text if self._is_lit else current.text if self.isEnabled() else current.faint
        painter.setPen(ink)
        painter.setFont(self._font)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.text())


def words_in_lines(text: str, width: float, metrics: QFontMetricsF) -> list[str]:
    """Return a text in one line, or in two where it is too long, after a comma where both have room.

    What is longer still is cut off.
    """

    def fits(line: str) -> bool:
        return metrics.horizontalAdvance(line) <= width

    if fits(text):
        return [text]
    places = [place for place, letter in enumerate(text) if letter == " " and fits(text[:place])]
    commas = [place for place in places if text[place - 1] == "," and fits(text[place + 1 :])]
    place = max(commas or places, default=0)
    lines = (text[:place], text[place:].strip())
    return [metrics.elidedText(line, Qt.TextElideMode.ElideRight, width) for line in lines if line]


def _paint_arrow(painter: QPainter, begin: QPointF, end: QPointF, color: QColor) -> None:
    painter.setPen(QPen(color, 1.25))
    painter.drawLine(begin, end)
    _paint_head(painter, end, 0.0, color)


def _paint_head(painter: QPainter, tip: QPointF, angle: float, color: QColor) -> None:
    """Paint the head of an arrow whose tip is at a point, in a direction."""
    points = [tip]
    for side in (-1.0, 1.0):
        turned = angle + math.pi + side * 0.5
        points.append(tip + QPointF(math.cos(turned), math.sin(turned)) * 6.0)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF(points))
    painter.setBrush(Qt.BrushStyle.NoBrush)
