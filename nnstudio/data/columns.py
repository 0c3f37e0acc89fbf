"""The columns of a table as the user knows them, and how their cells become numbers for the network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnstudio.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["number", "category"]
Cell = str | float


@dataclass(frozen=True, slots=True)
class Column:
    """One column: numbers, or one of ``categories`` (one-hot for the network, in this order)."""

    name: str
    kind: Kind = "number"
    categories: tuple[str, ...] = ()

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the network's columns that this one becomes."""
        if self.kind == "number":
            return (self.name,)
        return tuple(f"{self.name}={category}" for category in self.categories)

    def encode(
        self, cells: Sequence[Cell], places: Sequence[str], *, decimal: str = "."
    ) -> NDArray[np.float64]:
        """Return the cells as numbers, (rows, width); ``places`` says where each stands, for messages.

        Raises DataError for what is no finite number, or a category that the column doesn't have.
        """
        if self.kind == "number":
            values = [
                number(cell, place, self.name, decimal) for cell, place in zip(cells, places, strict=True)
            ]
            return np.array(values, dtype=np.float64).reshape(-1, 1)
        slots = {category: slot for slot, category in enumerate(self.categories)}
        encoded = np.zeros((len(cells), len(self.categories)))
        for row, (cell, place) in enumerate(zip(cells, places, strict=True)):
            text = str(cell).strip()
            if text not in slots:
                known = ", ".join(self.categories)
                raise DataError(
                    f"{place}, column “{self.name}”: “{text}” is none of its categories: {known}."
                )
            encoded[row, slots[text]] = 1.0
        return encoded

    def to_dict(self) -> dict[str, Any]:
        """Return the column as plain values for a project file."""
        return {"name": self.name, "kind": self.kind, "categories": list(self.categories)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Column:
        """Return the column that `to_dict` described; raises DataError."""
        name, kind = values.get("name"), values.get("kind")
        categories = values.get("categories", [])
        if (
            not isinstance(name, str)
            or kind not in ("number", "category")
            or not isinstance(categories, list)
        ):
            raise DataError("The description of a data column is damaged.")
        return cls(name, kind, tuple(str(category) for category in categories))


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


def prepare_rows(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Cell] | Sequence[Cell]],
    places: Sequence[str] | None = None,
) -> NDArray[np.float64]:
    """Return rows of cells as an unscaled array (rows, features).

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
    encoded = [
        column.encode([cells[index] for cells in table], places) for index, column in enumerate(columns)
    ]
    return np.hstack(encoded) if encoded else np.zeros((len(rows), 0))


def _expected(columns: Sequence[Column]) -> str:
    return f"The data's columns are {', '.join(column.name for column in columns)}."
