"""Tables into files: CSV that no spreadsheet takes for formulas, Parquet, NumPy."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.columns import parse_number
from nnstudio.errors import DataError
from nnstudio.files import not_written, write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnstudio.data.table import Column, Table

# A spreadsheet takes a cell that begins so for a formula, and carries it out.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_DAY_MS = 86_400_000
# The same for all, so that equal tables give equal files; zip knows no time before it.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_ROWS = 1 << 14


def write_table(table: Table, path: str | Path) -> None:
    """Write a table to a file of the kind that its name ends with: .csv, .tsv, .parquet, .npz or .npy.

    The file is replaced at once, when it is complete. An .npz holds an array for each column: float64 for
    numbers (NaN where one is missing), datetime64 for dates, text for categories ("" where one is missing).
    An .npy holds a single array (rows, columns), and so takes numbers alone. Raises DataError.
    """
    path = Path(path)
    content = table_bytes(table, path.suffix)
    try:
        write_file(path, content)
    except OSError as error:
        raise DataError(not_written(path, error)) from error


def table_bytes(table: Table, suffix: str) -> bytes:
    """Return what a file with this ending holds of a table; raises DataError for an unknown ending."""
    makers: dict[str, Callable[[Table], bytes]] = {
        ".csv": lambda table: table_csv(table).encode(),
        ".tsv": lambda table: table_csv(table, separator="\t").encode(),
        ".parquet": _parquet,
        ".npz": _npz,
        ".npy": _npy,
    }
    make = makers.get(suffix.lower())
    if make is None:
        raise DataError(
            f"“{suffix}” is no ending that tells how to write a table. Use {', '.join(makers)}."
            if suffix
            else f"the file's name must end with {', '.join(makers)}, which tells how to write it."
        )
    return make(table)


def table_csv(table: Table, *, separator: str = ",") -> str:
    """Return a table as CSV with a header, numbers exact, a missing value empty.

    Text that a spreadsheet would take for a formula gets a ' before it; what is a number does not.
    """
    buffer = io.StringIO()
    writer = csv.writer(_Lines(buffer), delimiter=separator)
    writer.writerow([safe_cell(name) for name in table.names])
    for start in range(0, len(table), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(table)))
        writer.writerows(zip(*(_cells(column, rows) for column in table.columns), strict=True))
    return buffer.getvalue()


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; what is a number stays as it is."""
    if text.startswith(_FORMULA_STARTS) and (text[0] in "\t\r" or parse_number(text) is None):
        return f"'{text}"
    return text


class _Lines:
    """Ends lines with a line feed alone; the writer quotes a lone return only where it ends lines with it."""

    def __init__(self, target: io.StringIO) -> None:
        self._target = target

    def write(self, line: str) -> int:
        return self._target.write(line.removesuffix("\r\n") + "\n")


def _cells(column: Column, rows: Any) -> Sequence[str]:
    if column.kind != "category":
        return column.texts(rows)
    safe = [*map(safe_cell, column.categories), ""]  # the code of a missing value, -1, takes the last
    return [safe[code] for code in column.values[rows].tolist()]


def _parquet(table: Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = []
    for column in table.columns:
        missing = column.missing
        if column.kind == "number":
            array = pa.array(column.values, mask=missing)
        elif column.kind == "date":
            moments = _moments(column)
            whole = (moments[~missing].astype(np.int64) % _DAY_MS == 0).all()
            array = pa.array(moments, mask=missing)
            array = array.cast(pa.date32()) if whole else array
        else:
            codes = pa.array(column.values, mask=missing)
            array = pa.DictionaryArray.from_arrays(codes, pa.array(column.categories, pa.string()))
        arrays.append(array)
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays, names=list(table.names)), sink)
    return sink.getvalue()


def _npz(table: Table) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for column in table.columns:
            info = zipfile.ZipInfo(f"{column.name}.npy", _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, _array(column), allow_pickle=False)
    return sink.getvalue()


def _npy(table: Table) -> bytes:
    other = next((column for column in table.columns if column.kind != "number"), None)
    if other is not None:
        what = "dates" if other.kind == "date" else "categories"
        raise DataError(
            f"column “{other.name}” holds {what}, and a single array numbers alone. Write .npz or .parquet."
        )
    sink = io.BytesIO()
    values = np.stack([column.values for column in table.columns], axis=1)
    np.lib.format.write_array(sink, values, allow_pickle=False)
    return sink.getvalue()


def _array(column: Column) -> Any:
    if column.kind == "number":
        return np.asarray(column.values)
    return _moments(column) if column.kind == "date" else np.array([*column.categories, ""])[column.values]


def _moments(column: Column) -> Any:
    """Return days as datetime64, to the millisecond; NaT for a missing one."""
    moments = np.full(len(column), np.datetime64("NaT", "ms"))
    there = ~column.missing
    moments[there] = np.round(column.values[there] * _DAY_MS).astype("datetime64[ms]")
    return moments
