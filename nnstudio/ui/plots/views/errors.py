"""Where in the plane of the inputs the network is wrong, known at the rows of the data alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

from nnstudio.training.judging import row_losses
from nnstudio.ui import colors, theme
from nnstudio.ui.numbers import format_count, format_number
from nnstudio.ui.plots.style import faded
from nnstudio.ui.plots.views.base import dot, joined
from nnstudio.ui.plots.views.surface import SurfaceView

if TYPE_CHECKING:
    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.plots.views.base import Floats, Rows

_SMALLEST, _LARGEST = 4.0, 22.0
_VEIL = 0.4  # how much of the surface is left, so that the rows stand out


class ErrorsView(SurfaceView):
    """The rows over the surface, as large as their loss: right or wrong, or too high and too low.

    What would be true between the rows is not known, so no error is drawn there.
    """

    key = "errors"
    title = "Errors"
    tip = "Where it is wrong: the rows, as large as their loss"
    asks_outputs = True

    def __init__(self, stage: Any) -> None:
        super().__init__(stage)
        self.losses: Floats | None = None
        self._pens = self._brushes = np.empty(0, dtype=object)
        self._no_brush = self._edge = None
        self._missed: Any = None

    @classmethod
    def fits(cls, scene: Scene) -> bool:
        return scene.kind == "surface" and scene.data is not None

    @classmethod
    def styles(cls, _scene: Scene) -> tuple[tuple[str, str], ...]:
        return ()

    @property
    def can_draw(self) -> bool:
        return False

    def begin(self) -> None:
        super().begin()
        self.surface.setOpacity(_VEIL)

    def restyle(self) -> None:
        super().restyle()
        hues = self._hues()
        # The same objects each time: pyqtgraph keeps a picture of each size, pen and brush that it knows.
        self._pens = np.array([pg.mkPen(hue, width=1.8) for hue in hues], dtype=object)
        self._brushes = np.array([pg.mkBrush(faded(hue, 210)) for hue in hues], dtype=object)
        self._no_brush = pg.mkBrush(None)
        self._edge = pg.mkPen(theme.manager().current.plot_background, width=1)

    def show_points(self) -> None:
        """Rows are shown once their losses are known."""

    def draw(self) -> None:
        super().draw()
        scene, outputs = self.stage.scene, self.stage.all_outputs()
        data = scene.data
        if data is None or outputs is None:
            self.losses = None
            self.stage.points.clear()
            return
        losses = self.losses = row_losses(self.stage.loss, outputs, data.y)
        if data.classes:
            wrong = data.class_indices(outputs, self.stage.threshold) != data.class_indices(data.y)
            self._missed = wrong.astype(np.float64)
        else:
            self._missed = self._residuals(outputs)
        sizes = marker_sizes(losses)

        def style(rows: Rows, hollow: bool) -> dict[str, Any]:
            paints = (self._missed[rows] > 0.0).astype(np.intp)
            if hollow:
                return {"size": sizes[rows], "pen": self._pens[paints], "brush": self._no_brush}
            return {"size": sizes[rows], "pen": self._edge, "brush": self._brushes[paints]}

        self.stage.points.show(data, *scene.point_places(0), style)
        self.mark_focus()

    def _residuals(self, outputs: Floats) -> Floats:
        """Return prediction minus target in the data's units, of the chosen output, (rows,)."""
        data, output = self.stage.scene.data, max(self.stage.output, 0)
        assert data is not None
        return np.asarray((outputs - data.y)[:, output] * data.target_scale[output])

    def _hues(self) -> list[Any]:
        current = theme.manager().current
        if self.stage.scene.classes:
            return [current.faint, current.error]
        ends = colors.diverging(np.array([-1.0, 1.0]), 1.6, current.name)
        return [pg.mkColor(*(int(part) for part in row)) for row in ends]

    def legend(self) -> str:
        hues = self._hues()
        names = ("right", "wrong") if self.stage.scene.classes else ("too low", "too high")
        entries = [dot(color, name) for name, color in zip(names, hues, strict=True)]
        data = self.stage.scene.data
        if data is not None and len(data.test_rows):
            entries.append("○&nbsp;Test")
        if self.losses is not None:
            entries.append(f"size: loss to {format_number(colors.robust_scale(self.losses), 2)}")
        return joined(*entries, self.stage.points.sample)

    def read(self, x: float, y: float) -> str:
        row = self.stage.points.nearest(x, y)
        if row is None or self.losses is None:
            return super().read(x, y)
        text = f"Row {format_count(row + 1)}: loss {format_number(float(self.losses[row]), 3)}"
        if self.stage.scene.classes:
            return f"{text}, {'wrong' if self._missed[row] else 'right'}"
        return f"{text}, off by {format_number(float(self._missed[row]), 3)}"

    def columns(self) -> dict[str, Any]:
        data = self.stage.scene.data
        if data is None or self.losses is None:
            return {"row": [], "loss": []}
        x, y = self.stage.scene.point_places(0)
        names = self.stage.scene.input_names
        return {"row": np.arange(1, len(data) + 1), names[0]: x, names[1]: y, "loss": self.losses}


def marker_sizes(losses: Floats) -> Floats:
    """Return diameters in whole pixels, (rows,), whose areas grow with the loss, full at a robust scale."""
    shares = np.clip(np.nan_to_num(losses, nan=0.0, posinf=np.inf) / colors.robust_scale(losses), 0.0, 1.0)
    return np.asarray(np.rint(_SMALLEST + (_LARGEST - _SMALLEST) * np.sqrt(shares)))
