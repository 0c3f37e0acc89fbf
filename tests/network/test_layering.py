from __future__ import annotations

import math

import pytest

from nnstudio.errors import InvalidValueError
from nnstudio.network import Network
from nnstudio.network.layering import Layer, insert_layer, last_layer, plan_layer
from nnstudio.network.templates import layered_network


def ids(network: Network, role: str) -> tuple[str, ...]:
    return tuple(n.id for n in network.neurons if n.role == role)


def test_a_layer_comes_between_its_sources_and_targets_fully_connected() -> None:
    network = layered_network((2, 1))
    before = network.copy()
    x, y = ids(network, "input"), ids(network, "output")
    plan = plan_layer(network, Layer(3, activation="relu", sources=x, targets=y, replaces=True))
    assert plan.connection_count == 9
    assert len(plan.replaced) == 2
    edit, new = insert_layer(network, plan, initializer="xavier_uniform", seed=1)
    edit.apply(network)
    assert network.connection_count == 9
    for neuron_id in new:
        assert set(network.sources_of(neuron_id)) == set(x)
        assert network.targets_of(neuron_id) == y
        neuron = network.neuron(neuron_id)
        assert (neuron.role, neuron.activation, neuron.bias) == ("hidden", "relu", 0.0)
        assert network.neuron(x[0]).position[0] < neuron.position[0] < network.neuron(y[0]).position[0]
    edit.revert(network)
    assert network == before


def test_weights_come_from_initializer_and_seed() -> None:
    def weights(seed: int) -> list[float]:
        network = layered_network((2, 1))
        plan = plan_layer(network, Layer(3, sources=ids(network, "input")))
        insert_layer(network, plan, initializer="he_normal", seed=seed)[0].apply(network)
        return [c.weight for c in network.connections[2:]]

    assert weights(1) == weights(1)
    assert weights(1) != weights(2)


def test_the_last_layer_is_the_deepest_before_the_outputs() -> None:
    assert last_layer(Network()) == ()
    assert last_layer(layered_network((2, 1))) == ("n1", "n2")
    assert last_layer(layered_network((2, 4, 3, 1))) == ("n7", "n8", "n9")


def test_new_neurons_never_lie_on_others() -> None:
    network = layered_network((2, 3, 3, 1))
    for sources in (ids(network, "input"), ids(network, "hidden"), ()):
        plan = plan_layer(network, Layer(4, sources=sources), (200.0, 0.0))
        for place in plan.positions:
            assert min(math.dist(place, n.position) for n in network.neurons) > 44.0


def test_a_tall_layer_stands_farther_away_so_that_its_connections_can_be_told_apart() -> None:
    network = layered_network((2, 1))
    near, far = (plan_layer(network, Layer(n, sources=("n1", "n2"))).positions[0][0] for n in (3, 40))
    assert far > near


def test_targets_that_would_close_a_cycle_or_are_inputs_are_left_out_and_counted() -> None:
    network = layered_network((1, 1, 1))
    x, h, y = (n.id for n in network.neurons)
    plan = plan_layer(network, Layer(2, sources=(y,), targets=(h, x)))
    assert plan.targets == ()
    assert plan.skipped == {"cycle": 2, "input": 2}
    assert plan.connection_count == 2


def test_a_layer_of_inputs_has_no_sources_and_no_activation() -> None:
    network = layered_network((1, 1))
    plan = plan_layer(network, Layer(2, role="input", activation="tanh", sources=("n1",), targets=("n2",)))
    assert plan.skipped == {"input": 2}
    edit, new = insert_layer(network, plan, initializer="zeros", seed=0)
    edit.apply(network)
    assert [network.neuron(i).bias for i in new] == [None, None]
    assert set(network.sources_of("n2")) == {"n1", *new}


@pytest.mark.parametrize("count", [0, -1, 10_001])
def test_impossible_sizes_are_refused(count: int) -> None:
    with pytest.raises(InvalidValueError):
        plan_layer(Network(), Layer(count))


def test_too_many_connections_are_refused_before_anything_is_made() -> None:
    network = layered_network((200, 1))
    with pytest.raises(InvalidValueError, match="2,000,000"):
        plan_layer(network, Layer(10_000, sources=ids(network, "input")))
