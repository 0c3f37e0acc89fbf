"""Trainings whose steps are shaped, to compare with PyTorch: plain values of `TrainingSettings`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnstudio.engine.schedules import SCHEDULES
from tests.engine.reference.cases import BATCH, LEARNING_RATES, cases

if TYPE_CHECKING:
    from collections.abc import Iterator

# Wild wiring, some parameters frozen, softmax outputs.
SHAPED_CASE = next(case for case in cases() if case.name == "cross-entropy")
EPOCHS = 34  # of three batches each

_SHAPINGS: dict[str, dict[str, Any]] = {
    "l1": {"l1": 0.01},
    "l2": {"l2": 0.05},
    "weight_decay": {"weight_decay": 0.2},
    "clip_norm": {"clip_norm": 0.1},
    "clip_value": {"clip_value": 0.03},
    "all": {"l1": 0.005, "l2": 0.02, "weight_decay": 0.1, "clip_norm": 0.3, "clip_value": 0.1},
}
_OPTIONS: dict[str, dict[str, float]] = {
    "constant": {},
    "step": {"step_size": 5, "gamma": 0.5},
    "exponential": {"gamma": 0.9},
    "cosine": {"eta_min": 0.001},
    "warm_up": {"start_factor": 0.2, "total_iters": 7},
    "warm_up_cosine": {"start_factor": 0.2, "total_iters": 7},
    "reduce_on_plateau": {"factor": 0.5, "patience": 1, "threshold": 0.05, "cooldown": 1},
}


def trainings() -> Iterator[dict[str, Any]]:
    """Yield every optimizer with every shaping, and with every schedule."""
    for optimizer, rate in LEARNING_RATES.items():
        common = {
            "loss": SHAPED_CASE.loss,
            "optimizer": optimizer,
            "learning_rate": rate,
            "batch_size": BATCH,
            "epochs": EPOCHS,
            "shuffle": False,
        }
        for shaping in _SHAPINGS.values():
            yield {**common, **shaping}
        for schedule in SCHEDULES:
            yield {**common, "schedule": schedule, "schedule_options": _OPTIONS[schedule]}
