"""The slider of the time machine: the past of the training on view, from its start to now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from nnstudio.ui import theme
from nnstudio.ui.numbers import format_count
from nnstudio.ui.time_machine_scale import Scale, scale_of

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent

    from nnstudio.training import Timeline
    from nnstudio.ui.training_controller import TrainingController

_HEIGHT = 22
_HANDLE = 6.0
_GROOVE = 4.0
_TICK = 5.0
_NO_PAST = "Train the network: then this slider shows the whole window any step since the start."
_TIP = (
    "Drag to show the whole window a past step of the training.\n"
    "Arrows: one batch; Ctrl and arrows: one epoch; Home: the start; End: now."
)
_MOST_STEPS = 2**31 - 1


class PastSlider(QAbstractSlider):
    """Scrubs through the past; with its ``area`` it stands under the axis of a plot."""

    def __init__(self, controller: TrainingController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Past of the training")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self.setMouseTracking(True)
        self._controller = controller
        self._machine = controller.time_machine
        self._scale: Scale | None = None
        self._scale_of: tuple[Timeline | None, int] = (None, -1)
        self._area = (_HANDLE, _HANDLE)
        self._range = (0.0, 1.0)
        self._is_dragged = False
        self._machine.changed.connect(self.refresh)
        theme.manager().changed.connect(self.update)
        self.refresh()

    @property
    def scale(self) -> Scale | None:
        """Where the steps stand on the axis of epochs; None without a past."""
        return self._scale

    def set_area(self, left: float, right: float, low: float, high: float) -> None:
        """Reach from so many pixels from the left to so many from the right, from one epoch to another."""
        area, reach = (max(left, _HANDLE), max(right, _HANDLE)), (low, max(high, low + 1e-9))
        if (area, reach) != (self._area, self._range):
            self._area, self._range = area, reach
            self.update()

    @Slot()
    def refresh(self) -> None:
        """Show the past as it is now."""
        machine = self._machine
        timeline = machine.timeline
        stamp = timeline, -1 if timeline is None else timeline.version
        if stamp[0] is not self._scale_of[0] or stamp[1] != self._scale_of[1]:
            self._scale = None if timeline is None else scale_of(timeline)
            self._scale_of = stamp
        has_past = self._scale is not None and machine.has_past
        self.setEnabled(has_past)
        first, last = machine.first_step or 0, machine.last_step or 0
        self.blockSignals(True)
        self.setRange(min(first, _MOST_STEPS), min(last, _MOST_STEPS))
        self.setValue(min(last if machine.step is None else machine.step, _MOST_STEPS))
        self.blockSignals(False)
        self.setToolTip(_TIP if has_past else _NO_PAST)
        self.setAccessibleDescription(self._told())
        self.update()

    def place(self) -> float:
        """Return the epoch, with a share of the one under way, that the slider stands at."""
        scale, machine = self._scale, self._machine
        if scale is None:
            return 0.0
        return scale.last if machine.step is None else scale.place_of(machine.step)

    def x_of(self, place: float) -> float:
        """Return the pixel of an epoch."""
        left, right = self._area
        low, high = self._range
        return left + (place - low) / (high - low) * max(1.0, self.width() - left - right)

    def show_place(self, place: float) -> None:
        """Show the kept step that is nearest to an epoch; the present from its end on."""
        if self._scale is not None:
            step = self._scale.step_at(place)
            self._machine.scrub(None if place >= self._scale.last else step)

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def _told(self) -> str:
        if self._scale is None:
            return _NO_PAST
        if self._machine.step is None:
            return "Now"
        return f"Epoch {format_count(self._machine.epoch)}, step {format_count(self._machine.step)}"

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._scale is not None:
            self._is_dragged = True
            self.setSliderDown(True)
            self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._is_dragged:
            self._drag(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._is_dragged = False
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # it would be turned on the way through the window

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, machine = event.key(), self._machine
        unit = "epoch" if event.modifiers() & Qt.KeyboardModifier.ControlModifier else "batch"
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Down):
            machine.back(unit)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Up):
            machine.forward(unit)
        elif key == Qt.Key.Key_PageDown:
            machine.back("epoch")
        elif key == Qt.Key.Key_PageUp:
            machine.forward("epoch")
        elif key == Qt.Key.Key_Home:
            machine.to_start()
        elif key == Qt.Key.Key_End:
            machine.to_now()
        elif key == Qt.Key.Key_Space:
            machine.moves.play()
        else:
            event.ignore()

    def _drag(self, event: QMouseEvent) -> None:
        left, right = self._area
        low, high = self._range
        share = (event.position().x() - left) / max(1.0, self.width() - left - right)
        self.show_place(low + share * (high - low))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        current = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        left, right = self._area
        self._line(painter, left, self.width() - right, middle, current.border)
        scale = self._scale
        if scale is None or not self.isEnabled():
            self._handle(painter, QPointF(left, middle), current.faint, current.plot_background)
            return
        is_past = self._machine.is_past
        # A run may be ahead of the axis, which is drawn less often.
        places = scale.first, scale.last, self.place()
        first, last, at = (min(self.x_of(place), self.width() - right) for place in places)
        self._line(painter, first, last, middle, _mixed(current.accent, current.border, 0.35))
        self._line(painter, first, at, middle, current.accent)
        for epoch in self._machine.branchings:
            x = self.x_of(epoch)
            painter.setPen(QPen(current.muted, 1.5))
            painter.drawLine(QPointF(x, middle - _TICK), QPointF(x, middle + _TICK))
        fill = current.accent if is_past else current.plot_background
        self._handle(painter, QPointF(at, middle), current.accent, fill)

    def _line(self, painter: QPainter, start: float, end: float, y: float, color: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        if end > start:
            area = QRectF(start, y - _GROOVE / 2, end - start, _GROOVE)
            painter.drawRoundedRect(area, _GROOVE / 2, _GROOVE / 2)

    def _handle(self, painter: QPainter, at: QPointF, edge: QColor, fill: QColor) -> None:
        painter.setPen(QPen(edge, 2.0))
        painter.setBrush(fill)
        radius = _HANDLE + (1.0 if self.hasFocus() else 0.0) - 1.0
        painter.drawEllipse(at, radius, radius)
        if self.hasFocus():
            painter.setPen(QPen(_mixed(edge, theme.manager().current.plot_background, 0.4), 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, radius + 2.5, radius + 2.5)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


def _mixed(color: QColor, other: QColor, share: float) -> QColor:
    return QColor.fromRgbF(
        *(share * a + (1 - share) * b for a, b in zip(color.getRgbF(), other.getRgbF(), strict=True))
    )
