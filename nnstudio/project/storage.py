"""Project files on the disk: read whole, written so that the old file stays until the new one is complete."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio import __version__
from nnstudio.errors import ProjectError
from nnstudio.project.container import VERSION, Parts, pack, unpack
from nnstudio.project.format import decode, encode
from nnstudio.project.migrations import migrate

if TYPE_CHECKING:
    from nnstudio.project.project import Project

_SIZE_LIMIT = 4 * 1024**3
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


def load_project(path: str | Path) -> Project:
    """Return the project in a file; raises ProjectError, which names the file and what is wrong with it."""
    path = Path(path)
    content = _content(path)
    try:
        return project_from_bytes(content)
    except ProjectError as error:
        raise ProjectError(
            f"“{path.name}” {error}", neuron_ids=error.neuron_ids, connection_ids=error.connection_ids
        ) from error
    except MemoryError as error:
        raise ProjectError(f"“{path.name}” needs more memory than there is.") from error


def save_project(project: Project, path: str | Path) -> None:
    """Write a project to a file; equal projects give equal files.

    The file is written beside the target, checked, and then put in its place at once; so whatever goes wrong,
    the old file is still there. Raises ProjectError.
    """
    path = Path(path)
    try:
        content = project_to_bytes(project)
    except ProjectError as error:
        raise ProjectError(
            f"“{path.name}” was not saved: the project {error}",
            neuron_ids=error.neuron_ids,
            connection_ids=error.connection_ids,
        ) from error
    try:
        # Of a link, what it leads to is replaced and the link stays.
        _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        reason = _REASONS.get(error.errno or 0) or error.strerror or str(error)
        raise ProjectError(
            f"“{path.name}” was not saved: {reason}. What was there before is unchanged; "
            "save it in another place."
        ) from error


def project_to_bytes(project: Project) -> bytes:
    """Return what a file of the project holds; raises ProjectError."""
    document, arrays = encode(project)
    return pack(Parts(document, arrays, VERSION, f"nnstudio {__version__}"))


def project_from_bytes(content: bytes) -> Project:
    """Return the project that a file with this content holds; raises ProjectError."""
    parts = unpack(content)
    plain = migrate({"document": parts.document, "arrays": parts.arrays}, parts.version, VERSION)
    return decode(plain["document"], plain["arrays"])


def _content(path: Path) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ProjectError(f"“{path.name}” is a folder, not a project.")
        if not stat.S_ISREG(status.st_mode):
            raise ProjectError(f"“{path.name}” is not a file that can be opened.")
        if status.st_size > _SIZE_LIMIT:
            raise ProjectError(f"“{path.name}” is too large to be a project: {status.st_size / 1e9:.1f} GB.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ProjectError(f"There is no file “{path}”.") from error
    except PermissionError as error:
        raise ProjectError(f"“{path.name}” cannot be read: you may not open it.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ProjectError(f"“{path.name}” cannot be read: {reason}.") from error


def _replace(target: Path, content: bytes) -> None:
    """Put content in the place of a file, which keeps its permissions; raises OSError."""
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
