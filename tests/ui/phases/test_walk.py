"""Walking through a step, with the mouse and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from nnstudio.training.phases import PHASES
from tests.ui.phases.driving import (
    begin,
    by_id,
    card_of,
    computed,
    example,
    press,
    settle,
    taken,
    values,
    walk_of,
)

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.training.phases import Phase
    from nnstudio.ui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton


def test_the_keys_walk_through_all_phases_to_a_step_that_is_taken_as_shown(
    qtbot: QtBot, xor: MainWindow
) -> None:
    walk, before = walk_of(xor), values(xor)
    QTest.keyClick(xor, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    cycle = computed(qtbot, xor)
    seen = [walk.phase]
    while walk.phase != "step":
        settle(xor)
        press(xor, Qt.Key.Key_Right)
        seen.append(walk.phase)
    assert seen == ["init", "predict", "loss", "gradient", "step"]
    assert values(xor) == before
    settle(xor)
    taken(qtbot, xor)
    assert by_id(cycle, "after") == values(xor)[0]
    assert xor.document.project.checkpoint is not None
    assert xor.document.project.checkpoint.step == 1
    assert xor.document.undo_stack.undoText() == "Train one batch"
    assert xor.document.undo_stack.count() == 1
    xor.document.undo_stack.undo()
    assert values(xor) == before
    assert not walk.is_on


def test_right_brings_a_phase_that_moves_to_its_end_and_left_goes_back(qtbot: QtBot, xor: MainWindow) -> None:
    walk = walk_of(xor)
    begin(qtbot, xor)
    press(xor, Qt.Key.Key_Right)
    assert (walk.phase, walk.progress) == ("init", 1.0)
    press(xor, Qt.Key.Key_Right)
    assert walk.phase == "predict"
    assert walk.is_moving
    press(xor, Qt.Key.Key_Right)
    assert (walk.phase, walk.progress, walk.is_moving) == ("predict", 1.0, False)
    press(xor, Qt.Key.Key_Left)
    assert (walk.phase, walk.progress) == ("init", 1.0)
    assert not walk.can_go_back


def test_escape_leaves_and_the_canvas_is_as_before(qtbot: QtBot, xor: MainWindow) -> None:
    scene = xor.canvas.network_scene
    shown = scene.graph.weights.copy(), scene.graph.activations.copy()
    begin(qtbot, xor)
    card_of(xor).ring.chosen.emit("gradient")
    assert xor.canvas.color_mode == "gradient"
    assert not scene.layer.has_numbers
    press(xor, Qt.Key.Key_Escape)
    assert not walk_of(xor).is_on
    assert xor.canvas.color_mode == "weight"
    assert scene.layer.has_numbers
    assert not walk_of(xor).stage.layer.isVisible()
    np.testing.assert_array_equal(scene.graph.weights, shown[0])
    np.testing.assert_array_equal(scene.graph.activations, shown[1])
    assert xor.document.undo_stack.count() == 0


@pytest.mark.parametrize("phase", PHASES)
def test_a_click_on_a_phase_walks_there(qtbot: QtBot, xor: MainWindow, phase: Phase) -> None:
    QTest.mouseClick(card_of(xor).ring.nodes[phase], LEFT)
    computed(qtbot, xor)
    assert walk_of(xor).phase == phase
    assert card_of(xor).ring.present == phase
    assert card_of(xor).caption.text


def test_buttons_play_pause_skip_and_leave(qtbot: QtBot, xor: MainWindow) -> None:
    walk, card = walk_of(xor), card_of(xor)
    begin(qtbot, xor)
    QTest.mouseClick(card.play, LEFT)
    assert walk.is_playing
    phases = []
    for _ in range(200):
        walk.advance(0.4)
        if walk.phase not in phases:
            phases.append(walk.phase)
        if walk.phase == "loss":
            break
    assert phases == ["init", "predict", "loss"]
    QTest.mouseClick(card.play, LEFT)
    assert not walk.is_playing
    assert not walk.is_moving
    QTest.mouseClick(card.skip, LEFT)
    taken(qtbot, xor)
    assert not card.back.isEnabled()
    QTest.mouseClick(card.forward, LEFT)
    cycle = computed(qtbot, xor)
    assert (walk.phase, cycle.step) == ("predict", 1)
    QTest.mouseClick(card.close_button, LEFT)
    assert not walk.is_on


def test_played_on_the_cycle_repeats_with_the_next_batch(qtbot: QtBot, xor: MainWindow) -> None:
    walk = walk_of(xor)
    begin(qtbot, xor)
    walk.play()

    def has_come_round() -> bool:
        walk.advance(0.4)
        return walk.cycle is not None and walk.cycle.step == 2

    qtbot.waitUntil(has_come_round, timeout=30_000)
    walk.leave()
    assert xor.document.project.checkpoint is not None
    assert xor.document.project.checkpoint.step == 2


def test_space_plays_and_pauses_unless_it_pans(qtbot: QtBot, xor: MainWindow) -> None:
    walk, canvas = walk_of(xor), xor.canvas
    begin(qtbot, xor)
    press(xor, Qt.Key.Key_Space)
    assert walk.is_playing
    press(xor, Qt.Key.Key_Space)
    assert not walk.is_playing
    middle = canvas.viewport().rect().center()
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    QTest.mousePress(canvas.viewport(), LEFT, pos=middle)
    QTest.mouseMove(canvas.viewport(), middle + QPoint(40, 10))
    QTest.mouseRelease(canvas.viewport(), LEFT, pos=middle + QPoint(40, 10))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert not walk.is_playing
    assert walk.is_on


def test_a_sample_alone_is_walked_and_not_taken(qtbot: QtBot, window: MainWindow) -> None:
    window.document.replace_project(example("moons"))
    window.controller.look()
    before, walk, card = values(window), walk_of(window), card_of(window)
    begin(qtbot, window)
    QTest.mouseClick(card.sample, LEFT)
    cycle = computed(qtbot, window)
    assert cycle.rows.tolist() == [window.document.focus_row]
    walk.finish()
    assert (walk.phase, walk.progress, walk.is_taken) == ("step", 1.0, False)
    assert "Not taken" in card.caption.text
    assert values(window) == before
    walk.next()
    assert computed(qtbot, window).step == 0
    window.document.set_focus_row(7)
    assert computed(qtbot, window).rows.tolist() == [7]
    QTest.mouseClick(card.batch, LEFT)
    assert len(computed(qtbot, window).rows) == 10
    assert values(window) == before


def test_arrows_move_neurons_again_after_the_walk(qtbot: QtBot, xor: MainWindow) -> None:
    begin(qtbot, xor)
    press(xor, Qt.Key.Key_Escape)
    neuron = xor.document.network.inputs[0]
    xor.document.selection.set([neuron.id])
    press(xor, Qt.Key.Key_Right)
    assert xor.document.network.neuron(neuron.id).position[0] == neuron.position[0] + 1.0
