"""The inspector with several neurons or connections: what they have in common, and changing all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from nnstudio.ui.panels.fields import MIXED
from nnstudio.ui.panels.relative import Change, parse_change
from tests.ui.panels.conftest import select

if TYPE_CHECKING:
    from nnstudio.ui.document import Document
    from nnstudio.ui.panels.fields import NumberField
    from nnstudio.ui.panels.inspector import InspectorPanel

pytestmark = pytest.mark.ui
ALL = ("ah", "bh", "hy", "ay")


def type_into(field: NumberField, text: str) -> None:
    field.setFocus()
    field.selectAll()
    field.insert(text)  # keyClicks knows ASCII only
    field.setModified(True)
    QTest.keyClick(field, Qt.Key.Key_Return)


def weights(document: Document) -> list[float]:
    return [document.network.connection(key).weight for key in ALL]


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("×2", Change("times", 2.0)),
        ("*0,5", Change("times", 0.5)),
        ("x -1", Change("times", -1.0)),
        ("/4", Change("times", 0.25)),
        ("+0.1", Change("plus", 0.1)),
        ("+ −3", Change("plus", -3.0)),
        ("random", Change("random")),
        ("Random ±0.5", Change("random", 0.5)),
        ("0.5", None),
        ("-0.5", None),
        ("nonsense", None),
    ],
)
def test_relative_changes_are_read(text: str, change: Change | None) -> None:
    assert parse_change(text, several=True) == change


@pytest.mark.parametrize("text", ["×", "/0", "random -1", "+a"])
def test_what_only_begins_like_one_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_change(text, several=True)


def test_a_plus_before_a_single_number_is_just_its_sign() -> None:
    assert parse_change("+0.1", several=False) is None
    assert parse_change("×2", several=False) == Change("times", 2.0)


def test_mixed_weights_are_shown_as_mixed_and_changed_each_by_itself_in_one_step(
    inspector: InspectorPanel,
    document: Document,
) -> None:
    select(inspector, connections=ALL)
    field = inspector.connections_page.weight
    assert (field.text(), field.placeholderText()) == ("", MIXED)
    type_into(field, "×2")
    assert weights(document) == [1.0, -3.0, 4.0, 0.5]
    type_into(field, "+0.5")
    assert weights(document) == [1.5, -2.5, 4.5, 1.0]
    assert document.undo_stack.count() == 2
    document.undo_stack.undo()
    document.undo_stack.undo()
    assert weights(document) == [0.5, -1.5, 2.0, 0.25]


def test_random_weights_come_from_the_seed_and_differ_with_the_next_step(
    inspector: InspectorPanel,
    document: Document,
) -> None:
    select(inspector, connections=ALL)
    field = inspector.connections_page.weight
    type_into(field, "random")
    first = weights(document)
    assert len(set(first)) == 4
    type_into(field, "random")
    assert weights(document) != first
    document.undo_stack.undo()
    document.undo_stack.undo()
    type_into(field, "random")
    assert weights(document) == first
    type_into(field, "random 0.01")
    assert all(abs(weight) <= 0.01 for weight in weights(document))


def test_weights_that_share_one_change_once_and_a_fixed_sign_is_kept(
    inspector: InspectorPanel,
    document: Document,
) -> None:
    network = document.network
    network.update_connection("ah", tie="w")
    network.update_connection("bh", tie="w")
    network.update_connection("ay", sign=1)
    select(inspector, connections=ALL)
    type_into(inspector.connections_page.weight, "×2")
    assert network.connection("ah").weight == network.connection("bh").weight == 1.0
    type_into(inspector.connections_page.weight, "random")
    assert network.connection("ay").weight >= 0.0


def test_a_relative_change_that_cannot_be_is_said(
    inspector: InspectorPanel,
    document: Document,
) -> None:
    select(inspector, connections=ALL)
    type_into(inspector.connections_page.weight, "/0")
    assert inspector.connections_page.problem.isVisible()
    assert document.undo_stack.count() == 0


def test_biases_change_each_by_itself_too(inspector: InspectorPanel, document: Document) -> None:
    network = document.network
    network.update_neuron("h", bias=1.0)
    network.update_neuron("y", bias=-2.0)
    select(inspector, neurons=("a", "h", "y"))
    page = inspector.neurons_page
    assert page.bias.placeholderText() == MIXED
    assert page.role.currentIndex() == -1
    assert page.activation.currentIndex() == -1
    type_into(page.bias, "+0.5")
    assert (network.neuron("h").bias, network.neuron("y").bias) == (1.5, -1.5)
    type_into(page.bias, "random 0.25")
    assert abs(network.neuron("h").bias or 0.0) <= 0.25
    assert document.undo_stack.count() == 2


def test_labels_of_several_are_mixed_and_numbered_in_one_step(
    inspector: InspectorPanel, document: Document
) -> None:
    network = document.network
    select(inspector, neurons=("a", "b", "y"))
    field = inspector.neurons_page.label
    assert (field.text(), field.placeholderText()) == ("", MIXED)
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert document.undo_stack.count() == 0
    QTest.keyClicks(field, "in #")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert [network.neuron(key).label for key in ("a", "b", "y")] == ["in 1", "in 2", "in 3"]
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert network.neuron("a").label == "a"


def test_training_and_taking_part_of_many_are_mixed_until_they_are_set(
    inspector: InspectorPanel,
    document: Document,
) -> None:
    network = document.network
    network.update_connection("ah", trainable=False, enabled=False)
    select(inspector, connections=ALL)
    fields = inspector.connections_page.constraints
    for box in (fields.trainable, fields.enabled):
        assert box.checkState() == Qt.CheckState.PartiallyChecked
        box.click()
        assert box.checkState() == Qt.CheckState.Checked
    assert all(c.trainable and c.enabled for c in network.connections)
    fields.enabled.click()
    assert not any(c.enabled for c in network.connections)
    assert document.undo_stack.count() == 3


def test_the_rate_and_the_sign_of_many_are_set_at_once(
    inspector: InspectorPanel,
    document: Document,
) -> None:
    network = document.network
    network.update_connection("ah", rate_factor=0.5)
    network.update_connection("bh", sign=-1)
    select(inspector, connections=ALL)
    fields = inspector.connections_page.constraints
    assert fields.rate.placeholderText() == MIXED
    assert fields.sign.currentIndex() == -1
    type_into(fields.rate, "0.1")
    assert {c.rate_factor for c in network.connections} == {0.1}
    type_into(fields.rate, "-1")
    assert fields.rate.property("invalid")
    fields.sign.setCurrentIndex(1)
    fields.sign.activated.emit(1)
    assert {c.sign for c in network.connections} == {1}
    assert network.connection("bh").weight == 0.0
    fields.sign.activated.emit(0)
    assert {c.sign for c in network.connections} == {0}
    assert document.undo_stack.count() == 3


def test_connections_share_a_weight_and_part_again(
    inspector: InspectorPanel,
    document: Document,
) -> None:
    network = document.network
    select(inspector, connections=("ah", "bh", "ay"))
    fields = inspector.connections_page.constraints
    fields.shared.click()
    assert {network.connection(key).weight for key in ("ah", "bh", "ay")} == {0.5}
    select(inspector, connections=("bh",))
    assert "2 other" in fields.partners.text()
    fields.partners.linkActivated.emit("all")
    assert document.selection.connections == {"ah", "bh", "ay"}
    inspector.refresh()
    assert fields.shared.checkState() == Qt.CheckState.Checked
    fields.shared.click()
    assert network.ties == ()


def test_outputs_and_inputs_offer_only_what_they_can_have(inspector: InspectorPanel) -> None:
    fields = inspector.neurons_page.constraints
    select(inspector, neurons=("y",))
    assert fields.trainable.isVisible()
    assert not fields.enabled.isVisible()
    select(inspector, neurons=("a",))
    assert fields.enabled.isVisible()
    assert not fields.trainable.isVisible()
    assert not fields.rate.isVisible()
