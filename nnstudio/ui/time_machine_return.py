"""The way back to a past step of a training: what is to be changed in the project for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nnstudio.network.edits import SetValues
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.numbers import format_count

if TYPE_CHECKING:
    from nnstudio.project import Project
    from nnstudio.training import History, Timeline, TrainerState

NOT_KEPT = (
    "This step cannot be gone back to: what led there is no longer kept. Choose another one, or give the "
    "past more memory in the menu beside the slider."
)


@dataclass(frozen=True)
class WayBack:
    """The edits that make a past step the present one, and the checkpoint that the project has then."""

    values: SetValues
    training: ProjectChange
    checkpoint: TrainerState

    @property
    def edits(self) -> tuple[SetValues, ProjectChange]:
        """All of it."""
        return self.values, self.training

    def gone(self, project: Project) -> Project:
        """Return a copy of a project that stands at the past step."""
        copied = replace(project, network=project.network.copy())
        self.values.apply(copied.network)
        self.training.apply(copied)
        return copied


def way_back(timeline: Timeline, step: int, project: Project) -> WayBack | None:
    """Return the way back to a step; None where what led there is no longer kept.

    The weights and the optimizer's memory of then, the epochs until then; data and settings stay as they are.
    With other data than then, the epoch under way begins again.
    """
    try:
        state, stretch = timeline.exact(step), timeline.stretch_at(step)
    except LookupError:
        return None
    # Another object, by which this place in the past is known again.
    checkpoint = replace(state) if stretch.data is project.data else state.with_other_data()
    network = project.network
    weights, biases = state.shelved_values()
    count = len(state.connection_ids)
    weights |= dict(zip(state.connection_ids, state.parameters[:count].tolist(), strict=True))
    biases |= dict(zip(state.neuron_ids, state.parameters[count:].tolist(), strict=True))
    inputs = {neuron.id for neuron in network.inputs}
    values = SetValues(
        f"Go back to {told_place(state)}",
        {key: value for key, value in weights.items() if network.has_connection(key)},
        {key: value for key, value in biases.items() if network.has_neuron(key) and key not in inputs},
    )
    history = _up_to(project.history, state.epoch)
    return WayBack(values, ProjectChange("", history=history, checkpoint=checkpoint), checkpoint)


def told_place(state: TrainerState) -> str:
    """Return in words where in a training a state is: by its epoch at the end of one, or else by its step."""
    if not state.step:
        return "the start"
    return f"step {format_count(state.step)}" if state.position else f"epoch {format_count(state.epoch)}"


def _up_to(history: History | None, epoch: int) -> History | None:
    """Return a copy of a history up to an epoch, None where there is nothing of it."""
    from nnstudio.training import History

    if history is None:
        return None
    count = int((history.epochs <= epoch).sum())
    return History.from_arrays({name: values[:count] for name, values in history.arrays().items()})
