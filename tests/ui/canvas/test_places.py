from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nnstudio.network import Network
from nnstudio.ui.canvas.connection_marks import NUMBER_SHARE
from nnstudio.ui.canvas.places import point_on
from tests.ui.canvas.conftest import Hand, make_hand

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_the_point_on_a_straight_connection_is_halfway(hand: Hand) -> None:
    point = point_on(hand.canvas.network_scene, "ah")
    assert (point.x(), point.y()) == pytest.approx((100, 50))


def test_the_point_on_one_that_bends_lies_on_it(qtbot: QtBot) -> None:
    network = Network()
    for place, key in enumerate("abc"):
        network.add_neuron("hidden", id=key, position=(200 * place, 0))
    network.connect("a", "c", id="ac")
    hand = make_hand(qtbot, network)
    scene = hand.canvas.network_scene
    point = point_on(scene, "ac")
    assert abs(point.y()) > 22.0  # past b
    assert scene.pick(point, hand.canvas.zoom).id == "ac"
    hand.canvas.commands.edit_connection("ac")
    assert hand.canvas.editor is not None
    assert hand.canvas.editor.geometry().contains(
        hand.canvas.mapFromScene(point_on(scene, "ac", NUMBER_SHARE))
    )


def test_that_of_a_connection_into_a_collapsed_group_is_between_what_is_shown(hand: Hand) -> None:
    hand.network.add_group("Inputs", ("a", "b"), collapsed=True)
    scene = hand.canvas.network_scene
    x, y = scene.groups.place_of("a")
    point = point_on(scene, "ah")
    assert (point.x(), point.y()) == pytest.approx(((x + 200) / 2, (y + 100) / 2))
