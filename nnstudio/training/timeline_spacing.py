"""How far apart what a timeline keeps lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Spacing:
    """One is kept in every ``stride`` steps, the first one; and the end of every so many epochs."""

    def __init__(self, stride: int = 1, epoch_stride: int = 1) -> None:
        self.stride = stride
        self.epoch_stride = epoch_stride

    def copy(self) -> Spacing:
        """Return an independent copy."""
        return Spacing(self.stride, self.epoch_stride)

    def wants(self, step: int, last: int) -> bool:
        """Whether a step is to be kept, where ``last`` is the last one that was."""
        return step // self.stride != last // self.stride

    def wants_epoch(self, epoch: int) -> bool:
        """Whether the end of an epoch, numbered from 1, is to be kept."""
        return epoch % self.epoch_stride == 0

    def widen(
        self,
        steps: NDArray[np.int64],
        fixed: NDArray[np.bool_],
        most: int | None = None,
        epochs: Sequence[int] | None = None,
    ) -> NDArray[np.bool_]:
        """Double the stride until no more than so many are left, half unless given; returns which ones.

        What is ``fixed`` stays in any case. ``epochs`` has the number of the epoch where one ends, else 0;
        these are at most a fifth of what is left, beside what is fixed.
        """
        most = len(steps) // 2 if most is None else most
        ends = np.zeros(len(steps), np.int64) if epochs is None else np.array(epochs, np.int64)
        while True:
            bucket = steps // self.stride
            even: NDArray[np.bool_] = fixed.copy()
            even[1:] |= bucket[1:] != bucket[:-1]
            among = (ends > 0) & ~even
            while True:
                extra = among & (ends % self.epoch_stride == 0)
                if 4 * np.count_nonzero(extra) <= np.count_nonzero(even & ~fixed):
                    break
                self.epoch_stride *= 2
            kept: NDArray[np.bool_] = even | extra
            # Beyond its span nothing is left but what is fixed.
            if np.count_nonzero(kept) <= most or self.stride > steps[-1] - steps[0]:
                return kept
            self.stride *= 2
