"""How a data file is to be read, and what a look at its beginning has shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nnstudio.data.table import ColumnKind

Format = Literal["text", "parquet", "numpy"]
DateOrder = Literal["ymd", "dmy", "mdy"]
BadRows = Literal["stop", "skip"]
Progress = Callable[[float], None]
Cancelled = Callable[[], bool]

# What stands for a missing value, whatever its case.
MISSING_MARKS = ("", "NA", "N/A", "null", "?", "-")
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16 (big-endian)",
    "cp1252": "Western European (cp1252)",
}
THOUSANDS = {"": "none", ",": "comma", ".": "point", "'": "apostrophe", " ": "space"}
DATE_ORDERS = {"ymd": "year, month, day", "dmy": "day, month, year", "mdy": "month, day, year"}


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How to read a file; all but ``format`` is for text alone.

    ``thousands`` is what parts thousands in numbers such as 1,234.5, if anything does. ``missing`` are the
    cells, in any case, that stand for a missing value. ``date_order`` is that of dates
    such as 3.4.2024 or 3/4/2024; those that begin with the year are read whatever it is.
    """

    format: Format = "text"
    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    thousands: str = ""
    header: bool = True
    quote: str = '"'
    missing: tuple[str, ...] = MISSING_MARKS
    date_order: DateOrder = "ymd"

    def __post_init__(self) -> None:
        if self.format not in ("text", "parquet", "numpy"):
            raise DataError(f"“{self.format}” is not a format of tables.")
        for name, letters in (("separator", self.separator), ("quote", self.quote)):
            if len(letters) != 1 or letters in "\r\n\0" or not letters.isascii():
                raise DataError(f"the {name} must be a single character, not “{letters}”.")
        if self.separator == self.quote:
            raise DataError("the separator and the quote cannot be the same character.")
        if self.decimal not in (".", ","):
            raise DataError(f"the decimal mark is a point or a comma, not “{self.decimal}”.")
        if self.thousands not in THOUSANDS or self.thousands == self.decimal:
            raise DataError(f"“{self.thousands}” cannot part thousands beside the decimal mark.")
        if self.date_order not in DATE_ORDERS:
            raise DataError(f"the order of dates is ymd, dmy or mdy, not “{self.date_order}”.")
        try:
            "".encode(self.encoding)
        except LookupError as error:
            raise DataError(f"“{self.encoding}” is not an encoding.") from error

    def to_dict(self) -> dict[str, Any]:
        """Return the options as plain values for a project file."""
        return {**asdict(self), "missing": list(self.missing)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ReadOptions:
        """Return the options that `to_dict` described; raises DataError."""
        known = {field.name for field in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        if "missing" in given:
            given["missing"] = tuple(str(mark) for mark in given["missing"])
        try:
            return cls(**given)
        except (TypeError, AttributeError) as error:
            raise DataError("The description of how data are read is damaged.") from error


@dataclass(frozen=True)
class Problem:
    """One thing that the user should know about a file.

    ``severity`` is "stop" where reading will be refused, "choose" where the file can be read in two ways and
    ``option`` names what settles it, and "note" for the rest; ``skippable`` where reading can go on without
    the row. ``line`` counts from 1, as editors do; in a
    file without lines it is the number of the row.
    """

    severity: Literal["stop", "choose", "note"]
    message: str
    line: int | None = None
    column: str = ""
    option: str = ""
    skippable: bool = False


@dataclass(frozen=True)
class Preview:
    """The beginning of a file as ``options`` have it: raw cells, and what they seem to be.

    ``rows`` hold the text of the cells, whatever their number; ``lines`` (rows) say where each begins.
    ``kinds`` and ``missing`` are, by column, what the cells looked at are, and how many stand for a missing
    value; these are more than ``rows``: ``rows_seen``. ``rows_estimated`` is how many the file may have.
    """

    options: ReadOptions
    names: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[int, ...] = ()
    kinds: tuple[ColumnKind, ...] = ()
    missing: tuple[int, ...] = ()
    problems: tuple[Problem, ...] = ()
    rows_seen: int = 0
    rows_estimated: int = 0
    complete: bool = True

    @property
    def choices(self) -> tuple[Problem, ...]:
        """Where the file can be read in more than one way."""
        return tuple(problem for problem in self.problems if problem.severity == "choose")


class LineError(DataError):
    """A text table that cannot be read on from ``line`` on."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


class BadRowsError(DataError):
    """Rows that cannot be read; ``problems`` names each, up to a limit, and ``count`` says how many."""

    def __init__(self, message: str, problems: Sequence[Problem] = (), count: int = 0) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
        self.count = count


class ReadingCancelledError(DataError):
    """Reading was stopped because it was asked to; nothing is wrong with the file."""

    def __init__(self) -> None:
        super().__init__("reading was stopped.")


def check_cancelled(cancelled: Cancelled | None) -> None:
    """Raise ReadingCancelledError where reading shall stop."""
    if cancelled is not None and cancelled():
        raise ReadingCancelledError


def check_names(wanted: Iterable[str], names: Sequence[str]) -> None:
    """Raise DataError where a column is asked for that there isn't."""
    for name in wanted:
        if name not in names:
            raise DataError(f"there is no column “{name}”. The columns are {', '.join(names)}.")


def unique_names(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return column names without gaps and doubles, and a sentence for each that was changed."""
    taken: set[str] = set()
    given = {name.strip() for name in names}
    result, notes = [], []
    for index, raw in enumerate(names):
        name = wanted = raw.strip() or f"c{index + 1}"
        number = 2
        while name in taken or (name != raw.strip() and name in given):
            name = f"{wanted}_{number}"
            number += 1
        taken.add(name)
        result.append(name)
        if not raw.strip():
            notes.append(f"Column {index + 1} has no name in the header and is called “{name}”.")
        elif name != raw.strip():
            notes.append(f"Another column is called “{raw.strip()}” too; the one at {index + 1} is “{name}”.")
    return tuple(result), tuple(notes)
