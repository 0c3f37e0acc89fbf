"""Starts nnstudio: the command line for a command, the window for all else."""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nnstudio import cli

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_NO_DISPLAY = (
    "there is no display to open the window on. Start it on a desktop, set DISPLAY, or work without a "
    "window: nnstudio --help"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run nnstudio with these arguments and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    first = arguments[0] if arguments else ""
    if first in cli.COMMANDS or first in ("-h", "--help", "--version"):
        return cli.main(arguments, screenshot=_screenshot, picture=_picture)
    if first and not first.startswith("-") and not first.endswith(".nns") and not Path(first).exists():
        near = difflib.get_close_matches(first, cli.COMMANDS, 1)
        hint = f"Did you mean “{near[0]}”?" if near else "The commands are listed by nnstudio --help."
        return _fail(f"there is no command and no file “{first}”. {hint}", 2)
    if not _has_display():
        return _fail(_NO_DISPLAY)
    try:
        from nnstudio.ui import app
    except ImportError as error:
        return _fail(f"the window cannot be loaded ({error}). python3 packaging/bootstrap.py run sets it up.")
    return app.main(arguments)


def _screenshot(
    project: Path, out: Path, size: tuple[int, int], theme: Literal["light", "dark"], epochs: int
) -> None:
    _window_pictures().render(project, out, size, theme, epochs)


def _picture(
    project: Path, out: Path, theme: Literal["light", "dark"], transparent: bool, scale: float
) -> None:
    _window_pictures().picture(project, out, theme, transparent, scale)


def _window_pictures() -> ModuleType:
    from nnstudio.errors import NNStudioError

    try:
        from nnstudio.ui import screenshot
    except ImportError as error:
        raise NNStudioError(f"The window cannot be loaded: {error}.") from error
    return screenshot


def _has_display() -> bool:
    # Without one, Qt would not say so but end the program.
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _fail(message: str, code: int = 1) -> int:
    sys.stderr.write(f"nnstudio: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
