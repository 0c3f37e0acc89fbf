"""Which neurons a path of connections leads to or from."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


class Connections(Protocol):
    """Connections in compressed rows, level by level, as a Program has them."""

    @property
    def row_start(self) -> Ints:
        """First connection into each neuron, and the number of connections, (neurons + 1,)."""

    @property
    def level_start(self) -> Ints:
        """First neuron of each level, and the number of neurons, (levels + 1,)."""

    @property
    def source_slot(self) -> Ints:
        """Source of each connection."""

    @property
    def target_slot(self) -> Ints:
        """Target of each connection."""


def reached_from(connections: Connections, slots: Ints) -> NDArray[np.bool_]:
    """Whether each neuron is one of ``slots`` or has a path from one of them, (neurons,)."""
    return _spread(connections, slots, connections.source_slot, connections.target_slot, backward=False)


def leading_to(connections: Connections, slots: Ints) -> NDArray[np.bool_]:
    """Whether each neuron is one of ``slots`` or has a path to one of them, (neurons,)."""
    return _spread(connections, slots, connections.target_slot, connections.source_slot, backward=True)


def _spread(
    connections: Connections, slots: Ints, here: Ints, there: Ints, *, backward: bool
) -> NDArray[np.bool_]:
    found = np.zeros(len(connections.row_start) - 1, bool)
    found[slots] = True
    levels = list(pairwise(connections.row_start[connections.level_start].tolist()))
    for first, last in reversed(levels) if backward else levels:
        found[there[first:last][found[here[first:last]]]] = True
    return found
