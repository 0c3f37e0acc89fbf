"""One step of a small network, on the kernels and on the reference, before the kernels are trusted."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.compile import compile_network
from nnstudio.engine.kernels import compiling, matrices
from nnstudio.engine.kernels.session import CompiledTraining
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.shaping import Shaping
from nnstudio.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable

_TOLERANCE = {"float64": 1e-9, "float32": 1e-3}
_HIDDEN = ("tanh", "relu", "sigmoid", "elu", "gelu", "softplus", "silu", "gaussian", "sine", "leaky_relu")
_LOSS, _RATE = "cross_entropy", 0.01
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
        return _difference(_layers(), matrices.MatrixTraining, dtype, rows, "adam", rows, _SHAPED)

    return _tried(matrices.LANES, dtype, difference)


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
    return found


def _difference(
    network: Network,
    kind: Callable[..., CompiledTraining],
    dtype: str,
    rows: int,
    optimizer_key: str,
    batch: int,
    shaping: Shaping,
) -> str | None:
    program = compile_network(network, dtype=dtype)
    x = np.cos(np.arange(rows * 3.0)).reshape(rows, 3).astype(dtype)
    y = np.eye(3, dtype=dtype)[np.arange(rows) % 3]
    optimizer = OPTIMIZERS[optimizer_key]
    options = optimizer.defaults

    reference = program.initial_parameters()
    state = optimizer.init_state(len(reference.flat), dtype)
    loss = 0.0
    for start in range(0, rows, batch):
        part = slice(start, start + batch)
        value, gradients = optimizer.loss_and_gradients(program, reference, x[part], y[part], _LOSS)
        shaped = shaping.gradient(gradients, reference, program.gradient_mask)
        shaping.decay(reference.flat, _RATE, program.gradient_mask)
        optimizer.step(reference.flat, shaped.flat, state, _RATE, options, program.gradient_mask)
        loss += value * batch / rows

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
    )
    losses = np.zeros(1)
    training.train(np.arange(rows, dtype=np.uint64), 0, rows, losses)
    measured = training.evaluate(training.training_rows, 0.5).loss
    pairs: list[tuple[str, Any, Any]] = [
        ("loss", losses / rows, loss),
        ("parameters", parameters.flat, reference.flat),
        ("loss after training", measured, program.loss(reference, x, y, _LOSS)),
    ]
    pairs += [(f"optimizer's {name}", compiled_state[name], vector) for name, vector in state.items()]
    for name, found, expected in pairs:
        scale = _TOLERANCE[dtype] * np.max(np.abs(expected))
        if not np.all(np.abs(np.subtract(found, expected)) <= scale):
            return f"the compiled kernels and NumPy disagree on this computer about the {name}"
    return None


def _network() -> Network:
    """Return a network of all smooth activations, with skip connections and a frozen weight."""
    network = Network()
    ids = [network.add_neuron("input").id for _ in range(3)]
    for number, activation in enumerate(_HIDDEN):
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
