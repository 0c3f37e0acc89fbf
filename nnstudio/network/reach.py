"""Finding neurons by what they are connected to and by what they are: functions of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.network.layout import depths
from nnstudio.network.wiring import leading_to, reached_from

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnstudio.network.items import Connection
    from nnstudio.network.model import Network


def sources_of(network: Network, neuron_ids: Iterable[str]) -> set[str]:
    """Return the neurons that feed any of these; raises UnknownIdError."""
    return {source for neuron_id in neuron_ids for source in network.sources_of(neuron_id)}


def targets_of(network: Network, neuron_ids: Iterable[str]) -> set[str]:
    """Return the neurons that any of these feed; raises UnknownIdError."""
    return {target for neuron_id in neuron_ids for target in network.targets_of(neuron_id)}


def between(network: Network, one: str, other: str) -> tuple[set[str], set[str]]:
    """Return the neurons and connections on all paths between two neurons, whichever of them comes first.

    Both are empty where no path leads from one to the other. Raises UnknownIdError.
    """
    for start, end in ((one, other), (other, one)):
        after = reached_from(network, (start,))
        if end in after:
            neurons = after & leading_to(network, (end,))
            connections = {
                c.id for neuron_id in neurons for c in network.outgoing(neuron_id) if c.target in neurons
            }
            return neurons, connections
    return set(), set()


def layers(network: Network) -> dict[int, list[str]]:
    """Return the neurons by depth, as `layout.depths` has it, from the inputs on; no layer is empty."""
    found: dict[int, list[str]] = {}
    for neuron_id, depth in depths(network).items():
        found.setdefault(depth, []).append(neuron_id)
    return dict(sorted(found.items()))


def same_layers(network: Network, neuron_ids: Iterable[str]) -> set[str]:
    """Return the neurons that are as deep as one of these."""
    depth = depths(network)
    wanted = {depth[neuron_id] for neuron_id in neuron_ids}
    return {neuron_id for neuron_id, level in depth.items() if level in wanted}


def unconnected(network: Network) -> set[str]:
    """Return the neurons that have no connections."""
    return {n.id for n in network.neurons if not network.sources_of(n.id) and not network.targets_of(n.id)}


def frozen(network: Network) -> tuple[set[str], set[str]]:
    """Return the neurons whose bias, and the connections whose weight, training leaves as it is."""
    return (
        {n.id for n in network.neurons if n.role != "input" and not n.trainable},
        {c.id for c in network.connections if not c.trainable},
    )


def alike(network: Network, neuron_ids: Iterable[str]) -> set[str]:
    """Return the neurons with role and activation of one of these."""
    kinds = {(n.role, n.activation) for n in map(network.neuron, neuron_ids)}
    return {n.id for n in network.neurons if (n.role, n.activation) in kinds}


def alike_connections(network: Network, connection_ids: Iterable[str]) -> set[str]:
    """Return the connections whose training is limited as that of one of these, and that share its weight."""

    def kind(c: Connection) -> tuple[bool, bool, float, int, str]:
        return c.trainable, c.enabled, c.rate_factor, c.sign, c.tie

    kinds = {kind(network.connection(connection_id)) for connection_id in connection_ids}
    return {c.id for c in network.connections if kind(c) in kinds}


def found_by(network: Network, text: str) -> list[str]:
    """Return the neurons whose label or id holds a text, capitals or not; whole matches come first.

    Otherwise they come in the order of the drawing. Nothing is found by an empty text.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return []
    whole, part = [], []
    for neuron in network.neurons:
        names = (neuron.label.casefold(), neuron.id.casefold())
        if wanted in names:
            whole.append(neuron.id)
        elif any(wanted in name for name in names):
            part.append(neuron.id)
    return whole + part
