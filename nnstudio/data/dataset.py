"""Dataset: named feature and target columns, a training and a test part, and the scaling that was applied."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnstudio.data.checks import check_dataset, check_values
from nnstudio.data.columns import Cell, Column, read_rows
from nnstudio.data.encoding import RowPlaces, adopt, gather, spread
from nnstudio.data.preparation import Preparation
from nnstudio.data.scaling import Scaling, fit_scaling
from nnstudio.data.split import split_rows
from nnstudio.data.storing import table_arrays, table_from_arrays, table_to_dict
from nnstudio.errors import DataError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnstudio.data.derived import Derived
    from nnstudio.data.table import Table

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
_ARRAYS = (
    "x",
    "y",
    "train_rows",
    "test_rows",
    "feature_offset",
    "feature_scale",
    "target_offset",
    "target_scale",
)
# Arrays that data may be without, as those of earlier versions are.
_OPTIONAL = ("sample_weights", "table_rows")


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Rows as the network sees them, scaled and encoded; all arrays are read-only.

    Made by `prepare` from a table, or by `from_arrays`.

    ``x`` (rows, features), ``y`` (rows, targets), float64. What stood in the data is ``x * feature_scale +
    feature_offset``, see `feature_values`. ``classes`` is empty for regression; otherwise ``y`` is a single
    column of 0 and 1 (two classes) or one column a class. ``columns`` are those that new rows have, with what
    was fitted to them. ``source`` says, in plain values, how the data came to be. ``sample_weights`` (rows,)
    says how much each row counts in the loss, relative to others; None is all alike.

    ``preparation`` is what made them of a table, whose rows ``table_rows`` (rows,) they are; the ``table``
    is there where it cannot be made again from the source. ``image_shape`` says that the features of a row
    are a picture of so many rows and columns.
    """

    x: Floats
    y: Floats
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]
    train_rows: Rows
    test_rows: Rows
    classes: tuple[str, ...] = ()
    scaling: Scaling = "none"
    feature_offset: Floats
    feature_scale: Floats
    target_offset: Floats
    target_scale: Floats
    columns: tuple[Column, ...] = ()
    title: str = ""
    source: Mapping[str, Any] = field(default_factory=dict)
    sample_weights: Floats | None = None
    preparation: Preparation | None = None
    table: Table | None = None
    table_rows: Rows | None = None
    image_shape: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            object.__setattr__(self, name, _read_only(getattr(self, name)))
        if self.sample_weights is not None:
            weights = np.asarray(self.sample_weights, np.float64)
            object.__setattr__(self, "sample_weights", _read_only(weights))
        if self.table_rows is not None:
            object.__setattr__(self, "table_rows", _read_only(self.table_rows))
        if not self.columns:
            object.__setattr__(self, "columns", tuple(Column(name) for name in self.feature_names))
        check_dataset(self)

    @classmethod
    def from_arrays(
        cls,
        x: ArrayLike,
        y: ArrayLike,
        *,
        feature_names: Sequence[str] | None = None,
        target_names: Sequence[str] | None = None,
        test_fraction: float = 0.2,
        seed: int = 0,
        scaling: Scaling = "none",
        target_scaling: Scaling = "none",
        classes: Sequence[str] = (),
        test_rows: ArrayLike | None = None,
        columns: Sequence[Column] = (),
        title: str = "",
        source: Mapping[str, Any] | None = None,
        sample_weights: ArrayLike | None = None,
    ) -> Dataset:
        """Make a dataset of numbers in the data's own units.

        x is (rows, features) or (rows,), y (rows, targets) or (rows,). With ``classes``, y holds one column
        a class, a single column of 0 and 1, or a single column of class numbers, which becomes one column a
        class. ``test_rows`` names the test part and overrides ``test_fraction`` and ``seed``; a split with
        classes gives every class its share. Scaling is fitted on the training part alone. ``sample_weights``
        (rows,), above 0, are how much each row counts. Raises ShapeError and DataError.
        """
        features, targets = _matrix(x, "features"), _matrix(y, "targets")
        if len(features) != len(targets):
            raise ShapeError(f"There are {len(features)} rows of features but {len(targets)} of targets.")
        if len(features) == 0:
            raise DataError("There are no rows. Choose data with at least one row.")
        if len(classes) > 2 and targets.shape[1] == 1:
            targets = _one_hot(targets[:, 0], len(classes))
            if target_names is None or len(target_names) == 1:
                target_names = tuple(classes)
        feature_names = _names(feature_names, features.shape[1], "x", "feature")
        target_names = _names(target_names, targets.shape[1], "y", "target")
        check_values(features, feature_names)
        check_values(targets, target_names)
        if test_rows is None:
            labels = _labels(targets) if classes else None
            train, test = split_rows(len(features), test_fraction, seed, labels)
        else:
            test = np.asarray(test_rows, dtype=np.intp).ravel()
            train = np.setdiff1d(np.arange(len(features)), test).astype(np.intp)
        feature_offset, feature_scale = fit_scaling(features[train], scaling)
        target_offset, target_scale = fit_scaling(targets[train], "none" if classes else target_scaling)
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = (features - feature_offset) / feature_scale
            targets = (targets - target_offset) / target_scale
        return cls(
            x=scaled,
            y=targets,
            feature_names=feature_names,
            target_names=target_names,
            train_rows=train,
            test_rows=test,
            classes=tuple(classes),
            scaling=scaling,
            feature_offset=feature_offset,
            feature_scale=feature_scale,
            target_offset=target_offset,
            target_scale=target_scale,
            columns=tuple(columns),
            title=title,
            source=dict(source) if source is not None else {"kind": "arrays"},
            sample_weights=None if sample_weights is None else np.array(sample_weights, np.float64),
        )

    def __len__(self) -> int:
        return len(self.x)

    @property
    def task(self) -> Literal["classification", "regression"]:
        """Whether the targets are classes or values."""
        return "classification" if self.classes else "regression"

    @property
    def derived(self) -> tuple[Derived, ...]:
        """Features that are computed from others; they come after those of the columns."""
        return () if self.preparation is None else self.preparation.derived

    @property
    def units(self) -> Mapping[str, str]:
        """Units of columns, by name, as far as they are known."""
        units: Mapping[str, str] = self.source.get("units", {})
        return units

    @property
    def x_train(self) -> Floats:
        """Features of the training part, (training rows, features)."""
        return self.x[self.train_rows]

    @property
    def y_train(self) -> Floats:
        """Targets of the training part, (training rows, targets)."""
        return self.y[self.train_rows]

    @property
    def x_test(self) -> Floats:
        """Features of the test part, (test rows, features); may have no rows."""
        return self.x[self.test_rows]

    @property
    def y_test(self) -> Floats:
        """Targets of the test part, (test rows, targets); may have no rows."""
        return self.y[self.test_rows]

    def described(self, *, title: str, source: Mapping[str, Any]) -> Dataset:
        """Return the same data with another title and account of how they came to be."""
        return replace(self, title=title, source=dict(source))

    # Between the data's units and what the network sees

    def feature_values(self, x: ArrayLike) -> Floats:
        """Return features, (..., features), in the data's own units."""
        return np.asarray(x, dtype=np.float64) * self.feature_scale + self.feature_offset

    def feature_inputs(self, values: ArrayLike) -> Floats:
        """Return features in the data's own units, (..., features), as the network sees them."""
        return (np.asarray(values, dtype=np.float64) - self.feature_offset) / self.feature_scale

    def target_values(self, y: ArrayLike) -> Floats:
        """Return targets or outputs of the network, (..., targets), in the data's own units."""
        return np.asarray(y, dtype=np.float64) * self.target_scale + self.target_offset

    def class_indices(self, y: ArrayLike, threshold: float = 0.5) -> Rows:
        """Return the class, (rows,), that targets or outputs (rows, targets) stand for.

        A single column parts two classes at ``threshold``, several stand for the class of the largest.
        Raises DataError where the targets are values.
        """
        if not self.classes:
            raise DataError("These data have values, not classes, as their targets.")
        return _labels(np.asarray(y, dtype=np.float64), threshold)

    def features_in_units(self, x: ArrayLike) -> dict[str, NDArray[Any]]:
        """Return features, (rows, features), by the data's own column, (rows,) each.

        Numbers are in their units, categories and dates are text, and derived features follow.
        """
        return gather(self.columns, self.derived, self.feature_values(x))

    def targets_in_units(self, y: ArrayLike, threshold: float = 0.5) -> dict[str, NDArray[Any]]:
        """Return targets or outputs of the network, (rows, targets), by the data's own column, (rows,) each.

        Values are in their units; classes, parted as by `class_indices`, are their names.
        """
        if not self.classes:
            values = self.target_values(y)
            return {name: values[:, place] for place, name in enumerate(self.target_names)}
        names = np.array(self.classes, dtype=object)
        return {self.class_column: names[self.class_indices(y, threshold)]}

    @property
    def class_column(self) -> str:
        """Name of the column that holds the classes; “class” where it is not known."""
        if len(self.target_names) == 1:
            return self.target_names[0]
        targets = () if self.preparation is None else self.preparation.names("target")
        return targets[0] if targets else "class"

    def prepare(
        self, rows: Sequence[Mapping[str, Cell] | Sequence[Cell]], places: Sequence[str] | None = None
    ) -> Floats:
        """Return new rows, in the data's own units, as the network sees them, (rows, features).

        A row maps column names to numbers or text, or lists them in the order of `columns`. ``places`` name
        the rows in messages. Raises DataError.
        """
        values = read_rows(self.columns, rows, places)
        return self.feature_inputs(spread(self.columns, self.derived, values, places))

    def encode_row(self, row: Mapping[str, Cell] | Sequence[Cell]) -> Floats:
        """Return one new row as the network sees it, (features,); see `prepare`."""
        encoded: Floats = self.prepare([row])[0]
        return encoded

    def encode_table(self, table: Table, places: Sequence[str] | None = None) -> Floats:
        """Return the rows of a table as the network sees them, (rows, features); raises DataError.

        ``places`` name the rows in messages.
        """
        absent = [f"“{column.name}”" for column in self.columns if column.name not in table]
        if absent:
            raise DataError(
                f"The table has no column {', '.join(absent)}. Its columns are {', '.join(table.names)}."
            )
        if places is None:
            places = RowPlaces(np.arange(len(table)))
        values = {column.name: adopt(column, table[column.name], places) for column in self.columns}
        return self.feature_inputs(spread(self.columns, self.derived, values, places))

    # As plain values

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all arrays by name, for a project file."""
        optional = {name: getattr(self, name) for name in _OPTIONAL if getattr(self, name) is not None}
        stored = {} if self.table is None else table_arrays(self.table)
        return {**{name: getattr(self, name) for name in _ARRAYS}, **optional, **stored}

    def to_dict(self) -> dict[str, Any]:
        """Return all but the arrays as plain values, for a project file."""
        values: dict[str, Any] = {
            "title": self.title,
            "feature_names": list(self.feature_names),
            "target_names": list(self.target_names),
            "classes": list(self.classes),
            "scaling": self.scaling,
            "columns": [column.to_dict() for column in self.columns],
            "source": dict(self.source),
        }
        if self.preparation is not None:
            values["preparation"] = self.preparation.to_dict()
        if self.table is not None:
            values["table"] = table_to_dict(self.table)
        if self.image_shape is not None:
            values["image_shape"] = list(self.image_shape)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Dataset:
        """Return the dataset that `to_dict` and `arrays` described; raises DataError and ShapeError."""
        missing = [name for name in _ARRAYS if name not in arrays]
        if missing:
            raise DataError(f"The data are incomplete: “{missing[0]}” is missing.")
        preparation, table, shape = (values.get(name) for name in ("preparation", "table", "image_shape"))
        try:
            return cls(
                **{name: arrays[name] for name in _ARRAYS},
                **{name: arrays[name] for name in _OPTIONAL if name in arrays},
                feature_names=tuple(values["feature_names"]),
                target_names=tuple(values["target_names"]),
                classes=tuple(values["classes"]),
                scaling=cast("Scaling", values["scaling"]),
                columns=tuple(Column.from_dict(column) for column in values["columns"]),
                title=str(values["title"]),
                source=dict(values["source"]),
                preparation=None if preparation is None else Preparation.from_dict(preparation),
                table=None if table is None else table_from_arrays(table, arrays),
                image_shape=None if shape is None else (int(shape[0]), int(shape[1])),
            )
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise DataError("The description of the data is damaged.") from error


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    dtype = np.intp if np.asarray(array).dtype.kind in "iu" else np.float64
    copy = np.array(array, dtype=dtype, order="C")
    copy.flags.writeable = False
    return copy


def _matrix(values: ArrayLike, what: str) -> Floats:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"The {what} are not a table of numbers with rows of equal length.") from error
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2:
        raise ShapeError(f"The {what} have {array.ndim} dimensions; a table has 2, rows and columns.")
    if array.shape[1] == 0:
        raise DataError(f"There are no {what}. Choose at least one column.")
    return array


def _names(names: Sequence[str] | None, count: int, prefix: str, what: str) -> tuple[str, ...]:
    if names is None:
        return tuple(f"{prefix}{index + 1}" for index in range(count))
    if len(names) != count:
        raise ShapeError(f"There are {len(names)} {what} names for {count} columns.")
    return tuple(str(name) for name in names)


def _one_hot(labels: Floats, count: int) -> Floats:
    wrong = (labels != np.floor(labels)) | (labels < 0) | (labels >= count)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"Row {row + 1}: {labels[row]:g} is not the number of a class, 0 to {count - 1}.")
    return np.eye(count)[labels.astype(np.intp)]


def _labels(targets: Floats, threshold: float = 0.5) -> Rows:
    if targets.shape[1] == 1:
        return (targets[:, 0] >= threshold).astype(np.intp)
    labels: Rows = np.argmax(targets, axis=1).astype(np.intp)
    return labels
