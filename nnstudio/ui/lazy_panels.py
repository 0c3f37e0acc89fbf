"""The panels that are made when they are first seen, after all that others wait for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.main_window import MainWindow


def lazy_panels(window: MainWindow) -> dict[str, Callable[[], QWidget]]:
    """Return what makes the panel of each dock that is filled late, by the dock's name."""
    makers = {
        "lessons": _lessons,
        "explain": _explain,
        "landscape": _landscape,
        "distributions": _distributions,
    }
    return {key: partial(make, window) for key, make in makers.items()}


def _lessons(window: MainWindow) -> QWidget:
    from nnstudio.ui.lessons.panel import LessonPanel

    return LessonPanel(window)


def _explain(window: MainWindow) -> QWidget:
    from nnstudio.ui.panels.explain import ExplainPanel

    panel = ExplainPanel(window.document, window.controller)
    panel.path_pointed.connect(window.canvas.network_scene.set_path)
    panel.message.connect(window.show_message)
    return panel


def _landscape(window: MainWindow) -> QWidget:
    from nnstudio.ui.panels.landscape import LandscapePanel

    panel = LandscapePanel(window.document, window.controller)
    panel.failed.connect(window.telling.show_error)
    return panel


def _distributions(window: MainWindow) -> QWidget:
    from nnstudio.ui.panels.distributions import DistributionsPanel

    panel = DistributionsPanel(window.document, window.controller)
    panel.failed.connect(window.telling.show_error)
    return panel
