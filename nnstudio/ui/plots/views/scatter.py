"""Values that the network predicts, against those that are true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from nnstudio.training.metrics import r2
from nnstudio.ui import theme
from nnstudio.ui.numbers import format_count, format_number
from nnstudio.ui.plots.style import set_axis_labels
from nnstudio.ui.plots.views.base import PlotView, joined, parts_legend
from nnstudio.ui.plots.views.points import plain_style

if TYPE_CHECKING:
    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.plots.views.base import Floats, Stage


class ScatterView(PlotView):
    """One point a row; on the diagonal, the prediction is right."""

    key = "scatter"
    title = "Predicted"
    tip = "Predictions against what is true"
    asks_outputs = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.diagonal = self.add(pg.PlotCurveItem(), -5)

    @classmethod
    def fits(cls, scene: Scene) -> bool:
        return scene.data is not None and not scene.classes

    def place(self) -> None:
        scene, output = self.stage.scene, self.stage.output
        bounds = scene.target_range(output)
        self.show_range(bounds, bounds)
        self.diagonal.setData(np.array(bounds), np.array(bounds))
        name = scene.output_names[output]
        set_axis_labels(self.stage.plot, f"{name}, actual", f"{name}, predicted")

    def restyle(self) -> None:
        pen = pg.mkPen(theme.manager().current.faint, width=1, style=Qt.PenStyle.DashLine)
        self.diagonal.setPen(pen)
        self.stage.points.restyle()

    def draw(self) -> None:
        values = self._values()
        if values is None:
            self.stage.points.clear()
            return
        data = self.stage.scene.data
        assert data is not None
        self.stage.points.show(data, *values, plain_style())
        self.mark_focus()

    def _values(self) -> tuple[Floats, Floats] | None:
        """Return what is true and what is predicted, (rows,) each, in the data's units, or None."""
        data, outputs = self.stage.scene.data, self.stage.all_outputs()
        if data is None or outputs is None:
            return None
        column = self.stage.output
        return data.target_values(data.y)[:, column], data.target_values(outputs)[:, column]

    def legend(self) -> str:
        return joined(*parts_legend(self.stage.scene), self._quality(), self.stage.points.sample)

    def _quality(self) -> str:
        answers = self.stage.answers(test=False)
        if answers is None:
            return ""
        column = slice(self.stage.output, self.stage.output + 1)
        quality = r2(answers.outputs[:, column], answers.targets[:, column])
        return f"R²&nbsp;{format_number(quality, 3)}"

    def read(self, x: float, y: float) -> str:
        row, values = self.stage.points.nearest(x, y), self._values()
        if row is None or values is None:
            return ""
        actual, predicted = (format_number(float(part[row])) for part in values)
        return f"Row {format_count(row + 1)}: {actual}, predicted {predicted}"

    def columns(self) -> dict[str, Any]:
        values, data = self._values(), self.stage.scene.data
        if values is None or data is None:
            return {"row": [], "part": [], "actual": [], "predicted": []}
        return {
            "row": np.arange(1, len(data) + 1),
            "part": part_names(data),
            **dict(zip(("actual", "predicted"), values, strict=True)),
        }


def part_names(data: Any) -> list[str]:
    """Return the part of each row, for a file of numbers."""
    names = np.full(len(data), "", dtype=object)
    names[data.train_rows] = "training"
    names[data.test_rows] = "test"
    return list(names)
