from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from nnstudio.ui.canvas.select_menu import make_select_menu

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.canvas.conftest import Hand

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


def test_brackets_grow_the_selection_by_one_step_a_press(hand: Hand) -> None:
    selection = hand.document.selection
    hand.click("y")
    hand.key(Qt.Key.Key_BracketLeft)
    assert selection.neurons == {"y", "h"}
    hand.key(Qt.Key.Key_BracketLeft)
    assert selection.neurons == {"y", "h", "a", "b"}
    hand.key(Qt.Key.Key_BracketLeft)
    assert len(hand.messages) == 1
    hand.click("a")
    hand.key(Qt.Key.Key_BracketRight)
    assert selection.neurons == {"a", "h"}


def test_from_a_connection_a_bracket_goes_to_its_end(hand: Hand) -> None:
    hand.document.selection.set((), ("hy",))
    hand.key(Qt.Key.Key_BracketRight)
    assert hand.document.selection.neurons == {"y"}


def test_p_selects_the_paths_between_two(hand: Hand) -> None:
    hand.document.selection.set(("y", "a"))
    hand.key(Qt.Key.Key_P)
    assert hand.document.selection.neurons == {"a", "h", "y"}
    assert hand.document.selection.connections == {"ah", "hy"}
    hand.document.selection.set(("a", "b"))
    hand.key(Qt.Key.Key_P)
    hand.click("a")
    hand.key(Qt.Key.Key_P)
    assert len(hand.messages) == 2


def test_the_others_are_selected_of_the_kind_that_was(hand: Hand) -> None:
    selection = hand.document.selection
    hand.click("h")
    hand.key(Qt.Key.Key_I, CONTROL)
    assert (selection.neurons, selection.connections) == ({"a", "b", "y"}, frozenset())
    selection.set((), ("hy",))
    hand.key(Qt.Key.Key_I, CONTROL)
    assert (selection.neurons, selection.connections) == (frozenset(), {"ah", "bh"})
    selection.clear()
    hand.key(Qt.Key.Key_I, CONTROL)
    assert len(selection.neurons) + len(selection.connections) == 7


@pytest.mark.parametrize(
    ("key", "modifier", "found"),
    [
        (Qt.Key.Key_I, SHIFT, {"a", "b"}),
        (Qt.Key.Key_N, SHIFT, {"h"}),
        (Qt.Key.Key_O, SHIFT, {"y"}),
    ],
)
def test_keys_select_by_role(hand: Hand, key: Qt.Key, modifier: Qt.KeyboardModifier, found: set[str]) -> None:
    hand.key(key, modifier)
    assert hand.document.selection.neurons == found
    assert hand.network.neuron_count == 4


def test_same_kind_same_layer_and_connections_of_what_is_selected(hand: Hand) -> None:
    selection = hand.document.selection
    for key in (Qt.Key.Key_S, Qt.Key.Key_L):
        hand.click("a")
        hand.key(key)
        assert selection.neurons == {"a", "b"}
    hand.click("h")
    hand.key(Qt.Key.Key_C)
    assert selection.connections == {"ah", "bh", "hy"}
    selection.set(("a", "h", "y"))
    hand.key(Qt.Key.Key_C)
    assert (selection.neurons, selection.connections) == (frozenset(), {"ah", "hy"})


def test_loose_and_frozen_ones(hand: Hand) -> None:
    actions = hand.canvas.actions()
    hand.click("h")
    actions["select_unconnected"].trigger()
    actions["select_frozen"].trigger()
    assert len(hand.messages) == 2
    assert hand.document.selection.neurons == {"h"}
    hand.network.update_connection("ah", trainable=False)
    hand.network.update_neuron("y", trainable=False)
    actions["select_frozen"].trigger()
    assert (hand.document.selection.neurons, hand.document.selection.connections) == ({"y"}, {"ah"})
    alone = hand.network.add_neuron("hidden").id
    actions["select_unconnected"].trigger()
    assert hand.document.selection.neurons == {alone}


def test_the_menu_offers_the_activations_and_layers_that_there_are(hand: Hand, qtbot: QtBot) -> None:
    menu = make_select_menu(hand.canvas, hand.canvas)
    qtbot.addWidget(menu)
    menu.aboutToShow.emit()
    activations, layers = (action.menu() for action in menu.actions()[-2:])
    assert [action.text() for action in activations.actions()] == ["Tanh (1)", "Sigmoid (1)"]
    activations.actions()[1].trigger()
    assert hand.document.selection.neurons == {"y"}
    assert [action.text() for action in layers.actions()] == ["Inputs (2)", "Layer 1 (1)", "Layer 2 (1)"]
    layers.actions()[1].trigger()
    assert hand.document.selection.neurons == {"h"}
    assert hand.document.undo_stack.count() == 0


def test_a_duplicate_with_all_connections_is_wired_as_its_original(hand: Hand) -> None:
    before = hand.network.copy()
    hand.click("h")
    hand.key(Qt.Key.Key_D, CONTROL | SHIFT)
    (new,) = hand.document.selection.neurons
    assert hand.network.sources_of(new) == ("a", "b")
    assert hand.network.targets_of(new) == ("y",)
    assert hand.document.undo_stack.count() == 1
    hand.undo()
    assert hand.network == before
