"""The whole network in a corner of the canvas, with what is on view framed in it; a drag moves the view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QFrame

from nnstudio.ui import theme
from nnstudio.ui.canvas.geometry import NEURON_RADIUS
from nnstudio.ui.canvas.groups_geometry import CORNER
from nnstudio.ui.canvas.overlays import style_card

if TYPE_CHECKING:
    from nnstudio.ui.canvas.view import CanvasView

WIDTH, HEIGHT = 184, 124
_ROOM = 60.0  # of the scene, around the outermost neurons
_EDGE = 6
# Beyond this many lines nothing could be told apart in so small a picture.
_MOST_LINES = 1500


class Minimap(QFrame):
    """Shows itself where not all of the network is on view, unless it was turned off."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        # By itself: as the window is taken down, scroll bars move once more when the canvas has lost its own.
        self._scene = canvas.network_scene
        self._is_wanted = True
        self._picture: QPixmap | None = None
        self._area = QRectF()
        self.setObjectName("minimap")
        self.setAccessibleName("Overview of the network")
        self.setToolTip("Drag to move the view")
        self.setFixedSize(WIDTH, HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()
        self._scene.structure_changed.connect(self.forget_picture)
        self._scene.faces_switched.connect(self.forget_picture)
        canvas.document.network_changed.connect(self.forget_picture)
        canvas.zoomed.connect(self.follow)
        canvas.horizontalScrollBar().valueChanged.connect(self.follow)
        canvas.verticalScrollBar().valueChanged.connect(self.follow)
        theme.manager().changed.connect(self._restyle)
        self._restyle()

    @property
    def is_wanted(self) -> bool:
        """Whether it shows itself where it is of use."""
        return self._is_wanted

    def set_wanted(self, wanted: bool) -> None:
        """Turn it on or off."""
        self._is_wanted = wanted
        self.follow()

    @Slot()
    def forget_picture(self) -> None:
        """Draw the network anew."""
        self._picture = None
        self.follow()

    @Slot()
    def follow(self) -> None:
        """Frame what is on view now."""
        bounds = self._scene.bounds()
        if bounds is None or not self._is_wanted:
            self.hide()
            return
        left, top, right, bottom = bounds
        network = QRectF(left, top, right - left, bottom - top)
        reach = NEURON_RADIUS
        self.setVisible(not self._view().contains(network.adjusted(-reach, -reach, reach, reach)))
        area = network.adjusted(-_ROOM, -_ROOM, _ROOM, _ROOM)
        if area != self._area:
            self._area, self._picture = area, None
        self.update()

    def to_scene(self, at: QPointF) -> QPointF:
        """Return the point of the scene that a point of the minimap stands for."""
        factor, offset = self._mapping()
        return (at - offset) / factor

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        if self._picture is None or self._picture.devicePixelRatioF() != self.devicePixelRatioF():
            self._picture = self._drawn()
        painter.drawPixmap(0, 0, self._picture)
        factor, offset = self._mapping()
        view = self._view()
        frame = QRectF(view.topLeft() * factor + offset, view.size() * factor)
        frame = frame.intersected(QRectF(self.rect()).adjusted(2, 2, -3, -3))
        color = QColor(theme.manager().current.accent)
        painter.setPen(QPen(color, 1.5))
        color.setAlphaF(0.1)
        painter.setBrush(color)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(frame, 3, 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton:
            self._look_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._look_at(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _look_at(self, at: QPointF) -> None:
        target = self._canvas.viewportTransform().map(self.to_scene(at))
        way = target - QPointF(self._canvas.viewport().rect().center())
        self._canvas.scroll_by(round(way.x()), round(way.y()))

    def _view(self) -> QRectF:
        return self._canvas.mapToScene(self._canvas.viewport().rect()).boundingRect()

    def _mapping(self) -> tuple[float, QPointF]:
        """Return the factor and the offset from the scene to here."""
        inner = QRectF(self.rect()).adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        area = self._area
        if area.isEmpty():
            return 1.0, QPointF()
        factor = min(inner.width() / area.width(), inner.height() / area.height())
        return factor, inner.center() - area.center() * factor

    def _drawn(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(WIDTH * ratio), round(HEIGHT * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        factor, offset = self._mapping()
        graph = self._scene.graph
        current = theme.manager().current
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QColor(current.muted)
        line.setAlphaF(0.25)
        painter.setPen(QPen(line, 0.75))
        groups = self._scene.groups
        lines = graph.lines if graph.hidden is None else graph.lines[~graph.hidden]
        bands = np.array([(*each.start, *each.end) for each in groups.bundles]).reshape(-1, 4)
        lines = np.concatenate([lines[:: max(1, -(-len(lines) // _MOST_LINES))], bands])
        shift = np.array([offset.x(), offset.y()] * 2)
        painter.drawLines([QLineF(*ends) for ends in (lines * factor + shift).tolist()])
        size = max(NEURON_RADIUS * factor, 1.25)
        painter.setPen(Qt.PenStyle.NoPen)
        places = graph.positions * factor + shift[:2]
        for neuron, (x, y) in zip(self._canvas.document.network.neurons, places.tolist(), strict=True):
            if neuron.id not in groups.hidden:
                painter.setBrush(getattr(current, neuron.role))
                if self._scene.items_by_id[neuron.id].is_square:
                    painter.drawRect(QRectF(x - size, y - size, 2 * size, 2 * size))
                else:
                    painter.drawEllipse(QPointF(x, y), size, size)
        painter.setBrush(current.hidden)
        for block in groups.blocks():
            area = QRectF(block.topLeft() * factor + offset, block.size() * factor)
            painter.drawRoundedRect(area, CORNER * factor, CORNER * factor)
        painter.end()
        return pixmap

    @Slot()
    def _restyle(self) -> None:
        style_card(self)
        self._picture = None
        self.update()
