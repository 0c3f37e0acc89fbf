"""The rows of the data as a table: what is given, what is wanted, and what the network answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QStackedLayout,
    QTableView,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.numbers import format_number

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent

    from nnstudio.data import Dataset
    from nnstudio.training.snapshot import Snapshot
    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController

_Index = QModelIndex | QPersistentModelIndex
_OUTPUTS_KEY = "data table"
_SORT_MARK = 36
EMPTY = "No data yet. Choose a set in the Data panel."


@dataclass(frozen=True)
class _Column:
    """A column of the table; ``kind`` says which array it shows, ``place`` which column of it."""

    title: str
    kind: str  # "part", "feature", "text", "target", "class", "output", "answer"
    place: int = 0
    tip: str = ""


@dataclass
class TableContents:
    """What the table shows, as arrays: row order, columns, and the network's outputs for all rows.

    ``features`` are the data's own columns, of numbers or texts; ``threshold`` is where a single output parts
    two classes. ``outputs`` (rows, outputs) is None where the network cannot answer.
    """

    data: Dataset
    threshold: float = 0.5
    outputs: Any = None
    columns: list[_Column] = field(init=False)
    features: Any = field(init=False)
    targets: Any = field(init=False)
    order: Any = field(init=False)
    is_test: Any = field(init=False)

    def __post_init__(self) -> None:
        import numpy as np

        data = self.data
        shown = data.features_in_units(data.x)
        self.features = list(shown.values())
        self.targets = data.target_values(data.y)
        self.order = np.arange(len(data.x))
        self.is_test = np.zeros(len(data.x), dtype=bool)
        self.is_test[data.test_rows] = True
        self.columns = [
            _Column("Part", "part", tip="Whether training learns from the row or is tested on it")
        ]
        formulas = {feature.name: f"Derived feature: {feature.expression}" for feature in data.derived}
        for place, (name, values) in enumerate(shown.items()):
            kind = "text" if values.dtype == object else "feature"
            self.columns.append(_Column(name, kind, place, formulas.get(name, _tip("Feature", name, data))))
        names = data.target_names
        if data.classes:
            # The class says what the columns of 0 and 1 say.
            title = data.class_column if data.class_column != "class" else "Class"
            self.columns.append(_Column(title, "class", tip="The class that the row belongs to"))
        else:
            self.columns += [
                _Column(name, "target", i, _tip("Target", name, data)) for i, name in enumerate(names)
            ]
        self.columns += [
            _Column(
                "Output" if len(names) == 1 else f"Output {name}", "output", i, "What the network answers now"
            )
            for i, name in enumerate(names)
        ]
        if data.classes:
            self.columns.append(_Column("Answer", "answer", tip="The class that the network answers now"))

    def set_outputs(self, snapshot: Snapshot | None) -> bool:
        """Take the outputs of a snapshot over; return whether there are any."""
        import numpy as np

        data = self.data
        train = None if snapshot is None else snapshot.train_outputs
        test = None if snapshot is None else snapshot.test_outputs
        fits = (
            train is not None
            and test is not None
            and train.shape == (len(data.train_rows), data.y.shape[1])
            and len(test) == len(data.test_rows)
        )
        self.outputs = None
        if fits:
            outputs = np.full(data.y.shape, np.nan)
            outputs[data.train_rows] = train
            outputs[data.test_rows] = test
            self.outputs = data.target_values(outputs)
        return fits

    def text(self, row: int, column: int) -> str:
        """Return what stands in a cell; ``row`` counts as in the data."""
        entry, data = self.columns[column], self.data
        if entry.kind == "part":
            return "Test" if self.is_test[row] else "Training"
        if entry.kind == "feature":
            return format_number(float(self.features[entry.place][row]))
        if entry.kind == "text":
            return str(self.features[entry.place][row])
        if entry.kind == "target":
            return format_number(float(self.targets[row, entry.place]))
        if entry.kind == "class":
            return data.classes[int(data.class_indices(data.y[row : row + 1])[0])]
        if self.outputs is None:
            return format_number(None)
        if entry.kind == "output":
            return format_number(float(self.outputs[row, entry.place]))
        return data.classes[int(data.class_indices(self.outputs[row : row + 1], self.threshold)[0])]

    def is_wrong(self, row: int) -> bool:
        """Whether the network answers another class than the row's."""
        if self.outputs is None or not self.data.classes:
            return False
        answer = self.data.class_indices(self.outputs[row : row + 1], self.threshold)[0]
        return bool(answer != self.data.class_indices(self.data.y[row : row + 1])[0])

    def sort(self, column: int, *, descending: bool) -> None:
        """Order the rows by a column, equal ones as in the data; -1 is the order of the data itself."""
        import numpy as np

        if column < 0:
            self.order = np.arange(len(self.data.x))
        else:
            values = self._sort_values(column)
            self.order = np.argsort(-values if descending else values, kind="stable")

    def _sort_values(self, column: int) -> Any:
        import numpy as np

        entry, data = self.columns[column], self.data
        if entry.kind == "part":
            return self.is_test.astype(float)
        if entry.kind == "feature":
            return self.features[entry.place]
        if entry.kind == "text":
            # Texts are ordered by number, which can be turned round.
            return np.unique(self.features[entry.place].astype(str), return_inverse=True)[1].astype(float)
        if entry.kind == "target":
            return self.targets[:, entry.place]
        if entry.kind == "class":
            return data.class_indices(data.y).astype(float)
        if self.outputs is None:
            return np.zeros(len(data.x))
        if entry.kind == "output":
            return self.outputs[:, entry.place]
        return data.class_indices(self.outputs, self.threshold).astype(float)


def _tip(what: str, name: str, data: Dataset) -> str:
    return f"{what}, in {data.units[name]}" if name in data.units else what


def _alignment(kind: str) -> Qt.AlignmentFlag:
    left = kind in ("part", "text", "class", "answer")
    side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


class _DataModel(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.contents: TableContents | None = None

    def set_contents(self, contents: TableContents | None) -> None:
        self.beginResetModel()
        self.contents = contents
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() or self.contents is None else len(self.contents.data.x)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self.contents is None else len(self.contents.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        contents = self.contents
        if contents is None or not index.isValid():
            return None
        row, column = int(contents.order[index.row()]), index.column()
        kind = contents.columns[column].kind
        if role == Qt.ItemDataRole.DisplayRole:
            return contents.text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(kind)
        if role == Qt.ItemDataRole.ForegroundRole:
            current = theme.manager().current
            if kind == "part":
                return current.test_line if contents.is_test[row] else current.muted
            if kind == "answer":
                return current.error if contents.is_wrong(row) else current.ok
            if kind == "output":
                return current.accent
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        contents = self.contents
        if contents is None:
            return None
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return contents.columns[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(contents.columns[section].kind)
            return contents.columns[section].tip if role == Qt.ItemDataRole.ToolTipRole else None
        return str(int(contents.order[section]) + 1) if role == Qt.ItemDataRole.DisplayRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if self.contents is not None:
            self.layoutAboutToBeChanged.emit()
            self.contents.sort(column, descending=order is Qt.SortOrder.DescendingOrder)
            self.layoutChanged.emit()

    def outputs_changed(self) -> None:
        contents = self.contents
        if contents is not None and len(contents.data.x):
            places = [i for i, column in enumerate(contents.columns) if column.kind in ("output", "answer")]
            self.dataChanged.emit(self.index(0, places[0]), self.index(len(contents.data.x) - 1, places[-1]))


class DataTable(QWidget):
    """All rows in the data's own units; the row in focus is selected, and a click puts another in focus."""

    def __init__(
        self, document: Document, controller: TrainingController | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Rows of the data")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document = document
        self._controller = controller
        self._following = False
        self.model = _DataModel(self)
        self.table = QTableView(self)
        self.table.setAccessibleName("Rows of the data")
        self.table.setModel(self.model)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setStyleSheet("QTableView::item { padding: 0 8px; }")
        vertical, horizontal = self.table.verticalHeader(), self.table.horizontalHeader()
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        vertical.setDefaultSectionSize(24)
        horizontal.setDefaultSectionSize(96)
        horizontal.setHighlightSections(False)
        horizontal.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        horizontal.setSortIndicatorClearable(True)
        self.table.setSortingEnabled(True)
        self.hint = QLabel(EMPTY, self)
        self.hint.setProperty("role", "muted")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.hint)
        self._stack.addWidget(self.table)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_chosen)
        horizontal.sortIndicatorChanged.connect(self._show_focus)
        document.data_changed.connect(self._load)
        document.project_replaced.connect(self._load)
        document.settings_changed.connect(self._on_settings)
        document.focus_changed.connect(self._show_focus)
        theme.manager().changed.connect(self.table.viewport().update)
        if controller is not None:
            controller.snapshot_changed.connect(self._on_snapshot)
        self._load()

    @Slot()
    def _load(self) -> None:
        data = self._document.project.data
        contents = None if data is None else TableContents(data, self._threshold())
        if contents is not None and self._controller is not None:
            contents.set_outputs(self._controller.snapshot)
        self._following = True
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.model.set_contents(contents)
        self._following = False
        self._fit_columns()
        self._stack.setCurrentWidget(self.hint if contents is None else self.table)
        self._show_focus()

    def _threshold(self) -> float:
        from nnstudio.training.metrics import class_threshold

        settings = self._document.project.settings
        return 0.5 if settings is None else class_threshold(settings.loss)

    @Slot()
    def _on_settings(self) -> None:
        contents = self.model.contents
        if contents is not None and contents.threshold != self._threshold():
            contents.threshold = self._threshold()
            self.model.outputs_changed()

    def _fit_columns(self) -> None:
        contents = self.model.contents
        metrics = self.table.horizontalHeader().fontMetrics()
        for place, column in enumerate([] if contents is None else contents.columns):
            needed = metrics.horizontalAdvance(column.title) + _SORT_MARK
            if contents is not None and column.kind in ("class", "answer"):
                needed = max(
                    needed, *(metrics.horizontalAdvance(name) + 24 for name in contents.data.classes)
                )
            self.table.setColumnWidth(place, min(max(84, needed), 260))

    @Slot()
    def _show_focus(self) -> None:
        import numpy as np

        row, contents = self._document.focus_row, self.model.contents
        if row is None or contents is None:
            return
        places = np.flatnonzero(contents.order == row)
        if len(places):
            self._following = True
            self.table.selectRow(int(places[0]))
            self._following = False

    @Slot(QModelIndex, QModelIndex)
    def _on_row_chosen(self, current: QModelIndex, _previous: QModelIndex) -> None:
        contents = self.model.contents
        if current.isValid() and contents is not None and not self._following:
            self._document.set_focus_row(int(contents.order[current.row()]))

    @Slot()
    def _on_snapshot(self) -> None:
        contents = self.model.contents
        if self._controller is None or contents is None or not self.isVisible():
            return
        had = contents.outputs is not None
        if contents.set_outputs(self._controller.snapshot) or had:
            self.model.outputs_changed()

    def showEvent(self, event: QShowEvent) -> None:
        if self._controller is not None:
            self._controller.want_outputs(True, _OUTPUTS_KEY)
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        if self._controller is not None:
            self._controller.want_outputs(False, _OUTPUTS_KEY)
        super().hideEvent(event)
