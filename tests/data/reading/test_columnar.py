from __future__ import annotations

import datetime as dt
import io
import os
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nnstudio.data.reading import BadRowsError, ReadingCancelledError, guess, preview, read_table
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def npy(array: np.ndarray, **options: object) -> bytes:
    sink = io.BytesIO()
    np.save(sink, array, **options)  # type: ignore[arg-type]
    return sink.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    sink = io.BytesIO()
    np.savez_compressed(sink, **arrays)
    return sink.getvalue()


def parquet(**columns: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_every_type_of_parquet_that_is_a_number_text_or_date_is_read() -> None:
    day = dt.date(1970, 1, 3)
    noon = dt.datetime(1970, 1, 1, 12)
    table = read_table(
        parquet(
            whole=pa.array([1, None], pa.int16()),
            real=pa.array([1.5, float("nan")], pa.float32()),
            flag=[True, None],
            exact=[Decimal("1.25"), None],
            text=["b", None],
            large=pa.array(["b", None], pa.large_string()),
            word=pa.array(["b", None]).dictionary_encode(),
            raw=[b"b", None],
            day=[day, None],
            moment=[noon, None],
            zoned=pa.array([noon, None], pa.timestamp("ns", "Europe/Berlin")),
            nothing=pa.nulls(2),
        )
    )
    first = {c.name: c.texts()[0] for c in table.columns}
    assert first == {
        "whole": "1",
        "real": "1.5",
        "flag": "1",
        "exact": "1.25",
        "text": "b",
        "large": "b",
        "word": "b",
        "raw": "b",
        "day": "1970-01-03",
        "moment": "1970-01-01T12:00:00",
        "zoned": "1970-01-01T13:00:00",
        "nothing": "",
    }
    assert all(column.missing[1] for column in table.columns)


def test_columns_of_parquet_that_have_no_place_in_a_table_are_left_out_and_it_is_said() -> None:
    content = parquet(x=[1, 2], lists=[[1], [2, 3]])
    table = read_table(content)
    assert table.names == ("x",)
    assert "lists" in table.source["notes"][0]
    assert any("“lists”" in problem.message for problem in preview(content, guess(content)).problems)


def test_infinities_in_parquet_are_refused_by_row() -> None:
    with pytest.raises(BadRowsError, match="row 2, column “x”: “inf” is not a finite number"):
        read_table(parquet(x=[1.0, float("inf")]))
    assert len(read_table(parquet(x=[1.0, float("inf")]), on_bad_rows="skip")) == 1


def test_kinds_of_typed_columns_can_be_said() -> None:
    table = read_table(
        parquet(zip=[10115, 89073], size=["1.5", "2"]), kinds={"zip": "category", "size": "number"}
    )
    assert table["zip"].categories == ("10115", "89073")
    assert table["size"].values.tolist() == [1.5, 2.0]


@pytest.mark.parametrize("cut", [1, 8, 100])
def test_a_parquet_file_that_was_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(DataError, match=r"cut short|damaged"):
        read_table(parquet(x=[1, 2])[:-cut])


def test_arrays_of_one_and_two_dimensions_become_columns() -> None:
    assert read_table(npy(np.arange(3))).names == ("c1",)
    table = read_table(npy(np.asfortranarray(np.arange(6.0).reshape(3, 2))))
    assert table.names == ("c1", "c2")
    assert table["c2"].values.tolist() == [1, 3, 5]
    table = read_table(npz(x=np.eye(2), y=np.array(["b", "a"]), when=np.array(["1970-01-02"] * 2, "M8[D]")))
    assert table.names == ("x_1", "x_2", "y", "when")
    assert table["y"].texts() == ["b", "a"]
    assert table["when"].values.tolist() == [1, 1]


def test_fields_of_a_structured_array_become_columns() -> None:
    table = read_table(npy(np.array([(1, "a"), (2, "b")], dtype=[("n", ">i4"), ("t", "U3")])))
    assert table["n"].values.tolist() == [1, 2]
    assert table["t"].texts() == ["a", "b"]


def test_python_objects_are_never_loaded(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "ran"),)

    array = np.array([Harmful()], dtype=object)
    for content in (npy(array, allow_pickle=True), npz(x=array)):
        with pytest.raises(DataError, match="Python objects, which are never loaded"):
            read_table(content)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (npz(x=np.zeros(3), y=np.zeros(4)), "different numbers of rows: “x” has 3, “y” 4"),
        (npy(np.zeros((2, 2, 2))), "has 3 dimensions"),
        (npy(np.zeros(2, complex)), "complex"),
        (npy(np.zeros((0, 2))), "no rows"),
        (npz(), "no arrays"),
        (npy(np.zeros(100))[:-8], "cut short"),
        (npz(x=np.zeros(100))[:-10], "damaged"),
        (b"\x93NUMPY\x01\x00garbage", "damaged"),
    ],
)
def test_arrays_that_are_no_table_are_refused(content: bytes, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_table(content)


def test_an_array_that_claims_to_be_larger_than_memory_is_refused_before_it_is_read() -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 10), }"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    with pytest.raises(DataError, match=r"1,000,000,000,000 rows of 10 columns.*would fit"):
        read_table(content)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.npy", b"no array", "no NumPy file"),
        ("a.parquet", b"x,y\n1,2\n", "no Parquet file"),
        ("a.xlsx", b"PK\x03\x04...", "Save the sheet as CSV"),
        ("a.csv", b"\x1f\x8b\x08...", "compressed with gzip"),
        ("a.npz", b"", "empty"),
        ("a.pdf", b"%PDF-1.4", "PDF"),
    ],
)
def test_what_is_no_table_is_called_what_it_is(write, name: str, content: bytes, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_table(write(content, name))


@pytest.mark.parametrize("content", [npy(np.zeros((200_000, 3))), parquet(x=np.zeros(200_000))])
def test_typed_files_report_progress_and_stop_when_asked_to(content: bytes) -> None:
    seen: list[float] = []
    read_table(content, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    with pytest.raises(ReadingCancelledError):
        read_table(content, cancelled=cancelled)
