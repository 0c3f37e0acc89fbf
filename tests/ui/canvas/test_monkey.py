from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

if TYPE_CHECKING:
    from tests.ui.canvas.conftest import Hand

_KEYS = [
    *(Qt.Key.Key_N, Qt.Key.Key_I, Qt.Key.Key_O, Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_F, Qt.Key.Key_F2),
    *(Qt.Key.Key_Escape, Qt.Key.Key_Delete, Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Down),
    *(
        Qt.Key.Key_A,
        Qt.Key.Key_C,
        Qt.Key.Key_X,
        Qt.Key.Key_V,
        Qt.Key.Key_D,
        Qt.Key.Key_Plus,
        Qt.Key.Key_Minus,
    ),
]
_MODIFIERS = [Qt.KeyboardModifier.NoModifier] * 3 + [
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
]
_BUTTONS = [Qt.MouseButton.LeftButton] * 6 + [Qt.MouseButton.MiddleButton]
_MOST_NEURONS = 60


@pytest.mark.parametrize("seed", [1, 2])
def test_500_random_events_leave_scene_network_and_undo_in_step(hand: Hand, seed: int) -> None:
    rng = random.Random(seed)
    canvas, viewport, document = hand.canvas, hand.canvas.viewport(), hand.document
    start = hand.network.copy()
    for _ in range(500):
        modifier = rng.choice(_MODIFIERS)
        # Half of the points lie at neurons, or hardly anything would ever be hit.
        neuron = rng.choice([*hand.network.neurons, None])
        at = QPoint(rng.randrange(900), rng.randrange(600))
        if neuron is not None and rng.random() < 0.5:
            at = hand.pixel(neuron.id) + QPoint(rng.choice([0, 0, 21]), 0)
        action = rng.randrange(8)
        if action == 0:
            QTest.mousePress(viewport, rng.choice(_BUTTONS), modifier, at)
        elif action <= 2:
            QTest.mouseMove(viewport, at)
        elif action <= 4:
            QTest.mouseRelease(viewport, rng.choice(_BUTTONS), modifier, at)
        elif action == 5:
            QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, modifier, at)
        elif action == 6:
            grows = hand.network.neuron_count > _MOST_NEURONS
            key = Qt.Key.Key_Delete if grows else rng.choice(_KEYS)
            QTest.keyClick(canvas.editor or viewport, key, modifier)
        else:
            rng.choice([document.undo_stack.undo, document.undo_stack.redo])()
    canvas.cancel_gesture()
    canvas.close_editor()
    viewport.grab()
    scene, network = canvas.network_scene, hand.network
    assert set(scene.items_by_id) == {neuron.id for neuron in network.neurons}
    for neuron in network.neurons:
        item = scene.items_by_id[neuron.id]
        assert (item.pos().x(), item.pos().y()) == pytest.approx(neuron.position)
    assert scene.graph.connection_ids == tuple(connection.id for connection in network.connections)
    assert all(network.has_neuron(i) for i in document.selection.neurons)
    assert all(network.has_connection(i) for i in document.selection.connections)
    end, steps = network.copy(), document.undo_stack.index()
    document.undo_stack.setIndex(0)
    assert hand.network == start
    document.undo_stack.setIndex(steps)
    assert hand.network == end
