"""Whatever stands in a file, it is read or refused with a reason; and fast and exact reading agree."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnstudio.data.reading import ReadOptions, guess, preview, read_table
from nnstudio.errors import DataError

CELLS = st.text(st.sampled_from("a1é\",;\t \n\r.-'|"), max_size=6)
MESSY = st.lists(st.sampled_from(['"', ",", ";", "\n", "\r\n", "\r", "a", "1", ".", " ", "é", "\t"])).map(
    "".join
)


@settings(max_examples=60)
@given(
    st.one_of(st.binary(max_size=60), MESSY.map(str.encode), MESSY.map(lambda text: text.encode("utf-16")))
)
@example(b"\xef\xbb\xbf")
@example(b"\xff\xfe")
@example(b"\xff\xfea")
@example(b"\x93NUMPY")
@example(b"PK\x03\x04")
@example(b"PAR1")
@example(b'"')
@example(b'""')
@example(b'a\nb\n"')
@example(b'0,0\n""')
@example("１,２\n".encode())
@example(b'0,0\n" "')
@example(b'a\n ",\nb')
@example(b'\r"\r')
@example(b"x\n\x1a")
def test_any_bytes_are_read_or_refused_with_a_reason(content: bytes) -> None:
    try:
        options = guess(content)
    except DataError:
        with pytest.raises(DataError):
            read_table(content)
        return
    seen = preview(content, options)
    if any(problem.severity == "stop" for problem in seen.problems):
        with pytest.raises(DataError):
            read_table(content, options)
    else:
        table = read_table(content, options)
        assert table.names == seen.names
        assert len(table) == seen.rows_seen


@settings(max_examples=60)
@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_another_program_writes_is_read_as_it_was(
    rows: list[list[str]], separator: str, line_end: str, quoting: int
) -> None:
    if line_end == "\n":  # this writer then quotes no lone \r, which ends a line as well
        rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=separator, lineterminator=line_end, quoting=quoting)
    writer.writerows(rows)
    options = ReadOptions(separator=separator, header=False, missing=("",))
    expected = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    kinds = {f"c{index + 1}": "category" for index in range(len(rows[0]))}
    content = sink.getvalue().encode()
    if not expected:
        with pytest.raises(DataError, match="empty"):
            read_table(content, options)
        return
    table = read_table(content, options, kinds=kinds)  # type: ignore[arg-type]
    assert list(map(list, zip(*(column.texts() for column in table.columns), strict=True))) == expected
