"""What is known of the line through one parameter: the tangent of the present, the losses of the paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnstudio.ui.panels.landscape_trails import PathLosses
from nnstudio.ui.panels.landscape_work import LineJob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.engine.landscape_line import Tangent, Tracing
    from nnstudio.engine.program import Program
    from nnstudio.training import Timeline
    from nnstudio.training.timeline_moments import Moment
    from nnstudio.ui.panels.landscape_trails import Projector
    from nnstudio.ui.plots.landscape_figures import Floats


class LineKnowledge:
    """Belongs to one network, data set and loss: whoever has others, clears it."""

    def __init__(self) -> None:
        self.tangent: Tangent | None = None
        self._flat: Floats | None = None  # the parameters that the tangent is of
        self._losses = PathLosses()
        self._unknown: list[tuple[Timeline, Moment]] = []

    def clear(self) -> None:
        """Forget all."""
        self.tangent = self._flat = None
        self._losses.clear()
        self._unknown = []

    def is_of(self, flat: Floats) -> bool:
        """Whether the tangent is that at these parameters (connections + neurons,)."""
        return self._flat is not None and np.array_equal(self._flat, flat)

    def wants(self, flat: Floats) -> bool:
        """Whether there is anything to measure for these parameters."""
        return bool(self._unknown) or not self.is_of(flat)

    def job(self, at: float, flat: Floats, *, has_curve: bool) -> LineJob:
        """Return what is to be measured."""
        return LineJob(at, flat, has_curve, tuple(self._unknown))

    def take(self, job: LineJob, tracing: Tracing) -> bool:
        """Keep what a job has found; returns whether that is of the paths."""
        if tracing.tangent is not None:
            self.tangent, self._flat = tracing.tangent, job.flat
        if tracing.path is None:
            return False
        for (timeline, moment), loss in zip(job.path, tracing.path.tolist(), strict=False):
            self._losses.enter(timeline, moment, loss)
        return True

    def forget_unknown(self) -> None:
        """Begin to read the paths anew."""
        self._unknown = []

    def path(
        self, timeline: Timeline, projector: Projector, program: Program
    ) -> tuple[NDArray[np.int64], Floats, float]:
        """Return steps (n,), values and losses (n, 2) of a training, and how far it gets from the line.

        Losses are NaN until they are measured.
        """
        steps, places, apart = projector.path(timeline)
        known, unknown = self._losses.read(timeline, program)
        self._unknown += [(timeline, moment) for moment in unknown]
        losses = [known.get(step, np.nan) for step in steps.tolist()]
        return steps, np.column_stack([places[:, 0], losses]), apart
