"""What a timeline keeps: stretches of a training, moments to look at, and checkpoints to replay from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.training.state import TrainerState, frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.data.dataset import Dataset
    from nnstudio.engine.program import Program
    from nnstudio.training.settings import TrainingSettings
    from nnstudio.training.state import Shelf
    from nnstudio.training.trainer import Trainer

# Bytes of the objects around the numbers of a moment and of a checkpoint, as measured.
_MOMENT_BYTES = 240
_CHECKPOINT_BYTES = 280
_PLAIN = ("epoch", "position", "step", "rows", "loss_sum", "optimizer", "rng", "schedule", "patience")


@dataclass(frozen=True, eq=False)
class Stretch:
    """A part of a training with one program, one data set and one set of settings, from ``first_step`` on.

    With the step ``next_epoch`` its first epoch begins; another one may be under way before that.
    """

    program: Program
    data: Dataset
    settings: TrainingSettings
    first_step: int
    next_epoch: int

    @classmethod
    def of(cls, trainer: Trainer, state: TrainerState) -> Stretch:
        """Return the stretch that begins where a trainer stands, in this state."""
        left = trainer.steps_to_end_of_epoch if 0 < state.position < state.rows else 0
        return cls(trainer.program, trainer.data, trainer.settings, state.step, state.step + left)

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches in an epoch, the last, smaller one included."""
        rows = len(self.data.train_rows)
        return -(-rows // self.settings.batch_rows(rows))

    def is_of(self, trainer: Trainer) -> bool:
        """Whether a trainer computes the same as this stretch, so that it may be replayed with it."""
        return (
            trainer.data is self.data
            and trainer.settings == self.settings
            and _compute_alike(trainer.program, self.program)
        )


def _compute_alike(program: Program, other: Program) -> bool:
    """Whether two programs are known to compute and to train the same, item by item."""
    if program is other:
        return True
    alike = ("neuron_ids", "connection_ids", "dtype", "activation_set")
    arrays = ("row_start", "source_slot", "activation_code", "input_slots", "output_slots")
    constraints = ("gradient_mask", "rate_factors", "signs")
    return (
        all(getattr(program, name) == getattr(other, name) for name in alike)
        and all(np.array_equal(getattr(program, name), getattr(other, name)) for name in arrays + constraints)
        and len(program.ties) == len(other.ties)
        and all(np.array_equal(tie, its) for tie, its in zip(program.ties, other.ties, strict=True))
        # What is disabled is on the shelf of the state, with values that nobody compares here.
        and not program.left_out.size
        and not other.left_out.size
    )


class Moment:
    """The parameters after a step, flat, to look at."""

    __slots__ = ("ends_epoch", "epoch", "step", "stretch", "values")

    def __init__(
        self, step: int, epoch: int, values: NDArray[Any], stretch: Stretch, *, ends_epoch: bool = False
    ) -> None:
        self.step = step
        self.epoch = epoch
        self.values = values
        self.stretch = stretch
        self.ends_epoch = ends_epoch

    @property
    def n_bytes(self) -> int:
        """What it takes in memory."""
        return self.values.nbytes + _MOMENT_BYTES


class Checkpoint:
    """A `TrainerState`, packed: a small network has tens of thousands of them."""

    __slots__ = ("_arrays", "_best", "_layout", "_plain", "_shelf", "step", "stretch")

    def __init__(self, state: TrainerState, stretch: Stretch, before: Checkpoint | None = None) -> None:
        self.step = state.step
        self.stretch = stretch
        self._plain = json.dumps([getattr(state, name) for name in _PLAIN]).encode()
        arrays = {"": state.parameters, **state.optimizer_state}
        self._layout: tuple[tuple[str, np.dtype[Any], tuple[int, ...]], ...] = tuple(
            (name, array.dtype, array.shape) for name, array in arrays.items()
        )
        if before is not None and before._layout == self._layout:
            self._layout = before._layout
        self._arrays = b"".join([array.tobytes() for array in arrays.values()])
        self._shelf: Shelf | None = state.shelf
        self._best = state.best
        if before is not None and _same_numbers(before._best, state.best):
            self._best = before._best

    @property
    def n_bytes(self) -> int:
        """What it takes in memory beside `shared`."""
        return len(self._arrays) + len(self._plain) + _CHECKPOINT_BYTES

    @property
    def shared(self) -> NDArray[Any] | None:
        """The parameters of the best epoch, which checkpoints may share."""
        return self._best

    def state(self) -> TrainerState:
        """Return the state that was packed."""
        arrays: dict[str, NDArray[Any]] = {}
        first = 0
        for name, dtype, shape in self._layout:
            count = int(np.prod(shape))
            array = np.frombuffer(self._arrays, dtype, count, first).reshape(shape)
            arrays[name] = frozen(array)
            first += array.nbytes
        parameters = arrays.pop("")
        return TrainerState(
            **dict(zip(_PLAIN, json.loads(self._plain), strict=True)),
            connection_ids=self.stretch.program.connection_ids,
            neuron_ids=self.stretch.program.neuron_ids,
            parameters=parameters,
            optimizer_state=arrays,
            best=self._best,
            shelf=self._shelf,
        )

    def has(self, other: Checkpoint) -> bool:
        """Whether another checkpoint is of the same state, bit for bit."""
        return (
            self._plain == other._plain
            and self._layout == other._layout
            and self._arrays == other._arrays
            and _same_numbers(self._best, other._best)
            and self._shelf is other._shelf
        )


def _same_numbers(array: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    if array is None or other is None:
        return array is other
    return array is other or (array.dtype == other.dtype and array.tobytes() == other.tobytes())
