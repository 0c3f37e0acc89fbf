from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from nnstudio.data import Dataset
    from nnstudio.network import Network
    from nnstudio.ui.main_window import MainWindow
    from nnstudio.ui.training_controller import TrainingController


@pytest.fixture
def make_window(qtbot: QtBot) -> Iterator[Callable[[], MainWindow]]:
    """Open main windows, as many as a test asks for; they are closed without questions at its end."""
    from nnstudio.ui.app import make_application
    from nnstudio.ui.main_window import MainWindow

    make_application()
    opened: list[MainWindow] = []

    def make() -> MainWindow:
        window = MainWindow()
        opened.append(window)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    for window in opened:
        window.controller.halt()
        window.document.undo_stack.setClean()
        window.close()
        window.deleteLater()
    opened.clear()


@pytest.fixture
def window(make_window: Callable[[], MainWindow]) -> MainWindow:
    return make_window()


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
