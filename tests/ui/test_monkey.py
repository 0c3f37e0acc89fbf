"""Random gestures, keys and commands on the whole window, undo, redo and training among them.

In the suite there are 20,000 events in all. By hand, any number from any seed:
NNSTUDIO_MONKEY="SEED EVENTS" pytest tests/ui/test_monkey.py
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.data import make_dataset
from nnstudio.network import Network
from nnstudio.network.constraints import CONSTRAINTS
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.main_window import MainWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui
_CHOSEN = os.environ.get("NNSTUDIO_MONKEY", "").split()
SEEDS = [(int(_CHOSEN[0]), int(_CHOSEN[1]))] if _CHOSEN else [(seed, 2500) for seed in range(8)]
MODIFIERS = [Qt.KeyboardModifier.NoModifier] * 4 + [
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
]
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
# With Ctrl these are the window's, and ask for something.
ASKING = {getattr(Qt.Key, f"Key_{name}") for name in "BEINOS"}
KEYS = [getattr(Qt.Key, f"Key_{name}") for name in "ABCDEFIJKLMNOPSTVXZ0123"] + [
    *(Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Delete),
    *(Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_F2),
    *(Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Period),
]
# Commands of the window that ask for nothing.
COMMANDS = (
    "undo",
    "redo",
    "undo",
    "redo",
    "train",
    "step-batch",
    "step-epoch",
    "reset",
    "new-start",
    "match",
)
COMMANDS += ("minimap", "focus-mode")
TEMPLATES = ({"neuron": {"role": "hidden", "activation": "relu"}}, {"neuron": {"role": "input"}})
MOST_NEURONS = 50


class Monkey:
    """Does something at random to a window."""

    def __init__(self, window: MainWindow, seed: int) -> None:
        self.window = window
        self.canvas = window.canvas
        self.rng = random.Random(seed)
        # What opens a dialog would wait for an answer.
        names = {"insert_layer", "connect_pattern", "find", "edit_selected"}
        self.actions = [
            action
            for name, action in window.canvas.actions().items()
            if "…" not in action.text() or name in names
        ]

    @property
    def network(self) -> Network:
        return self.window.document.network

    def point(self) -> QPoint:
        rng, viewport = self.rng, self.canvas.viewport()
        neurons = self.network.neurons
        groups = list(self.canvas.network_scene.groups.items.values())
        if groups and rng.random() < 0.25:
            header = rng.choice(groups).header(self.canvas.zoom)
            at = rng.choice([header.center(), header.topLeft() + QPointF(8, 12), header.bottomRight()])
            return self.canvas.mapFromScene(at)
        if neurons and rng.random() < 0.5:
            # At neurons and their rims, or hardly anything would ever be hit.
            place = QPointF(*rng.choice(neurons).position) + QPointF(rng.choice([0, 0, 21]), 0)
            return self.canvas.mapFromScene(place)
        if self.network.connection_count and rng.random() < 0.4:
            connection = rng.choice(self.network.connections)
            ends = [QPointF(*self.network.neuron(i).position) for i in (connection.source, connection.target)]
            return self.canvas.mapFromScene((ends[0] + ends[1]) / 2)
        return QPoint(rng.randrange(viewport.width()), rng.randrange(viewport.height()))

    def act(self) -> None:
        rng, viewport = self.rng, self.canvas.viewport()
        modifier = rng.choice(MODIFIERS)
        chance = rng.random()
        if chance < 0.14:
            QTest.mousePress(viewport, rng.choice([LEFT] * 6 + [MIDDLE]), modifier, self.point())
        elif chance < 0.38:
            QTest.mouseMove(viewport, self.point())
        elif chance < 0.58:
            QTest.mouseRelease(viewport, rng.choice([LEFT] * 6 + [MIDDLE]), modifier, self.point())
        elif chance < 0.63:
            QTest.mouseDClick(viewport, LEFT, modifier, self.point())
        elif chance < 0.78:
            self.press_key(modifier)
        elif chance < 0.88:
            action = rng.choice(self.actions)
            if action.isEnabled() and not self.is_too_large(action.objectName()):
                action.trigger()
        elif chance < 0.95:
            action = self.window.actions_by_name[rng.choice(COMMANDS)]
            if action.isEnabled():
                action.trigger()
        elif chance < 0.965:
            self.canvas.brushes.take(rng.choice([None, *CONSTRAINTS]))
        elif chance < 0.98 and not self.is_too_large("insert"):
            self.canvas.insert(rng.choice(TEMPLATES), QPointF(rng.randrange(800), rng.randrange(500)))
        elif chance < 0.99:
            QApplication.sendEvent(self.canvas, QEvent(QEvent.Type.WindowDeactivate))
        else:
            viewport.grab()
        if rng.random() < 0.1:
            QCoreApplication.processEvents()

    def press_key(self, modifier: Qt.KeyboardModifier) -> None:
        control = modifier == Qt.KeyboardModifier.ControlModifier
        key = Qt.Key.Key_Delete if self.is_too_large("key") else self.rng.choice(KEYS)
        if control and key in ASKING:
            return
        focus = QApplication.focusWidget()
        mine = focus is not None and self.canvas.isAncestorOf(focus)
        QTest.keyClick(focus if mine else self.canvas.viewport(), key, modifier)

    def is_too_large(self, what: str) -> bool:
        adds = what.startswith(("add_", "insert", "paste", "duplicate", "key"))
        return adds and self.network.neuron_count > MOST_NEURONS


@pytest.mark.parametrize(("seed", "events"), SEEDS)
def test_random_events_leave_a_valid_network_that_undo_replays(qtbot: QtBot, seed: int, events: int) -> None:
    window = MainWindow(remember_layout=False)
    qtbot.addWidget(window)
    settings = TrainingSettings(optimizer="adam", learning_rate=0.05, batch_size=4, epochs=40)
    window.document.replace_project(
        Project(layered_network([2, 3, 1], seed=seed), make_dataset("xor"), settings)
    )
    window.resize(1100, 760)
    window.show()
    qtbot.waitExposed(window)
    window.canvas.setFocus()
    window.controller.look()
    start = window.document.network.copy()
    monkey = Monkey(window, seed)
    for _ in range(events):
        monkey.act()
    window.controller.halt()
    window.canvas.cancel_gesture()
    window.canvas.close_editor()
    window.canvas.viewport().grab()
    document, scene = window.document, window.canvas.network_scene
    network = document.network
    # Everything legal: it can be built anew from its parts.
    assert Network.from_parts(network.neurons, network.connections, network.groups) == network
    assert {i: (item.x(), item.y()) for i, item in scene.items_by_id.items()} == {
        neuron.id: pytest.approx(neuron.position) for neuron in network.neurons
    }
    assert scene.graph.neuron_ids == tuple(neuron.id for neuron in network.neurons)
    assert scene.graph.connection_ids == tuple(connection.id for connection in network.connections)
    assert all(network.has_neuron(i) for i in document.selection.neurons)
    assert all(network.has_connection(i) for i in document.selection.connections)
    end, steps = network.copy(), document.undo_stack.index()
    document.undo_stack.setIndex(0)
    assert network == start
    document.undo_stack.setIndex(steps)
    assert network == end
    window.controller.look()
    document.undo_stack.setClean()
