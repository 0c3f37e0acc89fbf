"""The paths of trainings as a loss landscape shows them: moments of timelines, projected on its plane."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.engine.landscape import Plane
    from nnstudio.engine.program import Program
    from nnstudio.training import Timeline

    Floats = NDArray[np.float64]

# So many points of a path can be told apart; of large networks fewer are read, for so many numbers in all.
_MOST_POINTS = 240
_MOST_NUMBERS = 4_000_000
_FEWEST_POINTS = 12


def moments_of(timeline: Timeline, program: Program) -> tuple[NDArray[np.int64], Floats]:
    """Return steps (moments,) and parameters (moments, connections + neurons), evenly spread.

    Moments of another structure are left out.
    """
    steps = timeline.steps
    picked = _picked(len(steps), len(program.gradient_mask))
    found_steps, found = [], []
    for index in picked:
        flat = _flat(timeline, index, program)
        if flat is not None:
            found_steps.append(int(steps[index]))
            found.append(flat)
    if not found:
        return np.empty(0, np.int64), np.empty((0, len(program.gradient_mask)))
    return np.array(found_steps, np.int64), np.array(found)


class Projector:
    """Projects paths on one plane, each moment once."""

    def __init__(self, plane: Plane, program: Program) -> None:
        self._plane = plane
        self._program = program
        self._known: WeakKeyDictionary[Timeline, dict[int, tuple[float, float, float]]] = WeakKeyDictionary()

    def path(self, timeline: Timeline) -> tuple[NDArray[np.int64], Floats, float]:
        """Return steps (n,) and places (n, 2) of a training, and how far from the plane it gets."""
        known = self._known.setdefault(timeline, {})
        steps = timeline.steps
        picked = _picked(len(steps), len(self._plane.origin))
        read = {}
        for index in picked:
            step = int(steps[index])
            if step not in known:
                flat = _flat(timeline, index, self._program)
                if flat is not None:
                    places, apart = self._plane.places(flat)
                    read[step] = float(places[0, 0]), float(places[0, 1]), float(apart[0])
        # A run that thinned its past meanwhile has other moments at these places.
        if np.array_equal(timeline.steps[: len(steps)], steps):
            known.update(read)
        found = [step for step in steps[picked].tolist() if step in known]
        # The rest is not asked for again: the end of the path was elsewhere then.
        self._known[timeline] = {step: known[step] for step in found}
        table = np.array([known[step] for step in found]).reshape(-1, 3)
        return np.array(found, np.int64), table[:, :2], float(table[:, 2].max(initial=0.0))


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


def _flat(timeline: Timeline, index: int, program: Program) -> Floats | None:
    try:
        theirs = timeline.stretch(index).program
        if theirs is not program and (theirs.connection_ids, theirs.neuron_ids) != (
            program.connection_ids,
            program.neuron_ids,
        ):
            return None
        return np.asarray(timeline.parameters(index), np.float64)
    except IndexError:
        return None  # thinned meanwhile by the run
