"""Which rows a typed condition keeps, such as ``width > 2 and town == Oslo``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.data.derived import variables
from nnstudio.errors import ExpressionError
from nnstudio.expressions import parse
from nnstudio.ui.panels.data_table_contents import ANSWER, CLASS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nnstudio.ui.panels.data_table_contents import TableContents

_QUOTED = r'(?=(?:[^"]*"[^"]*")*[^"]*$)'  # not within straight quotes, where a word may have "or" in it
_OR, _AND = re.compile(r"\bor\b" + _QUOTED), re.compile(r"\band\b" + _QUOTED)
_EQUALS = re.compile(r"^\s*([^\W\d]\w*)\s*(==|!=|=)\s*(.+?)\s*$")
_COMPARE = re.compile(r"<=|>=|==|!=|<|>")
_CHARACTER = re.compile(r"\(character (\d+)\)")
_BEFORE, _AFTER = "where(", ", 1, 0)"
_QUOTES = "\"'“”‘’"
_ROW, _TEST = "row", "test"


def rows_where(contents: TableContents, text: str) -> NDArray[np.intp] | None:
    """Return the rows for which a condition holds, ascending; None, for all, where there is no condition.

    Conditions are formulas of the columns, of ``row`` and of ``test`` (1 in the test part), joined by ``and``
    and ``or``; words are compared by == and !=. Raises ExpressionError.
    """
    if not text.strip():
        return None
    names = known_names(contents)
    found = np.zeros(len(contents.data), dtype=bool)
    for part in _OR.split(text):
        holds = np.ones(len(contents.data), dtype=bool)
        for condition in _AND.split(part):
            holds &= _holds(contents, condition, names)
        found |= holds
    return np.flatnonzero(found)


def cell_condition(contents: TableContents, actual: int, answer: int, *, test: bool) -> str:
    """Return the condition for the rows of one class, by its place, that get one answer, of one part."""
    places = {kind: place for place, kind in enumerate(column.kind for column in contents.columns)}
    names = {place: name for name, place in known_names(contents).items()}
    parts = [
        f'{names[places[kind]]} == "{contents.data.classes[index]}"'
        for kind, index in ((CLASS, actual), (ANSWER, answer))
    ]
    if len(contents.data.test_rows):
        parts.append(f"{names[-2]} == {int(test)}")
    return " and ".join(parts)


def known_names(contents: TableContents) -> Mapping[str, int]:
    """Return the names that a condition may hold, with the column of each; -1: the row, -2: the test part."""
    titles: dict[str, int] = {}
    for place, column in enumerate(contents.columns):
        # What changes as the network learns is known by small letters, unless a column is called so.
        name = column.title.lower() if column.is_live else column.title
        if column.kind == CLASS:
            name = contents.data.class_column
        if place:
            titles.setdefault(name, place)
    titles.setdefault(_ROW, -1)
    titles.setdefault(_TEST, -2)
    return {name: titles[title] for name, title in variables(titles).items()}


def _holds(contents: TableContents, condition: str, names: Mapping[str, int]) -> NDArray[np.bool_]:
    if not condition.strip():
        raise ExpressionError("A condition is missing beside “and” or “or”.", start=0, end=0)
    compared = _EQUALS.match(condition)
    if compared is not None and names.get(compared[1], 0) > 0:
        place = names[compared[1]]
        words = contents.words(place)
        if words:
            wanted = compared[3].strip(_QUOTES)
            if wanted not in words:
                raise ExpressionError(
                    f"“{wanted}” is none of {compared[1]}: {', '.join(words[:8])}"
                    f"{', …' if len(words) > 8 else ''}.",
                    start=compared.start(3),
                    end=compared.end(3),
                )
            same = contents.codes(place) == words.index(wanted)
            return ~same if compared[2] == "!=" else same
    formula = _as_formula(condition)
    try:
        used = parse(formula, tuple(names)).used_variables
    except ExpressionError as error:
        raise _moved(error, len(_BEFORE) if formula != condition else 0) from error
    if not used:
        raise ExpressionError(
            f"The condition holds none of the columns: {', '.join(list(names)[:8])}.",
            start=0,
            end=len(condition),
        )
    value = parse(formula, used).value(*(_values(contents, names[name]) for name in used))
    return np.asarray((value != 0.0) & ~np.isnan(value))


def _as_formula(condition: str) -> str:
    """Return a formula that is not 0 where a condition holds: formulas compare only to choose."""
    sides = _COMPARE.split(condition)
    if len(sides) == 1:
        return condition
    if not all(side.strip() for side in sides):
        raise ExpressionError("A number or a column is missing beside the comparison.")
    return f"{_BEFORE}{condition}{_AFTER}"


def _moved(error: ExpressionError, by: int) -> ExpressionError:
    """Return an error that counts characters in the condition rather than in the formula."""
    if by <= 0:
        return error
    message = _CHARACTER.sub(lambda found: f"(character {int(found[1]) - by})", str(error))
    return ExpressionError(message, start=max(0, error.start - by), end=max(0, error.end - by))


def _values(contents: TableContents, place: int) -> NDArray[np.float64]:
    if place == -1:
        return np.arange(1.0, len(contents.data) + 1.0)
    if place == -2:
        return contents.is_test.astype(np.float64)
    return contents.values(place)
