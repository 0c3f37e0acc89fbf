"""The drawing as data: neurons and connections by id, in the order in which they were made."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nnstudio.errors import InvalidValueError, RoleError, UnknownIdError
from nnstudio.network import events, initializers, rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Role = Literal["input", "hidden", "output"]
Position = tuple[float, float]

DEFAULT_ACTIVATION = {"hidden": "tanh", "output": "sigmoid"}
COLUMN_SPACING = 200.0
ROW_SPACING = 90.0
_LABEL_PREFIX = {"input": "x", "hidden": "h", "output": "y"}
_COLUMN = {"input": 0, "hidden": 1, "output": 2}


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
        self._next_neuron = 1
        self._next_connection = 1
        self._listeners: list[Callable[[tuple[events.Event, ...]], None]] = []
        self._pending: list[events.Event] = []
        self._batch_depth = 0
        self.revision = 0

    # Reading

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
        except KeyError:
            raise UnknownIdError(f"There is no neuron with the id “{neuron_id}”.") from None

    def connection(self, connection_id: str) -> Connection:
        """Return the connection with this id; raises UnknownIdError."""
        try:
            return self._connections[connection_id]
        except KeyError:
            raise UnknownIdError(f"There is no connection with the id “{connection_id}”.") from None

    def connection_between(self, source: str, target: str) -> Connection | None:
        """Return the connection from ``source`` to ``target``, or None."""
        connection_id = self._outgoing.get(source, {}).get(target)
        return None if connection_id is None else self._connections[connection_id]

    def incoming(self, neuron_id: str) -> tuple[Connection, ...]:
        """Connections that end at a neuron."""
        self.neuron(neuron_id)
        return tuple(self._connections[c] for c in self._incoming[neuron_id].values())

    def outgoing(self, neuron_id: str) -> tuple[Connection, ...]:
        """Connections that start at a neuron."""
        self.neuron(neuron_id)
        return tuple(self._connections[c] for c in self._outgoing[neuron_id].values())

    def sources_of(self, neuron_id: str) -> tuple[str, ...]:
        """Ids of the neurons that feed a neuron."""
        return tuple(self._incoming[neuron_id])

    def targets_of(self, neuron_id: str) -> tuple[str, ...]:
        """Ids of the neurons that a neuron feeds."""
        return tuple(self._outgoing[neuron_id])

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
        network.insert(
            Extract(tuple(enumerate(neurons)), tuple(enumerate(connections))),
        )
        network.revision = 0
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
        self.insert(Extract(neurons=((len(self._neurons), neuron),)))
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
        if role not in rules.ROLES:
            rules.check_neuron(Neuron("?", role, None, None, "", (0.0, 0.0)))
        if role != "input":
            activation = DEFAULT_ACTIVATION[role] if activation is None else activation
            bias = 0.0 if bias is None else bias
        neuron = Neuron(
            id=self.new_neuron_id() if id is None else id,
            role=role,
            activation=activation,
            bias=_as_float(bias),
            label=self.free_label(role) if label is None else label,
            position=self._free_position(role)
            if position is None
            else (float(position[0]), float(position[1])),
            trainable=bool(trainable),
        )
        rules.check_neuron(neuron)
        return neuron

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
        self.insert(Extract(connections=((len(self._connections), connection),)))
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
        rules.check_number("weight", 0.0 if weight is None else weight, f"from {source} to {target}")
        return Connection(
            id=self.new_connection_id() if id is None else id,
            source=source,
            target=target,
            weight=0.0 if weight is None else float(weight),
            trainable=bool(trainable),
        )

    def update_neuron(self, neuron_id: str, **changes: Any) -> Neuron:
        """Change fields of a neuron (role, activation, bias, label, position, trainable) and return it.

        A neuron that becomes an input loses bias and activation; one that stops being an input gets the
        defaults. Raises UnknownIdError, RoleError, InvalidValueError.
        """
        old = self.neuron(neuron_id)
        _check_fields("neuron", changes, ("role", "activation", "bias", "label", "position", "trainable"))
        role = changes.get("role", old.role)
        if role != old.role and role == "input":
            if self._incoming[neuron_id]:
                raise RoleError(
                    f"{rules.name_of(self, neuron_id)} has incoming connections, so it cannot become an input. "
                    "Delete those connections first.",
                    neuron_ids=(neuron_id,),
                )
            changes = {"activation": None, "bias": None} | changes
        elif role != old.role and old.role == "input" and role in DEFAULT_ACTIVATION:
            changes = {"activation": DEFAULT_ACTIVATION[role], "bias": 0.0} | changes
        if "bias" in changes:
            changes["bias"] = _as_float(changes["bias"])
        if "position" in changes:
            x, y = changes["position"]
            changes["position"] = (float(x), float(y))
        new = replace(old, **changes)
        if new == old:
            return old
        rules.check_neuron(new)
        self._put_neuron(old, new)
        self._tell(events.NeuronChanged(old, new))
        return new

    def update_connection(self, connection_id: str, **changes: Any) -> Connection:
        """Change weight or trainable of a connection and return it; raises UnknownIdError, InvalidValueError."""
        old = self.connection(connection_id)
        _check_fields("connection", changes, ("weight", "trainable"))
        if "weight" in changes:
            where = f"from {rules.name_of(self, old.source)} to {rules.name_of(self, old.target)}"
            rules.check_number("weight", changes["weight"], where, connection_ids=(connection_id,))
            changes["weight"] = float(changes["weight"])
        new = replace(old, **changes)
        if new == old:
            return old
        self._connections[connection_id] = new
        self._tell(events.ConnectionChanged(old, new))
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
        """Put items in at their places in the order; all or none.

        Raises InvalidValueError for a taken id, and what the rules raise for a single item.
        """
        for _, neuron in items.neurons:
            rules.check_neuron(neuron)
        self._check_free("neuron", (n.id for _, n in items.neurons), self._neurons)
        self._check_free("connection", (c.id for _, c in items.connections), self._connections)
        for _, connection in items.connections:
            rules.check_id(connection.id)
            rules.check_number(
                "weight", connection.weight, f"from {connection.source} to {connection.target}"
            )
        try:
            for _, neuron in items.neurons:
                self._neurons[neuron.id] = neuron
                self._register(neuron)
            for _, connection in items.connections:
                problem = rules.endpoint_problem(self, connection.source, connection.target)
                if problem is not None:
                    raise problem
                self._connections[connection.id] = connection
                self._link(connection)
            rules.check_acyclic(self, [c.source for _, c in items.connections])
        except Exception:
            for _, connection in items.connections:
                if self._connections.pop(connection.id, None) is not None:
                    self._unlink(connection)
            for _, neuron in items.neurons:
                if self._neurons.pop(neuron.id, None) is not None:
                    self._unregister(neuron)
            raise
        self._neurons = _in_order(self._neurons, items.neurons)
        self._connections = _in_order(self._connections, items.connections)
        with self.batch():
            for _, neuron in items.neurons:
                self._tell(events.NeuronAdded(neuron))
            for _, connection in items.connections:
                self._tell(events.ConnectionAdded(connection))

    def extract(self, neuron_ids: Iterable[str], connection_ids: Iterable[str]) -> Extract:
        """Take neurons, their connections, and further connections out; return them with their places."""
        gone_neurons = set(neuron_ids)
        gone_connections = set(connection_ids)
        for neuron_id in gone_neurons:
            self.neuron(neuron_id)
            gone_connections.update(self._incoming[neuron_id].values())
            gone_connections.update(self._outgoing[neuron_id].values())
        for connection_id in gone_connections:
            self.connection(connection_id)
        taken = Extract(
            tuple((i, n) for i, n in enumerate(self._neurons.values()) if n.id in gone_neurons),
            tuple((i, c) for i, c in enumerate(self._connections.values()) if c.id in gone_connections),
        )
        with self.batch():
            for _, connection in taken.connections:
                del self._connections[connection.id]
                self._unlink(connection)
                self._tell(events.ConnectionRemoved(connection))
            for _, neuron in taken.neurons:
                del self._neurons[neuron.id]
                self._unregister(neuron)
                self._tell(events.NeuronRemoved(neuron))
        return taken

    def set_values(self, weights: dict[str, float], biases: dict[str, float]) -> None:
        """Set weights by connection id and biases by neuron id, told as one event; all or none.

        Raises UnknownIdError, InvalidValueError, and RoleError for a bias of an input.
        """
        for connection_id, weight in weights.items():
            connection = self.connection(connection_id)
            rules.check_number("weight", weight, f"from {connection.source} to {connection.target}")
        for neuron_id, bias in biases.items():
            if self.neuron(neuron_id).role == "input":
                raise RoleError(
                    f"{rules.name_of(self, neuron_id)} is an input and has no bias.", neuron_ids=(neuron_id,)
                )
            rules.check_number("bias", bias, f"of {rules.name_of(self, neuron_id)}")
        changed_connections = [c for c, weight in weights.items() if self._connections[c].weight != weight]
        changed_neurons = [n for n, bias in biases.items() if self._neurons[n].bias != bias]
        for connection_id in changed_connections:
            old = self._connections[connection_id]
            self._connections[connection_id] = Connection(
                old.id, old.source, old.target, float(weights[connection_id]), old.trainable
            )
        for neuron_id in changed_neurons:
            self._neurons[neuron_id] = replace(self._neurons[neuron_id], bias=float(biases[neuron_id]))
        if changed_connections or changed_neurons:
            self._tell(events.ParametersChanged(tuple(changed_connections), tuple(changed_neurons)))

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
        """Draw new weights by a scheme of `initializers` and set biases to 0; what is frozen stays.

        The same scheme, seed and drawing give the same values.
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
        """Return the next label for a role that no neuron has: x1, x2 … for inputs, h for hidden, y for outputs."""
        number = self._roles[role] + 1
        while self._labels[f"{_LABEL_PREFIX[role]}{number}"]:
            number += 1
        return f"{_LABEL_PREFIX[role]}{number}"

    def _free_position(self, role: Role) -> Position:
        return (_COLUMN[role] * COLUMN_SPACING, self._roles[role] * ROW_SPACING)

    # Events

    def subscribe(self, listener: Callable[[tuple[events.Event, ...]], None]) -> Callable[[], None]:
        """Call ``listener`` with the events of each change, once it is complete; returns what ends that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Tell all changes made inside as one tuple of events, at the end."""
        self._batch_depth += 1
        try:
            yield
        finally:
            self._batch_depth -= 1
            self._flush()

    def _tell(self, event: events.Event) -> None:
        self._pending.append(event)
        self._flush()

    def _flush(self) -> None:
        if self._batch_depth or not self._pending:
            return
        told, self._pending = tuple(self._pending), []
        self.revision += 1
        for listener in tuple(self._listeners):
            listener(told)

    # Bookkeeping

    def _register(self, neuron: Neuron) -> None:
        self._incoming[neuron.id] = {}
        self._outgoing[neuron.id] = {}
        self._labels[neuron.label] += 1
        self._roles[neuron.role] += 1

    def _unregister(self, neuron: Neuron) -> None:
        del self._incoming[neuron.id]
        del self._outgoing[neuron.id]
        self._labels[neuron.label] -= 1
        self._roles[neuron.role] -= 1

    def _put_neuron(self, old: Neuron, new: Neuron) -> None:
        self._neurons[new.id] = new
        self._labels[old.label] -= 1
        self._labels[new.label] += 1
        self._roles[old.role] -= 1
        self._roles[new.role] += 1

    def _link(self, connection: Connection) -> None:
        self._incoming[connection.target][connection.source] = connection.id
        self._outgoing[connection.source][connection.target] = connection.id

    def _unlink(self, connection: Connection) -> None:
        del self._incoming[connection.target][connection.source]
        del self._outgoing[connection.source][connection.target]

    @staticmethod
    def _check_free(what: str, ids: Iterable[str], taken: dict[str, Any]) -> None:
        seen: set[str] = set()
        for item_id in ids:
            if item_id in taken or item_id in seen:
                raise InvalidValueError(f"There is a {what} with the id “{item_id}” already.")
            seen.add(item_id)


def _in_order(items: dict[str, Any], new: Sequence[tuple[int, Any]]) -> dict[str, Any]:
    """Move the new items, which stand at the end, to their places; where they belong there, return the same dict."""
    kept = len(items) - len(new)
    if all(index >= kept + offset for offset, (index, _) in enumerate(new)):
        return items
    places = dict(new)
    old = iter(list(items.values())[:kept])
    ordered = (places[i] if i in places else next(old) for i in range(len(items)))
    return {item.id: item for item in ordered}


def _as_float(value: Any) -> Any:
    # What is no number stays as it is, for the rules to name.
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _check_fields(what: str, changes: dict[str, Any], known: tuple[str, ...]) -> None:
    for field in changes:
        if field not in known:
            raise InvalidValueError(f"A {what} has no “{field}” to change; it has {', '.join(known)}.")
