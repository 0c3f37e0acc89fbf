"""The items of a network with what finds them quickly, and all that can be read of it."""

from __future__ import annotations

from collections import Counter
from itertools import count, islice
from typing import TYPE_CHECKING, TypeVar

from nnstudio.errors import UnknownIdError
from nnstudio.network import rules
from nnstudio.network.items import (
    COLUMN_SPACING,
    ROW_SPACING,
    Connection,
    Extract,
    Group,
    Neuron,
    Position,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LABEL_PREFIX = {"input": "x", "hidden": "h", "output": "y"}
_COLUMN = {"input": 0, "hidden": 1, "output": 2}
_Item = TypeVar("_Item", Neuron, Connection)


class Parts:
    """Neurons and connections by id, in order. What changes them here checks no rule and tells nobody."""

    def __init__(self) -> None:
        self._neurons: dict[str, Neuron] = {}
        self._connections: dict[str, Connection] = {}
        self._incoming: dict[str, dict[str, str]] = {}  # target -> source -> connection id
        self._outgoing: dict[str, dict[str, str]] = {}  # source -> target -> connection id
        self._labels: Counter[str] = Counter()
        self._roles: Counter[str] = Counter()
        self._places: Counter[Position] = Counter()
        self._ties: dict[str, dict[str, None]] = {}  # name -> ids of the connections that share it, in order
        self._groups: dict[str, Group] = {}
        self._group_of: dict[str, str] = {}  # neuron id -> group id
        self._next_neuron = 1
        self._next_connection = 1

    # Reading

    @property
    def neuron_count(self) -> int:
        """How many neurons there are."""
        return len(self._neurons)

    def role_count(self, role: Role) -> int:
        """Return how many neurons have a role."""
        return self._roles[role]

    @property
    def connection_count(self) -> int:
        """How many connections there are."""
        return len(self._connections)

    @property
    def neurons(self) -> tuple[Neuron, ...]:
        """All neurons, in order."""
        return tuple(self._neurons.values())

    @property
    def connections(self) -> tuple[Connection, ...]:
        """All connections, in order."""
        return tuple(self._connections.values())

    @property
    def inputs(self) -> tuple[Neuron, ...]:
        """Input neurons: the data's feature columns, in this order."""
        return self.with_role("input")

    @property
    def hidden(self) -> tuple[Neuron, ...]:
        """Hidden neurons, in order."""
        return self.with_role("hidden")

    @property
    def outputs(self) -> tuple[Neuron, ...]:
        """Output neurons: the data's target columns, in this order."""
        return self.with_role("output")

    def with_role(self, role: Role) -> tuple[Neuron, ...]:
        """All neurons of one role, in order."""
        return tuple(neuron for neuron in self._neurons.values() if neuron.role == role)

    def has_neuron(self, neuron_id: str) -> bool:
        """Whether there is a neuron with this id."""
        return neuron_id in self._neurons

    def has_connection(self, connection_id: str) -> bool:
        """Whether there is a connection with this id."""
        return connection_id in self._connections

    def neuron(self, neuron_id: str) -> Neuron:
        """Return the neuron with this id; raises UnknownIdError."""
        try:
            return self._neurons[neuron_id]
        except (KeyError, TypeError):
            raise _unknown("neuron", neuron_id) from None

    def connection(self, connection_id: str) -> Connection:
        """Return the connection with this id; raises UnknownIdError."""
        try:
            return self._connections[connection_id]
        except (KeyError, TypeError):
            raise _unknown("connection", connection_id) from None

    def connection_between(self, source: str, target: str) -> Connection | None:
        """Return the connection from ``source`` to ``target``, or None."""
        connection_id = self._outgoing.get(source, {}).get(target)
        return None if connection_id is None else self._connections[connection_id]

    def incoming(self, neuron_id: str) -> tuple[Connection, ...]:
        """Return the connections that end at a neuron; raises UnknownIdError."""
        self.neuron(neuron_id)
        return tuple(self._connections[c] for c in self._incoming[neuron_id].values())

    def outgoing(self, neuron_id: str) -> tuple[Connection, ...]:
        """Return the connections that start at a neuron; raises UnknownIdError."""
        self.neuron(neuron_id)
        return tuple(self._connections[c] for c in self._outgoing[neuron_id].values())

    def sources_of(self, neuron_id: str) -> tuple[str, ...]:
        """Return the ids of the neurons that feed a neuron; raises UnknownIdError."""
        try:
            return tuple(self._incoming[neuron_id])
        except (KeyError, TypeError):
            raise _unknown("neuron", neuron_id) from None

    def targets_of(self, neuron_id: str) -> tuple[str, ...]:
        """Return the ids of the neurons that a neuron feeds; raises UnknownIdError."""
        try:
            return tuple(self._outgoing[neuron_id])
        except (KeyError, TypeError):
            raise _unknown("neuron", neuron_id) from None

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups, in order."""
        return tuple(self._groups.values())

    def group(self, group_id: str) -> Group:
        """Return the group with this id; raises UnknownIdError."""
        try:
            return self._groups[group_id]
        except (KeyError, TypeError):
            raise _unknown("group", group_id) from None

    def group_of(self, neuron_id: str) -> Group | None:
        """Return the group that a neuron is in, or None."""
        group_id = self._group_of.get(neuron_id)
        return None if group_id is None else self._groups[group_id]

    @property
    def ties(self) -> tuple[str, ...]:
        """The names of the shared weights, in the order in which they were made."""
        return tuple(self._ties)

    def tied(self, tie: str) -> tuple[Connection, ...]:
        """Return the connections that share a weight; none where nothing has this name."""
        return tuple(self._connections[c] for c in self._ties.get(tie, ()))

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same neurons, connections and groups in the same order."""
        if not isinstance(other, Parts):
            return NotImplemented
        return (
            self.neurons == other.neurons
            and self.connections == other.connections
            and self.groups == other.groups
        )

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._neurons)} neurons, {len(self._connections)} connections)"

    def values(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return all weights by connection id and all biases by neuron id."""
        weights = {c.id: c.weight for c in self._connections.values()}
        biases = {n.id: n.bias for n in self._neurons.values() if n.bias is not None}
        return weights, biases

    # Ids, labels and places

    def new_neuron_id(self) -> str:
        """Return an id that no neuron has had."""
        while True:
            neuron_id = f"n{self._next_neuron}"
            self._next_neuron += 1
            if neuron_id not in self._neurons:
                return neuron_id

    def new_connection_id(self) -> str:
        """Return an id that no connection has had."""
        while True:
            connection_id = f"c{self._next_connection}"
            self._next_connection += 1
            if connection_id not in self._connections:
                return connection_id

    def new_group_ids(self, n: int = 1) -> list[str]:
        """Return ids that no group has."""
        return list(islice((name for i in count(1) if (name := f"g{i}") not in self._groups), n))

    def new_ties(self, n: int = 1) -> list[str]:
        """Return names that no shared weight has."""
        return list(islice((name for i in count(1) if (name := f"w{i}") not in self._ties), n))

    def free_label(self, role: Role) -> str:
        """Return the next label for a role that no neuron has.

        These are x1, x2 … for inputs, h1, h2 … for hidden and y1, y2 … for output neurons.
        """
        return self.free_labels((role,))[0]

    def free_labels(self, roles: Iterable[Role]) -> list[str]:
        """Return the labels that neurons of these roles would get if they were added one after another."""
        labels: list[str] = []
        numbers = Counter(self._roles)
        for role in roles:
            numbers[role] += 1
            while self._labels[f"{_LABEL_PREFIX[role]}{numbers[role]}"]:
                numbers[role] += 1
            labels.append(f"{_LABEL_PREFIX[role]}{numbers[role]}")
        return labels

    def _free_position(self, role: Role) -> Position:
        x = _COLUMN[role] * COLUMN_SPACING
        row = self._roles[role]
        while self._places[x, row * ROW_SPACING]:
            row += 1
        return (x, row * ROW_SPACING)

    # Bookkeeping: what keeps the parts in step with each other, without checks and without events

    def _register(self, neuron: Neuron) -> None:
        self._neurons[neuron.id] = neuron
        self._incoming[neuron.id] = {}
        self._outgoing[neuron.id] = {}
        self._count(neuron, 1)

    def _link(self, connection: Connection) -> None:
        self._connections[connection.id] = connection
        self._incoming[connection.target][connection.source] = connection.id
        self._outgoing[connection.source][connection.target] = connection.id
        if connection.tie:
            self._ties.setdefault(connection.tie, {})[connection.id] = None

    def _replace(self, old: Connection, new: Connection) -> None:
        """Put a connection in the place of one with the same id and ends."""
        self._connections[new.id] = new
        if new.tie != old.tie:
            self._untie(old)
            if new.tie:
                self._ties.setdefault(new.tie, {})[new.id] = None

    def _untie(self, connection: Connection) -> None:
        members = self._ties.get(connection.tie)
        if members is not None:
            members.pop(connection.id, None)
            if not members:
                del self._ties[connection.tie]

    def _regroup(self, groups: Iterable[Group]) -> None:
        self._groups = {group.id: group for group in groups}
        self._group_of = {member: group.id for group in self._groups.values() for member in group.members}

    def _take(self, neurons: Iterable[Neuron], connections: Iterable[Connection]) -> None:
        for connection in connections:
            del self._connections[connection.id]
            del self._incoming[connection.target][connection.source]
            del self._outgoing[connection.source][connection.target]
            if connection.tie:
                self._untie(connection)
            self._next_connection = _after(connection.id, "c", self._next_connection)
        for neuron in neurons:
            if self._neurons.pop(neuron.id, None) is not None:
                del self._incoming[neuron.id]
                del self._outgoing[neuron.id]
                self._count(neuron, -1)
                self._next_neuron = _after(neuron.id, "n", self._next_neuron)

    def _give_back(self, taken: Extract) -> None:
        for _, neuron in taken.neurons:
            self._register(neuron)
        for _, connection in taken.connections:
            self._link(connection)
        self._neurons, _ = in_order(self._neurons, taken.neurons)
        self._connections, _ = in_order(self._connections, taken.connections)
        if taken.groups is not None:
            self._regroup(taken.groups)

    def _put(self, old: Neuron, new: Neuron) -> None:
        self._neurons[new.id] = new
        self._count(old, -1)
        self._count(new, 1)

    def _count(self, neuron: Neuron, by: int) -> None:
        self._labels[neuron.label] += by
        self._roles[neuron.role] += by
        self._places[neuron.position] += by


def in_order(
    items: dict[str, _Item], new: Sequence[tuple[int, _Item]]
) -> tuple[dict[str, _Item], Sequence[int]]:
    """Move the new items, which stand at the end, to their places; return all, and where the new ones are."""
    kept = len(items) - len(new)
    if not new or new[0][0] >= kept:
        return items, range(kept, len(items))
    waiting = iter(items.values())
    ordered: list[_Item] = []
    places: list[int] = []
    for index, item in new:
        while len(ordered) < min(index, kept + len(places)):
            ordered.append(next(waiting))
        places.append(len(ordered))
        ordered.append(item)
    ordered += list(waiting)[: len(items) - len(ordered)]
    return {item.id: item for item in ordered}, places


def places_of(items: dict[str, _Item], ids: set[str]) -> tuple[tuple[int, _Item], ...]:
    """Return the items with these ids, each with its place, ascending."""
    if not ids:
        return ()
    return tuple((i, items[key]) for i, key in enumerate(items) if key in ids)


def _after(item_id: str, prefix: str, number: int) -> int:
    """Return the first number, at least ``number``, from which no id made up here can be this one."""
    digits = item_id[1:]
    if item_id[0] == prefix and len(digits) <= 12 and digits.isdecimal():
        return max(number, int(digits) + 1)
    return number


def _unknown(what: str, item_id: object) -> UnknownIdError:
    return UnknownIdError(f"There is no {what} with the id {rules.shown(item_id)}.")
