from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.network.edits import RemoveItems, SetValues

if TYPE_CHECKING:
    from tests.ui.canvas.conftest import Hand

SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


# Select


def test_a_click_selects_what_it_hits_and_on_empty_space_nothing(hand: Hand) -> None:
    selection = hand.document.selection
    hand.click("h")
    assert selection.neurons == {"h"}
    hand.click(hand.middle("hy"))
    assert (selection.neurons, selection.connections) == (frozenset(), {"hy"})
    hand.click((200, -100))
    assert not selection


def test_a_click_on_the_rim_selects_too(hand: Hand) -> None:
    hand.click(hand.rim("h"))
    assert hand.document.selection.neurons == {"h"}
    assert hand.network.connection_count == 3


def test_shift_click_toggles(hand: Hand) -> None:
    hand.click("a")
    hand.click("b", SHIFT)
    assert hand.document.selection.neurons == {"a", "b"}
    hand.click("a", SHIFT)
    assert hand.document.selection.neurons == {"b"}


def test_a_click_on_one_of_several_selected_leaves_only_it(hand: Hand) -> None:
    hand.document.selection.set(("a", "b"))
    hand.click("a")
    assert hand.document.selection.neurons == {"a"}


def test_a_rubber_band_selects_the_neurons_inside(hand: Hand) -> None:
    hand.drag((-60, -60), (60, 240))
    assert hand.document.selection.neurons == {"a", "b"}
    hand.drag((160, 30), (240, 170), modifier=SHIFT)
    assert hand.document.selection.neurons == {"a", "b", "h"}


def test_a_rubber_band_without_neurons_selects_the_connections_it_crosses(hand: Hand) -> None:
    hand.drag((280, 40), (320, 160))
    assert hand.document.selection.connections == {"hy"}


def test_escape_during_a_rubber_band_restores_the_selection(hand: Hand) -> None:
    hand.click("y")
    hand.drag((-60, -60), (60, 240), let_go=False)
    assert hand.document.selection.neurons == {"a", "b"}
    hand.key(Qt.Key.Key_Escape)
    assert hand.document.selection.neurons == {"y"}
    hand.release((60, 240))
    assert hand.document.selection.neurons == {"y"}


def test_control_a_selects_all(hand: Hand) -> None:
    hand.key(Qt.Key.Key_A, CONTROL)
    assert hand.document.selection.neurons == {"a", "b", "h", "y"}
    assert hand.document.selection.connections == {"ah", "bh", "hy"}


def test_selecting_is_no_undoable_step(hand: Hand) -> None:
    hand.click("h")
    hand.drag((-60, -60), (60, 240))
    assert hand.document.undo_stack.count() == 0


# Move


def test_a_drag_moves_a_neuron_in_one_undoable_step(hand: Hand) -> None:
    hand.drag("h", (210, 240), (230, 290), modifier=ALT)
    assert hand.network.neuron("h").position == pytest.approx((230, 290), abs=1)
    assert hand.document.undo_stack.count() == 1
    hand.undo()
    assert hand.network.neuron("h").position == (200, 100)
    assert hand.canvas.network_scene.items_by_id["h"].pos() == QPointF(200, 100)


def test_a_drag_moves_all_that_are_selected(hand: Hand) -> None:
    hand.document.selection.set(("a", "b"))
    hand.drag("a", (-50, -37), modifier=ALT)
    assert hand.network.neuron("a").position == pytest.approx((-50, -37), abs=1)
    assert hand.network.neuron("b").position == pytest.approx((-50, 163), abs=1)
    assert hand.document.undo_stack.count() == 1


def test_moving_snaps_to_rows_and_columns_unless_alt_is_held(hand: Hand) -> None:
    hand.drag("h", (205, 196))
    assert hand.network.neuron("h").position[1] == 200.0
    hand.undo()
    hand.drag("h", (205, 196), modifier=ALT)
    assert hand.network.neuron("h").position[1] == pytest.approx(196, abs=1)
    assert hand.network.neuron("h").position[1] != 200.0


def test_alt_pressed_in_the_middle_of_a_move_turns_snapping_off_and_let_go_on(hand: Hand) -> None:
    hand.drag("h", (205, 196), let_go=False)
    item = hand.canvas.network_scene.items_by_id["h"]
    assert item.pos().y() == 200.0
    QTest.keyPress(hand.canvas.viewport(), Qt.Key.Key_Alt)
    assert item.pos().y() == pytest.approx(196, abs=1)
    QTest.keyRelease(hand.canvas.viewport(), Qt.Key.Key_Alt)
    assert item.pos().y() == 200.0
    hand.key(Qt.Key.Key_Escape)
    hand.release((205, 196))
    assert hand.network.neuron("h").position == (200, 100)


def test_escape_during_a_move_puts_the_neuron_back(hand: Hand) -> None:
    hand.drag("h", (300, 300), let_go=False)
    assert hand.canvas.network_scene.items_by_id["h"].pos() != QPointF(200, 100)
    hand.key(Qt.Key.Key_Escape)
    hand.release((300, 300))
    assert hand.canvas.network_scene.items_by_id["h"].pos() == QPointF(200, 100)
    assert hand.canvas.network_scene.graph.lines[0].tolist() == [0, 0, 200, 100]
    assert hand.document.undo_stack.count() == 0
    assert not hand.document.selection


def test_a_neuron_deleted_during_its_move_ends_the_move(hand: Hand) -> None:
    hand.drag("h", (300, 300), let_go=False)
    hand.document.do(RemoveItems("Delete", ("h",)))
    hand.release((300, 300))
    assert not hand.network.has_neuron("h")
    assert hand.document.undo_stack.count() == 1


def test_arrows_nudge_and_are_undone_together(hand: Hand) -> None:
    hand.click("h")
    for _ in range(3):
        hand.key(Qt.Key.Key_Right)
    hand.key(Qt.Key.Key_Down, SHIFT)
    assert hand.network.neuron("h").position == (203, 110)
    assert hand.document.undo_stack.count() == 1
    hand.undo()
    assert hand.network.neuron("h").position == (200, 100)


# Connect


def test_a_drag_from_the_rim_connects_in_one_undoable_step(hand: Hand) -> None:
    hand.drag(hand.rim("a"), (200, -60), "y")
    made = hand.network.connection_between("a", "y")
    assert made is not None
    assert made.weight != 0.0
    assert hand.document.undo_stack.count() == 1
    hand.undo()
    assert hand.network.connection_between("a", "y") is None


def test_a_drag_from_the_rim_to_empty_space_adds_a_connected_neuron(hand: Hand) -> None:
    hand.drag(hand.rim("a"), (200, -80))
    (added,) = (n for n in hand.network.neurons if n.id not in {"a", "b", "h", "y"})
    assert added.position == pytest.approx((200, -80), abs=1)
    assert hand.network.sources_of(added.id) == ("a",)
    assert hand.document.selection.neurons == {added.id}
    hand.undo()
    assert (hand.network.neuron_count, hand.network.connection_count) == (4, 3)


def test_a_drag_from_several_selected_connects_them_all_at_once(hand: Hand) -> None:
    hand.document.selection.set(("a", "b"))
    hand.drag(hand.rim("b"), (200, 250), "y")
    assert set(hand.network.sources_of("y")) == {"h", "a", "b"}
    assert hand.document.undo_stack.count() == 1


def test_a_drag_from_several_selected_to_empty_space_connects_the_new_neuron_to_all(hand: Hand) -> None:
    before = hand.network.copy()
    hand.document.selection.set(("a", "b"))
    hand.drag(hand.rim("a"), (120, 320))
    (new,) = hand.document.selection.neurons
    assert hand.network.sources_of(new) == ("a", "b")
    assert hand.document.undo_stack.count() == 1
    hand.undo()
    assert hand.network == before


def test_where_only_some_of_several_may_connect_the_hint_says_how_many_and_why(hand: Hand) -> None:
    hand.document.selection.set(("a", "y"))
    hand.drag(hand.rim("a"), (120, -80), "h", let_go=False)
    assert not hand.canvas.network_scene.items_by_id["b"].is_alert
    assert hand.canvas.hint.isVisible()
    hand.key(Qt.Key.Key_Escape)
    hand.release("h")
    hand.document.selection.set(("b", "h"))
    hand.drag(hand.rim("b"), (200, 250), "y", let_go=False)
    assert hand.canvas.hint.text().startswith("Connects 1 of 2.")
    assert hand.canvas.network_scene.layer._alert == ("hy",)
    hand.release("y")
    assert set(hand.network.sources_of("y")) == {"b", "h"}


def test_over_an_illegal_target_the_reason_stands_at_the_pointer_and_the_cycle_lights_up(hand: Hand) -> None:
    hand.document.do(RemoveItems("Delete", ("b",)))
    hand.drag(hand.rim("y"), (300, -60), "h", let_go=False)
    assert "cycle" in hand.canvas.hint.text()
    assert hand.canvas.hint.isVisible()
    # Clear of the path, which leads to the right from here.
    assert hand.canvas.hint.geometry().right() < hand.pixel("h").x()
    scene = hand.canvas.network_scene
    assert scene.items_by_id["h"].is_alert
    assert scene.items_by_id["y"].is_alert
    assert not scene.items_by_id["a"].is_alert
    assert scene.layer._alert == ("hy",)
    hand.move((300, -60))
    assert not hand.canvas.hint.isVisible()
    assert not scene.items_by_id["h"].is_alert
    hand.move("h")
    hand.release("h")
    assert not hand.canvas.hint.isVisible()
    assert hand.network.connection_between("y", "h") is None
    assert len(hand.refused) == 1


def test_an_input_says_why_it_cannot_be_a_target(hand: Hand) -> None:
    hand.drag(hand.rim("y"), (300, -60), "a", let_go=False)
    assert "a is an input" in hand.canvas.hint.text()
    hand.release("a")
    assert hand.network.connection_count == 3


def test_escape_during_connecting_leaves_nothing_behind(hand: Hand) -> None:
    hand.drag(hand.rim("y"), (300, -60), "h", let_go=False)
    hand.key(Qt.Key.Key_Escape)
    hand.release("h")
    assert hand.document.undo_stack.count() == 0
    assert not hand.canvas.hint.isVisible()
    assert not hand.canvas.network_scene.items_by_id["h"].is_alert
    assert hand.refused == []


def test_letting_go_on_the_neuron_it_began_at_does_nothing(hand: Hand) -> None:
    hand.drag(hand.rim("a"), (100, -60), "a")
    assert (hand.network.neuron_count, hand.network.connection_count) == (4, 3)


def test_letting_go_outside_the_canvas_does_nothing(hand: Hand) -> None:
    hand.drag(hand.rim("a"), (2000, 0))
    assert (hand.network.neuron_count, hand.network.connection_count) == (4, 3)


def test_one_marks_sources_and_two_connects_them(hand: Hand) -> None:
    hand.document.selection.set(("a", "b"))
    hand.key(Qt.Key.Key_1)
    assert hand.canvas.network_scene.items_by_id["a"].is_marked
    hand.click("y")
    hand.key(Qt.Key.Key_2)
    assert set(hand.network.sources_of("y")) == {"h", "a", "b"}
    assert hand.document.undo_stack.count() == 1
    assert not hand.canvas.network_scene.marked


def test_two_without_marked_sources_says_what_to_do(hand: Hand) -> None:
    hand.click("y")
    hand.key(Qt.Key.Key_2)
    assert len(hand.messages) == 1
    assert hand.document.undo_stack.count() == 0


def test_a_redone_connection_has_the_weight_it_had(hand: Hand) -> None:
    hand.drag(hand.rim("a"), (200, -60), "y")
    first = hand.network.connection_between("a", "y")
    hand.undo()
    hand.document.undo_stack.redo()
    assert hand.network.connection_between("a", "y") == first


# Add


def test_a_double_click_on_empty_space_adds_a_hidden_neuron_there(empty_hand: Hand) -> None:
    empty_hand.double_click((50, 60))
    (neuron,) = empty_hand.network.neurons
    assert (neuron.role, neuron.activation) == ("hidden", "tanh")
    assert neuron.position == pytest.approx((50, 60), abs=1)
    assert empty_hand.document.selection.neurons == {neuron.id}
    empty_hand.undo()
    assert empty_hand.network.neuron_count == 0


@pytest.mark.parametrize(
    ("key", "role"),
    [(Qt.Key.Key_N, "hidden"), (Qt.Key.Key_I, "input"), (Qt.Key.Key_O, "output")],
)
def test_a_key_adds_a_neuron_at_the_pointer(empty_hand: Hand, key: Qt.Key, role: str) -> None:
    empty_hand.move((120, 40))
    empty_hand.key(key)
    (neuron,) = empty_hand.network.neurons
    assert neuron.role == role
    assert neuron.position == pytest.approx((120, 40), abs=1)
    empty_hand.key(key)
    first, second = empty_hand.network.neurons
    assert first.position != second.position


# Pan and zoom


def test_the_middle_button_pans_and_escape_takes_it_back(hand: Hand) -> None:
    before = hand.pixel("h")
    hand.drag((300, 0), (340, 30), button=Qt.MouseButton.MiddleButton)
    assert hand.pixel("h") == before + QPoint(40, 30)
    hand.drag((300, 0), (200, 100), button=Qt.MouseButton.MiddleButton, let_go=False)
    hand.key(Qt.Key.Key_Escape)
    assert hand.pixel("h") == before + QPoint(40, 30)


def test_space_drag_pans_and_moves_nothing(hand: Hand) -> None:
    before = hand.pixel("h")
    QTest.keyPress(hand.canvas.viewport(), Qt.Key.Key_Space)
    hand.drag("h", (260, 100))
    QTest.keyRelease(hand.canvas.viewport(), Qt.Key.Key_Space)
    assert hand.pixel("h") == before + QPoint(60, 0)
    assert hand.network.neuron("h").position == (200, 100)


def test_the_wheel_zooms_at_the_pointer(hand: Hand) -> None:
    at = QPointF(hand.pixel("y"))
    for turn in (120, 120, -240, 360):
        event = QWheelEvent(
            at,
            hand.canvas.viewport().mapToGlobal(at),
            QPoint(),
            QPoint(0, turn),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(hand.canvas.viewport(), event)
        off = QPointF(hand.pixel("y")) - at
        assert off.manhattanLength() <= 4
    assert hand.canvas.zoom == pytest.approx(1.2**3)


def test_keys_zoom_and_fit(hand: Hand) -> None:
    hand.key(Qt.Key.Key_Plus, CONTROL)
    assert hand.canvas.zoom == pytest.approx(1.2)
    hand.key(Qt.Key.Key_Minus, CONTROL)
    hand.key(Qt.Key.Key_Minus, CONTROL)
    assert hand.canvas.zoom == pytest.approx(1 / 1.2)
    hand.key(Qt.Key.Key_0, CONTROL)
    assert hand.canvas.zoom == pytest.approx(1.0)
    hand.canvas.centerOn(5000, 5000)
    hand.key(Qt.Key.Key_F)
    visible = hand.canvas.viewport().rect()
    assert all(visible.contains(hand.pixel(i)) for i in "abhy")


def test_zoom_has_limits(hand: Hand) -> None:
    for _ in range(60):
        hand.canvas.zoom_in()
    assert hand.canvas.zoom == pytest.approx(8.0)
    for _ in range(60):
        hand.canvas.zoom_out()
    assert hand.canvas.zoom == pytest.approx(0.04)


# Delete


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_delete_removes_what_is_selected_and_one_undo_brings_it_back(hand: Hand, key: Qt.Key) -> None:
    before = hand.network.copy()
    hand.document.selection.set(("h",), ("ah",))
    hand.key(key)
    assert not hand.network.has_neuron("h")
    assert hand.network.connection_count == 0
    hand.undo()
    assert hand.network == before


def test_delete_never_acts_on_what_is_only_under_the_pointer(hand: Hand) -> None:
    hand.move("h")
    hand.key(Qt.Key.Key_Delete)
    assert hand.network.neuron_count == 4


# Losing the focus


def test_losing_the_window_cancels_the_gesture_and_forgets_held_keys(hand: Hand) -> None:
    QTest.keyPress(hand.canvas.viewport(), Qt.Key.Key_Space)
    QApplication.sendEvent(hand.canvas, QEvent(QEvent.Type.WindowDeactivate))
    hand.drag("h", (300, 300), let_go=False)
    QApplication.sendEvent(
        hand.canvas, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.ActiveWindowFocusReason)
    )
    hand.release((300, 300))
    assert hand.network.neuron("h").position == (200, 100)
    assert hand.canvas.network_scene.items_by_id["h"].pos() == QPointF(200, 100)


# Locked


def test_while_locked_moving_and_selecting_work_and_the_rest_is_refused(hand: Hand) -> None:
    hand.document.lock("Training is running.")
    hand.drag("h", (230, 290), modifier=ALT)
    assert hand.network.neuron("h").position != (200, 100)
    hand.drag(hand.rim("a"), (200, -60), "y")
    hand.double_click((300, -100))
    hand.click("y")
    hand.key(Qt.Key.Key_Delete)
    hand.key(Qt.Key.Key_D, CONTROL)
    hand.key(Qt.Key.Key_X, CONTROL)
    hand.double_click("h")
    assert (hand.network.neuron_count, hand.network.connection_count) == (4, 3)
    assert hand.refused == ["Training is running."] * 6
    assert hand.canvas.editor is None


def test_values_learned_during_a_move_do_not_end_it(hand: Hand) -> None:
    hand.drag("h", (300, 300), let_go=False)
    hand.document.do(SetValues("Train", {"ah": 2.0}, {}))
    hand.release((300, 300))
    assert hand.network.neuron("h").position == pytest.approx((300, 300), abs=1)


def test_only_focus_by_tab_is_framed(hand: Hand) -> None:
    viewport = hand.canvas.viewport()
    plain = viewport.grab().toImage().pixelColor(0, 300)
    tab, mouse = Qt.FocusReason.TabFocusReason, Qt.FocusReason.MouseFocusReason
    QApplication.sendEvent(hand.canvas, QFocusEvent(QEvent.Type.FocusIn, tab))
    assert viewport.grab().toImage().pixelColor(0, 300) != plain
    QApplication.sendEvent(hand.canvas, QFocusEvent(QEvent.Type.FocusIn, mouse))
    assert viewport.grab().toImage().pixelColor(0, 300) == plain
