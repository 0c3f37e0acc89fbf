"""One neuron on the canvas: a circle with its curve, its value for the sample in focus and its label."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.network.rules import CUSTOM_ACTIVATION
from nnstudio.ui import theme
from nnstudio.ui.canvas.geometry import NEURON_RADIUS, SQUARE_CORNER, simplified
from nnstudio.ui.canvas.tints import faded, mixed
from nnstudio.ui.numbers import format_number
from nnstudio.ui.panels.curve import activation_points, curve_pieces, value_range

if TYPE_CHECKING:
    from nnstudio.network import Neuron
    from nnstudio.ui.canvas.faces.painting import Face
    from nnstudio.ui.theme import Theme

Hover = Literal["", "core", "rim"]

# In larger networks text and curves wait for a larger zoom, which leaves fewer neurons on view to paint.
_CROWD = 150
_GLYPH_TOLERANCE = 0.04
_LABEL_LENGTH = 18
_FORMULA_LENGTH = 80
_BIAS_SPAN = 120.0  # degrees that a large bias fills
_SELECTION_GAP = 4.5
FACE_REACH = NEURON_RADIUS - 1.0  # its corners lie under the frame
_FACE_PIXELS = 7.0  # where a picture would be smaller, the neuron's value alone is shown
_CAPTION_GAP = 6.0
_FILL_SHARE = 0.62  # how much of a value's color fills the circle, so that text stays legible
DISABLED_OPACITY = 0.5
_ROLE_WORDS = {"input": "Input", "hidden": "Hidden neuron", "output": "Output"}


@dataclass
class Detail:
    """From which zoom on text and curves are painted; one for all neurons of a scene."""

    text_zoom: float = 0.0
    curve_zoom: float = 0.0
    has_outlines: bool = True
    is_crowd: bool = False  # so many that they are painted all at once
    is_plain: bool = False  # curves alone, at any zoom: for pictures too small for text
    has_faces: bool = True  # whether neurons show pictures, where they have one

    def fit(self, neuron_count: int) -> None:
        """Choose by the number of neurons."""
        self.is_crowd = neuron_count > _CROWD
        self.has_outlines = not self.is_crowd
        self.text_zoom, self.curve_zoom = (0.7, 0.95) if self.is_crowd else (0.45, 0.7)


class NeuronItem(QGraphicsItem):
    """Paints one neuron; what it shows is set by the scene, and it changes nothing itself."""

    def __init__(self, neuron: Neuron, detail: Detail) -> None:
        super().__init__()
        self._detail = detail
        self.neuron = neuron
        self.is_selected = False
        self.hover: Hover = ""
        self.is_marked = False
        self.is_alert = False
        self.is_on_path = False
        self.problem = ""
        self.is_problem_serious = False
        self.bias = neuron.bias  # the one on view, which may be of another moment than the drawing's
        self.value = math.nan
        self.tint: tuple[int, int, int] | None = None  # the value's color
        self.face: Face | None = None  # the picture that it shows
        self.setPos(*neuron.position)
        self.setZValue(1.0)

    def set_neuron(self, neuron: Neuron) -> None:
        """Show another state of the same neuron."""
        self.neuron, self.bias = neuron, neuron.bias
        self.setPos(*neuron.position)
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(-70.0, -NEURON_RADIUS - 14.0, 140.0, 2 * NEURON_RADIUS + 40.0)

    def describe(self) -> str:
        """Return what a tooltip says."""
        neuron = self.neuron
        parts = [f"{neuron.label or neuron.id}: {_ROLE_WORDS[neuron.role].lower()}"]
        if neuron.activation is not None:
            parts.append(f"{_activation_text(neuron.activation)}, bias {format_number(self.bias)}")
            if not neuron.trainable:
                parts.append("the bias is frozen")
            elif neuron.rate_factor != 1.0:
                parts.append(f"the bias learns at {format_number(neuron.rate_factor)} times the rate")
        if not neuron.enabled:
            parts.append("disabled: it takes no part")
        if math.isfinite(self.value):
            parts.append(f"value {format_number(self.value)} for the sample in focus")
        return "\n".join([*parts, *([self.problem] if self.problem else [])])

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        current = theme.manager().current
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        face = self.face if self.shows_face(zoom) else None
        self._paint_at(painter, current, zoom, face, is_file=widget is None)

    @property
    def is_square(self) -> bool:
        """Whether it has the shape of what shows a picture, be that too small to be seen."""
        return self.face is not None and self._detail.has_faces

    def shows_face(self, zoom: float) -> bool:
        """Return whether the picture is large enough to be seen."""
        return self.is_square and 2 * NEURON_RADIUS * zoom >= _FACE_PIXELS

    def look(self, zoom: float) -> tuple[object, ...]:
        """Return what `paint_small` depends on; neurons of one look are painted alike."""
        is_open = self.shows_face(zoom)
        neuron, tint = self.neuron, None if is_open else self.tint
        return (
            self.is_square,
            is_open,
            neuron.role,
            neuron.enabled,
            self.is_selected,
            self.hover,
            self.is_marked,
            self.is_alert,
            self.is_on_path,
            self.is_problem_serious if self.problem else None,
            # Shades that nobody can tell apart.
            None if tint is None else (tint[0] >> 4, tint[1] >> 4, tint[2] >> 4),
        )

    def paint_small(self, painter: QPainter, zoom: float) -> None:
        """Paint what is seen from far away: no curve and no text, and a picture's frame without it."""
        is_open = self.shows_face(zoom)
        self._paint_at(painter, theme.manager().current, 0.0, is_open=is_open)

    def _paint_at(
        self,
        painter: QPainter,
        current: Theme,
        zoom: float,
        face: Face | None = None,
        *,
        is_file: bool = False,
        is_open: bool = False,
    ) -> None:
        role = getattr(current, self.neuron.role)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_rings(painter, current)
        if not self.neuron.enabled:
            # What is under it must not be seen through it.
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(Qt.BrushStyle.NoBrush if is_open else current.canvas)
            self._paint_shape(painter, 0.0)
            painter.setOpacity(DISABLED_OPACITY * painter.opacity())
        self._paint_port(painter, role)
        fill = current.panel if face is not None else self._fill(current)
        if face is not None:
            area = QRectF(-FACE_REACH, -FACE_REACH, 2 * FACE_REACH, 2 * FACE_REACH)
            painter.fillRect(area, fill)
            face.paint(painter, area, is_file=is_file)
        painter.setBrush(Qt.BrushStyle.NoBrush if face is not None or is_open else fill)
        pen = QPen(role, 2.0)
        if not self.neuron.enabled:
            pen.setDashPattern([2.5, 1.8])
        painter.setPen(pen)
        self._paint_shape(painter, 0.0)
        if zoom >= self._detail.curve_zoom or self._detail.is_plain:
            if face is None:
                self._paint_inside(painter, current, fill)
            self._paint_bias(painter, current)
        if zoom >= self._detail.text_zoom and not self._detail.is_plain:
            value = format_number(self.value, 2) if face is not None and math.isfinite(self.value) else ""
            self._paint_caption(painter, current, value)
        if self.problem:
            color = current.error if self.is_problem_serious else current.warning
            _paint_badge(painter, QPointF(16, -16), "!", color, current.canvas)
        if zoom >= self._detail.curve_zoom and self.neuron.role != "input":
            self._paint_constraint(painter, current)
        if self.is_marked:
            _paint_badge(painter, QPointF(-16, -16), "1", current.accent, current.accent_text)

    def _paint_shape(self, painter: QPainter, beyond: float) -> None:
        """Paint the outline, or one so far beyond it."""
        reach = NEURON_RADIUS + beyond
        if self.is_square:
            corner = SQUARE_CORNER + beyond
            painter.drawRoundedRect(QRectF(-reach, -reach, 2 * reach, 2 * reach), corner, corner)
        else:
            painter.drawEllipse(QPointF(0, 0), reach, reach)

    def _paint_rings(self, painter: QPainter, current: Theme) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.hover == "rim":
            painter.setPen(QPen(faded(current.accent, 0.38), 8.0))
            self._paint_shape(painter, 4.0)
        elif self.hover == "core" and not self.is_selected:
            painter.setPen(QPen(faded(current.accent, 0.55), 1.5))
            self._paint_shape(painter, _SELECTION_GAP)
        if self.is_selected:
            painter.setPen(QPen(current.accent, 2.25))
            self._paint_shape(painter, _SELECTION_GAP)
        if self.is_on_path:
            painter.setPen(QPen(current.accent, 3.0))
            self._paint_shape(painter, _SELECTION_GAP)
        if self.is_alert:
            painter.setPen(QPen(current.error, 3.0))
            self._paint_shape(painter, _SELECTION_GAP)

    def _paint_port(self, painter: QPainter, role: QColor) -> None:
        # Where data come in and results go out.
        if self.neuron.role == "hidden":
            return
        side = -1.0 if self.neuron.role == "input" else 1.0
        painter.setPen(QPen(role, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(side * NEURON_RADIUS, 0), QPointF(side * (NEURON_RADIUS + 9), 0))

    def _fill(self, current: Theme) -> QColor:
        if self.tint is None:
            return current.panel
        return mixed(current.panel, QColor(*self.tint), _FILL_SHARE)

    def _paint_inside(self, painter: QPainter, current: Theme, fill: QColor) -> None:
        ink = _ink(fill, current)
        has_value = math.isfinite(self.value) and not self._detail.is_plain
        if self.neuron.activation is not None:
            middle = QPointF(0, -6.5) if has_value else QPointF(0, 0)
            size = 0.72 if has_value else 1.0
            painter.save()
            painter.translate(middle)
            painter.scale(size, size)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(faded(ink, 0.28), 1.0))
            glyph, zero = _glyph(self.neuron.activation)
            painter.drawLine(QPointF(-13, zero), QPointF(13, zero))
            painter.setPen(
                QPen(
                    faded(ink, 0.85),
                    1.75,
                    Qt.PenStyle.SolidLine,
                    Qt.PenCapStyle.RoundCap,
                    Qt.PenJoinStyle.RoundJoin,
                )
            )
            for piece in glyph:
                painter.drawPolyline(piece)
            painter.restore()
        if has_value:
            painter.setPen(ink)
            painter.setFont(_font(10.0))
            top = -8.0 if self.neuron.activation is None else 2.0
            painter.drawText(
                QRectF(-NEURON_RADIUS, top, 2 * NEURON_RADIUS, 16),
                Qt.AlignmentFlag.AlignCenter,
                format_number(self.value, 2),
            )

    def _paint_bias(self, painter: QPainter, current: Theme) -> None:
        bias = self.bias
        if not bias:
            return
        # From the top to the right for a positive bias, to the left for a negative one.
        span = _BIAS_SPAN * math.tanh(abs(bias)) * (-1.0 if bias > 0 else 1.0)
        color = current.positive if bias > 0 else current.negative
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        inner = NEURON_RADIUS - 3.0
        if self.is_square:
            start, end = (
                QPointF(0.0, -inner),
                QPointF(-span / _BIAS_SPAN * (inner - SQUARE_CORNER / 2), -inner),
            )
            # A rim keeps it legible on a picture of its own color.
            for pen in (QPen(current.panel, 4.0), painter.pen()):
                painter.setPen(pen)
                painter.drawLine(start, end)
            return
        painter.drawArc(QRectF(-inner, -inner, 2 * inner, 2 * inner), 90 * 16, round(span * 16))

    def _paint_constraint(self, painter: QPainter, current: Theme) -> None:
        if self.neuron.trainable and self.neuron.rate_factor == 1.0:
            return
        at = QPointF(16, 16)
        painter.setPen(QPen(current.canvas, 1.5))
        painter.setBrush(current.muted)
        painter.drawEllipse(at, 7, 7)
        painter.setPen(QPen(current.canvas, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.neuron.trainable and self.neuron.rate_factor != 0.0:
            painter.setFont(_font(9.0))
            painter.drawText(QRectF(at.x() - 7, at.y() - 7, 14, 14), Qt.AlignmentFlag.AlignCenter, "×")
        else:
            # A padlock.
            painter.drawArc(QRectF(at.x() - 1.9, at.y() - 4.2, 3.8, 5.0), 0, 180 * 16)
            painter.fillRect(QRectF(at.x() - 3, at.y() - 1.2, 6, 4.4), current.canvas)

    def _paint_caption(self, painter: QPainter, current: Theme, value: str) -> None:
        """Paint the label below, and a value beside it."""
        label, most = self.neuron.label, _LABEL_LENGTH - len(value)
        if len(label) > most:
            label = label[: most - 1] + "…"
        area = QRectF(-70, NEURON_RADIUS + 5, 140, 18)
        font, center = _font(12.0), Qt.AlignmentFlag.AlignHCenter
        if label and value:
            left, right = _text_width(label, 12.0), _text_width(value, 11.0)
            start = -(left + _CAPTION_GAP + right) / 2
            area = QRectF(start, area.top(), left + 1.0, area.height())
            beside = QRectF(start + left + _CAPTION_GAP, area.top() + 1.0, right + 1.0, area.height())
            self._paint_text(painter, current, beside, value, _font(11.0), current.muted)
        elif value:
            self._paint_text(painter, current, area, value, _font(11.0), current.muted, center)
        if label:
            self._paint_text(painter, current, area, label, font, current.text, center)

    def _paint_text(
        self,
        painter: QPainter,
        current: Theme,
        area: QRectF,
        text: str,
        font: QFont,
        color: QColor,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        painter.setFont(font)
        if self._detail.has_outlines:
            # A rim in the canvas's color keeps the text legible on connections.
            painter.setPen(faded(current.canvas, 0.85))
            for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                painter.drawText(area.translated(dx, dy), align, text)
        painter.setPen(color)
        painter.drawText(area, align, text)


@lru_cache(maxsize=1024)
def _glyph(key: str) -> tuple[tuple[QPolygonF, ...], float]:
    """Return the curve of an activation in pieces, 26 by 20 around the origin, and its zero line's height."""
    points = activation_points(key)
    low, high = value_range(points)
    low, high = low - 0.04 * (high - low), high + 0.04 * (high - low)

    def height(a: float) -> float:
        return 10.0 - (a - low) / (high - low) * 20.0

    reach = points[-1][0]
    pieces = curve_pieces(points, low, high)
    # Each corner costs, with round joins and smooth edges, and most can't be seen.
    shown = (
        simplified(np.array([(z / reach * 13.0, height(a)) for z, a in piece]), _GLYPH_TOLERANCE)
        for piece in pieces
    )
    return tuple(QPolygonF([QPointF(x, y) for x, y in piece.tolist()]) for piece in shown), height(0.0)


def _activation_text(key: str) -> str:
    if not key.startswith(CUSTOM_ACTIVATION):
        return f"activation {key}"
    formula = key.removeprefix(CUSTOM_ACTIVATION)
    if len(formula) > _FORMULA_LENGTH:
        formula = f"{formula[: _FORMULA_LENGTH - 1]}…"
    return f"activation a = {formula}, of the weighted sum x"


@cache
def _font(pixels: float) -> QFont:
    font = QFont()
    font.setPixelSize(round(pixels))
    return font


@lru_cache(maxsize=4096)
def _text_width(text: str, pixels: float) -> float:
    return QFontMetricsF(_font(pixels)).horizontalAdvance(text)


def _paint_badge(painter: QPainter, at: QPointF, text: str, fill: QColor, ink: QColor) -> None:
    painter.setPen(QPen(ink, 1.5))
    painter.setBrush(fill)
    painter.drawEllipse(at, 8, 8)
    font = QFont(_font(11.0))
    font.setBold(True)
    painter.setFont(font)
    painter.drawText(QRectF(at.x() - 8, at.y() - 8, 16, 16), Qt.AlignmentFlag.AlignCenter, text)


def _ink(fill: QColor, current: Theme) -> QColor:
    """Return the color of text on ``fill``: the theme's, or its opposite where that would be hard to read."""
    lightness = 0.299 * fill.redF() + 0.587 * fill.greenF() + 0.114 * fill.blueF()
    dark_ink, light_ink = (
        (current.window, current.text) if current.is_dark else (current.text, current.window)
    )
    return dark_ink if lightness > 0.5 else light_ink
