"""Collecting garbage in the window's thread alone.

Python collects in whichever thread happens to allocate. What it frees there may be objects of Qt, such as a
closed dialog, and these must not be taken down outside of their own thread: the process crashes.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MILLISECONDS = 250


class GarbageCollector(QObject):
    """Takes over from Python's automatic collection, by its thresholds, until `release`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MILLISECONDS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    @Slot()
    def collect(self) -> None:
        """Collect as far as is due: the older generations more seldom, as Python does."""
        due = [count > threshold for count, threshold in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        for generation, is_due in reversed(list(enumerate(due))):
            if is_due:
                gc.collect(generation)
                return

    def release(self) -> None:
        """Let Python collect by itself again."""
        self._timer.stop()
        gc.enable()
