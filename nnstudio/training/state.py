"""TrainerState: where a training stands, to go on from later, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.errors import DataError
from nnstudio.training.watching import PATIENCE_MEMORY, SCHEDULE_MEMORY, checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_PLAIN = {"epoch": int, "position": int, "step": int, "rows": int, "loss_sum": float, "optimizer": str}


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainerState:
    """All that resuming needs to go on bit for bit; arrays are read-only.

    ``epoch`` epochs are finished, and ``position`` rows of the next one, out of ``rows``, with ``loss_sum``
    as the losses of these rows added up. ``step`` counts updates. ``rng`` is the state of the generator
    before it drew the order of the epoch under way. ``parameters`` is flat, in the program's slot order.
    ``schedule`` and ``patience`` are what schedules and early stopping remember of the losses seen (see
    `watching`), with the parameters of the best epoch as ``best``, flat too.
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
    schedule: dict[str, Any] | None = None
    patience: dict[str, Any] | None = None
    best: NDArray[Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return all but the arrays as plain values, for a project file."""
        plain: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        return {**plain, "rng": dict(self.rng), "schedule": self.schedule, "patience": self.patience}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name, for a project file: parameters, the optimizer's as optimizer.NAME."""
        named = {f"optimizer.{name}": values for name, values in self.optimizer_state.items()}
        return {"parameters": self.parameters, **named, **({} if self.best is None else {"best": self.best})}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> TrainerState:
        """Return the state that `to_dict` and `arrays` described; raises DataError."""
        try:
            plain = {name: kind(values[name]) for name, kind in _PLAIN.items()}
            rng = dict(values["rng"])
            generator(rng)
            state = cls(
                **plain,
                rng=rng,
                parameters=frozen(arrays["parameters"]),
                optimizer_state={
                    name.removeprefix("optimizer."): frozen(array)
                    for name, array in arrays.items()
                    if name.startswith("optimizer.")
                },
                schedule=checked(values.get("schedule"), SCHEDULE_MEMORY),
                patience=checked(values.get("patience"), PATIENCE_MEMORY),
                best=frozen(arrays["best"]) if "best" in arrays else None,
            )
            counted = min(state.epoch, state.step, state.position) >= 0 and state.position < state.rows
            numbers = [np.array([state.loss_sum]), state.parameters, *state.optimizer_state.values()]
            if state.best is not None:
                numbers.append(state.best)
                counted = counted and state.best.shape == state.parameters.shape
            if not counted or not np.isfinite(np.concatenate(numbers)).all():
                raise ValueError
            return state
        except (KeyError, TypeError, ValueError) as error:
            raise DataError("The saved state of the training is damaged.") from error


def generator(state: Mapping[str, Any]) -> np.random.Generator:
    """Return a generator in a saved state."""
    rng = np.random.default_rng(0)
    rng.bit_generator.state = state
    return rng


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return a copy that nobody can write."""
    copy = np.array(array)
    copy.flags.writeable = False
    return copy
