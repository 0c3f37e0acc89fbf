"""What is compared with PyTorch: the cases of the stored values and of the live tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.network import Network
from nnstudio.network.model import Connection, Neuron
from tests.engine.strategies import ELEMENTWISE, random_network

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 12
BATCH = 5  # the last batch of an epoch is smaller
STEPS = 100

# Points around everything that happens to activations: kinks, saturation, overflow of exponentials.
POINTS = np.concatenate(
    (
        np.linspace(-8.0, 8.0, 33),
        [-1e4, -800.0, -745.1, -709.0, -40.0, -20.0, -0.46875, -1e-3, -1e-300, -0.0],
        [1e-300, 1e-3, 0.46875, 19.99, 20.0, 20.01, 40.0, 709.0, 745.1, 800.0, 1e4],
    )
)

LEARNING_RATES = {
    "sgd": 0.1,
    "momentum": 0.02,
    "nesterov": 0.02,
    "adagrad": 0.1,
    "rmsprop": 0.01,
    "adam": 0.02,
    "adamw": 0.02,
}


@dataclass(frozen=True)
class Case:
    """A network, data and a loss."""

    name: str
    network: Network
    x: Any
    y: Any
    loss: str


def cases() -> Iterator[Case]:
    """Yield cases that hold every activation and every loss, layered and wild wirings."""
    for number, loss in enumerate(("mse", "mae", "huber")):
        yield _case(f"{loss}-any", number, loss, hidden=12, outputs=3, hidden_activations=ELEMENTWISE)
    yield _case("mse-softmax", 3, "mse", outputs=1, softmax=3)
    yield _case("bce-sigmoid", 4, "binary_cross_entropy", outputs=3, output_activations=("sigmoid",))
    yield _case("bce-softmax", 5, "binary_cross_entropy", outputs=0, softmax=2)
    yield _case("cross-entropy", 6, "cross_entropy", outputs=0, softmax=4)
    yield _case("cross-entropy-dense", 7, "cross_entropy", outputs=0, softmax=3, density=1.0)
    yield _case("hinge", 8, "hinge", outputs=2, output_activations=("identity", "tanh"))
    yield _case("large-weights", 9, "cross_entropy", outputs=0, softmax=3, scale=20.0)
    yield _case(
        "large-sums", 10, "binary_cross_entropy", output_activations=("sigmoid",), outputs=2, scale=20.0
    )


def _case(name: str, seed: int, loss: str, **how: Any) -> Case:
    rng = np.random.default_rng(seed)
    defaults: dict[str, Any] = {
        "inputs": 3,
        "hidden": 7,
        "outputs": 2,
        "density": 0.4,
        "hidden_activations": ("tanh", "silu", "elu", "sigmoid"),
        "output_activations": ("identity", "tanh", "sigmoid"),
    }
    network = random_network(rng, **{**defaults, **how})
    x = rng.normal(0.0, 1.0, (ROWS, len(network.inputs)))
    if loss == "cross_entropy":
        y = np.eye(len(network.outputs))[rng.integers(0, len(network.outputs), ROWS)]
        y[: ROWS // 2] = rng.dirichlet(np.ones(len(network.outputs)), ROWS // 2)
    elif loss in ("binary_cross_entropy", "hinge"):
        y = rng.integers(0, 2, (ROWS, len(network.outputs))).astype(float)
    else:
        y = rng.normal(0.0, 1.0, (ROWS, len(network.outputs)))
    return Case(name, network, x, y, loss)


def to_plain(network: Network) -> dict[str, Any]:
    """Return a network as plain values."""
    return {
        "neurons": [[n.id, n.role, n.activation, n.bias, n.trainable] for n in network.neurons],
        "connections": [[c.id, c.source, c.target, c.weight, c.trainable] for c in network.connections],
    }


def from_plain(plain: dict[str, Any]) -> Network:
    """Return the network of such values."""
    return Network.from_parts(
        [
            Neuron(key, role, activation, bias, key, (0.0, 0.0), trainable)
            for key, role, activation, bias, trainable in plain["neurons"]
        ],
        [Connection(*fields) for fields in plain["connections"]],
    )
