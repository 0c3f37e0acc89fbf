"""The connections into neurons of one level, as a matrix where most of them exist, else as a list.

Sums, values, errors and deltas are (neurons, batch). A block adds to the weighted sums of its rows on the way
forward; on the way back it gives its weights their gradient and passes the error on to the neurons it reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats = Any
Index = Any  # slots: a slice where they are contiguous, else an integer array without repetitions


class Block(Protocol):
    """What both kinds of block do; ``matrices`` is the storage of matrices that have gaps."""

    def forward(self, weights: Floats, matrices: Floats, values: Floats, sums: Floats) -> None:
        """Add the weighted inputs of this block's rows to ``sums``."""

    def backward(
        self,
        weights: Floats,
        matrices: Floats,
        values: Floats,
        delta: Floats,
        weight_gradients: Floats,
        matrix_gradients: Floats,
        error: Floats,
    ) -> None:
        """Write the gradients of this block's weights and add to the ``error`` of its sources."""


@dataclass(frozen=True)
class DenseBlock:
    """Rows that share most of their sources: one matrix product.

    A matrix without gaps is a view of the weights themselves; one with gaps lies in the storage ``matrices``.
    Sources are in slot order, so inputs, which need no error, come first.
    """

    rows: slice
    sources: Index
    shape: tuple[int, int]
    place: slice
    has_gaps: bool
    n_from_inputs: int
    trained_sources: Index

    def forward(self, weights: Floats, matrices: Floats, values: Floats, sums: Floats) -> None:
        """Z += W A."""
        rows = sums[self.rows]
        rows += self._matrix(weights, matrices) @ values[self.sources]

    def backward(
        self,
        weights: Floats,
        matrices: Floats,
        values: Floats,
        delta: Floats,
        weight_gradients: Floats,
        matrix_gradients: Floats,
        error: Floats,
    ) -> None:
        """Gradient of W = dZ Aᵀ, and dA += Wᵀ dZ."""
        delta = delta[self.rows]
        np.matmul(delta, values[self.sources].T, out=self._matrix(weight_gradients, matrix_gradients))
        if self.n_from_inputs < self.shape[1]:
            matrix = self._matrix(weights, matrices)[:, self.n_from_inputs :]
            error[self.trained_sources] += matrix.T @ delta

    def _matrix(self, weights: Floats, matrices: Floats) -> Floats:
        return (matrices if self.has_gaps else weights)[self.place].reshape(self.shape)


@dataclass(frozen=True)
class SparseBlock:
    """Rows with few of the possible connections: gather, multiply, add up runs.

    Forward, the runs are the connections of each row; backward, those of each source, for which the
    connections from trained sources (all but inputs) are listed once more, sorted by source.
    """

    rows: slice
    place: slice
    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    row_starts: NDArray[np.int64]
    by_source: NDArray[np.int64]
    targets_by_source: NDArray[np.int64]
    source_starts: NDArray[np.int64]
    trained_sources: Index

    def forward(self, weights: Floats, matrices: Floats, values: Floats, sums: Floats) -> None:
        """Z_i += sum over j of w_ij A_j."""
        weighted = weights[self.place, None] * values[self.sources]
        rows = sums[self.rows]
        rows += np.add.reduceat(weighted, self.row_starts, axis=0)

    def backward(
        self,
        weights: Floats,
        matrices: Floats,
        values: Floats,
        delta: Floats,
        weight_gradients: Floats,
        matrix_gradients: Floats,
        error: Floats,
    ) -> None:
        """Gradient of w_ij = sum over rows of dZ_i A_j, and dA_j += sum over i of w_ij dZ_i."""
        np.einsum("cb,cb->c", delta[self.targets], values[self.sources], out=weight_gradients[self.place])
        if len(self.by_source):
            weighted = weights[self.by_source, None] * delta[self.targets_by_source]
            error[self.trained_sources] += np.add.reduceat(weighted, self.source_starts, axis=0)
