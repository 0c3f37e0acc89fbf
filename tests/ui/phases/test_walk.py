"""Walking through a step, with the mouse and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from nnstudio import paths
from nnstudio.network.edits import ChangeConnections, SetValues
from nnstudio.project import Project, load_project
from nnstudio.training import TrainingSettings
from nnstudio.training.phases import PHASES
from nnstudio.ui.document import ProjectChange

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.training.phases import Cycle, Phase
    from nnstudio.ui.main_window import MainWindow
    from nnstudio.ui.phases.card import PhaseCard
    from nnstudio.ui.phases.walk import Walk

LEFT = Qt.MouseButton.LeftButton


def example(name: str) -> Project:
    return load_project(paths.resource_path("examples", f"{name}.nns"))


@pytest.fixture
def xor(window: MainWindow) -> MainWindow:
    window.document.replace_project(example("xor"))
    window.controller.look()
    window.canvas.fit_all()
    window.canvas.setFocus()
    return window


def walk_of(window: MainWindow) -> Walk:
    return window.phases.walk


def card_of(window: MainWindow) -> PhaseCard:
    return window.phases.card


def computed(qtbot: QtBot, window: MainWindow) -> Cycle:
    """Wait for the numbers of the step, and stop what moves by the clock."""
    walk = walk_of(window)
    qtbot.waitUntil(lambda: walk.cycle is not None, timeout=20_000)
    assert walk.cycle is not None
    return walk.cycle


def begin(qtbot: QtBot, window: MainWindow) -> Cycle:
    window.actions_by_name["walk"].trigger()
    return computed(qtbot, window)


def press(window: MainWindow, key: Qt.Key) -> None:
    QTest.keyClick(window.canvas, key)


def settle(window: MainWindow) -> None:
    """Bring the phase to its end, as time would."""
    walk = walk_of(window)
    while walk.is_moving:
        walk.advance(0.5)


def taken(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: walk_of(window).is_taken, timeout=20_000)


def values(window: MainWindow) -> tuple[dict[str, float], dict[str, float]]:
    weights, biases = window.document.network.values()
    return dict(weights), dict(biases)


def by_id(cycle: Cycle, of: str) -> dict[str, float]:
    weights = getattr(cycle, of).weights.tolist()
    return dict(zip(cycle.program.connection_ids, weights, strict=True))


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


@pytest.mark.parametrize(
    "change",
    [
        lambda window: window.document.do(SetValues("", {next(iter(values(window)[0])): 0.3}, {})),
        lambda window: window.document.do(
            ChangeConnections("", {next(iter(values(window)[0])): {"trainable": False}})
        ),
        lambda window: window.document.do(ProjectChange("", settings=TrainingSettings(learning_rate=0.7))),
        lambda window: window.document.replace_project(example("and")),
        lambda window: window.controller.train(),
    ],
    ids=["weight", "constraint", "settings", "project", "training"],
)
def test_whatever_changes_under_it_ends_the_walk(
    qtbot: QtBot, xor: MainWindow, change: Callable[[MainWindow], Any]
) -> None:
    begin(qtbot, xor)
    change(xor)
    assert not walk_of(xor).is_on
    assert walk_of(xor).cycle is None
    xor.controller.halt()


def test_an_edit_while_the_numbers_are_computed_ends_it_too(qtbot: QtBot, xor: MainWindow) -> None:
    xor.actions_by_name["walk"].trigger()
    assert walk_of(xor).cycle is None
    xor.document.do(SetValues("", {next(iter(values(xor)[0])): 0.3}, {}))
    qtbot.wait(60)  # what was computed must not come after all
    assert walk_of(xor).cycle is None
    assert not walk_of(xor).is_on


def test_the_canvas_shows_what_has_been_reached(qtbot: QtBot, xor: MainWindow) -> None:
    cycle = begin(qtbot, xor)
    walk, graph = walk_of(xor), xor.canvas.network_scene.graph
    walk.go("predict")
    hidden = [
        slot for slot, key in enumerate(graph.neuron_ids) if xor.document.network.neuron(key).role != "input"
    ]
    assert np.isnan(graph.activations[hidden]).all()
    walk.next()
    np.testing.assert_allclose(
        [graph.activations[graph.neuron_slots[key]] for key in cycle.program.neuron_ids], cycle.passed.values
    )
    walk.go("step")
    walk.advance(0.9)
    old, new = by_id(cycle, "before"), by_id(cycle, "after")
    for slot, key in enumerate(graph.connection_ids):
        low, high = sorted((old[key], new[key]))
        assert low <= graph.weights[slot] <= high
    moved = [key for key in old if old[key] != new[key]]
    assert any(graph.weights[graph.connection_slots[key]] not in (old[key], new[key]) for key in moved)
    assert values(xor)[0] == old


def test_numbers_stand_on_plates_that_cover_neither_each_other_nor_the_card(
    qtbot: QtBot, xor: MainWindow
) -> None:
    from nnstudio.ui.phases.plates import overlap

    begin(qtbot, xor)
    walk = walk_of(xor)
    told = {}
    for phase in ("init", "predict", "loss", "gradient", "step"):
        walk.go(phase)
        if phase == "step":
            walk.advance(1.0)
        else:
            walk.next()
        xor.canvas.viewport().repaint()
        placed = walk.stage.layer.placed
        told[phase] = [one.text for one in placed]
        boxes = [one.box for one in placed]
        card = card_of(xor).geometry()
        boxes.append((card.x(), card.y(), card.width(), card.height()))
        assert not any(overlap(a, b) for number, a in enumerate(boxes) for b in boxes[:number])
    cycle = walk.cycle
    assert cycle is not None
    assert any(text.startswith("loss ") for text in told["loss"])
    assert any("→" in text for text in told["step"])
    assert any(text.startswith("δ ") for text in told["gradient"])
    assert any(text.startswith("z ") for text in told["predict"])
    assert len(told["init"]) >= 7


def test_a_large_network_shows_dots_and_leaves_numbers_out(qtbot: QtBot, window: MainWindow) -> None:
    window.document.replace_project(example("digits"))
    window.controller.look()
    window.canvas.fit_all()
    begin(qtbot, window)
    walk = walk_of(window)
    walk.go("predict")
    walk.advance(1.0)
    window.canvas.viewport().repaint()
    assert walk.stage.layer.placed == []
    walk.finish()
    taken(qtbot, window)


def test_the_last_step_of_a_training_leads_to_stop(qtbot: QtBot, window: MainWindow) -> None:
    project = example("xor")
    project.settings = TrainingSettings(epochs=1, batch_size=None, optimizer="sgd")
    window.document.replace_project(project)
    window.controller.look()
    walk = walk_of(window)
    begin(qtbot, window)
    walk.finish()
    taken(qtbot, window)
    walk.next()
    assert walk.phase == "stop"
    assert "after 1 epoch" in card_of(window).caption.text
    settle(window)
    walk.next()
    assert computed(qtbot, window).epoch == 1
    assert walk.phase == "predict"


def test_a_step_out_of_the_finite_numbers_is_told_instead_of_taken(qtbot: QtBot, window: MainWindow) -> None:
    project = example("addition-identity")
    assert project.settings is not None
    project.settings = TrainingSettings(learning_rate=1e300, batch_size=None)
    window.document.replace_project(project)
    window.controller.look()
    walk = walk_of(window)
    begin(qtbot, window)
    walk.finish()
    taken(qtbot, window)
    before = values(window)
    walk.next()
    computed(qtbot, window)
    walk.finish()
    assert not walk.is_taken
    assert "finite" in card_of(window).caption.text
    assert values(window) == before


def test_walking_from_a_past_step_goes_on_from_there(qtbot: QtBot, xor: MainWindow) -> None:
    controller = xor.controller
    for _ in range(4):
        controller.step_batch()
        qtbot.waitUntil(lambda: not controller.is_running, timeout=20_000)
    controller.time_machine.show(2)
    qtbot.waitUntil(lambda: controller.state_on_view is not None, timeout=20_000)
    cycle = begin(qtbot, xor)
    assert cycle.step == 2
    walk_of(xor).finish()
    taken(qtbot, xor)
    assert by_id(cycle, "after") == values(xor)[0]
    assert not controller.time_machine.is_past
    walk_of(xor).leave()


def test_scrubbing_elsewhere_ends_the_walk(qtbot: QtBot, xor: MainWindow) -> None:
    controller = xor.controller
    for _ in range(3):
        controller.step_batch()
        qtbot.waitUntil(lambda: not controller.is_running, timeout=20_000)
    begin(qtbot, xor)
    controller.time_machine.show(1)
    assert not walk_of(xor).is_on
    controller.time_machine.show(None)


def test_without_data_it_says_why_there_is_no_walk(window: MainWindow) -> None:
    window.actions_by_name["walk"].trigger()
    assert not walk_of(window).is_on
    assert window.messages.isVisible()


def test_while_training_walking_asks_to_pause(qtbot: QtBot, xor: MainWindow) -> None:
    xor.controller.train()
    xor.actions_by_name["walk"].trigger()
    assert not walk_of(xor).is_on
    assert "Pause" in xor.messages.text
    xor.controller.halt()


def test_a_project_saved_on_the_way_keeps_its_own_colors(
    qtbot: QtBot, xor: MainWindow, tmp_path: Path
) -> None:
    begin(qtbot, xor)
    walk_of(xor).go("gradient")
    assert xor.canvas.color_mode == "gradient"
    xor.document.set_path(tmp_path / "xor.nns")
    xor.files.save()
    assert load_project(tmp_path / "xor.nns").view["color_mode"] == "weight"
    walk_of(xor).leave()


def test_arrows_move_neurons_again_after_the_walk(qtbot: QtBot, xor: MainWindow) -> None:
    begin(qtbot, xor)
    press(xor, Qt.Key.Key_Escape)
    neuron = xor.document.network.inputs[0]
    xor.document.selection.set([neuron.id])
    press(xor, Qt.Key.Key_Right)
    assert xor.document.network.neuron(neuron.id).position[0] == neuron.position[0] + 1.0
