"""Reading a table: from text, Parquet or NumPy, with progress, and stopped when asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnstudio.data.reading.columnar import open_columns, read_columnar
from nnstudio.data.reading.guessing import Guess, guess_text
from nnstudio.data.reading.options import ReadOptions, check_cancelled
from nnstudio.data.reading.records import LinePlaces
from nnstudio.data.reading.source import Origin, Source, detect_format, open_source
from nnstudio.data.reading.text import look, read_text
from nnstudio.data.table import Table
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnstudio.data.reading.options import BadRows, Cancelled, Progress
    from nnstudio.data.table import ColumnKind


def guess(origin: Origin | Source) -> ReadOptions:
    """Return how a file, or what was pasted, is best read; raises DataError for what is no table.

    Where it could be read otherwise too, `preview` says so.
    """
    return guess_with_choices(origin).options


def guess_with_choices(origin: Origin | Source, given: Mapping[str, Any] | None = None) -> Guess:
    """Return how a file is best read, and in which points it could be read otherwise.

    What is ``given`` of the options, and not None, stays so.
    """
    source = open_source(origin)
    kind = detect_format(source)
    if kind != "text":
        return Guess(ReadOptions(format=kind))
    return guess_text(source, {name: value for name, value in (given or {}).items() if value is not None})


def settled_options(origin: Origin | Source, **given: object) -> ReadOptions:
    """Return options for reading without a user to ask: those given, the rest guessed.

    Raises DataError where the file could be read in two ways and nothing given settles it: the wrong
    reading is never taken silently. A ``given`` that is None is as good as not given.
    """
    guessed = guess_with_choices(origin, given)
    for problem in guessed.choices:
        if problem.severity == "choose":
            raise DataError(_first_small(problem.message))
    return guessed.options


def read_table(
    origin: Origin | Source,
    options: ReadOptions | None = None,
    *,
    kinds: Mapping[str, ColumnKind] | None = None,
    columns: Sequence[str] | None = None,
    on_bad_rows: BadRows = "stop",
    max_rows: int | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Table:
    """Read a table from a file or what was pasted; without options, as guessed.

    ``kinds`` say what columns hold where it isn't what the beginning of the file suggests; ``columns`` names
    those wanted, in the file's order. A row with too few or too many fields, or a cell that cannot be read,
    stops it with BadRowsError, which lists them; or such rows are skipped, and ``source["skipped_rows"]``
    says how many. ``max_rows`` reads only the first ones; ``memory`` is how many bytes may be used, what is
    free unless said. ``progress`` is called with the fraction read and ``cancelled`` asked whether to stop,
    both every few milliseconds from the calling thread; then ReadingCancelledError is raised.

    Raises DataError, with line and column, for everything that cannot be read.
    """
    source = open_source(origin)
    check_cancelled(cancelled)
    if options is None:
        options = settled_options(source)
    read = read_text if options.format == "text" else read_columnar
    if options.format != "text" and source.size == 0:
        raise DataError("the file is empty. Choose one with at least one row.")
    read_columns, noted = read(
        source,
        options,
        kinds=dict(kinds or {}),
        columns=columns,
        on_bad_rows=on_bad_rows,
        max_rows=max_rows,
        memory=memory,
        progress=progress,
        cancelled=cancelled,
    )
    account = {"kind": "file", "file": source.name, "options": options.to_dict(), **noted}
    return Table(read_columns, source.title, account)


def column_names(origin: Origin | Source, options: ReadOptions) -> tuple[str, ...]:
    """Return the names of the columns that a file holds; raises DataError."""
    source = open_source(origin)
    return look(source, options).names if options.format == "text" else open_columns(source, options).names


def row_places(origin: Origin | Source, table: Table) -> Sequence[str]:
    """Return what messages call the rows of a table that `read_table` made of this file, none skipped."""
    options = ReadOptions.from_dict(table.source.get("options", {}))
    return LinePlaces(open_source(origin), options, len(table))


def _first_small(message: str) -> str:
    return message[0].lower() + message[1:]
