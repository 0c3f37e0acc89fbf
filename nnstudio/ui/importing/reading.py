"""Reading a table in a thread of its own, watched by a timer and stopped at will."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnstudio.data import Dataset
    from nnstudio.data.preparation import Preparation
    from nnstudio.data.reading.options import BadRows, ReadOptions
    from nnstudio.data.reading.source import Source
    from nnstudio.data.table import ColumnKind

POLL_MILLISECONDS = 30
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """What is to be read, how, and what is to be made of it."""

    source: Source
    options: ReadOptions
    kinds: Mapping[str, ColumnKind]
    on_bad_rows: BadRows
    preparation: Preparation


class Reading(QObject):
    """One reading. ``finished`` comes with the dataset, ``failed`` with the exception, in the GUI thread."""

    progressed = Signal(float)  # from 0 to 1
    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, job: Job, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self._stop = threading.Event()
        self._fraction = 0.0
        self._result: Dataset | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="import", daemon=True)
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()
        self._timer.start()

    def cancel(self) -> None:
        """Stop reading; what was read is dropped. The thread ends by itself soon after."""
        if self._timer.isActive():
            self._stop.set()
            self._timer.stop()
            self.cancelled.emit()

    @Slot()
    def _poll(self) -> None:
        if self._thread.is_alive():
            self.progressed.emit(self._fraction)
            return
        self._timer.stop()
        if self._error is not None:
            self.failed.emit(self._error)
        elif self._result is not None:
            self.finished.emit(self._result)

    def _work(self) -> None:
        from nnstudio.data.preparing import prepare
        from nnstudio.data.reading import ReadingCancelledError, read_table
        from nnstudio.data.tables import refuse_texts
        from nnstudio.errors import NNStudioError

        job = self._job

        def tell(fraction: float) -> None:
            self._fraction = fraction

        try:
            table = read_table(
                job.source,
                job.options,
                kinds=job.kinds,
                columns=[name for name, role in job.preparation.roles.items() if role != "ignore"],
                on_bad_rows=job.on_bad_rows,
                progress=tell,
                cancelled=self._stop.is_set,
            )
            self._fraction = 1.0
            refuse_texts(table, job.preparation)
            self._result = prepare(table, job.preparation)
        except ReadingCancelledError:
            pass
        except Exception as error:
            if not isinstance(error, NNStudioError | MemoryError):
                _log.exception("An import has failed")
            self._error = error


def message_of(error: Any) -> str:
    """Return what to tell of an import that failed."""
    from nnstudio.errors import NNStudioError

    if isinstance(error, NNStudioError):
        text = str(error)
        return text[:1].upper() + text[1:]
    if isinstance(error, MemoryError):
        return "The table needs more memory than there is. Import fewer columns, or a part of the file."
    return "The file could not be read because of an unexpected error. Details are in the log."
