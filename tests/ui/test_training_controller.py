from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nnstudio.data import make_dataset
from nnstudio.data.editing import sheet_of
from nnstudio.errors import CompileError, DataError, DivergenceError, SettingsError
from nnstudio.network import Network
from nnstudio.network.edits import AddItems, ChangeConnections, ChangeNeurons, RemoveItems
from nnstudio.project import Project
from nnstudio.training import Probe, TrainingSettings, train
from nnstudio.ui.document import Document, ProjectChange
from nnstudio.ui.training_controller import TrainingController

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui
SETTINGS = TrainingSettings(optimizer="adam", learning_rate=0.05, batch_size=4, epochs=30)
ENDLESS = replace(SETTINGS, epochs=10_000_000)


def xor_network() -> Network:
    network = Network()
    inputs = [network.add_neuron("input"), network.add_neuron("input")]
    hidden = [network.add_neuron("hidden") for _ in range(3)]
    output = network.add_neuron("output")
    for neuron in hidden:
        for source in inputs:
            network.connect(source.id, neuron.id)
        network.connect(neuron.id, output.id)
    network.initialize("xavier_uniform", 1)
    return network


@pytest.fixture
def document(qapp: object) -> Document:
    return Document(Project(xor_network(), make_dataset("xor"), SETTINGS))


@pytest.fixture
def controller(document: Document) -> Iterator[TrainingController]:
    controller = TrainingController(document)
    controller.look()
    yield controller
    controller.shutdown()


def settle(qtbot: QtBot, controller: TrainingController) -> None:
    qtbot.waitUntil(lambda: not controller.is_running, timeout=20_000)


def values(document: Document) -> tuple[dict[str, float], dict[str, float]]:
    return document.network.values()


def set_settings(document: Document, **changes: object) -> None:
    settings = replace(document.project.settings or SETTINGS, **changes)
    assert document.do(ProjectChange("Change settings", settings=settings))


def test_training_gives_the_same_weights_as_the_python_face(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    network = document.network.copy()
    expected = train(network, document.project.data, SETTINGS)
    network.set_parameters(expected.program, expected.parameters)

    controller.train()
    settle(qtbot, controller)

    assert document.network == network
    assert controller.state == "finished"
    assert controller.epoch == 30
    np.testing.assert_array_equal(document.project.history.loss, expected.history.loss)


def test_a_training_is_one_step_of_undo_with_its_history(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    before = values(document)
    controller.train()
    settle(qtbot, controller)
    after = values(document)
    assert after != before
    assert document.undo_stack.count() == 1
    assert document.undo_stack.undoText() == "Train 30 epochs"

    document.undo_stack.undo()
    controller.look()
    assert values(document) == before
    assert document.project.history is None
    assert controller.state == "idle"

    document.undo_stack.redo()
    controller.look()
    assert values(document) == after
    assert len(document.project.history) == 30
    assert controller.state == "finished"


def test_paused_and_resumed_training_is_the_unbroken_one(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    network = document.network.copy()
    expected = train(network, document.project.data, SETTINGS)
    network.set_parameters(expected.program, expected.parameters)
    for _ in range(3):
        controller.step_batch()
        settle(qtbot, controller)
    controller.step_epoch()
    settle(qtbot, controller)
    assert controller.state == "paused"
    controller.train()
    settle(qtbot, controller)
    assert document.network == network
    assert list(document.project.history.epochs) == list(range(1, 31))


def test_train_on_a_finished_training_adds_as_many_epochs(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    for total in (30, 60):
        controller.train()
        settle(qtbot, controller)
        assert controller.epoch == total
    assert len(controller.history) == 60


def test_the_network_is_locked_while_a_run_is_on_and_its_looks_are_not(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    document.project.settings = ENDLESS
    refused: list[Exception] = []
    document.refused.connect(refused.append)
    neuron = document.network.hidden[0]
    controller.train()
    assert controller.state == "running"
    assert not document.do(RemoveItems("Delete", [neuron.id]))
    assert "Pause" in str(refused[0])
    assert document.do(ChangeNeurons("Move", {neuron.id: {"position": (1.0, 2.0)}}))
    controller.pause()
    settle(qtbot, controller)
    assert document.do(RemoveItems("Delete", [neuron.id]))


def test_history_grows_while_a_run_is_on(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    document.project.settings = ENDLESS
    told: list[int] = []
    controller.history_changed.connect(lambda: told.append(len(controller.history or ())))
    controller.train()
    qtbot.waitUntil(lambda: bool(told) and told[-1] >= 20, timeout=10_000)
    assert document.project.history is None
    controller.halt()
    assert list(document.project.history.epochs) == list(range(1, len(document.project.history) + 1))


def test_halting_waits_until_what_was_learned_is_in_the_document(
    document: Document, controller: TrainingController, qtbot: QtBot
) -> None:
    document.project.settings = ENDLESS
    before = values(document)
    controller.train()
    qtbot.waitUntil(lambda: len(controller.history) > 0, timeout=10_000)
    controller.halt()
    assert not controller.is_running
    assert values(document) != before
    assert document.project.checkpoint.epoch == len(document.project.history)


def test_other_settings_act_on_the_run_that_is_on(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    document.project.settings = ENDLESS
    controller.train()
    qtbot.waitUntil(lambda: len(controller.history) > 5, timeout=10_000)
    set_settings(document, optimizer="sgd", learning_rate=1e-30)
    qtbot.waitUntil(lambda: controller.snapshot is not None and controller.snapshot.run == 2, timeout=10_000)
    still = controller.snapshot.weights.copy()
    epochs = len(controller.history)
    qtbot.waitUntil(lambda: len(controller.history) > epochs + 5, timeout=10_000)
    np.testing.assert_array_equal(controller.snapshot.weights, still)
    controller.halt()
    assert document.project.checkpoint.optimizer == "sgd"
    assert list(document.project.history.epochs) == list(range(1, len(document.project.history) + 1))


def test_other_data_act_on_the_run_that_is_on_from_the_same_weights(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    document.project.settings = replace(ENDLESS, optimizer="sgd", learning_rate=1e-30)
    weights, biases = values(document)
    document.undo_stack.clear()
    controller.train()
    qtbot.waitUntil(lambda: len(controller.history) > 5, timeout=10_000)
    before = document.project.data
    assert document.do(ProjectChange("Draw", data=sheet_of(before).with_copies([0, 1, 2])))
    qtbot.waitUntil(lambda: controller.snapshot is not None and controller.snapshot.run == 2, timeout=10_000)
    epochs = len(controller.history)
    qtbot.waitUntil(lambda: len(controller.history) > epochs + 5, timeout=10_000)
    assert controller.snapshot.focus is not None
    assert document.can_undo
    document.undo_stack.undo()
    assert document.project.data is before
    qtbot.waitUntil(lambda: controller.snapshot.run == 3, timeout=10_000)
    controller.halt()
    assert controller.state == "paused"
    assert list(document.project.history.epochs) == list(range(1, len(document.project.history) + 1))
    assert document.project.checkpoint.rows == len(before.train_rows)
    assert values(document) == (pytest.approx(weights), pytest.approx(biases))


def test_data_that_do_not_fit_pause_the_run_that_is_on_and_the_reason_is_told(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    document.project.settings = ENDLESS
    controller.train()
    qtbot.waitUntil(lambda: len(controller.history) > 5, timeout=10_000)
    assert document.do(ProjectChange("Choose data", data=make_dataset("iris")))
    settle(qtbot, controller)
    assert "4" in str(controller.problem)
    assert len(document.project.history) > 5


def test_another_precision_acts_on_the_run_that_is_on_and_on_looks(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    set_settings(document, dtype="float32")
    controller.look()
    assert controller.snapshot.weights.dtype == np.float32
    document.project.settings = replace(ENDLESS, dtype="float32")
    controller.train()
    qtbot.waitUntil(lambda: len(controller.history) > 5, timeout=30_000)
    set_settings(document, dtype="float64")
    qtbot.waitUntil(lambda: controller.snapshot.weights.dtype == np.float64, timeout=30_000)
    epochs = len(controller.history)
    qtbot.waitUntil(lambda: len(controller.history) > epochs + 5, timeout=30_000)
    controller.halt()
    assert document.project.checkpoint.parameters.dtype == np.float64
    assert list(document.project.history.epochs) == list(range(1, len(document.project.history) + 1))


def test_training_without_progress_ends_and_says_so(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    ended: list[bool] = []
    controller.patience_ended.connect(lambda: ended.append(True))
    document.project.settings = replace(ENDLESS, optimizer="sgd", learning_rate=1e-30, patience=3)
    controller.train()
    settle(qtbot, controller)
    assert ended == [True]


def test_settings_that_cannot_be_end_the_run_and_are_told(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    document.project.settings = ENDLESS
    controller.train()
    qtbot.waitUntil(lambda: len(controller.history) > 1, timeout=10_000)
    set_settings(document, loss="cross_entropy")
    settle(qtbot, controller)
    assert isinstance(controller.problem, SettingsError)
    assert len(document.project.history) > 1


def test_weights_set_by_hand_count_and_the_training_goes_on(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    controller.step_epoch()
    settle(qtbot, controller)
    connection = document.network.connections[0].id
    document.do(ChangeConnections("Change weight", {connection: {"weight": 3.0}}))
    controller.look()
    assert controller.state == "paused"
    set_settings(document, optimizer="sgd", learning_rate=1e-30)
    controller.step_epoch()
    settle(qtbot, controller)
    assert document.network.connection(connection).weight == 3.0
    assert controller.epoch == 2


def test_another_network_starts_a_training_anew_and_undo_brings_the_old_one_back(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    controller.train()
    settle(qtbot, controller)
    neuron = document.network.make_neuron("hidden")
    document.do(AddItems("Add neuron", [neuron]))
    controller.look()
    assert controller.state == "idle"
    assert len(controller.history) == 30  # in view until the next training
    document.undo_stack.undo()
    controller.look()
    assert controller.state == "finished"
    document.undo_stack.redo()
    controller.step_epoch()
    settle(qtbot, controller)
    assert controller.epoch == 1
    assert len(controller.history) == 1


def test_other_data_start_a_training_anew(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    controller.step_epoch()
    settle(qtbot, controller)
    document.do(ProjectChange("Choose data", data=make_dataset("and")))
    controller.look()
    assert controller.state == "idle"


def test_reset_goes_back_to_the_start_in_one_step(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    start = values(document)
    for _ in range(2):
        controller.step_epoch()
        settle(qtbot, controller)
    trained = values(document)
    controller.reset()
    assert values(document) == start
    assert document.project.history is None
    document.undo_stack.undo()
    assert values(document) == trained
    assert len(document.project.history) == 2


def test_reset_and_train_gives_the_same_training(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    results = []
    for _ in range(2):
        controller.train()
        settle(qtbot, controller)
        results.append(values(document))
        controller.reset()
    assert results[0] == results[1]


def test_a_new_start_draws_with_the_next_seed(document: Document, controller: TrainingController) -> None:
    before = values(document)
    controller.new_start()
    assert document.project.settings.seed == 1
    expected = document.network.copy()
    expected.initialize("xavier_uniform", 1)
    assert values(document) == expected.values()
    document.undo_stack.undo()
    assert values(document) == before
    assert document.project.settings.seed == 0


def test_late_snapshots_are_dropped(qtbot: QtBot, document: Document, controller: TrainingController) -> None:
    document.project.settings = ENDLESS
    controller.train()
    qtbot.waitUntil(lambda: controller.snapshot is not None and controller.snapshot.run == 1, timeout=10_000)
    of_first_run = controller.snapshot
    controller.halt()
    shown = controller.snapshot
    controller.show_snapshot(of_first_run)
    assert controller.snapshot is shown  # an older run
    document.do(AddItems("Add neuron", [document.network.make_neuron("hidden")]))
    controller.show_snapshot(shown)
    controller.look()
    older = shown
    shown = controller.snapshot
    controller.show_snapshot(older)
    assert controller.snapshot is shown  # an older network


def test_the_idle_snapshot_follows_every_change(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    connection = document.network.connections[0].id
    with qtbot.waitSignal(controller.snapshot_changed, timeout=5_000):
        document.do(ChangeConnections("Change weight", {connection: {"weight": 2.5}}))
    slot = controller.snapshot.connection_ids.index(connection)
    assert controller.snapshot.weights[slot] == 2.5
    first = controller.snapshot.activations
    with qtbot.waitSignal(controller.snapshot_changed, timeout=5_000):
        document.set_focus_row(3)
    assert not np.array_equal(controller.snapshot.activations, first)


def test_probe_and_outputs_come_with_the_snapshot(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    points = np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]])
    controller.set_probe("plot", Probe("grid", points))
    controller.set_probe("canvas", Probe("neurons", points[:2], inner=True))
    controller.want_outputs(True, "table")
    controller.look()
    assert controller.snapshot.answer("grid").shape == (3, 1)
    assert controller.snapshot.answer("neurons").shape == (2, len(controller.snapshot.neuron_ids))
    assert len(controller.snapshot.train_outputs) == len(document.project.data.x_train)
    controller.want_outputs(False, "table")
    controller.set_probe("plot", None)
    controller.look()
    assert controller.snapshot.train_outputs is None
    assert set(controller.snapshot.answers) == {"neurons"}


def test_a_network_without_data_says_so(qapp: object) -> None:
    document = Document(Project(xor_network()))
    controller = TrainingController(document)
    controller.look()
    assert isinstance(controller.problem, DataError)
    controller.train()
    assert not controller.is_running
    controller.shutdown()


def test_an_empty_canvas_has_a_problem_and_no_snapshot(qapp: object) -> None:
    document = Document(Project(Network(), make_dataset("xor"), SETTINGS))
    controller = TrainingController(document)
    controller.look()
    assert isinstance(controller.problem, CompileError)
    assert controller.snapshot is None
    controller.shutdown()


def test_divergence_is_told_and_keeps_finite_weights(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    output = document.network.outputs[0].id
    document.do(ChangeNeurons("Change activation", {output: {"activation": "identity"}}))
    for neuron in document.network.hidden:
        document.do(ChangeNeurons("Change activation", {neuron.id: {"activation": "identity"}}))
    set_settings(document, optimizer="sgd", learning_rate=1e6)
    failures: list[Exception] = []
    controller.failed.connect(failures.append)
    controller.train()
    settle(qtbot, controller)
    assert isinstance(failures[0], DivergenceError)
    weights, biases = values(document)
    assert np.isfinite([*weights.values(), *biases.values()]).all()


def test_the_target_loss_ends_a_training_and_train_again_goes_beyond_it(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    document.project.settings = replace(SETTINGS, epochs=50, target_loss=10.0)
    with qtbot.waitSignal(controller.target_reached, timeout=10_000):
        controller.train()
    assert controller.epoch == 1
    assert controller.state == "finished"
    controller.train()
    settle(qtbot, controller)
    assert controller.epoch == 50


def test_opening_another_project_ends_the_run(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    document.project.settings = ENDLESS
    controller.train()
    qtbot.waitUntil(lambda: len(controller.history) > 1, timeout=10_000)
    other = Project(xor_network(), make_dataset("and"), SETTINGS)
    expected = other.network.copy()
    document.replace_project(other)
    assert not controller.is_running
    assert not document.lock_reason
    controller.look()
    assert document.network == expected
    assert controller.state == "idle"


def test_a_project_opens_where_its_training_paused(
    qtbot: QtBot, document: Document, controller: TrainingController
) -> None:
    controller.step_epoch()
    settle(qtbot, controller)
    project = document.project
    document.replace_project(Project(Network()))
    document.replace_project(project)
    controller.look()
    assert controller.state == "paused"
    assert controller.epoch == 1
