"""pyqtgraph in the colors and fonts of the theme."""

from __future__ import annotations

import math
import warnings
from html import escape
from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF
from PySide6.QtWidgets import QFrame

from nnstudio.ui.numbers import MINUS

if TYPE_CHECKING:
    from nnstudio.ui.theme import Theme

_TICK_FONT_SHARE = 0.86
_LEFT_WIDTH = 52
_LINE_SHARE = 0.95  # of the height of a line, which digits do not fill, between numbers one over the other


class _Axis(pg.AxisItem):
    """An axis that writes a true minus, as all of the window does, and no number over another."""

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:  # noqa: N803
        levels = super().tickSpacing(minVal, maxVal, size)
        if self.orientation not in ("left", "right") or maxVal <= minVal:
            return levels
        font = self.style["tickFont"] or self.font()
        least = _LINE_SHARE * QFontMetricsF(font).height() * (maxVal - minVal) / max(size, 1.0)
        return [level for level in levels if level[0] >= least] or [(_round_above(least), 0.0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [text.replace("-", MINUS) for text in super().tickStrings(values, scale, spacing)]


def _round_above(value: float) -> float:
    """Return the least 1, 2 or 5 times a power of ten that is not below a value."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def make_plot(name: str) -> pg.PlotWidget:
    """Return an empty plot without pyqtgraph's own menus and buttons."""
    with warnings.catch_warnings():
        # pyqtgraph asks Qt for what newer versions call deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        plot = pg.PlotWidget(axisItems={side: _Axis(side) for side in ("left", "bottom")})
    plot.setAccessibleName(name)
    plot.setFrameShape(QFrame.Shape.NoFrame)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    item = plot.getPlotItem()
    item.setMenuEnabled(False)
    item.hideButtons()
    item.setContentsMargins(2, 6, 10, 2)
    # Fixed, or else the plot jumps whenever the labels of the axis get wider.
    item.getAxis("left").setWidth(_LEFT_WIDTH)
    for side in ("left", "bottom"):
        axis = item.getAxis(side)
        axis.setStyle(tickLength=-4, tickTextOffset=5, maxTickLevel=1)
        axis.enableAutoSIPrefix(False)
    return plot


def restyle(plot: pg.PlotWidget, theme: Theme) -> None:
    """Give a plot the colors and fonts of a theme."""
    plot.setBackground(theme.plot_background)
    font = QFont(plot.font())
    font.setPointSizeF(font.pointSizeF() * _TICK_FONT_SHARE)
    item = plot.getPlotItem()
    for side in ("left", "bottom"):
        axis = item.getAxis(side)
        axis.setPen(pg.mkPen(theme.border, width=1))
        axis.setTickPen(pg.mkPen(theme.border, width=1))
        axis.setTextPen(pg.mkPen(theme.muted))
        axis.setTickFont(font)
        axis.label.setFont(font)


def set_axis_labels(plot: pg.PlotWidget, x: str, y: str) -> None:
    """Name the axes."""
    item = plot.getPlotItem()
    for side, text in (("bottom", x), ("left", y)):
        axis = item.getAxis(side)
        axis.setLabel(escape(text, quote=False))  # which is rich text
        axis.resizeEvent()  # pyqtgraph leaves a new text where the old one was in the middle


def faded(color: Any, alpha: int) -> Any:
    """Return a color that lets through what is below, alpha from 0 to 255."""
    result = pg.mkColor(color)
    result.setAlpha(alpha)
    return result
