"""Where a training begins: the settings of a new project, its first weights again, and other random ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nnstudio.network import initializers
from nnstudio.network.edits import SetValues
from nnstudio.ui.document import ProjectChange

if TYPE_CHECKING:
    from nnstudio.training import TrainingSettings
    from nnstudio.ui.document import Document


def default_settings() -> TrainingSettings:
    """Return the settings of a new project: they train most small networks well."""
    from nnstudio.training import TrainingSettings

    return TrainingSettings(loss="mse", optimizer="adam", learning_rate=0.03, batch_size=10, epochs=1000)


def go_back_to_start(document: Document) -> None:
    """Put the weights back that the training began with, where there has been one."""
    start = document.project.start
    if start is None:
        return
    network = document.network
    weights = {key: value for key, value in start[0].items() if network.has_connection(key)}
    biases = {
        key: value
        for key, value in start[1].items()
        if network.has_neuron(key) and network.neuron(key).role != "input"
    }
    document.do(
        SetValues("Reset to the start", weights, biases),
        ProjectChange("", history=None, checkpoint=None),
        kind="training",
    )


def draw_new_start(document: Document, settings: TrainingSettings) -> None:
    """Draw other random weights, with the seed after that of ``settings``."""
    settings = replace(settings, seed=settings.seed + 1)
    weights, biases = initializers.draw(document.network, settings.initializer, settings.seed)
    if not weights and not biases:
        return
    all_weights, all_biases = document.network.values()
    start = ({**all_weights, **weights}, {**all_biases, **biases})
    document.do(
        SetValues("New random start", weights, biases),
        ProjectChange("", settings=settings, start=start, history=None, checkpoint=None),
        kind="values",
    )
