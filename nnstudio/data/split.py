"""Which rows train and which test: from a seed alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import DataError

Rows = NDArray[np.intp]


def split_rows(
    rows: int, test_fraction: float, seed: int, labels: NDArray[np.intp] | None = None
) -> tuple[Rows, Rows]:
    """Return training and test row indices, ascending; with ``labels`` (rows,) each class gives its share.

    Raises DataError for a fraction outside 0 to 1 and where a part that was asked for would be empty.
    """
    if not 0.0 <= test_fraction < 1.0:
        raise DataError(f"The test part must be at least 0 and below 1 of the rows, not {test_fraction:g}.")
    wanted = round(rows * test_fraction)
    if test_fraction > 0.0 and wanted == 0:
        raise DataError(
            f"A test part of {test_fraction:g} of {rows} rows would be empty. Make it larger, or set it to 0."
        )
    if wanted >= rows:
        raise DataError(f"No row of {rows} would be left to train on. Make the test part smaller.")
    rng = np.random.default_rng((seed, 1))
    groups = [np.arange(rows)] if labels is None else [np.flatnonzero(labels == k) for k in np.unique(labels)]
    counts = _shares(np.array([len(group) for group in groups]), wanted)
    test = np.sort(
        np.concatenate([rng.permutation(group)[:count] for group, count in zip(groups, counts, strict=True)])
    )
    train = np.setdiff1d(np.arange(rows), test, assume_unique=True)
    return train.astype(np.intp), test.astype(np.intp)


def _shares(sizes: NDArray[np.intp], wanted: int) -> NDArray[np.intp]:
    """Divide ``wanted`` over groups in proportion to their sizes, by the largest remainder."""
    exact = sizes * (wanted / sizes.sum())
    counts: NDArray[np.intp] = np.floor(exact).astype(np.intp)
    largest = np.argsort(counts - exact, kind="stable")
    counts[largest[: wanted - int(counts.sum())]] += 1
    return counts
