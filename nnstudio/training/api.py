"""train: a whole training in one call."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnstudio.engine import compile_network
from nnstudio.errors import DivergenceError
from nnstudio.training.history import EpochRow, History
from nnstudio.training.trainer import StopReason, Trainer

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.data.dataset import Dataset
    from nnstudio.engine.program import Parameters, Program
    from nnstudio.network import Network
    from nnstudio.training.settings import TrainingSettings
    from nnstudio.training.trainer import TrainerState


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
    program = compile_network(network)
    trainer = Trainer(program, None if state else program.initial_parameters(), data, settings, state=state)
    history = History()
    before = trainer.epoch_number
    reason: StopReason = "epochs"
    error = None
    began = time.perf_counter()
    rows = []
    try:
        for row in trainer.steps():
            if row is None:
                continue
            rows.append(row)
            if on_epoch is not None and on_epoch(row) is False:
                reason = "stopped"
                break
        else:
            reason = trainer.stopped_because or "epochs"
    except DivergenceError as divergence:
        reason, error = "diverged", divergence
    history.extend(rows)
    return TrainingResult(
        parameters=trainer.parameters,
        history=history,
        stopped_because=reason,
        program=program,
        epochs=trainer.epoch_number - before,
        seconds=time.perf_counter() - began,
        state=trainer.state(),
        error=error,
    )
