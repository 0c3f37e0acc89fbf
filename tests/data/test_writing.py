from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data.reading import ReadOptions, read_table
from nnstudio.data.table import Column, Table, category_column
from nnstudio.data.writing import safe_cell, table_bytes, table_csv, write_table
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

TABLE = Table(
    (
        Column("x", "number", np.array([1.0, -2.5, np.nan, 1e300])),
        category_column("c", ["b", None, "a, or\nb", '"a"']),
        Column("d", "date", np.array([0.0, np.nan, 1.5, 19_874.0])),
    )
)


def same(one: Table, other: Table) -> bool:
    return one.names == other.names and all(
        a.kind == b.kind
        and a.categories == b.categories
        and np.array_equal(a.values, b.values, equal_nan=a.kind != "category")
        for a, b in zip(one.columns, other.columns, strict=True)
    )


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".npz"])
def test_a_table_is_read_back_as_it_was(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows{suffix}"
    write_table(TABLE, path)
    assert same(read_table(path), TABLE)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_numbers_alone_are_written_as_one_array(tmp_path: Path) -> None:
    write_table(TABLE.select(["x"]), tmp_path / "rows.npy")
    assert np.load(tmp_path / "rows.npy", allow_pickle=False).shape == (4, 1)
    with pytest.raises(DataError, match="column “c” holds categories"):
        write_table(TABLE, tmp_path / "rows.npy")


@given(st.lists(st.floats(allow_nan=True, allow_infinity=False), min_size=2))
def test_every_number_survives_csv_to_the_last_bit(values: list[float]) -> None:
    table = Table((Column("x", "number", np.array(values)), Column("y", "number", np.ones(len(values)))))
    assert np.array_equal(
        read_table(table_csv(table).encode(), ReadOptions())["x"].values, values, equal_nan=True
    )


@given(st.lists(st.text(st.sampled_from("a1é\",;\t \n\r.'|"), max_size=5), min_size=1, max_size=6))
def test_every_text_survives_csv_but_for_blanks_around_it(texts: list[str]) -> None:
    column = category_column("c", [text.strip() for text in texts])
    table = Table((column, Column("y", "number", np.ones(len(texts)))))
    read = read_table(table_csv(table).encode(), ReadOptions(missing=("",)), kinds={"c": "category"})
    assert read["c"].texts() == [text.strip() for text in texts]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_carry_out_is_quoted(start: str) -> None:
    text = f"{start}SUM(A1)"
    table = Table((category_column(text, [text, "plain"]),))
    assert safe_cell(text) == f"'{text}"
    assert table_csv(table).count("'" + start) == 2
    assert "'plain" not in table_csv(table)
    # Where nothing is carried out, nothing is quoted; blanks around a text do not count.
    assert read_table(table_bytes(table, ".parquet")).columns[0].categories == (text.strip(), "plain")


def test_numbers_are_not_quoted_whatever_their_sign() -> None:
    table = Table((Column("x", "number", np.array([-1.5, 2.0])), category_column("c", ["-1", "+1"])))
    assert table_csv(table) == "x,c\n-1.5,-1\n2,+1\n"


@pytest.mark.parametrize(("name", "says"), [("rows.xlsx", "no ending"), ("rows", "must end with")])
def test_an_unknown_ending_is_refused(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        write_table(TABLE, tmp_path / name)


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "rows.npy").write_text("old")
    with pytest.raises(DataError, match="categories"):
        write_table(TABLE, tmp_path / "rows.npy")
    assert (tmp_path / "rows.npy").read_text() == "old"
    with pytest.raises(DataError, match="the folder is not there"):
        write_table(TABLE, tmp_path / "none" / "rows.csv")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_equal_tables_give_equal_files(suffix: str) -> None:
    assert table_bytes(TABLE, suffix) == table_bytes(TABLE, suffix)
