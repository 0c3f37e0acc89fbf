"""The drawing as data: neurons and connections by id, in the order in which they were made."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from nnstudio.errors import InvalidValueError, RoleError
from nnstudio.network import events, initializers, rules, sharing
from nnstudio.network.grouping import Grouped, without_members
from nnstudio.network.items import (
    COLUMN_SPACING,
    DEFAULT_ACTIVATION,
    ROW_SPACING,
    SHARED,
    Connection,
    Extract,
    Group,
    Neuron,
    Position,
    Role,
)
from nnstudio.network.parts import in_order, places_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "COLUMN_SPACING",
    "DEFAULT_ACTIVATION",
    "ROW_SPACING",
    "Connection",
    "Extract",
    "Group",
    "Network",
    "Neuron",
    "Position",
    "Role",
]


_NEURON_FIELDS = (
    "role",
    "activation",
    "bias",
    "label",
    "position",
    "trainable",
    "enabled",
    "rate_factor",
)
_CONNECTION_FIELDS = (*SHARED, "enabled", "tie")


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


class Network(Grouped):
    """Neurons and connections, always legal: what would break a rule raises and changes nothing.

    The order of inputs and outputs is the order of the data's columns. ``revision`` grows with every change.
    Connections that share a weight (`Connection.tie`) are always equal in what they share: what changes one
    changes all.
    """

    def copy(self) -> Network:
        """Return an equal network with no listeners."""
        return Network.from_parts(self._neurons.values(), self._connections.values(), self.groups)

    def subnetwork(self, neuron_ids: Iterable[str]) -> Network:
        """Return a network of these neurons and the connections among them, in this network's order.

        Of a group the members among them stay together.
        """
        kept = set(neuron_ids)
        for neuron_id in kept:
            self.neuron(neuron_id)
        return Network.from_parts(
            (neuron for neuron in self._neurons.values() if neuron.id in kept),
            (c for c in self._connections.values() if c.source in kept and c.target in kept),
            without_members(self.groups, self._neurons.keys() - kept),
        )

    @classmethod
    def from_parts(
        cls, neurons: Iterable[Neuron], connections: Iterable[Connection], groups: Iterable[Group] = ()
    ) -> Network:
        """Build a network from ready parts; raises what the rules raise, cycles included."""
        network = cls()
        network.insert(Extract(tuple(enumerate(neurons)), tuple(enumerate(connections))))
        network.set_groups(groups)
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
        """Change fields of a neuron, all but its id, and return it.

        With its role, what does not go with the new one changes too, unless given: a neuron that becomes an
        input loses bias and activation, one that stops being an input gets the defaults, a softmax output
        that becomes hidden gets the default activation, since softmax is for outputs alone, and one that
        becomes an output is enabled. Raises UnknownIdError, RoleError (also where an input-to-be has incoming
        connections), InvalidValueError.
        """
        old = self.neuron(neuron_id)
        rules.check_fields("neuron", changes, _NEURON_FIELDS)
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
        enabled = {"enabled": True} if role == "output" else {}
        if old.role == "input":
            return {"activation": DEFAULT_ACTIVATION[role], "bias": 0.0} | enabled
        if role == "hidden" and old.activation == "softmax":
            return {"activation": DEFAULT_ACTIVATION[role]}
        return enabled

    def update_connection(self, connection_id: str, **changes: Any) -> Connection:
        """Change fields of a connection, all but its id and its ends, and return it.

        What it shares with others (see `Connection.tie`) changes in them too. One that joins others takes
        over what they share, and a weight that a newly fixed sign forbids becomes 0, unless given. Raises
        UnknownIdError, InvalidValueError.
        """
        old = self.connection(connection_id)
        rules.check_fields("connection", changes, _CONNECTION_FIELDS)
        if "weight" in changes:
            where = f"from {rules.name_of(self, old.source)} to {rules.name_of(self, old.target)}"
            changes["weight"] = rules.as_number(
                "weight", changes["weight"], where, connection_ids=(connection_id,)
            )
        new = replace(old, **(sharing.joining(self, old, changes) | changes))
        if "sign" in changes and "weight" not in changes:
            new = sharing.within_sign(new)
        self.put_connections(sharing.with_partners(self, rules.checked_connection(new)))
        return self._connections[connection_id]

    def put_connections(self, connections: Iterable[Connection]) -> None:
        """Put connections in the place of those with the same ids and ends, as they are; all or none.

        Raises UnknownIdError, and InvalidValueError also where some that share a weight would differ.
        """
        pairs = [(self.connection(new.id), rules.checked_connection(new)) for new in connections]
        pairs = [(old, new) for old, new in pairs if old != new]
        for old, new in pairs:
            if (old.source, old.target) != (new.source, new.target):
                raise InvalidValueError(
                    f"The connection “{new.id}” has other ends.", connection_ids=(new.id,)
                )
        if not pairs:
            return

        def undo() -> None:
            for old, new in reversed(pairs):
                self._replace(new, old)

        for old, new in pairs:
            self._replace(old, new)
        try:
            for tie in {new.tie for _, new in pairs if new.tie}:
                rules.check_tie(self.tied(tie))
        except InvalidValueError:
            undo()
            raise
        self._journal.record([events.ConnectionChanged(old, new) for old, new in pairs], undo)

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

        Raises InvalidValueError for a taken id or where some that share a weight would differ, and what the
        rules raise for a single item.
        """
        neurons = [(i, rules.checked_neuron(n)) for i, n in sorted(items.neurons, key=itemgetter(0))]
        connections = [
            (i, rules.checked_connection(c)) for i, c in sorted(items.connections, key=itemgetter(0))
        ]
        if not neurons and not connections:
            return
        old_groups = self.groups
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
            for tie in {c.tie for c in linked if c.tie}:
                rules.check_tie(self.tied(tie))
            groups = old_groups if items.groups is None else rules.checked_groups(self, items.groups)
        except Exception:
            self._take([n for _, n in neurons], linked)
            raise
        self._neurons, neuron_places = in_order(self._neurons, neurons)
        self._connections, connection_places = in_order(self._connections, connections)
        told: Iterable[events.Event] = chain(
            map(events.NeuronAdded, (n for _, n in neurons), neuron_places),
            map(events.ConnectionAdded, linked, connection_places),
            _regrouped(old_groups, groups),
        )
        if groups is not old_groups:
            self._regroup(groups)

        def undo() -> None:
            self._regroup(old_groups)
            self._take([n for _, n in neurons], linked)

        self._journal.record(told, undo)

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
        groups = without_members(self.groups, gone_neurons)
        taken = Extract(
            places_of(self._neurons, gone_neurons),
            places_of(self._connections, gone_connections),
            None if groups == self.groups else self.groups,
        )
        neurons = [neuron for _, neuron in taken.neurons]
        connections = [connection for _, connection in taken.connections]
        if not neurons and not connections:
            return taken
        told: Iterable[events.Event] = chain(
            map(events.ConnectionRemoved, connections),
            map(events.NeuronRemoved, neurons),
            _regrouped(self.groups, groups),
        )
        self._regroup(groups)
        self._take(neurons, connections)
        self._journal.record(told, lambda: self._give_back(taken))
        return taken

    def set_values(self, weights: Mapping[str, float], biases: Mapping[str, float]) -> None:
        """Set weights by connection id and biases by neuron id, told as one event; all or none.

        What one connection gets, all get that share its weight; of several named the first counts. Where the
        sign is fixed, a weight beyond 0 becomes 0. Raises UnknownIdError, InvalidValueError, and RoleError
        for a bias of an input.
        """
        connections: list[tuple[Connection, Connection]] = []  # old and new, where they differ
        if self._ties:
            weights = sharing.for_all_partners(self, weights)
        for connection_id, weight in weights.items():
            old = self.connection(connection_id)
            number = weight
            # The usual case first: a network may have many connections, and each wait is felt.
            if type(weight) is not float or not math.isfinite(weight):
                where = f"from “{old.source}” to “{old.target}”"
                number = rules.as_number("weight", weight, where, connection_ids=(connection_id,))
            if number * old.sign < 0.0:
                number = 0.0
            if number != old.weight:
                connections.append((old, sharing.with_weight(old, number)))
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


def _regrouped(old: tuple[Group, ...], new: tuple[Group, ...]) -> tuple[events.Event, ...]:
    return () if old == new else (events.GroupsChanged(old, new),)
