"""A project: everything that one file holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnstudio.data.dataset import Dataset
    from nnstudio.network import Network
    from nnstudio.training.history import History
    from nnstudio.training.settings import TrainingSettings
    from nnstudio.training.trainer import TrainerState

# Weights by connection id, biases by neuron id.
Values = tuple[dict[str, float], dict[str, float]]


@dataclass
class Project:
    """A network with its data, settings, training so far and view.

    ``checkpoint`` is where training stopped, to the batch: resuming from it continues as if it had never
    stopped. ``start`` is what “reset to the same start” restores: weights by connection id and biases by
    neuron id. ``view`` is what the window remembers (zoom, center, coloring …): any JSON object, kept as it
    is.
    """

    network: Network
    data: Dataset | None = None
    settings: TrainingSettings | None = None
    title: str = ""
    description: str = ""
    history: History | None = None
    checkpoint: TrainerState | None = None
    start: Values | None = None
    view: dict[str, Any] = field(default_factory=dict)
    notes: str = ""
