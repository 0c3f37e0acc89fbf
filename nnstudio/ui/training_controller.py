"""Training as the window sees it: starts and ends runs, and holds what there is to show.

What a change does to a training:

- While a run is on, the network is locked. What was learned becomes one undoable step when the run pauses
  or ends.
- Settings act at once: the run goes on from the same step with the new ones. The optimizer's own memory
  (momentum and the like) is dropped where another optimizer was chosen.
- Train goes on exactly where it paused, and with weights that were set by hand meanwhile. Where neurons,
  connections or data are others by then, it starts anew from the present weights at epoch 0; the history so
  far stays in view until it does.
- Train ends at the next multiple of the epochs set, so pressed again it adds as many.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnstudio.errors import DataError, NNStudioError
from nnstudio.network import initializers
from nnstudio.network.edits import SetValues
from nnstudio.network.events import changes_program
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.resume import Origins

# engine and training bring NumPy along: they are imported where they are first needed.
if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.engine.program import Parameters, Program
    from nnstudio.network import Network
    from nnstudio.network.events import Event
    from nnstudio.project.project import Values
    from nnstudio.training import (
        EpochRow,
        History,
        Probe,
        Run,
        Snapshot,
        SnapshotRequest,
        TrainerState,
        TrainingSettings,
    )
    from nnstudio.ui.document import Document

State = Literal["idle", "running", "paused", "finished"]
Portion = Literal["step", "epoch"]

POLL_MILLISECONDS = 16
LOCK_REASON = "Training is running. Pause it with F5 to change the network."
NO_DATA = "There is nothing to learn from yet. Choose data in the Data panel."
# From so many products of rows and connections on, a look at the idle network can be felt: it waits for a
# pause in the changes.
_LARGE = 2_000_000
_LARGE_DELAY_MILLISECONDS = 150
_STOP_SECONDS = 30.0

_log = logging.getLogger(__name__)


def default_settings() -> TrainingSettings:
    """Return the settings of a new project: they train most small networks well."""
    from nnstudio.training import TrainingSettings

    return TrainingSettings(loss="mse", optimizer="adam", learning_rate=0.03, batch_size=10, epochs=1000)


class TrainingController(QObject):
    """Trains the network of a document, and keeps ``snapshot`` true to what is on view, idle or running.

    ``problem`` says why the network cannot be trained now, or is None. ``failed`` tells what ended a run
    early.
    """

    snapshot_changed = Signal()
    state_changed = Signal()
    history_changed = Signal()
    problem_changed = Signal()
    failed = Signal(object)  # the exception

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.state: State = "idle"
        self.snapshot: Snapshot | None = None
        self.problem: NNStudioError | None = None
        self._program: Program | None = None
        self._revision = 0
        self._origins = Origins()
        self._resumable = False
        self._run: Run | None = None
        self._run_number = 0
        self._run_history: History | None = None
        self._run_start: Values | None = None
        self._run_portion: Portion | None = None
        self._began_at = (0, 0)  # epoch and step
        self._wish: Literal["go on", "pause", "restart"] = "go on"
        self._probe: Probe | None = None
        self._outputs_wanted: set[str] = set()
        self._request_changed = False

        self._poll_timer = QTimer(self)
        self._poll_timer.setInterval(POLL_MILLISECONDS)
        self._poll_timer.timeout.connect(self._poll)
        self._look_timer = QTimer(self)
        self._look_timer.setSingleShot(True)
        self._look_timer.timeout.connect(self.look)

        document.network_changed.connect(self._on_network_changed)
        document.project_replaced.connect(self._on_project_replaced)
        document.data_changed.connect(self._look_soon)
        document.settings_changed.connect(self._on_settings_changed)
        document.history_changed.connect(self._on_history_changed)
        document.focus_changed.connect(self._look_soon)
        self._on_project_replaced()

    # What there is to see

    @property
    def settings(self) -> TrainingSettings:
        """The settings in force: the project's, or those of a new project."""
        return self.document.project.settings or default_settings()

    @property
    def history(self) -> History | None:
        """The history of the training on view: it grows while a run is on."""
        return self._run_history if self._run is not None else self.document.project.history

    @property
    def is_running(self) -> bool:
        """Whether a run is on."""
        return self._run is not None

    @property
    def can_reset(self) -> bool:
        """Whether there is a start to go back to."""
        return self.is_running or self.document.project.start is not None

    @property
    def epoch(self) -> int:
        """Finished epochs of the training on view."""
        if self.is_running:
            return self.snapshot.epoch if self.snapshot is not None else self._began_at[0]
        checkpoint = self.document.project.checkpoint
        return checkpoint.epoch if checkpoint is not None and self._resumable else 0

    def set_probe(self, probe: Probe | None) -> None:
        """Ask for the outputs at some points with every snapshot from now on."""
        known = self._probe
        if probe is known or (probe is not None and known is not None and probe.key == known.key):
            return
        self._probe = probe
        self._look_soon()

    def want_outputs(self, wanted: bool, who: str = "") -> None:
        """Ask for the outputs of all rows with every snapshot, as long as anyone wants them."""
        before = bool(self._outputs_wanted)
        (self._outputs_wanted.add if wanted else self._outputs_wanted.discard)(who)
        if bool(self._outputs_wanted) != before:
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
        """Start to train, or go on where training paused."""
        self._begin(None)

    @Slot()
    def step_batch(self) -> None:
        """Train on one batch."""
        self._begin("step")

    @Slot()
    def step_epoch(self) -> None:
        """Train to the end of one epoch."""
        self._begin("epoch")

    @Slot()
    def pause(self) -> None:
        """Pause after the step under way; what was learned is then one undoable step."""
        if self._run is not None:
            self._wish = "pause"
            self._run.pause()

    def halt(self) -> None:
        """Pause and wait until it is done, as before saving."""
        if self._run is not None:
            self._run.stop(_STOP_SECONDS)
            self._conclude()

    @Slot()
    def reset(self) -> None:
        """Go back to the weights that the training began with."""
        self.halt()
        start = self.document.project.start
        if start is None:
            return
        network = self.document.network
        weights = {key: value for key, value in start[0].items() if network.has_connection(key)}
        biases = {
            key: value
            for key, value in start[1].items()
            if network.has_neuron(key) and network.neuron(key).role != "input"
        }
        self.document.do(
            SetValues("Reset to the start", weights, biases), ProjectChange("", history=None, checkpoint=None)
        )

    @Slot()
    def new_start(self) -> None:
        """Draw other random weights, with the next seed."""
        self.halt()
        settings = replace(self.settings, seed=self.settings.seed + 1)
        weights, biases = initializers.draw(self.document.network, settings.initializer, settings.seed)
        if not weights and not biases:
            return
        all_weights, all_biases = self.document.network.values()
        start = ({**all_weights, **weights}, {**all_biases, **biases})
        self.document.do(
            SetValues("New random start", weights, biases),
            ProjectChange("", settings=settings, start=start, history=None, checkpoint=None),
        )

    def shutdown(self) -> None:
        """End the run, keeping what it learned, and all timers, as when the window closes."""
        self.halt()
        self._poll_timer.stop()
        self._look_timer.stop()

    # A run from beginning to end

    def _begin(self, portion: Portion | None) -> None:
        if self._run is not None:
            return
        self._look_timer.stop()
        self.look()
        if self.problem is not None:
            self.problem_changed.emit()  # press Train again, and the reason draws attention again
            return
        project = self.document.project
        values = project.network.values()
        state = project.checkpoint if self._resumable else None
        try:
            run = self._make_run(state)
        except NNStudioError as error:
            self._set_problem(error)
            return
        self._run_start = values if state is None else project.start
        self._run_history = _copy_of(project.history if state is not None else None)
        self._run_portion = portion
        self._began_at = (0, 0) if state is None else (state.epoch, state.step)
        self._wish = "go on"
        self._run = run
        self.document.lock(LOCK_REASON)
        self._start(run)
        self._set_state("running")
        self.history_changed.emit()

    def _make_run(self, state: TrainerState | None, parameters: Parameters | None = None) -> Run:
        from nnstudio.training import Run

        project = self.document.project
        assert self._program is not None  # look() has found no problem
        assert project.data is not None
        settings = self.settings
        epoch = 0 if state is None else state.epoch
        self._run_number += 1
        return Run(
            self._run_number,
            self._revision,
            self._program,
            _parameters_of(self._program, project.network) if parameters is None else parameters,
            project.data,
            settings,
            state=state,
            stop_at=(epoch // settings.epochs + 1) * settings.epochs,
            yield_gil=True,
        )

    def _start(self, run: Run) -> None:
        run.request(self._request())
        self._request_changed = False
        run.start(self._run_portion)
        self._poll_timer.start()

    @Slot()
    def _poll(self) -> None:
        run = self._run
        if run is None:
            return
        status = run.status  # read first: what is over has left everything in the mailbox
        if self._collect(run) or self._request_changed:
            self._request_changed = False
            run.request(self._request())
        if status in ("finished", "failed"):
            self._conclude()
        elif status == "paused" and self._wish == "restart":
            self._go_on_with_new_settings()
        elif status == "paused":
            run.stop(_STOP_SECONDS)
            self._conclude()

    def _collect(self, run: Run) -> bool:
        """Take what the run has to tell; returns whether there was a snapshot."""
        rows: Sequence[EpochRow] = run.drain()
        if rows and self._run_history is not None:
            self._run_history.extend(rows)
        snapshot = run.take()
        if snapshot is not None:
            self._show(snapshot)
        if rows:
            self.history_changed.emit()
        return snapshot is not None

    def _show(self, snapshot: Snapshot) -> None:
        """Show a snapshot, unless it is of an older run or of a network that has changed since."""
        current = self._run_number if self._run is not None else 0
        if snapshot.run == current and snapshot.revision == self._revision:
            self.snapshot = snapshot
            self.snapshot_changed.emit()

    def _conclude(self) -> None:
        """Put what the run has learned into the document, as one step."""
        run, history, start = self._run, self._run_history, self._run_start
        if run is None or history is None:
            return
        self._collect(run)
        self._poll_timer.stop()
        checkpoint = run.state()
        document = self.document
        document.unlock()
        if checkpoint.step > self._began_at[1]:
            self._origins.remember(checkpoint, document.network, document.project.data)
            # Until then the run's own history is on view, so that plots see no gap.
            document.do(
                _learned(self._label(checkpoint), run, document.network),
                ProjectChange("", history=history, checkpoint=checkpoint, start=start),
            )
        self._run = None
        self._run_history = None
        self._look_timer.stop()
        self.look()
        self.history_changed.emit()
        if run.error is not None:
            self.failed.emit(run.error)

    def _go_on_with_new_settings(self) -> None:
        old = self._run
        assert old is not None
        self._wish = "go on"
        state = old.state()
        old.stop(_STOP_SECONDS)
        self._collect(old)
        try:
            self._run = self._make_run(state, old.parameters)
        except NNStudioError as error:
            self._conclude()
            self._set_problem(error)
            return
        self._start(self._run)

    def _label(self, checkpoint: TrainerState) -> str:
        epochs = checkpoint.epoch - self._began_at[0]
        if self._run_portion == "step":
            return "Train one batch"
        return "Train one epoch" if epochs == 1 else f"Train {epochs} epochs"

    # A look at the idle network

    @Slot()
    def look(self) -> None:
        """Bring problem, state and snapshot up to date with the document, unless a run is on."""
        if self._run is not None:
            return
        project = self.document.project
        self._resumable = self._origins.fits(project.checkpoint, project.network, project.data)
        problem = self._examine()
        self._set_problem(problem)
        self._set_state(self._resting_state())
        if self._program is None:
            self.snapshot = None
        else:
            self.snapshot = self._idle_snapshot(self._program)
        self.snapshot_changed.emit()

    def _examine(self) -> NNStudioError | None:
        """Compile where needed, and return why the network cannot be trained, or None."""
        from nnstudio.engine import compile_network
        from nnstudio.engine.checks import check_training

        project = self.document.project
        try:
            if self._program is None:
                self._program = compile_network(project.network)
            if project.data is None:
                return DataError(NO_DATA)
            settings = self.settings
            settings.validate()
            check_training(self._program, settings, project.data.x, project.data.y)
        except NNStudioError as error:
            return error
        return None

    def _idle_snapshot(self, program: Program) -> Snapshot:
        from nnstudio.training import take_snapshot

        project = self.document.project
        checkpoint = project.checkpoint if self._resumable else None
        return take_snapshot(
            program,
            _parameters_of(program, project.network),
            project.data,
            self.settings,
            self._request(),
            revision=self._revision,
            epoch=0 if checkpoint is None else checkpoint.epoch,
            step=0 if checkpoint is None else checkpoint.step,
        )

    def _request(self) -> SnapshotRequest:
        from nnstudio.training import SnapshotRequest

        data, row = self.document.project.data, self.document.focus_row
        focus = None if data is None or row is None else data.x[row]
        return SnapshotRequest(focus=focus, probe=self._probe, outputs=bool(self._outputs_wanted))

    def _resting_state(self) -> State:
        checkpoint = self.document.project.checkpoint
        if checkpoint is None or not self._resumable:
            return "idle"
        ended = checkpoint.position == 0 and checkpoint.epoch % max(1, self.settings.epochs) == 0
        return "finished" if ended and checkpoint.epoch else "paused"

    def _is_large(self) -> bool:
        data = self.document.project.data
        rows = 1 if data is None else min(len(data.x), 1024)
        return rows * self.document.network.connection_count > _LARGE

    # What changes around it

    @Slot(object)
    def _on_network_changed(self, events: tuple[Event, ...]) -> None:
        if changes_program(events):
            self._program = None
            self._revision += 1
        self._look_soon()

    @Slot()
    def _on_project_replaced(self) -> None:
        if self._run is not None:
            self._run.stop(_STOP_SECONDS)
            self._run = None
            self._poll_timer.stop()
            self.document.unlock()
        project = self.document.project
        self._program = None
        self._revision += 1
        self._probe = None
        self._origins.clear()
        if project.checkpoint is not None:
            self._origins.remember(project.checkpoint, project.network, project.data)
        self.snapshot = None
        self.snapshot_changed.emit()
        self.history_changed.emit()
        self._look_soon()

    @Slot()
    def _on_settings_changed(self) -> None:
        if self._run is None:
            self._look_soon()
        elif self._wish == "go on" and self._run_portion is None:
            self._wish = "restart"
            self._run.pause()

    @Slot()
    def _on_history_changed(self) -> None:
        if self._run is None:
            self.history_changed.emit()
            self._look_soon()

    @Slot()
    def _look_soon(self) -> None:
        if self._run is not None:
            self._request_changed = True
        else:
            self._look_timer.start(_LARGE_DELAY_MILLISECONDS if self._is_large() else 0)

    def _set_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit()

    def _set_problem(self, problem: NNStudioError | None) -> None:
        if str(problem) != str(self.problem) or type(problem) is not type(self.problem):
            self.problem = problem
            self.problem_changed.emit()


def _parameters_of(program: Program, network: Network) -> Parameters:
    """Return the network's present weights and biases in the slots of a program."""
    weights, biases = network.values()
    parameters = program.initial_parameters()
    parameters.weights[:] = [weights[key] for key in program.connection_ids]
    parameters.biases[:] = [biases.get(key, 0.0) for key in program.neuron_ids]
    return parameters


def _learned(label: str, run: Run, network: Network) -> SetValues:
    weights = dict(zip(run.program.connection_ids, run.parameters.weights.tolist(), strict=True))
    biases = dict(zip(run.program.neuron_ids, run.parameters.biases.tolist(), strict=True))
    return SetValues(
        label, weights, {key: biases[key] for key in biases if network.neuron(key).role != "input"}
    )


def _copy_of(history: History | None) -> History:
    from nnstudio.training import History

    return History() if history is None else History.from_arrays(history.arrays())
