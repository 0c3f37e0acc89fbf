"""What there is to see of a network that is not being trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.errors import DataError

if TYPE_CHECKING:
    from nnstudio.engine.program import Parameters, Program
    from nnstudio.project import Project
    from nnstudio.training import Snapshot, SnapshotRequest, TrainerState, TrainingSettings

NO_DATA = "There is nothing to learn from yet. Choose data in the Data panel."
# A look takes so few rows of the data that connections times rows stay below this, or else it could be felt.
_MOST_PRODUCTS = 10_000_000
_LEAST_ROWS, _MOST_ROWS = 32, 1024


def check(program: Program, project: Project, settings: TrainingSettings) -> None:
    """Raise what keeps a project from being trained: DataError, SettingsError, ShapeError."""
    from nnstudio.engine.checks import check_training

    if project.data is None:
        raise DataError(NO_DATA)
    settings.validate()
    check_training(program, settings, project.data.x, project.data.y)


def rows_to_look_at(connections: int) -> int:
    """Return over how many rows a look at a network of this size may go at the most."""
    return min(_MOST_ROWS, max(_LEAST_ROWS, _MOST_PRODUCTS // max(1, connections)))


def idle_snapshot(
    program: Program,
    parameters: Parameters,
    project: Project,
    settings: TrainingSettings,
    request: SnapshotRequest,
    checkpoint: TrainerState | None,
    revision: int,
) -> Snapshot:
    """Return a snapshot of the network as it stands, at the epoch and step of ``checkpoint``."""
    from nnstudio.training import take_snapshot

    return take_snapshot(
        program,
        parameters,
        project.data,
        settings,
        request,
        revision=revision,
        epoch=0 if checkpoint is None else checkpoint.epoch,
        step=0 if checkpoint is None else checkpoint.step,
        max_rows=rows_to_look_at(project.network.connection_count),
    )
