"""A canvas on a small network, and a hand that works it with real mouse and key events."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from nnstudio.network import Network
from nnstudio.project import Project
from nnstudio.ui.canvas.view import CanvasView
from nnstudio.ui.document import Document

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@dataclass
class Hand:
    """Mouse and keys over a canvas; points are of the scene, or ids of neurons for their middle."""

    canvas: CanvasView
    refused: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    @property
    def document(self) -> Document:
        return self.canvas.document

    @property
    def network(self) -> Network:
        return self.canvas.document.network

    def pixel(self, where: str | tuple[float, float]) -> QPoint:
        x, y = self.network.neuron(where).position if isinstance(where, str) else where
        return self.canvas.mapFromScene(QPointF(x, y))

    def rim(self, neuron_id: str) -> tuple[float, float]:
        x, y = self.network.neuron(neuron_id).position
        return x + 22.0, y

    def middle(self, connection_id: str) -> tuple[float, float]:
        connection = self.network.connection(connection_id)
        x1, y1 = self.network.neuron(connection.source).position
        x2, y2 = self.network.neuron(connection.target).position
        return (x1 + x2) / 2, (y1 + y2) / 2

    def move(self, where: str | tuple[float, float]) -> None:
        # A move to where the cursor already is would not be told.
        QTest.mouseMove(self.canvas.viewport(), self.pixel(where) + QPoint(3, 3))
        QTest.mouseMove(self.canvas.viewport(), self.pixel(where))

    def press(
        self,
        where: str | tuple[float, float],
        button: Qt.MouseButton = LEFT,
        modifier: Qt.KeyboardModifier = NONE,
    ) -> None:
        QTest.mousePress(self.canvas.viewport(), button, modifier, self.pixel(where))

    def release(
        self,
        where: str | tuple[float, float],
        button: Qt.MouseButton = LEFT,
        modifier: Qt.KeyboardModifier = NONE,
    ) -> None:
        QTest.mouseRelease(self.canvas.viewport(), button, modifier, self.pixel(where))

    def click(self, where: str | tuple[float, float], modifier: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseClick(self.canvas.viewport(), LEFT, modifier, self.pixel(where))

    def double_click(self, where: str | tuple[float, float]) -> None:
        self.click(where)
        QTest.mouseDClick(self.canvas.viewport(), LEFT, NONE, self.pixel(where))

    def drag(
        self,
        start: str | tuple[float, float],
        *way: str | tuple[float, float],
        button: Qt.MouseButton = LEFT,
        modifier: Qt.KeyboardModifier = NONE,
        let_go: bool = True,
    ) -> None:
        # All points before the drag moves anything.
        pixels = [self.pixel(point) for point in (start, *way)]
        viewport = self.canvas.viewport()
        QTest.mouseMove(viewport, pixels[0])
        QTest.mousePress(viewport, button, modifier, pixels[0])
        for before, pixel in itertools.pairwise(pixels):
            QTest.mouseMove(viewport, (before + pixel) / 2)
            QTest.mouseMove(viewport, pixel)
        if let_go:
            QTest.mouseRelease(viewport, button, modifier, pixels[-1])

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.canvas.viewport(), key, modifier)

    def undo(self) -> None:
        self.document.undo_stack.undo()


def make_hand(qtbot: QtBot, network: Network) -> Hand:
    canvas = CanvasView(Document(Project(network)))
    canvas.resize(900, 600)
    qtbot.addWidget(canvas)
    canvas.show()
    qtbot.waitExposed(canvas)
    canvas.setFocus()
    canvas.centerOn(200, 100)
    hand = Hand(canvas)
    canvas.document.refused.connect(lambda error: hand.refused.append(str(error)))
    canvas.message.connect(hand.messages.append)
    return hand


@pytest.fixture
def hand(qtbot: QtBot) -> Hand:
    """Two inputs a and b, hidden h fed by both, output y fed by h; far enough apart to hit each surely."""
    network = Network()
    network.add_neuron("input", id="a", label="a", position=(0, 0))
    network.add_neuron("input", id="b", label="b", position=(0, 200))
    network.add_neuron("hidden", id="h", label="h", position=(200, 100), bias=0.25)
    network.add_neuron("output", id="y", label="y", position=(400, 100))
    network.connect("a", "h", weight=0.5, id="ah")
    network.connect("b", "h", weight=-0.5, id="bh")
    network.connect("h", "y", weight=1.5, id="hy")
    return make_hand(qtbot, network)


@pytest.fixture
def empty_hand(qtbot: QtBot) -> Hand:
    """An empty canvas."""
    return make_hand(qtbot, Network())
