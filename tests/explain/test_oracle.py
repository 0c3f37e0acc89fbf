"""Explanations against PyTorch itself, on two hundred networks that nobody has chosen."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine import compile_network
from nnstudio.engine.losses import LOSSES
from nnstudio.explain import graph, moment_of, neuron
from nnstudio.explain.connections import connection_at
from tests.engine.strategies import ELEMENTWISE, random_network

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("default")]

HIDDEN = tuple(key for key in ELEMENTWISE if key != "step")
NETWORKS = 200
OF_PROBABILITIES = ("binary_cross_entropy", "cross_entropy")


def network_of(number):
    rng = np.random.default_rng(number)
    loss = tuple(LOSSES)[number % len(LOSSES)]
    softmax = 3 if loss == "cross_entropy" else int(rng.choice((0, 0, 2)))
    outputs = int(rng.integers(0 if softmax else 1, 3))
    network = random_network(
        rng,
        inputs=int(rng.integers(1, 5)),
        hidden=int(rng.integers(0, 7)),
        outputs=0 if loss == "cross_entropy" else outputs,
        density=float(rng.choice((0.3, 0.6, 0.9))),
        hidden_activations=HIDDEN,
        output_activations=("sigmoid",) if loss in OF_PROBABILITIES else HIDDEN,
        softmax=softmax,
    )
    x = rng.normal(size=len(network.inputs))
    y = rng.integers(0, 2, len(network.outputs)).astype(float)
    return network, x, y, loss


@pytest.mark.parametrize("first", range(0, NETWORKS, 20))
def test_derivatives_by_paths_and_by_graphs_are_pytorchs(first):
    import torch

    from tests.engine.reference.torch_network import TorchNetwork

    for number in range(first, first + 20):
        network, x, y, loss = network_of(number)
        program = compile_network(network)
        parameters = program.initial_parameters()
        expected_loss, expected = TorchNetwork(network).gradients(
            torch.tensor(x[None]), torch.tensor(y[None]), loss
        )
        moment = moment_of(program, parameters, x, y, loss)
        near = {"rel": 1e-9, "abs": 1e-12 * max(1.0, *map(abs, expected.values()))}
        assert moment.loss_value == pytest.approx(expected_loss, rel=1e-9, abs=1e-12)
        for key in program.connection_ids:
            found = connection_at(moment, key, most_paths=3000)
            if found.paths:
                assert sum(path.product for path in found.paths) == pytest.approx(expected[key], **near)
            assert found.chain.value.value == pytest.approx(expected[key], **near)
        for slot in range(program.n_inputs, program.n_neurons):
            key = program.neuron_ids[slot]
            delta = neuron(program, parameters, x, key, y_row=y, loss=loss).delta
            assert delta.value.value == pytest.approx(expected[key], **near)
        for node in graph(program, parameters, x, y_row=y, loss=loss).nodes:
            if node.kind in ("weight", "bias"):
                near_graph = {"rel": 1e-7, "abs": near["abs"] * 10.0}
                key = node.connection_id or node.neuron_id
                assert node.derivative == pytest.approx(expected[key], **near_graph)
