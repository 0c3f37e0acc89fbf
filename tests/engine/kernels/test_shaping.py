"""Penalties, clipping, decay and rates by epoch on the kernels, against the reference."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.shaping import Shaping
from tests.engine.kernels.helpers import assert_agree, epochs, program_of, reference, targets, training

SHAPINGS = {
    "l1": Shaping(l1=0.02),
    "l2": Shaping(l2=0.1),
    "decay": Shaping(weight_decay=0.3),
    "norm": Shaping(clip_norm=0.05),
    "value": Shaping(clip_value=0.01),
    "all": Shaping(l1=0.01, l2=0.05, weight_decay=0.1, clip_norm=0.2, clip_value=0.05),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch", [1, 3, 21])
@pytest.mark.parametrize("name", SHAPINGS)
def test_shaped_steps_of_every_optimizer(name, batch, dtype, rng):
    x, order = rng.normal(size=(25, 3)).astype(dtype), epochs(rng, 25, 3)
    y = targets(rng, 25, 2, "binary_cross_entropy").astype(dtype)
    rates = np.array([0.003, 0.0, 0.001])
    for key in OPTIMIZERS:
        sizes, output = ([3, 2], "step") if key == "perceptron" else ([3, 6, 2], "sigmoid")
        loss = "mse" if key == "perceptron" else "binary_cross_entropy"
        program = program_of(sizes, "tanh", output, dtype=dtype)
        program.gradient_mask[::3] = False
        how = {"loss": loss, "optimizer": key, "batch": batch, "shaping": SHAPINGS[name]}
        expected_losses, expected, expected_state = reference(program, x, y, order, rates=rates, **how)
        made = training(program, x, y, **how)
        losses = made.run(order, rates=rates)
        factor = 1e3 if dtype == "float64" else 10.0
        assert_agree(losses, expected_losses, dtype, factor=factor)
        assert_agree(made.parameters.flat, expected.flat, dtype, factor=factor)
        for vector in expected_state:
            assert_agree(made.state[vector], expected_state[vector], dtype, factor=factor)
        changed = made.parameters.flat != program.initial_parameters().flat
        assert not changed[~program.gradient_mask].any()


@pytest.mark.parametrize("batch", [1, 4])
def test_rates_by_epoch_are_those_of_separate_trainings(batch, rng):
    program = program_of([2, 4, 1], "tanh", "identity")
    x, y, order = rng.normal(size=(10, 2)), rng.normal(size=(10, 1)), epochs(rng, 10, 2)
    made = training(program, x, y, batch=batch)
    made.run(order, rates=np.array([0.1, 0.01]), budget=3)
    first = training(program, x, y, batch=batch, learning_rate=0.1)
    first.run(order[:10])
    second = training(program, x, y, batch=batch, learning_rate=0.01)
    second.parameters.flat[:] = first.parameters.flat
    second.run(order[10:])
    np.testing.assert_array_equal(made.parameters.flat, second.parameters.flat)


@pytest.mark.parametrize("shaping", SHAPINGS.values(), ids=SHAPINGS)
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_a_step_out_of_the_finite_numbers_is_not_taken(optimizer, shaping, rng):
    program = program_of([2, 3, 1], "tanh", "identity")
    x, y = rng.normal(size=(8, 2)), rng.normal(size=(8, 1))
    made = training(program, x, y, batch=4, optimizer=optimizer, shaping=shaping)
    position = made.kernels.train(np.arange(8, dtype=np.uint64), 0, 9, np.zeros(1), np.array([np.inf]))
    assert made.kernels.diverged
    assert position == 0
    np.testing.assert_array_equal(made.parameters.flat, program.initial_parameters().flat)


def test_an_infinite_gradient_is_not_clipped_away(rng):
    program = program_of([1, 1], "tanh", "identity")
    made = training(
        program, np.full((1, 1), 1e200), np.zeros((1, 1)), loss="mae", shaping=Shaping(clip_norm=1.0)
    )
    made.run(np.zeros(1, np.uint64))  # its square is beyond all numbers
    assert np.linalg.norm(made.kernels.gradient) == pytest.approx(1.0)
    program.start.flat[:] = [1e-60, 0.0, 0.0]
    made = training(program, np.full((1, 1), 1e200), np.zeros((1, 1)), shaping=Shaping(clip_norm=1.0))
    made.kernels.train(np.zeros(1, np.uint64), 0, 1, np.zeros(1))
    assert made.kernels.diverged
    np.testing.assert_array_equal(made.parameters.flat, [1e-60, 0.0, 0.0])


def test_too_few_rates_are_refused(rng):
    program = program_of([1, 1], "tanh", "identity")
    made = training(program, np.ones((2, 1)), np.ones((2, 1)))
    with pytest.raises(ValueError, match="rates"):
        made.kernels.train(np.zeros(4, np.uint64), 0, 1, np.zeros(2), np.zeros(1))
