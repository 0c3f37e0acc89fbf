"""Whether the probabilities that the network answers come true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from nnstudio.training.judging import Calibration, calibration
from nnstudio.ui import theme
from nnstudio.ui.numbers import format_count, format_number
from nnstudio.ui.plots.style import faded, set_axis_labels
from nnstudio.ui.plots.views.base import dot, joined
from nnstudio.ui.plots.views.roc import ClassView

if TYPE_CHECKING:
    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.plots.views.base import Floats, Stage

_PROBABILITIES = ("sigmoid", "softmax")
_ROOM = (-0.05, 1.05)
_SMALLEST, _LARGEST = 5.0, 17.0
_PICK_PIXELS = 16.0
_NOWHERE = np.empty(0)


class CalibrationView(ClassView):
    """The share of rows that are of a class, over the probability they were given, in ten bins.

    Points are as large as their share of the rows. On the diagonal, 70 % means that 70 % are.
    """

    key = "calibration"
    title = "Calibration"
    tip = "Whether its probabilities come true"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.diagonal = self.add(pg.PlotCurveItem(), -5)
        self.lines = [self.add(pg.PlotCurveItem(antialias=True), z) for z in (2, 1)]
        self.bins = [self.add(pg.ScatterPlotItem(pxMode=True), z) for z in (4, 3)]
        self.found: list[Calibration | None] = [None, None]

    @classmethod
    def fits(cls, scene: Scene) -> bool:
        return super().fits(scene) and all(key in _PROBABILITIES for key in scene.activations)

    def place(self) -> None:
        self.stage.points.clear()
        self.show_range(_ROOM, _ROOM)
        self.diagonal.setData(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
        set_axis_labels(self.stage.plot, f"probability of “{self.class_name}”", "share that is")

    def restyle(self) -> None:
        current = theme.manager().current
        self.diagonal.setPen(pg.mkPen(current.faint, width=1, style=Qt.PenStyle.DashLine))
        colors = (current.train_line, current.test_line)
        for line, bins, color in zip(self.lines, self.bins, colors, strict=True):
            line.setPen(pg.mkPen(color, width=1.5))
            bins.setPen(pg.mkPen(color, width=1.5))
            bins.setBrush(pg.mkBrush(faded(color, 90)))

    def draw(self) -> None:
        self.found = []
        for (_, answers), line, bins in zip(self.parts(), self.lines, self.bins, strict=True):
            found = None if answers is None or not len(answers.rows) else calibration(*self.scored(answers))
            self.found.append(found)
            x, y = (_NOWHERE, _NOWHERE) if found is None else (found.predicted, found.observed)
            line.setData(x, y)
            bins.setData(x=x, y=y, size=_NOWHERE if found is None else bin_sizes(found))

    def legend(self) -> str:
        current = theme.manager().current
        entries = [
            dot(color, f"{name} {format_number(found.error, 2)}")
            for (name, _), found, color in zip(
                self.parts(), self.found, (current.train_line, current.test_line), strict=True
            )
            if found is not None
        ]
        return joined("Expected error:", *entries)

    def read(self, x: float, y: float) -> str:
        pixel = self.stage.plot.getViewBox().viewPixelSize()
        best, text = _PICK_PIXELS, ""
        for found in self.found:
            if found is None or not len(found.counts):
                continue
            away = np.hypot((found.predicted - x) / pixel[0], (found.observed - y) / pixel[1])
            place = int(np.argmin(away))
            if away[place] < best:
                best = float(away[place])
                text = (
                    f"{format_count(int(found.counts[place]))} rows given "
                    f"{_percent(found.low[place])} to {_percent(found.high[place])}: "
                    f"{_percent(found.observed[place])} are"
                )
        return text

    def columns(self) -> dict[str, Any]:
        shown: dict[str, list[Any]] = {"part": [], "probability": [], "share": [], "rows": []}
        for (name, _), found in zip(self.parts(), self.found, strict=True):
            if found is not None:
                shown["part"] += [name.lower()] * len(found.counts)
                shown["probability"] += found.predicted.tolist()
                shown["share"] += found.observed.tolist()
                shown["rows"] += found.counts.tolist()
        return shown


def bin_sizes(found: Calibration) -> Floats:
    """Return diameters in pixels, (bins,), whose areas grow with the share of the rows."""
    if not len(found.counts):
        return _NOWHERE
    return np.asarray(_SMALLEST + (_LARGEST - _SMALLEST) * np.sqrt(found.counts / found.counts.max()))


def _percent(share: Any) -> str:
    return f"{format_number(100 * float(share), 3)} %"
