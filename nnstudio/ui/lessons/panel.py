"""The panel of lessons: a list, the lesson under way, and its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from nnstudio import paths
from nnstudio.ui.lessons.finish_page import FinishPage
from nnstudio.ui.lessons.library import Entry, Library
from nnstudio.ui.lessons.list_page import ListPage
from nnstudio.ui.lessons.player import LessonPlayer
from nnstudio.ui.lessons.step_page import StepPage

if TYPE_CHECKING:
    from nnstudio.lessons import Lesson
    from nnstudio.ui.main_window import MainWindow


class LessonPanel(QStackedWidget):
    """Lists lessons and walks through them."""

    def __init__(self, window: MainWindow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Lessons")
        self._window = window
        self.library = Library(self)
        self.player = LessonPlayer(window, self)
        self.list_page = ListPage()
        self.step_page = StepPage(self.player, window)
        self.finish_page = FinishPage()
        for page in (self.list_page, self.step_page, self.finish_page):
            self.addWidget(page)
        self.list_page.chosen.connect(self.begin)
        self.list_page.file_wanted.connect(self.open_file)
        self.list_page.folder_wanted.connect(self._open_folder)
        self.list_page.reload_wanted.connect(self.library.reload)
        self.step_page.list_button.clicked.connect(self.show_list)
        self.finish_page.list_button.clicked.connect(self.show_list)
        self.finish_page.save_button.clicked.connect(window.files.save_as)
        self.finish_page.back_button.clicked.connect(self._back_from_end)
        self.finish_page.next_wanted.connect(self._begin_next)
        self.player.step_opened.connect(self._show_step)
        self.player.finished.connect(self._show_end)
        self.player.left.connect(self.show_list)
        self.library.changed.connect(self._on_files_changed)
        self.library.read()
        self.show_list()

    @Slot(bool)
    def set_seen(self, is_seen: bool) -> None:
        """Show progress and files as they are by now."""
        if is_seen and self.currentWidget() is self.list_page:
            self._fill_list()

    @Slot()
    def show_list(self) -> None:
        """Show the list; a lesson that is under way goes on with a click on it."""
        self._fill_list()
        self.setCurrentWidget(self.list_page)

    @Slot(object)
    def begin(self, lesson: Lesson) -> bool:
        """Begin a lesson, or go on with the one that is under way; returns whether that was done."""
        player = self.player
        if player.lesson is not None and player.lesson.path == lesson.path:
            return player.open_step(player.place)
        return player.begin(lesson)

    @Slot()
    def open_file(self) -> None:
        """Ask for a lesson's file and begin it."""
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Open a lesson", str(paths.lessons_dir()), "Lessons (*.toml);;All files (*)"
        )
        if chosen:
            self.begin_file(Path(chosen))

    def begin_file(self, path: Path) -> bool:
        """Begin the lesson in a file; what is wrong with it is told."""
        entry = self.library.add(path)
        if entry.lesson is None:
            first = entry.problems[0]
            self._window.show_message(
                f"“{path.name}” cannot be used. Line {first.line}: {first.message}", "error"
            )
            self.show_list()
            return False
        return self.begin(entry.lesson)

    # Inner workings

    def _fill_list(self) -> None:
        from nnstudio.lessons.progress import load_progress

        lesson = self.player.lesson
        self.list_page.show_entries(
            self.library.shipped,
            self.library.own,
            load_progress(),
            None if lesson is None else lesson.path,
        )

    @Slot()
    def _show_step(self) -> None:
        self.setCurrentWidget(self.step_page)

    @Slot()
    def _show_end(self) -> None:
        player = self.player
        if player.lesson is None:
            return
        self.finish_page.show_end(player.lesson, player.skipped, self._following())
        self.finish_page.verticalScrollBar().setValue(0)
        self.setCurrentWidget(self.finish_page)

    def _following(self) -> Lesson | None:
        lesson = self.player.lesson
        if lesson is None or lesson.next is None:
            return None
        entry: Entry | None = self.library.entry(lesson.next)
        return None if entry is None else entry.lesson

    @Slot()
    def _begin_next(self) -> None:
        following = self._following()
        if following is not None:
            self.begin(following)

    @Slot()
    def _back_from_end(self) -> None:
        self.player.open_step(self.player.place)

    @Slot()
    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(paths.lessons_dir())))

    @Slot()
    def _on_files_changed(self) -> None:
        lesson = self.player.lesson
        if lesson is not None:
            entry = self.library.entry(lesson.path)
            has_changed = entry is not None and entry.lesson is not None and entry.lesson != lesson
            if has_changed and self.currentWidget() is not self.finish_page:
                self.player.reload(entry.lesson)
            if entry is not None:
                self.step_page.tell_problem(_told(entry))
        if self.currentWidget() is self.list_page:
            self._fill_list()


def _told(entry: Entry) -> str:
    """Return in a line what is wrong with a lesson's file as it is now, or an empty text."""
    if not entry.problems:
        return ""
    first = entry.problems[0]
    lead = "The lesson has a fault" if entry.lesson is not None else "The file cannot be used as it is now"
    return f"{lead}. Line {first.line}: {first.message}"
