"""The loss over one parameter: its curve, the tangent of the present, the path of the training as points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from nnstudio.ui import theme
from nnstudio.ui.numbers import format_number
from nnstudio.ui.plots.landscape_figures import levels_of, moved, ticks, zoomed
from nnstudio.ui.plots.landscape_profile import fading, nearest_of, steepness
from nnstudio.ui.plots.landscape_view import LandscapeView

if TYPE_CHECKING:
    from PySide6.QtGui import QWheelEvent

    from nnstudio.engine.landscape_line import Tangent
    from nnstudio.ui.plots.landscape_figures import Floats, Heights, Window
    from nnstudio.ui.plots.landscape_profile import Profile
    from nnstudio.ui.plots.landscape_scene import Trail

_LEFT, _TOP, _RIGHT, _GAP = 62.0, 10.0, 14.0, 4.0
_PIXELS_A_TICK = (64.0, 30.0)
_WHEEL = 1.0015
# Room above the highest and below the lowest, as a share of the picture.
_ROOM = 0.07
# The tangent to each side of where it touches: this share of the width, within these pixels.
_TANGENT, _LEAST_TANGENT, _MOST_TANGENT = 0.16, 56.0, 130.0
_LARGE, _SMALL, _MANY = 3.3, 1.8, 60  # points of a path that has many are smaller
_REACH = 9.0
_FILL_ALPHA = 26


class LandscapeCurve(LandscapeView):
    """A place here is a value of the parameter and a loss. The wheel and drags change the range across."""

    def __init__(self, parent: LandscapeView | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Curve of the loss over one parameter")
        self.profile: Profile | None = None
        self.tangent_is_present = True
        self._heights: Heights | None = None

    def show_profile(self, profile: Profile | None, name: str, *, tangent_is_present: bool = True) -> None:
        """Show what was measured, or nothing; a tangent of a moment before is drawn fainter."""
        self.profile, self.names = profile, (name, "loss")
        self.tangent_is_present = tangent_is_present
        self._fit_heights()
        self.redraw()

    def show_tangent_present(self, wanted: bool) -> None:
        """Draw the tangent as that of the present, or of a moment before."""
        if wanted != self.tangent_is_present:
            self.tangent_is_present = wanted
            self._still = None
            self.update()

    def show_trails(self, trails: tuple[Trail, ...]) -> None:
        super().show_trails(trails)
        self._fit_heights()

    def show_window(self, window: Window) -> None:
        super().show_window(window)
        self._fit_heights()

    def _fit_heights(self) -> None:
        """Have room for the curve, and for what of the paths lies within the range."""
        if self.profile is None:
            self._heights = None
            return
        left, right = self.window_shown[0]
        others = [trail.places for trail in self.trails]
        if self.ball.target is not None:
            others.append(np.array([self.ball.target]))
        places = np.concatenate([np.empty((0, 2)), *others])
        seen = places[(places[:, 0] >= left) & (places[:, 0] <= right), 1]
        heights = self.profile.heights(seen[np.isfinite(seen)])
        if self._heights is None or heights[1:] != self._heights[1:]:
            self._heights = heights
            self.redraw()

    # Places

    @property
    def frame(self) -> QRectF:
        """Where the curve is drawn."""
        metrics = QFontMetricsF(self.tick_font())
        bottom = 2.0 * metrics.height() + 3.0 * _GAP
        return QRectF(
            _LEFT, _TOP, max(1.0, self.width() - _LEFT - _RIGHT), max(1.0, self.height() - _TOP - bottom)
        )

    def to_screen(self, u: float, v: float) -> QPointF | None:
        if self._heights is None or not math.isfinite(u) or not math.isfinite(v):
            return None
        at = QPointF(*self._pixels(np.array([[u, v]]))[0].tolist())
        return at if self.frame.adjusted(-1, -1, 1, 1).contains(at) else None

    def to_place(self, at: QPointF) -> tuple[float, float] | None:
        frame, heights, (left, right) = self.frame, self._heights, self.window_shown[0]
        if heights is None or (not frame.contains(at) and not self.is_dragging):
            return None
        x = min(max(at.x(), frame.left()), frame.right())
        share = ((frame.bottom() - at.y()) / frame.height() - _ROOM) / (1.0 - 2.0 * _ROOM)
        if heights.log:
            share = min(max(share, -1.0), 2.0)
            loss = heights.low * math.pow(heights.high / heights.low, share)
        else:
            loss = heights.low + share * (heights.high - heights.low)
        return left + (x - frame.left()) / frame.width() * (right - left), loss

    def point_near(self, u: float, v: float) -> tuple[Trail, int] | None:
        """Return the path, and which of its points, stand where the pointer is."""
        if self._heights is None:
            return None
        at = self._pixels(np.array([[u, v]]))[0]
        paths = [self._pixels(trail.places) for trail in self.trails]
        found = nearest_of(paths, (float(at[0]), float(at[1])), _REACH)
        return None if found is None else (self.trails[found[0]], found[1])

    def _pixels(self, places: Floats) -> Floats:
        frame, heights, (left, right) = self.frame, self._heights, self.window_shown[0]
        assert heights is not None
        x = frame.left() + (places[..., 0] - left) / (right - left) * frame.width()
        share = _ROOM + (1.0 - 2.0 * _ROOM) * heights.share_of(places[..., 1])
        # Far beyond the picture, numbers would be too large for a painter.
        return np.stack([x, frame.bottom() - np.clip(share, -50.0, 50.0) * frame.height()], axis=-1)

    # Painting

    def paint_ground(self, painter: QPainter) -> None:
        current, frame = theme.manager().current, self.frame
        painter.fillRect(frame, current.panel)
        if self._heights is not None and self.profile is not None:
            self._paint_grid(painter, self._heights)
            painter.save()
            painter.setClipRect(frame)
            self._paint_curve(painter, self.profile)
            painter.restore()
        painter.setPen(QPen(current.border, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame)
        self._paint_names(painter)

    def paint_rest(self, painter: QPainter) -> None:
        if self._heights is None or self.profile is None:
            return
        painter.save()
        painter.setClipRect(self.frame)
        for trail in self.trails:
            self._paint_trail(painter, trail)
        if self.profile.tangent is not None and self.shows_arrows:
            self._paint_tangent(painter, self._heights, self.profile.tangent)
        painter.restore()

    def _paint_grid(self, painter: QPainter, heights: Heights) -> None:
        current, frame = theme.manager().current, self.frame
        height = QFontMetricsF(painter.font()).height()
        (left, right) = self.window_shown[0]
        for value in ticks(left, right, int(frame.width() / _PIXELS_A_TICK[0])):
            at = frame.left() + (value - left) / (right - left) * frame.width()
            self._paint_line(painter, QLineF(at, frame.top(), at, frame.bottom()))
            room = QRectF(at - 30, frame.bottom() + _GAP, 60, height)
            painter.setPen(current.muted)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, format_number(value, 3))
        most = int(frame.height() / _PIXELS_A_TICK[1])
        beyond = _ROOM * (heights.high - heights.low)
        losses = (
            levels_of(heights) if heights.log else ticks(heights.low - beyond, heights.high + beyond, most)
        )
        taken = math.inf
        for loss in losses:
            at = float(self._pixels(np.array([[left, loss]]))[0, 1])
            if taken - at < height:
                continue
            taken = at
            self._paint_line(painter, QLineF(frame.left(), at, frame.right(), at))
            room = QRectF(height, at - height / 2, _LEFT - height - _GAP - 1, height)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.setPen(current.muted)
            painter.drawText(room, flags, format_number(loss, 3))

    def _paint_line(self, painter: QPainter, line: QLineF) -> None:
        painter.setPen(QPen(theme.manager().current.grid, 1))
        painter.drawLine(line)

    def _paint_curve(self, painter: QPainter, profile: Profile) -> None:
        current, frame = theme.manager().current, self.frame
        finite = np.isfinite(profile.losses)
        points = self._pixels(np.column_stack([profile.values, np.where(finite, profile.losses, 0.0)]))
        breaks = np.flatnonzero(np.diff(finite.astype(np.int8))) + 1
        fill = QColor(current.train_line)
        fill.setAlpha(_FILL_ALPHA)
        pen = QPen(current.train_line, 2.2, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin)
        for piece, known in zip(np.split(points, breaks), np.split(finite, breaks), strict=True):
            if not known[0]:
                continue
            line = [QPointF(x, y) for x, y in piece.tolist()]
            ends = [QPointF(line[-1].x(), frame.bottom()), QPointF(line[0].x(), frame.bottom())]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF([*line, *ends]))
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(line))

    def _paint_trail(self, painter: QPainter, trail: Trail) -> None:
        places = trail.places[np.isfinite(trail.places).all(axis=1)]
        if not len(places):
            return
        points = [QPointF(x, y) for x, y in self._pixels(places).tolist()]
        radius = (_LARGE if trail.is_present else _LARGE - 0.6) if len(points) <= _MANY else _SMALL
        opacities = fading(len(points)).tolist()
        painter.save()
        for before, after, opacity in zip(points, points[1:], opacities[1:], strict=False):
            painter.setOpacity(0.6 * opacity)
            painter.setPen(QPen(trail.color, 1.2))
            painter.drawLine(before, after)
        painter.setPen(QPen(theme.manager().current.plot_background, 1.0))
        painter.setBrush(trail.color)
        for point, opacity in zip(points, opacities, strict=True):
            painter.setOpacity(opacity)
            painter.drawEllipse(point, radius, radius)
        painter.restore()

    def _paint_tangent(self, painter: QPainter, heights: Heights, tangent: Tangent) -> None:
        current, frame, (left, right) = theme.manager().current, self.frame, self.window_shown[0]
        rise = steepness(heights, tangent.loss, tangent.slope)
        if not math.isfinite(rise):
            return
        middle = QPointF(*self._pixels(np.array([[tangent.at, tangent.loss]]))[0].tolist())
        step = np.array([frame.width() / (right - left), -rise * (1.0 - 2.0 * _ROOM) * frame.height()])
        length = min(max(_TANGENT * frame.width(), _LEAST_TANGENT), _MOST_TANGENT)
        step *= length / math.hypot(*step)
        away = QPointF(*step.tolist())
        painter.setOpacity(1.0 if self.tangent_is_present else 0.35)
        for color, width in ((current.panel, 4.6), (current.text, 1.8)):
            painter.setPen(QPen(color, width, c=Qt.PenCapStyle.RoundCap))
            painter.drawLine(middle - away, middle + away)
        self._paint_slope(painter, tangent, middle, away)
        painter.setOpacity(1.0)

    def _paint_slope(self, painter: QPainter, tangent: Tangent, middle: QPointF, away: QPointF) -> None:
        """Write the slope above the higher end of the tangent."""
        current, frame = theme.manager().current, self.frame
        metrics = QFontMetricsF(painter.font())
        text = f"slope {format_number(tangent.slope, 4)}"
        room = QRectF(0, 0, metrics.horizontalAdvance(text) + 10, metrics.height() + 2)
        higher = middle - away if away.y() > 0 else middle + away
        upright = np.array([away.y(), -away.x()]) / math.hypot(away.x(), away.y())
        upright *= np.abs(upright) @ [room.width() / 2, room.height() / 2] + 3.0
        room.moveCenter(higher + QPointF(*upright.tolist()))
        inner = frame.adjusted(3, 3, -3, -3)
        room.moveLeft(min(max(room.left(), inner.left()), inner.right() - room.width()))
        room.moveTop(min(max(room.top(), inner.top()), inner.bottom() - room.height()))
        plate = QColor(current.plot_background)
        plate.setAlpha(215)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(plate)
        painter.drawRoundedRect(room, 4, 4)
        painter.setPen(current.text)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_names(self, painter: QPainter) -> None:
        frame, metrics = self.frame, QFontMetricsF(painter.font())
        height = metrics.height()
        painter.setPen(theme.manager().current.text)
        name = metrics.elidedText(self.names[0], Qt.TextElideMode.ElideMiddle, frame.width())
        room = QRectF(frame.left(), self.height() - height - _GAP, frame.width(), height)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, name)
        painter.save()
        painter.translate(2.0, frame.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, frame.height(), height), Qt.AlignmentFlag.AlignCenter, self.names[1])
        painter.restore()

    # The ball and the mouse

    def follow_ball(self) -> None:
        """Have room for the ball where it is now."""
        target, heights = self.ball.target, self._heights
        if target is not None and heights is not None and not self.is_dragging:
            share = float(heights.share_of(np.array([target[1]]))[0])
            if not -_ROOM / 2 <= share <= 1.0 + _ROOM / 2:
                self._fit_heights()

    def move_picture(self, by: QPointF, at: QPointF) -> None:
        left, right = self.window_shown[0]
        self._want(moved(self.window_shown, (-by.x() / self.frame.width() * (right - left), 0.0)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hint:
            return
        place, (_, upward) = self.to_place(event.position()), self.window_shown
        factor = math.pow(_WHEEL, -event.angleDelta().y())
        at = None if place is None else (place[0], sum(upward) / 2.0)
        self._want((zoomed(self.window_shown, factor, at)[0], upward))
        event.accept()

    def _want(self, window: Window) -> None:
        self.show_window(window)
        self.window_wanted.emit(window)
