"""The status line: how training stands, and how large the network is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QWidget

from nnstudio.ui.numbers import format_count, format_number
from nnstudio.ui.plots.figures import SEPARATOR, fitting_parts

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from nnstudio.ui.training_controller import TrainingController

# Numbers that change more often than this cannot be read.
_REFRESH_MILLISECONDS = 66
_BESIDE_TEXTS = 44  # pixels: margins, and a gap between the two texts
_STATES = {
    "idle": "Ready",
    "preparing": "Preparing: compiling for this computer, once",
    "running": "Training",
    "paused": "Paused",
    "finished": "Finished",
}
_PAST = "In the past"


class StatusLine(QStatusBar):
    """State, epoch, loss, test loss and speed on the left; counts on the right."""

    def __init__(self, controller: TrainingController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._document = controller.document
        self._progress = ""
        self.setSizeGripEnabled(False)
        self.setContentsMargins(8, 0, 8, 0)
        self.progress = QLabel()
        self.progress.setObjectName("progress")
        self.progress.setAccessibleName("Training progress")
        # What it tells must not keep the window from being narrow.
        self.progress.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.counts = QLabel()
        self.counts.setObjectName("counts")
        self.counts.setAccessibleName("Size of the network")
        self.addWidget(self.progress, 1)
        self.addPermanentWidget(self.counts)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MILLISECONDS)
        self._timer.timeout.connect(self._show_progress)
        controller.snapshot_changed.connect(self._soon)
        controller.history_changed.connect(self._soon)
        controller.state_changed.connect(self._show_progress)
        controller.time_machine.changed.connect(self._soon)
        self._document.network_changed.connect(self._show_counts)
        self._document.project_replaced.connect(self._show_counts)
        self._show_counts()
        self._show_progress()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_progress()

    def shutdown(self) -> None:
        """Stop the timer."""
        self._timer.stop()

    @Slot()
    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _show_progress(self) -> None:
        controller = self._controller
        snapshot, history = controller.snapshot, controller.history
        step = controller.time_machine.step
        parts = [_STATES[controller.state]]
        if step is not None:
            parts = [f"{parts[0]}, seen in the past" if controller.is_running else _PAST]
            parts += [f"epoch {format_count(controller.epoch)}", f"step {format_count(step)}"]
        elif controller.epoch or controller.state != "idle":
            goal = controller.settings.epochs
            epochs = f"epoch {format_count(controller.epoch)}"
            parts.append(epochs if controller.epoch > goal else f"{epochs} of {format_count(goal)}")
        if step is None and history is not None and len(history) and controller.state != "idle":
            parts.append(f"loss {format_number(float(history.loss[-1]))}")
            test_loss: float | None = float(history.test_loss[-1])
            if test_loss != test_loss:  # not every epoch measures it
                test_loss = None if snapshot is None else snapshot.test_loss
            if test_loss is not None:
                parts.append(f"test loss {format_number(test_loss)}")
        elif snapshot is not None and step in (None, snapshot.step) and snapshot.loss == snapshot.loss:
            parts.append(f"loss {format_number(snapshot.loss)}")
            if snapshot.test_loss is not None:
                parts.append(f"test loss {format_number(snapshot.test_loss)}")
        if controller.is_running and step is None and snapshot is not None and snapshot.steps_per_second:
            parts.append(f"{format_count(round(snapshot.steps_per_second))} steps/s")
        self._progress = SEPARATOR.join(parts)
        self._fit_progress()

    def _fit_progress(self) -> None:
        room = self.width() - self.counts.sizeHint().width() - _BESIDE_TEXTS
        text = fitting_parts(self._progress, room, self.progress.fontMetrics().horizontalAdvance)
        self.progress.setText(text)
        self.progress.setToolTip("" if text == self._progress else self._progress)

    @Slot()
    def _show_counts(self) -> None:
        network = self._document.network
        neurons, connections = network.neuron_count, network.connection_count
        parameters = connections + neurons - len(network.inputs)
        self.counts.setText(
            f"{_counted(neurons, 'neuron')}  ·  {_counted(connections, 'connection')}  ·  "
            f"{_counted(parameters, 'parameter')}"
        )
        self._fit_progress()


def _counted(count: int, noun: str) -> str:
    return f"{format_count(count)} {noun}{'' if count == 1 else 's'}"
