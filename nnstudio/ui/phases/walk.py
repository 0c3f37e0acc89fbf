"""The walk through a step of training: which phase is on the canvas, how far it is, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

from nnstudio.errors import NNStudioError
from nnstudio.ui.phases.ahead import Ahead
from nnstudio.ui.phases.frames import HOLD_SECONDS, frame_of, seconds
from nnstudio.ui.phases.stage import Stage

if TYPE_CHECKING:
    from nnstudio.training import TrainingSettings
    from nnstudio.training.phases import Cycle, Phase
    from nnstudio.ui.canvas.view import CanvasView
    from nnstudio.ui.phases.frames import Frame
    from nnstudio.ui.training_controller import TrainingController

_TICK_MILLISECONDS = 16
SLOWEST, FASTEST = 0.25, 16.0
_AFTER: dict[Phase, Phase] = {"init": "predict", "predict": "loss", "loss": "gradient", "gradient": "step"}
_BEFORE: dict[Phase, Phase] = {later: phase for phase, later in _AFTER.items()}


class Walk(QObject):
    """Walks through the next step of the training, phase by phase, and has it taken at the end of STEP.

    ``phase`` has come to ``progress``, from 0 to 1; ``advance`` brings it on. ``cycle`` has the numbers, None
    while they are computed. Where something changes under it, the walk is over.
    """

    changed = Signal()
    message = Signal(str)

    def __init__(
        self, canvas: CanvasView, controller: TrainingController, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._document = controller.document
        self.is_on = False
        self.is_playing = False
        self.is_alone = False
        self.is_taken = False
        self.phase: Phase = "predict"
        self.progress = 0.0
        self.speed = 1.0
        self.cycle: Cycle | None = None
        self._keeps_place = False
        self._is_moving = False
        self._is_taking = False
        self._is_asking = False  # for the step: on the way to it, a past step becomes the present one
        self._past_step: int | None = None  # the past step that is walked from
        self._stop_at = 0
        self._held = 0.0  # seconds since the end of the phase
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MILLISECONDS)
        self._timer.timeout.connect(self._tick)
        self.stage = Stage(canvas)
        self.ahead = Ahead(controller, self)
        self.ahead.computed.connect(self._on_computed)
        self.ahead.failed.connect(self._on_failed)
        document = self._document
        document.network_changed.connect(self._on_change)
        document.data_changed.connect(self._on_change)
        document.settings_changed.connect(self._on_change)
        document.project_replaced.connect(self._on_change)
        document.focus_changed.connect(self._on_focus_changed)
        controller.snapshot_changed.connect(self._on_snapshot)
        controller.state_changed.connect(self._on_state_changed)
        controller.time_machine.changed.connect(self._on_time_changed)

    # What there is to see

    @property
    def settings(self) -> TrainingSettings:
        """The settings that the step on view, or else the next one, is taken with."""
        return self.ahead.settings if self.cycle is None else self.cycle.settings

    @property
    def stop_at(self) -> int:
        """The epoch that the training ends with."""
        return self.ahead.stop_at if self.cycle is None else self._stop_at

    @property
    def can_walk(self) -> bool:
        """Whether there is a step to walk through."""
        controller = self._controller
        return controller.snapshot is not None and controller.problem is None and not controller.is_running

    @property
    def is_moving(self) -> bool:
        """Whether the phase is on its way, rather than at rest."""
        return self._is_moving

    @property
    def can_go_back(self) -> bool:
        """Whether there is a phase before: a step that is taken is taken back by undo."""
        return self.is_on and self.cycle is not None and self.phase != "init" and not self.is_taken

    def frame(self) -> Frame | None:
        """Return what is where now."""
        return None if self.cycle is None else frame_of(self.cycle, self.phase, self.progress)

    # What the user asks for

    @Slot()
    def toggle(self) -> None:
        """Begin the walk, or leave it."""
        if self.is_on:
            self.leave()
        else:
            self.begin()

    def begin(self, phase: Phase | None = None) -> None:
        """Begin at a phase: at INIT before the first step, else at PREDICT."""
        if self.is_on:
            return
        if not self.can_walk:
            problem = self._controller.problem
            self.message.emit(
                "Pause the training first: then its next step can be walked through."
                if self._controller.is_running
                else str(problem or "There is nothing to walk through yet. Draw a network and choose data.")
            )
            return
        machine = self._controller.time_machine
        if machine.is_past and self._controller.state_on_view is None:
            self.message.emit("This past step is still being worked out. Walk through it in a moment.")
            return
        self.is_on = True
        self._past_step = machine.step
        self.phase = phase or ("predict" if self._controller.epoch or self._has_steps() else "init")
        self.stage.enter()
        self._ask()

    @Slot()
    def leave(self) -> None:
        """End the walk: the canvas shows the network as it is again."""
        if not self.is_on:
            return
        self.is_on = self.is_playing = self._is_moving = self._is_taking = self.is_taken = False
        self._timer.stop()
        self.ahead.drop()
        self.cycle = None
        self.stage.leave(self._controller.snapshot)
        self.changed.emit()

    @Slot()
    def next(self) -> None:
        """Go on to the next phase; one that is on its way comes to its end."""
        if self.cycle is None:
            return
        self.is_playing = False
        if self._is_moving:
            self._set_progress(1.0)
        else:
            self._go_on()

    @Slot()
    def previous(self) -> None:
        """Go back to the phase before, as it was at its end."""
        if not self.can_go_back:
            return
        self.is_playing = False
        self.phase = _BEFORE.get(self.phase, "init")
        self._set_progress(1.0)

    @Slot()
    def play(self) -> None:
        """Play phase after phase, step after step; or pause."""
        self.is_playing = not self.is_playing
        if not self.is_playing:
            self._rest()
        elif self.cycle is not None and not self._is_taking:
            if self.progress >= 1.0:
                self._go_on()
            else:
                self._move()
        self.changed.emit()

    @Slot()
    def finish(self) -> None:
        """Skip to the end of the step: it is taken."""
        if self.cycle is None or self._is_taking:
            return
        if self.is_taken or (self.phase == "step" and self.progress >= 1.0) or self.phase == "stop":
            self._ask_for_next()
            return
        self.phase = "step"
        self._set_progress(1.0)

    def go(self, phase: Phase) -> None:
        """Walk to a phase, beginning the walk where there is none."""
        if not self.is_on:
            self.begin(phase)
        elif self.cycle is not None and not self._is_taking:
            if self.is_taken and phase != "stop":
                self.phase = phase
                self._ask(phase)
            else:
                self.phase = phase
                self._move(0.0)

    def set_alone(self, alone: bool) -> None:
        """Walk with the sample in focus alone, or with the batch."""
        if alone != self.is_alone:
            self.is_alone = alone
            if self.is_on:
                self._ask(self.phase if self.phase == "init" else "predict")
            self.changed.emit()

    def set_speed(self, speed: float) -> None:
        """Play so many times as fast as usual."""
        self.speed = min(max(speed, SLOWEST), FASTEST)

    def advance(self, passed: float) -> None:
        """Bring the phase on by so many seconds at the usual speed."""
        if self.cycle is None or not self._is_moving:
            return
        length = seconds(self.cycle, self.phase)
        after = self.progress * length + passed
        if self.progress < 1.0:
            self._set_progress(min(1.0, after / length), moving=True)
        elif self.is_playing:
            self._held += passed
            if self._held >= HOLD_SECONDS:
                self._go_on()

    # From phase to phase

    def _go_on(self) -> None:
        cycle = self.cycle
        if cycle is None or self._is_taking:
            return
        if self.phase in _AFTER:
            self.phase = _AFTER[self.phase]
            self._move(0.0)
        elif self.phase == "step" and (cycle.error is not None or (self.is_taken and cycle.ends is not None)):
            self.is_playing = False
            self.phase = "stop"
            self._move(0.0)
        else:
            self._ask_for_next()

    def _ask_for_next(self) -> None:
        self._ask("predict")

    def _move(self, progress: float | None = None) -> None:
        """Set the phase going, from a progress on or where it is."""
        self._is_moving = True
        self._clock.start()
        self._timer.start()
        self._set_progress(self.progress if progress is None else progress, moving=True)

    def _rest(self) -> None:
        self._is_moving = False
        self._timer.stop()

    @Slot()
    def _tick(self) -> None:
        self.advance(self._clock.restart() / 1000.0 * self.speed)

    def _set_progress(self, progress: float, *, moving: bool = False) -> None:
        self.progress = progress
        if progress < 1.0 or not moving:
            self._held = 0.0
        if progress >= 1.0 and not (self.is_playing and moving):
            self._rest()
        self._show()
        if progress >= 1.0 and self.phase == "step":
            self._take()
        self.changed.emit()

    def _take(self) -> None:
        """Have the step taken that was walked through."""
        cycle = self.cycle
        if cycle is None or not cycle.is_next or cycle.error is not None or self.is_taken or self._is_taking:
            return
        if self._document.restriction("training"):
            return  # the card says so
        self._is_taking = self._is_asking = True
        self._controller.step_batch()
        self._is_asking = False
        if not self._controller.is_running:
            self._is_taking = False

    # The numbers

    def _has_steps(self) -> bool:
        snapshot = self._controller.snapshot
        return snapshot is not None and snapshot.step > 0

    def _ask(self, phase: Phase | None = None, *, keep: bool = False) -> None:
        """Compute the next step, to be shown from a phase on, or where the walk is and keeps to be."""
        self._keeps_place = keep
        if not keep:
            self.cycle = None
            self.is_taken = False
            self._rest()
        self._stop_at = self.stop_at
        if phase is not None:
            self.phase = phase
        if self.ahead.ask(alone=self.is_alone):
            self.changed.emit()
        else:
            self.leave()

    @Slot(object)
    def _on_computed(self, cycle: Cycle) -> None:
        self.cycle = cycle
        self.stage.forget()
        if self._keeps_place:
            self._show()
            self.changed.emit()
        else:
            self._move(0.0)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self.leave()
        if not isinstance(error, NNStudioError):
            raise error
        self.message.emit(str(error))

    # What changes under the walk

    @Slot()
    def _on_change(self) -> None:
        if not self._is_taking:
            self.leave()

    @Slot()
    def _on_time_changed(self) -> None:
        if not self._is_taking and self._controller.time_machine.step != self._past_step:
            self.leave()

    @Slot()
    def _on_focus_changed(self) -> None:
        if self.is_on and not self._is_taking:
            if self.is_alone:
                self._ask("predict")
            elif self.cycle is not None and not self.is_taken:
                self._ask(keep=True)

    @Slot()
    def _on_snapshot(self) -> None:
        if self.is_on and self.cycle is not None and not self._is_taking:
            self.stage.forget()
            self._show()

    @Slot()
    def _on_state_changed(self) -> None:
        if not self.is_on or self._is_asking:
            return
        if not self._is_taking:
            if self._controller.is_running:
                self.leave()
        elif not self._controller.is_running:
            self._is_taking = False
            checkpoint, cycle = self._document.project.checkpoint, self.cycle
            if cycle is None or checkpoint is None or checkpoint.step != cycle.step + 1:
                self.leave()
                return
            self.is_taken = True
            self._past_step = self._controller.time_machine.step
            self.stage.forget()
            self._show()
            if self.is_playing:
                self._move(1.0)
            self.changed.emit()

    def _show(self) -> None:
        """Show the present moment on the canvas."""
        frame, snapshot, start = self.frame(), self._controller.snapshot, self.ahead.start
        if self.cycle is not None and frame is not None and snapshot is not None:
            first = None if start is None else start[0]
            self.stage.show(self.cycle, frame, snapshot, first, taken=self.is_taken)
