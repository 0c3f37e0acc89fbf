"""All connections of the canvas as one item, painted from arrays."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.network.rules import POSITION_LIMIT
from nnstudio.ui import theme
from nnstudio.ui.canvas import pen_painter, strokes
from nnstudio.ui.canvas.raster.image import LineImage
from nnstudio.ui.canvas.raster.loading import loader
from nnstudio.ui.canvas.strokes import StrokedLines
from nnstudio.ui.colors import robust_scale
from nnstudio.ui.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nnstudio.ui.canvas.graph import Graph
    from nnstudio.ui.canvas.raster.loading import Kernels
    from nnstudio.ui.canvas.strokes import ColorMode
    from nnstudio.ui.theme import Theme

# From so many on, what was painted is kept as an image for as long as it fits.
_LEAST_KEPT = 200
# From so many on, compiled kernels draw them, where there are any.
_LEAST_COMPILED = 1500
_MOST_NUMBERS = 60
_NUMBERS_ZOOM = 1.15


@dataclass(frozen=True)
class _Place:
    """Where the scene lies in an image, in pixels of the screen."""

    scale: float
    dx: float
    dy: float
    width: int
    height: int


class ConnectionLayer(QGraphicsItem):
    """Paints the connections of a `Graph`; recoloring them touches nothing but arrays."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._graph = graph
        self.mode: ColorMode = "weight"
        self.scale = 1.0
        self.halo_scale = 1.0
        self._selected: frozenset[str] = frozenset()
        self._hovered: str | None = None
        self.has_numbers = True  # weights beside their connections, where there is room
        self._alert: tuple[str, ...] = ()
        self.threads = 2  # that may draw at once
        self._strokes: tuple[strokes.Strokes | None, strokes.Strokes] | None = None
        self._theme_name = ""
        self._painted: tuple[_Place, QImage] | None = None
        self._lines: LineImage | None = None
        self._lines_place: _Place | None = None  # for which the lines are drawn

    def boundingRect(self) -> QRectF:
        # The whole plane: lines outside the view are left out by arithmetic on arrays instead.
        return QRectF(-POSITION_LIMIT, -POSITION_LIMIT, 2 * POSITION_LIMIT, 2 * POSITION_LIMIT)

    @property
    def graph(self) -> Graph:
        """What is painted."""
        return self._graph

    @property
    def hovered(self) -> str | None:
        """The connection under the pointer."""
        return self._hovered

    def set_graph(self, graph: Graph) -> None:
        """Paint another graph."""
        self._graph = graph
        self.values_changed()

    def values_changed(self) -> None:
        """Take weights, gradients and activations anew."""
        self._strokes = None
        self.lines_changed()

    def lines_changed(self) -> None:
        """Take the positions anew."""
        self._forget_images()
        self.update()

    def set_mode(self, mode: ColorMode) -> None:
        """Color by another value."""
        self.mode = mode
        self.values_changed()

    def set_selected(self, connection_ids: frozenset[str]) -> None:
        """Show which connections are selected."""
        self._selected = connection_ids
        self.update()

    def set_hovered(self, connection_id: str | None) -> None:
        """Show which connection is under the pointer."""
        self._hovered = connection_id
        self.update()

    def set_alert(self, connection_ids: Iterable[str]) -> None:
        """Light up connections, such as those of a path that would become a cycle."""
        self._alert = tuple(connection_ids)
        self.update()

    @contextmanager
    def without_highlights(self) -> Iterator[None]:
        """Leave out meanwhile what is selected, under the pointer or lit up."""
        before = self._selected, self._hovered, self._alert
        self._selected, self._hovered, self._alert = frozenset(), None, ()
        try:
            yield
        finally:
            self._selected, self._hovered, self._alert = before

    def pen_of(self, connection_id: str) -> tuple[strokes.Rgba, float]:
        """Return color and width of a connection as it is painted."""
        self.prepare()
        slot = self._graph.connection_slots[connection_id]
        values = strokes.shown_values(self._graph, self.mode)
        return strokes.line_color(
            float(values[slot]), self.scale, self._theme_name, palette=_palette(self.mode)
        )

    def prepare(self) -> tuple[strokes.Strokes | None, strokes.Strokes]:
        """Work out scales and pens where values, mode or theme have changed; returns halo and lines."""
        name = theme.manager().current.name
        if self._strokes is None or self._theme_name != name:
            graph = self._graph
            self._theme_name = name
            self._forget_images()
            values = strokes.shown_values(graph, self.mode)
            self.scale = robust_scale(values)
            halo = None
            if self.mode == "both":
                self.halo_scale = robust_scale(graph.gradients)
                halo = strokes.halo_strokes(graph.gradients, self.halo_scale, name, values, self.scale)
            self._strokes = (
                halo,
                strokes.value_strokes(values, self.scale, name, palette=_palette(self.mode)),
            )
        return self._strokes

    # Painting

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if not len(self._graph.connection_ids):
            return
        transform = painter.worldTransform()
        area = QRectF(painter.viewport())
        painter.save()
        # Lines are mapped by NumPy, so that their widths are in pixels of the screen.
        painter.resetTransform()
        self.prepare()
        if widget is None or len(self._graph.connection_ids) < _LEAST_KEPT:
            pen_painter.paint(painter, transform, area, self._parts(_width_factor(transform.m11())))
        else:
            painter.drawImage(QPointF(0.0, 0.0), self._image(widget, transform))
        self._paint_highlights(painter, transform, area)
        painter.restore()

    def _parts(self, factor: float) -> list[StrokedLines]:
        """Return what there is to paint, the last on top; widths are multiplied by ``factor``."""
        graph = self._graph
        halo, plain = self.prepare()
        return [
            StrokedLines(graph.segments, graph.starts, part.scaled(factor))
            for part in (halo, plain)
            if part is not None
        ]

    def _image(self, widget: QWidget, transform: QTransform) -> QImage:
        ratio = widget.devicePixelRatioF()
        place = _Place(
            transform.m11() * ratio,
            transform.dx() * ratio,
            transform.dy() * ratio,
            round(widget.width() * ratio),
            round(widget.height() * ratio),
        )
        factor = _width_factor(transform.m11())
        kernels = loader.wanted() if len(self._graph.connection_ids) >= _LEAST_COMPILED else None
        if kernels is not None:
            image = self._draw(kernels, place, factor * ratio)
            image.setDevicePixelRatio(ratio)
            return image
        if self._painted is None or self._painted[0] != place:
            image = QImage(place.width, place.height, QImage.Format.Format_ARGB32_Premultiplied)
            image.setDevicePixelRatio(ratio)
            image.fill(Qt.GlobalColor.transparent)
            painter = QPainter(image)
            pen_painter.paint(painter, transform, QRectF(widget.rect()), self._parts(factor))
            painter.end()
            self._painted = (place, image)
        return self._painted[1]

    def _draw(self, kernels: Kernels, place: _Place, factor: float) -> QImage:
        lines, before = self._lines, self._lines_place
        if lines is None or (lines.image.width(), lines.image.height()) != (place.width, place.height):
            lines, before = LineImage(place.width, place.height), None
        areas = [lines.area]
        if before is not None and before.scale == place.scale:
            dx, dy = place.dx - before.dx, place.dy - before.dy
            if dx == round(dx) and dy == round(dy):
                areas = lines.shift(round(dx), round(dy))
        parts = self._parts(factor) if areas else []
        for area in areas:
            lines.draw(
                kernels,
                parts,
                scale=place.scale,
                dx=place.dx,
                dy=place.dy,
                area=area,
                threads=self.threads,
            )
        self._lines, self._lines_place = lines, place
        return lines.image

    def _forget_images(self) -> None:
        self._painted = self._lines_place = None

    def _paint_highlights(self, painter: QPainter, transform: QTransform, area: QRectF) -> None:
        current = theme.manager().current
        zoom = transform.m11()
        slots = self._graph.connection_slots
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for ids, color, extra, alpha in (
            (self._selected, current.accent, 5.0, 0.45),
            (() if self._hovered is None else (self._hovered,), current.accent, 4.0, 0.32),
            (self._alert, current.error, 3.0, 1.0),
        ):
            places = [slots[i] for i in ids if i in slots]
            if places:
                self._draw_marked(painter, transform, places, color, extra, alpha)
        self._paint_numbers(painter, transform, area, current, zoom)

    def _draw_marked(
        self,
        painter: QPainter,
        transform: QTransform,
        places: list[int],
        color: QColor,
        extra: float,
        alpha: float,
    ) -> None:
        graph = self._graph
        chosen = self.prepare()[1].of(np.array(places)).scaled(_width_factor(transform.m11()))
        segments = strokes.spread(graph.starts, np.array(places))
        counts = graph.starts[np.array(places) + 1] - graph.starts[places]
        starts = np.concatenate([[0], np.cumsum(counts)])
        glow = StrokedLines(
            graph.segments[segments],
            starts,
            chosen.scaled(1.0, extra).tinted((color.red(), color.green(), color.blue(), round(255 * alpha))),
        )
        parts = [glow] if alpha == 1.0 else [glow, StrokedLines(glow.lines, starts, chosen)]
        pen_painter.paint(painter, transform, QRectF(painter.viewport()), parts)

    def _paint_numbers(
        self, painter: QPainter, transform: QTransform, area: QRectF, current: Theme, zoom: float
    ) -> None:
        graph = self._graph
        lines = pen_painter.mapped(graph.lines, transform)
        places: list[int] = []
        if zoom >= _NUMBERS_ZOOM and self.has_numbers:
            middles = (lines[:, :2] + lines[:, 2:]) / 2.0
            inside = np.flatnonzero(
                (middles[:, 0] >= area.left())
                & (middles[:, 0] <= area.right())
                & (middles[:, 1] >= area.top())
                & (middles[:, 1] <= area.bottom())
            )
            places = inside.tolist() if len(inside) <= _MOST_NUMBERS else []
        values = strokes.shown_values(graph, self.mode)
        # Where numbers would overlap, the one under the pointer and the strong win.
        hovered = graph.connection_slots.get(self._hovered or "")
        places = sorted({*places, *([] if hovered is None else [hovered])}, key=lambda p: -abs(values[p]))
        places.sort(key=lambda place: place != hovered)
        if not places:
            return
        taken: list[QRectF] = []
        font = QFont()
        font.setPixelSize(11)
        painter.setFont(font)
        for place in places:
            x1, y1, x2, y2 = lines[place].tolist()
            # A third of the way on, where lines that meet at a neuron have parted, and crossings are rarer.
            at = QPointF(x1 + 0.36 * (x2 - x1), y1 + 0.36 * (y2 - y1))
            text = format_number(float(values[place]), 4 if place == hovered else 3)
            width = painter.fontMetrics().horizontalAdvance(text) + 10
            box = QRectF(at.x() - width / 2, at.y() - 9, width, 18)
            if any(box.intersects(other) for other in taken):
                continue
            taken.append(box)
            painter.setPen(QPen(current.border, 1) if place == hovered else Qt.PenStyle.NoPen)
            back = QColor(current.panel if place == hovered else current.canvas)
            back.setAlphaF(0.95 if place == hovered else 0.82)
            painter.setBrush(back)
            painter.drawRoundedRect(box, 5, 5)
            painter.setPen(current.text if place == hovered else current.muted)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _palette(mode: ColorMode) -> str:
    return "gradient" if mode == "gradient" else "value"


def _width_factor(zoom: float) -> float:
    return min(max(zoom**0.5, 0.55), 1.8)
