"""Lesson files read: TOML, every part of it checked, and every fault with its line."""

from __future__ import annotations

import os
import re
import tomllib
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.errors import ExpressionError
from nnstudio.lessons import language
from nnstudio.lessons.answers import parse_number
from nnstudio.lessons.lines import Lines, lines_of
from nnstudio.lessons.model import COLORS, DOCKS, FORMAT, LOCKS, Check, Lesson, LessonError, Problem, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.lessons.lines import Path as Keys

LESSON_FILE = "lesson.toml"
_SIZE_LIMIT = 2_000_000
# What \b, \f, \r and \t become, none of which but the last a file can hold as it is.
_TAKEN = re.compile(r"[\b\f\r\t]")
_TAKEN_BESIDE_TABS = re.compile(r"[\b\f\r]")
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")

# The kinds of the keys.
_LESSON = {
    "format": int,
    "title": str,
    "summary": str,
    "minutes": int,
    "project": str,
    "next": str,
    "step": dict,
}
_STEP = {
    "title": str,
    "text": str,
    "project": str,
    "show": list,
    "lock": list,
    "select": list,
    "color": str,
    "focus": int,
    "hints": list,
    "check": dict,
}
_CHECK: dict[str, Any] = {
    "that": str,
    "when": str,
    "otherwise": str,
    "ask": str,
    "answer": (str, int, float),
    "tolerance": (int, float),
    "relative": (int, float),
    "accept": list,
    "choices": list,
}
_ASKED = {"that": "wanted", "ask": "asked"}
_KINDS = {
    str: 'a text in quotes, as in {} = "…"',
    int: "a whole number, as in {} = 3",
    list: 'a list of texts, as in {} = ["…", "…"]',
    (str, int, float): 'a number, or a text in quotes, as in {} = "1/2"',
    (int, float): "a number, as in {} = 0.01",
}


def load_lesson(path: str | Path) -> Lesson:
    """Return the lesson in a file, or in a folder; raises LessonError with what is wrong in which line.

    Whether projects and pictures are there, and whether assertions suit them, is for `check_lesson` to say.
    """
    lesson, problems, _ = read_lesson(path)
    if lesson is None or problems:
        raise LessonError(lesson_file(path).name, tuple(problems))
    return lesson


def lesson_file(path: str | Path) -> Path:
    """Return the file of a lesson that is given by its file or its folder."""
    path = Path(path)
    return path / LESSON_FILE if path.is_dir() else path


def read_lesson(path: str | Path) -> tuple[Lesson | None, list[Problem], Lines]:
    """Return the lesson as far as it can be read, and what is wrong with it, line by line."""
    file = lesson_file(path)
    try:
        if file.stat().st_size > _SIZE_LIMIT:
            return None, [Problem(1, "The file is too large to be a lesson.")], Lines()
        content = file.read_bytes()
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        return None, [Problem(1, f"There is no file “{file}”.")], Lines()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return None, [Problem(line, "This is no text in UTF-8. Save the file with this encoding.")], Lines()
    except OSError as error:
        return None, [Problem(1, f"The file cannot be read: {error.strerror or error}.")], Lines()
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [_syntax(text, str(error))], Lines()
    except RecursionError:
        return None, [Problem(1, "Its brackets are nested too deeply.")], Lines()
    except ValueError:  # Python reads no whole number of thousands of digits
        return None, [Problem(1, "A number in it is too long to be read.")], Lines()
    reader = _Reader(file, values, lines_of(text), _TAKEN_BESIDE_TABS if "\t" in text else _TAKEN)
    return reader.lesson(), sorted(reader.problems), reader.lines


def _syntax(text: str, message: str) -> Problem:
    found = _PLACE.search(message)
    line = int(found[1]) if found else text.count("\n") + 1
    reason = _PLACE.sub("", message).replace("(at end of document)", "").strip()
    hint = ""
    if "Unescaped '\\'" in message or "escape" in message.casefold():
        hint = " Put texts with a backslash between three single quotes, '''…'''."
    return Problem(line, f"This is no TOML: {reason[:1].lower()}{reason[1:]}.{hint}")


class _Reader:
    def __init__(self, file: Path, values: dict[str, Any], lines: Lines, taken: re.Pattern[str]) -> None:
        self.file = file
        self.values = values
        self.lines = lines
        self.taken = taken
        self.problems: list[Problem] = []

    def lesson(self) -> Lesson:
        values = self.checked((), self.values, _LESSON)
        version = values.get("format")
        if version is None:
            self.fault((), "The lesson does not say its format. Begin the file with format = 1.")
        elif version != FORMAT:
            self.fault(("format",), f"There is no format {version}; this program reads format {FORMAT}.")
        if not values.get("title", "").strip():
            self.fault(("title",), 'The lesson has no title. Write title = "…".')
        if values.get("minutes", 1) < 1:
            self.fault(("minutes",), "A lesson takes 1 minute or more.")
        steps = values.get("step", [])
        if not steps and not self.values.get("step"):
            self.fault((), "The lesson has no steps. Begin one with [[step]].")
        return Lesson(
            title=values.get("title", ""),
            path=self.file,
            steps=tuple(self.step(("step", number), step) for number, step in enumerate(steps)),
            summary=values.get("summary", ""),
            minutes=values.get("minutes"),
            project=self.beside(("project",), values.get("project")),
            next=self.following(values.get("next")),
        )

    def step(self, path: Keys, given: Any) -> Step:
        values = self.checked(path, given, _STEP)
        if not values.get("title", "").strip():
            self.fault((*path, "title"), 'The step has no title. Write title = "…".')
        self.one_of((*path, "show"), values.get("show", ()), DOCKS, "panel")
        self.one_of((*path, "lock"), values.get("lock", ()), LOCKS, "lock")
        if "color" in values:
            self.one_of((*path, "color"), (values["color"],), COLORS, "coloring")
        if values.get("focus", 1) < 1:
            self.fault((*path, "focus"), "Rows are counted from 1.")
        checks = values.get("check", [])
        return Step(
            title=values.get("title", ""),
            text=values.get("text", ""),
            project=self.beside((*path, "project"), values.get("project")),
            show=tuple(values.get("show", ())),
            lock=tuple(values.get("lock", ())),
            select=tuple(values.get("select", ())),
            color=values.get("color"),
            focus=values.get("focus"),
            hints=tuple(values.get("hints", ())),
            checks=tuple(self.check((*path, "check", number), check) for number, check in enumerate(checks)),
        )

    def check(self, path: Keys, given: Any) -> Check:
        values = self.checked(path, given, _CHECK)
        is_typed = "ask" in values or "answer" in values
        other = ("that", "when") if is_typed else ("answer", "tolerance", "relative", "accept", "choices")
        for name in other:
            if name in values:
                what = "is answered by typing" if is_typed else "passes by itself"
                self.fault(
                    (*path, name), f"A check that {what} has no “{name}”. Remove it, or make it two checks."
                )
        wanted = ("ask", "answer") if is_typed else ("that", "when")
        for name in wanted:
            if name not in values and name not in given:
                self.fault(path, f"The check has no “{name}”. A check has {wanted[0]} and {wanted[1]}.")
        if not values.get(wanted[0], "?").strip():
            self.fault((*path, wanted[0]), f"“{wanted[0]}” is empty. Write what is {_ASKED[wanted[0]]}.")
        plain: dict[str, Any] = {
            name: values[name] for name in ("that", "when", "otherwise", "ask") if name in values
        }
        if not is_typed:
            assertion = self.expression((*path, "when"), values.get("when"), language.read_assertion)
            return Check(**plain, assertion=assertion)
        return self.typed(path, values, plain)

    def typed(self, path: Keys, values: dict[str, Any], plain: dict[str, Any]) -> Check:
        for name in ("tolerance", "relative"):
            if not 0 <= values.get(name, 0) < float("inf"):
                self.fault((*path, name), f"The {name} is a number from 0.")
        answer = values.get("answer", "")
        text = answer if isinstance(answer, str) else repr(answer)
        choices = tuple(values.get("choices", ()))
        is_text = "choices" in values or "accept" in values
        if choices and text not in choices:
            self.fault((*path, "answer"), "The answer is none of the choices. Write it just as there.")
        if "choices" in values and len(set(choices)) < max(2, len(choices)):
            self.fault((*path, "choices"), "Give two choices or more, each once.")
        if "answer" in values and not text.strip():
            self.fault((*path, "answer"), "The answer is empty.")
        if isinstance(answer, float) and not isfinite(answer):
            self.fault((*path, "answer"), "Nobody can type this number. Give a finite one.")
        formula = None
        if not is_text and "answer" in values and text.strip():
            number = parse_number(text)
            written = text if number is None else repr(number)
            formula = self.formula((*path, "answer"), written)
            is_text = formula is None
        return Check(
            **plain,
            answer=text,
            tolerance=values.get("tolerance"),
            relative=values.get("relative"),
            accept=tuple(values.get("accept", ())),
            choices=choices,
            is_text=is_text,
            formula=formula,
        )

    def formula(self, path: Keys, text: str) -> language.Assertion | None:
        """Return the formula that an answer is; one that is a text is none."""
        try:
            found = language.read(text)
        except ExpressionError as error:
            # A word or a sentence is a text, and what has the signs of a formula was meant to be one.
            if re.search(r"[()*/=<>]|\d", text):
                self.fault(
                    path,
                    f"The answer is no number and no formula: {error} Beside a text stands accept = [].",
                )
            return None
        if found.kind == "truth":
            self.fault(path, "The answer is a number or a text, but this is true or false.")
        return found

    def expression(self, path: Keys, text: str | None, read: Any) -> language.Assertion | None:
        if text is None:
            return None
        try:
            found: language.Assertion = read(text)
        except ExpressionError as error:
            line = self.lines.text(path, error.start, text)
            self.problems.append(Problem(line, f"“{path[-1]}”: {error}"))
            return None
        return found

    # Parts

    def checked(self, path: Keys, given: Any, kinds: dict[str, Any]) -> dict[str, Any]:
        """Return what has the right kind; what hasn't, and what is unknown, are faults."""
        values = {}
        for name, value in given.items():
            kind = kinds.get(name)
            if kind is None:
                self.unknown_key(path, name, kinds)
            elif kind is dict:
                if isinstance(value, list) and all(isinstance(item, dict) for item in value):
                    values[name] = value
                else:
                    brackets = "[[step]]" if name == "step" else "[[step.check]]"
                    self.fault((*path, name), f"Each {name} begins with {brackets} in a line of its own.")
            elif not _is_of(value, kind):
                self.fault((*path, name), f"“{name}” has to be {_KINDS[kind].format(name)}.")
            else:
                values[name] = value
                self.backslashes((*path, name), value)
        return values

    def backslashes(self, path: Keys, value: Any) -> None:
        """Find what a backslash was taken for, as in a LaTeX command between double quotes."""
        for text in value if isinstance(value, list) else [value]:
            found = self.taken.search(text) if isinstance(text, str) else None
            if found is not None:
                message = (
                    "A backslash was read as a sign of its own, as in \\frac or \\theta. "
                    "Put the text between three single quotes, '''…'''."
                )
                self.problems.append(Problem(self.lines.text(path, found.start(), text), message))
                return

    def unknown_key(self, path: Keys, name: str, kinds: dict[str, Any]) -> None:
        tables = {"lesson": _LESSON, "step": _STEP, "check": _CHECK}
        what = next(key for key, table in tables.items() if table is kinds)
        elsewhere = [f"a {key}" for key, table in tables.items() if name in table]
        if elsewhere:
            self.fault(
                (*path, name), f"“{name}” is no key of a {what}; it belongs to {' or '.join(elsewhere)}."
            )
        else:
            self.unknown((*path, name), name, tuple(kinds), f"key of a {what}")

    def one_of(self, path: Keys, names: Sequence[str], known: tuple[str, ...], what: str) -> None:
        for name in names:
            if name not in known:
                self.unknown(path, name, known, what)

    def unknown(self, path: Keys, name: str, known: tuple[str, ...], what: str) -> None:
        close = get_close_matches(name[:80], known, n=1, cutoff=0.6)
        hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(known)}."
        self.fault(path, f"“{name}” is no {what}. {hint}")

    def fault(self, path: Keys, message: str) -> None:
        self.problems.append(Problem(self.lines.of(path), message))

    def beside(self, path: Keys, name: str | None) -> Path | None:
        if name is None:
            return None
        if not is_file_name(name):
            self.fault(path, "This is no name of a file. Write the name of one beside the lesson.")
            return None
        return self.file.parent / name

    def following(self, name: str | None) -> Path | None:
        """Return the file of the lesson with this name, beside this one's folder or file."""
        if name is None:
            return None
        if not is_file_name(name):
            self.fault(("next",), "This is no name of a lesson. Write that of its folder or file.")
            return None
        shelf = self.file.parent.parent if self.file.name == LESSON_FILE else self.file.parent
        return lesson_file(shelf / name)


def is_file_name(name: str) -> bool:
    """Return whether a system can be asked for a file of this name."""
    if not name.strip() or len(name) > 1000 or any(sign < " " for sign in name):
        return False
    return all(len(os.fsencode(part)) <= 255 for part in name.split("/"))


def _is_of(value: Any, kind: Any) -> bool:
    if isinstance(value, bool):
        return False
    if kind is list:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, kind)
