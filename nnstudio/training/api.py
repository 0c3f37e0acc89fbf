"""train: a whole training in one call."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnstudio.engine import compile_network
from nnstudio.training.history import Epochs, History
from nnstudio.training.trainer import StopReason, Trainer

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.data.dataset import Dataset
    from nnstudio.engine.program import Parameters, Program
    from nnstudio.errors import DivergenceError
    from nnstudio.network import Network
    from nnstudio.training.history import EpochRow
    from nnstudio.training.settings import TrainingSettings
    from nnstudio.training.trainer import TrainerState

_SLICE = 0.1  # seconds


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What a training reached. ``error`` says where it diverged; ``parameters`` are then the last finite.

    ``epochs`` and ``seconds`` count this call alone; ``state`` is what a later one goes on from.
    """

    parameters: Parameters
    history: History
    stopped_because: StopReason
    program: Program
    epochs: int
    seconds: float
    state: TrainerState
    error: DivergenceError | None = None


def train(
    network: Network,
    data: Dataset,
    settings: TrainingSettings,
    *,
    on_epoch: Callable[[EpochRow], object] | None = None,
    state: TrainerState | None = None,
) -> TrainingResult:
    """Train a network from the weights it has and return the result; the network itself is not changed.

    ``on_epoch`` is called with each finished epoch; returning False stops. With ``state``, training goes on
    where that was taken. Raises CompileError, SettingsError, ShapeError and DataError before it begins.
    """
    program = compile_network(network, dtype=settings.dtype)
    trainer = Trainer(program, None if state else program.initial_parameters(), data, settings, state=state)
    history = History()
    before = trainer.epoch_number
    reason: StopReason | None = None
    began = time.perf_counter()
    epochs = Epochs()
    while reason is None:
        # Whoever may stop after an epoch must find the weights of just that epoch.
        ended = trainer.advance(_SLICE, None if on_epoch is None else "epoch")
        epochs.extend(ended)
        if on_epoch is not None and any(on_epoch(row) is False for row in ended):
            reason = "stopped"
        reason = trainer.stopped_because or reason
    history.extend(epochs)
    return TrainingResult(
        parameters=trainer.parameters,
        history=history,
        stopped_because=reason,
        program=program,
        epochs=trainer.epoch_number - before,
        seconds=time.perf_counter() - began,
        state=trainer.state(),
        error=trainer.error,
    )
