"""What a lesson keeps as it is: refused edits change nothing, say why, and are possible again afterwards."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow

from nnstudio.data import make_dataset
from nnstudio.network import Network
from nnstudio.network.edits import (
    AddItems,
    ChangeConnections,
    ChangeNeurons,
    Composite,
    RemoveItems,
    SetGroups,
    SetValues,
)
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.document import Document, ProjectChange
from nnstudio.ui.menus import make_actions
from nnstudio.ui.restrictions import kinds_of
from nnstudio.ui.training_bar import TrainingBar

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.training_controller import TrainingController

SETTINGS: dict[str, Any] = {
    "loss": "mse",
    "optimizer": "sgd",
    "learning_rate": 0.5,
    "epochs": 3,
    "batch_size": 4,
}
WHY = {"structure": "The wiring stays.", "values": "The weights stay.", "training": "No training here."}


def make_network() -> Network:
    network = Network()
    a = network.add_neuron("input", label="a", id="a")
    b = network.add_neuron("input", label="b", id="b")
    out = network.add_neuron("output", activation="sigmoid", id="out")
    for place, source in enumerate((a, b)):
        network.connect(source.id, out.id, weight=0.5, id=f"c{place}")
    return network


@pytest.fixture
def document(qtbot: QtBot) -> Document:
    return Document(Project(make_network(), make_dataset("and"), TrainingSettings(**SETTINGS)))


@pytest.fixture
def controller(make_controller: Callable[..., TrainingController]) -> TrainingController:
    return make_controller(make_network(), make_dataset("and"), **SETTINGS)


EDITS: dict[str, tuple[Any, set[str]]] = {
    "removing": (lambda: RemoveItems("Remove", ["a"]), {"structure"}),
    "renaming": (lambda: ChangeNeurons("Rename", {"a": {"label": "x"}}), {"structure"}),
    "activating": (lambda: ChangeNeurons("Change", {"out": {"activation": "tanh"}}), {"structure"}),
    "freezing": (lambda: ChangeConnections("Freeze", {"c0": {"trainable": False}}), {"settings"}),
    "disabling": (lambda: ChangeConnections("Disable", {"c0": {"enabled": False}}), {"structure"}),
    "moving": (lambda: ChangeNeurons("Move", {"a": {"position": (3.0, 4.0)}}), set()),
    "grouping": (lambda: SetGroups("Group", []), set()),
    "weighing": (lambda: ChangeConnections("Change", {"c0": {"weight": 2.0}}), {"values"}),
    "setting all": (lambda: SetValues("Set", {"c0": 2.0}, {"out": 1.0}), {"values"}),
    "both": (
        lambda: Composite("Both", [RemoveItems("Remove", ["a"]), SetValues("Set", {"c1": 1.0}, {})]),
        {"structure", "values"},
    ),
    "adding": (lambda: AddItems("Add"), {"structure"}),
    "data": (lambda: ProjectChange("Data", data=None), {"data"}),
    "title": (lambda: ProjectChange("Title", title="X", notes="y"), set()),
}


@pytest.mark.parametrize("name", EDITS)
def test_each_edit_is_of_its_kind(name: str) -> None:
    make, kinds = EDITS[name]
    assert kinds_of([make()]) == kinds


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_refused_where_its_kind_is_restricted_and_possible_afterwards(
    name: str, document: Document, qtbot: QtBot
) -> None:
    make, kinds = EDITS[name]
    told: list[str] = []
    document.refused.connect(lambda error: told.append(str(error)))
    before = document.network.copy(), document.project.data
    everything: dict[Any, str] = dict.fromkeys(("structure", "values", "data", "settings", "training"), "No.")
    document.restrict(everything)
    assert document.do(make()) == (not kinds)
    if kinds:
        assert told == ["No."]
        assert (document.network, document.project.data) == before
        assert document.undo_stack.count() == 0
    document.restrict({kind: why for kind, why in everything.items() if kind not in kinds})
    assert document.do(make())


def test_what_is_not_restricted_stays_possible(document: Document) -> None:
    document.restrict({"structure": WHY["structure"]})
    assert document.do(ChangeConnections("Change", {"c0": {"weight": 2.0}}))
    assert document.network.connection("c0").weight == 2.0


def test_a_restricted_step_is_not_taken_back(document: Document) -> None:
    document.do(ChangeConnections("Change", {"c0": {"weight": 2.0}}))
    assert document.can_undo
    document.restrict({"values": WHY["values"]})
    assert not document.can_undo
    document.restrict({})
    document.undo_stack.undo()
    document.restrict({"values": WHY["values"]})
    assert not document.can_redo


def test_a_change_of_restrictions_is_told_once(document: Document, qtbot: QtBot) -> None:
    told: list[None] = []
    document.restrictions_changed.connect(lambda: told.append(None))
    document.restrict({"values": "No."})
    document.restrict({"values": "No."})
    document.restrict({})
    assert len(told) == 2


def test_training_is_refused_with_its_reason(controller: TrainingController) -> None:
    document = controller.document
    told: list[str] = []
    document.refused.connect(lambda error: told.append(str(error)))
    document.restrict({"training": WHY["training"]})
    controller.train()
    controller.step_batch()
    assert not controller.is_running
    assert told == [WHY["training"]] * 2


def test_a_training_may_set_weights_that_the_hand_may_not(
    qtbot: QtBot, controller: TrainingController
) -> None:
    document = controller.document
    document.restrict({"values": WHY["values"], "structure": WHY["structure"]})
    before = document.network.values()
    controller.train()
    qtbot.waitUntil(lambda: not controller.is_running, timeout=10_000)
    assert document.network.values() != before
    controller.reset()
    assert document.network.values() == before
    controller.new_start()
    assert document.network.values() == before


def test_a_setting_that_may_not_change_goes_back_in_the_training_bar(
    qtbot: QtBot, controller: TrainingController
) -> None:
    document = controller.document
    owner = QMainWindow()
    qtbot.addWidget(owner)
    bar = TrainingBar(controller, make_actions(owner, defaultdict(lambda: _nothing)), owner)
    owner.addToolBar(bar)
    owner.show()
    document.restrict({"settings": "The settings stay."})
    field = bar.learning_rate.lineEdit()
    field.selectAll()
    QTest.keyClicks(field, "0.01")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert controller.settings == TrainingSettings(**SETTINGS)
    assert bar.learning_rate.value == 0.5


def _nothing() -> None:
    pass
