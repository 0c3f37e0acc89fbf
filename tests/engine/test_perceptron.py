import numpy as np
import pytest

from nnstudio.engine import compile_network
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.perceptron import perceptron_problem
from nnstudio.network import Network

# A power of two, so that sums that should be 0, where the decision turns, are 0 exactly.
RATE = 0.125

TABLE = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
AND_OR = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 1.0]])


def single_layer(activation="step", outputs=2):
    network = Network()
    inputs = [network.add_neuron("input").id for _ in range(2)]
    for _ in range(outputs):
        output = network.add_neuron("output", activation=activation)
        for source in inputs:
            network.connect(source, output.id)
    return network


def train(network, x, y, epochs, batch):
    program = compile_network(network)
    parameters = program.initial_parameters()
    rule = OPTIMIZERS["perceptron"]
    for _ in range(epochs):
        for start in range(0, len(x), batch):
            rows = slice(start, start + batch)
            _, corrections = rule.loss_and_gradients(program, parameters, x[rows], y[rows])
            rule.step(parameters.flat, corrections.flat, {}, RATE, {}, program.gradient_mask)
    return program, parameters


def rosenblatt(x, y, epochs, batch):
    """The rule as in the textbook, for one output: weights and threshold, in plain Python."""
    w, b = [0.0, 0.0], 0.0
    for _ in range(epochs):
        for start in range(0, len(x), batch):
            rows = list(zip(x[start : start + batch], y[start : start + batch], strict=True))
            changes = [
                (target - (1.0 if w[0] * a + w[1] * c + b >= 0.0 else 0.0), a, c) for (a, c), target in rows
            ]
            w[0] += RATE * sum(d * a for d, a, _ in changes) / len(rows)
            w[1] += RATE * sum(d * c for d, _, c in changes) / len(rows)
            b += RATE * sum(d for d, _, _ in changes) / len(rows)
    return w, b


@pytest.mark.parametrize("activation", ["step", "sigmoid"])
@pytest.mark.parametrize("batch", [1, 2, 4])
def test_it_is_rosenblatts_rule_for_each_output(activation, batch):
    program, parameters = train(single_layer(activation), TABLE, AND_OR, 7, batch)
    for column, slot in enumerate(program.output_slots.tolist()):
        weights, bias = rosenblatt(TABLE, AND_OR[:, column], 7, batch)
        row = slice(program.row_start[slot], program.row_start[slot + 1])
        np.testing.assert_allclose(parameters.weights[row], weights, atol=1e-14)
        assert parameters.biases[slot] == pytest.approx(bias, abs=1e-14)


def test_it_learns_and_and_or_and_then_rests():
    program, parameters = train(single_layer(), TABLE, AND_OR, 20, 1)
    np.testing.assert_array_equal(program.predict(parameters, TABLE), AND_OR)
    loss, corrections = OPTIMIZERS["perceptron"].loss_and_gradients(program, parameters, TABLE, AND_OR)
    assert loss == 0.0
    assert not corrections.flat.any()


def test_the_loss_that_it_tells_is_the_one_asked_for():
    program = compile_network(single_layer("sigmoid"))
    parameters = program.initial_parameters()
    value, _ = OPTIMIZERS["perceptron"].loss_and_gradients(program, parameters, TABLE, AND_OR, "mae")
    assert value == program.loss(parameters, TABLE, AND_OR, "mae")


def test_hidden_neurons_before_the_outputs_are_refused_by_name():
    network = single_layer(outputs=1)
    hidden = network.add_neuron("hidden", label="middle")
    network.connect(hidden.id, network.outputs[0].id)
    problem = perceptron_problem(compile_network(network))
    assert "middle" in str(problem)
    assert problem.neuron_ids == (hidden.id,)
    assert problem.setting == "optimizer"


def test_hidden_neurons_that_feed_no_output_do_not_matter():
    network = single_layer()
    hidden = network.add_neuron("hidden")
    network.connect(network.inputs[0].id, hidden.id, weight=2.0)
    program, parameters = train(network, TABLE, AND_OR, 20, 1)
    assert perceptron_problem(program) is None
    assert parameters.weights[program.connection_slots[network.incoming(hidden.id)[0].id]] == 2.0


@pytest.mark.parametrize("activation", ["tanh", "identity", "softmax"])
def test_outputs_that_do_not_decide_are_refused(activation):
    network = single_layer(activation)
    problem = perceptron_problem(compile_network(network))
    assert activation in str(problem)
    assert problem.neuron_ids == (network.outputs[0].id,)
