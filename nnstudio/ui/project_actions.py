"""New, open, save and close, with the questions that keep work from being lost."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.network import Network
from nnstudio.project import Project
from nnstudio.ui.preferences import preferences
from nnstudio.ui.starts import default_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController

SUFFIX = ".nns"
_FILTER = f"nnstudio projects (*{SUFFIX});;All files (*)"
_RECENT_MOST = 10
_log = logging.getLogger(__name__)


class ProjectActions(QObject):
    """What the File menu does. Nothing of what is open changes where a file cannot be read.

    ``about_to_save`` lets the window put its view into the project; ``message`` tells what went wrong.
    ``guards`` keep unsaved work too: each is asked before what is open is left, and says whether to go on.
    """

    about_to_save = Signal()
    opened = Signal()
    message = Signal(str, str)  # text, kind

    def __init__(self, document: Document, controller: TrainingController, window: QWidget) -> None:
        super().__init__(window)
        self._document = document
        self._controller = controller
        self._window = window
        self.guards: list[Callable[[], bool]] = []

    @Slot()
    def new(self) -> bool:
        """Start with an empty canvas; returns whether that happened."""
        if not self.may_leave():
            return False
        self._controller.halt()
        self._document.replace_project(Project(Network(), settings=default_settings()))
        self.opened.emit()
        return True

    @Slot()
    def open_with_dialog(self) -> bool:
        """Ask for a file and open it."""
        dialog = self._dialog("Open a project", QFileDialog.AcceptMode.AcceptOpen)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        if not dialog.exec():
            return False
        return self.open(Path(dialog.selectedFiles()[0]))

    def open(self, path: Path, *, as_copy: bool = False) -> bool:
        """Open a file; with ``as_copy`` the project has no file yet, as an example."""
        from nnstudio.project import load_project

        try:
            project = load_project(path)
        except NNStudioError as error:
            self.message.emit(str(error), "error")
            self._forget(path)
            return False
        if not self.may_leave():
            return False
        if self._document.path == path.absolute():
            project = load_project(path)  # the answer may have been to save it
        self._controller.halt()
        if project.settings is None:
            project.settings = default_settings()
        self._document.replace_project(project, None if as_copy else path.absolute())
        if not as_copy:
            self._remember(path)
        _log.info("Opened %s", path.name)
        self.opened.emit()
        return True

    @Slot()
    def save(self) -> bool:
        """Save where the project is, or ask; returns whether it was saved."""
        if self._document.path is None:
            return self.save_as()
        return self._write(self._document.path)

    @Slot()
    def save_as(self) -> bool:
        """Ask for a file and save there."""
        dialog = self._dialog("Save the project", QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIX[1:])
        path = self._document.path
        dialog.selectFile(path.name if path is not None else f"{self._suggested_name()}{SUFFIX}")
        if not dialog.exec():
            return False
        return self._write(Path(dialog.selectedFiles()[0]))

    def may_leave(self) -> bool:
        """Ask what to do with unsaved changes; returns whether to go on."""
        if not all(may_leave() for may_leave in self.guards):
            return False
        running = self._controller.is_running
        if not self._document.is_modified and not running:
            return True
        more = " The training ends." if running else ""
        answer = self.ask_to_save(f"Save the changes to “{self._name()}”?", f"They are lost otherwise.{more}")
        if answer == QMessageBox.StandardButton.Save:
            self._controller.halt()
            return self.save()
        return answer == QMessageBox.StandardButton.Discard

    def ask_to_save(self, text: str, more: str) -> int:
        """Ask whether to save, and return the button of the answer: Save, Discard or Cancel."""
        question = QMessageBox(self._window)
        question.setIcon(QMessageBox.Icon.NoIcon)
        question.setWindowTitle("Unsaved changes")
        question.setText(text)
        question.setInformativeText(more)
        buttons = QMessageBox.StandardButton
        question.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        question.setDefaultButton(buttons.Save)
        question.button(buttons.Discard).setText("Don't save")
        answer = question.exec()
        question.deleteLater()
        return answer

    def fill_recent(self, menu: QMenu) -> None:
        """Fill a menu with the projects opened last."""
        menu.clear()
        paths = self.recent()
        for number, path in enumerate(paths, 1):
            action = menu.addAction(f"&{number}  {path.name}" if number < 10 else path.name)
            action.setData(str(path))
            action.setToolTip(str(path))
            action.triggered.connect(self._open_recent)
        if paths:
            menu.addSeparator()
            menu.addAction("&Clear the list", self._clear_recent)
        else:
            menu.addAction("No projects yet").setEnabled(False)

    def recent(self) -> list[Path]:
        """Paths of the projects opened or saved last, the latest first."""
        stored = preferences().value("recent", [])
        # A list of one is stored as a text.
        texts = [stored] if isinstance(stored, str) else stored or []
        return [Path(text) for text in texts if text]

    # Inner workings

    def _write(self, path: Path) -> bool:
        from nnstudio.project import save_project

        goes_on = self._controller.is_running
        self._controller.halt()  # so that the file holds what was learned so far
        self.about_to_save.emit()
        try:
            project = self._document.project
            if not self._controller.can_resume:
                # A file cannot tell that its checkpoint is of a network or data that changed since.
                project = replace(project, checkpoint=None)
            save_project(project, path)
        except NNStudioError as error:
            self.message.emit(str(error), "error")
            return False
        else:
            self._document.mark_saved(path.absolute())
            self._remember(path)
            return True
        finally:
            if goes_on:
                self._controller.go_on()

    def _dialog(self, title: str, mode: QFileDialog.AcceptMode) -> QFileDialog:
        folder = preferences().value("folder", "")
        path = self._document.path
        dialog = QFileDialog(
            self._window, title, str(path.parent) if path is not None else str(folder), _FILTER
        )
        dialog.setAcceptMode(mode)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _name(self) -> str:
        path = self._document.path
        return path.name if path is not None else self._document.project.title or "Untitled"

    def _suggested_name(self) -> str:
        kept = "".join(c if c.isalnum() or c in " -_" else " " for c in self._document.project.title)
        return " ".join(kept.split()) or "network"

    @Slot()
    def _open_recent(self) -> None:
        action = self.sender()
        if action is not None:
            self.open(Path(action.data()))

    @Slot()
    def _clear_recent(self) -> None:
        preferences().remove("recent")

    def _remember(self, path: Path) -> None:
        path = path.absolute()
        store = preferences()
        others = [other for other in self.recent() if other != path]
        store.setValue("recent", [str(each) for each in [path, *others][:_RECENT_MOST]])
        store.setValue("folder", str(path.parent))

    def _forget(self, path: Path) -> None:
        if not path.exists():
            kept = [str(other) for other in self.recent() if other != path.absolute()]
            preferences().setValue("recent", kept)
