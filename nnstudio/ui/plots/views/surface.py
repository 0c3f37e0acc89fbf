"""What the network answers all over the plane of its two inputs, and which side each point is on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

from nnstudio.ui import theme
from nnstudio.ui.numbers import format_number
from nnstudio.ui.plots import figures
from nnstudio.ui.plots.output_scene import grid_columns
from nnstudio.ui.plots.style import set_axis_labels
from nnstudio.ui.plots.surface import SurfaceItem
from nnstudio.ui.plots.views.base import ALL, PlotView, joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.plots.views.base import Floats, Rows, Stage

SHADED, REGIONS = "shaded", "regions"
_MOST_BORDERS = 8  # of classes: beyond, borders would take longer than the surface
_NOWHERE = np.empty(0)


class SurfaceView(PlotView):
    """Colors by what the network answers, shaded by how sure it is, or flat by which class it answers."""

    key = "surface"
    title = "Surface"
    tip = "What the network answers for every pair of inputs"
    uses_grid = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.surface = self.add(SurfaceItem(), -10)
        self.border = self.add(pg.PlotCurveItem(connect="pairs", antialias=True), -5)
        self._shown: Any = None

    @classmethod
    def fits(cls, scene: Scene) -> bool:
        return scene.kind == "surface"

    @classmethod
    def styles(cls, scene: Scene) -> tuple[tuple[str, str], ...]:
        if scene.data is not None and not scene.classes:
            return ()
        return (SHADED, "Shaded"), (REGIONS, "Regions")

    @classmethod
    def choices(cls, scene: Scene) -> list[tuple[str, int]]:
        single = [(name, place) for place, name in enumerate(scene.output_names)]
        return [("All classes", ALL), *single] if scene.classes and scene.outputs > 1 else single

    @property
    def can_draw(self) -> bool:
        return True

    def question(self) -> tuple[Floats, bool] | None:
        return self.stage.scene.probe_points(self.stage.side), False

    def end(self) -> None:
        super().end()
        self._clear()

    def place(self) -> None:
        scene = self.stage.scene
        self.show_range(scene.ranges[0], scene.ranges[1])
        set_axis_labels(self.stage.plot, scene.input_names[0], scene.input_names[1])
        self.show_points()

    def show_points(self) -> None:
        """Show the rows at their inputs, colored by what is true."""
        scene, points, chosen = self.stage.scene, self.stage.points, self.stage.output
        data, hues = scene.data, self.stage.hues
        if data is None:
            points.clear()
            return
        size = 11 if len(data.x) <= 8 else 7

        def style(rows: Rows, hollow: bool) -> dict[str, Any]:
            pens, brushes = hues.points(data, rows, chosen, hollow=hollow)
            return {"pen": pens, "brush": brushes, "size": size}

        points.show(data, *scene.point_places(chosen), style)
        self.mark_focus()

    def restyle(self) -> None:
        self.border.setPen(pg.mkPen(theme.manager().current.text, width=1))
        self.stage.points.restyle()

    # What the network answers

    def draw(self) -> None:
        outputs = self._outputs()
        if outputs is None:
            if self.stage.snapshot is None:
                self._clear()
            return
        began = time.perf_counter()
        scene, side = self.stage.scene, round(np.sqrt(len(outputs)))
        colors, borders = self._colors(outputs), self._borders(outputs, side)
        lines = [figures.contour_segments(values, level, *scene.ranges) for values, level in borders]
        x, y = (
            (np.concatenate([_NOWHERE, *ends]) for ends in zip(*lines, strict=True))
            if lines
            else (
                _NOWHERE,
                _NOWHERE,
            )
        )
        self.border.setData(x, y, connect="pairs")
        self.surface.set_colors(colors.reshape(side, side, 4), *scene.ranges)
        self._shown = outputs.reshape(side, side, -1)
        self.stage.grid_seconds = time.perf_counter() - began

    def _outputs(self) -> Any:
        """Return the outputs at the points of the grid, in the data's units, or None."""
        outputs, data = self.stage.answer(), self.stage.scene.data
        return outputs if outputs is None or data is None else data.target_values(outputs)

    def _clear(self) -> None:
        self.surface.set_colors(None, (0.0, 1.0), (0.0, 1.0))
        self.border.setData(_NOWHERE, _NOWHERE)
        self._shown = None

    def _level_and_reach(self) -> tuple[float, float]:
        scene = self.stage.scene
        if scene.classes and scene.outputs == 1:
            return self.stage.threshold, 0.5 if self.stage.threshold else 1.0
        return scene.level_and_reach(self.stage.output)

    def _colors(self, outputs: Floats) -> NDArray[np.uint8]:
        hues, output = self.stage.hues, self.stage.output
        regions = self.stage.style == REGIONS
        if output == ALL:
            return (
                hues.regions(np.argmax(outputs, axis=1), outputs.shape[1])
                if regions
                else hues.classes(outputs)
            )
        level, reach = self._level_and_reach()
        if not regions:
            return hues.values(outputs[:, output], level, reach)
        # Half way up the scale, so that points of the same color stand out.
        sides = np.where(self._is_in(outputs), level + 0.5 * reach, level - 0.5 * reach)
        return hues.values(sides, level, reach)

    def _is_in(self, outputs: Floats) -> NDArray[np.bool_]:
        """Return which points get the chosen class."""
        output = self.stage.output
        if outputs.shape[1] > 1 and self.stage.scene.classes:
            return np.asarray(np.argmax(outputs, axis=1) == output)
        return np.asarray(outputs[:, output] >= self._level_and_reach()[0])

    def _borders(self, outputs: Floats, side: int) -> list[tuple[Floats, float]]:
        """Return the surfaces (side, side) whose crossings of a level are drawn as lines."""
        scene, output = self.stage.scene, self.stage.output
        several = scene.classes and outputs.shape[1] > 1
        if several and (output == ALL or self.stage.style == REGIONS):
            if self.stage.style != REGIONS or outputs.shape[1] > _MOST_BORDERS:
                return []
            chosen = range(outputs.shape[1]) if output == ALL else [output]
            return [(_lead(outputs, place).reshape(side, side), 0.0) for place in chosen]
        if scene.classes or scene.data is None:
            return [(outputs[:, output].reshape(side, side), self._level_and_reach()[0])]
        return []

    # Words

    def legend(self) -> str:
        scene = self.stage.scene
        entries = [
            f'<span style="color:{color.name()}">●</span>&nbsp;{text}'
            for text, color in self.stage.hues.legend(scene.classes, scene.outputs)
        ]
        if scene.data is not None and len(scene.data.test_rows):
            entries.append("○&nbsp;Test")
        return joined(*entries, self.stage.points.sample)

    def read(self, x: float, y: float) -> str:
        scene, shown = self.stage.scene, self._shown
        if shown is None:
            return ""
        places = []
        for value, (low, high) in ((y, scene.ranges[1]), (x, scene.ranges[0])):
            place = int((value - low) / (high - low) * len(shown))
            if not 0 <= place < len(shown):
                return ""
            places.append(place)
        values = shown[places[0], places[1]]
        at = f"({format_number(x, 3)}, {format_number(y, 3)})"
        if self.stage.output == ALL:
            best = int(np.argmax(values))
            return f"{scene.classes[best]} {format_number(float(values[best]), 3)} at {at}"
        name = scene.output_names[self.stage.output]
        return f"{name} = {format_number(float(values[self.stage.output]), 3)} at {at}"

    def columns(self) -> dict[str, Any]:
        return grid_columns(self.stage.scene, self.stage.answered, self._outputs())


def _lead(outputs: Floats, place: int) -> Floats:
    """Return by how much one output is above the largest of the others, (points,)."""
    others = np.delete(outputs, place, axis=1)
    return np.asarray(outputs[:, place] - others.max(axis=1))
