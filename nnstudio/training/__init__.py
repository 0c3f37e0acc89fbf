"""Training: settings, steps, history, and runs in a thread."""

from nnstudio.training.api import TrainingResult, train
from nnstudio.training.effect import loss_change
from nnstudio.training.history import EpochRow, Epochs, History
from nnstudio.training.run import Run
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.snapshot import Probe, Snapshot, SnapshotRequest, take_snapshot
from nnstudio.training.timeline import Timeline
from nnstudio.training.timeline_moments import Stretch
from nnstudio.training.trainer import Trainer, TrainerState

__all__ = [
    "EpochRow",
    "Epochs",
    "History",
    "Probe",
    "Run",
    "Snapshot",
    "SnapshotRequest",
    "Stretch",
    "Timeline",
    "Trainer",
    "TrainerState",
    "TrainingResult",
    "TrainingSettings",
    "loss_change",
    "take_snapshot",
    "train",
]
