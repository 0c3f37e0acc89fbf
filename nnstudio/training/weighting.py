"""How much each row counts in the loss: the weights of the data, times those of the row's class.

The loss of a batch is the sum of its rows' losses, each times its weight, divided by the sum of these
weights, as PyTorch's CrossEntropyLoss(weight=...) has it for class labels; so weights that are all the same
change nothing, and only their ratios count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.errors import SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.data.dataset import Dataset
    from nnstudio.training.settings import TrainingSettings


def row_weights(data: Dataset, settings: TrainingSettings) -> NDArray[np.float64] | None:
    """Return the weight of every row of the data, (rows,), or None where all count alike.

    Raises SettingsError for weights of classes that the data don't have.
    """
    if settings.class_weights == "none":
        return data.sample_weights
    if not data.classes:
        raise SettingsError(
            "Weights of classes need data with classes, but these have values as their targets. Set the "
            "class weights to “none”, or choose other data.",
            setting="class_weights",
        )
    labels = data.class_indices(data.y)
    weights = np.asarray(_class_weights(data, settings.class_weights, labels))[labels]
    return weights if data.sample_weights is None else weights * data.sample_weights


def _class_weights(
    data: Dataset, chosen: str | Mapping[str, float], labels: NDArray[np.intp]
) -> list[float] | NDArray[Any]:
    if isinstance(chosen, Mapping):
        unknown = next((name for name in chosen if name not in data.classes), None)
        if unknown is not None:
            raise SettingsError(
                f"There is a weight for the class “{unknown}”, but the data have {', '.join(data.classes)}.",
                setting="class_weights",
            )
        return [float(chosen.get(name, 1.0)) for name in data.classes]
    # "balanced": every class counts as much as any other, by the rows that are trained on.
    counts = np.bincount(labels[data.train_rows], minlength=len(data.classes))
    return len(data.train_rows) / (len(data.classes) * np.maximum(counts, 1))
