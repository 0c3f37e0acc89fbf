"""The network on view as arrays: what is painted and picked from. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.ui.canvas import routing
from nnstudio.ui.canvas.geometry import crossing, segment_distances

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from nnstudio.network import Network
    from nnstudio.network.items import Connection, Neuron, Position
    from nnstudio.training import Snapshot
    from nnstudio.ui.canvas.geometry import Floats, Rect


class Graph:
    """Positions and values in slots, in the order of the network.

    ``positions`` (neurons, 2); ``sources`` and ``targets`` (connections,) are slots of neurons;
    ``weights`` and ``gradients`` (connections,); ``activations`` (neurons,) with NaN where unknown.
    ``errors`` (connections,) are the relative errors of the gradients, None where they weren't checked.
    ``frozen`` and ``tied`` (connections,) are bool; ``signs`` (connections,) -1, 0 or 1. What is
    in ``hidden`` (connections,), or None, is neither painted nor picked.
    """

    def __init__(self, network: Network) -> None:
        neurons, connections = network.neurons, network.connections
        self.neuron_ids = tuple(neuron.id for neuron in neurons)
        self.connection_ids = tuple(connection.id for connection in connections)
        self.neuron_slots = {neuron_id: slot for slot, neuron_id in enumerate(self.neuron_ids)}
        self.connection_slots = {c: slot for slot, c in enumerate(self.connection_ids)}
        self.positions = np.array([n.position for n in neurons], dtype=np.float64).reshape(-1, 2)
        slots = self.neuron_slots
        self.sources = np.array([slots[c.source] for c in connections], dtype=np.intp)
        self.targets = np.array([slots[c.target] for c in connections], dtype=np.intp)
        self.weights = np.array([c.weight for c in connections], dtype=np.float64)
        self.gradients = np.zeros(len(connections))
        self.activations = np.full(len(neurons), np.nan)
        self._neuron_enabled = np.array([n.enabled for n in neurons], dtype=bool)
        self._enabled = np.array([c.enabled for c in connections], dtype=bool)
        self.frozen = np.array([_is_frozen(c) for c in connections], dtype=bool)
        self.tied = np.array([bool(c.tie) for c in connections], dtype=bool)
        self.signs = np.array([c.sign for c in connections], dtype=np.int8)
        self.errors: Floats | None = None
        self.hidden: NDArray[np.bool_] | None = None
        # Inside collapsed groups: neither painted nor picked, like the connections in ``hidden``.
        self.hidden_neurons = np.zeros(len(neurons), dtype=bool)
        self._lines: Floats | None = None
        self._ways: tuple[Floats, NDArray[np.intp], Floats] | None = None
        self._pickable: tuple[Floats, Floats, Floats, NDArray[np.intp]] | None = None
        self._connection_map: tuple[Any, Any] = ((), ())
        self._neuron_map: tuple[Any, Any] = ((), ())

    @property
    def lines(self) -> Floats:
        """Segments (connections, 4) from center to center."""
        if self._lines is None:
            self._lines = np.concatenate(
                [self.positions[self.sources], self.positions[self.targets]], axis=1
            ).reshape(-1, 4)
        return self._lines

    @property
    def segments(self) -> Floats:
        """What is painted and picked (segments, 4): those of connection c are ``starts[c]:starts[c + 1]``."""
        return self._routed()[0]

    @property
    def starts(self) -> NDArray[np.intp]:
        """Where the segments of each connection begin (connections + 1,)."""
        return self._routed()[1]

    @property
    def disabled(self) -> NDArray[np.bool_]:
        """Which connections take no part (connections,): of themselves, or for a neuron that does not."""
        neurons = self._neuron_enabled
        return ~(self._enabled & neurons[self.sources] & neurons[self.targets])

    def points_at(self, connections: NDArray[np.intp], share: float) -> Floats:
        """Return the points (n, 2) at a share of the way of some connections."""
        heights = self._routed()[2][connections]
        return routing.curve_points(self.lines[connections], heights, np.array([share]))[:, 0]

    def course(self, connection_id: str) -> list[list[float]]:
        """Return the ends (segments, 4) of the segments of a connection."""
        slot = self.connection_slots[connection_id]
        ends: list[list[float]] = self.segments[self.starts[slot] : self.starts[slot + 1]].tolist()
        return ends

    def touching(self, neuron_ids: Iterable[str]) -> NDArray[np.intp]:
        """Return the connections that begin or end at any of these neurons."""
        chosen = np.zeros(len(self.neuron_ids), dtype=bool)
        chosen[[self.neuron_slots[i] for i in neuron_ids if i in self.neuron_slots]] = True
        return np.flatnonzero(chosen[self.sources] | chosen[self.targets])

    def _routed(self) -> tuple[Floats, NDArray[np.intp], Floats]:
        if self._ways is None:
            heights = routing.bends(self.positions, self.sources, self.targets)
            self._ways = *routing.flattened(self.lines, heights), heights
        return self._ways

    @property
    def activity(self) -> Floats:
        """What flows through each connection for the sample in focus: weight times activation."""
        if not len(self.weights):
            return self.weights
        return np.nan_to_num(self.weights * self.activations[self.sources])

    def move(self, positions: Mapping[str, Position]) -> None:
        """Put neurons elsewhere; ids that are not there are passed over."""
        for neuron_id, position in positions.items():
            slot = self.neuron_slots.get(neuron_id)
            if slot is not None:
                self.positions[slot] = position
        self._pickable = None
        if self._lines is not None and self._ways is not None and self._ways[0] is self._lines:
            # Where all are straight, those of the others stay as they are.
            moved = self.touching(positions)
            self._lines[moved, :2] = self.positions[self.sources[moved]]
            self._lines[moved, 2:] = self.positions[self.targets[moved]]
        else:
            self._lines = None
        if self._lines is None or routing.is_worth(len(self.positions), len(self.sources)):
            self._ways = None

    def take_connection(self, connection: Connection) -> None:
        """Take the values of a connection that changed; its ends never do."""
        slot = self.connection_slots[connection.id]
        self.weights[slot] = connection.weight
        self._enabled[slot] = connection.enabled
        self.frozen[slot] = _is_frozen(connection)
        self.tied[slot] = bool(connection.tie)
        self.signs[slot] = connection.sign

    def take_neuron(self, neuron: Neuron) -> None:
        """Take what a neuron that changed means for its connections; `move` takes its place."""
        self._neuron_enabled[self.neuron_slots[neuron.id]] = neuron.enabled

    def show(self, snapshot: Snapshot, *, weights: bool = True) -> None:
        """Take the values of a snapshot for the ids it has; the others keep theirs."""
        self._connection_map = _mapping(
            self._connection_map, snapshot.connection_ids, self.connection_slots, self.connection_ids
        )
        self._neuron_map = _mapping(self._neuron_map, snapshot.neuron_ids, self.neuron_slots, self.neuron_ids)
        mine, theirs = self._connection_map[1]
        if weights:
            self.weights[mine] = snapshot.weights[theirs]
        self.gradients[mine] = snapshot.weight_gradients[theirs]
        self.activations[:] = np.nan
        if snapshot.activations is not None:
            mine, theirs = self._neuron_map[1]
            self.activations[mine] = snapshot.activations[theirs]

    def forget_snapshot(self) -> None:
        """Show no gradients and activations."""
        self.gradients[:] = 0.0
        self.activations[:] = np.nan

    # Picking

    def neuron_at(self, x: float, y: float, radius: float) -> tuple[str, float] | None:
        """Return the neuron whose center is nearest and within ``radius``, with that distance, or None."""
        if not len(self.positions):
            return None
        distances = np.hypot(*(self.positions - (x, y)).T)
        distances[self.hidden_neurons] = np.inf
        # Among equals the last, which is painted on top.
        slot = len(distances) - 1 - int(np.argmin(distances[::-1]))
        distance = float(distances[slot])
        return (self.neuron_ids[slot], distance) if distance <= radius else None

    def connection_at(self, x: float, y: float, tolerance: float) -> str | None:
        """Return the connection nearest to a point, at most ``tolerance`` away, or None."""
        if not len(self.lines):
            return None
        # The distance to the endless line is quick, and leaves few to measure exactly.
        across, down, offset, owners = self._picking()
        near = np.flatnonzero(np.abs(across * x + down * y + offset) <= tolerance)
        if self.hidden is not None:
            near = near[~self.hidden[owners[near]]]
        if not len(near):
            return None
        distances = segment_distances(self.segments[near], x, y)
        nearest = int(np.argmin(distances))
        return self.connection_ids[owners[near[nearest]]] if distances[nearest] <= tolerance else None

    def _picking(self) -> tuple[Floats, Floats, Floats, NDArray[np.intp]]:
        """Return the endless lines of segments, ``across * x + down * y + offset == 0``, and their owners."""
        if self._pickable is None:
            x1, y1, x2, y2 = self.segments.T
            lengths = np.hypot(x2 - x1, y2 - y1)
            # A segment without length has no line: 0 everywhere, so that it is measured.
            lengths[lengths == 0.0] = np.inf
            across, down = (y1 - y2) / lengths, (x2 - x1) / lengths
            owners = np.repeat(np.arange(len(self.connection_ids)), np.diff(self.starts))
            self._pickable = across, down, -(across * x1 + down * y1), owners
        return self._pickable

    def neurons_in(self, rect: Rect) -> list[str]:
        """Return the neurons whose center lies in ``rect``."""
        left, top, right, bottom = rect
        x, y = self.positions.T
        inside = (x >= left) & (x <= right) & (y >= top) & (y <= bottom) & ~self.hidden_neurons
        return [self.neuron_ids[slot] for slot in np.flatnonzero(inside)]

    def connections_in(self, rect: Rect) -> list[str]:
        """Return the connections that cross ``rect``."""
        owners = self._picking()[3]
        found = np.zeros(len(self.connection_ids), dtype=bool)
        found[owners[crossing(self.segments, rect)]] = True
        if self.hidden is not None:
            found &= ~self.hidden
        return [self.connection_ids[slot] for slot in np.flatnonzero(found)]

    def bounds(self, neuron_ids: Iterable[str] | None = None) -> Rect | None:
        """Return the box around the centers of some neurons, or of all; None where there is none."""
        points = self.positions
        if neuron_ids is not None:
            points = points[[self.neuron_slots[i] for i in neuron_ids if i in self.neuron_slots]]
        if not len(points):
            return None
        left, top = points.min(axis=0).tolist()
        right, bottom = points.max(axis=0).tolist()
        return left, top, right, bottom


def _is_frozen(connection: Connection) -> bool:
    return not connection.trainable or connection.rate_factor == 0.0


def _mapping(
    known: tuple[Any, Any], theirs: Sequence[str], slots: Mapping[str, int], mine: Sequence[str]
) -> tuple[Any, tuple[NDArray[np.intp] | slice, NDArray[np.intp] | slice]]:
    """Return which of my slots take which of theirs; found anew only for another tuple of ids.

    A run gives all its snapshots the same tuple, so that identity is enough to know it again.
    """
    if known[0] is theirs and known[1]:
        return known
    if theirs == mine:
        return theirs, (slice(None), slice(None))
    pairs = [(slots[item], place) for place, item in enumerate(theirs) if item in slots]
    table = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return theirs, (table[:, 0], table[:, 1])
