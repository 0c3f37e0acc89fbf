"""What the output plot asks the network for: only while it is seen, and no finer than there is time for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from nnstudio.training.snapshot import Probe
from nnstudio.ui.plots.grid_pace import GridPace

if TYPE_CHECKING:
    from nnstudio.training.snapshot import Snapshot
    from nnstudio.ui.plots.views.base import Stage, View

_WHO = "output plot"
_AT_REST = 350  # ms without a change, after which a surface gets finer


class Asking(QObject):
    """Asks the controller for what one view needs, and keeps the probes on the stage up to date."""

    def __init__(self, stage: Stage, parent: QObject) -> None:
        super().__init__(parent)
        self.pace = GridPace()
        self._stage = stage
        self._view: View | None = None
        self._visible = False
        self._asked: tuple[object, ...] = ()
        self._number = 0
        self._connections = -1
        self._seen: Snapshot | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_AT_REST)
        self._timer.timeout.connect(self._choose_grid)

    def note_size(self, connections: int) -> None:
        """Note how many connections an answer goes along."""
        if connections != self._connections:
            self._connections = connections
            self.pace.begin(connections)
            self._stage.side = self.pace.side

    def ask(self, view: View | None, *, visible: bool) -> None:
        """Ask for what a view needs, as long as it is visible."""
        self._view, self._visible = view, visible
        stage, controller = self._stage, self._stage.controller
        wanted = (None, None, 0) if view is None else (stage.scene, view.key, stage.side)
        if wanted != self._asked:
            # Of the same picture, only finer or coarser, the answer that is there will do until the new one.
            answered = stage.answered
            kept = (answered,) if answered is not None and wanted[:2] == self._asked[:2] else ()
            self._asked = wanted
            question = None if view is None else view.question()
            self._number += 1
            key = (_WHO, id(self), self._number)
            stage.probes = () if question is None else (Probe(key, question[0], question[1]), *kept)
        controller.want_outputs(visible and view is not None and view.asks_outputs, _WHO)
        controller.set_probe(_WHO, stage.probes[0] if visible and stage.probes else None)
        if not visible:
            self._timer.stop()

    def pace_grid(self) -> None:
        """Ask for a finer or coarser grid, by what the one that was drawn took."""
        stage, snapshot = self._stage, self._stage.snapshot
        if self._view is None or not self._view.uses_grid or snapshot is None or not stage.probes:
            return
        if self._is_changed(snapshot):
            self.pace.note_change()
        probe = stage.probes[0]
        if stage.answered is probe:
            self.pace.measured(snapshot.answer_seconds.get(probe.key, 0.0), stage.grid_seconds)
            self._choose_grid()

    def _is_changed(self, snapshot: Snapshot) -> bool:
        """Whether the network has other numbers than in the snapshot seen before this one."""
        seen, self._seen = self._seen, snapshot
        return seen is None or not (
            np.array_equal(seen.weights, snapshot.weights) and np.array_equal(seen.biases, snapshot.biases)
        )

    @Slot()
    def _choose_grid(self) -> None:
        if self.pace.choose():
            self._stage.side = self.pace.side
            self.ask(self._view, visible=self._visible)
        if self._visible and self.pace.is_moving:
            self._timer.start()
