"""Arranging by keys: one step each, and neurons glide to their places."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

ALT = Qt.KeyboardModifier.AltModifier
ALL = ("a", "b", "h", "y")


def places(hand, *ids: str) -> list[tuple[float, float]]:
    return [hand.network.neuron(i).position for i in ids]


@pytest.mark.parametrize(
    ("key", "axis", "value"),
    [
        (Qt.Key.Key_Left, 0, 0.0),
        (Qt.Key.Key_C, 0, 200.0),
        (Qt.Key.Key_Right, 0, 400.0),
        (Qt.Key.Key_Up, 1, 0.0),
        (Qt.Key.Key_M, 1, 50.0),
        (Qt.Key.Key_Down, 1, 100.0),
    ],
)
def test_aligning_is_one_step(hand, key, axis, value) -> None:
    hand.document.selection.set(("a", "h", "y"))
    before = places(hand, *ALL)
    hand.key(key, ALT)
    assert [place[axis] for place in places(hand, "a", "h", "y")] == [value] * 3
    hand.undo()
    assert places(hand, *ALL) == before


def test_distributing_gives_even_gaps(hand) -> None:
    hand.network.update_neuron("h", position=(50.0, 100.0))
    hand.document.selection.set(("a", "h", "y"))
    hand.key(Qt.Key.Key_Right, ALT | Qt.KeyboardModifier.ShiftModifier)
    assert [x for x, _ in places(hand, "a", "h", "y")] == [0.0, 200.0, 400.0]


def test_too_few_neurons_are_told(hand) -> None:
    hand.document.selection.set(("a",))
    hand.key(Qt.Key.Key_Left, ALT)
    assert hand.messages == ["Select at least two neurons for this."]


def test_tidying_moves_what_is_selected_alone(hand) -> None:
    hand.document.selection.set(("a", "b"))
    still = places(hand, "h", "y")
    hand.network.update_neuron("a", position=(30.0, 10.0))
    hand.key(Qt.Key.Key_T)
    assert places(hand, "h", "y") == still
    assert len({x for x, _ in places(hand, "a", "b")}) == 1


def test_neurons_glide_and_another_change_ends_it(qtbot, hand) -> None:
    hand.document.selection.set(("a", "b", "h"))
    item = hand.canvas.network_scene.items_by_id["h"]
    hand.key(Qt.Key.Key_Left, ALT)
    assert hand.network.neuron("h").position == (0.0, 100.0)
    qtbot.waitUntil(lambda: item.x() == 0.0, timeout=5000)
    hand.undo()
    assert (item.x(), item.y()) == (200.0, 100.0)
    hand.key(Qt.Key.Key_Left, ALT)
    hand.network.remove_neuron("h")
    assert hand.canvas.network_scene.items_by_id["a"].x() == 0.0
