"""How a trainer's steps are computed: by the readable program in NumPy, or by the compiled kernels."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from nnstudio.engine.backend import choose
from nnstudio.engine.dropout import Dropout
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.watched import Interrupted, watched
from nnstudio.errors import DivergenceError
from nnstudio.training.health import first_affected
from nnstudio.training.metrics import Errors

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from numpy.typing import NDArray

    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program
    from nnstudio.training.settings import TrainingSettings


class Course(NamedTuple):
    """Whole epochs to train along.

    ``order`` holds their rows one after the other; ``losses[e]`` adds up the batches' losses, times their
    sizes (the sums of their rows' weights), of its epoch e, and ``rates[e]`` is the learning rate there.
    ``first_step`` counts the steps of the training before it.
    """

    order: NDArray[np.uint64]
    losses: NDArray[np.float64]
    rates: NDArray[np.float64]
    first_step: int = 0


# Measures rows: the loss, and what their errors add up to.
Measure = Callable[[], tuple[float, Errors]]


class Method(Protocol):
    """Takes steps along a course, changing parameters and the optimizer's state in place."""

    releases_interpreter: bool

    def take(self, course: Course, position: int, steps: int) -> int:
        """Take up to ``steps`` steps from ``position`` in the course on; returns the new position.

        Raises Divergence where the next step would leave the finite numbers.
        """

    def interrupt(self, wanted: bool) -> None:
        """Make `take` return as soon as it can, or allow it to go on; may be called by any thread."""

    def measuring(
        self, x: NDArray[Any], y: NDArray[Any], weights: NDArray[np.float64] | None, threshold: float
    ) -> Measure | None:
        """Return what measures the parameters of the moment on rows faster than the program, or None.

        ``weights`` (rows,) count in the loss alone. A single output says yes from ``threshold`` on. What
        measures raises Interrupted after `interrupt`.
        """


class Divergence(Exception):  # noqa: N818 - it becomes a DivergenceError where step and epoch are known
    """The next step would leave the finite numbers: its loss, and the slot of the first neuron concerned."""

    def __init__(self, position: int, loss: float, slot: int) -> None:
        super().__init__()
        self.position = position
        self.loss = loss
        self.slot = slot

    def as_error(self, program: Program, step: int, epoch: int) -> DivergenceError:
        """Return what the user is told; ``step`` and ``epoch`` count from 1."""
        return DivergenceError(
            f"Training left finite numbers in step {step} (epoch {epoch}): the loss was {self.loss:g}, and "
            f"the first neuron concerned is {program.neuron_names[self.slot]}. The last finite weights were "
            "kept. Try a smaller learning rate, or scale the data.",
            neuron_ids=(program.neuron_ids[self.slot],),
        )


def method_for(
    program: Program,
    parameters: Parameters,
    state: MutableMapping[str, NDArray[Any]],
    x: NDArray[Any],
    y: NDArray[Any],
    settings: TrainingSettings,
    weights: NDArray[np.float64] | None = None,
    *,
    compiled: bool = True,
) -> Method:
    """Return the fastest method that can train this; the first call may compile for seconds.

    It changes what ``parameters`` and ``state`` hold, and may put arrays of its own in place of theirs.
    ``weights`` (rows,) say how much each row counts. Without ``compiled`` it is the program in NumPy, which
    is ready at once.
    """
    batch = settings.batch_rows(len(x))
    engine = choose(program, settings.loss, settings.optimizer, batch)[0] if compiled else "numpy"
    if engine != "numpy":
        return _Compiled(
            program, parameters, state, x, y, settings, weights, by_matrices=engine == "matrices"
        )
    return _Reference(program, parameters, state, x, y, settings, weights)


def steps_before(position: int, rows: int, batch: int) -> int:
    """Return how many steps lie before a position along epochs of so many rows; each ends with a step."""
    epochs, rest = divmod(position, rows)
    return epochs * -(-rows // batch) + -(-rest // batch)


class _Reference:
    """The program in NumPy, a batch at a time."""

    releases_interpreter = False

    def __init__(
        self,
        program: Program,
        parameters: Parameters,
        state: Mapping[str, NDArray[Any]],
        x: NDArray[Any],
        y: NDArray[Any],
        settings: TrainingSettings,
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        self._program = program
        # A batch may take seconds.
        self._watched = watched(program, lambda: self._interrupted)
        self._parameters = parameters
        self._state = dict(state)
        self._x, self._y, self._weights = x, y, weights
        self._settings = settings
        self._options = settings.optimizer_options
        self._shaping = settings.shaping
        self._dropout = Dropout(settings.dropout, settings.seed) if settings.dropout else None
        self._optimizer = OPTIMIZERS[settings.optimizer]
        self._batch = settings.batch_rows(len(x))
        self._kept = parameters.flat.copy()
        self._kept_state = {name: array.copy() for name, array in self._state.items()}
        self._interrupted = False

    def take(self, course: Course, position: int, steps: int) -> int:
        order, losses, rates, first_step = course
        rows = len(self._x)
        for _ in range(steps):
            if position >= len(order) or self._interrupted:
                break
            epoch = position // rows
            batch = order[position : min(position + self._batch, (epoch + 1) * rows)]
            step = first_step + steps_before(position, rows, self._batch)
            weights = None if self._weights is None else self._weights[batch]
            mass = len(batch) if weights is None else float(weights.sum())
            x, y, rate = self._x[batch], self._y[batch], float(rates[epoch])
            try:
                loss = self._step(x, y, weights, rate, position, step)
            except Interrupted:
                break
            losses[epoch] += loss * mass
            position += len(batch)
        return position

    def interrupt(self, wanted: bool) -> None:
        self._interrupted = wanted

    def measuring(
        self, x: NDArray[Any], y: NDArray[Any], weights: NDArray[np.float64] | None, threshold: float
    ) -> Measure | None:
        return None

    def _step(
        self,
        x: NDArray[Any],
        y: NDArray[Any],
        weights: NDArray[np.float64] | None,
        rate: float,
        position: int,
        step: int,
    ) -> float:
        program, flat, shaping = self._program, self._parameters.flat, self._shaping
        mask = program.gradient_mask
        # Overflow on the way to divergence is reported below, with its place.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            loss, gradients = self._optimizer.loss_and_gradients(
                self._watched,
                self._parameters,
                x,
                y,
                self._settings.loss,
                None if self._dropout is None else partial(self._dropout.factors, program, step),
                weights,
            )
            np.copyto(self._kept, flat)
            for name, array in self._state.items():
                np.copyto(self._kept_state[name], array)
            if math.isfinite(loss):
                counted = program.counted if program.ties else None
                shaped = shaping.gradient(gradients, self._parameters, mask, counted)
                rates = rate * program.rate_factors if program.has_rate_factors else rate
                shaping.decay(flat, rates, mask)
                self._optimizer.step(flat, shaped.flat, self._state, rates, self._options, mask)
                if self._parameters.is_finite:
                    program.keep_signs(self._parameters.weights)
                    return loss
            stepped = flat.copy()
            np.copyto(flat, self._kept)
            for name, array in self._state.items():
                np.copyto(array, self._kept_state[name])
            trained = np.where(mask, gradients.flat, 0.0)
            if not np.isfinite(trained).all():
                # Clipping has spread it over all parameters.
                stepped = trained
            slot = first_affected(program, stepped, self._parameters, gradients, x)
        raise Divergence(position, loss, slot)


class _Compiled:
    """The kernels, as many steps at a time as are asked for, with the interpreter's lock released."""

    releases_interpreter = True

    def __init__(
        self,
        program: Program,
        parameters: Parameters,
        state: MutableMapping[str, NDArray[Any]],
        x: NDArray[Any],
        y: NDArray[Any],
        settings: TrainingSettings,
        weights: NDArray[np.float64] | None,
        *,
        by_matrices: bool,
    ) -> None:
        from nnstudio.engine.kernels import CompiledTraining, MatrixTraining  # imports Numba: a second

        self._by_matrices = by_matrices
        self._training = (MatrixTraining if by_matrices else CompiledTraining)(
            program,
            parameters,
            state,
            x,
            y,
            loss=settings.loss,
            optimizer=settings.optimizer,
            options=settings.optimizer_options,
            learning_rate=settings.learning_rate,
            batch=settings.batch_rows(len(x)),
            shaping=settings.shaping,
            weights=weights,
            dropout=Dropout(settings.dropout, settings.seed) if settings.dropout else None,
        )
        self._training.take_over(parameters, state)
        self._reference = _Reference(program, parameters, state, x, y, settings, weights)
        self._rows, self._batch = len(x), settings.batch_rows(len(x))

    def take(self, course: Course, position: int, steps: int) -> int:
        step = course.first_step + steps_before(position, self._rows, self._batch)
        position = self._training.train(course.order, position, steps, course.losses, course.rates, step=step)
        if self._training.diverged:
            self._training.forget_divergence()
            # The reference finds out where the numbers went; should it just so get by, training goes on.
            position = self._reference.take(course, position, 1)
        return position

    def interrupt(self, wanted: bool) -> None:
        self._training.interrupt(wanted)

    def measuring(
        self, x: NDArray[Any], y: NDArray[Any], weights: NDArray[np.float64] | None, threshold: float
    ) -> Measure | None:
        if self._by_matrices:
            return None
        training, rows = self._training, self._training.rows(x, y, weights)

        def measure() -> tuple[float, Errors]:
            found = training.evaluate(rows, threshold)
            if not found.complete:
                raise Interrupted
            return found.loss, Errors(len(x), found.right, found.squared_errors, found.absolute_errors)

        return measure
