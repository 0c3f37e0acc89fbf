"""prepare: from a table to the dataset that the network sees, fitted on the training part alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.data.columns import Column
from nnstudio.data.dataset import Dataset
from nnstudio.data.encoding import RowPlaces, adopt, check_finite, spread
from nnstudio.data.scaling import fit_scaling
from nnstudio.data.targets import check_learnable, read_targets
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.data import table as tables
    from nnstudio.data.preparation import Preparation

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]


def prepare(table: tables.Table, preparation: Preparation, *, keep_table: bool = True) -> Dataset:
    """Return the dataset that a preparation makes of a table.

    Rows that lack a value are dropped or filled, then parted; what is filled in and the scaling come from
    the training part alone, while categories and classes are those of all rows. The dataset keeps all that
    it takes to prepare further rows alike, and to show what the network sees in the data's own units; and the
    table too, unless ``keep_table`` says that it can be made again.

    Raises DataError where a column is not there, no row is complete, a part stays empty, a value is not
    finite, a formula has no value in some row, or there is nothing to learn: no feature, a constant target, a
    single class, as many classes as rows.
    """
    plan = _plan(table, preparation)
    kept = _complete_rows(table, plan, preparation)
    part = table if len(kept) == len(table) else table.take(kept)
    places = RowPlaces(kept)
    targets = read_targets([part[name] for name in plan.targets], preparation.task)
    for name in plan.targets:
        if part[name].kind != "category":
            check_finite(name, part[name].values, places)
    split = preparation.split
    train, test = split.rows(len(part), targets.labels, part[split.column] if plan.parts else None)
    check_learnable(targets, train)

    columns = tuple(_fitted(part[name], preparation, name not in plan.features, train) for name in plan.read)
    values = {column.name: adopt(column, part[column.name], places) for column in columns}
    x = spread(columns, preparation.derived, values, places)
    feature_offset, feature_scale = _fit(x[train], _feature_scalings(columns, preparation))
    chosen = preparation.scalings
    target_offset, target_scale = _fit(
        targets.y[train],
        ["none" if targets.classes else chosen.get(n, preparation.target_scaling) for n in targets.names],
    )
    names = [name for column in columns for name in column.feature_names]
    names += [feature.name for feature in preparation.derived]
    # What is too far apart for numbers to hold is refused with the dataset.
    with np.errstate(over="ignore", invalid="ignore"):
        x = (x - feature_offset) / feature_scale
        y = (targets.y - target_offset) / target_scale
    return Dataset(
        x=x,
        y=y,
        feature_names=tuple(names),
        target_names=targets.names,
        train_rows=train,
        test_rows=test,
        classes=targets.classes,
        scaling=preparation.scaling,
        feature_offset=feature_offset,
        feature_scale=feature_scale,
        target_offset=target_offset,
        target_scale=target_scale,
        columns=columns,
        title=table.title,
        source=dict(table.source) or {"kind": "table"},
        sample_weights=_row_weights(part, plan, places),
        preparation=preparation,
        table=table if keep_table else None,
        table_rows=kept if keep_table else None,
        image_shape=_image_shape(table, preparation, len(names)),
    )


@dataclass(frozen=True)
class _Plan:
    """Which columns do what; ``read`` are features and what derived features are computed from."""

    features: tuple[str, ...]
    read: tuple[str, ...]
    targets: tuple[str, ...]
    weights: tuple[str, ...]
    parts: tuple[str, ...]

    @property
    def needed(self) -> tuple[str, ...]:
        return (*self.read, *self.targets, *self.weights)


def _plan(table: tables.Table, preparation: Preparation) -> _Plan:
    features, targets, weights = (preparation.names(role) for role in ("feature", "target", "weight"))
    parts = (preparation.split.column,) if preparation.split.kind == "column" else ()
    absent = [name for name in (*features, *targets, *weights, *parts) if name not in table]
    if absent:
        listed = ", ".join(f"“{name}”" for name in absent)
        raise DataError(
            f"The table has no column {listed}, which the preparation needs. "
            f"Its columns are {', '.join(table.names)}. Choose another table, or other columns."
        )
    if not targets:
        raise DataError("No column is the target. Choose the column that is to be predicted.")
    if len(weights) > 1:
        raise DataError(
            f"Columns “{weights[0]}” and “{weights[1]}” are both weights of the rows. Choose one."
        )
    read = [*features, *(name for name in _sources(table, preparation, targets) if name not in features)]
    if not features and not preparation.derived:
        raise DataError("No column is a feature. The network needs at least one to predict from.")
    return _Plan(features, tuple(read), targets, weights, parts)


def _sources(table: tables.Table, preparation: Preparation, targets: Sequence[str]) -> list[str]:
    """Return the columns that derived features are computed from; raises DataError for what cannot be."""
    usable = [c.name for c in table.columns if c.kind != "category" and c.name not in targets]
    refused = {c.name: "which holds categories, not numbers" for c in table.columns if c.kind == "category"}
    refused.update(dict.fromkeys(targets, "which is a target: the network would be told what it is to find"))
    found: list[str] = []
    for feature in preparation.derived:
        if feature.name in (*table.names, *(other for other in usable if other not in table.names)):
            raise DataError(
                f"Two columns are called “{feature.name}”. Give the derived feature another name."
            )
        found += [name for name in feature.sources(usable, refused) if name in table]
        usable.append(feature.name)
    return [name for name in table.names if name in found]


def _complete_rows(table: tables.Table, plan: _Plan, preparation: Preparation) -> Rows:
    """Return the rows that lack no value which isn't filled in."""
    if len(table) == 0:
        raise DataError("There are no rows. Choose data with at least one row.")
    lacking = np.zeros(len(table), dtype=bool)
    culprits = []
    for name in plan.needed:
        if name in plan.read and preparation.missing.get(name, "drop") != "drop":
            continue
        missing = table[name].missing
        if missing.any():
            culprits.append(name)
            lacking |= missing
    if lacking.all():
        listed = ", ".join(f"“{name}”" for name in culprits)
        raise DataError(
            f"No row is complete: each lacks a value of {listed}. Leave such a column out, or fill its "
            "missing values in."
        )
    return np.flatnonzero(~lacking)


def _fitted(given: tables.Column, preparation: Preparation, hidden: bool, train: Rows) -> Column:
    """Return what prepares a column, with what fills it taken from the training rows."""
    encoding = "none" if hidden else preparation.encodings.get(given.name, "one_hot")
    how = preparation.missing.get(given.name, "drop")
    categories: tuple[str, ...] = ()
    fill: float | str | None = None
    if given.kind == "category":
        present = np.unique(given.values[given.values >= 0])
        categories = tuple(given.categories[code] for code in present.tolist())
    if how == "constant":
        fill = _constant(given, preparation.constants[given.name])
        if given.kind == "category" and fill not in categories:
            categories = (*categories, str(fill))
    elif how != "drop":
        fill = _statistic(given.take(train), how)
    return Column(given.name, given.kind, categories, encoding, fill)


def _constant(given: tables.Column, constant: float | str) -> float | str:
    if given.kind == "category":
        text = str(constant).strip()
        if not text:
            raise DataError(f"Missing values of “{given.name}” cannot become an empty text. Name a category.")
        return text
    try:
        value = float(constant)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise DataError(f"Missing values of “{given.name}” cannot become “{constant}”: it is not a number.")
    return value


def _statistic(given: tables.Column, how: str) -> float | str:
    present = given.values[~given.missing]
    if not len(present):
        raise DataError(
            f"No row to train on has a value of “{given.name}” to take the {how} of. Leave the column out, "
            "or give a constant."
        )
    if how == "mode":
        found, counts = np.unique(present, return_counts=True)
        commonest = found[np.argmax(counts)]
        return given.categories[int(commonest)] if given.kind == "category" else float(commonest)
    if given.kind == "category":
        raise DataError(
            f"Column “{given.name}” holds categories, which have no {how}. Fill in the mode or a constant."
        )
    return float(np.mean(present) if how == "mean" else np.median(present))


def _feature_scalings(columns: Sequence[Column], preparation: Preparation) -> list[str]:
    """Return the scaling of each of the network's columns; 0 and 1 of a category stay as they are."""
    scalings: list[str] = []
    for column in columns:
        spread_out = column.kind == "category" and column.encoding == "one_hot"
        own = "none" if spread_out else preparation.scaling
        scalings += [preparation.scalings.get(column.name, own)] * len(column.feature_names)
    scalings += [preparation.scalings.get(d.name, preparation.scaling) for d in preparation.derived]
    return scalings


def _fit(values: Floats, scalings: Sequence[str]) -> tuple[Floats, Floats]:
    offset, scale = np.zeros(len(scalings)), np.ones(len(scalings))
    for scaling in dict.fromkeys(scalings):
        chosen = [place for place, name in enumerate(scalings) if name == scaling]
        offset[chosen], scale[chosen] = fit_scaling(values[:, chosen], scaling)
    return offset, scale


def _row_weights(part: tables.Table, plan: _Plan, places: Sequence[str]) -> Floats | None:
    if not plan.weights:
        return None
    column = part[plan.weights[0]]
    if column.kind != "number":
        raise DataError(f"Column “{column.name}” holds no numbers, and so no weights of the rows.")
    wrong = ~(np.isfinite(column.values) & (column.values > 0.0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{places[row]}, column “{column.name}”: {column.values[row]:g} is not a weight that a row can "
            "have. Give it a number above 0, or remove the row."
        )
    return np.asarray(column.values, np.float64)


def _image_shape(table: tables.Table, preparation: Preparation, features: int) -> tuple[int, int] | None:
    """Return rows and columns of the pictures that the features are, where the table says so."""
    shape = table.source.get("image_shape")
    if shape is None or preparation.derived or shape[0] * shape[1] != features:
        return None
    return (int(shape[0]), int(shape[1]))
