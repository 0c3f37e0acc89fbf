"""Text tables read in blocks: fast where all is well, and exact about the line where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnstudio.data.reading.cells import Converter
from nnstudio.data.reading.collecting import Collector
from nnstudio.data.reading.decoding import CheckedBlocks
from nnstudio.data.reading.guessing import guess_kind, head_text, sample
from nnstudio.data.reading.memory import check_memory
from nnstudio.data.reading.options import BadRowsError, Problem, check_cancelled, check_names, unique_names
from nnstudio.data.reading.records import lines_of, ragged_lines, records
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from nnstudio.data.reading.options import BadRows, Cancelled, Progress, ReadOptions
    from nnstudio.data.reading.source import Source
    from nnstudio.data.table import Column, ColumnKind

# What is read between two looks at whether to stop: some ten milliseconds.
_BLOCK = 1 << 20
_FIELD_LIMIT = 131_072
_LISTED = 1000
_NAMED = 5


@dataclass(frozen=True)
class TextHead:
    """Names, kinds and size of a text table, from its beginning."""

    names: tuple[str, ...]
    notes: tuple[str, ...]
    kinds: tuple[ColumnKind, ...]
    rows_estimated: float


def look(source: Source, options: ReadOptions) -> TextHead:
    """Return what the beginning of a text table says of it; raises DataError where there are no rows."""
    text = head_text(source, options)
    first = sample(text, options)
    if not first:
        # Nothing but blank lines so far, or something that is no record: the strict reader knows.
        if not any(cell.strip() for _, cells in records(source, options) for cell in cells):
            raise DataError("the file is empty. Choose one with at least one row.")
        raise DataError("the file begins with too many blank lines. Remove them.")
    width = len(first[0])
    if options.header:
        names, notes = unique_names(first[0])
        body = first[1:]
    else:
        names, notes = tuple(f"c{index + 1}" for index in range(width)), ()
        body = first
    body = [record for record in body if len(record) == width]
    kinds = tuple(guess_kind([record[index] for record in body], options) for index in range(width))
    return TextHead(names, notes, kinds, estimated_rows(source, options, first))


def estimated_rows(source: Source, options: ReadOptions, first: list[list[str]]) -> float:
    """Return about how many records a file holds, from the length of the first ones."""
    letters = "\n".join(options.separator.join(record) for record in first)
    length = len(letters.encode(options.encoding, "replace")) + 1
    return source.size * len(first) / length


def read_text(
    source: Source,
    options: ReadOptions,
    *,
    kinds: Mapping[str, ColumnKind],
    columns: Sequence[str] | None,
    on_bad_rows: BadRows,
    max_rows: int | None,
    memory: int | None,
    progress: Progress | None,
    cancelled: Cancelled | None,
) -> tuple[tuple[Column, ...], dict[str, Any]]:
    """Return the columns of a text table, and what to note of how they were read; see `read_table`."""
    head = look(source, options)
    check_cancelled(cancelled)
    check_names((*kinds, *(columns or ())), head.names)
    chosen = [index for index, name in enumerate(head.names) if columns is None or name in columns]
    rows = head.rows_estimated if max_rows is None else min(head.rows_estimated, max_rows)
    check_memory(rows, len(chosen), source.size, memory)
    reading = _Reading(source, options, head, on_bad_rows, cancelled)
    collector = Collector(
        [head.names[index] for index in chosen],
        [kinds.get(head.names[index], head.kinds[index]) for index in chosen],
        lambda: Converter(options),
        skips=on_bad_rows == "skip",
    )
    for arrays, fraction in reading.blocks():
        collector.add([arrays[index] for index in chosen])
        if progress is not None:
            progress(fraction)
        if max_rows is not None and collector.rows_seen >= max_rows:
            break
    if collector.bad_count and on_bad_rows == "stop":
        raise _bad_cells(collector, reading)
    if not len(collector):
        what = "a header but no rows" if options.header else "no rows"
        if collector.rows_seen or reading.ragged:
            what = "no row that can be read"
        raise DataError(f"the file holds {what}. Add at least one row.")
    noted: dict[str, Any] = {}
    skipped = reading.ragged + collector.rows_skipped
    if skipped:
        noted["skipped_rows"] = skipped
    if head.notes:
        noted["notes"] = list(head.notes)
    return collector.columns(max_rows, cancelled), noted


@dataclass
class _Reading:
    """The way through a file, block by block."""

    source: Source
    options: ReadOptions
    head: TextHead
    on_bad_rows: BadRows
    cancelled: Cancelled | None
    ragged: int = 0

    def blocks(self) -> Any:
        """Yield the columns of a block as Arrow strings, and how much of the file was read."""
        import pyarrow as pa
        import pyarrow.csv as pa_csv

        width = len(self.head.names)
        names = [str(index) for index in range(width)]
        stream = None
        with self.source.open() as file:
            checked = CheckedBlocks(file, self.options)
            try:
                stream = pa_csv.open_csv(
                    pa.PythonFile(checked, mode="r"),
                    read_options=pa_csv.ReadOptions(
                        column_names=names, block_size=_BLOCK, use_threads=False, encoding="utf8"
                    ),
                    parse_options=pa_csv.ParseOptions(
                        delimiter=self.options.separator,
                        quote_char=self.options.quote,
                        newlines_in_values=True,
                        invalid_row_handler=self._invalid,
                    ),
                    convert_options=pa_csv.ConvertOptions(
                        column_types=dict.fromkeys(names, pa.string()),
                        strings_can_be_null=False,
                        check_utf8=False,  # it was checked when it was decoded
                    ),
                )
                first = self.options.header
                for batch in stream:
                    check_cancelled(self.cancelled)
                    if checked.odd_quotes:
                        self._scan()
                        checked.odd_quotes = False
                    self._check_lengths(batch)
                    batch = _without_blank(batch)
                    if first and len(batch):
                        batch, first = batch.slice(1), False
                    fraction = checked.consumed / max(1, self.source.size)
                    yield batch.columns, min(1.0, fraction)
            except pa.ArrowInvalid as error:
                raise self._explained(error) from error
            finally:
                if stream is not None:
                    stream.close()
            if checked.odd_quotes:
                self._scan()

    def _invalid(self, row: Any) -> str:
        """Decide on a row with too few or too many fields; the reader calls this."""
        if row.text is not None and not sample(row.text, self.options):
            return "skip"  # it is blank
        self.ragged += 1
        return "skip" if self.on_bad_rows == "skip" else "error"

    def _explained(self, error: Exception) -> DataError:
        """Return what is wrong where the fast reader gave up."""
        if self.ragged and self.on_bad_rows == "stop":
            return self._ragged_error()
        self._scan()
        if "straddl" in str(error) or "block" in str(error):
            return DataError("a line is longer than 1 MB. Check the separator and the quotes.")
        return DataError(f"the file cannot be read as a table ({error}).")

    def _ragged_error(self) -> DataError:
        width = len(self.head.names)
        found, count = ragged_lines(self.source, self.options, width, _LISTED, self.cancelled)
        problems = [
            Problem("stop", f"line {line}: {_fields(fields)}, expected {width}", line)
            for line, fields in found
        ]
        if not problems:
            return DataError(f"a line has not the {width} fields of the first. Check separator and quotes.")
        message = "; ".join(problem.message for problem in problems[:_NAMED])
        rest = f"; and {count - _NAMED:,} more lines" if count > _NAMED else ""
        which = "the line" if count == 1 else "the lines"
        return BadRowsError(
            f"{message}{rest}. Correct {which}, check the separator and the quotes, or skip such lines.",
            problems,
            count,
        )

    def _scan(self) -> None:
        """Read all strictly, which raises DataError at the line where something is wrong."""
        for _ in records(self.source, self.options, cancelled=self.cancelled):
            pass

    def _check_lengths(self, batch: Any) -> None:
        import pyarrow.compute as pc

        for column in batch.columns:
            # The array as a whole is rarely as long, and this is known without a look at its cells.
            if column.nbytes > _FIELD_LIMIT and pc.max(pc.binary_length(column)).as_py() > _FIELD_LIMIT:
                self._scan()
                raise DataError(f"a field is longer than {_FIELD_LIMIT:,} characters. Shorten it.")


def _without_blank(batch: Any) -> Any:
    """Leave out rows of which every cell is blank, as spreadsheets write them at the end."""
    import pyarrow.compute as pc

    blank: NDArray[np.bool_] | None = None
    for column in batch.columns:
        if blank is None or blank.any():
            cells = pc.equal(pc.utf8_trim_whitespace(column), "").to_numpy(zero_copy_only=False)
            blank = cells if blank is None else blank & cells
    return batch if blank is None or not blank.any() else batch.filter(~blank)


def _bad_cells(collector: Collector, reading: _Reading) -> DataError:
    listed = collector.bad[:_LISTED]
    rows = [cell.row for cell in listed]
    lines = lines_of(reading.source, reading.options, rows, reading.cancelled)
    return collector.error([f"line {line}" for line in lines], lines)


def _fields(number: int) -> str:
    return f"{number} field{'' if number == 1 else 's'}"
