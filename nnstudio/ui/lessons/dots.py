"""The steps of a lesson as a row of dots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio.ui import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOM, _LEAST_ROOM = 20.0, 10.0
_RADIUS = 4.5
_HEIGHT = 22


class StepDots(QWidget):
    """A dot for each step: filled where done, large where one is; a click goes to a step that was reached."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self._titles: Sequence[str] = ()
        self._place, self._reached = 0, 0
        self._done: frozenset[int] = frozenset()
        self._skipped: frozenset[int] = frozenset()
        self._pointed = -1
        theme.manager().changed.connect(self.update)

    def show_steps(
        self,
        titles: Sequence[str],
        place: int,
        reached: int,
        done: frozenset[int],
        skipped: frozenset[int],
    ) -> None:
        """Show how far one has come."""
        self._titles, self._place, self._reached = tuple(titles), place, reached
        self._done, self._skipped = done, skipped
        self.setAccessibleName(f"Step {place + 1} of {len(titles)}: {titles[place]}")
        self.update()

    def center_of(self, place: int) -> QPointF:
        """Return where a step's dot is."""
        return QPointF(_RADIUS + 3 + place * self._room, _HEIGHT / 2)

    @property
    def _room(self) -> float:
        count = max(len(self._titles), 1)
        return max(min(_ROOM, (self.width() - 2 * _RADIUS - 6) / count), _LEAST_ROOM)

    def _at(self, x: float) -> int:
        place = round((x - _RADIUS - 3) / self._room)
        return place if 0 <= place < len(self._titles) else -1

    def sizeHint(self) -> QSize:
        return QSize(round(2 * _RADIUS + 6 + _ROOM * max(len(self._titles) - 1, 0)), _HEIGHT)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and 0 <= place <= self._reached:
            self.chosen.emit(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self._at(event.position().x()))

    def leaveEvent(self, _event: QEvent) -> None:
        self._point(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and 0 <= self._place + step <= self._reached:
            self.chosen.emit(self._place + step)
        elif not step:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._at(event.pos().x())
            if place >= 0:
                QToolTip.showText(event.globalPos(), self._tip(place), self)
            return True
        return super().event(event)

    def _tip(self, place: int) -> str:
        state = "done" if place in self._done else "skipped" if place in self._skipped else ""
        state = state or ("not done yet" if place <= self._reached else "not reached yet")
        return f"{place + 1}. {self._titles[place]} ({state})"

    def _point(self, place: int) -> None:
        if place != self._pointed:
            self._pointed = place
            shape = (
                Qt.CursorShape.PointingHandCursor
                if 0 <= place <= self._reached
                else Qt.CursorShape.ArrowCursor
            )
            self.setCursor(shape)
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if len(self._titles) > 1:
            painter.setPen(QPen(colors.border, 1.5))
            painter.drawLine(self.center_of(0), self.center_of(len(self._titles) - 1))
        for place in range(len(self._titles)):
            is_here, is_done = place == self._place, place in self._done
            edge = colors.ok if is_done else colors.accent
            if place > self._reached or (place in self._skipped and not is_here):
                edge = colors.faint
            radius = _RADIUS + (1.5 if is_here else 0.5 if place == self._pointed else 0.0)
            painter.setPen(QPen(edge, 1.6))
            painter.setBrush(edge if is_here or is_done else colors.panel)
            center = self.center_of(place)
            painter.drawEllipse(center, radius, radius)
            if place in self._skipped and not is_here:
                painter.drawLine(center - QPointF(2.0, 0.0), center + QPointF(2.0, 0.0))
        if self.hasFocus():
            painter.setPen(QPen(colors.accent, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            center = self.center_of(self._place)
            painter.drawEllipse(QRectF(center.x() - 9, center.y() - 9, 18, 18))
