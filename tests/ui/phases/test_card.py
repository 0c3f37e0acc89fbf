"""The ring over the canvas: where it stands, what it tells, and when it folds up."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest

from nnstudio import paths
from nnstudio.network import Network
from nnstudio.project import Project, load_project
from nnstudio.training import TrainingSettings
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.phases.ring import words_in_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow


def open_xor(window: MainWindow) -> None:
    window.document.replace_project(load_project(paths.resource_path("examples", "xor.nns")))
    window.controller.look()
    window.canvas.fit_all()


def test_it_tells_start_counts_and_what_ends_the_training(qtbot: QtBot, window: MainWindow) -> None:
    open_xor(window)
    ring = window.phases.card.ring
    settings = TrainingSettings(epochs=500, target_loss=0.01, patience=20, batch_size=2)
    window.document.do(ProjectChange("", settings=settings))
    window.controller.look()
    assert ring.words == (
        "Xavier uniform, seed 0",
        "epoch 0 · step 0",
        "after 500 epochs, or loss ≤ 0.01, or no better for 20 epochs",
    )
    assert ring.present == "init"
    window.controller.step_epoch()
    qtbot.waitUntil(lambda: not window.controller.is_running, timeout=20_000)
    assert ring.words[1] == "epoch 1 · step 2"
    assert ring.words[0] == "Xavier uniform, seed 0"
    assert ring.present is None


def test_weights_set_by_hand_have_no_seed(window: MainWindow) -> None:
    from nnstudio.network.edits import SetValues

    open_xor(window)
    first = window.document.network.connections[0].id
    window.document.do(SetValues("", {first: 0.25}, {}))
    window.controller.look()
    assert "seed" not in window.phases.card.ring.words[0]


def test_it_turns_while_training_and_rests_at_stop(qtbot: QtBot, window: MainWindow) -> None:
    open_xor(window)
    ring = window.phases.card.ring
    settings = TrainingSettings(epochs=100_000, batch_size=None)
    window.document.do(ProjectChange("", settings=settings))
    window.controller.look()
    window.controller.set_speed("full")
    window.controller.train()
    qtbot.waitUntil(lambda: ring.turn is not None, timeout=20_000)
    assert ring.present is None
    window.controller.halt()
    assert ring.turn is None
    window.document.do(ProjectChange("", settings=TrainingSettings(epochs=1, batch_size=None)))
    window.controller.step_epoch()
    qtbot.waitUntil(lambda: not window.controller.is_running, timeout=20_000)
    assert ring.present == "stop"


def has_painted(qtbot: QtBot, window: MainWindow) -> bool:
    """Return whether the canvas is painted soon without anything being done."""
    under = Paints()
    window.canvas.viewport().installEventFilter(under)
    qtbot.wait(30)
    window.canvas.viewport().removeEventFilter(under)
    return under.count > 0


class Paints(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_a_turn_paints_the_ring_and_not_the_canvas_under_it(qtbot: QtBot, window: MainWindow) -> None:
    open_xor(window)
    ring, paints, under = window.phases.card.ring, Paints(), Paints()
    while has_painted(qtbot, window):
        pass  # what the project that was opened has yet to show
    ring.show_turn(0.4)
    while has_painted(qtbot, window):
        pass  # the phase that was lit before
    ring.installEventFilter(paints)
    window.canvas.viewport().installEventFilter(under)
    ring.show_turn(0.5)
    qtbot.waitUntil(lambda: paints.count == 1)
    assert under.count == 0


def test_the_network_stays_clear_of_it(window: MainWindow) -> None:
    open_xor(window)
    card, canvas = window.phases.card, window.canvas
    assert card.isVisible()
    assert not card.is_folded
    bounds = canvas.network_scene.bounds()
    assert bounds is not None
    assert canvas.mapFromScene(bounds[0], bounds[1] - 22.0).y() > card.geometry().bottom()


def test_the_network_stays_clear_of_it_below_a_message_that_lasts(window: MainWindow) -> None:
    open_xor(window)
    window.resize(1280, 800)
    card, canvas = window.phases.card, window.canvas
    canvas.fit_all()
    before, zoom = card.geometry().bottom(), canvas.zoom
    window.show_message("The file could not be read.", "error")
    assert card.geometry().bottom() > before + 30
    bounds = canvas.network_scene.bounds()
    assert bounds is not None
    assert canvas.mapFromScene(bounds[0], bounds[1] - 22.0).y() > card.geometry().bottom()
    window.messages.dismiss()
    assert card.geometry().bottom() == before
    assert canvas.zoom == zoom


def test_the_ring_is_there_beside_a_lesson_in_a_window_of_the_usual_size(
    qtbot: QtBot, window: MainWindow
) -> None:
    open_xor(window)
    window.resize(1280, 800)
    window.load_plots()
    before = window.canvas.width()
    window.show_lessons()
    qtbot.waitUntil(lambda: window.canvas.width() < before)
    assert not window.phases.card.is_folded


def test_what_ends_the_training_is_told_in_full(window: MainWindow) -> None:
    open_xor(window)
    ring = window.phases.card.ring
    metrics = QFontMetricsF(ring.font())
    text = "after 20 000 epochs, or loss ≤ 0.001"
    wide = metrics.horizontalAdvance(text)
    assert words_in_lines(text, wide + 1.0, metrics) == [text]
    assert words_in_lines(text, wide * 0.7, metrics) == ["after 20 000 epochs,", "or loss ≤ 0.001"]
    assert words_in_lines(text, wide * 0.3, metrics)[1].endswith("…")


def test_without_room_it_folds_up_to_a_button_that_begins(qtbot: QtBot, window: MainWindow) -> None:
    open_xor(window)
    card, canvas = window.phases.card, window.canvas
    canvas.setFixedSize(QSize(420, 300))
    qtbot.waitUntil(lambda: canvas.width() == 420)
    assert card.is_folded
    assert card.pill.isVisible()
    assert card.height() < 50
    QTest.mouseClick(card.pill, Qt.MouseButton.LeftButton)
    assert window.phases.walk.is_on
    assert not card.is_folded
    assert card.width() <= 420
    qtbot.waitUntil(lambda: window.phases.walk.cycle is not None, timeout=20_000)
    window.phases.walk.leave()
    assert card.is_folded


def test_a_walk_on_a_small_canvas_takes_the_room_of_the_legends_switch(
    qtbot: QtBot, window: MainWindow
) -> None:
    open_xor(window)
    canvas = window.canvas
    canvas.setFixedSize(QSize(504, 372))
    qtbot.waitUntil(lambda: canvas.width() == 504)
    switch, high = canvas.legend.buttons["weight"], canvas.legend.height()
    assert switch.isVisible()
    window.actions_by_name["walk"].trigger()
    qtbot.waitUntil(lambda: window.phases.walk.cycle is not None, timeout=20_000)
    assert not switch.isVisible()
    assert canvas.legend.height() < high
    assert canvas.zoom_buttons.y() > canvas.legend.y() - 8
    window.phases.walk.leave()
    assert switch.isVisible()


def test_it_makes_room_for_the_overview_and_for_the_brushes(window: MainWindow) -> None:
    open_xor(window)
    card, canvas = window.phases.card, window.canvas
    canvas.setFixedSize(QSize(692, 480))
    wide = card.width()
    for _ in range(4):
        canvas.zoom_in()
    assert canvas.minimap.isVisible()
    assert not card.geometry().intersects(canvas.minimap.geometry())
    canvas.actions()["brush"].trigger()
    assert canvas.brush_bar.isVisible()
    assert not card.geometry().intersects(canvas.brush_bar.geometry())
    canvas.brushes.take(None)
    canvas.fit_all()
    assert not canvas.minimap.isVisible()
    assert card.width() == wide


def test_an_empty_canvas_has_none(window: MainWindow) -> None:
    assert not window.phases.card.isVisible()
    open_xor(window)
    assert window.phases.card.isVisible()
    window.document.replace_project(Project(Network()))
    assert not window.phases.card.isVisible()


def test_the_menu_hides_it_for_the_next_start_too(make_window: Callable[[], MainWindow]) -> None:
    window = make_window()
    open_xor(window)
    window.actions_by_name["phases"].trigger()
    assert not window.phases.card.isVisible()
    window.actions_by_name["walk"].trigger()
    assert window.phases.card.isVisible()
    window.phases.walk.leave()
    other = make_window()
    open_xor(other)
    assert not other.phases.card.isVisible()
    assert not other.actions_by_name["phases"].isChecked()


@pytest.mark.parametrize("width", [660, 520, 400, 330])
def test_controls_and_caption_have_room(qtbot: QtBot, window: MainWindow, width: int) -> None:
    open_xor(window)
    card, canvas = window.phases.card, window.canvas
    canvas.setFixedWidth(width)
    window.actions_by_name["walk"].trigger()
    qtbot.waitUntil(lambda: window.phases.walk.cycle is not None, timeout=20_000)
    parts = (card.back, card.play, card.forward, card.skip, card.sample, card.batch, card.close_button)
    for part in [part for part in parts if part.isVisible()]:
        assert part.width() >= part.sizeHint().width() - 1
        assert card.controls.rect().contains(part.geometry())
    nodes = [node.geometry() for node in card.ring.nodes.values() if node.isVisible()]
    assert all(before.right() < after.left() for before, after in itertools.pairwise(nodes))
    assert card.ring.rect().contains(nodes[-1])
    assert card.caption.width() >= 60
    parts = [part.mapTo(card, QPoint(0, 0)).y() for part in (card.ring, card.controls)]
    assert parts[1] >= parts[0] + card.ring.height()
    assert card.caption.mapTo(card, QPoint(0, card.caption.height())).y() <= card.height()
    window.phases.walk.leave()
