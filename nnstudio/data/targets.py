"""What the network is to give, from the target columns of a table: values, or classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnstudio.data.preparation import Task
    from nnstudio.data.table import Column


@dataclass(frozen=True, eq=False)
class Targets:
    """``y`` (rows, targets) with names; ``labels`` (rows,) and ``classes`` where they are classes."""

    y: NDArray[np.float64]
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    labels: NDArray[np.intp] | None = None


def holds_classes(column: Column, task: Task | None) -> bool:
    """Return whether a target stands for classes: a category, numbers that are only 0 and 1, or by choice."""
    if task is not None:
        return task == "classification"
    if column.kind == "category":
        return True
    if column.kind != "number":
        return False
    zeros, ones = (np.count_nonzero(column.values == value) for value in (0.0, 1.0))
    return bool(zeros and ones and zeros + ones + column.n_missing == len(column))


def read_targets(columns: Sequence[Column], task: Task | None) -> Targets:
    """Return the targets that columns without missing values hold; raises DataError, see `prepare`."""
    if len(columns) == 1 and holds_classes(columns[0], task):
        return _classes(columns[0])
    if task == "classification":
        raise DataError("Classes are one column. Choose one target, or values as the task.")
    for column in columns:
        if column.kind == "category":
            raise DataError(
                f"Column “{column.name}” holds categories, which can only be a target alone. "
                "Choose one target."
                if len(columns) > 1
                else f"Column “{column.name}” holds categories, which are no values. Predict classes instead."
            )
    y = np.column_stack([column.values for column in columns])
    return Targets(y, tuple(column.name for column in columns))


def check_learnable(targets: Targets, train: NDArray[np.intp]) -> None:
    """Refuse targets of which there is nothing to learn from the training rows."""
    y = targets.y[train]
    if targets.labels is None:
        for name, values in zip(targets.names, y.T, strict=True):
            if (values == values[0]).all() and len(values) > 1:
                raise DataError(
                    f"The target “{name}” is {values[0]:g} in every row to train on: there is nothing to "
                    "learn. Choose another target, or another split."
                )
        return
    present = np.unique(targets.labels[train])
    if len(present) == 1:
        raise DataError(
            f"All rows to train on are of one class, “{targets.classes[present[0]]}”: nothing can be told "
            "apart. Split in another way; a stratified split gives every class its share."
        )


def _classes(column: Column) -> Targets:
    if column.kind == "category":
        kept, labels = np.unique(column.values, return_inverse=True)
        classes = tuple(column.categories[code] for code in kept.tolist())
    else:
        kept, labels = np.unique(column.values, return_inverse=True)
        classes = tuple(column.take([int(np.argmax(labels == k))]).texts()[0] for k in range(len(kept)))
    rows = len(labels)
    if len(classes) == 1:
        raise DataError(
            f"Column “{column.name}” holds one class only, “{classes[0]}”: nothing can be told apart. "
            "Choose another target."
        )
    if len(classes) == rows and rows > 2:
        raise DataError(
            f"Column “{column.name}” holds {rows:,} classes in {rows:,} rows: no two rows have anything in "
            "common to learn. Choose another target, or read it as values."
        )
    labels = labels.astype(np.intp).reshape(-1)
    if len(classes) == 2:
        return Targets(labels.astype(np.float64).reshape(-1, 1), (column.name,), classes, labels)
    y = np.zeros((rows, len(classes)))
    y[np.arange(rows), labels] = 1.0
    return Targets(y, classes, classes, labels)
