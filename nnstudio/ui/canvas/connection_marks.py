"""What stands beside connections that are near: their numbers, and small marks of what holds them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from nnstudio.ui.numbers import format_number

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QTransform

    from nnstudio.ui.canvas.geometry import Floats
    from nnstudio.ui.canvas.graph import Graph
    from nnstudio.ui.theme import Theme

    Mask = NDArray[np.bool_]

_MOST_NUMBERS = 60
NUMBERS_ZOOM = 1.15  # from which on numbers are read
# A third of the way on, where lines that meet at a neuron have parted, and crossings are rarer.
NUMBER_SHARE = 0.36
_GAP_ASIDE = 2.0  # pixels between a line and a number beside it
_MOST_MARKS = 150
_MARKS_ZOOM = 0.6
_MARK_SHARE = 0.5
_MARK_GAP = 15.0


def paint_numbers(
    painter: QPainter,
    transform: QTransform,
    area: QRectF,
    graph: Graph,
    values: Floats,
    hovered: int | None,
    theme: Theme,
    among: Mask | None,
    least_zoom: float = NUMBERS_ZOOM,
    *,
    plates: bool = True,
) -> None:
    """Paint values on their connections where there is room, and that of the one under the pointer.

    Where ``among`` (connections,) is given, all others but that one have none. ``plates`` of the canvas's
    color keep the lines from running through them; without, they stand beside their lines.
    """
    places: list[int] = []
    if transform.m11() >= least_zoom:
        places = _on_view(transform, area, graph, among, NUMBER_SHARE, _MOST_NUMBERS)
    # Where numbers would overlap, the one under the pointer and the strong win.
    places = sorted({*places, *([] if hovered is None else [hovered])}, key=lambda p: -abs(values[p]))
    places.sort(key=lambda place: place != hovered)
    taken: list[QRectF] = []
    font = QFont()
    font.setPixelSize(11)
    painter.setFont(font)
    for place, at in zip(places, _pixels(transform, graph, places, NUMBER_SHARE), strict=True):
        text = format_number(float(values[place]), 4 if place == hovered else 3)
        width = painter.fontMetrics().horizontalAdvance(text) + 10
        box = QRectF(at.x() - width / 2, at.y() - 9, width, 18)
        if not plates:
            box.translate(_aside(transform, graph, place, box))
        if any(box.intersects(other) for other in taken):
            continue
        taken.append(box)
        if plates:
            painter.setPen(QPen(theme.border, 1) if place == hovered else Qt.PenStyle.NoPen)
            back = QColor(theme.panel if place == hovered else theme.canvas)
            back.setAlphaF(0.95 if place == hovered else 0.82)
            painter.setBrush(back)
            painter.drawRoundedRect(box, 5, 5)
        painter.setPen(theme.text if place == hovered else theme.muted)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _aside(transform: QTransform, graph: Graph, place: int, box: QRectF) -> QPointF:
    """Return how far to move a text from its connection for the line not to run through it: upwards."""
    before, after = (
        _pixels(transform, graph, [place], share)[0] for share in (NUMBER_SHARE - 0.04, NUMBER_SHARE + 0.04)
    )
    along = after - before
    length = math.hypot(along.x(), along.y())
    if not length:
        return QPointF()
    across = QPointF(along.y(), -along.x()) / length
    if across.y() > 0:
        across = -across
    # The text is lower than its box, and narrower.
    reach = abs(across.x()) * (box.width() / 2 - 3) + abs(across.y()) * 6 + _GAP_ASIDE
    return across * reach


def paint_marks(
    painter: QPainter, transform: QTransform, area: QRectF, graph: Graph, theme: Theme, among: Mask | None
) -> None:
    """Mark connections that are frozen, keep a sign or share their weight, once they are large enough."""
    if transform.m11() < _MARKS_ZOOM:
        return
    marked = graph.frozen | graph.tied | (graph.signs != 0)
    if among is not None:
        marked &= among
    if not marked.any():
        return
    places = _on_view(transform, area, graph, marked, _MARK_SHARE, _MOST_MARKS)
    for place, at in zip(places, _pixels(transform, graph, places, _MARK_SHARE), strict=True):
        marks = [
            *(["frozen"] if graph.frozen[place] else []),
            *(["+" if graph.signs[place] > 0 else "\N{MINUS SIGN}"] if graph.signs[place] else []),
            *(["tied"] if graph.tied[place] else []),
        ]
        left = at.x() - _MARK_GAP * (len(marks) - 1) / 2.0
        for number, mark in enumerate(marks):
            _paint_mark(painter, QPointF(left + number * _MARK_GAP, at.y()), mark, theme)


def _paint_mark(painter: QPainter, at: QPointF, mark: str, theme: Theme) -> None:
    painter.setBrush(theme.canvas)
    painter.setPen(QPen(theme.faint, 1.0))
    painter.drawEllipse(at, 6.5, 6.5)
    pen = QPen(theme.muted, 1.25)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    x, y = at.x(), at.y()
    if mark == "frozen":
        # A lock: what is in there stays.
        painter.setBrush(theme.muted)
        painter.drawRect(QRectF(x - 2.5, y - 0.5, 5.0, 3.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawArc(QRectF(x - 1.8, y - 3.8, 3.6, 5.0), 0, 180 * 16)
    elif mark == "tied":
        painter.drawLine(QPointF(x - 2.8, y - 1.5), QPointF(x + 2.8, y - 1.5))
        painter.drawLine(QPointF(x - 2.8, y + 1.5), QPointF(x + 2.8, y + 1.5))
    else:
        painter.drawLine(QPointF(x - 2.8, y), QPointF(x + 2.8, y))
        if mark == "+":
            painter.drawLine(QPointF(x, y - 2.8), QPointF(x, y + 2.8))


def _on_view(
    transform: QTransform,
    area: QRectF,
    graph: Graph,
    among: Mask | None,
    share: float,
    most: int,
) -> list[int]:
    """Return the connections whose point at a share of the way is on view; none where there are too many."""
    shown = np.ones(len(graph.connection_ids), dtype=bool) if among is None else among.copy()
    if graph.hidden is not None:
        shown &= ~graph.hidden
    places = np.flatnonzero(shown)
    points = graph.points_at(places, share) * transform.m11() + (transform.dx(), transform.dy())
    inside = (
        (points[:, 0] >= area.left())
        & (points[:, 0] <= area.right())
        & (points[:, 1] >= area.top())
        & (points[:, 1] <= area.bottom())
    )
    found = places[inside]
    return found.tolist() if len(found) <= most else []


def _pixels(transform: QTransform, graph: Graph, places: list[int], share: float) -> list[QPointF]:
    points = graph.points_at(np.array(places, dtype=np.intp), share)
    return [transform.map(QPointF(x, y)) for x, y in points.tolist()]
