"""Parquet and NumPy files: columns that have types already."""

from __future__ import annotations

import math
import zipfile
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from nnstudio.data.reading.cells import Converted, Converter
from nnstudio.data.reading.collecting import Collector
from nnstudio.data.reading.memory import check_memory
from nnstudio.data.reading.options import ReadOptions, check_cancelled, check_names, unique_names
from nnstudio.data.table import date_texts, number_text
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from nnstudio.data.reading.options import BadRows, Cancelled, Progress
    from nnstudio.data.reading.source import Source
    from nnstudio.data.table import Column, ColumnKind

_ROWS = 1 << 15
_CHUNK = 1 << 20
_DAY = 86_400.0


class Columns:
    """The columns of a file that can be read: names, natural kinds, rows, and those left out, with why."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.names: tuple[str, ...] = ()
        self.kinds: tuple[ColumnKind, ...] = ()
        self.notes: tuple[str, ...] = ()
        self.rows = 0

    def blocks(self, chosen: Sequence[int], cancelled: Cancelled | None) -> Iterator[tuple[list[Any], float]]:
        """Yield Arrow arrays of the chosen columns, block by block, and the fraction that was read."""
        raise NotImplementedError


class ParquetColumns(Columns):
    """A Parquet file."""

    def __init__(self, source: Source) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        super().__init__(source)
        try:
            with source.open() as file, pq.ParquetFile(file) as parquet:
                schema, self.rows = parquet.schema_arrow, parquet.metadata.num_rows
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                "the file is damaged, or was cut short: it is no complete Parquet file."
            ) from error
        names, kinds, notes, places = [], [], [], []
        # What pandas kept its index in is no column of the data.
        for place, column in enumerate(schema):
            kind = _arrow_kind(column.type)
            if kind is None:
                notes.append(f"Column “{column.name}” holds {column.type} and is left out.")
            elif not column.name.startswith("__index_level_"):
                names.append(column.name)
                kinds.append(kind)
                places.append(place)
        self.names, renamed = unique_names(names)
        self.kinds, self.notes, self._places = tuple(kinds), (*notes, *renamed), tuple(places)

    def blocks(self, chosen: Sequence[int], cancelled: Cancelled | None) -> Iterator[tuple[list[Any], float]]:
        """Yield Arrow arrays of the chosen columns, block by block, and the fraction that was read."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        wanted = [self._places[index] for index in chosen]
        done = 0
        try:
            with self.source.open() as file, pq.ParquetFile(file) as parquet:
                # Without threads, columns are not read ahead and a stop has nothing to wait for.
                for batch in parquet.iter_batches(batch_size=_ROWS, use_threads=False):
                    check_cancelled(cancelled)
                    done += len(batch)
                    yield [batch.column(place) for place in wanted], done / max(1, self.rows)
        except (pa.ArrowException, OSError) as error:
            raise DataError("the file is damaged: its columns cannot be read to the end.") from error


class NumpyColumns(Columns):
    """An .npy or .npz file: each array is a column, or several where it has two dimensions."""

    def __init__(self, source: Source, cancelled: Cancelled | None = None, memory: int | None = None) -> None:
        super().__init__(source)
        names: list[str] = []
        self._arrays: list[NDArray[Any]] = []
        for name, array in _numpy_arrays(source, cancelled, memory):
            for column, values in _numpy_columns(name, array):
                names.append(column)
                self._arrays.append(values)
        if not names:
            raise DataError("the file holds no arrays.")
        lengths: dict[int, str] = {}
        for name, array in zip(names, self._arrays, strict=True):
            lengths.setdefault(len(array), name)
        if len(lengths) > 1:
            (first, one), (second, other) = list(lengths.items())[:2]
            raise DataError(
                f"the arrays have different numbers of rows: “{one}” has {first}, “{other}” {second}. "
                "Save arrays of equal length."
            )
        self.rows = len(self._arrays[0])
        self.names, self.notes = unique_names(names)
        self.kinds = tuple(
            "date" if array.dtype.kind == "M" else "category" if array.dtype.kind in "US" else "number"
            for array in self._arrays
        )

    def blocks(self, chosen: Sequence[int], cancelled: Cancelled | None) -> Iterator[tuple[list[Any], float]]:
        """Yield Arrow arrays of the chosen columns, block by block, and the fraction that was read."""
        for start in range(0, max(1, self.rows), _ROWS):
            check_cancelled(cancelled)
            part = slice(start, start + _ROWS)
            yield (
                [_to_arrow(self._arrays[index][part]) for index in chosen],
                min(1.0, (start + _ROWS) / max(1, self.rows)),
            )


def open_columns(
    source: Source, options: ReadOptions, cancelled: Cancelled | None = None, memory: int | None = None
) -> Columns:
    """Return the columns of a Parquet or NumPy file; raises DataError."""
    if options.format == "parquet":
        return ParquetColumns(source)
    return NumpyColumns(source, cancelled, memory)


def read_columnar(
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
    """Return the columns of a Parquet or NumPy file, and what to note of them; see `read_table`."""
    file = open_columns(source, options, cancelled, memory)
    check_names((*kinds, *(columns or ())), file.names)
    chosen = [index for index, name in enumerate(file.names) if columns is None or name in columns]
    if not chosen:
        raise DataError("the file holds no column of numbers, texts or dates.")
    rows = file.rows if max_rows is None else min(file.rows, max_rows)
    if rows == 0:
        raise DataError("the file holds columns but no rows. Add at least one row.")
    check_memory(rows, len(chosen), source.size, memory)
    wanted = [kinds.get(file.names[index], file.kinds[index]) for index in chosen]
    collector = Collector(
        [file.names[index] for index in chosen],
        wanted,
        lambda: Converter(options),
        skips=on_bad_rows == "skip",
    )
    for arrays, fraction in file.blocks(chosen, cancelled):
        collector.add([_converted(array, kind) for array, kind in zip(arrays, wanted, strict=True)])
        if progress is not None:
            progress(fraction)
        if max_rows is not None and collector.rows_seen >= max_rows:
            break
    if collector.bad_count and on_bad_rows == "stop":
        rows_at = [cell.row + 1 for cell in collector.bad]
        raise collector.error([f"row {row}" for row in rows_at], rows_at)
    if not len(collector):
        raise DataError("the file holds no row that can be read.")
    noted: dict[str, Any] = {}
    if collector.rows_skipped:
        noted["skipped_rows"] = collector.rows_skipped
    if file.notes:
        noted["notes"] = list(file.notes)
    return collector.columns(max_rows, cancelled), noted


def as_texts(array: Any) -> Any:
    """Return an Arrow array as strings, missing ones empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        array = pa.array(
            [None if cell is None else cell.decode("utf-8", "replace") for cell in array.to_pylist()]
        )
    if pa.types.is_boolean(array.type):
        array = pc.cast(array, pa.int8())
    if pa.types.is_floating(array.type):
        cells = array.to_pylist()
        texts = ["" if cell is None or cell != cell else number_text(float(cell)) for cell in cells]
        return pa.array(texts, pa.string())
    if _arrow_kind(array.type) == "date":
        return pa.array(date_texts(_days(array)), pa.string())
    return pc.fill_null(pc.cast(array, pa.string()), "")


def _converted(array: Any, kind: ColumnKind) -> Any:
    """Return a column as it is wanted where its type says so, or as strings to be read."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind == "number" and _is_number(array.type):
        if pa.types.is_boolean(array.type):
            array = pc.cast(array, pa.int8())
        values = pc.cast(array, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        values = np.asarray(values, np.float64)
        bad = np.flatnonzero(np.isinf(values))
        return Converted(values, bad, tuple(str(value) for value in values[bad].tolist()))
    if kind in ("date", "number") and pa.types.is_temporal(array.type) and _arrow_kind(array.type) == "date":
        return Converted(_days(array), np.empty(0, np.intp))
    return as_texts(array)


def _days(array: Any) -> NDArray[np.float64]:
    """Return Arrow's dates or moments, these by the clock where they were, as days; NaN for missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(array.type) and array.type.tz is not None:
        array = pc.local_timestamp(array)
    moments = pc.cast(array, pa.timestamp("us"), safe=False)
    missing = moments.is_null().to_numpy(zero_copy_only=False)
    micro = pc.fill_null(pc.cast(moments, pa.int64()), 0).to_numpy(zero_copy_only=False)
    return np.where(missing, np.nan, micro / (_DAY * 1e6))


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    types = pa.types
    return any(
        check(kind) for check in (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
    )


def _arrow_kind(kind: Any) -> ColumnKind | None:
    """Return what a column of an Arrow type is to us, or None for what has no place in a table."""
    import pyarrow as pa

    types = pa.types
    if _is_number(kind) or types.is_null(kind):
        return "number"
    if types.is_timestamp(kind) or types.is_date(kind):
        return "date"
    if types.is_dictionary(kind):
        return "category"
    texts = (types.is_string, types.is_large_string, types.is_string_view, types.is_binary)
    return "category" if any(check(kind) for check in texts) else None


def _to_arrow(array: NDArray[Any]) -> Any:
    import pyarrow as pa

    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind == "M":
        array = array.astype("datetime64[us]")
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
    return pa.array(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("="), copy=False))


def _numpy_columns(name: str, array: NDArray[Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    if array.dtype.names:
        for field in array.dtype.names:
            yield from _numpy_columns(field, array[field])
        return
    if array.dtype.kind not in "biufUSM":
        raise DataError(
            f"{_called(name)} holds {array.dtype}, which is neither numbers, texts nor dates. Leave it out."
        )
    if array.ndim == 1:
        yield name or "c1", array
    elif array.ndim == 2:
        for index in range(array.shape[1]):
            yield f"{name}_{index + 1}" if name else f"c{index + 1}", array[:, index]
    else:
        raise DataError(f"{_called(name)} has {array.ndim} dimensions. Save it with two: rows and columns.")


def _numpy_arrays(
    source: Source, cancelled: Cancelled | None, memory: int | None
) -> Iterator[tuple[str, NDArray[Any]]]:
    with source.open() as file:
        single = file.read(2) != b"PK"
        file.seek(0)
        if single:
            yield "", _read_array(file, "", source.size, cancelled, memory)
            return
        try:
            with zipfile.ZipFile(file) as archive:
                for info in archive.infolist():
                    name = info.filename.removesuffix(".npy")
                    with archive.open(info) as member:
                        # What a member says of its size is not to be trusted; its array's shape is checked.
                        yield name, _read_array(member, name, source.size, cancelled, memory)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError) as error:
            raise DataError("the file is damaged: the archive cannot be read.") from error


def _read_array(
    file: Any, name: str, size: int, cancelled: Cancelled | None, memory: int | None
) -> NDArray[Any]:
    """Read an array in pieces, so that it can be stopped; never what was pickled."""
    reader: BinaryIO = file
    try:
        version = np.lib.format.read_magic(reader)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read_header is None:
            # Version 3 differs in the encoding of field names alone, which only the whole reader knows.
            reader.seek(0)
            return np.lib.format.read_array(reader, allow_pickle=False)
        shape, by_columns, dtype = read_header(reader)
    except (ValueError, TypeError, OSError, SyntaxError) as error:
        raise DataError(f"{_called(name)} is damaged, or no NumPy array.") from error
    if dtype.hasobject:
        raise DataError(
            f"{_called(name)} holds Python objects, which are never loaded: they could run anything. "
            "Save numbers or texts."
        )
    needed = math.prod(shape) * dtype.itemsize
    columns = max(1, math.prod(shape[1:]))
    check_memory(shape[0] if shape else 1, columns, size, memory)
    content = bytearray()
    while len(content) < needed:
        check_cancelled(cancelled)
        piece = reader.read(min(_CHUNK, needed - len(content)))
        if not piece:
            raise DataError(f"{_called(name)} was cut short: {len(content):,} of {needed:,} bytes are there.")
        content += piece
    array = np.frombuffer(content, dtype=dtype, count=math.prod(shape))
    return array.reshape(shape[::-1]).T if by_columns else array.reshape(shape)


def _called(name: str) -> str:
    return f"the array “{name}”" if name else "the array"
