"""What of each lesson is passed, kept in the user's folder; and the answers typed, kept in the project."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nnstudio.errors import NNStudioError
from nnstudio.files import not_written, write_file
from nnstudio.lessons.reading import LESSON_FILE
from nnstudio.paths import config_dir, lessons_dir, resource_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from nnstudio.lessons.model import Lesson

Place = tuple[int, int]

_VIEW_KEY = "lessons"
_LIMIT = 10_000


@dataclass(frozen=True)
class LessonProgress:
    """How far a lesson is: the checks passed, as (step, check) counted from 0, and the steps skipped.

    ``step`` is the one on view last, and ``has_ended`` whether the end was reached. ``typed`` are the answers
    typed last: a lesson that goes on with a new copy of its project gives them to it.
    """

    passed: frozenset[Place] = frozenset()
    skipped: frozenset[int] = frozenset()
    step: int = 0
    has_ended: bool = False
    typed: Mapping[Place, str] = field(default_factory=dict)

    def with_passed(self, *places: Place) -> LessonProgress:
        """Return it with further checks passed."""
        return replace(self, passed=self.passed | frozenset(places))

    def has_passed(self, lesson: Lesson, step: int) -> bool:
        """Whether all checks of a step are passed."""
        return all((step, number) in self.passed for number in range(len(lesson.steps[step].checks)))

    def share(self, lesson: Lesson) -> float:
        """Return the share of checks that are passed, from 0 to 1; 1 of none where the end was reached."""
        places = places_of(lesson)
        if not places:
            return float(self.has_ended)
        return len(self.passed.intersection(places)) / len(places)


@dataclass
class Progress:
    """The progress in all lessons, by their ids; of lessons with one id, all but the first by their files."""

    lessons: dict[str, LessonProgress] = field(default_factory=dict)

    def of(self, lesson: Lesson) -> LessonProgress:
        """Return the progress in a lesson."""
        return self.lessons.get(_key(lesson), LessonProgress())

    def keep(self, lesson: Lesson, progress: LessonProgress) -> None:
        """Take note of the progress in a lesson, and write it down; raises NNStudioError."""
        self.lessons[_key(lesson)] = progress
        save_progress(self)


def _key(lesson: Lesson) -> str:
    for home in (resource_path("lessons"), lessons_dir()):
        for known in (home / lesson.id / LESSON_FILE, home / f"{lesson.id}.toml"):
            if known.is_file():
                return lesson.id if known == lesson.path else str(lesson.path)
    return str(lesson.path)


def places_of(lesson: Lesson) -> list[Place]:
    """Return all checks of a lesson as (step, check), counted from 0."""
    return [(number, check) for number, step in enumerate(lesson.steps) for check in range(len(step.checks))]


def progress_file() -> Path:
    """Return the file that progress is kept in."""
    return config_dir() / "lessons.json"


def load_progress() -> Progress:
    """Return what was kept; what cannot be read counts as not begun."""
    try:
        kept = json.loads(progress_file().read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return Progress()
    lessons = kept.get("lessons") if isinstance(kept, dict) else None
    if not isinstance(lessons, dict):
        return Progress()
    return Progress({key: _decoded(value) for key, value in lessons.items() if isinstance(value, dict)})


def save_progress(progress: Progress) -> None:
    """Write progress down; raises NNStudioError where that cannot be."""
    lessons = {
        key: {
            "passed": sorted(map(list, each.passed)),
            "skipped": sorted(each.skipped),
            "step": each.step,
            "has_ended": each.has_ended,
            "typed": [[*place, text] for place, text in sorted(each.typed.items())],
        }
        for key, each in progress.lessons.items()
    }
    content = json.dumps({"format": 1, "lessons": lessons}, ensure_ascii=False, indent=1)
    try:
        write_file(progress_file(), content.encode("utf-8"))
    except OSError as error:
        raise NNStudioError(not_written(progress_file(), error)) from error


def typed_answers(view: Mapping[str, Any], lesson: Lesson) -> dict[Place, str]:
    """Return the answers typed in a lesson that a project's view holds, by (step, check) counted from 0.

    The view has them as ``view["lessons"][id of the lesson][step][check]``, with numbers counted from 1.
    """
    found = {}
    for step, check in places_of(lesson):
        value: Any = view
        for key in (_VIEW_KEY, lesson.id, str(step + 1), str(check + 1)):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            found[step, check] = value[:_LIMIT]
    return found


def with_typed(view: Mapping[str, Any], lesson: Lesson, place: Place, typed: str) -> dict[str, Any]:
    """Return a project's view with an answer typed at (step, check), counted from 0."""
    step, check = str(place[0] + 1), str(place[1] + 1)
    result = dict(view)
    inner = result
    for key in (_VIEW_KEY, lesson.id, step):
        below = inner.get(key)
        inner[key] = dict(below) if isinstance(below, dict) else {}
        inner = inner[key]
    inner[check] = typed
    return result


def _decoded(kept: Mapping[str, Any]) -> LessonProgress:
    step = kept.get("step")
    return LessonProgress(
        passed=frozenset((a, b) for a, b in _pairs(kept.get("passed"))),
        skipped=frozenset(number for number in _list(kept.get("skipped")) if _is_count(number)),
        step=step if isinstance(step, int) and _is_count(step) else 0,
        has_ended=kept.get("has_ended") is True,
        typed={
            (value[0], value[1]): value[2][:_LIMIT]
            for value in _list(kept.get("typed"))
            if _is_place(value[:2] if isinstance(value, list) else None)
            and len(value) == 3
            and isinstance(value[2], str)
        },
    )


def _pairs(values: Any) -> Iterable[tuple[int, int]]:
    for value in _list(values):
        if _is_place(value):
            yield value[0], value[1]


def _is_place(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_count, value))


def _list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else []


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LIMIT
