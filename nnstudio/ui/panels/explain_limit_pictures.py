"""What the limit shows: the loss with secant and tangent, and the errors of quotients over h."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.explain.limits import DECADES
from nnstudio.ui import theme
from nnstudio.ui.numbers import format_number
from nnstudio.ui.panels.frame import framed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.explain.limits import Quotient

_DECADES = len(DECADES) - 1
# What is smaller can't be told from no error at all.
_LEAST_ERROR = 1e-18
_HEIGHT = 150


class _Picture(QWidget):
    """A small framed plot, painted by hand: it has few points, and changes with every step of a slider."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.manager().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def begun(self) -> tuple[QPainter, QRectF]:
        """Return a painter with the font of labels, and where the frame is."""
        painter, frame = framed(self)
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        return painter, frame

    @staticmethod
    def label(painter: QPainter, at: QPointF, text: str, color: QColor, *, right: bool = False) -> None:
        """Write a word with its left end, or its right end, at a point of the baseline."""
        painter.setPen(color)
        width = painter.fontMetrics().horizontalAdvance(text) if right else 0
        painter.drawText(at - QPointF(width, 0.0), text)


class SecantPicture(_Picture):
    """The loss over the parameter, its tangent, and the line through the points that are compared."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("The loss over the parameter, with secant and tangent")
        self._symbol = "w"
        self._value, self._slope = 0.0, 0.0
        self._curve: list[tuple[float, float]] = []
        self._ends: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 0.0), (0.0, 0.0))

    @property
    def ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Where the secant goes through: offsets and losses of its two points."""
        return self._ends

    def show_curve(
        self,
        symbol: str,
        value: float,
        offsets: Sequence[float],
        losses: Sequence[float],
        slope: float,
        ends: tuple[tuple[float, float], tuple[float, float]],
    ) -> None:
        """Show the losses at ``offsets`` from a value, with the slope there and the ends of a secant."""
        self._symbol = symbol
        self._value, self._slope, self._ends = value, slope, ends
        self._curve = [(x, y) for x, y in zip(offsets, losses, strict=True) if math.isfinite(y)]
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.manager().current
        painter, frame = self.begun()
        if len(self._curve) < 2:
            return
        area = frame.adjusted(10, 24, -10, -22)
        reach = max(abs(self._curve[0][0]), abs(self._curve[-1][0]))
        losses = [loss for _, loss in self._curve]
        low, high = min(losses), max(losses)
        least = 1e-12 * max(1.0, abs(high))
        if high - low < least:
            # In the middle, where it is flat.
            low, high = (low + high - least) / 2.0, (low + high + least) / 2.0
        room = high - low
        here = min(self._curve, key=lambda point: abs(point[0]))[1]

        def place(x: float, y: float) -> QPointF:
            down = (high - y) / room
            return QPointF(
                area.left() + (x + reach) / (2.0 * reach) * area.width(), area.top() + down * area.height()
            )

        painter.setClipRect(frame.adjusted(1, 20, -1, -18))  # beyond are the words
        painter.setPen(QPen(current.grid, 1))
        painter.drawLine(place(0.0, low), place(0.0, high))
        painter.setPen(QPen(current.muted, 1.75))
        painter.drawPolyline(QPolygonF([place(x, y) for x, y in self._curve]))
        painter.setPen(QPen(current.positive, 1.25, Qt.PenStyle.DashLine))
        painter.drawLine(place(-reach, here - self._slope * reach), place(reach, here + self._slope * reach))
        (x0, x1), (y0, y1) = self._ends
        if math.isfinite(y1 - y0) and x1 > x0:
            rise = (y1 - y0) / (x1 - x0)
            painter.setPen(QPen(current.negative, 1.25))
            painter.drawLine(place(-reach, y0 - rise * (reach + x0)), place(reach, y0 + rise * (reach - x0)))
            painter.setPen(QPen(current.panel, 1.5))
            painter.setBrush(current.negative)
            for x, y in ((x0, y0), (x1, y1)):
                painter.drawEllipse(place(x, y), 4, 4)
        painter.setClipping(False)
        top = frame.top() + 14
        self.label(painter, QPointF(frame.left() + 8, top), "loss", current.muted)
        middle = painter.fontMetrics().horizontalAdvance("loss") + 18
        self.label(painter, QPointF(frame.left() + middle, top), "tangent", current.positive)
        middle += painter.fontMetrics().horizontalAdvance("tangent") + 10
        self.label(painter, QPointF(frame.left() + middle, top), "secant", current.negative)
        bottom = frame.bottom() - 6
        self.label(
            painter, QPointF(frame.left() + 8, bottom), format_number(self._value - reach), current.muted
        )
        self.label(
            painter,
            QPointF(frame.right() - 8, bottom),
            format_number(self._value + reach),
            current.muted,
            right=True,
        )
        word = f"{self._symbol} = {format_number(self._value)}"
        half = painter.fontMetrics().horizontalAdvance(word) / 2
        self.label(painter, QPointF(frame.center().x() - half, bottom), word, current.muted)


class ErrorPicture(_Picture):
    """Both errors of the quotient over h, each axis in powers of ten."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Errors of the quotient over h")
        self._steps: list[float] = []
        self._errors: list[Quotient] = []
        self._point: tuple[float, Quotient] | None = None

    @property
    def sizes(self) -> list[float]:
        """The sizes of all errors there are to be drawn."""
        found = [abs(error) for each in self._errors for error in (each.truncation, each.rounding)]
        return [size for size in found if math.isfinite(size) and size > _LEAST_ERROR]

    def show_errors(self, steps: Sequence[float], errors: Sequence[Quotient], what: str) -> None:
        """Show the errors at each h of what is told as ``what``."""
        self._steps, self._errors = list(steps), list(errors)
        self.setToolTip(f"How far {what} is from the derivative, over h. Both axes are in powers of ten")
        self.update()

    def show_point(self, h: float, found: Quotient) -> None:
        """Mark where the slider stands."""
        self._point = (h, found)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.manager().current
        painter, frame = self.begun()
        area = frame.adjusted(46, 26, -12, -22)
        sizes = self.sizes
        if not sizes:
            return
        low, high = math.floor(math.log10(min(sizes))), math.ceil(math.log10(max(sizes)))
        high = min(max(high, low + 1), 308)  # beyond, powers of ten are infinite

        def place(h: float, error: float) -> QPointF:
            down = (high - math.log10(max(abs(error), _LEAST_ERROR))) / (high - low)
            across = -math.log10(h) / _DECADES
            return QPointF(area.left() + across * area.width(), area.top() + down * area.height())

        for power in range(low, high + 1, max(1, round((high - low) / 4))):
            y = place(1.0, 10.0**power).y()
            painter.setPen(QPen(current.grid, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            text = format_number(10.0**power, 1)
            self.label(painter, QPointF(area.left() - 4, y + 4), text, current.muted, right=True)
        bottom = frame.bottom() - 6
        for power in range(0, _DECADES + 1, 5):
            at = QPointF(place(10.0**-power, 1.0).x(), bottom)
            text = "h = 1" if power == 0 else format_number(10.0**-power, 1)
            width = painter.fontMetrics().horizontalAdvance(text)
            self.label(
                painter,
                at - QPointF(width / 2 if 0 < power < _DECADES else width * (power > 0), 0.0),
                text,
                current.muted,
            )
        painter.setClipRect(frame.adjusted(1, 1, -1, -1))
        for color, name in ((current.positive, "truncation"), (current.negative, "rounding")):
            found = [(h, getattr(each, name)) for h, each in zip(self._steps, self._errors, strict=True)]
            shown = [
                place(h, error) for h, error in found if math.isfinite(error) and abs(error) > _LEAST_ERROR
            ]
            painter.setPen(QPen(color, 1.75))
            painter.drawPolyline(QPolygonF(shown))
        if self._point is not None and math.isfinite(self._point[1].error):
            h, each = self._point
            at = place(h, each.error)
            painter.setPen(QPen(current.faint, 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()))
            painter.setPen(QPen(current.panel, 1.5))
            painter.setBrush(current.text)
            painter.drawEllipse(at, 4, 4)
        painter.setClipping(False)
        top = frame.top() + 14
        self.label(painter, QPointF(frame.left() + 8, top), "truncation", current.positive)
        middle = painter.fontMetrics().horizontalAdvance("truncation") + 18
        self.label(painter, QPointF(frame.left() + middle, top), "rounding", current.negative)
