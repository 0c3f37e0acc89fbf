"""How the neurons before an output add up to what it computes, at points of the inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnstudio.training.snapshot import Snapshot

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contributions:
    """The weighted sum of one output, z = bias + sum of weight times value, in its parts.

    ``values`` are what the neurons before it answer, (neurons, points), and ``parts`` what reaches the output
    of that, each times the weight of its connection. ``connection_ids`` and ``neuron_ids`` are in the same
    order. ``output`` is what the output makes of the sum, (points,).
    """

    neuron_ids: tuple[str, ...]
    connection_ids: tuple[str, ...]
    values: Floats
    parts: Floats
    bias: float
    output: Floats

    @property
    def stacked(self) -> Floats:
        """The parts one upon the other, (neurons + 1, points): the bias first, the whole sum last."""
        floor = np.full((1, self.parts.shape[1]), self.bias)
        return np.cumsum(np.concatenate([floor, self.parts]), axis=0)

    def gathered(self, most: int) -> Contributions:
        """Return these with at most ``most`` parts: the smallest ones become one, of no neuron, the last.

        A part is as large as the distance that it covers over the points.
        """
        count = len(self.parts)
        if count <= most:
            return self
        with np.errstate(invalid="ignore"):
            reach = np.nan_to_num(np.ptp(self.parts, axis=1), nan=np.inf)
        large = np.sort(np.argsort(-reach, kind="stable")[: most - 1])
        small = np.setdiff1d(np.arange(count), large)
        return Contributions(
            neuron_ids=(*(self.neuron_ids[place] for place in large), ""),
            connection_ids=(*(self.connection_ids[place] for place in large), ""),
            values=self.values[large],
            parts=np.concatenate([self.parts[large], self.parts[small].sum(axis=0, keepdims=True)]),
            bias=self.bias,
            output=self.output,
        )


def contributions(
    snapshot: Snapshot, values: NDArray[Any], sources: Mapping[str, str], output_id: str
) -> Contributions | None:
    """Return what an output is made of at the points of an inner probe; None where it is not there.

    ``values`` (points, neurons) are that probe's answer, ``sources`` the connections into the output with the
    neuron that each comes from.
    """
    slots = {neuron_id: slot for slot, neuron_id in enumerate(snapshot.neuron_ids)}
    if output_id not in slots:
        return None
    found = [
        (connection_id, sources[connection_id], float(snapshot.weights[place]))
        for place, connection_id in enumerate(snapshot.connection_ids)
        if sources.get(connection_id) in slots
    ]
    columns = [slots[source] for _, source, _ in found]
    seen = values[:, columns].T.astype(np.float64)
    weights = np.array([weight for _, _, weight in found], np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        parts = weights[:, None] * seen
    return Contributions(
        neuron_ids=tuple(source for _, source, _ in found),
        connection_ids=tuple(connection_id for connection_id, _, _ in found),
        values=seen,
        parts=parts,
        bias=float(snapshot.biases[slots[output_id]]),
        output=values[:, slots[output_id]].astype(np.float64),
    )
