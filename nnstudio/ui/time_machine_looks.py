"""A look at a past step of a training: what it takes, and how much work it is. Without any window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnstudio.ui.idle import rows_to_look_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.data import Dataset
    from nnstudio.engine.program import Parameters, Program
    from nnstudio.training import Snapshot, SnapshotRequest, Timeline, TrainerState, TrainingSettings

# A look that takes so many products of a weight and a value can be taken between two frames.
_SMALL = 3_000_000


@dataclass(frozen=True, eq=False)
class Moment:
    """Parameters of a past step by id: weights of the connections, then biases of the neurons.

    They are as exact as the training's own where ``state`` is known, and otherwise good enough to be seen.
    """

    step: int
    epoch: int
    values: NDArray
    connection_ids: Sequence[str]
    neuron_ids: Sequence[str]
    state: TrainerState | None = None


@dataclass(frozen=True, eq=False)
class Look:
    """All that a snapshot of a past step is made from; by its identity it is known again.

    ``moment`` is None where the training must be replayed to get there, and for exact numbers. The network
    is the present one: ``parameters`` are its values, for what the past didn't have.
    """

    timeline: Timeline
    step: int
    moment: Moment | None
    program: Program
    parameters: Parameters
    data: Dataset | None
    settings: TrainingSettings
    request: SnapshotRequest
    revision: int

    @property
    def is_small(self) -> bool:
        """Whether it takes no longer than the thread of the window has."""
        if self.moment is None:
            return False
        rows = rows_to_look_at(self.program.n_connections)
        if self.data is not None:
            rows = len(self.data) if self.request.outputs else min(rows, len(self.data))
        rows += sum(len(probe.x) for probe in self.request.probes)
        return rows * self.program.n_connections <= _SMALL

    def take(self) -> Taken:
        """Return the snapshot, and the moment that it is of."""
        from nnstudio.training import take_snapshot

        moment = self.moment or moment_of(self.timeline.exact(self.step))
        snapshot = take_snapshot(
            self.program,
            placed(moment, self.program, self.parameters),
            self.data,
            self.settings,
            self.request,
            revision=self.revision,
            epoch=moment.epoch,
            step=moment.step,
            max_rows=rows_to_look_at(self.program.n_connections),
        )
        return Taken(self, moment, snapshot)


@dataclass(frozen=True, eq=False)
class Taken:
    """What came of a look."""

    look: Look
    moment: Moment
    snapshot: Snapshot


def moment_of(state: TrainerState) -> Moment:
    """Return the moment of an exact state."""
    return Moment(state.step, state.epoch, state.parameters, state.connection_ids, state.neuron_ids, state)


def kept_moment(timeline: Timeline, step: int) -> Moment | None:
    """Return what is kept of this very step, or None; the timeline may grow meanwhile."""
    import numpy as np

    while True:
        version = timeline.version
        steps = timeline.steps
        index = int(np.searchsorted(steps, step))
        if index == len(steps) or steps[index] != step:
            return None
        state = timeline.state(index)
        if state is not None:
            moment = moment_of(state)
        else:
            program = timeline.stretch(index).program
            moment = Moment(
                step,
                int(timeline.epochs[index]),
                timeline.parameters(index),
                program.connection_ids,
                program.neuron_ids,
            )
        # Where moments were left out on the way, the index was soon that of another one.
        if timeline.version == version:
            return moment


def placed(moment: Moment, program: Program, present: Parameters) -> Parameters:
    """Return the moment's values in the slots of a program; what it doesn't have is as at present."""
    parameters = present.copy()
    n_connections = len(moment.connection_ids)
    if (moment.connection_ids, moment.neuron_ids) == (program.connection_ids, program.neuron_ids):
        parameters.flat[:] = moment.values
        return parameters
    weights = dict(zip(moment.connection_ids, moment.values[:n_connections].tolist(), strict=True))
    biases = dict(zip(moment.neuron_ids, moment.values[n_connections:].tolist(), strict=True))
    for slot, key in enumerate(program.connection_ids):
        parameters.weights[slot] = weights.get(key, parameters.weights[slot])
    for slot, key in enumerate(program.neuron_ids):
        parameters.biases[slot] = biases.get(key, parameters.biases[slot])
    return parameters


def rows_of_batch(state: TrainerState, data: Dataset, settings: TrainingSettings) -> NDArray | None:
    """Return the rows of the data that the step after ``state`` takes, in their order.

    None where the epoch under way has other rows than these data.
    """
    import numpy as np

    from nnstudio.training.epochs import shuffled
    from nnstudio.training.state import generator

    rows = len(data.train_rows)
    if state.position and state.rows != rows:
        return None
    rng, position = generator(state.rng), state.position
    order = shuffled(rng, rows, 1) if settings.shuffle else np.arange(rows)
    if position >= rows:
        # All rows of this epoch are done, and it has only yet to be measured.
        position = 0
        order = shuffled(rng, rows, 1) if settings.shuffle else order
    return data.train_rows[order[position : position + settings.batch_rows(rows)].astype(np.intp)]
