"""How fine a surface is asked for: as fine as can be answered and drawn without holding up a frame."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SIDES = (16, 24, 32, 48, 64, 96, 128, 160)
# In seconds: while numbers move, canvas and plots share a frame; at rest, one answer may take most of it.
_MOVING, _STILL = 0.005, 0.012
# In movement, the time of answers is that of a training, many times a second: it counts so much more.
_ANSWERING = 3.0
_FINEST_MOVING = 96
# Seconds to draw a point, and to answer one by its connections, before any has been measured.
_POINT, _CONNECTION = 3e-7, 1e-8
# In movement, room to spare is needed before a finer grid is tried, or else it goes back and forth.
_SPARE = 0.7
_TOGETHER = 0.3  # seconds between changes that belong to one movement


class GridPace:
    """Chooses points along each side of a grid from what answers cost, and tells movement from rest.

    Numbers move where one change follows another within a moment: in a training, a drag, a scrub.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answering = self._drawing = 0.0  # seconds a point
        self._changed = -math.inf
        self._moved = -math.inf
        self._is_fresh = False
        self.side = SIDES[0]
        self.begin(0)

    def begin(self, connections: int) -> None:
        """Begin with a network of so many connections, of which nothing has been measured."""
        self._answering, self._drawing = _CONNECTION * connections, _POINT
        self.side = self._affordable(_STILL, moving=False)

    @property
    def is_moving(self) -> bool:
        """Whether the numbers are changing all the time."""
        return self._clock() - self._moved < _TOGETHER

    def note_change(self) -> None:
        """Note that the network's numbers are others now."""
        now = self._clock()
        if now - self._changed < _TOGETHER:
            self._moved = now
        self._changed = now
        self._is_fresh = True

    def measured(self, answering: float, drawing: float) -> None:
        """Note what asking, answering and drawing took with the grid as it is, in seconds."""
        answering, drawing = answering / self.side**2, drawing / self.side**2
        if self.is_moving:
            # Worse news counts at once, better news slowly: one answer may just have been lucky.
            answering = max(answering, 0.5 * (answering + self._answering))
            drawing = max(drawing, 0.5 * (drawing + self._drawing))
        self._answering, self._drawing = answering, drawing

    def choose(self) -> bool:
        """Choose the next grid; returns whether ``side`` is another now.

        It gets coarser only for numbers that have changed: what is drawn already has its price behind it.
        """
        before, moving = self.side, self.is_moving
        budget = _MOVING if moving else _STILL
        most = self._affordable(budget, moving=moving)
        if most < before:
            self.side = most if self._is_fresh else before
        else:
            spare = self._affordable(_SPARE * budget, moving=True) if moving else most
            self.side = max(before, spare)
        self._is_fresh = False
        return self.side != before

    def _affordable(self, budget: float, *, moving: bool) -> int:
        finest = _FINEST_MOVING if moving else SIDES[-1]
        cost = (_ANSWERING if moving else 1.0) * self._answering + self._drawing
        fitting = [side for side in SIDES if side <= finest and side**2 * cost <= budget]
        return fitting[-1] if fitting else SIDES[0]
