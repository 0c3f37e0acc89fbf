from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from nnstudio.network import Network
from nnstudio.ui.canvas.connecting import ConnectCard
from tests.ui.canvas.conftest import Hand, make_hand

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

SOURCES, TARGETS = ("s0", "s1", "s2", "s3"), ("t0", "t1", "t2")
PATTERNS = ["all", "one", "random", "sparse"]


@pytest.fixture
def wide(qtbot: QtBot) -> Hand:
    """Four inputs and three outputs."""
    network = Network()
    for row, key in enumerate(SOURCES):
        network.add_neuron("input", id=key, position=(0, 70 * row))
    for row, key in enumerate(TARGETS):
        network.add_neuron("output", id=key, position=(400, 70 * row))
    return make_hand(qtbot, network)


def opened(hand: Hand, pattern: str) -> ConnectCard:
    hand.document.selection.set(SOURCES)
    hand.key(Qt.Key.Key_1)
    hand.document.selection.set(TARGETS)
    hand.key(Qt.Key.Key_3)
    card = hand.canvas.cards.card
    assert isinstance(card, ConnectCard)
    for _ in range(PATTERNS.index(pattern)):
        QTest.keyClick(card.pattern, Qt.Key.Key_Down)
    assert card.pattern.currentData() == pattern
    return card


def pairs(hand: Hand) -> set[tuple[str, str]]:
    return {(c.source, c.target) for c in hand.network.connections}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_the_preview_shows_is_connected_in_one_step(wide: Hand, pattern: str) -> None:
    card = opened(wide, pattern)
    shown = set(card.wiring.pairs)
    assert shown
    assert pairs(wide) == set()
    QTest.keyClick(card.pattern, Qt.Key.Key_Return)
    assert pairs(wide) == shown
    assert wide.document.undo_stack.count() == 1
    assert wide.canvas.cards.card is None
    assert not wide.canvas.network_scene.marked
    wide.undo()
    assert pairs(wide) == set()


def test_one_to_one_goes_by_height_and_says_what_is_left_over(wide: Hand) -> None:
    card = opened(wide, "one")
    assert card.wiring.pairs == (("s0", "t0"), ("s1", "t1"), ("s2", "t2"))
    assert "1 source is left over" in card.note.text()


def test_a_random_pattern_follows_probability_and_seed(wide: Hand) -> None:
    card = opened(wide, "random")
    first = card.wiring.pairs
    card.seed.selectAll()
    QTest.keyClicks(card.seed, "5")
    assert card.wiring.pairs != first
    card.probability.selectAll()
    QTest.keyClicks(card.probability, "1")
    assert len(card.wiring.pairs) == 12
    card.probability.selectAll()
    QTest.keyClicks(card.probability, "7")
    assert card.problem.isVisible()
    assert not card.button.isEnabled()


def test_a_sparse_pattern_gives_each_target_so_many_sources(wide: Hand) -> None:
    card = opened(wide, "sparse")
    card.fan_in.selectAll()
    QTest.keyClicks(card.fan_in, "2")
    QTest.keyClick(card.fan_in, Qt.Key.Key_Return)
    assert [len(wide.network.sources_of(i)) for i in TARGETS] == [2, 2, 2]


def test_what_may_not_be_is_left_out_and_counted(wide: Hand) -> None:
    wide.network.connect("s0", "t0")
    card = opened(wide, "all")
    assert len(card.wiring.pairs) == 11
    assert "1 is there already" in card.note.text()


def test_targets_may_be_chosen_while_the_card_is_open(wide: Hand) -> None:
    wide.document.selection.set(SOURCES)
    wide.key(Qt.Key.Key_1)
    wide.document.selection.clear()
    wide.key(Qt.Key.Key_3)
    card = wide.canvas.cards.card
    assert isinstance(card, ConnectCard)
    assert not card.button.isEnabled()
    wide.click("t1")
    assert len(card.wiring.pairs) == 4
    wide.canvas.setFocus()
    wide.key(Qt.Key.Key_Return)
    assert pairs(wide) == {(source, "t1") for source in SOURCES}


def test_escape_leaves_marks_and_network_as_they_were(wide: Hand) -> None:
    card = opened(wide, "all")
    QTest.keyClick(card.pattern, Qt.Key.Key_Escape)
    assert pairs(wide) == set()
    assert wide.canvas.network_scene.marked == set(SOURCES)


def test_three_without_marked_sources_says_what_to_do(wide: Hand) -> None:
    wide.key(Qt.Key.Key_3)
    assert wide.canvas.cards.card is None
    assert len(wide.messages) == 1


def test_two_connects_what_may_be_and_tells_of_the_rest(hand: Hand) -> None:
    hand.document.selection.set(("a", "h"))
    hand.key(Qt.Key.Key_1)
    hand.document.selection.set(("b", "y"))
    hand.key(Qt.Key.Key_2)
    assert set(hand.network.sources_of("y")) == {"h", "a"}
    assert hand.messages == ["1 connection made. Left out: 2 would lead into inputs, 1 is there already."]


def test_two_refuses_with_the_reason_where_nothing_may_be(hand: Hand) -> None:
    hand.click("y")
    hand.key(Qt.Key.Key_1)
    hand.click("h")
    hand.key(Qt.Key.Key_2)
    assert len(hand.refused) == 1
    assert "cycle" in hand.refused[0]


def test_two_never_closes_a_cycle_by_pairs_that_are_legal_alone(qtbot: QtBot) -> None:
    network = Network()
    for row, key in enumerate("abcd"):
        network.add_neuron("hidden", id=key, position=(0, 80 * row))
    network.connect("a", "b")
    network.connect("c", "d")
    hand = make_hand(qtbot, network)
    hand.document.selection.set(("b", "d"))
    hand.key(Qt.Key.Key_1)
    hand.document.selection.set(("a", "c"))
    hand.key(Qt.Key.Key_2)
    assert hand.refused == []
    assert network.connection_count == 3
    assert "2 would close cycles" in hand.messages[0] or "cycle" in hand.messages[0]
