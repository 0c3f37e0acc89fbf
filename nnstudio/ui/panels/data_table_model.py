"""The rows of the data for a view: a model over arrays, which keeps nothing per cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QComboBox, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from nnstudio.ui import theme

if TYPE_CHECKING:
    from nnstudio.ui.panels.data_table_contents import TableColumn, TableContents

Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole


class DataModel(QAbstractTableModel):
    """Shows `TableContents`. ``edited`` carries row of the data, column and text that was typed."""

    edited = Signal(int, int, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.contents: TableContents | None = None

    def set_contents(self, contents: TableContents | None) -> None:
        """Show other contents."""
        self.beginResetModel()
        self.contents = contents
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() or self.contents is None else len(self.contents.order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self.contents is None else len(self.contents.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if (
            self.contents is not None
            and index.isValid()
            and self.contents.columns[index.column()].is_editable
        ):
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = _Role.DisplayRole) -> Any:
        contents = self.contents
        if contents is None or not index.isValid():
            return None
        row, column = int(contents.order[index.row()]), index.column()
        if role == _Role.DisplayRole:
            return contents.text(row, column)
        if role == _Role.EditRole:
            return contents.exact_text(row, column)
        if role == _Role.TextAlignmentRole:
            return _alignment(contents.columns[column])
        if role == _Role.ForegroundRole:
            return _color(contents, row, contents.columns[column].kind)
        return None

    def setData(self, index: Index, value: Any, role: int = _Role.EditRole) -> bool:
        contents = self.contents
        if contents is None or not index.isValid() or role != _Role.EditRole:
            return False
        row, column = int(contents.order[index.row()]), index.column()
        if str(value) == contents.exact_text(row, column):
            return False
        self.edited.emit(row, column, str(value))
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        contents = self.contents
        if contents is None:
            return None
        if orientation is Qt.Orientation.Horizontal:
            column = contents.columns[section]
            if role == _Role.DisplayRole:
                return column.title
            if role == _Role.TextAlignmentRole:
                return _alignment(column)
            return column.tip if role == _Role.ToolTipRole else None
        if role != _Role.DisplayRole or section >= len(contents.order):
            return None
        return str(int(contents.order[section]) + 1)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if self.contents is not None:
            self.layoutAboutToBeChanged.emit()
            self.contents.sort(column, descending=order is Qt.SortOrder.DescendingOrder)
            self.layoutChanged.emit()

    def outputs_changed(self, *, rearranged: bool) -> None:
        """Show other outputs; with ``rearranged``, also the order that they give."""
        contents = self.contents
        if contents is None or not len(contents.order):
            return
        if rearranged:
            self.layoutAboutToBeChanged.emit()
            contents.arrange()
            self.layoutChanged.emit()
            return
        places = [place for place, column in enumerate(contents.columns) if column.is_live]
        self.dataChanged.emit(self.index(0, places[0]), self.index(len(contents.order) - 1, places[-1]))


class CellDelegate(QStyledItemDelegate):
    """Offers the words that a cell may hold where it holds one of several."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        model = index.model()
        assert isinstance(model, DataModel)
        assert model.contents is not None
        words = model.contents.choices(index.column())
        if not words:
            return super().createEditor(parent, option, index)
        editor = QComboBox(parent)
        editor.addItems(list(words))
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        if isinstance(editor, QComboBox):
            editor.setCurrentText(index.data(_Role.EditRole))
        else:
            super().setEditorData(editor, index)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentText())
        else:
            super().setModelData(editor, model, index)


def _alignment(column: TableColumn) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column.is_text else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _color(contents: TableContents, row: int, kind: str) -> Any:
    current = theme.manager().current
    if kind == "part":
        return current.test_line if contents.is_test[row] else current.muted
    if kind == "answer":
        return current.error if contents.is_wrong(row) else current.ok
    return current.accent if kind in ("output", "error", "loss") else None
