import json

import numpy as np
import pytest

from nnstudio.engine.optimizers import OPTIMIZERS

ALL = pytest.mark.parametrize("key", OPTIMIZERS)
EVERYTHING = np.ones(4, bool)
START = np.array([0.5, -2.0, 0.0, 3.0])


def run(key, gradients, *, mask=EVERYTHING, start=START, state=None, **options):
    """Take a step for each row of gradients; return the parameters and the state."""
    entry = OPTIMIZERS[key]
    flat = start.copy()
    state = entry.init_state(len(flat)) if state is None else state
    for row in np.atleast_2d(gradients):
        entry.step(flat, row, state, 0.1, {**entry.defaults, **options}, mask)
    return flat, state


@ALL
def test_entries_say_what_they_are(key):
    entry = OPTIMIZERS[key]
    assert entry.key == key
    assert all((entry.title, entry.description, entry.formula, entry.latex))
    assert entry.learning_rate > 0.0
    assert set(entry.limits) == set(entry.defaults)
    assert all(low <= entry.defaults[name] < high for name, (low, high) in entry.limits.items())
    json.dumps(dict(entry.defaults))


@ALL
def test_a_step_goes_against_the_gradient(key, rng):
    gradient = rng.normal(size=4)
    moved, _ = run(key, gradient, start=np.zeros(4))
    assert (np.sign(moved) == -np.sign(gradient)).all()


@ALL
def test_frozen_parameters_stay_whatever_their_gradient(key, rng):
    gradients = rng.normal(size=(5, 4))
    gradients[:, 1] = np.inf
    mask = np.array([True, False, True, False])
    moved, state = run(key, gradients, mask=mask)
    assert moved[~mask].tolist() == START[~mask].tolist()
    assert np.isfinite(moved).all()
    assert all(np.isfinite(array).all() for array in state.values())
    alone, _ = run(key, gradients[:, mask], mask=np.ones(2, bool), start=START[mask])
    np.testing.assert_array_equal(moved[mask], alone)


@ALL
def test_gradients_are_left_as_they_were(key, rng):
    gradient = rng.normal(size=4)
    before = gradient.copy()
    gradient.flags.writeable = False
    run(key, gradient)
    np.testing.assert_array_equal(gradient, before)


@ALL
def test_a_copied_state_goes_on_bit_for_bit(key, rng):
    gradients = rng.normal(size=(10, 4))
    whole, _ = run(key, gradients)
    half, state = run(key, gradients[:5])
    saved = {name: array.copy() for name, array in state.items()}
    resumed, _ = run(key, gradients[5:], start=half, state=saved)
    np.testing.assert_array_equal(resumed, whole)


@ALL
def test_the_state_is_made_of_arrays_as_long_as_the_parameters_or_of_one_number(key):
    state = OPTIMIZERS[key].init_state(7)
    assert all(array.shape in ((7,), (1,)) and not array.any() for array in state.values())


@ALL
def test_single_precision_is_kept(key):
    entry = OPTIMIZERS[key]
    flat = START.astype(np.float32)
    state = entry.init_state(4, np.float32)
    entry.step(flat, np.ones(4, np.float32), state, 0.1, entry.defaults, EVERYTHING)
    assert flat.dtype == np.float32
    assert all(array.dtype == np.float32 for name, array in state.items() if name != "steps")


def test_gradient_descent_is_the_learning_rate_times_the_gradient():
    moved, _ = run("sgd", [1.0, 2.0, -1.0, 0.0])
    np.testing.assert_allclose(moved, START - 0.1 * np.array([1.0, 2.0, -1.0, 0.0]), rtol=1e-15)


def test_momentum_adds_up_a_constant_gradient():
    moved, _ = run("momentum", np.ones((3, 4)), momentum=0.5)
    np.testing.assert_allclose(moved, START - 0.1 * (1.0 + 1.5 + 1.75), rtol=1e-14)


def test_nesterov_is_one_step_of_momentum_ahead():
    moved, _ = run("nesterov", np.ones((2, 4)), momentum=0.5)
    np.testing.assert_allclose(moved, START - 0.1 * (1.5 + 1.75), rtol=1e-14)


@pytest.mark.parametrize("key", ["adagrad", "adam"])
def test_first_steps_are_as_long_as_the_learning_rate_whatever_the_gradients_size(key):
    moved, _ = run(key, [1e-3, 1.0, 1e3, -1.0])
    np.testing.assert_allclose(moved, START - 0.1 * np.array([1.0, 1.0, 1.0, -1.0]), rtol=1e-4, atol=1e-5)


def test_adamw_without_gradients_only_decays():
    moved, _ = run("adamw", np.zeros((2, 4)), weight_decay=0.5)
    np.testing.assert_allclose(moved, START * 0.95**2, rtol=1e-14)


def test_adamw_without_decay_is_adam(rng):
    gradients = rng.normal(size=(5, 4))
    np.testing.assert_array_equal(run("adamw", gradients, weight_decay=0.0)[0], run("adam", gradients)[0])
