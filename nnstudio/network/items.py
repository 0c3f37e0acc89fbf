"""What a network is made of: neurons and connections, which never change once made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["input", "hidden", "output"]
Position = tuple[float, float]

ROLES: tuple[Role, ...] = ("input", "hidden", "output")
DEFAULT_ACTIVATION = {"hidden": "tanh", "output": "sigmoid"}
COLUMN_SPACING = 200.0
ROW_SPACING = 90.0


@dataclass(frozen=True, slots=True)
class Neuron:
    """One neuron. An input has neither activation nor bias: both are None."""

    id: str
    role: Role
    activation: str | None
    bias: float | None
    label: str
    position: Position
    trainable: bool = True


@dataclass(frozen=True, slots=True)
class Connection:
    """One weighted connection from the neuron ``source`` to the neuron ``target``."""

    id: str
    source: str
    target: str
    weight: float
    trainable: bool = True


@dataclass(frozen=True, slots=True)
class Extract:
    """What was taken out of a network, each item with its place in the order, ascending."""

    neurons: tuple[tuple[int, Neuron], ...] = ()
    connections: tuple[tuple[int, Connection], ...] = ()
