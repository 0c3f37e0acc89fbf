"""A worked example of one training step, saved as a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog

from nnstudio.errors import NNStudioError
from nnstudio.files import not_written, write_file

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController

_KINDS = {"PDF (*.pdf)": ".pdf", "Markdown (*.md)": ".md"}


class ExampleSaving(QObject):
    """Writes one training step on the sample in focus; ``message`` tells how it went."""

    message = Signal(str, str)  # text, kind

    def __init__(self, document: Document, controller: TrainingController, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document
        self._controller = controller
        self._widget = parent
        self.action = QAction("Save &worked example…", parent)
        self.action.setToolTip("Write one training step on this sample, with every number, as a document")
        self.action.triggered.connect(self.ask)

    @Slot()
    def ask(self) -> None:
        """Ask for a file and write there."""
        row = self._document.focus_row
        if self._document.project.data is None or row is None:
            self.message.emit("There are no data yet to take a sample from. Choose some first.", "warning")
            return
        chosen, kind = QFileDialog.getSaveFileName(
            self._widget, "Save worked example", f"step-{row + 1}.pdf", ";;".join(_KINDS)
        )
        if chosen:
            path = Path(chosen)
            if path.suffix.lower() not in _KINDS.values():
                path = path.with_name(path.name + _KINDS.get(kind, ".pdf"))
            self.write(path)

    def write(self, path: Path) -> None:
        """Write to a file, of the kind that its name ends with."""
        from nnstudio.explain.example import worked_example

        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        goes_on = self._controller.is_running
        self._controller.halt()  # so that it is about what was learned so far
        try:
            project = self._controller.time_machine.project_on_view()
            text = worked_example(project, self._document.focus_row or 0)
            write_file(path, _as_pdf(text) if path.suffix.lower() == ".pdf" else text.encode("utf-8"))
        except NNStudioError as error:
            self.message.emit(str(error), "error")
        except OSError as error:
            self.message.emit(not_written(path, error), "error")
        else:
            self.message.emit(f"The worked example was saved as {path}.", "info")
        finally:
            QGuiApplication.restoreOverrideCursor()
            if goes_on:
                self._controller.go_on()


def _as_pdf(text: str) -> bytes:
    from nnstudio.ui.panels.explain_pdf import pdf_of

    return pdf_of(text, text.partition("\n")[0].removeprefix("# "))
