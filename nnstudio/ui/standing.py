"""How a training stands that is not on: whether it is paused or finished, and what ends it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nnstudio.project import Project
    from nnstudio.training import TrainingSettings

State = Literal["idle", "preparing", "running", "paused", "finished"]


def resting_state(project: Project, settings: TrainingSettings, *, resumable: bool) -> State:
    """Return the state of a project's training; ``resumable`` says that its checkpoint belongs to it."""
    checkpoint = project.checkpoint
    if checkpoint is None or not resumable:
        return "idle"
    is_at_end = checkpoint.epoch % max(1, settings.epochs) == 0 or has_reached_target(project, settings)
    return "finished" if checkpoint.position == 0 and is_at_end and checkpoint.epoch else "paused"


def has_reached_target(project: Project, settings: TrainingSettings) -> bool:
    """Whether the training has the loss it was to end at."""
    target, history = settings.target_loss, project.history
    return target is not None and history is not None and len(history) > 0 and history.loss[-1] <= target


def run_settings(settings: TrainingSettings, *, beyond_target: bool) -> TrainingSettings:
    """Return the settings to train with; one that goes beyond its target leaves it aside."""
    return replace(settings, target_loss=None) if beyond_target else settings
