"""The lessons there are: those shipped, in their order, and then the user's own."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from nnstudio.lessons.model import LessonError
from nnstudio.lessons.reading import LESSON_FILE, load_lesson
from nnstudio.paths import lessons_dir, resource_path

if TYPE_CHECKING:
    from pathlib import Path

    from nnstudio.lessons.model import Lesson


def shipped_files() -> tuple[Path, ...]:
    """Return the files of the lessons that come with the program, by the numbers that they begin with."""
    return files_in(resource_path("lessons"))


def own_files() -> tuple[Path, ...]:
    """Return the files of the user's own lessons."""
    return files_in(lessons_dir())


def lesson_files() -> tuple[Path, ...]:
    """Return the files of all lessons, whether they can be read or not."""
    return (*shipped_files(), *own_files())


def files_in(folder: Path) -> tuple[Path, ...]:
    """Return the lesson files of a folder: those of the folders in it, and single ones; by name."""
    if (folder / LESSON_FILE).is_file():
        return (folder / LESSON_FILE,)
    if not folder.is_dir():
        return ()
    found = [*folder.glob(f"*/{LESSON_FILE}"), *folder.glob("*.toml")]
    return tuple(sorted(found, key=lambda file: file.parent.name if file.name == LESSON_FILE else file.stem))


def load_lessons() -> tuple[Lesson, ...]:
    """Return all lessons that can be read; `lesson_files` names the others too."""
    lessons = []
    for file in lesson_files():
        with contextlib.suppress(LessonError):
            lessons.append(load_lesson(file))
    return tuple(lessons)
