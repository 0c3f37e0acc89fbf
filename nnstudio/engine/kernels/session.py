"""A training on the kernels: arrays prepared once, then as many updates a call as the caller has time for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnstudio.engine.kernels import loop, online
from nnstudio.engine.kernels.arrays import (
    as_compiled,
    buffers_for,
    extras_of,
    plan_of,
    rows_of,
    shaping_of,
    work_for,
)
from nnstudio.engine.kernels.compiling import Direct, compiled
from nnstudio.engine.kernels.lanes import Width
from nnstudio.engine.kernels.plan import (
    ACTIVATION_CODES,
    DIVERGED,
    ERRORS,
    FUSED_PAIRS,
    INTERRUPTED,
    LOSS,
    LOSS_CODES,
    ONLINE,
    OPTIMIZER_CODES,
    OPTIONS,
    POSITION,
    RIGHT,
    STEPS,
    UPDATES,
    Rows,
    Task,
)
from nnstudio.engine.losses import FUSED
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.shaping import Shaping
from nnstudio.network.rules import CUSTOM_ACTIVATION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from numpy.typing import NDArray

    from nnstudio.engine.dropout import Dropout
    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program

# A batch takes the narrowest vectors that hold it; larger batches go in chunks of the widest.
WIDTHS = (1, 4, 16)


class Measured(NamedTuple):
    """What an evaluation found: the loss, rows in the right class, and error sums by output, (outputs,).

    Where it was interrupted it is not ``complete``, and the numbers mean nothing.
    """

    loss: float
    right: int
    squared_errors: NDArray[np.float64]
    absolute_errors: NDArray[np.float64]
    complete: bool = True


class CompiledTraining:
    """Trains ``parameters`` and the optimizer's ``state`` in place: x (rows, inputs) and y (rows, outputs).

    It checks nothing: that is what `checks.check_training` is for, and `unsupported`. Only `interrupt` may be
    called while another method is at work. ``weights`` (rows,) say how much each row counts. ``lanes`` is
    how many rows are computed at once, one of `WIDTHS`, and follows from ``batch`` unless given.
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
        shaping: Shaping | None = None,
        weights: NDArray[np.float64] | None = None,
        dropout: Dropout | None = None,
        updates: int = 0,
        lanes: int | None = None,
    ) -> None:
        lanes = lanes or width_for(batch)
        dtype = program.dtype
        self._width = Width(lanes)
        shaping = shaping or Shaping()
        plain = shaping.is_nothing and weights is None and dropout is None and not program.is_constrained
        alone = batch == 1 and lanes == 1 and optimizer in ONLINE and plain
        self._train: Callable[..., Any] = Direct(
            compiled(online.train_online if alone else loop.train, lanes, dtype.name)
        )
        self._evaluate = Direct(compiled(loop.evaluate, lanes, dtype.name))
        self._plan = plan_of(program, loss, optimizer, dropping=dropout is not None)
        self._dtype = dtype
        self._rows = self.rows(x, y, weights)
        self._state = state
        self._work = work_for(program, vectors=len(OPTIMIZERS[optimizer].vectors))
        size = self._size = len(parameters.flat)
        # Each array of the caller, and the one that the kernels use in its stead.
        self._shared = [(parameters.flat, self._work.flat[:size])]
        ours = (self._work.first_state, self._work.second_state)
        for name, vector in zip(OPTIMIZERS[optimizer].vectors, ours, strict=False):
            self._shared.append((state[name], vector[:size]))
        self._buffers = buffers_for(program, lanes)
        self._extras = extras_of(program, lanes, dropout)
        self._task = Task(
            loss=LOSS_CODES[loss],
            optimizer=OPTIMIZER_CODES[optimizer],
            options=np.array([options[name] for name in OPTIONS[optimizer]] + [0.0]),
            batch=np.uint64(batch),
            rows=np.uint64(len(x)),
            **shaping_of(shaping),
        )
        self._rate = float(learning_rate)
        self._progress = np.zeros(5, np.int64)
        self._progress[UPDATES] = updates

    @staticmethod
    def unsupported(program: Program, loss: str, optimizer: str) -> str | None:
        """Return why the kernels cannot train this, as the end of a sentence, or None where they can."""
        entries = program.activation_set
        used = {entries[code].key for code in np.unique(program.activation_code).tolist() if code >= 0}
        for key in sorted(used - set(ACTIVATION_CODES)):
            if not key.startswith(CUSTOM_ACTIVATION):
                return f"the activation {key} is not compiled"
        if loss not in LOSS_CODES:
            return f"the loss {loss} is not compiled"
        if optimizer not in OPTIMIZER_CODES or {*OPTIMIZERS[optimizer].defaults} - {*OPTIONS[optimizer]}:
            return f"the optimizer {optimizer} is not compiled"
        for activation in program.output_activations:
            if (loss, activation) in FUSED and (loss, activation) not in FUSED_PAIRS:
                return f"the loss {loss} with the activation {activation} is not compiled"
        return None

    def train(
        self,
        order: NDArray[np.uint64],
        position: int,
        steps: int,
        losses: NDArray[np.float64],
        rates: NDArray[np.float64] | None = None,
        *,
        step: int = 0,
    ) -> int:
        """Take up to ``steps`` updates along ``order`` from ``position`` on; returns the new position.

        ``order`` holds the row numbers of whole epochs one after the other, and ``losses[e]`` adds up the
        batches' losses, times the sums of their rows' weights, of its epoch e; ``rates[e]`` is the learning
        rate there, where it isn't the same throughout. ``step`` counts the steps of the training before
        these: with dropout, who falls silent follows from it. Fewer steps are taken at the end of ``order``,
        where the next update would not be finite (see `diverged`), and where `interrupt` was called.
        Raises ValueError where ``losses`` or ``rates`` are too short for ``order``.
        """
        if len(losses) * int(self._task.rows) < len(order):
            raise ValueError(f"{len(losses)} losses are too few for {len(order)} rows of order")
        if losses.dtype != np.float64 or not losses.flags.c_contiguous:
            raise ValueError("the losses are to be an array of float64 without gaps")
        if rates is None:
            rates = np.full(len(losses), self._rate)
        elif len(rates) < len(losses):
            raise ValueError(f"{len(rates)} learning rates are too few for {len(losses)} epochs")
        self._progress[POSITION] = position
        self._progress[DIVERGED] = 0
        self._progress[STEPS] = step
        if "steps" in self._state:
            self._progress[UPDATES] = int(self._state["steps"][0])
        for theirs, ours in self._shared:
            ours[:] = theirs
        self._train(
            self._plan,
            self._work,
            self._rows,
            as_compiled(order, np.uint64),
            np.uint64(steps),
            self._progress,
            losses,
            as_compiled(rates, np.float64),
            self._task,
            self._extras,
            self._buffers,
            self._width,
        )
        for theirs, ours in self._shared:
            theirs[:] = ours
        if "steps" in self._state:
            self._state["steps"][0] = self._progress[UPDATES]
        return int(self._progress[POSITION])

    def take_over(self, parameters: Parameters, state: MutableMapping[str, NDArray[Any]]) -> None:
        """Make what was given be views of the arrays that are trained, so that none is copied any more.

        Their arrays of before are left as they are.
        """
        (_, flat), *vectors = self._shared
        parameters.move_to(flat)
        for name in state:
            for theirs, ours in vectors:
                if state[name] is theirs:
                    ours[:] = theirs
                    state[name] = ours
        self._shared = []

    @property
    def diverged(self) -> bool:
        """Whether the next update would leave the finite numbers; it was not taken."""
        return bool(self._progress[DIVERGED])

    def forget_divergence(self) -> None:
        """Allow steps again, once parameters and state were set back."""
        self._progress[DIVERGED] = 0

    def interrupt(self, wanted: bool = True) -> None:
        """Make `train` and `evaluate` return at once, or allow them to go on; any thread may call this.

        An update under way is dropped.
        """
        self._progress[INTERRUPTED] = wanted

    def evaluate(self, rows: Rows, threshold: float) -> Measured:
        """Measure the parameters on rows made by `rows`; a single output says yes from ``threshold`` on."""
        for theirs, ours in self._shared[:1]:
            ours[:] = theirs
        outputs = len(self._plan.outputs)
        measured = np.empty(ERRORS + 2 * outputs)
        done = self._evaluate(
            self._plan,
            self._work,
            rows,
            np.uint64(len(rows.whole)),
            self._task,
            float(threshold),
            self._progress,
            measured,
            self._extras,
            self._buffers,
            self._width,
        )
        return Measured(
            float(measured[LOSS]),
            int(measured[RIGHT]),
            measured[ERRORS : ERRORS + outputs],
            measured[ERRORS + outputs :],
            int(done) == len(rows.whole),
        )

    @property
    def gradient(self) -> NDArray[Any]:
        """A copy of the last batch's gradient (connections + neurons,), shaped where that was asked for.

        Frozen parameters have theirs too where it wasn't.
        """
        gradient: NDArray[Any] = self._work.gradient[: self._size]
        return gradient.copy()

    @property
    def training_rows(self) -> Rows:
        """The rows that it trains on."""
        return self._rows

    def rows(self, x: NDArray[Any], y: NDArray[Any], weights: NDArray[np.float64] | None = None) -> Rows:
        """Return x (rows, inputs), y (rows, outputs) and weights (rows,) as `evaluate` wants them."""
        return rows_of(np.asarray(x, self._dtype), np.asarray(y, self._dtype), weights)


def width_for(batch: int) -> int:
    """Return how many lanes the vectors for batches of so many rows have."""
    return next((lanes for lanes in WIDTHS if lanes >= batch), WIDTHS[-1])
