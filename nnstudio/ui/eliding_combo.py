"""A list to choose from that ends what it has no room for in dots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

_LEAST_WIDTH = 56


class ElidingCombo(QComboBox):
    """Becomes narrow rather than making its panel wider; the styles of Qt cut letters in half then."""

    def minimumSizeHint(self) -> QSize:
        # Qt's own stays as wide as the widest list that there ever was.
        return QSize(_LEAST_WIDTH, self.sizeHint().height())

    def shown_text(self) -> str:
        """Return the present text as far as there is room for it."""
        return self._elided(self._option())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = self._option()
        option.currentText = self._elided(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _option(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return option

    def _elided(self, option: QStyleOptionComboBox) -> str:
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        mode = Qt.TextElideMode.ElideRight
        return self.fontMetrics().elidedText(option.currentText, mode, field.width())
