"""What there is to say about a whole network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnstudio.network.rules import name_of
from nnstudio.project.constraints import learnable

if TYPE_CHECKING:
    from nnstudio.network import Network


@dataclass(frozen=True)
class NetworkFacts:
    """Counts of a network, and its ``loose`` neurons: a sentence each, with the ids it is about.

    ``depth`` counts the connections along the longest path. ``parameters`` are weights and biases,
    ``trainable`` the numbers that training can change: none that is frozen or disabled, and a weight that
    connections share once.
    """

    inputs: int
    hidden: int
    outputs: int
    connections: int
    parameters: int
    trainable: int
    depth: int
    loose: tuple[tuple[str, tuple[str, ...]], ...]


def network_facts(network: Network) -> NetworkFacts:
    """Count what is in a network, and find what cannot have an effect."""
    neurons = network.neurons
    with_bias = [neuron for neuron in neurons if neuron.role != "input"]
    connections = network.connections
    return NetworkFacts(
        inputs=len(network.inputs),
        hidden=len(network.hidden),
        outputs=len(network.outputs),
        connections=len(connections),
        parameters=len(with_bias) + len(connections),
        trainable=learnable(network),
        depth=_depth(network),
        loose=_loose(network),
    )


def _depth(network: Network) -> int:
    waiting = {neuron.id: len(network.sources_of(neuron.id)) for neuron in network.neurons}
    depths = dict.fromkeys(waiting, 0)
    ready = [key for key, count in waiting.items() if not count]
    while ready:
        here = ready.pop()
        for target in network.targets_of(here):
            depths[target] = max(depths[target], depths[here] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return max(depths.values(), default=0)


def _loose(network: Network) -> tuple[tuple[str, tuple[str, ...]], ...]:
    unfed = [n.id for n in network.neurons if n.role != "input" and not network.sources_of(n.id)]
    unread = [n.id for n in network.neurons if n.role != "output" and not network.targets_of(n.id)]
    found = []
    if unfed:
        found.append((f"Nothing is connected into {_list(network, unfed)}.", tuple(unfed)))
    if unread:
        found.append((f"Nothing is connected from {_list(network, unread)}.", tuple(unread)))
    return tuple(found)


def _list(network: Network, ids: list[str]) -> str:
    names = [name_of(network, key) for key in ids[:3]]
    if len(ids) > 3:
        return f"{', '.join(names)} and {len(ids) - 3} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
