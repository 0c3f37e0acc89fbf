"""The records of a text table one by one, with the line on which each begins: slow, exact and strict.

The fast reader names no lines; where something is wrong, this tells where.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from nnstudio.data.reading.decoding import encoding_name
from nnstudio.data.reading.options import LineError, check_cancelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nnstudio.data.reading.options import Cancelled, ReadOptions
    from nnstudio.data.reading.source import Source

_CHECK_EVERY = 1000


def records(
    source: Source, options: ReadOptions, *, cancelled: Cancelled | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the cells of each record but empty lines; raises DataError with the line."""
    with source.open() as file, io.TextIOWrapper(file, options.encoding, newline="") as text:
        yield from _records(text, options, cancelled)


def text_records(text: str, options: ReadOptions) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of text; see `records`."""
    return _records(io.StringIO(text, newline=""), options, None)


def _records(
    text: Iterable[str], options: ReadOptions, cancelled: Cancelled | None
) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(
        _without_mark(text), delimiter=options.separator, quotechar=options.quote, strict=True
    )
    line = 1
    try:
        for number, cells in enumerate(reader):
            if number % _CHECK_EVERY == 0:
                check_cancelled(cancelled)
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise _explained(error, line) from error
    except UnicodeDecodeError as error:
        raise LineError(line, f"what follows is not {encoding_name(options.encoding)}.") from error


def _without_mark(text: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(text):
        yield line.removeprefix("\ufeff") if number == 0 else line


def _explained(error: csv.Error, line: int) -> LineError:
    said = str(error)
    if "unexpected end of data" in said:
        return LineError(line, "a quote is opened and never closed. Close it, or remove it.")
    if "field larger" in said:
        return LineError(
            line,
            f"a field is longer than {csv.field_size_limit():,} characters. Is a quote left open? "
            "Shorten it, or remove it.",
        )
    if "expected after" in said:
        return LineError(line, 'text follows a closing quote. A quote within a field must be doubled ("").')
    return LineError(line, f"{said}.")


def row_lines(source: Source, options: ReadOptions, cancelled: Cancelled | None = None) -> Iterator[int]:
    """Yield the lines of the rows of the table: of records as long as the first one, the header left out."""
    width = 0
    for line, cells in records(source, options, cancelled=cancelled):
        if not any(cell.strip() for cell in cells):
            continue
        if not width:
            width = len(cells)
            if options.header:
                continue
        if len(cells) == width:
            yield line


def lines_of(
    source: Source, options: ReadOptions, rows: Iterable[int], cancelled: Cancelled | None = None
) -> list[int]:
    """Return the lines of rows of the table, by their number."""
    wanted = list(rows)
    last = max(wanted, default=-1)
    lines = list(itertools.islice(row_lines(source, options, cancelled), last + 1))
    return [lines[row] for row in wanted]


class LinePlaces(Sequence[str]):
    """What messages call the rows of a table that was read whole: “line 4”, or “row 3” without lines.

    The file is looked through when the first is asked for.
    """

    def __init__(self, source: Source, options: ReadOptions, rows: int) -> None:
        self._source = source
        self._options = options
        self._rows = rows
        self._lines: Sequence[int] | None = None

    def __len__(self) -> int:
        return self._rows

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._rows))]
        if self._options.format != "text":
            return f"row {index + 1:,}"
        if self._lines is None:
            self._lines = list(itertools.islice(row_lines(self._source, self._options), self._rows))
        return f"line {self._lines[index]}"


def ragged_lines(
    source: Source, options: ReadOptions, width: int, limit: int, cancelled: Cancelled | None = None
) -> tuple[list[tuple[int, int]], int]:
    """Return (line, fields) of the first records without ``width`` cells, and how many there are in all."""
    found: list[tuple[int, int]] = []
    count = 0
    for line, cells in records(source, options, cancelled=cancelled):
        if len(cells) != width and any(cell.strip() for cell in cells):
            count += 1
            if len(found) < limit:
                found.append((line, len(cells)))
    return found, count
