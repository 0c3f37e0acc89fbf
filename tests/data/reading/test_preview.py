from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.reading import Preview, ReadOptions, guess, preview
from nnstudio.data.table import Column, Table, category_column
from nnstudio.data.writing import write_table
from nnstudio.errors import DataError


def look(content: str | bytes, rows: int = 100) -> Preview:
    data = content.encode() if isinstance(content, str) else content
    return preview(data, guess(data), rows)


def told(seen: Preview, severity: str) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.message) for problem in seen.problems if problem.severity == severity]


def test_the_first_rows_are_shown_as_they_are_written() -> None:
    seen = look("x;town;when\n1,50; Ulm;2024-01-01\n?;;2024-01-02\n\n3;Bonn;\n", rows=2)
    assert seen.names == ("x", "town", "when")
    assert seen.rows == (("1,50", " Ulm", "2024-01-01"), ("?", "", "2024-01-02"))
    assert seen.lines == (2, 3)
    assert seen.kinds == ("number", "category", "date")
    assert seen.missing == (1, 1, 1)
    assert (seen.rows_seen, seen.rows_estimated, seen.complete) == (3, 3, True)
    assert seen.problems == ()


def test_of_a_large_file_only_the_beginning_is_looked_at() -> None:
    seen = look("x,y\n" + "1.5,2.5\n" * 500_000)
    assert len(seen.rows) == 100
    assert not seen.complete
    assert seen.rows_estimated == pytest.approx(500_000, rel=0.02)


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("", None, "The file is empty"),
        ("x,y\n", 1, "a header but no rows"),
        ("x,y\n1,2\n\n3\n", 4, "Line 4: 1 field, expected 2"),
        ('x,y\n1,2\n3,"4\n', 3, "Line 3: a quote is opened and never closed"),
        ("x,y\n1,2\n3,\0\n", 3, "Line 3: there are NUL bytes"),
        ("x,y\n1,2\n3,4\n5,six\n", 4, "Line 4, column “y”: “six” is not a number"),
        ("x,y\n1,2\n3,1e999\n", 3, "Line 3, column “y”: “1e999” is not a finite number"),
        ("x,y\n1," + "a" * 140_000 + "\n", 2, "Line 2: a field is longer than 131,072 characters"),
    ],
)
def test_what_reading_would_refuse_is_told_beforehand(content: str, line: int | None, says: str) -> None:
    stops = told(look(content), "stop")
    assert stops[0][0] == line
    assert says in stops[0][1]


def test_another_encoding_than_the_files_is_told_and_still_shown() -> None:
    seen = preview("x,y\n1,Köln\n".encode("cp1252"), ReadOptions())
    assert "Line 2: byte 8 is not UTF-8" in told(seen, "stop")[0][1]
    assert seen.rows == (("1", "K�ln"),)


def test_changed_options_show_the_same_file_in_another_way() -> None:
    content = b"1,5;2,5\n3,5;4,5\n"
    assert preview(content, guess(content)).rows == (("1,5", "2,5"), ("3,5", "4,5"))
    other = preview(content, ReadOptions(separator=",", header=True))
    assert other.names == ("1", "5;2", "5")
    assert other.rows == (("3", "5;4", "5"),)


def test_renamed_and_constant_columns_are_noted() -> None:
    notes = [message for _, message in told(look("x,x,c,e\n1,2,5,\n2,3,5,\n3,4,5,NA\n"), "note")]
    assert any("“x_2”" in note for note in notes)
    assert any(note.startswith("Column “c” holds the same everywhere, “5”") for note in notes)
    assert any(note.startswith("Column “e” is empty") for note in notes)


@pytest.mark.parametrize("name", ["rows.parquet", "rows.npz"])
def test_files_with_types_are_shown_too(write, name: str) -> None:
    path = write(b"", name)
    table = Table(
        (
            Column("x", "number", np.array([1, 2.5, np.nan])),
            category_column("c", ["a", None, "b"]),
            Column("d", "date", np.array([0.0, 1.5, np.nan])),
        )
    )
    write_table(table, path)
    seen = preview(path, guess(path))
    assert seen.names == ("x", "c", "d")
    assert seen.rows == (("1", "a", "1970-01-01"), ("2.5", "", "1970-01-02T12:00:00"), ("", "b", ""))
    assert seen.kinds == ("number", "category", "date")
    assert seen.missing == (1, 1, 1)
    assert seen.problems == ()
    assert (seen.rows_estimated, seen.complete) == (3, True)


def test_a_file_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(DataError, match="no such file"):
        preview(tmp_path / "none.csv", ReadOptions())
