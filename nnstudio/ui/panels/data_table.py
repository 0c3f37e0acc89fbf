"""The rows of the data as a table to look at and to edit: what is given, wanted, and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStackedLayout,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.errors import ExpressionError, NNStudioError
from nnstudio.ui import theme
from nnstudio.ui.column_drag import HeaderDrag
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.fields import mark_invalid
from nnstudio.ui.numbers import format_count, format_number
from nnstudio.ui.panels.data_table_model import CellDelegate, DataModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QHideEvent, QShowEvent

    from nnstudio.data import Dataset
    from nnstudio.data.editing import Sheet
    from nnstudio.ui.document import Document
    from nnstudio.ui.panels.data_table_contents import TableColumn, TableContents
    from nnstudio.ui.training_controller import TrainingController

_OUTPUTS_KEY = "data table"
_SORT_MARK = 36
_TEXT_WIDTH, _NUMBER_WIDTH, _MOST_WIDTH = 84, 92, 260
_LONG_NUMBER = format_number(-8.8888e-8)  # so long that hardly any is cut off
# While a training is on, in ms: more often nobody could read it.
_BETWEEN = 200
_FILTER_TIP = (
    "Shows the rows for which this holds: formulas of the columns, and of row, test, output, error and loss; "
    "join several by and, or"
)
EMPTY = "No data yet. Choose a set in the Data panel."
# Room at the right for the mark of the order, which would cover the titles of numbers.
_STYLE = """
QTableView::item { padding: 0 14px 0 8px; }
QHeaderView::section:horizontal { padding-right: 18px; }
"""
_UP, _DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


class DataTable(QWidget):
    """All rows in the data's own units; the current row is the sample in focus.

    Cells are edited in place, rows are added, deleted, copied and pasted, each as one undoable step. While a
    training is on, it goes on with what was changed.
    """

    def __init__(
        self, document: Document, controller: TrainingController | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Rows of the data")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document = document
        self._controller = controller
        self._following = False
        self._cell_filter = ""
        self.model = DataModel(self)
        self.table = self._make_view()
        self.hint = QLabel(EMPTY, self)
        self.hint.setProperty("role", "muted")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._page = QWidget(self)
        layout = QVBoxLayout(self._page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._make_bar())
        layout.addWidget(self.table, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.hint)
        self._stack.addWidget(self._page)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_BETWEEN)
        self._timer.timeout.connect(self._show_outputs)
        self._connect()
        self._load()

    def _make_view(self) -> QTableView:
        view = QTableView(self)
        view.setAccessibleName("Rows of the data")
        view.setModel(self.model)
        view.setItemDelegate(CellDelegate(view))
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        triggers = QAbstractItemView.EditTrigger
        view.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed | triggers.AnyKeyPressed)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setWordWrap(False)
        view.setStyleSheet(_STYLE)
        vertical, horizontal = view.verticalHeader(), view.horizontalHeader()
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        vertical.setDefaultSectionSize(24)
        horizontal.setDefaultSectionSize(96)
        horizontal.setHighlightSections(False)
        horizontal.setSortIndicator(-1, _UP)
        horizontal.setSortIndicatorClearable(True)
        view.setSortingEnabled(True)
        HeaderDrag(horizontal, self._column_at)
        return view

    def _column_at(self, section: int) -> str | None:
        """Return the column of the data that a section shows, to be dragged onto a neuron."""
        contents = self.model.contents
        if contents is None or not 0 < section < len(contents.columns):
            return None
        column = contents.columns[section]
        return column.title if column.is_editable else None

    def _make_bar(self) -> QHBoxLayout:
        self.filter = QLineEdit(self)
        self.filter.setAccessibleName("Filter of the rows")
        self.filter.setToolTip(_FILTER_TIP)
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(360)
        self.problem = QLabel(self)
        self.problem.setProperty("role", "error")
        self.problem.hide()
        self.problem.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.count = QLabel(self)
        self.count.setProperty("role", "muted")
        self.worst_button = self._button("sort-worst", "Worst rows first: those with the largest loss on top")
        self.worst_button.setCheckable(True)
        self.part_button = self._button(
            "part", "Move the selected rows to the test part, or back to training"
        )
        self.add_button = self._button("plus", "Add copies of the selected rows, to be edited")
        self.delete_button = self._button("delete", "Delete the selected rows (Delete)")
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 2, 8, 4)
        bar.setSpacing(4)
        bar.addWidget(self.filter, 20)
        bar.addWidget(self.problem, 20)
        bar.addStretch(1)
        bar.addWidget(self.count)
        bar.addSpacing(8)
        for button in (self.worst_button, self.part_button, self.add_button, self.delete_button):
            bar.addWidget(button)
        return bar

    def _button(self, icon: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        theme.set_icon(button, icon)
        button.setIconSize(QSize(16, 16))
        button.setToolTip(tip)
        button.setAccessibleName(tip.partition(":")[0])
        return button

    def _connect(self) -> None:
        document, view = self._document, self.table
        view.selectionModel().currentRowChanged.connect(self._on_row_chosen)
        view.horizontalHeader().sortIndicatorChanged.connect(self._on_sorted)
        self.model.edited.connect(self._edit)
        self.filter.textChanged.connect(self._apply_filter)
        self.worst_button.clicked.connect(self._sort_worst)
        self.part_button.clicked.connect(self.switch_part)
        self.add_button.clicked.connect(self.add_copies)
        self.delete_button.clicked.connect(self.delete_rows)
        for keys, slot in (
            (QKeySequence.StandardKey.Delete, self.delete_rows),
            (QKeySequence.StandardKey.Copy, self.copy),
            (QKeySequence.StandardKey.Paste, self.paste),
        ):
            shortcut = QShortcut(QKeySequence(keys), view, slot)
            # Not as an argument of the constructor, which leaves it a key of the whole window.
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        document.data_changed.connect(self._load)
        document.project_replaced.connect(self._load)
        document.settings_changed.connect(self._on_settings)
        document.focus_changed.connect(self._show_focus)
        theme.manager().changed.connect(view.viewport().update)
        if self._controller is not None:
            self._controller.snapshot_changed.connect(self._on_snapshot)

    # Showing

    @Slot()
    def _load(self) -> None:
        from nnstudio.ui.panels.data_table_contents import TableContents

        data, before = self._document.project.data, self.model.contents
        contents = None if data is None else TableContents(data, *self._measure())
        if contents is not None and self._controller is not None:
            contents.set_outputs(self._controller.snapshot)
        same = (
            before is not None
            and contents is not None
            and [c.title for c in before.columns] == [c.title for c in contents.columns]
        )
        scrolled, column = self.table.verticalScrollBar().value(), self.table.currentIndex().column()
        self._following = True
        if same and before is not None and contents is not None:
            contents.sort(before.sorted_by, descending=before.descending)
        else:
            self.table.horizontalHeader().setSortIndicator(-1, _UP)
            self.filter.setText("")
        focused = QApplication.focusWidget()
        is_editing = focused is not None and self.table.isAncestorOf(focused)
        self.model.set_contents(contents)
        self._following = False
        self._apply_filter()
        if same:
            self.table.verticalScrollBar().setValue(scrolled)
        else:
            self._fit_columns()
            self.filter.setPlaceholderText("" if contents is None else _example(contents))
        self._stack.setCurrentWidget(self.hint if contents is None else self._page)
        self._show_focus(max(column, 0) if same else 0, scroll=not same)
        if is_editing:
            # With the editor of a cell the focus has gone on to the filter.
            self.table.setFocus()

    def _measure(self) -> tuple[float, str]:
        """Return where a single output parts two classes, and the loss."""
        from nnstudio.training.metrics import class_threshold

        settings = self._document.project.settings
        return (0.5, "mse") if settings is None else (class_threshold(settings.loss), settings.loss)

    @Slot()
    def _on_settings(self) -> None:
        contents = self.model.contents
        if contents is not None and (contents.threshold, contents.loss) != self._measure():
            contents.threshold, contents.loss = self._measure()
            self._show_outputs()

    def _fit_columns(self) -> None:
        contents = self.model.contents
        metrics = self.table.horizontalHeader().fontMetrics()
        number = max(_NUMBER_WIDTH, self.table.fontMetrics().horizontalAdvance(_LONG_NUMBER) + 30)
        for place, column in enumerate([] if contents is None else contents.columns):
            needed = metrics.horizontalAdvance(column.title) + _SORT_MARK
            if contents is not None and column.kind in ("class", "answer"):
                needed = max(
                    needed, *(metrics.horizontalAdvance(name) + 24 for name in contents.data.classes)
                )
            elif column.kind == "date":
                needed = max(needed, self.table.sizeHintForColumn(place))
            least = _TEXT_WIDTH if column.is_text else number
            self.table.setColumnWidth(place, min(max(least, needed), _MOST_WIDTH))

    @Slot()
    def _show_focus(self, column: int | None = None, *, scroll: bool = True) -> None:
        row, contents = self._document.focus_row, self.model.contents
        if row is None or contents is None or self._following:
            return
        place = contents.place_of(row)
        current = self.table.currentIndex()
        if place is None or (current.row() == place and self.table.selectionModel().isRowSelected(place)):
            return
        flags = QItemSelectionModel.SelectionFlag
        index = self.model.index(place, max(current.column(), 0) if column is None else column)
        self._following = True
        self.table.setAutoScroll(scroll)
        self.table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.table.setAutoScroll(True)
        self._following = False

    @Slot(QModelIndex, QModelIndex)
    def _on_row_chosen(self, current: QModelIndex, _previous: QModelIndex) -> None:
        contents = self.model.contents
        if current.isValid() and contents is not None and not self._following:
            self._following = True
            self._document.set_focus_row(int(contents.order[current.row()]))
            self._following = False

    # What the network answers

    @Slot()
    def _on_snapshot(self) -> None:
        if self._controller is None or not self.isVisible():
            return
        if not self._controller.is_running:
            self._timer.stop()
            self._show_outputs()
        elif not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _show_outputs(self) -> None:
        contents = self.model.contents
        if self._controller is None or contents is None:
            return
        had = contents.outputs is not None
        if not contents.set_outputs(self._controller.snapshot) and not had:
            return
        if self.table.state() == QAbstractItemView.State.EditingState:
            return  # rows must not move under who is typing
        if self._is_filtered_live(contents):
            self._apply_filter()
        else:
            self._rearrange(contents)

    def show_cell(self, cell: tuple[int, int, bool] | None) -> None:
        """Show only the rows of a class that get an answer: places of both, and whether of the test part.

        None takes that back.
        """
        from nnstudio.ui.panels.data_table_filter import cell_condition

        contents = self.model.contents
        if cell is None:
            if self.filter.text() == self._cell_filter:
                self.filter.setText("")
        elif contents is not None and contents.data.classes:
            actual, answer, test = cell
            self._cell_filter = cell_condition(contents, actual, answer, test=test)
            self.filter.setText(self._cell_filter)
            self.filter.setCursorPosition(0)
            self.table.scrollToTop()

    def _rearrange(self, contents: TableContents) -> None:
        self._following = True
        self.model.outputs_changed(rearranged=contents.is_sorted_by_live)
        self._following = False
        if contents.is_sorted_by_live:
            self._show_focus(scroll=False)

    def _is_filtered_live(self, contents: TableContents) -> bool:
        words = set(self.filter.text().replace("_", " ").lower().split())
        live = {column.title.split()[0].lower() for column in contents.columns if column.is_live}
        return bool(words & live)

    # Order and filter

    @Slot()
    def _on_sorted(self) -> None:
        contents = self.model.contents
        self.worst_button.setChecked(contents is not None and self._is_worst_first(contents))
        self._show_focus()

    def _is_worst_first(self, contents: TableContents) -> bool:
        place = contents.sorted_by
        return place >= 0 and contents.columns[place].kind == "loss" and contents.descending

    @Slot(bool)
    def _sort_worst(self, wanted: bool) -> None:
        contents = self.model.contents
        if contents is not None:
            loss = next(i for i, column in enumerate(contents.columns) if column.kind == "loss")
            self.table.sortByColumn(loss if wanted else -1, _DOWN if wanted else _UP)
            self.table.scrollToTop()

    @Slot()
    def _apply_filter(self) -> None:
        from nnstudio.ui.panels.data_table_filter import rows_where

        contents = self.model.contents
        if contents is None or self._following:
            return
        problem = ""
        rows = contents.kept
        try:
            rows = rows_where(contents, self.filter.text())
        except ExpressionError as error:
            problem = str(error)
        mark_invalid(self.filter, problem, _FILTER_TIP)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.problem.setToolTip(problem)
        if rows is not None or contents.kept is not None:
            self._following = True
            scrolled = self.table.verticalScrollBar().value()
            contents.keep(rows)
            self.model.set_contents(contents)
            self.table.verticalScrollBar().setValue(scrolled)
            self._following = False
            self._show_focus(scroll=False)
        shown, rows_there = len(contents.order), len(contents.data)
        self.count.setText(
            f"{format_count(rows_there)} rows"
            if shown == rows_there
            else f"{format_count(shown)} of {format_count(rows_there)} rows"
        )

    # Changing the data

    def selected_rows(self) -> Any:
        """Return the rows of the data that are selected, in the order in which they are shown."""
        import numpy as np

        contents = self.model.contents
        ranges = self.table.selectionModel().selection()
        if contents is None or ranges.isEmpty():
            return np.empty(0, np.intp)
        chosen = np.zeros(len(contents.order), dtype=bool)
        for part in ranges:
            chosen[part.top() : part.bottom() + 1] = True
        return contents.order[chosen]

    @Slot(int, int, str)
    def _edit(self, row: int, column: int, text: str) -> None:
        contents = self.model.contents
        assert contents is not None
        entry = contents.columns[column]
        if entry.kind == "part":
            self._change(f"Move row {row + 1}", lambda sheet: sheet.with_part([row], test=text == "Test"))
            return
        self._change(
            f"Change row {row + 1}",
            lambda sheet: sheet.with_values([row], {_name(sheet, entry): [_plain_number(text, entry)]}),
        )

    @Slot()
    def switch_part(self) -> None:
        """Move the selected rows to the test part, or back to training where all of them are to test."""
        rows, contents = self.selected_rows(), self.model.contents
        if len(rows) and contents is not None:
            test = not contents.is_test[rows].all()
            self._change(f"Move {_rows(len(rows))}", lambda sheet: sheet.with_part(rows, test=test))

    @Slot()
    def add_copies(self) -> None:
        """Add copies of the selected rows at the end, to be edited there."""
        rows = self.selected_rows()
        if len(rows) and self._change(f"Add {_rows(len(rows))}", lambda sheet: sheet.with_copies(rows)):
            self._show_last()

    @Slot()
    def delete_rows(self) -> None:
        """Delete the selected rows."""
        rows = self.selected_rows()
        if len(rows):
            self._change(f"Delete {_rows(len(rows))}", lambda sheet: sheet.without_rows(rows))

    @Slot()
    def copy(self) -> None:
        """Copy the selected rows as text, which a spreadsheet takes as well."""
        from nnstudio.ui.panels.data_table_text import MOST_COPIED, text_of

        rows, contents = self.selected_rows(), self.model.contents
        if contents is None or not len(rows):
            return
        if len(rows) > MOST_COPIED:
            most = format_count(MOST_COPIED)
            self._document.refused.emit(NNStudioError(f"At most {most} rows can be copied. Select fewer."))
            return
        QGuiApplication.clipboard().setText(text_of(contents, rows.tolist()))

    @Slot()
    def paste(self) -> None:
        """Add the rows on the clipboard, as a spreadsheet or this table puts them there."""
        from nnstudio.ui.panels.data_table_text import cells_of

        contents = self.model.contents
        if contents is None:
            return
        editable = {c.title: c for c in contents.columns if c.is_editable and c.kind != "part"}
        try:
            cells = cells_of(QGuiApplication.clipboard().text(), list(editable))
        except NNStudioError as error:
            self._document.refused.emit(error)
            return
        count = len(next(iter(cells.values())))
        if self._change(
            f"Paste {_rows(count)}",
            lambda sheet: sheet.with_rows({_name(sheet, editable[t]): found for t, found in cells.items()}),
        ):
            self._show_last()

    def _change(self, label: str, make: Callable[[Sheet], Dataset]) -> bool:
        """Take over what ``make`` gives of the data, as one undoable step; return whether it could be."""
        from nnstudio.data.editing import sheet_of

        before = self._document.project.data
        if before is None:
            return False
        try:
            data = make(sheet_of(before))
        except NNStudioError as error:
            self._document.refused.emit(error)
            return False
        return self._document.do(ProjectChange(label, data=data))

    def _show_last(self) -> None:
        data = self._document.project.data
        if data is not None:
            self._document.set_focus_row(len(data) - 1)

    def showEvent(self, event: QShowEvent) -> None:
        if self._controller is not None:
            self._controller.want_outputs(True, _OUTPUTS_KEY)
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        if self._controller is not None:
            self._controller.want_outputs(False, _OUTPUTS_KEY)
        super().hideEvent(event)


def _name(sheet: Sheet, column: TableColumn) -> str:
    """Return what the column is called in the table that is edited."""
    targets = sheet.preparation.names("target")
    return targets[column.place] if column.kind in ("target", "class") else column.title


def _plain_number(text: str, column: TableColumn) -> str:
    """Return a number as tables spell it, where a true minus or a decimal comma was typed."""
    from nnstudio.ui.numbers import MINUS

    if column.is_text:
        return text
    text = text.strip().replace(MINUS, "-")
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{format_count(count)} rows"


def _example(contents: TableContents) -> str:
    """Return a filter that fits these columns."""
    from nnstudio.ui.panels.data_table_filter import known_names

    names = {place: name for name, place in known_names(contents).items() if place > 0}
    number = next((i for i in sorted(names) if contents.columns[i].kind in ("number", "target")), None)
    first = "loss > 0.1" if number is None else f"{names[number]} > 0"
    return f"Filter, such as {first} and test == 1"
