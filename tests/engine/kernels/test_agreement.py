"""The kernels against the reference: losses, gradients, and whole trainings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nnstudio.engine import compile_network
from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.network import Network
from tests.engine.kernels.helpers import (
    assert_agree,
    epochs,
    loss_and_gradients,
    outputs_for,
    program_of,
    reference,
    targets,
    training,
)
from tests.engine.strategies import ELEMENTWISE, networks

WIDTHS = pytest.mark.parametrize("lanes", [1, 4, 16])
DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])


def check(program, x, y, loss, lanes):
    expected_loss, expected = program.loss_and_gradients(program.initial_parameters(), x, y, loss)
    assert np.isfinite(expected_loss)
    found_loss, found = loss_and_gradients(program, x, y, loss, lanes)
    name = program.dtype.name
    assert_agree(found_loss, expected_loss, name)
    # Terms of opposite rows may cancel each other in all of the gradient.
    assert_agree(found, expected.flat, name, least_scale=1e-3)


@WIDTHS
@DTYPES
@pytest.mark.parametrize("loss", LOSSES)
def test_every_pair_of_loss_and_output_activation(loss, lanes, dtype, rng):
    for output in outputs_for(loss):
        program = program_of([3, 5, 3], "tanh", output, dtype=dtype)
        check(program, rng.normal(size=(7, 3)), targets(rng, 7, 3, loss), loss, lanes)


@WIDTHS
@DTYPES
@pytest.mark.parametrize("key", ELEMENTWISE)
def test_every_hidden_activation(key, lanes, dtype, rng):
    program = program_of([3, 6, 5, 2], key, "identity", dtype=dtype)
    check(program, 2.0 * rng.normal(size=(21, 3)), targets(rng, 21, 2, "mse"), "mse", lanes)


@settings(max_examples=150)
@given(st.data())
def test_any_acyclic_network_with_any_batch(data):
    network = data.draw(networks())
    dtype = data.draw(st.sampled_from(("float64", "float64", "float32")))
    program = compile_network(network, dtype=dtype)
    rows = data.draw(st.integers(1, 40))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    loss = data.draw(st.sampled_from(("mse", "mae", "huber", "hinge")))
    if all(key in ("sigmoid", "softmax", "gaussian") for key in program.output_activations):
        loss = data.draw(st.sampled_from(("binary_cross_entropy", loss)))
    if program.output_activations == ("softmax",):
        loss = data.draw(st.sampled_from(("cross_entropy", loss)))
    x = rng.normal(size=(rows, program.n_inputs))
    # Deep chains of unbounded activations amplify the last bit until nothing can be compared.
    values = program.activations(program.initial_parameters(), x)
    assume(np.abs(values).max() < (1e3 if dtype == "float64" else 10.0))
    if loss == "binary_cross_entropy":
        # So does its slope by a probability near 0 or 1, unless the pair is fused.
        outputs = values[:, program.output_slots]
        assume(np.minimum(outputs, 1.0 - outputs).min() > 1e-3)
    # Values at a kink fall on either side by the last bit.
    lanes = data.draw(st.sampled_from((1, 4, 16)))
    check(program, x, targets(rng, rows, program.n_outputs, loss), loss, lanes)


@settings(max_examples=60)
@given(st.data())
def test_any_acyclic_network_trained_on_single_rows(data):
    activations = ("tanh", "sigmoid", "sine", "gaussian", "identity", "softplus")
    program = compile_network(data.draw(networks(activations=activations, max_hidden=5)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x, y = rng.normal(size=(7, program.n_inputs)), rng.integers(0, 2, (7, program.n_outputs)).astype(float)
    loss = "cross_entropy" if program.output_activations == ("softmax",) else "mse"
    order = epochs(rng, 7, 3)
    how = {"loss": loss, "batch": 1, "learning_rate": 0.01}
    expected_losses, expected, _ = reference(program, x, y, order, **how)
    assume(np.isfinite(expected_losses).all() and np.abs(expected.flat).max() < 1e3)
    made = training(program, x, y, **how)
    assert_agree(made.run(order), expected_losses, "float64", factor=100.0)
    assert_agree(made.parameters.flat, expected.flat, "float64", factor=100.0)


@settings(max_examples=100)
@given(st.data())
def test_outputs_that_feed_others_get_both_their_derivatives(data):
    softmax = data.draw(st.booleans())
    network = data.draw(networks(activations=("sigmoid",), with_softmax=softmax))
    program = compile_network(network)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(size=(9, program.n_inputs))
    y = rng.integers(0, 2, (9, program.n_outputs)).astype(float)
    losses = ["binary_cross_entropy"]
    if program.output_activations == ("softmax",):
        losses.append("cross_entropy")
    loss = data.draw(st.sampled_from(losses))
    if softmax and loss == "binary_cross_entropy":
        # Not fused: of a probability near 1 the distance to 1 has few digits left, in any engine.
        answers = program.predict(program.initial_parameters(), x)
        assume(answers.max() < 0.999)
    check(program, x, y, loss, data.draw(st.sampled_from((1, 4, 16))))


@WIDTHS
@pytest.mark.parametrize(
    ("loss", "output"), [("binary_cross_entropy", "sigmoid"), ("cross_entropy", "softmax"), ("mse", "tanh")]
)
def test_an_output_between_others(loss, output, lanes, rng):
    network = Network()
    inputs = [network.add_neuron("input").id for _ in range(2)]
    first = [network.add_neuron("output", activation=output, bias=0.1).id for _ in range(2)]
    hidden = network.add_neuron("hidden", activation="tanh", bias=-0.2).id
    for target in first:
        for source in inputs:
            network.connect(source, target, weight=rng.normal())
        network.connect(target, hidden, weight=rng.normal())
    if output != "softmax":
        last = network.add_neuron("output", activation=output).id
        network.connect(hidden, last, weight=1.3)
        network.connect(first[0], last, weight=-0.7)
    program = compile_network(network)
    y = targets(rng, 6, program.n_outputs, loss)
    check(program, rng.normal(size=(6, 2)), y, loss, lanes)


@WIDTHS
def test_neurons_without_connections_keep_their_bias(lanes, rng):
    network = Network()
    source = network.add_neuron("input").id
    lonely = network.add_neuron("hidden", activation="sigmoid", bias=0.7).id
    output = network.add_neuron("output", activation="identity", bias=0.1).id
    network.connect(source, output, weight=0.5)
    network.connect(lonely, output, weight=-1.5)
    network.add_neuron("hidden", activation="tanh", bias=0.3)
    network.add_neuron("input")
    program = compile_network(network)
    check(program, rng.normal(size=(5, 2)), rng.normal(size=(5, 1)), "mse", lanes)


def matching(key):
    """Return sizes, activations and loss that an optimizer can train."""
    if key == "perceptron":
        return [3, 2], "tanh", "step", "mse"
    return [3, 6, 2], "tanh", "sigmoid", "binary_cross_entropy"


@DTYPES
@pytest.mark.parametrize("batch", [1, 3, 21])
@pytest.mark.parametrize("key", OPTIMIZERS)
def test_a_hundred_steps_of_every_optimizer(key, batch, dtype, rng):
    sizes, hidden, output, loss = matching(key)
    program = program_of(sizes, hidden, output, dtype=dtype)
    rows = 25  # the last batch is smaller
    x = rng.normal(size=(rows, 3)).astype(dtype)
    y = targets(rng, rows, 2, "binary_cross_entropy").astype(dtype)
    order = epochs(rng, rows, -(-100 * batch // rows))
    how = {"loss": loss, "optimizer": key, "batch": batch, "learning_rate": 0.003}
    expected_losses, expected, expected_state = reference(program, x, y, order, **how)
    made = training(program, x, y, **how)
    losses = made.run(order)
    # RMSprop divides by gradients close to 0, which magnifies the last bits.
    factor = 1e3 if dtype == "float64" else 10.0
    assert_agree(losses, expected_losses, dtype, factor=factor)
    assert_agree(made.parameters.flat, expected.flat, dtype, factor=factor)
    for name, vector in expected_state.items():
        assert_agree(made.state[name], vector, dtype, factor=factor)


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_frozen_parameters_stay_and_the_others_train(key, rng):
    _, _, output, loss = matching(key)
    network = Network()
    inputs = [network.add_neuron("input").id for _ in range(2)]
    outputs = [
        network.add_neuron("output", activation=output, bias=0.3, trainable=place == 0).id
        for place in range(2)
    ]
    for number, target in enumerate(outputs):
        for place, source in enumerate(inputs):
            network.connect(source, target, weight=rng.normal(), trainable=number == place)
    program = compile_network(network)
    x, y = rng.normal(size=(30, 2)), targets(rng, 30, 2, "binary_cross_entropy")
    made = training(program, x, y, loss=loss, optimizer=key, batch=4, options={})
    made.run(epochs(rng, 30, 3))
    changed = made.parameters.flat != program.initial_parameters().flat
    np.testing.assert_array_equal(changed, program.gradient_mask)


@pytest.mark.parametrize("output", ["step", "sigmoid"])
@pytest.mark.parametrize("batch", [1, 4, 30])
@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
def test_the_perceptron_rule(output, batch, loss, rng):
    program = program_of([3, 2], "tanh", output, scale=20.0)
    x = rng.normal(size=(30, 3))
    y = (x @ rng.normal(size=(3, 2)) > 0.3).astype(float)
    order = epochs(rng, 30, 5)
    how = {"loss": loss, "optimizer": "perceptron", "batch": batch, "learning_rate": 0.1}
    expected_losses, expected, _ = reference(program, x, y, order, **how)
    made = training(program, x, y, **how)
    # Sums far from 0: the loss is taken from the sum where the reference does so.
    assert_agree(made.run(order), expected_losses, "float64")
    assert_agree(made.parameters.flat, expected.flat, "float64")


@WIDTHS
@DTYPES
@pytest.mark.parametrize("loss", LOSSES)
def test_evaluation_gives_the_loss_of_the_reference(loss, lanes, dtype, rng):
    output = outputs_for(loss)[0]
    program = program_of([3, 4, 3], "tanh", output, dtype=dtype)
    x = rng.normal(size=(37, 3)).astype(dtype)
    y = targets(rng, 37, 3, loss).astype(dtype)
    made = training(program, x, y, loss=loss, batch=lanes)
    measured = made.kernels.evaluate(made.kernels.training_rows, 0.5)
    outputs = program.predict(made.parameters, x)
    assert measured.complete
    assert_agree(measured.loss, program.loss(made.parameters, x, y, loss), dtype)
    assert_agree(measured.squared_errors, np.square(outputs - y).sum(axis=0), dtype)
    assert_agree(measured.absolute_errors, np.abs(outputs - y).sum(axis=0), dtype)
    assert measured.right == np.count_nonzero(outputs.argmax(axis=1) == y.argmax(axis=1))


@pytest.mark.parametrize(
    ("loss", "threshold", "low"), [("mse", 0.5, 0.0), ("hinge", 0.0, 0.0), ("hinge", 0.0, -1.0)]
)
def test_evaluation_counts_the_right_decisions_of_a_single_output(loss, threshold, low, rng):
    program = program_of([2, 4, 1], "tanh", "identity")
    x = rng.normal(size=(50, 2))
    y = np.where(rng.random((50, 1)) < 0.5, 1.0, low)
    made = training(program, x, y, loss=loss, batch=16)
    outputs = program.predict(made.parameters, x)
    right = (outputs >= threshold) == (y >= 0.5)
    assert 0 < right.sum() < 50
    assert made.kernels.evaluate(made.kernels.rows(x, y), threshold).right == right.sum()


def test_every_activation_is_compiled():
    for key in ACTIVATIONS:
        program = program_of(
            [2, 2, 2], "tanh" if key == "softmax" else key, "identity" if key != "softmax" else key
        )
        made = training(program, np.ones((1, 2)), np.ones((1, 2)))
        assert made.kernels.unsupported(program, "mse", "sgd") is None
