"""Files written so that the old one stays until the new one is complete."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the space that you may use on this disk is full",
    errno.EFBIG: "the file would be larger than this disk allows",
    errno.EACCES: "you may not write there",
    errno.EPERM: "you may not write there",
    errno.EROFS: "this disk can only be read",
    errno.ENOENT: "the folder is not there",
    errno.ENOTDIR: "the folder is not there",
    errno.EISDIR: "it is a folder",
    errno.ENAMETOOLONG: "the name is too long",
}


def not_written(path: Path, error: OSError) -> str:
    """Return what to tell where a file could not be written: why, and what to do."""
    reason = _REASONS.get(error.errno or 0) or error.strerror or str(error)
    kept = "What was there before is unchanged; save it in another place."
    return f"“{path.name}” was not saved: {reason}. {kept}"


def write_file(path: Path, content: bytes) -> None:
    """Put content in the place of a file, which keeps its permissions; raises OSError.

    It is written beside the target, read back, and then put in its place at once; so whatever goes wrong, the
    old file is still there. Of a link, what it leads to is replaced and the link stays.
    """
    target = Path(os.path.realpath(path))
    mode = None
    with contextlib.suppress(FileNotFoundError):
        status = target.stat()
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "the file is write-protected")
        mode = stat.S_IMODE(status.st_mode)
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        _write(beside, content)
        if beside.read_bytes() != content:
            raise OSError(errno.EIO, "the disk gave back something else than was written")
        if mode is not None:
            beside.chmod(mode)
        beside.replace(target)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _write(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags, 0o666), "wb") as file:  # noqa: PTH123 - a descriptor has no path
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system can."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
