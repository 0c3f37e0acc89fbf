"""The title of a panel, with buttons that can be seen and hit; Qt's own are seven pixels high here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from nnstudio.ui import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDockWidget

_BUTTON, _ICON = 22, 12


class DockTitle(QWidget):
    """Name, and buttons to float and to close a panel; it is dragged and double-clicked as any title."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName("dock-title")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        title = dock.windowTitle()
        name = QLabel(title)
        name.setProperty("role", "panel-title")
        # A long name must not keep the panel from being made narrow.
        name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 6, 3)
        row.setSpacing(2)
        row.addWidget(name, 1)
        self.float_button = _button("dock-float", f"Make “{title}” a window of its own, or put it back")
        self.float_button.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.close_button = _button("dock-close", f"Close “{title}”; View > Panels brings it back")
        self.close_button.clicked.connect(dock.close)
        for button in (self.float_button, self.close_button):
            row.addWidget(button)


def _button(icon: str, tip: str) -> QToolButton:
    button = QToolButton()
    theme.set_icon(button, icon, "muted")
    button.setIconSize(QSize(_ICON, _ICON))
    button.setFixedSize(_BUTTON, _BUTTON)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    # On the way from field to field it would be in the way; the keyboard has View > Panels.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button
