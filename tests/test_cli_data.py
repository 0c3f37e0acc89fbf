"""Data files on the command line: described, trained on, predicted for, and refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nnstudio as nn
from nnstudio import cli
from nnstudio.data import read_table, write_table
from nnstudio.data.reading import memory
from nnstudio.network.templates import layered_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOUSES = (
    "size;town;built;price\n50,5;Ulm;31.1.1990;100\n70;Bonn;15.3.2001;150,25\n90;;31.12.1985;210\n"
    "?;Ulm;1.1.2000;125\n61;Bonn;2.2.2002;133\n"
)
TOWNS = ("Bonn", "Ulm")
ROWS = "size,town,price\n" + "".join(f"{30 + 7 * k % 90},{TOWNS[k % 2]},{k}\n" for k in range(20))


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(content: str | bytes, name: str = "rows.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def project(tmp_path: Path, write: Callable[..., Path]) -> Path:
    """Return a project whose data came from a file: size and two towns to a price."""
    data = nn.load_csv(write(ROWS, "first.csv"), ["price"], seed=3)
    path = tmp_path / "houses.nns"
    settings = nn.TrainingSettings(loss="mse", epochs=2, learning_rate=0.001)
    network = layered_network((3, 1), output="identity")
    network.update_neuron(network.outputs[0].id, label="price")
    nn.save_project(nn.Project(network, data, settings), path)
    return path


def run(*arguments: Any) -> int:
    return cli.main([str(argument) for argument in arguments])


def refusal(capsys: pytest.CaptureFixture[str], *arguments: Any) -> str:
    assert run(*arguments) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("nnstudio: ")
    assert output.err.count("\n") == 1
    return output.err


# data


def test_a_file_is_described_with_what_was_guessed(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path]
) -> None:
    assert run("data", write(HOUSES)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "rows.csv: 5 rows of 4 columns"
    assert lines[1] == (
        "read as UTF-8, separator semicolon, decimal comma, with a header, dates as day, month, year"
    )
    assert [line.split() for line in lines[3:]] == [
        ["column", "kind", "missing", "values"],
        ["size", "number", "1", "50.5", "to", "90,", "mean", "67.875"],
        ["town", "category", "1", "Bonn,", "Ulm"],
        ["built", "date", "1985-12-31", "to", "2002-02-02"],
        ["price", "number", "100", "to", "210,", "mean", "143.65"],
    ]


def test_a_description_for_programs_holds_the_same(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path]
) -> None:
    assert run("data", write(HOUSES), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["skipped_rows"], told["problems"]) == (5, 0, [])
    assert told["options"]["decimal"] == ","
    size, town, built, _ = told["columns"]
    assert (size["min"], size["max"], size["missing"]) == (50.5, 90, 1)
    assert (town["categories"], town["most_common"]) == (2, {"Bonn": 2, "Ulm": 2})
    assert (built["kind"], built["min"]) == ("date", "1985-12-31")


def test_what_a_file_leaves_open_is_said_and_settled_by_an_option(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path]
) -> None:
    path = write("when;y\n01/02/2024;1\n03/04/2024;2\n")
    assert run("data", path) == 0
    assert "! “01/02/2024” is read as day, month, year" in capsys.readouterr().out
    assert run("data", path, "--dates", "mdy") == 0
    told = capsys.readouterr().out
    assert "!" not in told
    assert "2024-01-02 to 2024-03-04" in told


def test_options_change_how_a_file_is_read(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path]
) -> None:
    path = write("a,1;b,2\nc,3;d,4\n")
    options = ("--separator", "semicolon", "--header", "no", "--encoding", "cp1252", "--decimal", "point")
    assert run("data", path, "--json", *options) == 0
    told = json.loads(capsys.readouterr().out)
    assert [column["name"] for column in told["columns"]] == ["c1", "c2"]
    assert told["columns"][0]["most_common"] == {"a,1": 1, "c,3": 1}


def test_kinds_and_marks_of_missing_values_can_be_said(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path]
) -> None:
    path = write("zip,size\n89073,1\n10115,none\n10117,3\n")
    assert run("data", path, "--json", "--kind", "zip=category", "--missing", "none") == 0
    zip_code, size = json.loads(capsys.readouterr().out)["columns"]
    assert (zip_code["kind"], zip_code["categories"]) == ("category", 3)
    assert (size["kind"], size["missing"]) == ("number", 1)
    assert "no column “town”" in refusal(capsys, "data", path, "--kind", "town=category", "--missing", "none")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--rows", "0"),
        ("--kind", "zip"),
        ("--kind", "zip=text"),
        ("--separator", "none"),
        ("--decimal", ";"),
        ("--header", "perhaps"),
    ],
)
def test_options_of_reading_that_make_no_sense_are_a_wrong_command_line(
    write: Callable[..., Path], arguments: tuple[str, str]
) -> None:
    assert run("data", write(HOUSES), *arguments) == 2


def test_constant_and_renamed_columns_are_mentioned(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path]
) -> None:
    assert run("data", write("x,x,c\n1,2,5\n2,3,5\n")) == 0
    told = capsys.readouterr().out
    assert "“x_2”" in told
    assert "Column “c” holds the same everywhere" in told
    # It is the whole file that counts.
    assert run("data", write("x,y\n" + "1,2\n" * 5000 + "3,4\n")) == 0
    assert "same everywhere" not in capsys.readouterr().out


def test_typed_files_are_described_too(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path], tmp_path: Path
) -> None:
    for name in ("rows.parquet", "rows.npz"):
        write_table(read_table(write(HOUSES)), tmp_path / name)
        assert run("data", tmp_path / name) == 0
        assert "5 rows of 4 columns" in capsys.readouterr().out


# Bad input, in every command that reads a file

BAD = {
    "empty file": ("", "the file is empty"),
    "header only": ("size,town,price\n", "a header but no rows"),
    "ragged rows": ("size,town,price\n1,Ulm,2\n2,Ulm\n", "line 3: 2 fields, expected 3"),
    "unclosed quote": ('size,town,price\n1,Ulm,2\n2,"Ulm,3\n', "line 3: a quote is opened and never closed"),
    "NUL bytes": ("size,town,price\n1,Ulm,2\n2,\0,3\n", "line 3: there are NUL bytes"),
    "text in a numeric column": (
        "size,town,price\n1,Ulm,2\n2,Ulm,3\nbig,Ulm,4\n",
        "line 4, column “size”: “big” is not a number",
    ),
    "NaN": ("size,town,price\n1,Ulm,2\nnan,Ulm,3\n", "line 3, column “size”: “nan” is not a finite number"),
    "infinity": ("size,town,price\n1,Ulm,2\n-inf,Ulm,3\n", "“-inf” is not a finite number"),
    "too large a number": ("size,town,price\n1,Ulm,2\n1e999,Ulm,3\n", "“1e999” is not a finite number"),
    "a field over 128 kB": (
        f"size,town,price\n1,{'a' * 140_000},2\n",
        "line 2: a field is longer than 131,072",
    ),
    "no table": ("%PDF-1.7\n", "a PDF document"),
}


@pytest.mark.parametrize("command", ["data", "train", "predict"])
@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_line_and_nothing_is_lost(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path], project: Path, command: str, name: str
) -> None:
    content, says = BAD[name]
    path, before = write(content), project.read_bytes()
    arguments = [path] if command == "data" else [project, "--data", path]
    extra = ["--out", project] if command == "train" else []
    said = refusal(capsys, command, *arguments, *extra)
    assert f"rows.csv: {says}" in said or ("rows.csv: " in said and says in said)
    assert project.read_bytes() == before


@pytest.mark.parametrize("command", ["train", "predict"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("size,town,price\n1,Köln,2\n2,Ulm,3\n".encode("cp1252"), "line 2: byte 20 is not UTF-8"),
        ("a,b;c,d\nu,v;w,x\n", "choose the separator"),
    ],
    ids=["wrong encoding", "two separators"],
)
def test_a_file_that_can_be_read_in_two_ways_is_not_taken(
    capsys: pytest.CaptureFixture[str],
    write: Callable[..., Path],
    project: Path,
    command: str,
    content: str | bytes,
    says: str,
) -> None:
    assert says in refusal(capsys, command, project, "--data", write(content))


@pytest.mark.parametrize("command", ["data", "train", "predict"])
def test_a_file_too_large_for_memory_is_refused_with_what_would_fit(
    capsys: pytest.CaptureFixture[str],
    write: Callable[..., Path],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 100_000)
    path = write("size,town,price\n" + "1,Ulm,2\n2,Bonn,3\n" * 5000)
    arguments = [path] if command == "data" else [project, "--data", path]
    assert "rows would fit" in refusal(capsys, command, *arguments)
    if command != "predict":
        assert run(command, *arguments, "--rows", 1000) == 0
        assert "1,000 rows" in capsys.readouterr().out or command == "train"


@pytest.mark.parametrize("command", ["train", "predict"])
def test_a_column_that_was_there_when_the_project_was_saved_is_asked_for_by_name(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path], project: Path, command: str
) -> None:
    said = refusal(capsys, command, project, "--data", write("town,area,price\nUlm,3,4\nBonn,4,5\n"))
    assert "rows.csv: " in said
    assert "no column “size”" in said


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("size,town,price\n1,Ulm,5\n2,Bonn,5\n3,Ulm,5\n", "target “price” is 5 in every row"),
        ("size,town,price\n1,Ulm,low\n2,Bonn,low\n3,Ulm,low\n", "one class only, “low”"),
        ("size,town,price\n1,Ulm,a\n2,Bonn,b\n3,Ulm,c\n", "3 classes in 3 rows"),
        ("size,town,price\n,Ulm,5\n2,,6\n3,Ulm,\n", "no row is complete"),
        ("size,town,price\n1,Ulm,5\n", "just one row"),
    ],
    ids=["constant target", "one class only", "more classes than rows", "gaps in every row", "empty part"],
)
def test_rows_of_which_nothing_can_be_learned_are_refused(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path], project: Path, content: str, says: str
) -> None:
    assert says in refusal(capsys, "train", project, "--data", write(content))


# train


def test_training_on_another_file_prepares_it_as_the_project_does(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path], project: Path, tmp_path: Path
) -> None:
    rows = "price;town;note;size\n" + "".join(f"{k};{TOWNS[k % 2]};x{k};{k},5\n" for k in range(40))
    out = tmp_path / "out.nns"
    assert run("train", project, "--data", write(rows), "--out", out) == 0
    assert "rows.csv: 32 rows to train, 8 to test." in capsys.readouterr().out
    before, after = nn.load_project(project).data, nn.load_project(out).data
    assert before is not None
    assert after is not None
    assert after.preparation == before.preparation
    assert after.feature_names == before.feature_names
    assert np.allclose(after.x_train[:, 0].mean(), 0)
    assert after.feature_values(after.x)[:, 0].tolist() == [k + 0.5 for k in range(40)]


def test_another_target_is_named_on_the_command_line(
    write: Callable[..., Path], project: Path, tmp_path: Path
) -> None:
    rows = write(ROWS.replace("price", "rent"))
    out = tmp_path / "out.nns"
    assert run("train", project, "--data", rows, "--target", "rent", "--out", out) == 0
    data = nn.load_project(out).data
    assert data is not None
    assert data.target_names == ("rent",)
    assert run("train", project, "--target", "rent") == 1


def test_rows_left_out_are_told(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path], project: Path
) -> None:
    rows = write(ROWS + "1,Ulm\n2,,3\n4,Ulm,NA\n")
    assert run("train", project, "--data", rows, "--bad-rows", "skip") == 0
    told = capsys.readouterr().out
    assert "1 row that cannot be read left out; 2 rows with missing values left out" in told


def test_a_project_without_a_preparation_takes_its_columns_and_a_named_target(
    write: Callable[..., Path], project: Path, tmp_path: Path
) -> None:
    loaded = nn.load_project(project)
    x = np.linspace(0, 1, 12)
    loaded.data = nn.Dataset.from_arrays(np.stack([x, x, x], 1), x, feature_names=["a", "b", "c"])
    nn.save_project(loaded, project)
    rows = write("c,a,z,b,y\n" + "".join(f"{k},{k * k % 7},9,{k % 3},{k % 5}.5\n" for k in range(20)))
    out = tmp_path / "out.nns"
    assert run("train", project, "--data", rows) == 1
    assert run("train", project, "--data", rows, "--target", "y", "--out", out) == 0
    data = nn.load_project(out).data
    assert data is not None
    assert (data.feature_names, data.target_names, data.scaling) == (("a", "b", "c"), ("y",), "none")


def test_training_on_other_rows_forgets_where_it_was_among_the_old_ones(
    write: Callable[..., Path], project: Path, tmp_path: Path
) -> None:
    trained, out = tmp_path / "trained.nns", tmp_path / "out.nns"
    assert run("train", project, "--out", trained) == 0
    assert run("train", trained, "--data", write(ROWS), "--epochs", 1, "--out", out) == 0
    checkpoint = nn.load_project(out).checkpoint
    assert checkpoint is not None
    assert checkpoint.epoch == 1


# predict


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".npz"])
def test_predictions_are_written_as_the_name_says(
    write: Callable[..., Path], project: Path, tmp_path: Path, suffix: str
) -> None:
    rows = write("note,town,size\n=1+1,Ulm,50\n-5 %,Bonn,60\n")
    out = tmp_path / f"out{suffix}"
    assert run("predict", project, "--data", rows, "--out", out) == 0
    table = read_table(out)
    assert table.names == ("note", "town", "size", "predicted price")
    assert np.isfinite(table["predicted price"].values).all()
    quoted = suffix in (".csv", ".tsv")
    assert set(table["note"].categories) == ({"'=1+1", "'-5 %"} if quoted else {"=1+1", "-5 %"})


def test_predictions_for_rows_in_parquet_are_those_of_the_same_rows_in_csv(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path], project: Path, tmp_path: Path
) -> None:
    rows = write("town,size\nUlm,50\nBonn,60.25\n")
    assert run("predict", project, "--data", rows) == 0
    expected = capsys.readouterr().out
    write_table(read_table(rows), tmp_path / "rows.parquet")
    assert run("predict", project, "--data", tmp_path / "rows.parquet") == 0
    assert capsys.readouterr().out == expected


def test_rows_are_read_as_the_options_say(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path], project: Path
) -> None:
    assert run("predict", project, "--data", write("town;size\nUlm;50.5\n")) == 0
    expected = capsys.readouterr().out
    rows = write("town|size\nUlm|50,5\n".encode("cp1252"))
    assert run("predict", project, "--data", rows, "--separator", "bar", "--decimal", "comma") == 0
    assert capsys.readouterr().out == expected


def test_a_row_that_does_not_fit_is_named_by_its_line(
    capsys: pytest.CaptureFixture[str], write: Callable[..., Path], project: Path
) -> None:
    said = refusal(capsys, "predict", project, "--data", write("size,town\n1,Ulm\n\n2,Köln\n"))
    assert "rows.csv: line 4, column “town”: “Köln” is none of its categories: Bonn, Ulm" in said
    said = refusal(capsys, "predict", project, "--data", write("size,town\n1,Ulm\n,Ulm\n"))
    assert "rows.csv: line 3, column “size”: the cell is empty" in said


def test_columns_of_an_earlier_prediction_are_kept_beside_the_new_ones(
    write: Callable[..., Path], project: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first-out.csv", tmp_path / "second-out.csv"
    assert run("predict", project, "--data", write("town,size\nUlm,50\nBonn,60\n"), "--out", first) == 0
    assert run("predict", project, "--data", first, "--out", second) == 0
    assert read_table(second).names[-2:] == ("predicted price", "predicted price_2")
