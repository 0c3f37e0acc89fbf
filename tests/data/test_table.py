from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.table import Column, Table, category_column
from nnstudio.errors import DataError


def number(name: str, *values: float) -> Column:
    return Column(name, "number", np.array(values, dtype=np.float64))


def test_missing_values_are_counted_in_every_kind() -> None:
    assert number("x", 1, np.nan).n_missing == 1
    assert Column("d", "date", np.array([np.nan, 3.0])).missing.tolist() == [True, False]
    assert category_column("c", ["b", "", None, "a"]).values.tolist() == [1, -1, -1, 0]


def test_values_cannot_be_written() -> None:
    own = np.array([1.0, 2.0])
    column = Column("x", "number", own)
    with pytest.raises(ValueError, match="read-only"):
        column.values[0] = 5.0
    own[0] = 5.0  # whose array it is may go on with it


@pytest.mark.parametrize(
    ("column", "constant"),
    [
        (number("x", 1, 1, np.nan), True),
        (number("x", 1, 2), False),
        (number("x", np.nan), True),
        (category_column("c", ["a", None, "a"]), True),
        (category_column("c", ["a", "b"]), False),
    ],
)
def test_a_column_with_a_single_value_is_constant(column: Column, constant: bool) -> None:
    assert column.is_constant is constant


def test_texts_read_back_as_the_same_numbers() -> None:
    values = [3.0, -0.0, 0.1, 1e300, 1 / 3, 2.0**60]
    assert [float(text) for text in number("x", *values).texts()] == values
    assert number("x", 3.0, np.nan).texts() == ["3", ""]


def test_dates_are_written_with_the_time_where_there_is_one() -> None:
    column = Column("d", "date", np.array([0.0, 19_874.5, np.nan, -1.0, 0.25001]))
    assert column.texts() == [
        "1970-01-01",
        "2024-05-31T12:00:00",
        "",
        "1969-12-31",
        "1970-01-01T06:00:00.864",
    ]
    assert column.texts([1]) == ["2024-05-31T12:00:00"]


def test_rows_and_columns_are_taken_by_number_mask_and_name() -> None:
    table = Table((number("x", 1, 2, 3), category_column("c", ["a", "b", "a"])))
    assert len(table) == 3
    assert table.take([2, 0])["x"].values.tolist() == [3, 1]
    assert table.take(np.array([False, True, False]))["c"].texts() == ["b"]
    assert table.select(["c"]).names == ("c",)
    assert table.with_column(number("x", 4, 5, 6))["x"].values.tolist() == [4, 5, 6]
    assert table.with_column(number("z", 4, 5, 6)).names == ("x", "c", "z")
    assert "c" in table
    with pytest.raises(DataError, match=r"no column “y”\. The columns are x, c"):
        table["y"]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Table((number("x", 1), number("x", 2))), "two columns are called “x”"),
        (lambda: Table((number("x", 1), number("y", 2, 3))), "different numbers of rows"),
        (lambda: Column("x", "number", np.zeros((2, 2))), "dimensions"),
        (lambda: Column("x", "category", np.array([0, 2]), ("a", "b")), "none of its categories"),
        (lambda: Column("x", "number", np.zeros(1), ("a",)), "no categories"),
        (lambda: Column("x", "text", np.zeros(1)), "not a kind"),
    ],
)
def test_tables_that_cannot_be_are_refused(make, says: str) -> None:
    with pytest.raises(DataError, match=says):
        make()
