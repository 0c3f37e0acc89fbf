from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nnstudio.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable

Layered = "Callable[..., Network]"


def _layered(sizes: list[int], hidden: str = "tanh", output: str = "sigmoid", seed: int = 0) -> Network:
    network = Network()
    before = [network.add_neuron("input").id for _ in range(sizes[0])]
    for depth, size in enumerate(sizes[1:], 2):
        role, activation = ("output", output) if depth == len(sizes) else ("hidden", hidden)
        layer = [network.add_neuron(role, activation=activation).id for _ in range(size)]
        for target in layer:
            for source in before:
                network.connect(source, target)
        before = layer
    network.initialize("xavier_uniform", seed)
    return network


@pytest.fixture
def layered() -> Callable[..., Network]:
    """``layered([2, 4, 1], hidden, output, seed)``: a network of full layers."""
    return _layered
