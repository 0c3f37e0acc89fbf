"""What is worth knowing of data before training, though nothing keeps them from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.data.dataset import Dataset

_MOST_NAMES = 3


def remarks(data: Dataset) -> tuple[str, ...]:
    """Return what a preparation left out, and of what nothing can be learned or told, in sentences."""
    found = []
    left_out = 0 if data.table is None else len(data.table) - len(data)
    if left_out:
        rows = "1 row lacks a value and is" if left_out == 1 else f"{left_out:,} rows lack a value and are"
        found.append(f"{rows} left out.")
    if data.image_shape is None and len(data.train_rows) > 1:
        constant = np.ptp(data.x_train, axis=0) == 0.0
        names = [name for name, same in zip(data.feature_names, constant, strict=True) if same]
        if names:
            found.append(f"Always the same, so nothing can be learned from it: {_listed(names)}.")
    if data.classes:
        for part, rows_of in (("to train on", data.train_rows), ("to test", data.test_rows)):
            if len(rows_of):
                present = set(data.class_indices(data.y[rows_of]).tolist())
                absent = [name for index, name in enumerate(data.classes) if index not in present]
                if absent:
                    found.append(f"No row {part} is of the class {_listed(absent)}.")
    return tuple(found)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:_MOST_NAMES])
    return shown + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")
