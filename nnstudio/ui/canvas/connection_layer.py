"""All connections of the canvas as one item, painted from arrays."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from shiboken6 import isValid

from nnstudio.network.rules import POSITION_LIMIT
from nnstudio.ui import theme
from nnstudio.ui.canvas import connection_marks, pen_painter, strokes
from nnstudio.ui.canvas.bands import Band, are_many, band_lines, paint_bands
from nnstudio.ui.canvas.geometry import dashed
from nnstudio.ui.canvas.kept_picture import KeptPicture, Place
from nnstudio.ui.canvas.strokes import StrokedLines, Strokes
from nnstudio.ui.colors import robust_scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from nnstudio.ui.canvas.graph import Graph
    from nnstudio.ui.canvas.strokes import ColorMode

# From so many on, what was painted is kept as an image for as long as it fits.
_LEAST_KEPT = 200
# More than so many that are selected, or moved, are drawn with the others rather than over their image.
_MOST_OVER = 1000
_DASH, _DASH_GAP = 6.0, 5.0
_DISABLED_ALPHA = 110


class ConnectionLayer(QGraphicsItem):
    """Paints the connections of a `Graph`; recoloring them touches nothing but arrays."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._graph = graph
        self.mode: ColorMode = "weight"  # as chosen; see `coloring`
        self.scale = 1.0
        self.halo_scale = 1.0
        self.has_numbers = True  # weights beside their connections, where there is room
        self.numbers_zoom = connection_marks.NUMBERS_ZOOM
        self.numbers_have_plates = True
        self._selected: frozenset[str] = frozenset()
        self._hovered: str | None = None
        self._alert: tuple[str, ...] = ()
        self._path: tuple[str, ...] = ()
        self._moving: frozenset[str] = frozenset()
        self._focus: NDArray[np.bool_] | None = None
        self._bands: tuple[Band, ...] = ()
        self._strokes: tuple[Strokes | None, Strokes] | None = None
        self._theme_name = ""
        self._picture = KeptPicture(self._on_rested)

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

    # What is shown

    def set_graph(self, graph: Graph) -> None:
        """Paint another graph, nothing of it hidden and all in focus."""
        self._graph = graph
        self._focus = None
        self._bands = ()
        self.values_changed()

    def values_changed(self) -> None:
        """Take weights, gradients, activations and constraints anew."""
        self._strokes = None
        self.lines_changed()

    def lines_changed(self) -> None:
        """Take the positions anew."""
        self._moving = frozenset()
        self._picture.forget()
        self.update()

    def neurons_moved(self, neuron_ids: Iterable[str]) -> None:
        """Take the positions of some neurons anew, as while they are dragged: the rest is kept."""
        moving = self._moving | frozenset(neuron_ids)
        if moving != self._moving:
            self._moving = moving
            self._picture.forget()
        elif len(self._graph.touching(moving)) > _MOST_OVER:
            self._picture.forget()
        self.update()

    @property
    def coloring(self) -> ColorMode:
        """What is colored by: the mode, or the check of the gradients while its result is on view."""
        return self.mode if self._graph.errors is None else "check"

    def set_mode(self, mode: ColorMode) -> None:
        """Color by another value."""
        self.mode = mode
        self.values_changed()

    def set_errors(self, errors: Mapping[str, float] | None) -> None:
        """Color by the relative errors of the gradients, by id; None: by the mode again."""
        ids = self._graph.connection_ids
        self._graph.errors = None if errors is None else np.array([errors.get(i, np.nan) for i in ids])
        self.values_changed()

    def set_focus(self, connections: Iterable[int] | None) -> None:
        """Show all but some connections, by their slots in the graph, as faint; None: none as faint."""
        focus = None
        if connections is not None:
            focus = np.zeros(len(self._graph.connection_ids), dtype=bool)
            focus[np.fromiter(connections, dtype=np.intp)] = True
        if focus is None and self._focus is None:
            return
        self._focus = focus
        self.values_changed()

    def set_hidden(self, hidden: NDArray[np.bool_] | None) -> None:
        """Neither paint nor pick the connections of a mask (connections,); None: all are shown."""
        self._graph.hidden = hidden
        self.values_changed()

    def set_bands(self, bands: Sequence[Band]) -> None:
        """Draw wide bands for connections that are not drawn one by one."""
        if are_many(self._bands) or are_many(bands):
            self._picture.forget()
        self._bands = tuple(bands)
        self.update()

    def set_threads(self, count: int) -> None:
        """Draw by so many threads: one while a training needs the processor."""
        self._picture.set_threads(count)

    def set_selected(self, connection_ids: frozenset[str]) -> None:
        """Show which connections are selected."""
        if max(len(connection_ids), len(self._selected)) > _MOST_OVER:
            self._picture.forget()
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

    def set_path(self, connection_ids: Iterable[str]) -> None:
        """Light up the connections of a path that is spoken of."""
        self._path = tuple(connection_ids)
        self.update()

    @contextmanager
    def without_highlights(self) -> Iterator[None]:
        """Leave out meanwhile what is selected, under the pointer or lit up."""
        before = self._selected, self._hovered, self._alert, self._path
        self._selected, self._hovered, self._alert, self._path = frozenset(), None, (), ()
        try:
            yield
        finally:
            self._selected, self._hovered, self._alert, self._path = before

    def pen_of(self, connection_id: str) -> tuple[strokes.Rgba, float]:
        """Return color and width of a connection as it is painted."""
        self.prepare()
        slot = self._graph.connection_slots[connection_id]
        values = strokes.shown_values(self._graph, self.coloring)
        return strokes.line_color(
            float(values[slot]), self.scale, self._theme_name, palette=_palette(self.coloring)
        )

    def prepare(self) -> tuple[Strokes | None, Strokes]:
        """Work out scales and pens where values, mode or theme have changed; returns halo and lines."""
        name = theme.manager().current.name
        if self._strokes is None or self._theme_name != name:
            graph = self._graph
            self._theme_name = name
            self._picture.forget()
            values = strokes.shown_values(graph, self.coloring)
            self.scale = 1.0 if self.coloring == "check" else robust_scale(values)
            faint = None if self._focus is None else ~self._focus
            drawn = self._drawn()
            halo = None
            if self.coloring == "both":
                self.halo_scale = robust_scale(graph.gradients)
                bright = drawn if self._focus is None else self._focus & (True if drawn is None else drawn)
                halo = strokes.halo_strokes(
                    graph.gradients, self.halo_scale, name, values, self.scale, bright
                )
            plain = strokes.value_strokes(
                values, self.scale, name, palette=_palette(self.coloring), faint=faint, drawn=drawn
            )
            self._strokes = halo, plain
        return self._strokes

    def _on_rested(self) -> None:
        # The scene may have taken the item along.
        if isValid(self):
            self.update()

    # Painting

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        transform = painter.worldTransform()
        area = QRectF(painter.viewport())
        painter.save()
        # Lines are mapped by NumPy, so that their widths are in pixels of the screen.
        painter.resetTransform()
        if self._bands:
            self.prepare()
            factor = _width_factor(transform.m11())
            few = [band for band in self._bands if band.is_marked or not are_many(self._bands)]
            paint_bands(painter, transform, few, self.scale, factor, _palette(self.coloring))
        if len(self._graph.connection_ids):
            self.prepare()
            if widget is None or len(self._graph.connection_ids) < _LEAST_KEPT:
                parts = self._parts(transform, self._moving) + self._moving_parts(transform)
                pen_painter.paint(painter, transform, area, parts, has_time=widget is None)
            else:
                self._paint_kept(painter, transform, area, widget)
            self._paint_highlights(painter, transform, area)
        painter.restore()

    def _paint_kept(self, painter: QPainter, transform: QTransform, area: QRectF, widget: QWidget) -> None:
        place = Place.of(transform, widget)
        image = self._picture.at(place, lambda: self._parts(transform, self._moving))
        painter.drawImage(QPointF(0.0, 0.0), image)
        if self._moving:
            pen_painter.paint(painter, transform, area, self._moving_parts(transform))

    def _parts(self, transform: QTransform, without: frozenset[str] = frozenset()) -> list[StrokedLines]:
        """Return what there is to paint, the last on top, but the connections of some neurons."""
        graph = self._graph
        factor = _width_factor(transform.m11())
        halo, plain = self.prepare()
        left_out = graph.touching(without) if without else np.zeros(0, dtype=np.intp)
        if len(left_out) > _MOST_OVER:
            left_out = left_out[:0]
        parts = self._disabled_parts(transform, factor)
        if are_many(self._bands):
            parts.insert(0, band_lines(self._bands, self.scale, factor, _palette(self.coloring)))
        for part in (halo, plain):
            if part is not None:
                part = part.without(left_out) if len(left_out) else part
                parts.append(StrokedLines(graph.segments, graph.starts, part.scaled(factor)))
        if len(self._selected) > _MOST_OVER:
            chosen = self._slots_of(self._selected)
            parts += self._marked_parts(transform, chosen, theme.manager().current.accent, 5.0, 0.45)
        return parts

    def _moving_parts(self, transform: QTransform) -> list[StrokedLines]:
        graph = self._graph
        moving = graph.touching(self._moving) if self._moving else np.zeros(0, dtype=np.intp)
        if not 0 < len(moving) <= _MOST_OVER:
            return []
        factor = _width_factor(transform.m11())
        _, plain = self.prepare()
        # Nothing that is hidden or dashed becomes visible by being moved.
        drawn = self._drawn()
        return [self._some(moving if drawn is None else moving[drawn[moving]], plain.scaled(factor))]

    def _disabled_parts(self, transform: QTransform, factor: float) -> list[StrokedLines]:
        graph = self._graph
        shown = graph.disabled if graph.hidden is None else graph.disabled & ~graph.hidden
        slots = np.flatnonzero(shown)
        if not len(slots):
            return []
        values = strokes.shown_values(graph, self.coloring)
        faint = None if self._focus is None else ~self._focus
        pens = strokes.value_strokes(
            values, self.scale, self._theme_name, palette=_palette(self.coloring), faint=faint
        )
        some = self._some(slots, pens.scaled(factor).at_most(_DISABLED_ALPHA))
        zoom = transform.m11()
        lines, starts = dashed(some.lines, some.starts, _DASH / zoom, _DASH_GAP / zoom)
        return [StrokedLines(lines, starts, some.strokes)]

    def _some(self, slots: NDArray[np.intp], pens: Strokes) -> StrokedLines:
        """Return the lines of some connections alone."""
        graph = self._graph
        counts = graph.starts[slots + 1] - graph.starts[slots]
        lines = graph.segments[strokes.spread(graph.starts, slots)]
        return StrokedLines(lines, np.concatenate([[0], np.cumsum(counts)]), pens.of(slots))

    def _drawn(self) -> NDArray[np.bool_] | None:
        """Return which connections are lines without gaps, or None for all."""
        drawn = ~self._graph.disabled
        if self._graph.hidden is not None:
            drawn &= ~self._graph.hidden
        return None if drawn.all() else drawn

    def _paint_highlights(self, painter: QPainter, transform: QTransform, area: QRectF) -> None:
        current = theme.manager().current
        graph = self._graph
        selected = self._selected if len(self._selected) <= _MOST_OVER else frozenset()
        for ids, color, extra, alpha in (
            (selected, current.accent, 5.0, 0.45),
            (() if self._hovered is None else (self._hovered,), current.accent, 4.0, 0.32),
            (self._path, current.accent, 3.0, 1.0),
            (self._alert, current.error, 3.0, 1.0),
        ):
            chosen = self._slots_of(ids)
            if len(chosen):
                parts = self._marked_parts(transform, chosen, color, extra, alpha)
                pen_painter.paint(painter, transform, area, parts)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        connection_marks.paint_marks(painter, transform, area, graph, current, self._focus)
        hovered = graph.connection_slots.get(self._hovered or "")
        if self.has_numbers or hovered is not None:
            values = strokes.told_values(graph, self.coloring)
            numbered = self._focus if self.has_numbers else np.zeros(len(values), dtype=bool)
            connection_marks.paint_numbers(
                painter,
                transform,
                area,
                graph,
                values,
                hovered,
                current,
                numbered,
                self.numbers_zoom,
                plates=self.numbers_have_plates,
            )

    def _marked_parts(
        self, transform: QTransform, slots: NDArray[np.intp], color: QColor, extra: float, alpha: float
    ) -> list[StrokedLines]:
        """Return connections with a rim in a color, or in that color where it is not seen through."""
        values = strokes.shown_values(self._graph, self.coloring)
        pens = strokes.value_strokes(values, self.scale, self._theme_name, palette=_palette(self.coloring))
        lines = self._some(slots, pens.scaled(_width_factor(transform.m11())))
        tint = (color.red(), color.green(), color.blue(), round(255 * alpha))
        rim = StrokedLines(lines.lines, lines.starts, lines.strokes.scaled(1.0, extra).tinted(tint))
        return [rim] if alpha == 1.0 else [rim, lines]

    def _slots_of(self, connection_ids: Iterable[str]) -> NDArray[np.intp]:
        slots = self._graph.connection_slots
        found = np.array([slots[i] for i in connection_ids if i in slots], dtype=np.intp)
        hidden = self._graph.hidden
        return found if hidden is None else found[~hidden[found]]


def _palette(mode: ColorMode) -> str:
    return "gradient" if mode == "gradient" else "error" if mode == "check" else "value"


def _width_factor(zoom: float) -> float:
    return min(max(zoom**0.5, 0.4), 1.8)
