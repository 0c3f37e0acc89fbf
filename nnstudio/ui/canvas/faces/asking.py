"""Asks for the values of all neurons at some points, often while a run is on and yet seldom enough for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.training import Probe, Snapshot
    from nnstudio.ui.training_controller import TrainingController

PACE_MILLISECONDS = 70


class Asker(QObject):
    """One question to the network on view. ``changed`` tells that `values` are others, or none."""

    changed = Signal()

    def __init__(self, controller: TrainingController, who: str, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._who = who
        self._number = 0
        self._probe: Probe | None = None
        self.snapshot: Snapshot | None = None
        self.values: NDArray | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PACE_MILLISECONDS)
        self._pause.timeout.connect(self._ask)
        controller.snapshot_changed.connect(self._on_snapshot)
        controller.state_changed.connect(self._on_state)

    @property
    def points(self) -> NDArray | None:
        """The points asked about, (points, inputs) as the network sees them."""
        return None if self._probe is None else self._probe.x

    def ask(self, points: NDArray | None) -> None:
        """Ask about other points from now on, or about none."""
        from nnstudio.training import Probe

        self._pause.stop()
        self._number += 1
        key = (self._who, id(self), self._number)
        self._probe = None if points is None else Probe(key, points, inner=True)
        self._take(None)
        self._ask()

    @property
    def _follows_run(self) -> bool:
        """Whether the moments on view are those of a run that is on, of which it takes some alone."""
        return self._controller.is_running and not self._controller.time_machine.is_past

    @Slot()
    def _ask(self) -> None:
        self._controller.set_probe(self._who, self._probe)

    @Slot()
    def _on_state(self) -> None:
        # As a run ends, the look that follows is to have the answer.
        if not self._controller.is_running:
            self._pause.stop()
            self._ask()

    @Slot()
    def _on_snapshot(self) -> None:
        """Take the answer; without one, what is known stays as long as it is of the same run."""
        if self._probe is None:
            return
        snapshot, known = self._controller.snapshot, self.snapshot
        if snapshot is not None and snapshot.answer(self._probe.key) is not None:
            self._take(snapshot)
            if self._follows_run:
                self._controller.set_probe(self._who, None)
                self._pause.start()
            return
        is_same = (
            snapshot is not None
            and known is not None
            and (snapshot.run, snapshot.revision) == (known.run, known.revision)
        )
        if not (is_same and self._follows_run):
            self._take(None)
        if not self._pause.isActive() or not self._follows_run:
            self._ask()

    def _take(self, snapshot: Snapshot | None) -> None:
        had_values = self.values is not None
        probe = self._probe
        self.snapshot = snapshot
        self.values = None if snapshot is None or probe is None else snapshot.answer(probe.key)
        if had_values or self.values is not None:
            self.changed.emit()
