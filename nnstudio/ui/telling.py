"""What the window tells of its own accord: refusals, errors, and how a training ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from nnstudio.errors import NNStudioError
from nnstudio.ui.numbers import format_number

if TYPE_CHECKING:
    from nnstudio.ui.messages import MessageBar
    from nnstudio.ui.status import StatusLine
    from nnstudio.ui.training_controller import TrainingController

_HINT_MILLISECONDS = 5000


class Telling(QObject):
    """Puts what document and controller report into the message bar, and hints into the status line."""

    def __init__(self, controller: TrainingController, messages: MessageBar, status: StatusLine) -> None:
        # With the window the undo stack goes too, and says so: by then this is gone with the bar.
        super().__init__(messages)
        self._controller = controller
        self._messages = messages
        self._status = status
        document = controller.document
        document.refused.connect(self._show_refusal)
        document.undo_stack.indexChanged.connect(self._forget_refusal)
        controller.state_changed.connect(self._forget_refusal)
        controller.failed.connect(self._show_training_failure)
        controller.target_reached.connect(self._show_target_reached)
        controller.patience_ended.connect(self._show_patience_ended)
        controller.effect_measured.connect(self._show_effect)

    @Slot(object)
    def show_error(self, error: Exception) -> None:
        """Show an error over the canvas."""
        self._messages.show_message(str(error), "error")

    @Slot(str)
    def show_hint(self, text: str) -> None:
        """Show a line at the bottom of the window for a while."""
        self._status.showMessage(text, _HINT_MILLISECONDS)

    @Slot(object)
    def _show_refusal(self, error: NNStudioError) -> None:
        self._messages.show_message(str(error), "warning")

    @Slot()
    def _forget_refusal(self) -> None:
        # What was refused may be possible by now, and something else has been done since in any case.
        if self._messages.kind == "warning":
            self._messages.dismiss()

    @Slot(object)
    def _show_training_failure(self, error: Exception) -> None:
        if isinstance(error, NNStudioError):
            self._messages.show_message(str(error), "error")
        else:
            self._messages.show_message(
                "The training stopped on an unexpected error. What was learned until then is kept; "
                "details are in the log.",
                "error",
                f"{type(error).__name__}: {error}",
            )

    @Slot()
    def _show_target_reached(self) -> None:
        target = format_number(self._controller.settings.target_loss)
        self._messages.show_message(
            f"The loss has reached its target of {target}. Press Train again to go beyond it."
        )

    @Slot()
    def _show_patience_ended(self) -> None:
        patience = self._controller.settings.patience
        self._messages.show_message(
            f"The loss has not become better for {patience} epochs, so the training has ended with the best "
            "weights. Press Train to go on."
        )

    @Slot(float, float)
    def _show_effect(self, before: float, after: float) -> None:
        self.show_hint(f"Loss {format_number(before)} → {format_number(after)}, before any further training")
