"""Training as the window sees it: starts and ends runs, and holds what there is to show.

What a change does to a training:

- While a run is on, the network is locked, but for freezing and disabling, which act at once: the run goes on
  with the next batch. What was learned becomes one undoable step when the run pauses or ends.
- Settings act at once: the run goes on from the same step with the new ones. The optimizer's own memory
  (momentum and the like) is dropped where another optimizer was chosen. With batches of another size that
  don't fit the rows done, the epoch under way begins again.
- Data act at once, too: the run goes on from the same step with the rows that there are now, and begins the
  epoch under way again with them. Where they don't fit the network, the run pauses and says why.
- Train goes on exactly where it paused, and with weights that were set by hand meanwhile. Where neurons,
  connections or data are others by then, it starts anew from the present weights at epoch 0; the history so
  far stays in view until it does.
- While a past step is on view (see `TimeMachine`), the snapshot is of that step, and a run that is on goes on
  unseen. Train then goes back there first, as a step of its own; a change of the network does so in the same
  step.
- Train ends at the next multiple of the epochs set, so pressed again it adds as many; and at the target loss,
  which pressed again it leaves aside.
"""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnstudio.errors import NNStudioError
from nnstudio.network.events import changes_parts, changes_program, changes_values
from nnstudio.ui.compiled import Compiled
from nnstudio.ui.complaints import Complaints
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.idle import idle_snapshot
from nnstudio.ui.session import Session
from nnstudio.ui.speed import pace
from nnstudio.ui.standing import has_reached_target, resting_state, run_settings
from nnstudio.ui.starts import default_settings, draw_new_start, go_back_to_start
from nnstudio.ui.time_machine import TimeMachine
from nnstudio.ui.turns import POLL_MILLISECONDS, Turns
from nnstudio.ui.wishes import Wishes

# engine and training bring NumPy along: they are imported where they are first needed.
if TYPE_CHECKING:
    from nnstudio.engine.program import Program
    from nnstudio.network.events import Event
    from nnstudio.training import (
        History,
        Probe,
        Snapshot,
        SnapshotRequest,
        TrainerState,
        TrainingSettings,
    )
    from nnstudio.ui.complaints import Complaint
    from nnstudio.ui.document import Document
    from nnstudio.ui.session import Portion
    from nnstudio.ui.speed import Speed
    from nnstudio.ui.standing import State

# Preparing that takes less is not worth telling.
_PREPARING_SECONDS = 0.25
LOCK_REASON = "Training is running. Pause it with F5 to change the network."
# From so many connections on, a look at the idle network can be felt: it waits for a pause in the changes.
_LARGE = 5_000
_LARGE_DELAY_MILLISECONDS = 150


class TrainingController(QObject):
    """Trains the network of a document, and keeps ``snapshot`` true to what is on view, idle or running.

    ``failed`` tells what ended a run early.
    """

    snapshot_changed = Signal()
    state_changed = Signal()
    history_changed = Signal()
    problem_changed = Signal()
    speed_changed = Signal()
    failed = Signal(object)  # the exception
    target_reached = Signal()
    patience_ended = Signal()
    effect_measured = Signal(float, float)  # the loss before and after something was disabled or enabled

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.state: State = "idle"
        self.snapshot: Snapshot | None = None
        self._compiled = Compiled(document)
        self._complaints = Complaints(document, self._compiled)
        self._resumable = False
        self._session: Session | None = None
        self._run_numbers = itertools.count(1)
        self._beyond_target = False
        self._began = 0.0
        self._turns = Turns()
        self._speed: Speed = "full"
        self._wishes = Wishes()
        self.time_machine = TimeMachine(self, self._compiled)

        self._poll_timer = QTimer(self)
        self._poll_timer.setInterval(POLL_MILLISECONDS)
        self._poll_timer.timeout.connect(self._poll)
        self._look_timer = QTimer(self)
        self._look_timer.setSingleShot(True)
        self._look_timer.timeout.connect(self.look)

        document.network_changed.connect(self._on_network_changed)
        document.project_replaced.connect(self._on_project_replaced)
        document.data_changed.connect(self._on_data_changed)
        document.settings_changed.connect(self._on_settings_changed)
        document.history_changed.connect(self._on_history_changed)
        document.focus_changed.connect(self._look_soon)
        document.restrictions_changed.connect(self._look_soon)  # what nobody can do is no problem
        self._on_project_replaced()

    # What there is to see

    @property
    def settings(self) -> TrainingSettings:
        """The settings in force: the project's, or those of a new project."""
        return self.document.project.settings or default_settings()

    @property
    def history(self) -> History | None:
        """The history of the training on view: it grows while a run is on."""
        return self.document.project.history if self._session is None else self._session.history

    @property
    def is_running(self) -> bool:
        """Whether a run is on, be it that it still prepares."""
        return self._session is not None

    @property
    def speed(self) -> Speed:
        """How fast a training may go."""
        return self._speed

    @property
    def can_reset(self) -> bool:
        """Whether there is a start to go back to."""
        return self.is_running or self.document.project.start is not None

    @property
    def can_resume(self) -> bool:
        """Whether the project's checkpoint belongs to its network and data as they are now."""
        return self._compiled.can_resume()

    @property
    def state_on_view(self) -> TrainerState | None:
        """Where training goes on, now or from the past step on view; None where that is not known."""
        if self.time_machine.is_past:
            return self.time_machine.state
        return self.document.project.checkpoint if self.can_resume else None

    @property
    def program(self) -> Program | None:
        """The network as it is now, compiled; None where it cannot be."""
        return self._compiled.program

    @property
    def epoch(self) -> int:
        """Finished epochs of the training on view, at the past step that is on view where one is."""
        if self.time_machine.is_past:
            return self.time_machine.epoch
        if self._session is not None:
            return self._session.first_epoch if self.snapshot is None else self.snapshot.epoch
        checkpoint = self.document.project.checkpoint
        return checkpoint.epoch if checkpoint is not None and self._resumable else 0

    def set_probe(self, who: str, probe: Probe | None) -> None:
        """Answer a probe with every snapshot from now on, in place of this asker's last one; None ends it."""
        if self._wishes.set_probe(who, probe):
            self._look_soon()

    def want_outputs(self, wanted: bool, who: str = "") -> None:
        """Ask for the outputs of all rows with every snapshot, as long as anyone wants them."""
        if self._wishes.want_outputs(wanted, who):
            self._look_soon()

    # What the user asks for

    @Slot()
    def toggle(self) -> None:
        """Train, or pause the training."""
        if self.is_running:
            self.pause()
        else:
            self.train()

    @Slot()
    def train(self) -> None:
        """Start to train, or go on where training paused; from the past step on view where one is."""
        self._begin_on_view(None)

    @Slot()
    def go_on(self) -> None:
        """Go on where training paused, whatever is on view."""
        self._begin(None)

    @Slot()
    def step_batch(self) -> None:
        """Train on one batch."""
        self._begin_on_view("step")

    @Slot()
    def step_epoch(self) -> None:
        """Train to the end of one epoch."""
        self._begin_on_view("epoch")

    @Slot()
    def pause(self) -> None:
        """Pause after the step under way; what was learned is then one undoable step."""
        if self._session is None:
            return
        if self._session.is_preparing:
            self.halt()
        else:
            self._session.pause()

    def set_speed(self, speed: Speed) -> None:
        """Let trainings go so fast, the one that is on as well; it changes nothing of what is learned."""
        if speed == self._speed:
            return
        self._speed = speed
        self._keep_pace()
        self.speed_changed.emit()

    def _keep_pace(self) -> None:
        if self._session is not None:
            self._session.set_pace(pace(self._speed, self.settings.epochs))

    def halt(self) -> None:
        """Pause and wait until it is done, as before saving."""
        if self._session is not None:
            self._session.stop()
            self._conclude(self._session)

    @Slot()
    def reset(self) -> None:
        """Go back to the weights that the training began with."""
        self.halt()
        go_back_to_start(self.document)

    @Slot()
    def new_start(self) -> None:
        """Draw other random weights, with the next seed."""
        self.halt()
        draw_new_start(self.document, self.settings)

    def shutdown(self) -> None:
        """End the run, keeping what it learned, and all timers, as when the window closes."""
        self.halt()
        self.time_machine.shutdown()
        self._poll_timer.stop()
        self._look_timer.stop()

    # A session from beginning to end

    def _begin_on_view(self, portion: Portion | None) -> None:
        if self._session is not None or not self.document.allows("training"):
            return
        # What cannot be trained on is not gone back to either.
        is_refused = self.time_machine.is_past and self._refuses_to_train()
        if not is_refused and self.time_machine.go_back():
            self._begin(portion)

    def _refuses_to_train(self) -> bool:
        """Tell what keeps the network from being trained now; returns whether anything does."""
        self._look_timer.stop()
        self.look()
        if self.problem is None and self._compiled.program is not None:
            return False
        self._complaints.ask_to_train()
        self.problem_changed.emit()  # asked for again, the reason draws attention again
        return True

    def _begin(self, portion: Portion | None) -> None:
        if self._session is not None or not self.document.allows("training"):
            return
        if self._refuses_to_train():
            return
        program = self._compiled.program
        assert program is not None
        project = self.document.project
        beyond_target = self._resumable and has_reached_target(project.history, self.settings)
        checkpoint = project.checkpoint if self._resumable else None
        try:
            session = Session(
                project,
                program,
                self._compiled.parameters(program),
                run_settings(self.settings, beyond_target=beyond_target),
                checkpoint,
                portion=portion,
                numbers=self._run_numbers,
                revision=self._compiled.revision,
                timeline=self.time_machine.begin(checkpoint, self.settings),
                pace=pace(self._speed, self.settings.epochs),
            )
        except NNStudioError as error:
            self.time_machine.end()
            self._set_problem(error)
            return
        self._session = session
        self._began = time.monotonic()
        self._beyond_target = beyond_target
        self._turns = Turns()
        self.document.lock(LOCK_REASON)
        session.begin(self._request())
        self._poll_timer.start()
        self._set_state("running")
        self.history_changed.emit()

    @Slot()
    def _poll(self) -> None:
        session = self._session
        if session is None:
            return
        status = session.run.status  # read first: what is over has left everything in the mailbox
        preparing = session.is_preparing and time.monotonic() > self._began + _PREPARING_SECONDS
        self._set_state("preparing" if preparing else "running")
        self._show_news(session)
        if status in ("finished", "failed"):
            self._conclude(session)
        elif status == "paused" and session.wish == "restart":
            self._go_on(session)
        elif status == "paused":
            session.stop()
            self._conclude(session)

    def _show_news(self, session: Session) -> None:
        """Show what the run has to tell, and ask for the next snapshot once the window has the time."""
        turns = self._turns
        turns.begin_poll()
        rows, snapshot = session.collect()
        turns.has_rows |= bool(rows)
        if snapshot is not None:
            turns.begin_showing()
            self.show_snapshot(snapshot)
            turns.end_showing()
        elif turns.take_rows():
            self.history_changed.emit()
        if not self.time_machine.is_past and turns.take_wish():
            session.run.request(self._request())
        turns.end_poll()

    def _collect(self, session: Session) -> None:
        """Take and show all that the run has to tell."""
        rows, snapshot = session.collect()
        if snapshot is not None:
            self.show_snapshot(snapshot)
        if self._turns.take_rows() or rows:
            self.history_changed.emit()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot, unless it is of an older run or of a network that has changed since.

        None of the present is shown while a past step is on view.
        """
        current = 0 if self._session is None else self._session.run.number
        if self.time_machine.is_past:
            return
        if snapshot.run == current and snapshot.revision == self._compiled.revision:
            self.snapshot = snapshot
            self.snapshot_changed.emit()

    def show_past(self, snapshot: Snapshot | None) -> None:
        """Show a snapshot of the past step that is on view; None where the network cannot be computed."""
        self.snapshot = snapshot
        self.snapshot_changed.emit()

    def show_present(self) -> None:
        """Show the network as it is at present, after a past step."""
        if self._session is not None:
            # What is there is of the past, and the run has yet to answer.
            self.snapshot = None
            self._turns.want_other()
        else:
            self.look()

    def request_of_now(self) -> SnapshotRequest:
        """Return what panels want to see of a look taken now."""
        return self._wishes.request(self.document.project.data, self.document.focus_row)

    def _conclude(self, session: Session) -> None:
        """Put what was learned into the document, as one step."""
        self._collect(session)
        self._poll_timer.stop()
        document = self.document
        document.unlock()
        if session.has_learned:
            checkpoint = session.state
            self.time_machine.conclude(checkpoint, session.history)
            self._compiled.remember(checkpoint, session.data)
            document.do(
                session.learned(document.network),
                ProjectChange("", history=session.history, checkpoint=checkpoint, start=session.start),
                kind="training",
            )
        self._session = None
        self.time_machine.end()
        self._look_timer.stop()
        self.look()
        self.history_changed.emit()
        if session.run.error is not None:
            self.failed.emit(session.run.error)
        elif session.run.stopped_because == "target_loss":
            self.target_reached.emit()
        elif session.run.stopped_because == "patience":
            self.patience_ended.emit()

    def _go_on(self, session: Session) -> None:
        """Go on with the settings and data of now."""
        self._collect(session)
        if self.settings.dtype != session.dtype:
            # Other numbers all through: what was learned goes into the network, and on from there.
            session.stop()
            self._conclude(session)
            self.go_on()
            return
        settings = run_settings(self.settings, beyond_target=self._beyond_target)
        try:
            session.go_on(settings, self._request())
            self.time_machine.go_on(self.settings)
            self._began = time.monotonic()
            self._turns.ask_again()
            self._keep_pace()
        except NNStudioError as error:
            self._conclude(session)
            self._set_problem(error)

    # A look at the idle network

    @Slot()
    def look(self) -> None:
        """Bring problem, state and snapshot up to date with the document, unless a run is on."""
        if self._session is not None:
            return
        project = self.document.project
        self._resumable = self.can_resume
        self._set_problem(self._compiled.examine(self.settings))
        self._set_state(resting_state(project, self.settings, resumable=self._resumable))
        if self.time_machine.is_past:
            self.time_machine.sight.take()
            return
        self.snapshot = None
        program = self._compiled.program
        if program is not None:
            self.snapshot = idle_snapshot(
                program,
                self._compiled.parameters(program),
                project,
                self.settings,
                self._request(),
                project.checkpoint if self._resumable else None,
                self._compiled.revision,
            )
        self.snapshot_changed.emit()

    def _request(self) -> SnapshotRequest:
        data, row = self.document.project.data, self.document.focus_row
        if self._session is not None and self._session.data is not data:
            row = None  # the run that is still on knows other rows
        return self._wishes.request(data, row)

    def _is_large(self) -> bool:
        return self.document.network.connection_count > _LARGE

    # What changes around it

    @Slot(object)
    def _on_network_changed(self, events: tuple[Event, ...]) -> None:
        if changes_program(events):
            before = self._compiled.shown(self.snapshot) if changes_parts(events) else None
            self._compiled.forget()
            if self._session is not None:
                self._revise(self._session)
            losses = None if before is None else self._compiled.change_of_loss(*before, self.settings)
            if losses is not None:
                self.effect_measured.emit(*losses)
        elif changes_values(events):
            self._compiled.forget_values()
        if self._session is None:
            if changes_values(events):
                self.time_machine.leave()
            self.time_machine.check()
        self._look_soon()

    def _revise(self, session: Session) -> None:
        """Have the run go on under other constraints, or pause where that is not possible."""
        from nnstudio.engine import compile_network

        try:
            program = compile_network(self.document.network, dtype=session.dtype)
            session.revise(program, self._compiled.revision)
        except NNStudioError as error:
            self._set_problem(error)
            self.pause()
        else:
            self._compiled.program = program

    @Slot()
    def _on_project_replaced(self) -> None:
        if self._session is not None:
            self._session.stop()
            self._session = None
            self._poll_timer.stop()
            self.document.unlock()
        self._compiled.begin_anew()
        self.time_machine.forget_all()
        self._wishes.forget_probes()
        # Told by the look that follows, when all others have turned to the new project as well.
        self.snapshot = None
        self.history_changed.emit()
        self._look_soon()

    @Slot()
    def _on_settings_changed(self) -> None:
        if self._session is None:
            self._look_soon()
        else:
            self._session.restart()

    @Slot()
    def _on_data_changed(self) -> None:
        if self._session is not None:
            self._session.restart()
        self._look_soon()

    @Slot()
    def _on_history_changed(self) -> None:
        if self._session is None:
            self.time_machine.check()
            self.history_changed.emit()
            self._look_soon()

    @Slot()
    def _look_soon(self) -> None:
        if self._session is not None:
            self._turns.want_other()
            self.time_machine.sight.look_soon()
        else:
            self.time_machine.sight.drop()
            self._look_timer.start(_LARGE_DELAY_MILLISECONDS if self._is_large() else 0)

    def _set_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit()

    @property
    def problem(self) -> NNStudioError | None:
        """Why the network cannot be trained now, or None."""
        return self._complaints.problem

    @property
    def problem_to_tell(self) -> NNStudioError | None:
        """The problem, once it matters: before there are data, nobody but who presses Train has one."""
        return self._complaints.problem_to_tell

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """What is to be told of the network: why it cannot be trained, and what does nothing in it."""
        return self._complaints.all

    def _set_problem(self, problem: NNStudioError | None) -> None:
        if self._complaints.set_problem(problem):
            self.problem_changed.emit()
