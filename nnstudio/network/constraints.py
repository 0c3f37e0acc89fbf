"""What limits the training of single neurons and connections, and the edits that set it on many at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from nnstudio.network.edits import ChangeConnections, ChangeNeurons
from nnstudio.network.items import Connection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnstudio.network.edits import Edit
    from nnstudio.network.items import Neuron
    from nnstudio.network.model import Network

Constraint = Literal["freeze", "disable", "positive", "negative", "rate", "tie"]
CONSTRAINTS: tuple[Constraint, ...] = ("freeze", "disable", "positive", "negative", "rate", "tie")
_LABELS: dict[Constraint, tuple[str, str]] = {  # to set it, to take it away
    "freeze": ("Freeze", "Unfreeze"),
    "disable": ("Disable", "Enable"),
    "positive": ("Keep positive", "Free the sign of"),
    "negative": ("Keep negative", "Free the sign of"),
    "rate": ("Set the learning rate of", "Reset the learning rate of"),
    "tie": ("Share the weight of", "Part the weights of"),
}
_SIGNS = {"positive": 1, "negative": -1}


def concerns_neurons(constraint: Constraint) -> bool:
    """Whether neurons can have it too: it is then that of their bias, or of all of the neuron."""
    return constraint in ("freeze", "disable", "rate")


def can_have(item: Neuron | Connection, constraint: Constraint) -> bool:
    """Whether a neuron or connection can have a constraint: inputs have no bias, outputs are needed."""
    if isinstance(item, Connection):
        return True
    if not concerns_neurons(constraint):
        return False
    return item.role != ("output" if constraint == "disable" else "input")


def has(item: Neuron | Connection, constraint: Constraint, factor: float = 1.0) -> bool:
    """Whether a neuron or connection has a constraint; for "rate", whether its factor is this one."""
    if constraint == "freeze":
        return not item.trainable
    if constraint == "disable":
        return not item.enabled
    if constraint == "rate":
        return item.rate_factor == factor
    if not isinstance(item, Connection):
        return False
    return bool(item.tie) if constraint == "tie" else item.sign == _SIGNS[constraint]


def constraint_edits(
    network: Network,
    constraint: Constraint,
    neuron_ids: Iterable[str],
    connection_ids: Iterable[str],
    *,
    wanted: bool = True,
    factor: float = 1.0,
) -> list[Edit]:
    """Return the edits that give these neurons and connections a constraint, or take it from them.

    What has it already, and what can't have it, is left out; where nothing is left there are no edits.
    ``factor`` is that of "rate". Connections to "tie" share one weight: that of a shared one among them, or
    of the first.
    """
    neurons = [network.neuron(i) for i in neuron_ids if can_have(network.neuron(i), constraint)]
    connections = [network.connection(i) for i in connection_ids]
    if constraint == "tie":
        changes = _tied(network, connections) if wanted else _parted(network, connections)
        return _edits(constraint, wanted, {}, changes)
    field, value = _value(constraint, wanted, factor)
    of_neurons = {n.id: {field: value} for n in neurons if getattr(n, field) != value}
    # Taking away a sign concerns those that have just this one.
    of_connections = {
        c.id: {field: value}
        for c in connections
        if getattr(c, field) != value and (wanted or field != "sign" or has(c, constraint))
    }
    return _edits(constraint, wanted, of_neurons, of_connections)


def _value(constraint: Constraint, wanted: bool, factor: float) -> tuple[str, Any]:
    if constraint == "freeze":
        return "trainable", not wanted
    if constraint == "disable":
        return "enabled", not wanted
    if constraint == "rate":
        return "rate_factor", factor if wanted else 1.0
    return "sign", _SIGNS[constraint] if wanted else 0


def _tied(network: Network, connections: list[Connection]) -> dict[str, dict[str, Any]]:
    tie = next((c.tie for c in connections if c.tie), "")
    if len(connections) < 2 and not tie:
        return {}
    tie = tie or network.new_ties()[0]
    return {c.id: {"tie": tie} for c in connections if c.tie != tie}


def _parted(network: Network, connections: list[Connection]) -> dict[str, dict[str, Any]]:
    gone = Counter(c.tie for c in connections if c.tie)
    left = [c.id for c in connections if c.tie]
    for tie, count in gone.items():
        partners = network.tied(tie)
        if len(partners) - count == 1:
            # One alone would share its weight with nothing.
            left += [c.id for c in partners if c.id not in left]
    return {connection_id: {"tie": ""} for connection_id in left}


def _edits(
    constraint: Constraint,
    wanted: bool,
    of_neurons: dict[str, dict[str, Any]],
    of_connections: dict[str, dict[str, Any]],
) -> list[Edit]:
    counted = [
        f"{len(changes)} {noun}{'' if len(changes) == 1 else 's'}"
        for changes, noun in ((of_neurons, "neuron"), (of_connections, "connection"))
        if changes
    ]
    label = f"{_LABELS[constraint][0 if wanted else 1]} {' and '.join(counted)}"
    edits: list[Edit] = []
    if of_neurons:
        edits.append(ChangeNeurons(label, of_neurons))
    if of_connections:
        edits.append(ChangeConnections(label, of_connections))
    return edits
