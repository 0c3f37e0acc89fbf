"""What the network of a project makes of new rows, by name and in the units of its data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.columns import Column
from nnstudio.data.generators import table_of
from nnstudio.data.reading import row_places
from nnstudio.data.table import Column as Values
from nnstudio.data.table import Table, category_column
from nnstudio.data.tables import in_file, read_rows
from nnstudio.engine import compile_network
from nnstudio.errors import DataError
from nnstudio.training.metrics import class_threshold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nnstudio.data.columns import Cell
    from nnstudio.data.dataset import Dataset
    from nnstudio.project.project import Project

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Predictions:
    """Outputs by name, ``values`` (rows, outputs) in the data's units; ``classes`` (rows) where there are."""

    names: tuple[str, ...]
    values: Floats
    classes: tuple[str, ...] = ()


def input_columns(project: Project) -> tuple[Column, ...]:
    """Return the columns that new rows need: the data's, or the inputs of the network without data."""
    data = _fitting_data(project)
    if data is not None:
        return data.columns
    return tuple(Column(neuron.label or neuron.id) for neuron in project.network.inputs)


def named_row(project: Project, given: Mapping[str, Cell]) -> dict[str, Cell]:
    """Return a row by column name from one by column name, or label or id of an input.

    Raises DataError that names what is unknown, given twice or missing.
    """
    columns = input_columns(project)
    known = _names(project, columns)
    row: dict[str, Cell] = {}
    for name, cell in given.items():
        if name not in known:
            raise DataError(f"There is no input “{name}”. The inputs are {_listed(columns)}.")
        if known[name] in row:
            raise DataError(f"The input “{known[name]}” is given twice.")
        row[known[name]] = cell
    missing = [column.name for column in columns if column.name not in row]
    if missing:
        values = "value" if len(missing) == 1 else "values"
        names = ", ".join(f"“{name}”" for name in missing)
        raise DataError(f"There is no {values} for {names}. The inputs are {_listed(columns)}.")
    return row


def predict_rows(
    project: Project, rows: Sequence[Mapping[str, Cell]], places: Sequence[str] | None = None
) -> Predictions:
    """Return what the network makes of rows in the data's units, each by column name, label or id.

    Raises DataError, and CompileError where the network cannot be computed.
    """
    columns = input_columns(project)
    places = [f"row {number}" for number in range(1, len(rows) + 1)] if places is None else places
    named = [named_row(project, row) for row in rows]
    data = _fitting_data(project)
    if data is not None:
        return _predict(project, data.prepare(named, places))
    encoded = [column.encode([row[column.name] for row in named], places) for column in columns]
    return _predict(project, np.hstack(encoded) if encoded else np.zeros((len(rows), 0)))


def predict_table(project: Project, path: Path, **options: str | bool | None) -> tuple[Table, Predictions]:
    """Return the table in a file and what the network makes of its rows; further columns are ignored.

    ``options`` are those of `ReadOptions` that shall not be guessed. Raises DataError, which names file, line
    and column.
    """
    columns = input_columns(project)
    known = _names(project, columns)
    kinds = {column.name: column.kind for column in columns}
    try:
        table = read_rows(path, {name: kinds[column] for name, column in known.items()}, **options)
        places = row_places(path, table)
        given = _by_column(table, known, columns)
        data = _fitting_data(project)
        if data is not None:
            return table, _predict(project, data.encode_table(given, places))
        for column in given.columns:
            if column.n_missing:
                place = places[int(np.argmax(column.missing))]
                raise DataError(f"{place}, column “{column.name}”: the cell is empty. Fill it in.")
        x = (
            np.column_stack([column.values for column in given.columns])
            if given.columns
            else np.zeros((0, 0))
        )
        return table, _predict(project, x)
    except DataError as error:
        raise in_file(path, error) from error


def data_table(project: Project) -> Table:
    """Return the project's data as they came, with the part of each row and what the network makes of it.

    A row that the preparation leaves out has neither; without a network that fits there are no predictions.
    Raises DataError where there are no data, and CompileError.
    """
    data = project.data
    if data is None:
        raise DataError("There are no data yet. Choose or import some first.")
    table, rows = _rows_of(data)
    parts = np.full(len(table), -1, np.int32)
    parts[rows[data.train_rows]] = 0
    parts[rows[data.test_rows]] = 1
    result = table.with_column(Values(_free_name(table, "part"), "category", parts, ("training", "test")))
    network = project.network
    if (len(network.inputs), len(network.outputs)) != (data.x.shape[1], data.y.shape[1]):
        return result
    made = _predict(project, data.x)
    values = np.full((len(table), made.values.shape[1]), np.nan)
    values[rows] = made.values
    classes: list[str] = [""] * len(table)
    for row, name in zip(rows.tolist(), made.classes, strict=bool(made.classes)):
        classes[row] = name
    return with_predictions(result, Predictions(made.names, values, tuple(classes) if made.classes else ()))


def with_predictions(table: Table, predictions: Predictions) -> Table:
    """Return the rows with what the network makes of them as further columns."""
    for index, name in enumerate(predictions.names):
        called = _free_name(table, f"predicted {name}")
        table = table.with_column(Values(called, "number", predictions.values[:, index]))
    if predictions.classes:
        table = table.with_column(category_column(_free_name(table, "predicted class"), predictions.classes))
    return table


def _rows_of(data: Dataset) -> tuple[Table, NDArray[np.intp]]:
    """Return the data as a table, and which of its rows those of the dataset are."""
    table = table_of(data)
    every = np.arange(len(data), dtype=np.intp)
    if table is not None and data.table_rows is not None:
        return table, data.table_rows
    if table is not None and len(table) == len(data):
        return table, every
    shown = {**data.features_in_units(data.x), **data.targets_in_units(data.y)}
    columns = [
        category_column(name, [str(text) for text in values])
        if values.dtype == object
        else Values(name, "number", values)
        for name, values in shown.items()
    ]
    return Table(tuple(columns), data.title), every


def _free_name(table: Table, name: str) -> str:
    """Return a name that no column has: rows may come with the predictions of another time."""
    number = 2
    wanted = name
    while name in table:
        name = f"{wanted}_{number}"
        number += 1
    return name


def _by_column(table: Table, known: Mapping[str, str], columns: Sequence[Column]) -> Table:
    """Return the columns that inputs take, called as the data call them; raises DataError."""
    found: dict[str, Any] = {}
    for column in table.columns:
        name = known.get(column.name)
        if name is None:
            continue
        if name in found:
            raise DataError(f"the input “{name}” is there twice. Leave one of its columns out.")
        found[name] = replace(column, name=name)
    absent = [column.name for column in columns if column.name not in found]
    if absent:
        listed = ", ".join(f"“{name}”" for name in absent)
        raise DataError(
            f"there is no column {listed}, which the network needs. The columns are {', '.join(table.names)}."
        )
    return Table(tuple(found[column.name] for column in columns))


def _predict(project: Project, x: Floats) -> Predictions:
    program = compile_network(project.network)
    parameters = program.initial_parameters()
    outputs: NDArray[Any] = program.predict(parameters, x.astype(program.dtype))
    if not np.isfinite(outputs).all():
        raise DataError("The network's outputs are too large to be numbers. Give it smaller inputs.")
    data = _fitting_data(project)
    names = tuple(neuron.label or neuron.id for neuron in project.network.outputs)
    if data is None or data.y.shape[1] != outputs.shape[1]:
        return Predictions(names, outputs.astype(np.float64))
    if not data.classes:
        return Predictions(names, data.target_values(outputs))
    threshold = 0.5 if project.settings is None else class_threshold(project.settings.loss)
    classes = tuple(data.classes[index] for index in data.class_indices(outputs, threshold).tolist())
    return Predictions(names, outputs.astype(np.float64), classes)


def _fitting_data(project: Project) -> Dataset | None:
    """Return the project's data, or None where the network has another number of inputs."""
    data = project.data
    return data if data is not None and data.x.shape[1] == len(project.network.inputs) else None


def _names(project: Project, columns: Sequence[Column]) -> dict[str, str]:
    """Return for each name that an input goes by the name of its column; column names win, then labels."""
    names: dict[str, str] = {}
    single = [
        column if len(column.feature_names) == 1 else None
        for column in columns
        for _ in range(len(column.feature_names))
    ]
    # Further inputs are derived features, which are computed and not given.
    inputs = list(zip(project.network.inputs, single, strict=False))
    for kind in ("id", "label"):
        names.update({getattr(neuron, kind): column.name for neuron, column in inputs if column is not None})
    names.update({column.name: column.name for column in columns})
    return names


def _listed(columns: Sequence[Column]) -> str:
    return ", ".join(column.name for column in columns)
