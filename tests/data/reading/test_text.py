from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.reading import (
    BadRowsError,
    ReadingCancelledError,
    ReadOptions,
    memory,
    read_table,
    row_places,
)
from nnstudio.errors import DataError

OPTIONS = ReadOptions()


def refusal(content: str | bytes, options: ReadOptions = OPTIONS, **more: object) -> DataError:
    data = content.encode() if isinstance(content, str) else content
    with pytest.raises(DataError) as caught:
        read_table(data, options, **more)  # type: ignore[arg-type]
    return caught.value


# Bad input, each kind by name


@pytest.mark.parametrize("content", ["", "\n", " \n\n", ",\n,\n", "\ufeff"])
def test_an_empty_file_is_refused(content: str) -> None:
    assert "file is empty" in str(refusal(content))


@pytest.mark.parametrize("content", ["x,y", "x,y\n", "x,y\n\n,\n"])
def test_a_header_alone_is_refused(content: str) -> None:
    assert "a header but no rows" in str(refusal(content))


def test_ragged_rows_stop_reading_with_their_lines() -> None:
    error = refusal("x,y\n1,2\n\n3,4,5\n6\n7,8\n")
    assert isinstance(error, BadRowsError)
    assert str(error).startswith("line 4: 3 fields, expected 2; line 5: 1 field, expected 2.")
    assert "skip such lines" in str(error)
    assert [problem.line for problem in error.problems] == [4, 5]
    assert error.count == 2


def test_ragged_rows_are_skipped_by_choice_and_counted() -> None:
    table = read_table(b"x,y\n1,2\n3,4,5\n6\n7,8\n", OPTIONS, on_bad_rows="skip")
    assert table["x"].values.tolist() == [1, 7]
    assert table.source["skipped_rows"] == 2


def test_many_ragged_rows_are_counted_though_few_are_named() -> None:
    error = refusal("x,y\n1,2\n" + "3\n" * 5000)
    assert str(error).count("line ") == 5
    assert "and 4,995 more lines" in str(error)


def test_an_unclosed_quote_is_refused_with_the_line_where_it_opens() -> None:
    assert "line 3: a quote is opened and never closed" in str(refusal('x,y\n1,2\n3,"4\n5,6\n'))


def test_an_unclosed_quote_far_from_the_end_of_a_large_file_is_found() -> None:
    assert "line 2: " in str(refusal('x,y\n1,"2\n' + "3,4\n" * 400_000))


def test_two_unclosed_quotes_do_not_pass_for_one_long_field() -> None:
    assert "line 2: text follows a closing quote" in str(refusal('x,y\n1,"a\n2,"b\n'))


def test_text_after_a_closing_quote_is_refused() -> None:
    assert "line 2: text follows a closing quote" in str(refusal('x,y\n1,"a"b\n'))


def test_nul_bytes_are_refused_with_their_line() -> None:
    assert "line 3: there are NUL bytes" in str(refusal(b"x,y\n1,2\n3,\0\n"))


@pytest.mark.parametrize("lines", [0, 100_000])
def test_a_wrong_encoding_is_refused_with_line_and_byte(lines: int) -> None:
    content = b"x,y\n" + b"1,2\n" * lines + b"1,\xe9\xe9\n"
    said = str(refusal(content, kinds={"y": "category"}))
    assert said.startswith(
        f"line {lines + 2}: byte {len(content) - 2} is not UTF-8. Choose the file's encoding"
    )


def test_a_letter_cut_off_at_the_end_is_a_wrong_encoding() -> None:
    assert "line 2: byte 7 is not UTF-8" in str(refusal("x,y\n1,é".encode()[:-1]))


def test_letters_on_the_border_of_two_blocks_are_whole() -> None:
    letters = "é" * 300_000
    rows = "".join(f"1,{letters[place : place + 1000]}\n" for place in range(0, len(letters), 1000))
    for shift in ("", "z"):
        table = read_table(f"x,y{shift}\n{rows}".encode(), OPTIONS)
        assert table.columns[1].categories == ("é" * 1000,)


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-inf", "Infinity", "1e999", "-1e999"])
def test_numbers_that_are_not_finite_are_refused(cell: str) -> None:
    said = str(refusal(f"x,y\n1,2\n3,{cell}\n"))
    assert f"line 3, column “y”: “{cell}” is not a finite number" in said


@pytest.mark.parametrize("cell", ["nan", "inf", "five"])
def test_a_cell_that_is_no_number_can_be_taken_for_a_missing_value(cell: str) -> None:
    options = ReadOptions(missing=("", cell))
    table = read_table(f"x,y\n1,2\n3,{cell.upper()}\n4,5\n".encode(), options)
    assert table["y"].missing.tolist() == [False, True, False]


def test_text_in_a_numeric_column_is_listed_by_row() -> None:
    error = refusal("x,y\n1,2\n,\n3,four\n\n5,6\nseven,8\n9,0x1F\n1_0,1\n")
    assert isinstance(error, BadRowsError)
    assert [(problem.line, problem.column) for problem in error.problems] == [
        (4, "y"),
        (7, "x"),
        (8, "y"),
        (9, "x"),
    ]
    assert "line 4, column “y”: “four” is not a number" in str(error)
    assert "read the column as a category" in str(error)


def test_rows_with_text_in_a_numeric_column_are_skipped_by_choice() -> None:
    table = read_table(b"x,y\n1,2\n3,four\n5,6\n7\n", OPTIONS, on_bad_rows="skip")
    assert table["x"].values.tolist() == [1, 5]
    assert table.source["skipped_rows"] == 2


def test_a_file_of_which_no_row_can_be_read_is_refused_even_when_skipping() -> None:
    assert "no row that can be read" in str(refusal("x,y\n1\n2\n", on_bad_rows="skip"))


def test_more_bad_cells_than_are_named_are_counted() -> None:
    error = refusal("x,y\n" + "1,2\n" * 3000 + "1,a\n" * 2000)
    assert "and 1,995 more cells" in str(error)
    assert isinstance(error, BadRowsError)
    assert (error.count, len(error.problems), error.problems[-1].line) == (2000, 1000, 4001)


def test_a_file_too_large_for_memory_is_refused_with_what_would_fit() -> None:
    content = "x,y\n" + "1.25,2.25\n" * 200_000
    said = str(refusal(content, memory=1_000_000))
    assert "holds about 200," in said
    assert "1.0 MB are free" in said
    assert "About 20,000 rows would fit" in said
    assert len(read_table(content.encode(), OPTIONS, memory=1_000_000, max_rows=20_000)) == 20_000


def test_what_is_free_is_asked_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    free = memory.available_memory()
    assert free is not None
    assert free > 1e6
    monkeypatch.setattr(memory, "available_memory", lambda: 10)
    assert "0.0 kB are free" in str(refusal("x,y\n1,2\n"))


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_field_over_128_kilobytes_is_refused(quote: str) -> None:
    content = f"x,y\n1,a\n2,{quote}{'a' * 140_000}{quote}\n3,b\n"
    assert "line 3: a field is longer than 131,072 characters" in str(refusal(content))


def test_a_line_longer_than_a_block_is_refused() -> None:
    content = "x,y\n1," + "a" * 3_000_000 + "\n"
    assert "line 2: a field is longer" in str(refusal(content))


# What is read


def test_missing_values_are_missing_in_every_kind_of_column() -> None:
    content = "n,c,d\n1,a,2024-05-31\n,,\nNA,N/A,null\n?,-,?\n na , Null ,-\n2,b,2024-06-01\n"
    table = read_table(content.encode(), OPTIONS)
    # The second row is blank all over, and so no row at all.
    assert [column.kind for column in table.columns] == ["number", "category", "date"]
    assert [column.n_missing for column in table.columns] == [3, 3, 3]
    assert table["c"].texts() == ["a", "", "", "", "b"]
    assert table["d"].texts() == ["2024-05-31", "", "", "", "2024-06-01"]


def test_dates_are_days_with_the_time_as_a_fraction() -> None:
    table = read_table(b"d,y\n1970-01-02,1\n1969-12-31 12:00,2\n2024-02-29T06:00:00Z,3\n", OPTIONS)
    assert table["d"].values.tolist() == [1.0, -0.5, 19782.25]


def test_a_day_that_does_not_exist_is_no_date() -> None:
    assert "line 3, column “d”: “2023-02-29” is not a date" in str(
        refusal("d,y\n2024-02-29,1\n2023-02-29,2\n", kinds={"d": "date"})
    )


def test_kinds_can_be_said() -> None:
    table = read_table(b"x,y\n10,2\n9,3\n10,4\n", OPTIONS, kinds={"x": "category"})
    assert table["x"].categories == ("9", "10")
    assert table["x"].texts() == ["10", "9", "10"]


def test_a_column_that_is_not_there_is_refused_by_name() -> None:
    assert "no column “z”. The columns are x, y" in str(refusal("x,y\n1,2\n", kinds={"z": "number"}))
    assert "no column “z”" in str(refusal("x,y\n1,2\n", columns=["z"]))


def test_columns_can_be_chosen_and_what_is_wrong_in_others_is_no_matter() -> None:
    table = read_table(b"x,y,z\n1,2,3\n4,five,6\n7,8,9\n", OPTIONS, columns=["z", "x"])
    assert table.names == ("x", "z")


def test_doubled_names_are_renamed_and_it_is_said() -> None:
    table = read_table(b"x,x,x_2,\n1,2,3,4\n", OPTIONS)
    assert table.names == ("x", "x_3", "x_2", "c4")
    assert len(table.source["notes"]) == 2


def test_the_first_rows_alone_can_be_read() -> None:
    table = read_table(b"x\n" + b"1\n" * 500_000, OPTIONS, max_rows=10)
    assert len(table) == 10


def test_blocks_join_without_a_seam() -> None:
    count = 300_000
    content = "n,c\n" + "".join(f"{row}.5,{row % 7}x\n" for row in range(count))
    table = read_table(content.encode(), OPTIONS)
    assert np.array_equal(table["n"].values, np.arange(count) + 0.5)
    assert table["c"].categories == tuple(f"{digit}x" for digit in range(7))
    assert np.array_equal(table["c"].values, np.arange(count) % 7)


def test_the_account_says_how_it_was_read() -> None:
    table = read_table(b"x;y\n1,5;2\n")
    assert ReadOptions.from_dict(table.source["options"]) == ReadOptions(separator=";", decimal=",")


def test_rows_are_called_by_their_lines() -> None:
    content = b'\nx,y\n1,"a\nb"\n\n,\n2,c\n'
    places = row_places(content, read_table(content, OPTIONS))
    assert list(places) == ["line 3", "line 7"]


# Progress and stopping


def test_progress_rises_to_one() -> None:
    seen: list[float] = []
    read_table(b"x,y\n" + b"1,2\n" * 500_000, OPTIONS, progress=seen.append)
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@pytest.mark.parametrize("after", [0, 1, 3])
def test_reading_stops_at_the_next_block_when_asked_to(after: int) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    with pytest.raises(ReadingCancelledError):
        read_table(b"x,y\n" + b"1,2\n" * 500_000, OPTIONS, cancelled=cancelled)
    assert asked == after + 1


def test_looking_for_the_line_of_an_error_can_be_stopped_too() -> None:
    content = b"x,y\n" + b"1,2\n" * 200_000 + b"1\n"
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 20

    with pytest.raises(ReadingCancelledError):
        read_table(content, OPTIONS, cancelled=cancelled)
