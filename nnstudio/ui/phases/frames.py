"""What is where at one moment of a walk: functions of a cycle, a phase and its progress. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.training.phases import Cycle, Phase

_SECONDS: dict[Phase, float] = {
    "init": 0.8,
    "predict": 1.5,
    "loss": 1.6,
    "gradient": 1.5,
    "step": 1.8,
    "stop": 0.8,
}
_MOST_SECONDS = 7.5
HOLD_SECONDS = 0.5  # at the end of a phase, before the next one is played


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment of a phase.

    ``neurons`` (neurons,) and ``connections`` (connections,) are what has been reached, ``moving``
    (connections,) what is on its way, at ``share`` of it from source to target. ``stage`` counts how often
    these masks have changed. The neurons of ``arrived`` have just been reached, by ``glow`` from 1 down to 0.
    """

    phase: Phase
    progress: float
    stage: int
    neurons: NDArray[np.bool_]
    connections: NDArray[np.bool_]
    moving: NDArray[np.bool_]
    share: float
    arrived: NDArray[np.bool_]
    glow: float


def seconds(cycle: Cycle, phase: Phase) -> float:
    """Return how long a phase is played at the usual speed."""
    if phase in ("predict", "gradient"):
        return min(_SECONDS[phase] * cycle.n_levels, _MOST_SECONDS)
    return _SECONDS[phase]


def frame_of(cycle: Cycle, phase: Phase, progress: float) -> Frame:
    """Return the moment at a progress from 0 to 1."""
    program, levels = cycle.program, cycle.levels
    reached = levels[program.target_slot]
    every, none = np.ones(len(levels), bool), np.zeros(len(levels), bool)
    if phase not in ("predict", "gradient"):
        through = np.ones(len(reached), bool)
        known = none if phase == "init" else every
        return Frame(phase, progress, 0, known, through, ~through, 0.0, none, 0.0)
    stage = min(int(progress * cycle.n_levels), cycle.n_levels)
    way = progress * cycle.n_levels - stage
    if phase == "predict":
        level = stage + 1
        neurons, connections, share = levels <= stage, reached <= stage, _eased(way)
    else:
        level = cycle.n_levels - stage
        neurons, connections, share = levels >= level, reached > level, 1.0 - _eased(way)
        neurons &= levels > 0
    moving = reached == level
    return Frame(
        phase,
        progress,
        stage,
        neurons,
        connections,
        moving,
        share,
        levels == (level - 1 if phase == "predict" else level),
        max(0.0, 1.0 - 2.0 * way) if stage < cycle.n_levels else 0.0,
    )


def _eased(share: float) -> float:
    """Return a share of the way that begins and ends gently."""
    return share * share * (3.0 - 2.0 * share)
