"""A list of connections with their weights: a click selects one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nnstudio.network.rules import name_of
from nnstudio.ui import theme
from nnstudio.ui.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.network import Network

_Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 24
_MOST_ROWS_SHOWN = 8


class _ConnectionModel(QAbstractTableModel):
    """Names of the neurons at the other end, and weights."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.ids: list[str] = []
        self.names: list[str] = []
        self.weights: list[float] = []
        self.reach = 1.0

    def set_rows(self, ids: list[str], names: list[str], weights: list[float]) -> None:
        if ids != self.ids or names != self.names:
            self.beginResetModel()
            self.ids, self.names = ids, names
            self._set_weights(weights)
            self.endResetModel()
        elif weights != self.weights:
            self._set_weights(weights)
            self.dataChanged.emit(self.index(0, 1), self.index(len(ids) - 1, 1))

    def _set_weights(self, weights: list[float]) -> None:
        self.weights = weights
        self.reach = max((abs(weight) for weight in weights), default=0.0) or 1.0

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.ids)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 2

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = index.row()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.names[row] if index.column() == 0 else format_number(self.weights[row])
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{self.names[row]}: weight {format_number(self.weights[row], 8)}. Click to select it."
        return None


class _WeightDelegate(QStyledItemDelegate):
    """A bar from the middle, to the right where positive, and the number."""

    def __init__(self, model: _ConnectionModel, view: QTableView) -> None:
        super().__init__(view)
        self._model = model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        current = theme.manager().current
        weight = self._model.weights[index.row()]
        rect = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bars = QRectF(rect.left() + 4, rect.top(), max(0.0, rect.width() - 74), rect.height())
        length = abs(weight) / self._model.reach * bars.width() / 2
        left = bars.center().x() - (length if weight < 0 else 0.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.positive if weight >= 0 else current.negative)
        painter.drawRoundedRect(QRectF(left, rect.center().y() - 3, length, 6), 2, 2)
        painter.setPen(QPen(current.border, 1))
        painter.drawLine(
            int(bars.center().x()), int(rect.top() + 5), int(bars.center().x()), int(rect.bottom() - 5)
        )
        painter.setPen(current.text)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(rect.adjusted(0, 0, -6, 0), flags, format_number(weight))
        painter.restore()


class ConnectionList(QTableView):
    """Connections of one neuron; ``connection_chosen`` tells the id of the one that was clicked."""

    connection_chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._rows = _ConnectionModel(self)
        self.setModel(self._rows)
        self.setItemDelegateForColumn(1, _WeightDelegate(self._rows, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.horizontalHeader().setVisible(False)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setMinimumSectionSize(20)
        self.setColumnWidth(0, 78)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clicked.connect(self._choose)
        theme.manager().changed.connect(self.viewport().update)

    @property
    def connection_ids(self) -> list[str]:
        """Ids of the connections listed, in order."""
        return list(self._rows.ids)

    def show_connections(
        self, network: Network, ids: Sequence[str], *, far_end: str, weights: Sequence[float]
    ) -> None:
        """List connections by the name of their ``far_end`` ("source" or "target")."""
        names = [name_of(network, getattr(network.connection(key), far_end)) for key in ids]
        self._rows.set_rows(list(ids), names, list(weights))
        height = _ROW_HEIGHT * min(len(self._rows.ids), _MOST_ROWS_SHOWN) + 2
        if self.height() != height or self.maximumHeight() != height:
            self.setFixedHeight(height)

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.connection_chosen.emit(self._rows.ids[index.row()])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)
