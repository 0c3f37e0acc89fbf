"""The real sets that come with the program; their sources and licences stand beside the files."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.table import Column, Table, category_column
from nnstudio.paths import resource_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DIGITS_SHAPE = (8, 8)
# Pixels are counts of ink from 0 to 16; as shares of it they need no scaling that would tell them apart.
_DIGITS_INK = 16.0

IRIS_UNITS = dict.fromkeys(("sepal_length", "sepal_width", "petal_length", "petal_width"), "cm")
WINE_UNITS = {"alcohol": "% vol"}
DIABETES_UNITS = {
    "age": "years",
    "bmi": "kg/m²",
    "bp": "mmHg",
    **dict.fromkeys(("tc", "ldl", "hdl", "glu"), "mg/dl"),
}


def shipped(name: str, *, classes: bool = True) -> Callable[[Mapping[str, Any]], Table]:
    """Return what reads a set whose last column is its target, classes or values."""
    return lambda _options: _read(name, classes)


def digits(_options: Mapping[str, Any]) -> Table:
    """Return handwritten digits, pixels as shares of ink from 0 to 1."""
    table = _read("digits.csv.gz", True)
    pixels = [Column(c.name, "number", c.values / _DIGITS_INK) for c in table.columns[:-1]]
    return Table((*pixels, table.columns[-1]))


@cache
def _read(name: str, classes: bool) -> Table:
    path = resource_path("data", name)
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    header, *rows = csv.reader(text.splitlines())
    numbers = np.array([row[:-1] for row in rows], dtype=np.float64)
    last = [row[-1] for row in rows]
    columns = [Column(column, "number", numbers[:, place].copy()) for place, column in enumerate(header[:-1])]
    if classes:
        return Table((*columns, category_column(header[-1], last)))
    return Table((*columns, Column(header[-1], "number", np.array(last, dtype=np.float64))))


def credit(key: str) -> str:
    """Return where a real set comes from and its licence, a line each; empty for what is not shipped."""
    told: list[str] = []
    is_of_set = is_told = False
    for line in resource_path("data", "README.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            is_of_set = line.removeprefix("## ").split(".")[0] == key
        if line.startswith(("- ", "#")):
            is_told = is_of_set and line.startswith(("- Source:", "- Licence:"))
            if is_told:
                told.append(line.removeprefix("- "))
        elif is_told and line.startswith("  "):
            told[-1] += f" {line.strip()}"
    return "\n".join(paragraph.replace("`", "") for paragraph in told)
