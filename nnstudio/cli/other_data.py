"""A data file in the place of a project's data, prepared as these are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nnstudio.cli.output import count, say
from nnstudio.cli.reading import read_options
from nnstudio.data.preparation import default_preparation
from nnstudio.data.preparing import prepare
from nnstudio.data.reading import column_names, read_table, settled_options
from nnstudio.data.tables import in_file, refuse_texts
from nnstudio.errors import DataError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from nnstudio.data import Dataset
    from nnstudio.data.preparation import Preparation, Role
    from nnstudio.data.table import Table
    from nnstudio.project import Project


def other_data(path: Path, project: Project, options: argparse.Namespace) -> Dataset:
    """Return the data in a file, prepared as the project's are; raises DataError, which names the file.

    ``options.target`` are the columns to predict, where they are not those of the project.
    """
    try:
        settled = settled_options(path, **read_options(options))
        known = {} if project.data is None else {c.name: c.kind for c in project.data.columns}
        names = column_names(path, settled)
        kinds = {name: kind for name, kind in known.items() if name in names} | dict(options.kind)
        table = read_table(path, settled, kinds=kinds, on_bad_rows=options.bad_rows, max_rows=options.rows)
        preparation = _preparation(table, project, options.target or [])
        refuse_texts(table, preparation)
        data = prepare(table, preparation)
    except DataError as error:
        raise in_file(path, error) from error
    if not options.json:
        say(_told(path, table, data))
    return data


def _preparation(table: Table, project: Project, targets: Sequence[str]) -> Preparation:
    """Return the project's preparation with these targets, or one like it where the project has none."""
    for name in targets:
        table[name]  # raises for one that is not there
    data = project.data
    made = None if data is None else data.preparation
    if made is not None:
        if not targets:
            return made
        kept = {name: role for name, role in made.roles.items() if name not in targets and role != "target"}
        return replace(made, roles={**kept, **dict.fromkeys(targets, "target")})
    if not targets:
        raise DataError("no column is named to be predicted. Name one with --target.")
    given = default_preparation(table, targets)
    if data is None:
        return given
    split = replace(given.split, fraction=len(data.test_rows) / len(data))
    columns = [column.name for column in data.columns]
    if not all(name in table for name in columns):
        return replace(given, scaling=data.scaling, split=split)
    roles: dict[str, Role] = {name: "feature" for name in columns if name not in targets}
    roles |= dict.fromkeys(targets, "target")
    return replace(given, roles=roles, scaling=data.scaling, split=split)


def _told(path: Path, table: Table, data: Dataset) -> str:
    """Return what became of the file, and above all which rows were left out."""
    parts = [f"{path.name}: {count(len(data.train_rows), 'row')} to train, {len(data.test_rows):,} to test"]
    skipped, incomplete = table.source.get("skipped_rows", 0), len(table) - len(data)
    if skipped:
        parts.append(f"{count(skipped, 'row')} that cannot be read left out")
    if incomplete:
        parts.append(f"{count(incomplete, 'row')} with missing values left out")
    return "; ".join(parts) + "."
