"""The container of a project file: a ZIP archive of JSON and arrays, as bytes.

Entries, in this order, all stored without compression, so that each is bounded by the size of the file:

- ``mimetype``: says at a fixed place of the file what it is
- ``manifest.json``: format, version, the oldest version whose readers understand it (``min_reader``), the
  program that wrote it, and dtype and shape of every array
- ``document.json``: all that is no array
- ``arrays/NAME.npy``: little-endian numbers and truth values, never pickled objects

History of the format:

- Version 1: the first one.
- Version 2: neurons and connections can be disabled and learn at rates of their own, weights have a fixed
  sign or are shared, neurons are held in groups.
"""

from __future__ import annotations

import io
import json
import math
import re
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np
from numpy.lib import format as npy

from nnstudio.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FORMAT = "nnstudio project"
VERSION = 2
MIN_READER = 2
MIMETYPE = b"application/x-nnstudio-project"
# A fixed time, so that equal projects give equal bytes; the earliest that the archive can express.
_TIME = (1980, 1, 1, 0, 0, 0)
_DTYPES = ("<f8", "<f4", "<i8", "<i4", "|b1")
_ARRAY_NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")
_NAME_LENGTH = 120
_ENTRY_LIMIT = 10_000
_HEADER_LIMIT = 10_000
# What zipfile and the readers of arrays raise for bytes that make no sense; RuntimeError is for passwords.
_UNREADABLE = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)


class Parts(NamedTuple):
    """What a file holds: the document, as plain values, and arrays by name; and who wrote which version."""

    document: dict[str, Any]
    arrays: dict[str, NDArray[Any]]
    version: int = VERSION
    app: str = ""


def pack(parts: Parts) -> bytes:
    """Return the bytes of a project file; equal parts give equal bytes. Raises ProjectError."""
    arrays = {name: _portable(name, array) for name, array in sorted(parts.arrays.items())}
    manifest = {
        "format": FORMAT,
        "version": parts.version,
        "min_reader": MIN_READER,
        "app": parts.app,
        "arrays": {
            name: {"dtype": array.dtype.str, "shape": list(array.shape)} for name, array in arrays.items()
        },
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, "mimetype", MIMETYPE)
        _add(archive, "manifest.json", _json_bytes(manifest))
        _add(archive, "document.json", _json_bytes(parts.document))
        for name, array in arrays.items():
            _add(archive, f"arrays/{name}.npy", _array_bytes(array))
    return buffer.getvalue()


def unpack(content: bytes) -> Parts:
    """Return what the bytes of a project file hold; raises ProjectError, which says what is wrong."""
    _check_kind(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = _entries(archive, len(content))
            manifest = _manifest(_read(archive, entries, "manifest.json"))
            _check_version(manifest)
            document = _json_value(_read(archive, entries, "document.json"), "document.json")
            arrays = {
                name: _array(_read(archive, entries, f"arrays/{name}.npy"), name, described)
                for name, described in manifest["arrays"].items()
            }
    except _UNREADABLE as error:
        # A file that was cut short lacks the archive's directory, which stands at its end.
        raise ProjectError(
            "is cut short or damaged: it begins as a project, but not all of it is there. "
            "Take an older copy, or fetch it again."
        ) from error
    if not isinstance(document, dict):
        _damaged("document.json is not an object")
    return Parts(document, arrays, manifest["version"], manifest["app"])


# Writing


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _TIME)
    info.external_attr = 0o644 << 16
    info.create_system = 3  # the same on every system
    archive.writestr(info, content)


def _json_bytes(value: Any) -> bytes:
    try:
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise ProjectError(f"holds something that cannot be written: {error}.") from error


def _portable(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if not _ARRAY_NAME.fullmatch(name) or len(name) > _NAME_LENGTH:
        raise ProjectError(f"holds an array “{name}”, which cannot be written under this name.")
    portable = np.asarray(array, order="C").astype(array.dtype.newbyteorder("<"), copy=False)
    if portable.dtype.str not in _DTYPES:
        raise ProjectError(f"holds an array “{name}” of {array.dtype}, which cannot be written.")
    return portable


def _array_bytes(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    npy.write_array(buffer, array, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


# Reading


def _check_kind(content: bytes) -> None:
    """Raise ProjectError for what isn't a project, or so little of one that nothing else can be said."""
    if not content:
        raise ProjectError("is empty.")
    start = _first_bytes()
    if content.startswith(start):
        return
    if start.startswith(content):
        raise ProjectError("is cut short: only its first few bytes are there. Fetch it again.")
    if content.startswith(b"PK"):
        raise ProjectError("is not an nnstudio project but another kind of archive, or is damaged.")
    raise ProjectError("is not an nnstudio project.")


def _first_bytes() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, "mimetype", MIMETYPE)
    return buffer.getvalue()[: 30 + len("mimetype") + len(MIMETYPE)]


def _entries(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    entries = {info.filename: info for info in archive.infolist()}
    if len(entries) != len(archive.infolist()) or len(entries) > _ENTRY_LIMIT:
        _damaged("its list of entries cannot be right")
    for info in entries.values():
        # Stored, an entry is as large as it says; together they cannot be larger than the file, as the
        # overlapping entries of an archive made to swamp a reader would be.
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            _damaged(f"“{_shown(info.filename)}” is compressed, which nnstudio never does")
    if sum(info.file_size for info in entries.values()) > size:
        _damaged("its entries are larger than the file")
    return entries


def _read(archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], name: str) -> bytes:
    if name not in entries:
        _damaged(f"“{name}” is missing")
    return archive.read(entries[name])  # checks the sum of the bytes


def _manifest(content: bytes) -> dict[str, Any]:
    manifest = _json_value(content, "manifest.json")
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        _damaged("manifest.json does not describe a project")
    for name in ("version", "min_reader"):
        if type(manifest.get(name)) is not int or manifest[name] < 1:
            _damaged(f"manifest.json has no {name}")
    if not isinstance(manifest.get("app"), str):
        _damaged("manifest.json doesn't say what wrote it")
    arrays = manifest.get("arrays")
    if not isinstance(arrays, dict) or not all(isinstance(entry, dict) for entry in arrays.values()):
        _damaged("manifest.json doesn't list the arrays")
    return manifest


def _check_version(manifest: Mapping[str, Any]) -> None:
    if manifest["min_reader"] > VERSION:
        app = _shown(manifest["app"]) or "a newer nnstudio"
        raise ProjectError(
            f"was written by {app}, in version {manifest['version']} of the format; this nnstudio reads "
            f"up to version {VERSION}. Update nnstudio to open it."
        )


def _array(content: bytes, name: str, described: Mapping[str, Any]) -> NDArray[Any]:
    """Return a read-only array without copying; nothing is allocated by what a header merely claims."""
    stream = io.BytesIO(content)
    if npy.read_magic(stream) != (1, 0):
        _damaged(f"the array “{_shown(name)}” has another format")
    shape, fortran, dtype = npy.read_array_header_1_0(stream, max_header_size=_HEADER_LIMIT)
    if dtype.str not in _DTYPES or fortran or len(shape) > 2:
        _damaged(f"the array “{_shown(name)}” is of a kind that projects don't have")
    if dtype.str != described.get("dtype") or list(shape) != described.get("shape"):
        _damaged(f"the array “{_shown(name)}” is not what manifest.json says")
    count = math.prod(shape)
    if min(shape, default=0) < 0 or count * dtype.itemsize != len(content) - stream.tell():
        _damaged(f"the array “{_shown(name)}” has another size than it says")
    flat: NDArray[Any] = np.frombuffer(content, dtype, count, stream.tell())
    if dtype == np.bool_ and not np.isin(flat.view(np.uint8), (0, 1)).all():
        _damaged(f"the array “{_shown(name)}” holds no truth values")
    return flat.reshape(shape)


def _json_value(content: bytes, name: str) -> Any:
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        _damaged(f"{name} cannot be read ({error})")


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large")
    return value


def _damaged(what: str) -> NoReturn:
    raise ProjectError(f"is damaged: {what}. Take an older copy, or fetch it again.")


def _shown(text: str) -> str:
    """Return text from a file so that it fits a message."""
    line = "".join(letter if letter.isprintable() else "?" for letter in text)
    return line if len(line) <= 60 else f"{line[:59]}…"
