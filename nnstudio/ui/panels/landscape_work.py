"""Measuring a loss landscape in a thread of its own; what it finds is told in the thread of the window."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnstudio.engine.landscape import ARROWS, SIDES, Slicer, refine, rows_for
from nnstudio.engine.landscape_line import POINTS, trace
from nnstudio.engine.watched import Interrupted
from nnstudio.errors import NNStudioError
from nnstudio.training.weighting import row_weights
from nnstudio.ui import warming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnstudio.data import Dataset
    from nnstudio.engine.landscape import Plane, Refinement, Window
    from nnstudio.engine.landscape_line import Tracing
    from nnstudio.engine.program import Program
    from nnstudio.training import Timeline, TrainingSettings
    from nnstudio.training.timeline_moments import Moment
    from nnstudio.ui.plots.landscape_figures import Floats

_POLL_MILLISECONDS = 16
# NumPy's many small calls would keep the window's thread from the interpreter without naps, in seconds.
_NAP = 0.0005
_log = logging.getLogger(__name__)


# So many points of paths are reckoned with, whatever a job has: else its rows would not be those of others.
_POINTS_OF_PATHS = 240


@dataclass(frozen=True, eq=False)
class LineJob:
    """What is wanted of a line: the tangent where the parameter is ``at``, the curve or not, paths.

    ``flat`` (connections + neurons,) are the parameters there.
    """

    at: float
    flat: Floats
    has_curve: bool
    path: tuple[tuple[Timeline, Moment], ...]


@dataclass(frozen=True, eq=False)
class Job:
    """One window of one plane to be measured, of the training part of the data; known by its identity.

    ``epoch`` and ``step`` are the moment that the plane was laid through. Where the plane is a line,
    ``line`` says what is wanted of it.
    """

    program: Program
    data: Dataset
    settings: TrainingSettings
    plane: Plane
    window: Window
    epoch: int
    step: int
    line: LineJob | None = None

    @cached_property
    def rows(self) -> np.ndarray:
        """The rows that are measured: all, or in a large network some of them."""
        points = SIDES[-1] ** 2 + 3 * ARROWS**2 if self.line is None else POINTS[-1] + _POINTS_OF_PATHS
        return np.asarray(rows_for(self.program, self.data.train_rows, points))

    def measure(self, slicer: Slicer) -> Iterator[Refinement | Tracing]:
        """Measure what is wanted; raises Interrupted."""
        line = self.line
        if line is None:
            return refine(slicer, self.plane, self.window)
        span = self.window[0] if line.has_curve else None
        return trace(slicer, self.plane, span, line.at, [moment.values for _, moment in line.path])


class Measuring(QObject):
    """Does one job at a time; what comes from an earlier one is never told."""

    refined = Signal(object, object)  # the job, a Refinement or a Tracing
    ended = Signal(object)  # the job
    failed = Signal(object, object)  # the job, NNStudioError

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._task: _Task | None = None
        self.seconds = 0.0  # how long the last job took, or has taken so far
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MILLISECONDS)
        self._timer.timeout.connect(self.poll)

    @property
    def job(self) -> Job | None:
        """What is being measured, or None."""
        return None if self._task is None else self._task.job

    def start(self, job: Job) -> None:
        """Measure this, and nothing else any more."""
        self.cancel()
        self._task = _Task(job)
        self._task.start()
        self._timer.start()

    def cancel(self) -> None:
        """Give up what is being measured."""
        self._timer.stop()
        if self._task is not None:
            self._task.interrupt()
            self._task = None

    @Slot()
    def poll(self) -> None:
        """Tell what has been found since the last call."""
        task = self._task
        if task is None:
            return
        is_over = task.is_over  # read first: what is over has left everything
        self.seconds = time.perf_counter() - task.began
        for refinement in task.take():
            self.refined.emit(task.job, refinement)
            if task is not self._task:
                return
        if is_over:
            self._timer.stop()
            self._task = None
            if task.error is not None:
                self.failed.emit(task.job, task.error)
            else:
                self.ended.emit(task.job)


_known_to_be_warm = threading.Event()


def _may_compile() -> bool:
    """Whether the kernels are there: to compile beside the window would stop it for seconds."""
    if not _known_to_be_warm.is_set() and warming.is_warm():
        _known_to_be_warm.set()
    return _known_to_be_warm.is_set()


class _Task:
    """One job in its thread, which ends soon after `interrupt`."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.began = time.perf_counter()
        self.error: NNStudioError | None = None
        self._found: deque[Refinement | Tracing] = deque()
        self._lock = threading.Lock()
        self._slicer: Slicer | None = None
        self._unwanted = False
        self._thread = threading.Thread(target=self._work, name="landscape", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def interrupt(self) -> None:
        with self._lock:
            self._unwanted = True
            if self._slicer is not None:
                self._slicer.interrupt()

    def take(self) -> list[Refinement | Tracing]:
        found = []
        while self._found:
            found.append(self._found.popleft())
        # Of reports without news, the last one tells all.
        return [each for each in found[:-1] if any(part is not None for part in each[1:])] + found[-1:]

    def _work(self) -> None:
        try:
            self._measure()
        except Interrupted:
            pass
        except NNStudioError as error:
            self.error = error
        except Exception:
            _log.exception("The loss landscape could not be measured")
            self.error = NNStudioError(
                "The loss landscape could not be measured. The log file tells more; choose other directions."
            )

    def _measure(self) -> None:
        job = self.job
        rows, data = job.rows, job.data
        weights = row_weights(data, job.settings)
        slicer = Slicer(
            job.program,
            data.x[rows],
            data.y[rows],
            job.settings.loss,
            None if weights is None else weights[rows],
            compiled=_may_compile(),
        )
        with self._lock:
            self._slicer = slicer
            if self._unwanted:
                return
        for refinement in job.measure(slicer):
            self._found.append(refinement)
            if not slicer.is_compiled:
                time.sleep(_NAP)
