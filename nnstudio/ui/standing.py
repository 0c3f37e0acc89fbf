"""How a training stands that is not on: whether it is paused or finished, and what ends it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nnstudio.project import Project
    from nnstudio.training import History, TrainingSettings

State = Literal["idle", "preparing", "running", "paused", "finished"]


def resting_state(project: Project, settings: TrainingSettings, *, resumable: bool) -> State:
    """Return the state of a project's training; ``resumable`` says that its checkpoint belongs to it."""
    checkpoint = project.checkpoint
    if checkpoint is None or not resumable:
        return "idle"
    has_all = checkpoint.epoch % max(1, settings.epochs) == 0
    is_at_end = has_all or has_reached_target(project.history, settings)
    return "finished" if checkpoint.position == 0 and is_at_end and checkpoint.epoch else "paused"


def has_reached_target(history: History | None, settings: TrainingSettings, epoch: int | None = None) -> bool:
    """Whether a training has the loss it was to end at, or had it after so many epochs."""
    if settings.target_loss is None or history is None:
        return False
    losses = history.loss if epoch is None else history.loss[history.epochs <= epoch]
    return len(losses) > 0 and bool(losses[-1] <= settings.target_loss)


def run_settings(settings: TrainingSettings, *, beyond_target: bool) -> TrainingSettings:
    """Return the settings to train with; one that goes beyond its target leaves it aside."""
    return replace(settings, target_loss=None) if beyond_target else settings
