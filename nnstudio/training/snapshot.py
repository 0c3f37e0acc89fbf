"""Snapshot: what a training shows at one moment, copied and read-only."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.watched import watched
from nnstudio.errors import NNStudioError
from nnstudio.training.weighting import row_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from nnstudio.data.dataset import Dataset
    from nnstudio.engine.program import Parameters, Program
    from nnstudio.training.settings import TrainingSettings

# Gradients and losses of a snapshot are over at most so many rows of each part: it is for the eye, many
# times a second; the exact losses stand in the history.
MAX_ROWS = 1024
# In large networks over fewer, so that about so many connections are gone along for all of them.
_MOST_WORK = 1 << 27
_LEAST_ROWS = 64
# Numbers of rows of data that are copied at once.
_COPIED = 1 << 21

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Probe:
    """Points to compute outputs at, x (points, inputs) as the network sees it; ``key`` stamps the answer.

    With ``inner``, the values of all neurons are wanted, not those of the outputs alone.
    """

    key: Hashable
    x: Array
    inner: bool = False


@dataclass(frozen=True, eq=False)
class SnapshotRequest:
    """What the next snapshot is to hold beside parameters and gradients.

    ``focus`` (inputs,) is the sample whose activations are wanted, ``outputs`` asks for the outputs of all
    rows.
    """

    focus: Array | None = None
    probes: tuple[Probe, ...] = ()
    outputs: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Snapshot:
    """The state of a training, or of an idle network, at one moment.

    ``loss`` and the gradients (of the training loss; with the perceptron rule its corrections) are over
    the first `MAX_ROWS` rows of the training part at the most, ``test_loss`` over as many of the test
    part; NaN and zeros where there are no data to compute them from. ``weights`` and ``weight_gradients``
    (connections,) and ``biases`` and ``bias_gradients`` (neurons,) are in the order of ``connection_ids``
    and ``neuron_ids``; so are ``activations`` (neurons,), those of the sample in focus. ``answers``
    holds what the probes asked, by their keys: see `answer`; ``answer_seconds`` says what each took. ``run``
    and ``revision`` say what it belongs to; ``data`` has the rows that the outputs are of.
    """

    run: int
    revision: int
    epoch: int
    step: int
    loss: float
    test_loss: float | None
    weights: Array
    biases: Array
    weight_gradients: Array
    bias_gradients: Array
    activations: Array | None
    focus: Array | None
    answers: Mapping[Hashable, Array]
    answer_seconds: Mapping[Hashable, float]
    train_outputs: Array | None
    test_outputs: Array | None
    steps_per_second: float
    connection_ids: tuple[str, ...]
    neuron_ids: tuple[str, ...]
    data: Dataset | None = None

    def answer(self, key: Hashable) -> Array | None:
        """Return what the probe of this key asked for, None without that answer.

        It is (points, outputs) or, of an inner probe, (points, neurons) in the order of ``neuron_ids``.
        """
        return self.answers.get(key)


def take_snapshot(
    program: Program,
    parameters: Parameters,
    data: Dataset | None,
    settings: TrainingSettings | None,
    request: SnapshotRequest,
    *,
    run: int = 0,
    revision: int = 0,
    epoch: int = 0,
    step: int = 0,
    steps_per_second: float = 0.0,
    max_rows: int = MAX_ROWS,
    is_unwanted: Callable[[], bool] | None = None,
) -> Snapshot:
    """Return a snapshot of parameters as they are; changes nothing.

    Losses and gradients are over at most ``max_rows`` rows of each part, fewer in large networks. Raises
    Interrupted soon after ``is_unwanted()`` has become true.

    What doesn't fit the program (data or a focus of other columns, a loss that these outputs cannot have)
    is left out rather than refused, so that a network can be looked at while it is drawn.
    """
    max_rows = min(max_rows, max(_LEAST_ROWS, _MOST_WORK // max(1, program.n_connections)))
    computing = program if is_unwanted is None else watched(program, is_unwanted)
    fits = data is not None and data.x.shape[1] == program.n_inputs
    loss, test_loss = float("nan"), None
    gradients = parameters.zeros_like()
    train_outputs = test_outputs = None
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if data is not None and fits:
            if settings is not None and data.y.shape[1] == program.n_outputs:
                loss, gradients, test_loss = _losses(computing, parameters, data, settings, max_rows)
            if request.outputs:
                train_outputs = _outputs(computing, parameters, data.x, data.train_rows)
                test_outputs = _outputs(computing, parameters, data.x, data.test_rows)
        focus = _fitting(request.focus, program, 1)
        activations = (
            None if focus is None else _read_only(computing.activations(parameters, focus[None, :])[0])
        )
        answers, answer_seconds = _answers(computing, parameters, request.probes)
    return Snapshot(
        run=run,
        revision=revision,
        epoch=epoch,
        step=step,
        loss=loss,
        test_loss=test_loss,
        weights=_read_only(parameters.weights),
        biases=_read_only(parameters.biases),
        weight_gradients=_read_only(gradients.weights),
        bias_gradients=_read_only(gradients.biases),
        activations=activations,
        focus=request.focus if activations is not None else None,
        answers=MappingProxyType(answers),
        answer_seconds=MappingProxyType(answer_seconds),
        train_outputs=train_outputs,
        test_outputs=test_outputs,
        steps_per_second=steps_per_second,
        connection_ids=program.connection_ids,
        neuron_ids=program.neuron_ids,
        data=data,
    )


def _answers(
    program: Program, parameters: Parameters, probes: tuple[Probe, ...]
) -> tuple[dict[Hashable, Array], dict[Hashable, float]]:
    answers: dict[Hashable, Array] = {}
    seconds: dict[Hashable, float] = {}
    for probe in probes:
        points = _fitting(probe.x, program, 2)
        if points is not None:
            began = time.perf_counter()
            compute = program.activations if probe.inner else program.predict
            answer = compute(parameters, points)
            answer.flags.writeable = False
            answers[probe.key] = answer
            seconds[probe.key] = time.perf_counter() - began
    return answers, seconds


def _losses(
    program: Program, parameters: Parameters, data: Dataset, settings: TrainingSettings, max_rows: int
) -> tuple[float, Parameters, float | None]:
    rows, test_rows = data.train_rows[:max_rows], data.test_rows[:max_rows]
    try:
        weights = row_weights(data, settings)
        loss, gradients = OPTIMIZERS[settings.optimizer].loss_and_gradients(
            program,
            parameters,
            *_part(program, data, rows),
            settings.loss,
            weights=None if weights is None else weights[rows],
        )
        test_loss = None
        if len(test_rows):
            test_loss = program.loss(
                parameters,
                *_part(program, data, test_rows),
                loss=settings.loss,
                weights=None if weights is None else weights[test_rows],
            )
    except NNStudioError:
        return float("nan"), parameters.zeros_like(), None
    return loss, gradients, test_loss


def _outputs(program: Program, parameters: Parameters, x: Array, rows: NDArray[np.intp]) -> Array:
    outputs = np.empty((len(rows), program.n_outputs), program.dtype)
    step = max(1, _COPIED // x.shape[1])
    for first in range(0, len(rows), step):
        part = slice(first, first + step)
        outputs[part] = program.predict(parameters, x[rows[part]].astype(program.dtype))
    outputs.flags.writeable = False
    return outputs


def _part(program: Program, data: Dataset, rows: NDArray[np.intp]) -> tuple[Array, Array]:
    return data.x[rows].astype(program.dtype), data.y[rows].astype(program.dtype)


def _fitting(x: Array | None, program: Program, dimensions: int) -> Array | None:
    """Return x in the program's type, or None where there is none or it has other columns."""
    if x is None or x.ndim != dimensions or x.shape[-1] != program.n_inputs:
        return None
    return x.astype(program.dtype)


def _read_only(array: Array) -> Array:
    copy = np.array(array)
    copy.flags.writeable = False
    return copy
