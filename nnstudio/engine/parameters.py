"""The weights and biases of a compiled network, in slot order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Parameters:
    """Weights (connections,) and biases (neurons,): views of one contiguous vector ``flat``, weights first.

    Inputs are counted among the neurons; their bias is 0 and never changes.
    """

    __slots__ = ("biases", "flat", "weights")

    def __init__(self, flat: NDArray[Any], n_connections: int) -> None:
        self.flat = flat
        self.weights = flat[:n_connections]
        self.biases = flat[n_connections:]

    def copy(self) -> Parameters:
        """Return an independent copy."""
        return Parameters(self.flat.copy(), len(self.weights))

    def move_to(self, flat: NDArray[Any]) -> None:
        """Copy all values to ``flat``, of the same shape and type, and be views of that from now on."""
        flat[:] = self.flat
        n_connections = len(self.weights)
        self.flat, self.weights, self.biases = flat, flat[:n_connections], flat[n_connections:]

    def zeros_like(self) -> Parameters:
        """Return parameters of the same sizes and type, all 0."""
        return Parameters(np.zeros_like(self.flat), len(self.weights))

    def snapshot(self) -> Parameters:
        """Return a copy that nobody can write: for another thread."""
        flat = self.flat.copy()
        flat.flags.writeable = False
        return Parameters(flat, len(self.weights))

    @property
    def is_finite(self) -> bool:
        """Whether every weight and bias is a finite number."""
        return bool(np.isfinite(self.flat).all())

    def __repr__(self) -> str:
        return f"Parameters({len(self.weights)} weights, {len(self.biases)} biases, {self.flat.dtype})"
