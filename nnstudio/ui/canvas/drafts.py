"""Edits that the canvas makes: each returns what to do, and does nothing itself."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nnstudio.network import Connection, rules
from nnstudio.network.edits import AddItems
from nnstudio.network.initializers import INITIALIZERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnstudio.errors import NetworkError
    from nnstudio.network import Network
    from nnstudio.network.items import Position, Role

# Of the largest start weight; one that is all but 0 could hardly be seen.
_WEAKEST_SHARE = 0.05


@dataclass(frozen=True)
class Legality:
    """Which pairs of neurons may be connected, and why the others may not."""

    pairs: tuple[tuple[str, str], ...]
    problems: tuple[NetworkError, ...]


def check_pairs(network: Network, pairs: Iterable[tuple[str, str]]) -> Legality:
    """Sort pairs (source, target) into those that may be connected and the reasons against the others."""
    legal, problems = [], []
    for source, target in pairs:
        problem = rules.connection_problem(network, source, target)
        if problem is None:
            legal.append((source, target))
        else:
            problems.append(problem)
    return Legality(tuple(legal), tuple(problems))


def start_weight(connection_id: str, fan_in: int, fan_out: int, seed: int) -> float:
    """Return the start weight of a new connection: Xavier's, the same for the same seed and id, never 0."""
    rng = random.Random(f"{seed}/{connection_id}")
    sample = INITIALIZERS["xavier_uniform"]
    weakest = _WEAKEST_SHARE * math.sqrt(6.0 / (fan_in + fan_out))
    while True:
        weight = sample(fan_in, fan_out, rng)
        if abs(weight) >= weakest:
            return weight


def connect(network: Network, pairs: Sequence[tuple[str, str]], seed: int) -> AddItems:
    """Return the edit that connects pairs, each with a start weight of its own."""
    fan_in = {target: len(network.sources_of(target)) for _, target in pairs}
    fan_out = {source: len(network.targets_of(source)) for source, _ in pairs}
    for source, target in pairs:
        fan_in[target] += 1
        fan_out[source] += 1
    connections: list[Connection] = []
    for source, target in pairs:
        connection = network.make_connection(source, target)
        weight = start_weight(connection.id, fan_in[target], fan_out[source], seed)
        connections.append(replace(connection, weight=weight))
    label = "Connect neurons" if len(connections) > 1 else "Connect"
    return AddItems(label, connections=connections)


def add_neuron(
    network: Network, role: Role, position: Position, *, activation: str | None = None
) -> tuple[AddItems, str]:
    """Return the edit that adds a neuron near ``position``, not on top of another, and its id."""
    neuron = network.make_neuron(role, activation=activation, position=free_place(network, position))
    return AddItems(f"Add {_NAMES[role]}", neurons=(neuron,)), neuron.id


def add_connected_neuron(
    network: Network, sources: Sequence[str], position: Position, seed: int
) -> tuple[AddItems, str]:
    """Return the edit that adds a hidden neuron fed by ``sources``, and its id."""
    neuron = network.make_neuron("hidden", position=position)
    connections = []
    for source in sources:
        connection_id = network.new_connection_id()
        fan_out = len(network.targets_of(source)) + 1
        weight = start_weight(connection_id, len(sources), fan_out, seed)
        connections.append(Connection(connection_id, source, neuron.id, weight))
    return AddItems("Add a connected neuron", (neuron,), connections), neuron.id


def free_place(network: Network, position: Position, step: float = 28.0) -> Position:
    """Return ``position``, or the next one down to the right where no neuron stands already."""
    taken = {(round(n.position[0]), round(n.position[1])) for n in network.neurons}
    x, y = position
    while (round(x), round(y)) in taken:
        x, y = x + step, y + step
    return x, y


_NAMES = {"input": "an input", "hidden": "a neuron", "output": "an output"}
