"""What the output plot shows of a network and its data: which picture, where, in which units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.encoding import spread
from nnstudio.errors import DataError
from nnstudio.ui.plots import figures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.data import Dataset
    from nnstudio.network import Network
    from nnstudio.training.snapshot import Probe

    Floats = NDArray[np.float64]

CURVE_POINTS = 201
_TRIED = 24  # points along each side of a grid, to see whether formulas have values there


@dataclass(frozen=True)
class Scene:
    """The picture that fits, apart from what the network answers.

    ``data`` are None where they don't fit the network; names are the data's, or else the neurons'. ``ranges``
    are those of the inputs, in the data's units; ``output_ids`` and ``activations`` are those of the output
    neurons. ``kept_targets`` are ranges of the targets that stay as they are, see `steadied`.
    """

    kind: figures.Kind = "none"
    data: Dataset | None = None
    ranges: tuple[figures.Range, ...] = ()
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    output_ids: tuple[str, ...] = ()
    activations: tuple[str, ...] = ()
    kept_targets: tuple[figures.Range, ...] = ()

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return len(self.output_names)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the data's classes; empty for values."""
        return () if self.data is None else self.data.classes

    def curve_inputs(self) -> Floats:
        """Return the inputs of a curve, in the data's units."""
        return np.linspace(*self.ranges[0], CURVE_POINTS)

    def probe_points(self, side: int = _TRIED) -> Floats:
        """Return where to ask the network for a surface or curve, (points, inputs) as it sees them.

        ``side`` is the number of points along each side of a surface.
        """
        if self.kind == "surface":
            points = figures.surface_grid(self.ranges[0], self.ranges[1], side)
        else:
            points = self.curve_inputs().reshape(-1, 1)
        inputs = points if self.data is None else _seen(self.data, points)
        inputs.flags.writeable = False
        return inputs

    def target_range(self, output: int) -> figures.Range:
        """Return the range of one target with room around it, in the data's units."""
        if self.kept_targets:
            return self.kept_targets[output]
        if self.data is None:
            return -1.2, 1.2
        return figures.padded_range(self.data.target_values(self.data.y)[:, output], 0.15)

    def level_and_reach(self, output: int) -> tuple[float, float]:
        """Return the output in the middle of the color scale, and how far from it the colors are full."""
        data = self.data
        if data is None:
            level = figures.decision_level(np.empty(0), self.activations[output])
            return level, 1.0 if level == 0.0 else 0.5
        if data.classes:
            return 0.5, 0.5
        targets = data.target_values(data.y)[:, output]
        low, high = float(targets.min()), float(targets.max())
        return (low + high) / 2, max((high - low) / 2, 1e-12)

    def point_places(self, output: int) -> tuple[Floats, Floats]:
        """Return x and y of all rows in a surface or curve, in the data's units."""
        assert self.data is not None
        features = self.data.feature_values(self.data.x)
        if self.kind == "curve":
            return features[:, 0], self.data.target_values(self.data.y)[:, max(output, 0)]
        return features[:, 0], features[:, 1]


def steadied(scene: Scene, before: Scene) -> Scene:
    """Return a picture in the ranges of the one before, as long as its points have room there.

    While points are drawn they stay where the pointer put them.
    """
    if scene.kind not in ("surface", "curve") or (before.kind, before.outputs) != (scene.kind, scene.outputs):
        return scene
    kept = tuple(before.target_range(output) for output in range(scene.outputs))
    if scene.data is None:
        return replace(scene, ranges=before.ranges, kept_targets=kept)
    known = (before.input_names, before.output_names, before.classes)
    if before.data is not None and known != (scene.input_names, scene.output_names, scene.classes):
        return scene
    inputs = [scene.point_places(0)[axis] for axis in range(len(before.ranges))]
    targets = scene.data.target_values(scene.data.y).T
    return replace(
        scene,
        ranges=tuple(map(_roomy, inputs, before.ranges, scene.ranges)),
        kept_targets=tuple(map(_roomy, targets, kept, map(scene.target_range, range(scene.outputs)))),
    )


def _roomy(values: Floats, before: figures.Range, wanted: figures.Range) -> figures.Range:
    """Return the range before where it holds all values."""
    return before if before[0] <= values.min() and values.max() <= before[1] else wanted


def fitting_scene(network: Network, data: Dataset | None) -> Scene:
    """Return what to show of a network and its data."""
    inputs, outputs = network.inputs, network.outputs
    kind = figures.plot_kind(len(inputs), len(outputs), data)
    if data is not None and (data.x.shape[1] != len(inputs) or data.y.shape[1] != len(outputs)):
        data = None
    if data is not None and data.derived:
        scene = _derived_scene(network, data)
        if scene is not None:
            return scene
        kind = "confusion" if data.classes else "scatter"
    return _scene(network, data, kind, len(inputs))


def _derived_scene(network: Network, data: Dataset) -> Scene | None:
    """Return the picture over one or two columns of numbers that all other features are derived from."""
    axes = len(data.columns)
    if axes > 2 or any(column.kind != "number" or column.encoding == "none" for column in data.columns):
        return None
    scene = _scene(network, data, "curve" if axes == 1 else "surface", axes)
    try:
        scene.probe_points()
    except DataError:  # a formula has no value somewhere around the data
        return None
    return scene


def _scene(network: Network, data: Dataset | None, kind: figures.Kind, axes: int) -> Scene:
    inputs, outputs = network.inputs, network.outputs
    return Scene(
        kind=kind,
        data=data,
        ranges=tuple(figures.input_ranges(axes, data)) if kind in ("surface", "curve") else (),
        input_names=tuple(n.label or n.id for n in inputs) if data is None else data.feature_names,
        output_names=tuple(n.label or n.id for n in outputs) if data is None else data.target_names,
        output_ids=tuple(n.id for n in outputs),
        activations=tuple(n.activation or "" for n in outputs),
    )


def _seen(data: Dataset, points: Floats) -> Floats:
    """Return points in the data's units, (points, columns), as the network sees them, (points, inputs)."""
    if not data.derived:
        return data.feature_inputs(points)
    values = {column.name: points[:, place] for place, column in enumerate(data.columns)}
    return data.feature_inputs(spread(data.columns, data.derived, values))


def why_nothing(network: Network, data: Dataset | None) -> str:
    """Return why there is no picture, and the way to one."""
    inputs, outputs = len(network.inputs), len(network.outputs)
    if not inputs or not outputs:
        return "Add inputs and outputs to see here what the network computes."
    if data is None:
        return "Choose data to compare with what the network predicts."
    features, targets = data.x.shape[1], data.y.shape[1]
    return (
        f"The data have {_count(features, 'feature')} and {_count(targets, 'target')}, the network "
        f"{_count(inputs, 'input')} and {_count(outputs, 'output')}. Make them fit to see the predictions."
    )


def grid_columns(scene: Scene, probe: Probe | None, answer: Any) -> dict[str, Any]:
    """Return the numbers of a surface or curve as columns; empty without an answer, (points, outputs)."""
    if answer is None or probe is None:
        return {name: [] for name in (*scene.input_names, *scene.output_names)}
    inputs = probe.x if scene.data is None else scene.data.feature_values(probe.x)
    columns = dict(zip(scene.input_names, inputs.T, strict=True))
    outputs = zip(scene.output_names, answer.T, strict=True)
    return columns | {f"output {name}": values for name, values in outputs}


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
