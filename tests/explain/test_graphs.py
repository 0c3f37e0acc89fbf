"""Computation graphs against the engine's values and derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnstudio as nn
from nnstudio.engine import compile_network
from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.engine.losses import LOSSES
from nnstudio.explain import graph
from nnstudio.network.templates import layered_network
from tests.explain.test_connections import drawn, shared_network


def check_graph(found):
    """Every operation comes after its arguments, and derivatives are passed back by the local ones."""
    derivatives = [0.0] * len(found.nodes)
    derivatives[found.result] = found.nodes[found.result].derivative
    for index in found.backward:
        assert all(argument < index for argument in found.nodes[index].arguments)
        for argument, amount in found.passed_back(index):
            derivatives[argument] += amount
    assert derivatives == pytest.approx([node.derivative for node in found.nodes], rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("loss", LOSSES)
@settings(max_examples=25)
@given(data=st.data())
def test_the_graph_of_a_network_has_its_loss_and_its_gradients(loss, data):
    moment = drawn(data, loss, max_hidden=5)
    found = graph(moment.program, moment.parameters, moment.x, y_row=moment.y, loss=loss)
    check_graph(found)
    assert found.nodes[found.result].value == pytest.approx(moment.loss_value, rel=1e-9, abs=1e-14)
    size = max(1.0, float(np.abs(moment.gradients.flat).max()))
    for node in found.nodes:
        if node.kind == "weight":
            stored = moment.gradients.weights[moment.program.connection_slots[node.connection_id]]
            assert node.derivative == pytest.approx(stored, rel=1e-7, abs=1e-11 * size)
        if node.kind == "bias":
            stored = moment.gradients.biases[moment.program.neuron_slots[node.neuron_id]]
            assert node.derivative == pytest.approx(stored, rel=1e-7, abs=1e-11 * size)


@pytest.mark.parametrize("key", [*ACTIVATIONS, "custom:x * tanh(x) + max(x, 1)"])
@pytest.mark.parametrize("z", [-800.0, -30.0, -0.5, 0.0, 0.7, 25.0, 800.0])
def test_the_graph_of_a_neuron_ends_in_its_value_and_slope(key, z):
    network = nn.Network()
    x = network.add_neuron("input")
    y = network.add_neuron("output", activation=key, bias=0.0)
    network.connect(x.id, y.id, weight=z)
    program = compile_network(network)
    found = graph(program, program.initial_parameters(), [1.0], neuron_id=y.id)
    check_graph(found)
    entry = program.activation_set[program.activation_code[1]]
    a = entry.forward(np.array([[z]]))
    assert found.nodes[found.result].value == pytest.approx(a[0, 0], rel=1e-9, abs=1e-12)
    bias = next(node for node in found.nodes if node.kind == "bias")
    slope = entry.derivative(np.array([[z]]), a)[0, 0]
    assert bias.derivative == pytest.approx(slope, rel=1e-8, abs=1e-11)


def test_a_sigmoid_is_taken_apart_into_what_it_is_made_of():
    program = compile_network(layered_network((1, 1), seed=3))
    found = graph(program, program.initial_parameters(), [0.5], neuron_id="n2")
    operations = [found.nodes[index].operation for index in found.forward]
    assert operations == ["*", "+", "negative", "exp", "+", "/"]
    assert found.of == "value"
    assert found.nodes[found.result].derivative == 1.0


def test_with_a_target_a_neuron_passes_back_the_derivative_of_the_loss():
    program = compile_network(layered_network((2, 3, 1), seed=3))
    parameters = program.initial_parameters()
    _, gradients = program.loss_and_gradients(parameters, [[0.5, 1.0]], [[1.0]])
    for neuron_id in ("n3", "n6"):
        found = graph(program, parameters, [0.5, 1.0], neuron_id=neuron_id, y_row=[1.0])
        assert found.of == "loss"
        bias = next(node for node in found.nodes if node.kind == "bias")
        assert bias.derivative == pytest.approx(gradients.biases[program.neuron_slots[neuron_id]], rel=1e-9)


def test_a_shared_weight_is_one_node():
    program = compile_network(shared_network())
    found = graph(program, program.initial_parameters(), [0.8], y_row=[1.0])
    assert sum(node.kind == "weight" for node in found.nodes) == program.n_connections - 1


def test_a_network_too_large_to_walk_through_is_refused():
    program = compile_network(layered_network((40, 40, 3)))
    with pytest.raises(nn.NNStudioError, match="one neuron"):
        graph(program, program.initial_parameters(), np.zeros(40), y_row=np.zeros(3))
    assert graph(program, program.initial_parameters(), np.zeros(40), neuron_id="n41").nodes
    with pytest.raises(nn.NNStudioError, match="target"):
        graph(program, program.initial_parameters(), np.zeros(40))
