from __future__ import annotations

import pytest

from nnstudio.network import Network, reach
from nnstudio.network.templates import layered_network


@pytest.fixture
def network() -> Network:
    """Return a, b -> h -> y, with a also straight to y, and u alone."""
    network = Network()
    for role, key in (("input", "a"), ("input", "b"), ("hidden", "h"), ("output", "y"), ("hidden", "u")):
        network.add_neuron(role, label=key.upper(), id=key)  # type: ignore[arg-type]
    for source, target in (("a", "h"), ("b", "h"), ("h", "y"), ("a", "y")):
        network.connect(source, target, id=source + target)
    return network


def test_neighbors_are_one_step_away(network: Network) -> None:
    assert reach.sources_of(network, ("y",)) == {"a", "h"}
    assert reach.targets_of(network, ("b", "h")) == {"h", "y"}
    assert reach.sources_of(network, ("a", "u")) == set()


def test_what_lies_between_two_neurons_is_found_in_either_direction(network: Network) -> None:
    assert reach.between(network, "a", "y") == ({"a", "h", "y"}, {"ah", "hy", "ay"})
    assert reach.between(network, "y", "b") == ({"b", "h", "y"}, {"bh", "hy"})
    assert reach.between(network, "a", "b") == (set(), set())


def test_layers_are_by_depth_and_a_same_layer_is_as_deep(network: Network) -> None:
    assert reach.layers(network) == {0: ["a", "b"], 1: ["h", "u"], 2: ["y"]}
    assert reach.same_layers(network, ("h",)) == {"h", "u"}
    assert reach.same_layers(network, ("a", "y")) == {"a", "b", "y"}


def test_loose_and_frozen_ones_are_found(network: Network) -> None:
    assert reach.unconnected(network) == {"u"}
    network.update_neuron("h", trainable=False)
    network.update_neuron("a", trainable=False)
    network.update_connection("ay", trainable=False)
    assert reach.frozen(network) == ({"h"}, {"ay"})


def test_alike_are_those_of_the_same_role_and_activation(network: Network) -> None:
    network.add_neuron("hidden", activation="relu", id="r")
    assert reach.alike(network, ("h",)) == {"h", "u"}
    assert reach.alike(network, ("r", "a")) == {"r", "a", "b"}


def test_connections_are_alike_where_the_same_limits_their_training(network: Network) -> None:
    network.update_connection("ay", trainable=False)
    network.update_connection("hy", sign=1)
    assert reach.alike_connections(network, ("ah",)) == {"ah", "bh"}
    assert reach.alike_connections(network, ("ay", "hy")) == {"ay", "hy"}
    network.update_connection("ah", tie="w")
    network.update_connection("bh", tie="w")
    assert reach.alike_connections(network, ("bh",)) == {"ah", "bh"}


def test_a_search_puts_whole_matches_first_and_looks_at_labels_and_ids() -> None:
    network = layered_network((1, 12, 1))
    assert reach.found_by(network, "H1")[:2] == ["n2", "n11"]
    assert len(reach.found_by(network, "h1")) == 4  # h1, h10, h11, h12
    assert reach.found_by(network, " n3 ") == ["n3"]
    assert reach.found_by(network, "nothing") == []
    assert reach.found_by(network, " ") == []
