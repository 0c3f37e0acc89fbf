from __future__ import annotations

import threading
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.engine import backend, compile_network
from nnstudio.engine.kernels import CompiledTraining, MatrixTraining, matrices, products, selfcheck
from nnstudio.engine.kernels.plan import Extras, Rows, Task
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.shaping import Shaping
from nnstudio.network import Network
from tests.engine.kernels.helpers import (
    assert_agree,
    epochs,
    layered,
    outputs_for,
    program_of,
    reference,
    targets,
)
from tests.engine.strategies import ELEMENTWISE

TRAINED = tuple(key for key, entry in OPTIMIZERS.items() if entry.uses_gradient)


class Made:
    """A training by matrices, and what it works on."""

    def __init__(self, program, x, y, *, loss="mse", optimizer="sgd", rate=0.05, batch=None, shaping=None):
        entry = OPTIMIZERS[optimizer]
        self.program = program
        self.parameters = program.initial_parameters()
        self.state = entry.init_state(len(self.parameters.flat), program.dtype)
        self.rows = len(x)
        self.training = MatrixTraining(
            program,
            self.parameters,
            self.state,
            x.astype(program.dtype),
            y.astype(program.dtype),
            loss=loss,
            optimizer=optimizer,
            options=entry.defaults,
            learning_rate=rate,
            batch=batch or len(x),
            shaping=shaping,
        )

    def run(self, order, *, budget=1 << 40):
        position, losses = 0, np.zeros(len(order) // self.rows)
        while position < len(order):
            position = self.training.train(order, position, budget, losses)
            assert not self.training.diverged
        return losses / self.rows


def assert_same_gradient(program, x, y, loss, *, factor=1.0):
    assert products.obstacle(program, "momentum") is None
    # Gradient descent would do, but the parameters are to stay.
    made = Made(program, x, y, loss=loss, optimizer="momentum", rate=0.0)
    found = made.run(np.arange(len(x), dtype=np.uint64))
    x, y = x.astype(program.dtype), y.astype(program.dtype)
    expected, gradients = program.loss_and_gradients(made.parameters, x, y, loss)
    assert_agree(found, [expected], program.dtype.name, factor=factor)
    assert_agree(made.training.gradient, gradients.flat, program.dtype.name, factor=factor)
    # By which it is known beforehand that a step cannot leave the finite numbers.
    assert made.training._largest_gradient() >= np.abs(gradients.flat).max()


def wired(rng, widths, feeds, activations, *, outputs):
    """Build a network of layers, each wired to whole earlier ones: ``feeds[i]`` are those of layer i + 1."""
    network = Network()
    layers = [[network.add_neuron("input").id for _ in range(widths[0])]]
    for depth, (width, sources) in enumerate(zip(widths[1:], feeds, strict=True), 1):
        role = "output" if depth in outputs else "hidden"
        layers.append(
            [
                network.add_neuron(
                    role,
                    activation=str(rng.choice(activations)),
                    bias=rng.normal(),
                    trainable=bool(rng.random() < 0.9),
                ).id
                for _ in range(width)
            ]
        )
        for target in layers[-1]:
            for source in (each for layer in sources for each in layers[layer]):
                network.connect(source, target, weight=rng.normal(), trainable=bool(rng.random() < 0.9))
    return network


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("key", ELEMENTWISE)
def test_every_activation_has_the_gradient_of_the_reference(key, dtype, rng):
    program = program_of([4, 9, 7, 2], key, key, dtype=dtype)
    x, y = rng.normal(size=(21, 4)), rng.normal(size=(21, 2))
    assert_same_gradient(program, x, y, "mse")


@pytest.mark.parametrize(
    ("loss", "output"), [(loss, output) for loss in LOSSES for output in outputs_for(loss)]
)
def test_every_loss_has_the_gradient_of_the_reference(loss, output, rng):
    program = program_of([4, 9, 3], "tanh", output)
    assert_same_gradient(program, rng.normal(size=(19, 4)), targets(rng, 19, 3, loss), loss)


@given(
    data=st.data(),
    seed=st.integers(0, 2**32 - 1),
    depth=st.integers(2, 5),
    loss=st.sampled_from(["mse", "binary_cross_entropy"]),
)
@settings(deadline=None, max_examples=40)
def test_layers_fed_by_any_earlier_layers_have_the_gradient_of_the_reference(data, seed, depth, loss):
    rng = np.random.default_rng(seed)
    widths = [int(width) for width in rng.integers(1, 7, depth + 1)]
    # Each follows the one before it, so that all in one layer wait for the same neurons.
    feeds = [sorted({i, *(data.draw(st.sets(st.integers(0, i), max_size=3)))}) for i in range(depth)]
    outputs = {depth, *data.draw(st.sets(st.integers(1, depth), max_size=2))}
    keys = ("sigmoid",) if loss == "binary_cross_entropy" else ("tanh", "relu", "silu", "identity")
    program = compile_network(wired(rng, widths, feeds, keys, outputs=outputs))
    rows = int(rng.integers(1, 40))
    x, y = rng.normal(size=(rows, widths[0])), targets(rng, rows, program.n_outputs, loss)
    assert_same_gradient(program, x, y, loss, factor=10)


@pytest.mark.parametrize(("loss", "feeding"), [("cross_entropy", False), ("mse", False), ("mse", True)])
def test_softmax_outputs_may_feed_other_neurons(loss, feeding, rng):
    network = layered([3, 8, 4], "tanh", "softmax")
    if feeding:
        sources = [neuron.id for neuron in network.outputs]
        for _ in range(2):
            last = network.add_neuron("output", activation="tanh", bias=rng.normal()).id
            for source in sources:
                network.connect(source, last, weight=rng.normal())
    program = compile_network(network)
    assert_same_gradient(
        program, rng.normal(size=(20, 3)), targets(rng, 20, program.n_outputs, loss), loss, factor=10
    )


def test_many_rows_go_in_portions_and_large_products_in_pieces(rng, monkeypatch):
    program = program_of([6, 11, 9, 2], "tanh", "identity")
    x, y = rng.normal(size=(50, 6)), rng.normal(size=(50, 2))
    monkeypatch.setattr(products, "LARGEST", 300)
    monkeypatch.setattr(matrices, "ROWS_AT_ONCE", 20)
    assert_same_gradient(program, x, y, "mse")


SHAPINGS = {
    "plain": Shaping(),
    "shaped": Shaping(l1=0.001, l2=0.01, weight_decay=0.1, clip_norm=0.5, clip_value=0.1),
}


@pytest.mark.parametrize("shaping", SHAPINGS)
@pytest.mark.parametrize("key", TRAINED)
def test_a_hundred_steps_of_every_optimizer_agree_with_the_other_kernels(key, shaping, rng):
    program = program_of([4, 9, 7, 2], "tanh", "identity", scale=0.5)
    x, y = rng.normal(size=(47, 4)), rng.normal(size=(47, 2))
    order = epochs(rng, 47, 20)
    how = {"optimizer": key, "batch": 10, "rate": 0.01, "shaping": SHAPINGS[shaping]}
    made = Made(program, x, y, **how)
    losses = made.run(order)

    entry, parameters = OPTIMIZERS[key], program.initial_parameters()
    state = entry.init_state(len(parameters.flat))
    lanes = CompiledTraining(
        program,
        parameters,
        state,
        x,
        y,
        loss="mse",
        optimizer=key,
        options=entry.defaults,
        learning_rate=0.01,
        batch=10,
        shaping=SHAPINGS[shaping],
    )
    expected = np.zeros(20)
    assert lanes.train(order, 0, 1 << 40, expected) == len(order)
    assert_agree(losses, expected / 47, "float64", factor=1000)
    assert_agree(made.parameters.flat, parameters.flat, "float64", factor=1000)
    for name, vector in state.items():
        assert_agree(made.state[name], vector, "float64", factor=1000)


def test_training_agrees_with_the_reference_with_a_smaller_last_batch(rng):
    program = program_of([4, 9, 3], "relu", "softmax", scale=0.5)
    x, y = rng.normal(size=(37, 4)), targets(rng, 37, 3, "cross_entropy")
    order = epochs(rng, 37, 5)
    made = Made(program, x, y, loss="cross_entropy", batch=16)
    losses = made.run(order)
    expected, parameters, _ = reference(program, x, y, order, loss="cross_entropy", batch=16)
    assert_agree(losses, expected, "float64", factor=10)
    assert_agree(made.parameters.flat, parameters.flat, "float64", factor=10)


@pytest.mark.parametrize("key", ["sgd", "adam"])
def test_any_steps_per_call_give_the_same_bits(key, rng):
    program = program_of([3, 20, 2], "tanh", "sigmoid")
    x, y = rng.normal(size=(23, 3)), targets(rng, 23, 2, "mse")
    order = epochs(rng, 23, 6)
    results = []
    for budget in (10**9, 1, 5):
        made = Made(program, x, y, optimizer=key, batch=7)
        results.append((made.run(order, budget=budget), made.parameters.flat, *made.state.values()))
    for found, expected in pairwise(results):
        for left, right in zip(found, expected, strict=True):
            np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_step_that_would_leave_the_finite_numbers_is_not_taken(bad, rng):
    program = program_of([3, 8, 2], "tanh", "identity")
    x, y = rng.normal(size=(12, 3)), rng.normal(size=(12, 2))
    y[9, 1] = bad
    made = Made(program, x, y, optimizer="adam", batch=4)
    order, losses = np.arange(12, dtype=np.uint64), np.zeros(1)
    assert made.training.train(order, 0, 100, losses) == 8
    assert made.training.diverged
    before = made.parameters.flat.copy()
    assert np.isfinite(before).all()
    assert made.state["steps"][0] == 2
    # What it left behind must not spoil a later batch.
    made.training.forget_divergence()
    made.training.train(np.arange(12, dtype=np.uint64), 4, 1, losses)
    assert not made.training.diverged


def test_a_step_too_large_is_taken_back(rng):
    program = program_of([3, 8, 2], "tanh", "identity")
    x, y = rng.normal(size=(12, 3)), rng.normal(size=(12, 2))
    made = Made(program, x, y, batch=4, rate=1e308)
    losses = np.zeros(1)
    assert made.training.train(np.arange(12, dtype=np.uint64), 0, 100, losses) < 12
    assert made.training.diverged
    assert np.isfinite(made.parameters.flat).all()


def test_an_interrupt_drops_the_step_under_way_and_training_goes_on_later(rng):
    program = program_of([3, 40, 2], "tanh", "identity")
    x, y = rng.normal(size=(64, 3)), rng.normal(size=(64, 2))
    made = Made(program, x, y, batch=32)
    order = np.tile(np.arange(64, dtype=np.uint64), 200_000)
    losses = np.zeros(200_000)
    positions = []
    worker = threading.Thread(target=lambda: positions.append(made.training.train(order, 0, 1 << 40, losses)))
    worker.start()
    made.training.interrupt()
    worker.join(30)
    assert not worker.is_alive()
    assert positions[0] < len(order)
    assert made.training.train(order, positions[0], 5, losses) == positions[0]
    made.training.interrupt(False)
    assert made.training.train(order, positions[0], 2, losses) == positions[0] + 64


def test_matrices_are_chosen_for_wide_layers_alone():
    wide, narrow = program_of([40, 60, 50, 3], "tanh", "sigmoid"), program_of([8, 8, 3], "tanh", "sigmoid")
    assert backend.choose(wide, "mse", "sgd", 2048) == ("matrices", "")
    assert backend.choose(wide, "mse", "sgd", 16) == ("kernels", "")
    assert backend.choose(narrow, "mse", "sgd", 2048) == ("kernels", "")


def test_what_matrices_cannot_do_stays_on_the_other_kernels():
    network = layered([40, 60, 50, 3], "tanh", "sigmoid")
    network.remove_connection(network.connections[0].id)
    assert backend.choose(compile_network(network), "mse", "sgd", 2048) == ("kernels", "")
    assert "gradients" in (products.obstacle(program_of([3, 1], "tanh", "step"), "perceptron") or "")
    own = layered([3, 1], "tanh", "custom:x * tanh(x)")
    assert "custom" in (products.obstacle(compile_network(own), "sgd") or "")


def test_matrices_that_disagree_with_the_reference_are_not_used(monkeypatch):
    program = program_of([40, 60, 50, 3], "tanh", "sigmoid")
    monkeypatch.setattr(selfcheck, "problem_of_matrices", lambda dtype: "they disagree")
    assert backend.choose(program, "mse", "sgd", 2048) == ("kernels", "")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_matrices_pass_their_check(dtype):
    assert selfcheck.problem_of_matrices(dtype) is None


def test_nothing_that_kernels_are_told_is_unknown_to_matrices():
    """Whoever adds a field here must see that `matrix_passes` and `matrices` heed it."""
    assert Rows._fields == ("x", "y", "whole", "weights")
    assert Extras._fields == ("formulas", "limits", "steps", "draw", "louder")
    shaping = {"shaped", "l1", "l2", "clip_norm", "clip_value", "decay"}
    assert set(Task._fields) == {"loss", "optimizer", "options", "batch", "rows"} | shaping
