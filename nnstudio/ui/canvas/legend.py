"""What the colors of the connections mean, and the switch between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import colors, theme
from nnstudio.ui.canvas.overlays import style_card
from nnstudio.ui.canvas.strokes import CHECK_RANGE
from nnstudio.ui.numbers import format_number

if TYPE_CHECKING:
    from nnstudio.ui.canvas.strokes import ColorMode

_TITLES: dict[ColorMode, tuple[str, str]] = {
    "weight": ("Weight", "Color and width of a connection show its weight"),
    "gradient": ("Gradient", "Color and width show how the loss changes with the weight"),
    "both": ("Both", "Color and width show the weight, a halo the size of its gradient"),
    "activity": ("Activity", "Color and width show what flows for the sample in focus: weight times value"),
    "check": ("Check", "Color and width show how far gradients computed and measured differ"),
}
_WORDS = {
    "weight": "weights to ±{}",
    "gradient": "gradients to ±{}",
    "activity": "weight × value to ±{}",
}
_ENDS = {"check": (format_number(CHECK_RANGE[0]), format_number(CHECK_RANGE[1]))}
_BAR_HEIGHT = 8
_ROW_HEIGHT = 28
_SAMPLES = 128


class Legend(QFrame):
    """Shows the scale of the present coloring; ``mode_chosen`` asks for another."""

    mode_chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("legend")
        self.setAccessibleName("Legend")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 5, 6, 7)
        layout.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(2)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        for mode, (title, tip) in _TITLES.items():
            button = QToolButton(self)
            button.setText(title)
            button.setCheckable(True)
            button.setToolTip(tip)
            button.setAccessibleName(f"Color connections by {title.lower()}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setProperty("mode", mode)
            self._group.addButton(button)
            self.buttons[mode] = button
            row.addWidget(button)
        self._is_compact = False
        self.buttons["check"].hide()
        layout.addLayout(row)
        self.scale_bars = ScaleBars(self)
        layout.addWidget(self.scale_bars)
        self._group.buttonClicked.connect(self._choose)
        theme.manager().changed.connect(self._restyle)
        self._restyle()
        self.show_scale("weight", 1.0, 1.0)

    def show_scale(self, mode: ColorMode, scale: float, halo_scale: float) -> None:
        """Show a mode and the magnitudes that its full colors stand for."""
        self.buttons[mode].setChecked(True)
        check = self.buttons["check"]
        differs = check.isHidden() == (mode == "check") and not self._is_compact
        check.setVisible(mode == "check" and not self._is_compact)
        if self.scale_bars.show_scale(mode, scale, halo_scale) or differs:
            self.layout().activate()
            self.adjustSize()

    def set_compact(self, compact: bool) -> None:
        """Show the scale alone, or with the switch."""
        self._is_compact = compact
        for mode, button in self.buttons.items():
            button.setVisible(not compact and (mode != "check" or button.isChecked()))
        self.layout().activate()
        self.adjustSize()

    @Slot(object)
    def _choose(self, button: QToolButton) -> None:
        self.mode_chosen.emit(button.property("mode"))

    @Slot()
    def _restyle(self) -> None:
        style_card(self)
        self.scale_bars.update()


class ScaleBars(QWidget):
    """The color map as a bar with words; for both values at once, two of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._mode: ColorMode = "weight"
        self.words: tuple[str, ...] = ()

    def show_scale(self, mode: ColorMode, scale: float, halo_scale: float) -> bool:
        """Show a mode and its scales; say whether the height changed."""
        if mode == "both":
            words = (
                f"line: weights to ±{format_number(scale, 2)}",
                f"halo: gradients to {format_number(halo_scale, 2)}",
            )
        elif mode == "check":
            words = ("relative error of the gradient",)
        else:
            words = (_WORDS[mode].format(format_number(scale, 2)),)
        if mode == self._mode and words == self.words:
            return False
        changed = len(words) != len(self.words)
        self._mode, self.words = mode, words
        self.setAccessibleName("; ".join(words))
        self.setToolTip(
            "How far computed and measured derivatives differ, as a share of their size"
            if mode == "check"
            else "Full color stands for the 98th percentile, so that a few large values hide nothing"
        )
        if changed:
            self.updateGeometry()
            self.setFixedHeight(self.sizeHint().height())
        self.update()
        return changed

    def sizeHint(self) -> QSize:
        return QSize(200, _ROW_HEIGHT * max(1, len(self.words)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.manager().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        for row, words in enumerate(self.words):
            top = row * _ROW_HEIGHT
            bar = QRectF(3, top + 2, self.width() - 6, _BAR_HEIGHT)
            painter.drawImage(bar, self._bar(row, current.name))
            painter.setPen(QColor(current.border))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(bar)
            painter.setPen(current.muted)
            area = QRectF(3, top + _BAR_HEIGHT + 3, self.width() - 6, 16)
            ends = ("0", "+") if self._mode == "both" and row == 1 else _ENDS.get(self._mode, ("−", "+"))
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft, ends[0])
            painter.drawText(area, Qt.AlignmentFlag.AlignRight, ends[1])
            painter.drawText(area, Qt.AlignmentFlag.AlignHCenter, words)

    def _bar(self, row: int, theme_name: str) -> QImage:
        if self._mode == "both" and row == 1:
            table = colors.sequential(np.linspace(0.0, 1.0, _SAMPLES), 1.0, theme_name)
        elif self._mode == "check":
            table = colors.diverging(np.linspace(0.0, 1.0, _SAMPLES), 1.0, theme_name, palette="error")
        else:
            palette = "gradient" if self._mode == "gradient" else "value"
            table = colors.diverging(np.linspace(-1.0, 1.0, _SAMPLES), 1.0, theme_name, palette=palette)
        image = QImage(table.tobytes(), _SAMPLES, 1, 4 * _SAMPLES, QImage.Format.Format_RGBA8888)
        return image.copy()
