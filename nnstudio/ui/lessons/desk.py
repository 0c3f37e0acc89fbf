"""The window as a lesson sets it up: its projects, panels, selection, colors, and what may be changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from nnstudio.errors import NNStudioError
from nnstudio.ui import docks
from nnstudio.ui.lessons.locks import reasons
from nnstudio.ui.starts import default_settings

if TYPE_CHECKING:
    from pathlib import Path

    from nnstudio.lessons import Step
    from nnstudio.network import Network
    from nnstudio.project import Project
    from nnstudio.ui.main_window import MainWindow

ANSWERS = "lessons"  # where a project's view keeps what was typed


@dataclass
class _Kept:
    """A project as it was left: where it is stored, and whether it has unsaved changes."""

    project: Project
    path: Path | None
    is_modified: bool


class Desk:
    """Brings what a lesson works on, each project as a copy that is kept until the lesson is left."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._kept: dict[Path, _Kept] = {}
        self._moved: list[str] = []  # panels that would have covered the lessons
        self._open: Path | None = None  # the lesson's file whose copy is open
        self.is_bringing = False
        window.files.guards.append(self.may_drop)

    def begin(self, project: Path | None) -> bool:
        """Open the first project as a copy, after asking for unsaved work; returns whether that was done."""
        if project is not None:
            self.is_bringing = True
            try:
                if not self._window.files.open(project, as_copy=True):
                    return False
            finally:
                self.is_bringing = False
        elif not self.may_drop():
            return False
        self._kept = {}
        self._open = project
        docks.show_lessons(self._window, self._window.docks)
        return True

    def bring(self, project: Path | None) -> bool:
        """Go on with another project of the lesson, as it was left where that has been; say whether."""
        if project is None or project == self._open:
            return True
        window = self._window
        kept = self._kept.get(project)
        if kept is None:
            from nnstudio.project import load_project

            try:
                kept = _Kept(load_project(project), None, is_modified=False)
            except NNStudioError as error:
                window.show_message(str(error), "error")
                return False
            kept.project.settings = kept.project.settings or default_settings()
        self._put_aside()
        answers = window.document.project.view.get(ANSWERS)
        if answers is not None:
            kept.project.view = {**kept.project.view, ANSWERS: answers}
        self._show(kept)
        self._open = project
        return True

    def may_drop(self) -> bool:
        """Ask about unsaved changes of the lesson's other projects; returns whether they may be dropped."""
        unsaved = {file: kept for file, kept in self._kept.items() if kept.is_modified and file != self._open}
        if not unsaved:
            return True
        names = ", ".join(f"“{kept.project.title or file.stem}”" for file, kept in unsaved.items())
        files, was_open = self._window.files, self._open
        answer = files.ask_to_save(
            f"Save the changes to {names}?",
            "You made them in other steps of the lesson. They are lost otherwise.",
        )
        if answer != QMessageBox.StandardButton.Save:
            return answer == QMessageBox.StandardButton.Discard
        is_saved = all(self.bring(file) and files.save() for file in unsaved)
        return self.bring(was_open) and is_saved

    def bring_anew(self, project: Path | None) -> bool:
        """Open a project as the lesson has it, without what was changed in it."""
        if project is None:
            return True
        self._open = None
        self._kept.pop(project, None)
        return self.bring(project)

    def set_up(self, step: Step) -> None:
        """Show, select and color what a step wants, and keep what it keeps."""
        window, document = self._window, self._window.document
        if "training" in step.lock:
            window.controller.halt()
        document.restrict(reasons(step.lock))
        for key in step.show:
            self.show_panel(key)
        if step.color is not None:
            window.canvas.set_color_mode(step.color)
        data = document.project.data
        if step.focus is not None and data is not None and step.focus <= len(data.x):
            document.set_focus_row(step.focus - 1)
        if step.select:
            document.selection.set(*_ids_of(document.network, step.select))

    def show_panel(self, key: str) -> None:
        """Bring a panel to the front beside the lesson; nothing where there is none of that name."""
        window = self._window
        if key in window.docks and docks.show_beside_lessons(window, window.docks, key):
            self._moved.append(key)

    def lift(self) -> None:
        """Let everything be changed again."""
        self._window.document.restrict({})

    def clear(self) -> None:
        """Let everything be changed again, and keep nothing but what is open."""
        self.lift()
        for key in self._moved:
            docks.put_back_beside_lessons(self._window, self._window.docks, key)
        self._moved = []
        self._kept = {}
        self._open = None

    def _put_aside(self) -> None:
        window, document = self._window, self._window.document
        window.controller.halt()
        if self._open is not None:
            window.files.about_to_save.emit()  # puts the view into the project
            project = document.project
            if not window.controller.can_resume:
                # Opened again, it would count as one of the network and data as they are.
                project = replace(project, checkpoint=None)
            self._kept[self._open] = _Kept(project, document.path, document.is_modified)

    def _show(self, kept: _Kept) -> None:
        document = self._window.document
        was_bringing, self.is_bringing = self.is_bringing, True
        try:
            document.replace_project(kept.project, kept.path)
        finally:
            self.is_bringing = was_bringing
        if kept.is_modified:
            document.undo_stack.resetClean()
        self._window.files.opened.emit()


def _ids_of(network: Network, names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return ids of the neurons and the connections, as “a -> out”, that have these labels."""
    by_label = {neuron.label: neuron.id for neuron in reversed(network.neurons)}
    neurons, connections = [], []
    for name in names:
        source, arrow, target = (part.strip() for part in name.partition("->"))
        if not arrow:
            neurons += [by_label[name]] if name in by_label else []
        elif source in by_label and target in by_label:
            found = network.connection_between(by_label[source], by_label[target])
            connections += [] if found is None else [found.id]
    return neurons, connections
