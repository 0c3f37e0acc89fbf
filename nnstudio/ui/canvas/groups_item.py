"""One group on the canvas: a quiet area behind its neurons, or a block in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.ui import theme
from nnstudio.ui.canvas.groups_geometry import CORNER, HEADER
from nnstudio.ui.canvas.tints import faded, mixed

if TYPE_CHECKING:
    from nnstudio.network.items import Group
    from nnstudio.ui.canvas.geometry import Rect
    from nnstudio.ui.canvas.neuron_item import Detail
    from nnstudio.ui.theme import Theme

# Each with enough contrast on both canvases for a border and a name beside it.
COLORS = (
    ("#5b7fe0", "Blue"),
    ("#1f9e9a", "Teal"),
    ("#4c9f50", "Green"),
    ("#b98a1a", "Amber"),
    ("#d9683c", "Orange"),
    ("#cf4f76", "Rose"),
    ("#9163d6", "Violet"),
    ("#7c8698", "Gray"),
)
_UNNAMED = "Group"
_MOST_ENLARGED = 2.4
_SMALLEST_BLOCK_ZOOM = 0.28
_FOLD_WIDTH = 22.0
_MARGIN = 10.0
Dot = tuple[float, float, str]  # place in the unit square, and role


class GroupItem(QGraphicsItem):
    """Paints one group; what it shows is set by `Groups`, and it changes nothing itself."""

    def __init__(self, group: Group, detail: Detail) -> None:
        super().__init__()
        self._detail = detail
        self.group = group
        self.rect = QRectF()
        self.is_selected = False
        self.hover = ""  # "group" or "fold" while the pointer is there
        self.problem = ""
        self.dots: tuple[Dot, ...] = ()
        self.links: tuple[tuple[int, int], ...] = ()
        self.set_group(group)

    def set_group(self, group: Group) -> None:
        """Show another state of the same group."""
        self.group = group
        # Behind the connections, or in front of all neurons.
        self.setZValue(2.0 if group.collapsed else -1.0)
        self.update()

    def set_rect(self, rect: Rect) -> None:
        """Lie elsewhere."""
        left, top, right, bottom = rect
        new = QRectF(QPointF(left, top), QPointF(right, bottom))
        if new != self.rect:
            self.prepareGeometryChange()
            self.rect = new

    @property
    def name(self) -> str:
        """What the header shows."""
        return self.group.name or _UNNAMED

    def header(self, zoom: float) -> QRectF:
        """Return where the fold and the name stand: over an area, where they grow as the zoom shrinks."""
        if self.group.collapsed:
            return QRectF(self.rect.left(), self.rect.top(), self.rect.width(), HEADER + 4.0)
        size = _enlarged(zoom)
        metrics = QFontMetricsF(_font(12.5 * size))
        width = _FOLD_WIDTH * size + metrics.horizontalAdvance(self._shown_name(zoom)) + _MARGIN * size
        height = HEADER * size
        return QRectF(self.rect.left() + 4.0, self.rect.top() - height, width, height)

    def fold_area(self, zoom: float) -> QRectF:
        """Return where a click collapses or expands."""
        header = self.header(zoom)
        return QRectF(header.left(), header.top(), _FOLD_WIDTH * self._size(zoom), header.height())

    def describe(self) -> str:
        """Return what a tooltip says."""
        count = len(self.group.members)
        parts = [f"{self.name}: a group of {count} neuron{'' if count == 1 else 's'}"]
        way = "expand" if self.group.collapsed else "collapse"
        parts.append(f"Drag to move, double-click to rename, Alt-click to {way}")
        return "\n".join([*parts, *([self.problem] if self.problem else [])])

    def boundingRect(self) -> QRectF:
        # Room for a header that grows upwards, and for a name that is wider than the area.
        grown = HEADER * _MOST_ENLARGED + 6.0
        return self.rect.adjusted(-6.0, -grown, max(6.0, 420.0 - self.rect.width()), 6.0)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        current = theme.manager().current
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.group.collapsed:
            self._paint_block(painter, current, zoom)
        else:
            self._paint_area(painter, current, zoom)

    # Inner workings

    def _paint_area(self, painter: QPainter, current: Theme, zoom: float) -> None:
        color = self._color(current)
        strong = self.is_selected or bool(self.hover)
        pen = QPen(current.accent if self.is_selected else faded(color, 0.85 if strong else 0.45), 1.25)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(faded(color, 0.13 if current.is_dark else 0.09))
        painter.drawRoundedRect(self.rect, CORNER, CORNER)
        if self._detail.is_plain:
            return
        header = self.header(zoom)
        size = _enlarged(zoom)
        ink = _ink(color, current)
        self._paint_fold(painter, self.fold_area(zoom), size, current.accent if self.hover == "fold" else ink)
        painter.setFont(_font(12.5 * size))
        painter.setPen(ink)
        painter.drawText(
            header.adjusted(_FOLD_WIDTH * size, 0, 0, 0),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            self._shown_name(zoom),
        )

    def _paint_block(self, painter: QPainter, current: Theme, zoom: float) -> None:
        color = self._color(current)
        edge = current.accent if self.is_selected else faded(color, 1.0 if self.hover else 0.8)
        painter.setPen(QPen(edge, 2.25 if self.is_selected else 1.5))
        painter.setBrush(mixed(current.panel, color, 0.16 if current.is_dark else 0.10))
        painter.drawRoundedRect(self.rect, CORNER, CORNER)
        if zoom >= _SMALLEST_BLOCK_ZOOM or self._detail.is_plain:
            self._paint_preview(painter, current)
        if self._detail.is_plain:
            return
        ink = _ink(color, current)
        if zoom < _SMALLEST_BLOCK_ZOOM:
            painter.setFont(_font(12.5 * _MOST_ENLARGED))
            painter.setPen(ink)
            room = int(self.rect.width() - _MARGIN)
            name = painter.fontMetrics().elidedText(self.name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(self.rect, Qt.AlignmentFlag.AlignCenter, name)
            return
        header = self.header(zoom)
        self._paint_fold(painter, self.fold_area(zoom), 1.0, current.accent if self.hover == "fold" else ink)
        painter.setFont(_font(12.5))
        painter.setPen(ink)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        name_area = header.adjusted(_FOLD_WIDTH, 0, -_MARGIN, 0)
        name = painter.fontMetrics().elidedText(
            self.name, Qt.TextElideMode.ElideRight, int(name_area.width())
        )
        painter.drawText(name_area, flags, name)
        count = len(self.group.members)
        painter.setFont(_font(11.0, QFont.Weight.Normal))
        painter.setPen(current.muted)
        foot = QRectF(self.rect.left() + _MARGIN, self.rect.bottom() - 24, self.rect.width(), 20)
        painter.drawText(foot, flags, f"{count} neuron{'' if count == 1 else 's'}")
        if self.problem:
            self._paint_problem(painter, current)

    def _paint_fold(self, painter: QPainter, area: QRectF, size: float, color: QColor) -> None:
        center = area.center()
        shape = (
            [(-2.5, -4.5), (3.0, 0.0), (-2.5, 4.5)]
            if self.group.collapsed
            else [(-4.5, -2.5), (0.0, 3.0), (4.5, -2.5)]
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPolygon(QPolygonF([center + QPointF(x, y) * size for x, y in shape]))

    def _paint_preview(self, painter: QPainter, current: Theme) -> None:
        room = self.rect.adjusted(_MARGIN + 6, HEADER + 8, -_MARGIN - 6, -28)
        points = [
            QPointF(room.left() + x * room.width(), room.top() + y * room.height()) for x, y, _ in self.dots
        ]
        painter.setPen(QPen(faded(current.muted, 0.4), 0.8))
        for source, target in self.links:
            painter.drawLine(points[source], points[target])
        painter.setPen(Qt.PenStyle.NoPen)
        for point, (_, _, role) in zip(points, self.dots, strict=True):
            painter.setBrush(getattr(current, role))
            painter.drawEllipse(point, 2.6, 2.6)

    def _paint_problem(self, painter: QPainter, current: Theme) -> None:
        at = self.rect.topRight() + QPointF(-4.0, 4.0)
        painter.setPen(QPen(current.canvas, 1.5))
        painter.setBrush(current.error)
        painter.drawEllipse(at, 8, 8)
        painter.setFont(_font(11.0))
        painter.drawText(QRectF(at.x() - 8, at.y() - 8, 16, 16), Qt.AlignmentFlag.AlignCenter, "!")

    def _size(self, zoom: float) -> float:
        return 1.0 if self.group.collapsed else _enlarged(zoom)

    def _shown_name(self, zoom: float) -> str:
        size = _enlarged(zoom)
        metrics = QFontMetricsF(_font(12.5 * size))
        room = max(self.rect.width() - (_FOLD_WIDTH + _MARGIN) * size, 110.0)
        return metrics.elidedText(self.name, Qt.TextElideMode.ElideRight, room)

    def _color(self, current: Theme) -> QColor:
        return QColor(self.group.color) if self.group.color else current.hidden


def _enlarged(zoom: float) -> float:
    return min(max(1.0 / max(zoom, 0.01), 1.0), _MOST_ENLARGED)


def _font(pixels: float, weight: QFont.Weight = QFont.Weight.DemiBold) -> QFont:
    font = QFont()
    font.setPixelSize(max(1, round(pixels)))
    font.setWeight(weight)
    return font


def _ink(color: QColor, current: Theme) -> QColor:
    """Return the group's color, moved towards that of text so that a name in it can be read."""
    return mixed(color, current.text, 0.55)
