"""Where a connection is shown: on its way around neurons, or on the band of a collapsed group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF

if TYPE_CHECKING:
    from nnstudio.ui.canvas.scene import NetworkScene


def middle_of(scene: NetworkScene, connection_id: str) -> QPointF:
    """Return the point in the middle of a connection."""
    graph = scene.graph
    slot = graph.connection_slots[connection_id]
    if graph.hidden is None or not graph.hidden[slot]:
        x, y = graph.points_at(np.array([slot]), 0.5)[0].tolist()
        return QPointF(x, y)
    ends = graph.neuron_ids[graph.sources[slot]], graph.neuron_ids[graph.targets[slot]]
    (x1, y1), (x2, y2) = map(scene.groups.place_of, ends)
    return QPointF((x1 + x2) / 2, (y1 + y2) / 2)
