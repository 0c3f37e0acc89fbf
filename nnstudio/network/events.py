"""What changed in a network, told after it is consistent again, with the old and the new."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnstudio.network.items import Connection, Group, Neuron


@dataclass(frozen=True, slots=True)
class NeuronAdded:
    """A neuron was added; ``index`` is its place in the order, with those told before it in theirs."""

    neuron: Neuron
    index: int


@dataclass(frozen=True, slots=True)
class NeuronRemoved:
    """A neuron was removed; the removal of its connections was told before."""

    neuron: Neuron


@dataclass(frozen=True, slots=True)
class NeuronChanged:
    """A neuron has other values under the same id."""

    old: Neuron
    new: Neuron

    @property
    def fields(self) -> frozenset[str]:
        """Names of the fields that differ."""
        return _different_fields(self.old, self.new)


@dataclass(frozen=True, slots=True)
class ConnectionAdded:
    """A connection was added; ``index`` is its place in the order, with those told before it in theirs."""

    connection: Connection
    index: int


@dataclass(frozen=True, slots=True)
class ConnectionRemoved:
    """A connection was removed."""

    connection: Connection


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """A connection has other values under the same id."""

    old: Connection
    new: Connection

    @property
    def fields(self) -> frozenset[str]:
        """Names of the fields that differ."""
        return _different_fields(self.old, self.new)


@dataclass(frozen=True, slots=True)
class ParametersChanged:
    """Many weights and biases changed at once, as after a training; only what differs is named.

    The new values stand in the order of the ids. Where this is one event of several, what it names may be
    gone or different by the time it is told, as later events say.
    """

    connection_ids: tuple[str, ...]
    neuron_ids: tuple[str, ...]
    weights: tuple[float, ...]
    biases: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class GroupsChanged:
    """There are other groups, or others are in them, than before; all of them, in order."""

    old: tuple[Group, ...]
    new: tuple[Group, ...]


Event = (
    NeuronAdded
    | NeuronRemoved
    | NeuronChanged
    | ConnectionAdded
    | ConnectionRemoved
    | ConnectionChanged
    | ParametersChanged
    | GroupsChanged
)

# Where a neuron stands, what it is called and its group say nothing about what it computes.
_APPEARANCE = frozenset({"position", "label"})
_VALUES = frozenset({"weight", "bias"})


def changes_program(events: Iterable[Event]) -> bool:
    """Whether a compiled program no longer fits the drawing: anything but appearance and values changed."""
    for event in events:
        if isinstance(event, NeuronChanged | ConnectionChanged):
            if event.fields - _APPEARANCE - _VALUES:
                return True
        elif not isinstance(event, ParametersChanged | GroupsChanged):
            return True
    return False


def changes_parts(events: Iterable[Event]) -> bool:
    """Whether something was disabled or enabled, and nothing else of the drawing's structure changed."""
    found = False
    for event in events:
        if isinstance(event, NeuronChanged | ConnectionChanged):
            found |= "enabled" in event.fields
        elif not isinstance(event, ParametersChanged | GroupsChanged):
            return False
    return found


def changes_values(events: Iterable[Event]) -> bool:
    """Whether any weight or bias changed."""
    return any(
        isinstance(event, ParametersChanged)
        or (isinstance(event, NeuronChanged | ConnectionChanged) and bool(event.fields & _VALUES))
        for event in events
    )


def _different_fields(old: Neuron | Connection, new: Neuron | Connection) -> frozenset[str]:
    return frozenset(f.name for f in fields(old) if getattr(old, f.name) != getattr(new, f.name))
