"""The next step of the training on view, computed in the background before it is taken."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from nnstudio.ui.session import parameters_of
from nnstudio.ui.standing import has_reached_target, run_settings
from nnstudio.ui.work import Work

if TYPE_CHECKING:
    from nnstudio.project.project import Values
    from nnstudio.training import TrainingSettings
    from nnstudio.ui.training_controller import TrainingController


class Ahead(QObject):
    """Knows what training goes on with. ``computed`` comes with a `Cycle`, ``failed`` with an exception."""

    computed = Signal(object)
    failed = Signal(object)

    def __init__(self, controller: TrainingController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._document = controller.document
        self._work: Work | None = None

    @property
    def settings(self) -> TrainingSettings:
        """The settings that the next step is taken with: without a loss to stop at that has been reached."""
        controller, machine = self._controller, self._controller.time_machine
        epoch = machine.epoch if machine.is_past else None
        reached = has_reached_target(self._document.project.history, controller.settings, epoch)
        return run_settings(controller.settings, beyond_target=reached and controller.can_resume)

    @property
    def stop_at(self) -> int:
        """The epoch that the training ends with."""
        epochs = self._controller.settings.epochs
        return (self._controller.epoch // epochs + 1) * epochs

    @property
    def start(self) -> Values | None:
        """The weights and biases that the training under way began with; None where none has begun."""
        return self._document.project.start if self._controller.can_resume else None

    def ask(self, *, alone: bool) -> bool:
        """Compute the next step, or what the sample in focus alone would do; say whether there is one.

        What was asked for before is dropped.
        """
        from nnstudio.training.phases import cycle_of

        self.drop()
        controller = self._controller
        program, data, focus = controller.program, self._document.project.data, self._document.focus_row
        if program is None or data is None:
            return False
        # A past step has parameters of its own; those of now may have been set by hand.
        is_past = controller.time_machine.is_past
        work = Work(
            partial(
                cycle_of,
                program,
                None if is_past else parameters_of(program, self._document.network),
                data,
                self.settings,
                controller.state_on_view,
                focus=focus,
                alone=alone and focus is not None,
                stop_at=self.stop_at,
            ),
            self,
        )
        self._work = work
        work.finished.connect(self._on_finished)
        work.failed.connect(self._on_failed)
        work.start()
        return True

    def drop(self) -> None:
        """Care no more about what was asked for."""
        if self._work is not None:
            self._work.drop()
            self._work.deleteLater()
            self._work = None

    @Slot(object)
    def _on_finished(self, cycle: object) -> None:
        self.drop()
        self.computed.emit(cycle)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self.drop()
        self.failed.emit(error)
