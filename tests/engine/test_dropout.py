"""Dropout: its masks, and gradients through them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from nnstudio.engine import compile_network
from nnstudio.engine.dropout import Dropout
from nnstudio.engine.losses import LOSSES
from tests.engine.reference.cases import cases

CASES = {case.name: case for case in cases()}


def hidden_slots(program):
    slots = set(range(program.n_neurons))
    return sorted(slots - set(program.input_slots.tolist()) - set(program.output_slots.tolist()))


def splitmix(z):
    """Return the output of splitmix64 in plain numbers."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
    return z ^ (z >> 31)


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_masks_follow_from_seed_step_slot_and_row(seed):
    program = compile_network(CASES["mse-any"].network)
    golden = 0x9E3779B97F4A7C15
    hidden = hidden_slots(program)
    for step in (0, 7, 10**12):
        factors = Dropout(0.3, seed).factors(program, step, 2, 5)
        assert factors.shape == (program.n_neurons, 5)
        start = splitmix((splitmix(seed) + golden * step) % 2**64)
        for slot in range(program.n_neurons):
            neuron = splitmix((start + golden * (slot + 1)) % 2**64)
            for column in range(5):
                bits = splitmix((neuron + golden * (column + 3)) % 2**64)
                silent = (bits >> 11) / 2**53 < 0.3
                expected = (0.0 if silent else 1.0 / 0.7) if slot in hidden else 1.0
                assert factors[slot, column] == expected


def test_parts_of_a_batch_have_the_masks_of_the_whole():
    program = compile_network(CASES["mse-any"].network)
    dropout = Dropout(0.5, 3)
    whole = dropout.factors(program, 4, 0, 10)
    parts = [dropout.factors(program, 4, 0, 3), dropout.factors(program, 4, 3, 7)]
    np.testing.assert_array_equal(np.hstack(parts), whole)


def test_the_share_that_falls_silent_is_the_rate_in_steps_rows_and_neurons():
    program = compile_network(CASES["mse-any"].network)
    hidden = hidden_slots(program)
    dropout = Dropout(0.25, 0)
    silent = np.stack([dropout.factors(program, step, 0, 50)[hidden] == 0.0 for step in range(200)])
    spread = 5.0 * np.sqrt(0.25 * 0.75)
    for axes in ((1, 2), (0, 2), (0, 1)):
        count = np.prod([silent.shape[axis] for axis in axes])
        assert np.abs(silent.mean(axis=axes) - 0.25).max() < spread / np.sqrt(count)
    assert silent.mean() == pytest.approx(0.25, abs=spread / np.sqrt(silent.size))
    # Neighbours in any direction know nothing of each other.
    for axis in range(3):
        moved = np.roll(silent, 1, axis)
        assert np.mean(silent & moved) == pytest.approx(0.0625, abs=5.0 * 0.25 / np.sqrt(silent.size))


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_the_network_with_neurons_silent(name, monkeypatch):
    case = CASES[name]
    if case.loss in ("mae", "hinge") or "large" in name:
        pytest.skip("kinks and large sums leave finite differences no digits")
    program = compile_network(case.network)
    parameters = program.initial_parameters()
    factors = partial(Dropout(0.4, 1).factors, program, 5)
    loss, gradients = program.loss_and_gradients(parameters, case.x, case.y, case.loss, factors=factors)
    plain, _ = program.loss_and_gradients(parameters, case.x, case.y, case.loss)
    assert loss != plain
    scale = max(1.0, np.abs(gradients.flat).max())
    for place in range(len(parameters.flat)):
        found = []
        for sign in (1.0, -1.0):
            moved = parameters.copy()
            moved.flat[place] += sign * 1e-6
            found.append(program.loss_and_gradients(moved, case.x, case.y, case.loss, factors=factors)[0])
        if place >= program.n_connections + program.n_inputs or place < program.n_connections:
            slope = (found[0] - found[1]) / 2e-6
            assert gradients.flat[place] == pytest.approx(slope, abs=2e-6 * scale)


@pytest.mark.parametrize("loss", LOSSES)
def test_batches_computed_in_parts_have_the_same_masks(loss):
    case = next(case for case in CASES.values() if case.loss == loss)
    program = compile_network(case.network)
    parameters = program.initial_parameters()
    factors = partial(Dropout(0.4, 1).factors, program, 5)
    expected, gradients = program.loss_and_gradients(parameters, case.x, case.y, loss, factors=factors)
    object.__setattr__(program, "rows_at_once", 5)
    found, again = program.loss_and_gradients(parameters, case.x, case.y, loss, factors=factors)
    assert found == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(
        again.flat, gradients.flat, rtol=1e-9, atol=1e-12 * np.abs(gradients.flat).max()
    )


def test_factors_of_1_change_nothing():
    case = CASES["cross-entropy"]
    program = compile_network(case.network)
    parameters = program.initial_parameters()
    factors = partial(Dropout(0.0, 1).factors, program, 5)
    loss, gradients = program.loss_and_gradients(parameters, case.x, case.y, case.loss)
    found, again = program.loss_and_gradients(parameters, case.x, case.y, case.loss, factors=factors)
    assert (found, again.flat.tobytes()) == (loss, gradients.flat.tobytes())
