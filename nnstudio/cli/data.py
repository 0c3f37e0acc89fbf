"""nnstudio data: what a data file holds, and how it is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.cli.output import count, say
from nnstudio.cli.reading import read_options
from nnstudio.data.reading import SEPARATORS, preview, read_table
from nnstudio.data.reading.options import DATE_ORDERS, ENCODINGS
from nnstudio.data.reading.read import guess_with_choices
from nnstudio.data.table import date_texts, number_text
from nnstudio.data.tables import in_file
from nnstudio.errors import DataError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from nnstudio.data.reading import Problem, ReadOptions
    from nnstudio.data.table import Column, Table

_CATEGORIES = 20
_CATEGORIES_SHOWN = 5
_WIDTH = 32
_FORMATS = {"text": "text", "parquet": "Parquet", "numpy": "NumPy"}


def describe(options: argparse.Namespace) -> int:
    """Tell what a data file holds and return the exit code; raises DataError for what cannot be read."""
    path: Path = options.file
    try:
        guessed = guess_with_choices(path, read_options(options))
        seen = preview(path, guessed.options, rows=0)
        table = read_table(
            path,
            guessed.options,
            kinds=dict(options.kind),
            on_bad_rows=options.bad_rows,
            max_rows=options.rows,
        )
    except DataError as error:
        raise in_file(path, error) from error
    problems = [*guessed.choices, *_notes(table, seen.problems)]
    if options.json:
        say(json.dumps(_summary(path, table, guessed.options, problems), ensure_ascii=False))
    else:
        say("\n".join(_lines(path, table, guessed.options, problems)))
    return 0


def _notes(table: Table, problems: Sequence[Problem]) -> list[Problem]:
    """Return what the whole file bears out of the notes on its beginning, or leaves as it is."""
    constant = {column.name for column in table.columns if column.is_constant}
    return [
        problem
        for problem in problems
        if problem.severity == "note"
        and not problem.option
        and (problem.column in constant or not problem.column)
    ]


def _summary(path: Path, table: Table, options: ReadOptions, problems: Sequence[Problem]) -> dict[str, Any]:
    said = options.to_dict() if options.format == "text" else {"format": options.format}
    return {
        "file": str(path),
        "rows": len(table),
        "skipped_rows": table.source.get("skipped_rows", 0),
        "options": said,
        "columns": [_column(column) for column in table.columns],
        "problems": [
            {
                "severity": problem.severity,
                "message": problem.message,
                "line": problem.line,
                "column": problem.column or None,
                "option": problem.option or None,
            }
            for problem in problems
        ],
    }


def _column(column: Column) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind,
        "missing": column.n_missing,
        "constant": column.is_constant,
    }
    if column.kind == "category":
        counts = np.bincount(column.values[~column.missing], minlength=len(column.categories))
        order = np.argsort(-counts, kind="stable")[:_CATEGORIES].tolist()
        facts["categories"] = len(column.categories)
        facts["most_common"] = {column.categories[code]: int(counts[code]) for code in order}
        return facts
    there = column.values[~column.missing]
    if len(there):
        ends = np.array([there.min(), there.max()])
        facts["min"], facts["max"] = date_texts(ends) if column.kind == "date" else ends.tolist()
        if column.kind == "number":
            facts["mean"], facts["std"] = float(there.mean()), float(there.std())
    return facts


def _lines(path: Path, table: Table, options: ReadOptions, problems: Sequence[Problem]) -> list[str]:
    head = f"{path.name}: {count(len(table), 'row')} of {count(len(table.columns), 'column')}"
    skipped = table.source.get("skipped_rows", 0)
    if skipped:
        head += f"; {count(skipped, 'row')} that cannot be read left out"
    rows = [("column", "kind", "missing", "values")]
    rows += [
        (
            _short(column.name),
            column.kind,
            f"{column.n_missing:,}" if column.n_missing else "",
            _values(column),
        )
        for column in table.columns
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    lines = [head, f"read as {_read_as(options)}", ""]
    lines += [
        f"  {name:<{widths[0]}}  {kind:<{widths[1]}}  {missing:>{widths[2]}}  {values}".rstrip()
        for name, kind, missing, values in rows
    ]
    if problems:
        lines += [
            "",
            *(f"{'!' if problem.severity == 'choose' else '-'} {problem.message}" for problem in problems),
        ]
    return lines


def _read_as(options: ReadOptions) -> str:
    if options.format != "text":
        return _FORMATS[options.format]
    parts = [
        ENCODINGS.get(options.encoding, options.encoding),
        f"separator {SEPARATORS.get(options.separator, options.separator)}",
        f"decimal {'comma' if options.decimal == ',' else 'point'}",
        "with a header" if options.header else "without a header",
    ]
    if options.date_order != "ymd":
        parts.append(f"dates as {DATE_ORDERS[options.date_order]}")
    return ", ".join(parts)


def _values(column: Column) -> str:
    facts = _column(column)
    if column.kind == "category":
        names = [_short(name) for name in list(facts["most_common"])[:_CATEGORIES_SHOWN]]
        more = facts["categories"] - len(names)
        return ", ".join(names) + (f" and {more:,} more" if more > 0 else "")
    if "min" not in facts:
        return "none"
    if column.kind == "date":
        return f"{facts['min']} to {facts['max']}"
    least, most = (number_text(float(f"{facts[key]:.6g}")) for key in ("min", "max"))
    return f"{least} to {most}, mean {facts['mean']:.6g}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
