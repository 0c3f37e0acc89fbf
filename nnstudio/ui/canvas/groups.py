"""All groups of the canvas: their areas and blocks, what collapsed ones hide, and the bands in its place."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF

from nnstudio.ui.canvas import groups_geometry as geometry
from nnstudio.ui.canvas.bands import Band
from nnstudio.ui.canvas.geometry import NEURON_RADIUS
from nnstudio.ui.canvas.groups_geometry import Bundle
from nnstudio.ui.canvas.groups_item import GroupItem
from nnstudio.ui.canvas.strokes import shown_values
from nnstudio.ui.numbers import format_count, format_number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Set

    from numpy.typing import NDArray
    from PySide6.QtCore import QPointF

    from nnstudio.network.items import Group, Position
    from nnstudio.ui.canvas.geometry import Floats, Rect
    from nnstudio.ui.canvas.graph import Graph
    from nnstudio.ui.canvas.groups_item import Dot
    from nnstudio.ui.canvas.scene import NetworkScene

_MOST_DOTS, _MOST_LINKS = 120, 300


class Groups:
    """The groups of one scene, kept true to its network by the scene."""

    def __init__(self, scene: NetworkScene) -> None:
        self._scene = scene
        self.items: dict[str, GroupItem] = {}
        self._bundles: list[Bundle] = []
        self._hidden: dict[str, str] = {}  # ids of neurons, and of the collapsed groups they are in
        self._members: dict[str, np.ndarray] = {}  # slots of neurons
        self._hovered = ""
        self._selected: NDArray[np.bool_] | None = None  # connections, as `show_selection` told

    # Reading

    @property
    def bundles(self) -> tuple[Bundle, ...]:
        """What stands for the connections of collapsed groups."""
        return tuple(self._bundles)

    @property
    def hidden(self) -> Set[str]:
        """Ids of the neurons inside collapsed groups."""
        return self._hidden.keys()

    def block_of(self, neuron_id: str) -> GroupItem | None:
        """Return the block in which a neuron is hidden, or None."""
        group_id = self._hidden.get(neuron_id)
        return None if group_id is None else self.items[group_id]

    def blocks(self) -> list[QRectF]:
        """Return where the blocks of collapsed groups lie."""
        return [QRectF(item.rect) for item in self.items.values() if item.group.collapsed]

    def place_of(self, neuron_id: str) -> Position:
        """Return where a neuron is to be seen: its own place, or the middle of the block that hides it."""
        graph = self._scene.graph
        block = self.block_of(neuron_id)
        if block is not None:
            return block.rect.center().x(), block.rect.center().y()
        x, y = graph.positions[graph.neuron_slots[neuron_id]].tolist()
        return x, y

    def places(self) -> Floats:
        """Return where all neurons are to be seen (neurons, 2)."""
        positions = self._scene.graph.positions
        if not self._hidden:
            return positions
        places = positions.copy()
        for group_id, item in self.items.items():
            if item.group.collapsed:
                places[self._members[group_id]] = item.rect.center().toTuple()
        return places

    def block_at(self, at: QPointF) -> str | None:
        """Return the collapsed group at a point of the scene."""
        found = [i for i, item in self.items.items() if item.group.collapsed and item.rect.contains(at)]
        return found[-1] if found else None

    def header_at(self, at: QPointF, zoom: float) -> str | None:
        """Return the group whose name stands at a point."""
        found = [i for i, item in self.items.items() if item.header(zoom).contains(at)]
        return found[-1] if found else None

    def is_fold(self, group_id: str, at: QPointF, zoom: float) -> bool:
        """Return whether a point lies on what collapses or expands a group."""
        return self.items[group_id].fold_area(zoom).contains(at)

    def band_at(self, at: QPointF, tolerance: float) -> str | None:
        """Return the name of the band at a point."""
        place = geometry.nearest_bundle(self._bundles, at.x(), at.y(), tolerance)
        return None if place is None else _name(self._bundles[place])

    def band(self, name: str) -> Bundle | None:
        """Return the band with a name, as `band_at` gives it."""
        return next((band for band in self._bundles if _name(band) == name), None)

    def connections_of(self, name: str) -> tuple[str, ...]:
        """Return the ids of the connections of a band."""
        band = self.band(name)
        ids = self._scene.graph.connection_ids
        return () if band is None else tuple(ids[slot] for slot in band.connections.tolist())

    def describe_band(self, name: str) -> str:
        """Return what a tooltip says of a band."""
        band = self.band(name)
        if band is None:
            return ""
        count = len(band.connections)
        if count == 1:
            return f"1 connection: {format_number(band.low)}"
        return (
            f"{format_count(count)} connections\nmean magnitude {format_number(band.magnitude)}, "
            f"from {format_number(band.low)} to {format_number(band.high)}"
        )

    def members_in(self, rect: Rect) -> list[str]:
        """Return the neurons of the collapsed groups whose block has its middle in ``rect``."""
        return [
            member
            for item in self.items.values()
            if item.group.collapsed
            and geometry.contains(rect, item.rect.center().x(), item.rect.center().y())
            for member in item.group.members
        ]

    def bounds(self, neuron_ids: Collection[str] | None = None) -> Rect | None:
        """Return the box around what is drawn of some neurons, or of all, measured to their centers."""
        graph = self._scene.graph
        ids = graph.neuron_ids if neuron_ids is None else neuron_ids
        loose = graph.bounds([i for i in ids if i not in self._hidden])
        rects = [] if loose is None else [loose]
        wanted = None if neuron_ids is None else set(neuron_ids)
        for item in self.items.values():
            members = item.group.members
            touched = wanted is None or not wanted.isdisjoint(members)
            whole = wanted is None or wanted.issuperset(members)
            if (item.group.collapsed and touched) or whole:
                inner = item.rect.adjusted(NEURON_RADIUS, NEURON_RADIUS, -NEURON_RADIUS, -NEURON_RADIUS)
                rects.append((inner.left(), inner.top(), inner.right(), inner.bottom()))
        return geometry.around(rects)

    # Following the scene

    def rebuild(self, groups: Iterable[Group]) -> None:
        """Show these groups, over the scene's graph as it is now."""
        graph = self._scene.graph
        wanted = {group.id: group for group in groups}
        for group_id in self.items.keys() - wanted.keys():
            self._scene.removeItem(self.items.pop(group_id))
        for group_id, group in wanted.items():
            if group_id in self.items:
                self.items[group_id].set_group(group)
            else:
                self.items[group_id] = GroupItem(group, self._scene.detail)
                self._scene.addItem(self.items[group_id])
        self.items = {group_id: self.items[group_id] for group_id in wanted}
        slots = graph.neuron_slots
        self._members = {
            group.id: np.array([slots[member] for member in group.members], dtype=np.intp)
            for group in wanted.values()
        }
        self._hide()
        for group_id, item in self.items.items():
            if item.group.collapsed:
                item.dots, item.links = _preview(graph, self._members[group_id], self._scene)
        self.moved()
        self.values_changed()

    def moved(self) -> None:
        """Follow the neurons to where the graph has them."""
        graph = self._scene.graph
        for group_id, item in self.items.items():
            points = graph.positions[self._members[group_id]]
            place = geometry.block_of if item.group.collapsed else geometry.region_of
            item.set_rect(place(points))
        self._bundles = [replace(b, start=self._end(b, 0), end=self._end(b, 1)) for b in self._bundles]
        self._show_bands()

    def values_changed(self) -> None:
        """Take the values of the connections anew."""
        if self._bundles:
            layer = self._scene.layer
            values = shown_values(layer.graph, layer.coloring)
            found = geometry.summaries(values, [bundle.connections for bundle in self._bundles])
            self._bundles = [
                replace(bundle, magnitude=magnitude, sign=sign, low=low, high=high)
                for bundle, (magnitude, sign, low, high) in zip(self._bundles, found, strict=True)
            ]
        self._show_bands()

    @contextmanager
    def undecorated(self) -> Iterator[None]:
        """Leave out meanwhile what only helps to edit."""
        names = ("is_selected", "hover", "problem")
        before = [(item, [getattr(item, name) for name in names]) for item in self.items.values()]
        selected, hovered = self._selected, self._hovered
        for item in self.items.values():
            item.is_selected, item.hover, item.problem = False, "", ""
        self._selected, self._hovered = None, ""
        self._show_bands()
        try:
            yield
        finally:
            for item, values in before:
                for name, value in zip(names, values, strict=True):
                    setattr(item, name, value)
            self._selected, self._hovered = selected, hovered
            self._show_bands()

    def show_selection(self, neurons: frozenset[str], connections: frozenset[str]) -> None:
        """Show which groups are selected: those with all their neurons."""
        for item in self.items.values():
            item.is_selected = bool(neurons) and neurons.issuperset(item.group.members)
        self._selected = None
        if connections and self._bundles:
            graph = self._scene.graph
            self._selected = np.zeros(len(graph.connection_ids), dtype=bool)
            slots = graph.connection_slots
            self._selected[[slots[i] for i in connections if i in slots]] = True
        if self._bundles:
            self._show_bands()

    def set_hovered(self, kind: str, name: str) -> None:
        """Show what is under the pointer: a "group", its "fold" or a "band"."""
        for group_id, item in self.items.items():
            item.hover = kind if group_id == name and kind in ("group", "fold") else ""
        hovered = name if kind == "band" else ""
        if hovered != self._hovered:
            self._hovered = hovered
            self._show_bands()

    def set_problems(self, problems: Mapping[str, str]) -> None:
        """Say at the blocks of collapsed groups what is wrong inside."""
        for item in self.items.values():
            inside = [problems[member] for member in item.group.members if problems.get(member)]
            item.problem = inside[0] if inside else ""

    # Inner workings

    def _hide(self) -> None:
        graph, layer = self._scene.graph, self._scene.layer
        items = self._scene.items_by_id
        collapsed = [item.group for item in self.items.values() if item.group.collapsed]
        owners = np.full(len(graph.neuron_ids), -1, dtype=np.intp)
        for number, group in enumerate(collapsed):
            owners[self._members[group.id]] = number
        hidden = {member: group.id for group in collapsed for member in group.members}
        for neuron_id in self._hidden.keys() - hidden.keys():
            if neuron_id in items:
                items[neuron_id].setVisible(True)
        for neuron_id in hidden:
            items[neuron_id].setVisible(False)
        self._hidden = hidden
        self._selected = None  # it was of the slots before
        graph.hidden_neurons = owners >= 0
        mask, ends = geometry.ends_of(owners, graph.sources, graph.targets)
        layer.set_hidden(mask if mask.any() else None)
        count = len(owners)
        names = [*graph.neuron_ids, *(group.id for group in collapsed)]
        nowhere = (0.0, 0.0)
        self._bundles = [
            Bundle(names[a], names[b], a >= count, b >= count, nowhere, nowhere, part) for a, b, part in ends
        ]

    def _end(self, band: Bundle, side: int) -> tuple[float, float]:
        name, is_group = (
            (band.source, band.source_is_group) if side == 0 else (band.target, band.target_is_group)
        )
        if is_group:
            center = self.items[name].rect.center()
            return center.x(), center.y()
        graph = self._scene.graph
        x, y = graph.positions[graph.neuron_slots[name]].tolist()
        return x, y

    def _show_bands(self) -> None:
        selected = self._selected
        marked = {
            place
            for place, bundle in enumerate(self._bundles)
            if _name(bundle) == self._hovered or (selected is not None and selected[bundle.connections].all())
        }
        self._scene.layer.set_bands(
            [
                Band(b.start, b.end, b.sign * b.magnitude, len(b.connections), place in marked)
                for place, b in enumerate(self._bundles)
            ]
        )


def _name(band: Bundle) -> str:
    return f"{band.source} → {band.target}"


def _preview(
    graph: Graph, members: np.ndarray, scene: NetworkScene
) -> tuple[tuple[Dot, ...], tuple[tuple[int, int], ...]]:
    """Return a small picture of some neurons: their places in the unit square, and connections among them."""
    members = members[:_MOST_DOTS]
    points = graph.positions[members]
    low = points.min(axis=0)
    span = points.max(axis=0) - low
    places = np.where(span > 0.0, (points - low) / np.where(span > 0.0, span, 1.0), 0.5)
    roles = [scene.items_by_id[graph.neuron_ids[slot]].neuron.role for slot in members.tolist()]
    dots = tuple((x, y, role) for (x, y), role in zip(places.tolist(), roles, strict=True))
    number = np.full(len(graph.neuron_ids), -1, dtype=np.intp)
    number[members] = np.arange(len(members))
    sources, targets = number[graph.sources], number[graph.targets]
    inner = np.flatnonzero((sources >= 0) & (targets >= 0))[:_MOST_LINKS]
    return dots, tuple(zip(sources[inner].tolist(), targets[inner].tolist(), strict=True))
