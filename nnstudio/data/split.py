"""Which rows train and which test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import DataError

if TYPE_CHECKING:
    from nnstudio.data.table import Column

Rows = NDArray[np.intp]
SplitKind = Literal["random", "stratified", "order", "column"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """How rows are parted: ``fraction`` is the share of the test part, from 0 to below 1.

    "random" draws them by the ``seed``; "stratified" also gives each class its share; "order" takes the last
    ones; "column" takes the rows where ``column`` holds ``test_value``.
    """

    kind: SplitKind = "random"
    fraction: float = 0.2
    seed: int = 0
    column: str = ""
    test_value: str = "test"

    def __post_init__(self) -> None:
        if self.kind not in get_args(SplitKind):
            raise DataError(
                f"“{self.kind}” is not a way to split rows; there are {', '.join(get_args(SplitKind))}."
            )
        _check_fraction(self.fraction)
        if type(self.seed) is not int or self.seed < 0:
            raise DataError(f"The seed of the split must be a whole number from 0, not {self.seed}.")
        if self.kind == "column" and not self.column:
            raise DataError("No column is named to split the rows by. Choose one, or split at random.")

    def rows(self, count: int, labels: Rows | None = None, parts: Column | None = None) -> tuple[Rows, Rows]:
        """Return training and test rows of ``count``, ascending; raises DataError where one stays empty.

        ``labels`` (rows,) are the classes that "stratified" needs, ``parts`` the column that "column" needs.
        """
        if self.kind == "column":
            assert parts is not None
            return self._by_column(parts)
        if self.kind == "stratified" and labels is None:
            raise DataError(
                "A stratified split gives every class its share, but the targets are values. "
                "Split at random instead."
            )
        if self.kind != "order":
            stratified = self.kind == "stratified"
            return split_rows(count, self.fraction, self.seed, labels if stratified else None)
        wanted = _test_count(count, self.fraction)
        every = np.arange(count, dtype=np.intp)
        return every[: count - wanted], every[count - wanted :]

    def _by_column(self, parts: Column) -> tuple[Rows, Rows]:
        wanted = self.test_value.strip()
        is_test = np.array([text.strip() == wanted for text in parts.texts()], dtype=bool)
        if is_test.all() or not is_test.any():
            shown = list(dict.fromkeys(parts.texts()))
            listed = ", ".join(f"“{text}”" for text in shown[:5]) + ", …" * (len(shown) > 5)
            part = "test part" if is_test.all() else "training part"
            raise DataError(
                f"All rows would be in the {part}: column “{self.column}” holds {listed}, and “{wanted}” "
                "marks the rows to test. Name another value, or split in another way."
            )
        return np.flatnonzero(~is_test), np.flatnonzero(is_test)

    def to_dict(self) -> dict[str, Any]:
        """Return the split as plain values."""
        return {
            "kind": self.kind,
            "fraction": self.fraction,
            "seed": self.seed,
            "column": self.column,
            "test_value": self.test_value,
        }

    @classmethod
    def from_dict(cls, values: Any) -> Split:
        """Return what `to_dict` described; raises DataError."""
        try:
            kind, seed, column, test_value = (
                values[name] for name in ("kind", "seed", "column", "test_value")
            )
            if not isinstance(column, str) or not isinstance(test_value, str) or not isinstance(kind, str):
                raise TypeError
            fraction = float(values["fraction"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError("The description of the split is damaged.") from error
        return cls(kind=kind, fraction=fraction, seed=seed, column=column, test_value=test_value)  # type: ignore[arg-type]


def split_rows(rows: int, test_fraction: float, seed: int, labels: Rows | None = None) -> tuple[Rows, Rows]:
    """Return training and test row indices, ascending; with ``labels`` (rows,) each class gives its share.

    Raises DataError for a fraction outside 0 to 1 and where a part that was asked for would be empty.
    """
    wanted = _test_count(rows, test_fraction)
    rng = np.random.default_rng((seed, 1))
    groups = [np.arange(rows)] if labels is None else [np.flatnonzero(labels == k) for k in np.unique(labels)]
    counts = _shares(np.array([len(group) for group in groups]), wanted)
    test = np.sort(
        np.concatenate([rng.permutation(group)[:count] for group, count in zip(groups, counts, strict=True)])
    )
    train = np.setdiff1d(np.arange(rows), test, assume_unique=True)
    return train.astype(np.intp), test.astype(np.intp)


def _check_fraction(fraction: float) -> None:
    if not 0.0 <= fraction < 1.0:
        raise DataError(f"The test part must be at least 0 and below 1 of the rows, not {fraction:g}.")


def _test_count(rows: int, fraction: float) -> int:
    """Return how many rows are to test; raises DataError where a part that was asked for would be empty."""
    _check_fraction(fraction)
    wanted = round(rows * fraction)
    if fraction > 0.0 and rows == 1:
        raise DataError(
            "There is just one row, which cannot be both to train on and to test with. "
            "Set the test part to 0, or use data of more rows."
        )
    if fraction > 0.0 and wanted == 0:
        raise DataError(
            f"A test part of {fraction:g} of {rows} rows would be empty. Make it larger, or set it to 0."
        )
    if wanted >= rows:
        raise DataError(f"No row of {rows} would be left to train on. Make the test part smaller.")
    return wanted


def _shares(sizes: NDArray[np.intp], wanted: int) -> NDArray[np.intp]:
    """Divide ``wanted`` over groups in proportion to their sizes, by the largest remainder."""
    exact = sizes * (wanted / sizes.sum())
    counts: NDArray[np.intp] = np.floor(exact).astype(np.intp)
    largest = np.argsort(counts - exact, kind="stable")
    counts[largest[: wanted - int(counts.sum())]] += 1
    return counts
