"""Project files on the disk: read whole, and written whole."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio import __version__
from nnstudio.errors import ProjectError
from nnstudio.files import not_written, write_file
from nnstudio.project.container import VERSION, Parts, pack, unpack
from nnstudio.project.format import decode, encode
from nnstudio.project.migrations import migrate

if TYPE_CHECKING:
    from nnstudio.project.project import Project

_SIZE_LIMIT = 4 * 1024**3


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
        write_file(path, content)
    except OSError as error:
        raise ProjectError(not_written(path, error)) from error


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
