"""Undoable changes of a network: each can be applied and reverted, again and again, by ids alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from nnstudio.network.items import SHARED, Connection, Extract, Group, Neuron, Position

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nnstudio.network.model import Network


class Edit(Protocol):
    """A change that can be undone. ``label`` is what an Undo menu shows, as in “Undo add neuron”."""

    label: str

    def apply(self, network: Network) -> None:
        """Make the change; raises what the rules raise and then changes nothing."""

    def revert(self, network: Network) -> None:
        """Take the change back: the network is equal to what it was."""


class AddItems:
    """Add neurons and connections at the end of the order, and groups of the new neurons."""

    def __init__(
        self,
        label: str,
        neurons: Iterable[Neuron] = (),
        connections: Iterable[Connection] = (),
        groups: Iterable[Group] = (),
    ) -> None:
        self.label = label
        self.neurons = tuple(neurons)
        self.connections = tuple(connections)
        self.groups = tuple(groups)

    def apply(self, network: Network) -> None:
        """Add the items."""
        network.insert(
            Extract(
                tuple(enumerate(self.neurons, network.neuron_count)),
                tuple(enumerate(self.connections, network.connection_count)),
                (*network.groups, *self.groups) if self.groups else None,
            )
        )

    def revert(self, network: Network) -> None:
        """Remove them again."""
        network.extract([n.id for n in self.neurons], [c.id for c in self.connections])


class RemoveItems:
    """Remove neurons, with their connections, and connections."""

    def __init__(
        self, label: str, neuron_ids: Iterable[str] = (), connection_ids: Iterable[str] = ()
    ) -> None:
        self.label = label
        self.neuron_ids = tuple(neuron_ids)
        self.connection_ids = tuple(connection_ids)
        self._taken = Extract()

    def apply(self, network: Network) -> None:
        """Take the items out, keeping them with their places."""
        self._taken = network.extract(self.neuron_ids, self.connection_ids)

    def revert(self, network: Network) -> None:
        """Put them back at their places in the order."""
        network.insert(self._taken)


class ChangeNeurons:
    """Change fields of neurons: ``{neuron_id: {"bias": 0.5, "label": "a"}}``."""

    def __init__(self, label: str, changes: Mapping[str, Mapping[str, Any]]) -> None:
        self.label = label
        self.changes = {neuron_id: dict(fields) for neuron_id, fields in changes.items()}
        self._before: dict[str, dict[str, Any]] = {}

    def apply(self, network: Network) -> None:
        """Make the changes; all or none."""
        before = {}
        with network.batch():
            for neuron_id, changes in self.changes.items():
                old = network.neuron(neuron_id)
                network.update_neuron(neuron_id, **changes)
                # A change of role carries these along, so these are kept with it.
                fields = {*changes, "activation", "bias", "enabled"} if "role" in changes else set(changes)
                before[neuron_id] = {field: getattr(old, field) for field in fields}
        self._before = before

    def revert(self, network: Network) -> None:
        """Give the neurons their old values."""
        with network.batch():
            for neuron_id, fields in self._before.items():
                network.update_neuron(neuron_id, **fields)

    def merge(self, later: ChangeNeurons) -> ChangeNeurons | None:
        """Return one edit for both, or None unless both change the same fields of the same neurons."""
        if not _same_fields(self.changes, later.changes):
            return None
        merged = ChangeNeurons(later.label, later.changes)
        merged._before = self._before
        return merged


class ChangeConnections:
    """Change fields of connections: ``{connection_id: {"weight": 0.5}}``."""

    def __init__(self, label: str, changes: Mapping[str, Mapping[str, Any]]) -> None:
        self.label = label
        self.changes = {connection_id: dict(fields) for connection_id, fields in changes.items()}
        self._before: dict[str, dict[str, Any]] = {}

    def apply(self, network: Network) -> None:
        """Make the changes; all or none."""
        before: dict[str, dict[str, Any]] = {}

        def keep(old: Connection, fields: Iterable[str]) -> None:
            kept = before.setdefault(old.id, {})
            for field in fields:
                kept.setdefault(field, getattr(old, field))

        with network.batch():
            for connection_id, changes in self.changes.items():
                old = network.connection(connection_id)
                # A tie or a sign carries more along, and what is shared changes elsewhere too.
                partners = {*network.tied(old.tie), *network.tied(str(changes.get("tie", "")))} - {old}
                network.update_connection(connection_id, **changes)
                new = network.connection(connection_id)
                carried = (field for field in SHARED if getattr(old, field) != getattr(new, field))
                keep(old, {*changes, *carried})
                for partner in partners:
                    if network.connection(partner.id) != partner:
                        keep(partner, SHARED)
        self._before = before

    def revert(self, network: Network) -> None:
        """Give the connections their old values."""
        network.put_connections(
            replace(network.connection(connection_id), **fields)
            for connection_id, fields in self._before.items()
        )

    def merge(self, later: ChangeConnections) -> ChangeConnections | None:
        """Return one edit for both, or None unless both change the same fields of the same connections."""
        if not _same_fields(self.changes, later.changes):
            return None
        merged = ChangeConnections(later.label, later.changes)
        merged._before = {
            connection_id: later._before.get(connection_id, {}) | self._before.get(connection_id, {})
            for connection_id in {**later._before, **self._before}
        }
        return merged


class SetGroups:
    """Put all groups in the place of those that there are, as `Network.set_groups` does."""

    def __init__(self, label: str, groups: Iterable[Group]) -> None:
        self.label = label
        self.groups = tuple(groups)
        self._before: tuple[Group, ...] = ()

    def apply(self, network: Network) -> None:
        """Set the groups."""
        before = network.groups
        network.set_groups(self.groups)
        self._before = before

    def revert(self, network: Network) -> None:
        """Set the old groups."""
        network.set_groups(self._before)


class SetValues:
    """Set many weights and biases at once, as a training or a new start does."""

    def __init__(self, label: str, weights: Mapping[str, float], biases: Mapping[str, float]) -> None:
        self.label = label
        self.weights = dict(weights)
        self.biases = dict(biases)
        self._before: tuple[dict[str, float], dict[str, float]] = ({}, {})

    def apply(self, network: Network) -> None:
        """Set the values."""
        before = (
            {c: network.connection(c).weight for c in self.weights},
            {n: bias for n in self.biases if (bias := network.neuron(n).bias) is not None},
        )
        network.set_values(self.weights, self.biases)
        self._before = before

    def revert(self, network: Network) -> None:
        """Set the old values."""
        network.set_values(*self._before)

    def merge(self, later: SetValues) -> SetValues | None:
        """Return one edit for both, or None unless both set the same weights and biases."""
        if set(self.weights) != set(later.weights) or set(self.biases) != set(later.biases):
            return None
        merged = SetValues(later.label, later.weights, later.biases)
        merged._before = self._before
        return merged


class Composite:
    """Several edits as one step; where one fails, those before it are taken back."""

    def __init__(self, label: str, edits: Sequence[Edit]) -> None:
        self.label = label
        self.edits = tuple(edits)

    def apply(self, network: Network) -> None:
        """Apply all, in order; all or none."""
        with network.batch():
            for edit in self.edits:
                edit.apply(network)

    def revert(self, network: Network) -> None:
        """Revert all, the last one first."""
        with network.batch():
            for edit in reversed(self.edits):
                edit.revert(network)


@dataclass(frozen=True, slots=True)
class Pasted:
    """An edit that adds a copy of a fragment, and the ids of the copies."""

    edit: AddItems
    neuron_ids: tuple[str, ...]
    connection_ids: tuple[str, ...]


def paste(
    network: Network,
    fragment: Network,
    *,
    label: str,
    offset: Position = (0.0, 0.0),
    keep_labels: bool = False,
) -> Pasted:
    """Return the edit that adds a copy of ``fragment``, moved by ``offset``, under new ids.

    Weights, biases, activations, groups and inner connections are kept. Copies get the next free labels
    unless ``keep_labels``, and those that share a weight share one of their own.
    """
    new_ids = {neuron.id: network.new_neuron_id() for neuron in fragment.neurons}
    labels = network.free_labels([neuron.role for neuron in fragment.neurons])
    neurons = [
        replace(
            neuron,
            id=new_ids[neuron.id],
            position=(neuron.position[0] + offset[0], neuron.position[1] + offset[1]),
            label=neuron.label if keep_labels else label_of_copy,
        )
        for neuron, label_of_copy in zip(fragment.neurons, labels, strict=True)
    ]
    ties = dict(zip(fragment.ties, network.new_ties(len(fragment.ties)), strict=True))
    connections = [
        replace(
            c,
            id=network.new_connection_id(),
            source=new_ids[c.source],
            target=new_ids[c.target],
            # Alone in the fragment it would share its weight with nothing.
            tie=ties[c.tie] if len(fragment.tied(c.tie)) > 1 else "",
        )
        for c in fragment.connections
    ]
    groups = [
        replace(group, id=group_id, members=tuple(new_ids[member] for member in group.members))
        for group, group_id in zip(fragment.groups, network.new_group_ids(len(fragment.groups)), strict=True)
    ]
    return Pasted(
        AddItems(label, neurons, connections, groups),
        tuple(neuron.id for neuron in neurons),
        tuple(connection.id for connection in connections),
    )


def _same_fields(changes: Mapping[str, Mapping[str, Any]], later: Mapping[str, Mapping[str, Any]]) -> bool:
    return {i: set(fields) for i, fields in changes.items()} == {i: set(f) for i, f in later.items()}
