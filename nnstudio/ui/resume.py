"""Which network and data a paused training belongs to, so that it is only ever gone on with there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnstudio.data import Dataset
    from nnstudio.network import Network
    from nnstudio.training import TrainerState

# More than anyone undoes; older ones are forgotten, and then start anew.
_KEPT = 64


def structure(network: Network) -> int:
    """Return a hash of what a training depends on: equal where one can go on.

    Weights, biases and constraints are left out: a training goes on with other ones.
    """
    return hash(
        (
            tuple((n.id, n.role, n.activation) for n in network.neurons),
            tuple((c.id, c.source, c.target) for c in network.connections),
        )
    )


class Origins:
    """Remembers for each checkpoint what it was made with; undo may bring any of them back."""

    def __init__(self) -> None:
        self._made_with: dict[int, tuple[TrainerState, int, Dataset | None]] = {}

    def remember(self, checkpoint: TrainerState, shape: int, data: Dataset | None) -> None:
        """Note that ``checkpoint`` belongs to a network of this `structure` and these data."""
        # The checkpoint is kept alive with its entry, so that no other object can get its id.
        self._made_with[id(checkpoint)] = (checkpoint, shape, data)
        while len(self._made_with) > _KEPT:
            del self._made_with[next(iter(self._made_with))]

    def fits(self, checkpoint: TrainerState | None, shape: int, data: Dataset | None) -> bool:
        """Whether a training can go on from ``checkpoint`` with such a network and these data."""
        if checkpoint is None or id(checkpoint) not in self._made_with:
            return False
        _, trained, made_with = self._made_with[id(checkpoint)]
        return made_with is data and trained == shape

    def clear(self) -> None:
        """Forget all, as when another project is opened."""
        self._made_with.clear()
