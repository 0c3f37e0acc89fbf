"""Networks to try things on, and a mirror that knows one only from its events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from nnstudio.network import Network
from nnstudio.network import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.network import Connection, Neuron


class Mirror:
    """A second copy of a network, kept up by its events alone."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.neurons: list[Neuron] = list(network.neurons)
        self.connections: list[Connection] = list(network.connections)
        self.heard: list[tuple[ev.Event, ...]] = []
        network.subscribe(self._on_events)

    def _on_events(self, told: tuple[ev.Event, ...]) -> None:
        self.heard.append(told)
        for event in told:
            self._follow(event)

    def _follow(self, event: ev.Event) -> None:
        match event:
            case ev.NeuronAdded(neuron, index):
                self.neurons.insert(index, neuron)
            case ev.ConnectionAdded(connection, index):
                ids = {neuron.id for neuron in self.neurons}
                assert {connection.source, connection.target} <= ids
                self.connections.insert(index, connection)
            case ev.NeuronRemoved(neuron):
                assert not any(neuron.id in (c.source, c.target) for c in self.connections)
                self.neurons.remove(neuron)
            case ev.ConnectionRemoved(connection):
                self.connections.remove(connection)
            case ev.NeuronChanged(old, new):
                self.neurons[self.neurons.index(old)] = new
            case ev.ConnectionChanged(old, new):
                self.connections[self.connections.index(old)] = new
            case ev.ParametersChanged(connection_ids, neuron_ids, weights, biases):
                weight = dict(zip(connection_ids, weights, strict=True))
                bias = dict(zip(neuron_ids, biases, strict=True))
                assert weight.keys() <= {c.id for c in self.connections}
                assert bias.keys() <= {n.id for n in self.neurons}
                self.connections = [
                    replace(c, weight=weight[c.id]) if c.id in weight else c for c in self.connections
                ]
                self.neurons = [replace(n, bias=bias[n.id]) if n.id in bias else n for n in self.neurons]

    def check(self) -> None:
        """Fail unless the mirror equals the network, and the network's own records fit together."""
        network = self.network
        assert tuple(self.neurons) == network.neurons
        assert tuple(self.connections) == network.connections
        # Every rule is checked again for the whole.
        assert Network.from_parts(network.neurons, network.connections) == network
        for neuron in network.neurons:
            into = {c.id for c in network.connections if c.target == neuron.id}
            out = {c.id for c in network.connections if c.source == neuron.id}
            assert {c.id for c in network.incoming(neuron.id)} == into
            assert {c.id for c in network.outgoing(neuron.id)} == out
            assert network.role_count(neuron.role) == len(network.with_role(neuron.role))
        labels = {neuron.label for neuron in network.neurons}
        assert labels.isdisjoint(network.free_labels(["input", "hidden", "output"]))


@pytest.fixture
def mirror() -> Callable[[Network], Mirror]:
    """What makes a mirror of a network."""
    return Mirror


@pytest.fixture
def network() -> Network:
    """Two inputs, two hidden, one output: n1 n2 -> n3 n4 -> n5, with c1 … c6."""
    network = Network()
    for role in ("input", "input", "hidden", "hidden", "output"):
        network.add_neuron(role)
    for number, ends in enumerate(
        [("n1", "n3"), ("n1", "n4"), ("n2", "n3"), ("n2", "n4"), ("n3", "n5"), ("n4", "n5")], 1
    ):
        network.connect(*ends, weight=number / 10)
    return network
