"""Reading the past of a training in the background, a little at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnstudio.errors import NNStudioError
from nnstudio.training.readings import Readings
from nnstudio.ui.work import Work

if TYPE_CHECKING:
    from nnstudio.training import Timeline
    from nnstudio.training.readings import Reading
    from nnstudio.ui.training_controller import TrainingController

# While a training runs it may take this share of the time, in pieces of so many seconds; at rest it is done
# at once, but told in pieces as well.
_SHARE = 0.05
_PIECE, _PIECE_AT_REST = 0.06, 0.6
_LEAST_BETWEEN = 0.25


class _Found:
    """What came of one piece of work: readings of a timeline as it was in a version."""

    def __init__(self, timeline: Timeline, version: int, readings: list[Reading], *, is_all: bool) -> None:
        self.timeline, self.version, self.readings, self.is_all = timeline, version, readings, is_all


class Gathering(QObject):
    """Keeps ``readings`` true to the training on view while it is wanted; tells so by ``changed``."""

    changed = Signal()

    def __init__(self, controller: TrainingController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._store = Readings()
        self._work: Work | None = None
        self._is_wanted = False
        self._of: Timeline | None = None
        self._version = -1
        self.readings: list[Reading] = []
        self.problem = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._start)
        controller.time_machine.changed.connect(self.look)
        controller.history_changed.connect(self.look)
        controller.state_changed.connect(self.look)

    @property
    def is_working(self) -> bool:
        """Whether there is more to come."""
        return self._work is not None or self._timer.isActive()

    def set_wanted(self, is_wanted: bool) -> None:
        """Read, or leave it."""
        self._is_wanted = is_wanted
        self.look()

    @Slot()
    def look(self) -> None:
        """Take up what is new."""
        timeline = self._controller.time_machine.timeline
        if timeline is not self._of and self._of is not None:
            # Of another training: nothing of it may be taken for this one, and nothing is kept of it.
            had_any = bool(self.readings)
            self._store, self._of, self._version, self.readings = Readings(), None, -1, []
            if had_any:
                self.changed.emit()
        if self._timer.isActive() and not self._controller.is_running:
            self._timer.start(0)  # there is nothing left to wait for
        if not self._is_wanted or self.is_working or timeline is None or not len(timeline):
            return
        if timeline is not self._of or timeline.version != self._version:
            self._timer.start(0)

    @Slot()
    def _start(self) -> None:
        timeline = self._controller.time_machine.timeline
        if not self._is_wanted or timeline is None or self._work is not None:
            return
        piece = _PIECE if self._controller.is_running else _PIECE_AT_REST
        store = self._store

        def gather() -> tuple[_Found, float]:
            began, version = time.perf_counter(), timeline.version
            was_late = False

            def is_late() -> bool:
                nonlocal was_late
                was_late = time.perf_counter() - began > piece
                return was_late

            readings = store.update(timeline, is_late)
            spent = time.perf_counter() - began
            return _Found(timeline, version, readings, is_all=not was_late), spent

        self._work = Work(gather, self)
        self._work.finished.connect(self._on_finished)
        self._work.failed.connect(self._on_failed)
        self._work.start()

    @Slot(object)
    def _on_finished(self, result: tuple[_Found, float]) -> None:
        found, spent = result
        self._end_work()
        self.take(found)
        wait = 0.0
        if self._controller.is_running:
            wait = max(_LEAST_BETWEEN, spent * (1.0 / _SHARE - 1.0))
        if (
            not found.is_all
            or found.timeline is not self._controller.time_machine.timeline
            or self._controller.is_running
        ):
            self._timer.start(round(1000 * wait))
        else:
            self.look()

    def take(self, found: _Found) -> None:
        """Show what was found, unless it is of another training than the one on view by now."""
        if found.timeline is not self._controller.time_machine.timeline:
            self._store = Readings()
            return
        self._of = found.timeline
        self._version = found.version if found.is_all else -1
        self.readings, self.problem = found.readings, ""
        self.changed.emit()

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self._end_work()
        if not isinstance(error, NNStudioError):
            raise error
        self.problem = str(error)
        self.changed.emit()

    def _end_work(self) -> None:
        if self._work is not None:
            self._work.deleteLater()
            self._work = None
