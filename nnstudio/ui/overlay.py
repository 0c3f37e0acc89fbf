"""Cards that float over the top of the canvas, so that nothing under them moves when they come and go."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from nnstudio.ui import theme

_MARGIN = 12
_MOST_WIDTH = 720


class Card(QFrame):
    """A rounded panel with an edge in the color of what it tells."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        # Over a view, the mouse must not reach what is under the card.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)

    @property
    def is_passing(self) -> bool:
        """Whether the card goes by itself, soon."""
        return False

    def set_edge(self, color: str) -> None:
        """Paint the card in the present theme, with an edge of this color."""
        colors = theme.manager().current
        self.setStyleSheet(
            f"#{self.objectName()} {{ background: {colors.panel.name()}; border: 1px solid {color};"
            " border-radius: 8px; }"
        )


class Overlay(QWidget):
    """Keeps cards in a column at the top of a widget; it is as large as they are.

    ``height_changed`` tells how many pixels at the top they take, margin included, and whether that lasts.
    """

    height_changed = Signal(int, bool)

    def __init__(self, over: QWidget, *cards: Card) -> None:
        super().__init__(over)
        self._over = over
        self._cards = cards
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        for card in cards:
            self._column.addWidget(card)
            card.installEventFilter(self)
        over.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        of_cards = (QEvent.Type.ShowToParent, QEvent.Type.HideToParent, QEvent.Type.LayoutRequest)
        if kind in of_cards or (watched is self._over and kind == QEvent.Type.Resize):
            self._place()
        return False

    def _place(self) -> None:
        shown = [card for card in self._cards if not card.isHidden()]
        self.setVisible(bool(shown))
        if not shown:
            self.height_changed.emit(0, False)
            return
        width = max(200, min(_MOST_WIDTH, self._over.width() - 2 * _MARGIN))
        height = self._column.heightForWidth(width)
        if height < 0:
            height = self._column.sizeHint().height()
        self.setGeometry((self._over.width() - width) // 2, _MARGIN, width, height)
        self.raise_()
        self.height_changed.emit(height + _MARGIN, not all(card.is_passing for card in shown))
