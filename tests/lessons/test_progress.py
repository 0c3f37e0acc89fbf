from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nnstudio.lessons import load_lesson
from nnstudio.lessons.progress import LessonProgress, load_progress, progress_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nnstudio.lessons import Lesson

CHECK = "[[step.check]]\nask = 'A'\nanswer = '1'\n"
STEP = "[[step]]\ntitle = 'B'\n"
TEXT = f"format = 1\ntitle = 'A'\n{STEP}{CHECK}{CHECK}{STEP}{STEP}{CHECK}"


@pytest.fixture
def lesson(write: Callable[[str], Path]) -> Lesson:
    return load_lesson(write(TEXT))


def test_progress_is_kept_for_the_next_time(lesson: Lesson) -> None:
    progress = load_progress()
    assert progress.of(lesson) == LessonProgress()
    kept = LessonProgress(skipped=frozenset({1}), step=2, has_ended=True).with_passed((0, 0), (2, 0))
    progress.keep(lesson, kept)
    assert load_progress().of(lesson) == kept
    progress.forget(lesson)
    assert load_progress().lessons == {}


def test_the_next_step_opens_when_all_checks_are_passed_or_skipped(lesson: Lesson) -> None:
    progress = LessonProgress()
    assert progress.reached(lesson) == 0
    assert progress.with_passed((0, 0)).reached(lesson) == 0
    assert progress.with_passed((0, 0), (0, 1)).reached(lesson) == 2
    assert LessonProgress(skipped=frozenset({0})).reached(lesson) == 2
    assert progress.with_passed((0, 0), (0, 1), (2, 0)).reached(lesson) == 2


def test_the_share_is_that_of_the_checks_there_are(lesson: Lesson) -> None:
    assert LessonProgress().share(lesson) == 0
    assert LessonProgress().with_passed((0, 0), (7, 7)).share(lesson) == pytest.approx(1 / 3)
    assert LessonProgress().with_passed((0, 0), (0, 1), (2, 0)).share(lesson) == 1


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"lessons": 3}',
        '{"lessons": {"my": 3}}',
        '{"lessons": {"my": {"passed": [[1], "a", [true, 0], [0, -1]], "skipped": 3, "step": "a"}}}',
        '{"lessons": {"my": {"passed": {}, "skipped": [-1, "a"], "step": -1, "has_ended": 1}}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_file_counts_as_not_begun(lesson: Lesson, content: str) -> None:
    progress_file().write_text(content, "utf-8")
    assert load_progress().of(lesson) == LessonProgress()
