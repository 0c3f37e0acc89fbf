from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from nnstudio.ui.shortcuts import DATA, GESTURES, KEYS, ShortcutsDialog, menu_shortcuts, overview

if TYPE_CHECKING:
    from nnstudio.ui.main_window import MainWindow

pytestmark = pytest.mark.ui


def test_no_key_asks_for_two_things(window: MainWindow) -> None:
    actions = {*window.canvas.actions().values(), *window.actions_by_name.values(), *window.speeds.actions()}
    keys = Counter(key.toString() for action in actions for key in action.shortcuts())
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_key_of_the_canvas_stands_in_the_overview(window: MainWindow) -> None:
    listed = " or ".join(keys for _, rows in menu_shortcuts(window.menuBar()) for _, keys in rows).split(
        " or "
    )
    for name, action in window.canvas.actions().items():
        key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        assert not key or key in listed, name


def test_what_stands_in_a_menu_of_its_own_is_named_with_it_and_rare_keys_are_left_out(
    window: MainWindow,
) -> None:
    rows = dict(dict(menu_shortcuts(window.menuBar()))["Edit"])
    assert rows["Select › All"] == "Ctrl+A"
    assert "F20" not in rows["Cut"]
    text = overview(menu_shortcuts(window.menuBar()))
    assert all(what in text for what, _ in (*GESTURES, *KEYS, *DATA))


def test_finding_and_inserting_begin_wherever_the_focus_is(window: MainWindow) -> None:
    network = window.document.network
    network.add_neuron("hidden", label="sum")
    title = window.docks["inspector"].widget().network_page.title
    title.setFocus()
    QTest.keyClick(title, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    card = window.canvas.cards.card
    assert card is not None
    assert window.focusWidget() is card.field
    QTest.keyClick(card.field, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert window.canvas.cards.card is not card
    assert window.focusWidget() is window.canvas.cards.card.count


def test_typing_in_the_overview_leaves_what_holds_it(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_F1)
    dialog = window.findChild(ShortcutsDialog)
    QTest.keyClicks(dialog.search, "incoming")
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert "Incoming neighbors too" in dialog.text.toPlainText()
    assert "Double-click" not in dialog.text.toPlainText()
    QTest.keyClicks(dialog.search, "xyz")
    assert dialog.text.toPlainText() == "Nothing of that kind."
    QTest.keyClick(dialog.search, Qt.Key.Key_Escape)
    assert dialog.isHidden()
