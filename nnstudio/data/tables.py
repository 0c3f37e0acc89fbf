"""Tables in CSV files: read, checked cell by cell, and made into a dataset."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnstudio.data.columns import Column, Kind, parse_number
from nnstudio.data.dataset import Dataset
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nnstudio.data.scaling import Scaling

DELIMITERS = (",", ";", "\t")
_MAX_LONE_CATEGORIES = 50


@dataclass(frozen=True)
class Table:
    """Cells as text: ``rows`` of one cell a name; ``lines`` are the rows' lines in the file."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    delimiter: str

    @property
    def places(self) -> tuple[str, ...]:
        """Where each row stands, for messages."""
        return tuple(f"line {line}" for line in self.lines)

    def cells(self, name: str) -> list[str]:
        """Return the cells of one column; raises DataError for an unknown one."""
        index = self.index(name)
        return [row[index] for row in self.rows]

    def index(self, name: str) -> int:
        """Return the place of a column; raises DataError for an unknown one."""
        if name not in self.names:
            raise DataError(f"There is no column “{name}”. The columns are {', '.join(self.names)}.")
        return self.names.index(name)


def read_csv(
    path: str | Path, *, delimiter: str | None = None, header: bool = True, encoding: str = "utf-8-sig"
) -> Table:
    """Read a CSV file as text cells.

    Without a delimiter it is the most frequent of comma, semicolon and tab in the first line. Blank lines
    are skipped. Raises DataError for a file that is missing, empty, of the wrong encoding, ragged, or that
    holds a header and no rows; messages begin with the file's name.
    """
    path = Path(path)
    try:
        return parse_csv(_text(path, encoding), delimiter=delimiter, header=header)
    except DataError as error:
        raise DataError(f"{path.name}: {error}") from error


def parse_csv(text: str, *, delimiter: str | None = None, header: bool = True) -> Table:
    """Return the table that CSV text holds; see `read_csv`."""
    if not text.strip():
        raise DataError("the file is empty. Choose one with a header and at least one row.")
    if "\0" in text:
        raise DataError("the file holds NUL bytes: it is not a text table. Save it as CSV in UTF-8.")
    if delimiter is None:
        first = text.lstrip().splitlines()[0]
        delimiter = max(DELIMITERS, key=first.count)
    lines = _records(text, delimiter)
    if header:
        names = tuple(name.strip() for name in lines[0][1])
        _check_header(names)
        lines = lines[1:]
        if not lines:
            raise DataError("the file holds a header but no rows. Add at least one row.")
    else:
        names = tuple(f"c{index + 1}" for index in range(len(lines[0][1])))
    for line, cells in lines:
        if len(cells) != len(names):
            raise DataError(
                f"line {line}: {len(cells)} field{'s' * (len(cells) != 1)}, expected {len(names)}. "
                "Correct the line, or check the separator and the quotes."
            )
    return Table(
        names, tuple(tuple(cells) for _, cells in lines), tuple(line for line, _ in lines), delimiter
    )


def load_csv(
    path: str | Path,
    targets: Sequence[str],
    *,
    features: Sequence[str] | None = None,
    kinds: Mapping[str, Kind] | None = None,
    task: Literal["classification", "regression"] | None = None,
    delimiter: str | None = None,
    decimal: str = ".",
    header: bool = True,
    encoding: str = "utf-8-sig",
    test_fraction: float = 0.2,
    seed: int = 0,
    scaling: Scaling = "standardize",
    target_scaling: Scaling = "none",
    title: str = "",
) -> Dataset:
    """Make a dataset from a CSV file; without ``features``, all columns that are no targets.

    Columns hold numbers or categories, by what most of their cells are, unless ``kinds`` says. A target of
    text, or of 0 and 1 alone, is a class unless ``task`` says otherwise: two classes become one column of 0
    and 1, more become one column each. Raises DataError, with file, line and column, for what cannot be read.
    """
    path = Path(path)
    table = read_csv(path, delimiter=delimiter, header=header, encoding=encoding)
    try:
        return _dataset(
            table,
            [targets] if isinstance(targets, str) else list(targets),
            features,
            kinds or {},
            task,
            decimal,
            test_fraction=test_fraction,
            seed=seed,
            scaling=scaling,
            target_scaling=target_scaling,
            title=title or path.stem,
            file=path.name,
        )
    except DataError as error:
        raise DataError(f"{path.name}: {error}") from error


def load_features(
    path: str | Path,
    data: Dataset,
    *,
    delimiter: str | None = None,
    decimal: str = ".",
    encoding: str = "utf-8-sig",
) -> NDArray[np.float64]:
    """Read new rows for a network trained on ``data``, as it sees them, (rows, features).

    The file needs the dataset's columns, in any order; others are ignored. Raises DataError.
    """
    table = read_csv(path, delimiter=delimiter, encoding=encoding)
    try:
        encoded = [
            column.encode(table.cells(column.name), table.places, decimal=decimal) for column in data.columns
        ]
    except DataError as error:
        raise DataError(f"{Path(path).name}: {error}") from error
    return data.feature_inputs(np.hstack(encoded))


def _text(path: Path, encoding: str) -> str:
    try:
        return path.read_bytes().decode(encoding)
    except FileNotFoundError as error:
        raise DataError("there is no such file.") from error
    except OSError as error:
        raise DataError(f"the file cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"byte {error.start + 1} is not {encoding.removesuffix('-sig').upper()}. Save the file as UTF-8, "
            "or name its encoding."
        ) from error
    except LookupError as error:
        raise DataError(f"“{encoding}” is not an encoding.") from error


def _records(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the number of its first line and the cells of each record that isn't blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise DataError(f"line {line}: a quote is opened and never closed.") from error
        if "field larger" in str(error):
            raise DataError(
                f"line {line}: a field is longer than {csv.field_size_limit():,} characters. "
                "Is a quote left open?"
            ) from error
        raise DataError(f"line {line}: {error}.") from error
    return records


def _check_header(names: Sequence[str]) -> None:
    for index, name in enumerate(names):
        if not name:
            raise DataError(f"column {index + 1} has no name in the header. Give it one.")
        if name in names[:index]:
            raise DataError(f"two columns are called “{name}”. Rename one of them.")
    if all(parse_number(name) is not None for name in names):
        raise DataError(
            "the first line holds numbers, not column names. Add a header, or read it without one."
        )


def _dataset(
    table: Table,
    targets: list[str],
    features: Sequence[str] | None,
    kinds: Mapping[str, Kind],
    task: str | None,
    decimal: str,
    *,
    test_fraction: float,
    seed: int,
    scaling: Scaling,
    target_scaling: Scaling,
    title: str,
    file: str,
) -> Dataset:
    if not targets:
        raise DataError("no target column is named. Name the column that is to be predicted.")
    chosen = [name for name in table.names if name not in targets] if features is None else list(features)
    for name in (*targets, *chosen, *kinds):
        table.index(name)
    both = [name for name in targets if name in chosen]
    if both:
        raise DataError(f"column “{both[0]}” is a feature and a target. Choose one.")
    if not chosen:
        raise DataError("no column is left as a feature. A target needs at least one other column.")
    columns = [_column(table, name, kinds.get(name), decimal) for name in chosen]
    x = np.hstack(
        [column.encode(table.cells(column.name), table.places, decimal=decimal) for column in columns]
    )
    y, target_names, classes = _targets(table, targets, kinds, task, decimal)
    return Dataset.from_arrays(
        x,
        y,
        feature_names=[name for column in columns for name in column.feature_names],
        target_names=target_names,
        classes=classes,
        columns=columns,
        test_fraction=test_fraction,
        seed=seed,
        scaling=scaling,
        target_scaling=target_scaling,
        title=title,
        source={"kind": "csv", "file": file, "targets": targets, "features": chosen},
    )


def _column(table: Table, name: str, kind: Kind | None, decimal: str, *, target: bool = False) -> Column:
    """Decide what a column holds; raises DataError where no reading makes sense."""
    cells = [cell.strip() for cell in table.cells(name)]
    if kind is None:
        filled = [cell for cell in cells if cell]
        numbers = sum(parse_number(cell, decimal) is not None for cell in filled)
        if decimal == "." and numbers < len(filled):
            commas = sum("," in cell and parse_number(cell, ",") is not None for cell in filled)
            if 2 * (numbers + commas) >= len(filled) and commas:
                raise DataError(
                    f"column “{name}”: the numbers seem to have decimal commas. "
                    "Read the file with a decimal comma."
                )
        kind = "number" if 2 * numbers >= len(filled) else "category"
    if kind == "number":
        return Column(name)
    for cell, place in zip(cells, table.places, strict=True):
        if not cell:
            raise DataError(f"{place}, column “{name}”: the cell is empty. Fill it in, or remove the row.")
    categories = sorted(set(cells))
    if len(categories) > _MAX_LONE_CATEGORIES and 2 * len(categories) > len(cells):
        raise DataError(
            f"column “{name}” holds {len(categories)} different texts in {len(cells)} rows: too many to be "
            "categories. " + ("Choose another target." if target else "Leave it out of the features.")
        )
    return Column(name, "category", tuple(categories))


def _targets(
    table: Table, targets: Sequence[str], kinds: Mapping[str, Kind], task: str | None, decimal: str
) -> tuple[NDArray[np.float64], tuple[str, ...], tuple[str, ...]]:
    """Return targets (rows, targets), their names, and the classes or nothing."""
    if len(targets) == 1:
        name = targets[0]
        kind = kinds.get(name) or {"classification": "category", "regression": "number", None: None}[task]
        column = _column(table, name, kind, decimal, target=True)
        y = column.encode(table.cells(name), table.places, decimal=decimal)
        if column.kind == "number":
            binary = task is None and set(np.unique(y)) == {0.0, 1.0}
            return y, (name,), ("0", "1") if binary else ()
        if len(column.categories) == 1:
            raise DataError(
                f"column “{name}” holds one class only, “{column.categories[0]}”: nothing to tell apart."
            )
        if len(column.categories) == 2:
            return y[:, 1:], (name,), column.categories
        return y, column.categories, column.categories
    parts = []
    for name in targets:
        column = _column(table, name, kinds.get(name), decimal, target=True)
        if column.kind == "category":
            raise DataError(
                f"column “{name}” holds text, which can only be a target alone. Choose one target."
            )
        parts.append(column.encode(table.cells(name), table.places, decimal=decimal))
    return np.hstack(parts), tuple(targets), ()
