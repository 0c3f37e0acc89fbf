"""A table of the user's own, from the file to predictions, with the mouse alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QWidget

from nnstudio.data.reading import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow
    from tests.ui.conftest import Answers

pytestmark = pytest.mark.ui
LEFT = Qt.MouseButton.LeftButton
TOWNS = {"Köln": 1.0, "München": 4.0, "Zürich": 7.0}


def rents() -> str:
    """Return flats as a spreadsheet of a country with decimal commas writes them, with gaps."""
    rng = np.random.default_rng(4)
    lines = ["Adresse;Stadt;Fläche;Zimmer;Balkon;Miete"]
    for number in range(90):
        town = list(TOWNS)[number % 3]
        area, rooms = rng.uniform(30, 120), int(rng.integers(1, 5))
        rent = 12.5 * area * (1 + TOWNS[town] / 10) + 40 * rooms
        cells = [
            f"Ring {number}",
            town,
            f"{area:.1f}",
            f"{rooms}",
            "ja" if number % 4 else "nein",
            f"{rent:.2f}",
        ]
        if number % 11 == 5:
            cells[3] = ""
        if number % 17 == 3:
            cells[1] = "NA"
        lines.append(";".join(cells).replace(".", ","))
    return "\n".join(lines) + "\n"


def click(widget: QWidget, place: QPoint | None = None) -> None:
    assert widget.isVisible()
    assert widget.isEnabled()
    QTest.mouseClick(widget, LEFT, pos=widget.rect().center() if place is None else place)


def choose(qtbot: QtBot, box: QComboBox, value: str) -> None:
    """Choose from a list with the mouse: open it, and click on the line."""
    place = box.findData(value)
    assert place >= 0
    click(box)
    view = box.view()
    # A release right after the press that opened the list is none that chooses.
    qtbot.wait(QApplication.doubleClickInterval() + 20)
    at = view.visualRect(box.model().index(place, 0)).center()
    QTest.mouseMove(view.viewport(), at - QPoint(2, 0))
    QTest.mouseMove(view.viewport(), at)
    QTest.mouseClick(view.viewport(), LEFT, pos=at)
    assert box.currentData() == value


def drop(window: MainWindow, path: Path) -> None:
    """Drop a file on the canvas, as a file manager does."""
    mime, copy = QMimeData(), Qt.DropAction.CopyAction
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(60, 60), copy, mime, LEFT, none)
    target: Any = window.canvas.viewport()
    QApplication.sendEvent(target, enter)
    assert enter.isAccepted()
    # What took the drag takes the drop; the canvas leaves files to the window.
    QApplication.sendEvent(window, QDropEvent(QPointF(60, 60), copy, mime, LEFT, none))


def test_a_table_goes_from_the_file_to_predictions_with_the_mouse_alone(
    qtbot: QtBot, window: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    window.load_plots()
    path = tmp_path / "Mieten.csv"
    path.write_bytes(rents().encode("cp1252"))
    drop(window, path)
    dialog = window.importing.dialog
    assert dialog is not None
    assert dialog.options.boxes["encoding"].currentData() == "cp1252"
    assert dialog.columns.kinds["Fläche"] == "number"
    assert dialog.columns.choices["Adresse"].role == "ignore"
    choose(qtbot, dialog.columns.box("Stadt", "missing"), "mode")
    choose(qtbot, dialog.columns.box("Zimmer", "missing"), "median")
    # Letters such as ü could be others in another encoding: that has to be confirmed.
    assert not dialog.import_button.isEnabled()
    click(dialog.confirm)
    click(dialog.import_button)
    qtbot.waitUntil(lambda: window.importing.dialog is None, timeout=10_000)
    document = window.document
    data = document.project.data
    assert data is not None
    assert (len(data), len(data.feature_names)) == (90, 7)
    assert document.undo_stack.undoText() == "Import Mieten.csv"
    assert len(document.network.inputs) == 7

    # What the rooms hold beyond the area, made by hand; then the network follows with one click.
    window.data_panel.populate()
    part = window.data_panel.preparation
    window.docks["data"].setFloating(True)
    window.docks["data"].resize(330, 900)
    QApplication.processEvents()
    columns = part.columns.list
    for place, name in enumerate(("Fläche", "Zimmer")):
        item = columns.item_of(name)
        assert item is not None
        window.data_panel.ensureWidgetVisible(columns)
        keys = Qt.KeyboardModifier.ControlModifier if place else Qt.KeyboardModifier.NoModifier
        QTest.mouseClick(columns.viewport(), LEFT, keys, columns.visualItemRect(item).center())
    menu = part.derived.offers.menu()
    menu.aboutToShow.emit()
    menu.popup(QPoint(20, 20))
    offered = next(action for action in menu.actions() if action.text() == "Fläche·Zimmer")
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(offered).center())
    menu.hide()
    assert document.project.data is not None
    assert document.project.data.feature_names[-1] == "Fläche·Zimmer"
    assert "the network has 7 inputs" in window.data_panel.wiring.text.text()
    window.data_panel.ensureWidgetVisible(window.data_panel.wiring)
    click(window.data_panel.wiring.buttons[0], QPoint(8, 8))
    assert len(document.network.inputs) == 8

    controller = window.controller
    controller.look()
    assert controller.problem is None
    assert controller.snapshot is not None
    before = controller.snapshot.loss
    click(window.training_bar.train_button)
    qtbot.waitUntil(lambda: controller.epoch >= 30, timeout=30_000)
    click(window.training_bar.train_button)
    qtbot.waitUntil(lambda: not controller.is_running, timeout=10_000)
    controller.look()
    assert controller.snapshot.loss < 0.2 * before

    out = tmp_path / "predicted.csv"
    answers.expect(out)
    window.data_panel.menu.actions()[2].trigger()
    qtbot.waitUntil(out.exists, timeout=10_000)
    qtbot.waitUntil(lambda: window.exporting._work is None)
    told = read_table(out)
    assert np.corrcoef(told["Miete"].values, told["predicted Miete"].values)[0, 1] > 0.9
