"""The columns of a table as they grow, block by block, and the cells that could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.columns import parse_number
from nnstudio.data.reading.cells import Converted, Converter
from nnstudio.data.reading.options import BadRowsError, Cancelled, Problem, check_cancelled
from nnstudio.data.table import Column, ColumnKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_LISTED = 1000
_NAMED = 5


@dataclass(frozen=True)
class BadCell:
    """A cell that cannot be read: the number of its row among all rows, its column and text."""

    row: int
    column: str
    text: str
    kind: ColumnKind


class Collector:
    """Takes blocks of cells as Arrow strings and makes columns of them.

    ``bad`` holds the first cells that cannot be read and ``bad_count`` says how many there are. With
    ``skips`` their rows are left out.
    """

    def __init__(
        self,
        names: Sequence[str],
        kinds: Sequence[ColumnKind],
        converter: Callable[[], Converter],
        *,
        skips: bool,
    ) -> None:
        self._names = tuple(names)
        self._kinds = tuple(kinds)
        self._converters = [converter() for _ in names]
        self._blocks: list[list[NDArray[Any]]] = [[] for _ in names]
        self._skips = skips
        self._length = 0
        self.rows_seen = 0
        self.rows_skipped = 0
        self.bad: list[BadCell] = []
        self.bad_count = 0

    def __len__(self) -> int:
        return self._length

    def add(self, arrays: Sequence[Any]) -> None:
        """Add a block: an Arrow array of strings, or what was converted already, for each column."""
        blocks: list[NDArray[Any]] = []
        rows = len(arrays[0].values) if isinstance(arrays[0], Converted) else len(arrays[0])
        keep = np.ones(rows, dtype=bool)
        for name, kind, converter, array in zip(
            self._names, self._kinds, self._converters, arrays, strict=True
        ):
            converted = array if isinstance(array, Converted) else _convert(converter, kind, array)
            blocks.append(converted.values)
            keep[converted.bad] = False
            self.bad_count += len(converted.bad)
            for place, text in zip(converted.bad.tolist(), converted.texts, strict=True):
                if len(self.bad) >= _LISTED:
                    break
                self.bad.append(BadCell(self.rows_seen + place, name, text, kind))
        self.rows_seen += rows
        if self._skips and not keep.all():
            self.rows_skipped += int(rows - np.count_nonzero(keep))
            blocks = [block[keep] for block in blocks]
        self._length += len(blocks[0])
        for collected, block in zip(self._blocks, blocks, strict=True):
            collected.append(block)

    def columns(self, limit: int | None = None, cancelled: Cancelled | None = None) -> tuple[Column, ...]:
        """Return the columns, with so many rows at most; what was collected is given up."""
        columns = []
        for index, (name, kind) in enumerate(zip(self._names, self._kinds, strict=True)):
            check_cancelled(cancelled)
            # One column at a time, so that no more than one is there twice.
            values = np.concatenate(self._blocks[index])[:limit]
            self._blocks[index] = []
            categories: tuple[str, ...] = ()
            if kind == "category":
                values, categories = self._converters[index].sorted_categories(values)
            columns.append(Column(name, kind, values, categories))
        return tuple(columns)

    def error(self, places: Sequence[str], lines: Sequence[int]) -> BadRowsError:
        """Return an error that lists the bad cells; ``places`` and ``lines`` say where each stands."""
        problems = [
            Problem("stop", f"{place}, column “{cell.column}”: {_reason(cell)}", line, cell.column)
            for cell, place, line in zip(self.bad, places, lines, strict=True)
        ]
        problems.sort(key=lambda problem: problem.line or 0)
        message = "; ".join(problem.message for problem in problems[:_NAMED])
        rest = f"; and {self.bad_count - _NAMED:,} more cells" if self.bad_count > _NAMED else ""
        way_out = "Correct it" if self.bad_count == 1 else "Correct them"
        return BadRowsError(
            f"{message}{rest}. {way_out}, read the column as a category, take such a cell for a missing "
            "value, or skip such rows.",
            problems,
            self.bad_count,
        )


def _convert(converter: Converter, kind: ColumnKind, cells: Any) -> Converted:
    if kind == "number":
        return converter.numbers(cells)
    return converter.dates(cells) if kind == "date" else converter.categories(cells)


def _reason(cell: BadCell) -> str:
    text = cell.text if len(cell.text) <= 40 else f"{cell.text[:40]}…"
    if cell.kind == "date":
        return f"“{text}” is not a date"
    if parse_number(cell.text) is not None:
        return f"“{text}” is not a finite number" if not _finite(cell.text) else f"“{text}” is not a number"
    return f"“{text}” is not a number"


def _finite(text: str) -> bool:
    return bool(np.isfinite(parse_number(text) or 0.0))
