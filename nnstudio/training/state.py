"""TrainerState: where a training stands, to go on from later, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.errors import DataError
from nnstudio.training.watching import PATIENCE_MEMORY, SCHEDULE_MEMORY, checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_PLAIN = {"epoch": int, "position": int, "step": int, "rows": int, "loss_sum": float, "optimizer": str}
_IDS = ("connection_ids", "neuron_ids")


@dataclass(frozen=True, eq=False)
class Shelf:
    """What of a drawing takes no part in the training at present, or is frozen, for when it does again.

    ``arrays`` are parameters, the optimizer's vectors, and best, by name, over these connections, then these
    neurons; and known, 1 where the drawing has the value, 0 where it was trained and is here alone. What is
    only frozen is here for the optimizer's memory of it; its value lives on in the training.
    """

    connection_ids: tuple[str, ...]
    neuron_ids: tuple[str, ...]
    arrays: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainerState:
    """All that resuming needs to go on bit for bit; arrays are read-only.

    ``epoch`` epochs are finished, and ``position`` rows of the next one, out of ``rows``, with
    ``loss_sum`` as the losses of these rows added up; they are all of its rows where it has yet to be
    measured. ``step`` counts updates. ``rng`` is the state of the generator before it drew the order of
    the epoch under way. ``parameters`` is flat, the weights of the connections ``connection_ids``, then
    the biases of the neurons ``neuron_ids``: the program's slot order. ``shelf`` has what is disabled or
    frozen.
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
    connection_ids: tuple[str, ...]
    neuron_ids: tuple[str, ...]
    parameters: NDArray[Any]
    optimizer_state: Mapping[str, NDArray[Any]]
    schedule: dict[str, Any] | None = None
    patience: dict[str, Any] | None = None
    best: NDArray[Any] | None = None
    shelf: Shelf | None = None

    def with_other_data(self) -> TrainerState:
        """Return where to go on with other rows: the epoch under way begins again, no loss is the best."""
        return replace(self, position=0, loss_sum=0.0, patience=None, best=None)

    def shelved_values(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return the weights and the biases, by id, of what was trained and is disabled by now."""
        if self.shelf is None:
            return {}, {}
        connections, neurons = self.shelf.connection_ids, self.shelf.neuron_ids
        values = np.where(self.shelf.arrays["known"] != 0.0, np.nan, self.shelf.arrays["parameters"]).tolist()
        taking_part = {*self.connection_ids}, {*self.neuron_ids}
        weights, biases = (
            {key: value for key, value in zip(ids, part, strict=True) if value == value and key not in live}
            for ids, part, live in zip(
                (connections, neurons),
                (values[: len(connections)], values[len(connections) :]),
                taking_part,
                strict=True,
            )
        )
        return weights, biases

    def to_dict(self) -> dict[str, Any]:
        """Return all but the arrays as plain values, for a project file."""
        plain: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        plain |= {name: list(getattr(self, name)) for name in _IDS}
        if self.shelf is not None:
            plain["shelf"] = {name: list(getattr(self.shelf, name)) for name in _IDS}
        return {**plain, "rng": dict(self.rng), "schedule": self.schedule, "patience": self.patience}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name, for a project file.

        They are parameters, the optimizer's as optimizer.NAME, the best, and the shelf's as shelf.NAME.
        """
        named = {f"optimizer.{name}": values for name, values in self.optimizer_state.items()}
        shelf = {} if self.shelf is None else self.shelf.arrays
        return {
            "parameters": self.parameters,
            **named,
            **({} if self.best is None else {"best": self.best}),
            **{f"shelf.{name}": values for name, values in shelf.items()},
        }

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
                connection_ids=_ids(values["connection_ids"]),
                neuron_ids=_ids(values["neuron_ids"]),
                parameters=frozen(arrays["parameters"]),
                optimizer_state={
                    name.removeprefix("optimizer."): frozen(array)
                    for name, array in arrays.items()
                    if name.startswith("optimizer.")
                },
                schedule=checked(values.get("schedule"), SCHEDULE_MEMORY),
                patience=checked(values.get("patience"), PATIENCE_MEMORY),
                best=frozen(arrays["best"]) if "best" in arrays else None,
                shelf=_shelf(values["shelf"], arrays) if "shelf" in values else None,
            )
            counted = min(state.epoch, state.step, state.position) >= 0 and state.position <= state.rows > 0
            numbers = [np.array([state.loss_sum]), state.parameters, *state.optimizer_state.values()]
            if state.best is not None:
                numbers.append(state.best)
                counted = counted and state.best.shape == state.parameters.shape
            counted = counted and state.parameters.shape == (
                len(state.connection_ids) + len(state.neuron_ids),
            )
            if not counted or not np.isfinite(np.concatenate(numbers)).all():
                raise ValueError
            return state
        except (KeyError, TypeError, ValueError) as error:
            raise DataError("The saved state of the training is damaged.") from error


def _ids(values: Any) -> tuple[str, ...]:
    ids = tuple(values)
    if not all(isinstance(value, str) for value in ids) or len(set(ids)) < len(ids):
        raise ValueError
    return ids


def _shelf(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Shelf:
    connection_ids, neuron_ids = (_ids(values[name]) for name in _IDS)
    found = {
        name.removeprefix("shelf."): frozen(array)
        for name, array in arrays.items()
        if name.startswith("shelf.")
    }
    shape = (len(connection_ids) + len(neuron_ids),)
    sound = all(array.shape == shape and np.isfinite(array).all() for array in found.values())
    if not {"parameters", "known"} <= found.keys() or not sound:
        raise ValueError
    return Shelf(connection_ids, neuron_ids, found)


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
