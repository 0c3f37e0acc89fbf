"""One step of a small network, on the kernels and on the reference, before the kernels are trusted."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.compile import compile_network
from nnstudio.engine.dropout import Dropout
from nnstudio.engine.kernels import compiling, matrices, slices
from nnstudio.engine.kernels.session import CompiledTraining
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.parameters import Parameters
from nnstudio.engine.shaping import Shaping
from nnstudio.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_TOLERANCE = {"float64": 1e-9, "float32": 1e-3}
_HIDDEN = ("tanh", "relu", "sigmoid", "elu", "gelu", "softplus", "silu", "gaussian", "sine", "leaky_relu")
_LOSS, _RATE = "cross_entropy", 0.01
# All kinds of operations of formulas.
_FORMULAS = (
    "custom:x * tanh(x / 2) - sin(x) + 3",
    "custom:where(x > 0.1, log(1 + x * x), min(abs(x), max(-x, cos(x))))",
    "custom:exp(-(x ** 2)) + 1 / sqrt(x ** 2 + 2) + (1 + x * x) ** 0.3",
)
_DROPOUT = Dropout(0.3, 7)
_SHAPED = Shaping(l1=0.01, l2=0.02, weight_decay=0.1, clip_norm=1.0, clip_value=0.2)


@functools.cache
def problem(lanes: int, dtype: str) -> str | None:
    """Return what is wrong with the kernels for vectors of ``lanes`` numbers, or None: once per process.

    Compiles them where that was not done before. Raises what Numba raises where they do not even run.
    """
    return _tried(lanes, dtype, lambda: _all_differences(lanes, dtype))


@functools.cache
def problem_of_matrices(dtype: str) -> str | None:
    """Return what is wrong with training by products of matrices, as `problem` does."""

    def difference() -> str | None:
        rows = matrices.LANES + matrices.LANES // 2
        kind = matrices.MatrixTraining
        return _difference(_layers(), kind, dtype, rows, "adam", rows, _SHAPED) or _difference(
            _limited(_layers()), kind, dtype, rows, "adam", rows, _SHAPED, _DROPOUT
        )

    return _tried(matrices.LANES, dtype, difference)


@functools.cache
def problem_of_slices(dtype: str) -> str | None:
    """Return what is wrong with losses on a plane of parameters, as `problem` does."""

    def difference() -> str | None:
        program = compile_network(_network((*_HIDDEN, *_FORMULAS)), dtype=dtype)
        rows = slices.LANES + slices.LANES // 2
        x, y = _rows(rows, dtype)
        weights = 1.0 + 0.5 * np.sin(np.arange(rows))
        flat = program.start.flat.astype(np.float64)
        plane = np.stack([flat, np.cos(np.arange(len(flat))), np.sin(np.arange(len(flat)))])
        places = np.array([[0.0, 0.0], [0.1, -0.2], [-0.3, 0.05]])
        measured, complete = slices.CompiledSlices(program, x, y, loss=_LOSS, weights=weights).losses(
            plane, places
        )
        at = (plane[0] + places @ plane[1:]).astype(dtype)
        expected = [
            program.loss(Parameters(each, program.n_connections), x, y, _LOSS, weights) for each in at
        ]
        if complete and np.all(np.abs(measured - expected) <= _TOLERANCE[dtype] * np.max(np.abs(expected))):
            return None
        return "the compiled kernels and NumPy disagree on this computer about losses on a plane"

    return _tried(slices.LANES, dtype, difference)


def _tried(lanes: int, dtype: str, difference: Callable[[], str | None]) -> str | None:
    try:
        return difference()
    except Exception:
        # A file that was cut short, or a full disk, say.
        compiling.without_disk(lanes, dtype)
        return difference()


def _all_differences(lanes: int, dtype: str) -> str | None:
    # More than one chunk of vectors, the last of them partly filled.
    rows = lanes + max(1, lanes // 2)
    kind = functools.partial(CompiledTraining, lanes=lanes)
    found = _difference(_network(), kind, dtype, rows, "adam", rows, _SHAPED)
    if found is None and lanes == 1:
        # Single rows have a loop of their own.
        found = _difference(_network(), kind, dtype, rows, "sgd", 1, Shaping())
    if found is None:
        network = _limited(_network((*_HIDDEN, *_FORMULAS)))
        found = _difference(network, kind, dtype, rows, "adam", rows, _SHAPED, _DROPOUT)
    return found


def _difference(
    network: Network,
    kind: Callable[..., CompiledTraining],
    dtype: str,
    rows: int,
    optimizer_key: str,
    batch: int,
    shaping: Shaping,
    dropout: Dropout | None = None,
) -> str | None:
    """Return what is different in a few steps; with dropout, rows count differently too."""
    program = compile_network(network, dtype=dtype)
    x, y = _rows(rows, dtype)
    optimizer = OPTIMIZERS[optimizer_key]
    options = optimizer.defaults
    weights = None if dropout is None else 1.0 + 0.5 * np.sin(np.arange(rows))
    mass = np.ones(rows) if weights is None else weights

    reference = program.initial_parameters()
    state = optimizer.init_state(len(reference.flat), dtype)
    loss = 0.0
    rates = _RATE * program.rate_factors
    for step, start in enumerate(range(0, rows, batch)):
        part = slice(start, start + batch)
        value, gradients = optimizer.loss_and_gradients(
            program,
            reference,
            x[part],
            y[part],
            _LOSS,
            None if dropout is None else functools.partial(dropout.factors, program, step),
            None if weights is None else weights[part],
        )
        shaped = shaping.gradient(gradients, reference, program.gradient_mask, program.counted)
        shaping.decay(reference.flat, rates, program.gradient_mask)
        optimizer.step(reference.flat, shaped.flat, state, rates, options, program.gradient_mask)
        program.keep_signs(reference.weights)
        loss += value * mass[part].sum()

    parameters = program.initial_parameters()
    training = kind(
        program,
        parameters,
        compiled_state := optimizer.init_state(len(parameters.flat), dtype),
        x,
        y,
        loss=_LOSS,
        optimizer=optimizer_key,
        options=options,
        learning_rate=_RATE,
        batch=batch,
        shaping=shaping,
        weights=weights,
        dropout=dropout,
    )
    losses = np.zeros(1)
    training.train(np.arange(rows, dtype=np.uint64), 0, rows, losses)
    measured = training.evaluate(training.training_rows, 0.5).loss
    pairs: list[tuple[str, Any, Any]] = [
        ("loss", losses, loss),
        ("parameters", parameters.flat, reference.flat),
        ("loss after training", measured, program.loss(reference, x, y, _LOSS, weights)),
    ]
    pairs += [(f"optimizer's {name}", compiled_state[name], vector) for name, vector in state.items()]
    for name, found, expected in pairs:
        scale = _TOLERANCE[dtype] * np.max(np.abs(expected))
        if not np.all(np.abs(np.subtract(found, expected)) <= scale):
            return f"the compiled kernels and NumPy disagree on this computer about the {name}"
    return None


def _rows(rows: int, dtype: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return data for the networks below: x (rows, 3), and classes as y (rows, 3)."""
    x = np.cos(np.arange(rows * 3.0)).reshape(rows, 3).astype(dtype)
    return x, np.eye(3, dtype=dtype)[np.arange(rows) % 3]


def _network(activations: Sequence[str] = _HIDDEN) -> Network:
    """Return a network of all smooth activations, with skip connections and a frozen weight."""
    network = Network()
    ids = [network.add_neuron("input").id for _ in range(3)]
    for number, activation in enumerate(activations):
        hidden = network.add_neuron("hidden", activation=activation, bias=0.1 * np.sin(number)).id
        for place, source in enumerate(ids[-5:]):
            weight = float(np.cos(7 * number + place))
            network.connect(source, hidden, weight=weight, trainable=number + place != 3)
        ids.append(hidden)
    for number in range(3):
        output = network.add_neuron("output", activation="softmax", bias=0.2 * number).id
        for place, source in enumerate(ids[-6:] if number == 0 else ids[number::2]):
            network.connect(source, output, weight=float(np.sin(5 * number + 3 * place)))
    return network


def _limited(network: Network) -> Network:
    """Give a network learning rates of their own, signs, and a weight that connections share."""
    for number, connection in enumerate(network.connections):
        if number % 4 == 0:
            network.update_connection(connection.id, rate_factor=0.5)
        if number % 4 == 1:
            # Some of them leave their side in the first step.
            side = 1 if connection.weight > 0.0 else -1
            network.update_connection(connection.id, sign=side, weight=connection.weight * 1e-3)
    for connection in (*network.connections[6:9:2], network.connections[-2]):
        network.update_connection(connection.id, sign=0, rate_factor=2.0, tie="shared", weight=0.25)
    return network


def _layers() -> Network:
    """Return a network in whole layers, the outputs fed by the inputs as well, with a frozen weight."""
    network = Network()
    inputs = [network.add_neuron("input").id for _ in range(3)]
    hidden = [network.add_neuron("hidden", activation=activation, bias=0.1).id for activation in _HIDDEN]
    outputs = [network.add_neuron("output", activation="softmax", bias=0.2 * i).id for i in range(3)]
    pairs = [(source, target) for target in hidden for source in inputs]
    pairs += [(source, target) for target in outputs for source in inputs + hidden]
    for number, (source, target) in enumerate(pairs):
        network.connect(source, target, weight=float(np.cos(7 * number)), trainable=number != 3)
    return network
