"""Controllers for tests of what shows a training, without a main window around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from nnstudio.data import Dataset
    from nnstudio.network import Network
    from nnstudio.ui.training_controller import TrainingController


@pytest.fixture
def make_controller(qtbot: QtBot) -> Iterator[Callable[..., TrainingController]]:
    """Make controllers of new documents with a network, data and settings; they are shut down at the end."""
    from nnstudio.project import Project
    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController

    made: list[TrainingController] = []

    def make(network: Network, data: Dataset | None = None, **settings: Any) -> TrainingController:
        from nnstudio.training import TrainingSettings

        document = Document(Project(network, data, TrainingSettings(**settings)))
        controller = TrainingController(document)
        controller.look()
        made.append(controller)
        return controller

    yield make
    for controller in made:
        controller.shutdown()
        controller.document.deleteLater()
        controller.deleteLater()
    made.clear()
