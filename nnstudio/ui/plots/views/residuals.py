"""What predictions miss by: over the predictions, where a pattern shows what was not learned, or counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from nnstudio.training.judging import shared_bins, summarize_residuals
from nnstudio.ui import theme
from nnstudio.ui.numbers import format_count, format_number
from nnstudio.ui.plots.figures import padded_range
from nnstudio.ui.plots.style import faded, set_axis_labels
from nnstudio.ui.plots.views.base import PlotView, joined, parts_legend
from nnstudio.ui.plots.views.points import plain_style
from nnstudio.ui.plots.views.scatter import part_names

if TYPE_CHECKING:
    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.plots.views.base import Floats, Stage

HISTOGRAM = "histogram"
_NOWHERE = np.empty(0)
_NO_BARS = (np.zeros(2), np.zeros(1))
# A range is kept until what is seen takes up less of it, so that it doesn't tremble as the network learns.
_LEAST_SHARE = 0.4


class ResidualsView(PlotView):
    """Predicted minus actual, for each row or as a histogram of shares."""

    key = "residuals"
    title = "Residuals"
    tip = "What predictions miss by"
    asks_outputs = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.zero = self.add(pg.InfiniteLine(pos=0.0, angle=0), -5)
        self.bars = [self.add(pg.PlotCurveItem(*_NO_BARS, stepMode="center"), z) for z in (-3, -2)]
        self._reach = 0.0
        self._top = 0.0
        self._edges: Floats = _NOWHERE

    @classmethod
    def fits(cls, scene: Scene) -> bool:
        return scene.data is not None and not scene.classes

    @classmethod
    def styles(cls, _scene: Scene) -> tuple[tuple[str, str], ...]:
        return ("prediction", "By prediction"), (HISTOGRAM, "Histogram")

    @property
    def _counts(self) -> bool:
        return self.stage.style == HISTOGRAM

    def begin(self) -> None:
        super().begin()
        self._reach = self._top = 0.0

    def place(self) -> None:
        scene, output = self.stage.scene, self.stage.output
        name = scene.output_names[output]
        self.zero.setAngle(90 if self._counts else 0)
        self._reach = self._top = 0.0
        if self._counts:
            self.stage.points.clear()
            set_axis_labels(self.stage.plot, f"{name}, predicted − actual", "share of rows")
        else:
            self._clear_bars()
            set_axis_labels(self.stage.plot, f"{name}, predicted", "predicted − actual")

    def _clear_bars(self) -> None:
        self._edges = _NOWHERE
        for bars in self.bars:
            bars.setData(*_NO_BARS)

    def restyle(self) -> None:
        current = theme.manager().current
        self.zero.setPen(pg.mkPen(current.faint, width=1, style=Qt.PenStyle.DashLine))
        for bars, color in zip(self.bars, (current.train_line, current.test_line), strict=True):
            bars.setPen(pg.mkPen(color, width=1.5))
            bars.setFillLevel(0.0)
            bars.setBrush(pg.mkBrush(faded(color, 60)))
        self.stage.points.restyle()

    def draw(self) -> None:
        values = self._values()
        if values is None:
            self.stage.points.clear()
            if self.stage.snapshot is None:
                self._clear_bars()
            return
        predicted, residuals = values
        if self._counts:
            self._draw_counts(residuals)
            return
        data = self.stage.scene.data
        assert data is not None
        self._widen(residuals)
        self.show_range(self._predicted_range(predicted), (-self._reach, self._reach))
        self.stage.points.show(data, predicted, residuals, plain_style())
        self.mark_focus()

    def _predicted_range(self, predicted: Floats) -> tuple[float, float]:
        """Return the range of the targets, wider where predictions are beyond it."""
        low, high = self.stage.scene.target_range(self.stage.output)
        found = padded_range(predicted, 0.05)
        return min(low, found[0]), max(high, found[1])

    def _widen(self, residuals: Floats) -> None:
        largest = 1.1 * summarize_residuals(residuals).largest
        if np.isfinite(largest) and not _LEAST_SHARE * self._reach <= largest <= self._reach:
            self._reach = max(largest * 1.2, 1e-9)
        self._reach = self._reach or 1.0

    def _draw_counts(self, residuals: Floats) -> None:
        data = self.stage.scene.data
        assert data is not None
        parts = [residuals[rows] for rows in (data.train_rows, data.test_rows)]
        self._edges = shared_bins(parts)
        highest = 0.0
        for bars, part in zip(self.bars, parts, strict=True):
            shares = np.histogram(part[np.isfinite(part)], self._edges)[0] / max(1, len(part))
            bars.setData(self._edges, shares)
            bars.setVisible(len(part) > 0)
            highest = max(highest, float(shares.max()))
        if not _LEAST_SHARE * self._top <= 1.1 * highest <= self._top:
            self._top = 1.25 * highest or 1.0
        self._widen(residuals)
        self.show_range((-self._reach, self._reach), (0.0, self._top))

    def _values(self) -> tuple[Floats, Floats] | None:
        """Return predictions and what they miss by, (rows,) each, in the data's units, or None."""
        data, outputs = self.stage.scene.data, self.stage.all_outputs()
        if data is None or outputs is None:
            return None
        column = self.stage.output
        predicted = data.target_values(outputs)[:, column]
        return predicted, predicted - data.target_values(data.y)[:, column]

    def legend(self) -> str:
        return joined(*parts_legend(self.stage.scene), self._summary(), self.stage.points.sample)

    def _summary(self) -> str:
        values, data = self._values(), self.stage.scene.data
        if values is None or data is None:
            return ""
        found = summarize_residuals(values[1][data.train_rows])
        return f"mean&nbsp;{format_number(found.mean, 2)}, spread&nbsp;{format_number(found.deviation, 2)}"

    def read(self, x: float, y: float) -> str:
        values = self._values()
        if values is None:
            return ""
        if self._counts:
            return self._read_bin(x, values[1])
        row = self.stage.points.nearest(x, y)
        if row is None:
            return ""
        predicted, missed = (format_number(float(part[row])) for part in values)
        return f"Row {format_count(row + 1)}: predicted {predicted}, off by {missed}"

    def _read_bin(self, x: float, residuals: Floats) -> str:
        place = int(np.searchsorted(self._edges, x, side="right")) - 1
        if not 0 <= place < len(self._edges) - 1:
            return ""
        low, high = self._edges[place : place + 2]
        counts = np.histogram(residuals[np.isfinite(residuals)], self._edges)[0]
        ends = f"{format_number(float(low), 3)} to {format_number(float(high), 3)}"
        return f"{ends}: {format_count(int(counts[place]))} rows"

    def columns(self) -> dict[str, Any]:
        values, data = self._values(), self.stage.scene.data
        if values is None or data is None:
            return {"row": [], "part": [], "predicted": [], "residual": []}
        named = dict(zip(("predicted", "residual"), values, strict=True))
        return {"row": np.arange(1, len(data) + 1), "part": part_names(data), **named}
