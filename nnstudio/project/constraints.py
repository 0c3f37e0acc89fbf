"""What of a network learns, and what limits the rest: counted, and as words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.engine.constraints import limits, taking_part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnstudio.network import Connection, Network, Neuron


def learnable(network: Network) -> int:
    """Return how many numbers can be learned: what takes part and isn't frozen, a shared weight once."""
    neurons, connections = taking_part(network)
    found = limits(neurons, connections)
    trains = found["gradient_mask"]
    return int(trains.sum()) - sum(len(tie) - 1 for tie in found["ties"] if trains[tie[0]])


def constraint_counts(network: Network) -> dict[str, int]:
    """Return how many weights and biases are under each kind of constraint.

    ``frozen`` counts those that take part but don't learn; ``disabled_neurons`` and ``disabled_connections``
    what takes no part, be it that the connections' neurons are disabled; ``shared_weights`` the weights of
    ``tied_connections``; ``signs`` the weights with a fixed sign; ``rates`` what has a learning rate of its
    own.
    """
    neurons, connections = taking_part(network)
    inner = [neuron for neuron in neurons if neuron.role != "input"]
    found = limits(neurons, connections)
    items: list[Connection | Neuron] = [*connections, *inner]
    return {
        "frozen": sum(not item.trainable or item.rate_factor == 0.0 for item in items),
        "disabled_neurons": sum(not neuron.enabled for neuron in network.neurons),
        "disabled_connections": network.connection_count - len(connections),
        "shared_weights": len(found["ties"]),
        "tied_connections": sum(map(len, found["ties"])),
        "signs": sum(connection.sign != 0 for connection in connections),
        "rates": sum(item.trainable and item.rate_factor not in (0.0, 1.0) for item in items),
    }


def constraint_text(counts: Mapping[str, int]) -> str:
    """Return what `constraint_counts` found as words, "" where nothing is constrained."""
    disabled = [
        _count(counts[key], noun)
        for key, noun in (("disabled_neurons", "neuron"), ("disabled_connections", "connection"))
        if counts[key]
    ]
    parts = []
    if counts["frozen"]:
        parts.append(f"{_count(counts['frozen'], 'number')} frozen")
    if disabled:
        parts.append(f"{' and '.join(disabled)} disabled")
    if counts["tied_connections"]:
        weights = _count(counts["shared_weights"], "weight")
        parts.append(f"{weights} shared by {_count(counts['tied_connections'], 'connection')}")
    if counts["signs"]:
        parts.append(f"{_count(counts['signs'], 'sign')} fixed")
    if counts["rates"]:
        whose = "its" if counts["rates"] == 1 else "their"
        parts.append(f"{_count(counts['rates'], 'number')} with a learning rate of {whose} own")
    return ", ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
