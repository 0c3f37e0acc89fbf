"""What the table of the data shows, as arrays: columns, the order of the rows, what the network answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.table import date_texts, number_text
from nnstudio.training.judging import row_losses
from nnstudio.ui.numbers import format_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.data import Dataset
    from nnstudio.training.snapshot import Snapshot

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

PART, CLASS, OUTPUT, ANSWER, ERROR, LOSS = "part", "class", "output", "answer", "error", "loss"
_LIVE = (OUTPUT, ANSWER, ERROR, LOSS)
TRAINING, TEST = "Training", "Test"


@dataclass(frozen=True)
class TableColumn:
    """A column of the table; ``kind`` says what it shows, ``place`` which one of these.

    Kinds are part, number, date and category (features), target, class, and those that change as the network
    learns: output, answer, error and loss. ``is_derived`` is what is computed, and cannot be edited.
    """

    title: str
    kind: str
    place: int = 0
    tip: str = ""
    is_derived: bool = False

    @property
    def is_live(self) -> bool:
        """Whether it changes as the network learns."""
        return self.kind in _LIVE

    @property
    def is_editable(self) -> bool:
        """Whether its cells can be changed."""
        return not (self.is_live or self.is_derived)

    @property
    def is_text(self) -> bool:
        """Whether it holds words rather than numbers."""
        return self.kind in (PART, CLASS, ANSWER, "category", "date")


@dataclass
class TableContents:
    """All rows in the data's own units; ``order`` are those that are shown, by number, in their order.

    ``features`` are arrays (rows,) of numbers, days, or places in ``categories``. ``threshold`` is where a
    single output parts two classes, ``loss`` what each row is measured by. ``outputs`` (rows, outputs) is
    None where the network cannot answer, and so are ``errors`` and ``losses`` (rows,).
    """

    data: Dataset
    threshold: float = 0.5
    loss: str = "mse"
    outputs: Any = None
    errors: Any = None
    losses: Any = None
    columns: list[TableColumn] = field(init=False)
    features: list[NDArray[Any]] = field(init=False, default_factory=list)
    categories: list[tuple[str, ...]] = field(init=False, default_factory=list)
    targets: Floats = field(init=False)
    labels: Rows | None = field(init=False, default=None)
    is_test: NDArray[np.bool_] = field(init=False)
    order: Rows = field(init=False)
    kept: Rows | None = None
    sorted_by: int = -1
    descending: bool = False

    def __post_init__(self) -> None:
        data = self.data
        self.targets = data.target_values(data.y)
        self.is_test = np.zeros(len(data), dtype=bool)
        self.is_test[data.test_rows] = True
        self.columns = [
            TableColumn("Part", PART, tip="Whether training learns from the row or is tested on it")
        ]
        self._add_features()
        names = data.target_names
        if data.classes:
            self.labels = data.class_indices(data.y)
            # The class says what the columns of 0 and 1 say.
            title = data.class_column if data.class_column != "class" else "Class"
            self.columns.append(TableColumn(title, CLASS, tip="The class that the row belongs to"))
        else:
            self.columns += [
                TableColumn(n, "target", i, _tip("Target", n, data)) for i, n in enumerate(names)
            ]
        for place, name in enumerate(names):
            title = "Output" if len(names) == 1 else f"Output {name}"
            self.columns.append(TableColumn(title, OUTPUT, place, "What the network answers now"))
        if data.classes:
            self.columns.append(TableColumn("Answer", ANSWER, tip="The class that the network answers now"))
        else:
            tip = (
                "Output minus target" if len(names) == 1 else "The output that is farthest off, minus target"
            )
            self.columns.append(TableColumn("Error", ERROR, tip=f"{tip}, in the data's units"))
        self.columns.append(TableColumn("Loss", LOSS, tip="What the row adds to the loss, before weights"))
        self.order = np.arange(len(data))

    def _add_features(self) -> None:
        data = self.data
        values = data.feature_values(data.x)
        place = 0
        for given in data.columns:
            width = len(given.feature_names)
            part = values[:, place : place + width]
            place += width
            if not width:
                continue
            if given.kind == "category":
                codes = np.rint(part[:, 0]) if given.encoding == "label" else np.argmax(part, axis=1)
                codes = np.clip(codes, 0, len(given.categories) - 1).astype(np.intp)
                self._add(given.name, "category", codes, given.categories)
            else:
                self._add(given.name, given.kind, part[:, 0])
        for derived in data.derived:
            self._add(derived.name, "number", values[:, place], formula=derived.expression)
            place += 1

    def _add(
        self, name: str, kind: str, values: Any, categories: tuple[str, ...] = (), *, formula: str = ""
    ) -> None:
        tip = f"Derived feature: {formula}" if formula else _tip("Feature", name, self.data)
        self.columns.append(TableColumn(name, kind, len(self.features), tip, is_derived=bool(formula)))
        self.features.append(values)
        self.categories.append(categories)

    # What the network answers

    def set_outputs(self, snapshot: Snapshot | None) -> bool:
        """Take the outputs of a snapshot over; return whether there are any, of these data."""
        data = self.data
        if snapshot is not None and snapshot.data is not data:
            snapshot = None
        train = None if snapshot is None else snapshot.train_outputs
        test = None if snapshot is None else snapshot.test_outputs
        self.outputs = self.errors = self.losses = None
        if (
            train is None
            or test is None
            or train.shape != (len(data.train_rows), data.y.shape[1])
            or len(test) != len(data.test_rows)
        ):
            return False
        outputs = np.full(data.y.shape, np.nan)
        outputs[data.train_rows] = train
        outputs[data.test_rows] = test
        with np.errstate(all="ignore"):
            self.losses = row_losses(self.loss, outputs, data.y)
            self.outputs = data.target_values(outputs)
            differences = self.outputs - self.targets
        if data.y.shape[1] == 1:
            self.errors = differences[:, 0]
        else:
            worst = np.argmax(np.abs(differences), axis=1)
            self.errors = differences[np.arange(len(data)), worst]
        return True

    def is_wrong(self, row: int) -> bool:
        """Whether the network answers another class than the row's."""
        if self.outputs is None or self.labels is None:
            return False
        answer = self.data.class_indices(self.outputs[row : row + 1], self.threshold)[0]
        return bool(answer != self.labels[row])

    # Cells

    def text(self, row: int, column: int) -> str:
        """Return what stands in a cell; ``row`` counts as in the data."""
        value = self._number(row, column)
        return self._word(row, column) if value is None else format_number(value)

    def exact_text(self, row: int, column: int) -> str:
        """Return a cell so that it can be edited or read again: numbers with all digits, "" for none."""
        value = self._number(row, column)
        if value is None:
            word = self._word(row, column)
            return word if word != format_number(None) else ""
        return number_text(value) if np.isfinite(value) else ""

    def _number(self, row: int, column: int) -> float | None:
        entry = self.columns[column]
        if entry.is_text or (entry.is_live and self.outputs is None):
            return None
        if entry.kind == "number":
            return float(self.features[entry.place][row])
        if entry.kind == "target":
            return float(self.targets[row, entry.place])
        if entry.kind == OUTPUT:
            return float(self.outputs[row, entry.place])
        return float((self.errors if entry.kind == ERROR else self.losses)[row])

    def _word(self, row: int, column: int) -> str:
        entry, data = self.columns[column], self.data
        if entry.kind == PART:
            return TEST if self.is_test[row] else TRAINING
        if entry.kind == "category":
            return self.categories[entry.place][int(self.features[entry.place][row])]
        if entry.kind == "date":
            return date_texts(np.array([self.features[entry.place][row]]))[0]
        if entry.kind == CLASS:
            assert self.labels is not None
            return data.classes[int(self.labels[row])]
        if self.outputs is None:
            return format_number(None)
        return data.classes[int(data.class_indices(self.outputs[row : row + 1], self.threshold)[0])]

    def choices(self, column: int) -> tuple[str, ...]:
        """Return what a cell may hold where that is one of several words; empty for any number or date."""
        entry = self.columns[column]
        if entry.kind == PART:
            return TRAINING, TEST
        if entry.kind == CLASS:
            return self.data.classes
        return self.categories[entry.place] if entry.kind == "category" else ()

    def words(self, column: int) -> tuple[str, ...]:
        """Return the words that a column's codes stand for; empty for a column of numbers or dates."""
        return self.data.classes if self.columns[column].kind == ANSWER else self.choices(column)

    def codes(self, column: int) -> NDArray[Any]:
        """Return which of its `words` a column holds, (rows,); NaN where nothing is known."""
        entry = self.columns[column]
        return self.features[entry.place] if entry.kind == "category" else self.values(column)

    # Which rows are shown, and in which order

    def place_of(self, row: int) -> int | None:
        """Return where a row of the data is shown, counted from above, or None where it is not."""
        places = np.flatnonzero(self.order == row)
        return int(places[0]) if len(places) else None

    def keep(self, rows: Rows | None) -> None:
        """Show these rows alone, ascending by number; None is all."""
        self.kept = rows
        self.arrange()

    def sort(self, column: int, *, descending: bool) -> None:
        """Order the rows by a column, equal ones as in the data; -1 is the order of the data itself."""
        self.sorted_by, self.descending = column, descending
        self.arrange()

    @property
    def is_sorted_by_live(self) -> bool:
        """Whether the order of the rows changes as the network learns."""
        return self.sorted_by >= 0 and self.columns[self.sorted_by].is_live

    def arrange(self) -> None:
        """Put the rows in their order anew."""
        rows = np.arange(len(self.data)) if self.kept is None else self.kept
        if self.sorted_by >= 0:
            values = self.values(self.sorted_by)[rows]
            if self.columns[self.sorted_by].kind == ERROR:
                values = np.abs(values)
            # What is no number comes last, whichever way round.
            rows = rows[np.argsort(-values if self.descending else values, kind="stable")]
        self.order = rows

    def values(self, column: int) -> Floats:
        """Return what a column is sorted by, (rows,); NaN where nothing is known."""
        entry, data = self.columns[column], self.data
        if entry.kind == PART:
            found: Any = self.is_test
        elif entry.kind == "category":
            ranks = np.argsort(np.argsort(np.array(self.categories[entry.place], dtype=object)))
            found = ranks[self.features[entry.place]]
        elif entry.kind in ("number", "date"):
            found = self.features[entry.place]
        elif entry.kind == "target":
            found = self.targets[:, entry.place]
        elif entry.kind == CLASS:
            found = self.labels
        elif self.outputs is None:
            found = np.full(len(data), np.nan)
        elif entry.kind == OUTPUT:
            found = self.outputs[:, entry.place]
        elif entry.kind == ANSWER:
            found = data.class_indices(self.outputs, self.threshold)
        else:
            found = self.errors if entry.kind == ERROR else self.losses
        return np.asarray(found, np.float64)


def _tip(what: str, name: str, data: Dataset) -> str:
    return f"{what}, in {data.units[name]}" if name in data.units else what
