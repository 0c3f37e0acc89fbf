"""Lessons checked as a whole: their files, texts and formulas, and whether the checks suit the projects."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from nnstudio.errors import NNStudioError
from nnstudio.lessons.evaluating import computed
from nnstudio.lessons.model import VIEWS, Check, Lesson, Problem, Step
from nnstudio.lessons.reading import is_file_name, read_lesson
from nnstudio.lessons.situation import Situation
from nnstudio.lessons.telling import UnanswerableError
from nnstudio.lessons.texts import formula_problem, formulas, links, stray_dollars
from nnstudio.project import load_project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnstudio.lessons.language import Assertion
    from nnstudio.lessons.lines import Lines
    from nnstudio.lessons.lines import Path as Keys
    from nnstudio.project import Project

_PICTURES = (".png", ".jpg", ".jpeg", ".svg")
_ELSEWHERE = ("http://", "https://", "mailto:")
# What is known of a project before anybody has worked with it.
_NO_PROJECT = 'The lesson has none: write project = "….nns".'
_KNOWN_AT_START = ("network", "data", "settings")


def check_lesson(path: str | Path) -> list[Problem]:
    """Return all that is wrong with a lesson, by lines; an empty list where it can be used as it is."""
    lesson, problems, lines = read_lesson(path)
    if lesson is not None:
        checker = _Checker(lesson, lines)
        checker.check()
        problems += checker.problems
    return sorted(set(problems))


class _Checker:
    def __init__(self, lesson: Lesson, lines: Lines) -> None:
        self.lesson = lesson
        self.lines = lines
        self.problems: list[Problem] = []

    def check(self) -> None:
        self.project(("project",), self.lesson.project)
        if self.lesson.next is not None and not self.lesson.next.is_file():
            self.fault(("next",), f"There is no lesson “{self.lesson.next}”.")
        for number, step in enumerate(self.lesson.steps):
            self.step(("step", number), step, number)

    def step(self, path: Keys, step: Step, number: int) -> None:
        self.project((*path, "project"), step.project)
        self.text((*path, "text"), step.text)
        for key, texts in (("hints", step.hints), ("title", (step.title,))):
            for text in texts:
                self.formulas((*path, key), text)
        project = self.opened(self.lesson.project_at(number))
        if project is not None:
            self.selection((*path, "select"), step, project)
            rows = 0 if project.data is None else len(project.data)
            if step.focus is not None and step.focus > rows:
                self.fault((*path, "focus"), f"There is no row {step.focus}; the project has {rows}.")
        elif step.select or step.focus is not None or step.lock:
            self.fault(path, f"The step is about a project. {_NO_PROJECT}")
        for place, check in enumerate(step.checks):
            self.one(((*path, "check", place)), check, step, project)

    def one(self, path: Keys, check: Check, step: Step, project: Project | None) -> None:
        for key in ("that", "otherwise", "ask"):
            self.formulas((*path, key), getattr(check, key))
        for key, found in (("when", check.assertion), ("answer", check.formula)):
            if found is not None and found.quantities:
                if project is None:
                    self.fault(
                        (*path, key),
                        'This asks about a project, but the lesson has none. Write project = "…".',
                    )
                else:
                    self.quantities((*path, key), found, step, project)

    def quantities(self, path: Keys, found: Assertion, step: Step, project: Project) -> None:
        """Try an assertion or answer on the project as it is at the start."""
        known = _names(project)
        is_unknown = False
        for label, place in found.labels():
            if label not in known:
                is_unknown = True
                close = get_close_matches(label[:80], known, n=1, cutoff=0.6)
                # Neurons that are yet to be added may have any other name.
                if close or "structure" in step.lock:
                    self.unknown(path, found.text, place, label, known, close)
        if is_unknown or not all(quantity.scope in _KNOWN_AT_START for quantity in found.quantities):
            return
        try:
            computed(found, Situation.of(project))
        except UnanswerableError as error:
            # A connection may be yet to be drawn, and data to be chosen.
            if path[-1] == "answer" or {"structure", "data"} <= set(step.lock):
                self.fault(path, f"This cannot be computed for the project: {error}")
        except NNStudioError as error:
            self.fault(path, f"This cannot be computed for the project: {error}")

    def unknown(
        self, path: Keys, text: str, place: int, label: str, known: Sequence[str], close: list[str]
    ) -> None:
        line = self.lines.text(path, place, text)
        hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(known)}."
        self.problems.append(Problem(line, f"The project has no neuron “{label}”. {hint}"))

    def selection(self, path: Keys, step: Step, project: Project) -> None:
        situation = Situation.of(project)
        for item in step.select:
            ends = [end.strip() for end in item.replace("→", "->").split("->")]
            try:
                if len(ends) == 2:
                    situation.connection(*ends)
                else:
                    situation.neuron(item)
            except NNStudioError as error:
                self.fault(path, f"“{item}” cannot be selected. {error}")

    # Files and texts

    def project(self, path: Keys, file: Path | None) -> None:
        if file is None:
            return
        try:
            _load(file)
        except NNStudioError as error:
            self.fault(path, str(error))

    def opened(self, file: Path | None) -> Project | None:
        try:
            return None if file is None else _load(file)
        except NNStudioError:
            return None  # told where it is named

    def text(self, path: Keys, text: str) -> None:
        self.formulas(path, text)
        for link in links(text):
            problem = self.link_problem(link.target, link.is_picture)
            if problem is None and link.is_picture and not link.text.strip():
                problem = f"The picture {link.target} does not say what it shows. Write it between [ and ]."
            if problem is not None:
                self.problems.append(Problem(self.lines.text(path, link.start, text), problem))

    def link_problem(self, target: str, is_picture: bool) -> str | None:
        if is_picture and target.startswith("view:"):
            name = target.removeprefix("view:")
            if name in VIEWS:
                return None
            close = get_close_matches(name, VIEWS, n=1, cutoff=0.6)
            hint = f"Did you mean view:{close[0]}?" if close else f"There are {', '.join(VIEWS)}."
            return f"There is no view “{name}” to make a picture of. {hint}"
        if not target:
            return "A link leads nowhere. Write its target between ( and )."
        if not is_picture and target.startswith(_ELSEWHERE):
            return None
        if is_picture and not target.lower().endswith(_PICTURES):
            return f"“{target}” is no picture beside the lesson. There may be {', '.join(_PICTURES)}."
        if not is_file_name(target) or not (self.lesson.folder / target).is_file():
            return f"There is no file “{target}” beside the lesson."
        return None

    def formulas(self, path: Keys, text: str) -> None:
        for formula in formulas(text):
            problem = formula_problem(formula.latex)
            if problem is not None:
                self.problems.append(Problem(self.lines.text(path, formula.start, text), problem))
        for place in stray_dollars(text):
            line = self.lines.text(path, place, text)
            self.problems.append(
                Problem(line, r"A $ begins a formula that never ends. For a dollar, write \$.")
            )

    def fault(self, path: Keys, message: str) -> None:
        self.problems.append(Problem(self.lines.of(path), message))


def _load(file: Path) -> Project:
    """Return a project; one file may be asked for by every step."""
    try:
        stamp = file.stat().st_mtime_ns
    except OSError:
        stamp = 0
    return _loaded(file, stamp)


@lru_cache(maxsize=8)
def _loaded(file: Path, _stamp: int) -> Project:
    return load_project(file)


def _names(project: Project) -> list[str]:
    labels = [neuron.label for neuron in project.network.neurons if neuron.label]
    return list(dict.fromkeys([*labels, *(neuron.id for neuron in project.network.neurons)]))
