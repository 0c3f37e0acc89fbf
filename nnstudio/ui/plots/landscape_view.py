"""What the two pictures of a loss landscape have in common: what they show, and the ball that is dragged."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QPaintEngine, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from nnstudio.ui import theme
from nnstudio.ui.plots.landscape_ball import RADIUS, Ball

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

    from nnstudio.ui.plots.landscape_figures import Window
    from nnstudio.ui.plots.landscape_scene import Relief, Trail

_GRAB_PIXELS = RADIUS + 5.0
_FONT_SHARE = 0.86
_HINT_MARGIN = 24
# From this share of the height on, the colors are so light that lines on them are dark.
LIGHT_FROM = 0.42


class LandscapeView(QWidget):
    """A picture of a relief, of trails over it, and of the present point, which the mouse may drag."""

    pointed = Signal(object)  # the place under the pointer, or None
    grabbed = Signal()
    dragged = Signal(float, float)  # the place where the point is wanted
    dropped = Signal()
    window_wanted = Signal(object)
    reset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMinimumSize(QSize(120, 90))
        self.relief: Relief | None = None
        self.window_shown: Window = ((-1.0, 1.0), (-1.0, 1.0))
        self.names = ("", "")
        self.trails: tuple[Trail, ...] = ()
        self.hint = ""
        self.shows_arrows = True
        self.is_hurried = False
        self.seconds = 0.0  # how long painting took last
        self.ball = Ball(self)
        self.ball.moved.connect(self._on_ball_moved)
        self._ball_at: QPointF | None = None
        self._held: QPointF | None = None  # from the pointer to the middle of the ball, while it is dragged
        self._is_dragging = False
        self._pressed: QPointF | None = None
        # All but the ball; and what of that stays while a path grows.
        self._still: QPixmap | None = None
        self._ground: QPixmap | None = None
        theme.manager().changed.connect(self.redraw)

    # What is shown

    def show_relief(self, relief: Relief | None, names: tuple[str, str]) -> None:
        """Show what was measured, or nothing."""
        self.relief, self.names = relief, names
        self.redraw()

    def show_window(self, window: Window) -> None:
        """Show this part of the plane."""
        if window != self.window_shown:
            self.window_shown = window
            self.redraw()

    def show_trails(self, trails: tuple[Trail, ...]) -> None:
        """Show these paths."""
        self.trails = trails
        self._still = None
        self.update()

    def show_arrows(self, wanted: bool) -> None:
        """Show the gradient by arrows, or not."""
        self.shows_arrows = wanted
        self.redraw()

    def set_hurried(self, wanted: bool) -> None:
        """Draw what takes long more coarsely, as while a run is on, or all of it again."""
        if wanted != self.is_hurried:
            self.is_hurried = wanted
            self.redraw()

    def show_hint(self, text: str) -> None:
        """Say why there is no picture; an empty text where there is one."""
        if text != self.hint:
            self.hint = text
            self.redraw()

    @Slot()
    def redraw(self) -> None:
        """Draw all anew."""
        self._ground = self._still = None
        self.update()

    # For the two pictures

    def to_screen(self, u: float, v: float) -> QPointF | None:
        """Return where a place stands, or None where it isn't seen."""
        raise NotImplementedError

    def to_place(self, at: QPointF) -> tuple[float, float] | None:
        """Return the place under a point of the picture, or None."""
        raise NotImplementedError

    def paint_ground(self, painter: QPainter) -> None:
        """Paint what stays while a path grows."""
        raise NotImplementedError

    def paint_rest(self, painter: QPainter) -> None:
        """Paint the paths, and all that is in front of them, but for the ball."""
        raise NotImplementedError

    def ball_opacity(self) -> float:
        """Return how much of the ball is seen where it is."""
        return 1.0

    def press(self, at: QPointF) -> None:
        """Begin to move the picture."""

    def move_picture(self, by: QPointF, at: QPointF) -> None:
        """Move the picture with the pointer."""

    def release(self) -> None:
        """End moving the picture."""

    def tick_font(self) -> QFont:
        """Return the font of numbers and names."""
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * _FONT_SHARE)
        return font

    def ball_color(self) -> QColor:
        """Return the color of the ball and of the present path."""
        return theme.manager().current.test_line

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = painter.deviceTransform().m11()
        if painter.paintEngine().type() is QPaintEngine.Type.Raster and scale == self.devicePixelRatioF():
            painter.drawPixmap(0, 0, self._picture())
        else:
            self._paint_ground(painter)  # into a file, in its own resolution
            self._paint_rest(painter)
        place = self.ball.place
        self._ball_at = None if place is None or self.hint else self.to_screen(*place)
        if self._ball_at is not None:
            background = theme.manager().current.plot_background
            self.ball.paint(painter, self._ball_at, self.ball_color(), background, self.ball_opacity())

    def _picture(self) -> QPixmap:
        if self._still is None:
            start = time.perf_counter()
            if self._ground is None:
                self._ground = self._blank()
                with self._painting(self._ground) as painter:
                    self._paint_ground(painter)
            self._still = self._ground.copy()
            with self._painting(self._still) as painter:
                self._paint_rest(painter)
            self.seconds = time.perf_counter() - start
        return self._still

    def _blank(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        blank = QPixmap(math.ceil(self.width() * ratio), math.ceil(self.height() * ratio))
        blank.setDevicePixelRatio(ratio)
        return blank

    @contextmanager
    def _painting(self, picture: QPixmap) -> Iterator[QPainter]:
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        yield painter
        painter.end()

    def _paint_ground(self, painter: QPainter) -> None:
        current = theme.manager().current
        painter.fillRect(self.rect(), current.plot_background)
        if self.hint:
            painter.setPen(current.muted)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            room = QRectF(self.rect()).adjusted(_HINT_MARGIN, 0, -_HINT_MARGIN, 0)
            painter.drawText(room, int(flags), self.hint)
        else:
            painter.setFont(self.tick_font())
            self.paint_ground(painter)

    def _paint_rest(self, painter: QPainter) -> None:
        if not self.hint:
            painter.setFont(self.tick_font())
            self.paint_rest(painter)

    # The mouse

    def _is_on_ball(self, at: QPointF) -> bool:
        if self._ball_at is None:
            return False
        apart = at - self._ball_at
        return math.hypot(apart.x(), apart.y()) <= _GRAB_PIXELS

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton or self.hint:
            return
        at = event.position()
        self._pressed = at
        if self._is_on_ball(at) and self._ball_at is not None:
            self._held = self._ball_at - at
        else:
            self.press(at)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._held is not None:
            if not self._is_dragging:
                self._is_dragging = True
                self.ball.stop()
                self.grabbed.emit()
            # Who was told of the grab may have refused it.
            place = None if self._held is None else self.to_place(at + self._held)
            if place is not None:
                self.dragged.emit(*place)
        elif self._pressed is not None:
            self.move_picture(at - self._pressed, at)
            self._pressed = at
        else:
            on_ball = self._is_on_ball(at)
            self.setCursor(Qt.CursorShape.PointingHandCursor if on_ball else Qt.CursorShape.ArrowCursor)
            self.pointed.emit(None if self.hint else self.to_place(at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        was_dragging, was_held = self._is_dragging, self._held is not None
        moved = self._pressed is not None and not was_held
        self._let_go()
        if was_dragging:
            self.dropped.emit()
        elif moved:
            self.release()
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and not self._is_on_ball(event.position()):
            self.reset_wanted.emit()

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None)
        super().leaveEvent(event)

    def refuse_grab(self) -> None:
        """Let go of the ball: it cannot be dragged now."""
        self._let_go()

    @property
    def is_dragging(self) -> bool:
        """Whether the ball is in the user's hand."""
        return self._is_dragging

    def _let_go(self) -> None:
        self._held = self._pressed = None
        self._is_dragging = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._ground = self._still = None
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self._ground = self._still = None
        super().changeEvent(event)

    @Slot()
    def _on_ball_moved(self) -> None:
        before, place = self._ball_at, self.ball.place
        if before is not None and place is not None:
            at = self.to_screen(*place)
            if at is not None:
                self.ball.turn(at - before)
        self.update()


def line_color(share: float, *, strong: bool = False) -> QColor:
    """Return the color of lines over a surface of this height, from 0 to 1."""
    if share > LIGHT_FROM:
        return QColor(11, 21, 38, 210 if strong else 110)
    return QColor(255, 255, 255, 210 if strong else 120)
