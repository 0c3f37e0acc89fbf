"""Bookmarks of views, kept with the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow

from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.ui.bookmarks import Bookmarks
from nnstudio.ui.canvas.view import CanvasView
from nnstudio.ui.document import Document

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def bookmarks(qtbot: QtBot) -> Bookmarks:
    window = QMainWindow()
    canvas = CanvasView(Document(Project(layered_network([2, 3, 1], seed=0))), window)
    window.setCentralWidget(canvas)
    window.resize(800, 600)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return Bookmarks(canvas, window)


def test_a_key_goes_back_to_what_was_on_view(bookmarks: Bookmarks) -> None:
    canvas = bookmarks._canvas
    canvas.zoom_to(2.0, QPointF())
    canvas.centerOn(100.0, 50.0)
    bookmarks.add("hidden")
    canvas.fit_all()
    QTest.keyClick(canvas.window(), Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert canvas.zoom == 2.0
    assert canvas.middle().x() == pytest.approx(100.0, abs=1.0)


def test_the_same_name_replaces_and_undo_brings_back(bookmarks: Bookmarks) -> None:
    canvas = bookmarks._canvas
    bookmarks.add("a")
    first = bookmarks.all()
    canvas.zoom_to(3.0, QPointF())
    bookmarks.add("a")
    assert [entry["zoom"] for entry in bookmarks.all()] == [3.0]
    canvas.document.undo_stack.undo()
    assert bookmarks.all() == first
    bookmarks.remove("a")
    assert bookmarks.all() == []


def test_the_menu_lists_them(bookmarks: Bookmarks) -> None:
    bookmarks.add("this & that")
    bookmarks.fill()
    titles = [action.text() for action in bookmarks.menu.actions()]
    assert "this && that\tAlt+1" in titles


def test_damaged_bookmarks_are_passed_over(bookmarks: Bookmarks) -> None:
    bookmarks._document.project.view = {"bookmarks": [{"name": "a"}, 3, {"name": "b", "zoom": "x"}]}
    assert bookmarks.all() == []
    told: list[str] = []
    bookmarks.message.connect(told.append)
    bookmarks.go(0)
    assert "no bookmarks yet" in told[0]
