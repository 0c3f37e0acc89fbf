"""Batches of one row: networks of a single neuron have a loop of their own."""

import numpy as np
import pytest

from nnstudio.engine import compile_network
from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.engine.kernels.plan import LOSS_KEYS
from nnstudio.network import Network

from .helpers import assert_agree, reference, targets, training

ROWS, EPOCHS, RATE = 17, 3, 0.02
# What tells rows apart by a step learns nothing by a gradient.
SMOOTH = [key for key, entry in ACTIVATIONS.items() if entry.elementwise and key != "step"]


def neuron(activation, *, inputs=3, dtype="float64", frozen=()):
    network = Network()
    ids = [network.add_neuron("input").id for _ in range(inputs)]
    output = network.add_neuron("output", activation=activation, bias=0.25).id
    for number, source in enumerate(ids):
        weight = float(np.cos(3 * number + 1))
        network.connect(source, output, weight=weight, trainable=number not in frozen)
    return compile_network(network, dtype=dtype)


def assert_trains_like_the_reference(program, x, y, loss, optimizer="sgd"):
    x, y = x.astype(program.dtype), y.astype(program.dtype)
    made = training(program, x, y, loss=loss, optimizer=optimizer, learning_rate=RATE, batch=1)
    order = np.tile(np.arange(len(x), dtype=np.uint64), EPOCHS)
    losses = made.run(order, budget=5)
    how = {"loss": loss, "optimizer": optimizer, "learning_rate": RATE, "batch": 1}
    expected, parameters, _ = reference(program, x, y, order, **how)
    assert_agree(made.parameters.flat, parameters.flat, program.dtype.name)
    assert_agree(losses, expected, program.dtype.name)
    at_once = training(program, x, y, loss=loss, optimizer=optimizer, learning_rate=RATE, batch=1)
    assert at_once.run(order).tobytes() == losses.tobytes()
    assert at_once.parameters.flat.tobytes() == made.parameters.flat.tobytes()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", SMOOTH)
def test_a_neuron_of_every_activation_trains_like_the_reference(activation, dtype, rng):
    program = neuron(activation, dtype=dtype)
    x, y = rng.normal(size=(ROWS, 3)), rng.uniform(size=(ROWS, 1))
    assert_trains_like_the_reference(program, x, y, "mse")


@pytest.mark.parametrize("loss", [key for key in LOSS_KEYS if key != "cross_entropy"])
def test_a_neuron_trains_by_every_loss_like_the_reference(loss, rng):
    program = neuron("sigmoid")
    assert_trains_like_the_reference(program, rng.normal(size=(ROWS, 3)), targets(rng, ROWS, 1, loss), loss)


def test_the_rule_of_the_perceptron_trains_like_the_reference(rng):
    program = neuron("step")
    x = rng.normal(size=(ROWS, 3))
    y = (x[:, :1] > 0.2).astype(float)
    assert_trains_like_the_reference(program, x, y, "mse", "perceptron")


def test_frozen_weights_of_a_neuron_stay(rng):
    program = neuron("tanh", frozen=(1,))
    x, y = rng.normal(size=(ROWS, 3)), rng.normal(size=(ROWS, 1))
    assert_trains_like_the_reference(program, x, y, "mse")
    made = training(program, x, y, learning_rate=RATE, batch=1)
    made.run(np.arange(ROWS, dtype=np.uint64))
    moved = made.parameters.flat != program.initial_parameters().flat
    assert moved[: program.n_connections].tolist() == [True, False, True]


@pytest.mark.parametrize("bad", [np.nan, 1e200])
def test_a_neuron_keeps_its_last_finite_weights(bad, rng):
    program = neuron("identity")
    x, y = rng.normal(size=(ROWS, 3)), rng.normal(size=(ROWS, 1))
    x[9, 2] = bad
    made = training(program, x, y, learning_rate=RATE, batch=1)
    order, losses = np.arange(ROWS, dtype=np.uint64), np.zeros(1)
    assert made.kernels.train(order, 0, 100, losses) == 9
    assert made.kernels.diverged
    shorter = training(program, x, y, learning_rate=RATE, batch=1)
    shorter.kernels.train(order, 0, 9, np.zeros(1))
    assert made.parameters.flat.tobytes() == shorter.parameters.flat.tobytes()
