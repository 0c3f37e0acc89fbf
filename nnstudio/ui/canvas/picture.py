"""The canvas as a file, as it looks but without what is selected: PNG, SVG, PDF, or TikZ code for LaTeX."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from nnstudio.errors import NNStudioError
from nnstudio.files import not_written, write_file
from nnstudio.ui import theme
from nnstudio.ui.canvas.tikz import tikz_from_svg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nnstudio.ui.canvas.scene import NetworkScene

FORMATS = {
    ".png": "Picture (PNG)",
    ".svg": "Drawing (SVG)",
    ".pdf": "Document (PDF)",
    ".tex": "TikZ for LaTeX",
}
PICTURE_SCALE = 2.0
_ROOM = 64.0  # around the outermost centers: a neuron, its label, the rim of a group
_NUMBERS_ZOOM = 0.8  # pictures are looked at from nearer than the canvas, or enlarged
_LARGEST_SIDE = 20_000  # pixels; beyond that Qt's images fail
_POINTS_PER_UNIT = 0.75  # a unit of the scene is a pixel of 96 to the inch


def save_picture(
    scene: NetworkScene, path: Path, *, transparent: bool = False, scale: float = PICTURE_SCALE
) -> None:
    """Write the whole drawing to a file; its ending says how.

    ``scale`` is in pixels a unit of the scene, for PNG alone. Raises NNStudioError for another ending, an
    empty canvas, a picture that would be too large, and where the file cannot be written.
    """
    make = _MAKERS.get(path.suffix.lower())
    if make is None:
        endings = ", ".join(FORMATS)
        raise NNStudioError(
            f"“{path.name}” does not say what kind of picture it is. Let its name end in one of {endings}."
        )
    area = _area(scene)
    if area is None:
        raise NNStudioError("There is nothing on the canvas yet, so there is no picture of it.")
    with undecorated(scene):
        content = make(scene, area, transparent, scale)
    try:
        write_file(path, content)
    except OSError as error:
        raise NNStudioError(not_written(path, error)) from error


@contextmanager
def undecorated(scene: NetworkScene) -> Iterator[None]:
    """Leave out meanwhile what only helps to edit, as selection and problems; write weights where few."""
    items = list(scene.items_by_id.values())
    names = ("is_selected", "hover", "is_marked", "is_alert", "is_on_path", "problem")
    before = [[getattr(item, name) for name in names] for item in items]
    for item in items:
        item.is_selected = item.is_marked = item.is_alert = item.is_on_path = False
        item.hover, item.problem = "", ""
    numbers_zoom, scene.layer.numbers_zoom = scene.layer.numbers_zoom, _NUMBERS_ZOOM
    try:
        with scene.layer.without_highlights(), scene.groups.undecorated():
            yield
    finally:
        scene.layer.numbers_zoom = numbers_zoom
        for item, values in zip(items, before, strict=True):
            for name, value in zip(names, values, strict=True):
                setattr(item, name, value)


def _render(scene: NetworkScene, painter: QPainter, area: QRectF, transparent: bool) -> None:
    target = QRectF(0.0, 0.0, area.width(), area.height())
    if not transparent:
        painter.fillRect(target, theme.manager().current.canvas)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    # On a ground that is not known, plates of the canvas's color would stand out.
    scene.layer.numbers_have_plates = not transparent
    try:
        scene.render(painter, target, area)
    finally:
        scene.layer.numbers_have_plates = True
    painter.end()


def image_of(scene: NetworkScene, *, transparent: bool = False, scale: float = 1.0) -> QImage:
    """Return the whole drawing as an image, ``scale`` pixels a unit of the scene; small where it is empty.

    Raises NNStudioError where it would be too large.
    """
    area = _area(scene)
    with undecorated(scene):
        return _image(scene, area or QRectF(0, 0, _ROOM, _ROOM), transparent, scale)


def _area(scene: NetworkScene) -> QRectF | None:
    bounds = scene.bounds()
    if bounds is None:
        return None
    left, top, right, bottom = bounds
    return QRectF(left, top, right - left, bottom - top).adjusted(-_ROOM, -_ROOM, _ROOM, _ROOM)


def _image(scene: NetworkScene, area: QRectF, transparent: bool, scale: float) -> QImage:
    size = QSize(round(area.width() * scale), round(area.height() * scale))
    if max(size.width(), size.height()) > _LARGEST_SIDE:
        raise NNStudioError(
            f"A picture of {size.width():,} × {size.height():,} pixels is too large. Choose a smaller scale, "
            "or save a drawing (SVG) or a document (PDF) instead."
        )
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    image.setDevicePixelRatio(scale)
    _render(scene, QPainter(image), area, transparent)
    return image


def _png(scene: NetworkScene, area: QRectF, transparent: bool, scale: float) -> bytes:
    image = _image(scene, area, transparent, scale)
    return _written(lambda device: image.save(device, "PNG"))


def _svg(scene: NetworkScene, area: QRectF, transparent: bool, _scale: float) -> bytes:
    def draw(device: QIODevice) -> None:
        generator = QSvgGenerator()
        generator.setOutputDevice(device)
        generator.setResolution(96)
        generator.setSize(area.size().toSize())
        generator.setViewBox(QRectF(0.0, 0.0, area.width(), area.height()))
        generator.setTitle("Neural network")
        generator.setDescription("Drawn by nnstudio")
        _render(scene, QPainter(generator), area, transparent)

    return _written(draw)


def _pdf(scene: NetworkScene, area: QRectF, transparent: bool, _scale: float) -> bytes:
    def draw(device: QIODevice) -> None:
        writer = QPdfWriter(device)
        writer.setTitle("Neural network")
        writer.setCreator("nnstudio")
        writer.setResolution(96)
        points = QSizeF(area.width(), area.height()) * _POINTS_PER_UNIT
        page = QPageSize(points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
        writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
        _render(scene, QPainter(writer), area, transparent)

    return _written(draw)


def _tikz(scene: NetworkScene, area: QRectF, transparent: bool, scale: float) -> bytes:
    # LaTeX code cannot hold images.
    scene.detail.has_faces = False
    try:
        svg = _svg(scene, area, transparent, scale).decode("utf-8")
    finally:
        scene.detail.has_faces = True
    return tikz_from_svg(svg, _text_width).encode("utf-8")


def _text_width(text: str, size: float) -> float:
    font = QFont()
    font.setPixelSize(round(size))
    return QFontMetricsF(font).horizontalAdvance(text)


def _written(draw: Callable[[QIODevice], object]) -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    draw(buffer)
    buffer.close()
    return bytes(content.data())


_MAKERS: dict[str, Callable[[NetworkScene, QRectF, bool, float], bytes]] = {
    ".png": _png,
    ".svg": _svg,
    ".pdf": _pdf,
    ".tex": _tikz,
}
