"""The walk on the canvas: dots on their way, lit neurons and numbers, painted by one item over all others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.network.rules import POSITION_LIMIT
from nnstudio.ui import theme
from nnstudio.ui.canvas.geometry import NEURON_RADIUS
from nnstudio.ui.canvas.tints import faded
from nnstudio.ui.colors import robust_scale
from nnstudio.ui.phases import words
from nnstudio.ui.phases.plates import HEIGHT, Box, Place, Placed, Plate, Tone, place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from nnstudio.training.phases import Cycle
    from nnstudio.ui.canvas.graph import Graph
    from nnstudio.ui.phases.frames import Frame
    from nnstudio.ui.theme import Theme

# Beyond so many connections on view there are dots alone, and beyond so many dots the strong ones alone.
MOST_NUMBERED = 40
_MOST_DOTS = 1500
_MOST_NEURONS = 40
_STRONGEST = 24  # of the changes, where there are more
_NUMBERS_ZOOM, _LONG_ZOOM = 0.3, 0.7  # from which on there are numbers, and how they come to be
_SHARES = (0.36, 0.5, 0.64, 0.24, 0.76)
_DOT_STEPS = 6
FEW_DOTS = 150  # more are painted smaller, and without rims
_FONT_PIXELS = 11
# How far LOSS is when an output's own term appears, and the sum of them.
_TERM_FROM, _TOTAL_FROM = 0.35, 0.7


class WalkLayer(QGraphicsItem):
    """Paints a frame of a cycle. ``blocked`` tells which boxes of the view are covered by other things."""

    def __init__(self, graph: Callable[[], Graph], blocked: Callable[[], Sequence[Box]]) -> None:
        super().__init__()
        self._graph = graph
        self._blocked = blocked
        self._cycle: Cycle | None = None
        self._frame: Frame | None = None
        self._start: NDArray[np.float64] | None = None
        self._slots: tuple[Graph, Cycle, NDArray[np.intp], NDArray[np.intp]] | None = None
        self.placed: list[Placed] = []  # the numbers as painted last
        self._placed_for: tuple[object, ...] = ()
        self.setZValue(10.0)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.hide()

    def boundingRect(self) -> QRectF:
        return QRectF(-POSITION_LIMIT, -POSITION_LIMIT, 2 * POSITION_LIMIT, 2 * POSITION_LIMIT)

    def show_frame(
        self, cycle: Cycle | None, frame: Frame | None, start: NDArray[np.float64] | None = None
    ) -> None:
        """Paint another moment; ``start`` (connections,) are the first weights; None paints nothing."""
        self._cycle, self._frame, self._start = cycle, frame, start
        self.setVisible(cycle is not None)
        self.update()

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        cycle, frame = self._cycle, self._frame
        if cycle is None or frame is None or widget is None:
            return  # a picture of the network has none of it
        transform = painter.worldTransform()
        area = QRectF(painter.viewport())
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scene = _OnView(self._graph(), cycle, *self._mapped(cycle), transform, area)
        _paint_glow(painter, scene, frame)
        if frame.moving.any():
            _paint_dots(painter, scene, frame)
        self._paint_plates(painter, scene, frame)
        painter.restore()

    def _mapped(self, cycle: Cycle) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the slots in the graph of the program's connections and neurons."""
        graph = self._graph()
        if self._slots is None or self._slots[0] is not graph or self._slots[1] is not cycle:
            connections = [graph.connection_slots[key] for key in cycle.program.connection_ids]
            neurons = [graph.neuron_slots[key] for key in cycle.program.neuron_ids]
            self._slots = graph, cycle, np.array(connections, np.intp), np.array(neurons, np.intp)
        return self._slots[2], self._slots[3]

    def _paint_plates(self, painter: QPainter, scene: _OnView, frame: Frame) -> None:
        font = _font()
        blocked = self._blocked()
        # Numbers change with the stage, not with every dot on its way.
        key = (scene.key(), frame.phase, frame.stage, _passed_by(frame), _loss_parts(frame), *blocked)
        if key != self._placed_for:
            self._placed_for = key
            self.placed = self._place(scene, frame, QFontMetricsF(font), blocked)
        current = theme.manager().current
        painter.setFont(font)
        for box, text, tone in self.placed:
            _paint_plate(painter, QRectF(*box), text, _edge(current, frame.phase, tone), current)

    def _place(
        self, scene: _OnView, frame: Frame, metrics: QFontMetricsF, blocked: Sequence[Box]
    ) -> list[Placed]:
        area = scene.area
        circles = [
            (x - scene.radius, y - scene.radius, 2 * scene.radius, 2 * scene.radius)
            for x, y in scene.places[scene.shown].tolist()
        ]
        return place(
            [*_connection_plates(scene, frame, self._start), *_neuron_plates(scene, frame)],
            metrics.horizontalAdvance,
            (area.left() + 4, area.top() + 4, area.width() - 8, area.height() - 8),
            [*blocked, *circles],
        )


class _OnView:
    """The cycle's neurons and connections where they are on the screen, in pixels."""

    def __init__(
        self,
        graph: Graph,
        cycle: Cycle,
        connections: NDArray[np.intp],
        neurons: NDArray[np.intp],
        transform: QTransform,
        area: QRectF,
    ) -> None:
        self.graph, self.cycle, self.area = graph, cycle, area
        self.connections = connections
        self._transform = transform
        self.zoom = transform.m11()
        self.radius = NEURON_RADIUS * self.zoom
        self.places = self.pixels(graph.positions[neurons])
        self.shown = self._inside(self.places, self.radius) & ~graph.hidden_neurons[neurons]
        self.open = np.ones(len(connections), bool) if graph.hidden is None else ~graph.hidden[connections]
        # Some of a line is on view where one of its ends is, near enough for numbers and dots.
        program = cycle.program
        self.near = self.open & (self.shown[program.source_slot] | self.shown[program.target_slot])

    def key(self) -> tuple[object, ...]:
        """Return what the places depend on."""
        way = self._transform
        moved = float(self.graph.positions.sum())
        area = self.area
        return self.cycle, way.m11(), way.dx(), way.dy(), moved, area.width(), area.height()

    def pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points (n, 2) of the scene in pixels."""
        return points * self.zoom + (self._transform.dx(), self._transform.dy())

    def along(self, slots: NDArray[np.intp], share: float) -> NDArray[np.float64]:
        """Return the pixels (n, 2) at a share of the way of some of the program's connections."""
        return self.pixels(self.graph.points_at(self.connections[slots], share))

    def _inside(self, points: NDArray[np.float64], room: float) -> NDArray[np.bool_]:
        area, (x, y) = self.area, points.T
        across = (x > area.left() - room) & (x < area.right() + room)
        inside: NDArray[np.bool_] = across & (y > area.top() - room) & (y < area.bottom() + room)
        return inside


def _paint_glow(painter: QPainter, scene: _OnView, frame: Frame) -> None:
    """Ring what has been reached, brightest where it just was."""
    accent = theme.manager().current.accent
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if frame.phase not in ("predict", "gradient"):
        return
    for slot in np.flatnonzero(frame.arrived & frame.neurons & scene.shown).tolist():
        if frame.glow <= 0.0:
            break
        at = QPointF(*scene.places[slot])
        grown = scene.radius + (3.0 + 8.0 * (1.0 - frame.glow)) * min(1.0, scene.zoom)
        painter.setPen(QPen(faded(accent, 0.75 * frame.glow), 3.0 * min(1.0, scene.zoom) + 0.5))
        painter.drawEllipse(at, grown, grown)


def _paint_dots(painter: QPainter, scene: _OnView, frame: Frame) -> None:
    cycle = scene.cycle
    values = cycle.flows if frame.phase == "predict" else cycle.passed.gradients.weights
    slots = np.flatnonzero(frame.moving & scene.open)
    if len(slots) > _MOST_DOTS:
        slots = slots[np.argsort(-np.abs(values[slots]))[:_MOST_DOTS]]
    points = scene.along(slots, frame.share)
    program = cycle.program
    # Out of one neuron and into the next: under them there is nothing to be seen.
    free = np.ones(len(slots), bool)
    for ends in (program.source_slot[slots], program.target_slot[slots]):
        free &= np.hypot(*(points - scene.places[ends]).T) > scene.radius + 1.0
    slots, points = slots[free], points[free]
    sizes = np.clip(np.abs(values[slots]) / robust_scale(values), 0.0, 1.0)
    steps = np.rint(np.sqrt(sizes) * _DOT_STEPS).astype(np.intp)
    current = theme.manager().current
    few = len(slots) <= FEW_DOTS
    factor = min(max(scene.zoom, 0.6), 1.3) * (1.0 if few else 0.6)
    for negative in (False, True):
        color = _sign_color(current, frame.phase, negative=negative)
        for step in range(_DOT_STEPS + 1):
            chosen = points[(steps == step) & ((values[slots] < 0.0) == negative)]
            if not len(chosen):
                continue
            dots = QPolygonF([QPointF(x, y) for x, y in chosen.tolist()])
            size = (5.0 + 7.0 * step / _DOT_STEPS) * factor
            for pen_color, width in ([(current.canvas, size + 2.5)] if few else []) + [(color, size)]:
                painter.setPen(QPen(pen_color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawPoints(dots)


def _sign_color(current: Theme, phase: str, *, negative: bool) -> QColor:
    if phase == "gradient":
        # The arms of the gradient's own color map.
        return current.ok if negative else current.output
    return current.negative if negative else current.positive


def _connection_plates(scene: _OnView, frame: Frame, start: NDArray[np.float64] | None) -> list[Plate]:
    if frame.phase in ("loss", "stop") or scene.zoom < _NUMBERS_ZOOM:
        return []
    told = frame.connections | (frame.moving & (_passed_by(frame) > 0.0))
    slots = np.flatnonzero(told & scene.near)
    if len(slots) > MOST_NUMBERED and frame.phase == "step":
        # There are no dots that would show them.
        strongest = np.argsort(-np.abs(scene.cycle.changes.weights[slots]), kind="stable")
        slots = np.sort(slots[strongest[:_STRONGEST]])
    elif len(slots) > MOST_NUMBERED:
        slots = np.flatnonzero(frame.moving & told & scene.near)
    if not len(slots) or len(slots) > MOST_NUMBERED:
        return []
    cycle = scene.cycle
    places = np.stack([scene.along(slots, share) for share in _SHARES], axis=1)
    found = []
    for slot, points in zip(slots.tolist(), places.tolist(), strict=True):
        texts, value = _texts(cycle, frame, slot, start)
        if (len(slots) > MOST_NUMBERED // 2 or scene.zoom < _LONG_ZOOM) and frame.phase != "step":
            texts = texts[1:]
        # What is on its way is more interesting than what has been.
        rank = (2.0 if frame.moving[slot] else 1.0) + math.tanh(abs(value)) / 2.0
        tone: Tone = "plain" if frame.phase == "init" else "negative" if value < 0.0 else "positive"
        found.append(Plate(texts, tuple((x, y, 0) for x, y in points), tone, rank))
    return found


def _passed_by(frame: Frame) -> float:
    """Return 1 once dots have come to where numbers stand."""
    way = frame.share if frame.phase == "predict" else 1.0 - frame.share
    return float(way > 0.3)


def _texts(
    cycle: Cycle, frame: Frame, slot: int, start: NDArray[np.float64] | None
) -> tuple[tuple[str, ...], float]:
    """Return what is told of a connection, and the number that it is about."""
    if frame.phase == "predict":
        return words.flow_texts(cycle, slot), float(cycle.flows[slot])
    if frame.phase == "gradient":
        return words.gradient_texts(cycle, slot), float(cycle.passed.gradients.weights[slot])
    if frame.phase == "init":
        weight = float((cycle.before.weights if start is None else start)[slot])
        return (words.number(weight),) * 2, weight
    change = float(cycle.changes.weights[slot])
    old, new = float(cycle.before.weights[slot]), float(cycle.after.weights[slot])
    return words.change_texts(old, new), change


def _neuron_plates(scene: _OnView, frame: Frame) -> list[Plate]:
    if scene.zoom < _NUMBERS_ZOOM or frame.phase in ("init", "stop"):
        return []
    cycle, program = scene.cycle, scene.cycle.program
    slots = np.flatnonzero(frame.neurons & scene.shown & (np.arange(program.n_neurons) >= program.n_inputs))
    if frame.phase == "loss":
        return _loss_plates(scene, frame)
    if len(slots) > _MOST_NEURONS:
        return []
    found = []
    for slot in slots.tolist():
        tone: Tone = "strong"
        if frame.phase == "predict":
            texts = words.sum_texts(cycle, slot)
        elif frame.phase == "gradient":
            texts = (f"δ {words.number(float(cycle.passed.deltas[slot]))}",)
        else:
            if not program.gradient_mask[program.n_connections + slot]:
                continue
            old, new = float(cycle.before.biases[slot]), float(cycle.after.biases[slot])
            long, short = words.change_texts(old, new)
            texts, tone = (f"b {long}", f"b {short}"), "plain"
        found.append(Plate(texts, _around(scene, slot), tone, 3.0))
    return found


def _loss_plates(scene: _OnView, frame: Frame) -> list[Plate]:
    cycle, program = scene.cycle, scene.cycle.program
    found = []
    outputs = np.arange(program.n_neurons)[program.output_slots].tolist()
    shown = [(column, slot) for column, slot in enumerate(outputs) if scene.shown[slot]]
    if not shown:
        return []
    for column, slot in shown if len(shown) <= _MOST_NEURONS else []:
        x, y = scene.places[slot].tolist()
        left = x - scene.radius - 8.0
        over: Place = (x, y - scene.radius - 13.0, 0)
        found.append(Plate(words.target_texts(cycle, column), (over, *_around(scene, slot)), "strong", 3.0))
        if frame.progress > _TERM_FROM:
            beside: tuple[Place, ...] = ((left, y, -1), *_around(scene, slot))
            found.append(Plate(words.term_texts(cycle, column), beside, "negative", 2.5))
    if frame.progress > _TOTAL_FROM:
        x, y = min((scene.places[slot].tolist() for _, slot in shown), key=lambda at: float(at[1]))
        total = f"loss {words.number(cycle.passed.loss)}"
        high = y - scene.radius - 13.0 - HEIGHT
        above: list[Place] = [(x, high - up, 0) for up in (8.0, 32.0)]
        found.append(Plate((total,), (*above, *_around(scene, shown[0][1])), "strong", 4.0))
    return found


def _loss_parts(frame: Frame) -> int:
    """Return how much of the loss is told."""
    return (frame.progress > _TERM_FROM) + (frame.progress > _TOTAL_FROM) if frame.phase == "loss" else 0


def _around(scene: _OnView, slot: int) -> tuple[Place, ...]:
    """Return where a plate may stand beside a neuron: above, aside, below its label."""
    x, y = scene.places[slot].tolist()
    up, aside = scene.radius + 13.0, scene.radius + 6.0
    return (
        (x, y - up, 0),
        (x + aside, y - up / 2, 1),
        (x - aside, y - up / 2, -1),
        (x, y + scene.radius + 30.0, 0),
        (x, y - up - HEIGHT - 4.0, 0),
    )


def _font() -> QFont:
    font = QFont()
    font.setPixelSize(_FONT_PIXELS)
    # Digits of one width, so that numbers that change don't tremble.
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def _edge(current: Theme, phase: str, tone: Tone) -> QColor:
    if tone == "plain":
        return faded(current.border, 0.7)
    if tone == "strong":
        return faded(current.accent, 0.9)
    return faded(_sign_color(current, phase, negative=tone == "negative"), 0.6)


def _paint_plate(painter: QPainter, box: QRectF, text: str, edge: QColor, current: Theme) -> None:
    painter.setPen(QPen(edge, 1.0))
    painter.setBrush(faded(current.panel, 0.96))
    painter.drawRoundedRect(box, 5.0, 5.0)
    painter.setPen(current.text)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
