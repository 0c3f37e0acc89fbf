from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from nnstudio.data import Dataset, Derived, Preparation, Split, make_dataset, prepare
from nnstudio.data.table import Column, Table, category_column
from nnstudio.network.templates import gate, layered_network
from nnstudio.training import TrainingSettings
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.panels.data_table import DataTable
from nnstudio.ui.panels.data_table_contents import TableContents

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui


def make_table(qtbot: QtBot, controller: TrainingController) -> DataTable:
    table = DataTable(controller.document, controller)
    qtbot.addWidget(table)
    table.resize(700, 300)
    table.show()
    qtbot.waitExposed(table)
    controller.look()
    return table


def titles(table: DataTable) -> list[str]:
    model = table.model
    return [model.headerData(i, Qt.Orientation.Horizontal) for i in range(model.columnCount())]


def row_texts(table: DataTable, row: int) -> list[str]:
    model = table.model
    return [model.data(model.index(row, column)) for column in range(model.columnCount())]


def test_rows_show_part_values_class_and_what_the_network_answers(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    table = make_table(qtbot, make_controller(gate("and"), make_dataset("and")))
    assert titles(table) == ["Part", "a", "b", "out", "Output", "Answer", "Loss"]
    assert row_texts(table, 2) == ["Training", "1", "0", "0", "0", "0", "0"]
    assert row_texts(table, 3) == ["Training", "1", "1", "1", "1", "1", "0"]


def test_wrong_answers_have_another_color_than_right_ones(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    table = make_table(qtbot, make_controller(gate("and"), make_dataset("or")))
    contents = table.model.contents
    assert contents is not None
    assert [contents.is_wrong(row) for row in range(4)] == [False, True, True, False]
    color = table.model.data(table.model.index(1, 5), Qt.ItemDataRole.ForegroundRole)
    assert color != table.model.data(table.model.index(0, 5), Qt.ItemDataRole.ForegroundRole)


def test_values_are_in_the_units_of_the_data(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = Dataset.from_arrays(
        [[10.0], [20.0], [60.0]],
        [100.0, 200.0, 300.0],
        scaling="standardize",
        target_scaling="minmax",
        test_rows=[1],
    )
    table = make_table(qtbot, make_controller(layered_network([1, 1], output="identity"), data))
    assert [row_texts(table, row)[:3] for row in range(3)] == [
        ["Training", "10", "100"],
        ["Test", "20", "200"],
        ["Training", "60", "300"],
    ]


def test_a_click_puts_the_row_in_focus_and_the_focus_selects_its_row(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(gate("and"), make_dataset("and"))
    table = make_table(qtbot, controller)
    view = table.table
    place = view.visualRect(table.model.index(2, 1)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert controller.document.focus_row == 2
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert controller.document.focus_row == 3
    controller.document.set_focus_row(0)
    assert [index.row() for index in view.selectionModel().selectedRows()] == [0]


def test_sorting_keeps_the_row_in_focus_and_is_stable(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(layered_network([2, 1]), make_dataset("spiral", rows=40))
    table = make_table(qtbot, controller)
    controller.document.set_focus_row(7)
    table.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    contents = table.model.contents
    assert contents is not None
    values = contents.features[0][contents.order]
    assert (np.diff(values) <= 0).all()
    (selected,) = table.table.selectionModel().selectedRows()
    assert contents.order[selected.row()] == 7
    assert controller.document.focus_row == 7
    table.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    parts = contents.is_test[contents.order]
    assert not parts[: len(contents.data.train_rows)].any()
    assert (np.diff(contents.order[~parts]) > 0).all()


def test_other_data_and_undo_are_followed(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(gate("and"))
    table = make_table(qtbot, controller)
    assert table.hint.isVisible()
    controller.document.do(ProjectChange("Choose data", data=make_dataset("iris")))
    assert table.table.isVisible()
    assert table.model.rowCount() == 150
    controller.document.undo_stack.undo()
    assert table.hint.isVisible()
    assert table.model.rowCount() == 0


def test_outputs_are_asked_for_only_while_the_table_is_seen(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(gate("and"), make_dataset("and"))
    table = make_table(qtbot, controller)
    assert controller.snapshot is not None
    assert controller.snapshot.train_outputs is not None
    table.hide()
    controller.look()
    assert controller.snapshot.train_outputs is None


def test_outputs_of_a_network_that_does_not_fit_are_left_out() -> None:
    contents = TableContents(make_dataset("xor"))
    assert not contents.set_outputs(None)
    assert contents.text(0, 4) == "–"
    assert contents.text(0, 5) == "–"
    assert not contents.is_wrong(0)


def test_late_outputs_of_data_before_these_are_left_out(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(gate("and"), make_dataset("and"))
    make_table(qtbot, controller)
    late = controller.snapshot
    assert late is not None
    assert TableContents(late.data).set_outputs(late)
    assert not TableContents(make_dataset("or")).set_outputs(late)


def test_numbers_that_are_long_to_write_are_not_cut_off(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    values = np.array([-0.031234, -1.2345e-5, 4.5678e-7, -123456.0])
    data = Dataset.from_arrays(values, values, target_names=["y"], test_fraction=0.0)
    view = make_table(qtbot, make_controller(layered_network([1, 1], output="identity"), data))
    for column in range(1, 5):
        assert view.table.columnWidth(column) >= view.table.sizeHintForColumn(column)


def test_categories_dates_and_derived_features_are_shown_as_the_data_have_them(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    table = Table(
        (
            Column("width", "number", np.array([1.0, 2.0, 3.0, 4.0])),
            category_column("town", ["Rome", "Oslo", "Bonn", "Oslo"]),
            Column("built", "date", np.array([0.0, 365.0, 730.0, 1096.0])),
            category_column("kind", ["flat", "house", "tent", "flat"]),
        ),
        source={"kind": "table", "units": {"width": "m"}},
    )
    preparation = Preparation(
        roles={"width": "feature", "town": "feature", "built": "feature", "kind": "target"},
        derived=(Derived("area", "width**2"),),
        split=Split(kind="order", fraction=0.25),
    )
    view = make_table(qtbot, make_controller(layered_network([6, 3]), prepare(table, preparation)))
    assert titles(view)[:6] == ["Part", "width", "town", "built", "area", "kind"]
    assert row_texts(view, 1)[:6] == ["Training", "2", "Oslo", "1971-01-01", "4", "house"]
    assert row_texts(view, 3)[:6] == ["Test", "4", "Oslo", "1973-01-01", "16", "flat"]
    assert view.table.columnWidth(3) >= view.table.sizeHintForColumn(3)
    tips = [
        view.model.headerData(i, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole) for i in range(6)
    ]
    assert tips[1] == "Feature, in m"
    assert tips[4] == "Derived feature: width**2"
    view.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    assert [row_texts(view, row)[2] for row in range(4)] == ["Rome", "Oslo", "Oslo", "Bonn"]


def test_the_answer_is_parted_by_the_sign_where_the_loss_learns_it(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    network = layered_network([2, 1], output="identity", seed=None)
    network.update_neuron(network.outputs[0].id, bias=0.25)
    controller = make_controller(network, make_dataset("and"))
    view = make_table(qtbot, controller)
    assert row_texts(view, 0)[-2] == "0"
    controller.document.do(ProjectChange("Change loss", settings=TrainingSettings(loss="hinge")))
    assert row_texts(view, 0)[-2] == "1"
