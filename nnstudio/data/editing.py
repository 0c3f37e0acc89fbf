"""Changes to the rows of data: a cell, a part, rows more or fewer; each gives a new dataset.

The data are prepared anew from their table, so that scaling and classes are always those of the rows that are
there. Who trains on which row is kept: from the first change on a column of the table says so, and rows that
are added belong to the training part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.columns import Column as Prepared
from nnstudio.data.columns import is_empty
from nnstudio.data.generators import table_of
from nnstudio.data.preparation import Preparation
from nnstudio.data.preparing import prepare
from nnstudio.data.scaling import SCALINGS, fit_scaling
from nnstudio.data.split import Split
from nnstudio.data.table import MISSING_CODE, Column, Table
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from nnstudio.data.columns import Cell
    from nnstudio.data.dataset import Dataset
    from nnstudio.data.preparation import Role
    from nnstudio.data.scaling import Scaling

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_TRAINING, _TEST = "training", "test"
_PART = "part"
# What stays true of data whose rows were changed.
_KEPT_OF_SOURCE = ("units", "image_shape")
_EDITED = ", edited"


@dataclass(frozen=True)
class Sheet:
    """Data as a table that can be changed: row i of the data is row ``rows[i]`` of the table."""

    data: Dataset
    table: Table
    preparation: Preparation
    rows: Rows

    def column(self, name: str) -> Column:
        """Return the data's rows of a column; raises DataError."""
        return self.table[name].take(self.rows)

    # Changes

    def with_values(self, rows: ArrayLike, values: Mapping[str, Sequence[Cell] | Floats]) -> Dataset:
        """Return the data with other values in rows, by column (rows,) each; raises DataError."""
        table, places = self.table, self.rows[np.asarray(rows, np.intp)]
        for name, cells in values.items():
            column = table[name]
            changed = column.values.copy()
            changed[places] = read_cells(column, cells)
            table = table.with_column(replace(column, values=changed))
        return self._prepared(table)

    def with_rows(self, values: Mapping[str, Sequence[Cell] | Floats]) -> Dataset:
        """Return the data with more rows, to train on, of values by column; raises DataError.

        Columns that are not named stay empty in them; a row that lacks what it needs is left out.
        """
        count = len(next(iter(values.values())))
        columns = []
        for column in self.table.columns:
            if column.name in values:
                added = read_cells(column, values[column.name])
            elif column.name == self.preparation.split.column:
                added = np.full(count, self._training_value(column))
            elif column.name in self.preparation.names("weight"):
                added = np.full(count, np.median(column.values))
            else:
                added = np.full(count, MISSING_CODE if column.kind == "category" else np.nan)
            merged = np.concatenate([column.values, added.astype(column.values.dtype)])
            columns.append(replace(column, values=merged))
        return self._prepared(replace(self.table, columns=tuple(columns)))

    def with_copies(self, rows: ArrayLike) -> Dataset:
        """Return the data with copies of rows at the end, to train on."""
        chosen = self.table.take(self.rows[np.asarray(rows, np.intp)])
        own = self.preparation.split.column
        return self.with_rows({c.name: c.texts() for c in chosen.columns if c.name != own})

    def without_rows(self, rows: ArrayLike) -> Dataset:
        """Return the data without these rows; raises DataError where too little is left."""
        kept = np.ones(len(self.table), dtype=bool)
        kept[self.rows[np.asarray(rows, np.intp)]] = False
        if not kept[self.rows].any():
            raise DataError("No row would be left. Keep at least one, or choose other data.")
        return self._prepared(self.table.take(kept))

    def with_part(self, rows: ArrayLike, *, test: bool) -> Dataset:
        """Return the data with rows in the test part or in the training part; raises DataError."""
        split = self.preparation.split
        table, preparation = self.table, self.preparation
        if split.kind != "column":
            if not test:
                return self._prepared(table)
            table, preparation = _parted(table, preparation, np.empty(0, np.intp))
            split = preparation.split
        column = table[split.column]
        marks = column.values.copy()
        marks[self.rows[np.asarray(rows, np.intp)]] = (
            read_cells(column, [split.test_value])[0] if test else self._training_value(column, split)
        )
        return self._prepared(table.with_column(replace(column, values=marks)), preparation)

    # Inner workings

    def _training_value(self, column: Column, split: Split | None = None) -> Any:
        """Return what stands in the column of the parts where a row is to train on."""
        wanted = (split or self.preparation.split).test_value.strip()
        if column.kind == "category":
            usable = [code for code, text in enumerate(column.categories) if text.strip() != wanted]
            counts = np.bincount(column.values[column.values >= 0], minlength=len(column.categories))
            return max(usable, key=lambda code: counts[code]) if usable else MISSING_CODE
        known, counts = np.unique(column.values[~column.missing], return_counts=True)
        texts = replace(column, values=known).texts()
        usable = [place for place, text in enumerate(texts) if text.strip() != wanted]
        return known[max(usable, key=lambda place: counts[place])] if usable else np.nan

    def _prepared(self, table: Table, preparation: Preparation | None = None) -> Dataset:
        preparation = _without_empty_test_part(table, preparation or self.preparation)
        own = self.data.source
        origin = own if own.get("kind") != "edited" else own.get("from", {})
        source = {name: own[name] for name in _KEPT_OF_SOURCE if name in own}
        title = self.data.title.removesuffix(_EDITED) or "Data"
        described = table.described(
            title=f"{title}{_EDITED}", source={**source, "kind": "edited", "from": dict(origin)}
        )
        return prepare(described, preparation)


def sheet_of(data: Dataset) -> Sheet:
    """Return data as a table that can be changed, and that gives them again as it is."""
    table, preparation, rows = table_of(data), data.preparation, data.table_rows
    if table is None or preparation is None:
        table, preparation = _table_of_arrays(data)
    if rows is None and len(table) == len(data):
        rows = np.arange(len(table), dtype=np.intp)
    if rows is None:
        rows = prepare(table, preparation).table_rows
        assert rows is not None
    if preparation.split.kind != "column":
        if len(data.test_rows):
            table, preparation = _parted(table, preparation, rows[data.test_rows])
        else:
            preparation = replace(preparation, split=Split(kind="random", fraction=0.0))
    # Said for good: another number as a class must not turn classes into values.
    return Sheet(data, table, replace(preparation, task=data.task), rows)


def read_cells(column: Column, cells: Sequence[Cell] | Floats) -> NDArray[Any]:
    """Return cells as a column of a table has them, NaN or -1 where one is empty.

    Raises DataError for text that is no number or date, and for an unknown category.
    """
    if isinstance(cells, np.ndarray) and column.kind != "category":
        return np.asarray(cells, np.float64)
    taken = list(cells)
    empty = [is_empty(cell) for cell in taken]
    present = [cell for cell, blank in zip(taken, empty, strict=True) if not blank]
    reader = Prepared(column.name, column.kind, column.categories)
    places = [f"row {number}" for number in range(1, len(present) + 1)]
    try:
        read = reader.read(present, places)
    except DataError as error:
        # One cell is where its editor is; which row of those that are added it is in says nothing then.
        message = str(error).partition(", ")[2] if len(taken) == 1 else str(error)
        raise DataError(message[:1].upper() + message[1:]) from error
    found = np.full(len(taken), MISSING_CODE if column.kind == "category" else np.nan)
    found[~np.array(empty, dtype=bool)] = read
    return found.astype(column.values.dtype)


def _parted(table: Table, preparation: Preparation, test: Rows) -> tuple[Table, Preparation]:
    """Return a table with a column that says which rows are to test, and the preparation that heeds it."""
    name = _free_name(_PART, table.names)
    codes = np.zeros(len(table), np.int32)
    codes[test] = 1
    column = Column(name, "category", codes, (_TRAINING, _TEST))
    split = Split(kind="column", column=name, test_value=_TEST)
    roles = {**preparation.roles, name: "ignore"}
    return table.with_column(column), replace(preparation, roles=roles, split=split)


def _without_empty_test_part(table: Table, preparation: Preparation) -> Preparation:
    """Return a preparation that trains on all rows where none of the table is to test any more."""
    split = preparation.split
    if split.kind != "column":
        return preparation
    column = table[split.column]
    if column.kind == "category":
        known = np.unique(column.values)
        texts = [column.categories[code] for code in known.tolist() if code >= 0]
    else:
        texts = replace(column, values=np.unique(column.values)).texts()
    if any(text.strip() == split.test_value.strip() for text in texts):
        return preparation
    return replace(preparation, split=Split(kind="random", fraction=0.0))


def _table_of_arrays(data: Dataset) -> tuple[Table, Preparation]:
    """Return a table and the preparation that give data that never were in a table."""
    values = data.feature_values(data.x)
    columns: list[Column] = []
    roles: dict[str, Role] = {}
    place = 0
    for given in data.columns:
        part = values[:, place : place + len(given.feature_names)]
        place += len(given.feature_names)
        if given.kind == "category":
            codes = np.rint(part[:, 0]) if given.encoding == "label" else np.argmax(part, axis=1)
            columns.append(Column(given.name, "category", codes.astype(np.int32), given.categories))
        else:
            columns.append(Column(given.name, given.kind, part[:, 0]))
        roles[given.name] = "feature"
    for column in _target_columns(data, [c.name for c in columns]):
        columns.append(column)
        roles[column.name] = "target"
    if data.sample_weights is not None:
        name = _free_name("weight", list(roles))
        columns.append(Column(name, "number", data.sample_weights))
        roles[name] = "weight"
    table = Table(tuple(columns), data.title, dict(data.source))
    preparation = Preparation(
        roles=roles,
        scaling=data.scaling,
        target_scaling="none" if data.classes else _scaling_of_targets(data),
        encodings={c.name: c.encoding for c in data.columns if c.encoding in ("one_hot", "label")},
        task=data.task,
    )
    if not len(data.test_rows):
        return table, replace(preparation, split=Split(kind="random", fraction=0.0))
    return _parted(table, preparation, data.test_rows)


def _target_columns(data: Dataset, taken: Sequence[str]) -> list[Column]:
    if data.classes:
        labels = data.class_indices(data.y).astype(np.int32)
        return [Column(_free_name(data.class_column, taken), "category", labels, data.classes)]
    targets = data.target_values(data.y)
    names = [_free_name(name, taken) for name in data.target_names]
    return [Column(name, "number", targets[:, place]) for place, name in enumerate(names)]


def _scaling_of_targets(data: Dataset) -> Scaling:
    """Return the scaling that gives the data's targets."""
    trained = data.target_values(data.y_train)
    for scaling in SCALINGS:
        offset, scale = fit_scaling(trained, scaling)
        if np.allclose(offset, data.target_offset) and np.allclose(scale, data.target_scale):
            return scaling
    return "none"


def _free_name(wanted: str, taken: Iterable[str]) -> str:
    known, name, number = set(taken), wanted, 1
    while name in known:
        number += 1
        name = f"{wanted} {number}"
    return name
