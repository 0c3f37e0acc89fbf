"""The drawing as data: neurons and connections by id, in the order in which they were made."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from nnstudio.errors import InvalidValueError, RoleError
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
from nnstudio.network.parts import Parts, in_order, places_of

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


class Network(Parts):
    """Neurons and connections, always legal: what would break a rule raises and changes nothing.

    The order of inputs and outputs is the order of the data's columns. ``revision`` grows with every change.
    """

    def __init__(self) -> None:
        super().__init__()
        self._journal = Journal()

    @property
    def revision(self) -> int:
        """How many changes there were; what was computed from an older one may no longer fit."""
        return self._journal.revision

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

        Raises CycleError, DuplicateConnectionError, RoleError, InvalidValueError.
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
        self._neurons, neuron_places = in_order(self._neurons, neurons)
        self._connections, connection_places = in_order(self._connections, connections)
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
        taken = Extract(
            places_of(self._neurons, gone_neurons), places_of(self._connections, gone_connections)
        )
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
            number = weight
            # The usual case first: a network may have many connections, and each wait is felt.
            if type(weight) is not float or not math.isfinite(weight):
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

    # Events

    def subscribe(self, listener: Callable[[tuple[events.Event, ...]], None]) -> Callable[[], None]:
        """Call ``listener`` with the events of each change, once it is complete; returns what ends that."""
        return self._journal.subscribe(listener)

    def batch(self) -> AbstractContextManager[None]:
        """Tell all changes made inside as one tuple of events, at the end; all or none.

        Where an error leaves the batch, what was changed inside is taken back and nothing is told.
        """
        return self._journal.batch()

    @staticmethod
    def _check_free(what: str, ids: Iterable[str], taken: Mapping[str, Neuron | Connection]) -> None:
        seen: set[str] = set()
        for item_id in ids:
            if item_id in taken or item_id in seen:
                raise InvalidValueError(f"There is a {what} with the id “{item_id}” already.")
            seen.add(item_id)


def _check_fields(what: str, changes: dict[str, Any], known: tuple[str, ...]) -> None:
    for field in changes:
        if field not in known:
            raise InvalidValueError(f"A {what} has no “{field}” to change; it has {', '.join(known)}.")
