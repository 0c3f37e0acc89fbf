"""Separator, decimal mark, header and kinds, guessed from the first records of a text table."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from nnstudio.data.reading.cells import could_be_date, grouped, is_missing, read_number
from nnstudio.data.reading.decoding import decode_head, encoding_name, guess_encoding
from nnstudio.data.reading.options import SEPARATORS, Problem, ReadOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnstudio.data.reading.options import DateOrder
    from nnstudio.data.reading.source import Source
    from nnstudio.data.table import ColumnKind

HEAD = 1 << 18
_RECORDS = 1000
# From which share of the records with the same number of fields a separator is believed.
_CONSISTENT = 0.8

_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?", re.ASCII)
_POINT_NUMBER = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?", re.ASCII)
# What parts thousands, beside which decimal mark.
_MARKS = ((",", "."), (".", ","), ("'", "."), (" ", ","), (" ", "."))
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)

Records = list[list[str]]
_PLAIN = ReadOptions()


@dataclass(frozen=True)
class Guess:
    """Options, and in which points the beginning of the file could be read otherwise."""

    options: ReadOptions
    choices: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Reading:
    """One way to read the records: how consistent it is, and which share of cells are numbers."""

    separator: str
    width: int
    consistency: float
    numbers: float
    commas: bool


def guess_text(source: Source, given: Mapping[str, Any] | None = None) -> Guess:
    """Return how the beginning of a text file is best read; what is ``given`` of the options stays so."""
    given = given or {}
    encoding, doubt = guess_encoding(source)
    options = ReadOptions(**{"encoding": encoding, **given})
    text = head_text(source, options)
    choices = []
    if doubt and "encoding" not in given:
        choices.append(
            Problem(
                "choose",
                f"{doubt} The file is read as {encoding_name(encoding)}: look whether letters such as é and "
                "ü are right, or choose another encoding.",
                option="encoding",
            )
        )
    if "separator" not in given:
        options, problems = _choose_separator(options, [_reading(text, mark) for mark in SEPARATORS])
        choices += problems
    records = sample(text, options)
    if "decimal" in given and "thousands" not in given:
        options = replace(options, thousands=_thousands(options, records))
    elif "decimal" not in given:
        options, problems = _choose_decimal(options, records)
        choices += problems
    if "header" not in given:
        options, problems = _choose_header(options, records)
        choices += problems
    if "date_order" not in given:
        options, problems = _choose_dates(options, records[int(options.header) :])
        choices += problems
    return Guess(options, tuple(choices))


def head_text(source: Source, options: ReadOptions) -> str:
    """Return the text of the beginning of a file, whole lines of it."""
    head = source.head(HEAD)
    text = decode_head(head, options.encoding, complete=source.size <= HEAD)
    if source.size > HEAD:
        end = max(text.rfind("\n"), text.rfind("\r")) + 1
        text = text[:end] if end else text
    return text


def sample(text: str, options: ReadOptions) -> Records:
    """Return the first records, whatever is wrong with them, without blank lines."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=options.separator, quotechar=options.quote, strict=False
    )
    found: Records = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append(cells)
            if len(found) >= _RECORDS:
                break
    except csv.Error:
        # A field without end: what came before it is what there is to guess from.
        pass
    return found


def guess_kind(cells: Sequence[str], options: ReadOptions) -> ColumnKind:
    """Return what a column seems to hold, by most of its cells."""
    filled = [cell for cell in cells if not is_missing(cell, options.missing)]
    if not filled:
        return "number"
    numbers = sum(read_number(cell, options) is not None for cell in filled)
    if 2 * numbers >= len(filled):
        return "number"
    dates = sum(options.date_order in could_be_date(cell) for cell in filled)
    return "date" if dates >= 0.9 * len(filled) else "category"


def _is_number(cell: str) -> bool:
    cell = cell.strip()
    return (
        read_number(cell, _PLAIN) is not None
        or _COMMA_NUMBER.fullmatch(cell) is not None
        or any(grouped(*marks).match(cell) for marks in _MARKS)
    )


def _reading(text: str, separator: str) -> _Reading:
    records = sample(text, ReadOptions(separator=separator))
    if separator == " ":
        records = [record for record in records if "" not in record] if records else []
    widths = Counter(len(record) for record in records)
    if not widths:
        return _Reading(separator, 0, 0.0, 0.0, False)
    width, times = max(widths.items(), key=lambda item: (item[1], item[0]))
    cells = [cell for record in records if len(record) == width for cell in record if cell.strip()]
    commas = sum(_COMMA_NUMBER.fullmatch(cell.strip()) is not None for cell in cells)
    numbers = sum(map(_is_number, cells))
    return _Reading(
        separator, width, times / len(records), numbers / len(cells) if cells else 0.0, commas > 0
    )


def _choose_separator(
    options: ReadOptions, readings: Sequence[_Reading]
) -> tuple[ReadOptions, list[Problem]]:
    candidates = [reading for reading in readings if reading.width > 1 and reading.consistency >= _CONSISTENT]
    if not candidates:
        # One column, or so ragged that only the user can tell: the separator that parts the most.
        best = max(readings, key=lambda reading: (reading.width > 1, reading.consistency, reading.width))
        return replace(options, separator=best.separator if best.width > 1 else ","), []

    def rank(reading: _Reading) -> tuple[bool, bool, float, bool, int]:
        # A space and a comma occur within texts and numbers too, so others are believed first.
        rare = reading.separator not in (" ", ",")
        return (reading.separator != " ", reading.consistency > 0.99, reading.numbers, rare, reading.width)

    best = max(candidates, key=rank)
    choices = [
        f"{reading.width} columns with a {SEPARATORS[reading.separator]}"
        for reading in candidates
        if reading is not best
        and " " not in (reading.separator, best.separator)
        and reading.consistency >= best.consistency
        and reading.numbers >= best.numbers
    ]
    severity: Literal["choose", "note"] = "choose"
    if not choices and (best.separator, best.width) == (",", 2) and _is_decimal_column(readings):
        # 1,5 on every line: mostly two columns, because of a single one nothing can be learned.
        choices, severity = ["one column of numbers with a decimal comma"], "note"
    problem = Problem(
        severity,
        f"The file is read as {best.width} columns with a {SEPARATORS[best.separator]} between them. "
        f"It could also be {' or '.join(choices)}: choose the separator.",
        option="separator",
    )
    return replace(options, separator=best.separator), [problem] if choices else []


def _is_decimal_column(readings: Sequence[_Reading]) -> bool:
    """Tell whether all lines, unparted, are numbers and some have a decimal comma."""
    lone = next(reading for reading in readings if reading.separator == ";")
    return lone.width == 1 and lone.consistency == lone.numbers == 1.0 and lone.commas


def _choose_decimal(options: ReadOptions, records: Records) -> tuple[ReadOptions, list[Problem]]:
    cells = [cell.strip() for record in records for cell in record]
    for thousands, decimal in _MARKS:
        # With a decimal mark, or parted twice, no other reading is left.
        sure = [cell for cell in cells if grouped(thousands, decimal).match(cell)]
        if any(decimal in cell or cell.count(thousands) > 1 or thousands in " '" for cell in sure):
            return replace(options, decimal=decimal, thousands=thousands), []
    commas = [cell for cell in cells if _COMMA_NUMBER.fullmatch(cell)]
    points = [cell for cell in cells if _POINT_NUMBER.fullmatch(cell)]
    if not commas:
        return options, []
    if points:
        decimal, other = (",", points[0]) if len(commas) > len(points) else (".", commas[0])
        return replace(options, decimal=decimal), [
            Problem(
                "choose",
                f"Some numbers have a decimal comma, such as {commas[0]}, and some a point, such as "
                f"{points[0]}. {other} would not be read as a number: choose the decimal mark.",
                option="decimal",
            )
        ]
    options = replace(options, decimal=",")
    if all(_GROUPED.fullmatch(cell) for cell in commas):
        return options, [
            Problem(
                "choose",
                f"{commas[0]} is read as a number with a decimal comma, {commas[0].replace(',', '.')}, but "
                "the comma could part thousands: choose the decimal mark.",
                option="decimal",
            )
        ]
    return options, []


def _thousands(options: ReadOptions, records: Records) -> str:
    """Return what parts thousands, where the decimal mark is known."""
    cells = [cell.strip() for record in records for cell in record]
    for thousands, decimal in _MARKS:
        if decimal == options.decimal and any(grouped(thousands, decimal).match(cell) for cell in cells):
            return thousands
    return ""


def _choose_header(options: ReadOptions, records: Records) -> tuple[ReadOptions, list[Problem]]:
    if not records:
        return options, []
    first, body = records[0], records[1:]
    if all(read_number(cell, options) is not None for cell in first):
        return replace(options, header=False), []
    yes = no = doubtful = 0
    for index, name in enumerate(first):
        cells = [record[index] for record in body if len(record) == len(first)]
        filled = [cell for cell in cells if not is_missing(cell, options.missing)]
        numbers = sum(read_number(cell, options) is not None for cell in filled)
        if not filled or not name.strip():
            continue
        if numbers >= 0.8 * len(filled):
            if read_number(name, options) is None and not is_missing(name, options.missing):
                yes += 1
            else:
                no += 1
        elif name.strip() in {cell.strip() for cell in filled}:
            no += 1
        else:
            doubtful += 1
    header = yes > no or (no == 0)
    if (yes or doubtful) and no:
        said = "column names" if header else "the first row of data"
        problem = Problem(
            "choose",
            f"The first line is read as {said}, but could be {'data' if header else 'column names'}: "
            "choose whether there is a header.",
            line=1,
            option="header",
        )
        return replace(options, header=header), [problem]
    return replace(options, header=header), []


def _choose_dates(options: ReadOptions, body: Records) -> tuple[ReadOptions, list[Problem]]:
    """Find the order of day and month from dates that can be read in one way alone."""
    orders: set[str] = {"dmy", "mdy"}
    example = ""
    for index in range(max(map(len, body), default=0)):
        cells = [record[index] for record in body if index < len(record)]
        filled = [cell for cell in cells if not is_missing(cell, options.missing)]
        possible = [could_be_date(cell) for cell in filled]
        if not filled or sum(map(bool, possible)) < 0.9 * len(filled):
            continue
        for cell, found in zip(filled, possible, strict=True):
            if found and "ymd" not in found:
                example = example or cell.strip()
                orders &= found
    if not example:
        return options, []
    order: DateOrder = "mdy" if orders == {"mdy"} else "dmy"
    if len(orders) == 1:
        return replace(options, date_order=order), []
    both = bool(orders)
    message = (
        f"“{example}” is read as day, month, year, but could be month, day, year: choose the order of dates."
        if both
        else "Some dates have the day first and some the month: choose the order of dates."
    )
    return replace(options, date_order=order), [Problem("choose", message, option="date_order")]
