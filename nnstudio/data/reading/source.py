"""Where a table comes from: a file or what was pasted, opened and known by its first bytes."""

from __future__ import annotations

import io
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nnstudio.errors import DataError

if TYPE_CHECKING:
    from nnstudio.data.reading.options import Format

Origin = Path | str | bytes

_PARQUET = b"PAR1"
_NUMPY = b"\x93NUMPY"
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
# Formats that are taken for tables by mistake, by their first bytes.
_OTHERS = {
    b"\xd0\xcf\x11\xe0": "a workbook of an old spreadsheet",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "compressed with gzip",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"SQLite format 3": "a database",
    b"\x89HDF": "an HDF5 file",
}


@dataclass(frozen=True)
class Source:
    """A file, or its content where there is none; ``size`` in bytes."""

    path: Path | None
    content: bytes
    size: int

    @property
    def name(self) -> str:
        """The file's name, or what pasted content is called."""
        return self.path.name if self.path is not None else "pasted data"

    @property
    def title(self) -> str:
        """A title for what the table becomes."""
        return self.path.stem if self.path is not None else "Pasted data"

    def open(self) -> BinaryIO:
        """Return the content as a file, at its beginning; raises DataError."""
        if self.path is None:
            return io.BytesIO(self.content)
        try:
            return self.path.open("rb")
        except OSError as error:
            raise DataError(f"the file cannot be read: {error.strerror}.") from error

    def head(self, size: int) -> bytes:
        """Return the first bytes."""
        with self.open() as file:
            try:
                return file.read(size)
            except OSError as error:
                raise DataError(f"the file cannot be read: {error.strerror}.") from error


def open_source(origin: Origin | Source) -> Source:
    """Return the source that a path, or pasted text or bytes, is.

    A ``str`` is a path where it is a single line; text of several lines is what was pasted. Raises DataError.
    """
    if isinstance(origin, Source):
        return origin
    if isinstance(origin, str) and ("\n" in origin or "\r" in origin):
        origin = origin.encode("utf-8", "surrogatepass")
    if isinstance(origin, bytes):
        return Source(None, origin, len(origin))
    path = Path(origin)
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise DataError("there is no such file.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"the file cannot be read: {reason}.") from error
    if stat.S_ISDIR(status.st_mode):
        raise DataError("the file cannot be read: it is a folder.")
    if not stat.S_ISREG(status.st_mode):
        raise DataError("the file cannot be read: it is a device, not a file.")
    return Source(path, b"", status.st_size)


def detect_format(source: Source) -> Format:
    """Return what kind of file it is, by its first bytes; raises DataError for what is no table."""
    head = source.head(64)
    if head.startswith(_PARQUET):
        return "parquet"
    if head.startswith(_NUMPY):
        return "numpy"
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        if source.path is not None and source.path.suffix.lower() != ".npz":
            raise DataError(
                "the file is an archive or a spreadsheet's workbook, not a table. Save the sheet as CSV."
            )
        return "numpy"
    for start, what in _OTHERS.items():
        if head.startswith(start):
            raise DataError(f"the file is {what}, not a table. Save it as CSV, Parquet or NumPy.")
    suffix = source.path.suffix.lower() if source.path is not None else ""
    if suffix in (".npy", ".npz", ".parquet") and head:
        kind = "Parquet" if suffix == ".parquet" else "NumPy"
        raise DataError(f"the file is damaged, or no {kind} file whatever its name says.")
    return "text"
