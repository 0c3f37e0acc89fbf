"""Steps as they are told against steps as the trainer takes them."""

from __future__ import annotations

import numpy as np
import pytest

import nnstudio as nn
from nnstudio.engine import compile_network
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.explain import connection, moment_of, training_step
from nnstudio.explain.rules import RULES
from nnstudio.network.templates import gate, layered_network
from nnstudio.training import Trainer

X, Y = np.array([[0.4, -1.2]]), np.array([[1.0, 0.0]])
ALL_SHAPING = {"l1": 0.01, "l2": 0.1, "weight_decay": 0.02, "clip_norm": 0.05, "clip_value": 0.02}


def constrained():
    """A network with a tie, a sign, a learning rate of its own and something frozen."""
    network = layered_network((2, 3, 2), seed=5)
    ids = [connection.id for connection in network.connections]
    for index in (0, 3):
        network.update_connection(ids[index], tie="t")
    network.update_connection(ids[7], weight=0.001, sign=1)
    network.update_connection(ids[8], rate_factor=2.5)
    network.update_connection(ids[9], trainable=False)
    network.update_neuron(network.hidden[1].id, trainable=False)
    return network


def trainer(network, settings, **options):
    data = nn.Dataset.from_arrays(X, Y, test_fraction=0.0)
    return Trainer(compile_network(network), None, data, settings, **options)


def check_steps(network, settings, steps):
    """Each step of a training, explained beforehand, is what the trainer then does."""
    training = trainer(network, settings)
    program = training.program
    for _ in range(steps):
        moment = moment_of(program, training.parameters, X[0], Y[0], settings.loss)
        told = training_step(moment, settings, training.state())
        training.step()
        after = training.parameters
        np.testing.assert_allclose(told.after.flat, after.flat, rtol=1e-13, atol=1e-15)
        for slot, connection_id in enumerate(program.connection_ids):
            update = told.weight(connection_id)
            assert update.new.value == pytest.approx(after.weights[slot], rel=1e-12, abs=1e-15)
            assert update.old.value == moment.parameters.weights[slot]
            if program.gradient_mask[slot]:
                assert update.formulas[-1].value == update.new
            else:
                assert (update.formulas, update.old.text) == ((), update.new.text)
        for slot in range(program.n_inputs, program.n_neurons):
            update = told.bias(program.neuron_ids[slot])
            assert update.new.value == pytest.approx(after.biases[slot], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("optimizer", [key for key, entry in OPTIMIZERS.items() if entry.uses_gradient])
@pytest.mark.parametrize("shaping", [{}, ALL_SHAPING], ids=["plain", "shaped"])
def test_every_step_is_what_the_trainer_does(optimizer, shaping):
    settings = nn.TrainingSettings(
        optimizer=optimizer, learning_rate=0.05, batch_size=1, epochs=50, schedule="exponential", **shaping
    )
    check_steps(constrained(), settings, 4)


def test_every_optimizer_has_its_formulas():
    assert RULES.keys() == OPTIMIZERS.keys()


def test_the_perceptron_rule_is_told_by_its_corrections():
    settings = nn.TrainingSettings(optimizer="perceptron", learning_rate=0.5, batch_size=1, epochs=3)
    network = gate("and")
    program = compile_network(network)
    parameters = program.initial_parameters()
    moment = moment_of(program, parameters, [1.0, 1.0], [0.0], settings.loss)
    step = training_step(moment, settings)
    update = step.weight(program.connection_ids[0])
    assert update.new.value == pytest.approx(parameters.weights[0] - 0.5)
    assert r"[z_{\mathrm{AND}} \ge 0]" in update.formulas[0].symbols
    deep = compile_network(layered_network((2, 2, 1)))
    with pytest.raises(nn.SettingsError, match="connected to inputs alone"):
        training_step(moment_of(deep, deep.initial_parameters(), [1.0, 1.0], [0.0]), settings)


def test_a_weight_that_would_change_its_side_is_set_to_zero():
    network = constrained()
    settings = nn.TrainingSettings(optimizer="sgd", learning_rate=5.0, batch_size=1)
    program = compile_network(network)
    signed = network.connections[7].id
    for target in ([0.0, 0.0], [1.0, 1.0]):
        moment = moment_of(program, program.initial_parameters(), X[0], target, "mse")
        update = training_step(moment, settings).weight(signed)
        if update.keys[-1] == "sign":
            assert update.new.value == 0.0
            break
    else:
        pytest.fail("no target pushes the weight over")


def test_what_is_frozen_says_so():
    network = constrained()
    program = compile_network(network)
    frozen = network.connections[9].id
    found = connection(
        program, program.initial_parameters(), X[0], Y[0], frozen, settings=nn.TrainingSettings()
    )
    assert found.update.note.startswith("Frozen")
    assert found.update.old == found.update.new


def test_the_memory_of_another_optimizer_does_not_count():
    settings = nn.TrainingSettings(optimizer="momentum", learning_rate=0.05, batch_size=1)
    training = trainer(constrained(), settings)
    training.step()
    adam = nn.TrainingSettings(optimizer="adam", batch_size=1)
    moment = moment_of(training.program, training.parameters, X[0], Y[0])
    step = training_step(moment, adam, training.state())
    assert all(not array.any() for array in step.memory.values())


def test_a_step_of_gradient_descent_is_told_in_one_line():
    network = nn.Network()
    x = network.add_neuron("input")
    y = network.add_neuron("output", activation="identity", bias=0.0)
    network.connect(x.id, y.id, weight=0.5)
    program = compile_network(network)
    moment = moment_of(program, program.initial_parameters(), [1.0], [2.0])
    update = training_step(moment, nn.TrainingSettings(learning_rate=0.1)).weight("c1")
    assert update.keys == ("gradient", "new")
    assert [formula.text for formula in update.formulas] == [
        "g = ∂L/∂w[x1 → y1] = -3",
        "w ← w - η·g = 0.5 - 0.1 · (-3) = 0.5 + 0.3 = 0.8",
    ]
