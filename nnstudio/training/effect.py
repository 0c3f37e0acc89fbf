"""What a change of the drawing's constraints does to the loss, before any training makes up for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnstudio.training.weighting import row_weights

if TYPE_CHECKING:
    from nnstudio.data.dataset import Dataset
    from nnstudio.engine.program import Parameters, Program
    from nnstudio.training.settings import TrainingSettings

# More rows tell the eye no more, but take their time.
MAX_ROWS = 10_000


def loss_change(
    before: Program,
    parameters: Parameters,
    after: Program,
    data: Dataset,
    settings: TrainingSettings,
    *,
    after_parameters: Parameters | None = None,
) -> tuple[float, float]:
    """Return the loss with ``parameters`` before a change, and after it.

    It is that of the training part, its first `MAX_ROWS` rows at the most. ``after`` is a program of the same
    drawing; unless ``after_parameters`` are given, what takes part in both has the same values in both, and
    what does only after the change has the drawing's. Raises ShapeError and SettingsError.
    """
    rows = data.train_rows[:MAX_ROWS]
    weights = row_weights(data, settings)
    if weights is not None:
        weights = weights[rows]
    if after_parameters is None:
        after_parameters = moved(before, parameters, after)
    losses = []
    with np.errstate(over="ignore", invalid="ignore"):
        for program, values in ((before, parameters), (after, after_parameters)):
            losses.append(program.loss(values, data.x[rows], data.y[rows], settings.loss, weights))
    return losses[0], losses[1]


def moved(before: Program, parameters: Parameters, after: Program) -> Parameters:
    """Return the parameters of one program in the slots of another of the same drawing.

    What the first one doesn't compute has the value that the other one starts with.
    """
    result = after.initial_parameters()
    for ids, slots, ours, theirs in (
        (after.connection_ids, before.connection_slots, result.weights, parameters.weights),
        (after.neuron_ids, before.neuron_slots, result.biases, parameters.biases),
    ):
        places = np.array([slots.get(key, -1) for key in ids], np.int64)
        ours[places >= 0] = theirs[places[places >= 0]]
    return result
