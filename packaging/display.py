"""Whether a window can open here."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def has_display(environ: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Tell whether a display answers, or Qt was told which platform to use.

    A DISPLAY left over from a closed connection counts as none: Qt would abort on it.
    """
    if not platform.startswith("linux") or environ.get("QT_QPA_PLATFORM"):
        return True
    return _wayland_answers(environ) or _x11_answers(environ.get("DISPLAY", ""))


def _wayland_answers(environ: Mapping[str, str]) -> bool:
    name = environ.get("WAYLAND_DISPLAY")
    if not name:
        return False
    # An absolute name stands for itself.
    return _connects(socket.AF_UNIX, os.fspath(Path(environ.get("XDG_RUNTIME_DIR", "/run")) / name))


def _x11_answers(display: str) -> bool:
    match = re.fullmatch(r"(?:[a-z]+/)?(?P<host>[^:]*):(?P<number>\d+)(?:\.\d+)?", display)
    if match is None:
        # Other forms exist (a path, DECnet); let Qt try them.
        return bool(display)
    host, number = match["host"], int(match["number"])
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return _connects(socket.AF_UNIX, path) or _connects(socket.AF_UNIX, "\0" + path)
    return _connects(socket.AF_INET, (host, 6000 + number))


def _connects(family: int, address: str | tuple[str, int]) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(2.0)
            connection.connect(address)
    except OSError:
        return False
    return True
