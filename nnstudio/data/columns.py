"""The columns of a table as the user knows them, and how their cells become numbers for the network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np

from nnstudio.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["number", "category", "date"]
Encoding = Literal["one_hot", "label", "none"]
Cell = str | float
# Days since 1970-01-01 of the years 0 and 9999; what is no date at all is far below.
_DATES = (-719_528.0, 2_932_897.0)


@dataclass(frozen=True, slots=True)
class Column:
    """One column that new rows have: numbers, dates (days since 1970-01-01), or one of ``categories``.

    ``encoding`` says what the network sees of it: of a category a column of 0 and 1 each ("one_hot", in the
    order of ``categories``) or its number in this order ("label"); with "none" only derived features see
    it. ``fill`` is what an empty cell becomes; without it an empty cell is refused.
    """

    name: str
    kind: Kind = "number"
    categories: tuple[str, ...] = ()
    encoding: Encoding = "one_hot"
    fill: Cell | None = None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the network's columns that this one becomes."""
        if self.encoding == "none":
            return ()
        if self.kind != "category" or self.encoding == "label":
            return (self.name,)
        return tuple(f"{self.name}={category}" for category in self.categories)

    def encode(
        self, cells: Sequence[Cell], places: Sequence[str], *, decimal: str = "."
    ) -> NDArray[np.float64]:
        """Return the cells as numbers, (rows, width); ``places`` says where each stands, for messages.

        Raises DataError for what is no finite number, or a category that the column doesn't have.
        """
        return self.spread(self.read(cells, places, decimal=decimal))

    def read(
        self, cells: Sequence[Cell], places: Sequence[str], *, decimal: str = "."
    ) -> NDArray[np.float64]:
        """Return the cells as one number each, (rows,): of a category its place in `categories`.

        Raises DataError as `encode` does.
        """
        if self.fill is not None:
            cells = [self.fill if is_empty(cell) else cell for cell in cells]
        pairs = zip(cells, places, strict=True)
        if self.kind == "number":
            return np.array([number(cell, place, self.name, decimal) for cell, place in pairs], np.float64)
        if self.kind == "date":
            return np.array([_date(cell, place, self.name) for cell, place in pairs], np.float64)
        slots = {category: slot for slot, category in enumerate(self.categories)}
        codes = np.empty(len(cells))
        for row, (cell, place) in enumerate(pairs):
            text = str(cell).strip()
            if text not in slots:
                raise self.unknown(text, place)
            codes[row] = slots[text]
        return codes

    def unknown(self, text: str, place: str) -> DataError:
        """Return the error of a text that is none of the categories."""
        known = ", ".join(self.categories)
        return DataError(f"{place}, column “{self.name}”: “{text}” is none of its categories: {known}.")

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return numbers as of `read`, (rows,), as the columns of the network, (rows, width)."""
        if self.encoding == "none":
            return np.zeros((len(values), 0))
        if self.kind != "category" or self.encoding == "label":
            return values.reshape(-1, 1)
        encoded = np.zeros((len(values), len(self.categories)))
        encoded[np.arange(len(values)), values.astype(np.intp)] = 1.0
        return encoded

    def to_dict(self) -> dict[str, Any]:
        """Return the column as plain values for a project file."""
        values: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "categories": list(self.categories),
        }
        if self.encoding != "one_hot":
            values["encoding"] = self.encoding
        if self.fill is not None:
            values["fill"] = self.fill
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Column:
        """Return the column that `to_dict` described; raises DataError."""
        name, kind = values.get("name"), values.get("kind")
        categories, encoding = values.get("categories", []), values.get("encoding", "one_hot")
        fill = values.get("fill")
        if (
            not isinstance(name, str)
            or kind not in get_args(Kind)
            or not isinstance(categories, list)
            or encoding not in get_args(Encoding)
            or not (fill is None or isinstance(fill, str if kind == "category" else float))
        ):
            raise DataError("The description of a data column is damaged.")
        return cls(name, cast("Kind", kind), tuple(str(category) for category in categories), encoding, fill)


def is_empty(cell: Cell | None) -> bool:
    """Return whether a cell holds nothing: no text, or no number (NaN)."""
    return cell is None or (not cell.strip() if isinstance(cell, str) else cell != cell)


def parse_number(text: str, decimal: str = ".") -> float | None:
    """Return the number that a cell spells, infinities and NaN included, or None where it is no number."""
    text = text.strip()
    if decimal == ",":
        text = text.replace(",", ".") if "." not in text else "?"
    if "_" in text:  # float() takes 1_000, which no table means as a number
        return None
    try:
        return float(text)
    except ValueError:
        return None


def number(cell: Cell, place: str, column: str, decimal: str = ".") -> float:
    """Return a cell as a finite number; raises DataError that names the place."""
    where = f"{place}, column “{column}”"
    value = parse_number(cell, decimal) if isinstance(cell, str) else float(cell)
    if value is None:
        if not str(cell).strip():
            raise DataError(f"{where}: the cell is empty. Fill it in, or remove the row.")
        raise DataError(
            f"{where}: “{cell}” is not a number. Correct it, read the column as a category, or leave it out."
        )
    if not math.isfinite(value):
        raise DataError(f"{where}: “{cell}” is not a finite number. Correct it, or remove the row.")
    return value


def _date(cell: Cell, place: str, column: str) -> float:
    """Return a date as days since 1970-01-01; raises DataError that names the place."""
    if not isinstance(cell, str):
        return number(cell, place, column)
    try:
        days = float(np.datetime64(cell.strip(), "ms").astype(np.int64)) / 86_400_000
    except ValueError:
        days = math.nan
    if not _DATES[0] <= days <= _DATES[1]:
        raise DataError(f"{place}, column “{column}”: “{cell}” is not a date. Write it as in 2024-05-31.")
    return days


def read_rows(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Cell] | Sequence[Cell]],
    places: Sequence[str] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Return the numbers, (rows,), that each column holds for rows of cells, see `Column.read`.

    A row maps column names to cells (further names are ignored) or lists the cells in the columns' order.
    Raises DataError for a missing column, a wrong number of cells and a cell that cannot be used.
    """
    if places is None:
        places = [f"row {index + 1}" for index in range(len(rows))]
    table: list[list[Cell]] = []
    for row, place in zip(rows, places, strict=True):
        if isinstance(row, Mapping):
            missing = [column.name for column in columns if column.name not in row]
            if missing:
                raise DataError(f"{place}: there is no value for “{missing[0]}”. {_expected(columns)}")
            table.append([row[column.name] for column in columns])
        else:
            if len(row) != len(columns):
                raise DataError(f"{place}: {len(row)} values, expected {len(columns)}. {_expected(columns)}")
            table.append(list(row))
    return {
        column.name: column.read([cells[index] for cells in table], places)
        for index, column in enumerate(columns)
    }


def _expected(columns: Sequence[Column]) -> str:
    return f"The data's columns are {', '.join(column.name for column in columns)}."
