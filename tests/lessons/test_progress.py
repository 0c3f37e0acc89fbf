from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nnstudio.lessons import load_lesson
from nnstudio.lessons.progress import LessonProgress, load_progress, progress_file
from nnstudio.paths import lessons_dir

if TYPE_CHECKING:
    from pathlib import Path

    from nnstudio.lessons import Lesson

CHECK = "[[step.check]]\nask = 'A'\nanswer = '1'\n"
STEP = "[[step]]\ntitle = 'B'\n"
TEXT = f"format = 1\ntitle = 'A'\n{STEP}{CHECK}{CHECK}{STEP}{STEP}{CHECK}"


def put(folder: Path) -> Lesson:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "my.toml").write_text(TEXT, "utf-8")
    return load_lesson(folder / "my.toml")


@pytest.fixture
def lesson() -> Lesson:
    return put(lessons_dir())


def test_progress_is_kept_for_the_next_time(lesson: Lesson) -> None:
    progress = load_progress()
    assert progress.of(lesson) == LessonProgress()
    kept = LessonProgress(skipped=frozenset({1}), step=2, has_ended=True, typed={(2, 0): "½ ", (0, 1): "7"})
    kept = kept.with_passed((0, 0), (2, 0))
    progress.keep(lesson, kept)
    assert load_progress().of(lesson) == kept


def test_a_step_is_passed_with_all_its_checks(lesson: Lesson) -> None:
    progress = LessonProgress()
    assert not progress.has_passed(lesson, 0)
    assert not progress.with_passed((0, 0)).has_passed(lesson, 0)
    assert progress.with_passed((0, 0), (0, 1)).has_passed(lesson, 0)
    assert progress.has_passed(lesson, 1)


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
        '{"lessons": {"my": {"typed": [[0, 1], [0, 1, 2], [0, "a", "b"], "abc", [-1, 0, "a"], []]}}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_file_counts_as_not_begun(lesson: Lesson, content: str) -> None:
    progress_file().write_text(content, "utf-8")
    assert load_progress().of(lesson) == LessonProgress()


def test_lessons_with_one_name_have_a_progress_each(lesson: Lesson, tmp_path: Path) -> None:
    others = [put(tmp_path / "a"), put(tmp_path / "b")]
    for count, each in enumerate((lesson, *others)):
        load_progress().keep(each, LessonProgress(step=count))
    assert [load_progress().of(each).step for each in (lesson, *others)] == [0, 1, 2]
