"""The phases of learning in the window: the walk, its card over the canvas, and its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from nnstudio.ui.phases.card import PhaseCard
from nnstudio.ui.phases.keys import WalkKeys
from nnstudio.ui.phases.walk import Walk
from nnstudio.ui.preferences import preferences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from nnstudio.ui.canvas.strokes import ColorMode
    from nnstudio.ui.canvas.view import CanvasView
    from nnstudio.ui.training_controller import TrainingController

_KEY = "canvas/phases"  # whether they are wanted


class Phases(QObject):
    """Puts the card over a canvas, and walks there. ``message`` is a line to tell the user."""

    message = Signal(str)

    def __init__(
        self,
        canvas: CanvasView,
        controller: TrainingController,
        actions: Mapping[str, QAction],
        parent: QObject | None = None,
        *,
        remembered: bool = True,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self.walk = Walk(canvas, controller, self)
        self.walk.message.connect(self.message)
        self.card = PhaseCard(canvas, controller, self.walk, actions["walk"])
        canvas.phases = self.card
        canvas.walk = WalkKeys(canvas, self.walk)
        self.walk.changed.connect(self._show_action)
        actions["phases"].setChecked(not remembered or preferences().value(_KEY, True, bool))
        self.set_wanted(remember=False)

    @property
    def color_mode(self) -> ColorMode:
        """What colors the connections when nothing is walked through."""
        return self.walk.stage.color_mode

    def set_wanted(self, *, remember: bool) -> None:
        """Show the card as the menu says."""
        wanted = self._actions["phases"].isChecked()
        self.card.set_wanted(wanted)
        if remember:
            preferences().setValue(_KEY, wanted)

    @Slot()
    def _show_action(self) -> None:
        text = "Leave the wa&lk" if self.walk.is_on else "Wa&lk through a step"
        if self._actions["walk"].text() != text:
            self._actions["walk"].setText(text)
