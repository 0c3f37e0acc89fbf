"""Steps through the past of a training: by sample, batch and epoch, and all of it as a film."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnstudio.ui.time_machine_looks import rows_of_batch

if TYPE_CHECKING:
    from nnstudio.training import Timeline
    from nnstudio.ui.document import Document
    from nnstudio.ui.time_machine import TimeMachine

Unit = Literal["sample", "batch", "epoch"]

# The whole past is played in so many pictures at the most.
_PICTURES, _PICTURE_MILLISECONDS = 300, 33


class Moves(QObject):
    """Moves a time machine.

    A sample is one row of the batch that the next step takes: moving by it puts the rows into focus in the
    order of the batch, while the network stays as it is, and over the end takes the step to the next batch.
    """

    playing_changed = Signal()

    def __init__(self, machine: TimeMachine, document: Document) -> None:
        super().__init__(machine)
        self._machine = machine
        self._document = document
        self._timer = QTimer(self)
        self._timer.setInterval(_PICTURE_MILLISECONDS)
        self._timer.timeout.connect(self._play_on)

    def move(self, unit: Unit, by: int) -> None:
        """Go by one unit, back where ``by`` is -1 and forward where it is 1."""
        machine = self._machine
        timeline = machine.timeline
        here = machine.last_step if machine.step is None else machine.step
        if timeline is None or here is None or not len(timeline):
            return
        self.stop()
        if unit == "sample":
            self._move_in_batch(timeline, here, by)
        elif unit == "batch":
            machine.show(here + by)
        else:
            machine.show(timeline.beside(here, epochs=by))

    @property
    def is_playing(self) -> bool:
        """Whether the past is being played."""
        return self._timer.isActive()

    @Slot()
    def play(self) -> None:
        """Play the past from the step on view, from the start where that is the present; or pause."""
        machine = self._machine
        if self.is_playing:
            self.stop()
        elif machine.has_past:
            if not machine.is_past:
                machine.show_next(machine.first_step)
            self._timer.start()
            self.playing_changed.emit()

    def stop(self) -> None:
        """Stop playing."""
        if self._timer.isActive():
            self._timer.stop()
            self.playing_changed.emit()

    @Slot()
    def _play_on(self) -> None:
        timeline, step = self._machine.timeline, self._machine.step
        if timeline is None or step is None:
            self.stop()
            return
        steps = timeline.steps
        place = int((steps <= step).sum()) + max(1, len(steps) // _PICTURES) - 1
        self._machine.show_next(int(steps[place]) if place < len(steps) else None)
        if not self._machine.is_past:
            self.stop()

    def _move_in_batch(self, timeline: Timeline, here: int, by: int) -> None:
        machine = self._machine
        rows = self._rows_of_batch(timeline, here) if machine.is_past else []
        row = self._document.focus_row
        place = rows.index(row) + by if row in rows else (0 if by > 0 else len(rows) - 1)
        if 0 <= place < len(rows):
            self._document.set_focus_row(rows[place])
            return
        first, last = machine.first_step, machine.last_step
        if first is None or last is None or not first <= here + by <= last:
            return
        # The batch after the last step is not known before it is taken.
        beside = self._rows_of_batch(timeline, here + by) if here + by < last else []
        if beside:
            self._document.set_focus_row(beside[0 if by > 0 else -1])
        machine.show(here + by)

    def _rows_of_batch(self, timeline: Timeline, step: int) -> list[int]:
        """Return the rows that the step after this one takes, none where these are of other data."""
        try:
            stretch, state = timeline.stretch_at(step), timeline.exact(step)
        except LookupError:
            return []
        if stretch.data is not self._document.project.data:
            return []
        rows = rows_of_batch(state, stretch.data, stretch.settings)
        return [] if rows is None else [int(row) for row in rows]
