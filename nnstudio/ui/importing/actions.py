"""Ways to import a table: by dialog, dropped, or pasted; each ends in one undoable step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.fixes import match_edits
from nnstudio.ui.importing.reading import message_of
from nnstudio.ui.wiring import network_edits

if TYPE_CHECKING:
    from nnstudio.data import Dataset
    from nnstudio.data.preparation import Preparation
    from nnstudio.data.reading.source import Origin
    from nnstudio.network.edits import Edit
    from nnstudio.ui.document import Document
    from nnstudio.ui.importing.dialog import ImportDialog
    from nnstudio.ui.training_controller import TrainingController

SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".dat", ".parquet", ".npy", ".npz")
_FILTER = f"Tables ({' '.join(f'*{suffix}' for suffix in SUFFIXES)});;All files (*)"
_NO_TABLE = "There is no table on the clipboard. Copy cells of a spreadsheet first, with their header."


class Importing(QObject):
    """Imports for one window. ``message`` tells what went wrong, or how it went.

    ``network_made`` tells that there is a network where there was none, ``network_matched`` that one was made
    to fit the data.
    """

    message = Signal(str, str)  # text, kind
    network_made = Signal()
    network_matched = Signal()

    def __init__(self, document: Document, controller: TrainingController, window: QWidget) -> None:
        super().__init__(window)
        self._document = document
        self._controller = controller
        self._window = window
        self.dialog: ImportDialog | None = None

    @Slot()
    def ask(self) -> None:
        """Ask for a file and import it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Import data", "", _FILTER)
        if path:
            self.open(Path(path))

    @Slot()
    def paste(self) -> None:
        """Import the table on the clipboard, as a spreadsheet puts it there."""
        text = QGuiApplication.clipboard().text()
        if "\n" not in text.strip():
            self.message.emit(_NO_TABLE, "warning")
            return
        self.open(text)

    def open(self, origin: Origin) -> None:
        """Show how a file, or text of several lines, would be read, to be imported from there."""
        from nnstudio.ui.importing.dialog import ImportDialog

        if self.dialog is not None:
            self.dialog.raise_()
            return
        try:
            self.dialog = ImportDialog(origin, self._window, self._known())
        except (NNStudioError, MemoryError) as error:
            name = f"{origin.name}: " if isinstance(origin, Path) else ""
            self.message.emit(f"{name}{message_of(error)}", "error")
            return
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.imported.connect(self._take)
        self.dialog.finished.connect(self._forget)
        self.dialog.open()

    def _known(self) -> Preparation | None:
        """Return how the data in use are prepared, where they are the user's own."""
        data = self._document.project.data
        return None if data is None or data.source.get("kind") == "generator" else data.preparation

    @Slot(object, bool)
    def _take(self, data: Dataset, fit: bool) -> None:
        self._controller.halt()
        document = self._document
        edits = self._fitting(data) if fit else []
        was_empty = not document.network.neuron_count
        label = f"Import {data.source.get('file') or data.title}"
        if not document.do(ProjectChange(label, data=data), *edits, label=label):
            return
        if was_empty:
            self.network_made.emit()
        elif edits:
            self.network_matched.emit()
        skipped = data.source.get("skipped_rows", 0)
        if skipped:
            rows = "1 row was" if skipped == 1 else f"{skipped} rows were"
            self.message.emit(f"{rows} skipped because they could not be read.", "info")

    def _fitting(self, data: Dataset) -> list[Edit | ProjectChange]:
        """Return the edits that make the network fit data; where it is empty, those that make one."""
        network, settings = self._document.network, self._controller.settings
        return (match_edits if network.neuron_count else network_edits)(network, data, settings)

    @Slot()
    def _forget(self) -> None:
        self.dialog = None
