"""Random gestures, keys and commands on the whole window, undo, redo and training among them.

A part of them goes to the panels: lessons, landscape, distributions, outputs with their views, the slider of
the time machine and all the rest, and to the check of the gradients beside the window.

In the suite there are 8,000 events in all. By hand, any number from any seed:
NNSTUDIO_MONKEY="SEED EVENTS" pytest tests/ui/test_monkey.py
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QWidget,
)

from nnstudio.data import make_dataset
from nnstudio.network import Network
from nnstudio.network.constraints import CONSTRAINTS
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.main_window import MainWindow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui
_CHOSEN = os.environ.get("NNSTUDIO_MONKEY", "").split()
SEEDS = [(int(_CHOSEN[0]), int(_CHOSEN[1]))] if _CHOSEN else [(seed, 1600) for seed in range(5)]
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
COMMANDS += ("minimap", "focus-mode", "walk", "walk", "phases", "check-gradients", "lessons")
PANELS = (
    *("output", "loss", "distributions", "landscape", "lessons", "explain"),
    *("inspector", "data", "table", "looks", "palette"),
)
PLAYED = (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QAbstractItemView)
PANEL_KEYS = [
    *(Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End),
    *(Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Tab, Qt.Key.Key_Space, Qt.Key.Key_Return),
    *(Qt.Key.Key_Escape, Qt.Key.Key_Delete, Qt.Key.Key_1, Qt.Key.Key_Period, Qt.Key.Key_Minus, Qt.Key.Key_X),
]
TEMPLATES = ({"neuron": {"role": "hidden", "activation": "relu"}}, {"neuron": {"role": "input"}})
MOST_NEURONS = 50


class Dismisser(QObject):
    """Closes the dialogs and menus that come up: they would wait for an answer."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._dismiss)
        self._timer.start(5)

    def stop(self) -> None:
        self._timer.stop()

    @Slot()
    def _dismiss(self) -> None:
        for widget in (QApplication.activePopupWidget(), QApplication.activeModalWidget()):
            if isinstance(widget, QDialog):
                widget.reject()
            elif widget is not None:
                widget.close()

    @Slot(QUrl)
    def open_nothing(self, _url: QUrl) -> None:
        """Take what other programs would be started for."""


@pytest.fixture
def dismisser(qtbot: QtBot) -> Iterator[Dismisser]:
    dismisser = Dismisser()
    for scheme in ("file", "https"):
        QDesktopServices.setUrlHandler(scheme, dismisser, "open_nothing")
    yield dismisser
    dismisser.stop()
    for scheme in ("file", "https"):
        QDesktopServices.unsetUrlHandler(scheme)


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
        self.commands = COMMANDS + tuple(window.past_actions.by_name)
        self.start = self.network.copy()
        window.document.project_replaced.connect(self._on_replaced)

    def _on_replaced(self) -> None:
        self.start = self.network.copy()

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
        modifier = self.rng.choice(MODIFIERS)
        if self.rng.random() < 0.3:
            self.play(modifier)
        else:
            self.edit(modifier)
        if self.rng.random() < 0.1:
            QCoreApplication.processEvents()

    def edit(self, modifier: Qt.KeyboardModifier) -> None:
        """Do something to the canvas, or choose a command."""
        rng, viewport = self.rng, self.canvas.viewport()
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
            action = self.window.actions_by_name[rng.choice(self.commands)]
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

    def play(self, modifier: Qt.KeyboardModifier) -> None:
        """Do something to a panel, or to what stands beside the window."""
        rng = self.rng
        if rng.random() < 0.15:
            dock = self.window.docks[rng.choice(PANELS)]
            dock.show()
            dock.raise_()
        places = [dock.widget() for dock in self.window.docks.values()]
        places += [self.window.training_bar, *self.window.findChildren(QDialog)]
        shown = [place for place in places if place.isVisible() and not place.visibleRegion().isEmpty()]
        if not shown:
            return
        place = rng.choice(shown)
        parts = [part for part in place.findChildren(QWidget) if part.isVisible() and part.isEnabled()]
        played = [part for part in parts if isinstance(part, PLAYED)]
        if not parts:
            return
        target = rng.choice(played if played and rng.random() < 0.6 else parts)
        if isinstance(target, QAbstractItemView):
            target = target.viewport()
        at = QPoint(rng.randrange(max(1, target.width())), rng.randrange(max(1, target.height())))
        chance = rng.random()
        if isinstance(target, QComboBox):
            QTest.keyClick(target, rng.choice([Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_End]))
        elif chance < 0.45:
            QTest.mouseClick(target, LEFT, modifier, at)
        elif chance < 0.6:
            end = QPoint(rng.randrange(max(1, target.width())), rng.randrange(max(1, target.height())))
            QTest.mousePress(target, LEFT, modifier, at)
            QTest.mouseMove(target, end)
            QTest.mouseRelease(target, LEFT, modifier, end)
        elif chance < 0.65:
            QTest.mouseDClick(target, LEFT, modifier, at)
        elif chance < 0.75:
            self.turn_wheel(target, at, modifier)
        elif chance < 0.85:
            QTest.mouseMove(target, at)
        else:
            QTest.keyClick(target, rng.choice(PANEL_KEYS), modifier)

    def turn_wheel(self, target: QWidget, at: QPoint, modifier: Qt.KeyboardModifier) -> None:
        """Turn the wheel of the mouse over a widget by a notch."""
        place, turned = QPointF(at), QPoint(0, self.rng.choice([-120, 120]))
        event = QWheelEvent(
            place,
            target.mapToGlobal(place),
            QPoint(),
            turned,
            Qt.MouseButton.NoButton,
            modifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(target, event)

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
def test_random_events_leave_a_valid_network_that_undo_replays(
    qtbot: QtBot, dismisser: Dismisser, seed: int, events: int
) -> None:
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
    window.load_plots()
    window.controller.look()
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
    assert network == monkey.start
    document.undo_stack.setIndex(steps)
    assert network == end
    window.controller.look()
    document.undo_stack.setClean()
    # Nothing that was begun goes on by itself.
    for _ in range(20):
        QTest.qWait(20)
    assert not window.controller.is_running
    assert not document.is_modified
    assert window.close()
