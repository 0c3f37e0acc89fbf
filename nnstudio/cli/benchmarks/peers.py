"""Others that train the same network from the same start: NumPy by hand, PyTorch, scikit-learn.

Each runs an epoch's worth of batches, rows in order, and returns the mean loss of the last epoch. That of
scikit-learn, which starts elsewhere, says nothing here.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nnstudio.cli.benchmarks.workloads import PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from nnstudio.cli.benchmarks.workloads import Workload
    from nnstudio.engine.program import Program

Floats = Any


class Peer(Protocol):
    """Somebody who trains."""

    name: str

    def run(self, epochs: int) -> float:
        """Go on for so many epochs; returns the loss of the last one, NaN where it can't be compared."""


def peers_of(work: Workload, program: Program, x: Floats, y: Floats, *, all_of_them: bool) -> Iterator[Peer]:
    """Yield the peers for a workload, for rows x (rows, inputs) and y (rows, outputs)."""
    x, y = x.astype(work.dtype), y.astype(work.dtype)
    if any(goal.peer == PRODUCTS for goal in work.goals):
        yield Products(work, len(x))
    if work.connections:
        yield ByLevel(work, program, x, y)
    else:
        yield ByLayer(work, program, x, y)
    if not all_of_them:
        return
    if importlib.util.find_spec("torch"):
        yield TorchByLevel(work, program, x, y) if work.connections else TorchByLayer(work, program, x, y)
    if importlib.util.find_spec("sklearn") and work.loss == "cross_entropy":
        yield Sklearn(work, x, y)


def layers_of(work: Workload, program: Program) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Return weights (outputs, inputs) and biases of each layer."""
    parameters = program.initial_parameters()
    layers, slot, start = [], work.sizes[0], 0
    for fan_in, size in pairwise(work.sizes):
        weights = parameters.weights[start : start + fan_in * size].reshape(size, fan_in)
        layers.append((weights, parameters.biases[slot : slot + size]))
        slot, start = slot + size, start + fan_in * size
    return layers


class Products:
    """As much arithmetic as the products of an epoch take, in products that suit the processor."""

    name = PRODUCTS
    _SIZE = 640

    def __init__(self, work: Workload, rows: int) -> None:
        pairs = [a * b for a, b in pairwise(work.sizes)]
        # Forward, gradients of weights, and errors of all but the inputs.
        needed = rows * (3 * sum(pairs) - pairs[0])
        size = min(self._SIZE, round(needed ** (1 / 3)))
        self.times = needed / size**3
        rng = np.random.default_rng(0)
        self.a, self.b = (rng.normal(size=(size, size)).astype(work.dtype) for _ in range(2))
        self.out = np.empty_like(self.a)

    def run(self, epochs: int) -> float:
        """Go on for so many epochs."""
        for _ in range(round(self.times * epochs)):
            np.matmul(self.a, self.b, out=self.out)
        return math.nan


class ByLayer:
    """NumPy as one would write it for this network, a matrix for each layer."""

    name = "NumPy by layer"

    def __init__(self, work: Workload, program: Program, x: Floats, y: Floats) -> None:
        self.work, self.x, self.y = work, x, y
        self.layers = [(weights.T.copy(), biases.copy()) for weights, biases in layers_of(work, program)]
        self.state = [[np.zeros_like(array) for array in layer for _ in range(2)] for layer in self.layers]
        self.step = 0

    def run(self, epochs: int) -> float:
        """Go on for so many epochs."""
        summed, batch = 0.0, self.work.batch
        for _ in range(epochs):
            summed = 0.0
            for start in range(0, len(self.x), batch):
                summed += self._train(self.x[start : start + batch], self.y[start : start + batch])
        return summed / len(self.x)

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
            weights, _ = self.layers[number]
            gradients = values[number].T @ delta, delta.sum(axis=0)
            if number:
                delta = (delta @ weights.T) * _slope(keys[number - 1], values[number])
            for place, gradient in enumerate(gradients):
                self._update(self.layers[number][place], gradient, self.state[number][2 * place :])
        return loss

    def _update(self, array: Floats, gradient: Floats, state: list[Floats]) -> None:
        if self.work.optimizer == "sgd":
            array -= self.work.rate * gradient
            return
        mean, squares = state[:2]
        mean += 0.1 * (gradient - mean)
        squares += 0.001 * (gradient * gradient - squares)
        scale = self.work.rate / (1.0 - 0.9**self.step)
        array -= scale * mean / (np.sqrt(squares) / (1.0 - 0.999**self.step) ** 0.5 + 1e-8)


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


class ByLevel:
    """NumPy for any wiring, level by level: our own reference, with plain gradient descent."""

    name = "NumPy by level"

    def __init__(self, work: Workload, program: Program, x: Floats, y: Floats) -> None:
        self.work, self.program, self.x, self.y = work, program, x, y
        self.parameters = program.initial_parameters()

    def run(self, epochs: int) -> float:
        """Go on for so many epochs."""
        summed, batch = 0.0, self.work.batch
        for _ in range(epochs):
            summed = 0.0
            for start in range(0, len(self.x), batch):
                x, y = self.x[start : start + batch], self.y[start : start + batch]
                loss, gradients = self.program.loss_and_gradients(self.parameters, x, y, self.work.loss)
                self.parameters.flat -= self.work.rate * gradients.flat
                summed += loss * len(x)
        return summed / len(self.x)


class _Torch:
    """PyTorch, eagerly."""

    name = "PyTorch"

    def __init__(self, work: Workload, x: Floats, y: Floats) -> None:
        # Typed nowhere, since it is not among what we need.
        torch = self.torch = importlib.import_module("torch")
        torch.set_num_threads(work.threads)
        self.work, self.x, self.y = work, torch.from_numpy(x), torch.from_numpy(y)
        self.loss = torch.nn.CrossEntropyLoss() if work.loss == "cross_entropy" else torch.nn.MSELoss()
        self.model: Any = None
        self.optimizer: Any = None

    def _optimize(self, parameters: Any) -> None:
        kind = self.torch.optim.Adam if self.work.optimizer == "adam" else self.torch.optim.SGD
        self.optimizer = kind(parameters, lr=self.work.rate)

    def run(self, epochs: int) -> float:
        """Go on for so many epochs."""
        summed, batch = 0.0, self.work.batch
        for _ in range(epochs):
            summed = 0.0
            for start in range(0, len(self.x), batch):
                x, y = self.x[start : start + batch], self.y[start : start + batch]
                self.optimizer.zero_grad()
                loss = self.loss(self.model(x), y)
                loss.backward()
                self.optimizer.step()
                summed += loss.item() * len(x)
        return summed / len(self.x)


class TorchByLayer(_Torch):
    """A module for each layer."""

    def __init__(self, work: Workload, program: Program, x: Floats, y: Floats) -> None:
        super().__init__(work, x, y)
        torch = self.torch
        kinds = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid}
        modules: list[Any] = []
        keys = [work.hidden] * (len(work.sizes) - 2) + [work.output]
        for (weights, biases), key in zip(layers_of(work, program), keys, strict=True):
            linear = torch.nn.Linear(weights.shape[1], weights.shape[0], dtype=getattr(torch, work.dtype))
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weights))
                linear.bias.copy_(torch.from_numpy(biases))
            modules.append(linear)
            if key in kinds:
                modules.append(kinds[key]())
        self.model = torch.nn.Sequential(*modules)
        self._optimize(self.model.parameters())


class TorchByLevel(_Torch):
    """Any wiring: for each level the sources' values are gathered, weighted and added up by target."""

    def __init__(self, work: Workload, program: Program, x: Floats, y: Floats) -> None:
        super().__init__(work, x, y)
        torch = self.torch
        parameters = program.initial_parameters()
        self.weights = torch.from_numpy(parameters.weights.copy()).requires_grad_()
        self.biases = torch.from_numpy(parameters.biases.copy()).requires_grad_()
        self.levels = []
        for first, last in pairwise(program.level_start[1:].tolist()):
            place = slice(int(program.row_start[first]), int(program.row_start[last]))
            sources = torch.from_numpy(program.source_slot[place])
            targets = torch.from_numpy(program.target_slot[place] - first)
            is_output = torch.zeros(last - first, 1, dtype=torch.bool)
            slots = program.output_slots
            is_output[slots[(slots >= first) & (slots < last)] - first] = True
            self.levels.append((slice(first, last), place, sources, targets, is_output))
        self.output_slots = torch.from_numpy(program.output_slots)
        self.model = self._outputs
        self._optimize([self.weights, self.biases])

    def _outputs(self, x: Any) -> Any:
        torch = self.torch
        values = x.T
        for rows, place, sources, targets, is_output in self.levels:
            sums = self.biases[rows, None].expand(-1, len(x))
            sums = sums.index_add(0, targets, self.weights[place, None] * values[sources])
            # Hidden neurons are tanh here, outputs as they are.
            values = torch.cat((values, torch.where(is_output, sums, torch.tanh(sums))))
        return values[self.output_slots].T


class Sklearn:
    """scikit-learn's MLPClassifier."""

    name = "scikit-learn"

    def __init__(self, work: Workload, x: Floats, y: Floats) -> None:
        self.x, self.y = x, y.argmax(axis=1)
        self.kind = importlib.import_module("sklearn.neural_network").MLPClassifier
        self.options = {
            "hidden_layer_sizes": work.sizes[1:-1],
            "batch_size": work.batch,
            "solver": work.optimizer,
            "learning_rate_init": work.rate,
            "momentum": 0.0,
            "alpha": 0.0,
            "tol": 0.0,
            "shuffle": False,
            "n_iter_no_change": 10**6,
        }

    def run(self, epochs: int) -> float:
        """Go on for so many epochs."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.kind(max_iter=epochs, **self.options).fit(self.x, self.y)
        return math.nan
