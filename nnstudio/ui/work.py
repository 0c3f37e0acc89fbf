"""Work that takes long, in a thread of its own; its end is told in the thread of the window."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

if TYPE_CHECKING:
    from collections.abc import Callable

_POLL_MILLISECONDS = 20


class Work(QObject):
    """One piece of work: ``finished`` comes with what it returned, ``failed`` with the exception."""

    finished = Signal(object)
    failed = Signal(object)

    def __init__(self, task: Callable[[], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task = task
        self._result: Any = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="work", daemon=True)
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._timer.start()

    def drop(self) -> None:
        """Care no more about what comes of it; the thread ends by itself."""
        self._timer.stop()

    @Slot()
    def _poll(self) -> None:
        if self._thread.is_alive():
            return
        self._timer.stop()
        if self._error is not None:
            self.failed.emit(self._error)
        else:
            self.finished.emit(self._result)

    def _work(self) -> None:
        try:
            self._result = self._task()
        except Exception as error:
            self._error = error
