from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from nnstudio.data import Dataset, make_dataset
from nnstudio.network import Network
from nnstudio.training import TrainerState

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


@pytest.fixture
def moons() -> Dataset:
    """40 rows to train on, 10 to test."""
    return make_dataset("moons", rows=50, seed=1)


@pytest.fixture
def through_a_file() -> Callable[[TrainerState], TrainerState]:
    """Return a state as it comes back from plain values and arrays."""

    def write_and_read(state: TrainerState) -> TrainerState:
        arrays = {name: array.copy() for name, array in state.arrays().items()}
        return TrainerState.from_dict(json.loads(json.dumps(state.to_dict(), allow_nan=False)), arrays)

    return write_and_read
