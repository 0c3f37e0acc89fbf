"""The engine against values that PyTorch computed in float64, stored in reference/reference.json."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nnstudio.engine import compile_network
from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from tests.engine.reference.cases import BATCH, LEARNING_RATES, STEPS, from_plain

REFERENCE = json.loads((Path(__file__).parent / "reference" / "reference.json").read_text(encoding="utf-8"))
CASES = pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["name"])
TRAININGS = [
    pytest.param(case, optimizer, id=f"{case['name']}-{optimizer}")
    for case in REFERENCE["cases"]
    for optimizer in case["trained"]
]


def by_id(program, parameters):
    """Return parameters by the ids of connections and neurons."""
    named = dict(zip(program.connection_ids, parameters.weights.tolist(), strict=True))
    return named | dict(zip(program.neuron_ids, parameters.biases.tolist(), strict=True))


def assert_equal_by_id(found, expected):
    keys = list(expected)
    np.testing.assert_allclose(
        [found[key] for key in keys], [expected[key] for key in keys], rtol=1e-9, atol=1e-13
    )


@pytest.mark.parametrize("key", REFERENCE["curves"])
def test_activations_and_derivatives_are_pytorchs(key):
    entry, expected = ACTIVATIONS[key], REFERENCE["curves"][key]
    z = np.array(REFERENCE["points"])
    with np.errstate(all="raise"):
        a = entry.forward(z)
        slope = entry.derivative(z, a)
    # PyTorch's own GELU has no more digits than this left in its tail.
    tolerance = 1e-14 if key == "gelu" else 1e-16
    np.testing.assert_allclose(a, expected["values"], rtol=1e-12, atol=tolerance)
    np.testing.assert_allclose(slope, expected["derivatives"], rtol=1e-11, atol=tolerance)


@CASES
def test_outputs_loss_and_gradients_are_pytorchs(case):
    program = compile_network(from_plain(case["network"]))
    parameters = program.initial_parameters()
    x, y = np.array(case["x"]), np.array(case["y"])
    np.testing.assert_allclose(program.predict(parameters, x), case["outputs"], rtol=1e-9, atol=1e-13)
    loss, gradients = program.loss_and_gradients(parameters, x, y, case["loss"])
    assert loss == pytest.approx(case["loss_value"], rel=1e-9)
    assert_equal_by_id(by_id(program, gradients), case["gradients"])


@pytest.mark.parametrize(("case", "optimizer"), TRAININGS)
def test_a_hundred_steps_of_every_optimizer_end_where_pytorchs_do(case, optimizer):
    program = compile_network(from_plain(case["network"]))
    parameters = program.initial_parameters()
    x, y = np.array(case["x"]), np.array(case["y"])
    entry = OPTIMIZERS[optimizer]
    state = entry.init_state(len(parameters.flat))
    for step in range(STEPS):
        start = step * BATCH % len(x)
        batch = slice(start, start + BATCH)
        _, gradients = entry.loss_and_gradients(program, parameters, x[batch], y[batch], case["loss"])
        entry.step(
            parameters.flat,
            gradients.flat,
            state,
            LEARNING_RATES[optimizer],
            entry.defaults,
            program.gradient_mask,
        )
    assert_equal_by_id(by_id(program, parameters), case["trained"][optimizer])


def test_the_reference_covers_the_registries():
    assert set(REFERENCE["curves"]) == {key for key, entry in ACTIVATIONS.items() if entry.elementwise}
    assert {case["loss"] for case in REFERENCE["cases"]} == set(LOSSES)
    trained = {key for case in REFERENCE["cases"] for key in case["trained"]}
    assert trained == {key for key, entry in OPTIMIZERS.items() if entry.uses_gradient}
    used = {neuron[2] for case in REFERENCE["cases"] for neuron in case["network"]["neurons"]}
    assert used >= {key for key in ACTIVATIONS if key != "step"}
    assert any(not c[4] for case in REFERENCE["cases"] for c in case["network"]["connections"])
