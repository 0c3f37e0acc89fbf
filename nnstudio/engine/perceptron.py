"""Rosenblatt's perceptron rule: w += η (y - decision) x, averaged over the batch.

The decision of an output is 1 where its weighted sum plus bias is at least 0, else 0. That is what a step
output gives, and where a sigmoid passes one half; so outputs of these two kinds can be trained so, on
targets 0 and 1. Source: F. Rosenblatt, "The perceptron", Psychological Review 65 (1958).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.engine.parameters import Parameters
from nnstudio.errors import SettingsError

if TYPE_CHECKING:
    from nnstudio.engine.program import Program

Floats = Any

OUTPUT_ACTIVATIONS = ("step", "sigmoid")


def perceptron_problem(program: Program) -> SettingsError | None:
    """Why the perceptron rule cannot train a network, or None where it can."""
    outputs = program.output_slots
    for activation, _, slots in program.output_groups:
        if activation not in OUTPUT_ACTIVATIONS:
            slot = int(np.arange(program.n_neurons)[slots][0])
            return SettingsError(
                "The perceptron rule trains outputs that decide between 0 and 1, but "
                f"{program.neuron_names[slot]} has the activation {activation}. Give it a step or a "
                "sigmoid, or choose another optimizer.",
                setting="optimizer",
                neuron_ids=(program.neuron_ids[slot],),
            )
    into_outputs = np.isin(program.target_slot, outputs)
    hidden = np.unique(program.source_slot[into_outputs & (program.source_slot >= program.n_inputs)]).tolist()
    if not hidden:
        return None
    return SettingsError(
        "The perceptron rule trains only outputs that are connected to inputs alone, because it has no "
        f"way to tell what {program.neuron_names[hidden[0]]} should have given. Choose another optimizer, "
        "or connect the inputs straight to the outputs.",
        setting="optimizer",
        neuron_ids=[program.neuron_ids[slot] for slot in hidden],
    )


def loss_and_corrections(
    program: Program,
    parameters: Parameters,
    x: Floats,
    y: Floats,
    loss: str,
    weights: Floats | None = None,
) -> tuple[float, Parameters]:
    """Return the loss and, for each weight and bias, the mean of (decision - y) times what it is fed.

    Subtracted with a learning rate like gradients, these are the perceptron's corrections; connections that
    share a weight have the sum of theirs. x is (batch, inputs), y (batch, outputs). With ``weights``
    (batch,), both are means weighted by them. Raises ShapeError, SettingsError.
    """
    value = program.loss(parameters, x, y, loss, weights)
    x, y = np.asarray(x, program.dtype), np.asarray(y, program.dtype)
    sums, values = program.forward(parameters, x)
    wrong = np.zeros_like(values)
    wrong[program.output_slots] = (sums[program.output_slots] >= 0.0) - y.T
    if weights is not None:
        wrong *= weights
    corrections = Parameters(np.empty_like(parameters.flat), program.n_connections)
    np.einsum("cb,cb->c", wrong[program.target_slot], values[program.source_slot], out=corrections.weights)
    np.add.reduce(wrong, axis=1, out=corrections.biases)
    corrections.flat /= len(x) if weights is None else weights.sum()
    program.share(corrections)
    return value, corrections
