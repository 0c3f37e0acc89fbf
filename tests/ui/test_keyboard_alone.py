"""XOR by key events alone: built, connected, moved, edited and trained, from an empty window on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from nnstudio.ui.panels.tiles import TileView

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow

pytestmark = pytest.mark.ui
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier
_MOST_TABS = 150


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = NONE, times: int = 1) -> None:
    """Press a key wherever the focus is."""
    for _ in range(times):
        widget = QApplication.focusWidget()
        assert widget is not None
        QTest.keyClick(widget, key, modifier)


def type_text(text: str) -> None:
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    field.selectAll()
    QTest.keyClicks(field, text)


def tab_to(is_there: Callable[[QWidget], bool]) -> Any:
    """Press Tab until the focus is at the widget looked for."""
    for _ in range(_MOST_TABS):
        widget = QApplication.focusWidget()
        if widget is not None and is_there(widget):
            return widget
        QTest.keyClick(widget or QApplication.activeWindow(), Qt.Key.Key_Tab)
    pytest.fail("Tab never came there")


def test_xor_is_built_and_trained_with_the_keyboard_alone(
    qtbot: QtBot, make_window: Callable[[], MainWindow]
) -> None:
    window = make_window()
    document, network, canvas = window.document, window.document.network, window.canvas
    # Panels are filled after the first frame.
    qtbot.waitUntil(lambda: window.data_panel.sets is not None and window.data_panel.sets.isVisible())
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))  # wherever the pointer of this computer is

    # Two inputs, two hidden neurons, one output: each in the column of its role.
    tab_to(lambda widget: widget is canvas)
    for key in (Qt.Key.Key_I, Qt.Key.Key_I, Qt.Key.Key_N, Qt.Key.Key_N, Qt.Key.Key_O):
        press(key)
    x1, x2, h1, h2, y1 = (neuron.id for neuron in network.neurons)
    assert [n.role for n in network.neurons] == ["input", "input", "hidden", "hidden", "output"]
    assert len({n.position for n in network.neurons}) == 5

    # Inputs to hidden neurons: by role; hidden neurons to the output: by going there.
    press(Qt.Key.Key_I, SHIFT)
    press(Qt.Key.Key_1)
    press(Qt.Key.Key_N, SHIFT)
    press(Qt.Key.Key_2)
    assert network.connection_count == 4
    press(Qt.Key.Key_Left, CONTROL)
    while canvas.walking.neuron not in (h1, h2):
        press(Qt.Key.Key_Left, CONTROL)
    here = canvas.walking.neuron
    press(Qt.Key.Key_Down if here == h1 else Qt.Key.Key_Up, CONTROL | SHIFT)
    assert document.selection.neurons == {h1, h2}
    press(Qt.Key.Key_1)
    press(Qt.Key.Key_Right, CONTROL)
    assert document.selection.neurons == {y1}
    press(Qt.Key.Key_2)
    assert set(network.sources_of(y1)) == {h1, h2}

    # A third hidden neuron as a layer of its own, from the inputs to the output.
    press(Qt.Key.Key_I, SHIFT)
    press(Qt.Key.Key_1)
    press(Qt.Key.Key_O, SHIFT)
    press(Qt.Key.Key_L, CONTROL)
    type_text("1")
    press(Qt.Key.Key_Return)
    assert QApplication.focusWidget() is canvas
    (h3,) = document.selection.neurons
    assert (set(network.sources_of(h3)), network.targets_of(h3)) == ({x1, x2}, (y1,))
    press(Qt.Key.Key_Escape, times=2)
    assert not canvas.network_scene.marked

    # Moved, and its bias typed; then the weight of one of its connections.
    press(Qt.Key.Key_F, CONTROL)
    type_text(network.neuron(h3).label)
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Escape)
    assert document.selection.neurons == {h3}
    x, y = network.neuron(h3).position
    press(Qt.Key.Key_Down, SHIFT, times=3)
    press(Qt.Key.Key_Right)
    assert network.neuron(h3).position == (x + 1, y + 30)
    press(Qt.Key.Key_Return)
    type_text("0.5")
    press(Qt.Key.Key_Return)
    assert network.neuron(h3).bias == 0.5
    press(Qt.Key.Key_Right, CONTROL)
    assert canvas.walking.neuron == h3
    press(Qt.Key.Key_Tab)
    (connection_id,) = document.selection.connections
    press(Qt.Key.Key_Return)
    type_text("-0.75")
    press(Qt.Key.Key_Return)
    assert network.connection(connection_id).weight == -0.75

    # A slip, and back.
    press(Qt.Key.Key_Delete)
    assert not network.has_connection(connection_id)
    press(Qt.Key.Key_Z, CONTROL)
    assert network.connection(connection_id).weight == -0.75
    press(Qt.Key.Key_Escape, times=3)

    # The data, by Tab, arrows and Enter.
    sets = tab_to(lambda widget: isinstance(widget, TileView) and widget is window.data_panel.sets)
    keys = [tile.key for tile in sets.tiles]
    press(Qt.Key.Key_Home)
    for _ in range(len(keys)):
        if sets.tile(sets.currentIndex().row()).key == "xor":
            break
        press(Qt.Key.Key_Right)
    press(Qt.Key.Key_Return)
    assert document.project.data is not None
    assert document.project.data.source["key"] == "xor"
    qtbot.waitUntil(lambda: window.controller.problem is None, timeout=5_000)

    # The epochs typed, trained by F5.
    epochs = tab_to(lambda widget: widget is window.training_bar.epochs)
    assert epochs.lineEdit().hasFocus() or epochs.hasFocus()
    epochs.lineEdit().selectAll()
    QTest.keyClicks(epochs, "3000")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_F5)
    controller = window.controller
    qtbot.waitUntil(
        lambda: len(controller.history or ()) > 0 and controller.history.loss[-1] < 0.01, timeout=60_000
    )
    if controller.is_running:
        press(Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: not controller.is_running, timeout=10_000)
    assert document.project.history.loss[-1] < 0.01
