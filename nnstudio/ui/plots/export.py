"""A plot as a file: a picture (PNG), a drawing (SVG) or its numbers (CSV)."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRectF, QSize, Signal
from PySide6.QtGui import QAction, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QGraphicsView, QMenu, QToolButton, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.ui import theme
from nnstudio.ui.plots.figures import csv_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PICTURE_SCALE = 2.0
_FILTERS = {".png": "Picture (*.png)", ".svg": "Drawing (*.svg)", ".csv": "Numbers (*.csv)"}


def save_picture(widget: QWidget, path: Path, scale: float = _PICTURE_SCALE) -> None:
    """Write what a widget shows as a PNG file, ``scale`` pixels a point; raises OSError."""
    size = widget.size()
    image = QImage(size * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(theme.manager().current.plot_background)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(scale, scale)
    _draw(widget, painter, size)
    painter.end()
    if not image.save(str(path), "PNG"):
        raise OSError(f"{path} could not be written")


def save_drawing(widget: QWidget, path: Path, title: str) -> None:
    """Write what a widget shows as an SVG file; raises OSError."""
    path.open("wb").close()  # QSvgGenerator only warns about a file that it cannot write
    size = widget.size()
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(size)
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(title)
    painter = QPainter(generator)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), theme.manager().current.plot_background)
    _draw(widget, painter, size)
    painter.end()


def save_numbers(columns: Mapping[str, Any], path: Path) -> None:
    """Write columns as a CSV file; raises OSError."""
    path.write_text(csv_text(columns), encoding="utf-8", newline="")


def _draw(widget: QWidget, painter: QPainter, size: QSize) -> None:
    if isinstance(widget, QGraphicsView):
        target = QRectF(0, 0, size.width(), size.height())
        # pyqtgraph then draws points as shapes instead of copying small pictures of them.
        exporting = [item for item in widget.items() if hasattr(item, "setExportMode")]
        for item in exporting:
            item.setExportMode(True, {"antialias": True})
        widget.render(painter, target, widget.viewport().rect())
        for item in exporting:
            item.setExportMode(False)
    else:
        widget.render(painter, QPoint(0, 0))


class ExportButton(QToolButton):
    """Offers to save a plot. ``widget`` returns what to draw, ``columns`` the numbers behind it."""

    failed = Signal(object)  # NNStudioError

    def __init__(
        self,
        title: str,
        widget: Callable[[], QWidget],
        columns: Callable[[], Mapping[str, Any]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._title = title
        self._widget = widget
        self._columns = columns
        self.setAccessibleName(f"Save the plot “{title}”")
        self.setToolTip("Save as a picture, a drawing or numbers")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.set_icon(self, "export")
        menu = QMenu(self)
        for suffix, text in (
            (".png", "Picture (PNG)…"),
            (".svg", "Drawing (SVG)…"),
            (".csv", "Numbers (CSV)…"),
        ):
            action = QAction(f"Save as {text}", menu)
            action.triggered.connect(partial(self._ask, suffix))
            menu.addAction(action)
        self.setMenu(menu)

    def save(self, path: Path) -> None:
        """Save by the ending of the name: .png, .svg or .csv. Raises NNStudioError."""
        try:
            match path.suffix.lower():
                case ".svg":
                    save_drawing(self._widget(), path, self._title)
                case ".csv":
                    save_numbers(self._columns(), path)
                case _:
                    save_picture(self._widget(), path)
        except OSError as error:
            raise NNStudioError(
                f"The plot could not be saved as {path}: {error.strerror or error}. Choose another place."
            ) from error

    def _ask(self, suffix: str) -> None:
        name = f"{self._title.lower()}{suffix}"
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the plot", name, _FILTERS[suffix])
        if not chosen:
            return
        path = Path(chosen)
        try:
            self.save(path if path.suffix else path.with_suffix(suffix))
        except NNStudioError as error:
            self.failed.emit(error)
