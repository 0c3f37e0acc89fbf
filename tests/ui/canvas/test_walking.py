from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from nnstudio.ui.canvas.walking import nearest_towards

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.canvas.conftest import Hand

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT, RIGHT, UP, DOWN = Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down


def test_the_nearest_in_a_direction_is_found_and_straight_ahead_wins() -> None:
    places = np.array([[0.0, 0.0], [100.0, 80.0], [150.0, 0.0], [0.0, 90.0], [-50.0, 200.0]])
    assert nearest_towards(places, 0, 1.0, 0.0) == 2
    assert nearest_towards(places, 0, 0.0, 1.0) == 3
    assert nearest_towards(places, 0, -1.0, 0.0) == 4  # far to the side, but the only one on the left
    assert nearest_towards(places, 0, 0.0, -1.0) is None


def test_control_and_arrows_go_from_neuron_to_neuron(hand: Hand) -> None:
    walking, selection = hand.canvas.walking, hand.document.selection
    hand.key(RIGHT, CONTROL)
    assert walking.neuron == "h"  # nearest to the middle of the view
    for key, neuron in ((RIGHT, "y"), (RIGHT, "y"), (LEFT, "h"), (LEFT, "a"), (DOWN, "b"), (UP, "a")):
        hand.key(key, CONTROL)
        assert walking.neuron == neuron
        assert selection.neurons == {neuron}
    assert hand.network.neuron("a").position == (0, 0)
    assert hand.document.undo_stack.count() == 0


def test_with_shift_they_select_more_and_control_space_toggles(hand: Hand) -> None:
    selection = hand.document.selection
    hand.click("a")
    hand.key(DOWN, CONTROL)
    hand.key(DOWN, CONTROL | SHIFT)
    assert selection.neurons == {"a", "b"}
    hand.key(Qt.Key.Key_Space, CONTROL)
    assert selection.neurons == {"a"}
    hand.key(Qt.Key.Key_Space, CONTROL)
    assert selection.neurons == {"a", "b"}
    assert not hand.canvas.keys.space_held


def test_where_the_keyboard_is_is_painted(hand: Hand) -> None:
    hand.click("h")
    selected = hand.canvas.viewport().grab().toImage()
    hand.key(RIGHT, CONTROL)
    assert hand.canvas.walking.neuron == "h"
    assert hand.canvas.viewport().grab().toImage() != selected


def test_tab_goes_round_the_connections_and_enter_types_the_weight(hand: Hand) -> None:
    hand.click("h")
    hand.key(RIGHT, CONTROL)
    seen = []
    for _ in range(4):
        hand.key(Qt.Key.Key_Tab)
        seen += hand.document.selection.connections
    assert seen == ["ah", "bh", "hy", "ah"]
    hand.key(Qt.Key.Key_Backtab, SHIFT)
    assert hand.document.selection.connections == {"hy"}
    hand.key(Qt.Key.Key_Return)
    editor = hand.canvas.editor
    assert editor is not None
    QTest.keyClicks(editor, "2.5")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert hand.network.connection("hy").weight == 2.5
    assert hand.canvas.hasFocus()
    hand.key(Qt.Key.Key_Escape)
    assert hand.document.selection.neurons == {"h"}


def test_enter_types_the_bias(hand: Hand) -> None:
    hand.click("h")
    hand.key(RIGHT, CONTROL)
    hand.key(Qt.Key.Key_Enter)
    QTest.keyClicks(hand.canvas.editor, "-3")
    QTest.keyClick(hand.canvas.editor, Qt.Key.Key_Return)
    assert hand.network.neuron("h").bias == -3.0


def test_tab_leaves_the_canvas_where_the_keyboard_is_nowhere(hand: Hand, qtbot: QtBot) -> None:
    around, after = QWidget(), QLineEdit()
    qtbot.addWidget(around)
    layout = QVBoxLayout(around)
    layout.addWidget(hand.canvas)
    layout.addWidget(after)
    around.show()
    around.activateWindow()
    qtbot.waitUntil(around.isActiveWindow)
    hand.canvas.setFocus()
    hand.click("h")
    hand.key(RIGHT, CONTROL)
    hand.key(Qt.Key.Key_Tab)
    assert hand.canvas.hasFocus()
    for _ in range(3):
        hand.key(Qt.Key.Key_Escape)
    hand.key(Qt.Key.Key_Tab)
    assert not hand.canvas.hasFocus()
    assert QApplication.focusWidget() is not None
    layout.removeWidget(hand.canvas)
    hand.canvas.setParent(None)


def test_the_mouse_ends_it_and_so_does_a_neuron_that_goes(hand: Hand) -> None:
    hand.key(RIGHT, CONTROL)
    hand.click((200, -100))
    assert hand.canvas.walking.neuron == ""
    hand.key(RIGHT, CONTROL)
    hand.key(Qt.Key.Key_Delete)
    assert hand.canvas.walking.neuron == ""
    hand.key(RIGHT, CONTROL)
    assert hand.canvas.walking.neuron in {"a", "b", "y"}


def test_neurons_far_outside_are_brought_into_view(hand: Hand) -> None:
    hand.network.update_neuron("y", position=(5000, 100))
    hand.click("h")
    hand.key(RIGHT, CONTROL)
    hand.key(RIGHT, CONTROL)
    assert hand.canvas.walking.neuron == "y"
    assert hand.canvas.viewport().rect().contains(hand.pixel("y"))


@pytest.mark.parametrize(
    ("keys", "places"),
    [
        ("IIO", [(0, 0), (0, 90), (400, 0)]),
        ("INN", [(0, 0), (200, 0), (200, 90)]),
    ],
)
def test_without_a_pointer_new_neurons_stand_in_columns(
    empty_hand: Hand, keys: str, places: list[tuple[float, float]]
) -> None:
    QApplication.sendEvent(empty_hand.canvas, QEvent(QEvent.Type.Leave))
    for key in keys:
        empty_hand.key(getattr(Qt.Key, f"Key_{key}"))
    assert [n.position for n in empty_hand.network.neurons] == places
    assert empty_hand.canvas.walking.neuron == empty_hand.network.neurons[-1].id


def test_with_a_resting_pointer_the_next_ones_stand_in_columns_beside_the_first(empty_hand: Hand) -> None:
    empty_hand.move((50, 40))
    for key in (Qt.Key.Key_I, Qt.Key.Key_I, Qt.Key.Key_N):
        empty_hand.key(key)
    x, y = empty_hand.network.neurons[0].position
    assert (x, y) == pytest.approx((50, 40), abs=1)
    assert [n.position for n in empty_hand.network.neurons[1:]] == [(x, y + 90), (x + 200, y)]


def test_a_collapsed_group_is_one_place_to_go_to(hand: Hand) -> None:
    hand.network.add_neuron("hidden", id="k", label="k", position=(200, 140))
    hand.network.add_group("Middle", ("h", "k"), collapsed=True)
    hand.click("a")
    hand.key(RIGHT, CONTROL)
    hand.key(RIGHT, CONTROL)
    assert hand.document.selection.neurons == {"h", "k"}
    hand.key(RIGHT, CONTROL)
    assert hand.canvas.walking.neuron == "y"
    assert hand.document.selection.neurons == {"y"}
