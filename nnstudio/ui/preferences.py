"""What the window remembers between starts."""

from __future__ import annotations

from PySide6.QtCore import QSettings

from nnstudio import paths


def preferences() -> QSettings:
    """Return the window's settings, an INI file in the user's configuration folder."""
    return QSettings(str(paths.config_dir() / "window.ini"), QSettings.Format.IniFormat)
