"""From a program, its data and its settings to the arrays that the kernels work on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnstudio.engine.dropout import hidden_slots
from nnstudio.engine.kernels.formulas import formulas_of
from nnstudio.engine.kernels.lanes import PIECE_BYTES
from nnstudio.engine.kernels.masks import BOUND, SEED
from nnstudio.engine.kernels.plan import (
    ACTIVATION_CODES,
    CUSTOM,
    DROPPED,
    Buffers,
    Extras,
    Limits,
    Plan,
    Rows,
    Work,
)
from nnstudio.engine.losses import FUSED
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.expressions import parse
from nnstudio.network.rules import CUSTOM_ACTIVATION

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from nnstudio.engine.dropout import Dropout
    from nnstudio.engine.program import Program
    from nnstudio.engine.shaping import Shaping

# Vectors are loaded as if they began there.
_ALIGNMENT = 64
# Writable as well: Numba would compile all again for arrays that aren't.
AS_COMPILED: tuple[Literal["C", "A", "W"], ...] = ("C", "A", "W")


def rows_of(x: NDArray[Any], y: NDArray[Any], weights: NDArray[np.float64] | None = None) -> Rows:
    """Return x (rows, inputs) and y (rows, outputs), of the program's type, as the kernels want them.

    ``weights`` (rows,) say how much each row counts.
    """
    flat = (np.require(array, requirements=AS_COMPILED).ravel() for array in (x, y))
    given = np.ones(1) if weights is None else np.require(weights, np.float64, AS_COMPILED)
    return Rows(*flat, y.sum(axis=1), given)


def as_compiled(array: NDArray[Any], dtype: type) -> NDArray[Any]:
    """Return the array, or a copy as the kernels were compiled for."""
    if array.dtype == dtype and array.flags.carray:
        return array
    return np.require(array, dtype, AS_COMPILED)


def aligned(size: int, dtype: DTypeLike) -> NDArray[Any]:
    """Return zeros (size,) that begin at a multiple of 64 bytes, as vectors are loaded."""
    dtype = np.dtype(dtype)
    room = np.zeros(size * dtype.itemsize + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return room[start : start + size * dtype.itemsize].view(dtype)


def work_for(program: Program, vectors: int) -> Work:
    """Return arrays to train with, for an optimizer whose state has so many vectors."""
    piece = PIECE_BYTES // program.dtype.itemsize
    size = -(-len(program.gradient_mask) // piece) * piece

    def array(wanted: bool = True) -> NDArray[Any]:
        return aligned(size if wanted else 0, program.dtype)

    flat, mask = array(), array()
    mask[: len(program.gradient_mask)] = np.where(program.gradient_mask, program.rate_factors, 0.0)
    return Work(
        flat=flat,
        weights=flat[: program.n_connections],
        biases=flat[program.n_connections :],
        gradient=array(),
        mask=mask,
        first_state=array(vectors > 0),
        second_state=array(vectors > 1),
        kept=array(),
        kept_first=array(vectors > 0),
        kept_second=array(vectors > 1),
    )


def shaping_of(shaping: Shaping) -> dict[str, Any]:
    """Return the part of a task that shapes its steps."""
    bounds = {"clip_norm": shaping.clip_norm, "clip_value": shaping.clip_value}
    return {
        "shaped": shaping.changes_gradient,
        "l1": float(shaping.l1),
        "l2": float(shaping.l2),
        **{name: np.inf if bound is None else float(bound) for name, bound in bounds.items()},
        "decay": float(shaping.weight_decay),
    }


def buffers_for(program: Program, lanes: int) -> Buffers:
    """Return room to work in, for vectors of so many lanes."""
    return Buffers(*(aligned(program.n_neurons * lanes, program.dtype) for _ in Buffers._fields))


def extras_of(program: Program, lanes: int, dropout: Dropout | None) -> Extras:
    """Return formulas, constraints and what dropout takes."""
    formulas = formulas_of([parse(text) for text in _texts(program)], program.dtype)
    signed = np.flatnonzero(program.signs * program.gradient_mask[: program.n_connections])
    first = [np.full(len(tie) - 1, tie[0]) for tie in program.ties]
    draw = np.zeros(4, np.uint64)
    if dropout is not None:
        draw[BOUND], draw[SEED] = dropout.bound, dropout.key[0]
    longest = int(np.diff(formulas.start).max(initial=0))
    return Extras(
        formulas=formulas,
        limits=Limits(
            tied=_joined([tie[1:] for tie in program.ties]),
            first=_joined(first),
            signed=signed.astype(np.uint64),
            signs=program.signs[signed].astype(program.dtype),
        ),
        steps=aligned(2 * longest * lanes, program.dtype),
        draw=draw,
        louder=1.0 / (1.0 - (0.0 if dropout is None else dropout.rate)),
    )


def _joined(slots: list[NDArray[np.int64]]) -> NDArray[np.uint64]:
    return np.concatenate(slots).astype(np.uint64) if slots else np.empty(0, np.uint64)


def _texts(program: Program) -> list[str]:
    """Return the formulas of the custom activations."""
    keys = [entry.key for entry in program.activation_set]
    return [key.removeprefix(CUSTOM_ACTIVATION) for key in keys if key.startswith(CUSTOM_ACTIVATION)]


def plan_of(program: Program, loss: str, optimizer: str, *, dropping: bool = False) -> Plan:
    """Return a program as the kernels have it; where it is ``dropping``, hidden neurons may fall silent."""
    own = (CUSTOM_ACTIVATION + text for text in _texts(program))
    codes = ACTIVATION_CODES | {key: CUSTOM + number for number, key in enumerate(own)}
    # Inputs have -1, the last.
    each = [codes.get(entry.key, -1) for entry in program.activation_set] + [-1]
    code = np.array(each, np.int64)[program.activation_code]
    back = code.copy()
    if dropping:
        back[hidden_slots(program)] = DROPPED
    softmax = np.flatnonzero(code == ACTIVATION_CODES["softmax"])
    fused = np.zeros(program.n_neurons, np.int64)
    for activation, _, slots in program.output_groups:
        fused[slots] = (loss, activation) in FUSED
    direct = fused.copy()
    if not OPTIMIZERS[optimizer].uses_gradient:
        direct[program.output_slots] = 1
    return Plan(
        row_start=program.row_start.astype(np.uint64),
        source=program.source_slot.astype(np.uint64),
        code=code,
        back=back,
        direct=direct,
        fused=fused,
        outputs=program.output_slots.astype(np.uint64),
        softmax=softmax.astype(np.uint64),
        softmax_end=np.uint64(softmax[-1] + 1 if len(softmax) else 0),
        inputs=np.uint64(program.n_inputs),
        neurons=np.uint64(program.n_neurons),
        connections=np.uint64(program.n_connections),
    )
