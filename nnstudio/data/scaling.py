"""How columns are moved and stretched before the network sees them."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import DataError

Floats = NDArray[np.float64]
Scaling = Literal["none", "standardize", "minmax"]
SCALINGS: tuple[Scaling, ...] = get_args(Scaling)


def fit_scaling(values: Floats, scaling: str) -> tuple[Floats, Floats]:
    """Return offset and scale of each column of (rows, columns); a constant column is only moved."""
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
