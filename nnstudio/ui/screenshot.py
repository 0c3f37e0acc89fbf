"""Pictures of the window and of the canvas, for documents, the gallery and the command line."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEventLoop, QSize

from nnstudio.errors import NNStudioError, ProjectError
from nnstudio.ui import theme as themes

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QImage, QPixmap

    from nnstudio.ui.main_window import MainWindow
    from nnstudio.ui.theme import Choice

THUMBNAIL = QSize(464, 290)  # shown at 232x145 and sharp on dense screens
_PATIENCE_SECONDS = 600.0


def render(
    project_path: str | Path,
    out_png: str | Path,
    size: tuple[int, int] = (1280, 800),
    theme: Choice = "light",
    train_epochs: int = 0,
) -> None:
    """Write a picture of the main window with a project, after so many epochs of training.

    Works without a display. Raises ProjectError where the project cannot be read or the picture cannot be
    written, and what keeps it from being trained.
    """
    _without_display()
    from nnstudio.ui.app import make_application
    from nnstudio.ui.main_window import MainWindow

    make_application()
    themes.manager().set_choice(theme, remember=False)
    window = MainWindow(remember_layout=False)
    try:
        _open(window, Path(project_path))
        window.resize(*size)
        window.show()
        window.load_plots()
        if train_epochs:
            _train(window, train_epochs)
        _settle()
        _write(window.grab(), Path(out_png))
    finally:
        _close(window)


def thumbnail(project_path: str | Path, out_png: str | Path, theme: Choice = "light") -> None:
    """Write a picture of a project's canvas for the gallery."""
    _without_display()
    from nnstudio.ui.app import make_application
    from nnstudio.ui.main_window import MainWindow

    make_application()
    themes.manager().set_choice(theme, remember=False)
    window = MainWindow(remember_layout=False)
    try:
        _open(window, Path(project_path))
        _settle()
        _write(window.canvas.render_image(THUMBNAIL), Path(out_png))
    finally:
        _close(window)


def picture(
    project_path: str | Path, out: str | Path, theme: Choice, transparent: bool, scale: float
) -> None:
    """Write a project's network as its canvas shows it, as the ending of ``out`` says; see `save_picture`.

    Works without a display. Raises ProjectError where the project cannot be read, NNStudioError for the rest.
    """
    _without_display()
    from nnstudio.ui.app import make_application
    from nnstudio.ui.canvas.picture import save_picture
    from nnstudio.ui.main_window import MainWindow

    make_application()
    themes.manager().set_choice(theme, remember=False)
    window = MainWindow(remember_layout=False)
    try:
        _open(window, Path(project_path))
        _settle()
        save_picture(window.canvas.network_scene, Path(out), transparent=transparent, scale=scale)
    finally:
        _close(window)


def _open(window: MainWindow, path: Path) -> None:
    failures: list[str] = []
    window.files.message.connect(lambda text, _kind: failures.append(text))
    if not window.files.open(path, as_copy=True):
        raise ProjectError(failures[0] if failures else f"“{path}” cannot be opened.")


def _train(window: MainWindow, epochs: int) -> None:
    from dataclasses import replace

    controller = window.controller
    project = window.document.project
    settings = controller.settings
    controller.look()
    project.settings = replace(settings, epochs=controller.epoch + epochs)
    problems: list[Exception] = []
    controller.failed.connect(problems.append)
    controller.set_speed("full")
    controller.train()
    if controller.problem is not None:
        raise controller.problem
    _wait(lambda: not controller.is_running)
    project.settings = settings
    controller.look()
    for problem in problems:
        if isinstance(problem, NNStudioError):
            sys.stderr.write(f"nnstudio: {problem}\n")


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition() and time.monotonic() < deadline:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def _settle() -> None:
    """Let timers and paints that follow each other run out."""
    until = time.monotonic() + 0.4
    while time.monotonic() < until:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        time.sleep(0.005)


def _write(picture: QImage | QPixmap, path: Path) -> None:
    if not picture.save(str(path), "PNG"):
        raise ProjectError(f"The picture cannot be written to “{path}”. Is the folder there, and writable?")


def _close(window: MainWindow) -> None:
    window.document.undo_stack.setClean()
    window.controller.shutdown()
    window.close()
    window.deleteLater()
    QCoreApplication.processEvents()


def _without_display() -> None:
    on_linux = sys.platform.startswith("linux")
    if on_linux and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
