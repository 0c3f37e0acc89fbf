"""Pictures for the text of a lesson: files beside it, and views of the window as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from nnstudio.errors import NNStudioError
from nnstudio.lessons.reading import is_file_name
from nnstudio.ui import theme

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.main_window import MainWindow

_SCALE = 2.0
_MOST_PIXELS = 4000  # of a drawing that says it is larger, as those in other units do


def picture_of(window: MainWindow, folder: Path, source: str) -> QImage | None:
    """Return the picture that a source names, or None where there is none: ``view:canvas``, or a file."""
    kind, _, view = source.partition(":")
    if kind == "view":
        return view_picture(window, view)
    return file_picture(folder / source) if is_file_name(source) else None


def view_picture(window: MainWindow, view: str) -> QImage | None:
    """Return a view of the window as it is now; None for one that is not open."""
    if view == "canvas":
        from nnstudio.ui.canvas.picture import image_of

        try:
            image = image_of(window.canvas.network_scene, scale=_SCALE)
        except NNStudioError:
            return None
        image.setDevicePixelRatio(_SCALE)
        return image
    dock = window.docks.get(view)
    widget: QWidget | None = None if dock is None else dock.widget()
    if widget is None or widget.visibleRegion().isEmpty():
        return None
    return widget.grab().toImage()


def file_picture(path: Path) -> QImage | None:
    """Return the picture in a file; of “name.png” in the dark theme “name-dark.png” where that is there."""
    if theme.manager().current.is_dark:
        other = path.with_name(f"{path.stem}-dark{path.suffix}")
        path = other if other.is_file() else path
    if path.suffix.lower() != ".svg":
        image = QImage(str(path))
        return None if image.isNull() else image
    renderer = QSvgRenderer(str(path))
    if not renderer.isValid():
        return None
    size = QSize(renderer.defaultSize() * _SCALE)
    if max(size.width(), size.height()) > _MOST_PIXELS:
        size.scale(_MOST_PIXELS, _MOST_PIXELS, Qt.AspectRatioMode.KeepAspectRatio)
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    image.setDevicePixelRatio(_SCALE)
    return image
