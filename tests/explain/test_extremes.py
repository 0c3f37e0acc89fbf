"""Networks whose numbers leave what can be computed are told as they are, without a warning."""

from __future__ import annotations

import numpy as np
import pytest

import nnstudio as nn
from nnstudio.engine import compile_network
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.explain import connection_at, graph_at, limit_at, loss_at, moment_of, neuron_at, training_step
from nnstudio.network.templates import layered_network


@pytest.mark.parametrize("size", [1e-200, 1e3, 1e100, 1e200])
@pytest.mark.parametrize("loss", LOSSES)
def test_any_numbers_can_be_explained(loss, size):
    output = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}.get(loss, "identity")
    network = layered_network((2, 2, 2), hidden="silu", output=output, seed=2)
    rng = np.random.default_rng(3)
    for connection in network.connections:
        network.update_connection(connection.id, weight=float(rng.normal()) * size)
    program = compile_network(network)
    moment = moment_of(program, program.initial_parameters(), [0.5, -1.5], [1.0, 0.0], loss)
    for key in program.neuron_ids:
        assert neuron_at(moment, key).formulas
        assert graph_at(moment, key).nodes
    for key in program.connection_ids:
        assert connection_at(moment, key).paths
    assert len(loss_at(moment).outputs) == 2
    assert graph_at(moment).of == "loss"
    assert len(limit_at(moment, program.connection_ids[0], (1.0, 1e-8)).points) == 2
    for optimizer, entry in OPTIMIZERS.items():
        if entry.uses_gradient:
            step = training_step(moment, nn.TrainingSettings(optimizer=optimizer, clip_norm=1.0, l2=0.1))
            assert step.weight(program.connection_ids[0]).formulas


def test_a_neuron_without_connections_is_its_bias():
    network = nn.Network()
    x, y = network.add_neuron("input"), network.add_neuron("output", activation="identity")
    lone = network.add_neuron("hidden", activation="tanh", bias=0.5, label="lone")
    network.connect(x.id, y.id)
    network.connect(lone.id, y.id, weight=2.0)
    program = compile_network(network)
    moment = moment_of(program, program.initial_parameters(), [1.0], [0.0])
    assert neuron_at(moment, lone.id).sum.text == "z[lone] = b[lone] = 0.5"
    assert graph_at(moment, lone.id).nodes[-1].value == pytest.approx(np.tanh(0.5))


def test_neurons_of_one_name_are_told_apart_by_their_ids():
    network = layered_network((1, 2, 1))
    for neuron in network.hidden:
        network.update_neuron(neuron.id, label="same")
    program = compile_network(network)
    moment = moment_of(program, program.initial_parameters(), [1.0], [0.0])
    assert neuron_at(moment, "n2").name == "same (n2)"
    assert r"\text{same (n3)}" in neuron_at(moment, "n3").value.symbols
