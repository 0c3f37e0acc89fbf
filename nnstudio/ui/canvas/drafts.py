"""Edits that the canvas makes: each returns what to do, and does nothing itself."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnstudio.network import Connection, rules
from nnstudio.network.edits import AddItems
from nnstudio.network.initializers import INITIALIZERS
from nnstudio.network.items import COLUMN_SPACING, ROLES, ROW_SPACING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnstudio.errors import NetworkError
    from nnstudio.network import Network
    from nnstudio.network.items import Position, Role

# Of the largest start weight; one that is all but 0 could hardly be seen.
_WEAKEST_SHARE = 0.05
# Between the middles of neurons: nearer ones would cover each other.
_LEAST_DISTANCE = 48.0
_STEP = 56.0


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


@dataclass(frozen=True)
class Start:
    """How new weights are drawn: those of the settings, so that a drawing starts as a new start would."""

    seed: int = 0
    initializer: str = "xavier_uniform"


def start_weight(connection_id: str, fan_in: int, fan_out: int, start: Start) -> float:
    """Return the start weight of a new connection, the same for the same seed and id.

    It is 0 for the initializer “zeros” alone, since a weight of 0 could hardly be seen.
    """
    if start.initializer == "zeros":
        return 0.0
    rng = random.Random(f"{start.seed}/{connection_id}")
    sample = INITIALIZERS[start.initializer]
    weakest = _WEAKEST_SHARE * math.sqrt(6.0 / (fan_in + fan_out))
    while True:
        weight = sample(fan_in, fan_out, rng)
        if abs(weight) >= weakest:
            return weight


def connect(network: Network, pairs: Sequence[tuple[str, str]], start: Start) -> AddItems:
    """Return the edit that connects pairs that may be connected, each with a start weight of its own."""
    fan_in = {target: len(network.sources_of(target)) for _, target in pairs}
    fan_out = {source: len(network.targets_of(source)) for source, _ in pairs}
    for source, target in pairs:
        fan_in[target] += 1
        fan_out[source] += 1
    connections: list[Connection] = []
    for source, target in pairs:
        connection_id = network.new_connection_id()
        weight = start_weight(connection_id, fan_in[target], fan_out[source], start)
        connections.append(Connection(connection_id, source, target, weight))
    label = "Connect neurons" if len(connections) > 1 else "Connect"
    return AddItems(label, connections=connections)


def add_neuron(
    network: Network, role: Role, position: Position, *, activation: str | None = None
) -> tuple[AddItems, str]:
    """Return the edit that adds a neuron near ``position``, not on top of another, and its id."""
    neuron = network.make_neuron(role, activation=activation, position=free_place(network, position))
    return AddItems(f"Add {_NAMES[role]}", neurons=(neuron,)), neuron.id


def add_connected_neuron(
    network: Network, sources: Sequence[str], position: Position, start: Start
) -> tuple[AddItems, str]:
    """Return the edit that adds a hidden neuron fed by ``sources``, and its id."""
    neuron = network.make_neuron("hidden", position=position)
    connections = []
    for source in sources:
        connection_id = network.new_connection_id()
        fan_out = len(network.targets_of(source)) + 1
        weight = start_weight(connection_id, len(sources), fan_out, start)
        connections.append(Connection(connection_id, source, neuron.id, weight))
    return AddItems("Add a connected neuron", (neuron,), connections), neuron.id


def free_place(network: Network, position: Position) -> Position:
    """Return ``position``, or the next one below where no neuron would cover another."""
    x, y = position
    taken = [n.position for n in network.neurons if abs(n.position[0] - x) < _LEAST_DISTANCE]
    while any(math.dist((x, y), place) < _LEAST_DISTANCE for place in taken):
        y += _STEP
    return x, y


def free_middle(network: Network, part: Network, middle: Position) -> Position:
    """Return where to put the middle of a part: there, or so far below that it lies on no neuron."""
    x = [neuron.position[0] for neuron in part.neurons]
    y = [neuron.position[1] for neuron in part.neurons]
    across = (max(x) - min(x)) / 2 + ROW_SPACING
    down = (max(y) - min(y)) / 2 + ROW_SPACING
    place = middle[1]
    for other in sorted(n.position[1] for n in network.neurons if abs(n.position[0] - middle[0]) < across):
        if abs(other - place) < down:
            place = other + down
    return middle[0], place


def place_in_column(network: Network, role: Role, beside: str = "") -> Position:
    """Return a place for a neuron that is added without pointing.

    Beside a neuron of the same role it is under it; else it is under those of its role, or where there are
    none at the top of a column of its own.
    """
    start = network.neuron(beside) if beside else None
    if start is not None and start.role == role:
        x, y = start.position
        return free_place(network, (x, y + ROW_SPACING))
    same = [n.position for n in network.with_role(role)]
    if same:
        x, y = max(same, key=lambda place: place[1])
        return free_place(network, (x, y + ROW_SPACING))
    if start is not None:
        columns = ROLES.index(role) - ROLES.index(start.role)
        top = min(n.position[1] for n in network.with_role(start.role))
        return free_place(network, (start.position[0] + columns * COLUMN_SPACING, top))
    return free_place(network, network.make_neuron(role).position)


_NAMES = {"input": "an input", "hidden": "a neuron", "output": "an output"}
