"""What the network makes of its one input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

from nnstudio.ui import theme
from nnstudio.ui.numbers import format_number
from nnstudio.ui.plots.output_scene import grid_columns
from nnstudio.ui.plots.style import set_axis_labels
from nnstudio.ui.plots.views.base import PlotView, joined, parts_legend
from nnstudio.ui.plots.views.points import plain_style

if TYPE_CHECKING:
    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.plots.views.base import Floats, Stage

_NOWHERE = np.empty(0)


class CurveView(PlotView):
    """The output over the input, with the rows of the data."""

    key = "curve"
    title = "Curve"
    tip = "What the network answers over its input"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.curve = self.add(pg.PlotCurveItem(antialias=True), 1)

    @classmethod
    def fits(cls, scene: Scene) -> bool:
        return scene.kind == "curve"

    @property
    def can_draw(self) -> bool:
        return True

    def question(self) -> tuple[Floats, bool] | None:
        return self.stage.scene.probe_points(), False

    def place(self) -> None:
        scene, output = self.stage.scene, self.stage.output
        self.show_range(scene.ranges[0], scene.target_range(output))
        set_axis_labels(self.stage.plot, scene.input_names[0], scene.output_names[output])
        if scene.data is None:
            self.stage.points.clear()
            return
        size = 11 if len(scene.data.x) <= 8 else 7
        self.stage.points.show(scene.data, *scene.point_places(output), plain_style(size))
        self.mark_focus()

    def restyle(self) -> None:
        self.curve.setPen(pg.mkPen(theme.manager().current.accent, width=2))
        self.stage.points.restyle()

    def draw(self) -> None:
        outputs = self._outputs()
        if outputs is not None:
            self.curve.setData(self.stage.scene.curve_inputs(), outputs[:, self.stage.output])
        elif self.stage.snapshot is None:
            self.curve.setData(_NOWHERE, _NOWHERE)

    def _outputs(self) -> Any:
        outputs, data = self.stage.answer(), self.stage.scene.data
        return outputs if outputs is None or data is None else data.target_values(outputs)

    def legend(self) -> str:
        if self.stage.scene.data is None:
            return ""
        return joined(*parts_legend(self.stage.scene), self.stage.points.sample)

    def read(self, x: float, _y: float) -> str:
        inputs, outputs = self.curve.getData()
        if inputs is None or not len(inputs) or not inputs[0] <= x <= inputs[-1]:
            return ""
        scene, value = self.stage.scene, float(np.interp(x, inputs, outputs))
        return (
            f"{scene.output_names[self.stage.output]} = {format_number(value, 3)} "
            f"at {scene.input_names[0]} = {format_number(x, 3)}"
        )

    def columns(self) -> dict[str, Any]:
        return grid_columns(self.stage.scene, self.stage.answered, self._outputs())
