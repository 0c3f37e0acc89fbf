"""What was drawn on the output plot, as other rows of the data. Functions of data and arrays, no window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.editing import sheet_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.data import Dataset
    from nnstudio.ui.plots.output_scene import Scene

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

# What new points stand for: the place of a class, or a value.
Mark = float


def can_draw(scene: Scene) -> bool:
    """Whether a place in the picture is a row of the data: its axes are all of their columns."""
    data = scene.data
    if data is None or scene.kind not in ("surface", "curve"):
        return False
    axes = 2 if scene.kind == "surface" else 1
    return len(data.columns) == axes and all(
        column.kind != "category" and column.encoding != "none" for column in data.columns
    )


def takes_height(scene: Scene) -> bool:
    """Whether the height of a point is its target: that of a curve of values."""
    return scene.kind == "curve" and not scene.classes


def heights(scene: Scene, mark: Mark, count: int, output: int) -> Floats:
    """Return where points of a class stand in a curve, (count,)."""
    chosen = max(output, 0)
    is_there = mark == 1 if scene.outputs == 1 else mark == chosen
    return np.full(count, 1.0 if is_there else 0.0)


def with_points(scene: Scene, places: Floats, mark: Mark, output: int) -> Dataset:
    """Return the data with points (points, 2) more, of a class or a value; raises DataError.

    Where there are further targets, a point takes those of the row that is nearest.
    """
    data = scene.data
    assert data is not None
    sheet = sheet_of(data)
    values: dict[str, Any] = _features(scene, places)
    targets = sheet.preparation.names("target")
    if data.classes:
        values[targets[0]] = [data.classes[int(mark)]] * len(places)
        return sheet.with_rows(values)
    known = data.target_values(data.y)
    nearest = _nearest(scene, places, output) if len(targets) > 1 else np.zeros(len(places), np.intp)
    for place, name in enumerate(targets):
        values[name] = known[nearest, place]
    wanted = places[:, 1] if takes_height(scene) else np.full(len(places), mark)
    values[targets[max(output, 0)]] = wanted
    return sheet.with_rows(values)


def with_places(scene: Scene, rows: Rows, places: Floats, output: int) -> Dataset:
    """Return the data with rows at other places (rows, 2); raises DataError."""
    assert scene.data is not None
    sheet = sheet_of(scene.data)
    values: dict[str, Any] = _features(scene, places)
    if takes_height(scene):
        values[sheet.preparation.names("target")[max(output, 0)]] = places[:, 1]
    return sheet.with_values(rows, values)


def with_mark(scene: Scene, rows: Rows, mark: Mark, output: int) -> Dataset:
    """Return the data with rows of another class or value; raises DataError."""
    data = scene.data
    assert data is not None
    sheet = sheet_of(data)
    targets = sheet.preparation.names("target")
    if data.classes:
        return sheet.with_values(rows, {targets[0]: [data.classes[int(mark)]] * len(rows)})
    return sheet.with_values(rows, {targets[max(output, 0)]: np.full(len(rows), mark)})


def without_points(scene: Scene, rows: Rows) -> Dataset:
    """Return the data without rows; raises DataError."""
    assert scene.data is not None
    return sheet_of(scene.data).without_rows(rows)


def _features(scene: Scene, places: Floats) -> dict[str, Floats]:
    assert scene.data is not None
    return {column.name: places[:, place].copy() for place, column in enumerate(scene.data.columns)}


def _nearest(scene: Scene, places: Floats, output: int) -> Rows:
    """Return the row nearest to each place, along the axes that are features."""
    x, y = scene.point_places(output)
    known = np.column_stack([x, y]) / np.ptp(np.column_stack([x, y]), axis=0).clip(1e-300)
    wanted = places / np.ptp(np.column_stack([x, y]), axis=0).clip(1e-300)
    axes = 1 if scene.kind == "curve" else 2
    return np.array(
        [int(np.argmin(((known[:, :axes] - place[:axes]) ** 2).sum(axis=1))) for place in wanted], np.intp
    )
