"""What is on the canvas, handed in and graded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nnstudio as nn
from nnstudio.lessons import grade

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver


def graded(driver: LessonDriver, folder: Path, *, whole: bool = False) -> float:
    """Save the project as it is, and return the share of checks that it passes: the step's, or all."""
    lesson = driver.panel.player.lesson
    assert lesson is not None
    driver.window.files.about_to_save.emit()  # puts the view into the project
    file = folder / "handed-in.nns"
    nn.save_project(driver.window.document.project, file)
    return grade(file, lesson, steps=None if whole else [driver.place]).score
