"""Importing tables with mouse and keys, bad ones included."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from nnstudio.data import make_dataset
from nnstudio.network import Network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.document import Document
from nnstudio.ui.importing.actions import Importing
from nnstudio.ui.importing.dialog import ImportDialog
from nnstudio.ui.training_controller import TrainingController

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot


pytestmark = pytest.mark.ui
LEFT = Qt.MouseButton.LeftButton
_SKIPPABLE = ("3 fields, expected 2", "not a number", "not a finite number")
CITIES = """stadt;einwohner;flaeche;region;preis
Berlin;3,66;891,8;Ost;12,5
Hamburg;1,85;755,2;Nord;13,1
München;1,49;310,7;Süd;18,9
Köln;1,07;405,2;West;11,8
Frankfurt;0,76;248,3;West;14,2
Stuttgart;;207,3;Süd;14,9
Leipzig;0,60;297,8;Ost;8,4
Bremen;0,57;;Nord;9,9
Dresden;0,56;328,5;Ost;8,7
Hannover;0,54;204,1;Nord;9,4
Nürnberg;0,52;186,4;Süd;10,8
Bonn;0,33;141,1;West;11,1
"""


@pytest.fixture
def importing(qtbot: QtBot) -> Iterator[Importing]:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    document = Document(Project(Network(), settings=TrainingSettings(optimizer="adam", epochs=30)))
    controller = TrainingController(document)
    yield Importing(document, controller, window)
    controller.shutdown()


def choose(dialog: ImportDialog, column: str, field: str, value: str) -> None:
    """Choose from a field of a column as keys do it."""
    box = dialog.columns.box(column, field)
    box.setFocus()
    while box.currentData() != value:
        before = box.currentIndex()
        QTest.keyClick(box, Qt.Key.Key_Down if box.findData(value) > before else Qt.Key.Key_Up)
        assert box.currentIndex() != before


def opened(importing: Importing, path: Path, content: bytes | str) -> ImportDialog:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    importing.open(path)
    assert importing.dialog is not None
    return importing.dialog


def run(qtbot: QtBot, importing: Importing) -> None:
    assert importing.dialog is not None
    assert importing.dialog.import_button.isEnabled(), importing.dialog.failure.text()
    QTest.mouseClick(importing.dialog.import_button, LEFT)
    qtbot.waitUntil(lambda: importing.dialog is None, timeout=10_000)


def test_a_table_of_ones_own_goes_from_the_file_to_a_trained_network(
    qtbot: QtBot, importing: Importing, tmp_path: Path
) -> None:
    dialog = opened(importing, tmp_path / "cities.csv", CITIES)
    assert dialog.options.boxes["separator"].currentData() == ";"
    assert dialog.options.boxes["decimal"].currentData() == ","
    choose(dialog, "stadt", "role", "ignore")
    choose(dialog, "einwohner", "missing", "median")
    choose(dialog, "flaeche", "missing", "mean")
    run(qtbot, importing)
    document, controller = importing._document, importing._controller
    data = document.project.data
    assert data is not None
    assert (len(data), data.task) == (12, "regression")
    assert [n.label for n in document.network.inputs] == list(data.feature_names)
    controller.look()
    assert controller.problem is None
    before = controller.snapshot.loss
    controller.train()
    qtbot.waitUntil(lambda: not controller.is_running, timeout=20_000)
    controller.look()
    assert controller.snapshot.loss < before
    document.undo_stack.undo()
    document.undo_stack.undo()
    assert document.project.data is None
    assert not document.network.neuron_count


def test_the_dialog_fits_a_small_screen(
    importing: Importing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = QRect(0, 0, 1_000, 540)
    monkeypatch.setattr(ImportDialog, "screen", lambda _self: SimpleNamespace(availableGeometry=lambda: room))
    dialog = opened(importing, tmp_path / "rows.csv", CITIES)
    assert room.contains(QRect(0, 0, dialog.width(), dialog.height()))
    bottom = dialog.import_button.mapTo(dialog, dialog.import_button.rect().bottomRight())
    assert dialog.rect().contains(bottom)


def test_a_table_of_very_few_rows_is_all_for_training(
    qtbot: QtBot, importing: Importing, tmp_path: Path
) -> None:
    dialog = opened(importing, tmp_path / "one.csv", "1,5;2,5\n")
    assert dialog.facts.text() == "1 row, 2 columns"
    run(qtbot, importing)
    data = importing._document.project.data
    assert data is not None
    assert (data.train_rows.tolist(), data.test_rows.tolist()) == ([0], [])


def test_a_network_is_told_to_be_made_and_later_to_be_matched(
    qtbot: QtBot, importing: Importing, tmp_path: Path
) -> None:
    told: list[str] = []
    importing.network_made.connect(lambda: told.append("made"))
    importing.network_matched.connect(lambda: told.append("matched"))
    for names in ("a,y", "a,b,c,z"):
        line = ",".join("1234"[: len(names.split(","))])
        opened(importing, tmp_path / "rows.csv", f"{names}\n" + f"{line}\n{line[::-1]}\n" * 4)
        run(qtbot, importing)
    assert told == ["made", "matched"]
    assert len(importing._document.network.inputs) == 3


def test_cells_of_a_spreadsheet_are_pasted(qtbot: QtBot, importing: Importing) -> None:
    QGuiApplication.clipboard().setText("a\tb\tc\n1\t2\tyes\n2\t5\tno\n3\t1\tyes\n4\t4\tno\n")
    importing.paste()
    run(qtbot, importing)
    data = importing._document.project.data
    assert data is not None
    assert data.classes == ("no", "yes")


def test_a_clipboard_without_a_table_is_told(importing: Importing) -> None:
    told: list[str] = []
    importing.message.connect(lambda text, _kind: told.append(text))
    QGuiApplication.clipboard().setText("hello")
    importing.paste()
    assert "no table on the clipboard" in told[0]


def test_a_reading_that_could_be_another_must_be_confirmed(
    qtbot: QtBot, importing: Importing, tmp_path: Path
) -> None:
    dialog = opened(importing, tmp_path / "a.csv", "d;y\n03/04/2024;1\n05/06/2024;2\n07/08/2024;4\n")
    assert not dialog.import_button.isEnabled()
    assert dialog.confirm.isVisible()
    QTest.mouseClick(dialog.confirm, LEFT)
    run(qtbot, importing)
    assert importing._document.project.data is not None


def test_choosing_an_option_shows_the_file_anew(importing: Importing, tmp_path: Path) -> None:
    dialog = opened(importing, tmp_path / "a.csv", "1,2\n3,4\n5,7\n")
    before = dialog.options.header.isChecked()
    dialog.options.header.setFocus()
    QTest.keyClick(dialog.options.header, Qt.Key.Key_Space)
    header = dialog.options.header.isChecked()
    assert header is not before
    assert dialog.preview_table.model().rowCount() == (2 if header else 3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("a,b\n", "header but no rows"),
        ("a,b\n1,2\n3,4\n5,6,7\n", "3 fields, expected 2"),
        ('a,b\n1,2\n3,"4\n5,6\n', "never closed"),
        (b"a,b\n1,2\n3,\x004\n5,6\n", "NUL"),
        ("a,b\n1,2\nx,4\n3,6\n4,6\n5,6\n6,6\n", "not a number"),
        ("a,b\n1,2\n1e999,4\n5,6\n", "not a finite number"),
    ],
    ids=["empty", "header", "ragged", "quote", "nul", "text", "infinite"],
)
def test_what_cannot_be_read_is_told_and_nothing_is_lost(
    importing: Importing, tmp_path: Path, content: bytes | str, said: str
) -> None:
    data = make_dataset("xor")
    importing._document.project.data = data
    told: list[str] = []
    importing.message.connect(lambda text, _kind: told.append(text))
    path = tmp_path / "bad.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    importing.open(path)
    dialog = importing.dialog
    if dialog is not None:
        assert not dialog.import_button.isEnabled()
        told.append(dialog.failure.text())
        told += [dialog.problems.item(i).text() for i in range(dialog.problems.count())]
        assert ("Skip such rows" in told[-1 - dialog.problems.count()]) == (said in _SKIPPABLE)
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert any(said in text for text in told), told
    assert importing._document.project.data is data


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,x\n2,x\n3,x\n4,x\n", "x"),
        ("a,b\n1,2\n2,2\n3,2\n4,2\n", "2"),
        ("a,b\n1,p\n2,q\n3,r\n4,s\n", "class"),
    ],
    ids=["one class", "constant target", "as many classes as rows"],
)
def test_what_nothing_can_be_learned_from_is_told_and_the_dialog_stays(
    qtbot: QtBot, importing: Importing, tmp_path: Path, content: str, said: str
) -> None:
    dialog = opened(importing, tmp_path / "bad.csv", content)
    QTest.mouseClick(dialog.import_button, LEFT)
    qtbot.waitUntil(lambda: dialog._reading is None, timeout=10_000)
    assert importing.dialog is dialog
    assert said in dialog.failure.text()
    assert importing._document.project.data is None


def test_rows_that_cannot_be_read_are_skipped_on_demand(
    qtbot: QtBot, importing: Importing, tmp_path: Path
) -> None:
    told: list[str] = []
    importing.message.connect(lambda text, _kind: told.append(text))
    dialog = opened(importing, tmp_path / "a.csv", "a,b\n1,2\n3,4\n5,6,7\n8,9\n2,1\n4,5\n")
    assert not dialog.import_button.isEnabled()
    dialog.bad_rows.setFocus()
    QTest.keyClick(dialog.bad_rows, Qt.Key.Key_Down)
    run(qtbot, importing)
    data = importing._document.project.data
    assert data is not None
    assert len(data) == 5
    assert told == ["1 row was skipped because they could not be read."]


def test_a_file_that_is_no_table_is_told(importing: Importing, tmp_path: Path) -> None:
    told: list[str] = []
    importing.message.connect(lambda text, _kind: told.append(text))
    path = tmp_path / "a.csv"
    path.write_bytes(b"%PDF-1.7 and so on")
    importing.open(path)
    assert importing.dialog is None
    assert "PDF" in told[0]


def test_a_long_import_is_cancelled(qtbot: QtBot, importing: Importing, tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{i % 7},{i % 3}" for i in range(60_000))
    dialog = opened(importing, tmp_path / "long.csv", f"a,b,c\n{rows}\n")
    QTest.mouseClick(dialog.import_button, LEFT)
    QTest.mouseClick(dialog.cancel_button, LEFT)
    assert dialog._reading is None
    assert importing.dialog is dialog
    assert dialog.import_button.isEnabled()
    assert importing._document.project.data is None
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert importing.dialog is None


def test_numpy_files_need_no_options(qtbot: QtBot, importing: Importing, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(40.0).reshape(10, 4) % 7)
    importing.open(path)
    assert importing.dialog is not None
    assert not importing.dialog.options.isVisible()
    run(qtbot, importing)
    assert len(importing._document.project.data.x) == 10


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,\xe9\n2,\x81\x8d\n", "cp1252"),
        ("a,b\n" + "1,x\n" * 3 + "2," + "y" * 140_000 + "\n", "131,072"),
        ("a,b\n1,5\n,7\n,8\n", "just one row"),
    ],
    ids=["encoding", "long field", "empty test part"],
)
def test_what_is_found_only_while_reading_is_told_and_the_dialog_stays(
    qtbot: QtBot, importing: Importing, tmp_path: Path, content: bytes | str, said: str
) -> None:
    told: list[str] = []
    importing.message.connect(lambda text, _kind: told.append(text))
    path = tmp_path / "bad.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    importing.open(path)
    dialog = importing.dialog
    if dialog is not None:
        if dialog.import_button.isEnabled():
            QTest.mouseClick(dialog.import_button, LEFT)
            qtbot.waitUntil(lambda: dialog._reading is None, timeout=10_000)
        told.append(dialog.failure.text())
    assert any(said in text for text in told), told
    assert importing._document.project.data is None


def test_decimal_commas_are_proposed_and_shown(importing: Importing, tmp_path: Path) -> None:
    dialog = opened(importing, tmp_path / "a.csv", "a;b\n1,5;2,5\n3,5;4,25\n0,5;1,75\n")
    assert dialog.options.boxes["separator"].currentText() == "Semicolon"
    assert dialog.options.boxes["decimal"].currentText() == "Comma"
    assert dialog.columns.kinds == {"a": "number", "b": "number"}


def test_a_table_beyond_the_memory_is_refused_by_its_size(
    qtbot: QtBot, importing: Importing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nnstudio.data.reading import memory

    monkeypatch.setattr(memory, "available_memory", lambda: 10_000)
    rows = "\n".join(f"{i},{i % 7}" for i in range(5_000))
    dialog = opened(importing, tmp_path / "large.csv", f"a,b\n{rows}\n")
    QTest.mouseClick(dialog.import_button, LEFT)
    qtbot.waitUntil(lambda: dialog._reading is None, timeout=10_000)
    assert "memory" in dialog.failure.text()
    assert importing._document.project.data is None


def test_a_click_on_a_problem_goes_to_its_line(importing: Importing, tmp_path: Path) -> None:
    rows = [f"{i},{i % 5}" for i in range(80)]
    rows[60] = "sixty,1"
    dialog = opened(importing, tmp_path / "a.csv", "a,b\n" + "\n".join(rows) + "\n")
    item = dialog.problems.item(0)
    assert "Line 62" in item.text()
    QTest.mouseClick(dialog.problems.viewport(), LEFT, pos=dialog.problems.visualItemRect(item).center())
    table = dialog.preview_table
    assert [index.row() for index in table.selectionModel().selectedRows()] == [60]
    assert table.viewport().rect().contains(table.visualRect(table.currentIndex()).center())


def test_columns_that_name_the_rows_are_left_out_at_first(
    qtbot: QtBot, importing: Importing, tmp_path: Path
) -> None:
    rows = "\n".join(f"id-{i},{i % 9},{i % 4}" for i in range(120))
    dialog = opened(importing, tmp_path / "a.csv", f"key,a,b\n{rows}\n")
    assert dialog.columns.choices["key"].role == "ignore"
    assert "names the rows" in dialog.problems.item(0).text()
    choose(dialog, "key", "role", "feature")
    QTest.mouseClick(dialog.import_button, LEFT)
    qtbot.waitUntil(lambda: dialog._reading is None, timeout=10_000)
    assert "too many to be categories" in dialog.failure.text()
    choose(dialog, "key", "role", "ignore")
    run(qtbot, importing)
    assert importing._document.project.data.feature_names == ("a",)


def test_a_further_table_is_prepared_as_the_one_in_use_and_what_it_lacks_is_told(
    qtbot: QtBot, importing: Importing, tmp_path: Path
) -> None:
    dialog = opened(importing, tmp_path / "cities.csv", CITIES)
    choose(dialog, "stadt", "role", "ignore")
    choose(dialog, "einwohner", "missing", "median")
    choose(dialog, "einwohner", "role", "target")
    choose(dialog, "preis", "role", "feature")
    run(qtbot, importing)
    before = importing._document.project.data
    assert before is not None
    rows = [line.split(";") for line in CITIES.splitlines()]
    fewer = "\n".join(";".join(cell for i, cell in enumerate(row) if i != 3) for row in rows)
    dialog = opened(importing, tmp_path / "fewer.csv", fewer)
    assert {name: choice.role for name, choice in dialog.columns.choices.items()} == {
        "stadt": "ignore",
        "einwohner": "target",
        "flaeche": "feature",
        "preis": "feature",
    }
    assert any("“region”" in dialog.problems.item(i).text() for i in range(dialog.problems.count()))
    assert importing._document.project.data is before
    run(qtbot, importing)
    data = importing._document.project.data
    assert data is not None
    assert data.preparation is not None
    assert data.preparation.target_scaling == before.preparation.target_scaling
    assert data.target_names == ("einwohner",)
