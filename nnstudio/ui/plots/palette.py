"""Colors of the output plot: the canvas's own maps, softened so that points stand out on them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from nnstudio.ui import colors
from nnstudio.ui.plots.figures import blend_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.data import Dataset
    from nnstudio.ui.theme import Theme

# The ends of the map are dark, for thin lines; areas use its middle, where the hues are clearer.
_STRENGTH, _ROOM = 0.72, 1.6
_REGION = 0.42  # how much of a class's color its region has


class Hues:
    """Colors of values, classes and points in one theme."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._background = np.array(theme.plot_background.getRgb(), dtype=np.uint8)
        self._classes = colors.class_colors(theme.name)

    def values(self, values: NDArray[np.float64], level: float, reach: float) -> NDArray[np.uint8]:
        """Return soft colors (n, 4) of values around ``level``, full at ``reach`` from it."""
        within = np.clip(values, level - reach, level + reach)
        strong = self._strong(within, level, _ROOM * reach).astype(np.float64)
        soft = _STRENGTH * strong + (1 - _STRENGTH) * self._background
        soft[:, 3] = 255
        return soft.round().astype(np.uint8)

    def classes(self, outputs: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Return the soft color of the largest output, (n, 4)."""
        return blend_classes(outputs, self._class_table(outputs.shape[1]), self._background)

    def regions(self, best: NDArray[np.intp], count: int) -> NDArray[np.uint8]:
        """Return the same soft color for all points of a class, best (n,) of ``count`` classes -> (n, 4)."""
        table = _REGION * self._class_table(count).astype(np.float64) + (1 - _REGION) * self._background
        table[:, 3] = 255
        return table.round().astype(np.uint8)[best]

    def points(
        self, data: Dataset, rows: NDArray[np.intp], chosen: int, *, hollow: bool
    ) -> tuple[list[Any], list[Any]]:
        """Return pens and brushes of data points: filled, or rings where ``hollow``."""
        targets = data.target_values(data.y[rows])
        if data.classes and targets.shape[1] > 1:
            table = self._class_table(targets.shape[1])[data.class_indices(data.y[rows])]
        else:
            everything = data.target_values(data.y)[:, max(chosen, 0)]
            low, high = float(everything.min()), float(everything.max())
            table = self._strong(targets[:, max(chosen, 0)], (low + high) / 2, max((high - low) / 2, 1e-12))
        outline = pg.mkPen(self._theme.plot_background, width=1)
        hollow_brush = pg.mkBrush(self._theme.plot_background)
        made: dict[bytes, tuple[Any, Any]] = {}
        pens, brushes = [], []
        for row in table:
            key = row.tobytes()
            if key not in made:
                color = QColor(*(int(part) for part in row))
                made[key] = (
                    (pg.mkPen(color, width=2), hollow_brush) if hollow else (outline, pg.mkBrush(color))
                )
            pen, brush = made[key]
            pens.append(pen)
            brushes.append(brush)
        return pens, brushes

    def mark(self, data: Dataset, mark: float, chosen: int) -> QColor:
        """Return the color of points of a class, by its place, or of a value."""
        if data.classes and data.y.shape[1] > 1:
            row = self._class_table(data.y.shape[1])[int(mark)]
        else:
            known = data.target_values(data.y)[:, max(chosen, 0)]
            low, high = float(known.min()), float(known.max())
            row = self._strong(np.array([mark]), (low + high) / 2, max((high - low) / 2, 1e-12))[0]
        return QColor(*(int(part) for part in row))

    def legend(self, classes: tuple[str, ...], outputs: int) -> list[tuple[str, QColor]]:
        """Return names and colors of what a surface shows, as rich text."""
        if classes and outputs > 1:
            table = self._class_table(outputs)
            return [(escape(name), QColor(*map(int, row))) for name, row in zip(classes, table, strict=True)]
        ends = self._strong(np.array([0.0, 1.0]), 0.5, 0.5)
        names = classes or ("low", "high")
        return [(escape(name), QColor(*map(int, row))) for name, row in zip(names, ends, strict=True)]

    def _strong(self, values: NDArray[np.float64], level: float, reach: float) -> NDArray[np.uint8]:
        return colors.diverging(np.asarray(values) - level, reach, self._theme.name)

    def _class_table(self, count: int) -> NDArray[np.uint8]:
        return self._classes[np.arange(count) % len(self._classes)]
