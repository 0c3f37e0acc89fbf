"""Training anew from the start that a project keeps, within bounds."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.engine import compile_network
from nnstudio.lessons.telling import UnanswerableError
from nnstudio.training.history import Epochs, History
from nnstudio.training.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nnstudio.data.dataset import Dataset
    from nnstudio.network import Network
    from nnstudio.training.settings import TrainingSettings

_SLICE = 0.05  # seconds


@dataclass(frozen=True)
class Limits:
    """How many steps and seconds a training anew may take; compiling counts as neither."""

    steps: int = 5_000_000
    seconds: float = 30.0


@dataclass(frozen=True, eq=False)
class Past:
    """The training losses of the epochs so far, (epochs,); ``numbers`` are theirs where some are left out."""

    losses: NDArray[np.float64]
    numbers: NDArray[np.float64] | None = None

    @property
    def epochs(self) -> int:
        """Finished epochs."""
        if self.numbers is None or not len(self.numbers):
            return len(self.losses)
        return int(self.numbers[-1])

    def loss_at(self, epoch: float) -> float:
        """Return the loss along an epoch, counted from 1; raises UnanswerableError."""
        if not 1 <= epoch < math.inf or epoch != int(epoch):
            if self.epochs == 0:
                raise UnanswerableError("Nothing has been trained yet. Train the network first.")
            raise UnanswerableError(f"There is no epoch {epoch:g}; they are counted from 1.")
        if epoch > self.epochs:
            trained = (
                "nothing has been trained yet" if self.epochs == 0 else f"there are {self.epochs:,} so far"
            )
            raise UnanswerableError(
                f"Epoch {int(epoch):,} is yet to come: {trained}. Train the network first."
            )
        place = int(epoch) - 1 if self.numbers is None else int(np.searchsorted(self.numbers, epoch))
        return float(self.losses[place])

    def best(self) -> float:
        """Return the least loss; raises UnanswerableError."""
        self.loss_at(1)
        return float(self.losses.min())

    def reached(self, loss: float) -> float:
        """Return the first epoch with at most this loss, or infinity."""
        places = np.flatnonzero(self.losses <= loss)
        if not len(places):
            return math.inf
        return float(places[0] + 1 if self.numbers is None else self.numbers[places[0]])


@dataclass(frozen=True, eq=False)
class Retrained:
    """Where a training anew arrived: the network, the losses on the way, and whether it left the finite."""

    network: Network
    past: Past
    has_diverged: bool


def retrain(
    network: Network,
    data: Dataset,
    settings: TrainingSettings,
    epochs: int,
    limits: Limits,
    *,
    until: Callable[[NDArray[np.float64]], bool] | None = None,
) -> Retrained:
    """Train a network from the values it has and return where it arrived; the network stays as it is.

    It ends early where the settings say so, where training leaves the finite numbers, and where ``until`` the
    losses so far is true. Raises UnanswerableError beyond the limits, and what keeps it from being trained.
    """
    result = network.copy()
    program = compile_network(result, dtype=settings.dtype)
    trainer = Trainer(program, program.initial_parameters(), data, settings, stop_at=epochs)
    steps = trainer.steps_per_epoch * epochs
    if until is None and steps > limits.steps:
        raise UnanswerableError(
            f"Training for {epochs:,} epochs takes {steps:,} steps, more than the {limits.steps:,} that are "
            "allowed for a check."
        )
    history = History()
    if epochs:
        trainer.prepare()
    deadline = time.perf_counter() + limits.seconds
    while trainer.stopped_because is None and epochs:
        new: Epochs = trainer.advance(_SLICE)
        history.extend(new)
        if until is not None and until(history.loss):
            break
        if time.perf_counter() > deadline or trainer.step_number > limits.steps:
            raise UnanswerableError(
                f"Training for {epochs:,} epochs takes longer than the {limits.seconds:g} seconds or "
                f"{limits.steps:,} steps that are allowed for a check; {trainer.epoch_number:,} were done."
            )
    result.set_parameters(program, trainer.parameters)
    return Retrained(result, Past(np.array(history.loss)), trainer.stopped_because == "diverged")
