"""The numbers behind a look at the data: histograms, samples, correlations, averages. No window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.ui.panels.data_table_contents import TableContents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.data import Dataset

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_BINS = 24
# Up to so many different whole numbers have a bar each; of categories the commonest have.
_MOST_VALUES, _MOST_WORDS = 24, 16
_MOST_STEPS, _ROUNDING = 1_000, 1e-3
_GLANCE = 8_192
# Of more rows than these, so many are counted and correlated: a look must not hold the window up.
MOST_COUNTED = 200_000
OTHERS = "others"


@dataclass(frozen=True, eq=False)
class Variable:
    """A column of the data in its own units, (rows,); of a category ``values`` are places in ``words``."""

    name: str
    values: Floats
    words: tuple[str, ...] = ()
    is_target: bool = False
    is_date: bool = False


@dataclass(frozen=True, eq=False)
class Bars:
    """A histogram: ``counts`` (classes, bars) stand between ``edges``, or are of ``words`` one each."""

    edges: Floats
    counts: NDArray[np.intp]
    words: tuple[str, ...] = ()


def variables_of(data: Dataset) -> list[Variable]:
    """Return features, derived ones too, and targets that are values."""
    contents = TableContents(data)
    found = []
    for column in contents.columns:
        if column.kind in ("number", "date", "category"):
            values = np.asarray(contents.features[column.place], np.float64)
            words = contents.categories[column.place]
            found.append(Variable(column.title, values, words, is_date=column.kind == "date"))
        elif column.kind == "target":
            found.append(Variable(column.title, contents.targets[:, column.place], is_target=True))
    return found


def labels_of(data: Dataset) -> Rows:
    """Return the class of each row, (rows,); 0 for all where targets are values."""
    return data.class_indices(data.y) if data.classes else np.zeros(len(data), np.intp)


def counted(rows: int) -> Rows:
    """Return the rows that histograms count and correlations are of, ascending."""
    return sample(rows, MOST_COUNTED)


def bars(variable: Variable, labels: Rows, classes: int) -> Bars:
    """Return the histogram of a column, by class: of the ``counted`` rows, between the ends of all."""
    values = variable.values
    low, high = float(values.min()), float(values.max())
    if len(values) > MOST_COUNTED:
        rows = counted(len(values))
        values, labels = values[rows], labels[rows]
    if variable.words:
        codes, words = values.astype(np.intp), variable.words
        if len(words) > _MOST_WORDS:
            common = np.argsort(-np.bincount(codes, minlength=len(words)), kind="stable")[: _MOST_WORDS - 1]
            places = np.full(len(words), len(common))
            places[common] = np.arange(len(common))
            codes, words = places[codes], (*(words[code] for code in common.tolist()), OTHERS)
        return Bars(np.arange(len(words) + 1.0), _counts(codes, labels, len(words), classes), words)
    edges = _edges(values, low, high)
    places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    return Bars(edges, _counts(places, labels, len(edges) - 1, classes))


def _edges(values: Floats, low: float, high: float) -> Floats:
    if low == high:
        return np.array([low - 0.5, low + 0.5])
    step = _step(values)
    if step is None:
        return np.linspace(low, high, _BINS + 1)
    # Bars as wide as a whole number of steps: others would take in more values here than there.
    steps = round((high - low) / step) + 1
    width = step * -(-steps // _MOST_VALUES)
    return low - step / 2 + width * np.arange(np.ceil(steps * step / width - 1e-9) + 1.0)


def _step(values: Floats) -> float | None:
    """Return what all distances between values are multiples of, as for measurements that were rounded."""
    # Few rows tell of most columns that they hold too many values: all of them would take long to sort.
    if len(np.unique(values[:_GLANCE])) > _MOST_STEPS:
        return None
    known = np.unique(values)
    if len(known) > _MOST_STEPS:
        return None
    if len(known) < 2:
        return None
    step = float(np.diff(known).min())
    multiples = (known - known[0]) / step
    even = np.abs(multiples - np.rint(multiples)).max() < _ROUNDING and multiples[-1] < 10 * _MOST_STEPS
    return step if even else None


def _counts(places: Rows, labels: Rows, bins: int, classes: int) -> NDArray[np.intp]:
    found = np.bincount(labels * bins + places, minlength=classes * bins)
    return np.asarray(found.reshape(classes, bins), np.intp)


@lru_cache(maxsize=2)
def sample(rows: int, most: int) -> Rows:
    """Return so many of the rows at the most, ascending, always the same ones; read-only."""
    chosen = np.arange(rows)
    if rows > most:
        chosen = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
    chosen.setflags(write=False)
    return chosen


def correlated(data: Dataset, variables: Sequence[Variable]) -> list[Variable]:
    """Return what correlations are of: columns of numbers, and each class as 0 and 1."""
    found = [variable for variable in variables if not variable.words]
    if len(data.classes) == 2:
        return [*found, Variable(data.classes[1], data.y[:, 0], is_target=True)]
    classes = enumerate(data.classes)
    return found + [Variable(name, data.y[:, place], is_target=True) for place, name in classes]


def correlations(variables: Sequence[Variable]) -> Floats:
    """Return Pearson's correlation of each pair, (variables, variables); NaN for constants.

    They are of the ``counted`` rows.
    """
    if not variables:
        return np.empty((0, 0))
    rows = counted(len(variables[0].values))
    values = np.column_stack([variable.values[rows] for variable in variables])
    # What is left of a constant by rounding is no spread.
    largest = np.abs(values).max(axis=0)
    values = values - values.mean(axis=0)
    size = np.sqrt((values**2).sum(axis=0))
    size[size <= 1e-12 * largest * np.sqrt(len(values))] = np.nan
    values = values / size
    return np.asarray(np.clip(values.T @ values, -1.0, 1.0))


def image_of(data: Dataset, row: int) -> Floats:
    """Return a row as a picture (height, width), in the data's units."""
    assert data.image_shape is not None
    return np.asarray(data.feature_values(data.x[row]).reshape(data.image_shape))


def class_images(data: Dataset) -> list[tuple[str, Floats]]:
    """Return the average picture of each class, or of all rows where there are no classes."""
    assert data.image_shape is not None
    values = data.feature_values(data.x)
    if not data.classes:
        return [("all rows", values.mean(axis=0).reshape(data.image_shape))]
    labels = labels_of(data)
    return [
        (name, values[labels == place].mean(axis=0).reshape(data.image_shape))
        for place, name in enumerate(data.classes)
    ]
