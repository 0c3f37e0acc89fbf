"""Small pictures: of data as points in the colors of their classes, a curve or a table, and of networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

if TYPE_CHECKING:
    from nnstudio.data import Dataset
    from nnstudio.network import Network
    from nnstudio.ui.theme import Theme

_MOST_POINTS = 160
_MOST_LINES, _MOST_CIRCLES = 3000, 1000


def paint_data(painter: QPainter, area: QRectF, data: Dataset, theme: Theme) -> None:
    """Paint a picture of the data into ``area``: images, a curve, points or a table."""
    if data.image_shape is not None:
        _paint_images(painter, area, data, data.image_shape, theme)
    elif data.x.shape[1] == 1:
        _paint_curve(painter, area, data, theme)
    elif data.x.shape[1] == 2:
        _paint_points(painter, area, data, theme)
    else:
        _paint_table(painter, area, data, theme)


def class_color(theme: Theme, value: float) -> QColor:
    """Return the color of a target: towards the positive hue where large, the negative where small."""
    return theme.positive if value >= 0.5 else theme.negative


def _paint_points(painter: QPainter, area: QRectF, data: Dataset, theme: Theme) -> None:
    side = min(area.width(), area.height() * 1.5)
    room = QRectF(area.center().x() - side / 2, area.top(), side, area.height()).adjusted(3, 3, -3, -3)
    rows = range(0, len(data.x), max(1, len(data.x) // _MOST_POINTS))
    x = data.x[rows]
    low, high = x.min(axis=0), x.max(axis=0)
    span = high - low
    span[span == 0.0] = 1.0
    places = ((x - low) / span).tolist()
    targets = data.y[rows, 0]
    reach = float(targets.max() - targets.min()) or 1.0
    shares = ((targets - targets.min()) / reach).tolist()
    radius = 3.0 if len(places) <= 8 else 1.5
    painter.setPen(Qt.PenStyle.NoPen)
    for (across, up), share in zip(places, shares, strict=True):
        color = QColor(class_color(theme, share))
        if not data.classes:
            color.setAlphaF(0.25 + 0.75 * abs(2 * share - 1))
        painter.setBrush(color)
        painter.drawEllipse(
            QPointF(room.left() + across * room.width(), room.bottom() - up * room.height()), radius, radius
        )


def _paint_images(
    painter: QPainter, area: QRectF, data: Dataset, shape: tuple[int, int], theme: Theme
) -> None:
    """Paint the first row of each of some classes as an image, its ink in the color of text."""
    rows, columns = shape
    side = area.height() / 2 - 1.5
    across = max(1, int(area.width() // (side + 3)))
    labels = data.class_indices(data.y) if data.classes else range(len(data.x))
    first = list(dict(zip(reversed(list(labels)), reversed(range(len(data.x))), strict=True)).values())
    left = area.center().x() - (across * (side + 3) - 3) / 2
    low, high = float(data.x.min()), float(data.x.max())
    painter.setPen(Qt.PenStyle.NoPen)
    for place, row in enumerate(sorted(first)[: 2 * across]):
        x, y = left + place % across * (side + 3), area.top() + place // across * (side + 3)
        shares = ((data.x[row] - low) / ((high - low) or 1.0)).reshape(rows, columns).tolist()
        for down, line in enumerate(shares):
            for along, share in enumerate(line):
                color = QColor(theme.text)
                color.setAlphaF(share)
                cell = QRectF(x + along * side / columns, y + down * side / rows, side / columns, side / rows)
                painter.fillRect(cell, color)


def _paint_curve(painter: QPainter, area: QRectF, data: Dataset, theme: Theme) -> None:
    room = area.adjusted(3, 3, -3, -3)
    order = data.x[:, 0].argsort()
    x, y = data.x[order, 0], data.y[order, 0]
    width, height = float(x[-1] - x[0]) or 1.0, float(y.max() - y.min()) or 1.0
    points = [
        QPointF(
            room.left() + (a - x[0]) / width * room.width(),
            room.bottom() - (b - y.min()) / height * room.height(),
        )
        for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]
    painter.setPen(QPen(theme.positive, 1.5))
    painter.drawPolyline(QPolygonF(points))


def _paint_table(painter: QPainter, area: QRectF, data: Dataset, theme: Theme) -> None:
    rows = 5
    columns = min(data.x.shape[1], 5) + 1
    width, height = min(area.width(), 12.0 * columns) / columns, area.height() / rows
    left = area.center().x() - width * columns / 2
    # Rows from all over the table, because neighbors often belong to one class.
    picked = [round(place * (len(data.x) - 1) / (rows - 1)) for place in range(rows)]
    x = data.x[picked]
    low, high = data.x.min(axis=0), data.x.max(axis=0)
    label = (
        data.y[picked].argmax(axis=1).tolist() if data.y.shape[1] > 1 else data.y[picked, 0].round().tolist()
    )
    hues = (theme.positive, theme.negative, theme.output, theme.input)
    painter.setPen(Qt.PenStyle.NoPen)
    for row in range(rows):
        for column in range(columns):
            if column == columns - 1:
                color = QColor(hues[int(label[row]) % len(hues)])
            else:
                color = QColor(theme.muted)
                reach = float(high[column] - low[column]) or 1.0
                color.setAlphaF(0.15 + 0.6 * float(x[row, column] - low[column]) / reach)
            painter.setBrush(color)
            cell = QRectF(left + column * width, area.top() + row * height, width - 1.5, height - 1.5)
            painter.drawRoundedRect(cell, 1.5, 1.5)


def paint_network(network: Network, painter: QPainter, area: QRectF, current: Theme) -> None:
    """Paint a picture of a network into ``area``: lines in the colors of signs, circles in those of roles."""
    places = {neuron.id: neuron.position for neuron in network.neurons}
    if not places:
        return
    xs = [x for x, _ in places.values()]
    ys = [y for _, y in places.values()]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    radius = 3.2 if len(places) < 12 else 2.4
    room = area.adjusted(radius + 2, radius + 2, -radius - 2, -radius - 2)
    # Each direction for itself, because tall layers would otherwise squeeze the columns together.
    across = min(room.width() / max(width, 1e-9), 0.16)
    down = min(room.height() / max(height, 1e-9), 0.16)
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    points = {
        key: QPointF(room.center().x() + (x - middle_x) * across, room.center().y() + (y - middle_y) * down)
        for key, (x, y) in places.items()
    }
    for connection in network.connections[:_MOST_LINES]:
        painter.setPen(QPen(current.positive if connection.weight >= 0 else current.negative, 0.8))
        painter.drawLine(points[connection.source], points[connection.target])
    for neuron in network.neurons[:_MOST_CIRCLES]:
        painter.setPen(QPen(getattr(current, neuron.role), 1.4))
        painter.setBrush(current.field)
        painter.drawEllipse(points[neuron.id], radius, radius)
