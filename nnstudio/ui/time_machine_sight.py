"""What is seen of a past step: one look after the other, the latest only, and exact once the slider rests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnstudio.ui.time_machine_looks import Look, Taken, kept_moment
from nnstudio.ui.work import Work

if TYPE_CHECKING:
    from nnstudio.training import Timeline
    from nnstudio.ui.compiled import Compiled
    from nnstudio.ui.time_machine import TimeMachine
    from nnstudio.ui.time_machine_looks import Moment
    from nnstudio.ui.training_controller import TrainingController

# Past steps are shown so often at the most, in seconds, and take this share of the window's time.
_LEAST_BETWEEN = 0.012
_SHOWING_SHARE = 0.6
# Once the slider rests for so long, in ms, the step is replayed: numbers are exact then.
_REST_MILLISECONDS = 120


class Sight(QObject):
    """Has the controller show the past step that a time machine is at.

    Small looks are taken at once, others in a thread, one at a time. What comes late is dropped: of a look
    that is not the latest, or of another step, training or network by then.
    """

    freed = Signal()  # a look in a thread is over

    def __init__(self, machine: TimeMachine, controller: TrainingController, compiled: Compiled) -> None:
        super().__init__(machine)
        self._machine = machine
        self._controller = controller
        self._document = controller.document
        self._compiled = compiled
        self.moment: Moment | None = None
        self._look: Look | None = None
        self._done: Look | None = None  # the look that is on view
        self._work: Work | None = None
        self._at_work: Look | None = None
        self._ready_at = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.take)
        self._rest_timer = QTimer(self)
        self._rest_timer.setSingleShot(True)
        self._rest_timer.setInterval(_REST_MILLISECONDS)
        self._rest_timer.timeout.connect(self._be_exact)

    @property
    def is_busy(self) -> bool:
        """Whether a look is being taken in a thread."""
        return self._work is not None

    def look(self) -> None:
        """Look at the step on view, in a moment where one has just been shown."""
        if time.perf_counter() >= self._ready_at:
            self.take()
        else:
            self.look_soon()

    def look_soon(self) -> None:
        """Look again: something else is asked for, or the data, the settings or the network are others."""
        if not self._machine.is_past:
            return
        self.drop()
        if not self._timer.isActive():
            wait = max(0.0, self._ready_at - time.perf_counter())
            self._timer.start(round(1000 * wait))

    def drop(self) -> None:
        """Care no more about what comes of the look under way: something else is asked for by now."""
        self._look = None

    @Slot()
    def take(self) -> None:
        """Look at the past step on view, at once where that is quick."""
        self._timer.stop()
        self._rest_timer.stop()
        timeline, step = self._machine.timeline, self._machine.step
        if timeline is None or step is None:
            return
        moment = self.moment or kept_moment(timeline, step)
        look = self._look_at(timeline, step, moment)
        self._look = look
        if look is None:
            if self._controller.problem is not None:
                self._controller.show_past(None)
            return
        if look.is_small:
            self._show_taken(look.take())
        else:
            self._take_later(look)

    def _look_at(self, timeline: Timeline, step: int, moment: Moment | None) -> Look | None:
        program = self._compiled.program
        if program is None:
            return None
        return Look(
            timeline,
            step,
            moment,
            program,
            self._compiled.parameters(program),
            self._document.project.data,
            self._controller.settings,
            self._controller.request_of_now(),
            self._compiled.revision,
        )

    @Slot()
    def _be_exact(self) -> None:
        """Replay the step on view: what is kept to be seen may be rounded, and says nothing of the state."""
        timeline, step = self._machine.timeline, self._machine.step
        if timeline is not None and step is not None:
            self._look = self._look_at(timeline, step, None)
            if self._look is not None:
                self._take_later(self._look)

    def _take_later(self, look: Look) -> None:
        """Take a look in a thread of its own; one at a time, the latest that is wanted."""
        if self._work is not None:
            return
        self._work, self._at_work = Work(look.take, self), look
        self._work.finished.connect(self._on_taken)
        self._work.failed.connect(self._on_failed)
        self._work.start()

    @Slot(object)
    def _on_taken(self, taken: Taken) -> None:
        self._end_work()
        if taken.look is self._look:
            self._show_taken(taken)
        self.freed.emit()
        self._take_next(taken.look)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        failed = self._at_work
        self._end_work()
        self.freed.emit()
        if failed is not self._look:
            self._take_next(failed)
        elif not isinstance(error, LookupError):
            self._controller.failed.emit(error)
        elif self.moment is None and failed is not None:
            # What led to this step is no longer kept; what is kept beside it can be seen.
            steps = failed.timeline.steps
            self._machine.show_next(int(steps[failed.timeline.nearest(failed.step)]))

    def _take_next(self, over: Look | None) -> None:
        """Take the latest look, if that has had to wait for one that is over."""
        if self._look is not None and self._look not in (self._done, over):
            self._take_later(self._look)

    def _end_work(self) -> None:
        if self._work is not None:
            self._work.deleteLater()
            self._work = self._at_work = None

    def _show_taken(self, taken: Taken) -> None:
        """Show what came of the latest look, if it is of the step, run and network of now."""
        look = taken.look
        is_late = (
            look is not self._look
            or look.step != self._machine.step
            or look.timeline is not self._machine.timeline
            or look.revision != self._compiled.revision
        )
        if is_late:
            return
        began = time.perf_counter()
        self.moment, self._done = taken.moment, look
        self._controller.show_past(taken.snapshot)
        ended = time.perf_counter()
        self._ready_at = ended + max(_LEAST_BETWEEN, (ended - began) * (1 / _SHOWING_SHARE - 1))
        if taken.moment.state is None:
            self._rest_timer.start()

    def forget(self) -> None:
        """Forget all of the step that was on view; it is another, or the present."""
        self._timer.stop()
        self._rest_timer.stop()
        self._look = self._done = self.moment = None
        if not self._machine.is_past and self._work is not None:
            self._work.drop()
            self._end_work()
