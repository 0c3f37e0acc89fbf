"""The epochs of a training: in which order they take the rows, and which of them are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of fewer rows several epochs are shuffled in one call, which draws the same but takes less time.
_FEW_ROWS = 200


def shuffled(rng: np.random.Generator, rows: int, epochs: int) -> NDArray[np.uint64]:
    """Return rows in random order, anew for each of so many epochs, one after the other."""
    if rows < _FEW_ROWS:
        in_order = np.tile(np.arange(rows, dtype=np.uint64), (epochs, 1))
        return rng.permuted(in_order, axis=1).reshape(-1)
    order = np.empty(rows * epochs, np.uint64)
    for epoch in range(epochs):
        order[epoch * rows : (epoch + 1) * rows] = rng.permutation(rows)
    return order


def is_measured(epoch: int) -> bool:
    """Whether test loss and metrics are measured after an epoch, numbered from 1, that isn't the last.

    They are after each of the first 100 epochs, then after every 10th, and from 1,000 on every 100th: an
    epoch of a small network takes less time than measuring it.
    """
    return epoch <= 100 or epoch % (10 if epoch <= 1000 else 100) == 0


def next_measured(epoch: int) -> int:
    """Return the first epoch after this one that `is_measured`."""
    if epoch < 100:
        return epoch + 1
    every = 10 if epoch < 1000 else 100
    return (epoch // every + 1) * every
