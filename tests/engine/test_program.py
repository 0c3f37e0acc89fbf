import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.engine import compile as compiling
from nnstudio.engine import compile_network
from nnstudio.engine import program as program_module
from nnstudio.engine.losses import LOSSES
from nnstudio.errors import SettingsError, ShapeError
from nnstudio.network import Network
from tests.engine import naive
from tests.engine.strategies import batches, networks, random_network


@given(st.data())
def test_every_neuron_of_a_random_network_has_the_value_that_plain_python_finds(data):
    network = data.draw(networks())
    x, _ = data.draw(batches(network))
    program = compile_network(network)
    parameters = program.initial_parameters()
    values = program.activations(parameters, x)
    for row, found in zip(x, values, strict=True):
        expected = naive.forward(network, row)
        np.testing.assert_allclose(
            found, [expected[key] for key in program.neuron_ids], rtol=1e-11, atol=1e-13
        )
    np.testing.assert_array_equal(program.predict(parameters, x), values[:, program.output_slots])


@given(st.data(), st.sampled_from(("mse", "mae", "huber", "hinge")))
def test_the_loss_of_a_random_network_is_what_plain_python_finds(data, loss):
    network = data.draw(networks())
    x, y = data.draw(batches(network))
    program = compile_network(network)
    parameters = program.initial_parameters()
    found = [naive.forward(network, row) for row in x]
    outputs = [[values[neuron.id] for neuron in network.outputs] for values in found]
    expected = naive.loss(loss, outputs, y)
    assert program.loss(parameters, x, y, loss) == pytest.approx(expected, rel=1e-11, abs=1e-13)
    assert program.loss_and_gradients(parameters, x, y, loss)[0] == program.loss(parameters, x, y, loss)


@given(st.data())
def test_lists_and_matrices_give_the_same_numbers(data):
    network = data.draw(networks())
    x, y = data.draw(batches(network))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "SMALL_MATRIX", 0)
        patch.setattr(compiling, "DENSE_SHARE", 1.1)
        patch.setattr(compiling, "SPARSE_PIECE", 3)
        lists = compile_network(network)
        patch.setattr(compiling, "DENSE_SHARE", 0.0)
        matrices = compile_network(network)
    assert all(type(b).__name__ == "SparseBlock" for level in lists.levels for b in level.blocks)
    assert all(type(b).__name__ == "DenseBlock" for level in matrices.levels for b in level.blocks)
    parameters = lists.initial_parameters()
    loss, gradients = lists.loss_and_gradients(parameters, x, y)
    other_loss, other_gradients = matrices.loss_and_gradients(parameters, x, y)
    assert loss == pytest.approx(other_loss, rel=1e-12)
    np.testing.assert_allclose(gradients.flat, other_gradients.flat, rtol=1e-9, atol=1e-12)


@given(st.data())
def test_rows_computed_in_parts_give_the_same_numbers(data):
    network = data.draw(networks())
    x, y = data.draw(batches(network, max_rows=9))
    whole = compile_network(network)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "TEMPORARY_SIZE", 4 * len(network.neurons))
        parts = compile_network(network)
    assert parts.rows_at_once <= 4
    parameters = whole.initial_parameters()
    np.testing.assert_allclose(
        parts.predict(parameters, x), whole.predict(parameters, x), rtol=1e-12, atol=1e-14
    )
    assert parts.activations(parameters, x).shape == (len(x), len(network.neurons))
    assert parts.loss(parameters, x, y) == pytest.approx(whole.loss(parameters, x, y), rel=1e-12)
    loss, gradients = whole.loss_and_gradients(parameters, x, y)
    parts_loss, parts_gradients = parts.loss_and_gradients(parameters, x, y)
    assert parts_loss == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(parts_gradients.flat, gradients.flat, rtol=1e-9, atol=1e-12)


@given(st.data())
def test_the_gradient_of_a_batch_is_the_mean_of_those_of_its_rows(data):
    network = data.draw(networks(max_hidden=4))
    x, y = data.draw(batches(network))
    program = compile_network(network)
    parameters = program.initial_parameters()
    rows = [program.loss_and_gradients(parameters, x[i : i + 1], y[i : i + 1])[1].flat for i in range(len(x))]
    whole = program.loss_and_gradients(parameters, x, y)[1].flat
    np.testing.assert_allclose(whole, np.mean(rows, axis=0), rtol=1e-9, atol=1e-12)


@given(st.data())
def test_inputs_have_no_gradient_and_nothing_that_is_given_is_changed(data):
    network = data.draw(networks())
    x, y = data.draw(batches(network))
    program = compile_network(network)
    parameters = program.initial_parameters().snapshot()
    x.flags.writeable = y.flags.writeable = False
    _, gradients = program.loss_and_gradients(parameters, x, y)
    assert (gradients.biases[program.input_slots] == 0.0).all()
    program.predict(parameters, x)


def perceptron(activation="sigmoid", weights=(0.7, 0.2), bias=0.3):
    network = Network()
    inputs = [network.add_neuron("input").id for _ in weights]
    output = network.add_neuron("output", activation=activation, bias=bias)
    for source, weight in zip(inputs, weights, strict=True):
        network.connect(source, output.id, weight=weight)
    return network


def test_a_perceptron_has_the_numbers_worked_out_by_hand():
    program = compile_network(perceptron())
    parameters = program.initial_parameters()
    out = 1.0 / (1.0 + math.exp(-(0.7 * 0.1 + 0.2 * 0.4 + 0.3)))
    loss, gradients = program.loss_and_gradients(parameters, [[0.1, 0.4]], [[0.5]])
    delta = 2.0 * (out - 0.5) * out * (1.0 - out)
    assert loss == pytest.approx((out - 0.5) ** 2, rel=1e-15)
    np.testing.assert_allclose(gradients.weights, [delta * 0.1, delta * 0.4], rtol=1e-14)
    np.testing.assert_allclose(gradients.biases, [0.0, 0.0, delta], rtol=1e-14)


def test_outputs_that_feed_others_get_their_error_from_both_sides():
    network = Network()
    x = network.add_neuron("input")
    first = network.add_neuron("output", activation="identity", bias=0.0)
    second = network.add_neuron("output", activation="identity", bias=0.0)
    inner = network.connect(x.id, first.id, weight=2.0)
    outer = network.connect(first.id, second.id, weight=3.0)
    program = compile_network(network)
    _, gradients = program.loss_and_gradients(program.initial_parameters(), [[1.0]], [[0.0, 0.0]])
    by_id = dict(zip(program.connection_ids, gradients.weights.tolist(), strict=True))
    # L = (a² + b²) / 2 with a = 2 and b = 3a = 6: dL/da = a + 3b = 20, dL/db = 6.
    assert by_id == {inner.id: 20.0, outer.id: 12.0}


def test_a_softmax_group_may_feed_later_outputs():
    rng = np.random.default_rng(3)
    network = Network()
    x = network.add_neuron("input")
    group = [network.add_neuron("output", activation="softmax") for _ in range(3)]
    last = network.add_neuron("output", activation="identity", bias=0.0)
    for member in group:
        network.connect(x.id, member.id, weight=float(rng.normal()))
        network.connect(member.id, last.id, weight=1.0)
    program = compile_network(network)
    outputs = program.predict(program.initial_parameters(), rng.normal(size=(5, 1)))
    np.testing.assert_allclose(outputs[:, :3].sum(axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(outputs[:, 3], 1.0, rtol=1e-14)


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_over_outputs_of_several_activations_are_one_mean(loss, rng):
    network = random_network(
        rng, inputs=2, hidden=3, outputs=3, softmax=2, density=0.6,
        hidden_activations=("tanh",), output_activations=("sigmoid", "gaussian"),
    )  # fmt: skip
    program = compile_network(network)
    parameters = program.initial_parameters()
    x, y = rng.normal(size=(4, 2)), rng.integers(0, 2, (4, 5)).astype(float)
    outputs = program.predict(parameters, x)
    assert program.loss(parameters, x, y, loss) == pytest.approx(LOSSES[loss].value(outputs, y), rel=1e-12)


@pytest.mark.parametrize(
    ("loss", "activation"), [("binary_cross_entropy", "sigmoid"), ("cross_entropy", "softmax")]
)
def test_saturated_outputs_still_have_a_finite_loss_and_a_gradient(loss, activation):
    network = Network()
    x = network.add_neuron("input")
    for weight in (1e4, -1e4):
        y = network.add_neuron("output", activation=activation)
        network.connect(x.id, y.id, weight=weight)
    program = compile_network(network)
    parameters = program.initial_parameters()
    value, gradients = program.loss_and_gradients(parameters, [[1.0]], [[0.0, 1.0]], loss)
    assert value == pytest.approx(1e4 if loss == "binary_cross_entropy" else 2e4)
    assert np.abs(gradients.weights).min() > 0.4


def test_overflow_shows_in_the_numbers_and_not_as_a_warning():
    program = compile_network(perceptron("identity", weights=(1e300, 1e300)))
    parameters = program.initial_parameters()
    loss, gradients = program.loss_and_gradients(parameters, [[1e10, 1.0]], [[0.0]])
    assert loss == math.inf
    assert not gradients.is_finite


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh", "softplus", "identity"])
def test_nan_in_the_data_gives_a_loss_of_nan(activation):
    program = compile_network(perceptron(activation))
    parameters = program.initial_parameters()
    loss, _ = program.loss_and_gradients(parameters, [[math.nan, 1.0], [1.0, 1.0]], [[0.0], [0.0]])
    assert math.isnan(loss)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([[1.0]], [[1.0]], r"2 inputs, so x must have the shape \(rows, 2\), not \(1, 1\)"),
        ([1.0, 2.0], [[1.0]], r"not \(2,\)"),
        ([[1.0, 2.0]], [1.0], r"1 output, so y must have the shape \(rows, 1\), not \(1,\)"),
        ([[1.0, 2.0]], [[1.0], [2.0]], "1 rows of inputs but 2 rows of targets"),
        (np.empty((0, 2)), np.empty((0, 1)), "no rows"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_what_would(x, y, message):
    program = compile_network(perceptron())
    for function in (program.loss, program.loss_and_gradients):
        with pytest.raises(ShapeError, match=message):
            function(program.initial_parameters(), x, y)


def test_no_rows_have_no_outputs():
    program = compile_network(perceptron())
    assert program.predict(program.initial_parameters(), np.empty((0, 2))).shape == (0, 1)


def test_an_unknown_loss_is_refused_with_those_there_are():
    program = compile_network(perceptron())
    with pytest.raises(SettingsError, match="mse, mae") as caught:
        program.loss(program.initial_parameters(), [[1.0, 2.0]], [[1.0]], "mystery")
    assert caught.value.setting == "loss"


def test_single_precision_agrees_to_its_digits(rng):
    network = random_network(
        rng, inputs=3, hidden=8, outputs=2, softmax=2, density=0.5,
        hidden_activations=("tanh", "silu", "gelu"), output_activations=("sigmoid",),
    )  # fmt: skip
    double, single = compile_network(network), compile_network(network, dtype=np.float32)
    x, y = rng.normal(size=(6, 3)), rng.uniform(size=(6, 4))
    loss, gradients = double.loss_and_gradients(double.initial_parameters(), x, y)
    single_loss, single_gradients = single.loss_and_gradients(single.initial_parameters(), x, y)
    assert single_loss == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(single_gradients.flat, gradients.flat, rtol=1e-3, atol=1e-5)


def test_a_program_says_what_it_is_in_one_line():
    assert repr(compile_network(perceptron())) == "Program(3 neurons, 2 connections, 1 levels, float64)"


def test_the_size_of_parts_is_the_one_the_program_uses():
    assert compiling.TEMPORARY_SIZE is program_module.TEMPORARY_SIZE
