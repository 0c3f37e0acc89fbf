"""Walking through a computation graph with buttons and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

import nnstudio as nn
from nnstudio.explain import moment_of
from nnstudio.network.templates import layered_network
from nnstudio.ui.panels.explain_graph import MOST_DRAWN, GraphView

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.explain import Moment

pytestmark = pytest.mark.ui
LEFT = Qt.MouseButton.LeftButton


def moment_at(network: nn.Network, x: list[float], y: list[float]) -> Moment:
    program = nn.compile_network(network)
    return moment_of(program, program.initial_parameters(), x, y, "mse")


@pytest.fixture
def moment() -> Moment:
    network = nn.Network()
    a = network.add_neuron("input", label="a")
    out = network.add_neuron("output", activation="tanh", bias=0.25, label="out", id="out")
    network.connect(a.id, out.id, weight=0.5, id="w")
    return moment_at(network, [2.0], [1.0])


@pytest.fixture
def view(moment: Moment, qtbot: QtBot) -> GraphView:
    found = GraphView()
    qtbot.addWidget(found)
    found.resize(320, 420)
    found.show_moment(moment, "out")
    found.show()
    qtbot.waitExposed(found)
    return found


def press(view: GraphView, key: str) -> None:
    QTest.mouseClick(view.buttons[key], LEFT)


def test_all_is_shown_at_first_and_the_buttons_walk_from_the_beginning(view: GraphView) -> None:
    assert view.graph is not None
    operations = len(view.graph.forward)
    assert view.number == 2 * operations
    press(view, "first")
    assert view.place.text() == f"Forward, 0 of {operations}"
    assert not view.buttons["back"].isEnabled()
    press(view, "forward")
    assert "0.5 × 2 = 1" in view.told.text()
    press(view, "back")
    assert view.number == 0
    press(view, "last")
    assert view.place.text() == f"Backward, {operations} of {operations}"


def test_arrows_walk_and_tell_what_is_passed_back(view: GraphView) -> None:
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Home)
    for _ in range(4):
        QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.place.text().startswith("Backward, 1")
    assert "passes back" in view.told.text()
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.place.text().startswith("Forward, 3")
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.number == 6


def test_the_walk_stays_where_it_is_when_numbers_change(view: GraphView) -> None:
    press(view, "first")
    press(view, "forward")
    network = nn.Network()
    a = network.add_neuron("input", label="a")
    out = network.add_neuron("output", activation="tanh", bias=0.25, label="out", id="out")
    network.connect(a.id, out.id, weight=-3.0, id="w")
    view.show_moment(moment_at(network, [2.0], [1.0]), "out")
    assert view.number == 1
    assert "−3) × 2 = −6" in view.told.text() or "−3 × 2 = −6" in view.told.text()


def test_pointing_at_a_node_tells_which_neuron_or_connection_it_is_of(view: GraphView, qtbot: QtBot) -> None:
    assert view.graph is not None
    weight = next(node for node in view.graph.nodes if node.kind == "weight")
    told = []
    view.pointed.connect(told.append)
    QTest.mouseMove(view.picture, view.picture.center_of(weight.index).toPoint())
    qtbot.waitUntil(lambda: bool(told))
    assert told[-1].connection_id == "w"
    assert "derivative" in view.picture.toolTip()
    QTest.mouseMove(view.picture, QPoint(2, 2))
    qtbot.waitUntil(lambda: told[-1] is None)


def test_the_graph_is_enlarged_in_a_window_that_walks_by_itself(view: GraphView, qtbot: QtBot) -> None:
    press(view, "first")
    QTest.mouseClick(view.enlarge, LEFT)
    window = view.window_of_its_own
    assert window is not None
    assert window.view.number == 0
    press(window.view, "forward")
    window.close()
    qtbot.waitUntil(lambda: view.window_of_its_own is None)
    assert view.number == 1


def test_an_enlarged_graph_is_zoomed_dragged_and_fitted_again(view: GraphView, qtbot: QtBot) -> None:
    QTest.mouseClick(view.enlarge, LEFT)
    assert view.window_of_its_own is not None
    picture = view.window_of_its_own.view.picture
    qtbot.waitUntil(picture.isVisible)
    before = picture.center_of(0)
    QTest.mousePress(picture, LEFT, pos=QPoint(100, 100))
    QTest.mouseMove(picture, QPoint(130, 120))
    QTest.mouseRelease(picture, LEFT, pos=QPoint(130, 120))
    moved = picture.center_of(0) - before
    assert (moved.x(), moved.y()) == pytest.approx((30.0, 20.0), abs=1.0)
    QTest.mouseDClick(picture, LEFT, pos=QPoint(100, 100))
    assert picture.center_of(0) == before


def test_a_graph_that_is_too_large_is_not_drawn_but_told(view: GraphView) -> None:
    large = layered_network([20, 20, 1])
    x = np.zeros(20).tolist()
    view.show_moment(moment_at(large, x, [1.0]), None)
    assert view.graph is None
    assert str(MOST_DRAWN) in view.told.text()
    assert not view.picture.isVisible()
    assert not any(button.isEnabled() for button in view.buttons.values())


def test_the_picture_can_be_painted_at_every_step(view: GraphView) -> None:
    press(view, "first")
    while view.buttons["forward"].isEnabled():
        assert not view.grab().isNull()
        press(view, "forward")
