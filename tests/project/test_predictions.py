from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import nnstudio as nn
from nnstudio.data import Preparation, Split, prepare
from nnstudio.data.derived import product
from nnstudio.data.table import Column, Table
from nnstudio.network.templates import gate, layered_network
from nnstudio.project.predictions import input_columns, predict_rows, predict_table
from nnstudio.project.storage import project_from_bytes, project_to_bytes
from nnstudio.project.summary import summarize, summary_lines

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_may_be_named_by_column_label_or_id() -> None:
    network = gate("and")
    network.update_neuron("n1", label="first")
    project = nn.Project(network, nn.make_dataset("and"))
    for names in (("a", "b"), ("first", "b"), ("n1", "n2")):
        assert predict_rows(project, [dict(zip(names, (1.0, 1.0), strict=True))]).classes == ("1",)


def test_without_data_the_inputs_are_the_columns() -> None:
    project = nn.Project(gate("or"))
    assert [column.name for column in input_columns(project)] == ["a", "b"]
    predictions = predict_rows(project, [{"a": "0", "b": "1"}, {"a": 0.0, "b": 0.0}])
    assert predictions.values.tolist() == [[1.0], [0.0]]
    assert predictions.classes == ()


def test_values_are_in_the_units_of_the_data() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(100, 200, (30, 1))
    data = nn.Dataset.from_arrays(
        x,
        1000 * x,
        feature_names=["cm"],
        target_names=["kg"],
        scaling="standardize",
        target_scaling="standardize",
    )
    network = layered_network((1, 1), output="identity", seed=None)
    network.update_connection(network.connections[0].id, weight=1.0)  # the very line, once both are scaled
    predictions = predict_rows(nn.Project(network, data), [{"cm": "150"}, {"cm": 180.0}])
    assert predictions.values[:, 0] == pytest.approx([150_000, 180_000])


def test_categories_are_given_as_text(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("color,size,y\nred,1,1\nblue,2,2\nred,3,3\ngreen,4,4\nblue,5,5\n")
    data = nn.load_csv(tmp_path / "rows.csv", targets=["y"], scaling="none")
    network = layered_network((4, 1), output="identity", seed=None)
    network.update_connection(network.connections[1].id, weight=7.0)  # of color=green
    project = nn.Project(network, data)
    values = predict_rows(project, [{"color": "green", "size": 1}, {"color": "red", "size": 1}]).values
    assert values[:, 0].tolist() == [7.0, 0.0]
    with pytest.raises(nn.DataError, match=r"“pink” is none of its categories"):
        predict_rows(project, [{"color": "pink", "size": 1}])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"a": 1.0}, "no value for “b”"),
        ({}, "no values for “a”, “b”"),
        ({"a": 1.0, "b": 1.0, "c": 1.0}, "no input “c”.*inputs are a, b"),
        ({"a": 1.0, "n1": 1.0, "b": 0.0}, "“a” is given twice"),
        ({"a": "much", "b": 0.0}, "“much” is not a number"),
        ({"a": "nan", "b": 0.0}, "not a finite number"),
    ],
)
def test_rows_that_do_not_fit_are_refused_by_name(row: dict[str, str | float], says: str) -> None:
    with pytest.raises(nn.DataError, match=says):
        predict_rows(nn.Project(gate("and"), nn.make_dataset("and")), [row])


def test_a_table_is_read_by_its_header_in_any_order(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("note,b,a\nx,1,0\ny,1,1\n")
    table, predictions = predict_table(
        nn.Project(gate("nand"), nn.make_dataset("nand")), tmp_path / "rows.csv"
    )
    assert table.names == ("note", "b", "a")
    assert predictions.classes == ("1", "0")


def test_a_table_without_a_column_names_file_and_column(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,c\n1,2\n")
    with pytest.raises(nn.DataError, match=r"^rows\.csv: .*“b”"):
        predict_table(nn.Project(gate("and"), nn.make_dataset("and")), tmp_path / "rows.csv")


def test_a_summary_tells_what_keeps_a_network_from_training() -> None:
    project = nn.Project(gate("and"), nn.make_dataset("and"), nn.TrainingSettings(optimizer="sgd"))
    summary = summarize(project)
    assert "step" in summary["problem"]
    assert any("cannot be trained" in line for line in summary_lines("and.nns", summary))
    project.settings = nn.TrainingSettings(optimizer="perceptron")
    assert summarize(project)["problem"] is None


def test_a_summary_counts_what_can_be_learned() -> None:
    network = layered_network((2, 3, 1))
    network.update_connection(network.connections[0].id, trainable=False)
    network.update_neuron(network.hidden[0].id, trainable=False)
    assert summarize(nn.Project(network))["network"]["trainable_parameters"] == (9 - 1) + (4 - 1)


def test_rows_are_prepared_as_the_data_were() -> None:
    table = Table(
        (
            Column("width", "number", np.array([1.0, 2.0, np.nan, 4.0])),
            Column("height", "number", np.array([1.0, 1.0, 2.0, 2.0])),
            Column("area", "number", np.array([1.0, 2.0, 6.0, 8.0])),
        )
    )
    preparation = Preparation(
        roles={"width": "feature", "area": "target"},
        missing={"width": "constant"},
        constants={"width": 3.0},
        derived=(product("width", "height"),),
        target_scaling="standardize",
        split=Split(fraction=0.0),
    )
    data = prepare(table, preparation)
    network = layered_network((2, 1), output="identity", seed=None)
    # The area itself, once both are scaled.
    network.update_connection(network.connections[1].id, weight=1.0)
    project = nn.Project(network, data)
    assert [column.name for column in input_columns(project)] == ["width", "height"]
    values = predict_rows(project, [{"width": "5", "height": "4"}, {"width": "", "height": 7}]).values
    assert values[:, 0].tolist() == pytest.approx([20.0, 21.0])
    again = project_from_bytes(project_to_bytes(project))
    assert predict_rows(again, [{"width": "", "height": 7}]).values.tobytes() == values[1:].tobytes()


def test_the_sign_of_an_output_parts_classes_where_that_is_what_it_learns() -> None:
    network = layered_network((2, 1), output="identity", seed=None)
    network.update_neuron(network.outputs[0].id, bias=0.25)
    project = nn.Project(network, nn.make_dataset("and"), nn.TrainingSettings(loss="hinge"))
    assert predict_rows(project, [{"a": 0, "b": 0}]).classes == ("1",)
