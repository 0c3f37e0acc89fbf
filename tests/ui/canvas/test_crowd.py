from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from nnstudio.network import Network
from nnstudio.network.edits import AddItems, ChangeNeurons, RemoveItems
from nnstudio.ui.canvas import crowd as crowd_module
from tests.ui.canvas.conftest import make_hand

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from tests.ui.canvas.conftest import Hand

pytestmark = pytest.mark.ui


@pytest.fixture
def crowd(qtbot: QtBot) -> Hand:
    """200 neurons without connections, all on view."""
    network = Network()
    with network.batch():
        for number in range(200):
            column, row = divmod(number, 5)
            role = ("input", "hidden", "output")[number % 3]
            network.add_neuron(role, id=f"n{number}", position=(column * 120.0, row * 240.0))
    hand = make_hand(qtbot, network)
    hand.canvas.fit()
    return hand


def _view(hand: Hand) -> np.ndarray:
    image = hand.canvas.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., :3].astype(int)


def _ink_at(hand: Hand, neuron_id: str) -> np.ndarray:
    at = hand.pixel(neuron_id)
    return _view(hand)[at.y() - 7 : at.y() + 8, at.x() - 7 : at.x() + 8]


def test_a_crowd_looks_as_its_neurons_painted_one_by_one(
    crowd: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = _view(crowd)
    monkeypatch.setattr(crowd_module, "_LEAST_COPIED", 10_000)
    each = _view(crowd)
    assert not np.array_equal(copied, each)
    # Copies lie on whole pixels: at most half a pixel off.
    assert np.abs(copied - each).mean() < 4.0


@pytest.mark.parametrize(
    "change",
    [
        lambda hand: hand.document.selection.set(("n102",)),
        lambda hand: hand.canvas.network_scene.set_marked(("n102",)),
        lambda hand: hand.canvas.network_scene.set_alert(("n102",)),
        lambda hand: hand.canvas.network_scene.set_problems({"n102": "It is alone."}, ()),
        lambda hand: hand.canvas.network_scene.items_by_id["n102"].setOpacity(0.2),
        lambda hand: hand.canvas.network_scene.items_by_id["n102"].setVisible(False),
        lambda hand: hand.move("n102"),
    ],
)
def test_what_a_neuron_shows_is_seen_in_the_crowd(crowd: Hand, change: Callable[[Hand], None]) -> None:
    before, neighbor = _ink_at(crowd, "n102"), _ink_at(crowd, "n104")
    change(crowd)
    assert not np.array_equal(_ink_at(crowd, "n102"), before)
    assert np.array_equal(_ink_at(crowd, "n104"), neighbor)


def test_a_disabled_neuron_is_seen_in_the_crowd_and_undone(crowd: Hand) -> None:
    before = _ink_at(crowd, "n103")
    crowd.document.do(ChangeNeurons("Disable", {"n103": {"enabled": False}}))
    assert not np.array_equal(_ink_at(crowd, "n103"), before)
    crowd.undo()
    assert np.array_equal(_ink_at(crowd, "n103"), before)


def test_neurons_are_painted_once_when_they_become_few_and_many_again(crowd: Hand) -> None:
    before = _view(crowd)
    items = crowd.canvas.network_scene.items_by_id
    no_contents = items["n0"].GraphicsItemFlag.ItemHasNoContents
    assert all(item.flags() & no_contents for item in items.values())
    crowd.document.do(RemoveItems("Delete", tuple(f"n{number}" for number in range(60, 200))))
    assert not any(item.flags() & no_contents for item in items.values())
    assert not np.array_equal(_view(crowd), before)
    crowd.undo()
    assert all(item.flags() & no_contents for item in items.values())
    assert np.array_equal(_view(crowd), before)


def test_one_more_neuron_joins_the_crowd(crowd: Hand) -> None:
    new = crowd.network.make_neuron("hidden", position=(60.0, 120.0))
    before = _view(crowd)
    crowd.document.do(AddItems("Add", (new,)))
    assert not np.array_equal(_ink_at(crowd, new.id), before[:15, :15])
    assert np.any(_view(crowd) != before)


def test_the_crowd_is_sharp_in_a_picture(crowd: Hand) -> None:
    """What is painted without a window, as for a file, is painted one by one at its own size."""
    image = QImage(400, 400, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    crowd.canvas.network_scene.render(painter, QRectF(0, 0, 400, 400), QRectF(-50, -50, 100, 100))
    painter.end()
    ring = [image.pixelColor(x, 200).getRgb() for x in range(90, 130)]
    assert len(set(ring)) > 2
