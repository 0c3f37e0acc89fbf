"""A small card over the canvas that tells that a past step is on view, with the ways out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton

from nnstudio.ui import theme
from nnstudio.ui.numbers import format_count
from nnstudio.ui.overlay import Card

if TYPE_CHECKING:
    from nnstudio.ui.canvas.view import CanvasView
    from nnstudio.ui.training_controller import TrainingController

_MARGIN, _GAP = 12, 8


class PastPill(Card):
    """Epoch and step on view, over the buttons for the zoom; hidden at present."""

    def __init__(self, controller: TrainingController, canvas: CanvasView) -> None:
        super().__init__("past-pill", canvas)
        self._machine = controller.time_machine
        self._controller = controller
        self._canvas = canvas
        self.text = QLabel()
        self.now_button = QPushButton("Back to now")
        self.now_button.setFlat(True)
        self.now_button.setToolTip("Show the network as it is at present")
        self.now_button.clicked.connect(self._machine.to_now)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 3, 2)
        row.setSpacing(2)
        for widget in (self.text, self.now_button):
            row.addWidget(widget)
        self.hide()
        for watched in (canvas, canvas.zoom_buttons, canvas.legend):
            watched.installEventFilter(self)
        self._machine.changed.connect(self.refresh)
        controller.state_changed.connect(self.refresh)
        theme.manager().changed.connect(self._restyle)
        self._restyle()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Tell the step on view."""
        step = self._machine.step
        if step is None:
            self.hide()
            return
        goes_on = ", training goes on" if self._controller.is_running else ""
        epoch = format_count(self._machine.epoch)
        text = f"Epoch {epoch}, step {format_count(step)} · in the past{goes_on}"
        if text != self.text.text():
            self.text.setText(text)
            self.setAccessibleName(text)
        self._place()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and not self.isHidden():
            self._place()
        return False

    def _place(self) -> None:
        self.adjustSize()
        buttons, legend = self._canvas.zoom_buttons.geometry(), self._canvas.legend.geometry()
        x = max(_MARGIN, self._canvas.width() - _MARGIN - self.width())
        bottom = buttons.top() if x > legend.right() else min(buttons.top(), legend.top())
        self.move(x, max(_MARGIN, bottom - _GAP - self.height()))

    @Slot()
    def _restyle(self) -> None:
        colors = theme.manager().current
        self.set_edge(colors.accent.name())
        self.now_button.setStyleSheet(
            f"QPushButton {{ color: {colors.accent.name()}; padding: 3px 8px; font-weight: 600; }}"
        )
