"""Tiles: pictures with a title to choose from or to drag out, reachable with the keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QEvent,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDrag,
    QFont,
    QHoverEvent,
    QKeyEvent,
    QPainter,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from nnstudio.ui import theme

_Index = QModelIndex | QPersistentModelIndex
_LEAST_STRETCH = 85  # percent; a title that is longer still is cut off
# Paints a picture into the area; called once the window is up.
Picture = Callable[[QPainter, QRectF, theme.Theme], None]


@dataclass(frozen=True)
class Tile:
    """One tile: a stable key, its title, what a tooltip tells, its picture, and what a drag carries."""

    key: str
    title: str
    tip: str
    picture: Picture
    payload: dict[str, Any] | None = None


class _TileModel(QAbstractListModel):
    def __init__(self, tiles: list[Tile], parent: QWidget) -> None:
        super().__init__(parent)
        self.tiles = tiles

    def set_tiles(self, tiles: list[Tile]) -> None:
        self.beginResetModel()
        self.tiles = tiles
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.tiles)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        tile = self.tiles[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return tile.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return tile.tip
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return tile.tip
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.isValid() and self.tiles[index.row()].payload is not None:
            flags |= Qt.ItemFlag.ItemIsDragEnabled
        return flags


class _TileDelegate(QStyledItemDelegate):
    def __init__(self, view: TileView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return self._view.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        state = option.state
        self._view.paint_tile(
            painter,
            QRect(option.rect),
            self._view.tile(index.row()),
            hovered=bool(state & QStyle.StateFlag.State_MouseOver),
            focused=self._view.hasFocus() and index == self._view.currentIndex(),
        )


class TileView(QListView):
    """A grid of tiles as high as its rows.

    ``chosen`` tells a key on Enter and double click, in a view that marks its choice on a click as well.
    Tiles with a payload can be dragged out. Where they are editable, ``rename_wanted`` and ``delete_wanted``
    tell what F2, Delete and the context menu ask for.
    """

    chosen = Signal(str)
    rename_wanted = Signal(str)
    delete_wanted = Signal(str)

    def __init__(
        self,
        name: str,
        tiles: list[Tile],
        *,
        mime_type: str = "",
        marks_choice: bool = False,
        least_width: int = 66,
        height: int = 62,
        is_editable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._mime_type = mime_type
        self._marks_choice = marks_choice
        self._is_editable = is_editable
        self._marked = ""
        self._least_width = least_width
        self._tile_height = height
        self._pictures: dict[tuple[str, str, int, int, float], QPixmap] = {}
        self._may_draw_pictures = False
        self._model = _TileModel(tiles, self)
        self.setModel(self._model)
        self.setItemDelegate(_TileDelegate(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setDragEnabled(bool(mime_type))
        self.setDragDropMode(
            QAbstractItemView.DragDropMode.DragOnly
            if mime_type
            else QAbstractItemView.DragDropMode.NoDragDrop
        )
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.setStyleSheet("QListView { background: transparent; }")
        self.doubleClicked.connect(self._choose_index)
        if marks_choice:
            self.clicked.connect(self._choose_index)
        theme.manager().changed.connect(self._forget_pictures)
        if tiles:
            self.setCurrentIndex(self._model.index(0))
        self._fit(220)
        # Pictures need NumPy and more: after the first frame.
        QTimer.singleShot(0, self, self._draw_pictures)

    @property
    def tiles(self) -> list[Tile]:
        """All tiles, in order."""
        return self._model.tiles

    @property
    def marked(self) -> str:
        """Key of the tile that is marked as the choice."""
        return self._marked

    def tile(self, row: int) -> Tile:
        """Return the tile at a place."""
        return self._model.tiles[row]

    def mark(self, key: str) -> None:
        """Mark a tile as the choice; an empty key marks none."""
        if key != self._marked:
            self._marked = key
            self.viewport().update()

    def rect_of(self, key: str) -> QRect:
        """Return where a tile stands, in coordinates of the viewport."""
        row = next(row for row, tile in enumerate(self.tiles) if tile.key == key)
        return self.visualRect(self._model.index(row))

    def set_tiles(self, tiles: list[Tile]) -> None:
        """Show other tiles."""
        self._pictures.clear()
        self._model.set_tiles(tiles)
        if tiles:
            self.setCurrentIndex(self._model.index(0))
        self._fit(self.width())

    # Dragging

    def mime_data(self, tile: Tile) -> QMimeData:
        """Return what a drag of a tile carries."""
        data = QMimeData()
        data.setData(self._mime_type, json.dumps(tile.payload).encode())
        return data

    def drag_pixmap(self, tile: Tile) -> QPixmap:
        """Return the picture that hangs at the pointer while a tile is dragged."""
        ratio = self.devicePixelRatioF()
        size = self.gridSize()
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setOpacity(0.92)
        self.paint_tile(painter, QRect(QPoint(0, 0), size), tile, hovered=True, focused=True)
        painter.end()
        return pixmap

    def startDrag(self, _actions: Qt.DropAction) -> None:
        index = self.currentIndex()
        if not index.isValid() or self.tile(index.row()).payload is None:
            return
        tile = self.tile(index.row())
        drag = QDrag(self)
        drag.setMimeData(self.mime_data(tile))
        pixmap = self.drag_pixmap(tile)
        drag.setPixmap(pixmap)
        drag.setHotSpot(QPoint(self.gridSize().width() // 2, self.gridSize().height() // 3))
        drag.exec(Qt.DropAction.CopyAction)
        # The view is not told that the pointer left it during the drag; events from before it are still due.
        QTimer.singleShot(0, self, self._forget_pointer)

    @Slot()
    def _forget_pointer(self) -> None:
        away = QPointF(-1.0, -1.0)
        QCoreApplication.sendEvent(self.viewport(), QHoverEvent(QEvent.Type.HoverLeave, away, away, away))

    # Choosing

    @Slot(QModelIndex)
    def _choose_index(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.tile(index.row()).key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        current = self.currentIndex()
        editing = {Qt.Key.Key_F2: self.rename_wanted, Qt.Key.Key_Delete: self.delete_wanted}
        if event.key() in keys and not event.modifiers():
            self._choose_index(current)
        elif self._is_editable and event.key() in editing and current.isValid():
            editing[Qt.Key(event.key())].emit(self.tile(current.row()).key)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if by_mouse else self.currentIndex()
        if not self._is_editable or not index.isValid():
            super().contextMenuEvent(event)
            return
        event.accept()
        menu = self.menu_for(self.tile(index.row()).key)
        menu.aboutToHide.connect(menu.deleteLater)
        at = event.globalPos() if by_mouse else self.viewport().mapToGlobal(self.visualRect(index).center())
        menu.popup(at)

    def menu_for(self, key: str) -> QMenu:
        """Return the context menu of a tile."""
        menu = QMenu(self)
        menu.addAction("&Insert").triggered.connect(lambda: self.chosen.emit(key))
        menu.addSeparator()
        menu.addAction("&Rename…\tF2").triggered.connect(lambda: self.rename_wanted.emit(key))
        menu.addAction("&Delete\tDel").triggered.connect(lambda: self.delete_wanted.emit(key))
        return menu

    # Painting

    def paint_tile(self, painter: QPainter, rect: QRect, tile: Tile, *, hovered: bool, focused: bool) -> None:
        """Paint one tile into ``rect``."""
        current = theme.manager().current
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(rect).adjusted(2.5, 2.5, -2.5, -2.5)
        marked = self._marks_choice and tile.key == self._marked
        outline = current.accent if marked or focused else current.faint if hovered else current.border
        painter.setPen(QPen(outline, 1.5 if marked else 1.0))
        painter.setBrush(current.selection if marked else current.hover if hovered else current.field)
        painter.drawRoundedRect(frame, 7, 7)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.86)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        text_area = QRectF(
            frame.left() + 2, frame.bottom() - metrics.height() - 3, frame.width() - 4, metrics.height()
        )
        painter.setPen(current.text)
        needed = metrics.horizontalAdvance(tile.title)
        if needed > text_area.width():
            font.setStretch(max(_LEAST_STRETCH, int(100 * text_area.width() / needed)))
            painter.setFont(font)
            metrics = painter.fontMetrics()
        title = metrics.elidedText(tile.title, Qt.TextElideMode.ElideRight, int(text_area.width()))
        painter.drawText(text_area, Qt.AlignmentFlag.AlignCenter, title)
        area = QRectF(frame.left(), frame.top(), frame.width(), text_area.top() - frame.top()).adjusted(
            8, 7, -8, -3
        )
        if self._may_draw_pictures:
            pixmap = self._picture(tile, area.size().toSize())
            painter.drawPixmap(area.topLeft().toPoint(), pixmap)
        painter.restore()

    def _picture(self, tile: Tile, size: QSize) -> QPixmap:
        ratio = self.devicePixelRatioF()
        current = theme.manager().current
        key = (tile.key, current.name, size.width(), size.height(), ratio)
        pixmap = self._pictures.get(key)
        if pixmap is None:
            pixmap = QPixmap(size * ratio)
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(QColor(0, 0, 0, 0))
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            tile.picture(painter, QRectF(0, 0, size.width(), size.height()), current)
            painter.end()
            self._pictures[key] = pixmap
        return pixmap

    @Slot()
    def _draw_pictures(self) -> None:
        self._may_draw_pictures = True
        self.viewport().update()

    @Slot()
    def _forget_pictures(self) -> None:
        self._pictures.clear()
        self.viewport().update()

    # Size

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit(event.size().width())
        super().resizeEvent(event)

    def _fit(self, width: int) -> None:
        columns = max(1, width // self._least_width)
        # One pixel less, or else rounding wraps the last column.
        self.setGridSize(QSize((width - 1) // columns, self._tile_height))
        rows = -(-len(self.tiles) // columns)
        self.setFixedHeight(rows * self._tile_height + 2)

    def sizeHint(self) -> QSize:
        return QSize(3 * self._least_width, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._least_width, self.height())
