"""Rows of the table as text for the clipboard, and text from a spreadsheet as rows."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from nnstudio.data.writing import safe_cell
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnstudio.ui.panels.data_table_contents import TableContents

MOST_COPIED = 100_000
# Pasted into a table that is on view; more is imported, with a look at what is guessed.
_MOST_PASTED = 100_000


def text_of(contents: TableContents, rows: Iterable[int]) -> str:
    """Return rows of the data, by number, as lines of cells with tabs between them, under their titles."""
    places = range(len(contents.columns))
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow([safe_cell(column.title) for column in contents.columns])
    writer.writerows([safe_cell(contents.exact_text(row, place)) for place in places] for row in rows)
    return buffer.getvalue()


def cells_of(text: str, titles: Sequence[str]) -> dict[str, list[str]]:
    """Return the cells of pasted lines by title, of a table whose columns are called so.

    A first line that names columns says which is which, and others are left out; without one, the lines must
    have a cell for each. Raises DataError.
    """
    lines = [line for line in csv.reader(io.StringIO(text), delimiter="\t") if any(map(str.strip, line))]
    if not lines:
        raise DataError("There are no rows on the clipboard. Copy rows of a table first.")
    if len(lines) > _MOST_PASTED:
        raise DataError(f"There are {len(lines):,} rows on the clipboard. Import so many from a file.")
    first = [_plain(cell) for cell in lines[0]]
    if any(title in first for title in titles):
        names, lines = first, lines[1:]
        absent = [title for title in titles if title not in names]
        if absent or not lines:
            what = (
                f"The columns that were copied lack “{absent[0]}”." if absent else "Only titles were copied."
            )
            raise DataError(f"{what} Copy whole rows of a table with the columns {', '.join(titles)}.")
    else:
        names = list(titles)
    for number, line in enumerate(lines, 1):
        if len(line) != len(names):
            raise DataError(
                f"Row {number} that was copied has {len(line)} cells, expected {len(names)}: "
                f"{', '.join(names)}. File > Paste a table takes other columns, as new data."
            )
    return {title: [_plain(line[names.index(title)]) for line in lines] for title in titles}


def _plain(cell: str) -> str:
    """Return a cell as it was before a ' kept a spreadsheet from taking it for a formula."""
    return cell[1:] if cell.startswith("'") and safe_cell(cell[1:]) == cell else cell.strip()
