"""The first rows of a file as they would be read, with the numbers of their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from nnstudio.ui import theme

if TYPE_CHECKING:
    from nnstudio.data.reading import Preview

_ROW_HEIGHT = 24
_COLUMN_WIDTH = 112


class _Model(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.preview: Preview | None = None
        self.bad_lines: frozenset[int] = frozenset()

    def show_preview(self, preview: Preview) -> None:
        self.beginResetModel()
        self.preview = preview
        self.bad_lines = frozenset(p.line for p in preview.problems if p.line and p.severity == "stop")
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self.preview is None else len(self.preview.rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self.preview is None else len(self.preview.names)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if self.preview is None or not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.preview.rows[index.row()][index.column()][:200]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            is_number = self.preview.kinds[index.column()] == "number"
            side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole and self.preview.lines[index.row()] in self.bad_lines:
            return theme.manager().current.error
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if self.preview is None or role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Horizontal:
            return self.preview.names[section]
        return str(self.preview.lines[section])


class PreviewTable(QTableView):
    """Shows a preview; `show_line` goes to a line of the file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model()
        self.setModel(self._model)
        self.setAccessibleName("First rows of the file")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.verticalHeader().setToolTip("Lines of the file")
        self.horizontalHeader().setDefaultSectionSize(_COLUMN_WIDTH)
        self.setWordWrap(False)

    def show_preview(self, preview: Preview) -> None:
        """Show the rows of a preview."""
        self._model.show_preview(preview)

    def show_line(self, line: int) -> None:
        """Scroll to a line of the file and select its row, where it is among those shown."""
        preview = self._model.preview
        if preview is None or not preview.lines:
            return
        row = min(range(len(preview.lines)), key=lambda r: abs(preview.lines[r] - line))
        self.scrollTo(self._model.index(row, 0), QAbstractItemView.ScrollHint.PositionAtCenter)
        if preview.lines[row] == line:
            self.selectRow(row)
