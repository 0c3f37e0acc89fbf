"""Small widgets that float over the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from nnstudio.ui import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from nnstudio.ui.canvas.view import CanvasView

MARGIN = 12  # pixels between a card and the edges of the canvas
# Pixels: a lower canvas, or one with less below the phases, has no room for a switch that the menu has too.
_LOW, _LOW_BELOW_PHASES = 320, 260
_HINT_WIDTH = 320
_HINT_GAP = 18


def style_card(card: QFrame) -> None:
    """Give a card over the canvas the panel's color and a quiet border."""
    current = theme.manager().current
    card.setStyleSheet(
        f"QFrame#{card.objectName()} {{ background: {current.panel.name()}; color: {current.text.name()};"
        f" border: 1px solid {current.border.name()}; border-radius: 8px; }}"
        "QToolButton { padding: 2px 7px; }"
    )


def place_overlays(canvas: CanvasView) -> None:
    """Put what floats over a canvas into its corners."""
    top = MARGIN + canvas.cards.top_room
    canvas.brush_bar.move(MARGIN, top)
    canvas.minimap.move(canvas.width() - MARGIN - canvas.minimap.width(), top)
    phases = 0
    if canvas.phases is not None:
        canvas.phases.place(top)
        phases = canvas.phases.room()
    bottom = canvas.height() - MARGIN
    legend, buttons = canvas.legend, canvas.zoom_buttons
    legend.set_compact(canvas.height() < _LOW or canvas.height() - phases < _LOW_BELOW_PHASES)
    legend.move(MARGIN, bottom - legend.height())
    x = canvas.width() - MARGIN - buttons.width()
    if x < legend.geometry().right() + 8:
        # No room beside the legend: above it.
        bottom = legend.y() - 8
    buttons.move(x, bottom - buttons.height())


class PointerHint(QLabel):
    """A few words beside the pointer; it takes no clicks."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("pointer-hint")
        self.setWordWrap(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Hint")
        self.hide()
        theme.manager().changed.connect(self._restyle)
        self._restyle()

    def show_at(self, text: str, at: QPointF, away_from: QPointF) -> None:
        """Show a text beside a point of the parent, inside of it and clear of what lies towards another.

        An empty text hides the hint.
        """
        if not text:
            self.clear()
            return
        if text != self.text():
            self.setText(text)
            natural = self.fontMetrics().horizontalAdvance(text) + 24
            self.setFixedWidth(min(_HINT_WIDTH, natural))
            self.setFixedHeight(self.heightForWidth(self.width()))
        area = self.parentWidget().rect()
        left, above = round(at.x()) - _HINT_GAP - self.width(), round(at.y()) - _HINT_GAP - self.height()
        right, below = round(at.x()) + _HINT_GAP, round(at.y()) + _HINT_GAP
        x = left if away_from.x() > at.x() and left >= 4 else right
        goes_up = away_from.y() > at.y() and above >= 4
        y = above if goes_up or below + self.height() > area.height() - 4 else below
        self.move(max(4, min(x, area.width() - self.width() - 4)), max(4, y))
        self.raise_()
        self.show()

    def clear(self) -> None:
        """Hide the hint."""
        super().clear()
        self.hide()

    @Slot()
    def _restyle(self) -> None:
        current = theme.manager().current
        self.setStyleSheet(
            f"QLabel {{ background: {current.panel.name()}; color: {current.text.name()};"
            f" border: 1px solid {current.error.name()}; border-radius: 6px; padding: 5px 8px; }}"
        )


class ZoomButtons(QFrame):
    """Zoom out, the zoom in percent, zoom in, fit; and the brush."""

    def __init__(self, actions: dict[str, QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("zoom-buttons")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3, 3, 3, 3)
        layout.setSpacing(0)
        # Not with the action as its own, whose text would take the place of the number.
        self.percent = QToolButton(self)
        self.percent.clicked.connect(actions["zoom_reset"].trigger)
        self.percent.setToolTip(actions["zoom_reset"].toolTip())
        self.percent.setAccessibleName(actions["zoom_reset"].text().replace("&", ""))
        self.percent.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.percent.setMinimumWidth(48)
        for button in (
            self._button(actions["zoom_out"]),
            self.percent,
            self._button(actions["zoom_in"]),
            self._button(actions["fit"]),
            self._button(actions["brush"]),
        ):
            layout.addWidget(button)
        theme.manager().changed.connect(self._restyle)
        self._restyle()
        self.show_zoom(1.0)

    def show_zoom(self, zoom: float) -> None:
        """Show the zoom."""
        self.percent.setText(f"{round(zoom * 100)} %")
        self.adjustSize()

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setAccessibleName(action.text().replace("&", ""))
        # Clicking must not take the keys away from the canvas; Tab still gets here.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    @Slot()
    def _restyle(self) -> None:
        style_card(self)
