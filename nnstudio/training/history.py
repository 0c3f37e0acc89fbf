"""History: what training reached, epoch by epoch."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Floats = NDArray[np.float64]
_FIXED = ("epoch", "loss", "test_loss")
# Columns that histories of earlier versions don't have.
_LATER = ("learning_rate",)
_UNMEASURED: Mapping[str, float] = MappingProxyType({})


class EpochRow(NamedTuple):
    """One finished epoch, numbered from 1.

    ``loss`` is the mean over the epoch's batches, weighted by their sizes (or the weights of their rows),
    each before its own update; so it is the loss along the way and not that of the weights at the end.
    ``test_loss`` (NaN without a test
    part) and ``metrics`` belong to the weights at the end of the epoch. Penalties on weights are in none of
    these losses. ``learning_rate`` is the rate in force during the epoch, NaN where that is not known.
    """

    epoch: int
    loss: float
    test_loss: float
    metrics: Mapping[str, float]
    learning_rate: float = math.nan


class _Stretch(NamedTuple):
    """Epochs from number ``first`` on, (epochs,); where the last of them was measured, its row."""

    first: int
    loss: Floats
    learning_rate: Floats
    measured: EpochRow | None


class Epochs(Sequence[EpochRow]):
    """Finished epochs one after the other. They are kept in columns: a row is made when one is asked for.

    An epoch of a small network takes less time than making its row.
    """

    __slots__ = ("_ends", "_stretches")

    def __init__(self) -> None:
        self._stretches: list[_Stretch] = []
        # How many epochs there are up to the end of each stretch.
        self._ends: list[int] = []

    def add(self, first: int, loss: Floats, learning_rate: Floats, measured: EpochRow | None = None) -> None:
        """Add epochs from number ``first`` on, at least one; ``measured`` is the row of the last of them."""
        self._stretches.append(_Stretch(first, loss, learning_rate, measured))
        self._ends.append(len(self) + len(loss))

    def extend(self, epochs: Epochs) -> None:
        """Add what others hold."""
        before = len(self)
        self._stretches += epochs._stretches
        self._ends += [before + end for end in epochs._ends]

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> EpochRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[EpochRow]: ...
    def __getitem__(self, index: int | slice) -> EpochRow | list[EpochRow]:
        places = range(len(self))[index]
        return self._row(places) if isinstance(places, int) else list(map(self._row, places))

    def __iter__(self) -> Iterator[EpochRow]:
        return map(self._row, range(len(self)))

    def _row(self, place: int) -> EpochRow:
        number = bisect_right(self._ends, place)
        stretch = self._stretches[number]
        left = self._ends[number] - 1 - place
        if stretch.measured is not None and left == 0:
            return stretch.measured
        at = len(stretch.loss) - 1 - left
        rate = float(stretch.learning_rate[at])
        return EpochRow(stretch.first + at, float(stretch.loss[at]), math.nan, _UNMEASURED, rate)

    def columns(self) -> dict[str, Floats]:
        """Return what all epochs have, by name, each (epochs,)."""
        columns = {name: np.empty(len(self)) for name in ("epoch", "loss", "learning_rate")}
        for stretch, end in zip(self._stretches, self._ends, strict=True):
            part = slice(end - len(stretch.loss), end)
            columns["epoch"][part] = np.arange(stretch.first, stretch.first + len(stretch.loss))
            columns["loss"][part] = stretch.loss
            columns["learning_rate"][part] = stretch.learning_rate
        return columns

    def measured(self) -> Iterator[tuple[int, EpochRow]]:
        """Yield the epochs that were measured, each with its place."""
        for stretch, end in zip(self._stretches, self._ends, strict=True):
            if stretch.measured is not None:
                yield end - 1, stretch.measured


class History:
    """Growing columns, one value an epoch: `epochs`, `loss`, `test_loss`, `metrics`, `learning_rate`.

    Columns are read-only views of what there is when they are asked for. With a ``limit`` there are no more
    epochs than that: past the first quarter of it some are left out, ever more of them, so that those that
    stay are evenly apart; what was measured stays as long as there is room, the last epoch and the one of
    the least loss always do.
    """

    def __init__(self, metric_names: Iterable[str] = (), *, limit: int | None = None) -> None:
        self._columns: dict[str, Floats] = {name: np.empty(0) for name in (*_FIXED, *_LATER, *metric_names)}
        self._length = 0
        self._limit = limit
        self._apart = 1

    @classmethod
    def from_rows(cls, rows: Iterable[EpochRow]) -> History:
        """Return a history of the given epochs."""
        history = cls()
        history.extend(rows)
        return history

    def __len__(self) -> int:
        return self._length

    @property
    def epochs(self) -> Floats:
        """Numbers of the epochs, (epochs,)."""
        return self._view("epoch")

    @property
    def loss(self) -> Floats:
        """Training loss along each epoch, (epochs,); see `EpochRow`."""
        return self._view("loss")

    @property
    def test_loss(self) -> Floats:
        """Loss on the test part after each epoch, (epochs,); NaN where there is no test part."""
        return self._view("test_loss")

    @property
    def learning_rate(self) -> Floats:
        """Learning rate during each epoch, (epochs,); NaN where it is not known."""
        return self._view("learning_rate")

    @property
    def metrics(self) -> dict[str, Floats]:
        """Metrics after each epoch by name, each (epochs,); NaN where one was not measured."""
        return {name: self._view(name) for name in self._columns if name not in (*_FIXED, *_LATER)}

    def append(self, row: EpochRow) -> None:
        """Add one epoch."""
        self.extend((row,))

    def extend(self, rows: Iterable[EpochRow]) -> None:
        """Add epochs."""
        if isinstance(rows, Epochs):
            self._add(len(rows), rows.columns(), list(rows.measured()))
        else:
            new = list(rows)
            always = ("epoch", "loss", "learning_rate")
            columns = {name: np.array([getattr(row, name) for row in new], float) for name in always}
            self._add(len(new), columns, list(enumerate(new)))

    def _add(self, count: int, columns: Mapping[str, Floats], measured: list[tuple[int, EpochRow]]) -> None:
        """Add so many epochs: columns that all have, and rows with what was measured after some."""
        for name in {name: None for _, row in measured for name in row.metrics if name not in self._columns}:
            self._columns[name] = np.full(self._capacity, np.nan)
        start, end = self._length, self._length + count
        self._reserve(end)
        for name, values in self._columns.items():
            values[start:end] = columns.get(name, np.nan)
        for place, row in measured:
            self._columns["test_loss"][start + place] = row.test_loss
            for name, value in row.metrics.items():
                self._columns[name][start + place] = value
        self._length = end
        if self._limit is not None and count:
            self._thin(self._limit, start)

    def _thin(self, limit: int, start: int) -> None:
        """Leave epochs out of those from a place on, and of all where there are too many then."""
        if self._apart > 1:
            self._leave_out(limit, start)
        while self._length > limit:
            self._apart *= 2
            self._leave_out(limit, 0)

    def _leave_out(self, limit: int, start: int) -> None:
        part = slice(start, self._length)
        epochs, loss, test_loss = (self._columns[name][part] for name in _FIXED)
        kept = (epochs <= limit // 4) | (epochs % self._apart == 0)
        measured = ~np.isnan(test_loss)
        if measured.sum() <= limit // 4:
            kept |= measured
        kept[np.where(np.isnan(loss), np.inf, loss).argmin()] = kept[-1] = True
        length = start + int(kept.sum())
        for name, values in self._columns.items():
            # Columns handed out earlier are views: they have nothing past the start, and keep all before.
            column = values if start else np.full(len(values), np.nan)
            column[start:length] = values[part][kept]
            self._columns[name] = column
        self._length = length

    def row(self, index: int) -> EpochRow:
        """Return one epoch by its place, from the end where negative; raises IndexError."""
        place = range(self._length)[index]
        metrics = {name: float(values[place]) for name, values in self.metrics.items()}
        losses = float(self.loss[place]), float(self.test_loss[place])
        return EpochRow(int(self.epochs[place]), *losses, metrics, float(self.learning_rate[place]))

    def clear(self) -> None:
        """Forget all epochs."""
        # New arrays, because columns handed out earlier are views of the old ones.
        self._columns = {name: np.empty(0) for name in self._columns}
        self._length, self._apart = 0, 1

    def arrays(self) -> dict[str, Floats]:
        """Return all columns by name, for a project file."""
        return {name: self._view(name) for name in self._columns}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], *, limit: int | None = None) -> History:
        """Return the history that `arrays` described; raises DataError.

        A ``limit`` is of what it will have once it grows.
        """
        if any(name not in arrays for name in _FIXED):
            raise DataError("The history of the training is incomplete.")
        lengths = {np.shape(values) for values in arrays.values()}
        if len(lengths) != 1 or len(next(iter(lengths))) != 1:
            raise DataError("The columns of the training's history do not fit each other.")
        history = cls((name for name in arrays if name not in (*_FIXED, *_LATER)), limit=limit)
        history._columns = {name: np.full(next(iter(lengths)), np.nan) for name in history._columns}
        for name, values in arrays.items():
            history._columns[name] = np.array(values, dtype=np.float64)
        history._length = len(arrays["epoch"])
        return history

    @property
    def _capacity(self) -> int:
        return len(self._columns["epoch"])

    def _reserve(self, needed: int) -> None:
        if needed <= self._capacity:
            return
        capacity = max(needed, 2 * self._capacity, 64)
        for name, values in self._columns.items():
            grown = np.full(capacity, np.nan)
            grown[: self._length] = values[: self._length]
            self._columns[name] = grown

    def _view(self, name: str) -> Floats:
        view = self._columns[name][: self._length]
        view.flags.writeable = False
        return view
