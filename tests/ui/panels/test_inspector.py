from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from nnstudio.network.edits import ChangeConnections
from tests.ui.panels.conftest import select

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.document import Document
    from nnstudio.ui.panels.fields import NumberField, ValueSlider
    from nnstudio.ui.panels.inspector import InspectorPanel
    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui


def type_into(field: NumberField, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def drag(slider: ValueSlider, *places: int) -> None:
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(places[0], 11))
    for place in places[1:]:
        QTest.mouseMove(slider, QPoint(place, 11))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(places[-1], 11))


def test_nothing_selected_shows_the_network_with_its_counts(inspector: InspectorPanel) -> None:
    page = inspector.network_page
    assert page.isVisible()
    assert page.neurons.text() == "4: 2 inputs, 1 hidden, 1 output"
    assert page.connections.text() == "4"
    assert page.parameters.text() == "6"
    assert page.depth.text() == "2 connections on the longest path"


def test_title_and_description_are_edited_as_undoable_steps(
    inspector: InspectorPanel, document: Document
) -> None:
    page = inspector.network_page
    page.title.setFocus()
    QTest.keyClicks(page.title, "Sums")
    QTest.keyClick(page.title, Qt.Key.Key_Return)
    page.description.setFocus()
    QTest.keyClicks(page.description, "adds")
    page.title.setFocus()
    assert (document.project.title, document.project.description) == ("Sums", "adds")
    document.undo_stack.undo()
    document.undo_stack.undo()
    inspector.refresh()
    assert (page.title.text(), page.description.toPlainText()) == ("", "")


def test_a_note_about_loose_neurons_selects_them(inspector: InspectorPanel, document: Document) -> None:
    document.network.add_neuron("hidden", label="alone", id="x")
    inspector.refresh()
    page = inspector.network_page
    assert page.notes.isVisible()
    assert "alone" in page.notes.text()
    page.notes.linkActivated.emit("0")
    assert document.selection.neurons == {"x"}


def test_one_neuron_shows_its_values_for_the_sample_in_focus(
    inspector: InspectorPanel, document: Document, controller: TrainingController
) -> None:
    document.set_focus_row(1)  # a = 0, b = 1
    controller.look()
    select(inspector, ("h",))
    page = inspector.neurons_page
    assert inspector.headline.text() == "h  ·  hidden neuron"
    assert page.sum_value.text() == "−1.5"
    assert page.value.text() == "−0.9051"
    assert page.gradient.text() not in ("–", "0")
    assert page.formula.text()
    assert page.incoming.connection_ids == ["ah", "bh"]
    assert page.outgoing.connection_ids == ["hy"]


def test_an_input_has_neither_activation_nor_bias_to_edit(inspector: InspectorPanel) -> None:
    select(inspector, ("a",))
    page = inspector.neurons_page
    assert not page.activation.isVisible()
    assert not page.bias.isVisible()
    assert not page.curve.isVisible()
    assert page.label.isVisible()
    assert page.outgoing.connection_ids == ["ah", "ay"]


def test_a_typed_bias_is_one_step(inspector: InspectorPanel, document: Document) -> None:
    select(inspector, ("h",))
    type_into(inspector.neurons_page.bias, "0.75")
    assert document.network.neuron("h").bias == 0.75
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    inspector.refresh()
    assert inspector.neurons_page.bias.value == 0.0


def test_a_bad_bias_is_refused_with_its_reason_and_changes_nothing(
    inspector: InspectorPanel, document: Document
) -> None:
    select(inspector, ("h",))
    type_into(inspector.neurons_page.bias, "plenty")
    assert document.undo_stack.count() == 0
    assert inspector.neurons_page.problem.isVisible()
    assert "plenty" in inspector.neurons_page.problem.text()
    type_into(inspector.neurons_page.bias, "1")
    assert not inspector.neurons_page.problem.isVisible()


def test_each_drag_of_the_weight_slider_is_one_step(inspector: InspectorPanel, document: Document) -> None:
    select(inspector, (), ("ah",))
    slider = inspector.connections_page.weight_slider
    drag(slider, 20, 30, 40, 35)
    first = document.network.connection("ah").weight
    drag(slider, 60, 70, 75)
    second = document.network.connection("ah").weight
    assert 0.5 != first != second
    assert document.undo_stack.count() == 2
    document.undo_stack.undo()
    assert document.network.connection("ah").weight == first
    document.undo_stack.undo()
    assert document.network.connection("ah").weight == 0.5


def test_mixed_weights_are_shown_as_such_and_set_together_in_one_step(
    inspector: InspectorPanel, document: Document
) -> None:
    select(inspector, (), ("ah", "bh", "hy"))
    page = inspector.connections_page
    assert page.weight.text() == ""
    assert page.weight.placeholderText() == "mixed"
    assert page.weight_slider.value is None
    assert page.range.text() == "−1.5 … 2"
    type_into(page.weight, "-3")
    assert [document.network.connection(key).weight for key in ("ah", "bh", "hy")] == [-3.0] * 3
    document.undo_stack.undo()
    assert [document.network.connection(key).weight for key in ("ah", "bh", "hy")] == [0.5, -1.5, 2.0]


def test_a_mixed_selection_edits_both_kinds_each_for_itself(
    inspector: InspectorPanel, document: Document
) -> None:
    select(inspector, ("a", "h", "y"), ("ah", "hy"))
    assert inspector.neurons_page.isVisible()
    assert inspector.connections_page.isVisible()
    assert inspector.headline.text() == "3 neurons"
    assert inspector.connections_title.text() == "2 connections"
    assert inspector.neurons_page.role.currentIndex() == -1
    assert inspector.neurons_page.activation.currentIndex() == -1
    type_into(inspector.neurons_page.bias, "0.5")
    assert [document.network.neuron(key).bias for key in ("a", "h", "y")] == [None, 0.5, 0.5]


def choose(box: Any, key: str) -> None:
    box.setCurrentIndex(box.findData(key))
    box.activated.emit(box.currentIndex())


def test_activation_and_role_are_chosen_for_all(inspector: InspectorPanel, document: Document) -> None:
    select(inspector, ("h", "y"))
    choose(inspector.neurons_page.activation, "relu")
    assert {document.network.neuron(key).activation for key in ("h", "y")} == {"relu"}
    choose(inspector.neurons_page.role, "hidden")
    assert document.network.neuron("y").role == "hidden"
    assert document.undo_stack.count() == 2


@pytest.mark.parametrize("key", ["custom:x * tanh(x)", "custom:log(x)"])
def test_a_formula_as_activation_is_shown_and_can_be_left_for_another(
    inspector: InspectorPanel, document: Document, key: str
) -> None:
    document.network.update_neuron("h", activation=key)
    select(inspector, ("h",))
    page = inspector.neurons_page
    assert page.activation.currentText() == f"Custom: {key.removeprefix('custom:')}"
    assert page.formula.text() == f"a = {key.removeprefix('custom:').replace('x', 'z')}"
    assert not page.curve.grab().isNull()
    choose(page.activation, "relu")
    assert document.network.neuron("h").activation == "relu"


def test_a_role_that_a_rule_refuses_leaves_the_choice_as_it_was(
    inspector: InspectorPanel, document: Document
) -> None:
    refusals: list[object] = []
    document.refused.connect(refusals.append)
    select(inspector, ("h",))
    choose(inspector.neurons_page.role, "input")
    assert len(refusals) == 1
    assert inspector.neurons_page.role.currentData() == "hidden"


def test_freezing_weights_checks_all_of_a_mixed_box(inspector: InspectorPanel, document: Document) -> None:
    document.do(ChangeConnections("Freeze", {"ah": {"trainable": False}}))
    select(inspector, (), ("ah", "bh"))
    box = inspector.connections_page.constraints.trainable
    assert box.checkState() is Qt.CheckState.PartiallyChecked
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert all(document.network.connection(key).trainable for key in ("ah", "bh"))


def test_a_click_in_the_list_selects_the_connection_and_its_ends_lead_back(
    inspector: InspectorPanel, document: Document
) -> None:
    select(inspector, ("h",))
    view = inspector.neurons_page.incoming
    place = view.visualRect(view.model().index(1, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert document.selection.connections == {"bh"}
    inspector.refresh()
    assert inspector.connections_page.ends.text().count("href") == 2
    inspector.connections_page.ends.linkActivated.emit("b")
    assert document.selection.neurons == {"b"}


def test_one_connection_shows_its_gradient_and_what_it_passes_on(
    inspector: InspectorPanel, document: Document, controller: TrainingController
) -> None:
    document.set_focus_row(3)
    controller.look()
    select(inspector, (), ("bh",))
    page = inspector.connections_page
    assert page.signal.text() == "1 × −1.5 = −1.5"
    assert page.gradient.text() not in ("–", "0")


def test_a_label_is_changed_and_a_refused_one_comes_back(
    inspector: InspectorPanel, document: Document
) -> None:
    select(inspector, ("h",))
    label = inspector.neurons_page.label
    label.setFocus()
    label.selectAll()
    QTest.keyClicks(label, "middle")
    QTest.keyClick(label, Qt.Key.Key_Return)
    assert document.network.neuron("h").label == "middle"
    label.selectAll()
    QTest.keyClicks(label, "x" * 100)
    QTest.keyClick(label, Qt.Key.Key_Return)
    assert document.network.neuron("h").label == "middle"
    assert label.text() == "middle"


def test_while_training_runs_live_values_are_shown_to_read_only(
    qtbot: QtBot, inspector: InspectorPanel, document: Document, controller: TrainingController
) -> None:
    select(inspector, (), ("ah",))
    page = inspector.connections_page
    controller.train()
    qtbot.waitUntil(lambda: page.weight.isReadOnly() and page.weight.value != 0.5)
    assert document.network.connection("ah").weight == 0.5
    assert not page.weight_slider.isEnabled()
    QTest.keyClick(page.weight, Qt.Key.Key_Up)
    controller.halt()
    inspector.refresh()
    assert not page.weight.isReadOnly()
    assert page.weight.value == document.network.connection("ah").weight != 0.5


def test_removing_what_is_selected_shows_the_network_again(
    inspector: InspectorPanel, document: Document
) -> None:
    select(inspector, ("h",), ("hy",))
    document.network.remove_neuron("h")
    inspector.refresh()
    assert inspector.network_page.isVisible()
    assert not inspector.neurons_page.isVisible()


def test_what_was_typed_and_not_taken_goes_when_something_else_is_selected(inspector: InspectorPanel) -> None:
    select(inspector, (), ("ah",))
    field = inspector.connections_page.weight
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "abc")
    select(inspector, (), ("bh",))
    assert field.text() == "−1.5"
