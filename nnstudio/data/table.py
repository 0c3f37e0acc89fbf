"""Table: named columns of numbers, dates or categories, one array each; readers make it, writers take it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

ColumnKind = Literal["number", "category", "date"]
KINDS: tuple[ColumnKind, ...] = get_args(ColumnKind)

MISSING_CODE = -1
# The years from 0 to 9999 fit in with room to spare; beyond it milliseconds would overflow.
_DAYS_LIMIT = 1e10


@dataclass(frozen=True, eq=False, slots=True)
class Column:
    """One column of a table; its array is read-only.

    ``values`` (rows,) are float64 for numbers and for dates (days since 1970-01-01, with fractions), where
    NaN is a missing value; for a category int32 places in ``categories``, where -1 is a missing value.
    """

    name: str
    kind: ColumnKind
    values: NDArray[Any]
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DataError(f"column “{self.name}”: “{self.kind}” is not a kind of column.")
        values = np.asarray(self.values, np.int32 if self.kind == "category" else np.float64)
        if values.ndim != 1:
            raise DataError(f"column “{self.name}”: its values have {values.ndim} dimensions, expected one.")
        if self.kind == "category":
            if len(values) and not -1 <= values.min() <= values.max() < len(self.categories):
                raise DataError(f"column “{self.name}”: a value stands for none of its categories.")
        elif self.categories:
            raise DataError(f"column “{self.name}” holds a {self.kind}, and so has no categories.")
        if values.flags.writeable:
            # A view rather than a copy: the array of who made it is left as it was.
            values = values.view()
            values.flags.writeable = False
        object.__setattr__(self, "values", values)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Where a value is missing, (rows,)."""
        return np.asarray(self.values < 0 if self.kind == "category" else np.isnan(self.values))

    @property
    def n_missing(self) -> int:
        """How many values are missing."""
        return int(np.count_nonzero(self.missing))

    @property
    def is_constant(self) -> bool:
        """Whether all values that are there are the same one, or none is there."""
        present = self.values[~self.missing]
        return len(present) == 0 or bool((present == present[0]).all())

    def take(self, rows: ArrayLike) -> Column:
        """Return the column with these rows alone, by number or by a mask (rows,)."""
        return replace(self, values=self.values[np.asarray(rows)])

    def texts(self, rows: ArrayLike | None = None) -> list[str]:
        """Return cells as text, "" where a value is missing: numbers exact, dates as in 2024-05-31."""
        values = self.values if rows is None else self.values[np.asarray(rows)]
        if self.kind == "category":
            return [self.categories[code] if code >= 0 else "" for code in values.tolist()]
        if self.kind == "date":
            return date_texts(values)
        return ["" if value != value else number_text(value) for value in values.tolist()]


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """Columns of equal length and different names. ``source`` says, in plain values, how it came to be."""

    columns: tuple[Column, ...]
    title: str = ""
    source: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        names = self.names
        for index, name in enumerate(names):
            if name in names[:index]:
                raise DataError(f"two columns are called “{name}”. Rename one of them.")
        lengths = {len(column) for column in self.columns}
        if len(lengths) > 1:
            raise DataError(f"the columns have different numbers of rows: {sorted(lengths)}.")

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise DataError(f"there is no column “{name}”. The columns are {', '.join(self.names)}.")

    def __contains__(self, name: object) -> bool:
        return any(column.name == name for column in self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    def take(self, rows: ArrayLike) -> Table:
        """Return the table with these rows alone, by number or by a mask (rows,)."""
        return replace(self, columns=tuple(column.take(rows) for column in self.columns))

    def select(self, names: Sequence[str]) -> Table:
        """Return the table with these columns alone, in this order; raises DataError."""
        return replace(self, columns=tuple(self[name] for name in names))

    def with_column(self, column: Column) -> Table:
        """Return the table with this column in place of the one of its name, or else as its last."""
        if column.name in self:
            columns = tuple(column if old.name == column.name else old for old in self.columns)
        else:
            columns = (*self.columns, column)
        return replace(self, columns=columns)

    def described(self, *, title: str, source: Mapping[str, Any]) -> Table:
        """Return the same columns with another title and account of how they came to be."""
        return replace(self, title=title, source=dict(source))


def category_column(name: str, texts: Sequence[str | None]) -> Column:
    """Return a column of categories, sorted; None and "" are missing."""
    categories = sorted({text for text in texts if text})
    codes = {category: code for code, category in enumerate(categories)}
    values = np.array([codes.get(text or "", MISSING_CODE) for text in texts], dtype=np.int32)
    return Column(name, "category", values, tuple(categories))


def date_texts(values: NDArray[np.float64]) -> list[str]:
    """Return days since 1970-01-01 as 2024-05-31, or as 2024-05-31T18:30:00 off midnight; "" for NaN."""
    moments = np.full(len(values), np.datetime64("NaT", "ms"))
    usable = np.abs(values) < _DAYS_LIMIT
    moments[usable] = np.round(values[usable] * 86_400_000).astype("datetime64[ms]")
    texts = np.datetime_as_string(moments).tolist()
    return ["" if text == "NaT" else text.removesuffix(".000").removesuffix("T00:00:00") for text in texts]


def number_text(value: float) -> str:
    """Return the shortest text that reads back as the same number: 3 rather than 3.0."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
