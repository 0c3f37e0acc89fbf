"""The scene: neurons and connections of the document as items, kept true to its events."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QGraphicsScene

from nnstudio.network.events import (
    ConnectionAdded,
    ConnectionChanged,
    ConnectionRemoved,
    GroupsChanged,
    NeuronAdded,
    NeuronChanged,
    NeuronRemoved,
    ParametersChanged,
)
from nnstudio.network.rules import POSITION_LIMIT
from nnstudio.ui import colors, theme
from nnstudio.ui.canvas.connection_layer import ConnectionLayer
from nnstudio.ui.canvas.crowd import NeuronCrowd
from nnstudio.ui.canvas.geometry import (
    NEURON_RADIUS,
    PICK_PIXELS,
    RIM_INSIDE,
    rim_reach,
    square_distance,
)
from nnstudio.ui.canvas.graph import Graph
from nnstudio.ui.canvas.groups import Groups
from nnstudio.ui.canvas.neuron_item import Detail, NeuronItem
from nnstudio.ui.colors import robust_scale

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from PySide6.QtCore import QPointF

    from nnstudio.network import Neuron
    from nnstudio.network.events import Event
    from nnstudio.network.items import Position
    from nnstudio.training import Snapshot
    from nnstudio.ui.canvas.faces.painting import Face
    from nnstudio.ui.canvas.geometry import Rect
    from nnstudio.ui.canvas.strokes import ColorMode
    from nnstudio.ui.document import Document


@dataclass(frozen=True)
class Hit:
    """What is under a point: the middle or the rim of a neuron, a connection, a part of a group, or nothing.

    "group" is the name or the block of one, "fold" what collapses and expands it, "band" its connections.
    """

    kind: Literal["core", "rim", "connection", "group", "fold", "band", "empty"]
    id: str = ""


EMPTY = Hit("empty")
_GROUP_KINDS = ("group", "fold", "band")


class NetworkScene(QGraphicsScene):
    """Maps the document's network to items. Connections are arrays, which are made anew when next needed."""

    structure_changed = Signal()
    values_changed = Signal()
    hit_changed = Signal()
    faces_switched = Signal()  # which neurons show a picture, and so are square

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        # NoIndex: the tree would be sorted anew with every move, and picking has its own arithmetic.
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        room = POSITION_LIMIT * 1.1
        self.setSceneRect(-room, -room, 2 * room, 2 * room)
        self.items_by_id: dict[str, NeuronItem] = {}
        self._detail = Detail()
        self._graph_is_old = False
        self._snapshot: Snapshot | None = None
        self._problems: dict[str, str] = {}
        self._serious: frozenset[str] = frozenset()
        self._marked: frozenset[str] = frozenset()
        self._hit = EMPTY
        self._alert: frozenset[str] = frozenset()
        self._path: frozenset[str] = frozenset()
        self._layer = ConnectionLayer(Graph(document.network))
        self.addItem(self._layer)
        self.groups = Groups(self)
        self._crowd = NeuronCrowd(self.items_by_id, lambda: self.graph, self._detail)
        self.addItem(self._crowd)
        document.network_changed.connect(self._on_network_changed)
        document.project_replaced.connect(self._rebuild)
        document.selection.changed.connect(self._show_selection)
        theme.manager().changed.connect(self._restyle)
        self._rebuild()

    @contextmanager
    def plain(self) -> Iterator[None]:
        """Leave text and numbers out of what is painted meanwhile."""
        had_numbers = self._layer.has_numbers
        self._detail.is_plain, self._layer.has_numbers = True, False
        try:
            yield
        finally:
            self._detail.is_plain, self._layer.has_numbers = False, had_numbers

    # Reading

    @property
    def graph(self) -> Graph:
        """The network as arrays, up to date."""
        return self.layer.graph

    @property
    def layer(self) -> ConnectionLayer:
        """The item that paints all connections."""
        self._refresh_graph()
        return self._layer

    @property
    def detail(self) -> Detail:
        """From which zoom on text is painted."""
        return self._detail

    @property
    def hit(self) -> Hit:
        """What is under the pointer, as shown."""
        return self._hit

    @property
    def marked(self) -> frozenset[str]:
        """Neurons marked as sources to connect from."""
        return self._marked

    def pick(self, at: QPointF, zoom: float) -> Hit:
        """Return what is at a point of the scene; neurons win over connections, and blocks over neurons."""
        graph = self.graph
        x, y = at.x(), at.y()
        groups = self.groups
        group_id = groups.block_at(at)
        if group_id is not None:
            return Hit("fold" if groups.is_fold(group_id, at, zoom) else "group", group_id)
        found = self._neuron_at(x, y, NEURON_RADIUS + rim_reach(zoom))
        if found is not None:
            neuron_id, distance = found
            return Hit("core" if distance <= NEURON_RADIUS - RIM_INSIDE else "rim", neuron_id)
        group_id = groups.header_at(at, zoom)
        if group_id is not None:
            return Hit("fold" if groups.is_fold(group_id, at, zoom) else "group", group_id)
        connection_id = graph.connection_at(x, y, PICK_PIXELS / 2.0 / zoom)
        if connection_id is not None:
            return Hit("connection", connection_id)
        band = groups.band_at(at, PICK_PIXELS / 2.0 / zoom)
        return EMPTY if band is None else Hit("band", band)

    def _neuron_at(self, x: float, y: float, reach: float) -> tuple[str, float] | None:
        """Return the neuron at a point and the distance from its middle, as if all were round."""
        found = self.graph.neuron_at(x, y, reach * math.sqrt(2.0))
        if found is None:
            return None
        neuron_id, distance = found
        item = self.items_by_id[neuron_id]
        if item.is_square:
            distance = square_distance(x - item.x(), y - item.y())
        return (neuron_id, distance) if distance <= reach else None

    def describe(self, hit: Hit) -> str:
        """Return what a tooltip says of what is at a point; empty where there is nothing to say."""
        if hit.kind in ("core", "rim") and hit.id in self.items_by_id:
            return self.items_by_id[hit.id].describe()
        if hit.kind in ("group", "fold") and hit.id in self.groups.items:
            return self.groups.items[hit.id].describe()
        return self.groups.describe_band(hit.id) if hit.kind == "band" else ""

    def neurons_in(self, rect: Rect) -> list[str]:
        """Return the neurons whose center, or whose collapsed group's middle, lies in ``rect``."""
        return self.graph.neurons_in(rect) + self.groups.members_in(rect)

    def bounds(self, neuron_ids: Collection[str] | None = None) -> Rect | None:
        """Return the box around the centers of some neurons, or of all, as they are drawn."""
        return self.groups.bounds(neuron_ids)

    # What is shown beside the network itself

    def shown_weight(self, connection_id: str) -> float:
        """Return the weight on view, which may be of another moment than the drawing's."""
        graph = self.graph
        return float(graph.weights[graph.connection_slots[connection_id]])

    def set_snapshot(self, snapshot: Snapshot | None) -> None:
        """Show the values of a snapshot; None: the network's own weights, no gradients and activations."""
        self._snapshot = snapshot
        graph = self.graph
        if snapshot is not None:
            graph.show(snapshot)
        else:
            graph.forget_snapshot()
            weights, _ = self._document.network.values()
            graph.weights[:] = [weights[i] for i in graph.connection_ids]
        self._show_biases(snapshot)
        self._layer.values_changed()
        self.groups.values_changed()
        self._show_activations()
        self.values_changed.emit()

    def set_faces(self, faces: Mapping[str, Face]) -> None:
        """Show pictures in neurons, by their ids; the others show their values."""
        changed = False
        for neuron_id, item in self.items_by_id.items():
            face = faces.get(neuron_id)
            changed |= (face is None) != (item.face is None)
            item.face = face
        self.update()
        if changed:
            self.faces_switched.emit()

    def set_problems(self, problems: Mapping[str, str], serious: Iterable[str]) -> None:
        """Say at neurons what is wrong with them, and for which it keeps the network from being trained."""
        self._problems = dict(problems)
        self._serious = frozenset(serious)
        for item in self.items_by_id.values():
            self._show_problem(item)
        self.groups.set_problems(self._problems)
        self.update()

    def _show_problem(self, item: NeuronItem) -> None:
        item.problem = self._problems.get(item.neuron.id, "")
        item.is_problem_serious = item.neuron.id in self._serious

    def set_mode(self, mode: ColorMode) -> None:
        """Color the connections by another value."""
        self.layer.set_mode(mode)
        self.groups.values_changed()
        self.values_changed.emit()

    def set_errors(self, errors: Mapping[str, float] | None) -> None:
        """Color the connections by the relative errors of their gradients, by id; None: as chosen again."""
        self.layer.set_errors(errors)
        self.groups.values_changed()
        self.values_changed.emit()

    def set_hit(self, hit: Hit) -> None:
        """Show what is under the pointer."""
        if hit == self._hit:
            return
        before = self.items_by_id.get(self._hit.id) if self._hit.kind in ("core", "rim") else None
        if before is not None:
            before.hover = ""
        self._hit = hit
        item = self.items_by_id.get(hit.id) if hit.kind in ("core", "rim") else None
        if item is not None:
            item.hover = "rim" if hit.kind == "rim" else "core"
        self.layer.set_hovered(hit.id if hit.kind == "connection" else None)
        self.groups.set_hovered(hit.kind, hit.id)
        self.update()
        self.hit_changed.emit()

    def set_marked(self, neuron_ids: Iterable[str]) -> None:
        """Mark neurons as sources to connect from."""
        self._marked = frozenset(neuron_ids) & self.items_by_id.keys()
        for neuron_id, item in self.items_by_id.items():
            item.is_marked = neuron_id in self._marked
        self.update()

    def set_alert(self, neuron_ids: Iterable[str] = (), connection_ids: Iterable[str] = ()) -> None:
        """Light up neurons and connections as the reason why something is not possible."""
        alert = frozenset(neuron_ids)
        for neuron_id in alert ^ self._alert:
            item = self.items_by_id.get(neuron_id)
            if item is not None:
                item.is_alert = neuron_id in alert
        self._alert = alert
        self.layer.set_alert(connection_ids)

    def set_path(self, neuron_ids: Iterable[str] = (), connection_ids: Iterable[str] = ()) -> None:
        """Light up the neurons and connections of a path that is spoken of, or none."""
        path = frozenset(neuron_ids)
        for neuron_id in path ^ self._path:
            item = self.items_by_id.get(neuron_id)
            if item is not None:
                item.is_on_path = neuron_id in path
        self._path = path
        self.layer.set_path(connection_ids)
        self.update()

    def preview(self, positions: Mapping[str, Position]) -> None:
        """Show neurons elsewhere while they are dragged; the network doesn't change."""
        self.graph.move(positions)
        for neuron_id, position in positions.items():
            item = self.items_by_id.get(neuron_id)
            if item is not None:
                item.setPos(*position)
        self._layer.neurons_moved(positions)
        self.groups.moved()

    # Following the document and the theme

    @Slot()
    def _restyle(self) -> None:
        self._refresh_graph()
        self._show_activations()

    @Slot()
    def _rebuild(self) -> None:
        for item in self.items_by_id.values():
            self.removeItem(item)
        self.items_by_id.clear()
        for neuron in self._document.network.neurons:
            self._add_item(neuron)
        self._snapshot = None
        self._marked = frozenset()
        self._alert = self._path = frozenset()
        self._hit = EMPTY
        self._layer.set_hovered(None)
        self._layer.set_alert(())
        self._layer.set_path(())
        self._graph_is_old = True
        self._fit_detail()
        self._show_selection()
        self.structure_changed.emit()

    @Slot(object)
    def _on_network_changed(self, events: tuple[Event, ...]) -> None:
        moved: dict[str, Position] = {}
        structure = values = regrouped = False
        for event in events:
            # First what there may be a hundred thousand of.
            if isinstance(event, (ConnectionAdded, ConnectionRemoved)):
                structure = self._graph_is_old = True
            elif isinstance(event, NeuronAdded):
                structure = self._graph_is_old = True
                self._add_item(event.neuron)
            elif isinstance(event, NeuronRemoved):
                structure = self._graph_is_old = True
                self.removeItem(self.items_by_id.pop(event.neuron.id))
            elif isinstance(event, NeuronChanged):
                self.items_by_id[event.new.id].set_neuron(event.new)
                moved[event.new.id] = event.new.position
                if event.old.enabled != event.new.enabled and not self._graph_is_old:
                    self._layer.graph.take_neuron(event.new)
                    values = True
            elif isinstance(event, ConnectionChanged):
                if not self._graph_is_old:
                    self._layer.graph.take_connection(event.new)
                values = True
            elif isinstance(event, ParametersChanged):
                self._take_values(event)
                values = True
            elif isinstance(event, GroupsChanged):
                regrouped = True
        if structure:
            self._fit_detail()
            self._marked &= self.items_by_id.keys()
            if self._hit.id and not self._exists(self._hit):
                self.set_hit(EMPTY)
            self.structure_changed.emit()
        elif moved:
            self.graph.move(moved)
            self._layer.lines_changed()
            self.groups.moved()
        if regrouped and not structure:
            self._regroup()
        if values and not structure:
            self._layer.values_changed()
            self.groups.values_changed()
            self.values_changed.emit()
        self.update()

    def _show_biases(self, snapshot: Snapshot | None) -> None:
        of_snapshot = (
            {} if snapshot is None else dict(zip(snapshot.neuron_ids, snapshot.biases.tolist(), strict=True))
        )
        for neuron_id, item in self.items_by_id.items():
            if item.neuron.bias is not None:
                item.bias = of_snapshot.get(neuron_id, item.neuron.bias)

    def _fit_detail(self) -> None:
        self._detail.fit(len(self.items_by_id))
        self._crowd.fit()

    def _add_item(self, neuron: Neuron) -> None:
        item = NeuronItem(neuron, self._detail)
        item.is_selected = item.neuron.id in self._document.selection.neurons
        self._show_problem(item)
        self.items_by_id[item.neuron.id] = item
        self.addItem(item)

    def _set_weight(self, connection_id: str, weight: float) -> None:
        if not self._graph_is_old:
            self._layer.graph.weights[self._layer.graph.connection_slots[connection_id]] = weight

    def _take_values(self, event: ParametersChanged) -> None:
        # A later event of the same change may have removed what this one names.
        network = self._document.network
        for connection_id in event.connection_ids:
            if network.has_connection(connection_id):
                self._set_weight(connection_id, network.connection(connection_id).weight)
        for neuron_id in event.neuron_ids:
            if network.has_neuron(neuron_id):
                self.items_by_id[neuron_id].set_neuron(network.neuron(neuron_id))

    def _refresh_graph(self) -> None:
        if not self._graph_is_old:
            return
        self._graph_is_old = False
        graph = Graph(self._document.network)
        if self._snapshot is not None:
            # Its gradients and activations are the best there are until the next; weights may be older.
            graph.show(self._snapshot, weights=False)
        self._layer.set_graph(graph)
        self._regroup()
        self._show_activations()

    def _show_activations(self) -> None:
        graph = self._layer.graph
        values = graph.activations
        scale = max(1.0, robust_scale(values))
        tints = colors.diverging(values, scale, theme.manager().current.name)[:, :3].tolist()
        for neuron_id, value, tint in zip(graph.neuron_ids, values.tolist(), tints, strict=True):
            item = self.items_by_id[neuron_id]
            item.value = value
            item.tint = tuple(tint) if math.isfinite(value) else None
        self.update()

    def _regroup(self) -> None:
        self.groups.rebuild(self._document.network.groups)
        self.groups.set_problems(self._problems)
        selection = self._document.selection
        self.groups.show_selection(selection.neurons, selection.connections)
        if self._hit.kind in _GROUP_KINDS:
            self.set_hit(EMPTY)
        self.update()

    def _exists(self, hit: Hit) -> bool:
        network = self._document.network
        if hit.kind in _GROUP_KINDS:
            return False  # what it was about may look different now
        return network.has_connection(hit.id) if hit.kind == "connection" else hit.id in self.items_by_id

    @Slot()
    def _show_selection(self) -> None:
        selection = self._document.selection
        for neuron_id, item in self.items_by_id.items():
            item.is_selected = neuron_id in selection.neurons
        self._layer.set_selected(selection.connections)
        self.groups.show_selection(selection.neurons, selection.connections)
        self.update()
