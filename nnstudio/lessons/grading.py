"""Submissions graded: every check of a lesson put anew to the project that was handed in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnstudio.errors import NNStudioError
from nnstudio.lessons.answers import judge_answer
from nnstudio.lessons.evaluating import evaluate
from nnstudio.lessons.kept import kept_throughout, what_differs
from nnstudio.lessons.progress import places_of, typed_answers
from nnstudio.lessons.situation import Situation
from nnstudio.lessons.telling import Verdict
from nnstudio.project import load_project

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from nnstudio.lessons.model import Check, Lesson
    from nnstudio.lessons.retraining import Limits
    from nnstudio.project import Project

# So many wrong tries before: whoever grades is told the answer.
_ALL_TOLD = 9
_ELSEWHERE = (
    "Training again from the start that the file keeps gives other weights than it has: they were changed "
    "since, or settings or data were."
)


@dataclass(frozen=True)
class Checked:
    """One check of a submission: ``told`` says what was expected and what is, where it has not passed.

    ``step`` and ``check`` count from 1. ``typed`` is the answer typed, None for one that passes by itself and
    where there was none.
    """

    step: int
    check: int
    title: str
    passed: bool
    told: str = ""
    typed: str | None = None


@dataclass(frozen=True)
class Grade:
    """What a submission has reached; ``problem`` says why a file could not be graded at all.

    ``note`` tells where training again led elsewhere, which may have good reasons.
    """

    file: str
    lesson: str
    checks: tuple[Checked, ...] = ()
    problem: str | None = None
    note: str = ""

    @property
    def passed(self) -> int:
        """How many checks have passed."""
        return sum(check.passed for check in self.checks)

    @property
    def score(self) -> float:
        """The share of checks that have passed, from 0 to 1."""
        return self.passed / len(self.checks) if self.checks else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, ready for JSON."""
        return {
            "file": self.file,
            "lesson": self.lesson,
            "problem": self.problem,
            "note": self.note,
            "score": self.score,
            "passed": self.passed,
            "of": len(self.checks),
            "checks": [
                {
                    "step": check.step,
                    "check": check.check,
                    "title": check.title,
                    "passed": check.passed,
                    "told": check.told,
                    "typed": check.typed,
                }
                for check in self.checks
            ],
        }


def grade(
    path: Path, lesson: Lesson, *, steps: Collection[int] | None = None, limits: Limits | None = None
) -> Grade:
    """Grade a submission by all checks of a lesson, or those of some steps, counted from 1.

    Everything is computed anew from the network, the data and the settings; what the file says of its own
    training is found by training again from the start that it keeps. Nothing is raised for a file that cannot
    be read: its grade has a ``problem``.
    """
    chosen = [place for place in places_of(lesson) if steps is None or place[0] + 1 in steps]
    try:
        project = load_project(path)
        situation = Situation.of(project, trusts_history=False, limits=limits)
    except NNStudioError as error:
        unread = tuple(_unread(lesson, *place) for place in chosen)
        return Grade(str(path), lesson.id, unread, str(error))
    typed = typed_answers(project.view, lesson)
    grader = _Grader(lesson, situation)
    checks = tuple(grader.checked(step, check, typed.get((step, check))) for step, check in chosen)
    if any({"structure", "values"} <= kept_throughout(lesson, step) for step, _ in chosen):
        # Nothing but training has set these weights, so that it has to lead to them again.
        with suppress(NNStudioError):
            situation.past.best()
    return Grade(str(path), lesson.id, checks, note=_ELSEWHERE if situation.is_made_otherwise else "")


def grade_folder(
    folder: Path, lesson: Lesson, *, steps: Collection[int] | None = None, limits: Limits | None = None
) -> Iterator[Grade]:
    """Grade all projects in a folder, by name, one after the other."""
    for path in sorted(folder.glob("*.nns")):
        yield grade(path, lesson, steps=steps, limits=limits)


def _unread(lesson: Lesson, step: int, check: int) -> Checked:
    return Checked(step + 1, check + 1, lesson.steps[step].checks[check].title, False)


class _Grader:
    def __init__(self, lesson: Lesson, situation: Situation) -> None:
        self.lesson = lesson
        self.situation = situation
        self.starts: dict[Path, Project] = {}
        self.differing: dict[Path, str | None] = {}

    def checked(self, step: int, number: int, typed: str | None) -> Checked:
        check = self.lesson.steps[step].checks[number]
        try:
            verdict = self.verdict(step, check, typed)
        except NNStudioError as error:
            verdict = Verdict(False, str(error))
        return Checked(step + 1, number + 1, check.title, verdict.passed, verdict.told, typed)

    def verdict(self, step: int, check: Check, typed: str | None) -> Verdict:
        asked = check.formula if check.is_typed else check.assertion
        is_about_project = asked is not None and bool(asked.quantities)
        otherwise = self.made_otherwise(step) if is_about_project else None
        if not check.is_typed:
            return evaluate(check, self.situation) if otherwise is None else Verdict(False, otherwise)
        if typed is None:
            return Verdict(False, "No answer was typed.")
        verdict = judge_answer(check, typed, self.situation, _ALL_TOLD)
        if not is_about_project or (verdict.passed and otherwise is None):
            return verdict
        # It was typed at its step; what was handed in has gone on since.
        start = self.start(step)
        if start is not None and judge_answer(check, typed, start, _ALL_TOLD).passed:
            return Verdict(True)
        return verdict if otherwise is None else Verdict(False, otherwise)

    def made_otherwise(self, step: int) -> str | None:
        """Return what of the project is not as the lesson keeps it at a step, or None."""
        file = self.lesson.project_at(step)
        kept = kept_throughout(self.lesson, step)
        if file is None or not kept:
            return None
        if file not in self.differing:
            found = what_differs(kept, self.made(file), self.situation.project)
            told = (
                f"The file has {found} than “{file.name}”. The lesson keeps these: begin with a copy of it."
            )
            self.differing[file] = None if found is None else told
        return self.differing[file]

    def made(self, file: Path) -> Project:
        if file not in self.starts:
            self.starts[file] = load_project(file)
        return self.starts[file]

    def start(self, step: int) -> Situation | None:
        """Return the situation that a step begins with, as the lesson has it."""
        file = self.lesson.project_at(step)
        if file is None:
            return None
        focus = self.lesson.steps[step].focus
        return Situation.of(self.made(file), focus_row=None if focus is None else focus - 1)
