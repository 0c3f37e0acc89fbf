"""What a training remembers of the losses that it has seen: for early stopping, and for its learning rate.

The loss that is watched is that of the test part after each epoch; without a test part, that of the training
part after each epoch (not the loss along it, which belongs to weights that are gone).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nnstudio.training.settings import TrainingSettings

Memory = dict[str, Any]
# What memories hold.
PATIENCE_MEMORY: Mapping[str, type] = {"loss": str, "best_loss": float, "best_epoch": int, "waited": int}
SCHEDULE_MEMORY: Mapping[str, type] = {
    "loss": str,
    "schedule": str,
    "base": float,
    **dict.fromkeys(("rate", "best", "bad_epochs", "cooldown"), float),
}
_MAY_BE_INFINITE = ("best_loss", "best")


class Patience:
    """Keeps the parameters of the epoch with the least loss, and counts the epochs since."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.best_loss = math.inf
        self.best_epoch = 0
        self.waited = 0
        self.best: NDArray[Any] | None = None

    def is_over(self, epoch: int, loss: float, flat: NDArray[Any]) -> bool:
        """Note the loss after an epoch; returns whether the best was too long ago.

        ``flat`` are the parameters; they are then set back, in place, to those of the best epoch, and
        patience begins anew, so that a training that goes on all the same has as many epochs to improve.
        """
        if loss < self.best_loss:
            self.best_loss, self.best_epoch, self.waited = loss, epoch, 0
            self.best = np.array(flat)
            return False
        self.waited += 1
        if self.waited < self.epochs:
            return False
        self.waited = 0
        if self.best is not None:
            np.copyto(flat, self.best)
        return True

    def remembered(self, settings: TrainingSettings) -> Memory:
        """Return all but the parameters as plain values, for a saved state."""
        numbers = {"best_loss": self.best_loss, "best_epoch": self.best_epoch, "waited": self.waited}
        return {"loss": settings.loss, **_plain(numbers)}

    def recall(self, memory: Memory | None, best: NDArray[Any] | None, settings: TrainingSettings) -> None:
        """Go on from what `remembered` returned, unless it was of another loss."""
        if memory is None or memory["loss"] != settings.loss:
            return
        self.best_loss = _number(memory["best_loss"])
        self.best_epoch, self.waited = memory["best_epoch"], memory["waited"]
        self.best = None if best is None else np.array(best)


def remembered(settings: TrainingSettings, state: Mapping[str, NDArray[Any]]) -> Memory | None:
    """Return the state of a schedule that watches the loss as plain values, or None for any other."""
    if not state:
        return None
    about = {"loss": settings.loss, "schedule": settings.schedule, "base": settings.learning_rate}
    return {**about, **_plain({name: float(array[0]) for name, array in state.items()})}


def recall(memory: Memory | None, state: Mapping[str, NDArray[Any]], settings: TrainingSettings) -> None:
    """Set a schedule's state to what `remembered` returned, unless that was of another loss or rate."""
    about = {"loss": settings.loss, "schedule": settings.schedule, "base": settings.learning_rate}
    if memory is None or any(memory[name] != value for name, value in about.items()):
        return
    for name, array in state.items():
        array[0] = _number(memory[name])


def checked(memory: Any, kinds: Mapping[str, type]) -> Memory | None:
    """Return a memory read from a file; raises ValueError, TypeError or KeyError where it cannot be one."""
    if memory is None:
        return None
    found: Memory = {}
    for name, kind in kinds.items():
        value = memory[name]
        found[name] = None if value is None and name in _MAY_BE_INFINITE else kind(value)
        if kind is str and not isinstance(value, str):
            raise TypeError(name)
        if kind is not str and found[name] is not None and not math.isfinite(found[name]):
            raise ValueError(name)
    return found


def _plain(numbers: Mapping[str, float]) -> Memory:
    # JSON has no infinity, which the best loss is as long as there is none.
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def _number(value: float | None) -> float:
    return math.inf if value is None else value
