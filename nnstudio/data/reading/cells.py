"""Cells of text as numbers, days or categories: whole columns at once, and what cannot be read among them."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.columns import parse_number
from nnstudio.data.table import MISSING_CODE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.data.reading.options import DateOrder, ReadOptions

_SORTED = 10_000
_DAY = 86_400e6  # in microseconds
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_TIME = r"([T ](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2}(\.[0-9]+)?))?)?Z?$"
_DATES: dict[str, str] = {
    "ymd": r"^(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})",
    "dmy": r"^(?P<day>[0-9]{1,2})[-/. ]+(?P<month>[0-9]{1,2})[-/. ]+(?P<year>[0-9]{4})",
    "mdy": r"^(?P<month>[0-9]{1,2})[-/. ]+(?P<day>[0-9]{1,2})[-/. ]+(?P<year>[0-9]{4})",
}
_DATE_PATTERNS = {order: re.compile(pattern + _TIME, re.ASCII) for order, pattern in _DATES.items()}


def is_missing(cell: str, marks: tuple[str, ...]) -> bool:
    """Tell whether a cell stands for a missing value."""
    return cell.strip().casefold() in _folded(marks)


@functools.cache
def _folded(marks: tuple[str, ...]) -> frozenset[str]:
    return frozenset(mark.casefold() for mark in marks)


@functools.cache
def grouped(thousands: str, decimal: str) -> re.Pattern[str]:
    """Return the pattern of a number whose thousands are parted."""
    pattern = rf"^[+-]?[0-9]{{1,3}}({re.escape(thousands)}[0-9]{{3}})+({re.escape(decimal)}[0-9]*)?$"
    return re.compile(pattern, re.ASCII)


def read_number(cell: str, options: ReadOptions) -> float | None:
    """Return the number that a cell spells, infinities and NaN included, or None where it is no number."""
    cell = cell.strip()
    if options.thousands and grouped(options.thousands, options.decimal).match(cell):
        cell = cell.replace(options.thousands, "")
    # Digits of other alphabets are numbers to Python, but to hardly any other program.
    return parse_number(cell, options.decimal) if cell.isascii() else None


def parse_date(cell: str, order: DateOrder) -> float | None:
    """Return a date, with a time or without, as days since 1970-01-01, or None where it is none."""
    cell = cell.strip()
    for key in dict.fromkeys(("ymd", order)):
        found = _DATE_PATTERNS[key].match(cell)
        if found:
            parts = found.groupdict(default="0")
            text = f"{int(parts['year']):04}-{int(parts['month']):02}-{int(parts['day']):02}"
            try:
                day = float(np.datetime64(text, "D").astype(np.int64))
            except ValueError:
                return None
            hour, minute, second = int(parts["hour"]), int(parts["minute"]), float(parts["second"])
            if hour > 23 or minute > 59 or second >= 60:
                return None
            return day + (hour * 3600 + minute * 60 + second) / 86_400
    return None


def could_be_date(cell: str) -> set[str]:
    """Return the orders in which a cell can be read as a date; all of them where it begins with the year."""
    if parse_date(cell, "ymd") is not None:
        return {"ymd", "dmy", "mdy"}
    orders: tuple[DateOrder, ...] = ("dmy", "mdy")
    return {order for order in orders if parse_date(cell, order) is not None}


@dataclass(frozen=True)
class Converted:
    """Values of a block of cells; at the places ``bad`` is what cannot be read, its text in ``texts``."""

    values: NDArray[Any]
    bad: NDArray[np.intp]
    texts: tuple[str, ...] = ()


class Converter:
    """Turns blocks of cells into values; one for each column, as options have it."""

    def __init__(self, options: ReadOptions) -> None:
        import pyarrow as pa

        self._options = options
        self._marks = _folded(options.missing)
        spellings = {f(mark) for mark in options.missing for f in (str, str.lower, str.upper, str.capitalize)}
        self._mark_set = pa.array(sorted(spellings), pa.string())
        self._codes: dict[str, int] = {}

    def numbers(self, cells: Any) -> Converted:
        """Convert an Arrow array of strings to float64, NaN for missing."""
        import pyarrow as pa
        import pyarrow.compute as pc

        original = cells
        if self._options.thousands:
            pattern = grouped(self._options.thousands, self._options.decimal).pattern
            joined = pc.replace_substring(pc.utf8_trim_whitespace(cells), self._options.thousands, "")
            parted = pc.match_substring_regex(pc.utf8_trim_whitespace(cells), pattern)
            cells = pc.if_else(parted, joined, cells)
        if self._options.decimal == ",":
            # A point in such a number parts thousands, or it was written elsewhere: never a decimal mark.
            cells = pc.if_else(pc.match_substring(cells, "."), "?!", pc.replace_substring(cells, ",", "."))
        marked = pc.is_in(original, self._mark_set)
        if pc.any(marked).as_py():
            cells = pc.if_else(marked, pa.scalar(None, pa.string()), cells)
        bad = np.zeros(len(cells), dtype=bool)
        try:
            numbers = pc.cast(cells, pa.float64())
        except pa.ArrowInvalid:
            cells = pc.utf8_trim_whitespace(cells)
            trimmed = pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(original)), self._lower_marks())
            spelled = pc.match_substring_regex(cells, _NUMBER)
            unread = pc.and_not(pc.invert(pc.fill_null(spelled, True)), trimmed)
            bad = unread.to_numpy(zero_copy_only=False)
            keep = pc.and_not(pc.fill_null(spelled, False), trimmed)
            numbers = pc.cast(pc.if_else(keep, cells, pa.scalar(None, pa.string())), pa.float64())
        values = numbers.to_numpy(zero_copy_only=False)
        if not np.isfinite(values).all():
            # “nan”, “inf” and 1e999 are read as such: only what has no value here is missing.
            there = ~numbers.is_null().to_numpy(zero_copy_only=False)
            bad |= there & ~np.isfinite(values)
        return self._converted(np.asarray(values, np.float64), bad, original)

    def _lower_marks(self) -> Any:
        import pyarrow as pa

        return pa.array(sorted({mark.lower() for mark in self._options.missing}), pa.string())

    def dates(self, cells: Any) -> Converted:
        """Convert an Arrow array of strings to days since 1970-01-01, NaN for missing."""
        import pyarrow as pa
        import pyarrow.compute as pc

        marked = pc.is_in(cells, self._mark_set)
        try:
            # Those that begin with the year and differ from row to row are fast to read so alone.
            moments = pc.cast(pc.if_else(marked, pa.scalar(None, pa.string()), cells), pa.timestamp("us"))
        except pa.ArrowInvalid:
            pass
        else:
            micro = pc.fill_null(pc.cast(moments, pa.int64()), 0).to_numpy(zero_copy_only=False)
            missing = marked.to_numpy(zero_copy_only=False)
            return Converted(np.where(missing, np.nan, micro / _DAY), np.empty(0, np.intp))
        encoded = cells.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        days = np.empty(len(texts))
        unread = np.zeros(len(texts), dtype=bool)
        for index, text in enumerate(texts):
            day = None if self._missing(text) else parse_date(text, self._options.date_order)
            unread[index] = day is None and not self._missing(text)
            days[index] = np.nan if day is None else day
        places = encoded.indices.to_numpy(zero_copy_only=False)
        return self._converted(days[places], unread[places], cells)

    def categories(self, cells: Any) -> Converted:
        """Convert an Arrow array of strings to codes, -1 for missing, in the order in which they appear."""
        encoded = cells.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        known = self._codes
        codes = np.empty(len(texts), dtype=np.int32)
        for index, text in enumerate(texts):
            code = known.get(text)
            if code is None:
                missing = self._missing(text)
                code = MISSING_CODE if missing else known.setdefault(text.strip(), len(known))
            codes[index] = code
        places = encoded.indices.to_numpy(zero_copy_only=False)
        return Converted(codes[places], np.empty(0, np.intp))

    def sorted_categories(self, codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """Return codes of all blocks for the categories in use: numbers in order of value, then texts.

        Where there are too many to be categories of anything, they stay in the order of their appearance.
        """
        used = np.zeros(len(self._codes) + 1, dtype=bool)
        used[codes] = True
        if len(self._codes) > _SORTED and used[:-1].all():
            return codes, tuple(self._codes)
        names = sorted((name for name, code in self._codes.items() if used[code]), key=_order)
        places = np.full(len(self._codes) + 1, MISSING_CODE, dtype=np.int32)
        for place, name in enumerate(names):
            places[self._codes[name]] = place
        return places[codes], tuple(names)

    def _missing(self, text: str) -> bool:
        return text.strip().casefold() in self._marks

    def _converted(self, values: NDArray[Any], bad: NDArray[np.bool_], cells: Any) -> Converted:
        places = np.flatnonzero(bad)
        if not len(places):
            return Converted(values, places)
        values = np.where(bad, np.nan, values)
        return Converted(values, places, tuple(cells.take(places).to_pylist()))


def _order(name: str) -> tuple[int, float, str]:
    value = parse_number(name)
    return (1, 0.0, name) if value is None or value != value else (0, value, name)
