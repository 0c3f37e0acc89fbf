"""Between columns as the data have them and the columns of numbers that the network sees, before scaling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from nnstudio.data.table import date_texts
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from nnstudio.data import table as tables
    from nnstudio.data.columns import Column
    from nnstudio.data.derived import Derived

    Floats = NDArray[np.float64]


class RowPlaces(Sequence[str]):
    """What messages call rows, by their numbers counted from 0: “row 1” and so on; made when asked for."""

    def __init__(self, rows: NDArray[np.intp]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> RowPlaces: ...
    def __getitem__(self, index: int | slice) -> str | RowPlaces:
        if isinstance(index, slice):
            return RowPlaces(self._rows[index])
        return f"row {int(self._rows[index]) + 1:,}"


def adopt(column: Column, given: tables.Column, places: Sequence[str]) -> Floats:
    """Return the numbers of a table's column, (rows,), as `Column.read` gives them for cells.

    Raises DataError for a missing value that nothing fills, another kind of column and an unknown category.
    """
    if (given.kind == "category") != (column.kind == "category"):
        if given.kind == "category":
            return column.read(given.texts(), places)
        given = _as_categories(given)
    missing = given.missing
    if missing.any() and column.fill is None:
        raise DataError(
            f"{places[int(np.argmax(missing))]}, column “{column.name}”: the cell is empty. "
            "Fill it in, or remove the row."
        )
    if column.kind != "category":
        values = np.array(given.values, np.float64)
        if missing.any():
            values[missing] = column.fill
        check_finite(column.name, values, places)
        return values
    slots = {category: slot for slot, category in enumerate(column.categories)}
    table: Floats = np.array(
        [slots.get(category.strip(), -1) for category in given.categories] + [-1], np.float64
    )
    codes: Floats = table[given.values]  # the code of a missing value, -1, takes the last
    if missing.any():
        codes[missing] = slots[str(column.fill)]
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise column.unknown(given.categories[int(given.values[row])], places[row])
    return codes


def spread(
    columns: Sequence[Column],
    derived: Iterable[Derived],
    values: Mapping[str, Floats],
    places: Sequence[str] | None = None,
) -> Floats:
    """Return columns of numbers, (rows,) by name, as the network's columns, (rows, features).

    Raises DataError where a derived feature has no value.
    """
    parts = [column.spread(values[column.name]) for column in columns]
    known = {column.name: values[column.name] for column in columns if column.kind != "category"}
    for feature in derived:
        known[feature.name] = feature.compute(known, places)
        parts.append(known[feature.name].reshape(-1, 1))
    return np.hstack(parts)


def gather(columns: Sequence[Column], derived: Iterable[Derived], x: Floats) -> dict[str, NDArray[Any]]:
    """Return the network's columns, (rows, features), by the data's column, each (rows,).

    Numbers stay numbers; a category becomes its text, the nearest one, and a date its text.
    """
    found: dict[str, NDArray[Any]] = {}
    place = 0
    for column in columns:
        width = len(column.feature_names)
        if width == 0:
            continue
        part = x[:, place : place + width]
        place += width
        if column.kind == "number":
            found[column.name] = part[:, 0]
        elif column.kind == "date":
            found[column.name] = np.array(date_texts(np.ascontiguousarray(part[:, 0])), dtype=object)
        else:
            codes = np.rint(part[:, 0]) if column.encoding == "label" else np.argmax(part, axis=1)
            last = len(column.categories) - 1
            texts = np.array(column.categories, dtype=object)
            found[column.name] = texts[np.clip(codes, 0, last).astype(np.intp)]
    for feature in derived:
        found[feature.name] = x[:, place]
        place += 1
    return found


def check_finite(name: str, values: Floats, places: Sequence[str]) -> None:
    """Raise DataError for a number that is none."""
    finite = np.isfinite(values)
    if not finite.all():
        row = int(np.argmin(finite))
        raise DataError(
            f"{places[row]}, column “{name}”: {values[row]:g} is not a finite number. "
            "Correct it, or remove the row."
        )


def _as_categories(given: tables.Column) -> tables.Column:
    """Return numbers as categories, because a column of texts such as 1 and 2 may have been read as such."""
    from nnstudio.data.table import category_column

    return category_column(given.name, given.texts())
