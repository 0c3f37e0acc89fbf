from __future__ import annotations

from nnstudio.network import Network
from nnstudio.network.templates import layered_network
from nnstudio.ui.panels.facts import network_facts


def test_counts_of_a_layered_network() -> None:
    facts = network_facts(layered_network([2, 8, 8, 1]))
    assert (facts.inputs, facts.hidden, facts.outputs) == (2, 16, 1)
    assert facts.connections == 88
    assert facts.parameters == facts.trainable == 88 + 17
    assert facts.depth == 3
    assert facts.loose == ()


def test_the_depth_is_that_of_the_longest_path() -> None:
    network = Network()
    a, h, g, y = (network.add_neuron(role).id for role in ("input", "hidden", "hidden", "output"))
    for source, target in ((a, h), (a, g), (h, g), (g, y), (a, y)):
        network.connect(source, target)
    assert network_facts(network).depth == 3


def test_frozen_values_are_no_trainable_parameters() -> None:
    network = layered_network([2, 1])
    network.update_connection(network.connections[0].id, trainable=False)
    network.update_neuron(network.outputs[0].id, trainable=False)
    facts = network_facts(network)
    assert (facts.parameters, facts.trainable) == (3, 1)


def test_what_is_disabled_has_the_rate_0_or_shares_a_weight_counts_as_training_does() -> None:
    network = layered_network([3, 2, 1])
    hidden, weights = network.hidden, network.connections
    network.update_neuron(hidden[0].id, enabled=False)  # its bias, three weights to it, one from it
    network.update_neuron(hidden[1].id, rate_factor=0.0)
    for connection in weights:
        if connection.target == hidden[1].id:
            network.update_connection(connection.id, tie="shared")
    facts = network_facts(network)
    assert (facts.parameters, facts.trainable) == (8 + 3, 1 + 1 + 1)


def test_neurons_without_connections_are_named_with_their_ids() -> None:
    network = Network()
    a = network.add_neuron("input", label="age").id
    h = network.add_neuron("hidden", label="h1").id
    assert network_facts(network).loose == (
        ("Nothing is connected into h1.", (h,)),
        ("Nothing is connected from age and h1.", (a, h)),
    )


def test_an_empty_network_has_no_depth() -> None:
    assert network_facts(Network()).depth == 0
