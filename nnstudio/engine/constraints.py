"""What a drawing says of how its parameters take part and may change: all that compiling needs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nnstudio.network.model import Connection, Network, Neuron


def taking_part(network: Network) -> tuple[list[Neuron], list[Connection]]:
    """Return the neurons and connections that are computed, in the order of the drawing.

    Disabled inputs are among them, without connections: data have a column for each.
    """
    disabled = {neuron.id for neuron in network.neurons if not neuron.enabled}
    connections = [connection for connection in network.connections if connection.enabled]
    if not disabled:
        return list(network.neurons), connections
    return (
        [neuron for neuron in network.neurons if neuron.enabled or neuron.role == "input"],
        [c for c in connections if c.source not in disabled and c.target not in disabled],
    )


class LeftOut(NamedTuple):
    """What is disabled: ids, and ``values``, the weights of the connections, then the neurons' biases.

    ``partners`` are those of the connections that share a weight with one that takes part.
    """

    connection_ids: tuple[str, ...]
    neuron_ids: tuple[str, ...]
    values: tuple[float, ...]
    partners: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """How many items are disabled."""
        return len(self.values)


def left_out(network: Network, neurons: Sequence[Neuron], connections: Sequence[Connection]) -> LeftOut:
    """Return what of the network is not among these neurons and connections."""
    if len(connections) == network.connection_count and len(neurons) == network.neuron_count:
        return LeftOut((), (), ())
    connection_ids, neuron_ids = {c.id for c in connections}, {n.id for n in neurons}
    gone = [c for c in network.connections if c.id not in connection_ids]
    silent = [n for n in network.neurons if n.id not in neuron_ids]
    ties = {connection.tie for connection in connections if connection.tie}
    return LeftOut(
        tuple(connection.id for connection in gone),
        tuple(neuron.id for neuron in silent),
        (*(connection.weight for connection in gone), *(neuron.bias or 0.0 for neuron in silent)),
        frozenset(connection.id for connection in gone if connection.tie in ties),
    )


def limits(neurons: Sequence[Neuron], connections: Sequence[Connection]) -> Mapping[str, Any]:
    """Return the fields of a Program that say how it may be trained, for items in slot order.

    A factor of 0 on the learning rate freezes.
    """
    factors = np.array([c.rate_factor for c in connections] + [n.rate_factor for n in neurons])
    trainable = [c.trainable for c in connections]
    trainable += [n.trainable and n.role != "input" for n in neurons]
    return {
        "gradient_mask": np.array(trainable, bool) & (factors > 0.0),
        "rate_factors": factors,
        "signs": np.array([connection.sign for connection in connections], np.int8),
        "ties": _ties(connections),
    }


def _ties(connections: Sequence[Connection]) -> tuple[NDArray[np.int64], ...]:
    members: dict[str, list[int]] = {}
    for slot, connection in enumerate(connections):
        if connection.tie:
            members.setdefault(connection.tie, []).append(slot)
    return tuple(np.array(slots, np.int64) for slots in members.values() if len(slots) > 1)
