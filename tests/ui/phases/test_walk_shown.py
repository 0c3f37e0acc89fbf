"""What the canvas shows on a walk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize

from nnstudio.training import TrainingSettings
from nnstudio.ui.phases.plates import overlap
from tests.ui.phases.driving import (
    begin,
    by_id,
    card_of,
    computed,
    example,
    settle,
    taken,
    values,
    walk_of,
)

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow


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


def test_pictures_have_nothing_of_the_walk(qtbot: QtBot, xor: MainWindow) -> None:
    def picture() -> bytes:
        return bytes(xor.canvas.render_image(QSize(300, 200)).constBits())

    begin(qtbot, xor)
    walk = walk_of(xor)
    walk.go("loss")
    walk.next()
    with_walk = picture()
    walk.stage.layer.hide()
    assert with_walk == picture()
    walk.leave()
