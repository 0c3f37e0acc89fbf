"""The built-in data: each set made from its options and a seed alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nnstudio.data.options import SEED, Value
from nnstudio.data.preparation import default_preparation
from nnstudio.data.preparing import prepare
from nnstudio.data.sets import GENERATORS, Generator
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnstudio.data.dataset import Dataset
    from nnstudio.data.preparation import Preparation
    from nnstudio.data.table import Table

__all__ = [
    "GENERATORS",
    "Generator",
    "make_again",
    "make_dataset",
    "make_table",
    "prepare_again",
    "table_of",
]


def make_dataset(
    key: str,
    *,
    rows: int | None = None,
    noise: float | None = None,
    seed: int = 0,
    test_fraction: float | None = None,
    preparation: Preparation | None = None,
    **options: Value,
) -> Dataset:
    """Make a built-in set; what is left out has the set's own default, see `GENERATORS`.

    ``noise`` is the standard deviation of what is added; further options are those of the set. The same
    arguments give the same rows and split. Another ``preparation`` than the set's own brings its split with
    it, of which a test_fraction that is given changes the fraction. Raises DataError for an unknown set, an
    option that it doesn't take, a value out of range, and what `prepare` refuses.
    """
    given = {"rows": rows, "noise": noise, "test_fraction": test_fraction, **options}
    chosen = _options(key, seed, {name: value for name, value in given.items() if value is not None})
    table = _table(key, chosen)
    if preparation is None:
        preparation = _own_preparation(GENERATORS[key], table, chosen)
    elif test_fraction is not None:
        preparation = replace(preparation, split=replace(preparation.split, fraction=test_fraction))
    return prepare(table, preparation, keep_table=False)


def make_table(key: str, *, seed: int = 0, **options: Value) -> Table:
    """Return a built-in set before its preparation; raises DataError as `make_dataset` does."""
    return _table(key, _options(key, seed, options))


def _own_preparation(generator: Generator, table: Table, options: Mapping[str, Value]) -> Preparation:
    own = default_preparation(
        table,
        generator.targets,
        scaling=generator.scaling,
        test_fraction=float(options.get("test_fraction", 0.0)),
        seed=int(options["seed"]),
        task=generator.task,
    )
    return replace(own, target_scaling=generator.target_scaling, split=generator.split or own.split)


def table_of(data: Dataset) -> Table | None:
    """Return the table that data were prepared from: kept, or made again; None where there was none."""
    if data.table is not None or data.source.get("kind") != "generator" or data.preparation is None:
        return data.table
    return make_table(str(data.source.get("key")), **data.source.get("options", {}))


def prepare_again(data: Dataset, preparation: Preparation) -> Dataset:
    """Return the data of the same table under another preparation.

    Raises DataError as `prepare` does, and where data were never in a table.
    """
    table = table_of(data)
    if table is None:
        raise DataError(
            "These data came as plain numbers. Import them as a table to prepare them in another way."
        )
    return prepare(table, preparation, keep_table=data.table is not None)


def make_again(data: Dataset, **options: Value) -> Dataset:
    """Return the built-in set that data are of with these options.

    A preparation that isn't the set's own is kept where its columns are still there; share and seed of its
    split go with the options. Raises DataError as `make_dataset` does.
    """
    key, before = str(data.source.get("key")), data.source.get("options", {})
    chosen = _options(key, int(options.pop("seed", 0)), options)
    table = _table(key, chosen)
    preparation = _own_preparation(GENERATORS[key], table, chosen)
    kept = data.preparation
    if kept is not None and kept != _own_preparation(GENERATORS[key], make_table(key, **before), before):
        split = kept.split
        if split.seed == before["seed"]:
            split = replace(split, seed=int(chosen["seed"]))
        if "test_fraction" in chosen:
            split = replace(split, fraction=float(chosen["test_fraction"]))
        if all(name in table for name in (*kept.roles, *filter(None, [split.column]))):
            preparation = replace(kept, split=split)
    return prepare(table, preparation, keep_table=False)


def _options(key: str, seed: int, given: Mapping[str, Value]) -> dict[str, Value]:
    """Return all options of a set, those that are not given with their defaults; raises DataError."""
    if key not in GENERATORS:
        raise DataError(f"There is no built-in data set “{key}”; there are {', '.join(GENERATORS)}.")
    generator = GENERATORS[key]
    options: dict[str, Value] = {**generator.defaults, "seed": SEED.checked(seed, "seed")}
    for name, value in given.items():
        if name not in generator.options:
            words = name.replace("_", " ")
            if name in ("rows", "noise", "test_fraction"):
                raise DataError(f"The rows of “{generator.title}” are fixed: it takes no {words}.")
            raise DataError(f"The set “{generator.title}” takes no {words}.")
        option = generator.options[name]
        what = "number of rows" if name == "rows" else option.title.lower()
        options[name] = option.checked(value, what)
    return options


def _table(key: str, options: Mapping[str, Value]) -> Table:
    generator = GENERATORS[key]
    source: dict[str, Any] = {"kind": "generator", "key": key, "options": dict(options)}
    if generator.units:
        source["units"] = dict(generator.units)
    if generator.image_shape is not None:
        source["image_shape"] = list(generator.image_shape)
    return generator.build(options).described(title=generator.title, source=source)
