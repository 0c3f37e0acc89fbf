import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from nnstudio.engine import compile_network
from nnstudio.engine.checks import check_training
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.errors import DataError, NNStudioError, SettingsError, ShapeError
from nnstudio.network import Network

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])


@dataclass
class Settings:
    loss: str = "mse"
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    options: dict = field(default_factory=dict)


def layered(output="sigmoid", hidden="tanh", outputs=1):
    network = Network()
    a, b = network.add_neuron("input", label="a"), network.add_neuron("input", label="b")
    h = network.add_neuron("hidden", activation=hidden, label="h")
    network.connect(a.id, h.id)
    network.connect(b.id, h.id)
    for number in range(outputs):
        y = network.add_neuron("output", activation=output, label=f"y{number + 1}")
        network.connect(h.id, y.id)
    return network


def single(output="step"):
    network = Network()
    x = [network.add_neuron("input") for _ in range(2)]
    y = network.add_neuron("output", activation=output, label="y")
    for source in x:
        network.connect(source.id, y.id)
    return network


def check(network, x=X, y=Y, **settings):
    check_training(compile_network(network), Settings(**settings), x, y)


def refused(kind, match, network, x=X, y=Y, **settings):
    with pytest.raises(NNStudioError, match=match) as caught:
        check(network, x, y, **settings)
    assert type(caught.value) is kind
    return caught.value


def test_what_can_be_trained_passes():
    check(layered())
    check(layered("identity"), optimizer="adamw", options={"weight_decay": 0.5})
    check(single("step"), optimizer="perceptron")


SUITABLE = {
    "mse": "identity",
    "mae": "tanh",
    "huber": "relu",
    "binary_cross_entropy": "sigmoid",
    "cross_entropy": "softmax",
    "hinge": "identity",
}


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_can_be_used_with_outputs_that_suit_it(loss):
    check(layered(SUITABLE[loss], outputs=2), y=np.hstack((Y, 1.0 - Y)), loss=loss)


# Settings


@pytest.mark.parametrize("rate", [0.0, -0.1, math.nan, math.inf])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_learning_rates_that_are_not_positive_and_finite_are_refused(rate, optimizer):
    error = refused(SettingsError, "learning rate", layered(), optimizer=optimizer, learning_rate=rate)
    assert error.setting == "learning_rate"


@pytest.mark.parametrize("setting", ["loss", "optimizer"])
def test_unknown_keys_are_refused_with_those_there_are(setting):
    error = refused(SettingsError, "“mystery”.*(mse|sgd)", layered(), **{setting: "mystery"})
    assert error.setting == setting


@pytest.mark.parametrize(
    ("optimizer", "options", "message"),
    [
        ("momentum", {"momentum": 1.0}, "momentum of Momentum must be at least 0 and below 1, not 1"),
        ("adam", {"beta2": -0.1}, "beta2 of Adam must be at least 0"),
        ("rmsprop", {"eps": 0.0}, "eps of RMSprop must be above 0, not 0"),
        ("adamw", {"weight_decay": -1.0}, "weight_decay of AdamW must be at least 0, not -1"),
        ("adam", {"beta1": math.nan}, "beta1"),
    ],
)
def test_options_outside_their_limits_are_refused(optimizer, options, message):
    assert (
        refused(SettingsError, message, layered(), optimizer=optimizer, options=options).setting == "options"
    )


def test_a_network_that_is_frozen_throughout_is_refused():
    network = layered()
    for neuron in network.neurons:
        network.update_neuron(neuron.id, trainable=False)
    for connection in network.connections[:-1]:
        network.update_connection(connection.id, trainable=False)
    check(network)
    network.update_connection(network.connections[-1].id, trainable=False)
    refused(SettingsError, "All weights and biases are frozen", network)


def test_the_perceptron_rule_needs_something_to_train_at_the_outputs():
    network = single()
    hidden = network.add_neuron("hidden")
    network.connect(network.inputs[0].id, hidden.id)
    output = network.outputs[0]
    network.update_neuron(output.id, trainable=False)
    for connection in network.incoming(output.id):
        network.update_connection(connection.id, trainable=False)
    refused(SettingsError, "only the weights and biases of outputs", network, optimizer="perceptron")


# Optimizers and activations


@pytest.mark.parametrize("optimizer", [key for key, entry in OPTIMIZERS.items() if entry.uses_gradient])
def test_a_step_output_is_refused_by_gradients_and_the_perceptron_rule_offered(optimizer):
    error = refused(
        SettingsError, "y has the activation step.*perceptron rule", single(), optimizer=optimizer
    )
    assert error.setting == "optimizer"
    assert len(error.neuron_ids) == 1


def test_a_hidden_step_is_refused_without_offering_what_would_not_work():
    network = layered(hidden="step")
    error = refused(SettingsError, "h has the activation step", network)
    assert "perceptron" not in str(error)
    assert error.neuron_ids == (network.hidden[0].id,)


def test_several_steps_are_spoken_of_as_several():
    network = single()
    second = network.add_neuron("output", activation="step", label="z")
    network.connect(network.inputs[0].id, second.id)
    refused(SettingsError, "y, z have the activation step.*leads to them.*give them", network)


def test_a_step_behind_which_all_is_frozen_is_no_obstacle():
    network = layered(hidden="step")
    hidden = network.hidden[0]
    network.update_neuron(hidden.id, trainable=False)
    for connection in network.incoming(hidden.id):
        network.update_connection(connection.id, trainable=False)
    check(network)


def test_the_perceptron_rule_is_refused_with_hidden_neurons():
    refused(SettingsError, "what h should have given", layered("step"), optimizer="perceptron")


@pytest.mark.parametrize(
    ("loss", "activation", "message"),
    [
        ("cross_entropy", "sigmoid", "needs softmax at all outputs, but y1 has the activation sigmoid"),
        ("binary_cross_entropy", "tanh", "needs outputs between 0 and 1, but y1 .* Give it sigmoid"),
        ("binary_cross_entropy", "relu", "needs outputs between 0 and 1"),
        ("hinge", "sigmoid", "above and below 0, but y1"),
    ],
)
def test_losses_that_do_not_suit_the_outputs_are_refused_with_what_would(loss, activation, message):
    network = layered(activation, outputs=2)
    error = refused(SettingsError, message, network, y=np.hstack((Y, Y)), loss=loss)
    assert error.setting == "loss"
    assert error.neuron_ids == (network.outputs[0].id,)


def test_cross_entropy_over_a_single_output_is_refused():
    refused(SettingsError, "two or more classes", layered("softmax"), loss="cross_entropy")


# Data


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X[:, :1], Y, r"1 feature column, but the network has 2 inputs \(a, b\)"),
        (X, np.hstack((Y, Y)), r"2 target columns, but the network has 1 output \(y1\)"),
        (X[0], Y, r"features must be a table"),
        (X, Y[:, 0], r"targets must be a table"),
        (X[:3], Y, "3 rows of features but 4 rows of targets"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(x, y, message):
    refused(ShapeError, message, layered(), x, y)


def test_data_without_rows_are_refused():
    refused(DataError, "no rows", layered(), X[:0], Y[:0])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_are_not_finite_are_refused_with_their_row_and_column(bad):
    x, y = X.copy(), Y.copy()
    x[2, 1] = bad
    network = layered()
    error = refused(DataError, r"row 3, column 2 of the features \(b\)", network, x)
    assert error.neuron_ids == (network.inputs[1].id,)
    y[1, 0] = bad
    refused(DataError, r"row 2, column 1 of the targets \(y1\)", network, y=y)


@pytest.mark.parametrize("bad", [1e39, -1e300])
def test_numbers_too_large_for_float32_are_refused_with_their_row_and_column(bad):
    x, y = X.copy(), Y.copy()
    x[2, 1] = bad
    program = compile_network(layered(), dtype="float32")
    with pytest.raises(DataError, match=r"row 3, column 2 of the features \(b\).*float32") as caught:
        check_training(program, Settings(), x, y)
    assert caught.value.neuron_ids == (program.neuron_ids[1],)
    y[1, 0] = bad
    with pytest.raises(DataError, match=r"row 2, column 1 of the targets \(y1\).*float32"):
        check_training(program, Settings(), X, y)
    check(layered(), x, y)


@pytest.mark.parametrize("bad", [-0.1, 1.5, 2.0])
def test_targets_that_are_no_probabilities_are_refused_by_cross_entropies(bad):
    y = Y.copy()
    y[3, 0] = bad
    refused(DataError, r"row 4, column 1 .*from 0 to 1", layered(), y=y, loss="binary_cross_entropy")
    two = np.hstack((y, 1.0 - y))
    refused(DataError, r"row 4.*from 0 to 1", layered("softmax", outputs=2), y=two, loss="cross_entropy")


def test_probabilities_of_classes_have_to_sum_to_one():
    y = np.array([[1.0, 0.0], [0.25, 0.75], [1.0, 1.0], [0.0, 1.0]])
    network = layered("softmax", outputs=2)
    refused(DataError, "row 3 sum to 2", network, y=y, loss="cross_entropy")
    y[2] = (0.3, 0.7)
    check(network, y=y, loss="cross_entropy")


def test_hinge_takes_either_kind_of_classes_but_no_mixture_and_no_other_numbers():
    network = layered("identity")
    check(network, loss="hinge")
    check(network, y=2.0 * Y - 1.0, loss="hinge")
    refused(DataError, "mix -1 and 0", network, y=np.array([[-1.0], [0.0], [1.0], [1.0]]), loss="hinge")
    refused(DataError, "names no class", network, y=0.5 * Y, loss="hinge")


def test_the_perceptron_rule_takes_decisions_only():
    refused(DataError, "needs targets 0 and 1", single(), y=2.0 * Y - 1.0, optimizer="perceptron")
