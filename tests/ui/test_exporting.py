"""Data and predictions written from the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from nnstudio.data import Dataset, make_dataset
from nnstudio.data.preparation import default_preparation
from nnstudio.data.preparing import prepare
from nnstudio.data.reading import read_table
from nnstudio.data.table import Column, Table, category_column
from nnstudio.errors import DataError
from nnstudio.network import Network
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.project.predictions import data_table
from nnstudio.training import TrainingSettings

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow
    from tests.ui.conftest import Answers

pytestmark = pytest.mark.ui


def gaps() -> Dataset:
    table = Table(
        (
            Column("a", "number", np.array([1.0, np.nan, 3.0, 4.0, 5.0])),
            category_column("=sum", ["x", "y", "x", "y", "x"]),
        ),
        "gaps",
    )
    return prepare(table, default_preparation(table, ["=sum"], test_fraction=0.25))


def project_of(data: Dataset) -> Project:
    network = layered_network([len(data.feature_names), 2, len(data.target_names)], output="sigmoid")
    return Project(network, data, TrainingSettings(loss="binary_cross_entropy"))


def test_rows_that_were_left_out_are_written_without_predictions() -> None:
    table = data_table(project_of(gaps()))
    assert table.names[:3] == ("a", "=sum", "part")
    assert table["part"].texts()[1] == ""
    assert table["predicted class"].texts()[1] == ""
    assert np.flatnonzero(np.isnan(table.columns[3].values)).tolist() == [1]
    assert sorted(table["part"].texts()) == ["", "test", "training", "training", "training"]


def test_a_network_that_does_not_fit_makes_no_predictions() -> None:
    assert data_table(Project(Network(), gaps(), TrainingSettings())).names == ("a", "=sum", "part")
    with pytest.raises(DataError, match="no data"):
        data_table(Project(Network()))


@pytest.mark.parametrize("key", ["xor", "iris", "plane"])
def test_built_in_data_are_written_in_their_own_units(key: str) -> None:
    from nnstudio.data.generators import table_of

    data = make_dataset(key)
    table, own = data_table(project_of(data)), table_of(data)
    assert own is not None
    for name in own.names:
        assert table[name].texts() == own[name].texts()


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_data_and_predictions_are_exported_from_the_panels_menu(
    qtbot: QtBot, window: MainWindow, answers: Answers, tmp_path: Path, suffix: str
) -> None:
    window.document.replace_project(project_of(gaps()))
    window.data_panel.populate()
    titles = [action.text() for action in window.data_panel.menu.actions()]
    assert [title.replace("&", "") for title in titles] == [
        "Import data…",
        "Paste a table",
        "Export data and predictions…",
    ]
    path = tmp_path / f"out{suffix}"
    answers.expect(path)
    window.data_panel.menu.actions()[2].trigger()
    qtbot.waitUntil(lambda: "saved" in window.messages.text, timeout=10_000)
    read: Any = read_table(path)
    assert len(read) == 5
    assert "predicted class" in read.names
    if suffix == ".csv":
        assert path.read_text().startswith("a,'=sum,part")


def test_without_data_there_is_nothing_to_export(window: MainWindow) -> None:
    QTest.keyClick(
        window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert "no data yet" in window.messages.text
    window.messages.dismiss()


def test_a_file_that_cannot_be_written_is_told(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window.document.replace_project(project_of(gaps()))
    window.exporting.write(tmp_path / "absent" / "out.csv")
    qtbot.waitUntil(lambda: "was not saved" in window.messages.text, timeout=10_000)
