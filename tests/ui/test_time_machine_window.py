"""The time machine by mouse and keyboard, and what the whole window shows of the past."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QSpinBox

from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.numbers import format_number

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow

pytestmark = pytest.mark.ui
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
# XOR has four rows, so that an epoch takes two steps.
SETTINGS = TrainingSettings(optimizer="adam", learning_rate=0.05, batch_size=2, epochs=20)


@pytest.fixture
def trained(qtbot: QtBot, window: MainWindow) -> MainWindow:
    window.load_plots()
    window.document.replace_project(
        Project(layered_network([2, 3, 1], seed=3), make_dataset("xor"), SETTINGS)
    )
    window.document.undo_stack.clear()
    window.controller.set_speed("full")
    window.controller.train()
    qtbot.waitUntil(lambda: not window.controller.is_running, timeout=20_000)
    window.docks["loss"].show()
    window.docks["loss"].raise_()
    qtbot.waitUntil(window.loss_plot.isVisible, timeout=5_000)
    window.loss_plot.draw()
    return window


def shows(qtbot: QtBot, window: MainWindow, step: int) -> None:
    assert window.controller.time_machine.step == step
    qtbot.waitUntil(lambda: window.controller.snapshot.step == step, timeout=5_000)


def at(window: MainWindow, epoch: float) -> QPoint:
    """Return where in the slider an epoch is."""
    slider = window.loss_plot.slider
    return QPoint(round(slider.x_of(epoch)), slider.height() // 2)


def in_plot(window: MainWindow, epoch: float, y: float = 0.5) -> QPoint:
    """Return where in the plot an epoch is, so far down."""
    plot = window.loss_plot.plot
    box = plot.getViewBox()
    x = box.mapViewToScene(QPointF(epoch, 0.0)).x()
    area = box.sceneBoundingRect()
    return plot.mapFromScene(QPointF(x, area.top() + y * area.height()))


def test_dragging_the_slider_scrubs_the_window_and_its_end_is_now(qtbot: QtBot, trained: MainWindow) -> None:
    slider = trained.loss_plot.slider
    QTest.mousePress(slider, LEFT, pos=at(trained, 5.0))
    shows(qtbot, trained, 10)
    QTest.mouseMove(slider, at(trained, 12.0))
    shows(qtbot, trained, 24)
    QTest.mouseMove(slider, at(trained, 0.0))
    shows(qtbot, trained, 0)
    QTest.mouseMove(slider, at(trained, 20.0) + QPoint(8, 0))
    QTest.mouseRelease(slider, LEFT, pos=at(trained, 20.0))
    assert trained.controller.time_machine.step is None
    assert trained.controller.snapshot.step == 40


def test_the_slider_stands_under_the_axis_of_the_plot(qtbot: QtBot, trained: MainWindow) -> None:
    loss = trained.loss_plot
    for epoch in (0.0, 7.0, 20.0):
        below = loss.slider.mapTo(loss, at(trained, epoch)).x()
        above = loss.plot.viewport().mapTo(loss, in_plot(trained, epoch)).x()
        assert below == pytest.approx(above, abs=1.5)


def test_keys_of_the_slider_go_by_batch_and_epoch_and_to_both_ends(qtbot: QtBot, trained: MainWindow) -> None:
    slider = trained.loss_plot.slider
    slider.setFocus()
    for key, modifier, step in (
        (Qt.Key.Key_Left, NONE, 39),
        (Qt.Key.Key_Left, NONE, 38),
        (Qt.Key.Key_Left, CONTROL, 36),
        (Qt.Key.Key_Right, NONE, 37),
        (Qt.Key.Key_Right, CONTROL, 38),
        (Qt.Key.Key_PageDown, NONE, 36),
        (Qt.Key.Key_Home, NONE, 0),
        (Qt.Key.Key_End, NONE, None),
    ):
        QTest.keyClick(slider, key, modifier)
        assert trained.controller.time_machine.step == step
        assert slider.value() == (40 if step is None else step)


def test_keys_and_buttons_go_through_the_past_from_anywhere(qtbot: QtBot, trained: MainWindow) -> None:
    machine, focus = trained.controller.time_machine, trained.document
    QTest.keyClick(trained, Qt.Key.Key_F3)
    assert machine.step == 39
    QTest.keyClick(trained, Qt.Key.Key_F3, SHIFT)
    assert machine.step == 38
    QTest.keyClick(trained, Qt.Key.Key_F4)
    assert machine.step == 39
    QTest.keyClick(trained, Qt.Key.Key_F3, CONTROL)
    seen = [focus.focus_row]
    QTest.keyClick(trained, Qt.Key.Key_F3, CONTROL)
    seen.append(focus.focus_row)
    assert len(set(seen)) == 2
    QTest.keyClick(trained, Qt.Key.Key_F3, CONTROL | SHIFT)
    assert machine.step == 0
    buttons = trained.loss_plot.past_buttons.buttons
    assert not buttons["past-back-batch"].isEnabled()
    QTest.mouseClick(buttons["past-forward-epoch"], LEFT)
    assert machine.step == 2
    QTest.mouseClick(buttons["past-now"], LEFT)
    assert machine.step is None
    assert not buttons["past-now"].isEnabled()
    QTest.mouseClick(trained.loss_plot.past_row.play_button, LEFT)
    assert machine.moves.is_playing
    QTest.mouseClick(trained.loss_plot.past_row.play_button, LEFT)
    assert not machine.moves.is_playing


def test_the_line_in_the_plot_is_dragged_and_shift_takes_it_to_the_pointer(
    qtbot: QtBot, trained: MainWindow
) -> None:
    loss, machine = trained.loss_plot, trained.controller.time_machine
    viewport = loss.plot.viewport()
    QTest.mouseClick(viewport, LEFT, SHIFT, in_plot(trained, 6.0))
    shows(qtbot, trained, 12)
    assert loss.past_line.value() == 6.0
    assert loss.reading.toolTip().startswith("Epoch 6 ")
    grip = in_plot(trained, 6.0, 0.8) + QPoint(3, 0)
    QTest.mousePress(viewport, LEFT, NONE, grip)
    QTest.mouseMove(viewport, in_plot(trained, 15.0, 0.8), delay=5)
    QTest.mouseRelease(viewport, LEFT, NONE, in_plot(trained, 15.0, 0.8))
    shows(qtbot, trained, 30)
    assert loss.follow_button.isChecked()  # the view has not been moved
    # Away from the line a drag moves the view, as ever.
    QTest.mousePress(viewport, LEFT, NONE, in_plot(trained, 4.0))
    for place in (5.0, 6.0, 8.0):
        QTest.mouseMove(viewport, in_plot(trained, place), delay=5)
    QTest.mouseRelease(viewport, LEFT, NONE, in_plot(trained, 8.0))
    assert machine.step == 30
    assert not loss.follow_button.isChecked()


def test_at_present_the_line_at_the_end_is_taken_too(qtbot: QtBot, trained: MainWindow) -> None:
    viewport = trained.loss_plot.plot.viewport()
    QTest.mousePress(viewport, LEFT, NONE, in_plot(trained, 20.0) - QPoint(3, 0))
    QTest.mouseMove(viewport, in_plot(trained, 10.0), delay=5)
    QTest.mouseRelease(viewport, LEFT, NONE, in_plot(trained, 10.0))
    shows(qtbot, trained, 20)


def test_all_of_the_window_shows_the_past_step(qtbot: QtBot, trained: MainWindow) -> None:
    controller, document = trained.controller, trained.document
    for name in ("inspector", "table", "output"):
        trained.docks[name].show()
        trained.docks[name].raise_()
    network = document.network
    connection, neuron = network.incoming(network.outputs[0].id)[0], network.outputs[0]
    document.set_focus_row(2)
    document.selection.set(connections=(connection.id,))
    machine = controller.time_machine
    machine.show(8)
    shows(qtbot, trained, 8)
    qtbot.waitUntil(lambda: machine.moment is not None and machine.moment.state is not None, timeout=5_000)
    state = machine.moment.state
    weight = float(state.parameters[state.connection_ids.index(connection.id)])
    assert weight != connection.weight
    # The canvas.
    scene = trained.canvas.network_scene
    bias = float(state.parameters[len(state.connection_ids) + state.neuron_ids.index(neuron.id)])
    assert scene.shown_weight(connection.id) == weight
    assert scene.items_by_id[neuron.id].bias == bias != neuron.bias
    # The inspector.
    page = trained.docks["inspector"].widget().connections_page
    qtbot.waitUntil(lambda: page.weight.text() == format_number(weight), timeout=5_000)
    # The values that the output plot and the table are drawn from.
    program = compile_network(network)
    parameters = program.initial_parameters()
    parameters.flat[:] = state.parameters
    table = trained.docks["table"].widget()
    outputs = program.predict(parameters, document.project.data.x)
    qtbot.waitUntil(lambda: table.model.contents.outputs is not None, timeout=5_000)
    qtbot.waitUntil(lambda: np.array_equal(table.model.contents.outputs, outputs), timeout=5_000)
    # Status line, training bar, and the pill over the canvas.
    qtbot.waitUntil(lambda: "In the past  ·  epoch 4  ·  step 8" in trained.status_line.progress.text())
    loss = format_number(
        program.loss(parameters, document.project.data.x, document.project.data.y, loss="mse")
    )
    assert f"loss {loss}" in trained.status_line.progress.text()
    assert trained.training_bar.train_button.text() == "Continue"
    assert trained.past_pill.isVisible()
    assert trained.past_pill.text.text() == "Epoch 4, step 8 · in the past"
    QTest.mouseClick(trained.past_pill.now_button, LEFT)
    assert not trained.past_pill.isVisible()
    assert trained.training_bar.train_button.text() == "Train"
    assert scene.shown_weight(connection.id) == connection.weight
    assert scene.items_by_id[neuron.id].bias == neuron.bias
    qtbot.waitUntil(lambda: page.weight.text() == format_number(connection.weight), timeout=5_000)


def test_explanations_tell_the_step_that_follows_the_past_one(qtbot: QtBot, trained: MainWindow) -> None:
    network, machine = trained.document.network, trained.controller.time_machine
    connection = network.incoming(network.outputs[0].id)[0]
    trained.document.selection.set(connections=(connection.id,))
    trained.docks["explain"].show()
    trained.docks["explain"].raise_()
    machine.show(8)
    qtbot.waitUntil(lambda: machine.moment is not None and machine.moment.state is not None, timeout=5_000)
    state = machine.moment.state
    weight = float(state.parameters[state.connection_ids.index(connection.id)])
    panel = trained.docks["explain"].widget()
    assert trained.controller.state_on_view is state
    qtbot.waitUntil(lambda: f"{abs(weight):.4f}" in panel.headline.text(), timeout=5_000)


def test_a_weight_typed_in_the_inspector_goes_back_to_the_step_on_view(
    qtbot: QtBot, trained: MainWindow
) -> None:
    document, machine = trained.document, trained.controller.time_machine
    network = document.network
    first, second = network.connections[:2]
    document.selection.set(connections=(first.id,))
    trained.docks["inspector"].raise_()
    machine.show(8)
    shows(qtbot, trained, 8)
    then = trained.canvas.network_scene.shown_weight(second.id)
    field = trained.docks["inspector"].widget().connections_page.weight
    qtbot.waitUntil(lambda: not field.isReadOnly() and field.isVisible(), timeout=5_000)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "1.25")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert network.connection(first.id).weight == 1.25
    assert network.connection(second.id).weight == then
    assert not machine.is_past
    document.undo_stack.undo()
    assert network.connection(first.id) == first
    assert network.connection(second.id) == second


def test_a_weight_typed_on_the_canvas_begins_with_the_one_on_view(qtbot: QtBot, trained: MainWindow) -> None:
    network, canvas = trained.document.network, trained.canvas
    connection, neuron = network.connections[0], network.hidden[0]
    machine = trained.controller.time_machine
    machine.show(8)
    shows(qtbot, trained, 8)
    then = machine.moment.values[list(machine.moment.connection_ids).index(connection.id)]
    trained.document.selection.set(connections=(connection.id,))
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_F2)
    assert canvas.editor is not None
    assert canvas.editor.text() == format_number(then, 7)
    QTest.keyClicks(canvas.editor, "3")
    QTest.keyClick(canvas.editor, Qt.Key.Key_Return)
    assert not machine.is_past
    assert network.connection(connection.id).weight == 3.0
    assert len(trained.document.project.history) == 4
    trained.document.undo_stack.undo()
    machine.show(8)
    shows(qtbot, trained, 8)
    trained.document.selection.set(neurons=(neuron.id,))
    QTest.keyClick(canvas, Qt.Key.Key_F2)
    assert canvas.editor.text() == format_number(canvas.network_scene.items_by_id[neuron.id].bias, 7)
    QTest.keyClick(canvas.editor, Qt.Key.Key_Escape)
    assert machine.step == 8


def test_f5_continues_from_the_past_step_and_the_plot_shows_both_trainings(
    qtbot: QtBot, trained: MainWindow
) -> None:
    controller, loss = trained.controller, trained.loss_plot
    settings = replace(SETTINGS, optimizer="sgd", learning_rate=0.5)
    trained.document.do(ProjectChange("Change settings", settings=settings))
    controller.time_machine.show(20)
    QTest.keyClick(trained, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: not controller.is_running and controller.epoch == 20, timeout=20_000)
    qtbot.waitUntil(lambda: len(loss.branch_curves.branches) == 1, timeout=5_000)
    loss.draw()
    x, _ = loss.branch_curves.curves[0].getOriginalDataset()
    assert len(x) == 20
    legend = [label.text for _, label in loss.plot.getPlotItem().legend.items]
    assert "Adam 0.05" in legend
    (branch,) = controller.time_machine.branches
    reading_at = loss.plot.getViewBox().mapViewToScene(QPointF(18.0, float(branch.history.loss[17])))
    QTest.mouseMove(loss.plot.viewport(), loss.plot.mapFromScene(reading_at))
    qtbot.waitUntil(lambda: loss.reading.toolTip().startswith("Adam 0.05  ·  Epoch 18"), timeout=5_000)
    trained.past_actions.by_name["past-forget"].trigger()
    qtbot.waitUntil(lambda: loss.branch_curves.branches == (), timeout=5_000)


def test_a_reset_keeps_the_curve_and_says_so(qtbot: QtBot, trained: MainWindow) -> None:
    QTest.keyClick(trained, Qt.Key.Key_F8)
    loss = trained.loss_plot
    qtbot.waitUntil(lambda: len(loss.branch_curves.branches) == 1, timeout=5_000)
    assert "earlier trainings" in loss.reading.toolTip()
    assert not loss.slider.isEnabled()
    assert "Train the network" in loss.slider.toolTip()


def test_saving_while_the_past_of_a_run_is_on_view_lets_the_run_go_on(
    qtbot: QtBot, trained: MainWindow, tmp_path
) -> None:
    controller, document = trained.controller, trained.document
    document.do(ProjectChange("Change settings", settings=replace(SETTINGS, epochs=10_000_000)))
    controller.train()
    qtbot.waitUntil(lambda: len(controller.history) > 40, timeout=10_000)
    controller.time_machine.show(20)
    document.set_path(tmp_path / "a.nns")
    assert trained.files.save()
    assert controller.is_running
    assert controller.time_machine.step == 20
    assert len(document.project.history) >= 40
    assert trained.past_pill.text.text() == "Epoch 10, step 20 · in the past, training goes on"
    controller.halt()


def test_the_memory_of_the_past_is_asked_for_and_kept(qtbot: QtBot, trained: MainWindow) -> None:
    machine = trained.controller.time_machine
    trained.past_actions.by_name["past-memory"].trigger()
    dialog = trained.findChild(QInputDialog, "past-memory")
    field = dialog.findChild(QSpinBox)
    field.selectAll()
    QTest.keyClicks(field, "64")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert machine.budget == machine.timeline.budget == 64 * 2**20
    machine.set_budget(256)
