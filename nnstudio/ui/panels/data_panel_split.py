"""Which rows train and which test: fields for the split of a preparation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.ui.panels.data_panel_fields import Choice
from nnstudio.ui.panels.fields import NumberField, ValueSlider
from nnstudio.ui.panels.section import Form

if TYPE_CHECKING:
    from nnstudio.data import Dataset
    from nnstudio.data.split import Split
    from nnstudio.data.table import Column, Table

_KINDS = {
    "random": "At random",
    "stratified": "By class",
    "order": "Last rows",
    "column": "By column",
}
_KIND_TIP = (
    "How the rows to test on are chosen: at random; so that each class gives its share; the last ones; "
    "or those that a column marks"
)
_MOST_TEST = 0.9
_MOST_VALUES = 100
_LABEL = "Change the split"
_TIPS = ("test", "valid", "hold", "eval")


class SplitEditor(QWidget):
    """``changed`` carries a label, the split, and the gesture that it belongs to."""

    changed = Signal(str, object, str)
    refused = Signal(str)
    accepted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._split: Split | None = None
        self._table: Table | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.form = Form(self)
        layout.addWidget(self.form)
        self.kind = Choice("Test rows", _KIND_TIP, _KINDS)
        self.kind.chosen.connect(self._set_kind)
        tip = "Share of the rows kept for testing, from 0 to 0.9"
        self.slider = ValueSlider("Share to test slider", tip, bounds=(0.0, _MOST_TEST))
        self.fraction = NumberField("Share to test", tip, step=0.05, minimum=0.0, maximum=_MOST_TEST)
        self.seed = NumberField(
            "Seed of the split",
            "The same seed chooses the same rows",
            step=1,
            minimum=0,
            maximum=2**31 - 1,
            integer=True,
        )
        self.column = Choice("Column of the split", "The column that says which rows to test on")
        self.column.chosen.connect(self._set_column)
        self.value = Choice("Value that marks rows to test", "Rows that hold this are tested on")
        self.value.chosen.connect(self._set_value)
        self.slider.edited.connect(self._set_fraction)
        self.fraction.edited.connect(self._set_fraction)
        self.seed.edited.connect(self._set_seed)
        for field in (self.fraction, self.seed):
            field.refused.connect(self.refused)
            field.accepted.connect(self.accepted)
        self.form.add("Test rows", self.kind)
        self.form.add("Share", self.slider, self.fraction)
        self.form.add("Seed", self.seed)
        self.form.add("Column", self.column)
        self.form.add("Value", self.value)

    def show_split(self, data: Dataset, table: Table, *, with_share: bool, with_seed: bool) -> None:
        """Show the split of data; share and seed may be chosen elsewhere."""
        assert data.preparation is not None
        split = data.preparation.split
        self._split, self._table = split, table
        kinds = dict(_KINDS)
        if not data.classes:
            kinds.pop("stratified")
        columns = {c.name: c.name for c in table.columns if _values_of(c)}
        if not columns:
            kinds.pop("column")
        self.kind.offer(kinds)
        self.kind.show_value(split.kind)
        by_column = split.kind == "column"
        self.form.show_row("Share", with_share and not by_column)
        self.slider.set_value(split.fraction)
        self.fraction.set_value(split.fraction)
        drawn = split.kind in ("random", "stratified")
        self.form.show_row("Seed", with_seed and drawn and split.fraction > 0.0)
        self.seed.set_value(float(split.seed))
        self.form.show_row("Column", by_column)
        self.form.show_row("Value", by_column)
        if by_column:
            self.column.offer(columns)
            self.column.show_value(split.column)
            values = _values_of(table[split.column]) if split.column in table else []
            self.value.offer({value: f"“{value}”" for value in values})
            self.value.show_value(split.test_value)

    def _change(self, gesture: str = "", **changes: Any) -> None:
        if self._split is not None:
            self.changed.emit(_LABEL, replace(self._split, **changes), gesture)

    @Slot(object)
    def _set_kind(self, kind: Any) -> None:
        if kind == "column" and self._table is not None:
            columns = [c for c in self._table.columns if _values_of(c)]
            likely = [c for c in columns if any(_is_tested(value) for value in _values_of(c))]
            self._take_column(kind, (likely or columns)[0])
        else:
            self._change(kind=kind)

    @Slot(object)
    def _set_column(self, name: Any) -> None:
        if self._table is not None:
            self._take_column("column", self._table[name])

    def _take_column(self, kind: Any, column: Column) -> None:
        values = _values_of(column)
        self._change(kind=kind, column=column.name, test_value=next(filter(_is_tested, values), values[-1]))

    @Slot(object)
    def _set_value(self, value: Any) -> None:
        self._change(test_value=value)

    @Slot(float, str)
    def _set_fraction(self, value: float, gesture: str) -> None:
        self.slider.set_value(value)
        self.fraction.set_value(value)
        self._change(gesture, fraction=value)

    @Slot(float, str)
    def _set_seed(self, value: float, gesture: str) -> None:
        self._change(gesture, seed=round(value))


def _is_tested(value: str) -> bool:
    return value.strip().lower().startswith(_TIPS)


def _values_of(column: Column) -> list[str]:
    """Return what a column can part rows by: its different values, where there are a few but not one."""
    import numpy as np

    if column.kind == "category":
        if len(column.categories) > 2 * _MOST_VALUES:
            return []
        present = np.unique(column.values)
        values = [column.categories[code] for code in present.tolist() if code >= 0]
    else:
        # Where the first rows differ in all, the whole column needn't be sorted.
        if len(np.unique(column.values[: 2 * _MOST_VALUES])) > _MOST_VALUES:
            return []
        found, first = np.unique(column.values, return_index=True)
        values = column.take(first[~np.isnan(found)][: _MOST_VALUES + 1]).texts()
    return values if 1 < len(values) <= _MOST_VALUES else []
