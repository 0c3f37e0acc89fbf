"""The products of matrices that a layered program is made of, and when they are worth it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnstudio.engine.blocks import DenseBlock
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.network.rules import CUSTOM_ACTIVATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from nnstudio.engine.program import Program

# From so many multiplications a block on, for all rows of a batch, matrices are faster: the other kernels do
# not keep to the processor's caches, but need no calls between the levels.
WORTH = 1_000_000
# A stop waits for one product: so many multiplications take 3 ms on a fast core, 50 ms on a very slow one.
LARGEST = 1 << 27
# So many runs of neurons may feed a level: each is a product of its own.
MOST_RUNS = 4


@dataclass(frozen=True)
class Part:
    """A block's connections from one run of neurons: columns of the block's matrix.

    ``place`` is where the block's weights, of shape ``shape``, lie among all. ``adds`` is whether other parts
    of the block have been there before.
    """

    rows: slice
    place: slice
    shape: tuple[int, int]
    columns: slice
    sources: slice
    from_inputs: bool
    adds: bool


class Product(NamedTuple):
    """``out`` = ``left`` @ ``right``, or ``out`` += where it ``adds``."""

    left: NDArray[Any]
    right: NDArray[Any]
    out: NDArray[Any]
    adds: bool


def obstacle(program: Program, optimizer: str) -> str | None:
    """Return why matrices cannot train this, as the end of a sentence, or None where they can.

    All that `CompiledTraining.unsupported` refuses is refused here too, but not told.
    """
    used = np.unique(program.activation_code[program.n_inputs :]).tolist()
    if any(program.activation_set[code].key.startswith(CUSTOM_ACTIVATION) for code in used):
        return "custom activations are not done by matrices"
    if not OPTIMIZERS[optimizer].uses_gradient:
        return f"the optimizer {optimizer} doesn't go by gradients"
    for level in program.levels:
        for block in level.blocks:
            if not isinstance(block, DenseBlock) or block.has_gaps:
                return "some neurons of a layer have connections that others lack"
            if len(runs(block.sources, program.n_inputs)) > MOST_RUNS:
                return "a layer is fed by neurons scattered over many others"
    return None


def is_worth(program: Program, batch: int) -> bool:
    """Whether matrices are faster than the other kernels for batches of so many rows."""
    blocks = sum(len(level.blocks) for level in program.levels)
    return program.n_connections * batch >= WORTH * blocks


def parts_of(program: Program) -> list[list[Part]]:
    """Return the parts of each level, of a program without an `obstacle`."""
    return [
        [part for block in level.blocks if isinstance(block, DenseBlock) for part in _parts(program, block)]
        for level in program.levels
    ]


def _parts(program: Program, block: DenseBlock) -> Iterator[Part]:
    column = 0
    for sources in runs(block.sources, program.n_inputs):
        width = sources.stop - sources.start
        yield Part(
            rows=block.rows,
            place=block.place,
            shape=block.shape,
            columns=slice(column, column + width),
            sources=sources,
            from_inputs=sources.start < program.n_inputs,
            adds=column > 0,
        )
        column += width


def runs(slots: slice | NDArray[np.int64], n_inputs: int) -> list[slice]:
    """Return ascending slots as runs without gaps, none of them of inputs and others together."""
    if isinstance(slots, slice):
        bounds = [slots.start, slots.stop]
        if slots.start < n_inputs < slots.stop:
            bounds.insert(1, n_inputs)
        return [slice(a, b) for a, b in pairwise(bounds)]
    breaks = np.flatnonzero((np.diff(slots) != 1) | (slots[1:] == n_inputs)) + 1
    return [slice(int(run[0]), int(run[-1]) + 1) for run in np.split(slots, breaks)]


def in_pieces(product: Product) -> Iterator[Product]:
    """Yield a product, in pieces where it would take too long at once."""
    left, right, out, adds = product
    step = max(1, LARGEST // max(1, left.shape[1] * right.shape[1]))
    for first in range(0, len(left), step):
        piece = slice(first, first + step)
        yield Product(left[piece], right, out[piece], adds)


def in_columns(left: NDArray[Any], right: NDArray[Any]) -> Iterator[slice]:
    """Yield the columns of a product ``left`` @ ``right``, in pieces where it would take too long at once."""
    step = max(1, LARGEST // max(1, left.shape[0] * left.shape[1]))
    for first in range(0, right.shape[1], step):
        yield slice(first, min(first + step, right.shape[1]))


def error_order(
    levels: Sequence[Sequence[Part]], started: NDArray[np.bool_]
) -> list[list[tuple[Part, bool]]]:
    """Return, for each level, the parts that pass errors on, each with whether it adds to what is there.

    ``started`` (neurons,) tells where errors are before any is passed on; it is changed to where they are in
    the end. The last level comes first on the way back, but the levels are returned in their order.
    """
    ordered: list[list[tuple[Part, bool]]] = []
    for parts in reversed(levels):
        level = []
        for part in parts:
            if not part.from_inputs:
                adds = bool(started[part.sources].any())
                level.append((part, adds))
                started[part.sources] = True
        ordered.append(level)
    return ordered[::-1]
