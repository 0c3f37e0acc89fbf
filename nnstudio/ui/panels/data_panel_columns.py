"""The columns of the data and what becomes of each: its role, missing values, encoding and scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import column_items
from nnstudio.ui.fields import ValueEdit
from nnstudio.ui.importing.columns import KINDS, MISSING, ROLES
from nnstudio.ui.numbers import format_count, format_number, parse_number
from nnstudio.ui.panels.data_panel_fields import Choice
from nnstudio.ui.panels.fields import common
from nnstudio.ui.panels.section import Form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnstudio.data.preparation import Preparation, Role
    from nnstudio.data.table import Column, Table

SCALINGS = {"none": "None", "standardize": "Standardize", "minmax": "From 0 to 1"}
SCALINGS_TIP = "Standardize: mean 0 and standard deviation 1; both are taken from the rows to train on"
_AS_ALL = "as all"
_ENCODINGS = {"one_hot": "A column of 0 and 1 each", "label": "A number each"}
_CONSTANT = "constant"
_FILLED = ("mean", "median")  # what only numbers have
_MOST_ROWS = 8
_STYLE = "QTreeView { border: 1px solid palette(mid); } QTreeView::item { padding: 3px 4px; }"
_MOST_TOLD = 12
_HINT = "Select columns to change what becomes of them, or drag one onto a neuron."


class ColumnList(QTreeWidget):
    """The columns of a table with their roles; one can be dragged onto a neuron."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Columns of the data")
        self.setColumnCount(2)
        self.setHeaderLabels(["Column", "Used as"])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setStyleSheet(_STYLE)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setDefaultDropAction(Qt.DropAction.CopyAction)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionsMovable(False)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the selected columns, in the table's order."""
        places = sorted(self.indexOfTopLevelItem(item) for item in self.selectedItems())
        return tuple(self.topLevelItem(place).text(0) for place in places)

    def item_of(self, name: str) -> QTreeWidgetItem | None:
        """Return the row of a column."""
        found = self.findItems(name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchCaseSensitive, 0)
        return found[0] if found else None

    def show_columns(self, columns: Sequence[Column], roles: Mapping[str, Any]) -> None:
        """Show columns; those that stay, stay selected."""
        names = [column.name for column in columns]
        if names != [self.topLevelItem(place).text(0) for place in range(self.topLevelItemCount())]:
            selected = set(self.chosen)
            self.clear()
            for name in names:
                item = QTreeWidgetItem([name, ""])
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsDragEnabled)
                self.addTopLevelItem(item)
                item.setSelected(name in selected)
        for place, column in enumerate(columns):
            item = self.topLevelItem(place)
            item.setText(1, ROLES[roles.get(column.name, "ignore")])
            item.setToolTip(0, _told(column))
        rows = min(len(names), _MOST_ROWS)
        self.setFixedHeight(rows * self.sizeHintForRow(0) + self.header().sizeHint().height() + 4)

    def mimeTypes(self) -> list[str]:
        return [column_items.MIME_TYPE]

    def mimeData(self, items: Sequence[QTreeWidgetItem]) -> QMimeData:
        data = QMimeData()
        data.setData(column_items.MIME_TYPE, column_items.payload_of(items[0].text(0)))
        return data


class ColumnsEditor(QWidget):
    """The list, and fields for what is selected. ``changed`` carries a label and fields of `Preparation`."""

    changed = Signal(str, object)
    refused = Signal(str)
    wiring_wanted = Signal(str)  # the name of a column

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table: Table | None = None
        self._preparation: Preparation | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(7)
        self.list = ColumnList(self)
        self.list.itemSelectionChanged.connect(self._show_chosen)
        layout.addWidget(self.list)
        self.hint = QLabel(_HINT, self)
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        layout.addWidget(self.hint)
        self.form = Form(self)
        layout.addWidget(self.form)
        self.role = Choice("Use as", "What the network does with the column", ROLES)
        self.role.chosen.connect(self._set_role)
        self.missing = Choice("If missing", "What becomes of a row without a value")
        self.missing.chosen.connect(self._set_missing)
        self.constant = ValueEdit(str.strip, str, "What is filled in where the value is missing")
        self.constant.setAccessibleName("Filled in")
        self.constant.committed.connect(self._set_constant)
        self.encoding = Choice("Encode", "How the network sees categories", _ENCODINGS)
        self.encoding.chosen.connect(self._set_encoding)
        self.scaling = Choice("Scale", SCALINGS_TIP, {_AS_ALL: "As above", **SCALINGS})
        self.scaling.chosen.connect(self._set_scaling)
        self.form.add("Use as", self.role)
        self.form.add("If missing", self.missing)
        self.form.add("Filled in", self.constant)
        self.form.add("Encode", self.encoding)
        self.form.add("Scale", self.scaling)
        self.wire_button = QPushButton("Wire to the selected neuron", self)
        self.wire_button.setToolTip(
            "Give the neuron selected on the canvas this column, as dragging it there does"
        )
        self.wire_button.clicked.connect(self._want_wiring)
        layout.addWidget(self.wire_button)

    def show_columns(self, table: Table, preparation: Preparation) -> None:
        """Show the columns of a table, and what a preparation does with them."""
        self._table, self._preparation = table, preparation
        self.list.show_columns(table.columns, preparation.roles)
        self._show_chosen()

    @property
    def _chosen(self) -> list[Column]:
        return [] if self._table is None else [self._table[name] for name in self.list.chosen]

    @Slot()
    def _show_chosen(self) -> None:
        preparation, chosen = self._preparation, self._chosen
        self.hint.setVisible(not chosen)
        self.form.setVisible(bool(chosen))
        self.wire_button.setVisible(len(chosen) == 1)
        if preparation is None or not chosen:
            return
        names = [column.name for column in chosen]
        self.role.show_value(common([preparation.roles.get(name, "ignore") for name in names]))
        features = [c for c in chosen if preparation.roles.get(c.name) == "feature"]
        lacking = [column for column in features if column.n_missing]
        self.form.show_row("If missing", bool(lacking))
        ways = [
            way
            for way in MISSING
            if way not in _FILLED or all(column.kind != "category" for column in lacking)
        ]
        titles = {way: MISSING[way] for way in ways}
        self.missing.offer({**titles, _CONSTANT: "A value of mine"})
        ways_now = [preparation.missing.get(column.name, "drop") for column in lacking]
        self.missing.show_value(common(list(ways_now)))
        constant = common(
            [_text_of(column, preparation.constants.get(column.name, "")) for column in lacking]
        )
        self.form.show_row("Filled in", bool(lacking) and set(ways_now) == {_CONSTANT})
        self.constant.show_value("" if constant is None else f"{constant}")
        are_categories = bool(features) and all(column.kind == "category" for column in features)
        self.form.show_row("Encode", are_categories)
        self.encoding.show_value(common([preparation.encodings.get(c.name, "one_hot") for c in features]))
        # Columns of 0 and 1 are only scaled where that is asked for.
        self.form.show_row("Scale", bool(features) and all(c.kind != "category" for c in features))
        self.scaling.show_value(common([preparation.scalings.get(c.name, _AS_ALL) for c in features]))

    def _features(self) -> list[str]:
        assert self._preparation is not None
        return [name for name in self.list.chosen if self._preparation.roles.get(name) == "feature"]

    @Slot()
    def _want_wiring(self) -> None:
        if len(self.list.chosen) == 1:
            self.wiring_wanted.emit(self.list.chosen[0])

    @Slot(object)
    def _set_role(self, role: Any) -> None:
        assert self._preparation is not None
        assert self._table is not None
        roles = with_role(self._table, self._preparation, self.list.chosen, role)
        self.changed.emit("Change the use of columns", {"roles": roles})

    @Slot(object)
    def _set_missing(self, way: Any) -> None:
        preparation = self._preparation
        assert preparation is not None
        assert self._table is not None
        lacking = [column for column in self._chosen if column.name in self._features() and column.n_missing]
        constants = dict(preparation.constants)
        if way == _CONSTANT:
            for column in lacking:
                constants.setdefault(column.name, "unknown" if column.kind == "category" else 0.0)
        missing = {**preparation.missing, **{column.name: way for column in lacking}}
        self.changed.emit("Change what missing values become", {"missing": missing, "constants": constants})

    @Slot(object)
    def _set_constant(self, text: Any) -> None:
        preparation = self._preparation
        assert preparation is not None
        constants = dict(preparation.constants)
        for column in self._chosen:
            if column.name in self._features() and column.n_missing:
                try:
                    constants[column.name] = _constant_of(column, text)
                except ValueError as error:
                    self._show_chosen()
                    self.refused.emit(str(error))
                    return
        self.changed.emit("Change what missing values become", {"constants": constants})

    @Slot(object)
    def _set_encoding(self, encoding: Any) -> None:
        assert self._preparation is not None
        encodings = {**self._preparation.encodings, **dict.fromkeys(self._features(), encoding)}
        self.changed.emit("Change the encoding", {"encodings": encodings})

    @Slot(object)
    def _set_scaling(self, scaling: Any) -> None:
        assert self._preparation is not None
        scalings = dict(self._preparation.scalings)
        for name in self._features():
            scalings.pop(name, None)
            if scaling != _AS_ALL:
                scalings[name] = scaling
        self.changed.emit("Change the scaling", {"scalings": scalings})


def with_role(table: Table, preparation: Preparation, names: Sequence[str], role: Role) -> dict[str, Role]:
    """Return the roles of all columns, in the order that counts, where some get another one.

    Where a new target or weight cannot stand beside the one there is, that one takes over its role.
    """
    from nnstudio.data.targets import holds_classes

    roles: dict[str, Role] = {name: given for name, given in preparation.roles.items() if name in table}
    roles.update({name: "ignore" for name in table.names if name not in roles})
    before = [name for name, given in roles.items() if given == role and name not in names]
    of_classes = any(holds_classes(table[name], preparation.task) for name in (*before, *names))
    if role == "weight" or (role == "target" and of_classes):
        left = roles[names[0]]
        roles.update(dict.fromkeys(before, "ignore" if left == "weight" else left))
    roles.update(dict.fromkeys(names, role))
    return roles


def _text_of(column: Column, constant: float | str) -> str:
    """Return what is filled into a column as it is typed."""
    if column.kind == "number" and isinstance(constant, float):
        return format_number(constant, 12)
    if column.kind == "date" and isinstance(constant, float):
        import numpy as np

        from nnstudio.data.table import date_texts

        return date_texts(np.array([constant]))[0]
    return str(constant)


def _constant_of(column: Column, text: str) -> float | str:
    """Return what was typed to be filled into a column; raises ValueError where it cannot be."""
    if column.kind == "category":
        return text
    if column.kind == "number":
        return parse_number(text)
    from nnstudio.data.reading.cells import parse_date

    days = parse_date(text, "ymd")
    if days is None:
        raise ValueError(f"“{text}” is not a date. Write it as in 2024-05-31.")
    return float(days)


def _told(column: Column) -> str:
    """Return in words what a column holds."""
    told = [f"{column.name}: {KINDS[column.kind].lower()}"]
    if column.categories:
        shown = ", ".join(column.categories[:_MOST_TOLD])
        told.append(shown + (", …" if len(column.categories) > _MOST_TOLD else ""))
    if column.n_missing:
        values = "value is" if column.n_missing == 1 else "values are"
        told.append(f"{format_count(column.n_missing)} {values} missing")
    return "\n".join(told)
