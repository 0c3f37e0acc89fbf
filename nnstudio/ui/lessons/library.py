"""The lessons there are, shipped and own ones, followed as their files change."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal, Slot

from nnstudio import paths

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nnstudio.lessons import Lesson, Problem

# Editors write a file in several goes, or put another one in its place.
_SETTLING_MILLISECONDS = 250


@dataclass(frozen=True)
class Entry:
    """A lesson file: the lesson in it, where it can be used, and what is wrong with it."""

    path: Path
    lesson: Lesson | None
    problems: tuple[Problem, ...] = ()
    is_own: bool = False


class Library(QObject):
    """Loads lessons; ``changed`` tells that files have changed and were read again."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[Entry, ...] = ()
        self._extra: tuple[Path, ...] = ()
        self._known: dict[Path, tuple[tuple[int, int], Entry]] = {}
        self._watcher = QFileSystemWatcher(self)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLING_MILLISECONDS)
        self._settled.timeout.connect(self.reload)
        self._watcher.fileChanged.connect(self._on_changed)
        self._watcher.directoryChanged.connect(self._on_changed)

    @property
    def shipped(self) -> tuple[Entry, ...]:
        """Lessons that come with the program."""
        return tuple(entry for entry in self.entries if not entry.is_own)

    @property
    def own(self) -> tuple[Entry, ...]:
        """The user's own."""
        return tuple(entry for entry in self.entries if entry.is_own)

    def entry(self, path: Path) -> Entry | None:
        """Return the entry of a file, or None."""
        return next((entry for entry in self.entries if entry.path == path), None)

    @Slot()
    def reload(self) -> None:
        """Read all lessons again."""
        self.read()
        self.changed.emit()

    def read(self) -> None:
        """Read all lessons."""
        from nnstudio.lessons import lesson_files

        own = paths.lessons_dir()
        files = [path for path in lesson_files() if path not in self._extra]
        self.entries = (
            *(self._entry_of(path, is_own=own in path.parents) for path in files),
            *(self._entry_of(path, is_own=True) for path in self._extra),
        )
        self._watch([own, *(entry.path for entry in self.own)])

    def add(self, path: Path) -> Entry:
        """Add a file from elsewhere for this session, and return what is in it."""
        path = path.absolute()
        if self.entry(path) is None:
            self._extra = (*self._extra, path)
        self.reload()
        found = self.entry(path)
        assert found is not None
        return found

    def _entry_of(self, path: Path, *, is_own: bool) -> Entry:
        """Return what is in a file, as it is known where it is as it was and had no faults."""
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
        except OSError:
            return self._read(path, is_own=is_own)
        known = self._known.get(path)
        if known is not None and known[0] == stamp and not known[1].problems:
            return known[1]
        entry = self._read(path, is_own=is_own)
        self._known[path] = (stamp, entry)
        return entry

    @staticmethod
    def _read(path: Path, *, is_own: bool) -> Entry:
        from nnstudio.lessons import LessonError, check_lesson, load_lesson

        try:
            lesson = load_lesson(path)
            # Those that come with the program were checked before they did.
            return Entry(path, lesson, tuple(check_lesson(path)) if is_own else (), is_own)
        except LessonError as error:
            return Entry(path, None, error.problems, is_own)

    def _watch(self, wanted: Iterable[Path]) -> None:
        texts = {str(path) for path in wanted} | {str(entry.path.parent) for entry in self.own}
        watched = {*self._watcher.files(), *self._watcher.directories()}
        with contextlib.suppress(RuntimeError):
            if watched - texts:
                self._watcher.removePaths(sorted(watched - texts))
            if texts - watched:
                self._watcher.addPaths(sorted(texts - watched))

    @Slot(str)
    def _on_changed(self, _path: str) -> None:
        self._settled.start()
