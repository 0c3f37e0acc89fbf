from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest

from nnstudio.network.edits import RemoveItems
from nnstudio.training import TrainingSettings
from nnstudio.ui.canvas.inserting import LayerCard
from nnstudio.ui.document import ProjectChange

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from tests.ui.canvas.conftest import Hand

CONTROL = Qt.KeyboardModifier.ControlModifier


def opened(hand: Hand) -> LayerCard:
    hand.key(Qt.Key.Key_L, CONTROL)
    card = hand.canvas.cards.card
    assert isinstance(card, LayerCard)
    return card


def type_count(card: LayerCard, text: str) -> None:
    card.count.selectAll()
    QTest.keyClicks(card.count, text)


def test_control_l_types_a_layer_between_the_last_one_and_the_outputs_in_one_step(hand: Hand) -> None:
    before = hand.network.copy()
    card = opened(hand)
    assert card.count.hasFocus()
    type_count(card, "3")
    assert len(card.plan.positions) == 3
    assert hand.network == before
    QTest.keyClick(card.count, Qt.Key.Key_Return)
    assert hand.canvas.cards.card is None
    new = hand.document.selection.neurons
    assert len(new) == 3
    for neuron_id in new:
        assert hand.network.sources_of(neuron_id) == ("h",)
        assert hand.network.targets_of(neuron_id) == ("y",)
    assert hand.document.undo_stack.count() == 1
    hand.undo()
    assert hand.network == before


def test_what_is_selected_feeds_the_layer(hand: Hand) -> None:
    hand.document.selection.set(("a", "b"))
    card = opened(hand)
    QTest.keyClick(card.count, Qt.Key.Key_Return)
    new = hand.document.selection.neurons
    assert len(new) == 4
    assert all(set(hand.network.sources_of(i)) == {"a", "b"} for i in new)
    assert all(hand.network.targets_of(i) == () for i in new)


def test_marked_sources_and_the_selection_are_its_two_sides(hand: Hand) -> None:
    hand.document.selection.set(("a", "b"))
    hand.key(Qt.Key.Key_1)
    hand.document.selection.set(("h",))
    card = opened(hand)
    assert card.replaces.isVisible()
    QTest.mouseClick(card.replaces, Qt.MouseButton.LeftButton, pos=card.replaces.rect().center())
    card.replaces.setChecked(True)
    QTest.keyClick(card.count, Qt.Key.Key_Return)
    assert hand.network.connection_between("a", "h") is None
    assert len(hand.network.sources_of("h")) == 4
    hand.undo()
    assert hand.network.connection_between("a", "h") is not None


def test_the_card_follows_the_selection_until_something_else_is_chosen(hand: Hand) -> None:
    card = opened(hand)
    assert card.plan.sources == ("h",)
    hand.click("a")
    assert card.plan.sources == ("a",)
    card.origin.setFocus()
    QTest.keyClick(card.origin, Qt.Key.Key_Down)
    assert card.plan.sources == ("h",)
    hand.click("b")
    assert card.plan.sources == ("h",)


def test_escape_closes_the_card_and_changes_nothing(hand: Hand) -> None:
    before = hand.network.copy()
    card = opened(hand)
    type_count(card, "9")
    QTest.keyClick(card.role, Qt.Key.Key_Escape)
    assert hand.canvas.cards.card is None
    assert hand.network == before
    assert hand.document.undo_stack.count() == 0
    assert hand.canvas.hasFocus()


def test_escape_in_a_number_that_was_typed_closes_the_card(hand: Hand) -> None:
    card = opened(hand)
    type_count(card, "9")
    QTest.keyClick(card.count, Qt.Key.Key_Escape)
    assert hand.canvas.cards.card is None
    assert hand.canvas.hasFocus()


def test_control_l_again_begins_the_number_anew(hand: Hand) -> None:
    card = opened(hand)
    hand.key(Qt.Key.Key_L, CONTROL)
    assert hand.canvas.cards.card is card
    QTest.keyClicks(card.count, "5")
    assert len(card.plan.positions) == 5


def test_up_and_down_go_on_from_what_is_typed(hand: Hand) -> None:
    card = opened(hand)
    type_count(card, "8")
    QTest.keyClick(card.count, Qt.Key.Key_Up)
    assert len(card.plan.positions) == 9
    type_count(card, "5")
    QTest.keyClick(card.count, Qt.Key.Key_Down)
    QTest.keyClick(card.count, Qt.Key.Key_Down)
    assert len(card.plan.positions) == 3


def test_escape_and_enter_work_from_the_canvas_too(hand: Hand) -> None:
    opened(hand)
    hand.canvas.setFocus()
    hand.key(Qt.Key.Key_Escape)
    assert hand.canvas.cards.card is None
    opened(hand)
    hand.canvas.setFocus()
    hand.key(Qt.Key.Key_Return)
    assert hand.network.neuron_count == 8


@pytest.mark.parametrize("text", ["", "0", "2.5", "many", "99999"])
def test_an_impossible_number_is_said_and_not_inserted(hand: Hand, text: str) -> None:
    card = opened(hand)
    card.count.selectAll()
    QTest.keyClick(card.count, Qt.Key.Key_Delete)
    QTest.keyClicks(card.count, text)
    assert card.problem.isVisible()
    assert not card.button.isEnabled()
    QTest.keyClick(card.count, Qt.Key.Key_Return)
    assert hand.canvas.cards.card is card
    assert hand.network.neuron_count == 4
    type_count(card, "2")
    assert not card.problem.isVisible()
    QTest.keyClick(card.count, Qt.Key.Key_Return)
    assert hand.network.neuron_count == 6


def test_the_weights_come_from_the_initializer_of_the_settings_and_the_seed(hand: Hand) -> None:
    hand.document.do(ProjectChange("Settings", settings=TrainingSettings(initializer="zeros", seed=7)))
    card = opened(hand)
    assert card.seed.value == 7
    QTest.keyClick(card.count, Qt.Key.Key_Return)
    assert {c.weight for c in hand.network.connections[3:]} == {0.0}


def test_the_ghosts_are_painted_and_go_with_the_card(hand: Hand) -> None:
    def picture() -> QImage:
        # Without the frame that says how the focus came.
        return hand.canvas.viewport().grab(QRect(5, 5, 890, 590)).toImage()

    plain, place = picture(), hand.canvas.place_on_view()
    card = opened(hand)
    assert hand.canvas.place_on_view() == place
    assert picture() != plain
    QTest.keyClick(card.count, Qt.Key.Key_Escape)
    assert picture() == plain


def test_ghosts_outside_the_view_are_brought_into_it_until_the_card_is_closed(hand: Hand) -> None:
    hand.canvas.centerOn(-300, 100)
    place = hand.canvas.place_on_view()
    card = opened(hand)
    free = hand.canvas.viewport().rect().adjusted(card.geometry().right(), 0, 0, 0)
    assert all(free.contains(hand.pixel(position)) for position in card.plan.positions)
    QTest.keyClick(card.count, Qt.Key.Key_Escape)
    assert hand.canvas.place_on_view() == place


def test_what_is_drawn_meanwhile_is_taken_into_account(hand: Hand) -> None:
    card = opened(hand)
    hand.document.do(RemoveItems("Delete", ("h",)))
    assert set(card.plan.sources) == {"a", "b"}
    QTest.keyClick(card.count, Qt.Key.Key_Return)
    assert hand.network.neuron_count == 7


def test_on_an_empty_canvas_it_inserts_inputs(empty_hand: Hand) -> None:
    card = opened(empty_hand)
    QTest.keyClick(card.count, Qt.Key.Key_Return)
    assert [n.role for n in empty_hand.network.neurons] == ["input"] * 4


def test_while_locked_it_is_refused_and_the_card_stays(hand: Hand) -> None:
    hand.document.lock("Training is running.")
    card = opened(hand)
    QTest.keyClick(card.count, Qt.Key.Key_Return)
    assert hand.refused == ["Training is running."]
    assert hand.canvas.cards.card is card
    assert hand.network.neuron_count == 4


def test_a_card_on_a_low_canvas_scrolls_and_keeps_its_button_in_reach(hand: Hand) -> None:
    card = opened(hand)
    tall = card.height()
    hand.canvas.resize(700, 220)
    assert card.height() < tall
    assert hand.canvas.rect().contains(card.geometry())
    assert card.rect().contains(card.button.geometry())
    QTest.mouseClick(card.button, Qt.MouseButton.LeftButton)
    assert len(hand.document.selection.neurons) == 4
