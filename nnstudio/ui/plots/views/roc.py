"""What every threshold finds of a class, and what it takes for it wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from nnstudio.training.judging import Roc, roc
from nnstudio.ui import theme
from nnstudio.ui.numbers import format_number
from nnstudio.ui.plots.style import set_axis_labels
from nnstudio.ui.plots.views.base import PlotView, dot, joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.plots.views.base import Answers, Floats, Stage

_ROOM = (-0.04, 1.04)
_PICK_PIXELS = 24.0
_STEPS = 500  # of both axes, finer than which nothing is drawn
_NOWHERE = np.empty(0)


class ClassView(PlotView):
    """A view of one class against all others: of two classes with one output, the second one."""

    asks_outputs = True

    @classmethod
    def fits(cls, scene: Scene) -> bool:
        return scene.data is not None and bool(scene.classes)

    @classmethod
    def choices(cls, scene: Scene) -> list[tuple[str, int]]:
        names = scene.classes[1:] if scene.outputs == 1 else scene.classes
        return [(name, place) for place, name in enumerate(names)]

    @property
    def class_name(self) -> str:
        """The class that is looked for."""
        classes = self.stage.scene.classes
        return classes[1] if self.stage.scene.outputs == 1 else classes[self.stage.output]

    def scored(self, answers: Answers) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the output for the class, (rows,), and which rows are of it."""
        data = self.stage.scene.data
        assert data is not None
        wanted = 1 if self.stage.scene.outputs == 1 else self.stage.output
        return answers.outputs[:, self.stage.output].astype(np.float64), data.class_indices(
            answers.targets
        ) == wanted

    def parts(self) -> list[tuple[str, Answers | None]]:
        """Return the names of both parts with what the network answers there."""
        return [(name, self.stage.answers(test=test)) for name, test in (("Training", False), ("Test", True))]


class RocView(ClassView):
    """Found rows of the class over false alarms, for every threshold; the ring is the threshold in force."""

    key = "roc"
    title = "ROC"
    tip = "What every threshold finds, and takes wrongly"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.diagonal = self.add(pg.PlotCurveItem(), -5)
        self.curves = [self.add(pg.PlotCurveItem(antialias=True), z) for z in (2, 1)]
        self.present = self.add(pg.ScatterPlotItem(size=9, pxMode=True), 3)
        self.pointed = self.add(pg.ScatterPlotItem(size=8, pxMode=True), 4)
        self.found: list[Roc | None] = [None, None]

    def place(self) -> None:
        self.stage.points.clear()
        self.show_range(_ROOM, _ROOM)
        self.diagonal.setData(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
        name = self.class_name
        set_axis_labels(self.stage.plot, f"others taken for “{name}”", f"“{name}” found")

    def restyle(self) -> None:
        current = theme.manager().current
        self.diagonal.setPen(pg.mkPen(current.faint, width=1, style=Qt.PenStyle.DashLine))
        for curve, color in zip(self.curves, (current.train_line, current.test_line), strict=True):
            curve.setPen(pg.mkPen(color, width=2))
        self.present.setBrush(pg.mkBrush(current.plot_background))
        self.pointed.setBrush(pg.mkBrush(current.text))
        self.pointed.setPen(pg.mkPen(current.plot_background, width=1))

    @property
    def _threshold(self) -> float | None:
        """The threshold that parts the classes now; of several outputs the largest decides instead."""
        return self.stage.threshold if self.stage.scene.outputs == 1 else None

    def draw(self) -> None:
        self.found = []
        for (_, answers), curve in zip(self.parts(), self.curves, strict=True):
            found = None if answers is None or not len(answers.rows) else roc(*self.scored(answers))
            self.found.append(found)
            known = found is not None and np.isfinite(found.area)
            curve.setData(*(drawn_points(found) if known and found else (_NOWHERE, _NOWHERE)))
        self._mark_present()

    def _mark_present(self) -> None:
        current = theme.manager().current
        x, y, pens = [], [], []
        for found, color in zip(self.found, (current.train_line, current.test_line), strict=True):
            if found is not None and np.isfinite(found.area) and self._threshold is not None:
                place = found.at(self._threshold)
                x.append(found.false_alarms[place])
                y.append(found.hits[place])
                pens.append(pg.mkPen(color, width=2))
        self.present.setData(x=np.array(x), y=np.array(y), pen=pens)

    def legend(self) -> str:
        current = theme.manager().current
        entries = [
            dot(color, f"{name} {format_number(found.area, 3)}")
            for (name, _), found, color in zip(
                self.parts(), self.found, (current.train_line, current.test_line), strict=True
            )
            if found is not None
        ]
        return joined("Area below:", *entries)

    def read(self, x: float, y: float) -> str:
        pixel = self.stage.plot.getViewBox().viewPixelSize()
        nearest: tuple[float, int, int] | None = None
        for part, found in enumerate(self.found):
            if found is None or not np.isfinite(found.area):
                continue
            away = np.hypot((found.false_alarms - x) / pixel[0], (found.hits - y) / pixel[1])
            place = int(np.argmin(away))
            if away[place] <= _PICK_PIXELS and (nearest is None or away[place] < nearest[0]):
                nearest = float(away[place]), part, place
        if nearest is None:
            self.leave()
            return ""
        _, part, place = nearest
        found = self.found[part]
        assert found is not None
        alarms, hits = float(found.false_alarms[place]), float(found.hits[place])
        self.pointed.setData(x=np.array([alarms]), y=np.array([hits]))
        return (
            f"From {format_number(float(found.thresholds[place]), 3)}: "
            f"{_percent(hits)} found, {_percent(alarms)} false alarms"
        )

    def leave(self) -> None:
        self.pointed.setData(x=_NOWHERE, y=_NOWHERE)

    def columns(self) -> dict[str, Any]:
        shown: dict[str, list[Any]] = {"part": [], "threshold": [], "false alarms": [], "found": []}
        for (name, _), found in zip(self.parts(), self.found, strict=True):
            if found is not None:
                shown["part"] += [name.lower()] * len(found.hits)
                shown["threshold"] += found.thresholds.tolist()
                shown["false alarms"] += found.false_alarms.tolist()
                shown["found"] += found.hits.tolist()
        return shown


def drawn_points(found: Roc) -> tuple[Floats, Floats]:
    """Return false alarms and hits of a curve without what cannot be seen: at most a few points a pixel."""
    places = np.rint(np.column_stack([found.false_alarms, found.hits]) * _STEPS)
    seen = np.flatnonzero((np.diff(places, axis=0) != 0).any(axis=1))
    # Corners need both of their ends.
    kept = np.unique(np.concatenate([[0, len(places) - 1], seen, seen + 1]))
    return found.false_alarms[kept], found.hits[kept]


def _percent(share: float) -> str:
    return f"{format_number(100 * share, 3)} %"
