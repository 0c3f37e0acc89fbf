"""nnstudio predict: what a network makes of new rows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from nnstudio.cli.output import count, say
from nnstudio.cli.reading import read_options
from nnstudio.data.table import Column, Table, category_column
from nnstudio.data.writing import table_csv, write_table
from nnstudio.errors import NNStudioError
from nnstudio.project import load_project
from nnstudio.project.predictions import (
    input_columns,
    named_row,
    predict_rows,
    predict_table,
    with_predictions,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from nnstudio.project import Project


def predict(options: argparse.Namespace) -> int:
    """Show or write what the network makes of the rows, and return the exit code."""
    project = load_project(options.file)
    if options.data is not None:
        if options.out is not None and options.out.exists() and options.out.samefile(options.data):
            raise NNStudioError("The predictions would replace the rows. Give --out another file.")
        table, predictions = predict_table(project, options.data, **read_options(options))
    else:
        given = [named_row(project, _parse_input(text)) for text in options.input]
        predictions = predict_rows(project, given)
        table = _table_of(project, given)
    if options.data is None and options.out is None:
        for index, values in enumerate(predictions.values):
            shown = [f"{name} = {value:.6g}" for name, value in zip(predictions.names, values, strict=True)]
            if predictions.classes:
                shown.append(f"class = {predictions.classes[index]}")
            say(", ".join(shown))
        return 0
    result = with_predictions(table, predictions)
    if options.out is None:
        sys.stdout.write(table_csv(result))
    else:
        write_table(result, options.out)
        say(f"Wrote {count(len(result), 'prediction')} to “{options.out}”.")
    return 0


def _table_of(project: Project, rows: Sequence[Mapping[str, str | float]]) -> Table:
    """Return rows that were typed as a table."""
    columns = []
    for column in input_columns(project):
        cells = [row[column.name] for row in rows]
        if column.kind == "category":
            columns.append(category_column(column.name, [str(cell).strip() for cell in cells]))
        else:
            places = [f"row {number}" for number in range(1, len(rows) + 1)]
            columns.append(Column(column.name, column.kind, column.read(cells, places)))
    return Table(tuple(columns))


def _parse_input(text: str) -> dict[str, str]:
    """Return names and cells of ``a=0.2,b=0.3``; raises NNStudioError."""
    given: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.rpartition("="))
        if not equals or not name:
            raise NNStudioError(f"“{part}” is not of the form NAME=VALUE, as in --input a=0.2,b=0.3.")
        if name in given:
            raise NNStudioError(f"The input “{name}” is given twice.")
        given[name] = value
    return given
