"""Timeline: the past of a training, to look at and to return to, within a budget of memory."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from nnstudio.training.timeline_moments import Checkpoint, Moment, Stretch
from nnstudio.training.timeline_pace import Pace
from nnstudio.training.timeline_replay import Replayer
from nnstudio.training.timeline_spacing import Spacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.engine.program import Program
    from nnstudio.training.state import TrainerState
    from nnstudio.training.trainer import Trainer

BUDGET = 256 * 2**20
# So many moments are kept at the most, that reading all of them stays quick, and so many checkpoints.
MOST_MOMENTS = 4000
MOST_CHECKPOINTS = 40_000
# Seconds of training between two checkpoints: half of what a replay may take. Where packing one takes long,
# it may take this share of the run's time.
_REPLAY = 0.05
_SHARE = 0.02


class Timeline:
    """The past of one training; its run's thread records, any thread may read.

    **Moments** are parameters after a step, to look at: every step while they are few, later evenly spaced,
    twice as far apart whenever there are too many; for a while the ends of epochs too. They are exact where
    the network is small, and rounded to float32 in a large one. **Checkpoints** are complete states, about
    `_REPLAY` seconds of training apart, later further apart too. The first of each, the last, and those with
    which a stretch begins are kept as long as the ``budget`` (bytes) can be kept with them; where that would
    be exceeded, whole stretches are forgotten, but for the first and the last. The budget counts neither
    programs nor data, which the stretches refer to, and counts what timelines share in each of them.

    `exact` replays from a checkpoint. The state is that of the run bit for bit where the same engine (see
    `engine.backend`) computes it on the same computer with the same libraries, as within one session of the
    program. Other engines (the kernels, products of matrices, NumPy) add up in another order, so that their
    states agree to rounding alone. How the run was cut into slices, and that it was recorded, changes
    nothing.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._lock = threading.Lock()
        self._budget = budget
        self._moments: list[Moment] = []
        self._moment_spacing = Spacing()
        self._checkpoints: list[Checkpoint] = []
        self._checkpoint_spacing = Spacing()
        self._moment_bytes = self._checkpoint_bytes = 0
        # The last steps of stretches that others follow.
        self._ended: dict[Stretch, int] = {}
        self._version = 0
        self._replayer = Replayer()
        # Where the run's thread stands: the step it recorded last, when, and for how long it had computed.
        self._trainer: ref[Trainer] | None = None
        self._program: Program | None = None
        self._recorded = (0, 0.0, 0.0)
        self._pace = Pace()
        self._slice_length = 0.0
        self._to_replay = 0.0
        self._checkpoint_cost = 0.0

    # Reading

    def __len__(self) -> int:
        return len(self._moments)

    @property
    def version(self) -> int:
        """A number that rises whenever something is recorded or forgotten."""
        return self._version

    @property
    def n_bytes(self) -> int:
        """What moments and checkpoints take in memory."""
        with self._lock:
            return self._bytes

    @property
    def budget(self) -> int:
        """How many bytes they may take."""
        return self._budget

    @budget.setter
    def budget(self, budget: int) -> None:
        with self._lock:
            self._budget = budget
            self._keep_limits()
            self._version += 1

    @property
    def steps(self) -> NDArray[np.int64]:
        """The steps after which the moments were, (moments,), ascending."""
        with self._lock:
            return np.array([moment.step for moment in self._moments], np.int64)

    @property
    def epochs(self) -> NDArray[np.int64]:
        """How many epochs were finished at each moment, (moments,)."""
        with self._lock:
            return np.array([moment.epoch for moment in self._moments], np.int64)

    @property
    def checkpoint_steps(self) -> NDArray[np.int64]:
        """The steps after which there are checkpoints, (checkpoints,), ascending."""
        with self._lock:
            return np.array([checkpoint.step for checkpoint in self._checkpoints], np.int64)

    def moment(self, index: int) -> Moment:
        """Return all that is kept of a moment; it stays as it is while a run records and thins."""
        with self._lock:
            return self._moments[index]

    def parameters(self, index: int) -> NDArray[np.float64]:
        """Return the parameters of a moment, flat: weights, then biases, in the slots of its stretch."""
        return self.moment(index).values.astype(np.float64)

    def stretch(self, index: int) -> Stretch:
        """Return what held at a moment: program, data and settings."""
        return self.moment(index).stretch

    def state(self, index: int) -> TrainerState | None:
        """Return the state of a moment that is a checkpoint too, or None."""
        with self._lock:
            step = self._moments[index].step
            place = bisect_left(self._checkpoints, step, key=_step)
            there = place < len(self._checkpoints) and self._checkpoints[place].step == step
            checkpoint = self._checkpoints[place] if there else None
        return None if checkpoint is None else checkpoint.state()

    def nearest(self, step: int) -> int:
        """Return the index of the moment nearest to a step, of two the earlier; LookupError without any."""
        with self._lock:
            self._check_any()
            after = bisect_left(self._moments, step, key=_step)
            near = range(max(0, after - 1), min(after + 1, len(self._moments)))
            return min(near, key=lambda index: abs(self._moments[index].step - step))

    def epoch_at(self, step: int) -> int:
        """Return how many epochs were finished at a step, kept or not; LookupError without any moment."""
        with self._lock:
            self._check_any()
            after = bisect_right(self._moments, step, key=_step)
            kept = self._moments[max(0, after - 1)]
            most = self._moments[after].epoch if after < len(self._moments) else None
            since = _epochs_begun(kept.stretch, step) - _epochs_begun(kept.stretch, kept.step)
        epoch = kept.epoch + max(0, since)
        return epoch if most is None else min(epoch, most)

    def stretch_at(self, step: int) -> Stretch:
        """Return what the step after this one was taken with; raises LookupError as `exact` does."""
        with self._lock:
            return self._before(step).stretch

    def exact(self, step: int) -> TrainerState:
        """Return the state after this very step, bit for bit; see the class.

        It is replayed from the latest checkpoint before it, while the caller waits. Raises LookupError for a
        step before the first one recorded, after the last one, or in a stretch that was forgotten.
        """
        with self._lock:
            checkpoint = self._before(step)
        return self._replayer.state(checkpoint, step)

    def beside(self, step: int, *, batches: int = 0, epochs: int = 0) -> int:
        """Return the step so many batches, or beginnings of epochs, after another one or, below 0, before.

        It is the last or the first step recorded where there are no more of them.
        """
        with self._lock:
            self._check_any()
            first, last = self._moments[0].step, self._moments[-1].step
            stretches = dict.fromkeys(checkpoint.stretch for checkpoint in self._checkpoints)
            ranges = [(stretch, self._ended.get(stretch, last)) for stretch in stretches]
        step += batches
        for _ in range(abs(epochs)):
            found = [_epoch_start(stretch, end, step, forward=epochs > 0) for stretch, end in ranges]
            starts = [start for start in found if start is not None]
            step = min(starts, default=last) if epochs > 0 else max(starts, default=first)
        return min(max(step, first), last)

    def cut(self, step: int) -> Timeline:
        """Return a timeline of what lies up to a step, for a branch; it shares what is kept, by no copy."""
        branch = Timeline(self._budget)
        with self._lock:
            branch._moments = self._moments[: bisect_right(self._moments, step, key=_step)]
            branch._checkpoints = self._checkpoints[: bisect_right(self._checkpoints, step, key=_step)]
            branch._ended = {stretch: end for stretch, end in self._ended.items() if end <= step}
            branch._moment_spacing = self._moment_spacing.copy()
            branch._checkpoint_spacing = self._checkpoint_spacing.copy()
        branch._count()
        return branch

    # Recording

    def ahead(self, trainer: Trainer, slice_length: float) -> int:
        """Return how many steps a trainer is to take, at the most, until the next `record`.

        ``slice_length``, in seconds, is how long it is to be left alone at least, once the beginning is over.
        """
        self._slice_length = slice_length
        unit = self._pace.unit
        steps = unit - trainer.step_number % unit
        if trainer.steps_per_epoch >= unit and self._moment_spacing.wants_epoch(trainer.epoch_number + 1):
            return min(steps, trainer.steps_to_end_of_epoch)
        return steps

    def record(self, trainer: Trainer, *, always: bool = False) -> None:
        """Keep the moment at which a trainer stands, where it is due; with ``always`` a checkpoint of it too.

        To be called by whoever takes its steps: before the first one, between steps as often as `ahead`
        says, when it was revised, and, with ``always``, when it pauses or ends. What was recorded of later
        steps, before another trainer came, is forgotten.
        """
        began = time.perf_counter()
        if self._trainer is None or self._trainer() is not trainer or self._program is not trainer.program:
            self._enter(trainer)
        elif always or self._is_due(trainer):
            self._add(trainer, always=always, began=began)
        else:
            return
        self._recorded = trainer.step_number, time.perf_counter(), trainer.seconds

    def _enter(self, trainer: Trainer) -> None:
        """Begin a stretch, unless a trainer goes on exactly as the last one ended."""
        state = trainer.state()
        before = self._checkpoints[-1] if self._checkpoints else None
        alike = before is not None and before.stretch.is_of(trainer)
        stretch = before.stretch if before is not None and alike else Stretch.of(trainer, state)
        checkpoint = Checkpoint(state, stretch, before)
        self._trainer, self._program = ref(trainer), trainer.program
        self._to_replay = 0.0
        if alike and before is not None and before.has(checkpoint) and self._moments[-1].step == before.step:
            return
        if before is not None and stretch is before.stretch:
            stretch = Stretch.of(trainer, state)
            checkpoint = Checkpoint(state, stretch, before)
        with self._lock:
            self._forget_from(state.step)
            if self._checkpoints:
                self._ended[self._checkpoints[-1].stretch] = state.step
            self._append(Moment(state.step, state.epoch, self._values(trainer), stretch), checkpoint)

    def _is_due(self, trainer: Trainer) -> bool:
        step, epoch, last = trainer.step_number, trainer.epoch_number, self._moments[-1]
        # An epoch that has yet to be measured is not over: its last step comes again.
        if step <= last.step or trainer.is_ending_epoch:
            return False
        unit, spacing = self._pace.unit, self._moment_spacing
        return (step // unit != last.step // unit and spacing.wants(step, last.step)) or (
            _ends_epoch(trainer, last) and trainer.steps_per_epoch >= unit and spacing.wants_epoch(epoch)
        )

    def _add(self, trainer: Trainer, *, always: bool, began: float) -> None:
        step, epoch, last, before = (
            trainer.step_number,
            trainer.epoch_number,
            self._moments[-1],
            self._checkpoints[-1],
        )
        if before.step == step == last.step and epoch == last.epoch:
            return
        recorded, ended, seconds = self._recorded
        self._to_replay += trainer.seconds - seconds
        checkpoint, wait = None, max(_REPLAY, self._checkpoint_cost / _SHARE)
        if always or (self._to_replay >= wait and self._checkpoint_spacing.wants(step, before.step)):
            packing = time.perf_counter()
            checkpoint = Checkpoint(trainer.state(), last.stretch, before)
            self._checkpoint_cost = time.perf_counter() - packing
            self._to_replay = 0.0
        ends_epoch = _ends_epoch(trainer, last)
        moment = Moment(step, epoch, self._values(trainer), last.stretch, ends_epoch=ends_epoch)
        with self._lock:
            self._forget_from(step)
            self._append(moment, checkpoint)
        if step > recorded:
            cost = time.perf_counter() - began
            self._pace.note(step - recorded, began - ended, cost, self._slice_length)

    def _values(self, trainer: Trainer) -> NDArray[Any]:
        """Return a copy of the parameters, in float32 where there are too many for more."""
        flat = trainer.parameters.flat
        if flat.dtype.itemsize > 4 and 2 * MOST_MOMENTS * flat.nbytes > self._budget:
            with np.errstate(over="ignore"):
                values = flat.astype(np.float32)
            if np.isfinite(values).all():
                return values
        return flat.copy()

    # Everything below with the lock.

    def _check_any(self) -> None:
        if not self._moments:
            raise LookupError("Nothing has been recorded of this training yet.")

    def _before(self, step: int) -> Checkpoint:
        """Return the checkpoint to replay a step from; raises LookupError."""
        self._check_any()
        if not self._moments[0].step <= step <= self._moments[-1].step:
            raise LookupError(f"Step {step} is not part of what was recorded of this training.")
        checkpoint = self._checkpoints[bisect_right(self._checkpoints, step, key=_step) - 1]
        if step > self._ended.get(checkpoint.stretch, step):
            raise LookupError(f"Step {step} is not kept any more, for want of memory.")
        return checkpoint

    @property
    def _bytes(self) -> int:
        return self._moment_bytes + self._checkpoint_bytes

    def _forget_from(self, step: int) -> None:
        """Forget the step and what was recorded after it."""
        del self._checkpoints[bisect_left(self._checkpoints, step, key=_step) :]
        moments = bisect_left(self._moments, step, key=_step)
        if moments < len(self._moments):
            del self._moments[moments:]
            left = {checkpoint.stretch for checkpoint in self._checkpoints}
            self._ended = {stretch: end for stretch, end in self._ended.items() if stretch in left}
            self._count()

    def _append(self, moment: Moment, checkpoint: Checkpoint | None) -> None:
        self._moments.append(moment)
        self._moment_bytes += moment.n_bytes
        if checkpoint is not None:
            before = self._checkpoints[-1].shared if self._checkpoints else None
            self._checkpoints.append(checkpoint)
            self._checkpoint_bytes += checkpoint.n_bytes
            if checkpoint.shared is not None and checkpoint.shared is not before:
                self._checkpoint_bytes += checkpoint.shared.nbytes
        self._keep_limits()
        self._version += 1

    def _count(self) -> None:
        """Count bytes anew."""
        shared = {id(found): found.nbytes for c in self._checkpoints if (found := c.shared) is not None}
        self._moment_bytes = sum(moment.n_bytes for moment in self._moments)
        self._checkpoint_bytes = sum(c.n_bytes for c in self._checkpoints) + sum(shared.values())

    def _keep_limits(self) -> None:
        """Forget what is too much: every other one of what takes most, then whole stretches."""
        if len(self._moments) > MOST_MOMENTS:
            self._thin_moments(3 * MOST_MOMENTS // 4)
        if len(self._checkpoints) > MOST_CHECKPOINTS:
            self._thin_checkpoints(MOST_CHECKPOINTS // 2)
        while self._bytes > self._budget:
            before = len(self._moments) + len(self._checkpoints)
            most_first = [self._thin_moments, self._thin_checkpoints]
            if self._checkpoint_bytes > self._moment_bytes:
                most_first.reverse()
            most_first[0]()
            if len(self._moments) + len(self._checkpoints) == before:
                most_first[1]()
            if len(self._moments) + len(self._checkpoints) == before and not self._forget_stretch():
                break

    def _thin_moments(self, most: int | None = None) -> None:
        ends = [moment.epoch if moment.ends_epoch else 0 for moment in self._moments]
        kept = self._moment_spacing.widen(_steps(self._moments), _fixed(self._moments), most, ends)
        self._moments = [moment for moment, keep in zip(self._moments, kept, strict=True) if keep]
        self._count()

    def _thin_checkpoints(self, most: int | None = None) -> None:
        found = self._checkpoints
        kept = self._checkpoint_spacing.widen(_steps(found), _fixed(found), most)
        self._checkpoints = [checkpoint for checkpoint, keep in zip(found, kept, strict=True) if keep]
        self._count()

    def _forget_stretch(self) -> bool:
        """Forget the earliest stretch but the first and the last; returns whether there was one."""
        stretches = list(dict.fromkeys(checkpoint.stretch for checkpoint in self._checkpoints))
        if len(stretches) < 3:
            return False
        self._moments = [moment for moment in self._moments if moment.stretch is not stretches[1]]
        self._checkpoints = [found for found in self._checkpoints if found.stretch is not stretches[1]]
        self._ended.pop(stretches[1], None)
        self._count()
        return True


def _ends_epoch(trainer: Trainer, last: Moment) -> bool:
    """Whether an epoch ended with the trainer's last step, which comes after the last moment."""
    return trainer.epoch_number > last.epoch and trainer.steps_to_end_of_epoch == trainer.steps_per_epoch


def _step(kept: Moment | Checkpoint) -> int:
    return kept.step


def _steps(kept: Sequence[Moment | Checkpoint]) -> NDArray[np.int64]:
    return np.array([one.step for one in kept], np.int64)


def _fixed(kept: Sequence[Moment | Checkpoint]) -> NDArray[np.bool_]:
    """Whether each is to stay: the first, the last, and what stretches begin with."""
    fixed = [True, *(one.stretch is not other.stretch for one, other in pairwise(kept))]
    fixed[-1] = True
    return np.array(fixed)


def _epochs_begun(stretch: Stretch, step: int) -> int:
    """Return how many epochs of a stretch have begun up to a step."""
    return max(0, (step - stretch.next_epoch) // stretch.steps_per_epoch + 1)


def _epoch_start(stretch: Stretch, end: int, step: int, *, forward: bool) -> int | None:
    """Return the beginning of an epoch in a stretch next after a step, or before it; None without one."""
    first, length = stretch.next_epoch, stretch.steps_per_epoch
    if forward:
        start = first + max(0, -(-(step + 1 - first) // length)) * length
        return start if start <= end else None
    start = first + (min(step - 1, end) - first) // length * length
    return start if start >= first else None
