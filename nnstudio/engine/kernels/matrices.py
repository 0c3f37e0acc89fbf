"""Training of networks in wide layers: products of matrices by NumPy's BLAS, compiled passes for the rest.

BLAS works within the processor's caches, which counts from layers of some dozens of neurons on; NumPy alone
would go through memory several times for biases, activations, slopes and updates.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnstudio.engine.kernels import matrix_passes
from nnstudio.engine.kernels.arrays import aligned
from nnstudio.engine.kernels.compiling import Direct, compiled
from nnstudio.engine.kernels.lanes import PIECE_BYTES
from nnstudio.engine.kernels.masks import AT_STEP
from nnstudio.engine.kernels.plan import DIVERGED, INTERRUPTED, POSITION, STEPS, UPDATES
from nnstudio.engine.kernels.products import Product, error_order, in_columns, in_pieces, parts_of
from nnstudio.engine.kernels.session import CompiledTraining
from nnstudio.engine.losses import LOSSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from nnstudio.engine.activations import Activation
    from nnstudio.engine.dropout import Dropout
    from nnstudio.engine.kernels.plan import Buffers, Extras, Plan, Rows, Task, Work
    from nnstudio.engine.kernels.products import Part
    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program
    from nnstudio.engine.shaping import Shaping

LANES = 16
# Larger batches are computed in portions of so many rows, which bounds the room that they take.
ROWS_AT_ONCE = 512


class _Errors(NamedTuple):
    """What neurons from ``first`` on are passed: ``out`` (rows, neurons) = ``left`` @ ``right``.

    It is added to what is there where it ``adds``.
    """

    left: NDArray[Any]
    right: NDArray[Any]
    out: NDArray[Any]
    first: np.uint64
    adds: bool


class _Portion(NamedTuple):
    """What is done for portions of so many rows: views of the arrays, products level by level."""

    rows: int
    columns: np.uint64
    y: NDArray[Any]
    forward: list[list[Product]]
    gradients: list[list[Product]]
    errors: list[list[_Errors]]


class MatrixTraining(CompiledTraining):
    """What `CompiledTraining` is, for trainings that have no `products.obstacle`."""

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
        shaping: Shaping | None = None,
        weights: NDArray[np.float64] | None = None,
        dropout: Dropout | None = None,
        updates: int = 0,
    ) -> None:
        super().__init__(
            program,
            parameters,
            state,
            x,
            y,
            loss=loss,
            optimizer=optimizer,
            options=options,
            learning_rate=learning_rate,
            batch=batch,
            shaping=shaping,
            weights=weights,
            dropout=dropout,
            updates=updates,
            lanes=LANES,
        )
        self._train = self._train_by_matrices
        dtype = self._dtype
        self._fetch, self._turn, self._activate, self._slopes, self._descend, self._finish = (
            Direct(compiled(function, LANES, dtype.name))
            for function in (
                matrix_passes.fetch,
                matrix_passes.turn,
                matrix_passes.activate,
                matrix_passes.slopes,
                matrix_passes.descend,
                matrix_passes.finish,
            )
        )
        plain = (shaping is None or shaping.is_nothing) and not program.is_constrained
        # Inputs have no bias, which counts as frozen, and no gradient.
        trains = np.delete(program.gradient_mask, program.n_connections + np.arange(program.n_inputs))
        with np.errstate(over="ignore"):
            self._input_squares = float(np.square(self._rows.x.astype(np.float64)).sum())
        self._squares = self._slope_squares = 0.0
        # A change of less than this makes no finite number infinite: it is lost in rounding before.
        self._safe = float(np.finfo(dtype).max) * float(np.finfo(dtype).eps) / 8.0
        self._descends = optimizer == "sgd" and plain and bool(trains.all())

        self._weights = weights
        self._all_y = self._rows.y.reshape(-1, program.n_outputs)
        at_once = min(batch, ROWS_AT_ONCE)
        self._at_once = at_once
        self._room = np.uint64(-(-at_once // LANES) * LANES)
        shape = (program.n_neurons, int(self._room))
        flat = [aligned(shape[0] * shape[1], dtype) for _ in range(4)]
        self._flat_sums, self._flat_values, self._flat_kept, self._flat_d = flat
        self._sums, self._values, self._kept, self._d = (array.reshape(shape) for array in flat)
        self._y = np.empty((at_once, program.n_outputs), dtype)

        self._loss = LOSSES[loss]
        self._outputs = program.output_parts(loss)
        self._levels = parts_of(program)
        bounds = program.level_start[1:].tolist()
        self._bounds = [(np.uint64(a), np.uint64(b)) for a, b in pairwise(bounds)]
        started = np.zeros(program.n_neurons, bool)
        for output in self._outputs:
            started[output.slots] = not output.fused
        begun = started.copy()
        self._errors = error_order(self._levels, started)
        # Groups of neurons that share an activation, and whether an error by their values comes to them.
        self._groups: list[list[tuple[slice, Activation, bool]]] = [
            [
                (group.rows, group.activation, bool(started[group.rows].any()))
                for group in level.groups
                if not group.activation.elementwise
            ]
            for level in program.levels
        ]
        overwritten = np.zeros(program.n_neurons, bool)
        for level_errors in self._errors:
            for part, adds in level_errors:
                overwritten[part.sources] |= not adds
        self._cleared = np.flatnonzero(~overwritten & ~begun)
        self._cleared = self._cleared[self._cleared >= program.n_inputs]
        widest = max((part.shape[1] for level in self._errors for part, _ in level), default=0)
        self._across = np.empty(at_once * widest, dtype)
        self._places = np.empty(PIECE_BYTES // dtype.itemsize, np.uint64)
        self._portions: dict[int, _Portion] = {}
        self._scratch = np.empty(0, dtype)
        self._last_count = 0

    def _train_by_matrices(
        self,
        plan: Plan,
        work: Work,
        rows: Rows,
        order: NDArray[np.uint64],
        steps: np.uint64,
        progress: NDArray[np.int64],
        losses: NDArray[np.float64],
        rates: NDArray[np.float64],
        task: Task,
        extras: Extras,
        buffers: Buffers,
        width: Any,
    ) -> None:
        """Do what `loop.train` does."""
        places = order.view(np.int64)
        batch, epoch_rows = int(task.batch), int(task.rows)
        for _ in range(int(steps)):
            position = int(progress[POSITION])
            if position >= len(places):
                return
            epoch = position // epoch_rows
            end = min(position + batch, (epoch + 1) * epoch_rows)
            # Overflow on the way to divergence is found below.
            extras.draw[AT_STEP] = progress[STEPS]
            chosen = places[position:end]
            mass = end - position if self._weights is None else float(self._weights[chosen].sum())
            with np.errstate(all="ignore"):
                loss = self._gradient_of(plan, work, rows, order[position:end], chosen, mass)
            if loss is None:
                return
            rate, step = float(rates[epoch]), float(progress[UPDATES] + 1)
            if self._descends and math.isfinite(loss) and rate * self._largest_gradient() < self._safe:
                self._descend(rate, work)
            elif not math.isfinite(loss) or not self._finish(plan, task, extras.limits, rate, step, work):
                progress[DIVERGED] = 1
                return
            losses[epoch] += loss * mass
            progress[UPDATES] += 1
            progress[STEPS] += 1
            progress[POSITION] = end

    def _gradient_of(
        self,
        plan: Plan,
        work: Work,
        rows: Rows,
        order: NDArray[np.uint64],
        batch: NDArray[np.int64],
        mass: float,
    ) -> float | None:
        """Compute the gradient of one batch; returns its mean loss, or None where it was interrupted.

        ``order`` and ``batch`` are the same row numbers; the weights of these rows add up to ``mass``.
        """
        scale = self._loss.scale((1, self._all_y.shape[1])) * mass
        work.gradient[int(plan.connections) :] = 0.0
        # Of softmax the pre-activations are counted, and values of at most 1.
        self._squares = self._input_squares + self._values.size
        self._slope_squares = 0.0
        total = 0.0
        for first in range(0, len(batch), self._at_once):
            places = batch[first : first + self._at_once]
            portion = self._portion(len(places))
            self._fetch(
                rows,
                order,
                np.uint64(first),
                np.uint64(portion.rows),
                plan.inputs,
                self._flat_values,
                self._room,
                self._places,
            )
            # With a mode that checks bounds, NumPy would go by way of a copy.
            np.take(self._all_y, places, axis=0, out=portion.y, mode="clip")
            if not self._forward(plan, work, portion, first):
                return None
            weights = None if self._weights is None else self._weights[places]
            total += self._loss_and_slopes(work, portion, scale, weights)
            if not self._backward(plan, work, portion, adds=first > 0):
                return None
        return total / scale

    def _largest_gradient(self) -> float:
        """Return what no derivative by a weight is greater than: each is the product of two vectors."""
        product = self._squares * self._slope_squares
        return 2.0 * math.sqrt(product) if product >= 0.0 else math.nan

    def _forward(self, plan: Plan, work: Work, portion: _Portion, first_row: int) -> bool:
        values, extras = self._values, self._extras
        for level, (first, last) in enumerate(self._bounds):
            if not self._multiply(portion.forward[level]):
                return False
            self._squares += self._activate(
                plan.code,
                plan.back,
                plan.direct,
                work.biases,
                first,
                last,
                self._flat_sums,
                self._flat_values,
                self._flat_kept,
                self._room,
                portion.columns,
                extras.draw,
                extras.louder,
                np.uint64(first_row),
                self._buffers.d,
                self._width,
            )
            for rows, activation, _ in self._groups[level]:
                sums = values[rows, : portion.rows]
                sums[:] = activation.forward(sums.T).T
        return True

    def _loss_and_slopes(
        self, work: Work, portion: _Portion, scale: float, weights: NDArray[np.float64] | None
    ) -> float:
        """Return the sum of the loss terms; puts their slopes where `before_activation` wants them.

        ``weights`` (rows,) are what terms and slopes are multiplied with.
        """
        count = portion.rows
        each = 1.0 if weights is None else weights[:, None].astype(self._dtype, copy=False)
        self._d[self._cleared] = 0.0
        total = 0.0
        for part in self._outputs:
            if part.fused:
                basis = (self._sums[part.slots, :count] + work.biases[part.slots][:, None]).T
            else:
                basis = self._values[part.slots, :count].T
            targets = portion.y[:, part.columns]
            total += float(np.add.reduce(part.terms(basis, targets) * each, axis=None))
            slopes = self._kept if part.fused else self._d
            slopes[part.slots, :count] = (part.slope(basis, targets) * each).T / scale
            slopes[part.slots, count:] = 0.0
        return total

    def _backward(self, plan: Plan, work: Work, portion: _Portion, *, adds: bool) -> bool:
        gradient = work.gradient[int(plan.connections) :]
        for level in range(len(self._bounds) - 1, -1, -1):
            for rows, activation, has_error in self._groups[level]:
                if has_error:
                    error, value = self._d[rows, : portion.rows], self._values[rows, : portion.rows]
                    error[:] = activation.backward(value.T, value.T, error.T).T
            self._slope_squares += self._slopes(
                plan.back,
                plan.direct,
                gradient,
                *self._bounds[level],
                self._flat_values,
                self._flat_kept,
                self._flat_d,
                self._room,
                portion.columns,
                self._width,
            )
            if not self._multiply(portion.gradients[level], adds=adds):
                return False
            if not self._pass_on(portion.errors[level], portion.rows):
                return False
        return True

    def _multiply(self, products: list[Product], *, adds: bool = False) -> bool:
        """Compute products; returns False where it was interrupted."""
        for left, right, out, also in products:
            if self._progress[INTERRUPTED]:
                return False
            if not (adds or also):
                np.matmul(left, right, out=out)
                continue
            if self._scratch.size < out.size:
                self._scratch = np.empty(out.size, self._dtype)
            product = self._scratch[: out.size].reshape(out.shape)
            np.matmul(left, right, out=product)
            np.add(out, product, out=out)
        return True

    def _pass_on(self, errors: list[_Errors], count: int) -> bool:
        """Pass errors on to the neurons before; returns False where it was interrupted."""
        for left, right, out, first, adds in errors:
            if self._progress[INTERRUPTED]:
                return False
            np.matmul(left, right, out=out)
            self._turn(
                self._across,
                adds,
                first,
                np.uint64(out.shape[1]),
                self._flat_d,
                self._room,
                np.uint64(count),
                self._places,
            )
        return True

    def _portion(self, count: int) -> _Portion:
        """Return what is done for so many rows."""
        if count not in self._portions:
            self._portions[count] = self._make_portion(count)
        portion = self._portions[count]
        if count != self._last_count:
            # The passes take whole vectors: what is left behind the rows must lead to nothing.
            self._sums[:, count:] = 0.0
            self._d[:, count:] = 0.0
            self._last_count = count
        return portion

    def _make_portion(self, count: int) -> _Portion:
        weights, gradient = self._work.flat, self._work.gradient

        def matrix(part: Part, flat: NDArray[Any]) -> NDArray[Any]:
            return flat[part.place].reshape(part.shape)[:, part.columns]

        def sources(part: Part) -> NDArray[Any]:
            return self._values[part.sources, :count]

        def forward(part: Part) -> Product:
            return Product(matrix(part, weights), sources(part), self._sums[part.rows, :count], part.adds)

        def gradients(part: Part) -> Product:
            return Product(self._d[part.rows, :count], sources(part).T, matrix(part, gradient), adds=False)

        def errors(part: Part, adds: bool) -> Iterator[_Errors]:
            left, right = self._d[part.rows, :count].T, matrix(part, weights)
            for columns in in_columns(left, right):
                width = columns.stop - columns.start
                out = self._across[: count * width].reshape(count, width)
                yield _Errors(
                    left, right[:, columns], out, np.uint64(part.sources.start + columns.start), adds
                )

        def pieces(products: Iterator[Product]) -> list[Product]:
            return [piece for product in products for piece in in_pieces(product)]

        return _Portion(
            rows=count,
            columns=np.uint64(-(-count // LANES) * LANES),
            y=self._y[:count],
            forward=[pieces(forward(part) for part in parts) for parts in self._levels],
            gradients=[pieces(gradients(part) for part in parts) for parts in self._levels],
            errors=[
                [piece for part, adds in level for piece in errors(part, adds)] for level in self._errors
            ],
        )
