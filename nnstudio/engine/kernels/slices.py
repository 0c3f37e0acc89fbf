"""The loss at many places of a plane through the parameters, in one call without the interpreter's lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.kernels.arrays import (
    as_compiled,
    buffers_for,
    extras_of,
    plan_of,
    rows_of,
    shaping_of,
    work_for,
)
from nnstudio.engine.kernels.compiling import ONE, ZERO, Direct, compiled
from nnstudio.engine.kernels.lanes import Width, lanes_of
from nnstudio.engine.kernels.outputs import output_loss, share_of_row
from nnstudio.engine.kernels.passes import forward
from nnstudio.engine.kernels.plan import INTERRUPTED, LOSS_CODES, OPTIMIZER_CODES, Task
from nnstudio.engine.kernels.session import CompiledTraining
from nnstudio.engine.shaping import Shaping

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.engine.program import Program

# One width for all: few rows take little time whatever the width.
LANES = 16


def losses_at(plan, work, rows, count, task, plane, places, progress, losses, extras, buffers, width):
    """Fill ``losses`` (places,) with the mean loss of the first ``count`` rows at places of a plane.

    ``plane`` holds its origin and its two directions one after the other, each as long as ``work.flat``;
    ``places`` two coordinates for each place. Returns the number of places done: fewer where it was
    interrupted.
    """
    lanes = lanes_of(width)
    a, kept = buffers.a, buffers.kept
    outputs = np.uint64(plan.outputs.size)
    size = np.uint64(work.flat.size)
    stride = np.uint64(rows.weights.size > 1)
    mass = 0.0
    for i in range(count):
        mass += rows.weights[i * stride]
    share = share_of_row(task, plan.outputs.size, mass)
    for place in range(np.uint64(losses.size)):
        u = places[place + place]
        v = places[place + place + ONE]
        for i in range(size):
            work.flat[i] = plane[i] + u * plane[size + i] + v * plane[size + size + i]
        summed = 0.0
        done = ZERO
        while done < count:
            if progress[INTERRUPTED]:
                return place
            filled = min(lanes, count - done)
            for i in range(lanes):
                row = (done + min(i, filled - ONE)) * plan.inputs
                for j in range(plan.inputs):
                    a[j * lanes + i] = rows.x[row + j]
            forward(plan, work.weights, work.biases, buffers, extras, False, width)
            for i in range(filled):
                row = done + i
                weight = rows.weights[row * stride]
                for o in range(outputs):
                    slot = plan.outputs[o]
                    value = a[slot * lanes + i]
                    z = kept[slot * lanes + i]
                    y = rows.y[row * outputs + o]
                    loss, _ = output_loss(task.loss, plan.fused[slot], value, z, y, rows.whole[row])
                    summed += loss * weight
            done += filled
        losses[place] = summed * share
    return np.uint64(losses.size)


class CompiledSlices:
    """Measures losses on rows, x (rows, inputs) and y (rows, outputs), each counting by ``weights`` (rows,).

    It checks nothing; what the kernels cannot compute, `CompiledTraining.unsupported` tells. Only `interrupt`
    may be called while it is at work.
    """

    def __init__(
        self,
        program: Program,
        x: NDArray[Any],
        y: NDArray[Any],
        *,
        loss: str,
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        dtype = program.dtype
        self._kernel = Direct(compiled(losses_at, LANES, dtype.name))
        self._width = Width(LANES)
        self._plan = plan_of(program, loss, "sgd")
        self._rows = rows_of(np.asarray(x, dtype), np.asarray(y, dtype), weights)
        self._count = np.uint64(len(x))
        self._work = work_for(program, vectors=0)
        self._size = len(program.gradient_mask)
        self._buffers = buffers_for(program, LANES)
        self._extras = extras_of(program, LANES, None)
        self._task = Task(
            loss=LOSS_CODES[loss],
            optimizer=OPTIMIZER_CODES["sgd"],
            options=np.zeros(1),
            batch=self._count,
            rows=self._count,
            **shaping_of(Shaping()),
        )
        self._progress = np.zeros(5, np.int64)
        # Steps of length 0 along all rows at once, for their gradients.
        self._parameters = program.initial_parameters()
        self._training = CompiledTraining(
            program,
            self._parameters,
            {},
            x,
            y,
            loss=loss,
            optimizer="sgd",
            options={},
            learning_rate=0.0,
            batch=len(x),
            weights=weights,
            lanes=LANES,
        )
        self._order = np.arange(len(x), dtype=np.uint64)

    def losses(
        self, plane: NDArray[np.float64], places: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], bool]:
        """Return the losses at places (places, 2), and whether all were measured.

        ``plane`` (3, connections + neurons) is the origin and the two directions.
        """
        spread = np.zeros((3, len(self._work.flat)))
        spread[:, : self._size] = plane
        losses = np.empty(len(places))
        done = self._kernel(
            self._plan,
            self._work,
            self._rows,
            self._count,
            self._task,
            spread.ravel(),
            as_compiled(places, np.float64).ravel(),
            self._progress,
            losses,
            self._extras,
            self._buffers,
            self._width,
        )
        return losses, int(done) == len(losses)

    def gradient(self, flat: NDArray[np.float64]) -> NDArray[Any] | None:
        """Return the gradient at parameters (connections + neurons,); None where it was interrupted."""
        self._parameters.flat[:] = flat
        self._training.forget_divergence()
        done = self._training.train(self._order, 0, 1, np.zeros(1))
        if not done and not self._training.diverged:
            return None
        return self._training.gradient

    def interrupt(self) -> None:
        """Make all return at once, now and whenever it is called again; any thread may call this."""
        self._progress[INTERRUPTED] = 1
        self._training.interrupt()
