"""The head of the landscape panel: directions on the left, what the picture shows on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QToolButton, QWidget

from nnstudio.ui import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

_ROOM_FOR_ONE_ROW = 660
_ROOM_FOR_ALL = 330
_LEAST_WIDTH = 260
_GAP = 2
_PROGRESS_HEIGHT = 3


class LandscapeBar(QWidget):
    """One row where there is room for it, else two; without the buttons ``spare`` where it is very narrow."""

    def __init__(
        self, chooser: QWidget, buttons: list[QToolButton], spare: list[QToolButton], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._spare = spare
        tools = QWidget(self)
        row = self._tools = QHBoxLayout(tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(_GAP)
        row.addStretch(1)
        for button in buttons:
            row.addWidget(button)
        self._layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        # Else the row, once there is room for one, would keep the panel as wide.
        self._layout.setSizeConstraint(QBoxLayout.SizeConstraint.SetNoConstraint)
        self.setMinimumWidth(_LEAST_WIDTH)
        self._layout.setContentsMargins(12, 2, 8, 2)
        self._layout.setSpacing(4)
        self._layout.addWidget(chooser, 1)
        self._layout.addWidget(tools)

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_WIDTH, self._layout.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= _ROOM_FOR_ONE_ROW
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if direction is not self._layout.direction():
            self._layout.setDirection(direction)
        for button in self._spare:
            button.setVisible(self.width() >= _ROOM_FOR_ALL)
        self._tools.setSpacing(_GAP if self.width() >= _ROOM_FOR_ALL else 0)
        super().resizeEvent(event)


class ProgressLine(QWidget):
    """A thin line that fills as work goes on; nothing while there is none."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(_PROGRESS_HEIGHT)
        self.setAccessibleName("Progress of the measuring")
        self.share: float | None = None
        theme.manager().changed.connect(self.update)

    def show_share(self, share: float | None) -> None:
        """Show how much is done, from 0 to 1, or None where nothing is under way."""
        if share != self.share:
            self.share = share
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.share is None:
            return
        current = theme.manager().current
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(self.rect(), current.border)
        painter.fillRect(QRectF(0, 0, self.width() * self.share, self.height()), current.accent)


def tool_button(parent: QWidget, name: str, tip: str, *, icon: str = "", text: str = "") -> QToolButton:
    """Return a button of the head; one with a text is a switch."""
    button = QToolButton(parent)
    button.setAccessibleName(name)
    button.setToolTip(tip)
    if icon:
        theme.set_icon(button, icon)
    else:
        button.setText(text)
        button.setCheckable(True)
    return button
