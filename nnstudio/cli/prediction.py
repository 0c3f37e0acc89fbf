"""nnstudio predict: what a network makes of new rows."""

from __future__ import annotations

import csv
import io
import sys
from typing import TYPE_CHECKING

from nnstudio.cli.output import count, say
from nnstudio.errors import NNStudioError
from nnstudio.project import load_project
from nnstudio.project.predictions import input_columns, named_row, predict_rows, predict_table

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def predict(options: argparse.Namespace) -> int:
    """Show or write what the network makes of the rows, and return the exit code."""
    project = load_project(options.file)
    if options.data is not None:
        if options.out is not None and options.out.exists() and options.out.samefile(options.data):
            raise NNStudioError("The predictions would replace the rows. Give --out another file.")
        table, predictions = predict_table(project, options.data)
        names, rows = table.names, [list(row) for row in table.rows]
    else:
        given = [named_row(project, _parse_input(text)) for text in options.input]
        predictions = predict_rows(project, given)
        names = tuple(column.name for column in input_columns(project))
        rows = [[str(row[name]) for name in names] for row in given]
    if options.data is None and options.out is None:
        for index, values in enumerate(predictions.values):
            shown = [f"{name} = {value:.6g}" for name, value in zip(predictions.names, values, strict=True)]
            if predictions.classes:
                shown.append(f"class = {predictions.classes[index]}")
            say(", ".join(shown))
        return 0
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    predicted = [f"predicted {name}" for name in predictions.names]
    writer.writerow(map(_safe, [*names, *predicted, *(["predicted class"] if predictions.classes else [])]))
    for index, row in enumerate(rows):
        outputs = [repr(float(value)) for value in predictions.values[index]]
        named = [predictions.classes[index]] if predictions.classes else []
        writer.writerow(map(_safe, [*row, *outputs, *named]))
    if options.out is None:
        sys.stdout.write(buffer.getvalue())
    else:
        _write_text(options.out, buffer.getvalue())
        say(f"Wrote {count(len(rows), 'prediction')} to “{options.out}”.")
    return 0


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


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; numbers stay as they are."""
    if not cell.startswith(_FORMULA_STARTS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise NNStudioError(f"“{path}” cannot be written: {error.strerror}.") from error
