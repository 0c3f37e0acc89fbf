from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest

from nnstudio.engine import activations, compile_network, losses, optimizers
from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.engine.kernels import CompiledTraining
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.network import Network
from tests.engine.kernels.helpers import epochs, outputs_for, program_of, reference, targets, training
from tests.engine.strategies import ELEMENTWISE


@pytest.mark.parametrize("batch", [1, 4, 7])
@pytest.mark.parametrize("key", ["sgd", "momentum", "adam"])
def test_any_steps_per_call_give_the_same_bits(key, batch, rng):
    program = program_of([3, 6, 2], "tanh", "sigmoid")
    x, y = rng.normal(size=(23, 3)), targets(rng, 23, 2, "mse")
    order = epochs(rng, 23, 6)
    results = []
    for budget in (10**9, 1, 5):
        made = training(program, x, y, optimizer=key, batch=batch)
        results.append((made.run(order, budget=budget), made.parameters.flat, made.state))
    for found_losses, flat, state in results[1:]:
        np.testing.assert_array_equal(found_losses, results[0][0])
        np.testing.assert_array_equal(flat, results[0][1])
        for name, vector in state.items():
            np.testing.assert_array_equal(vector, results[0][2][name])


def test_parameters_and_state_changed_between_calls_are_used(rng):
    program = program_of([2, 3, 1], "tanh", "identity")
    x, y = rng.normal(size=(8, 2)), rng.normal(size=(8, 1))
    order = epochs(rng, 8, 2)
    made = training(program, x, y, optimizer="adam", batch=4)
    start, losses = made.parameters.flat.copy(), np.zeros(2)
    made.kernels.train(order, 0, 4, losses)
    once = made.parameters.flat.copy()
    made.parameters.flat[:] = start
    for vector in made.state.values():
        vector[:] = 0.0
    made.kernels.train(order, 0, 4, losses)
    np.testing.assert_array_equal(made.parameters.flat, once)
    assert made.state["steps"][0] == 4


def poisoned(rng, bad):
    """Return rows of which only the last batch of 4 holds ``bad``."""
    x = rng.normal(size=(12, 3))
    x[9, 1] = bad
    return x


def assert_stopped_before_the_last_batch(made, program, x, y, **how):
    order, found = np.arange(12, dtype=np.uint64), np.zeros(1)
    reached = 9 // made.batch * made.batch
    assert made.kernels.train(order, 0, 100, found) == reached
    assert made.kernels.diverged
    assert made.parameters.is_finite
    expected = training(program, x, y, batch=made.batch, **how)
    losses_before = np.zeros(1)
    assert expected.kernels.train(order, 0, reached // made.batch, losses_before) == reached
    np.testing.assert_array_equal(made.parameters.flat, expected.parameters.flat)
    np.testing.assert_array_equal(found, losses_before)
    for name, vector in expected.state.items():
        np.testing.assert_array_equal(made.state[name], vector)


@pytest.mark.parametrize("key", ELEMENTWISE)
@pytest.mark.parametrize("batch", [1, 4])
def test_nan_in_the_data_goes_through_every_activation_and_stops_the_training(key, batch, rng):
    program = program_of([3, 4, 2], key, key)
    x, y = poisoned(rng, np.nan), rng.normal(size=(12, 2))
    assert_stopped_before_the_last_batch(training(program, x, y, batch=batch), program, x, y)


@pytest.mark.parametrize("loss", LOSSES)
def test_nan_in_the_data_goes_through_every_loss_and_stops_the_training(loss, rng):
    for output in outputs_for(loss):
        program = program_of([3, 4, 2], "tanh", output)
        x, y = poisoned(rng, np.nan), targets(rng, 12, 2, loss)
        assert_stopped_before_the_last_batch(
            training(program, x, y, batch=4, loss=loss), program, x, y, loss=loss
        )


# The perceptron's decisions keep its loss finite whatever the size of a number.
@pytest.mark.parametrize(
    ("key", "bad"),
    [(key, bad) for key in OPTIMIZERS for bad in (np.nan, 1e300) if bad != 1e300 or key != "perceptron"],
)
@pytest.mark.parametrize("batch", [1, 4])
def test_a_step_out_of_the_finite_numbers_is_not_taken(key, bad, batch, rng):
    output = "sigmoid" if key == "perceptron" else "identity"
    program = program_of([3, 2], "tanh", output)
    x, y = poisoned(rng, bad), targets(rng, 12, 2, "hinge")
    how = {"optimizer": key}
    assert_stopped_before_the_last_batch(training(program, x, y, batch=batch, **how), program, x, y, **how)


@pytest.mark.parametrize(("dtype", "rate"), [("float64", 1.7e308), ("float32", 3e38), ("float32", 1e60)])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("key", ["sgd", "momentum", "rmsprop", "adamw"])
def test_an_update_that_overflows_leaves_parameters_and_state_as_they_were(key, batch, dtype, rate, rng):
    # The loss is finite, and only the new parameters would not be.
    program = program_of([1, 1], "tanh", "identity", dtype=dtype)
    x, y = rng.normal(size=(4, 1)), rng.normal(size=(4, 1))
    made = training(program, x, y, optimizer=key, learning_rate=rate, batch=batch)
    made.parameters.flat[:] *= 1e3
    before = made.parameters.flat.copy()
    state = {name: vector.copy() for name, vector in made.state.items()}
    found = np.zeros(1)
    for _ in range(2):
        assert made.kernels.train(np.arange(4, dtype=np.uint64), 0, 1, found) == 0
        assert made.kernels.diverged
    np.testing.assert_array_equal(made.parameters.flat, before)
    for name, vector in state.items():
        np.testing.assert_array_equal(made.state[name], vector)
    assert found[0] == 0.0


def test_training_goes_on_after_what_made_it_diverge_is_undone(rng):
    program = program_of([1, 1], "tanh", "identity")
    x, y = rng.normal(size=(4, 1)), rng.normal(size=(4, 1))
    made = training(program, x, y)
    order = np.arange(4, dtype=np.uint64)
    made.parameters.flat[:] = np.nan
    made.kernels.train(order, 0, 1, np.zeros(1))
    assert made.kernels.diverged
    made.parameters.flat[:] = program.initial_parameters().flat
    assert made.kernels.train(order, 0, 1, np.zeros(1)) == 4
    assert not made.kernels.diverged


def test_an_infinite_gradient_of_a_frozen_weight_stops_nothing():
    network = Network()
    sources = [network.add_neuron("input").id for _ in range(2)]
    output = network.add_neuron("output", activation="identity", bias=0.0).id
    network.connect(sources[0], output, weight=0.0, trainable=False)
    network.connect(sources[1], output, weight=1.0)
    program = compile_network(network, dtype="float32")
    x, y = np.array([[3e38, 1.0]] * 4), np.array([[100.0]] * 4)
    order = np.arange(4, dtype=np.uint64)
    made = training(program, x, y, learning_rate=0.01)
    made.run(order)
    with np.errstate(over="ignore"):
        _, expected, _ = reference(program, x, y, order, learning_rate=0.01)
    assert not np.isfinite(made.kernels.gradient).all()
    np.testing.assert_allclose(made.parameters.flat, expected.flat, rtol=1e-6)


def test_unused_lanes_do_not_disturb_large_numbers():
    # Without the real rows' inputs these sums would overflow, and 0 times infinity is no number.
    network = Network()
    source = network.add_neuron("input").id
    hidden = network.add_neuron("hidden", activation="identity", bias=1e300).id
    output = network.add_neuron("output", activation="tanh", bias=0.0).id
    network.connect(source, hidden, weight=-1e300)
    network.connect(hidden, output, weight=1e10)
    program = compile_network(network)
    made = training(program, np.ones((3, 1)), np.full((3, 1), 0.25), lanes=4)
    assert made.run(np.arange(3, dtype=np.uint64))[0] == 0.0625
    assert np.isfinite(made.kernels.gradient).all()


@pytest.mark.parametrize(("key", "batch"), [("adam", 1000), ("sgd", 1)])
def test_an_interrupt_from_another_thread_stops_within_the_batch_and_leaves_no_trace(key, batch, rng):
    program = program_of([8, 60, 60, 4], "tanh", "identity")
    x, y = rng.normal(size=(3000, 8)), rng.normal(size=(3000, 4))
    order = epochs(rng, 3000, 1000)
    made = training(program, x, y, optimizer=key, batch=batch, learning_rate=1e-4)
    made.kernels.train(order, 0, 1, np.zeros(1000))  # compiled by now
    reached: list[int] = []
    worker = threading.Thread(
        target=lambda: reached.append(made.kernels.train(order, batch, 10**9, np.zeros(1000)))
    )
    worker.start()
    made.kernels.interrupt()
    worker.join(timeout=60.0)
    assert not worker.is_alive()
    assert reached[0] < len(order)
    assert made.kernels.train(order, reached[0], 5, np.zeros(1000)) == reached[0]
    made.kernels.interrupt(False)
    steps = reached[0] // batch + 2
    assert made.kernels.train(order, reached[0], 2, np.zeros(1000)) == batch * steps
    other = training(program, x, y, optimizer=key, batch=batch, learning_rate=1e-4)
    other.kernels.train(order, 0, steps, np.zeros(1000))
    np.testing.assert_array_equal(made.parameters.flat, other.parameters.flat)


def test_an_interrupted_evaluation_says_that_it_is_not_complete(rng):
    program = program_of([2, 1], "tanh", "identity")
    made = training(program, rng.normal(size=(40, 2)), rng.normal(size=(40, 1)), batch=16)
    made.kernels.interrupt()
    assert not made.kernels.evaluate(made.kernels.training_rows, 0.5).complete
    made.kernels.interrupt(False)
    assert made.kernels.evaluate(made.kernels.training_rows, 0.5).complete


def test_too_few_places_for_losses_are_refused(rng):
    program = program_of([2, 1], "tanh", "identity")
    made = training(program, rng.normal(size=(5, 2)), rng.normal(size=(5, 1)))
    with pytest.raises(ValueError, match="1 losses are too few for 10 rows"):
        made.kernels.train(epochs(rng, 5, 2), 0, 1, np.zeros(1))


def test_data_of_any_layout_and_type_are_taken_without_compiling_again(rng):
    program = program_of([2, 3, 1], "tanh", "identity")
    x, y = rng.normal(size=(6, 2)).astype(np.float32), rng.normal(size=(6, 1)).astype(np.float32)
    order = epochs(rng, 6, 1)
    plain = training(program, x, y, batch=4)
    plain.run(order)
    count = len(plain.kernels._train.function.signatures)
    odd = np.asfortranarray(x.astype(np.float64))
    frozen = y.astype(np.float64)
    for array in (odd, frozen, order):
        array.flags.writeable = False
    parameters = program.initial_parameters()
    kernels = CompiledTraining(
        program, parameters, {}, odd, frozen, loss="mse", optimizer="sgd", options={}, learning_rate=0.05,
        batch=4,
    )  # fmt: skip
    kernels.train(order.astype(np.int64), 0, 10, np.zeros(1))
    np.testing.assert_array_equal(parameters.flat, plain.parameters.flat)
    assert len(kernels._train.function.signatures) == count


def test_float32_keeps_the_tails_of_softmax():
    network = Network()
    source = network.add_neuron("input").id
    for bias in (0.0, -80.0):
        output = network.add_neuron("output", activation="softmax", bias=bias).id
        network.connect(source, output, weight=0.0)
    program = compile_network(network, dtype="float32")
    made = training(program, np.ones((3, 1)), np.array([[1.0, 0.0]] * 3), loss="cross_entropy")
    made.run(np.arange(3, dtype=np.uint64))
    slot = program.n_connections + program.output_slots[1]
    assert made.kernels.gradient[slot] == pytest.approx(np.exp(-80.0), rel=1e-5)


def test_adams_betas_are_not_rounded_to_float32():
    network = Network()
    source = network.add_neuron("input").id
    output = network.add_neuron("output", activation="identity", bias=0.0).id
    network.connect(source, output, weight=0.0)
    program = compile_network(network, dtype="float32")
    made = training(program, np.ones((1, 1)), np.full((1, 1), 0.5), optimizer="adam")
    made.run(np.zeros(1, np.uint64))  # the gradient is -1
    assert made.state["squares"][0] == pytest.approx(1.0 - 0.999, rel=1e-6)
    assert made.state["mean"][0] == pytest.approx(-(1.0 - 0.9), rel=1e-6)


def test_what_is_not_compiled_is_named(monkeypatch):
    program = program_of([2, 2, 2], "tanh", "softmax")
    unsupported = CompiledTraining.unsupported
    assert unsupported(program, "mse", "sgd") is None
    assert unsupported(program, "focal", "sgd") == "the loss focal is not compiled"
    assert unsupported(program, "mse", "lion") == "the optimizer lion is not compiled"
    with monkeypatch.context() as patch:
        adam = dataclasses.replace(
            OPTIMIZERS["adam"], defaults={**OPTIMIZERS["adam"].defaults, "amsgrad": 1.0}
        )
        patch.setitem(optimizers.OPTIMIZERS, "adam", adam)
        assert unsupported(program, "mse", "adam") == "the optimizer adam is not compiled"
    with monkeypatch.context() as patch:
        patch.setitem(losses.FUSED, ("mse", "softmax"), losses.FUSED["cross_entropy", "softmax"])
        assert (
            unsupported(program, "mse", "sgd") == "the loss mse with the activation softmax is not compiled"
        )
    cube = dataclasses.replace(ACTIVATIONS["identity"], key="cube")
    monkeypatch.setitem(activations.ACTIVATIONS, "cube", cube)
    own = program_of([2, 2, 1], "cube", "identity")
    assert unsupported(own, "mse", "sgd") == "the activation cube is not compiled"


@pytest.mark.parametrize("registry", [LOSSES, OPTIMIZERS])
def test_every_entry_is_compiled(registry):
    program = program_of([2, 2, 2], "tanh", "softmax")
    for key in registry:
        chosen = (key, "sgd") if registry is LOSSES else ("mse", key)
        assert CompiledTraining.unsupported(program, *chosen) is None


def test_arrays_taken_over_train_the_same_and_leave_the_old_ones(rng):
    program = program_of([2, 5, 1], "tanh", "identity")
    x, y = rng.normal(size=(12, 2)), rng.normal(size=(12, 1))
    order = epochs(rng, 12, 3)
    copied, taken = (training(program, x, y, optimizer="adam", batch=4) for _ in range(2))
    before, vectors = taken.parameters.flat, dict(taken.state)
    start = before.copy()
    taken.kernels.take_over(taken.parameters, taken.state)
    np.testing.assert_array_equal(taken.run(order), copied.run(order))
    np.testing.assert_array_equal(taken.parameters.flat, copied.parameters.flat)
    np.testing.assert_array_equal(taken.parameters.weights, copied.parameters.weights)
    np.testing.assert_array_equal(taken.parameters.biases, copied.parameters.biases)
    assert list(taken.state) == list(copied.state)
    for name, vector in copied.state.items():
        np.testing.assert_array_equal(taken.state[name], vector)
    np.testing.assert_array_equal(before, start)
    assert not vectors["mean"].any()
    # What is changed from outside counts, as before.
    taken.parameters.flat[:] = start
    assert taken.kernels.evaluate(taken.kernels.training_rows, 0.5).loss == pytest.approx(
        program.loss(program.initial_parameters(), x, y), rel=1e-12
    )


def test_losses_that_the_kernels_would_misread_are_refused(rng):
    program = program_of([2, 1], "tanh", "identity")
    made = training(program, rng.normal(size=(5, 2)), rng.normal(size=(5, 1)))
    for wrong in (np.zeros(2, np.float32), np.zeros(4)[::2]):
        with pytest.raises(ValueError, match="float64 without gaps"):
            made.kernels.train(epochs(rng, 5, 2), 0, 1, wrong)
