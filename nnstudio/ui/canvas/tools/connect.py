"""Connect: drag from the rim of a neuron to another, or to empty space for a new one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPen

from nnstudio.errors import CycleError, DuplicateConnectionError, InvalidValueError
from nnstudio.ui import theme
from nnstudio.ui.canvas import drafts
from nnstudio.ui.canvas.geometry import NEURON_RADIUS
from nnstudio.ui.canvas.tools.gesture import Gesture, Pointer, select_clicked

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from nnstudio.errors import NetworkError
    from nnstudio.ui.canvas.view import CanvasView


_COLLAPSED = "A connection ends at a neuron. Expand the group to connect to one of its own."


class Connect(Gesture):
    """Draw connections from the pressed neuron, or from all selected ones where it is one of them."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: CanvasView, start: Pointer, neuron_id: str) -> None:
        super().__init__(canvas, start)
        self._id = neuron_id
        selected = canvas.document.selection.neurons
        network = canvas.document.network
        # In the order of the drawing, so that ids come out the same every time.
        self._sources = (
            tuple(n.id for n in network.neurons if n.id in selected)
            if neuron_id in selected
            else (neuron_id,)
        )
        self._target = ""
        self._legality = drafts.Legality((), ())
        self._at = start.scene
        self._began = start.pixel

    def click(self, pointer: Pointer) -> None:
        select_clicked(self, (self._id,), ())

    def drag(self, pointer: Pointer) -> None:
        self._at = pointer.scene
        hit = self.canvas.network_scene.pick(pointer.scene, self.canvas.zoom)
        target = hit.id if hit.kind in ("core", "rim") else ""
        if target == self._id:
            # Where the drag began: letting go there means having changed one's mind.
            target = ""
        if target != self._target:
            self._target = target
            self._check()
        self.canvas.hint.show_at(self._reason(), pointer.pixel, self._began)
        self.canvas.refresh()

    def drop(self, pointer: Pointer) -> None:
        self.drag(pointer)
        target, legality = self._target, self._legality
        self._clear()
        document = self.canvas.document
        hit = self.canvas.network_scene.pick(pointer.scene, self.canvas.zoom)
        if target:
            if legality.pairs:
                document.do(drafts.connect(document.network, legality.pairs, self.canvas.start))
            elif legality.problems:
                document.refused.emit(legality.problems[0])
        elif hit.kind in ("group", "fold"):
            document.refused.emit(InvalidValueError(_COLLAPSED))
        elif hit.id != self._id and self.canvas.viewport().rect().contains(pointer.pixel.toPoint()):
            edit, neuron_id = drafts.add_connected_neuron(
                document.network, self._sources, (pointer.scene.x(), pointer.scene.y()), self.canvas.start
            )
            if document.do(edit):
                document.selection.set((neuron_id,))

    def cancel(self) -> None:
        self._clear()
        super().cancel()

    def paint(self, painter: QPainter) -> None:
        if not self.is_drag:
            return
        current = theme.manager().current
        network = self.canvas.document.network
        legal = {source for source, _ in self._legality.pairs}
        end = self._at
        if self._target:
            end = QPointF(*network.neuron(self._target).position)
        for source in self._sources:
            if source == self._target or not network.has_neuron(source):
                continue
            refused = bool(self._target) and source not in legal
            pen = QPen(current.error if refused else current.accent, 2.0)
            pen.setCosmetic(True)
            pen.setStyle(Qt.PenStyle.DashLine if refused else Qt.PenStyle.SolidLine)
            painter.setPen(pen)
            start = QPointF(*network.neuron(source).position)
            items = self.canvas.network_scene.items_by_id
            tip = _off_rim(end, start, items[self._target].is_square) if self._target else end
            painter.drawLine(_off_rim(start, end, items[source].is_square), tip)
        hit = self.canvas.network_scene.pick(end, self.canvas.zoom)
        if not self._target and hit.id != self._id and hit.kind not in ("group", "fold"):
            # The neuron that letting go here would add.
            pen = QPen(current.accent, 1.5, Qt.PenStyle.DashLine)
            pen.setCosmetic(True)
            painter.setPen(pen)
            fill = QColor(current.accent)
            fill.setAlphaF(0.08)
            painter.setBrush(fill)
            painter.drawEllipse(end, NEURON_RADIUS, NEURON_RADIUS)

    def _check(self) -> None:
        network = self.canvas.document.network
        scene = self.canvas.network_scene
        if not self._target:
            self._legality = drafts.Legality((), ())
            scene.set_alert()
            return
        pairs = [(source, self._target) for source in self._sources if source != self._target]
        self._legality = drafts.check_pairs(network, pairs)
        neurons: set[str] = set()
        connections: list[str] = []
        for problem in self._legality.problems:
            if isinstance(problem, CycleError):
                neurons.update(problem.path)
                between = (network.connection_between(a, b) for a, b in pairwise(problem.path))
                connections += [connection.id for connection in between if connection is not None]
            elif isinstance(problem, DuplicateConnectionError):
                connections.append(problem.connection_id)
        scene.set_alert(neurons, connections)

    def _reason(self) -> str:
        problems: tuple[NetworkError, ...] = self._legality.problems
        if not problems:
            return ""
        # What to do about it comes with the refusal, where there is room for it.
        reason = str(problems[0]).split(". ")[0].rstrip(".") + "."
        legal = len(self._legality.pairs)
        return f"Connects {legal} of {legal + len(problems)}. {reason}" if legal else reason

    def _clear(self) -> None:
        self.canvas.hint.clear()
        self.canvas.network_scene.set_alert()


def _off_rim(center: QPointF, towards: QPointF, is_square: bool) -> QPointF:
    way = towards - center
    length = max(abs(way.x()), abs(way.y())) if is_square else (way.x() ** 2 + way.y() ** 2) ** 0.5
    return center + way * (NEURON_RADIUS / length) if length > NEURON_RADIUS else center
