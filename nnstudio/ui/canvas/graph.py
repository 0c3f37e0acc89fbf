"""The network on view as arrays: what is painted and picked from. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.ui.canvas.geometry import crossing, segment_distances

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from nnstudio.network import Network
    from nnstudio.network.items import Position
    from nnstudio.training import Snapshot
    from nnstudio.ui.canvas.geometry import Floats, Rect


class Graph:
    """Positions and values in slots, in the order of the network.

    ``positions`` (neurons, 2); ``sources`` and ``targets`` (connections,) are slots of neurons;
    ``weights`` and ``gradients`` (connections,); ``activations`` (neurons,) with NaN where unknown.
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
        self._lines: Floats | None = None
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
        return self.lines

    @property
    def starts(self) -> NDArray[np.intp]:
        """Where the segments of each connection begin (connections + 1,)."""
        return np.arange(len(self.connection_ids) + 1)

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
        self._lines = None

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
        # Among equals the last, which is painted on top.
        slot = len(distances) - 1 - int(np.argmin(distances[::-1]))
        distance = float(distances[slot])
        return (self.neuron_ids[slot], distance) if distance <= radius else None

    def connection_at(self, x: float, y: float, tolerance: float) -> str | None:
        """Return the connection nearest to a point, at most ``tolerance`` away, or None."""
        if not len(self.lines):
            return None
        distances = segment_distances(self.lines, x, y)
        slot = int(np.argmin(distances))
        return self.connection_ids[slot] if distances[slot] <= tolerance else None

    def neurons_in(self, rect: Rect) -> list[str]:
        """Return the neurons whose center lies in ``rect``."""
        left, top, right, bottom = rect
        x, y = self.positions.T
        inside = (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
        return [self.neuron_ids[slot] for slot in np.flatnonzero(inside)]

    def connections_in(self, rect: Rect) -> list[str]:
        """Return the connections that cross ``rect``."""
        return [self.connection_ids[slot] for slot in np.flatnonzero(crossing(self.lines, rect))]

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
