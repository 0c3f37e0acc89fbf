from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from nnstudio.data import Dataset
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.panels.data_table import DataTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow
    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui
CLASSES = ("salt and pepper", "this or that", "plain")


def data(test_fraction: float = 0.3) -> Dataset:
    rng = np.random.default_rng(1)
    return Dataset.from_arrays(
        rng.normal(size=(80, 3)), rng.integers(0, 3, 80), classes=CLASSES, test_fraction=test_fraction
    )


@pytest.mark.parametrize("test", [True, False])
def test_the_table_shows_the_rows_of_a_cell_and_then_all_again(
    qtbot: QtBot, make_controller: Callable[..., TrainingController], test: bool
) -> None:
    rows = data()
    controller = make_controller(layered_network([3, 3], output="softmax"), rows)
    table = DataTable(controller.document, controller)
    qtbot.addWidget(table)
    table.show()
    controller.look()
    snapshot = controller.snapshot
    assert snapshot is not None
    part, outputs = (
        (rows.test_rows, snapshot.test_outputs) if test else (rows.train_rows, snapshot.train_outputs)
    )
    actual, answers = rows.class_indices(rows.y[part]), rows.class_indices(outputs)
    for cell in np.ndindex(3, 3):
        table.show_cell((*cell, test))
        expected = np.sort(part[(actual == cell[0]) & (answers == cell[1])])
        assert table.model.contents is not None
        assert table.model.contents.order.tolist() == expected.tolist()
        assert not table.problem.isVisible()
    table.show_cell(None)
    assert len(table.model.contents.order) == 80
    table.filter.setText("row < 5")
    table.show_cell(None)
    assert table.filter.text() == "row < 5"


def test_without_a_test_part_cells_do_not_name_one(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(layered_network([3, 3], output="softmax"), data(0.0))
    table = DataTable(controller.document, controller)
    qtbot.addWidget(table)
    table.show_cell((2, 0, False))
    assert table.filter.text() == 'class == "plain" and answer == "salt and pepper"'


def test_a_click_on_a_cell_brings_its_rows_up_in_the_window(qtbot: QtBot, window: MainWindow) -> None:
    settings = TrainingSettings(loss="cross_entropy")
    window.document.replace_project(Project(layered_network([3, 3], output="softmax"), data(), settings))
    window.load_plots()
    plot = window.output_plot
    qtbot.waitUntil(lambda: plot.kind == "confusion" and plot.view.matrix.counts is not None)  # type: ignore[union-attr]
    matrix = plot.view.matrix  # type: ignore[union-attr]
    matrix.grab()
    cell = tuple(int(place) for place in np.argwhere(matrix.counts > 0)[0])
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix._cell_rect(cell).center().toPoint())
    table = window.docks["table"].widget()
    assert isinstance(table, DataTable)
    qtbot.waitUntil(table.isVisible)
    qtbot.waitUntil(lambda: len(table.model.contents.order) == matrix.counts[cell])  # type: ignore[union-attr]
