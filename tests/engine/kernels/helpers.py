"""Trainings on both engines, from the same start, and data that suit a loss."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine import compile_network
from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.engine.kernels import CompiledTraining, MatrixTraining
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.shaping import Shaping
from nnstudio.network import Network
from nnstudio.training.methods import steps_before

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nnstudio.engine.dropout import Dropout
    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program

RELATIVE = {"float64": 1e-12, "float32": 1e-4}


@dataclass
class Training:
    """A training on the kernels, and what it works on."""

    program: Program
    parameters: Parameters
    state: dict[str, NDArray[Any]]
    kernels: CompiledTraining
    rows: int
    batch: int
    mass: float

    def run(
        self,
        order: NDArray[np.uint64],
        *,
        budget: int = 1 << 40,
        position: int = 0,
        first_step: int = 0,
        rates: NDArray[np.float64] | None = None,
    ) -> NDArray[Any]:
        """Train along the order, at most ``budget`` steps a call; returns the mean loss of each epoch.

        ``first_step`` counts the steps of the training before the order.
        """
        losses = np.zeros(-(-len(order) // self.rows))
        while position < len(order):
            before = position
            step = first_step + steps_before(position, self.rows, self.batch)
            position = self.kernels.train(order, position, budget, losses, rates, step=step)
            assert position > before
            assert not self.kernels.diverged
        return losses / self.mass


def training(
    program: Program,
    x: NDArray[Any],
    y: NDArray[Any],
    *,
    loss: str = "mse",
    optimizer: str = "sgd",
    learning_rate: float = 0.05,
    batch: int | None = None,
    options: Mapping[str, float] | None = None,
    lanes: int | None = None,
    shaping: Shaping | None = None,
    weights: NDArray[np.float64] | None = None,
    dropout: Dropout | None = None,
    by_matrices: bool = False,
) -> Training:
    parameters = program.initial_parameters()
    state = OPTIMIZERS[optimizer].init_state(len(parameters.flat), program.dtype)
    batch = batch or len(x)
    kernels = (MatrixTraining if by_matrices else partial(CompiledTraining, lanes=lanes))(
        program,
        parameters,
        state,
        x.astype(program.dtype),
        y.astype(program.dtype),
        loss=loss,
        optimizer=optimizer,
        options={**OPTIMIZERS[optimizer].defaults, **(options or {})},
        learning_rate=learning_rate,
        batch=batch,
        shaping=shaping,
        weights=weights,
        dropout=dropout,
    )
    mass = len(x) if weights is None else float(weights.sum())
    return Training(program, parameters, state, kernels, len(x), batch, mass)


def reference(
    program: Program,
    x: NDArray[Any],
    y: NDArray[Any],
    order: NDArray[np.uint64],
    *,
    loss: str = "mse",
    optimizer: str = "sgd",
    learning_rate: float = 0.05,
    batch: int | None = None,
    options: Mapping[str, float] | None = None,
    shaping: Shaping | None = None,
    rates: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
    dropout: Dropout | None = None,
    first_step: int = 0,
) -> tuple[NDArray[Any], Parameters, dict[str, NDArray[Any]]]:
    """Train in NumPy; returns the mean loss of each epoch, the parameters and the optimizer's state."""
    entry = OPTIMIZERS[optimizer]
    parameters = program.initial_parameters()
    state = entry.init_state(len(parameters.flat), program.dtype)
    rows, batch = len(x), batch or len(x)
    losses, step = [], first_step
    shaping = shaping or Shaping()
    mask = program.gradient_mask
    counts = np.ones(rows) if weights is None else weights
    for number, epoch in enumerate(order.reshape(-1, rows)):
        rate = (learning_rate if rates is None else rates[number]) * program.rate_factors
        summed = 0.0
        for start in range(0, rows, batch):
            chosen = epoch[start : start + batch]
            value, gradients = entry.loss_and_gradients(
                program,
                parameters,
                x[chosen],
                y[chosen],
                loss,
                None if dropout is None else partial(dropout.factors, program, step),
                None if weights is None else weights[chosen],
            )
            summed += value * counts[chosen].sum()
            shaped = shaping.gradient(gradients, parameters, mask, program.counted)
            shaping.decay(parameters.flat, rate, mask)
            options = {**entry.defaults, **(options or {})}
            entry.step(parameters.flat, shaped.flat, state, rate, options, mask)
            program.keep_signs(parameters.weights)
            step += 1
        losses.append(summed / counts.sum())
    return np.array(losses), parameters, state


def loss_and_gradients(
    program: Program, x: NDArray[Any], y: NDArray[Any], loss: str, lanes: int
) -> tuple[float, NDArray[Any]]:
    """Return the loss of one batch and its gradients (connections + neurons,) by the kernels."""
    # Not gradient descent, which for single rows never has the whole gradient.
    made = training(program, x, y, loss=loss, optimizer="momentum", learning_rate=0.0, lanes=lanes)
    value = made.run(np.arange(len(x), dtype=np.uint64))[0]
    np.testing.assert_array_equal(made.parameters.flat, program.initial_parameters().flat)
    return value, made.kernels.gradient


def layered(sizes: list[int], hidden: str, output: str, *, seed: int = 0, scale: float = 1.0) -> Network:
    rng = np.random.default_rng(seed)
    network = Network()
    before = [network.add_neuron("input").id for _ in range(sizes[0])]
    for depth, size in enumerate(sizes[1:], 2):
        role, activation = ("output", output) if depth == len(sizes) else ("hidden", hidden)
        layer = [
            network.add_neuron(role, activation=activation, bias=rng.normal() * scale).id for _ in range(size)
        ]
        for target in layer:
            for source in before:
                network.connect(source, target, weight=rng.normal() * scale)
        before = layer
    return network


def program_of(
    sizes: list[int], hidden: str, output: str, *, dtype: str = "float64", **options: Any
) -> Program:
    return compile_network(layered(sizes, hidden, output, **options), dtype=dtype)


def targets(rng: np.random.Generator, rows: int, outputs: int, loss: str) -> NDArray[np.float64]:
    if loss == "cross_entropy":
        return np.eye(outputs)[rng.integers(0, outputs, rows)]
    if loss in ("binary_cross_entropy", "hinge"):
        return rng.integers(0, 2, (rows, outputs)).astype(float)
    return rng.normal(size=(rows, outputs))


def outputs_for(loss: str) -> tuple[str, ...]:
    """Keys of the activations that outputs may have with a loss."""
    if loss == "cross_entropy":
        return ("softmax",)
    if loss == "binary_cross_entropy":
        return ("sigmoid", "gaussian", "softmax")
    return tuple(ACTIVATIONS)


def epochs(rng: np.random.Generator, rows: int, count: int) -> NDArray[np.uint64]:
    """Return the rows of so many shuffled epochs, one after the other."""
    return np.concatenate([rng.permutation(rows) for _ in range(count)]).astype(np.uint64)


def assert_agree(
    found: Any, expected: Any, dtype: str, *, factor: float = 1.0, least_scale: float = 1e-30
) -> None:
    """Compare vectors to the relative precision of a type; the greatest element sets the scale.

    The scale is ``least_scale`` at the least: what sums of larger terms leave of them is rounding.
    """
    scale = float(np.max(np.abs(expected), initial=0.0))
    tolerance = RELATIVE[dtype] * factor
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * max(scale, least_scale))
