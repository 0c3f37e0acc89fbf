"""A copy of neurons that is connected as they are, to each other and to the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from nnstudio.network.edits import AddItems, Pasted, paste

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnstudio.network.items import Position
    from nnstudio.network.model import Network


def duplicate(
    network: Network, neuron_ids: Iterable[str], *, label: str, offset: Position, outer: bool
) -> Pasted:
    """Return the edit that adds copies of neurons, with the connections among them.

    With ``outer`` the copies also have the connections from and to the other neurons, which can close no
    cycle: they go where those of the originals go. Copies of connections that share a weight share one of
    their own. Raises UnknownIdError.
    """
    fragment = network.subnetwork(neuron_ids)
    pasted = paste(network, fragment, label=label, offset=offset)
    if not outer:
        return pasted
    copies = dict(zip((n.id for n in fragment.neurons), pasted.neuron_ids, strict=True))
    inner = {c.id for c in fragment.connections}
    crossing = [
        c for c in network.connections if (c.source in copies or c.target in copies) and c.id not in inner
    ]
    originals = [*fragment.connections, *crossing]
    made = [
        *pasted.edit.connections,
        *(
            replace(
                c,
                id=network.new_connection_id(),
                source=copies.get(c.source, c.source),
                target=copies.get(c.target, c.target),
            )
            for c in crossing
        ),
    ]
    counts = Counter(c.tie for c in originals if c.tie)
    shared = [tie for tie, count in counts.items() if count > 1]
    names = dict(zip(shared, network.new_ties(len(shared)), strict=True))
    connections = [replace(new, tie=names.get(old.tie, "")) for new, old in zip(made, originals, strict=True)]
    edit = AddItems(label, pasted.edit.neurons, connections, pasted.edit.groups)
    return Pasted(edit, pasted.neuron_ids, tuple(c.id for c in connections))
