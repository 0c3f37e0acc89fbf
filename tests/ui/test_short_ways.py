"""What newcomers come for takes a few clicks: something that learns, why XOR needs hidden neurons, a race."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from nnstudio import paths
from nnstudio.ui.speed import pace

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow

pytestmark = pytest.mark.ui
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
# Of the ten seconds in which something is to be seen learning, the program's start and two clicks take some.
SECONDS_TO_LEARN = 4.0


def ended(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.controller.state == "finished")


def test_the_example_that_comes_first_learns_before_ones_eyes(qtbot: QtBot, window: MainWindow) -> None:
    controller = window.controller
    window.show_gallery()
    gallery = window._gallery
    assert gallery is not None
    QTest.keyClick(gallery.cards, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window._gallery is None)
    a_second = pace("watch", controller.settings.epochs)
    assert a_second is not None
    controller.set_speed("full")
    QTest.mouseClick(window.training_bar.train_button, LEFT)
    ended(qtbot, window)
    losses = controller.history.loss
    learned = controller.history.epochs[np.flatnonzero(losses < losses[0] / 5)[0]]
    assert learned / a_second < SECONDS_TO_LEARN


def test_xor_without_its_hidden_neurons_takes_four_gestures_and_is_not_learned(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.files.open(paths.resource_path("examples", "xor.nns"), as_copy=True)
    window.controller.set_speed("full")
    canvas, viewport = window.canvas, window.canvas.viewport()
    canvas.fit_all()
    hidden = [each.position for each in window.document.network.neurons if each.role == "hidden"]
    corners = [
        canvas.mapFromScene(QPointF(pick(x for x, _ in hidden), pick(y for _, y in hidden)))
        + sign * QPoint(30, 30)
        for pick, sign in ((min, -1), (max, 1))
    ]
    QTest.mousePress(viewport, LEFT, NONE, corners[0])
    for share in range(1, 6):
        QTest.mouseMove(viewport, corners[0] + (corners[1] - corners[0]) * share / 5)
    QTest.mouseRelease(viewport, LEFT, NONE, corners[1])
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert window.document.network.connection_count == 0
    qtbot.waitUntil(window.problem_card.isVisible)
    QTest.mouseClick(window.problem_card.fix_button, LEFT)
    assert window.document.network.connection_count == 2
    QTest.mouseClick(window.training_bar.train_button, LEFT)
    ended(qtbot, window)
    assert window.controller.history.loss[-1] > 0.2


def test_another_optimizer_is_raced_from_the_same_start_beside_the_first(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.files.open(paths.resource_path("examples", "xor.nns"), as_copy=True)
    controller, machine = window.controller, window.controller.time_machine
    controller.set_speed("full")
    start = window.document.network.values()
    window.actions_by_name["train"].trigger()
    ended(qtbot, window)
    box = window.training_bar.optimizer
    box.setFocus()
    while controller.settings.optimizer != "adam":
        before = box.currentIndex()
        QTest.keyClick(box, Qt.Key.Key_Down)
        assert box.currentIndex() != before
    window.actions_by_name["reset"].trigger()
    assert window.document.network.values() == start
    assert [branch.name for branch in machine.branches] == ["Gradient descent 0.05"]
    window.actions_by_name["train"].trigger()
    ended(qtbot, window)
    assert [branch.name for branch in machine.branches] == ["Gradient descent 0.05"]
    assert machine.name.startswith("Adam")
