"""Asks how the canvas is to be saved as a picture, with a preview, and then where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QVBoxLayout,
    QWidget,
)

from nnstudio.errors import NNStudioError
from nnstudio.ui import theme
from nnstudio.ui.canvas.picture import FORMATS, PICTURE_SCALE, image_of, save_picture

if TYPE_CHECKING:
    from nnstudio.ui.canvas.scene import NetworkScene

_SCALES = (1.0, 2.0, 4.0, 8.0)
_CHECK = 8  # side of the squares behind what is transparent


class PictureDialog(QDialog):
    """Saves the whole drawing. ``saved`` tells where to, ``failed`` why not."""

    saved = Signal(str)
    failed = Signal(object)  # NNStudioError

    def __init__(self, scene: NetworkScene, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene = scene
        self._name = name
        self.setWindowTitle("Save the canvas as a picture")
        self._preview = _Preview()
        self.format = QComboBox()
        for suffix, title in FORMATS.items():
            self.format.addItem(title, suffix)
        self.scale = QComboBox()
        for scale in _SCALES:
            self.scale.addItem(f"{scale:g}×", scale)
        self.scale.setCurrentIndex(_SCALES.index(PICTURE_SCALE))
        self.scale.setToolTip("Pixels for each pixel of the canvas at 100%")
        self.transparent = QCheckBox("Leave the background out")
        form = QFormLayout()
        form.addRow("Format", self.format)
        form.addRow("Size", self.scale)
        form.addRow("", self.transparent)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self._preview, 1)
        layout.addLayout(form)
        layout.addWidget(self._buttons)
        self._buttons.accepted.connect(self._ask)
        self._buttons.rejected.connect(self.reject)
        self.format.currentIndexChanged.connect(self._refresh)
        self.transparent.toggled.connect(self._refresh)
        self.resize(520, 480)
        self._refresh()

    def save(self, path: Path) -> bool:
        """Save as chosen; say whether that was possible."""
        try:
            save_picture(
                self._scene,
                path,
                transparent=self.transparent.isChecked(),
                scale=float(self.scale.currentData()),
            )
        except NNStudioError as error:
            self.failed.emit(error)
            return False
        self.saved.emit(str(path))
        return True

    @Slot()
    def _refresh(self) -> None:
        self.scale.setEnabled(self.format.currentData() == ".png")
        self._preview.show_image(image_of(self._scene, transparent=self.transparent.isChecked()))

    @Slot()
    def _ask(self) -> None:
        suffix = self.format.currentData()
        chosen, _ = QFileDialog.getSaveFileName(
            self, self.windowTitle(), f"{self._name}{suffix}", f"{self.format.currentText()} (*{suffix})"
        )
        if not chosen:
            return
        path = Path(chosen)
        if self.save(path if path.suffix.lower() == suffix else path.with_name(path.name + suffix)):
            self.accept()


class _Preview(QWidget):
    """Shows the picture as large as it fits, on squares where it is transparent."""

    def __init__(self) -> None:
        super().__init__()
        self._pixmap = QPixmap()
        self.setMinimumHeight(220)
        self.setAccessibleName("Preview of the picture")

    def show_image(self, image: QImage) -> None:
        self._pixmap = QPixmap.fromImage(image)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = self._pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(QRectF(self.rect()).center())
        painter.fillRect(place, _checks())
        painter.drawPixmap(place, self._pixmap, QRectF(self._pixmap.rect()))
        painter.setPen(theme.manager().current.border)
        painter.drawRect(place)


def _checks() -> QBrush:
    tile = QPixmap(2 * _CHECK, 2 * _CHECK)
    current = theme.manager().current
    tile.fill(current.panel)
    other = QColor(current.border)
    other.setAlphaF(0.5)
    painter = QPainter(tile)
    painter.fillRect(0, 0, _CHECK, _CHECK, other)
    painter.fillRect(_CHECK, _CHECK, _CHECK, _CHECK, other)
    painter.end()
    return QBrush(tile)
