"""The drawing as data: neurons and connections by id, in the order in which they were made."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from nnstudio.errors import InvalidValueError, RoleError, UnknownIdError
from nnstudio.network import events, initializers, rules
from nnstudio.network.items import (
    COLUMN_SPACING,
    DEFAULT_ACTIVATION,
    ROW_SPACING,
    Connection,
    Extract,
    Neuron,
    Position,
    Role,
)
from nnstudio.network.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

__all__ = [
    "COLUMN_SPACING",
    "DEFAULT_ACTIVATION",
    "ROW_SPACING",
    "Connection",
    "Extract",
    "Network",
    "Neuron",
    "Position",
    "Role",
]

_LABEL_PREFIX = {"input": "x", "hidden": "h", "output": "y"}
_COLUMN = {"input": 0, "hidden": 1, "output": 2}
_Item = TypeVar("_Item", Neuron, Connection)


class _Program(Protocol):
    @property
    def connection_ids(self) -> Sequence[str]: ...
    @property
    def neuron_ids(self) -> Sequence[str]: ...


class _Array(Protocol):
    def tolist(self) -> Any: ...


class _Parameters(Protocol):
    @property
    def weights(self) -> _Array: ...
    @property
    def biases(self) -> _Array: ...


class Network:
    """Neurons and connections, always legal: what would break a rule raises and changes nothing.

    The order of inputs and outputs is the order of the data's columns. ``revision`` grows with every change.
    """

    def __init__(self) -> None:
        self._neurons: dict[str, Neuron] = {}
        self._connections: dict[str, Connection] = {}
        self._incoming: dict[str, dict[str, str]] = {}  # target -> source -> connection id
        self._outgoing: dict[str, dict[str, str]] = {}  # source -> target -> connection id
        self._labels: Counter[str] = Counter()
        self._roles: Counter[str] = Counter()
        self._places: Counter[Position] = Counter()
        self._next_neuron = 1
        self._next_connection = 1
        self._journal = Journal()

    # Reading

    @property
    def revision(self) -> int:
        """How many changes there were; what was computed from an older one may no longer fit."""
        return self._journal.revision

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

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same neurons and connections in the same order."""
        if not isinstance(other, Network):
            return NotImplemented
        return self.neurons == other.neurons and self.connections == other.connections

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Network({len(self._neurons)} neurons, {len(self._connections)} connections)"

    def copy(self) -> Network:
        """Return an equal network with no listeners."""
        return Network.from_parts(self._neurons.values(), self._connections.values())

    def subnetwork(self, neuron_ids: Iterable[str]) -> Network:
        """Return a network of these neurons and the connections among them, in this network's order."""
        kept = set(neuron_ids)
        for neuron_id in kept:
            self.neuron(neuron_id)
        return Network.from_parts(
            (neuron for neuron in self._neurons.values() if neuron.id in kept),
            (c for c in self._connections.values() if c.source in kept and c.target in kept),
        )

    @classmethod
    def from_parts(cls, neurons: Iterable[Neuron], connections: Iterable[Connection]) -> Network:
        """Build a network from ready parts; raises what the rules raise, cycles included."""
        network = cls()
        network.insert(Extract(tuple(enumerate(neurons)), tuple(enumerate(connections))))
        network._journal.revision = 0
        return network

    # Writing, one item at a time

    def add_neuron(
        self,
        role: Role,
        *,
        activation: str | None = None,
        bias: float | None = None,
        label: str | None = None,
        position: Position | None = None,
        trainable: bool = True,
        id: str | None = None,  # noqa: A002 - the name that the drawing, the file and the formulas use
    ) -> Neuron:
        """Add a neuron and return it.

        What is not given is chosen: tanh for hidden and sigmoid for output neurons, bias 0, the next free
        label and a free place. Raises RoleError and InvalidValueError.
        """
        neuron = self.make_neuron(
            role, activation=activation, bias=bias, label=label, position=position, trainable=trainable, id=id
        )
        self.insert(Extract(neurons=((self.neuron_count, neuron),)))
        return neuron

    def make_neuron(
        self,
        role: Role,
        *,
        activation: str | None = None,
        bias: float | None = None,
        label: str | None = None,
        position: Position | None = None,
        trainable: bool = True,
        id: str | None = None,  # noqa: A002 - as in add_neuron
    ) -> Neuron:
        """Return the neuron that `add_neuron` would add, without adding it; its id is taken."""
        rules.check_role(role)
        if role != "input":
            activation = DEFAULT_ACTIVATION[role] if activation is None else activation
            bias = 0.0 if bias is None else bias
        return rules.checked_neuron(
            Neuron(
                id=self.new_neuron_id() if id is None else id,
                role=role,
                activation=activation,
                bias=bias,
                label=self.free_label(role) if label is None else label,
                position=self._free_position(role) if position is None else position,
                trainable=trainable,
            )
        )

    def connect(
        self,
        source: str,
        target: str,
        *,
        weight: float | None = None,
        trainable: bool = True,
        id: str | None = None,  # noqa: A002 - as in add_neuron
    ) -> Connection:
        """Connect two neurons and return the connection; the weight is 0 unless given.

        Raises CycleError, DuplicateConnectionError, RoleError, UnknownIdError, InvalidValueError.
        """
        connection = self.make_connection(source, target, weight=weight, trainable=trainable, id=id)
        # All that `insert` would check has been checked, but for the id.
        self._check_free("connection", (connection.id,), self._connections)
        place = len(self._connections)
        self._link(connection)
        self._journal.record(
            (events.ConnectionAdded(connection, place),), lambda: self._take((), (connection,))
        )
        return connection

    def make_connection(
        self,
        source: str,
        target: str,
        *,
        weight: float | None = None,
        trainable: bool = True,
        id: str | None = None,  # noqa: A002 - as in add_neuron
    ) -> Connection:
        """Return the connection that `connect` would make, without making it; its id is taken."""
        problem = rules.connection_problem(self, source, target)
        if problem is not None:
            raise problem
        return rules.checked_connection(
            Connection(
                id=self.new_connection_id() if id is None else id,
                source=source,
                target=target,
                weight=0.0 if weight is None else weight,
                trainable=trainable,
            )
        )

    def update_neuron(self, neuron_id: str, **changes: Any) -> Neuron:
        """Change fields of a neuron (role, activation, bias, label, position, trainable) and return it.

        With its role, what does not go with the new one changes too, unless given: a neuron that becomes an
        input loses bias and activation, one that stops being an input gets the defaults, and a softmax
        output that becomes hidden gets the default activation, since softmax is for outputs alone. Raises
        UnknownIdError, RoleError (also where an input-to-be has incoming connections), InvalidValueError.
        """
        old = self.neuron(neuron_id)
        _check_fields("neuron", changes, ("role", "activation", "bias", "label", "position", "trainable"))
        role = changes.get("role", old.role)
        rules.check_role(role)
        if role != old.role:
            changes = self._role_defaults(old, role) | changes
        new = rules.checked_neuron(replace(old, **changes))
        if new == old:
            return old
        self._put(old, new)
        self._journal.record((events.NeuronChanged(old, new),), lambda: self._put(new, old))
        return new

    def _role_defaults(self, old: Neuron, role: Role) -> dict[str, Any]:
        if role == "input":
            if self._incoming[old.id]:
                raise RoleError(
                    f"{rules.name_of(self, old.id)} has incoming connections, so it cannot become an input. "
                    "Delete those connections first.",
                    neuron_ids=(old.id,),
                    connection_ids=self._incoming[old.id].values(),
                )
            return {"activation": None, "bias": None}
        if old.role == "input":
            return {"activation": DEFAULT_ACTIVATION[role], "bias": 0.0}
        if role == "hidden" and old.activation == "softmax":
            return {"activation": DEFAULT_ACTIVATION[role]}
        return {}

    def update_connection(self, connection_id: str, **changes: Any) -> Connection:
        """Change weight or trainable of a connection and return it.

        Raises UnknownIdError, InvalidValueError.
        """
        old = self.connection(connection_id)
        _check_fields("connection", changes, ("weight", "trainable"))
        if "weight" in changes:
            where = f"from {rules.name_of(self, old.source)} to {rules.name_of(self, old.target)}"
            changes["weight"] = rules.as_number(
                "weight", changes["weight"], where, connection_ids=(connection_id,)
            )
        new = rules.checked_connection(replace(old, **changes))
        if new == old:
            return old
        self._connections[connection_id] = new
        self._journal.record(
            (events.ConnectionChanged(old, new),), lambda: self._connections.update({old.id: old})
        )
        return new

    def remove_neuron(self, neuron_id: str) -> Neuron:
        """Remove a neuron and its connections; raises UnknownIdError."""
        neuron = self.neuron(neuron_id)
        self.extract((neuron_id,), ())
        return neuron

    def remove_connection(self, connection_id: str) -> Connection:
        """Remove a connection; raises UnknownIdError."""
        connection = self.connection(connection_id)
        self.extract((), (connection_id,))
        return connection

    # Writing, many items at once

    def insert(self, items: Extract) -> None:
        """Put items in at their places in the order, the last ones at the end; all or none.

        Raises InvalidValueError for a taken id, and what the rules raise for a single item.
        """
        neurons = [(i, rules.checked_neuron(n)) for i, n in sorted(items.neurons, key=itemgetter(0))]
        connections = [
            (i, rules.checked_connection(c)) for i, c in sorted(items.connections, key=itemgetter(0))
        ]
        if not neurons and not connections:
            return
        self._check_free("neuron", (n.id for _, n in neurons), self._neurons)
        self._check_free("connection", (c.id for _, c in connections), self._connections)
        linked: list[Connection] = []
        try:
            for _, neuron in neurons:
                self._register(neuron)
            for _, connection in connections:
                problem = rules.endpoint_problem(self, connection.source, connection.target)
                if problem is not None:
                    raise problem
                self._link(connection)
                linked.append(connection)
            rules.check_acyclic(self, (c.source for c in linked))
        except Exception:
            self._take([n for _, n in neurons], linked)
            raise
        self._neurons, neuron_places = _in_order(self._neurons, neurons)
        self._connections, connection_places = _in_order(self._connections, connections)
        told: Iterable[events.Event] = chain(
            map(events.NeuronAdded, (n for _, n in neurons), neuron_places),
            map(events.ConnectionAdded, linked, connection_places),
        )
        self._journal.record(told, lambda: self._take([n for _, n in neurons], linked))

    def extract(self, neuron_ids: Iterable[str], connection_ids: Iterable[str]) -> Extract:
        """Take neurons, their connections, and further connections out; return them with their places.

        Raises UnknownIdError, and then takes nothing.
        """
        gone_neurons = set(neuron_ids)
        gone_connections = set(connection_ids)
        for neuron_id in gone_neurons:
            self.neuron(neuron_id)
            gone_connections.update(self._incoming[neuron_id].values())
            gone_connections.update(self._outgoing[neuron_id].values())
        for connection_id in gone_connections:
            self.connection(connection_id)
        taken = Extract(_places(self._neurons, gone_neurons), _places(self._connections, gone_connections))
        neurons = [neuron for _, neuron in taken.neurons]
        connections = [connection for _, connection in taken.connections]
        if not neurons and not connections:
            return taken
        self._take(neurons, connections)
        told: Iterable[events.Event] = chain(
            map(events.ConnectionRemoved, connections), map(events.NeuronRemoved, neurons)
        )
        self._journal.record(told, lambda: self._give_back(taken))
        return taken

    def set_values(self, weights: Mapping[str, float], biases: Mapping[str, float]) -> None:
        """Set weights by connection id and biases by neuron id, told as one event; all or none.

        Raises UnknownIdError, InvalidValueError, and RoleError for a bias of an input.
        """
        connections: list[tuple[Connection, Connection]] = []  # old and new, where they differ
        for connection_id, weight in weights.items():
            old = self.connection(connection_id)
            where = f"from “{old.source}” to “{old.target}”"
            number = rules.as_number("weight", weight, where, connection_ids=(connection_id,))
            if number != old.weight:
                connections.append((old, Connection(old.id, old.source, old.target, number, old.trainable)))
        neurons: list[tuple[Neuron, Neuron]] = []
        for neuron_id, bias in biases.items():
            neuron = self.neuron(neuron_id)
            name = f"“{rules.name_of(self, neuron_id)}”"
            if neuron.role == "input":
                raise RoleError(f"{name} is an input and has no bias.", neuron_ids=(neuron_id,))
            number = rules.as_number("bias", bias, f"of {name}", neuron_ids=(neuron_id,))
            if number != neuron.bias:
                neurons.append((neuron, replace(neuron, bias=number)))
        if not connections and not neurons:
            return
        self._connections.update((new.id, new) for _, new in connections)
        self._neurons.update((after.id, after) for _, after in neurons)

        def undo() -> None:
            self._connections.update((old.id, old) for old, _ in connections)
            self._neurons.update((before.id, before) for before, _ in neurons)

        changed = events.ParametersChanged(
            connection_ids=tuple(new.id for _, new in connections),
            neuron_ids=tuple(after.id for _, after in neurons),
            weights=tuple(new.weight for _, new in connections),
            biases=tuple(after.bias for _, after in neurons if after.bias is not None),
        )
        self._journal.record((changed,), undo)

    def values(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return all weights by connection id and all biases by neuron id."""
        weights = {c.id: c.weight for c in self._connections.values()}
        biases = {n.id: n.bias for n in self._neurons.values() if n.bias is not None}
        return weights, biases

    def set_parameters(self, program: _Program, parameters: _Parameters) -> None:
        """Write parameters of a compiled program back into the drawing, slot by slot."""
        weights = dict(zip(program.connection_ids, parameters.weights.tolist(), strict=True))
        biases = dict(zip(program.neuron_ids, parameters.biases.tolist(), strict=True))
        self.set_values(weights, {n: b for n, b in biases.items() if self.neuron(n).role != "input"})

    def initialize(self, scheme: str, seed: int) -> None:
        """Draw new weights and biases by a scheme of `initializers`; what is frozen stays.

        The same scheme, seed and drawing give the same values. Raises SettingsError for an unknown scheme.
        """
        weights, biases = initializers.draw(self, scheme, seed)
        self.set_values(weights, biases)

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

    # Events

    def subscribe(self, listener: Callable[[tuple[events.Event, ...]], None]) -> Callable[[], None]:
        """Call ``listener`` with the events of each change, once it is complete; returns what ends that."""
        return self._journal.subscribe(listener)

    def batch(self) -> AbstractContextManager[None]:
        """Tell all changes made inside as one tuple of events, at the end; all or none.

        Where an error leaves the batch, what was changed inside is taken back and nothing is told.
        """
        return self._journal.batch()

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

    def _take(self, neurons: Iterable[Neuron], connections: Iterable[Connection]) -> None:
        for connection in connections:
            del self._connections[connection.id]
            del self._incoming[connection.target][connection.source]
            del self._outgoing[connection.source][connection.target]
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
        self._neurons, _ = _in_order(self._neurons, taken.neurons)
        self._connections, _ = _in_order(self._connections, taken.connections)

    def _put(self, old: Neuron, new: Neuron) -> None:
        self._neurons[new.id] = new
        self._count(old, -1)
        self._count(new, 1)

    def _count(self, neuron: Neuron, by: int) -> None:
        self._labels[neuron.label] += by
        self._roles[neuron.role] += by
        self._places[neuron.position] += by

    @staticmethod
    def _check_free(what: str, ids: Iterable[str], taken: Mapping[str, Neuron | Connection]) -> None:
        seen: set[str] = set()
        for item_id in ids:
            if item_id in taken or item_id in seen:
                raise InvalidValueError(f"There is a {what} with the id “{item_id}” already.")
            seen.add(item_id)


def _in_order(
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


def _places(items: dict[str, _Item], ids: set[str]) -> tuple[tuple[int, _Item], ...]:
    if not ids:
        return ()
    return tuple((i, item) for i, item in enumerate(items.values()) if item.id in ids)


def _after(item_id: str, prefix: str, number: int) -> int:
    """Return the first number, at least ``number``, from which no id made up here can be this one."""
    digits = item_id[1:]
    if item_id[0] == prefix and len(digits) <= 12 and digits.isdecimal():
        return max(number, int(digits) + 1)
    return number


def _unknown(what: str, item_id: object) -> UnknownIdError:
    return UnknownIdError(f"There is no {what} with the id {rules.shown(item_id)}.")


def _check_fields(what: str, changes: dict[str, Any], known: tuple[str, ...]) -> None:
    for field in changes:
        if field not in known:
            raise InvalidValueError(f"A {what} has no “{field}” to change; it has {', '.join(known)}.")
