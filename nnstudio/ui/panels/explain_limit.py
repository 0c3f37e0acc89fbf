"""The derivative as a limit: the quotient of differences for an h to choose, beside the exact derivative."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from nnstudio.explain import Formula, limit_at, losses_along
from nnstudio.explain.limits import DECADES
from nnstudio.explain.numbers import show
from nnstudio.ui.numbers import format_number
from nnstudio.ui.panels.explain_formula import FormulaView
from nnstudio.ui.panels.explain_limit_pictures import ErrorPicture, SecantPicture

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from nnstudio.explain import Moment
    from nnstudio.explain.limits import LimitPoint, Quotient

# The slider has so many places to a power of ten, from 1 on.
_PLACES = 4
_DECADES = len(DECADES) - 1
_FIRST = 4  # the h to begin with: 0.1
# The loss is drawn so far to both sides, in h, but at least so far.
_REACH, _LEAST_REACH = 1.3, 0.25
_SAMPLES = 61
# So long is measured at a time, in seconds, with so many milliseconds for other work in between.
_SLICE, _PAUSE = 0.02, 40


class LimitView(QWidget):
    """A slider for h, the quotient with its numbers, what sets it apart from the derivative, two pictures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._moment: Moment | None = None
        self._item = ""
        self._is_due = False
        # What the errors are measured of, and those there are yet: where the loss has bends, all take long.
        self._errors_of: tuple[Moment, str] | None = None
        self._found: list[LimitPoint] = []
        self._symbol = "w"
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._measure)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, _PLACES * _DECADES)
        self.slider.setPageStep(_PLACES)
        self.slider.setValue(_FIRST)
        self.slider.setAccessibleName("h, how far the parameter is moved")
        self.slider.setToolTip("How far the parameter is moved: to the right, h becomes smaller")
        self.size = QLabel(self)
        self.way = QComboBox(self)
        self.way.addItem("One side", "forward")
        self.way.addItem("Both sides", "central")
        self.way.setAccessibleName("Which difference is taken")
        self.way.setToolTip("From here to the right, or from the left across to the right")
        self.quotient = FormulaView(self)
        self.derivative = FormulaView(self)
        self.errors = QLabel(self)
        self.errors.setWordWrap(True)
        self.errors.setProperty("role", "muted")
        self.secant = SecantPicture(self)
        self.error_picture = ErrorPicture(self)
        row = QHBoxLayout()
        row.setSpacing(8)
        name = QLabel("h", self)
        row.addWidget(name)
        row.addWidget(self.slider, 1)
        row.addWidget(self.size)
        row.addWidget(self.way)
        self.size.setMinimumWidth(self.fontMetrics().horizontalAdvance("1.78e−15"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addLayout(row)
        for part in (self.quotient, self.derivative, self.errors, self.secant, self.error_picture):
            column.addWidget(part)
        self.slider.valueChanged.connect(self._show_point)
        self.way.currentIndexChanged.connect(self._show_way)

    @property
    def h(self) -> float:
        """How far the parameter is moved."""
        return float(10.0 ** (-self.slider.value() / _PLACES))

    @property
    def is_central(self) -> bool:
        """Whether the difference is taken across."""
        return bool(self.way.currentData() == "central")

    def show_limit(self, moment: Moment, item_id: str) -> None:
        """Approach the derivative by a weight or bias at a moment; works once it is seen."""
        if item_id != self._item:
            self._errors_of = None
        self._moment, self._item = moment, item_id
        if self.isVisible():
            self._show_all()
        else:
            self._is_due = True

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_due:
            self._show_all()

    def _show_all(self) -> None:
        if self._moment is None:
            return
        self._is_due = False
        self._show_point()
        # What is under way is brought to its end, also of a moment that is past: in a training none else is.
        if self._errors_of is None or len(self._found) == len(DECADES):
            self._errors_of, self._found = (self._moment, self._item), []
        self._measure()

    @Slot()
    def _measure(self) -> None:
        """Find errors for a while; once all are there, show them."""
        if self._errors_of is None or not self.isVisible():
            self._is_due = True
            return
        moment, item = self._errors_of
        until = time.perf_counter() + _SLICE
        while len(self._found) < len(DECADES):
            found = limit_at(moment, item, DECADES[len(self._found) :][:1])
            self._symbol = found.symbol
            self._found += found.points
            if time.perf_counter() > until and len(self._found) < len(DECADES):
                self._timer.start(_PAUSE)
                return
        self._show_errors()
        if moment is not self._moment:
            self._errors_of, self._found = (self._moment or moment, self._item), []
            self._timer.start(_PAUSE)

    @Slot()
    def _show_way(self) -> None:
        if len(self._found) == len(DECADES):
            self._show_errors()
        self._show_point()

    def _show_errors(self) -> None:
        points, name = self._found, self._symbol
        self.error_picture.show_errors(
            [point.h for point in points],
            [self._chosen(point) for point in points],
            f"(f({name} + h) − f({name} − h)) / 2h"
            if self.is_central
            else f"(f({name} + h) − f({name})) / h",
        )
        self.error_picture.setVisible(bool(self.error_picture.sizes))

    @Slot()
    def _show_point(self) -> None:
        moment, h = self._moment, self.h
        self.size.setText(format_number(h, 3))
        if moment is None or self._is_due:
            return
        found = limit_at(moment, self._item, (h,))
        (point,) = found.points
        chosen = self._chosen(point)
        forward, _, central = found.formulas(point)
        self.quotient.show_formula(central if self.is_central else forward)
        exact = show(found.exact, 10)
        self.derivative.show_formula(
            Formula(
                rf"\frac{{dL}}{{d{found.symbol}}}",
                exact.latex,
                f"dL/d{found.symbol} = {exact.text}, by the chain rule",
                exact,
            )
        )
        self.errors.setText(self._told(chosen, is_flat=found.exact == 0.0))
        self.error_picture.show_point(h, chosen)
        reach = max(_REACH * h, _LEAST_REACH)
        offsets = np.linspace(-reach, reach, _SAMPLES)
        self.secant.show_curve(
            found.symbol,
            found.value,
            offsets.tolist(),
            losses_along(moment, self._item, offsets.tolist()),
            found.exact,
            (
                (-h if self.is_central else 0.0, h),
                (point.loss_left if self.is_central else found.loss, point.loss_right),
            ),
        )

    def _chosen(self, point: LimitPoint) -> Quotient:
        return point.central if self.is_central else point.forward

    @staticmethod
    def _told(found: Quotient, *, is_flat: bool) -> str:
        error, truncation, rounding = (
            format_number(each, 2) for each in (found.error, found.truncation, found.rounding)
        )
        if not math.isfinite(found.error):
            return "The loss is no finite number so far from here. Take a smaller h."
        if not (found.error or found.truncation or found.rounding):
            return f"Nothing is off{': the loss of this sample is the same all along' if is_flat else ''}."
        if abs(found.truncation) >= abs(found.rounding):
            why = "because the curve is not straight: a smaller h helps"
        else:
            why = "because digits are lost where nearly equal losses are subtracted: a larger h helps"
        return f"Off by {error}: {truncation} by truncation, {rounding} by rounding. Mostly {why}."
