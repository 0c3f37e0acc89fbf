"""How the neurons before an output add up to the curve that it computes of one input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from nnstudio.training.contributions import Contributions, contributions
from nnstudio.ui import colors, theme
from nnstudio.ui.numbers import format_number
from nnstudio.ui.plots.figures import padded_range
from nnstudio.ui.plots.layers import LayersItem
from nnstudio.ui.plots.style import set_axis_labels
from nnstudio.ui.plots.views.base import PlotView
from nnstudio.ui.plots.views.points import plain_style

if TYPE_CHECKING:
    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.plots.views.base import Floats, Stage

STACKED, PARTS, VALUES = "stacked", "parts", "values"
_MOST_LINES = 24
_PICK_PIXELS = 14.0
_LEAST_SHARE = 0.55  # of the range on view that is used, before it gets narrower
_NOWHERE = np.empty(0)


class _Lines(NamedTuple):
    """Lines (lines, points) with the neuron and connection of each, "" for none, and what they stand on."""

    lines: Floats
    neuron_ids: tuple[str, ...]
    connection_ids: tuple[str, ...]
    floor: Floats | None = None


class NeuronsView(PlotView):
    """Every neuron's w · a, one upon the other from the bias up, or side by side; or what each answers.

    What is stacked is the weighted sum z; the output is that of its activation, drawn last. The neuron under
    the pointer lights up on the canvas.
    """

    key = "neurons"
    title = "Neurons"
    tip = "How the neurons add up to the curve"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.layers = self.add(LayersItem(), -4)
        self.bias = self.add(pg.PlotCurveItem(), -3)
        self.sum = self.add(pg.PlotCurveItem(antialias=True), 1)
        self.curve = self.add(pg.PlotCurveItem(antialias=True), 2)
        self._lines: _Lines | None = None
        self._found: Contributions | None = None
        self._range = (0.0, 0.0)

    @classmethod
    def fits(cls, scene: Scene) -> bool:
        return scene.kind == "curve"

    @classmethod
    def styles(cls, _scene: Scene) -> tuple[tuple[str, str], ...]:
        return (STACKED, "Stacked"), (PARTS, "Contributions"), (VALUES, "Activations")

    def question(self) -> tuple[Floats, bool] | None:
        return self.stage.scene.probe_points(), True

    def end(self) -> None:
        super().end()
        self._clear()

    @property
    def _activation(self) -> str:
        return self.stage.scene.activations[self.stage.output]

    @property
    def _units(self) -> tuple[float, float]:
        """What the sum is multiplied with, and what is added, so that it is in the data's units.

        That makes sense only where the output is the sum itself; others are shown as the network has them.
        """
        data = self.stage.scene.data
        if data is None or self._activation != "identity":
            return 1.0, 0.0
        return float(data.target_scale[self.stage.output]), float(data.target_offset[self.stage.output])

    def place(self) -> None:
        scene, output, style = self.stage.scene, self.stage.output, self.stage.style
        self._range = (0.0, 0.0)
        name = scene.output_names[output]
        scaled = scene.data is not None and scene.data.target_scale[output] != 1.0
        axis = f"{name}, as the network sees it" if scaled and self._units == (1.0, 0.0) else name
        if self._activation != "identity":
            axis = f"z, and {axis}"
        axis = {STACKED: axis, PARTS: f"w · a for {name}", VALUES: "activation"}[style]
        set_axis_labels(self.stage.plot, scene.input_names[0], axis)
        if scene.data is None or style != STACKED:
            self.stage.points.clear()
            return
        scale, offset = self._units
        x = scene.point_places(output)[0]
        size = 9 if len(scene.data.x) <= 8 else 6
        self.stage.points.show(scene.data, x, scene.data.y[:, output] * scale + offset, plain_style(size))
        self.mark_focus()

    def restyle(self) -> None:
        current = theme.manager().current
        self.bias.setPen(pg.mkPen(current.muted, width=1, style=Qt.PenStyle.DashLine))
        self.sum.setPen(pg.mkPen(current.text, width=1.5))
        self.curve.setPen(pg.mkPen(current.accent, width=2.5))
        self.stage.points.restyle()

    # Drawing

    def draw(self) -> None:
        values, snapshot = self.stage.answer(), self.stage.snapshot
        if values is None or snapshot is None:
            if snapshot is None:
                self._clear()
            return
        network = self.stage.document.network
        output_id = self.stage.scene.output_ids[self.stage.output]
        known = network.has_neuron(output_id)
        sources = {c.id: c.source for c in network.incoming(output_id)} if known else {}
        found = contributions(snapshot, values, sources, output_id)
        if found is None:
            self._clear()
            return
        self._found = found.gathered(_MOST_LINES)
        x = self.stage.scene.curve_inputs()
        self._lines = lines = self._chosen_lines(self._found, values)
        names = [self._name(neuron_id) for neuron_id in lines.neuron_ids]
        self.layers.set_lines(x, lines.lines, self._colors(len(names)), lines.floor, names)
        self._draw_sums(x, self._found)
        self._show_lines(lines)

    def _chosen_lines(self, found: Contributions, values: Any) -> _Lines:
        scale, offset = self._units
        if self.stage.style == STACKED:
            stacked = found.stacked * scale + offset
            return _Lines(stacked[1:], found.neuron_ids, found.connection_ids, stacked[0])
        if self.stage.style == PARTS:
            return _Lines(found.parts * scale, found.neuron_ids, found.connection_ids)
        assert self.stage.snapshot is not None
        hidden = {neuron.id for neuron in self.stage.document.network.hidden}
        ids = self.stage.snapshot.neuron_ids
        inner = [(slot, neuron_id) for slot, neuron_id in enumerate(ids) if neuron_id in hidden]
        if len(inner) > _MOST_LINES:
            with np.errstate(invalid="ignore"):
                reach = np.nan_to_num(np.ptp(values[:, [slot for slot, _ in inner]], axis=0))
            inner = [inner[place] for place in np.sort(np.argsort(-reach, kind="stable")[:_MOST_LINES])]
        lines = values[:, [slot for slot, _ in inner]].T.astype(np.float64)
        return _Lines(lines, tuple(neuron_id for _, neuron_id in inner), ("",) * len(inner))

    def _draw_sums(self, x: Floats, found: Contributions) -> None:
        """Draw bias, sum and output as far as the style has them."""
        scale, offset = self._units
        style, whole = self.stage.style, found.stacked[-1] * scale + offset
        level = found.bias * scale + (offset if style == STACKED else 0.0)
        floor = np.full(2, level) if style != VALUES else _NOWHERE
        self.bias.setData(x[[0, -1]] if len(floor) else _NOWHERE, floor)
        sums = style == STACKED and self._activation != "identity"
        self.sum.setData(x if sums else _NOWHERE, whole if sums else _NOWHERE)
        shown = style == STACKED
        self.curve.setData(x if shown else _NOWHERE, found.output * scale + offset if shown else _NOWHERE)

    def _show_lines(self, lines: _Lines) -> None:
        """Set the range to what is seen; it stays as long as that fits, so that it doesn't tremble."""
        scene, output = self.stage.scene, self.stage.output
        seen = [lines.lines.ravel(), *(item.getData()[1] for item in (self.bias, self.curve))]
        if self.stage.style == STACKED and scene.data is not None:
            scale, offset = self._units
            seen.append(scene.data.y[:, output] * scale + offset)
        low, high = padded_range(np.concatenate([part for part in seen if part is not None]), 0.08)
        kept_low, kept_high = self._range
        fits = kept_low <= low and high <= kept_high
        if not fits or high - low < _LEAST_SHARE * (kept_high - kept_low):
            room = 0.06 * (high - low)
            self._range = low - room, high + room
        self.show_range(scene.ranges[0], self._range)

    def _clear(self) -> None:
        self._lines = self._found = None
        self.layers.clear()
        for item in (self.bias, self.sum, self.curve):
            item.setData(_NOWHERE, _NOWHERE)

    def _colors(self, count: int) -> list[Any]:
        table = colors.class_colors(theme.manager().current.name)
        return [pg.mkColor(*(int(part) for part in table[place % len(table)])) for place in range(count)]

    # Words

    def legend(self) -> str:
        count = 0 if self._lines is None else len(self._lines.lines)
        if self.stage.style == VALUES:
            return f"What {_counted(count, 'hidden neuron')} answer{'s' if count == 1 else ''}"
        terms = f"{count}&nbsp;×&nbsp;w·a"
        if self.stage.style == PARTS:
            return f"{terms}, the bias dashed"
        end = "output" if self._activation == "identity" else f"z, then {self._activation}"
        return f"Bias + {terms} = {end}"

    def read(self, x: float, y: float) -> str:
        place = self._line_at(x, y)
        if self.layers.set_raised(place):
            self._point_at(place)
        if place is None or self._lines is None or self._found is None:
            return ""
        neuron_id = self._lines.neuron_ids[place]
        at = int(np.argmin(np.abs(self.stage.scene.curve_inputs() - x)))
        name = self._name(neuron_id)
        if self.stage.style == VALUES:
            return f"{name} answers {format_number(float(self._lines.lines[place][at]), 3)}"
        part = format_number(float(self._found.parts[place][at]), 3)
        if not neuron_id:
            return f"{name}: {part}"
        value = float(self._found.values[place][at])
        weight = self._weight(self._lines.connection_ids[place])
        return f"{name}: {format_number(weight, 3)} · {format_number(value, 3)} = {part}"

    def _line_at(self, x: float, y: float) -> int | None:
        if self._lines is None or not len(self._lines.lines):
            return None
        inputs = self.stage.scene.curve_inputs()
        if not inputs[0] <= x <= inputs[-1]:
            return None
        at = int(np.argmin(np.abs(inputs - x)))
        reach = _PICK_PIXELS * self.stage.plot.getViewBox().viewPixelSize()[1]
        floor = None if self._lines.floor is None else self._lines.floor[at]
        return line_at(self._lines.lines[:, at], floor, y, reach)

    def leave(self) -> None:
        if self.layers.set_raised(None):
            self._point_at(None)

    def _point_at(self, place: int | None) -> None:
        neuron_id = connection_id = ""
        if place is not None and self._lines is not None:
            neuron_id, connection_id = self._lines.neuron_ids[place], self._lines.connection_ids[place]
        self.stage.path_pointed.emit(
            (neuron_id,) if neuron_id else (), (connection_id,) if connection_id else ()
        )

    def _name(self, neuron_id: str) -> str:
        network = self.stage.document.network
        if not neuron_id:
            return "All others"
        return network.neuron(neuron_id).label or neuron_id if network.has_neuron(neuron_id) else neuron_id

    def _weight(self, connection_id: str) -> float:
        snapshot = self.stage.snapshot
        assert snapshot is not None
        return float(snapshot.weights[snapshot.connection_ids.index(connection_id)])

    def columns(self) -> dict[str, Any]:
        scene = self.stage.scene
        if self._lines is None or self._found is None:
            return {scene.input_names[0]: []}
        shown = {scene.input_names[0]: scene.curve_inputs()}
        for place, line in enumerate(self._lines.lines):
            shown[f"{place + 1} {self._name(self._lines.neuron_ids[place])}"] = line
        scale, offset = self._units
        return shown | {
            f"output {scene.output_names[self.stage.output]}": self._found.output * scale + offset
        }


def line_at(lines: Floats, floor: float | None, y: float, reach: float) -> int | None:
    """Return which of lines (lines,) a pointer at height y is on, or whose band it is in; None for none.

    Bands lie between each line and the one before it, the first on ``floor``. Of several, the thinnest one.
    """
    if floor is not None:
        ends = np.append(floor, lines)
        low, high = np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])
        inside = np.flatnonzero((low <= y) & (y <= high))
        if len(inside):
            with np.errstate(over="ignore", invalid="ignore"):
                heights = np.nan_to_num((high - low)[inside], nan=np.inf)
            return int(inside[np.argmin(heights)])
    distances = np.where(np.isfinite(lines), np.abs(lines - y), np.inf)
    nearest = int(np.argmin(distances))
    return nearest if distances[nearest] <= reach else None


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
