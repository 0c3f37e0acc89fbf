"""Neurons painted all at once where they are many and small: a picture of each look, copied around."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from shiboken6 import wrapInstance

from nnstudio.network.rules import POSITION_LIMIT
from nnstudio.ui import theme
from nnstudio.ui.canvas.faces.painting import paint_copies
from nnstudio.ui.canvas.geometry import NEURON_RADIUS
from nnstudio.ui.canvas.neuron_item import DISABLED_OPACITY, FACE_REACH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nnstudio.ui.canvas.graph import Graph
    from nnstudio.ui.canvas.neuron_item import Detail, NeuronItem

# Fewer on view are painted one by one.
_LEAST_COPIED = 120
_REACH = NEURON_RADIUS + 14.0  # of what is painted without text
_LABEL_REACH = 70.0
_MOST_LOOKS = 400


class NeuronCrowd(QGraphicsItem):
    """Paints neurons in place of their items, once there are many; the items keep what is to be seen."""

    def __init__(self, items: Mapping[str, NeuronItem], graph: Callable[[], Graph], detail: Detail) -> None:
        super().__init__()
        self._items = items
        self._graph = graph
        self._detail = detail
        self._sheet: tuple[Any, QPixmap] | None = None
        self._places: dict[Any, int] = {}  # of looks on the sheet
        self.setZValue(1.0)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)

    def fit(self) -> None:
        """Paint the neurons, or leave that to their items, as there are many or few."""
        no_contents = QGraphicsItem.GraphicsItemFlag.ItemHasNoContents
        is_crowd = self._detail.is_crowd
        self.setFlag(no_contents, not is_crowd)
        for item in self._items.values():
            if bool(item.flags() & no_contents) != is_crowd:
                item.setFlag(no_contents, is_crowd)

    def boundingRect(self) -> QRectF:
        return QRectF(-POSITION_LIMIT, -POSITION_LIMIT, 2 * POSITION_LIMIT, 2 * POSITION_LIMIT)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        graph = self._graph()
        transform = painter.worldTransform()
        zoom = transform.m11()
        pixels = graph.positions * zoom + (transform.dx(), transform.dy())
        area = painter.viewport()
        room = _LABEL_REACH * zoom
        on_view = (
            (pixels[:, 0] >= area.left() - room)
            & (pixels[:, 0] <= area.right() + room)
            & (pixels[:, 1] >= area.top() - room)
            & (pixels[:, 1] <= area.bottom() + room)
        )
        slots = np.flatnonzero(on_view)
        found = [self._items[graph.neuron_ids[slot]] for slot in slots.tolist()]
        # A picture is to be sharp at any size, and text is to be read.
        if widget is None or len(found) < _LEAST_COPIED or zoom >= self._detail.text_zoom:
            self._paint_each(painter, option, found, widget)
        else:
            self._paint_copies(painter, widget.devicePixelRatioF(), found, pixels[slots])

    def _paint_each(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        items: list[NeuronItem],
        widget: QWidget | None,
    ) -> None:
        for item in items:
            if item.isVisible():
                painter.save()
                painter.translate(item.pos())
                painter.setOpacity(item.opacity())
                item.paint(painter, option, widget)
                painter.restore()

    def _paint_copies(
        self,
        painter: QPainter,
        ratio: float,
        items: list[NeuronItem],
        pixels: np.ndarray,
    ) -> None:
        zoom = painter.worldTransform().m11()
        looks = [item.look(zoom) for item in items]
        side = 2 * math.ceil(_REACH * zoom * ratio) + 2
        sheet = self._sheet_for(dict(zip(looks, items, strict=True)), zoom, ratio, side)
        places = self._places
        copies = np.zeros((len(items), 10))  # as Qt's PixmapFragment has it
        # On whole pixels, as the copies are: between them they would be blurred.
        copies[:, :2] = np.round(pixels * ratio) / ratio
        copies[:, 2] = [places[look] * side for look in looks]
        copies[:, 4:6] = side
        copies[:, 6:8] = 1.0 / ratio
        copies[:, 9] = [item.opacity() if item.isVisible() else 0.0 for item in items]
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_faces(painter, items, copies, zoom)
        painter.drawPixmapFragments(
            wrapInstance(copies.ctypes.data, QPainter.PixmapFragment), len(copies), sheet
        )
        painter.restore()

    def _paint_faces(
        self, painter: QPainter, items: list[NeuronItem], copies: np.ndarray, zoom: float
    ) -> None:
        """Paint the pictures that neurons show, under the frames."""
        shown = [place for place, item in enumerate(items) if item.shows_face(zoom)]
        faces = [face for place in shown if (face := items[place].face) is not None]
        dim = [DISABLED_OPACITY if not items[place].neuron.enabled else 1.0 for place in shown]
        paint_copies(painter, faces, copies[shown, :2], 2 * FACE_REACH * zoom, copies[shown, 9] * dim)

    def _sheet_for(
        self,
        looks: dict[Any, NeuronItem],
        zoom: float,
        ratio: float,
        side: int,
    ) -> QPixmap:
        """Return a sheet with a picture of each look, side by side; ``_places`` tells which is where."""
        key = (zoom, ratio, theme.manager().current.name)
        known = self._places
        if self._sheet is not None and self._sheet[0] == key and looks.keys() <= known.keys():
            return self._sheet[1]
        if self._sheet is None or self._sheet[0] != key or len(known) > _MOST_LOOKS:
            known = {}
        fresh = [look for look in looks if look not in known]
        sheet = QPixmap(side * (len(known) + len(fresh)), side)
        sheet.fill(Qt.GlobalColor.transparent)
        painter = QPainter(sheet)
        if known and self._sheet is not None:
            painter.drawPixmap(0, 0, self._sheet[1])
        scale = zoom * ratio
        for place, look in enumerate(fresh, start=len(known)):
            middle = (place + 0.5) * side
            painter.save()
            painter.setTransform(QTransform(scale, 0, 0, scale, middle, side / 2))
            looks[look].paint_small(painter, zoom)
            painter.restore()
        painter.end()
        self._places = known | {look: place for place, look in enumerate(fresh, start=len(known))}
        self._sheet = key, sheet
        return sheet
