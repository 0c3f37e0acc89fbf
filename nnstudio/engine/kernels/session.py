"""A training on the kernels: arrays prepared once, then as many updates a call as the caller has time for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.engine.kernels import loop
from nnstudio.engine.kernels.lanes import Width
from nnstudio.engine.kernels.plan import (
    ACTIVATION_CODES,
    DIVERGED,
    ERRORS,
    INTERRUPTED,
    LOSS,
    LOSS_CODES,
    OPTIMIZER_CODES,
    POSITION,
    RIGHT,
    UPDATES,
    Buffers,
    Plan,
    Rows,
    Task,
    Work,
)
from nnstudio.engine.losses import FUSED
from nnstudio.engine.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import DTypeLike, NDArray

    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program

_ALIGNMENT = 64
# A batch takes the narrowest vectors that hold it; larger batches go in chunks of the widest.
_WIDTHS = (1, 4, 16)
_OPTIONS = {
    "momentum": ("momentum",),
    "nesterov": ("momentum",),
    "adagrad": ("eps",),
    "rmsprop": ("alpha", "eps"),
    "adam": ("beta1", "beta2", "eps"),
    "adamw": ("beta1", "beta2", "eps", "weight_decay"),
}


class Measured(NamedTuple):
    """What an evaluation found: the loss, rows in the right class, and error sums by output, (outputs,)."""

    loss: float
    right: int
    squared_errors: NDArray[np.float64]
    absolute_errors: NDArray[np.float64]


class CompiledTraining:
    """Trains ``parameters`` and the optimizer's ``state`` in place: x (rows, inputs) and y (rows, outputs).

    It checks nothing: that is what `checks.check_training` is for. x and y have the program's type.
    """

    def __init__(
        self,
        program: Program,
        parameters: Parameters,
        state: Mapping[str, NDArray[Any]],
        x: NDArray[Any],
        y: NDArray[Any],
        *,
        loss: str,
        optimizer: str,
        options: Mapping[str, float],
        learning_rate: float,
        batch: int,
        updates: int = 0,
    ) -> None:
        self._width = Width(next((lanes for lanes in _WIDTHS if lanes >= batch), _WIDTHS[-1]))
        self._plan = _plan(program, loss, optimizer)
        self._rows = rows_of(x, y)
        vectors = [state[name] for name in OPTIMIZERS[optimizer].vectors]
        empty = np.zeros(0, program.dtype)
        self._state = state
        self._work = Work(
            flat=parameters.flat,
            weights=parameters.weights,
            biases=parameters.biases,
            gradient=np.zeros_like(parameters.flat),
            mask=program.gradient_mask.astype(program.dtype),
            first_state=vectors[0] if vectors else empty,
            second_state=vectors[1] if len(vectors) > 1 else empty,
            new=np.empty_like(parameters.flat),
        )
        room = program.n_neurons * self._width.lanes
        self._buffers = Buffers(*(_aligned(room, program.dtype) for _ in Buffers._fields))
        self._task = Task(
            loss=LOSS_CODES[loss],
            optimizer=OPTIMIZER_CODES[optimizer],
            options=np.array([options[name] for name in _OPTIONS.get(optimizer, ())] + [0.0]),
            rate=float(learning_rate),
            batch=np.uint64(batch),
            rows=np.uint64(len(x)),
        )
        self._progress = np.zeros(4, np.int64)
        self._progress[UPDATES] = updates

    def train(self, order: NDArray[np.uint64], position: int, steps: int, losses: NDArray[np.float64]) -> int:
        """Take up to ``steps`` updates along ``order`` from ``position`` on; returns the new position.

        ``order`` holds the row numbers of whole epochs one after the other, and ``losses[e]`` adds up the
        batches' losses, times their sizes, of its epoch e. Fewer steps are taken at the end of ``order``,
        where the next update would not be finite (see `diverged`), and where `interrupt` was called.
        """
        self._progress[POSITION] = position
        if "steps" in self._state:
            self._progress[UPDATES] = int(self._state["steps"][0])
        loop.train(
            self._plan,
            self._work,
            self._rows,
            order,
            np.uint64(steps),
            self._progress,
            losses,
            self._task,
            self._buffers,
            self._width,
        )
        if "steps" in self._state:
            self._state["steps"][0] = self._progress[UPDATES]
        return int(self._progress[POSITION])

    @property
    def diverged(self) -> bool:
        """Whether the next update would leave the finite numbers; it was not taken."""
        return bool(self._progress[DIVERGED])

    def forget_divergence(self) -> None:
        """Allow steps again, once parameters and state were set back."""
        self._progress[DIVERGED] = 0

    def interrupt(self, wanted: bool = True) -> None:
        """Make `train` return before the update under way, or allow it to go on; any thread may call this."""
        self._progress[INTERRUPTED] = wanted

    def evaluate(self, rows: Rows, threshold: float) -> Measured:
        """Measure the parameters on rows made by `rows_of`; one output says yes from ``threshold`` on."""
        outputs = len(self._plan.outputs)
        measured = np.empty(ERRORS + 2 * outputs)
        loop.evaluate(
            self._plan,
            self._work,
            rows,
            np.uint64(len(rows.whole)),
            self._task,
            threshold,
            measured,
            self._buffers,
            self._width,
        )
        return Measured(
            float(measured[LOSS]),
            int(measured[RIGHT]),
            measured[ERRORS : ERRORS + outputs],
            measured[ERRORS + outputs :],
        )

    @property
    def training_rows(self) -> Rows:
        """The rows that it trains on."""
        return self._rows


def rows_of(x: NDArray[Any], y: NDArray[Any]) -> Rows:
    """Return x (rows, inputs) and y (rows, outputs) as the kernels want them."""
    return Rows(np.ascontiguousarray(x).ravel(), np.ascontiguousarray(y).ravel(), y.sum(axis=1))


def _aligned(size: int, dtype: DTypeLike) -> NDArray[Any]:
    """Return zeros (size,) that begin at a multiple of 64 bytes, as vectors are loaded."""
    dtype = np.dtype(dtype)
    room = np.zeros(size * dtype.itemsize + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return room[start : start + size * dtype.itemsize].view(dtype)


def _plan(program: Program, loss: str, optimizer: str) -> Plan:
    keys = list(ACTIVATIONS)
    code = np.array([-1 if c < 0 else ACTIVATION_CODES[keys[c]] for c in program.activation_code], np.int64)
    softmax = np.flatnonzero(code == ACTIVATION_CODES["softmax"])
    direct = np.zeros(program.n_neurons, np.int64)
    for activation, _, slots in program.output_groups:
        if (loss, activation) in FUSED or not OPTIMIZERS[optimizer].uses_gradient:
            direct[slots] = 1
    return Plan(
        row_start=program.row_start.astype(np.uint64),
        source=program.source_slot.astype(np.uint64),
        code=code,
        direct=direct,
        outputs=program.output_slots.astype(np.uint64),
        softmax=softmax.astype(np.uint64),
        softmax_end=np.uint64(softmax[-1] + 1 if len(softmax) else 0),
        inputs=np.uint64(program.n_inputs),
        neurons=np.uint64(program.n_neurons),
        connections=np.uint64(program.n_connections),
    )
