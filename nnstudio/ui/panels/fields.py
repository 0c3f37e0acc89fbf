"""Fields for values: a number to type or step, and a slider around zero; both can stand for mixed values."""

from __future__ import annotations

import itertools
import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QLineEdit, QSizePolicy, QWidget

from nnstudio.ui import theme
from nnstudio.ui.fields import mark_invalid
from nnstudio.ui.numbers import format_number, parse_number
from nnstudio.ui.panels.relative import parse_change

MIXED = "mixed"
_gestures = itertools.count(1)


def new_gesture() -> str:
    """Return a name for one gesture: the changes that it makes become one undoable step."""
    return f"gesture-{next(_gestures)}"


class NumberField(QLineEdit):
    """A number to type; Up and Down step it, with Shift by ten steps, and with focus so does the wheel.

    ``edited`` carries the value and the gesture that it belongs to. What is no number is not taken: the frame
    turns red, ``refused`` says why, and Esc brings the last value back. One that is ``relative`` also takes
    what `relative.parse_change` reads and tells it by ``edited_by``; ``several``: it stands for many numbers.
    """

    edited = Signal(float, str)
    edited_by = Signal(object)
    refused = Signal(str)
    accepted = Signal()

    def __init__(
        self,
        name: str,
        tip: str,
        *,
        relative: bool = False,
        step: float = 0.1,
        minimum: float = -math.inf,
        maximum: float = math.inf,
        integer: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._tip = tip
        self._is_relative = relative
        self.several = False
        self._step = step
        self._minimum, self._maximum = minimum, maximum
        self._integer = integer
        self._value: float | None = None
        self._gesture = ""
        self._shown = ""
        self.setToolTip(tip)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.returnPressed.connect(self._commit)
        self.textEdited.connect(self._while_typing)

    @property
    def value(self) -> float | None:
        """The value shown; None stands for mixed values or none."""
        return self._value

    def set_value(self, value: float | None, *, placeholder: str = MIXED) -> None:
        """Show a value; None shows the placeholder. What is being typed is left alone."""
        unchanged = value == self._value
        self._value = value
        self.setPlaceholderText(placeholder)
        if self.isModified() and self.hasFocus() and unchanged:
            return
        self._show_value()

    def typed(self) -> float:
        """Return the number in the field, taken already or not; raises ValueError where there is none."""
        if not self.isModified() and self._value is not None:
            return self._value
        return self._checked(parse_number(self.text()))

    def discard_typing(self) -> None:
        """Show the value again in place of what was typed and not taken."""
        if self.isModified():
            self._show_value()

    def _show_value(self) -> None:
        text = ""
        if self._value is not None:
            # In full while it is edited, so that Enter on it doesn't round it.
            digits = 12 if self.hasFocus() and not self.isReadOnly() else 4
            text = str(round(self._value)) if self._integer else format_number(self._value, digits)
        self._shown = text
        if self.text() != text:
            self.setText(text)
        self.setModified(False)
        self._set_invalid("")

    @Slot()
    def _commit(self) -> None:
        if self.isReadOnly() or not self.isModified() or self.text() == self._shown:
            return
        try:
            change = parse_change(self.text(), several=self.several) if self._is_relative else None
            value = self._checked(parse_number(self.text())) if change is None else 0.0
        except ValueError as error:
            self._set_invalid(str(error))
            return
        if change is not None:
            self._show_value()
            self.edited_by.emit(change)
            return
        self._value = value
        self._show_value()
        self.selectAll()
        self.edited.emit(value, "")

    def _checked(self, value: float) -> float:
        if self._integer and value != round(value):
            raise ValueError(f"{self.accessibleName()} must be a whole number.")
        if value < self._minimum or value > self._maximum:
            low, high = format_number(self._minimum), format_number(self._maximum)
            if math.isinf(self._maximum):
                raise ValueError(f"{self.accessibleName()} must be at least {low}.")
            raise ValueError(f"{self.accessibleName()} must be from {low} to {high}.")
        return value

    @Slot()
    def _while_typing(self) -> None:
        self._set_invalid("")

    def _set_invalid(self, reason: str) -> None:
        was = bool(self.property("invalid"))
        mark_invalid(self, reason, self._tip)
        if reason:
            self.refused.emit(reason)
        elif was:
            self.accepted.emit()

    def _step_by(self, steps: int) -> None:
        if self.isReadOnly() or not self.isEnabled():
            return
        self._gesture = self._gesture or new_gesture()
        # On the grid of steps, so that 0.1 three times is 0.3 and not 0.30000000000000004.
        try:
            start = self.typed()
        except ValueError:
            start = self._value or 0.0
        value = round(start / self._step + steps, 9) * self._step
        value = float(f"{min(max(value, self._minimum), self._maximum):.12g}")
        if value != self._value or self.isModified():
            self._value = value
            self._show_value()
            self.edited.emit(value, self._gesture)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        if event.key() == Qt.Key.Key_Up:
            self._step_by(by)
        elif event.key() == Qt.Key.Key_Down:
            self._step_by(-by)
        elif event.key() == Qt.Key.Key_Escape and self.isModified():
            self._show_value()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus() and event.angleDelta().y():
            self._step_by(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._gesture = new_gesture()
        if not self.isModified():
            self._show_value()
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._commit()
        if not self.property("invalid"):
            self._show_value()
        self._gesture = ""

    def sizeHint(self) -> QSize:
        return QSize(84, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(56, super().minimumSizeHint().height())


def slider_limit(value: float, least: float = 2.0) -> float:
    """Return a round end of a slider around zero that leaves room beyond ``value``."""
    needed = abs(value) * 1.25
    if not math.isfinite(needed) or needed <= least:
        return least
    power = 10.0 ** math.floor(math.log10(needed))
    return next(power * step for step in (1.0, 2.0, 5.0, 10.0) if power * step >= needed)


class ValueSlider(QWidget):
    """A slider from -limit to limit or over a range; its fill starts at zero, in the hue of the sign."""

    edited = Signal(float, str)

    _RADIUS = 6.5

    def __init__(
        self, name: str, tip: str, *, bounds: tuple[float, float] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fixed = bounds
        self._bounds = bounds or (-2.0, 2.0)
        self._value: float | None = 0.0
        self._gesture = ""
        self._dragging = False
        theme.manager().changed.connect(self.update)

    @property
    def value(self) -> float | None:
        """The value shown; None stands for mixed values."""
        return self._value

    @property
    def bounds(self) -> tuple[float, float]:
        """The values at both ends."""
        return self._bounds

    @property
    def is_dragging(self) -> bool:
        """Whether the handle is held."""
        return self._dragging

    def set_value(self, value: float | None) -> None:
        """Show a value; the ends move to make room for it, but not while it is dragged."""
        self._value = value
        if self._fixed is None and not self._dragging and value is not None:
            limit = slider_limit(value)
            # Ends that only grow while one value is looked at don't jump under the pointer.
            if abs(value) > self._bounds[1] * 0.98 or limit < self._bounds[1] / 2.5:
                self._bounds = (-limit, limit)
        self.update()

    def _x_of(self, value: float) -> float:
        low, high = self._bounds
        share = (min(max(value, low), high) - low) / (high - low)
        return self._RADIUS + 1 + share * (self.width() - 2 * self._RADIUS - 2)

    def _value_at(self, x: float) -> float:
        low, high = self._bounds
        share = (x - self._RADIUS - 1) / max(1.0, self.width() - 2 * self._RADIUS - 2)
        value = low + min(max(share, 0.0), 1.0) * (high - low)
        if low < 0 < high and abs(self._x_of(value) - self._x_of(0.0)) < 3:
            return 0.0
        digits = 2 - math.floor(math.log10(high - low))
        return round(value, max(0, digits))

    def _edit(self, value: float) -> None:
        if value != self._value:
            self._value = value
            self.update()
            self.edited.emit(value, self._gesture)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = True
            self._gesture = new_gesture()
            self._edit(self._value_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._edit(self._value_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._dragging:
            self._dragging = False
            self._gesture = ""
            self.set_value(self._value)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        low, high = self._bounds
        steps = {
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
        }.get(Qt.Key(event.key()))
        if steps is None:
            super().keyPressEvent(event)
            return
        self._gesture = self._gesture or new_gesture()
        step = 10.0 ** math.floor(math.log10((high - low) / 40))
        value = round(((self._value or 0.0) / step) + steps) * step
        if self._fixed is not None:
            value = min(max(value, low), high)
        self._edit(float(f"{value:.10g}"))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._gesture = ""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._gesture = ""
        super().focusOutEvent(event)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(110, 22)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 22)

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        left, right = self._x_of(self._bounds[0]), self._x_of(self._bounds[1])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.border)
        painter.drawRoundedRect(QRectF(left, middle - 2, right - left, 4), 2, 2)
        both_signs = self._bounds[0] < 0 < self._bounds[1]
        if both_signs:
            painter.setBrush(current.faint)
            painter.drawRect(QRectF(self._x_of(0.0) - 0.5, middle - 5, 1, 10))
        if self._value is None:
            return
        x = self._x_of(self._value)
        origin = self._x_of(0.0) if both_signs else left
        fill = current.accent
        if both_signs:
            fill = current.positive if self._value >= 0 else current.negative
        if not self.isEnabled():
            fill = current.faint
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(min(x, origin), middle - 2, abs(x - origin), 4), 2, 2)
        if self.hasFocus():
            painter.setBrush(current.selection)
            painter.drawEllipse(QPointF(x, middle), self._RADIUS + 3, self._RADIUS + 3)
        painter.setBrush(fill)
        painter.setPen(QPen(current.panel, 2))
        painter.drawEllipse(QPointF(x, middle), self._RADIUS, self._RADIUS)


class MixedCheckBox(QCheckBox):
    """A check box that shows mixed values as such; a click then checks all."""

    def show_state(self, value: bool | None) -> None:
        """Show a value; None stands for mixed values."""
        self.setTristate(value is None)
        states = {True: Qt.CheckState.Checked, False: Qt.CheckState.Unchecked}
        self.setCheckState(Qt.CheckState.PartiallyChecked if value is None else states[value])


def common(values: list[object]) -> object | None:
    """Return what all values have in common, or None where they differ or there are none."""
    return values[0] if values and all(value == values[0] for value in values) else None
