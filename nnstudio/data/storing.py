"""Tables as plain values and arrays, for a project file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.table import Column, Table
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PREFIX = "table."


def table_arrays(table: Table) -> dict[str, NDArray[Any]]:
    """Return the columns' arrays by name."""
    return {f"{PREFIX}{place}": column.values for place, column in enumerate(table.columns)}


def table_to_dict(table: Table) -> dict[str, Any]:
    """Return all but the arrays as plain values."""
    return {
        "title": table.title,
        "source": dict(table.source),
        "columns": [
            {"name": column.name, "kind": column.kind, "categories": list(column.categories)}
            for column in table.columns
        ],
    }


def table_from_arrays(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Table:
    """Return the table that the others described; raises DataError."""
    columns = []
    for place, described in enumerate(values["columns"]):
        array = arrays.get(f"{PREFIX}{place}")
        name, kind, categories = (described[key] for key in ("name", "kind", "categories"))
        wanted = "i" if kind == "category" else "f"
        if array is None or array.dtype.kind != wanted or not all(isinstance(c, str) for c in categories):
            raise DataError(f"The table of the data is damaged: column “{name}” cannot be read.")
        if wanted == "i" and array.size and not -1 <= array.min() <= array.max() < len(categories):
            raise DataError(f"The table of the data is damaged: column “{name}” cannot be read.")
        dtype = np.int32 if wanted == "i" else np.float64
        columns.append(Column(str(name), kind, array.astype(dtype), tuple(categories)))
    return Table(tuple(columns), str(values["title"]), dict(values["source"]))
