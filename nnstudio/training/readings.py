"""What is read off the timeline of a training, at moments that are spread evenly over its steps.

What is read at a moment is kept, so that a training that grows costs its new moments alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.parameters import Parameters
from nnstudio.training.snapshot import MAX_ROWS
from nnstudio.training.trainer import Trainer
from nnstudio.training.weighting import row_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from nnstudio.engine.program import Program
    from nnstudio.training.state import TrainerState
    from nnstudio.training.timeline import Timeline
    from nnstudio.training.timeline_moments import Stretch

Quantity = Literal["weights", "biases", "gradients", "activations", "updates"]
QUANTITIES: tuple[Quantity, ...] = ("weights", "biases", "gradients", "activations", "updates")

# So many moments at the most, and half as many at the least once there are more.
MOST_MOMENTS = 160
# So many of them are replayed for their next update, spread over all: each takes some tens of milliseconds.
_MOST_REPLAYS = 64
# Of larger networks, so many connections, neurons and activations are taken, evenly spread.
MOST_VALUES = 4096
_ACTIVATION_ROWS = 256


@dataclass(frozen=True, eq=False)
class Layout:
    """The neurons and connections of a program, with the layers that they belong to.

    Layers count from 1, the neurons behind the inputs; a connection belongs to the layer of its target.
    ``taken_connections`` and ``taken_neurons`` are the slots of those that distributions are of.
    """

    connection_ids: tuple[str, ...]
    neuron_ids: tuple[str, ...]
    connection_layers: NDArray[np.int64]
    neuron_layers: NDArray[np.int64]
    taken_connections: NDArray[np.int64]
    taken_neurons: NDArray[np.int64]

    @property
    def layers(self) -> int:
        """Number of layers behind the inputs."""
        return int(self.neuron_layers.max(initial=0))


@lru_cache(maxsize=8)
def layout_of(program: Program) -> Layout:
    """Return the layout of a program."""
    neurons = np.searchsorted(program.level_start, np.arange(program.n_neurons), side="right") - 1
    behind = np.flatnonzero(neurons > 0)
    return Layout(
        program.connection_ids,
        program.neuron_ids,
        neurons[program.target_slot],
        neurons,
        _spread(np.arange(program.n_connections)),
        _spread(behind),
    )


def _spread(slots: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(slots) <= MOST_VALUES:
        return slots
    return slots[np.arange(MOST_VALUES) * len(slots) // MOST_VALUES]


@dataclass(frozen=True, eq=False)
class Reading:
    """What there is to know of one moment; all arrays are of what the layout has taken.

    ``weights``, ``gradients`` and ``updates`` (connections,); ``biases`` (neurons,); ``activations`` (rows,
    neurons). Gradients are those of the training loss over at most `MAX_ROWS` rows. ``updates`` are what the
    next step changes; where that step cannot be taken they are None.
    ``gradient_norms`` and ``ratios`` (layers,) are of all weights of a layer: the norm of their gradient, and
    the norm of their update by that of the weights; NaN where there is none.
    """

    step: int
    epoch: int
    layout: Layout
    weights: NDArray[np.float32]
    biases: NDArray[np.float32]
    gradients: NDArray[np.float32]
    activations: NDArray[np.float32]
    updates: NDArray[np.float32] | None
    gradient_norms: NDArray[np.float64]
    ratios: NDArray[np.float64]

    def of(self, quantity: Quantity) -> NDArray[np.float32] | None:
        """Return the values of a quantity, (values,) or, of activations, (rows, values)."""
        found: NDArray[np.float32] | None = getattr(self, quantity)
        return found


def wanted(timeline: Timeline, most: int = MOST_MOMENTS) -> list[int]:
    """Return indices of moments to read, evenly spread over the steps, the first and the last among them.

    Where there is a choice, one is taken from which the next step can be taken exactly. As the training
    grows, those that were wanted before are wanted still, or every other one of them.
    """
    steps = timeline.steps
    if len(steps) <= 2:
        return list(range(len(steps)))
    span = int(steps[-1] - steps[0])
    unit = 1 << max(0, math.ceil(math.log2(max(1.0, span / (most - 2)))))
    bins = (steps - steps[0]) // unit
    exact = np.isin(steps, timeline.checkpoint_steps)
    # Within a bin, exact ones first, then the earliest.
    order = np.lexsort((steps, ~exact, bins))
    first = order[np.flatnonzero(np.diff(bins[order], prepend=-1))]
    chosen = {0, len(steps) - 1, *first.tolist()}
    return sorted(chosen)


def read(timeline: Timeline, index: int, *, replays: bool = True) -> Reading:
    """Read a moment; raises IndexError where the timeline has fewer by now.

    With ``replays``, updates are known of moments that are no checkpoints as well.
    """
    moment = timeline.moment(index)
    step, epoch, stretch = moment.step, moment.epoch, moment.stretch
    program, layout = stretch.program, layout_of(stretch.program)
    parameters = Parameters(moment.values.astype(program.dtype), program.n_connections)
    gradients = _gradients(stretch, parameters)
    state = timeline.exact(step) if replays else timeline.state(index)
    if state is not None and state.step != step:
        state = None  # the run has thinned its past meanwhile
    update = None if state is None else _next_update(timeline.stretch_at(step), state)
    taken, behind = layout.taken_connections, layout.taken_neurons
    with np.errstate(all="ignore"):
        return Reading(
            step,
            epoch,
            layout,
            parameters.weights[taken].astype(np.float32),
            parameters.biases[behind].astype(np.float32),
            gradients[taken].astype(np.float32),
            _activations(stretch, parameters)[:, behind].astype(np.float32),
            None if update is None else update[taken].astype(np.float32),
            _norms(layout, gradients),
            np.full(layout.layers, np.nan)
            if update is None
            else _norms(layout, update) / _norms(layout, parameters.weights),
        )


def _gradients(stretch: Stretch, parameters: Parameters) -> NDArray[np.float64]:
    """Return the gradient by each weight, (connections,), as snapshots have it."""
    program, data, settings = stretch.program, stretch.data, stretch.settings
    rows = data.train_rows[:MAX_ROWS]
    weights = row_weights(data, settings)
    with np.errstate(all="ignore"):
        _, gradients = OPTIMIZERS[settings.optimizer].loss_and_gradients(
            program,
            parameters,
            data.x[rows].astype(program.dtype),
            data.y[rows].astype(program.dtype),
            settings.loss,
            weights=None if weights is None else weights[rows],
        )
    return np.asarray(gradients.weights, np.float64)


def _activations(stretch: Stretch, parameters: Parameters) -> NDArray[np.float64]:
    """Return activations (rows, neurons) of some rows of the training part, evenly spread."""
    program, rows = stretch.program, stretch.data.train_rows
    most = max(8, min(_ACTIVATION_ROWS, (1 << 20) // max(1, program.n_neurons)))
    if len(rows) > most:
        rows = rows[np.arange(most) * len(rows) // most]
    with np.errstate(all="ignore"):
        return program.activations(parameters, stretch.data.x[rows].astype(program.dtype))


def _next_update(stretch: Stretch, state: TrainerState) -> NDArray[np.float64] | None:
    """Return how the step after a state changes the weights, (connections,)."""
    trainer = Trainer(stretch.program, None, stretch.data, stretch.settings, state=state, stop_at=1 << 62)
    before = trainer.parameters.weights.copy()
    for _ in range(2):  # the first may only end the epoch
        trainer.advance(1.0, "step", most=1)
        if trainer.error is not None:
            return None
        if trainer.step_number > state.step:
            return np.asarray(trainer.parameters.weights - before, np.float64)
    return None


def _norms(layout: Layout, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the norm of the values (connections,) of each layer; NaN where a layer has no connections."""
    squares = np.bincount(layout.connection_layers, values**2, minlength=layout.layers + 1)[1:]
    counts = np.bincount(layout.connection_layers, minlength=layout.layers + 1)[1:]
    return np.where(counts > 0, np.sqrt(squares), np.nan)


class Readings:
    """The readings of a training that grows: `update` reads what is wanted and new, and drops the rest."""

    def __init__(self) -> None:
        self._timeline: Timeline | None = None
        # By step, with the stretch that each was read in: the last step of a training that goes on with other
        # weights, settings or data is another moment by then.
        self._known: dict[int, tuple[Stretch, Reading]] = {}

    def update(self, timeline: Timeline, is_unwanted: Callable[[], bool] = lambda: False) -> list[Reading]:
        """Return the readings of a timeline in the order of steps; if interrupted, those that there are."""
        if timeline is not self._timeline:
            self._timeline, self._known = timeline, {}
        steps = timeline.steps
        indices = [index for index in wanted(timeline) if index < len(steps)]
        known: dict[int, tuple[Stretch, Reading]] = {}
        is_over = False
        for number, index in enumerate(_coarse_first(indices)):
            step = int(steps[index])
            try:
                moment = timeline.moment(timeline.nearest(step))
                if moment.step != step:
                    continue  # that moment was forgotten meanwhile
                if step in self._known and self._known[step][0] is moment.stretch:
                    known[step] = self._known[step]
                    continue
                is_over = is_over or is_unwanted()
                if is_over:
                    continue
                found = read(timeline, timeline.nearest(step), replays=number < _MOST_REPLAYS)
            except LookupError:
                continue
            if found.step == step:
                known[step] = moment.stretch, found
        self._known = known
        return [known[step][1] for step in sorted(known)]


def _coarse_first(indices: Collection[int]) -> list[int]:
    """Return indices so that any beginning of them is spread over all: the ends, then halves and so on."""
    places = sorted(indices)
    found: list[int] = []
    seen: set[int] = set()
    step = 1
    while step < len(places):
        step *= 2
    while step:
        for place in (*range(0, len(places), step), len(places) - 1):
            if 0 <= place < len(places) and place not in seen:
                seen.add(place)
                found.append(places[place])
        step //= 2
    return found
