"""Weights of rows, dropout, constraints and custom activations on the kernels, against the reference."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from nnstudio.engine import compile_network
from nnstudio.engine.dropout import Dropout
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.shaping import Shaping
from tests.engine.kernels.helpers import (
    assert_agree,
    epochs,
    layered,
    outputs_for,
    program_of,
    reference,
    targets,
    training,
)
from tests.engine.strategies import ELEMENTWISE

# Rows at once, and whether by matrices.
ENGINES = pytest.mark.parametrize(
    "engine", [{"lanes": 1}, {"lanes": 4}, {"lanes": 16}, {"by_matrices": True}], ids=str
)
DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])
SHAPED = Shaping(l1=0.01, l2=0.05, weight_decay=0.1, clip_norm=0.2, clip_value=0.05)


def assert_same_training(program, x, y, order, engine, *, factor=1.0, **how):
    """Train on the kernels and on the reference, from the same start, and compare all there is."""
    dtype = program.dtype.name
    x, y = x.astype(dtype), y.astype(dtype)
    expected_losses, expected, expected_state = reference(program, x, y, order, **how)
    first_step = how.pop("first_step", 0)
    made = training(program, x, y, **how, **engine)
    losses = made.run(order, first_step=first_step)
    if dtype == "float32":
        factor = min(factor, 100.0)
    assert_agree(losses, expected_losses, dtype, factor=factor)
    assert_agree(made.parameters.flat, expected.flat, dtype, factor=factor)
    for name, vector in expected_state.items():
        assert_agree(made.state[name], vector, dtype, factor=factor)
    return made


def assert_any_steps_per_call_give_the_same_bits(program, x, y, order, engine, **how):
    results = []
    for budget in (10**9, 1, 3):
        made = training(program, x, y, **how, **engine)
        results.append([made.run(order, budget=budget), made.parameters.flat, *made.state.values()])
    for found in results[1:]:
        for left, right in zip(found, results[0], strict=True):
            np.testing.assert_array_equal(left, right)


@ENGINES
@DTYPES
@pytest.mark.parametrize("loss", LOSSES)
def test_weights_of_rows_in_every_loss(loss, engine, dtype, rng):
    weights = rng.uniform(0.1, 5.0, 25)
    for output in outputs_for(loss)[:4]:
        program = program_of([3, 5, 3], "tanh", output, dtype=dtype, scale=0.5)
        y = targets(rng, 25, 3, loss)
        # Near probabilities of 0 and 1 slopes are so steep that float32 soon has its own way.
        rate = 0.01 if dtype == "float64" else 0.0
        how = {"loss": loss, "batch": 7, "weights": weights, "learning_rate": rate, "factor": 10.0}
        made = assert_same_training(
            program, rng.normal(size=(25, 3)), y, epochs(rng, 25, 2), engine, optimizer="momentum", **how
        )
        x = made.kernels.training_rows.x.reshape(25, 3)
        measured = made.kernels.evaluate(made.kernels.training_rows, 0.5)
        expected = program.loss(made.parameters, x, y.astype(dtype), loss, weights)
        assert_agree(measured.loss, expected, dtype, factor=10.0)


@pytest.mark.parametrize("batch", [1, 4, 30])
def test_weights_of_rows_in_the_perceptron_rule(batch, rng):
    program = program_of([3, 2], "tanh", "step", scale=20.0)
    x = rng.normal(size=(30, 3))
    y = (x @ rng.normal(size=(3, 2)) > 0.3).astype(float)
    how = {"optimizer": "perceptron", "batch": batch, "weights": rng.uniform(0.1, 5.0, 30)}
    assert_same_training(program, x, y, epochs(rng, 30, 4), {}, **how)


@pytest.mark.parametrize("weight", [1.0, 0.3])
def test_a_single_row_counts_as_much_as_it_weighs(weight, rng):
    program = program_of([2, 3, 1], "tanh", "identity")
    x, y = rng.normal(size=(1, 2)), rng.normal(size=(1, 1))
    assert_same_training(program, x, y, epochs(rng, 1, 3), {}, weights=np.array([weight]))


@ENGINES
@DTYPES
@pytest.mark.parametrize("key", ELEMENTWISE)
def test_dropout_has_the_masks_of_the_reference_at_every_activation(key, engine, dtype, rng):
    program = program_of([3, 6, 5, 2], key, "identity", dtype=dtype, scale=0.4)
    x, y = rng.normal(size=(45, 3)), targets(rng, 45, 2, "mse")
    how = {"dropout": Dropout(0.4, 3), "batch": 21, "first_step": 7, "optimizer": "momentum"}
    assert_same_training(program, x, y, epochs(rng, 45, 2), engine, learning_rate=0.001, factor=10.0, **how)


@ENGINES
@pytest.mark.parametrize(("rate", "seed"), [(0.05, 2**63 - 1), (0.5, 0), (0.999, 5)])
def test_dropout_draws_the_same_masks_at_any_rate_seed_and_step(rate, seed, engine, rng):
    # The value of each hidden neuron is its bias, 1, and what is dropped shows in the gradient.
    network = layered([1, 40, 1], "identity", "identity")
    for connection in network.connections:
        into_hidden = network.neuron(connection.source).role == "input"
        network.update_connection(connection.id, weight=0.0 if into_hidden else 1.0)
    for neuron in network.neurons:
        if neuron.role != "input":
            network.update_neuron(neuron.id, bias=1.0 if neuron.role == "hidden" else 0.0)
    program = compile_network(network)
    dropout, step = Dropout(rate, seed), 10**9 + 7
    x, y = np.ones((1, 1)), np.zeros((1, 1))
    made = training(
        program, x, y, dropout=dropout, loss="mae", optimizer="momentum", learning_rate=0.0, **engine
    )
    made.run(np.zeros(1, np.uint64), first_step=step)
    hidden = program.target_slot == program.output_slots[0]
    factors = dropout.factors(program, step, 0, 1)[program.source_slot[hidden], 0]
    sign = float(factors.sum() > 0.0)
    np.testing.assert_array_equal(made.kernels.gradient[: program.n_connections][hidden], sign * factors)
    assert 0 < np.count_nonzero(factors) < 40 or rate == 0.999


@ENGINES
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_dropout_and_weights_do_not_depend_on_the_steps_per_call(optimizer, engine, rng):
    program = program_of([3, 8, 2], "tanh", "sigmoid")
    x, y = rng.normal(size=(23, 3)), targets(rng, 23, 2, "mse")
    how = {"dropout": Dropout(0.3, 1), "weights": rng.uniform(0.5, 2.0, 23), "optimizer": optimizer}
    assert_any_steps_per_call_give_the_same_bits(program, x, y, epochs(rng, 23, 4), engine, batch=7, **how)


@ENGINES
def test_dropout_leaves_measuring_alone(engine, rng):
    program = program_of([3, 8, 2], "sigmoid", "identity")
    x, y = rng.normal(size=(23, 3)), targets(rng, 23, 2, "mse")
    made = training(program, x, y, dropout=Dropout(0.5, 1), **engine)
    measured = made.kernels.evaluate(made.kernels.training_rows, 0.5)
    assert measured.loss == pytest.approx(program.loss(made.parameters, x, y), rel=1e-12)


def constrained(sizes, output, *, dtype="float64", hidden="tanh"):
    """Return a program with learning rates of its own, signs, frozen parts, and ties within and across."""
    network = layered(sizes, hidden, output, scale=0.5)
    connections = network.connections
    for number, connection in enumerate(connections):
        if number % 5 == 0:
            network.update_connection(connection.id, rate_factor=2.5)
        if number % 5 == 1:
            network.update_connection(connection.id, sign=1, weight=abs(connection.weight) * 0.01)
        if number % 5 == 2:
            network.update_connection(connection.id, sign=-1, weight=-abs(connection.weight) * 0.01)
        if number % 7 == 3:
            network.update_connection(connection.id, trainable=False)
    for connection in (connections[0], connections[3], connections[-1]):
        network.update_connection(connection.id, trainable=True, sign=0, rate_factor=0.5, tie="a", weight=0.3)
    for connection in (connections[1], connections[4]):
        network.update_connection(connection.id, trainable=True, sign=1, tie="b", weight=0.004)
    for number, neuron in enumerate(network.neurons):
        if number % 3 == 2:
            network.update_neuron(neuron.id, rate_factor=0.2)
    program = compile_network(network, dtype=dtype)
    assert program.is_constrained
    assert [len(tie) for tie in program.ties] == [3, 2]
    return program


@ENGINES
@DTYPES
@pytest.mark.parametrize("shaping", [Shaping(), SHAPED, Shaping(l2=0.1, clip_norm=0.01)], ids=str)
def test_constraints_with_every_optimizer(shaping, engine, dtype, rng):
    x = rng.normal(size=(25, 3))
    for key in OPTIMIZERS:
        if key == "perceptron":
            if "by_matrices" in engine:
                continue
            program, loss = constrained([3, 3], "step", dtype=dtype), "mse"
        else:
            program, loss = constrained([3, 6, 2], "sigmoid", dtype=dtype), "binary_cross_entropy"
        y = targets(rng, 25, program.n_outputs, "binary_cross_entropy")
        how = {"loss": loss, "optimizer": key, "shaping": shaping, "batch": 6, "learning_rate": 0.02}
        made = assert_same_training(program, x, y, epochs(rng, 25, 4), engine, factor=1e3, **how)
        weights = made.parameters.weights
        changed = made.parameters.flat != program.initial_parameters().flat
        assert not changed[~program.gradient_mask].any()
        assert changed.any()
        assert (weights * program.signs >= 0.0).all()
        for tie in program.ties:
            assert len(set(weights[tie].tolist())) == 1


@pytest.mark.parametrize("key", ["sgd", "perceptron"])
def test_constraints_with_single_rows(key, rng):
    program = constrained(
        [3, 3] if key == "perceptron" else [3, 6, 2], "step" if key == "perceptron" else "tanh"
    )
    x, y = rng.normal(size=(25, 3)), targets(rng, 25, program.n_outputs, "hinge")
    order, how = epochs(rng, 25, 4), {"optimizer": key, "batch": 1, "learning_rate": 0.3}
    made = assert_same_training(program, x, y, order, {}, factor=100.0, **how)
    free = dataclasses.replace(program, signs=np.zeros_like(program.signs))
    _, unbound, _ = reference(free, x, y, order, **how)
    assert (unbound.weights * program.signs < 0.0).any()
    assert (made.parameters.weights * program.signs >= 0.0).all()


@ENGINES
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_constraints_do_not_depend_on_the_steps_per_call(optimizer, engine, rng):
    program = constrained([3, 6, 2], "tanh")
    x, y = rng.normal(size=(23, 3)), targets(rng, 23, 2, "mse")
    assert_any_steps_per_call_give_the_same_bits(
        program, x, y, epochs(rng, 23, 4), engine, batch=7, optimizer=optimizer, shaping=SHAPED
    )


FORMULAS = (
    "x",
    "3",
    "x * tanh(x)",
    "1 / (1 + exp(-x))",
    "x / (1 + abs(x))",
    "max(x, 0)",
    "min(max(x, -1, 0.1 * x), 1)",
    "where(x > 0, x, 0.2 * (exp(min(x, 0)) - 1))",
    "where(-1 < x <= 1, x ** 3, where(x != 2, sin(x), cos(x)))",
    "log(1 + exp(x))",
    "sqrt(x * x + 1) - 1",
    "x ** 2 / 4 + x ** 1 + x ** 0",
    "(x ** 2 + 1) ** -0.5",
    "2 ** x - 2 ** -x",
    "(1 + abs(x)) ** (0.5 + x / 9)",
    "-x - -2 * (x - pi) / e",
    "exp(-(x ** 2)) * cos(3 * x)",
    "tanh(x) ** 3",
    "where(x >= 0, 1, 0) + 0.1 * x",
    "where(1 < 2, x, 0) / (2 + 1)",
    "exp(500) * exp(-500 - abs(x))",
    "tanh(exp(90 + x) / 1e40)",
    "(x + tanh(x)) ** 1",
)


@ENGINES
@DTYPES
def test_formulas_as_activations(engine, dtype, rng):
    if "by_matrices" in engine:
        pytest.skip("Formulas stay on the other kernels.")
    x, y = rng.normal(size=(21, 2)), targets(rng, 21, 2, "mse")
    for text in FORMULAS:
        if dtype == "float32" and ("500" in text or "1e40" in text):
            continue
        program = program_of([2, 4, 2], f"custom:{text}", "identity", dtype=dtype)
        how = {"optimizer": "momentum", "learning_rate": 0.0, "batch": 21}
        made = training(program, x, y, **how, **engine)
        made.run(np.arange(21, dtype=np.uint64))
        _, expected = program.loss_and_gradients(
            program.initial_parameters(), x.astype(dtype), y.astype(dtype)
        )
        assert_agree(made.kernels.gradient, expected.flat, dtype, factor=10.0)
