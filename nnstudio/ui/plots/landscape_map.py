"""A loss landscape from above: colors, contours with their losses, arrows, paths."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from nnstudio.ui import colors, theme
from nnstudio.ui.numbers import format_number
from nnstudio.ui.plots.landscape_figures import every_other, moved, ticks, zoomed
from nnstudio.ui.plots.landscape_view import LIGHT_FROM, LandscapeView, line_color

if TYPE_CHECKING:
    from PySide6.QtGui import QWheelEvent

    from nnstudio.ui.plots.landscape_figures import Floats, Window
    from nnstudio.ui.plots.landscape_scene import Relief, Trail

_LEFT, _TOP, _RIGHT, _GAP = 58.0, 8.0, 12.0, 4.0
_BAR_WIDTH, _BAR_ROOM, _ROOM_FOR_BAR = 9.0, 68.0, 250.0
_PIXELS_A_TICK = (64.0, 30.0)
_WHEEL = 1.0015
_HEAD = 4.2
_LEAST_ARROW = 3.0
_ARROW_ROOM = 17.0  # pixels that an arrow needs each way


class LandscapeMap(LandscapeView):
    """The wheel zooms at the pointer, a drag moves the window, a double-click shows all."""

    def __init__(self, parent: LandscapeView | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Map of the loss landscape")

    # Places

    @property
    def frame(self) -> QRectF:
        """Where the window of the plane is drawn."""
        metrics = QFontMetricsF(self.tick_font())
        bottom = 2.0 * metrics.height() + 3.0 * _GAP
        right = _RIGHT + (_BAR_ROOM if self.width() >= _ROOM_FOR_BAR else 0.0)
        return QRectF(
            _LEFT, _TOP, max(1.0, self.width() - _LEFT - right), max(1.0, self.height() - _TOP - bottom)
        )

    def to_screen(self, u: float, v: float) -> QPointF | None:
        frame, ((left, right), (low, high)) = self.frame, self.window_shown
        at = QPointF(
            frame.left() + (u - left) / (right - left) * frame.width(),
            frame.bottom() - (v - low) / (high - low) * frame.height(),
        )
        slack = frame.adjusted(-1, -1, 1, 1)
        return at if slack.contains(at) else None

    def to_place(self, at: QPointF) -> tuple[float, float] | None:
        frame, ((left, right), (low, high)) = self.frame, self.window_shown
        inside = frame.contains(at)
        if not inside and not self.is_dragging:
            return None
        x = min(max(at.x(), frame.left()), frame.right())
        y = min(max(at.y(), frame.top()), frame.bottom())
        return (
            left + (x - frame.left()) / frame.width() * (right - left),
            low + (frame.bottom() - y) / frame.height() * (high - low),
        )

    def _pixels(self, places: Floats) -> Floats:
        frame, ((left, right), (low, high)) = self.frame, self.window_shown
        x = frame.left() + (places[..., 0] - left) / (right - left) * frame.width()
        y = frame.bottom() - (places[..., 1] - low) / (high - low) * frame.height()
        return np.stack([x, y], axis=-1)

    # Painting

    def paint_ground(self, painter: QPainter) -> None:
        current, frame = theme.manager().current, self.frame
        painter.fillRect(frame, current.panel)
        painter.save()
        painter.setClipRect(frame)
        if self.relief is not None:
            self._paint_surface(painter, self.relief)
            self._paint_contours(painter, self.relief)
            if self.shows_arrows:
                self._paint_arrows(painter, self.relief)
            self._paint_labels(painter, self.relief)
        painter.restore()
        painter.setPen(QPen(current.border, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame)
        self._paint_axes(painter)
        if self.relief is not None and self.width() >= _ROOM_FOR_BAR:
            self._paint_bar(painter, self.relief)

    def paint_rest(self, painter: QPainter) -> None:
        painter.setClipRect(self.frame)
        for trail in self.trails:
            self._paint_trail(painter, trail)
        painter.setClipping(False)

    def _paint_surface(self, painter: QPainter, relief: Relief) -> None:
        table = colors.heights(relief.heights.shares[::-1], theme.manager().current.name)
        packed = np.ascontiguousarray(table)
        rows, columns = packed.shape[:2]
        image = QImage(packed.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888)
        # Points stand at the middles of pixels, those at the edges of the window at its edges.
        ((left, right), (low, high)) = relief.window
        half = (right - left) / (columns - 1) / 2.0, (high - low) / (rows - 1) / 2.0
        corners = self._pixels(np.array([[left - half[0], high + half[1]], [right + half[0], low - half[1]]]))
        edges = self._pixels(np.array([[left, high], [right, low]]))
        painter.save()
        painter.setClipRect(QRectF(QPointF(*edges[0]), QPointF(*edges[1])), Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(QPointF(*corners[0]), QPointF(*corners[1])), image)
        painter.restore()

    def _paint_contours(self, painter: QPainter, relief: Relief) -> None:
        shares = relief.heights.share_of(np.array(relief.levels))
        for line, share in zip(relief.lines, shares.tolist(), strict=True):
            ends = self._pixels(line).reshape(-1, 4)
            if len(ends):
                painter.setPen(QPen(line_color(share), 1.0, c=Qt.PenCapStyle.RoundCap))
                painter.drawLines([QLineF(*each) for each in ends.tolist()])

    def _paint_labels(self, painter: QPainter, relief: Relief) -> None:
        metrics = QFontMetricsF(painter.font())
        plate = QColor(theme.manager().current.plot_background)
        plate.setAlpha(190)
        for number, spot in relief.labels:
            text = format_number(relief.levels[number], 3)
            at = self._pixels(spot)
            room = QRectF(0, 0, metrics.horizontalAdvance(text) + 8, metrics.height())
            room.moveCenter(QPointF(*at))
            if not self.frame.adjusted(2, 2, -2, -2).contains(room):
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(plate)
            painter.drawRoundedRect(room, 4, 4)
            painter.setPen(theme.manager().current.text)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_arrows(self, painter: QPainter, relief: Relief) -> None:
        start, end = (self._pixels(each) for each in relief.arrows)
        if not len(start):
            return
        apart = end - start
        lengths = np.hypot(apart[:, 0], apart[:, 1])
        # In a low picture, arrows that touch each other say nothing.
        cells = self._pixels(np.array([[0.0, 0.0], [relief.cell[0], relief.cell[1]]]))
        steps = np.ceil(_ARROW_ROOM / np.maximum(np.abs(cells[1] - cells[0]), 1e-9)).astype(int)
        seen = every_other(len(start), *np.clip(steps, 1, 5).tolist()) & (lengths >= _LEAST_ARROW)
        dark = relief.shares_at(relief.arrows[0])[seen] > LIGHT_FROM
        start, end, apart = start[seen], end[seen], apart[seen] / lengths[seen, None]
        across = np.stack([-apart[:, 1], apart[:, 0]], axis=1)
        lines = [np.hstack([start, end])]
        lines += [np.hstack([end, end - _HEAD * apart + side * 0.55 * _HEAD * across]) for side in (1, -1)]
        for share, chosen in ((1.0, dark), (0.0, ~dark)):
            painter.setPen(QPen(line_color(share, strong=True), 1.2, c=Qt.PenCapStyle.RoundCap))
            ends = np.concatenate([line[chosen] for line in lines])
            painter.drawLines([QLineF(*each) for each in ends.tolist()])

    def _paint_trail(self, painter: QPainter, trail: Trail) -> None:
        places = trail.places[np.isfinite(trail.places).all(axis=1)]
        if not len(places):
            return
        points = QPolygonF([QPointF(x, y) for x, y in self._pixels(places).tolist()])
        join = {"c": Qt.PenCapStyle.RoundCap, "j": Qt.PenJoinStyle.RoundJoin}
        halo = QColor(theme.manager().current.plot_background)
        halo.setAlpha(200)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((halo, 4.6), (trail.color, 2.2 if trail.is_present else 1.6)):
            painter.setPen(QPen(color, width, **join))
            painter.drawPolyline(points)
        painter.setPen(QPen(trail.color, 1.6))
        painter.setBrush(theme.manager().current.plot_background)
        painter.drawEllipse(points[0], 3.4, 3.4)

    def _paint_axes(self, painter: QPainter) -> None:
        current, frame = theme.manager().current, self.frame
        metrics = QFontMetricsF(painter.font())
        painter.setPen(current.muted)
        (left, right), (low, high) = self.window_shown
        height = metrics.height()
        for value in ticks(left, right, int(frame.width() / _PIXELS_A_TICK[0])):
            at = self._pixels(np.array([value, low]))[0]
            painter.drawLine(QPointF(at, frame.bottom()), QPointF(at, frame.bottom() + 3))
            room = QRectF(at - 30, frame.bottom() + _GAP, 60, height)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, format_number(value, 3))
        for value in ticks(low, high, int(frame.height() / _PIXELS_A_TICK[1])):
            at = self._pixels(np.array([left, value]))[1]
            painter.drawLine(QPointF(frame.left() - 3, at), QPointF(frame.left(), at))
            room = QRectF(height, at - height / 2, _LEFT - height - _GAP - 1, height)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(room, flags, format_number(value, 3))
        painter.setPen(current.text)
        room = QRectF(frame.left(), self.height() - height - _GAP, frame.width(), height)
        elide = Qt.TextElideMode.ElideMiddle
        painter.drawText(
            room, Qt.AlignmentFlag.AlignCenter, metrics.elidedText(self.names[0], elide, frame.width())
        )
        painter.save()
        painter.translate(2.0, frame.bottom())
        painter.rotate(-90)
        painter.drawText(
            QRectF(0, 0, frame.height(), height),
            Qt.AlignmentFlag.AlignCenter,
            metrics.elidedText(self.names[1], elide, frame.height()),
        )
        painter.restore()

    def _paint_bar(self, painter: QPainter, relief: Relief) -> None:
        current, frame = theme.manager().current, self.frame
        bar = QRectF(frame.right() + 10.0, frame.top(), _BAR_WIDTH, frame.height())
        table = np.ascontiguousarray(colors.heights(np.linspace(1.0, 0.0, 128), current.name)[:, None])
        painter.drawImage(bar, QImage(table.data, 1, 128, 4, QImage.Format.Format_RGBA8888))
        painter.setPen(QPen(current.border, 1))
        painter.drawRect(bar)
        metrics = QFontMetricsF(painter.font())
        painter.setPen(current.muted)
        heights = relief.heights
        taken: list[float] = []
        for loss in (heights.low, heights.high, *relief.levels):
            share = float(heights.share_of(np.array([loss]))[0])
            at = bar.bottom() - share * bar.height()
            if any(abs(at - other) < 1.3 * metrics.height() for other in taken):
                continue
            taken.append(at)
            painter.drawLine(QPointF(bar.right(), at), QPointF(bar.right() + 3, at))
            room = QRectF(bar.right() + 6, at - metrics.height() / 2, 50, metrics.height())
            room.moveTop(min(max(room.top(), 0.0), self.height() - room.height()))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, format_number(loss, 3))

    # The mouse

    def move_picture(self, by: QPointF, at: QPointF) -> None:
        frame, ((left, right), (low, high)) = self.frame, self.window_shown
        step = -by.x() / frame.width() * (right - left), by.y() / frame.height() * (high - low)
        self._want(moved(self.window_shown, step))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hint:
            return
        at = self.to_place(event.position())
        self._want(zoomed(self.window_shown, math.pow(_WHEEL, -event.angleDelta().y()), at))
        event.accept()

    def _want(self, window: Window) -> None:
        self.show_window(window)
        self.window_wanted.emit(window)
