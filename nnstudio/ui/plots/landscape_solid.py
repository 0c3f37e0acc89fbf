"""A loss landscape as a surface that turns under the mouse, drawn back to front."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from nnstudio.ui import colors, theme
from nnstudio.ui.numbers import format_number
from nnstudio.ui.plots.landscape_camera import Camera, draped, shading, squared
from nnstudio.ui.plots.landscape_figures import height_at
from nnstudio.ui.plots.landscape_view import LIGHT_FROM, LandscapeView, line_color

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.plots.landscape_figures import Floats, Window
    from nnstudio.ui.plots.landscape_scene import Relief

# Points along each side of the mesh, at rest, and while it turns or a run is on.
_SIDE, _SIDE_QUICK = 49, 33
_WHEEL = 1.0012
_LIFT, _NEARER = 0.012, 0.05
_DARKEST, _LIGHTEST = 0.62, 1.08
_HIDDEN = 0.35
_HEAD = 0.045
_MESH_LINES, _MESH_ALPHA, _MESH_NEARER = 8, 62, 0.03


class LandscapeSolid(LandscapeView):
    """A drag turns it, the wheel comes nearer, a double-click sets the view back; the ball can be dragged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Surface of the loss landscape")
        self.camera = Camera()
        self._is_turning = False

    def reset_camera(self) -> None:
        """See it from the usual side."""
        self.camera = Camera()
        self.redraw()

    # Places

    @property
    def _window(self) -> Window:
        return self.window_shown if self.relief is None else self.relief.window

    def _seen(self, points: Floats) -> tuple[Floats, Floats]:
        return self.camera.project(points, self.width(), self.height())

    def _lifted(self, places: Floats, lift: float = _LIFT) -> Floats:
        """Return places (n, 2) as points on the surface, (n, 3); NaN where there is none."""
        shares = np.zeros(len(places)) if self.relief is None else self.relief.shares_at(places)
        return np.column_stack([squared(places, self._window), shares + lift])

    def to_screen(self, u: float, v: float) -> QPointF | None:
        seen, _ = self._seen(self._lifted(np.array([[u, v]]), 0.03))
        return QPointF(*seen[0]) if np.isfinite(seen).all() else None

    def to_place(self, at: QPointF) -> tuple[float, float] | None:
        """Return the place of the nearest point of the surface at a point of the picture."""
        if self.relief is None:
            return None
        grid = self._grid(self.relief, self.relief.side)
        seen, depth = self._seen(grid)
        apart = np.hypot(seen[..., 0] - at.x(), seen[..., 1] - at.y())
        apart = np.where(np.isfinite(apart), apart, np.inf)
        reach = 1.2 * self.camera.zoom * max(self.width(), self.height()) / self.relief.side
        if not (apart <= reach).any():
            if not self.is_dragging:
                return None
            best = int(np.argmin(apart))
        else:
            # Of what lies behind each other there, the front counts.
            best = int(np.argmin(np.where(apart <= reach, depth + 0.02 * apart, np.inf)))
        (left, right), (low, high) = self._window
        x, y, _ = grid.reshape(-1, 3)[best].tolist()
        u, v = left + (x + 1.0) / 2.0 * (right - left), low + (y + 1.0) / 2.0 * (high - low)
        return self._corrected(u, v, at)

    def _corrected(self, u: float, v: float, at: QPointF) -> tuple[float, float]:
        """Return a place nearer to a point of the picture than the mesh's own points are."""
        (left, right), (low, high) = self._window
        step = np.array([(right - left), (high - low)]) * 1e-3
        places = np.array([[u, v], [u + step[0], v], [u, v + step[1]]])
        inward = np.where(places[1:] > [right, high], -1.0, 1.0).min(axis=1)
        places[1] = [u + inward[0] * step[0], v]
        places[2] = [u, v + inward[1] * step[1]]
        seen, _ = self._seen(self._lifted(places, 0.0))
        slope = np.column_stack([(seen[1] - seen[0]) * inward[0], (seen[2] - seen[0]) * inward[1]])
        wanted = np.array([at.x(), at.y()]) - seen[0]
        if not np.isfinite(slope).all() or abs(np.linalg.det(slope)) < 1e-9:
            return u, v
        shift = np.linalg.solve(slope, wanted) * step
        # Where the surface is seen edge on, the correction could lead anywhere.
        most = np.array([right - left, high - low]) / (self.relief.side if self.relief else 2)
        shift = np.clip(shift, -most, most)
        return min(max(u + shift[0], left), right), min(max(v + shift[1], low), high)

    def _grid(self, relief: Relief, side: int) -> Floats:
        line = np.linspace(-1.0, 1.0, side)
        x, y = np.meshgrid(line, line)
        return np.stack([x, y, relief.mesh(side)], axis=-1)

    def ball_opacity(self) -> float:
        """Return less where the surface is in front of the ball."""
        place = self.ball.place
        if self.relief is None or place is None:
            return 1.0
        start = self._lifted(np.array([place]), 0.06)[0]
        if not np.isfinite(start).all():
            return 1.0
        along = start + np.linspace(0.05, 2.5, 60)[:, None] * np.array(self.camera.toward)
        square = ((-1.0, 1.0), (-1.0, 1.0))
        ground = height_at(self.relief.heights.shares, square, along[:, :2])
        return _HIDDEN if bool((ground > along[:, 2]).any()) else 1.0

    # Painting

    def paint_ground(self, painter: QPainter) -> None:
        self._paint_floor(painter)

    def paint_rest(self, painter: QPainter) -> None:
        if self.relief is None:
            return
        side = min(_SIDE_QUICK if self._is_turning or self.is_hurried else _SIDE, self.relief.side)
        grid = self._grid(self.relief, side)
        seen, depth = self._seen(grid)
        depths, tints, corners = _cells(grid[..., 2], seen, depth)
        lines = [*_mesh_lines(seen, depth), *self._trail_lines(side)]
        if self.shows_arrows and not self._is_turning:
            lines += self._arrow_lines(self.relief)
        pens = [pen for line in lines for pen in [line.pen] * len(line.ends)]
        ends = [each for line in lines for each in line.ends]
        order = np.argsort(-np.concatenate([depths, *(line.depths for line in lines)]), kind="stable")
        cells = len(corners)
        # Back to front, so that what is nearer covers what is behind it.
        for number in order.tolist():
            if number < cells:
                x0, y0, x1, y1, x2, y2, x3, y3 = corners[number]
                color = QColor(*tints[number])
                painter.setPen(color)
                painter.setBrush(color)
                # A list: to make a QPolygonF of it first takes three times as long.
                painter.drawConvexPolygon(
                    [QPointF(x0, y0), QPointF(x1, y1), QPointF(x2, y2), QPointF(x3, y3)]
                )
            else:
                painter.setPen(pens[number - cells])
                painter.drawLine(QLineF(*ends[number - cells]))
        self._paint_names(painter, self.relief)

    def _trail_lines(self, side: int) -> Iterator[_Lines]:
        for trail in self.trails:
            points = self._lifted(draped(trail.places, self._window, 2.0 / side))
            seen, depth = self._seen(points)
            pen = QPen(trail.color, 2.8 if trail.is_present else 1.8, c=Qt.PenCapStyle.RoundCap)
            yield _lines(seen[:-1], seen[1:], depth[1:], pen)

    def _arrow_lines(self, relief: Relief) -> Iterator[_Lines]:
        start, end = (self._lifted(each) for each in relief.arrows)
        if not len(start):
            return
        apart = (end - start)[:, :2]
        lengths = np.linalg.norm(apart, axis=1)
        along = apart / np.where(lengths > 0.0, lengths, 1.0)[:, None]
        across = np.column_stack([-along[:, 1], along[:, 0]])
        dark = start[:, 2] > LIGHT_FROM
        for share, chosen in ((1.0, dark), (0.0, ~dark)):
            pen = QPen(line_color(share, strong=True), 1.2, c=Qt.PenCapStyle.RoundCap)
            seen_start, _ = self._seen(start[chosen])
            seen_end, depth = self._seen(end[chosen])
            yield _lines(seen_start, seen_end, depth, pen)
            for sign in (1.0, -1.0):
                head = end[chosen].copy()
                head[:, :2] += _HEAD * (sign * 0.5 * across[chosen] - along[chosen])
                yield _lines(seen_end, self._seen(head)[0], depth, pen)

    def _paint_floor(self, painter: QPainter) -> None:
        corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float64)
        seen, _ = self._seen(corners)
        current = theme.manager().current
        painter.setPen(QPen(current.border, 1))
        painter.setBrush(current.panel)
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in seen.tolist()]))

    def _paint_names(self, painter: QPainter, relief: Relief) -> None:
        """Write the axes' names and ends along the two edges in front, and the losses up the left corner."""
        current = theme.manager().current
        metrics = QFontMetricsF(painter.font())
        corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float64)
        seen, depth = self._seen(corners)
        near = int(np.argmin(depth))
        middle = seen.mean(axis=0)
        for other in ((near + 1) % 4, (near - 1) % 4):
            axis = 0 if corners[near, 1] == corners[other, 1] else 1
            outward = (seen[near] + seen[other]) / 2.0 - middle
            outward = outward / max(float(np.linalg.norm(outward)), 1e-9)
            ends = sorted((near, other), key=lambda corner: corners[corner, axis])
            for corner, value in zip(ends, relief.window[axis], strict=True):
                inner = seen[corner] + 0.1 * (seen[ends[0]] + seen[ends[1]] - 2.0 * seen[corner])
                _write(
                    painter,
                    metrics,
                    self.size(),
                    inner + 12.0 * outward,
                    format_number(value, 3),
                    current.muted,
                )
            # Beside the edge with all of its length.
            clear = 16.0 + abs(outward[0]) * metrics.horizontalAdvance(self.names[axis]) / 2.0
            at = (seen[near] + seen[other]) / 2.0 + clear * outward
            _write(painter, metrics, self.size(), at, self.names[axis], current.text)
        left = int(np.argmin(seen[:, 0]))
        foot, top = (self._seen(np.array([[*corners[left, :2], z]]))[0][0] for z in (0.0, 1.0))
        painter.setPen(QPen(current.border, 1))
        painter.drawLine(QPointF(*foot), QPointF(*top))
        for at, loss in ((foot, relief.heights.low), (top, relief.heights.high)):
            text = format_number(loss, 3)
            shift = np.array([-metrics.horizontalAdvance(text) / 2.0 - 6.0, 0.0])
            _write(painter, metrics, self.size(), at + shift, text, current.muted)
        _write(painter, metrics, self.size(), top + np.array([0.0, -metrics.height()]), "loss", current.text)

    # The mouse

    def press(self, _at: QPointF) -> None:
        self._is_turning = True

    def move_picture(self, by: QPointF, _at: QPointF) -> None:
        self.camera = self.camera.turned(by.x(), by.y())
        self.redraw()

    def release(self) -> None:
        self._is_turning = False
        self.redraw()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hint:
            self.camera = self.camera.zoomed(math.pow(_WHEEL, event.angleDelta().y()))
            self.redraw()
            event.accept()


def _cells(shares: Floats, seen: Floats, depth: Floats) -> tuple[Floats, list[list[int]], list[list[float]]]:
    """Return depths, colors and corners of the cells of a mesh (n, n), without those that are not seen."""
    middle = (shares[:-1, :-1] + shares[1:, 1:] + shares[:-1, 1:] + shares[1:, :-1]) / 4.0
    table = colors.heights(middle, theme.manager().current.name)[..., :3].astype(np.float64)
    bright = _DARKEST + (_LIGHTEST - _DARKEST) * shading(np.nan_to_num(shares))
    table = np.clip(table * bright[..., None], 0.0, 255.0)
    corners = np.stack([seen[:-1, :-1], seen[:-1, 1:], seen[1:, 1:], seen[1:, :-1]], axis=2)
    depths = (depth[:-1, :-1] + depth[1:, 1:] + depth[:-1, 1:] + depth[1:, :-1]) / 4.0
    whole = np.isfinite(corners).all(axis=(2, 3)).ravel()
    return (
        depths.ravel()[whole],
        table.reshape(-1, 3)[whole].astype(np.intp).tolist(),
        corners.reshape(-1, 8)[whole].tolist(),
    )


def _mesh_lines(seen: Floats, depth: Floats) -> Iterator[_Lines]:
    """Yield some lines of a mesh (n, n), by which its bends are seen."""
    every = max(1, (len(seen) - 1) // _MESH_LINES)
    pen = QPen(QColor(10, 16, 30, _MESH_ALPHA), 0.8)
    for points, deep in ((seen, depth), (seen.swapaxes(0, 1), depth.T)):
        start, end = points[::every, :-1].reshape(-1, 2), points[::every, 1:].reshape(-1, 2)
        nearer = np.minimum(deep[::every, :-1], deep[::every, 1:]).ravel() + _NEARER - _MESH_NEARER
        yield _lines(start, end, nearer, pen)


class _Lines(NamedTuple):
    """Lines of one pen: their ends, four numbers each, and how deep in the picture they lie."""

    ends: list[list[float]]
    depths: Floats
    pen: QPen


def _lines(start: Floats, end: Floats, depth: Floats, pen: QPen) -> _Lines:
    """Return lines (n, 2) just before the surface at their depth, without those that are not seen."""
    whole = np.isfinite(start).all(axis=1) & np.isfinite(end).all(axis=1)
    return _Lines(np.hstack([start, end])[whole].tolist(), depth[whole] - _NEARER, pen)


def _write(
    painter: QPainter, metrics: QFontMetricsF, within: QSize, at: Any, text: str, color: QColor
) -> None:
    room = QRectF(0, 0, metrics.horizontalAdvance(text) + 4.0, metrics.height())
    room.moveCenter(QPointF(float(at[0]), float(at[1])))
    # Rather over the surface than cut off.
    room.moveLeft(min(max(room.left(), 2.0), within.width() - room.width() - 2.0))
    room.moveTop(min(max(room.top(), 0.0), within.height() - room.height()))
    painter.setPen(color)
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)
