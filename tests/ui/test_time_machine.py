from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.network.edits import ChangeConnections, ChangeNeurons, RemoveItems
from nnstudio.network.templates import layered_network
from nnstudio.training import Probe, Trainer
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.time_machine_looks import Look

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from nnstudio.training import TrainingSettings
    from nnstudio.ui.document import Document
    from nnstudio.ui.time_machine import TimeMachine
    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui
SIZES = [2, 3, 1]
# XOR has four rows, so that an epoch takes two steps.
ENDLESS = 10_000_000


@pytest.fixture
def controller(make_controller: Callable[..., TrainingController]) -> TrainingController:
    network = layered_network(SIZES, seed=3)
    return make_controller(
        network, make_dataset("xor"), optimizer="adam", learning_rate=0.05, batch_size=2, epochs=20
    )


@pytest.fixture
def document(controller: TrainingController) -> Document:
    return controller.document


@pytest.fixture
def machine(controller: TrainingController) -> TimeMachine:
    return controller.time_machine


def settle(qtbot: QtBot, controller: TrainingController) -> None:
    qtbot.waitUntil(lambda: not controller.is_running, timeout=20_000)


def trained(qtbot: QtBot, controller: TrainingController) -> None:
    controller.train()
    settle(qtbot, controller)


def set_settings(document: Document, **changes: object) -> TrainingSettings:
    assert document.project.settings is not None
    settings = replace(document.project.settings, **changes)
    assert document.do(ProjectChange("Change settings", settings=settings))
    return settings


def stopped_at(steps: int, settings: TrainingSettings) -> np.ndarray:
    """Return the parameters of a training of the same network that took so many steps and no more."""
    network = layered_network(SIZES, seed=3)
    program = compile_network(network)
    trainer = Trainer(program, program.initial_parameters(), make_dataset("xor"), settings)
    for _ in range(steps):
        trainer.step()
    return trainer.parameters.flat.copy()


def on_view(controller: TrainingController) -> np.ndarray:
    assert controller.snapshot is not None
    return np.concatenate((controller.snapshot.weights, controller.snapshot.biases))


def of_document(document: Document) -> np.ndarray:
    program = compile_network(document.network)
    return program.initial_parameters().flat.copy()


@pytest.mark.parametrize("step", [0, 1, 2, 17, 39])
def test_the_numbers_of_a_past_step_are_those_of_a_training_stopped_there(
    qtbot: QtBot, controller: TrainingController, machine: TimeMachine, step: int
) -> None:
    trained(qtbot, controller)
    machine.show(step)
    assert controller.snapshot is not None
    assert (controller.snapshot.step, controller.snapshot.epoch) == (step, step // 2)
    np.testing.assert_array_equal(on_view(controller), stopped_at(step, controller.settings))
    assert controller.epoch == machine.epoch == step // 2


def test_the_present_comes_back_as_it_was(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    now = on_view(controller)
    machine.show(7)
    assert machine.is_past
    assert not np.array_equal(on_view(controller), now)
    np.testing.assert_array_equal(of_document(document), now)
    machine.to_now()
    assert not machine.is_past
    np.testing.assert_array_equal(on_view(controller), now)
    assert controller.epoch == 20


def test_what_panels_ask_for_is_answered_of_the_past_step(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    machine.show(5)
    program = compile_network(document.network)
    parameters = program.initial_parameters()
    parameters.flat[:] = stopped_at(5, controller.settings)
    points = np.array([[0.1, 0.7], [0.3, 0.2]])
    controller.set_probe("test", Probe("points", points))
    controller.want_outputs(True, "test")
    document.set_focus_row(2)
    qtbot.waitUntil(lambda: controller.snapshot.train_outputs is not None, timeout=5_000)
    snapshot = controller.snapshot
    assert snapshot is not None
    assert snapshot.step == 5
    np.testing.assert_array_equal(snapshot.answer("points"), program.predict(parameters, points))
    np.testing.assert_array_equal(snapshot.focus, document.project.data.x[2])
    np.testing.assert_array_equal(
        snapshot.activations, program.activations(parameters, document.project.data.x[2:3])[0]
    )


def test_steps_go_by_batch_and_by_epoch_and_end_at_start_and_present(
    qtbot: QtBot, controller: TrainingController, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    places = []
    for unit in ("batch", "epoch", "epoch", "batch"):
        machine.back(unit)
        places.append(machine.step)
    assert places == [39, 38, 36, 35]
    for unit in ("epoch", "batch"):
        machine.forward(unit)
        places.append(machine.step)
    assert places[-2:] == [36, 37]
    machine.to_start()
    machine.back("batch")
    assert machine.step == 0
    machine.show(39)
    machine.forward("batch")
    assert machine.step is None
    machine.forward("epoch")
    assert machine.step is None


def test_samples_are_the_rows_of_the_batch_that_the_next_step_takes_in_its_order(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    data = document.project.data
    seen = []
    machine.show(4)
    for _ in range(4):
        machine.forward("sample")
        seen.append((machine.step, document.focus_row))
    assert [step for step, _ in seen] == [4, 4, 5, 5]
    rows = [row for _, row in seen]
    assert sorted(rows) == [0, 1, 2, 3]  # one epoch takes each row once
    # Trained on the first of these batches alone, the network of step 4 becomes that of step 5.
    program = compile_network(document.network)
    parameters = program.initial_parameters()
    parameters.flat[:] = stopped_at(4, controller.settings)
    sgd = replace(controller.settings, optimizer="sgd")
    _, gradients = program.loss_and_gradients(parameters, data.x[rows[:2]], data.y[rows[:2]], loss=sgd.loss)
    first_moment = (
        machine.timeline.exact(5).optimizer_state["mean"]
        - 0.9 * machine.timeline.exact(4).optimizer_state["mean"]
    )
    np.testing.assert_allclose(first_moment, 0.1 * gradients.flat, rtol=1e-9, atol=1e-15)
    for _ in range(3):
        machine.back("sample")
    assert (machine.step, document.focus_row) == (4, rows[0])
    machine.back("sample")
    assert machine.step == 3


def test_train_goes_on_from_the_past_step_as_a_branch_in_two_steps_of_undo(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    end, history, start = of_document(document), document.project.history, document.project.start
    machine.show(24)
    set_settings(document, optimizer="sgd", learning_rate=0.5)
    assert machine.step == 24
    trained(qtbot, controller)
    assert not machine.is_past
    assert document.undo_stack.undoText() == "Train 8 epochs"
    assert controller.epoch == 20
    assert document.project.start == start
    np.testing.assert_array_equal(document.project.history.loss[:12], history.loss[:12])
    assert not np.array_equal(document.project.history.loss[12:], history.loss[12:])
    (branch,) = machine.branches
    assert branch.name == "Adam 0.05"
    np.testing.assert_array_equal(branch.history.loss, history.loss)
    assert machine.name == "Gradient descent 0.5 from epoch 12"
    assert machine.branchings == (12,)
    assert [int(machine.timeline.steps[0]), machine.last_step] == [0, 40]
    # Its own past: before the branch that of the training it came from, then its own.
    machine.show(24)
    qtbot.waitUntil(lambda: controller.snapshot.step == 24, timeout=5_000)
    np.testing.assert_array_equal(
        on_view(controller),
        stopped_at(24, replace(controller.settings, optimizer="adam", learning_rate=0.05)),
    )
    machine.to_now()

    document.undo_stack.undo()
    assert document.undo_stack.undoText() == "Go back to epoch 12"
    assert controller.epoch == 12
    assert machine.last_step == 24
    document.undo_stack.undo()
    controller.look()
    np.testing.assert_array_equal(of_document(document), end)
    assert document.project.history is history
    assert machine.last_step == 40
    machine.show(30)
    qtbot.waitUntil(lambda: controller.snapshot.step == 30, timeout=5_000)


def test_the_same_settings_from_a_past_step_give_the_same_training_bit_for_bit(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    end, losses = of_document(document), document.project.history.loss.copy()
    machine.show(13)  # within an epoch
    controller.train()
    assert controller.document.undo_stack.undoText() == "Go back to step 13"
    settle(qtbot, controller)
    np.testing.assert_array_equal(of_document(document), end)
    np.testing.assert_array_equal(document.project.history.loss, losses)
    assert machine.branches == ()  # the same curve


def test_races_from_the_same_start_begin_with_the_same_numbers_and_are_all_kept(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    before = of_document(document)
    for optimizer in ("sgd", "momentum", "rmsprop", "adam"):
        set_settings(document, optimizer=optimizer, options={})
        controller.reset()
        trained(qtbot, controller)
        machine.to_start()
        qtbot.waitUntil(lambda: controller.snapshot.step == 0, timeout=5_000)
        np.testing.assert_array_equal(on_view(controller), before)
        machine.to_now()
    assert [b.name for b in machine.branches] == ["Gradient descent 0.05", "Momentum 0.05", "RMSprop 0.05"]
    assert machine.name == "Adam 0.05"
    assert len({b.color for b in machine.branches}) == 3
    set_settings(document, optimizer="sgd")
    first = machine.branches[0].history.loss
    controller.reset()
    assert len(machine.branches) == 4
    trained(qtbot, controller)
    np.testing.assert_array_equal(controller.history.loss, first)


def test_eight_earlier_trainings_are_kept_until_they_are_to_be_forgotten(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    for number in range(10):
        set_settings(document, learning_rate=0.01 * (number + 1), epochs=1)
        controller.reset()
        trained(qtbot, controller)
    assert [b.name for b in machine.branches] == [f"Adam {0.01 * (n + 1):g}" for n in range(1, 9)]
    machine.forget_others()
    assert machine.branches == ()
    assert machine.has_past


def test_a_weight_typed_in_the_past_goes_back_there_in_the_same_step_of_undo(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    end = of_document(document)
    machine.show(10)
    then = on_view(controller)
    connection = document.network.connections[0]
    count = document.undo_stack.count()
    assert document.do(ChangeConnections("Type a weight", {connection.id: {"weight": 4.5}}))
    assert document.undo_stack.count() == count + 1
    assert document.undo_stack.undoText() == "Type a weight"
    assert not machine.is_past
    program = compile_network(document.network)
    expected = then.copy()
    expected[program.connection_ids.index(connection.id)] = 4.5
    np.testing.assert_array_equal(of_document(document), expected)
    assert len(document.project.history) == 5
    controller.look()
    np.testing.assert_array_equal(on_view(controller), expected)
    document.undo_stack.undo()
    np.testing.assert_array_equal(of_document(document), end)
    assert len(document.project.history) == 20
    controller.look()
    np.testing.assert_array_equal(on_view(controller), end)


def test_changes_that_follow_each_other_from_the_past_on_are_one_step_of_undo(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    end = of_document(document)
    machine.show(10)
    connection = document.network.connections[0]
    count = document.undo_stack.count()
    for weight in (1.0, 1.5, 2.0):
        change = ChangeConnections("Change weight", {connection.id: {"weight": weight}})
        assert document.do(change, merge_key="drag 1")
    assert document.undo_stack.count() == count + 1
    assert document.network.connection(connection.id).weight == 2.0
    document.undo_stack.undo()
    np.testing.assert_array_equal(of_document(document), end)
    document.undo_stack.redo()
    assert document.network.connection(connection.id).weight == 2.0
    assert len(document.project.history) == 5


def test_where_training_is_not_allowed_the_past_is_looked_at_alone(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    document.restrict({"training": "This step is about looking."})
    refused: list[Exception] = []
    document.refused.connect(refused.append)
    machine.show(10)
    assert controller.snapshot.step == 10
    connection = document.network.connections[0]
    assert not document.do(ChangeConnections("Type a weight", {connection.id: {"weight": 4.5}}))
    controller.train()
    assert not controller.is_running
    assert machine.step == 10
    assert {str(error) for error in refused} == {"This step is about looking."}


def test_what_changes_no_number_leaves_the_past_on_view(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    end = of_document(document)
    machine.show(10)
    neuron = document.network.hidden[0]
    document.do(ChangeNeurons("Move", {neuron.id: {"position": (3.0, 4.0)}}))
    document.do(ChangeNeurons("Freeze", {neuron.id: {"trainable": False}}))
    set_settings(document, learning_rate=0.1)
    qtbot.wait(5)
    assert machine.step == 10
    np.testing.assert_array_equal(
        on_view(controller), stopped_at(10, replace(controller.settings, learning_rate=0.05))
    )
    np.testing.assert_array_equal(of_document(document), end)


def test_in_the_past_a_network_that_cannot_be_computed_shows_nothing_and_is_not_gone_back_to(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    machine.show(7)
    for neuron in document.network.hidden:
        assert document.do(ChangeNeurons("Disable", {neuron.id: {"enabled": False}}))
    controller.look()
    assert controller.problem is not None
    assert controller.snapshot is None
    count = document.undo_stack.count()
    controller.step_batch()
    assert not controller.is_running
    assert (machine.step, document.undo_stack.count()) == (7, count)
    document.undo_stack.undo()
    controller.look()
    qtbot.waitUntil(lambda: controller.snapshot is not None and controller.snapshot.step == 7)


def test_deleting_a_neuron_in_the_past_leaves_a_network_without_a_past(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    machine.show(10)
    assert document.do(RemoveItems("Delete", [document.network.hidden[0].id]))
    assert machine.timeline is None
    assert not machine.is_past
    assert not machine.has_past
    document.undo_stack.undo()
    assert machine.last_step == 40


def test_undo_of_a_training_turns_to_the_present_of_before(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    trained(qtbot, controller)
    assert machine.last_step == 80
    machine.show(10)
    document.undo_stack.undo()
    controller.look()
    assert not machine.is_past
    assert machine.last_step == 40
    assert machine.timeline.steps[-1] <= 40
    np.testing.assert_array_equal(
        on_view(controller), stopped_at(40, replace(controller.settings, epochs=40))
    )
    document.undo_stack.redo()
    assert machine.last_step == 80


def test_a_run_goes_on_unseen_while_its_past_is_on_view(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    set_settings(document, epochs=ENDLESS)
    controller.train()
    qtbot.waitUntil(lambda: machine.has_past and machine.last_step > 50, timeout=10_000)
    machine.show(20)
    then = stopped_at(20, controller.settings)
    told: list[int] = []
    controller.snapshot_changed.connect(lambda: told.append(controller.snapshot.step))
    before = len(controller.history)
    qtbot.waitUntil(lambda: len(controller.history) > before + 20, timeout=10_000)
    assert set(told) <= {20}
    np.testing.assert_array_equal(on_view(controller), then)
    assert controller.epoch == 10
    machine.to_now()
    qtbot.waitUntil(lambda: controller.snapshot is not None and controller.snapshot.step > 50, timeout=10_000)
    machine.show(20)
    controller.halt()
    assert machine.step == 20
    np.testing.assert_array_equal(on_view(controller), then)


def test_continuing_from_the_past_of_a_run_that_is_on_ends_that_run_first(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    set_settings(document, epochs=ENDLESS)
    controller.train()
    qtbot.waitUntil(lambda: machine.has_past and machine.last_step > 50, timeout=10_000)
    machine.show(20)
    machine.continue_here()
    assert controller.is_running
    assert not machine.is_past
    controller.halt()
    assert len(document.project.history) >= 10


def test_a_past_answer_that_comes_late_is_never_shown(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine, monkeypatch
) -> None:
    trained(qtbot, controller)
    monkeypatch.setattr(Look, "is_small", property(lambda look: False))
    late: list[tuple[object, object]] = []
    monkeypatch.setattr(machine.sight, "_take_later", lambda look: late.append((look, look.take())))
    shown: list[int] = []
    controller.snapshot_changed.connect(lambda: shown.append(controller.snapshot.step))

    def latest() -> object:
        """Return the answer to the latest look."""
        qtbot.waitUntil(lambda: machine.sight._look is not None, timeout=5_000)
        qtbot.waitUntil(lambda: bool(late) and late[-1][0] is machine.sight._look, timeout=5_000)
        return late[-1][1]

    machine.show(5)
    first = latest()
    machine.show(9)
    second = latest()
    machine.sight._on_taken(first)  # of another step
    assert shown == []
    machine.sight._on_taken(second)
    assert shown == [9]

    machine.show(12)
    third = latest()
    document.set_focus_row(3)
    fourth = latest()
    machine.sight._on_taken(third)  # of another sample in focus
    assert shown == [9]

    machine.to_now()
    shown.clear()
    machine.sight._on_taken(fourth)  # the present is on view by now
    assert shown == []

    machine.show(13)
    fifth = latest()
    neuron = document.network.hidden[0]
    document.do(ChangeNeurons("Freeze", {neuron.id: {"trainable": False}}))
    machine.sight._on_taken(fifth)  # of another revision
    assert shown == []

    machine.to_now()
    controller.train()
    settle(qtbot, controller)
    machine.show(14)
    sixth = latest()
    controller.reset()
    controller.train()
    settle(qtbot, controller)
    shown.clear()
    machine.show(14)
    latest()
    shown.clear()
    machine.sight._on_taken(sixth)  # of another training
    assert shown == []


def test_large_looks_are_taken_in_a_thread_and_only_the_last_one_is_shown(
    qtbot: QtBot, controller: TrainingController, machine: TimeMachine, monkeypatch
) -> None:
    trained(qtbot, controller)
    monkeypatch.setattr(Look, "is_small", property(lambda look: False))
    shown: list[int] = []
    controller.snapshot_changed.connect(lambda: shown.append(controller.snapshot.step))
    for step in (3, 4, 5, 6):
        machine.show(step)
    qtbot.waitUntil(lambda: bool(shown), timeout=5_000)
    assert shown[0] == 6
    np.testing.assert_array_equal(on_view(controller), stopped_at(6, controller.settings))


def test_who_drags_over_steps_that_take_long_sees_some_of_them_in_turn(
    qtbot: QtBot, controller: TrainingController, machine: TimeMachine, monkeypatch
) -> None:
    trained(qtbot, controller)
    monkeypatch.setattr(Look, "is_small", property(lambda look: False))
    shown: list[int] = []
    controller.snapshot_changed.connect(lambda: shown.append(controller.snapshot.step))
    for step in (3, 4, 5, 6):
        machine.scrub(step)
    assert machine.step == 3
    qtbot.waitUntil(lambda: 6 in shown, timeout=5_000)
    assert list(dict.fromkeys(shown)) == [3, 6]
    machine.scrub(7)
    machine.scrub(8)
    machine.scrub(None)
    qtbot.waitUntil(lambda: machine.step is None, timeout=5_000)
    assert controller.snapshot.step == 40


def test_other_data_in_the_past_begin_the_epoch_again_from_there(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    document.do(ProjectChange("Other data", data=make_dataset("and")))
    controller.look()
    machine.show(13)
    then = on_view(controller)
    np.testing.assert_array_equal(then, stopped_at(13, controller.settings))
    assert machine.go_back()
    np.testing.assert_array_equal(of_document(document), then)
    assert document.project.checkpoint.position == 0
    controller.look()
    assert controller.state == "paused"
    assert controller.epoch == 6
    trained(qtbot, controller)
    assert list(document.project.history.epochs) == list(range(1, 21))


def test_what_is_written_of_the_past_is_the_project_at_the_step_on_view(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    end = of_document(document)
    assert machine.project_on_view() is document.project
    machine.show(10)
    project = machine.project_on_view()
    then = compile_network(project.network).initial_parameters().flat
    np.testing.assert_array_equal(then, stopped_at(10, controller.settings))
    assert (project.checkpoint.step, len(project.history)) == (10, 5)
    np.testing.assert_array_equal(of_document(document), end)
    assert len(document.project.history) == 20


def test_a_project_opened_anew_has_no_past(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    machine.show(5)
    document.replace_project(document.project)
    assert machine.timeline is None
    assert not machine.is_past
    assert machine.branches == ()
    machine.show(3)
    machine.back("epoch")
    machine.back("sample")
    assert not machine.is_past


def test_the_budget_is_kept_and_remembered(
    qtbot: QtBot, controller: TrainingController, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    machine.set_budget(1)
    assert machine.timeline.budget == 2**20
    controller.reset()
    trained(qtbot, controller)
    from nnstudio.ui.time_machine import remembered_budget

    assert remembered_budget() == 1
    machine.set_budget(256)


def test_playing_goes_through_the_past_to_the_present(
    qtbot: QtBot, controller: TrainingController, machine: TimeMachine
) -> None:
    trained(qtbot, controller)
    seen: list[int | None] = []
    machine.changed.connect(lambda: seen.append(machine.step))
    machine.show(30)
    machine.moves.play()
    assert machine.moves.is_playing
    qtbot.waitUntil(lambda: not machine.moves.is_playing, timeout=10_000)
    assert seen == [*range(30, 40), None]


def test_a_step_that_is_no_longer_kept_is_not_gone_back_to_and_why_is_told(
    qtbot: QtBot, controller: TrainingController, document: Document, machine: TimeMachine, monkeypatch
) -> None:
    trained(qtbot, controller)
    machine.show(10)
    refused: list[Exception] = []
    document.refused.connect(refused.append)

    def gone(_step: int) -> None:
        raise LookupError

    monkeypatch.setattr(machine.timeline, "exact", gone)
    count = document.undo_stack.count()
    controller.train()
    assert not controller.is_running
    connection = document.network.connections[0]
    assert not document.do(ChangeConnections("Type a weight", {connection.id: {"weight": 4.5}}))
    assert document.undo_stack.count() == count
    assert "no longer kept" in str(refused[0])
