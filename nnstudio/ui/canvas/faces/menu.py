"""The choice of what neurons show, for the View menu and the context menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from nnstudio.ui import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.canvas.faces.numbers import FaceMode
    from nnstudio.ui.canvas.view import CanvasView

_ENTRIES: tuple[tuple[FaceMode, str, str], ...] = (
    ("value", "Their &value", "The activation, and the value for the sample in focus"),
    ("plane", "What they &compute", "The value over the input plane, or along the only input"),
    ("histogram", "How values are &distributed", "A histogram of the values over the training rows"),
    ("weights", "Incoming weights as an &image", "The weights from the pixels of an image, as an image"),
)


def make_faces_menu(canvas: CanvasView, parent: QWidget, title: str) -> QMenu:
    """Return the menu; what cannot be shown now is disabled, and its tooltip says why."""
    menu = QMenu(title, parent)
    menu.setToolTipsVisible(True)
    theme.set_icon(menu.menuAction(), "image")
    group = QActionGroup(menu)
    for mode, text, _ in _ENTRIES:
        action = QAction(text, menu)
        action.setCheckable(True)
        action.setData(mode)
        group.addAction(action)
        menu.addAction(action)

    def fill() -> None:
        for action, (mode, _, tip) in zip(group.actions(), _ENTRIES, strict=True):
            reason = canvas.faces.why_not(mode)
            action.setChecked(canvas.faces.mode == mode)
            action.setEnabled(not reason)
            action.setToolTip(reason or tip)
            action.setStatusTip(reason or tip)

    def choose(action: QAction) -> None:
        canvas.faces.set_mode(action.data())

    menu.aboutToShow.connect(fill)
    group.triggered.connect(choose)
    return menu
