"""Health: where a training leaves the finite numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.engine.program import Parameters, Program


def first_affected(
    program: Program,
    stepped: NDArray[Any],
    parameters: Parameters,
    gradients: Parameters,
    x: NDArray[Any],
) -> int:
    """Return the slot of the first neuron, in the order of computation, where numbers are no longer finite.

    Looked for in the values that the neurons have for the batch x (batch, inputs) with the parameters
    before the step, then in the ``stepped`` parameters, then in the gradients; an output neuron where all
    of these are finite, because then the loss alone overflowed.
    """
    finite = np.isfinite(program.activations(parameters, x)).all(axis=0)
    if not finite.all():
        return int(np.argmin(finite))
    connections = len(program.connection_ids)
    for flat in (stepped, gradients.flat):
        finite = np.isfinite(flat[connections:])
        np.logical_and.at(finite, program.target_slot, np.isfinite(flat[:connections]))
        if not finite.all():
            return int(np.argmin(finite))
    return int(program.output_slots[0])
