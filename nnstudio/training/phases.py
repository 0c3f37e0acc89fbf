"""The phases of learning as data: what one step computes, on its way forward and back, before it is taken.

A cycle begins with weights (INIT), computes values forward along the connections (PREDICT), the loss (LOSS),
its derivatives back along them (GRADIENT), and changes the weights (STEP); it repeats from PREDICT until a
condition ends the training (STOP).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from nnstudio.engine.dropout import Dropout
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.parameters import Parameters
from nnstudio.errors import DivergenceError
from nnstudio.network.initializers import draw
from nnstudio.training.methods import Course, Divergence, method_for
from nnstudio.training.trainer import Trainer
from nnstudio.training.weighting import row_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nnstudio.data.dataset import Dataset
    from nnstudio.engine.program import Factors, Program
    from nnstudio.network.model import Network
    from nnstudio.training.settings import TrainingSettings
    from nnstudio.training.state import TrainerState
    from nnstudio.training.trainer import StopReason

Phase = Literal["init", "predict", "loss", "gradient", "step", "stop"]
PHASES: tuple[Phase, ...] = get_args(Phase)


@dataclass(frozen=True, eq=False)
class Pass:
    """Rows on their way through the network and back; made by `cycle_of`.

    ``sums`` and ``values`` (neurons,) are the weighted sums plus bias and the values, ``targets`` and
    ``outputs`` (outputs,) what was wanted and what came: means over the rows, weighted as the loss weighs
    them. ``losses`` (outputs,) is what each output adds to ``loss``. ``gradients`` are the derivatives of the
    loss, or the perceptron's corrections; that by a bias is the neuron's delta.
    """

    sums: NDArray[Any]
    values: NDArray[Any]
    targets: NDArray[Any]
    outputs: NDArray[Any]
    losses: NDArray[Any]
    loss: float
    gradients: Parameters

    @property
    def deltas(self) -> NDArray[Any]:
        """The derivative of the loss by each neuron's sum, (neurons,); 0 for inputs."""
        return self.gradients.biases


@dataclass(frozen=True, eq=False)
class Cycle:
    """The next step of a training, computed ahead; made by `cycle_of`, it changes nothing.

    ``rows`` are those of the data that it takes, in their order. ``passed`` is their way through the network,
    ``sample`` that of the row in focus alone, where it is among several. ``before`` and ``after`` are all
    parameters, the latter as the training leaves them; where the step would leave the finite numbers,
    ``error`` says so and they are the same. ``is_next`` says whether training takes this very step, rather
    than one with other rows. ``epoch`` epochs and ``step`` steps are finished, ``batch`` is the number of
    this one in its epoch, out of ``batches``, from 1. ``ends`` says why the training ends with it, or None.
    """

    program: Program
    settings: TrainingSettings
    rows: NDArray[np.intp]
    passed: Pass
    sample: Pass | None
    before: Parameters
    after: Parameters
    rate: float
    epoch: int
    step: int
    batch: int
    batches: int
    is_next: bool
    ends: StopReason | None = None
    error: DivergenceError | None = None

    @property
    def changes(self) -> Parameters:
        """What the step adds to each parameter."""
        return Parameters(self.after.flat - self.before.flat, self.program.n_connections)

    @cached_property
    def flows(self) -> NDArray[Any]:
        """What arrives through each connection, weight times value of its source, (connections,)."""
        flows: NDArray[Any] = self.before.weights * self.passed.values[self.program.source_slot]
        return flows

    @cached_property
    def levels(self) -> NDArray[np.intp]:
        """The level of each neuron, (neurons,): 0 for inputs, else one above the highest that it hears."""
        slots = np.arange(self.program.n_neurons)
        return np.searchsorted(self.program.level_start, slots, side="right").astype(np.intp) - 1

    @property
    def n_levels(self) -> int:
        """How many levels there are above the inputs."""
        return len(self.program.level_start) - 2


def cycle_of(
    program: Program,
    parameters: Parameters | None,
    data: Dataset,
    settings: TrainingSettings,
    state: TrainerState | None = None,
    *,
    focus: int | None = None,
    alone: bool = False,
    stop_at: int | None = None,
) -> Cycle:
    """Compute the step that training takes next, without taking it; parameters and state stay as they are.

    With ``state`` it is the step after that, else the first one from these parameters; without parameters,
    from those of the state, or of the drawing. ``focus`` is a row of the data; ``alone`` takes that row in
    place of the batch, and then the step is what it would do by itself. ``stop_at`` is the epoch that
    training ends with. It may take long: training is compiled where that is due. Raises SettingsError,
    ShapeError and DataError for what cannot be trained.
    """
    known = None if parameters is None else parameters.copy()
    trainer = Trainer(program, known, data, settings, state=state, stop_at=stop_at)
    if state is not None and state.position == len(data.train_rows) == state.rows:
        trainer.step()  # no more than measures the epoch that was not measured yet
    places, rate = trainer.ahead()
    rows = data.train_rows[places]
    is_next = not alone or (focus is not None and rows.tolist() == [focus])
    if not is_next:
        rows = np.array([focus], np.intp)
    before = trainer.parameters.copy()
    epoch, step = trainer.epoch_number, trainer.step_number
    state = trainer.state()
    batch = settings.batch_rows(len(data.train_rows))

    x, y = data.x[rows].astype(program.dtype), data.y[rows].astype(program.dtype)
    weights = row_weights(data, settings)
    weights = None if weights is None else weights[rows]
    dropout = Dropout(settings.dropout, settings.seed) if settings.dropout else None
    factors = None if dropout is None else partial(dropout.factors, program, step)
    passed = _passed(program, before, x, y, settings, factors, weights)
    sample = None
    among = np.flatnonzero(rows == focus)
    if len(rows) > 1 and len(among):
        here = slice(int(among[0]), int(among[0]) + 1)
        own = None if factors is None else partial(_columns, factors, here.start)
        sample = _passed(program, before, x[here], y[here], settings, own, None)

    ends: StopReason | None = None
    error: DivergenceError | None = None
    try:
        if is_next:
            trainer.step()
            ends = trainer.stopped_because
        else:
            memory = {name: np.array(array) for name, array in state.optimizer_state.items()}
            alike = method_for(program, trainer.parameters, memory, x, y, settings, compiled=False)
            alike.take(Course(np.zeros(1, np.uint64), np.zeros(1), np.array([rate]), step), 0, 1)
    except DivergenceError as divergence:
        error = divergence
    except Divergence as divergence:
        error = divergence.as_error(program, step + 1, epoch + 1)
    return Cycle(
        program,
        settings,
        rows,
        passed,
        sample,
        before,
        trainer.parameters.copy(),
        rate,
        epoch,
        step,
        state.position // batch + 1,
        trainer.steps_per_epoch,
        is_next,
        ends,
        error,
    )


def stop_conditions(settings: TrainingSettings, stop_at: int | None = None) -> tuple[str, ...]:
    """Return what ends a training, in words; whichever comes first does."""
    epochs = settings.epochs if stop_at is None else stop_at
    found = [f"after {epochs:,} epoch{'' if epochs == 1 else 's'}".replace(",", "\u2009")]
    if settings.target_loss is not None:
        found.append(f"loss ≤ {settings.target_loss:g}".replace("-", "\N{MINUS SIGN}"))
    if settings.patience is not None:
        unit = "epoch" if settings.patience == 1 else "epochs"
        found.append(f"no better for {settings.patience} {unit}")
    return tuple(found)


def is_drawn(
    network: Network,
    values: tuple[Mapping[str, float], Mapping[str, float]],
    settings: TrainingSettings,
) -> bool:
    """Whether weights and biases, by id, are just what the settings' initializer draws with their seed."""
    weights, biases = draw(network, settings.initializer, settings.seed)
    return bool(weights) and all(
        known.get(key) == value
        for drawn, known in zip((weights, biases), values, strict=True)
        for key, value in drawn.items()
    )


@np.errstate(all="ignore")
def _passed(
    program: Program,
    parameters: Parameters,
    x: NDArray[Any],
    y: NDArray[Any],
    settings: TrainingSettings,
    factors: Factors | None,
    weights: NDArray[np.float64] | None,
) -> Pass:
    loss, gradients = OPTIMIZERS[settings.optimizer].loss_and_gradients(
        program, parameters, x, y, settings.loss, factors, weights
    )
    shares = np.full(len(x), 1.0 / len(x)) if weights is None else weights / weights.sum()
    sums, values = np.zeros(program.n_neurons), np.zeros(program.n_neurons)
    losses = np.zeros(program.n_outputs)
    # What a mean over rows is of, beside that over outputs.
    scale = LOSSES[settings.loss].scale(y.shape) / len(y)
    for first in range(0, len(x), program.rows_at_once):
        part = slice(first, first + program.rows_at_once)
        share = shares[part]
        silent = None if factors is None else factors(first, len(share))
        found = program.forward(parameters, x[part], silent)
        sums += found.sums @ share
        values += found.values @ share
        for output in program.output_parts(settings.loss):
            basis = (found.sums if output.fused else found.values)[output.slots].T
            losses[output.columns] += share @ output.terms(basis, y[part, output.columns]) / scale
    sums[: program.n_inputs] = 0.0
    return Pass(sums, values, shares @ y, values[program.output_slots], losses, loss, gradients)


def _columns(factors: Factors, place: int, first: int, rows: int) -> NDArray[Any]:
    return factors(place + first, rows)
