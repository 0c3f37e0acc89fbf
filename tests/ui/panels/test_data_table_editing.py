from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from nnstudio.data import Dataset, Preparation, Split, make_dataset, prepare
from nnstudio.data.table import Column, Table, category_column
from nnstudio.errors import DataError, ExpressionError
from nnstudio.network.templates import layered_network
from nnstudio.ui.panels.data_table import DataTable
from nnstudio.ui.panels.data_table_contents import TableContents
from nnstudio.ui.panels.data_table_filter import rows_where
from nnstudio.ui.panels.data_table_text import cells_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui
_LEFT = Qt.MouseButton.LeftButton
_NONE, _CTRL, _SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


def houses() -> Dataset:
    table = Table(
        (
            Column("size (m)", "number", np.array([10.0, 20.5, 30.0, 40.0, 50.0])),
            category_column("town", ["Rome", "Oslo", "Bonn", "Oslo", "Rome"]),
            Column("price", "number", np.array([1.0, 2.0, 3.0, 4.0, 6.0])),
        ),
        title="Houses",
    )
    preparation = Preparation(
        roles={"size (m)": "feature", "town": "feature", "price": "target"},
        split=Split(kind="order", fraction=0.2),
    )
    return prepare(table, preparation)


@pytest.fixture
def table(qtbot: QtBot, make_controller: Callable[..., TrainingController]) -> DataTable:
    return shown(qtbot, make_controller(layered_network([4, 1], output="identity"), houses()))


def shown(qtbot: QtBot, controller: TrainingController) -> DataTable:
    table = DataTable(controller.document, controller)
    qtbot.addWidget(table)
    table.resize(800, 300)
    table.show()
    qtbot.waitExposed(table)
    table.activateWindow()
    controller.look()
    return table


def click(table: DataTable, row: int, column: int, keys: Qt.KeyboardModifier = _NONE) -> None:
    place = table.table.visualRect(table.model.index(row, column)).center()
    QTest.mouseClick(table.table.viewport(), _LEFT, keys, place)


def type_over(table: DataTable, row: int, column: int, text: str) -> None:
    """Double-click a cell, type over what stands in it, and press Return."""
    place = table.table.visualRect(table.model.index(row, column)).center()
    QTest.mouseClick(table.table.viewport(), _LEFT, _NONE, place)
    QTest.mouseDClick(table.table.viewport(), _LEFT, _NONE, place)
    editor = table.table.findChild(QLineEdit, "qt_lineedit") or table.table.viewport().findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()  # a delegate takes what was typed from a queued call


def column_texts(table: DataTable, column: int) -> list[str]:
    model = table.model
    return [model.data(model.index(row, column)) for row in range(model.rowCount())]


def set_filter(table: DataTable, text: str) -> None:
    table.filter.setFocus()
    table.filter.selectAll()
    QTest.keyClicks(table.filter, text)


def test_a_cell_is_typed_over_in_one_undoable_step(table: DataTable) -> None:
    document = table._document
    before = document.project.data
    type_over(table, 1, 1, "25,5")
    assert column_texts(table, 1) == ["10", "25.5", "30", "40", "50"]
    assert document.undo_stack.undoText() == "Change row 2"
    assert document.project.data.title == "Houses, edited"
    document.undo_stack.undo()
    assert document.project.data is before
    assert column_texts(table, 1)[1] == "20.5"


def test_what_cannot_be_a_value_is_refused_with_the_reason(table: DataTable) -> None:
    told: list[str] = []
    table._document.refused.connect(lambda error: told.append(str(error)))
    type_over(table, 0, 1, "large")
    assert "“large” is not a number" in told[0]
    assert column_texts(table, 1)[0] == "10"
    assert table._document.undo_stack.count() == 0


def test_a_category_is_chosen_from_those_there_are(table: DataTable) -> None:
    click(table, 2, 2)
    QTest.keyClick(table.table, Qt.Key.Key_F2)
    QApplication.processEvents()
    editor = table.table.viewport().findChild(QComboBox)
    assert [editor.itemText(i) for i in range(editor.count())] == ["Bonn", "Oslo", "Rome"]
    QTest.keyClick(editor, Qt.Key.Key_End)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()  # a delegate takes what was typed from a queued call
    assert column_texts(table, 2)[2] == "Rome"


def test_answers_errors_and_losses_cannot_be_edited(table: DataTable) -> None:
    editable = [
        bool(table.model.flags(table.model.index(0, column)) & Qt.ItemFlag.ItemIsEditable)
        for column in range(table.model.columnCount())
    ]
    assert editable == [True, True, True, True, False, False, False]


def test_error_and_loss_are_those_of_each_row(table: DataTable) -> None:
    contents = table.model.contents
    assert contents is not None
    assert np.allclose(contents.errors, contents.outputs[:, 0] - contents.targets[:, 0])
    assert np.allclose(contents.losses, contents.errors**2)


def test_the_worst_rows_come_first_and_stay_first(table: DataTable) -> None:
    QTest.mouseClick(table.worst_button, _LEFT)
    contents = table.model.contents
    assert contents is not None
    assert (np.diff(contents.losses[contents.order]) <= 0).all()
    connection = table._document.network.connections[0]
    from nnstudio.network.edits import ChangeConnections

    table._document.do(ChangeConnections("Change weight", {connection.id: {"weight": 5.0}}))
    table._controller.look()
    assert (np.diff(contents.losses[contents.order]) <= 0).all()
    QTest.mouseClick(table.worst_button, _LEFT)
    assert contents.order.tolist() == [0, 1, 2, 3, 4]


def test_rows_are_filtered_by_what_is_typed_and_the_rest_comes_back(table: DataTable) -> None:
    set_filter(table, "size_m > 15 and town == Oslo")
    assert column_texts(table, 1) == ["20.5", "40"]
    assert table.count.text() == "2 of 5 rows"
    table.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert column_texts(table, 1) == ["40", "20.5"]
    click(table, 0, 1)
    assert table._document.focus_row == 3
    set_filter(table, "test == 1 or row == 1")
    assert column_texts(table, 1) == ["50", "10"]
    table.filter.clear()
    assert table.model.rowCount() == 5


def test_a_wrong_filter_says_why_and_leaves_the_rows(table: DataTable) -> None:
    set_filter(table, "size_m > 15")
    QTest.keyClicks(table.filter, " +")
    assert table.filter.property("invalid")
    assert table.problem.isVisible()
    assert table.model.rowCount() == 4
    table.filter.clear()
    assert not table.filter.property("invalid")
    assert not table.problem.isVisible()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("price <= 2", [0, 1]),
        ("town != 'Oslo'", [0, 2, 4]),
        ("town = Rome and price > 5", [4]),
        ("2 < price < 5", [2, 3]),
        ("price % 2", None),
        ("town == Paris", None),
        ("height > 2", None),
        ("price > 1 and", None),
        ("1 < 2", None),
        ("  ", "all"),
    ],
)
def test_conditions(text: str, rows: object) -> None:
    contents = TableContents(houses())
    if rows is None:
        with pytest.raises(ExpressionError):
            rows_where(contents, text)
        return
    found = rows_where(contents, text)
    assert (found is None) if rows == "all" else (found is not None and found.tolist() == rows)


def test_a_fault_in_a_condition_is_where_it_was_typed() -> None:
    with pytest.raises(ExpressionError, match=r"character 1\)"):
        rows_where(TableContents(houses()), "height > 2")


def test_rows_are_added_as_copies_and_deleted(table: DataTable) -> None:
    document = table._document
    click(table, 0, 1)
    click(table, 2, 1, _CTRL)
    QTest.mouseClick(table.add_button, _LEFT)
    assert column_texts(table, 1) == ["10", "20.5", "30", "40", "50", "10", "30"]
    assert document.focus_row == 6
    assert column_texts(table, 0)[4:] == ["Test", "Training", "Training"]
    click(table, 0, 1)
    click(table, 3, 1, _SHIFT)
    QTest.keyClick(table.table, Qt.Key.Key_Delete)
    assert column_texts(table, 1) == ["50", "10", "30"]
    assert document.undo_stack.undoText() == "Delete 4 rows"


def test_rows_are_moved_between_the_parts(table: DataTable) -> None:
    click(table, 0, 1)
    QTest.mouseClick(table.part_button, _LEFT)
    assert column_texts(table, 0) == ["Test", "Training", "Training", "Training", "Test"]
    click(table, 0, 1)
    QTest.mouseClick(table.part_button, _LEFT)
    assert column_texts(table, 0) == ["Training", "Training", "Training", "Training", "Test"]


def test_order_filter_and_place_outlive_an_edit(table: DataTable) -> None:
    table.table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    set_filter(table, "price > 1")
    type_over(table, 0, 3, "2.5")
    assert column_texts(table, 3) == ["4", "3", "2.5", "2"]
    assert table.filter.text() == "price > 1"


def test_rows_are_copied_as_text_and_pasted_as_rows(table: DataTable) -> None:
    click(table, 1, 1)
    click(table, 2, 1, _CTRL)
    QTest.keyClick(table.table, Qt.Key.Key_C, _CTRL)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:4] == ["Part", "size (m)", "town", "price"]
    assert [line.split("\t")[1] for line in lines[1:]] == ["20.5", "30"]
    QTest.keyClick(table.table, Qt.Key.Key_V, _CTRL)
    assert column_texts(table, 1)[5:] == ["20.5", "30"]
    assert column_texts(table, 2)[5:] == ["Oslo", "Bonn"]
    assert table._document.undo_stack.undoText() == "Paste 2 rows"


def test_pasted_lines_of_a_spreadsheet_need_no_titles() -> None:
    titles = ["size", "town"]
    assert cells_of("1\tOslo\n2\tRome\n", titles) == {"size": ["1", "2"], "town": ["Oslo", "Rome"]}
    assert cells_of("town\tsize\nOslo\t1\n", titles) == {"size": ["1"], "town": ["Oslo"]}
    for text, reason in (
        ("", "no rows"),
        ("1\t2\t3", "3 cells, expected 2"),
        ("1\t2\t3", "File > Paste a table"),
        ("size\n1", "lack “town”"),
        ("size\ttown", "Only titles"),
    ):
        with pytest.raises(DataError, match=reason):
            cells_of(text, titles)


def test_text_that_a_spreadsheet_would_carry_out_is_copied_harmless_and_pasted_as_it_was() -> None:
    table = Table(
        (
            category_column("name", ["=1+1", "b", "=1+1", "b"]),
            Column("y", "number", np.array([-1.0, 2.0, 3.0, 4.0])),
        )
    )
    data = prepare(table, Preparation(roles={"name": "feature", "y": "target"}, split=Split(fraction=0.0)))
    text = text_of(TableContents(data), [0])
    assert "\t'=1+1\t-1\t" in text
    assert cells_of(text, ["name", "y"]) == {"name": ["=1+1"], "y": ["-1"]}


def test_the_table_keeps_the_focus_as_a_cell_is_edited(qtbot: QtBot, table: DataTable) -> None:
    qtbot.waitUntil(table.isActiveWindow)
    type_over(table, 0, 1, "12")
    qtbot.waitUntil(table.table.hasFocus)
    QTest.keyClick(table.table, Qt.Key.Key_Down)
    assert table.table.currentIndex().row() == 1
    assert table.table.currentIndex().column() == 1


def test_keys_alone_edit_a_cell(table: DataTable) -> None:
    table.table.setFocus()
    click(table, 0, 1)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_F2):
        QTest.keyClick(table.table, key)
    editor = table.table.viewport().findChild(QLineEdit)
    assert editor is not None
    QTest.keyClicks(editor, "7")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()  # a delegate takes what was typed from a queued call
    assert column_texts(table, 3)[1] == "7"
    assert table._document.focus_row == 1


def test_very_many_rows_are_shown_by_asking_for_those_in_view_alone(
    qtbot: QtBot, make_controller: Callable[..., TrainingController], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 200_000
    x = np.random.default_rng(0).normal(size=(rows, 2))
    data = Dataset.from_arrays(x, x.sum(axis=1), test_fraction=0.0)
    controller = make_controller(layered_network([2, 1], output="identity"), data)
    asked: set[int] = set()
    text = TableContents.text
    monkeypatch.setattr(
        TableContents, "text", lambda self, row, column: asked.add(row) or text(self, row, column)
    )
    table = shown(qtbot, controller)
    table.table.grab()
    table.table.scrollToBottom()
    table.table.grab()
    assert rows - 1 in asked
    table.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    table.table.scrollToTop()
    table.table.grab()
    assert int(np.argmax(x[:, 0])) in asked
    assert len(asked) < 200


def test_rows_edited_while_training_are_learned_from(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(
        layered_network([2, 3, 1]), make_dataset("moons", rows=40), epochs=1_000_000_000
    )
    table = shown(qtbot, controller)
    controller.train()
    qtbot.waitUntil(lambda: controller.epoch > 3, timeout=10_000)
    click(table, 0, 1)
    QTest.keyClick(table.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: controller.snapshot.run > 1, timeout=10_000)
    contents = table.model.contents
    qtbot.waitUntil(lambda: contents.losses is not None, timeout=10_000)
    first = contents.losses.copy()
    qtbot.waitUntil(lambda: not np.array_equal(contents.losses, first), timeout=10_000)
    assert len(first) == 39
    controller.halt()
