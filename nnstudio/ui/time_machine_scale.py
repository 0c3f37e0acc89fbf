"""Where the steps of a training stand on an axis of epochs: functions of arrays, without any window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.training import Timeline


@dataclass(frozen=True, eq=False)
class Scale:
    """The steps that are kept, and their places: finished epochs, and a share of the one under way.

    Both ascend. There is at least one.
    """

    steps: NDArray[np.int64]
    places: NDArray[np.float64]

    @property
    def first(self) -> float:
        """Where the past begins."""
        return float(self.places[0])

    @property
    def last(self) -> float:
        """Where the training has got to."""
        return float(self.places[-1])

    def place_of(self, step: int) -> float:
        """Return the place of a step, kept or not."""
        return float(np.interp(step, self.steps, self.places))

    def step_at(self, place: float) -> int:
        """Return the kept step that is nearest to a place."""
        after = min(int(np.searchsorted(self.places, place)), len(self.places) - 1)
        before = max(0, after - 1)
        is_before = place - self.places[before] <= self.places[after] - place
        return int(self.steps[before if is_before else after])


def scale_of(timeline: Timeline) -> Scale | None:
    """Return the scale of a training's past; None where nothing is kept of it."""
    while True:
        version = timeline.version
        steps, epochs = timeline.steps, timeline.epochs
        if not len(steps):
            return None
        per_epoch = timeline.stretch(-1).steps_per_epoch
        if timeline.version == version:
            return Scale(steps, places_of(steps, epochs, per_epoch))


def places_of(
    steps: NDArray[np.int64], epochs: NDArray[np.int64], steps_per_epoch: int
) -> NDArray[np.float64]:
    """Return the place of each step (moments,) after which so many epochs (moments,) were finished.

    Between the first steps that are kept of two epochs places are in proportion; after the last of these an
    epoch has ``steps_per_epoch`` steps.
    """
    firsts = np.flatnonzero(np.diff(epochs, prepend=epochs[0] - 1) > 0)
    known_steps, known = steps[firsts].astype(np.float64), epochs[firsts].astype(np.float64)
    places = np.interp(steps, known_steps, known)
    beyond = (steps - known_steps[-1]) / max(1, steps_per_epoch)
    return np.where(steps > known_steps[-1], known[-1] + np.minimum(beyond, 1.0), places)
