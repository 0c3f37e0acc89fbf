"""Data that are drawn from nothing: points that wait until there is enough to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnstudio.data import Preparation, Split, prepare
from nnstudio.data.table import Column, Table
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.data import Dataset
    from nnstudio.data.preparation import Role
    from nnstudio.ui.plots.output_scene import Scene

    Floats = NDArray[np.float64]

_CLASSES = "ABCDEFGHIJ"
# Outputs that tell classes apart, unless other data say otherwise.
_OF_CLASSES = ("sigmoid", "tanh", "step", "softmax")


class Drafts:
    """Strokes of points for the picture of a network without data, which have become no data yet.

    ``classes`` are empty for values. Names are those of ``before``, the data that are replaced, where they
    are as many.
    """

    def __init__(self, scene: Scene, before: Dataset | None) -> None:
        self.kind = scene.kind
        self.outputs = scene.outputs
        self.strokes: list[tuple[Floats, float]] = []
        axes = 2 if scene.kind == "surface" else 1
        fits = before is not None and before.x.shape[1] == axes and before.y.shape[1] == scene.outputs
        self._before = before if fits else None
        names = scene.input_names if before is None or not fits else before.feature_names
        self._names = tuple(names) if len(set(names)) == axes else ("x1", "x2")[:axes]
        self.classes = self._classes(scene)

    def _classes(self, scene: Scene) -> tuple[str, ...]:
        if scene.kind == "curve":
            return ()
        if self._before is not None:
            return self._before.classes
        count = max(2, scene.outputs)
        return tuple(_CLASSES[:count]) if scene.activations[0] in _OF_CLASSES else ()

    def add(self, places: Floats, mark: float) -> None:
        """Add a stroke: points (points, 2) of a class, by its place, or of a value."""
        self.strokes.append((places, mark))

    @property
    def count(self) -> int:
        """How many points wait."""
        return sum(len(places) for places, _ in self.strokes)

    @property
    def wish(self) -> str:
        """What is to be drawn yet, in words."""
        if self.kind == "curve":
            return "Draw a few points at different heights."
        if not self.classes:
            return "Draw points of two values at least."
        absent = [name for place, name in enumerate(self.classes) if place not in self._marks]
        return f"Draw points of {' and '.join(absent[-2:])}{', too' if self.strokes else ''}."

    @property
    def _marks(self) -> set[float]:
        return {mark for _, mark in self.strokes}

    def data(self) -> Dataset | None:
        """Return the data that the strokes make, or None as long as there is nothing to learn from."""
        if not self.strokes or self._marks < set(range(len(self.classes))):
            return None
        places = np.vstack([places for places, _ in self.strokes])
        marks = np.concatenate([np.full(len(places), mark) for places, mark in self.strokes])
        columns = [Column(name, "number", places[:, axis]) for axis, name in enumerate(self._names)]
        roles: dict[str, Role] = dict.fromkeys(self._names, "feature")
        if self.classes:
            columns.append(Column("class", "category", marks.astype(np.int32), self.classes))
            roles["class"] = "target"
        else:
            values = places[:, 1] if self.kind == "curve" else marks
            targets = self._before.target_names if self._before is not None else ("y",)
            for name in targets:
                columns.append(Column(name, "number", values))
                roles[name] = "target"
        table = Table(tuple(columns), "Drawn data", {"kind": "drawn"})
        preparation = Preparation(
            roles=roles,
            scaling="none",
            split=Split(fraction=0.0),
            task="classification" if self.classes else "regression",
        )
        try:
            return prepare(table, preparation)
        except DataError:
            return None
