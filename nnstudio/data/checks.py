"""Which arrays can be a dataset, and the errors that say why others cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnstudio.data.scaling import SCALINGS
from nnstudio.errors import DataError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.data.dataset import Dataset


def check_dataset(data: Dataset) -> None:
    """Raise ShapeError or DataError for what cannot be a dataset."""
    rows, features = data.x.shape if data.x.ndim == 2 else (-1, -1)
    targets = data.y.shape[1] if data.y.ndim == 2 else -1
    if rows < 0 or targets < 0 or len(data.y) != rows:
        raise ShapeError(f"Features {data.x.shape} and targets {data.y.shape} do not fit each other.")
    if len(data.feature_names) != features or len(data.target_names) != targets:
        raise ShapeError("The names of the data's columns do not fit the number of columns.")
    if sum(len(column.feature_names) for column in data.columns) + len(data.derived) != features:
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
    if len(parts) and np.bincount(parts).max() > 1:
        raise DataError("A row stands twice in the training and test parts.")
    if not len(data.train_rows):
        raise DataError("No row is left to train on. Make the test part smaller.")
    check_values(data.x, data.feature_names)
    check_values(data.y, data.target_names)
    _check_classes(data, targets)
    _check_weights(data)
    if data.image_shape is not None and (
        min(data.image_shape) < 1 or data.image_shape[0] * data.image_shape[1] != features
    ):
        raise ShapeError(f"Images of {data.image_shape} do not fit {features} features.")
    if data.table is not None and (
        data.table_rows is None
        or data.table_rows.shape != (rows,)
        or (rows and not 0 <= data.table_rows.min() <= data.table_rows.max() < len(data.table))
    ):
        raise ShapeError("The rows of the data do not fit the table that they come from.")


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
    if len(data.classes) > len(data.x):
        raise DataError(
            f"There are {len(data.classes)} classes but only {len(data.x)} rows. Add rows, or choose another "
            "target."
        )
    if not np.isin(data.y, (0.0, 1.0)).all():
        raise DataError("The targets of classes must be 0 and 1.")
    if targets > 1 and not (data.y.sum(axis=1) == 1.0).all():
        raise DataError("Every row must belong to exactly one class.")


def check_values(values: NDArray[np.float64], names: Sequence[str]) -> None:
    """Raise DataError, with its place, for a number of (rows, columns) that is none."""
    bad = ~np.isfinite(values)
    if bad.any():
        row, column = (int(index) for index in np.argwhere(bad)[0])
        raise DataError(
            f"Row {row + 1}, column “{names[column]}”: {values[row, column]:g} is not a finite number. "
            "Correct it, or remove the row."
        )
