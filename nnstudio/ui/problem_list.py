"""The problems of the network in the status line: how many, and a list that selects what each names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from nnstudio.ui import theme

if TYPE_CHECKING:
    from nnstudio.ui.canvas.view import CanvasView
    from nnstudio.ui.training_controller import TrainingController

_LINE_LENGTH = 110


class ProblemList(QToolButton):
    """Hidden while there is nothing to tell."""

    def __init__(
        self, controller: TrainingController, canvas: CanvasView, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._canvas = canvas
        self.setObjectName("problem-list")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setAutoRaise(True)
        theme.set_icon(self, "warning")
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        controller.problem_changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Count anew."""
        count = len(self._controller.complaints)
        self.setVisible(count > 0)
        text = f"{count} problem{'' if count == 1 else 's'}"
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip("What is wrong with the network; a click on one selects what it names")

    @Slot()
    def _fill(self) -> None:
        menu = self.menu()
        menu.clear()
        for complaint in self._controller.complaints:
            text = complaint.message
            short = text if len(text) <= _LINE_LENGTH else f"{text[: _LINE_LENGTH - 1]}…"
            action = menu.addAction(short.replace("&", "&&"))
            action.setToolTip(text)
            action.setData(complaint.neuron_ids)
            theme.set_icon(action, "error" if complaint.is_serious else "warning")
            action.triggered.connect(self._go)

    @Slot()
    def _go(self) -> None:
        action = self.sender()
        if not isinstance(action, QAction):
            return
        network = self._canvas.document.network
        there = [i for i in action.data() or () if network.has_neuron(i)]
        if there:
            self._canvas.document.selection.set(there)
            self._canvas.reveal(there)
            self._canvas.setFocus()
