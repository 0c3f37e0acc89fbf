"""Where files are: resources shipped with the program, and the user's own folders."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def resource_path(*parts: str) -> Path:
    """Path of a shipped resource, in a checkout and in an installed wheel alike.

    >>> resource_path("data", "iris.csv").name
    'iris.csv'
    """
    installed = _PACKAGE / "resources"
    root = installed if installed.is_dir() else _PACKAGE.parent / "resources"
    return root.joinpath(*parts)


def _user_dir(variable: str, default: str) -> Path:
    # An override per folder, so that tests and portable installations touch nothing of the user's.
    path = Path(os.environ.get(variable) or default)
    path.mkdir(parents=True, exist_ok=True)
    return path


def config_dir() -> Path:
    """Folder of the user's settings; made when missing. ``NNSTUDIO_CONFIG_DIR`` overrides it."""
    return _user_dir("NNSTUDIO_CONFIG_DIR", platformdirs.user_config_dir("nnstudio", appauthor=False))


def log_dir() -> Path:
    """Folder of the log file; made when missing. ``NNSTUDIO_LOG_DIR`` overrides it."""
    return _user_dir("NNSTUDIO_LOG_DIR", platformdirs.user_log_dir("nnstudio", appauthor=False))


def cache_dir() -> Path:
    """Folder of what can be made again; made when missing. ``NNSTUDIO_CACHE_DIR`` overrides it."""
    return _user_dir("NNSTUDIO_CACHE_DIR", platformdirs.user_cache_dir("nnstudio", appauthor=False))


def lessons_dir() -> Path:
    """Folder of the user's own lessons; made when missing."""
    folder = config_dir() / "lessons"
    folder.mkdir(exist_ok=True)
    return folder
