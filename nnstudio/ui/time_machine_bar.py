"""The controls of the time machine that stand with the loss plot: buttons, and the row with the slider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from nnstudio.ui import theme
from nnstudio.ui.time_machine_actions import BUTTONS
from nnstudio.ui.time_machine_slider import PastSlider

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from nnstudio.ui.time_machine_actions import PastActions
    from nnstudio.ui.training_controller import TrainingController

_ICON = QSize(14, 14)
_BUTTON = QSize(22, 24)
_PLAY = "past-play"


class PastButtons(QWidget):
    """Buttons that go through the past by epoch, batch and sample; those of samples need more room."""

    def __init__(self, actions: PastActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.buttons = {name: _button(actions.by_name[name], self) for name in BUTTONS if name != _PLAY}
        for button in self.buttons.values():
            row.addWidget(button)


class PastRow(QWidget):
    """Play, a menu, and the slider."""

    def __init__(
        self, controller: TrainingController, actions: PastActions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.play_button = _button(actions.by_name[_PLAY], self)
        self.menu_button = QToolButton(self)
        self.menu_button.setFixedSize(_BUTTON)
        self.menu_button.setIconSize(_ICON)
        self.menu_button.setAccessibleName("More of the past")
        self.menu_button.setToolTip("Continue from here, and what is kept of the past")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.set_icon(self.menu_button, "more")
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        actions.fill(self.menu)
        self.menu_button.setMenu(self.menu)
        self.slider = PastSlider(controller, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 0, 0, 2)
        row.setSpacing(0)
        row.addWidget(self.play_button)
        row.addWidget(self.menu_button)
        row.addWidget(self.slider, 1)


def _button(action: QAction, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setDefaultAction(action)
    button.setIconSize(_ICON)
    button.setFixedSize(_BUTTON)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setAccessibleName(action.text().replace("&", ""))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
