from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nnstudio.data import make_dataset
from nnstudio.network import Network
from nnstudio.ui.panels.inspector import InspectorPanel
from tests.ui.controllers import make_controller as make_controller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController


def small_network() -> Network:
    """Return a, b -> h -> y, with a also straight to y."""
    network = Network()
    for role, label, key in (
        ("input", "a", "a"),
        ("input", "b", "b"),
        ("hidden", "h", "h"),
        ("output", "y", "y"),
    ):
        network.add_neuron(role, label=label, id=key)  # type: ignore[arg-type]
    for source, target, weight in (("a", "h", 0.5), ("b", "h", -1.5), ("h", "y", 2.0), ("a", "y", 0.25)):
        network.connect(source, target, weight=weight, id=f"{source}{target}")
    return network


@pytest.fixture
def controller(make_controller: Callable[..., TrainingController]) -> TrainingController:
    # So many epochs that a training is still on whenever a test looks.
    return make_controller(small_network(), make_dataset("xor"), epochs=1_000_000_000)


@pytest.fixture
def document(controller: TrainingController) -> Document:
    return controller.document


@pytest.fixture
def inspector(qtbot: QtBot, controller: TrainingController) -> Iterator[InspectorPanel]:
    panel = InspectorPanel(controller.document, controller)
    qtbot.addWidget(panel)
    panel.resize(332, 900)
    panel.show()
    qtbot.waitExposed(panel)
    panel.activateWindow()
    return panel


def select(
    inspector: InspectorPanel, neurons: tuple[str, ...] = (), connections: tuple[str, ...] = ()
) -> None:
    inspector._document.selection.set(neurons, connections)
    inspector.refresh()
