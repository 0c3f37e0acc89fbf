"""The networks and data of the benchmark, all made from seeds, and what is to be reached with them."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.data import Dataset, make_dataset
from nnstudio.network import Network
from nnstudio.network.items import Connection, Neuron
from nnstudio.network.templates import layered_network
from nnstudio.training import TrainingSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from nnstudio.network.items import Role

    Floats = NDArray[np.float64]

# What our times are divided by: the products of matrices of a step, and nothing else.
PRODUCTS = "matrix products alone"


@dataclass(frozen=True)
class Goal:
    """What is to be reached: at least so many times as fast as ``peer``, or at most so much of ``measure``.

    ``measure`` is one of ns_per_step, ns_per_connection_and_row, compile_seconds, bytes_per_connection.
    """

    bound: float
    peer: str = ""
    measure: str = ""


@dataclass(frozen=True)
class Workload:
    """A network, its data, and how it is trained.

    ``sizes`` are those of layers, or with ``connections`` the numbers of inputs, neurons and outputs of a
    random acyclic network. ``data`` names the rows: a generator's, digits, or random ones.
    """

    key: str
    title: str
    sizes: tuple[int, ...]
    batch: int
    data: str = "random"
    rows: int = 0
    hidden: str = "tanh"
    output: str = "sigmoid"
    loss: str = "mse"
    optimizer: str = "sgd"
    rate: float = 0.01
    dtype: str = "float64"
    connections: int = 0
    threads: int = 1
    goals: tuple[Goal, ...] = ()

    def settings(self) -> TrainingSettings:
        """Return the settings of the training; the rows stay in order, as peers have them."""
        return TrainingSettings(
            loss=self.loss,
            optimizer=self.optimizer,
            learning_rate=self.rate,
            batch_size=self.batch,
            epochs=10**9,
            shuffle=False,
            dtype=self.dtype,
        )

    def network(self) -> Network:
        """Build the network."""
        if not self.connections:
            return layered_network(self.sizes, hidden=self.hidden, output=self.output, seed=0)
        inputs, neurons, outputs = self.sizes
        return random_network(inputs, neurons, outputs, self.connections, self.hidden, self.output)

    def dataset(self) -> Dataset:
        """Make the rows, all of them to train with."""
        x, y = self._arrays()
        return Dataset.from_arrays(x, y, test_fraction=0.0)

    def _arrays(self) -> tuple[Floats, Floats]:
        if self.data == "digits":
            return digits(self.rows)
        if self.data != "random":
            # A table's training rows are its own; of the spiral all are trained with.
            data = (
                make_dataset(self.data, rows=self.rows, test_fraction=0.0)
                if self.rows
                else make_dataset(self.data)
            )
            return data.x_train, data.y_train
        rng = np.random.default_rng(1)
        x = rng.normal(size=(self.rows, self.sizes[0]))
        outputs = self.sizes[-1]
        if self.loss == "cross_entropy":
            return x, np.eye(outputs)[rng.integers(0, outputs, self.rows)]
        return x, rng.uniform(size=(self.rows, outputs))


_DIGITS = Workload(
    key="digits",
    title="digits 64-32-10, batch 32, Adam",
    sizes=(64, 32, 10),
    batch=32,
    data="digits",
    rows=1797,
    hidden="relu",
    output="softmax",
    loss="cross_entropy",
    optimizer="adam",
    rate=0.001,
    goals=(Goal(5.0, peer="scikit-learn"), Goal(12.0, peer="PyTorch")),
)
_WIDE = Workload(
    key="wide",
    title="784-512-512-10 relu, batch 128",
    sizes=(784, 512, 512, 10),
    batch=128,
    rows=1024,
    hidden="relu",
    output="softmax",
    loss="cross_entropy",
    goals=(Goal(1.2, peer="PyTorch"), Goal(0.8, peer=PRODUCTS)),
)
_WORKLOADS = (
    Workload(
        key="addition",
        title="addition perceptron 2-1, online",
        sizes=(2, 1),
        batch=1,
        data="addition",
        goals=(Goal(20.0, measure="ns_per_step"),),
    ),
    Workload(
        key="xor",
        title="XOR 2-4-1, full batch of 4",
        sizes=(2, 4, 1),
        batch=4,
        data="xor",
        rate=0.1,
        goals=(Goal(500.0, peer="PyTorch"),),
    ),
    Workload(
        key="spiral",
        title="2-8-8-1 tanh, 500 rows, batch 10",
        sizes=(2, 8, 8, 1),
        batch=10,
        data="spiral",
        rows=500,
        goals=(Goal(24.0, peer="NumPy by layer"), Goal(150.0, peer="PyTorch")),
    ),
    _DIGITS,
    Workload(
        key="random",
        title="random acyclic, 200 neurons, 2,000 connections, batch 32",
        sizes=(20, 200, 5),
        batch=32,
        rows=512,
        output="identity",
        connections=2000,
        goals=(Goal(100.0, peer="PyTorch"), Goal(0.4, measure="ns_per_connection_and_row")),
    ),
)


def workloads(quick: bool, cores: int) -> list[Workload]:
    """Return all workloads, tiny ones where it is to be quick, with two threads where there are two cores."""
    if quick:
        chosen = [replace(work, rows=min(work.rows, 40)) for work in _WORKLOADS]
        chosen.append(replace(_WIDE, sizes=(20, 12, 12, 10), rows=40, batch=16))
        return [*chosen, *_scaled((100, 1000), rows=32)]
    chosen = list(_WORKLOADS)
    for threads in (1, 2)[:cores]:
        for dtype in ("float64", "float32"):
            title = f"{_WIDE.title}, {dtype}, {threads} thread{'s'[: threads - 1]}"
            key = f"wide-{dtype}-{threads}"
            chosen.append(replace(_WIDE, key=key, title=title, dtype=dtype, threads=threads))
    return [*chosen, *_scaled((100, 1000, 10_000, 100_000, 1_000_000), rows=64)]


def _scaled(sizes: Sequence[int], rows: int) -> Iterator[Workload]:
    for connections in sizes:
        neurons = connections // 10 if connections > 100 else 20
        large = connections > 100_000
        yield Workload(
            key=f"random-{connections}",
            title=f"random acyclic, {connections:,} connections, batch 32",
            sizes=(neurons // 10, neurons, max(1, neurons // 40)),
            batch=32,
            rows=rows,
            output="identity",
            connections=connections,
            goals=(
                Goal(1.2 if large else 0.5, measure="ns_per_connection_and_row"),
                Goal(5.0 if large else 0.5, measure="compile_seconds"),
                Goal(330.0, measure="bytes_per_connection"),
            ),
        )


def random_network(
    inputs: int, neurons: int, outputs: int, connections: int, hidden: str, output: str
) -> Network:
    """Build a random acyclic network: each neuron is fed by any before it but outputs, each at least once."""
    rng = np.random.default_rng(0)
    last = neurons - outputs
    taken = np.arange(inputs, neurons) * neurons + rng.integers(
        0, np.minimum(np.arange(inputs, neurons), last)
    )
    while len(taken) < connections:
        missing = connections - len(taken)
        target = rng.integers(inputs, neurons, missing)
        source = (rng.random(missing) * np.minimum(target, last)).astype(np.int64)
        taken = np.unique(np.concatenate((taken, target * neurons + source)))
    target, source = np.divmod(taken, neurons)
    weights = (rng.normal(size=len(taken)) * 0.3).tolist()
    biases = (rng.normal(size=neurons) * 0.1).tolist()

    def neuron(number: int) -> Neuron:
        role: Role = "input" if number < inputs else "output" if number >= last else "hidden"
        activation = None if role == "input" else output if role == "output" else hidden
        bias = None if role == "input" else biases[number]
        return Neuron(f"n{number}", role, activation, bias, f"n{number}", (0.0, float(number)))

    pairs = zip(source.tolist(), target.tolist(), weights, strict=True)
    return Network.from_parts(
        map(neuron, range(neurons)),
        (Connection(f"c{i}", f"n{a}", f"n{b}", weight) for i, (a, b, weight) in enumerate(pairs)),
    )


def digits(rows: int) -> tuple[Floats, Floats]:
    """Return scikit-learn's digits where it is installed, else made up ones: (rows, 64), (rows, 10)."""
    if importlib.util.find_spec("sklearn"):
        bunch = importlib.import_module("sklearn.datasets").load_digits()
        return bunch.data[:rows] / 16.0, np.eye(10)[bunch.target[:rows]]
    rng = np.random.default_rng(2)
    shapes = rng.uniform(-8.0, 16.0, size=(10, 64))
    labels = rng.integers(0, 10, rows)
    drawn = np.clip(np.round(shapes[labels] + rng.normal(0.0, 3.0, size=(rows, 64))), 0.0, 16.0)
    return drawn / 16.0, np.eye(10)[labels]
