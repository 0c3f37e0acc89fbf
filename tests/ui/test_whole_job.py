"""The whole job with mouse and keyboard alone: draw, choose data, train, watch, save, open again, undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from nnstudio.engine import compile_network
from nnstudio.engine.backend import choose

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow
    from tests.ui.conftest import Answers

pytestmark = pytest.mark.ui
INPUTS = [(-180.0, -60.0), (-180.0, 60.0)]
HIDDEN = [(0.0, -100.0), (0.0, 0.0), (0.0, 100.0)]
OUTPUT = (180.0, 0.0)
RIM = 25.0


def at(window: MainWindow, place: tuple[float, float]) -> QPoint:
    return window.canvas.mapFromScene(QPointF(*place))


def press_key(window: MainWindow, key: Qt.Key, place: tuple[float, float]) -> None:
    """Press a key with the pointer over a place of the canvas."""
    viewport = window.canvas.viewport()
    QTest.mouseMove(viewport, at(window, place) + QPoint(3, 3))
    QTest.mouseMove(viewport, at(window, place))
    QTest.keyClick(viewport, key)


def drag(window: MainWindow, start: QPoint, end: QPoint) -> None:
    viewport = window.canvas.viewport()
    QTest.mouseMove(viewport, start)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for step in range(1, 6):
        QTest.mouseMove(viewport, start + (end - start) * step / 5)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)


def connect(window: MainWindow, source: tuple[float, float], target: tuple[float, float]) -> None:
    rim = window.canvas.mapFromScene(QPointF(source[0] + RIM, source[1]))
    drag(window, rim, at(window, target))


def type_into(field: QLineEdit, text: str) -> None:
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def color_at(window: MainWindow, place: tuple[float, float]) -> tuple[int, int, int]:
    """The most colorful pixel near a place of the canvas."""
    QApplication.processEvents()
    image = window.canvas.viewport().grab().toImage()
    center = at(window, place)
    near = [image.pixelColor(center.x() + dx, center.y() + dy) for dx in range(-3, 4) for dy in range(-3, 4)]
    return max((color.getRgb()[:3] for color in near), key=lambda rgb: max(rgb) - min(rgb))


def test_a_network_is_drawn_trained_saved_and_opened_again(
    qtbot: QtBot,
    make_window: Callable[[], MainWindow],
    tmp_path: Path,
    answers: Answers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = make_window()
    window.load_plots()
    document, controller, canvas = window.document, window.controller, window.canvas
    network = document.network

    # Six neurons: at the pointer by key, and by double-click.
    canvas.setFocus()
    for place in INPUTS:
        press_key(window, Qt.Key.Key_I, place)
    for place in HIDDEN:
        QTest.mouseDClick(
            canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at(window, place)
        )
    press_key(window, Qt.Key.Key_O, OUTPUT)
    assert [n.role for n in network.neurons] == ["input", "input", "hidden", "hidden", "hidden", "output"]
    places = [n.position for n in network.neurons]

    # Nine connections, each dragged from a rim.
    for source in places[:2]:
        for target in places[2:5]:
            connect(window, source, target)
    for source in places[2:5]:
        connect(window, source, places[5])
    assert network.connection_count == 9
    drawn = document.undo_stack.count()
    assert drawn == 15

    # XOR, chosen in the Data panel.
    sets = window.data_panel.sets
    QTest.mouseClick(
        sets.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        sets.rect_of("xor").center(),
    )
    assert document.project.data.title
    qtbot.waitUntil(lambda: controller.problem is None, timeout=5_000)

    # On the engine that a person has, compiled before a wait for it begins.
    monkeypatch.delenv("NNSTUDIO_ENGINE")
    settings = controller.settings
    batch = settings.batch_rows(len(document.project.data.x_train))
    chosen, reason = choose(compile_network(network), settings.loss, settings.optimizer, batch)
    assert chosen == "kernels", reason

    # Settings typed, Train pressed, a connection watched.
    bar = window.training_bar
    type_into(bar.learning_rate.lineEdit(), "0.1")
    type_into(bar.epochs.lineEdit(), "3000")
    middles = [
        (
            (network.neuron(c.source).position[0] + network.neuron(c.target).position[0]) / 2,
            (network.neuron(c.source).position[1] + network.neuron(c.target).position[1]) / 2,
        )
        for c in network.connections
    ]
    before = {c.id: c.weight for c in network.connections}
    colors = [color_at(window, middle) for middle in middles]
    QTest.mouseClick(bar.train_button, Qt.MouseButton.LeftButton)
    assert controller.is_running
    qtbot.waitUntil(lambda: bar.train_button.text() == "Pause", timeout=60_000)
    qtbot.waitUntil(
        lambda: len(controller.history or ()) > 0 and controller.history.loss[-1] < 0.01, timeout=60_000
    )
    # The loss is known before what the window shows of it.
    qtbot.waitUntil(lambda: [color_at(window, middle) for middle in middles] != colors)
    if controller.is_running:
        QTest.mouseClick(bar.train_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not controller.is_running, timeout=10_000)
    assert document.project.history.loss[-1] < 0.01

    # Saved with a typed name, closed, opened again.
    path = tmp_path / "xor by hand.nns"
    answers.expect(path)
    QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert path.exists()
    assert not window.isWindowModified()
    learned = network.copy()
    assert window.close()

    again = make_window()
    answers.expect(path)
    QTest.keyClick(again, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert again.document.network == learned
    assert again.windowTitle() == "xor by hand.nns[*]"
    assert not again.document.undo_stack.canUndo()

    # Undo is still sane, in the new window and in what the old one kept.
    again.canvas.setFocus()
    QTest.keyClick(again.canvas.viewport(), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(again.canvas.viewport(), Qt.Key.Key_Delete)
    assert again.document.network.neuron_count == 0
    QTest.keyClick(again, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert again.document.network == learned
    stack = document.undo_stack
    while stack.index() > drawn:
        stack.undo()
    assert {c.id: c.weight for c in network.connections} == before
    assert document.project.data is None
    while stack.canUndo():
        stack.undo()
    assert network.neuron_count == 0
    while stack.canRedo():
        stack.redo()
    assert network == learned
