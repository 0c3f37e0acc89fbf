from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from nnstudio.network.edits import ChangeNeurons
from nnstudio.network.templates import layered_network
from nnstudio.ui.canvas.finding import FindCard
from tests.ui.canvas.conftest import Hand, make_hand

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def large(qtbot: QtBot) -> Hand:
    return make_hand(qtbot, layered_network((2, 30, 1)))


def opened(hand: Hand, text: str) -> FindCard:
    hand.key(Qt.Key.Key_F, CONTROL)
    card = hand.canvas.cards.card
    assert isinstance(card, FindCard)
    assert card.field.hasFocus()
    QTest.keyClicks(card.field, text)
    return card


def test_typing_counts_and_lights_up_what_is_found(large: Hand) -> None:
    plain = large.canvas.viewport().grab().toImage()
    card = opened(large, "h1")
    assert len(card.matches) == 11
    assert card.count.text() == "11 found"
    assert large.canvas.viewport().grab().toImage() != plain
    QTest.keyClicks(card.field, "q")
    assert card.count.text() == "None found"
    assert large.document.selection.neurons == frozenset()


def test_enter_goes_through_the_matches_and_brings_them_into_view(large: Hand) -> None:
    card = opened(large, "h1")
    order = []
    for _ in range(12):
        QTest.keyClick(card.field, Qt.Key.Key_Return)
        (found,) = large.document.selection.neurons
        order.append(found)
        assert large.canvas.viewport().rect().contains(large.pixel(found))
    assert order[:11] == card.matches
    assert order[11] == order[0]
    assert card.count.text() == "1 of 11"
    QTest.keyClick(card.field, Qt.Key.Key_Return, SHIFT)
    assert large.document.selection.neurons == {card.matches[-1]}


def test_escape_closes_the_field_and_keeps_what_was_found(large: Hand) -> None:
    card = opened(large, "y1")
    QTest.keyClick(card.field, Qt.Key.Key_Return)
    QTest.keyClick(card.field, Qt.Key.Key_Escape)
    assert large.canvas.cards.card is None
    assert large.canvas.hasFocus()
    (found,) = large.document.selection.neurons
    assert large.network.neuron(found).label == "y1"
    assert large.document.undo_stack.count() == 0


def test_keys_typed_into_the_field_do_nothing_to_the_canvas(large: Hand) -> None:
    count = large.network.neuron_count
    card = opened(large, "nio12")
    QTest.keyClick(card.field, Qt.Key.Key_Delete)
    assert large.network.neuron_count == count


def test_what_is_renamed_or_undone_meanwhile_is_looked_for_anew(hand: Hand) -> None:
    card = opened(hand, "sum")
    assert card.matches == []
    hand.document.do(ChangeNeurons("Label", {"h": {"label": "Summe"}}))
    assert card.matches == ["h"]
    QTest.keyClick(card.field, Qt.Key.Key_Return)
    hand.undo()
    assert card.matches == []
    assert card.count.text() == "None found"


def test_control_f_again_marks_what_is_typed(hand: Hand) -> None:
    card = opened(hand, "a")
    hand.canvas.setFocus()
    hand.key(Qt.Key.Key_F, CONTROL)
    assert hand.canvas.cards.card is card
    assert card.field.selectedText() == "a"
