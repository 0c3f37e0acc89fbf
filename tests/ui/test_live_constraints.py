"""Freezing and disabling while a training is on, and between two trainings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from nnstudio.data import make_dataset
from nnstudio.network.edits import ChangeConnections, ChangeNeurons
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.document import Document
from nnstudio.ui.training_controller import TrainingController

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui
SETTINGS = TrainingSettings(optimizer="adam", learning_rate=0.01, batch_size=4, epochs=30)
ENDLESS = replace(SETTINGS, epochs=10_000_000)


@pytest.fixture
def document(qapp: object) -> Document:
    return Document(Project(layered_network([2, 3, 1], seed=1), make_dataset("xor"), ENDLESS))


@pytest.fixture
def controller(document: Document) -> Iterator[TrainingController]:
    controller = TrainingController(document)
    controller.look()
    yield controller
    controller.shutdown()


def settle(qtbot: QtBot, controller: TrainingController) -> None:
    qtbot.waitUntil(lambda: not controller.is_running, timeout=20_000)


def train_on(qtbot: QtBot, controller: TrainingController, epochs: int = 20) -> None:
    """Wait until the run has taken so many more epochs, as the window sees it."""
    goal = controller.epoch + epochs
    qtbot.waitUntil(lambda: controller.epoch >= goal, timeout=20_000)


def test_a_connection_frozen_while_training_stays_from_then_on(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    start = document.network.connection("c1").weight
    controller.train()
    train_on(qtbot, controller)
    assert document.do(ChangeConnections("Freeze", {"c1": {"trainable": False}}))
    assert controller.state == "running"

    def weight_shown() -> float:
        snapshot = controller.snapshot
        return float(snapshot.weights[snapshot.connection_ids.index("c1")])

    train_on(qtbot, controller)
    frozen_at = weight_shown()
    train_on(qtbot, controller, 50)
    assert weight_shown() == frozen_at != start
    controller.pause()
    settle(qtbot, controller)
    assert document.network.connection("c1").weight == frozen_at
    assert not document.network.connection("c1").trainable


def test_what_is_disabled_while_training_leaves_the_pictures_and_keeps_what_it_learned(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    hidden = document.network.hidden[0].id
    inner = {c.id for c in (*document.network.incoming(hidden), *document.network.outgoing(hidden))}
    start = document.network.values()[0]
    controller.train()
    train_on(qtbot, controller)
    assert document.do(ChangeNeurons("Disable", {hidden: {"enabled": False}}))
    train_on(qtbot, controller)
    assert hidden not in controller.snapshot.neuron_ids
    assert inner.isdisjoint(controller.snapshot.connection_ids)
    controller.pause()
    settle(qtbot, controller)
    learned = document.network.values()[0]
    assert all(learned[c] != start[c] for c in inner)
    controller.train()
    train_on(qtbot, controller)
    assert document.do(ChangeNeurons("Enable", {hidden: {"enabled": True}}))
    train_on(qtbot, controller)
    assert hidden in controller.snapshot.neuron_ids
    controller.pause()
    settle(qtbot, controller)
    assert document.network.values()[0] != learned


def test_a_training_goes_on_after_a_pause_under_other_constraints(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    document.project.settings = SETTINGS
    controller.train()
    settle(qtbot, controller)
    assert document.do(ChangeConnections("Freeze", {"c1": {"trainable": False}}))
    weight = document.network.connection("c1").weight
    controller.train()
    settle(qtbot, controller)
    assert controller.epoch == 60
    assert len(document.project.history) == 60
    assert document.network.connection("c1").weight == weight


def test_disabling_the_only_way_to_an_output_pauses_and_says_why(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    controller.train()
    train_on(qtbot, controller)
    hidden = {n.id: {"enabled": False} for n in document.network.hidden}
    assert document.do(ChangeNeurons("Disable", hidden))
    settle(qtbot, controller)
    controller.look()
    assert "disabled" in str(controller.problem)
    assert document.project.checkpoint is not None
    document.undo_stack.undo()
    document.undo_stack.undo()
    controller.look()
    assert controller.problem is None


def test_signs_and_ties_wait_for_a_pause(document: Document, controller: TrainingController) -> None:
    refused: list[str] = []
    document.refused.connect(lambda error: refused.append(str(error)))
    controller.train()
    assert not document.do(ChangeConnections("Sign", {"c1": {"sign": 1}}))
    assert not document.do(ChangeConnections("Tie", {"c1": {"tie": "w1"}}))
    assert len(refused) == 2


def test_what_disabling_does_to_the_loss_is_told(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    told: list[tuple[float, float]] = []
    controller.effect_measured.connect(lambda before, after: told.append((before, after)))
    before = controller.snapshot.loss
    hidden = document.network.hidden[0].id
    assert document.do(ChangeNeurons("Disable", {hidden: {"enabled": False}}))
    controller.look()
    assert told == [(pytest.approx(before), pytest.approx(controller.snapshot.loss))]
    assert told[0][0] != told[0][1]
    document.undo_stack.undo()
    assert told[1] == (told[0][1], told[0][0])
    # Freezing changes nothing of what is computed.
    assert document.do(ChangeNeurons("Freeze", {hidden: {"trainable": False}}))
    controller.train()
    train_on(qtbot, controller)
    assert document.do(ChangeNeurons("Disable", {hidden: {"enabled": False}}))
    assert len(told) == 3
    assert told[2][0] < told[0][0]
