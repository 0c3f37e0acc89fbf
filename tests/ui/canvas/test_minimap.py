"""The overview in the corner of the canvas."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest


def test_it_shows_itself_where_not_all_is_on_view(hand) -> None:
    minimap = hand.canvas.minimap
    hand.canvas.fit_all()
    assert not minimap.isVisible()
    hand.canvas.zoom_to(4.0, hand.pixel("h").toPointF())
    assert minimap.isVisible()
    minimap.set_wanted(False)
    assert not minimap.isVisible()
    minimap.set_wanted(True)
    assert minimap.isVisible()


def test_a_click_looks_there(hand) -> None:
    hand.canvas.zoom_to(4.0, hand.pixel("h").toPointF())
    minimap = hand.canvas.minimap
    there = QPoint(30, 90)
    wanted = minimap.to_scene(there.toPointF())
    QTest.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=there)
    middle = hand.canvas.middle()
    assert middle.x() == pytest.approx(wanted.x(), abs=2.0)
    assert middle.y() == pytest.approx(wanted.y(), abs=2.0)


def test_an_empty_canvas_has_none(empty_hand) -> None:
    assert not empty_hand.canvas.minimap.isVisible()
    assert not empty_hand.canvas.minimap.grab().isNull()


def test_a_collapsed_group_is_a_block_there_too(hand) -> None:
    hand.canvas.zoom_to(4.0, hand.pixel("h").toPointF())
    minimap = hand.canvas.minimap
    hand.network.add_group("Senses", ("a", "b"))
    loose = minimap.grab().toImage()
    hand.network.update_group(hand.network.groups[0].id, collapsed=True)
    assert minimap.grab().toImage() != loose
    # What is hidden takes no room: the inputs stand 200 apart.
    assert minimap._area.height() < 200
