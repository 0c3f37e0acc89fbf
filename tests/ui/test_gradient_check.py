"""Checking gradients from the menu, with real clicks on what it found."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest

import nnstudio as nn
from nnstudio.network.edits import ChangeConnections, ChangeNeurons, SetValues
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.canvas.strokes import CHECK_RANGE, shown_values, told_values
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.work import Work

XOR = nn.Dataset.from_arrays([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]])


def two_layers():
    network = nn.Network()
    inputs = [network.add_neuron("input", label=label, position=(0, 100 * i)) for i, label in enumerate("ab")]
    hidden = [network.add_neuron("hidden", activation="tanh", position=(200, 100 * i)) for i in range(3)]
    out = network.add_neuron("output", activation="sigmoid", label="out", position=(400, 100))
    for neuron in hidden:
        for source in inputs:
            network.connect(source.id, neuron.id)
        network.connect(neuron.id, out.id)
    network.initialize("xavier_uniform", 3)
    return network


@pytest.fixture
def dialog(window, qtbot):
    window.document.replace_project(Project(two_layers(), XOR, TrainingSettings(learning_rate=0.1)))
    qtbot.waitUntil(lambda: window.controller.snapshot is not None)
    window.actions_by_name["check-gradients"].trigger()
    found = window._gradient_check
    qtbot.waitUntil(lambda: found.checked is not None)
    return found


def layer_of(window):
    return window.canvas.network_scene.layer


def test_all_gradients_are_listed_worst_first_and_color_the_canvas(window, dialog):
    errors = dialog.checked.found.relative_error
    assert len(dialog.model.places) == 13
    assert np.all(np.diff(errors[dialog.model.places]) <= 0)
    assert errors[dialog.model.places].max() < 1e-6
    assert dialog.verdict.text().startswith("All 13 gradients agree")
    layer = layer_of(window)
    assert layer.coloring == "check"
    expected = dialog.checked.errors()
    assert layer.graph.errors.tolist() == [expected[i] for i in layer.graph.connection_ids]
    assert window.canvas.legend.buttons["check"].isVisible()
    assert window.canvas.color_mode == "weight"


def test_a_click_on_a_line_selects_its_connection(window, dialog):
    row = next(r for r, place in enumerate(dialog.model.places) if place < 9)
    at = dialog.table.visualRect(dialog.model.index(row, 0)).center()
    QTest.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    chosen = dialog.checked.program.connection_ids[dialog.model.places[row]]
    assert window.document.selection.connections == {chosen}


def test_a_changed_weight_makes_it_stale_and_undo_true_again(window, dialog, qtbot):
    connection = window.document.network.connections[0]
    window.document.do(ChangeConnections("Set the weight", {connection.id: {"weight": 2.0}}))
    qtbot.waitUntil(lambda: not dialog.is_colored)
    assert "have changed since" in dialog.verdict.text()
    assert layer_of(window).coloring == "weight"
    window.document.undo_stack.undo()
    qtbot.waitUntil(lambda: dialog.is_colored)
    assert dialog.verdict.text().startswith("All 13")


def test_what_arrives_after_a_change_is_not_shown(window, dialog, qtbot):
    late = dialog.checked
    dialog.check()
    connection = window.document.network.connections[0]
    window.document.do(ChangeConnections("Set the weight", {connection.id: {"weight": 2.0}}))
    dialog._on_finished(late)
    assert dialog.checked is not None
    qtbot.waitUntil(lambda: dialog._work is None)
    qtbot.waitUntil(lambda: "have changed since" in dialog.verdict.text())
    assert layer_of(window).coloring == "weight"


def test_cancelling_leaves_nothing_and_says_so(window, dialog, qtbot):
    dialog.again.click()
    assert dialog.cancel.isVisible()
    QTest.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
    assert dialog.verdict.text() == "The check was cancelled."
    assert dialog.model.rowCount() == 0
    assert layer_of(window).coloring == "weight"


def test_closing_gives_the_canvas_its_colors_back(window, dialog):
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert layer_of(window).coloring == "weight"
    assert not window.canvas.legend.buttons["check"].isVisible()


def test_another_coloring_can_be_chosen_meanwhile(window, dialog):
    QTest.mouseClick(window.canvas.legend.buttons["gradient"], Qt.MouseButton.LeftButton)
    assert layer_of(window).coloring == "gradient"


def test_the_perceptron_rule_has_none_and_says_why(window, dialog, qtbot):
    window.document.do(ProjectChange("Rule", settings=TrainingSettings(optimizer="perceptron")))
    dialog.check()
    assert "perceptron rule does not go by gradients" in dialog.verdict.text()


def test_a_wrong_gradient_is_told_and_strongly_colored(window, dialog):
    found, graph = dialog.checked.found, layer_of(window).graph
    found.relative_error[0] = 0.3
    assert dialog.checked.verdict() == "1 of 13 gradients differ, by up to 3e-01."
    window.canvas.network_scene.set_errors(dialog.checked.errors())
    wrong = graph.connection_slots[dialog.checked.program.connection_ids[0]]
    shares = shown_values(graph, "check")
    assert shares[wrong] == 1.0
    assert shares.argmax() == wrong
    assert told_values(graph, "check")[wrong] == 0.3


def test_weights_without_finite_gradients_are_told(window, dialog, qtbot):
    network = window.document.network
    away = {connection.id: 1e200 for connection in network.connections}
    assert window.document.do(SetValues("Set weights", away, {}))
    window.document.do(
        ChangeNeurons(
            "Linear", {n.id: {"activation": "identity"} for n in (*network.hidden, *network.outputs)}
        )
    )
    window.controller.look()
    dialog.check()
    qtbot.waitUntil(lambda: dialog.again.isVisible())
    assert "leave the finite numbers" in dialog.verdict.text()


def test_colors_of_the_check_before_go_as_soon_as_they_are_not_true(window, dialog):
    dialog.check()
    assert dialog.is_colored
    window.document.do(ChangeConnections("Set", {window.document.network.connections[0].id: {"weight": 0.9}}))
    window.controller.look()
    assert dialog.cancel.isVisible()
    assert not dialog.is_colored
    assert layer_of(window).coloring == "weight"


def test_checks_that_are_over_leave_nothing_behind(window, dialog, qtbot):
    for _ in range(3):
        dialog.check()
        qtbot.waitUntil(lambda: dialog.checked is not None and dialog.again.isVisible())
        dialog.check()
        dialog.stop()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert dialog.findChildren(Work) == []


def test_shares_are_logarithmic_and_what_was_not_measured_is_weakest(window, dialog):
    graph = layer_of(window).graph
    low, high = CHECK_RANGE
    graph.errors = np.array([low / 10, low, math.sqrt(low * high), high, math.nan, math.inf, 0.0, 1.0, 1.0])
    assert shown_values(graph, "check").tolist() == pytest.approx([0, 0, 0.5, 1, 0, 1, 0, 1, 1])
