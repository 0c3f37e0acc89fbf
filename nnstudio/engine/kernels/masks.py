"""Who falls silent by dropout, computed as `engine.dropout` does: from seed, step, slot and place alone."""

from __future__ import annotations

import numpy as np

from nnstudio.engine.dropout import FIRST, GOLDEN, SECOND, SHIFT_1, SHIFT_2, SHIFT_3, UNUSED_BITS
from nnstudio.engine.kernels.compiling import ONE, inner
from nnstudio.engine.kernels.lanes import lanes_of

# Places in the array ``draw``: up to which number a neuron falls silent, what stands for the seed, the step
# of the training and the first row within its batch, both counted from 0.
BOUND, SEED, AT_STEP, FROM_ROW = range(4)


@inner
def _mixed(z):
    z = (z ^ (z >> SHIFT_1)) * FIRST
    z = (z ^ (z >> SHIFT_2)) * SECOND
    return z ^ (z >> SHIFT_3)


@inner
def draw_factors(draw, louder, slot, out, width):
    """Fill the first vector of ``out`` with what the values of a neuron are multiplied with, row by row."""
    start = _mixed(draw[SEED] + GOLDEN * draw[AT_STEP])
    neuron = _mixed(start + GOLDEN * (slot + ONE)) + GOLDEN * (draw[FROM_ROW] + ONE)
    bound = draw[BOUND]
    for i in range(lanes_of(width)):
        chance = _mixed(neuron + GOLDEN * np.uint64(i)) >> UNUSED_BITS
        out[i] = 0.0 if chance < bound else louder
