"""What tests of landscapes do and measure, whichever way they are laid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnstudio.engine.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.training_controller import TrainingController


def look(qtbot: QtBot, controller: TrainingController) -> None:
    """Let what follows a change be done."""
    with qtbot.waitSignal(controller.snapshot_changed):
        controller.look()


def steps(qtbot: QtBot, controller: TrainingController, count: int = 1) -> None:
    for _ in range(count):
        controller.step_batch()
        qtbot.waitUntil(lambda: not controller.is_running)
        look(qtbot, controller)


def loss_of(controller: TrainingController, flat: ArrayLike) -> float:
    program, data = controller.program, controller.document.project.data
    assert program is not None
    assert data is not None
    parameters = Parameters(np.array(flat, np.float64), program.n_connections)
    return program.loss(parameters, data.x_train, data.y_train, controller.settings.loss)
