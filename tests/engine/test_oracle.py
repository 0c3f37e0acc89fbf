"""The engine against PyTorch itself, on networks that nobody has chosen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.engine import compile_network
from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from tests.engine.reference.cases import BATCH, LEARNING_RATES, POINTS, STEPS
from tests.engine.strategies import batches, networks
from tests.engine.test_reference import assert_equal_by_id, by_id

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("default")]

OF_PROBABILITIES = ("binary_cross_entropy", "cross_entropy")


def torch_network(network):
    # Only the group `oracle` has PyTorch, and collecting these tests must not need it.
    from tests.engine.reference.torch_network import TorchNetwork

    return TorchNetwork(network)


def drawn(data, loss):
    """A network that suits a loss, and data."""
    network = data.draw(networks(max_hidden=6))
    if loss in OF_PROBABILITIES:
        for neuron in network.outputs:
            if neuron.activation != "softmax":
                network.update_neuron(neuron.id, activation="sigmoid")
    return network, *data.draw(batches(network, max_rows=12))


@pytest.mark.parametrize("loss", LOSSES)
@settings(max_examples=30)
@given(data=st.data())
def test_outputs_loss_and_gradients_of_random_networks_are_pytorchs(loss, data):
    import torch

    network, x, y = drawn(data, loss)
    program = compile_network(network)
    parameters = program.initial_parameters()
    oracle = torch_network(network)
    _, outputs = oracle.forward(torch.tensor(x))
    np.testing.assert_allclose(program.predict(parameters, x), outputs.detach(), rtol=1e-9, atol=1e-12)
    expected_loss, expected = oracle.gradients(torch.tensor(x), torch.tensor(y), loss)
    value, gradients = program.loss_and_gradients(parameters, x, y, loss)
    assert value == pytest.approx(expected_loss, rel=1e-9, abs=1e-12)
    size = max(1.0, np.abs(gradients.flat).max())
    found = by_id(program, gradients)
    keys = list(expected)
    np.testing.assert_allclose(
        [found[key] for key in keys], [expected[key] for key in keys], rtol=1e-9, atol=1e-12 * size
    )


@pytest.mark.parametrize("optimizer", LEARNING_RATES)
@settings(max_examples=6)
@given(data=st.data())
def test_a_hundred_steps_on_random_networks_end_where_pytorchs_do(optimizer, data):
    import torch

    network = data.draw(networks(activations=("tanh", "sigmoid", "silu", "sine"), max_hidden=5))
    x, y = data.draw(batches(network, max_rows=12))
    program = compile_network(network)
    parameters = program.initial_parameters()
    entry, rate = OPTIMIZERS[optimizer], LEARNING_RATES[optimizer] / 10.0
    if not program.gradient_mask.any():
        return
    expected = torch_network(network).train(
        torch.tensor(x), torch.tensor(y), "mse", optimizer, rate, STEPS, BATCH
    )
    state = entry.init_state(len(parameters.flat))
    for step in range(STEPS):
        start = step * BATCH % len(x)
        batch = slice(start, start + BATCH)
        _, gradients = program.loss_and_gradients(parameters, x[batch], y[batch])
        entry.step(parameters.flat, gradients.flat, state, rate, entry.defaults, program.gradient_mask)
    assert_equal_by_id(by_id(program, parameters), expected)


@pytest.mark.parametrize("key", [key for key, entry in ACTIVATIONS.items() if entry.elementwise])
def test_activations_are_pytorchs_at_any_magnitude(key):
    import torch

    from tests.engine.reference.torch_network import ACTIVATE

    z = np.concatenate((POINTS, np.linspace(-50.0, 50.0, 2001)))
    tensor = torch.tensor(z, requires_grad=True)
    expected = ACTIVATE[key](tensor)
    a = ACTIVATIONS[key].forward(z)
    np.testing.assert_allclose(a, expected.detach(), rtol=1e-9, atol=1e-14)
    if expected.requires_grad:
        slope = torch.autograd.grad(expected.sum(), tensor)[0]
        np.testing.assert_allclose(ACTIVATIONS[key].derivative(z, a), slope, rtol=1e-9, atol=1e-14)
