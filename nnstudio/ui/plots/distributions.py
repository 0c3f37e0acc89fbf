"""The plot of distributions over time: a map of counts, ridges one behind the other, or lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.ui import colors, theme
from nnstudio.ui.numbers import format_count, format_number
from nnstudio.ui.plots.style import faded, make_plot, restyle, set_axis_labels
from nnstudio.ui.plots.surface import SurfaceItem

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from nnstudio.training.distributions import Histograms, Lines

# A map has so many columns, and so many ridges stand behind each other.
_COLUMNS = 240
_RIDGES = 16
# A ridge is so many times as high as the next is away.
_RIDGE_HEIGHT = 3.0
_MOST_LINES = 16
_ROOM = 0.06
# Counts of this percentile have the full color, and the least has a share of it.
_FULL_PERCENTILE, _LEAST_TINT = 97.0, 0.12
# A lower plot, in pixels, needs all of its height for what it shows; its legend has more columns then.
_ROOM_FOR_NAMES, _LEGEND_COLUMNS, _COLUMNS_IF_LOW = 150, 2, 6
_GUIDE = 1e-3  # a step that changes weights by about this share of themselves is a usual one


class DistributionPlot(QWidget):
    """Shows one thing at a time; ``step_wanted`` is told where it is clicked or dragged."""

    step_wanted = Signal(int)
    read = Signal(str)  # what is under the pointer, or nothing

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = make_plot("Distributions over time")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self._histograms: Histograms | None = None
        self._lines: Lines | None = None
        self._is_ridge = False
        self._is_log = False
        self._words = ("", "")
        self._is_dragging = False
        item = self.plot.getPlotItem()
        item.disableAutoRange()
        item.setMouseEnabled(x=False, y=False)
        self.map = SurfaceItem()
        item.addItem(self.map, ignoreBounds=True)
        self.ridges = [pg.PlotCurveItem(antialias=True) for _ in range(_RIDGES)]
        self.curves = [pg.PlotDataItem(connect="finite") for _ in range(_MOST_LINES)]
        self._guide = pg.InfiniteLine(angle=0, movable=False)
        self._now = pg.InfiniteLine(angle=90, movable=False)
        for place, ridge in enumerate(self.ridges):
            ridge.setZValue(place)
        for each in (*self.ridges, *self.curves, self._guide, self._now):
            item.addItem(each, ignoreBounds=True)
        self._now.setZValue(50)
        self._legend = item.addLegend(
            offset=(-12, 4), labelTextSize="9pt", colCount=_LEGEND_COLUMNS, verSpacing=0
        )
        self.plot.viewport().installEventFilter(self)
        self.plot.setMouseTracking(True)
        theme.manager().changed.connect(self.restyle)
        self.restyle()

    # What is shown

    @property
    def histograms(self) -> Histograms | None:
        """The histograms on view, if any."""
        return self._histograms

    @property
    def lines(self) -> Lines | None:
        """The lines on view, if any."""
        return self._lines

    @property
    def moment_line(self) -> pg.InfiniteLine:
        """The line at the moment on view."""
        return self._now

    def show_histograms(self, found: Histograms | None, what: str, *, ridges: bool, log: bool) -> None:
        """Show histograms of ``what`` as a map, or as ridges; counts on a logarithmic scale with ``log``."""
        self._histograms, self._lines = found, None
        self._is_ridge, self._is_log = ridges, log
        self._words = (what, what)
        self._draw()

    def show_lines(self, found: Lines | None, what: str, *, log: bool, guide: bool = False) -> None:
        """Show lines over the steps; ``guide`` draws the usual ratio of updates to weights."""
        self._histograms, self._lines = None, found
        self._is_ridge, self._is_log = False, log
        self._words = ("Step", what)
        self._guide.setVisible(guide)
        self._draw()

    def show_moment(self, step: int | None) -> None:
        """Mark the step on view; None marks none."""
        self._now.setVisible(step is not None)
        if step is not None:
            self._now.setAngle(0 if self._is_ridge else 90)
            self._now.setValue(float(step))

    def restyle(self) -> None:
        """Take the colors of the theme."""
        current = theme.manager().current
        restyle(self.plot, current)
        self._guide.setPen(pg.mkPen(current.faint, width=1, style=Qt.PenStyle.DashLine))
        self._now.setPen(pg.mkPen(current.accent, width=1))
        self._legend.setLabelTextColor(current.text)
        self._legend.setBrush(pg.mkBrush(faded(current.plot_background, 200)))
        self._draw()

    # Drawing

    def _draw(self) -> None:
        found, lines = self._histograms, self._lines
        as_map = found is not None and not self._is_ridge
        self.map.setVisible(as_map)
        for ridge in self.ridges:
            ridge.setVisible(found is not None and self._is_ridge)
        for curve in self.curves:
            curve.setVisible(lines is not None)
        if lines is None:
            self._guide.setVisible(False)
        self._legend.clear()
        self._legend.setVisible(lines is not None)
        view = self.plot.getPlotItem()
        view.setLogMode(x=False, y=lines is not None and self._is_log)
        view.getViewBox().invertY(found is not None and self._is_ridge)
        if found is not None and self._is_ridge:
            self._draw_ridges(found)
        elif found is not None:
            self._draw_map(found)
        elif lines is not None:
            self._draw_lines(lines)

    @property
    def _theme_name(self) -> str:
        return theme.manager().current.name

    def _draw_map(self, found: Histograms) -> None:
        x, y = self._x_range(found.steps), (float(found.edges[0]), float(found.edges[-1]))
        middles = np.linspace(*x, 2 * _COLUMNS + 1)[1::2]
        nearest = np.abs(found.steps[None, :] - middles[:, None]).argmin(axis=1)
        counts = found.counts[nearest].T.astype(np.float64)
        if self._is_log:
            counts = np.log1p(counts)
        # A few high counts, such as those of a start, must not make all others pale.
        there = counts[counts > 0]
        full = float(np.percentile(there, _FULL_PERCENTILE)) if len(there) else 1.0
        shown = colors.sequential(_LEAST_TINT + (1 - _LEAST_TINT) * counts / full, 1.0, self._theme_name)
        shown[counts == 0, 3] = 0
        self.map.set_colors(shown, x, y)
        self.plot.getViewBox().setRange(xRange=x, yRange=y, padding=0)
        self._name_axes("Step", self._words[1])

    def _draw_ridges(self, found: Histograms) -> None:
        current = theme.manager().current
        count = min(_RIDGES, len(found.steps))
        chosen = np.unique(np.linspace(0, len(found.steps) - 1, count).round().astype(int))
        steps = found.steps[chosen].astype(np.float64)
        away = float(np.diff(steps).mean()) if len(steps) > 1 else 1.0
        counts = found.counts[chosen].astype(np.float64)
        if self._is_log:
            counts = np.log1p(counts)
        heights = counts / (counts.max() or 1.0) * away * _RIDGE_HEIGHT
        middles = (found.edges[1:] + found.edges[:-1]) / 2
        tints = colors.sequential(np.linspace(0.25, 1.0, len(steps)), 1.0, self._theme_name)
        for place, ridge in enumerate(self.ridges):
            if place >= len(steps):
                ridge.setVisible(False)
                continue
            tint = QColor(*tints[place].tolist())
            ridge.setData(middles, steps[place] - heights[place], fillLevel=steps[place])
            ridge.setBrush(pg.mkBrush(faded(tint, 200)))
            ridge.setPen(pg.mkPen(current.plot_background, width=1))
        low = float(steps[0]) - heights.max()
        self.plot.getViewBox().setRange(
            xRange=(float(found.edges[0]), float(found.edges[-1])),
            yRange=(low, float(steps[-1]) + 0.4 * away),
            padding=0,
        )
        self._name_axes(self._words[0], "Step")

    def _draw_lines(self, lines: Lines) -> None:
        tints = colors.class_colors(self._theme_name)
        shown = list(zip(lines.names, lines.values, strict=True))[:_MOST_LINES]
        for place, curve in enumerate(self.curves):
            if place >= len(shown):
                curve.setVisible(False)
                continue
            name, values = shown[place]
            if self._is_log:
                values = np.where(values > 0.0, values, np.nan)
            dash = Qt.PenStyle.SolidLine if place < len(tints) else Qt.PenStyle.DashLine
            curve.setPen(pg.mkPen(QColor(*tints[place % len(tints)].tolist()), width=2, style=dash))
            curve.setData(lines.steps.astype(np.float64), values)
            if len(shown) > 1:
                self._legend.addItem(curve, name)
        for _, label in self._legend.items:
            label.setText(label.text, color=theme.manager().current.text)
        self._legend.setVisible(len(shown) > 1)
        y = self._y_range(np.concatenate([values for _, values in shown]) if shown else np.empty(0))
        self.plot.getViewBox().setRange(xRange=self._x_range(lines.steps), yRange=y, padding=0)
        self._name_axes("Step", self._words[1])

    def _name_axes(self, x: str, y: str) -> None:
        set_axis_labels(self.plot, x, y)
        self._fit_words()

    def _fit_words(self) -> None:
        """Leave the names of the axes away where the plot would be low beside them, and stack no legend."""
        is_low = self.height() < _ROOM_FOR_NAMES
        for side in ("bottom", "left"):
            axis = self.plot.getPlotItem().getAxis(side)
            if axis.label.isVisible() is is_low:
                axis.showLabel(not is_low)
        self._legend.setColumnCount(_COLUMNS_IF_LOW if is_low else _LEGEND_COLUMNS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_words()

    @staticmethod
    def _x_range(steps: Any) -> tuple[float, float]:
        if not len(steps):
            return 0.0, 1.0
        low, high = float(steps[0]), float(steps[-1])
        return low, high if high > low else low + 1.0

    def _y_range(self, values: Any) -> tuple[float, float]:
        if self._guide.isVisible():
            values = np.append(values, _GUIDE)
            self._guide.setValue(np.log10(_GUIDE) if self._is_log else _GUIDE)
        with np.errstate(all="ignore"):
            shown = np.log10(values) if self._is_log else values
        shown = shown[np.isfinite(shown)]
        if not len(shown):
            return (-1.0, 0.0) if self._is_log else (0.0, 1.0)
        low, high = float(shown.min()), float(shown.max())
        room = _ROOM * (high - low) or 0.5 * abs(high) or 0.5
        return low - room, high + room

    # The pointer

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.read.emit("")
        if not isinstance(event, QMouseEvent):
            return super().eventFilter(watched, event)
        kind = event.type()
        point = self.plot.mapToScene(event.position().toPoint())
        inside = self.plot.getViewBox().sceneBoundingRect().contains(point)
        if kind == QEvent.Type.MouseButtonPress and event.button() is Qt.MouseButton.LeftButton and inside:
            self._is_dragging = True
        elif kind == QEvent.Type.MouseButtonRelease:
            was, self._is_dragging = self._is_dragging, False
            return was
        elif kind == QEvent.Type.MouseMove:
            self.read.emit(self._reading(point) if inside else "")
        if self._is_dragging and kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove):
            place = self.plot.getViewBox().mapSceneToView(point)
            self.step_wanted.emit(round(place.y() if self._is_ridge else place.x()))
            return True
        return super().eventFilter(watched, event)

    def _reading(self, point: QPointF) -> str:
        place = self.plot.getViewBox().mapSceneToView(point)
        found, lines = self._histograms, self._lines
        if found is not None and not self._is_ridge:
            column = int(np.abs(found.steps - place.x()).argmin())
            row = int(np.clip(np.searchsorted(found.edges, place.y()) - 1, 0, len(found.edges) - 2))
            ends = " to ".join(format_number(float(edge), 3) for edge in found.edges[row : row + 2])
            count = format_count(int(found.counts[column, row]))
            total = format_count(int(found.counts[column].sum()))
            return f"Step {format_count(int(found.steps[column]))}: {count} of {total} from {ends}"
        if lines is not None and len(lines.steps) and len(lines.names):
            column = int(np.abs(lines.steps - place.x()).argmin())
            values = lines.values[:_MOST_LINES, column]
            with np.errstate(all="ignore"):
                seen = np.log10(values) if self._is_log else values
            if not np.isfinite(seen).any():
                return ""
            nearest = int(np.nanargmin(np.where(np.isfinite(seen), np.abs(seen - place.y()), np.nan)))
            value = format_number(float(values[nearest]))
            return f"Step {format_count(int(lines.steps[column]))}, {lines.names[nearest]}: {value}"
        return ""
