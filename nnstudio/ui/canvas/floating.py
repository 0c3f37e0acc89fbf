"""What floats over the canvas and is closed again: forms, and the field that finds neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame

if TYPE_CHECKING:
    from nnstudio.ui.canvas.view import CanvasView


class FloatingCard(QFrame):
    """A card over the drawing, which is closed once and then is gone."""

    closed = Signal()

    def __init__(self, canvas: CanvasView, name: str, title: str) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.document = canvas.document
        self._is_open = True
        self.is_done = False
        self.setObjectName(name)
        self.setAccessibleName(title)
        # The mouse must not reach the drawing under the card.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)

    @Slot()
    def close_card(self) -> None:
        """Close the card; what was selected stays selected."""
        if not self._is_open:
            return
        self._is_open = False
        if self.isAncestorOf(self.window().focusWidget() or self):
            # Before it is hidden, which would pass the focus on to anything.
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()
        self.closed.emit()
        self.deleteLater()
