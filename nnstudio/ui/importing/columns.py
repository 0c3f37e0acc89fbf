"""What becomes of each column: its role, what it holds, and what to do where a value is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from nnstudio.ui.numbers import format_count

if TYPE_CHECKING:
    from nnstudio.data.preparation import Missing, Preparation, Role
    from nnstudio.data.reading import Preview
    from nnstudio.data.table import ColumnKind

ROLES: dict[Role, str] = {
    "feature": "Feature",
    "target": "Target",
    "weight": "Weight of the row",
    "ignore": "Leave out",
}
KINDS: dict[ColumnKind, str] = {"number": "Number", "category": "Category", "date": "Date"}
MISSING: dict[Missing, str] = {
    "drop": "Drop row",
    "mean": "Mean",
    "median": "Median",
    "mode": "Most frequent",
}
_FOR_CATEGORIES: tuple[Missing, ...] = ("drop", "mode")
_TITLES = ("Column", "Use as", "Holds", "Missing", "Then")
_ROW_HEIGHT = 32
_MOST_TEXTS = 50  # of a category, unless they come again and again


@dataclass
class Choice:
    """What was chosen for one column."""

    role: Role
    kind: ColumnKind
    missing: Missing = "drop"


class ColumnTable(QTableWidget):
    """A row for each column of the file. ``changed`` tells that something else was chosen."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_TITLES), parent)
        self.choices: dict[str, Choice] = {}
        self.setAccessibleName("Columns")
        self.setHorizontalHeaderLabels(_TITLES)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    @property
    def kinds(self) -> dict[str, ColumnKind]:
        """What each column holds, by its name."""
        return {name: choice.kind for name, choice in self.choices.items()}

    def show_preview(self, preview: Preview, known: Preparation | None = None) -> None:
        """Show the columns of a preview; what was chosen for those of the same names stays.

        What was not chosen yet is as in a preparation that is ``known``, or else as is usual.
        """
        before, self.choices = self.choices, {}
        last = len(preview.names) - 1
        labels = names_of_rows(preview)
        for place, (name, kind) in enumerate(zip(preview.names, preview.kinds, strict=True)):
            role: Role = "target" if place == last and last else "ignore" if name in labels else "feature"
            choice = Choice(role, kind)
            if known is not None:
                way = known.missing.get(name, "drop")
                choice = Choice(known.roles.get(name, "ignore"), kind, way if way in MISSING else "drop")
            self.choices[name] = before.get(name, choice)
        self.clearContents()
        self.setRowCount(len(preview.names))
        for row, (name, missing) in enumerate(zip(preview.names, preview.missing, strict=True)):
            choice = self.choices[name]
            title = QTableWidgetItem(name)
            title.setToolTip(name)
            self.setItem(row, 0, title)
            self._put_choice(row, 1, "role", name, ROLES, choice.role)
            self._put_choice(row, 2, "kind", name, KINDS, choice.kind)
            count = QTableWidgetItem(format_count(missing) if missing else "–")
            count.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(row, 3, count)
            if missing:
                ways = [way for way in MISSING if choice.kind != "category" or way in _FOR_CATEGORIES]
                if choice.missing not in ways:
                    choice.missing = "drop"
                self._put_choice(row, 4, "missing", name, {way: MISSING[way] for way in ways}, choice.missing)
            else:
                self.setItem(row, 4, QTableWidgetItem(""))

    def _put_choice(
        self, row: int, column: int, field: str, name: str, titles: dict[Any, str], value: str
    ) -> None:
        box = QComboBox()
        for key, title in titles.items():
            box.addItem(title, key)
        box.setCurrentIndex(box.findData(value))
        box.setProperty("field", field)
        box.setProperty("column", name)
        box.setAccessibleName(f"{_TITLES[column]} of {name}")
        box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        box.activated.connect(self._choose)
        self.setCellWidget(row, column, box)

    def box(self, name: str, field: str) -> QComboBox:
        """Return the field of a column for "role", "kind" or "missing"."""
        column = {"role": 1, "kind": 2, "missing": 4}[field]
        box = self.cellWidget(list(self.choices).index(name), column)
        assert isinstance(box, QComboBox)
        return box

    @Slot(int)
    def _choose(self, _index: int) -> None:
        box = self.sender()
        if isinstance(box, QComboBox):
            setattr(self.choices[box.property("column")], box.property("field"), box.currentData())
            self.changed.emit()


def names_of_rows(preview: Preview) -> tuple[str, ...]:
    """Return columns of so many different texts that they name the rows rather than tell kinds of them."""
    found = []
    for place, (name, kind) in enumerate(zip(preview.names, preview.kinds, strict=True)):
        different = len({row[place] for row in preview.rows}) if kind == "category" else 0
        if different > _MOST_TEXTS and 2 * different > len(preview.rows):
            found.append(name)
    return tuple(found)
