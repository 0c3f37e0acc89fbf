"""Fields that the parts of the data panel share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QWidget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QWheelEvent

_LEAST_LETTERS = 6


class Choice(QComboBox):
    """One of several values, each with a title; ``chosen`` carries the value that the user took."""

    chosen = Signal(object)

    def __init__(
        self, name: str, tip: str, choices: Mapping[Any, str] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # Long titles are cut off rather than widen the panel.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_LEAST_LETTERS)
        self.activated.connect(self._tell)
        self.offer(choices or {})

    def offer(self, choices: Mapping[Any, str]) -> None:
        """Offer these values; what was shown stays where it still can be."""
        present = [(self.itemData(place), self.itemText(place)) for place in range(self.count())]
        if present == list(choices.items()):
            return
        shown = self.currentData()
        self.clear()
        for value, title in choices.items():
            self.addItem(title, value)
        self.show_value(shown)

    def show_value(self, value: Any) -> None:
        """Show a value; one that isn't offered, such as None, shows nothing."""
        self.setCurrentIndex(self.findData(value) if value is not None else -1)

    @Slot(int)
    def _tell(self, _index: int) -> None:
        self.chosen.emit(self.currentData())

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Scrolling the panel must not change the data.
        event.ignore()
