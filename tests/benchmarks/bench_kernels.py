"""Time of the compiled kernels beside other ways to train the same network. By hand:

    python -m tests.benchmarks.bench_kernels [--json] [--rounds N] [WORKLOAD ...]

Peers are NumPy written by hand, layer by layer, and scikit-learn and PyTorch where they are installed. Each
round runs all of them one after the other, so that what disturbs one disturbs all; medians are shown. Losses
of the same number of epochs, from the same start and over the same batches, are compared.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import time
import warnings
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine import compile_network
from nnstudio.engine.kernels import CompiledTraining
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.network import Network
from tests.engine.kernels.helpers import layered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Floats = Any
# Runs one after the other an epoch's worth of `epochs`; returns the mean loss of the last one.
Runner = Any


@dataclass(frozen=True)
class Workload:
    """A network (layer sizes, or neurons and connections of a random one), data and how it is trained."""

    title: str
    sizes: tuple[int, ...]
    rows: int
    batch: int
    epochs: int
    hidden: str = "tanh"
    output: str = "sigmoid"
    loss: str = "mse"
    optimizer: str = "sgd"
    rate: float = 0.01
    dtype: str = "float64"
    connections: int = 0  # of a random acyclic network of sizes[0] inputs, sizes[1] neurons, sizes[2] outputs
    peer_epochs: int = 0  # fewer, for slow peers

    @property
    def steps(self) -> int:
        return -(-self.rows // self.batch)


WORKLOADS = {
    "perceptron": Workload("addition perceptron 2-1, online", (2, 1), 66, 1, 3000, peer_epochs=5),
    "xor": Workload("XOR 2-4-1, full batch of 4", (2, 4, 1), 4, 4, 20000, peer_epochs=200),
    "spiral": Workload("2-8-8-1 tanh, 500 rows, batch 10", (2, 8, 8, 1), 500, 10, 60, peer_epochs=3),
    "digits": Workload(
        "digits 64-32-10, batch 32, Adam",
        (64, 32, 10),
        1797,
        32,
        10,
        hidden="relu",
        output="softmax",
        loss="cross_entropy",
        optimizer="adam",
        rate=0.001,
        peer_epochs=3,
    ),
    "random": Workload(
        "random 200 neurons, 2,000 connections, batch 32",
        (20, 200, 5),
        512,
        32,
        20,
        output="identity",
        connections=2000,
        peer_epochs=1,
    ),
    "dense": Workload(
        "784-512-512-10 relu, batch 128",
        (784, 512, 512, 10),
        1024,
        128,
        1,
        hidden="relu",
        output="softmax",
        loss="cross_entropy",
        rate=0.01,
    ),
}


def network_of(work: Workload) -> Network:
    if not work.connections:
        fan_in = sum(work.sizes[:-1]) / (len(work.sizes) - 1)
        return layered(list(work.sizes), work.hidden, work.output, scale=fan_in**-0.5)
    inputs, neurons, outputs = work.sizes
    rng = np.random.default_rng(0)
    network = Network()
    ids = [network.add_neuron("input").id for _ in range(inputs)]
    for number in range(inputs, neurons):
        last = number >= neurons - outputs
        role, activation = ("output", work.output) if last else ("hidden", work.hidden)
        ids.append(network.add_neuron(role, activation=activation, bias=0.1 * rng.normal()).id)
    taken = {(int(rng.integers(number)), number) for number in range(inputs, neurons)}
    while len(taken) < work.connections:
        target = int(rng.integers(inputs, neurons))
        taken.add((int(rng.integers(min(target, neurons - outputs))), target))
    with network.batch():
        for source, target in sorted(taken):
            network.connect(ids[source], ids[target], weight=0.3 * rng.normal())
    return network


def data_of(work: Workload) -> tuple[NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(work.rows, work.sizes[0])).astype(work.dtype)
    outputs = work.sizes[-1]
    if work.loss == "cross_entropy":
        return x, np.eye(outputs, dtype=work.dtype)[rng.integers(0, outputs, work.rows)]
    return x, rng.uniform(size=(work.rows, outputs)).astype(work.dtype)


class Kernels:
    """The compiled kernels."""

    name = "kernels"

    def __init__(self, work: Workload) -> None:
        program = compile_network(network_of(work), dtype=work.dtype)
        parameters = program.initial_parameters()
        optimizer = OPTIMIZERS[work.optimizer]
        self.training = CompiledTraining(
            program,
            parameters,
            optimizer.init_state(len(parameters.flat), program.dtype),
            *data_of(work),
            loss=work.loss,
            optimizer=work.optimizer,
            options=optimizer.defaults,
            learning_rate=work.rate,
            batch=work.batch,
        )
        self.rows = work.rows

    def run(self, epochs: int) -> float:
        order = np.tile(np.arange(self.rows, dtype=np.uint64), epochs)
        losses = np.zeros(epochs)
        self.training.train(order, 0, 1 << 40, losses)
        return float(losses[-1]) / self.rows


class Reference:
    """The program in NumPy that the kernels are checked against."""

    name = "reference"

    def __init__(self, work: Workload) -> None:
        self.work = work
        self.program = compile_network(network_of(work), dtype=work.dtype)
        self.parameters = self.program.initial_parameters()
        self.optimizer = OPTIMIZERS[work.optimizer]
        self.state = self.optimizer.init_state(len(self.parameters.flat), self.program.dtype)
        self.x, self.y = data_of(work)

    def run(self, epochs: int) -> float:
        work = self.work
        for _ in range(epochs):
            summed = 0.0
            for start in range(0, work.rows, work.batch):
                x, y = self.x[start : start + work.batch], self.y[start : start + work.batch]
                loss, gradients = self.program.loss_and_gradients(self.parameters, x, y, work.loss)
                summed += loss * len(x)
                self.optimizer.step(
                    self.parameters.flat,
                    gradients.flat,
                    self.state,
                    work.rate,
                    self.optimizer.defaults,
                    self.program.gradient_mask,
                )
        return summed / work.rows


def matrices_of(work: Workload) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Return weights (inputs, outputs) and biases of each layer, as `network_of` has them."""
    network = network_of(work)
    program = compile_network(network, dtype=work.dtype)
    parameters = program.initial_parameters()
    matrices, slot, start = [], work.sizes[0], 0
    for fan_in, size in pairwise(work.sizes):
        weights = parameters.weights[start : start + fan_in * size].reshape(size, fan_in).T.copy()
        matrices.append((weights, parameters.biases[slot : slot + size].copy()))
        slot, start = slot + size, start + fan_in * size
    return matrices


def _activate(key: str, z: Floats) -> Floats:
    if key == "tanh":
        return np.tanh(z)
    if key == "relu":
        return np.maximum(z, 0.0)
    if key == "sigmoid":
        return 1.0 / (1.0 + np.exp(-z))
    if key == "softmax":
        powers = np.exp(z - z.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)
    return z


def _slope(key: str, a: Floats) -> Floats:
    if key == "tanh":
        return 1.0 - a * a
    if key == "relu":
        return a > 0.0
    if key == "sigmoid":
        return a * (1.0 - a)
    return 1.0


class ByLayer:
    """NumPy as one would write it for this network, a matrix for each layer."""

    name = "NumPy by layer"

    def __init__(self, work: Workload) -> None:
        self.work = work
        self.layers = [list(layer) for layer in matrices_of(work)]
        self.state = [[np.zeros_like(array) for array in layer for _ in range(2)] for layer in self.layers]
        self.step = 0
        self.x, self.y = data_of(work)

    def run(self, epochs: int) -> float:
        work = self.work
        for _ in range(epochs):
            summed = 0.0
            for start in range(0, work.rows, work.batch):
                summed += self._train(self.x[start : start + work.batch], self.y[start : start + work.batch])
        return summed / work.rows

    def _train(self, x: Floats, y: Floats) -> float:
        work = self.work
        keys = [work.hidden] * (len(self.layers) - 1) + [work.output]
        values = [x]
        for (weights, biases), key in zip(self.layers, keys, strict=True):
            values.append(_activate(key, values[-1] @ weights + biases))
        a = values[-1]
        if work.loss == "cross_entropy":
            loss = -float(np.sum(y * np.log(a)))
            delta = (a - y) / len(x)
        else:
            error = a - y
            loss = float(np.sum(error * error)) / y.shape[1]
            delta = error * _slope(work.output, a) * (2.0 / y.size)
        self.step += 1
        for number in range(len(self.layers) - 1, -1, -1):
            weights, biases = self.layers[number]
            gradients = values[number].T @ delta, delta.sum(axis=0)
            if number:
                delta = (delta @ weights.T) * _slope(keys[number - 1], values[number])
            self._update(number, gradients)
        return loss

    def _update(self, number: int, gradients: tuple[Floats, Floats]) -> None:
        rate = self.work.rate
        for place, (array, gradient) in enumerate(zip(self.layers[number], gradients, strict=True)):
            if self.work.optimizer == "sgd":
                array -= rate * gradient
                continue
            mean, squares = self.state[number][2 * place : 2 * place + 2]
            mean += 0.1 * (gradient - mean)
            squares += 0.001 * (gradient * gradient - squares)
            scale = rate / (1.0 - 0.9**self.step)
            array -= scale * mean / (np.sqrt(squares) / (1.0 - 0.999**self.step) ** 0.5 + 1e-8)


class Torch:
    """PyTorch, eagerly, on one thread."""

    name = "PyTorch"

    def __init__(self, work: Workload) -> None:
        import torch

        torch.set_num_threads(1)
        self.work, self.torch = work, torch
        self.x, self.y = (torch.from_numpy(array) for array in data_of(work))
        dtype = getattr(torch, work.dtype)
        modules: list[Any] = []
        keys = [work.hidden] * (len(work.sizes) - 2) + [work.output]
        kinds = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid}
        for (weights, biases), key in zip(matrices_of(work), keys, strict=True):
            linear = torch.nn.Linear(*weights.shape, dtype=dtype)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weights.T))
                linear.bias.copy_(torch.from_numpy(biases))
            modules.append(linear)
            if key in kinds:
                modules.append(kinds[key]())
        self.model = torch.nn.Sequential(*modules)
        kind = torch.optim.Adam if work.optimizer == "adam" else torch.optim.SGD
        self.optimizer = kind(self.model.parameters(), lr=work.rate)
        self.loss = torch.nn.CrossEntropyLoss() if work.loss == "cross_entropy" else torch.nn.MSELoss()

    def run(self, epochs: int) -> float:
        work = self.work
        for _ in range(epochs):
            summed = 0.0
            for start in range(0, work.rows, work.batch):
                x, y = self.x[start : start + work.batch], self.y[start : start + work.batch]
                self.optimizer.zero_grad()
                loss = self.loss(self.model(x), y)
                loss.backward()
                self.optimizer.step()
                summed += loss.item() * len(x)
        return summed / work.rows


class Sklearn:
    """scikit-learn's MLPClassifier; it starts elsewhere, so that its loss is not compared."""

    name = "scikit-learn"

    def __init__(self, work: Workload) -> None:
        from sklearn.neural_network import MLPClassifier

        warnings.simplefilter("ignore")
        self.x, y = data_of(work)
        self.y = y.argmax(axis=1)
        self.options = {
            "hidden_layer_sizes": work.sizes[1:-1],
            "batch_size": work.batch,
            "solver": work.optimizer,
            "learning_rate_init": work.rate,
            "alpha": 0.0,
            "tol": 0.0,
            "shuffle": False,
            "n_iter_no_change": 10**6,
        }
        self.kind = MLPClassifier

    def run(self, epochs: int) -> float:
        self.kind(max_iter=epochs, **self.options).fit(self.x, self.y)
        return float("nan")


def runners(work: Workload) -> Iterator[Runner]:
    yield Kernels(work)
    yield Reference(work)
    if not work.connections:
        yield ByLayer(work)
        if importlib.util.find_spec("torch"):
            yield Torch(work)
    if work.loss == "cross_entropy" and importlib.util.find_spec("sklearn"):
        yield Sklearn(work)


@dataclass
class Timed:
    """Seconds of one epoch, and the loss after the first run's epochs."""

    name: str
    seconds: float
    loss: float


def measure(work: Workload, rounds: int) -> list[Timed]:
    """Time all ways to train; the kernels first."""
    peers = list(runners(work))
    fewer = work.peer_epochs or work.epochs
    losses = [peer.run(fewer) for peer in peers]
    seconds: list[list[float]] = [[] for _ in peers]
    for _ in range(rounds):
        for peer, times in zip(peers, seconds, strict=True):
            epochs = work.epochs if isinstance(peer, Kernels) else fewer
            began = time.perf_counter()
            peer.run(epochs)
            times.append((time.perf_counter() - began) / epochs)
    return [
        Timed(peer.name, statistics.median(times), loss)
        for peer, times, loss in zip(peers, seconds, losses, strict=True)
    ]


def lines(work: Workload, timed: list[Timed], connections: int) -> Iterator[str]:
    ours = timed[0]
    yield f"{work.title}, {work.dtype}"
    for each in timed:
        unit, factor = ("us", 1e6) if each.seconds < 1e-3 else ("ms", 1e3)
        line = f"  {each.name:16} {each.seconds * factor:9.2f} {unit}/epoch"
        line += f" {each.seconds / work.steps * 1e9:12.1f} ns/step   loss {each.loss:.10g}"
        if each is ours:
            line += f"   {each.seconds / work.rows / connections * 1e9:.3f} ns a connection and row"
        else:
            line += f"   kernels {each.seconds / ours.seconds:.1f} times as fast"
        yield line


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the compiled kernels beside others.")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(WORKLOADS)}")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dtype", choices=("float64", "float32"), nargs="+", default=["float64"])
    arguments = parser.parse_args()
    results = []
    for key in arguments.workloads or WORKLOADS:
        for dtype in arguments.dtype:
            work = replace(WORKLOADS[key], dtype=dtype)
            connections = len(network_of(work).connections)
            timed = measure(work, arguments.rounds)
            results += [{"workload": key, "dtype": dtype, **vars(each)} for each in timed]
            if not arguments.json:
                print(*lines(work, timed, connections), sep="\n", flush=True)
    if arguments.json:
        json.dump(results, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
