"""nnstudio lesson and nnstudio grade: lessons listed and checked, and submissions graded."""

from __future__ import annotations

import json
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.cli.output import count, fail, say
from nnstudio.errors import NNStudioError
from nnstudio.lessons import LessonError, check_lesson, grade, grade_folder, lesson_files, load_lesson
from nnstudio.lessons.documentation import quantity_list
from nnstudio.lessons.listing import files_in
from nnstudio.lessons.reading import LESSON_FILE, is_file_name, lesson_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from nnstudio.lessons import Grade, Lesson

_NAME_WIDTH = 40


def lesson(options: argparse.Namespace) -> int:
    """List or check lessons, or list the quantities, and return the exit code."""
    if options.action == "quantities":
        say(quantity_list().rstrip())
        return 0
    return _list(options) if options.action == "list" else _check(options.files)


def grade_submissions(options: argparse.Namespace) -> int:
    """Grade a project, or all of a folder, and return the exit code."""
    chosen = _chosen_lesson(options.lesson)
    steps = set(options.step) if options.step else None
    missing = sorted(number for number in steps or () if number > len(chosen.steps))
    if missing:
        raise NNStudioError(
            f"There is no step {missing[0]}; the lesson has {count(len(chosen.steps), 'step')}."
        )
    if options.project.is_dir():
        grades: Iterable[Grade] = grade_folder(options.project, chosen, steps=steps)
    else:
        grades = (grade(options.project, chosen, steps=steps),)
    told = []
    for result in grades:
        told.append(result)
        if options.json:
            say(json.dumps(result.to_dict(), ensure_ascii=False))
        elif not options.project.is_dir():
            _tell(result)
    if not told:
        raise NNStudioError(f"The folder “{options.project}” has no projects: files that end in .nns.")
    if options.project.is_dir() and not options.json:
        _table(told)
    unread = [result for result in told if result.problem is not None]
    if not unread:
        return 0
    first = unread[0].problem or ""
    return fail(first if len(told) == 1 else f"{count(len(unread), 'file')} could not be graded. {first}")


def _list(options: argparse.Namespace) -> int:
    entries = []
    for file in lesson_files():
        try:
            found = load_lesson(file)
        except LessonError as error:
            if options.json:
                fail(f"{file}: {error}")  # beside what other programs read
            else:
                say(f"! {file}: {error}")
            continue
        entries.append(found)
    if options.json:
        values = [_described(found) for found in entries]
        say(json.dumps(values, ensure_ascii=False))
        return 0
    if not entries:
        say("There are no lessons.")
    width = max((len(found.id) for found in entries), default=0)
    for found in entries:
        minutes = "" if found.minutes is None else f" ({count(found.minutes, 'minute')})"
        say(f"{found.id:<{width}}  {found.title}{minutes}")
        if found.summary:
            say(f"{'':<{width}}  {found.summary}")
    return 0


def _described(found: Lesson) -> dict[str, object]:
    return {
        "id": found.id,
        "title": found.title,
        "summary": found.summary,
        "minutes": found.minutes,
        "steps": len(found.steps),
        "checks": sum(len(step.checks) for step in found.steps),
        "file": str(found.path),
    }


def _check(paths: Sequence[Path]) -> int:
    files = [file for path in paths for file in _files_of(path)]
    faults = 0
    for file in files:
        for problem in check_lesson(file):
            say(f"{file}:{problem.line}: {problem.message}")
            faults += 1
    if faults:
        return 1
    say(f"{count(len(files), 'lesson')} checked: all is right.")
    return 0


def _files_of(path: Path) -> Sequence[Path]:
    """Return the lesson files that a file or folder stands for; raises NNStudioError."""
    if not path.is_dir():
        return (path,)
    found = files_in(path)
    if not found:
        raise NNStudioError(f"The folder “{path}” has no lessons: no lesson.toml, and no other file .toml.")
    return found


def _chosen_lesson(name: str) -> Lesson:
    """Return a lesson by its file or folder, or by its name in the list; raises NNStudioError."""
    if is_file_name(name) and lesson_file(name).is_file():
        return load_lesson(name)
    known = [(file.parent.name if file.name == LESSON_FILE else file.stem, file) for file in lesson_files()]
    found = [file for known_name, file in known if known_name == name]
    if len(found) > 1:
        files = " and ".join(f"“{file}”" for file in found)
        raise NNStudioError(f"There are {len(found)} lessons “{name}”: {files}. Name the file of one.")
    if found:
        return load_lesson(found[0])
    name = _cut(name)
    close = get_close_matches(name, [known_name for known_name, _ in known], n=1)
    hint = f"Did you mean {close[0]}?" if close else "“nnstudio lesson list” tells which there are."
    raise NNStudioError(f"There is no lesson “{name}”. {hint}")


def _tell(result: Grade) -> None:
    if result.problem is not None:
        return
    say(f"{_plain(Path(result.file).name)}: {result.passed} of {count(len(result.checks), 'check')}")
    for check in result.checks:
        sign = "+" if check.passed else "-"
        say(f"  {sign} {check.step}.{check.check} {check.title}")
        if check.typed is not None:
            # In a line of its own, whatever was typed.
            say(f"        typed: {_plain(check.typed)}")
        if check.told:
            say(f"        {_plain(check.told)}")
    if result.note:
        say(f"  {result.note}")


def _table(results: Sequence[Grade]) -> None:
    names = [_cut(_plain(Path(result.file).name)) for result in results]
    width = max(map(len, (*names, "file")))
    say(f"{'file':<{width}}  passed  score  not passed")
    for name, result in zip(names, results, strict=True):
        if result.problem is not None:
            say(f"{name:<{width}}  could not be graded: {result.problem}")
            continue
        passed = f"{result.passed}/{len(result.checks)}"
        open_ = ", ".join(f"{check.step}.{check.check}" for check in result.checks if not check.passed)
        star = "  *" if result.note else ""
        say(f"{name:<{width}}  {passed:>6}  {result.score:5.0%}  {open_}{star}".rstrip())
    notes = dict.fromkeys(result.note for result in results if result.note)
    for note in notes:
        say(f"* {note}")


def _plain(text: str) -> str:
    """Return a text from elsewhere in one line, without signs that steer a terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _cut(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else f"{name[: _NAME_WIDTH - 1]}…"
