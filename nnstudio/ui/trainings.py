"""The trainings of a project in this session: where the present one stands, and those before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nnstudio.ui.numbers import format_number

# engine and training bring NumPy along: they are imported where they are first needed.
if TYPE_CHECKING:
    from nnstudio.training import History, Timeline, TrainerState, TrainingSettings

MOST_BRANCHES = 8
# More than anyone undoes; the past of older ones is forgotten.
_MOST_PLACES = 64
# What the past of the training on view may take of the budget once there are others, and each of these.
_SHARE, _SHARE_OF_OTHERS = 0.75, 0.25 / MOST_BRANCHES


@dataclass(eq=False)
class Branch:
    """One training, from its start to where it ended; ``color`` is its place among the colors of curves.

    ``first_epoch`` is where it branched off from another one, 0 where it began anew.
    """

    name: str
    history: History
    timeline: Timeline
    color: int = 0
    first_epoch: int = 0
    end: TrainerState | None = None
    methods: list[str] = field(default_factory=list)


@dataclass(eq=False)
class _Place:
    """A point of a training that the project stands at, or did: the past is what led there."""

    checkpoint: TrainerState
    structure: int
    branch: Branch
    timeline: Timeline


class Trainings:
    """Knows for each checkpoint of the project the training that led there; undo may bring any back."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._places: dict[int, _Place] = {}
        self._branches: list[Branch] = []

    @property
    def budget(self) -> int:
        """How many bytes the past of all trainings may take."""
        return self._budget

    def set_budget(self, budget: int, present: Branch | None) -> None:
        """Set how many bytes the past may take; the training on view has most of them."""
        self._budget = budget
        for branch in self._branches:
            branch.timeline.budget = round(budget * _SHARE_OF_OTHERS)
        if present is not None:
            others = any(branch is not present for branch in self._branches)
            present.timeline.budget = round(budget * _SHARE) if others else budget

    def forget(self) -> None:
        """Forget all, as when another project is opened."""
        self._places.clear()
        self._branches.clear()

    def forget_others(self, checkpoint: TrainerState | None) -> None:
        """Forget all trainings but the one that led to a checkpoint."""
        here = None if checkpoint is None else self._places.get(id(checkpoint))
        self._places = {} if here is None else {id(here.checkpoint): here}
        self._branches = [b for b in self._branches if here is not None and b.end is here.checkpoint]

    def past_of(self, checkpoint: TrainerState | None, structure: int) -> Timeline | None:
        """Return the past of the project where it stands at a checkpoint, with such a network."""
        place = None if checkpoint is None else self._places.get(id(checkpoint))
        if checkpoint is None or place is None or place.structure != structure:
            return None
        timeline = place.timeline
        if place.branch.end is not checkpoint and _last_step(timeline) > checkpoint.step:
            # The training went on from here, and that was undone.
            place.timeline = timeline = timeline.cut(checkpoint.step)
        return timeline

    def begin(self, checkpoint: TrainerState | None, structure: int, settings: TrainingSettings) -> Branch:
        """Return the training that goes on from a checkpoint, or that begins anew where there is none."""
        from nnstudio.training import History, Timeline

        method = _method(settings)
        past = self.past_of(checkpoint, structure)
        if checkpoint is None or past is None:
            branch = Branch(self._new_name(method), History(), Timeline(self._budget), self._free_color())
        else:
            place = self._places[id(checkpoint)]
            if place.branch.end is checkpoint:
                self.note(place.branch, settings)
                return place.branch
            epoch = checkpoint.epoch
            name = self._new_name(f"{method} from epoch {epoch}" if epoch else method)
            branch = Branch(name, History(), past, self._free_color(), epoch)
        branch.methods = [method]
        self.set_budget(self._budget, branch)
        return branch

    def note(self, branch: Branch, settings: TrainingSettings) -> None:
        """Take note of the settings that a training goes on with; its name tells of another method."""
        method = _method(settings)
        if not branch.methods or branch.methods[-1] != method:
            if len(branch.methods) == 1:
                branch.name = f"{branch.name}, then {method}"
            elif len(branch.methods) == 2:
                branch.name = f"{branch.name} and others"
            branch.methods.append(method)

    def conclude(self, branch: Branch, checkpoint: TrainerState, structure: int, history: History) -> None:
        """Say where a training has got to."""
        branch.end, branch.history = checkpoint, history
        self._put(_Place(checkpoint, structure, branch, branch.timeline))
        if branch not in self._branches:
            self._branches.append(branch)
            del self._branches[: -MOST_BRANCHES - 1]
            kept = set(map(id, self._branches))
            self._places = {key: place for key, place in self._places.items() if id(place.branch) in kept}
        self.set_budget(self._budget, branch)

    def go_back(
        self, present: TrainerState, step: int, checkpoint: TrainerState, structure: int, past: Timeline
    ) -> None:
        """Say that the project is to stand at a past step of its training, as ``checkpoint``."""
        branch = self._places[id(present)].branch
        self._put(_Place(checkpoint, structure, branch, past.cut(step)))

    def others(self, present: Branch | None, history: History | None) -> tuple[Branch, ...]:
        """Return the trainings besides the present one, but for what the history on view has in it anyway."""
        return tuple(b for b in self._branches if b is not present and not _begins_with(history, b.history))

    def ending_at(self, checkpoint: TrainerState | None) -> Branch | None:
        """Return the training that ended at a checkpoint."""
        return next((b for b in self._branches if checkpoint is not None and b.end is checkpoint), None)

    def _put(self, place: _Place) -> None:
        # The checkpoint is kept alive with its entry, so that no other object can get its id.
        self._places[id(place.checkpoint)] = place
        while len(self._places) > _MOST_PLACES:
            del self._places[next(iter(self._places))]

    def _new_name(self, name: str) -> str:
        names = {branch.name for branch in self._branches}
        number, new = 1, name
        while new in names:
            number += 1
            new = f"{name} ({number})"
        return new

    def _free_color(self) -> int:
        taken = {branch.color for branch in self._branches}
        return next((color for color in range(MOST_BRANCHES) if color not in taken), 0)


def _method(settings: TrainingSettings) -> str:
    from nnstudio.engine.optimizers import OPTIMIZERS

    return f"{OPTIMIZERS[settings.optimizer].title} {format_number(settings.learning_rate)}"


def _last_step(timeline: Timeline) -> int:
    steps = timeline.steps
    return int(steps[-1]) if len(steps) else -1


def _begins_with(history: History | None, other: History) -> bool:
    """Whether a history begins with all of another one."""
    import numpy as np

    if history is None or not len(history) or not len(other):
        return not len(other)
    if np.array_equal(history.epochs[: len(other)], other.epochs):
        return bool(np.array_equal(history.loss[: len(other)], other.loss))
    if history.epochs[-1] < other.epochs[-1]:
        return False
    # Of long ones not the same epochs are left.
    _, ours, theirs = np.intersect1d(history.epochs, other.epochs, assume_unique=True, return_indices=True)
    return len(ours) > 0 and bool(np.array_equal(history.loss[ours], other.loss[theirs]))
