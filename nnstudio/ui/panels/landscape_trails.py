"""The paths of trainings as a loss landscape shows them: moments of timelines, projected on its plane."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.engine.landscape import Plane
    from nnstudio.engine.program import Program
    from nnstudio.training import Timeline
    from nnstudio.training.timeline_moments import Moment, Stretch

    Floats = NDArray[np.float64]

# So many points of a path can be told apart; of large networks fewer are read, for so many numbers in all.
_MOST_POINTS = 240
_MOST_NUMBERS = 4_000_000
_FEWEST_POINTS = 12


def moments_of(timeline: Timeline, program: Program) -> tuple[NDArray[np.int64], Floats]:
    """Return steps (moments,) and parameters (moments, connections + neurons), evenly spread.

    Moments of another structure are left out.
    """
    size = len(program.gradient_mask)
    found = [
        moment for index in _picked(len(timeline), size) if (moment := _moment(timeline, index, program))
    ]
    if not found:
        return np.empty(0, np.int64), np.empty((0, size))
    return (
        np.array([moment.step for moment in found], np.int64),
        np.array([moment.values for moment in found], np.float64),
    )


class Projector:
    """Projects paths on one plane, each moment once."""

    def __init__(self, plane: Plane, program: Program) -> None:
        self._plane = plane
        self._program = program
        # By step, with the stretch of each: the last step of a training that goes on with other weights is
        # another moment by then.
        self._known: WeakKeyDictionary[Timeline, dict[int, tuple[Stretch, tuple[float, float, float]]]] = (
            WeakKeyDictionary()
        )

    def path(self, timeline: Timeline) -> tuple[NDArray[np.int64], Floats, float]:
        """Return steps (n,) and places (n, 2) of a training, and how far from the plane it gets."""
        before = self._known.get(timeline, {})
        known: dict[int, tuple[Stretch, tuple[float, float, float]]] = {}
        for index in _picked(len(timeline), len(self._plane.origin)):
            moment = _moment(timeline, index, self._program)
            if moment is None:
                continue
            stretch, place = before.get(moment.step, (None, None))
            if place is None or stretch is not moment.stretch:
                places, apart = self._plane.places(moment.values)
                place = float(places[0, 0]), float(places[0, 1]), float(apart[0])
            known[moment.step] = moment.stretch, place
        # The rest is not asked for again: the end of the path was elsewhere then.
        self._known[timeline] = known
        table = np.array([place for _, place in known.values()]).reshape(-1, 3)
        return np.array(list(known), np.int64), table[:, :2], float(table[:, 2].max(initial=0.0))


class PathLosses:
    """Keeps the losses of the moments of paths, each of which is measured once."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Timeline, dict[int, tuple[Stretch, float]]] = WeakKeyDictionary()

    def read(self, timeline: Timeline, program: Program) -> tuple[dict[int, float], list[Moment]]:
        """Return the losses known by step, and the moments whose losses are not."""
        before = self._known.get(timeline, {})
        known: dict[int, tuple[Stretch, float]] = {}
        unknown = []
        for index in _picked(len(timeline), len(program.gradient_mask)):
            moment = _moment(timeline, index, program)
            if moment is None:
                continue
            stretch, loss = before.get(moment.step, (None, math.nan))
            if stretch is moment.stretch:
                known[moment.step] = moment.stretch, loss
            else:
                unknown.append(moment)
        self._known[timeline] = known
        return {step: loss for step, (_, loss) in known.items()}, unknown

    def enter(self, timeline: Timeline, moment: Moment, loss: float) -> None:
        """Keep the loss of a moment."""
        self._known.setdefault(timeline, {})[moment.step] = moment.stretch, loss

    def clear(self) -> None:
        """Forget all: the losses of other data, or another loss."""
        self._known.clear()


def _picked(count: int, size: int) -> list[int]:
    """Return which of ``count`` moments to show, for so many parameters; always the same for a longer path.

    Strides are powers of two, so that few moments have to be read anew as a path grows.
    """
    most = min(_MOST_POINTS, max(_FEWEST_POINTS, _MOST_NUMBERS // max(1, size)))
    stride = 1
    while count // stride > most:
        stride *= 2
    picked = list(range(0, count, stride))
    return picked if not count or picked[-1] == count - 1 else [*picked, count - 1]


def _moment(timeline: Timeline, index: int, program: Program) -> Moment | None:
    try:
        moment = timeline.moment(index)
    except IndexError:
        return None  # thinned meanwhile by the run
    theirs = moment.stretch.program
    alike = theirs is program or (theirs.connection_ids, theirs.neuron_ids) == (
        program.connection_ids,
        program.neuron_ids,
    )
    return moment if alike else None
