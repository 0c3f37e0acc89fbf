"""Trainer: the steps of a training, one batch each, resumable to the bit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnstudio.engine.checks import check_training
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.errors import DataError, DivergenceError, ShapeError
from nnstudio.training.health import first_affected
from nnstudio.training.history import EpochRow
from nnstudio.training.metrics import Evaluator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from nnstudio.data.dataset import Dataset
    from nnstudio.engine.program import Parameters, Program
    from nnstudio.training.settings import TrainingSettings

StopReason = Literal["epochs", "target_loss", "stopped", "diverged"]
_PLAIN = {"epoch": int, "position": int, "step": int, "rows": int, "loss_sum": float, "optimizer": str}


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainerState:
    """All that resuming needs to go on bit for bit; arrays are read-only.

    ``epoch`` epochs are finished, and ``position`` rows of the next one, out of ``rows``, with ``loss_sum``
    as the losses of these rows added up. ``step`` counts updates. ``rng`` is the state of the generator
    before it drew the order of the epoch under way. ``parameters`` is flat, in the program's slot order.
    """

    epoch: int
    position: int
    step: int
    rows: int
    loss_sum: float
    optimizer: str
    rng: Mapping[str, Any]
    parameters: NDArray[Any]
    optimizer_state: Mapping[str, NDArray[Any]]

    def to_dict(self) -> dict[str, Any]:
        """Return all but the arrays as plain values, for a project file."""
        return {**{name: getattr(self, name) for name in _PLAIN}, "rng": dict(self.rng)}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name, for a project file: parameters, the optimizer's as optimizer.NAME."""
        named = {f"optimizer.{name}": values for name, values in self.optimizer_state.items()}
        return {"parameters": self.parameters, **named}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> TrainerState:
        """Return the state that `to_dict` and `arrays` described; raises DataError."""
        try:
            plain = {name: kind(values[name]) for name, kind in _PLAIN.items()}
            rng = dict(values["rng"])
            _generator(rng)
            state = cls(
                **plain,
                rng=rng,
                parameters=_frozen(arrays["parameters"]),
                optimizer_state={
                    name.removeprefix("optimizer."): _frozen(array)
                    for name, array in arrays.items()
                    if name.startswith("optimizer.")
                },
            )
            counted = min(state.epoch, state.step, state.position) >= 0 and state.position < state.rows
            numbers = np.concatenate([[state.loss_sum], state.parameters, *state.optimizer_state.values()])
            if not counted or not np.isfinite(numbers).all():
                raise ValueError
            return state
        except (KeyError, TypeError, ValueError) as error:
            raise DataError("The saved state of the training is damaged.") from error


class Trainer:
    """Trains parameters of a program on a dataset; ``parameters`` is changed in place.

    With ``state`` it goes on where that was taken; parameters given beside it win over the state's own, so
    that weights edited meanwhile count. What doesn't fit any more (another optimizer, another number of
    rows) starts anew. ``stop_at`` is the epoch to end with, `TrainingSettings.epochs` unless given. Raises
    SettingsError, ShapeError and DataError for what cannot be trained.
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
        check_training(program, settings, data.x, data.y)
        self.program = program
        self.data = data
        self.settings = settings
        self.stop_at = settings.epochs if stop_at is None else stop_at
        self.stopped_because: StopReason | None = None
        if parameters is None:
            parameters = program.initial_parameters()
            if state is not None:
                if state.parameters.shape != parameters.flat.shape:
                    raise ShapeError("The saved state of the training belongs to another network.")
                parameters.flat[:] = state.parameters
        self.parameters = parameters
        dtype = program.dtype
        self._x, self._y = data.x_train.astype(dtype), data.y_train.astype(dtype)
        self._x_test, self._y_test = data.x_test.astype(dtype), data.y_test.astype(dtype)
        self._batch = settings.batch_rows(len(self._x))
        self._evaluator = Evaluator(data, settings.loss)
        self._optimizer = OPTIMIZERS[settings.optimizer]
        self._options = settings.optimizer_options
        self._optimizer_state = self._optimizer.init_state(len(parameters.flat), dtype)
        self.epoch_number = 0
        self.step_number = 0
        self._position = 0
        self._loss_sum = 0.0
        self._rng = np.random.default_rng(settings.seed)
        self._epoch_rng: Mapping[str, Any] = self._rng.bit_generator.state
        self._x_epoch, self._y_epoch = self._x, self._y
        if state is not None:
            self._restore(state)
        self._kept = parameters.flat.copy()
        self._kept_state = {name: array.copy() for name, array in self._optimizer_state.items()}

    def step(self) -> EpochRow | None:
        """Train on one batch; returns the epoch's row where it was the last one of an epoch.

        Raises DivergenceError instead of taking a step out of the finite numbers: parameters stay as they
        were.
        """
        if self._position == 0:
            self._begin_epoch()
        batch = slice(self._position, self._position + self._batch)
        x, y = self._x_epoch[batch], self._y_epoch[batch]
        # Overflow on the way to divergence is reported below, with its place.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            loss, gradients = self._optimizer.loss_and_gradients(
                self.program, self.parameters, x, y, self.settings.loss
            )
            self._update(loss, gradients, x)
        self.step_number += 1
        self._position += len(x)
        self._loss_sum += loss * len(x)
        return self._end_epoch() if self._position >= len(self._x) else None

    def epoch(self) -> EpochRow:
        """Train to the end of the epoch under way and return its row; raises DivergenceError."""
        while True:
            row = self.step()
            if row is not None:
                return row

    def steps(self) -> Iterator[EpochRow | None]:
        """Take steps until training is over, see ``stopped_because``; each yields what `step` returns."""
        if self.epoch_number >= self.stop_at:
            self.stopped_because = "epochs"
        while self.stopped_because is None:
            yield self.step()

    def state(self) -> TrainerState:
        """Return a copy of all that resuming needs."""
        return TrainerState(
            epoch=self.epoch_number,
            position=self._position,
            step=self.step_number,
            rows=len(self._x),
            loss_sum=self._loss_sum,
            optimizer=self.settings.optimizer,
            rng=self._epoch_rng if self._position else self._rng.bit_generator.state,
            parameters=_frozen(self.parameters.flat),
            optimizer_state={name: _frozen(array) for name, array in self._optimizer_state.items()},
        )

    def _update(self, loss: float, gradients: Parameters, x: NDArray[Any]) -> None:
        flat = self.parameters.flat
        np.copyto(self._kept, flat)
        for name, array in self._optimizer_state.items():
            np.copyto(self._kept_state[name], array)
        finite = math.isfinite(loss)
        if finite:
            self._optimizer.step(
                flat,
                gradients.flat,
                self._optimizer_state,
                self.settings.learning_rate,
                self._options,
                self.program.gradient_mask,
            )
            finite = self.parameters.is_finite
        if finite:
            return
        stepped = flat.copy()
        np.copyto(flat, self._kept)
        for name, array in self._optimizer_state.items():
            np.copyto(array, self._kept_state[name])
        slot = first_affected(self.program, stepped, self.parameters, gradients, x)
        self.stopped_because = "diverged"
        raise DivergenceError(
            f"Training left finite numbers in step {self.step_number + 1} (epoch {self.epoch_number + 1}): "
            f"the loss was {loss:g}, and the first neuron concerned is {self.program.neuron_names[slot]}. "
            "The last finite weights were kept. Try a smaller learning rate, or scale the data.",
            neuron_ids=(self.program.neuron_ids[slot],),
        )

    def _begin_epoch(self) -> None:
        self._epoch_rng = self._rng.bit_generator.state
        self._x_epoch, self._y_epoch = self._x, self._y
        if self.settings.shuffle:
            order = self._rng.permutation(len(self._x))
            self._x_epoch, self._y_epoch = self._x[order], self._y[order]

    def _end_epoch(self) -> EpochRow:
        loss = self._loss_sum / len(self._x)
        self.epoch_number += 1
        self._position, self._loss_sum = 0, 0.0
        if self.settings.target_loss is not None and loss <= self.settings.target_loss:
            self.stopped_because = "target_loss"
        elif self.epoch_number >= self.stop_at:
            self.stopped_because = "epochs"
        test_loss, test_outputs = float("nan"), None
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = self.program.predict(self.parameters, self._x)
            if len(self._x_test):
                test_outputs = self.program.predict(self.parameters, self._x_test)
                test_loss = self.program.loss(
                    self.parameters, self._x_test, self._y_test, loss=self.settings.loss
                )
            metrics = self._evaluator.measure(outputs, test_outputs)
        return EpochRow(self.epoch_number, loss, test_loss, metrics)

    def _restore(self, state: TrainerState) -> None:
        self.epoch_number, self.step_number = state.epoch, state.step
        self._rng = _generator(state.rng)
        fitting = {name: array.shape for name, array in self._optimizer_state.items()}
        saved = {name: array.shape for name, array in state.optimizer_state.items()}
        if state.optimizer == self.settings.optimizer and fitting == saved:
            for name, array in state.optimizer_state.items():
                np.copyto(self._optimizer_state[name], array)
        if state.position and state.rows == len(self._x):
            self._begin_epoch()
            self._position, self._loss_sum = state.position, state.loss_sum


def _generator(state: Mapping[str, Any]) -> np.random.Generator:
    rng = np.random.default_rng(0)
    rng.bit_generator.state = state
    return rng


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    copy = np.array(array)
    copy.flags.writeable = False
    return copy
