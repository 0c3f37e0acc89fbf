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
    enabled: bool = True  # else neither it nor its connections take part; they stay in the drawing
    rate_factor: float = 1.0  # the learning rate of its bias is multiplied by this


@dataclass(frozen=True, slots=True)
class Connection:
    """One weighted connection from the neuron ``source`` to the neuron ``target``."""

    id: str
    source: str
    target: str
    weight: float
    trainable: bool = True
    enabled: bool = True  # else it takes no part; it stays in the drawing
    rate_factor: float = 1.0  # the learning rate of its weight is multiplied by this
    sign: int = 0  # 1: the weight stays at or above 0, -1: at or below, 0: it is free
    tie: str = ""  # connections with the same name here share one weight, and all in `SHARED`


# What connections that share one weight have in common.
SHARED = ("weight", "trainable", "rate_factor", "sign")


@dataclass(frozen=True, slots=True)
class Group:
    """Neurons held together under a name; a neuron is in one group at the most.

    ``color`` is “#rrggbb”, or empty where none was chosen. A collapsed group is drawn as one block.
    """

    id: str
    name: str
    members: tuple[str, ...]
    color: str = ""
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class Extract:
    """What was taken out of a network, each item with its place in the order, ascending.

    ``groups`` are all groups of the network as they were before, or None where none of them changed.
    """

    neurons: tuple[tuple[int, Neuron], ...] = ()
    connections: tuple[tuple[int, Connection], ...] = ()
    groups: tuple[Group, ...] | None = None
