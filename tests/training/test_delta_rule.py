"""The addition perceptron: its published update rule, data and results."""

import numpy as np
import pytest

from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.network import Network
from nnstudio.training import Trainer, TrainingSettings, train
from nnstudio.training.metrics import rounded_accuracy

# mse has the derivative 2 (out - y), the published delta rule the factor 1: half the published learning rate.
PUBLISHED_RATE = 0.1
ONLINE = {"loss": "mse", "optimizer": "sgd", "learning_rate": PUBLISHED_RATE / 2, "batch_size": 1}


def perceptron(activation: str = "sigmoid", seed: int = 0) -> Network:
    network = Network()
    sources = [network.add_neuron("input", label=label).id for label in "ab"]
    out = network.add_neuron("output", label="sum", activation=activation).id
    for source in sources:
        network.connect(source, out)
    network.initialize("uniform", seed)
    return network


def published_update(weights: np.ndarray, bias: float, x: np.ndarray, y: float) -> tuple[np.ndarray, float]:
    out = 1.0 / (1.0 + np.exp(-(weights @ x + bias)))
    delta = (y - out) * out * (1.0 - out)
    return weights + PUBLISHED_RATE * delta * x, bias + PUBLISHED_RATE * delta


@pytest.mark.parametrize("seed", range(5))
def test_online_sgd_on_mse_at_half_the_rate_is_the_published_delta_rule(seed: int) -> None:
    network = perceptron(seed=seed)
    data = make_dataset("addition")
    program = compile_network(network)
    trainer = Trainer(program, program.initial_parameters(), data, TrainingSettings(**ONLINE, shuffle=False))
    weights = np.array([connection.weight for connection in network.connections])
    bias = network.outputs[0].bias
    for x, y in zip(data.x_train, data.y_train[:, 0], strict=True):
        weights, bias = published_update(weights, bias, x, y)
        trainer.step()
        assert np.abs(trainer.parameters.weights - weights).max() <= 1e-15
        assert abs(trainer.parameters.biases[program.output_slots[0]] - bias) <= 1e-15


def test_the_start_is_uniform_from_zero_to_one() -> None:
    values = [
        value for seed in range(50) for part in perceptron(seed=seed).values() for value in part.values()
    ]
    assert 0.0 <= min(values) < 0.1
    assert 0.9 < max(values) < 1.0


def test_an_identity_output_gets_all_published_rows_right() -> None:
    data = make_dataset("addition")
    result = train(perceptron("identity"), data, TrainingSettings(**ONLINE, epochs=80))
    outputs = result.program.predict(result.parameters, data.x_test)
    assert rounded_accuracy(outputs, data.y_test) == 1.0
    assert result.parameters.weights.tolist() == pytest.approx([1.0, 1.0], abs=1e-6)


def test_a_sigmoid_output_learns_most_sums_but_not_those_near_one() -> None:
    data = make_dataset("addition")
    network = perceptron()
    program = compile_network(network)
    before = program.predict(program.initial_parameters(), data.x_test)
    result = train(network, data, TrainingSettings(**ONLINE, epochs=120))
    outputs = result.program.predict(result.parameters, data.x_test)
    right = np.round(outputs, 1) == np.round(data.y_test, 1)
    assert rounded_accuracy(before, data.y_test) < rounded_accuracy(outputs, data.y_test)
    assert not right[data.y_test >= 0.95].any()
