"""Constraint brushes, driven with the mouse and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


def take(hand, key: str) -> None:
    hand.key(Qt.Key.Key_B)
    QTest.mouseClick(hand.canvas.brush_bar.buttons[key], LEFT)


def test_a_stroke_over_connections_is_one_step(hand) -> None:
    take(hand, "freeze")
    assert hand.canvas.brush_bar.isVisible()
    x, _ = hand.middle("ah")
    hand.drag((x, -20), (x, 220))
    assert [c.trainable for c in hand.network.connections] == [False, False, True]
    hand.undo()
    assert all(c.trainable for c in hand.network.connections)
    assert not hand.document.undo_stack.canUndo()


def test_the_bar_covers_nothing_of_a_network_that_is_all_on_view(hand) -> None:
    hand.canvas.fit_all()
    zoom = hand.canvas.zoom
    take(hand, "freeze")
    top = hand.canvas.brush_bar.geometry().bottom()
    assert all(hand.pixel(n.position).y() > top for n in hand.network.neurons)
    hand.key(Qt.Key.Key_Escape)
    assert hand.canvas.zoom == zoom


def test_what_a_stroke_touches_first_says_what_it_does(hand) -> None:
    hand.network.update_connection("ah", trainable=False)
    take(hand, "freeze")
    x, _ = hand.middle("ah")
    hand.drag((x, -20), (x, 220))
    assert all(c.trainable for c in hand.network.connections)


def test_shift_takes_away(hand) -> None:
    hand.network.update_connection("bh", trainable=False)
    take(hand, "freeze")
    x, _ = hand.middle("ah")
    hand.drag((x, -20), (x, 220), modifier=SHIFT)
    assert all(c.trainable for c in hand.network.connections)


def test_a_click_on_a_neuron_disables_it_and_an_output_stays(hand) -> None:
    take(hand, "disable")
    hand.click("h")
    hand.click("y")
    assert [n.id for n in hand.network.neurons if not n.enabled] == ["h"]
    hand.click("h")
    assert hand.network.neuron("h").enabled


def test_a_weight_of_the_wrong_sign_becomes_zero_and_comes_back_by_undo(hand) -> None:
    take(hand, "positive")
    hand.click(hand.middle("bh"))
    assert (hand.network.connection("bh").sign, hand.network.connection("bh").weight) == (1, 0.0)
    hand.undo()
    assert (hand.network.connection("bh").sign, hand.network.connection("bh").weight) == (0, -0.5)


def test_the_rate_is_the_one_in_the_bar(hand) -> None:
    take(hand, "rate")
    field = hand.canvas.brush_bar.factor
    field.selectAll()
    QTest.keyClicks(field, "0,25")
    QTest.keyClick(field, Qt.Key.Key_Return)
    hand.click(hand.middle("hy"))
    assert hand.network.connection("hy").rate_factor == 0.25


def test_a_stroke_of_ties_shares_one_weight(hand) -> None:
    take(hand, "tie")
    x, _ = hand.middle("ah")
    hand.drag((x, -20), (x, 220))
    assert hand.network.connection("ah").tie == hand.network.connection("bh").tie != ""
    assert hand.network.connection("bh").weight == 0.5
    hand.drag((x, -20), (x, 220), modifier=SHIFT)
    assert hand.network.ties == ()


def test_escape_cancels_the_stroke_then_puts_the_brush_away(hand) -> None:
    take(hand, "freeze")
    x, _ = hand.middle("ah")
    hand.drag((x, -20), (x, 220), let_go=False)
    hand.key(Qt.Key.Key_Escape)
    hand.release((x, 220))
    assert all(c.trainable for c in hand.network.connections)
    assert hand.canvas.brushes.constraint == "freeze"
    hand.key(Qt.Key.Key_Escape)
    assert hand.canvas.brushes.constraint is None
    assert not hand.canvas.brush_bar.isVisible()


@pytest.mark.parametrize(("key", "field"), [(Qt.Key.Key_K, "trainable"), (Qt.Key.Key_J, "enabled")])
def test_keys_change_what_is_selected_and_back(hand, key, field) -> None:
    hand.click(hand.middle("ah"))
    hand.key(key, CONTROL)
    assert getattr(hand.network.connection("ah"), field) is False
    hand.key(key, CONTROL)
    assert getattr(hand.network.connection("ah"), field) is True


def test_a_key_lets_the_selected_share_a_weight_and_parts_them(hand) -> None:
    hand.document.selection.set((), ("ah", "bh"))
    hand.key(Qt.Key.Key_T, CONTROL)
    assert len(hand.network.ties) == 1
    hand.key(Qt.Key.Key_T, CONTROL)
    assert hand.network.ties == ()


def test_the_bar_and_the_minimap_make_way_for_messages(hand) -> None:
    take(hand, "freeze")
    hand.canvas.cards.set_top_room(60, lasts=False)
    assert hand.canvas.brush_bar.y() >= 60
    assert hand.canvas.minimap.y() >= 60
    hand.canvas.cards.set_top_room(0, lasts=False)
    assert hand.canvas.brush_bar.y() < 20
