"""How good outputs are: accuracy, R², mean absolute error, confusion counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nnstudio.data.dataset import Dataset

Floats = NDArray[np.float64]


def class_threshold(loss: str) -> float:
    """Return where a single output parts two classes: a half between 0 and 1, or the sign for hinge."""
    return 0.0 if loss == "hinge" else 0.5


def accuracy(data: Dataset, outputs: Floats, targets: Floats, *, loss: str = "mse") -> float:
    """Share of rows in the right class, 0 to 1. outputs, targets (rows, targets)."""
    return _share(data.class_indices(outputs, class_threshold(loss)) == data.class_indices(targets))


def rounded_accuracy(outputs: Floats, targets: Floats, decimals: int = 1) -> float:
    """Share of rows whose every output rounds to its target at so many decimals. Both (rows, targets)."""
    return _share((np.round(outputs, decimals) == np.round(targets, decimals)).all(axis=1))


def r2(outputs: Floats, targets: Floats) -> float:
    """Coefficient of determination, at most 1, averaged over the targets. Both (rows, targets).

    A constant target counts 1 where it is met and 0 where not.
    """
    return _r2(np.square(outputs - targets).sum(axis=0), _spread(targets))


def mae(data: Dataset, outputs: Floats, targets: Floats) -> float:
    """Mean absolute error in the data's own units, over rows and targets. Both (rows, targets)."""
    return float(np.mean(np.abs(outputs - targets) * data.target_scale))


def confusion(data: Dataset, outputs: Floats, targets: Floats, *, loss: str = "mse") -> NDArray[np.intp]:
    """Return counts (classes, classes): row the true class, column the predicted one."""
    count = len(data.classes)
    cells = data.class_indices(targets) * count + data.class_indices(outputs, class_threshold(loss))
    return np.bincount(cells, minlength=count * count).reshape(count, count)


def metric_names(data: Dataset) -> tuple[str, ...]:
    """Names of the metrics of each epoch; those of the test part begin with “test_”."""
    names = ("accuracy",) if data.classes else ("r2", "mae")
    return names if not len(data.test_rows) else (*names, *(f"test_{name}" for name in names))


class Errors(NamedTuple):
    """What the outputs of ``rows`` rows add up to.

    ``right`` counts the rows in the right class; errors are outputs minus targets, (targets,).
    """

    rows: int
    right: int
    squared: Floats
    absolute: Floats


class Evaluator:
    """Metrics of one dataset, epoch after epoch: what depends on the targets alone is computed once."""

    def __init__(self, data: Dataset, loss: str) -> None:
        self._data = data
        self.threshold = class_threshold(loss)
        self._parts = [("", data.y_train)]
        if len(data.test_rows):
            self._parts.append(("test_", data.y_test))
        if data.classes:
            self._labels = [data.class_indices(targets) for _, targets in self._parts]
        else:
            self._spreads = [_spread(targets) for _, targets in self._parts]

    def measure(self, train_outputs: Floats, test_outputs: Floats | None) -> dict[str, float]:
        """Return all metrics by name, for outputs (rows, targets) of each part."""
        found = []
        for index, outputs in enumerate((train_outputs, test_outputs)):
            if outputs is None:
                continue
            targets, right = self._parts[index][1], 0
            if self._data.classes:
                labels = self._data.class_indices(outputs, self.threshold)
                right = int(np.count_nonzero(labels == self._labels[index]))
            errors = outputs - targets
            squared, absolute = np.square(errors).sum(axis=0), np.abs(errors).sum(axis=0)
            found.append(Errors(len(targets), right, squared, absolute))
        return self.of(*found)

    def of(self, train: Errors, test: Errors | None = None) -> dict[str, float]:
        """Return all metrics by name, for the errors of each part."""
        values = {}
        for index, errors in enumerate((train, test)):
            if errors is None:
                continue
            prefix = self._parts[index][0]
            if self._data.classes:
                values[f"{prefix}accuracy"] = errors.right / errors.rows
            else:
                values[f"{prefix}r2"] = _r2(errors.squared, self._spreads[index])
                own = errors.absolute @ self._data.target_scale
                values[f"{prefix}mae"] = float(own) / (errors.rows * len(errors.absolute))
        return values


def _share(right: NDArray[np.bool_]) -> float:
    return np.count_nonzero(right) / right.size


def _spread(targets: Floats) -> Floats:
    spread: Floats = np.square(targets - targets.mean(axis=0)).sum(axis=0)
    # The mean of equal numbers may miss them by a last bit, which would leave a spread that is none.
    spread[np.ptp(targets, axis=0) == 0.0] = 0.0
    return spread


def _r2(missed: Floats, spread: Floats) -> float:
    pairs = zip(missed.tolist(), spread.tolist(), strict=True)
    shares = [float(error > 0.0) if whole == 0.0 else error / whole for error, whole in pairs]
    return 1.0 - sum(shares) / len(shares)
