"""Time of the NumPy engine, beside NumPy written by hand for the one layered network. Run by hand:

    python tests/benchmarks/bench_engine.py

Medians of interleaved runs in one process; for layered networks the losses of both ways are compared.
"""

from __future__ import annotations

import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from nnstudio.engine import compile_network
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.network import Network
from tests.engine.strategies import random_network

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 7


def layered(sizes: tuple[int, ...], hidden: str, output: str) -> Network:
    """Return a layered network with small random weights."""
    rng = np.random.default_rng(0)
    network = Network()
    previous = [network.add_neuron("input").id for _ in range(sizes[0])]
    for layer, (fan_in, size) in enumerate(pairwise(sizes), 1):
        last = layer == len(sizes) - 1
        role, activation = ("output", output) if last else ("hidden", hidden)
        here = [network.add_neuron(role, activation=activation).id for _ in range(size)]
        with network.batch():
            for target in here:
                for source in previous:
                    network.connect(source, target, weight=float(rng.normal() / fan_in**0.5))
        previous = here
    return network


class Engine:
    """The engine, epoch after epoch without shuffling."""

    def __init__(self, network: Network, loss: str, optimizer: str, rate: float, batch: int) -> None:
        self.program = compile_network(network)
        self.parameters = self.program.initial_parameters()
        self.loss, self.rate, self.batch = loss, rate, batch
        self.optimizer = OPTIMIZERS[optimizer]
        self.state = self.optimizer.init_state(len(self.parameters.flat))

    def epoch(self, x: Any, y: Any) -> float:
        """Train once over all rows; return the mean loss."""
        total = 0.0
        for start in range(0, len(x), self.batch):
            rows = slice(start, start + self.batch)
            value, gradients = self.program.loss_and_gradients(self.parameters, x[rows], y[rows], self.loss)
            self.optimizer.step(
                self.parameters.flat,
                gradients.flat,
                self.state,
                self.rate,
                self.optimizer.defaults,
                self.program.gradient_mask,
            )
            total += value * len(x[rows])
        return total / len(x)


class ByLayer:
    """NumPy written by hand for tanh or ReLU layers, the way people do: no checks, no masks, no copies."""

    def __init__(self, engine: Engine, sizes: tuple[int, ...], hidden: str) -> None:
        self.weights, self.biases = [], []
        program, parameters = engine.program, engine.parameters
        first, at = sizes[0], 0
        for fan_in, size in pairwise(sizes):
            self.weights.append(parameters.weights[at : at + fan_in * size].reshape(size, fan_in).T.copy())
            self.biases.append(parameters.biases[first : first + size].copy())
            first, at = first + size, at + fan_in * size
        self.hidden, self.loss, self.rate, self.batch = hidden, engine.loss, engine.rate, engine.batch
        self.adam = engine.optimizer.key == "adam"
        self.moments = [(np.zeros_like(p), np.zeros_like(p)) for p in (*self.weights, *self.biases)]
        self.steps = 0
        assert program.n_connections == at

    def epoch(self, x: Any, y: Any) -> float:
        """Train once over all rows; return the mean loss."""
        total = 0.0
        for start in range(0, len(x), self.batch):
            a, target = [x[start : start + self.batch]], y[start : start + self.batch]
            for w, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
                z = a[-1] @ w + b
                a.append(np.tanh(z) if self.hidden == "tanh" else np.maximum(z, 0.0))
            z = a[-1] @ self.weights[-1] + self.biases[-1]
            rows = len(target)
            if self.loss == "cross_entropy":
                powers = np.exp(z - z.max(axis=1, keepdims=True))
                p = powers / powers.sum(axis=1, keepdims=True)
                total -= float((target * np.log(p)).sum())
                delta = (p - target) / rows
            else:
                out = 1.0 / (1.0 + np.exp(-z))
                total += float(((out - target) ** 2).mean()) * rows
                delta = 2.0 * (out - target) * out * (1.0 - out) / out.size
            gw, gb = [], []
            for layer in range(len(self.weights) - 1, -1, -1):
                gw.insert(0, a[layer].T @ delta)
                gb.insert(0, delta.sum(axis=0))
                if layer:
                    slope = 1.0 - a[layer] ** 2 if self.hidden == "tanh" else a[layer] > 0.0
                    delta = (delta @ self.weights[layer].T) * slope
            self._update([*gw, *gb])
        return total / len(x)

    def _update(self, gradients: list[Any]) -> None:
        self.steps += 1
        for p, g, (m, v) in zip((*self.weights, *self.biases), gradients, self.moments, strict=True):
            if self.adam:
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                scale = (1.0 - 0.999**self.steps) ** 0.5
                p -= self.rate / (1.0 - 0.9**self.steps) * m / (np.sqrt(v) / scale + 1e-8)
            else:
                p -= self.rate * g


def addition_rows() -> tuple[Any, Any]:
    """Every pair of tenths whose sum is at most 1, and the sums."""
    x = np.array([(i / 10, j / 10) for i in range(11) for j in range(11 - i)])
    return x, x.sum(axis=1, keepdims=True)


def measure(ways: list[Callable[[], float]], epochs: int) -> list[tuple[float, float]]:
    """Return the median seconds an epoch, and the last loss, of each way."""
    seconds: list[list[float]] = [[] for _ in ways]
    losses = [0.0 for _ in ways]
    for _ in range(ROUNDS):
        for i, way in enumerate(ways):
            start = time.perf_counter()
            for _ in range(epochs):
                losses[i] = way()
            seconds[i].append((time.perf_counter() - start) / epochs)
    return [(float(np.median(times)), loss) for times, loss in zip(seconds, losses, strict=True)]


def compare(
    title: str,
    sizes: tuple[int, ...],
    data: tuple[Any, Any],
    *,
    output: str,
    loss: str,
    optimizer: str,
    rate: float,
    batch: int,
    epochs: int,
) -> None:
    """Print the engine's time beside the hand-written one's."""
    x, y = data
    engine = Engine(layered(sizes, "tanh", output), loss, optimizer, rate, batch)
    by_layer = ByLayer(engine, sizes, "tanh")
    (ours, loss_ours), (theirs, loss_theirs) = measure(
        [lambda: engine.epoch(x, y), lambda: by_layer.epoch(x, y)], epochs
    )
    updates = -(-len(x) // batch)
    print(
        f"{title:44s} {ours * 1e6:10.1f} us an epoch {ours * 1e6 / updates:8.2f} us an update"
        f"   by hand {theirs * 1e6 / updates:8.2f}   losses {loss_ours:.10f} {loss_theirs:.10f}"
    )


def wild() -> None:
    """Print the time of a random acyclic network, and of compiling large ones."""
    rng = np.random.default_rng(0)
    network = random_network(
        rng, inputs=10, hidden=180, outputs=10, density=0.105,
        hidden_activations=("tanh",), output_activations=("identity",), scale=0.3,
    )  # fmt: skip
    engine = Engine(network, "mse", "sgd", 0.01, 32)
    x, y = rng.normal(size=(512, 10)), rng.normal(size=(512, 10))
    ((seconds, _),) = measure([lambda: engine.epoch(x, y)], 3)
    program = engine.program
    print(
        f"{program!r}, batch 32: {seconds * 1e3:.2f} ms an epoch of 512 rows, "
        f"{seconds * 1e6 / 16:.1f} us an update, "
        f"{seconds * 1e9 / 512 / program.n_connections:.2f} ns a connection and row"
    )
    for hidden, density in ((450, 1.0), (2000, 0.05)):
        network = random_network(
            rng, inputs=10, hidden=hidden, outputs=10, density=density,
            hidden_activations=("tanh",), output_activations=("identity",), scale=0.01,
        )  # fmt: skip
        start = time.perf_counter()
        program = compile_network(network)
        print(f"{program!r} compiled in {time.perf_counter() - start:.3f} s")


def main() -> None:
    """Run all."""
    rng = np.random.default_rng(0)
    compare(
        "addition perceptron 2-1, online", (2, 1), addition_rows(),
        output="sigmoid", loss="mse", optimizer="sgd", rate=0.05, batch=1, epochs=50,
    )  # fmt: skip
    x = rng.normal(size=(500, 2))
    y = (x[:, :1] * x[:, 1:] > 0.0).astype(float)
    compare(
        "2-8-8-1 tanh, 500 rows, batch 10", (2, 8, 8, 1), (x, y),
        output="sigmoid", loss="mse", optimizer="sgd", rate=0.1, batch=10, epochs=20,
    )  # fmt: skip
    x = rng.uniform(size=(1797, 64))
    y = np.eye(10)[rng.integers(0, 10, 1797)]
    compare(
        "64-32-10 softmax, 1,797 rows, batch 32, Adam", (64, 32, 10), (x, y),
        output="softmax", loss="cross_entropy", optimizer="adam", rate=0.001, batch=32, epochs=5,
    )  # fmt: skip
    wild()


if __name__ == "__main__":
    main()
