from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nnstudio.data import make_dataset
from nnstudio.network.templates import layered_network
from nnstudio.ui.status import StatusLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui


def test_a_narrow_line_tells_the_most_important_and_the_rest_as_a_hint(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(layered_network([2, 3, 1]), make_dataset("moons"), epochs=5)
    line = StatusLine(controller)
    qtbot.addWidget(line)
    line.resize(900, 34)
    line.show()
    controller.step_epoch()
    qtbot.waitUntil(lambda: not controller.is_running and "test loss" in line.progress.text())
    full = line.progress.text()
    line.resize(line.counts.sizeHint().width() + 130, 34)
    shown = line.progress.text()
    assert full.startswith(shown)
    assert len(shown) < len(full)
    assert line.progress.toolTip() == full
    assert line.minimumSizeHint().width() < line.counts.sizeHint().width() + 60
    line.resize(900, 34)
    assert line.progress.text() == full
    assert line.progress.toolTip() == ""
