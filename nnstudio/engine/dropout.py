"""Dropout: in each step of a training, every hidden neuron falls silent with some chance, row by row.

What is left is scaled up by 1 / (1 - rate), so that a trained network needs no correction (inverted
dropout). Who falls silent follows from the seed, the number of the step, the slot of the neuron and the place
of the row in the batch alone, by the mixing of splitmix64: so any way of computing has the same masks, and a
training that is resumed needs no memory of them. Source: G. Steele, D. Lea, C. Flood, "Fast splittable
pseudorandom number generators", OOPSLA 2014.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.engine.program import Program

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
SHIFT_1, SHIFT_2, SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
# The lowest bits are left out: what remains is exact in a float64.
UNUSED_BITS = np.uint64(11)


@dataclass(frozen=True)
class Dropout:
    """Which neurons fall silent: each with the chance ``rate``, from 0 up to but not including 1."""

    rate: float
    seed: int

    @property
    def key(self) -> NDArray[np.uint64]:
        """What stands for the seed among what is mixed, (1,)."""
        return _mixed(_array(self.seed))

    @property
    def bound(self) -> int:
        """Who falls silent, as a whole number: those whose chance, times 2**53, is below it."""
        return math.ceil(math.ldexp(self.rate, 53))

    def factors(self, program: Program, step: int, first: int, rows: int) -> NDArray[Any]:
        """Return what to multiply values with, (neurons, rows): 0 or 1 / (1 - rate), 1 for all but hidden.

        ``step`` counts from 0; the rows are those from ``first`` on of its batch.
        """
        slots = hidden_slots(program)
        start = _mixed(self.key + GOLDEN * _array(step))
        by_neuron = _mixed(start + GOLDEN * (slots.astype(np.uint64) + np.uint64(1)))
        places = np.arange(first, first + rows).astype(np.uint64) + np.uint64(1)
        bits = _mixed(by_neuron[:, None] + GOLDEN * places)
        chance = (bits >> UNUSED_BITS).astype(np.float64) * 2.0**-53
        factors = np.ones((program.n_neurons, rows), program.dtype)
        factors[slots] = np.where(chance < self.rate, 0.0, 1.0 / (1.0 - self.rate))
        return factors


def hidden_slots(program: Program) -> NDArray[np.int64]:
    """Return the slots of the neurons that may fall silent, ascending."""
    hidden = np.ones(program.n_neurons, bool)
    hidden[program.input_slots] = False
    hidden[program.output_slots] = False
    return np.flatnonzero(hidden)


def _array(number: int) -> NDArray[np.uint64]:
    # Arrays wrap around where single numbers warn.
    return np.array([number], np.uint64)


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> SHIFT_1)) * FIRST
    z = (z ^ (z >> SHIFT_2)) * SECOND
    mixed: NDArray[np.uint64] = z ^ (z >> SHIFT_3)
    return mixed
