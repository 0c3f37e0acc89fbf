from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from nnstudio.network.edits import ChangeConnections
from nnstudio.ui.canvas import clipboard
from nnstudio.ui.canvas.palette_items import MIME_TYPE

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLineEdit

    from tests.ui.canvas.conftest import Hand

CONTROL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


def _type(editor: QLineEdit | None, text: str, *keys: Qt.Key) -> None:
    assert editor is not None
    editor.selectAll()
    editor.insert(text)  # keyClicks knows ASCII only
    for key in keys:
        QTest.keyClick(editor, key)


# In place


def test_a_double_click_types_a_bias_in_one_undoable_step(hand: Hand) -> None:
    hand.double_click("h")
    _type(hand.canvas.editor, "−1,5", Qt.Key.Key_Return)
    assert hand.network.neuron("h").bias == -1.5
    assert hand.canvas.editor is None
    hand.undo()
    assert hand.network.neuron("h").bias == 0.25


def test_what_was_learned_is_shown_short_and_kept_whole_if_left_alone(hand: Hand) -> None:
    hand.document.do(ChangeConnections("Set", {"hy": {"weight": 0.12345678901234567}}))
    hand.double_click(hand.middle("hy"))
    editor = hand.canvas.editor
    assert editor is not None
    assert editor.text() == "0.1234568"
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert hand.network.connection("hy").weight == 0.12345678901234567
    assert hand.document.undo_stack.count() == 1


def test_a_double_click_types_a_weight(hand: Hand) -> None:
    hand.double_click(hand.middle("hy"))
    _type(hand.canvas.editor, "2e-3", Qt.Key.Key_Enter)
    assert hand.network.connection("hy").weight == 2e-3


def test_escape_leaves_the_value_as_it_was(hand: Hand) -> None:
    hand.double_click("h")
    _type(hand.canvas.editor, "7", Qt.Key.Key_Escape)
    assert hand.network.neuron("h").bias == 0.25
    assert hand.document.undo_stack.count() == 0


def test_what_is_no_number_is_refused_visibly_and_can_be_put_right(hand: Hand) -> None:
    hand.double_click("h")
    editor = hand.canvas.editor
    _type(editor, "abc", Qt.Key.Key_Return)
    assert hand.canvas.editor is editor
    assert editor is not None
    assert editor.property("invalid")
    assert "not a number" in editor.toolTip()
    _type(editor, "3", Qt.Key.Key_Return)
    assert hand.network.neuron("h").bias == 3.0


def test_enter_without_typing_changes_nothing_not_even_the_last_digit(hand: Hand) -> None:
    hand.document.do(ChangeConnections("Weight", {"hy": {"weight": 0.1 + 0.2}}))
    hand.double_click(hand.middle("hy"))
    assert hand.canvas.editor is not None
    QTest.keyClick(hand.canvas.editor, Qt.Key.Key_Return)
    assert hand.document.undo_stack.count() == 1


def test_clicking_elsewhere_keeps_a_number_and_drops_anything_else(hand: Hand) -> None:
    hand.double_click("h")
    _type(hand.canvas.editor, "0.75")
    hand.click((200, -100))
    assert hand.network.neuron("h").bias == 0.75
    hand.double_click("h")
    _type(hand.canvas.editor, "zzz")
    hand.click((200, -100))
    assert hand.network.neuron("h").bias == 0.75
    assert hand.canvas.editor is None


def test_keys_typed_into_the_field_do_nothing_to_the_canvas(hand: Hand) -> None:
    hand.click("h")
    hand.double_click("h")
    _type(hand.canvas.editor, "n", Qt.Key.Key_Delete, Qt.Key.Key_Up, Qt.Key.Key_F)
    assert hand.network.neuron_count == 4
    assert hand.network.neuron("h").position == (200, 100)


def test_an_undo_under_an_open_field_closes_it(hand: Hand) -> None:
    hand.document.do(ChangeConnections("Weight", {"hy": {"weight": 1.0}}))
    hand.double_click(hand.middle("hy"))
    hand.undo()
    assert hand.canvas.editor is None


def test_an_input_says_that_it_has_no_bias(hand: Hand) -> None:
    hand.double_click("a")
    assert hand.canvas.editor is None
    assert hand.messages == ["a is an input and has no bias."]


def test_f2_types_the_value_of_what_is_selected(hand: Hand) -> None:
    hand.document.selection.set((), ("hy",))
    hand.key(Qt.Key.Key_F2)
    _type(hand.canvas.editor, "8", Qt.Key.Key_Return)
    assert hand.network.connection("hy").weight == 8.0


# Clipboard


def test_copy_and_paste_keep_inner_connections_and_land_at_the_pointer(hand: Hand) -> None:
    hand.document.selection.set(("a", "h"))
    hand.key(Qt.Key.Key_C, CONTROL)
    hand.move((100, 300))
    hand.key(Qt.Key.Key_V, CONTROL)
    new = [hand.network.neuron(i) for i in sorted(hand.document.selection.neurons)]
    assert len(new) == 2
    middle = [(new[0].position[axis] + new[1].position[axis]) / 2 for axis in (0, 1)]
    assert middle == pytest.approx([100, 300], abs=1)
    source, target = sorted(new, key=lambda neuron: neuron.role, reverse=True)
    made = hand.network.connection_between(source.id, target.id)
    assert made is not None
    assert (made.weight, target.bias, target.activation) == (0.5, 0.25, "tanh")
    hand.key(Qt.Key.Key_V, CONTROL)
    assert len({neuron.position for neuron in hand.network.neurons}) == 8
    hand.undo()
    hand.undo()
    assert (hand.network.neuron_count, hand.network.connection_count) == (4, 3)


def test_cut_and_paste_bring_the_same_back(hand: Hand) -> None:
    hand.document.selection.set(("h", "y"))
    hand.key(Qt.Key.Key_X, CONTROL)
    assert hand.network.neuron_count == 2
    hand.key(Qt.Key.Key_V, CONTROL)
    assert sorted(neuron.role for neuron in hand.network.neurons) == ["hidden", "input", "input", "output"]
    (connection,) = hand.network.connections
    assert connection.weight == 1.5


def test_duplicate_stands_beside_and_leaves_the_clipboard_alone(hand: Hand) -> None:
    QGuiApplication.clipboard().setText("mine")
    hand.document.selection.set(("a", "h"))
    hand.key(Qt.Key.Key_D, CONTROL)
    assert (hand.network.neuron_count, hand.network.connection_count) == (6, 4)
    assert len(hand.document.selection.neurons) == 2
    assert QGuiApplication.clipboard().text() == "mine"


def test_duplicates_of_the_same_neuron_stand_beside_each_other(hand: Hand) -> None:
    for _ in range(3):
        hand.document.selection.set(("h",))
        hand.key(Qt.Key.Key_D, CONTROL)
    x, y = hand.network.neuron("h").position
    copies = sorted(n.position for n in hand.network.neurons if n.role == "hidden" and n.id != "h")
    assert copies == [(x + shift, y + shift) for shift in (32.0, 64.0, 96.0)]


def test_copies_are_plain_text_too(hand: Hand) -> None:
    hand.document.selection.set(("a", "h"))
    hand.key(Qt.Key.Key_C, CONTROL)
    text = QGuiApplication.clipboard().text()
    assert json.loads(text)["format"] == "nnstudio-neurons"
    QGuiApplication.clipboard().setText(text)
    hand.key(Qt.Key.Key_V, CONTROL)
    assert hand.network.neuron_count == 6


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[1, 2]",
        '{"format": "other"}',
        '{"format": "nnstudio-neurons", "version": 99}',
        '{"format": "nnstudio-neurons", "version": 1}',
        '{"format": "nnstudio-neurons", "version": 1, "neurons": [{}], "connections": []}',
        '{"format": "nnstudio-neurons", "version": 1, "neurons": 3, "connections": 4}',
        "[" * 5000,
    ],
)
def test_foreign_text_is_refused_with_a_reason(hand: Hand, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    hand.key(Qt.Key.Key_V, CONTROL)
    assert hand.network.neuron_count == 4
    assert len(hand.refused) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"role": "king"},
        {"bias": "NaN"},
        {"bias": float("nan")},
        {"position": [1e300, 0]},
        {"position": 5},
        {"label": 3},
        {"id": []},
        {"activation": None},
    ],
)
def test_damaged_neurons_on_the_clipboard_are_refused(hand: Hand, change: dict[str, Any]) -> None:
    content = json.loads(clipboard.encode(hand.network, ["h"]))
    content["neurons"][0].update(change)
    with pytest.raises(clipboard.ClipboardError):
        clipboard.decode(json.dumps(content))


def test_copying_nothing_says_so_and_keeps_the_clipboard(hand: Hand) -> None:
    QGuiApplication.clipboard().setText("mine")
    hand.canvas.clipping.copy()
    assert len(hand.messages) == 1
    assert QGuiApplication.clipboard().text() == "mine"


# Palette


def _drop(hand: Hand, payload: Any, at: tuple[float, float], mime_type: str = MIME_TYPE) -> bool:
    mime = QMimeData()
    mime.setData(mime_type, payload if isinstance(payload, bytes) else json.dumps(payload).encode())
    point = hand.pixel(at)
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(point, copy, mime, left, NONE)
    QApplication.sendEvent(hand.canvas.viewport(), enter)
    if enter.isAccepted():
        QApplication.sendEvent(hand.canvas.viewport(), QDropEvent(QPointF(point), copy, mime, left, NONE))
    return enter.isAccepted()


def test_a_neuron_dropped_from_the_palette_lands_under_the_pointer(empty_hand: Hand) -> None:
    assert _drop(empty_hand, {"neuron": {"role": "output", "activation": "softmax"}}, (30, 40))
    (neuron,) = empty_hand.network.neurons
    assert (neuron.role, neuron.activation) == ("output", "softmax")
    assert neuron.position == pytest.approx((30, 40), abs=1)
    empty_hand.undo()
    assert empty_hand.network.neuron_count == 0


@pytest.mark.parametrize("payload", [{"template": "xor"}, {"layers": [2, 3, 1]}])
def test_a_network_dropped_from_the_palette_is_one_step(hand: Hand, payload: dict[str, Any]) -> None:
    before = hand.network.copy()
    assert _drop(hand, payload, (200, 300))
    assert hand.network.neuron_count > 6
    assert len(hand.document.selection.neurons) == hand.network.neuron_count - 4
    hand.undo()
    assert hand.network == before


@pytest.mark.parametrize(
    "payload",
    [b"\xff\xfe", b"[]", {}, {"neuron": {"role": "king"}}, {"template": "none"}, {"layers": ["a"]}],
)
def test_what_the_palette_never_offers_is_refused(hand: Hand, payload: Any) -> None:
    _drop(hand, payload, (200, 300))
    assert hand.network.neuron_count == 4
    assert len(hand.refused) == 1


def test_other_drags_are_left_to_the_window(hand: Hand) -> None:
    assert not _drop(hand, b"file:///tmp/a.nns", (200, 300), "text/uri-list")


# Context menu


def _menu_at(hand: Hand, where: str | tuple[float, float]) -> QMenu:
    pixel = hand.pixel(where)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, pixel, hand.canvas.viewport().mapToGlobal(pixel)
    )
    QApplication.sendEvent(hand.canvas.viewport(), event)
    menu = hand.canvas.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)[-1]
    menu.hide()
    return menu


def _entry(menu: QMenu, *path: str) -> Any:
    for name in path[:-1]:
        menu = next(a for a in menu.actions() if a.text().replace("&", "") == name).menu()
    return next(a for a in menu.actions() if a.text().replace("&", "") == path[-1])


def test_the_menu_on_empty_space_adds_there(hand: Hand) -> None:
    _entry(_menu_at(hand, (100, 300)), "Add an output here").trigger()
    assert hand.network.neurons[-1].role == "output"
    assert hand.network.neurons[-1].position == pytest.approx((100, 300), abs=1)


def test_the_menu_on_a_neuron_selects_it_and_sets_role_and_activation(hand: Hand) -> None:
    menu = _menu_at(hand, "h")
    assert hand.document.selection.neurons == {"h"}
    assert _entry(menu, "Role", "Hidden").isChecked()
    _entry(menu, "Role", "Output").trigger()
    assert hand.network.neuron("h").role == "output"
    menu = _menu_at(hand, "h")
    _entry(menu, "Activation", "ReLU").trigger()
    assert hand.network.neuron("h").activation == "relu"
    hand.undo()
    hand.undo()
    assert hand.network.neuron("h").role == "hidden"


def test_the_menu_on_a_connection_deletes_it(hand: Hand) -> None:
    _entry(_menu_at(hand, hand.middle("hy")), "Delete").trigger()
    assert not hand.network.has_connection("hy")
    assert hand.network.neuron_count == 4


def test_the_menu_selects_by_structure_too(hand: Hand) -> None:
    menu = _menu_at(hand, "h")
    _entry(menu, "Select", "Incoming neighbors too").trigger()
    assert hand.document.selection.neurons == {"a", "b", "h"}
    _entry(_menu_at(hand, (100, 300)), "Select", "All").trigger()
    assert len(hand.document.selection.connections) == 3
