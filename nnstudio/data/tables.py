"""Data files as datasets and as rows for a network that was trained: reading and preparing in one step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.data.preparation import default_preparation
from nnstudio.data.preparing import prepare
from nnstudio.data.reading import column_names, read_table, row_places, settled_options
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from nnstudio.data.dataset import Dataset
    from nnstudio.data.preparation import Missing, Preparation, Task
    from nnstudio.data.reading.options import BadRows, Cancelled, Progress
    from nnstudio.data.scaling import Scaling
    from nnstudio.data.table import ColumnKind, Table

_MAX_LONE_CATEGORIES = 50


def load_csv(
    path: str | Path,
    targets: str | Sequence[str],
    *,
    features: Sequence[str] | None = None,
    kinds: Mapping[str, ColumnKind] | None = None,
    task: Task | None = None,
    missing: Missing | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
    encoding: str | None = None,
    test_fraction: float = 0.2,
    seed: int = 0,
    scaling: Scaling = "standardize",
    target_scaling: Scaling = "none",
    title: str = "",
) -> Dataset:
    """Make a dataset from a file of text, Parquet or NumPy; without ``features``, all columns but targets.

    Separator, decimal mark, header and encoding are guessed where they are not given; where the file could be
    read in two ways, it is refused until they are. Columns hold numbers, dates or categories, by what most
    of their cells are, unless ``kinds`` says. A target of text, or of 0 and 1 alone, is a class unless
    ``task`` says otherwise: two classes become one column of 0 and 1, more become one column each. Empty
    cells are refused unless ``missing`` says what becomes of them: "drop" of their rows, or, in features,
    "mean", "median" or "mode". Raises DataError, with file, line and column, for what cannot be read.
    """
    path = Path(path)
    names = [targets] if isinstance(targets, str) else list(targets)
    try:
        options = settled_options(
            path, separator=delimiter, decimal=decimal, header=header, encoding=encoding
        )
        table = read_table(path, options, kinds=kinds)
        preparation = _preparation(table, names, features, task, scaling, test_fraction, seed)
        if missing is None:
            refuse_missing(table, path, [*preparation.names("feature"), *names])
        else:
            filled = [name for name in preparation.names("feature") if table[name].n_missing]
            preparation = replace(preparation, missing=dict.fromkeys(filled, missing))
        refuse_texts(table, preparation)
        preparation = replace(preparation, target_scaling=target_scaling)
        return prepare(replace(table, title=title or path.stem), preparation)
    except DataError as error:
        raise in_file(path, error) from error


def load_table(
    path: str | Path,
    *,
    kinds: Mapping[str, ColumnKind] | None = None,
    on_bad_rows: BadRows = "stop",
    max_rows: int | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    **options: str | bool | None,
) -> Table:
    """Read a table from a file, guessing what ``options`` (of `ReadOptions`) don't give; see `load_csv`.

    Raises DataError with file, line and column.
    """
    path = Path(path)
    try:
        return read_table(
            path,
            settled_options(path, **options),
            kinds=kinds,
            on_bad_rows=on_bad_rows,
            max_rows=max_rows,
            progress=progress,
            cancelled=cancelled,
        )
    except DataError as error:
        raise in_file(path, error) from error


def load_features(path: str | Path, data: Dataset, **options: str | bool | None) -> NDArray[np.float64]:
    """Read new rows for a network trained on ``data``, as it sees them, (rows, features).

    The file needs the dataset's columns, in any order; others are ignored. ``options`` are those of
    `ReadOptions` that shall not be guessed. Raises DataError, with file, line and column.
    """
    path = Path(path)
    try:
        table = read_rows(path, {column.name: column.kind for column in data.columns}, **options)
        return data.encode_table(table, row_places(path, table))
    except DataError as error:
        raise in_file(path, error) from error


def read_rows(path: Path, kinds: Mapping[str, ColumnKind], **options: str | bool | None) -> Table:
    """Read a table whose columns of these names have these kinds; those of further columns don't matter.

    Columns that are not there are not asked for here. Raises DataError with line and column.
    """
    settled = settled_options(path, **options)
    # Texts can hold anything, so that nothing in a further column is refused.
    others: ColumnKind | None = "category" if settled.format == "text" else None
    given = {name: kinds.get(name, others) for name in column_names(path, settled)}
    return read_table(path, settled, kinds={name: kind for name, kind in given.items() if kind is not None})


def _preparation(
    table: Table,
    targets: Sequence[str],
    features: Sequence[str] | None,
    task: Task | None,
    scaling: Scaling,
    test_fraction: float,
    seed: int,
) -> Preparation:
    if not targets:
        raise DataError("no target column is named. Name the column that is to be predicted.")
    chosen = [name for name in table.names if name not in targets] if features is None else list(features)
    for name in (*targets, *chosen):
        table[name]  # raises for one that is not there
    both = [name for name in targets if name in chosen]
    if both:
        raise DataError(f"column “{both[0]}” is a feature and a target. Choose one.")
    if not chosen:
        raise DataError("no column is left as a feature. A target needs at least one other column.")
    return default_preparation(
        table.select([*chosen, *targets]),
        targets,
        scaling=scaling,
        test_fraction=test_fraction,
        seed=seed,
        task=task,
    )


def refuse_missing(table: Table, path: Path, names: Sequence[str]) -> None:
    """Raise DataError, with the line, where one of these columns lacks a value."""
    for name in names:
        column = table[name]
        if column.n_missing:
            place = row_places(path, table)[int(column.missing.argmax())]
            count = f" (and {column.n_missing - 1:,} more)" if column.n_missing > 1 else ""
            raise DataError(
                f"{place}, column “{name}”: the cell is empty{count}. Fill it in, drop such rows, or leave "
                "the column out."
            )


def refuse_texts(table: Table, preparation: Preparation) -> None:
    """Raise DataError for columns of so many different texts that they are names rather than categories.

    A column that isn't there is left to `prepare`.
    """
    for role in ("feature", "target"):
        for name in filter(table.__contains__, preparation.names(role)):
            column = table[name]
            different = len(column.categories)
            if different > _MAX_LONE_CATEGORIES and 2 * different > len(column):
                way_out = "Choose another target." if role == "target" else "Leave it out of the features."
                raise DataError(
                    f"column “{name}” holds {different:,} different texts in {len(column):,} rows: too many "
                    f"to be categories. {way_out}"
                )


def in_file(path: Path, error: DataError) -> DataError:
    """Return an error that names the file as well; its class and what it lists stay."""
    named = type(error).__new__(type(error))
    named.__dict__.update(error.__dict__)
    message = str(error)
    # Messages begin with a word of the sentence, never with a name.
    named.args = (f"{path.name or path}: {message[:1].lower()}{message[1:]}",)
    return named
