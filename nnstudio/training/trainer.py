"""Trainer: the steps of a training, one batch each, resumable to the bit."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnstudio.engine.checks import check_training
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.parameters import Parameters
from nnstudio.engine.schedules import SCHEDULES
from nnstudio.errors import DivergenceError, SettingsError, ShapeError
from nnstudio.training.carrying import carried, first_shelf, fits, same_drawing, without_memory
from nnstudio.training.epochs import is_measured, next_measured, shuffled
from nnstudio.training.history import EpochRow, Epochs
from nnstudio.training.measuring import Measuring, Part
from nnstudio.training.methods import Course, Divergence, Method, method_for, steps_before
from nnstudio.training.metrics import Evaluator
from nnstudio.training.state import TrainerState, frozen, generator
from nnstudio.training.watching import Patience, recall, remembered
from nnstudio.training.weighting import row_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from nnstudio.data.dataset import Dataset
    from nnstudio.engine.program import Program
    from nnstudio.training.settings import TrainingSettings

__all__ = ["Portion", "StopReason", "Trainer", "TrainerState"]

StopReason = Literal["epochs", "target_loss", "patience", "stopped", "diverged"]
Portion = Literal["step", "epoch"]
# So many rows are drawn ahead at the most, but at least an epoch.
_ROWS_AHEAD = 100_000


class Trainer:
    """Trains parameters of a program on a dataset; ``parameters`` is changed in place.

    With ``state`` it goes on where that was taken, item by item, by id, also where other items are disabled
    or frozen by now; parameters given beside it win over the state's own, so that weights edited meanwhile
    count. What doesn't fit any more (another optimizer, another number of rows) starts anew. ``stop_at`` is
    the epoch to end with, `TrainingSettings.epochs` unless given. Raises SettingsError, ShapeError and
    DataError for what cannot be trained.
    """

    def __init__(
        self,
        program: Program,
        parameters: Parameters | None,
        data: Dataset,
        settings: TrainingSettings,
        *,
        state: TrainerState | None = None,
        stop_at: int | None = None,
    ) -> None:
        settings.validate()
        self.program = program
        self.data = data
        self.settings = settings
        self.check(program)
        self.stop_at = settings.epochs if stop_at is None else stop_at
        self.stopped_because: StopReason | None = None
        if state is not None:
            state = self._fitted(state, parameters)
        if parameters is None:
            parameters = program.initial_parameters()
            if state is not None:
                parameters.flat[:] = state.parameters
        self.parameters = parameters
        self._shelf = first_shelf(program) if state is None else state.shelf
        dtype = program.dtype
        self._x, self._y = data.x_train.astype(dtype), data.y_train.astype(dtype)
        self._x_test, self._y_test = data.x_test.astype(dtype), data.y_test.astype(dtype)
        weights = row_weights(data, settings)
        self._weights = None if weights is None else weights[data.train_rows]
        self._test_weights = None if weights is None else weights[data.test_rows]
        # What the losses of an epoch's steps, added up, are divided by.
        self._mass = float(len(self._x)) if self._weights is None else float(self._weights.sum())
        self._batch = settings.batch_rows(len(self._x))
        self._evaluator = Evaluator(data, settings.loss)
        optimizer = OPTIMIZERS[settings.optimizer]
        self._optimizer_state = optimizer.init_state(len(parameters.flat), dtype)
        self.epoch_number = 0
        self.step_number = 0
        self._rng = np.random.default_rng(settings.seed)
        self._schedule = SCHEDULES[settings.schedule]
        self._schedule_state = self._schedule.init_state(settings.learning_rate)
        self._patience = None if settings.patience is None else Patience(settings.patience)
        # The epochs that are drawn, and the generator before the first of them.
        self._first_epoch = 0
        self._first_rng: Mapping[str, Any] = self._rng.bit_generator.state
        self._course = Course(np.empty(0, np.uint64), np.empty(0), np.empty(0))
        self._position = 0
        self.error: DivergenceError | None = None
        self._method: Method | None = None
        self._measuring: Measuring | None = None
        self._interrupted = False
        self._steps_per_second = 1000.0
        # How long `advance` has computed so far.
        self.seconds = 0.0
        if state is not None:
            self._restore(state)

    def check(self, program: Program) -> None:
        """Raise SettingsError, ShapeError or DataError where a program of the drawing cannot be trained."""
        if not same_drawing(program, self.program):
            raise ShapeError("The training belongs to another network. Stop it, and train the network anew.")
        check_training(program, self.settings, self.data.x, self.data.y)
        if program.dtype.name != self.settings.dtype:
            raise SettingsError(
                f"The network was compiled for {program.dtype.name}, but it is to be trained in "
                f"{self.settings.dtype}. Compile it again, or stop this training and begin another.",
                setting="dtype",
            )

    def revise(self, program: Program) -> None:
        """Go on with a program of the same drawing under other constraints, as if it were saved and resumed.

        Parameters and the optimizer's memory go with their items, by id; those of disabled items are kept
        until they are enabled again, and the memory of frozen ones until they train again. Everything else
        stays: the next batch is what it would have been. ``parameters`` is another object then. Raises what
        `check` raises, and then changes nothing.
        """
        self.check(program)
        before = self.program
        tied = {before.connection_ids[slot] for slot in before.tied_slots.tolist()}
        state = carried(self.state(), program, tied=tied)
        self.program = program
        self.parameters = Parameters(state.parameters.copy(), program.n_connections)
        self._optimizer_state = {name: array.copy() for name, array in state.optimizer_state.items()}
        self._shelf = state.shelf
        if self._patience is not None:
            self._patience.best = None if state.best is None else state.best.copy()
        self._method = None

    def return_to(self, state: TrainerState) -> None:
        """Stand where this training stood, bit for bit: with this program, these data and settings."""
        self.stopped_because = self.error = None
        self._course, self._position = Course(np.empty(0, np.uint64), np.empty(0), np.empty(0)), 0
        np.copyto(self.parameters.flat, state.parameters)
        self._shelf = state.shelf
        self._restore(state)

    def prepare(self) -> Method:
        """Return what computes the steps; compiles it where that is due, which may take seconds."""
        if self._method is None:
            self._method = method_for(
                self.program,
                self.parameters,
                self._optimizer_state,
                self._x,
                self._y,
                self.settings,
                self._weights,
            )
            parts = [
                part
                for part in (
                    Part(self._x, self._y, self._weights),
                    Part(self._x_test, self._y_test, self._test_weights),
                )
                if len(part.x)
            ]
            self._measuring = Measuring(
                self.program,
                self.parameters,
                parts,
                self.settings.loss,
                self._evaluator,
                self._method,
                lambda: self._interrupted,
            )
        return self._method

    @property
    def is_prepared(self) -> bool:
        """Whether `prepare` has nothing left to do."""
        return self._method is not None

    def step(self) -> EpochRow | None:
        """Train on one batch; returns the epoch's row where it was the last one of an epoch.

        Where an epoch has yet to be measured, because that was interrupted, its row is all that comes.
        Raises DivergenceError instead of taking a step out of the finite numbers: parameters stay as they
        were.
        """
        epochs = Epochs()
        self._take(1, epochs)
        if self.error is not None:
            raise self.error
        return epochs[0] if epochs else None

    def epoch(self) -> EpochRow:
        """Train to the end of the epoch under way and return its row; raises DivergenceError."""
        epochs = Epochs()
        while not epochs:
            self._take(self.steps_to_end_of_epoch, epochs)
            if self.error is not None:
                raise self.error
        return epochs[0]

    def steps(self) -> Iterator[EpochRow | None]:
        """Take steps until training is over, see ``stopped_because``; each yields what `step` returns."""
        self._check_end()
        while self.stopped_because is None:
            yield self.step()

    def advance(self, seconds: float, only: Portion | None = None, *, most: int | None = None) -> Epochs:
        """Take steps for about so many seconds and return the epochs that ended.

        It returns earlier where training is over (see ``stopped_because``; where it diverged, ``error``),
        after ``only`` one step or the rest of the epoch under way, after ``most`` steps, and after
        `interrupt`. How the steps are cut into calls changes no number. An epoch that could not be measured
        for an interruption ends with the next call.
        """
        self._check_end()
        began = time.perf_counter()
        first = self.step_number
        epochs = Epochs()
        while self.stopped_because is None:
            left = seconds - (time.perf_counter() - began)
            if left <= 0.0 or self._interrupted or (most is not None and self.step_number >= first + most):
                break
            steps = max(1, int(left * self._steps_per_second))
            if most is not None:
                steps = min(steps, first + most - self.step_number)
            if only is not None:
                steps = 1 if only == "step" else min(steps, self.steps_to_end_of_epoch)
            before, started, had = self.step_number, time.perf_counter(), len(epochs)
            self._take(steps, epochs)
            spent = time.perf_counter() - started
            self.seconds += spent
            if spent > 0.0 and self.step_number > before:
                self._steps_per_second = (self.step_number - before) / spent
            if only == "step" or (only == "epoch" and len(epochs) > had):
                break
        return epochs

    def interrupt(self, wanted: bool = True) -> None:
        """Make `advance` return as soon as it can, or allow it to go on. May be called by any thread."""
        self._interrupted = wanted
        if self._method is not None:
            self._method.interrupt(wanted)

    def ahead(self) -> tuple[NDArray[np.intp], float]:
        """Return the rows of the training part that the next step takes, and its learning rate.

        It changes nothing of what comes. An epoch under way that has yet to be measured has no next step.
        """
        if self._position >= len(self._course.order):
            self._draw()
        rows = len(self._x)
        epoch = self._position // rows
        end = min(self._position + self._batch, (epoch + 1) * rows)
        return self._course.order[self._position : end].astype(np.intp), float(self._course.rates[epoch])

    def state(self) -> TrainerState:
        """Return a copy of all that resuming needs."""
        # Of an epoch that has yet to be measured all rows are done.
        drawn = self.epoch_number - self._first_epoch
        position = self._position - drawn * len(self._x)
        best = None if self._patience is None else self._patience.best
        rng = generator(self._first_rng)
        if self.settings.shuffle:
            shuffled(rng, len(self._x), drawn)
        return TrainerState(
            epoch=self.epoch_number,
            position=position,
            step=self.step_number,
            rows=len(self._x),
            loss_sum=float(self._course.losses[drawn]) if position else 0.0,
            optimizer=self.settings.optimizer,
            rng=rng.bit_generator.state,
            connection_ids=self.program.connection_ids,
            neuron_ids=self.program.neuron_ids,
            parameters=frozen(self.parameters.flat),
            optimizer_state={name: frozen(array) for name, array in self._optimizer_state.items()},
            schedule=remembered(self.settings, self._schedule_state),
            patience=None if self._patience is None else self._patience.remembered(self.settings),
            best=None if best is None else frozen(best),
            shelf=self._shelf,
        )

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches in an epoch, the last, smaller one included."""
        return -(-len(self._x) // self._batch)

    @property
    def steps_to_end_of_epoch(self) -> int:
        """Number of batches left of the epoch under way; at its beginning all of them."""
        rows = len(self._x)
        return -(-(rows - self._position % rows) // self._batch)

    @property
    def is_ending_epoch(self) -> bool:
        """Whether all steps of an epoch are taken, but it isn't measured and counted yet."""
        return self._position // len(self._x) > self.epoch_number - self._first_epoch

    def _check_end(self) -> None:
        if self.stopped_because is None and self.epoch_number >= self.stop_at:
            self.stopped_because = "epochs"

    def _take(self, steps: int, epochs: Epochs) -> None:
        """Take up to ``steps`` steps, not past the epochs drawn; adds those that ended to ``epochs``.

        Takes none where an epoch has yet to be measured.
        """
        if self.is_ending_epoch:
            self.prepare()
            self._end_epochs(epochs)
            return
        if self._position >= len(self._course.order):
            self._draw()
        before = self._position
        try:
            self._position = self.prepare().take(self._course, before, steps)
        except Divergence as divergence:
            self._position = divergence.position
            self._count(before, self._position)
            self._end_epochs(epochs)
            if self.is_ending_epoch:
                return  # it will diverge again, once that is measured
            self.error = divergence.as_error(self.program, self.step_number + 1, self.epoch_number + 1)
            self.stopped_because = "diverged"
        else:
            self._count(before, self._position)
            self._end_epochs(epochs)

    def _count(self, before: int, after: int) -> None:
        """Count the steps from one position to another."""
        self.step_number += self._steps_before(after) - self._steps_before(before)

    def _steps_before(self, position: int) -> int:
        return steps_before(position, len(self._x), self._batch)

    def _draw(self) -> None:
        """Draw the order of the next epochs, up to the next one that is measured."""
        rows = len(self._x)
        # A loss to stop at has to be looked at after every epoch.
        looks = self.settings.target_loss is not None or self._measures_all
        ahead = 1 if looks else max(1, _ROWS_AHEAD // rows)
        last = min(next_measured(self.epoch_number), self.epoch_number + ahead)
        last = max(min(last, self.stop_at), self.epoch_number + 1)
        epochs = last - self.epoch_number
        self._first_epoch = self.epoch_number
        order = self._course.order
        if self.settings.shuffle:
            self._first_rng = self._rng.bit_generator.state
            order = shuffled(self._rng, rows, epochs)
        elif len(order) != rows * epochs:
            order = np.tile(np.arange(rows, dtype=np.uint64), epochs)
        if self.settings.schedule == "constant":
            rates = np.full(epochs, self._rate(self._first_epoch))
        else:
            rates = np.array([self._rate(self._first_epoch + number) for number in range(epochs)])
        self._course = Course(order, np.zeros(epochs), rates, self.step_number)
        self._position = 0

    def _rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0."""
        settings = self.settings
        return self._schedule.rate(
            settings.learning_rate,
            epoch,
            settings.epochs,
            settings.schedule_options,
            self._schedule_state,
        )

    def _end_epochs(self, epochs: Epochs) -> None:
        """Add the epochs that the steps taken have ended, but for one whose measuring is interrupted."""
        before, after = self.epoch_number - self._first_epoch, self._position // len(self._x)
        if after <= before:
            return
        first = self.epoch_number + 1
        losses = self._course.losses[before:after] / self._mass
        rates = self._course.rates[before:after]
        # Of the epochs drawn at once only the last one is measured, or ends the training.
        last = self._first_epoch + after
        loss = float(losses[-1])
        reason: StopReason | None = None
        if self.settings.target_loss is not None and loss <= self.settings.target_loss:
            reason = "target_loss"
        elif last >= self.stop_at:
            reason = "epochs"
        row = None
        if self._measuring and (self._measures_all or reason is not None or is_measured(last)):
            found = self._measuring.measure(watching=self._measures_all)
            if found is None:
                if after - before > 1:
                    epochs.add(first, losses[:-1], rates[:-1])
                    self.epoch_number = last - 1
                return
            row = EpochRow(last, loss, found.test_loss, found.metrics, float(rates[-1]))
            if self._measures_all:
                reason = self._watch(last, found.watched) or reason
        self.epoch_number, self.stopped_because = last, reason
        epochs.add(first, losses, rates, row)

    @property
    def _measures_all(self) -> bool:
        """Whether something depends on the loss after every epoch."""
        return self._patience is not None or self._schedule.watches_loss

    def _watch(self, epoch: int, loss: float) -> StopReason | None:
        """Let the loss after an epoch tell the next learning rate, and whether training is at its end."""
        self._schedule.observe(self._schedule_state, loss, self.settings.schedule_options)
        if self._patience is not None and self._patience.is_over(epoch, loss, self.parameters.flat):
            # Before “epochs”: where training is cut into parts, a part may end just here.
            return "patience"
        return None

    def _fitted(self, state: TrainerState, parameters: Parameters | None) -> TrainerState:
        """Return the state for this program; of another network's, what is left of it."""
        program = self.program
        if not fits(state, program):
            if parameters is None:
                raise ShapeError("The saved state of the training belongs to another network.")
            return replace(
                state,
                connection_ids=program.connection_ids,
                neuron_ids=program.neuron_ids,
                parameters=frozen(parameters.flat),
                optimizer_state={},
                patience=None,
                best=None,
                shelf=first_shelf(program),
            )
        if state.optimizer != self.settings.optimizer:
            state = without_memory(state)
        return carried(state, program, values=None if parameters is None else parameters.flat)

    def _restore(self, state: TrainerState) -> None:
        self.epoch_number, self.step_number = state.epoch, state.step
        self._rng = generator(state.rng)
        fitting = {name: array.shape for name, array in self._optimizer_state.items()}
        saved = {name: array.shape for name, array in state.optimizer_state.items()}
        if fitting == saved:
            for name, array in state.optimizer_state.items():
                np.copyto(self._optimizer_state[name], array)
        recall(state.schedule, self._schedule_state, self.settings)
        if self._patience is not None:
            self._patience.recall(state.patience, state.best, self.settings)
        self._first_epoch, self._first_rng = state.epoch, state.rng
        # Batches of another size that don't begin where these ended would be counted wrongly: then the epoch
        # under way begins again, as it does with other rows.
        is_aligned = state.position == state.rows or state.position % self._batch == 0
        if state.position and state.rows == len(self._x) and is_aligned:
            self._draw()
            self._position = state.position
            self._course = self._course._replace(first_step=state.step - self._steps_before(state.position))
            self._course.losses[0] = state.loss_sum
