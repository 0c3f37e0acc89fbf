"""Dataset: named feature and target columns, a training and a test part, and the scaling that was applied."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnstudio.data.columns import Cell, Column, prepare_rows
from nnstudio.data.split import split_rows
from nnstudio.errors import DataError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Scaling = Literal["none", "standardize", "minmax"]
SCALINGS: tuple[Scaling, ...] = ("none", "standardize", "minmax")
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
_OPTIONAL = ("sample_weights",)


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Rows as the network sees them, scaled and encoded; all arrays are read-only. Make one by `from_arrays`.

    ``x`` (rows, features), ``y`` (rows, targets), float64. What stood in the data is ``x * feature_scale +
    feature_offset``, see `feature_values`. ``classes`` is empty for regression; otherwise ``y`` is a single
    column of 0 and 1 (two classes) or one column a class. ``columns`` are the features before encoding.
    ``source`` says, in plain values, how the data came to be. ``sample_weights`` (rows,) says how much each
    row counts in the loss, relative to others; None is all alike.
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

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            object.__setattr__(self, name, _read_only(getattr(self, name)))
        if self.sample_weights is not None:
            weights = np.asarray(self.sample_weights, np.float64)
            object.__setattr__(self, "sample_weights", _read_only(weights))
        if not self.columns:
            object.__setattr__(self, "columns", tuple(Column(name) for name in self.feature_names))
        _check(self)

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
        _check_finite(features, feature_names)
        _check_finite(targets, target_names)
        if test_rows is None:
            labels = _labels(targets) if classes else None
            train, test = split_rows(len(features), test_fraction, seed, labels)
        else:
            test = np.asarray(test_rows, dtype=np.intp).ravel()
            train = np.setdiff1d(np.arange(len(features)), test).astype(np.intp)
        feature_offset, feature_scale = _fit(features[train], scaling)
        target_offset, target_scale = _fit(targets[train], "none" if classes else target_scaling)
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

    def prepare(
        self, rows: Sequence[Mapping[str, Cell] | Sequence[Cell]], places: Sequence[str] | None = None
    ) -> Floats:
        """Return new rows, in the data's own units, as the network sees them, (rows, features).

        A row maps column names to numbers or text, or lists them in the order of `columns`. ``places`` name
        the rows in messages. Raises DataError.
        """
        return self.feature_inputs(prepare_rows(self.columns, rows, places))

    # As plain values

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all arrays by name, for a project file."""
        optional = {name: getattr(self, name) for name in _OPTIONAL if getattr(self, name) is not None}
        return {**{name: getattr(self, name) for name in _ARRAYS}, **optional}

    def to_dict(self) -> dict[str, Any]:
        """Return all but the arrays as plain values, for a project file."""
        return {
            "title": self.title,
            "feature_names": list(self.feature_names),
            "target_names": list(self.target_names),
            "classes": list(self.classes),
            "scaling": self.scaling,
            "columns": [column.to_dict() for column in self.columns],
            "source": dict(self.source),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Dataset:
        """Return the dataset that `to_dict` and `arrays` described; raises DataError and ShapeError."""
        missing = [name for name in _ARRAYS if name not in arrays]
        if missing:
            raise DataError(f"The data are incomplete: “{missing[0]}” is missing.")
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
            )
        except (KeyError, TypeError, AttributeError) as error:
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


def _fit(values: Floats, scaling: str) -> tuple[Floats, Floats]:
    """Return offset and scale of each column; a constant column is only moved."""
    columns = values.shape[1]
    if scaling == "none":
        return np.zeros(columns), np.ones(columns)
    if len(values) == 0:
        raise DataError("No row is left to train on. Make the test part smaller.")
    # What is too far apart for numbers to hold is refused with the dataset.
    with np.errstate(over="ignore", invalid="ignore"):
        if scaling == "standardize":
            offset, scale = values.mean(axis=0), values.std(axis=0)
        elif scaling == "minmax":
            offset, scale = values.min(axis=0), np.ptp(values, axis=0)
        else:
            raise DataError(f"“{scaling}” is not a scaling; there are {', '.join(SCALINGS)}.")
    # The mean of equal numbers may differ from them in the last bit, which leaves a spread that is no spread.
    constant = (values == values[0]).all(axis=0)
    return np.where(constant, values[0], offset), np.where(constant, 1.0, scale)


def _check_finite(values: Floats, names: Sequence[str]) -> None:
    bad = ~np.isfinite(values)
    if bad.any():
        row, column = (int(index) for index in np.argwhere(bad)[0])
        raise DataError(
            f"Row {row + 1}, column “{names[column]}”: {values[row, column]:g} is not a finite number. "
            "Correct it, or remove the row."
        )


def _check(data: Dataset) -> None:
    rows, features = data.x.shape if data.x.ndim == 2 else (-1, -1)
    targets = data.y.shape[1] if data.y.ndim == 2 else -1
    if rows < 0 or targets < 0 or len(data.y) != rows:
        raise ShapeError(f"Features {data.x.shape} and targets {data.y.shape} do not fit each other.")
    if len(data.feature_names) != features or len(data.target_names) != targets:
        raise ShapeError("The names of the data's columns do not fit the number of columns.")
    if sum(len(column.feature_names) for column in data.columns) != features:
        raise ShapeError("The data's columns do not fit the number of features.")
    for names in (data.feature_names, data.target_names):
        repeated = next((name for name in names if names.count(name) > 1), None)
        if repeated is not None:
            raise DataError(f"Two columns are called “{repeated}”. Rename one of them.")
    for array, width in ((data.feature_offset, features), (data.feature_scale, features)):
        if array.shape != (width,):
            raise ShapeError("The scaling does not fit the number of features.")
    for array, width in ((data.target_offset, targets), (data.target_scale, targets)):
        if array.shape != (width,):
            raise ShapeError("The scaling does not fit the number of targets.")
    offsets = np.concatenate([data.feature_offset, data.target_offset])
    scales = np.concatenate([data.feature_scale, data.target_scale])
    if not (np.isfinite(offsets).all() and np.isfinite(scales).all() and (scales > 0.0).all()):
        raise DataError("The scaling of the data is damaged, or a column spans more than numbers can hold.")
    if data.scaling not in SCALINGS:
        raise DataError(f"“{data.scaling}” is not a scaling; there are {', '.join(SCALINGS)}.")
    parts = np.concatenate([data.train_rows, data.test_rows])
    if parts.size and (parts.min() < 0 or parts.max() >= rows):
        raise DataError(f"A row of the training or test part is not among the {rows} rows.")
    if len(np.unique(parts)) != len(parts):
        raise DataError("A row stands twice in the training and test parts.")
    if not len(data.train_rows):
        raise DataError("No row is left to train on. Make the test part smaller.")
    _check_finite(data.x, data.feature_names)
    _check_finite(data.y, data.target_names)
    _check_classes(data, targets)
    _check_weights(data)


def _check_weights(data: Dataset) -> None:
    weights = data.sample_weights
    if weights is None:
        return
    if weights.shape != (len(data.x),):
        raise ShapeError(f"There are {len(data.x)} rows, but sample weights of the shape {weights.shape}.")
    wrong = ~(np.isfinite(weights) & (weights > 0.0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"Row {row + 1}: {weights[row]:g} is not a weight that a row can have. Give it a number above 0, "
            "or remove the row."
        )


def _check_classes(data: Dataset, targets: int) -> None:
    if not data.classes:
        return
    if len(data.classes) == 1:
        raise DataError(f"There is one class only, “{data.classes[0]}”: nothing can be told apart.")
    if targets != len(data.classes) and not (targets == 1 and len(data.classes) == 2):
        raise ShapeError(f"{len(data.classes)} classes do not fit {targets} target columns.")
    if not np.isin(data.y, (0.0, 1.0)).all():
        raise DataError("The targets of classes must be 0 and 1.")
    if targets > 1 and not (data.y.sum(axis=1) == 1.0).all():
        raise DataError("Every row must belong to exactly one class.")
