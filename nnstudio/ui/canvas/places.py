"""Where a connection is shown: on its way around neurons, or on the band of a collapsed group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF

if TYPE_CHECKING:
    from nnstudio.ui.canvas.scene import NetworkScene


def point_on(scene: NetworkScene, connection_id: str, share: float = 0.5) -> QPointF:
    """Return the point of a connection at a share of its way, in the middle unless told otherwise."""
    graph = scene.graph
    slot = graph.connection_slots[connection_id]
    if graph.hidden is None or not graph.hidden[slot]:
        x, y = graph.points_at(np.array([slot]), share)[0].tolist()
        return QPointF(x, y)
    ends = graph.neuron_ids[graph.sources[slot]], graph.neuron_ids[graph.targets[slot]]
    (x1, y1), (x2, y2) = map(scene.groups.place_of, ends)
    return QPointF(x1 + share * (x2 - x1), y1 + share * (y2 - y1))
