"""Data and predictions into a file: CSV, Parquet or NumPy."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog

from nnstudio.errors import NNStudioError
from nnstudio.ui.numbers import format_count
from nnstudio.ui.work import Work

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController

SUFFIXES = {".csv": "CSV", ".tsv": "Text with tabs", ".parquet": "Parquet", ".npz": "NumPy"}
_FILTERS = {f"{title} (*{suffix})": suffix for suffix, title in SUFFIXES.items()}
_BUSY = "The data are still being written."
_log = logging.getLogger(__name__)


class Exporting(QObject):
    """Writes the project's data and what the network makes of them. ``message`` tells how it went."""

    message = Signal(str, str)  # text, kind

    def __init__(self, document: Document, controller: TrainingController, window: QWidget) -> None:
        super().__init__(window)
        self._document = document
        self._controller = controller
        self._window = window
        self._work: Work | None = None

    @Slot()
    def ask(self) -> None:
        """Ask for a file and write there."""
        if self._document.project.data is None:
            self.message.emit("There are no data yet. Choose or import some first.", "warning")
            return
        title = self._document.project.data.title or "data"
        name = " ".join("".join(c if c.isalnum() or c in " -_" else " " for c in title).split())
        chosen, kind = QFileDialog.getSaveFileName(
            self._window, "Export data and predictions", f"{name or 'data'}.csv", ";;".join(_FILTERS)
        )
        if chosen:
            path = Path(chosen)
            if path.suffix.lower() not in SUFFIXES:
                path = path.with_name(path.name + _FILTERS.get(kind, ".csv"))
            self.write(path)

    def write(self, path: Path) -> None:
        """Write to a file, of the kind that its name ends with."""
        if self._work is not None:
            self.message.emit(_BUSY, "warning")
            return
        from nnstudio.data.writing import write_table
        from nnstudio.project.predictions import data_table

        goes_on = self._controller.is_running
        self._controller.halt()  # so that the predictions are those of what was learned so far
        try:
            table = data_table(self._controller.time_machine.project_on_view())
        except NNStudioError as error:
            self.message.emit(str(error), "error")
            return
        finally:
            if goes_on:
                self._controller.go_on()

        def task() -> tuple[Path, int, int]:
            write_table(table, path)
            return path, len(table), len(table.columns)

        self._work = Work(task, self)
        self._work.finished.connect(self._tell)
        self._work.failed.connect(self._fail)
        self._work.start()

    @Slot(object)
    def _tell(self, result: Any) -> None:
        self._work = None
        path, rows, columns = result
        self.message.emit(
            f"{format_count(rows)} rows of {format_count(columns)} columns were saved as {path}.", "info"
        )

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        self._work = None
        if not isinstance(error, NNStudioError):
            _log.error("Data could not be exported", exc_info=error)
        text = str(error) if isinstance(error, NNStudioError) else "The data could not be written."
        self.message.emit(text[:1].upper() + text[1:], "error")
