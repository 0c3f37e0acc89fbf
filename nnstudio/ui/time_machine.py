"""The time machine: shows the whole window a past step of the training, and goes back there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from nnstudio.errors import NNStudioError
from nnstudio.ui.preferences import preferences
from nnstudio.ui.time_machine_moves import Moves
from nnstudio.ui.time_machine_return import NOT_KEPT, way_back
from nnstudio.ui.time_machine_sight import Sight
from nnstudio.ui.trainings import Trainings

# engine and training bring NumPy along: they are imported where they are first needed.
if TYPE_CHECKING:
    from nnstudio.network.edits import Edit
    from nnstudio.project import Project
    from nnstudio.training import History, Timeline, TrainerState, TrainingSettings
    from nnstudio.ui.compiled import Compiled
    from nnstudio.ui.document import ProjectChange
    from nnstudio.ui.time_machine_looks import Moment
    from nnstudio.ui.time_machine_moves import Unit
    from nnstudio.ui.training_controller import TrainingController
    from nnstudio.ui.trainings import Branch

MEGABYTE = 2**20
_USUAL_BUDGET = 256  # megabytes
_BUDGET_KEY = "past-budget"


class TimeMachine(QObject):
    """Owns the past of the training on view, and the trainings before it.

    While a past ``step`` is chosen, the controller's snapshot is of that step: the present network with the
    values of then, seen with the data, settings and focus of now. A run that is on goes on unseen.
    """

    changed = Signal()  # step, timeline or branches

    def __init__(self, controller: TrainingController, compiled: Compiled) -> None:
        super().__init__(controller)
        self._controller = controller
        self._document = controller.document
        self._compiled = compiled
        self._trainings = Trainings(remembered_budget() * MEGABYTE)
        self._running: Branch | None = None
        self._step: int | None = None
        self._was_past = False
        self._known_ends: tuple[Timeline | None, int, tuple[int, int]] = (None, -1, (0, 0))
        self._seen: Timeline | None = None  # the timeline that the step is of
        self.sight = Sight(self, controller, compiled)
        self._scrubbed: tuple[int | None] | None = None  # the step that waits for its turn
        self.sight.freed.connect(self._show_scrubbed)
        self.moves = Moves(self, self._document)
        self._document.before_edit = self._edits_to_go_back

    # What there is

    @property
    def timeline(self) -> Timeline | None:
        """The past of the training on view; None where nothing is known of it."""
        if self._running is not None:
            return self._running.timeline
        return self._trainings.past_of(self._document.project.checkpoint, self._compiled.structure)

    @property
    def step(self) -> int | None:
        """The past step on view, None: the present."""
        return self._step

    @property
    def is_past(self) -> bool:
        """Whether a past step is on view."""
        return self._step is not None

    @property
    def moment(self) -> Moment | None:
        """What is known of the past step on view; its state once the slider has rested."""
        return self.sight.moment

    @property
    def state(self) -> TrainerState | None:
        """Where training would go on from the past step on view, with the data of now; None until known."""
        moment, timeline = self.moment, self.timeline
        if moment is None or moment.state is None or timeline is None:
            return None
        try:
            data = timeline.stretch_at(moment.step).data
        except LookupError:
            return None  # no longer kept, so that nobody can go on from there
        return moment.state if data is self._document.project.data else moment.state.with_other_data()

    @property
    def epoch(self) -> int:
        """Finished epochs at the past step on view."""
        timeline, step = self.timeline, self._step
        if self.moment is not None:
            return self.moment.epoch
        if timeline is None or step is None or not len(timeline):
            return 0
        return timeline.epoch_at(step)

    @property
    def first_step(self) -> int | None:
        """The first step that can be shown; None without a past."""
        timeline = self.timeline
        return None if timeline is None or not len(timeline) else self._ends(timeline)[0]

    @property
    def last_step(self) -> int | None:
        """The step at which the training stands, as far as is known; None without a past."""
        timeline, checkpoint = self.timeline, self._document.project.checkpoint
        if timeline is None or not len(timeline):
            return None
        if self._running is None and checkpoint is not None:
            return checkpoint.step
        return self._ends(timeline)[1]

    def _ends(self, timeline: Timeline) -> tuple[int, int]:
        """Return the first and the last step that are kept; many ask for them, and reading all takes time."""
        known, version, ends = self._known_ends
        if known is not timeline or version != timeline.version:
            version = timeline.version
            steps = timeline.steps
            ends = int(steps[0]), int(steps[-1])
            self._known_ends = timeline, version, ends
        return ends

    @property
    def has_past(self) -> bool:
        """Whether there is any step before the present one to be shown."""
        first, last = self.first_step, self.last_step
        return first is not None and last is not None and first < last

    @property
    def branches(self) -> tuple[Branch, ...]:
        """Earlier trainings and branches of this session, the oldest first."""
        return self._trainings.others(self._present, self._controller.history)

    @property
    def name(self) -> str:
        """The name of the training on view, empty where it has none."""
        return "" if self._present is None else self._present.name

    @property
    def branchings(self) -> tuple[int, ...]:
        """The epochs at which this training branched off from another one, or an earlier one did."""
        here = () if self._present is None else (self._present,)
        epochs = {branch.first_epoch for branch in (*self.branches, *here)}
        return tuple(sorted(epochs - {0}))

    @property
    def _present(self) -> Branch | None:
        return self._running or self._trainings.ending_at(self._document.project.checkpoint)

    @property
    def budget(self) -> int:
        """How many bytes the past may take."""
        return self._trainings.budget

    def set_budget(self, megabytes: int) -> None:
        """Keep no more of the past than that, and remember it."""
        preferences().setValue(_BUDGET_KEY, megabytes)
        self._trainings.set_budget(megabytes * MEGABYTE, self._present)
        self.changed.emit()

    @Slot()
    def forget_others(self) -> None:
        """Forget all trainings but the one on view."""
        self._trainings.forget_others(self._document.project.checkpoint)
        self.changed.emit()

    # Moving in time

    @Slot(object)
    def show(self, step: int | None) -> None:
        """Show a past step, or the present: None, and whatever is not before it."""
        self.moves.stop()
        self.show_next(step)
        self._scrubbed = None

    def scrub(self, step: int | None) -> None:
        """Show a step as one drags past it: in its turn, once the one before has been seen.

        Or else, where looks take long, none would be done before the next one is wanted.
        """
        if not self.sight.is_busy:
            self.show(step)
        else:
            self._scrubbed = (step,)

    def show_next(self, step: int | None) -> None:
        """Show a step as `show` does, on the way of what plays the past."""
        first, last = self.first_step, self.last_step
        if step is not None:
            step = None if first is None or last is None or step >= last else max(step, first)
        if step == self._step:
            return
        self._step = step
        self._seen = None if step is None else self.timeline
        self._forget()
        self._tell()
        if step is None:
            self._controller.show_present()
        else:
            self.sight.look()

    @Slot()
    def to_start(self) -> None:
        """Show the first step that is known."""
        self.show(self.first_step)

    @Slot()
    def to_now(self) -> None:
        """Show the present again."""
        self.show(None)

    def back(self, unit: Unit) -> None:
        """Go back by one sample of a batch, one batch or one epoch."""
        self.moves.move(unit, -1)

    def forward(self, unit: Unit) -> None:
        """Go forward by one sample of a batch, one batch or one epoch."""
        self.moves.move(unit, 1)

    # Going back

    @Slot()
    def continue_here(self) -> None:
        """Go back to the past step on view, and train on from there with the settings of now."""
        self._controller.halt()
        self._controller.train()

    def go_back(self) -> bool:
        """Make the past step on view the present one, as one undoable step; returns whether it is."""
        edits = self._edits_to_go_back()
        if edits is None:
            return False
        return not edits or self._document.do(*edits, kind="training")

    def _edits_to_go_back(self) -> tuple[Edit | ProjectChange, ...] | None:
        """Return what makes the past step on view the present one; None where it cannot be, as is told."""
        timeline, step, present = self.timeline, self._step, self._document.project.checkpoint
        if step is None:
            return ()
        back = None
        if timeline is not None and present is not None:
            back = way_back(timeline, step, self._document.project)
        if back is None or timeline is None or present is None:
            self._document.refused.emit(NNStudioError(NOT_KEPT))
            return None
        structure = self._compiled.structure
        self._trainings.go_back(present, step, back.checkpoint, structure, timeline)
        self._compiled.remember(back.checkpoint, self._document.project.data)
        return back.edits

    def project_on_view(self) -> Project:
        """Return the project, at the past step on view where one is: to be read only.

        Raises NNStudioError where what led to that step is no longer kept.
        """
        project, timeline, step = self._document.project, self.timeline, self._step
        if timeline is None or step is None:
            return project
        back = way_back(timeline, step, project)
        if back is None:
            raise NNStudioError(NOT_KEPT)
        return back.gone(project)

    # What the controller tells

    def begin(self, checkpoint: TrainerState | None, settings: TrainingSettings) -> Timeline:
        """Say that a training begins, or goes on from a checkpoint; returns where it is to be recorded."""
        self._running = self._trainings.begin(checkpoint, self._compiled.structure, settings)
        return self._running.timeline

    def go_on(self, settings: TrainingSettings) -> None:
        """Say that the training that is on goes on with these settings."""
        if self._running is not None:
            self._trainings.note(self._running, settings)

    def conclude(self, checkpoint: TrainerState | None, history: History) -> None:
        """Say that the training that is on is over, and what it learned is in ``checkpoint``, if anything."""
        if self._running is not None and checkpoint is not None:
            self._trainings.conclude(self._running, checkpoint, self._compiled.structure, history)

    def end(self) -> None:
        """Say that the document has what was learned."""
        self._running = None
        self.check()

    def forget_all(self) -> None:
        """Say that the project is another."""
        self._running = self._step = self._seen = None
        self._known_ends = None, -1, (0, 0)
        self.moves.stop()
        self._forget()
        self._trainings.forget()
        self._tell()

    def check(self) -> None:
        """Leave the past where the training on view is another by now; tell of it in any case."""
        last = self.last_step
        if self._step is not None and (last is None or self._step >= last or self.timeline is not self._seen):
            self.leave()
        else:
            self.changed.emit()

    def leave(self) -> None:
        """Turn to the present, which the controller is about to look at."""
        if self._step is not None:
            self.moves.stop()
            self._step = self._seen = None
            self._forget()
            self._tell()

    def _tell(self) -> None:
        """Tell of another step; where past and present have changed places, the state is another too."""
        self.changed.emit()
        if self.is_past != self._was_past:
            self._was_past = self.is_past
            self._controller.state_changed.emit()

    def _forget(self) -> None:
        self._scrubbed = None
        self.sight.forget()

    @Slot()
    def _show_scrubbed(self) -> None:
        if self._scrubbed is not None:
            self.show(*self._scrubbed)

    def shutdown(self) -> None:
        """Stop all timers and care for no work under way, as when the window closes."""
        self.moves.stop()
        self._step = self._seen = None
        self._forget()


def remembered_budget() -> int:
    """Return how many megabytes the past may take, as was chosen last."""
    stored = preferences().value(_BUDGET_KEY, _USUAL_BUDGET)
    try:
        return max(1, int(str(stored)))
    except ValueError:
        return _USUAL_BUDGET
