"""Lessons as data: what a lesson file says, checked and ready to be walked through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nnstudio.errors import NNStudioError

if TYPE_CHECKING:
    from pathlib import Path

    from nnstudio.lessons.language import Assertion

FORMAT = 1
DOCKS = (
    "palette",
    "data",
    "output",
    "inspector",
    "explain",
    "loss",
    "table",
    "looks",
    "distributions",
    "landscape",
)
LOCKS = ("structure", "values", "data", "settings", "training")
COLORS = ("weight", "gradient", "both", "activity")
VIEWS = ("canvas", "output", "loss", "landscape", "explain")


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong with a lesson file, and in which line, counted from 1."""

    line: int
    message: str


class LessonError(NNStudioError):
    """A lesson that cannot be used; ``problems`` say where and why."""

    def __init__(self, name: str, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        super().__init__(f"“{name}”, line {first.line}: {first.message}")
        self.problems = problems


@dataclass(frozen=True)
class Check:
    """One thing to reach: by itself where ``when`` holds, or by typing where there is an ``ask``.

    ``when`` is an assertion, and ``that`` says it in words. To an ``ask``, ``answer`` is a number, a formula
    over the quantities, or a text where ``is_text``; ``formula`` is the number or formula. ``tolerance`` is
    absolute and ``relative`` a share of the answer; either suffices.
    """

    that: str = ""
    when: str = ""
    otherwise: str = ""
    ask: str = ""
    answer: str = ""
    tolerance: float | None = None
    relative: float | None = None
    accept: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    is_text: bool = False
    assertion: Assertion | None = field(default=None, compare=False)
    formula: Assertion | None = field(default=None, compare=False)

    @property
    def is_typed(self) -> bool:
        """Whether it is answered by typing or choosing."""
        return bool(self.ask)

    @property
    def title(self) -> str:
        """What is asked or wanted, in words."""
        return self.ask or self.that

    @property
    def is_heavy(self) -> bool:
        """Whether it takes a training to find out: to be asked for, and away from the window's thread."""
        asked = self.assertion or self.formula
        return asked is not None and asked.is_heavy


@dataclass(frozen=True)
class Step:
    """One page of a lesson; ``project`` is a file to open, ``focus`` a row counted from 1."""

    title: str
    text: str = ""
    project: Path | None = None
    show: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    color: str | None = None
    focus: int | None = None
    hints: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """A lesson; ``path`` is its file, and ``next`` the file of the one that follows."""

    title: str
    path: Path
    steps: tuple[Step, ...]
    summary: str = ""
    minutes: int | None = None
    project: Path | None = None
    next: Path | None = None

    @property
    def id(self) -> str:
        """What the lesson goes by where progress is kept: the name of its folder, or of its file alone."""
        return self.folder.name if self.path.name == "lesson.toml" else self.path.stem

    @property
    def folder(self) -> Path:
        """Where projects and pictures are."""
        return self.path.parent

    @property
    def number(self) -> int | None:
        """The number that the name begins with, as in “04-derivative”; None without one."""
        digits = self.id.partition("-")[0]
        return int(digits) if digits.isdecimal() else None

    def project_at(self, step: int) -> Path | None:
        """Return the project that is worked on at a step, counted from 0."""
        own = [each.project for each in self.steps[: step + 1] if each.project is not None]
        return own[-1] if own else self.project
