"""From version 1 to 2: no constraints beyond freezing, no groups."""

from __future__ import annotations

from typing import Any

import numpy as np


def from_version_1(parts: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a file of version 1 as those of version 2; damaged ones are left for the reader."""
    document, arrays = dict(parts["document"]), dict(parts["arrays"])
    network = document.get("network")
    if isinstance(network, dict) and isinstance(network.get("neurons"), list):
        neurons = [
            neuron | {"enabled": True, "rate_factor": 1.0} if isinstance(neuron, dict) else neuron
            for neuron in network["neurons"]
        ]
        document["network"] = network | {"neurons": neurons, "ties": [], "groups": []}
    if "network.weights" in arrays:
        shape = arrays["network.weights"].shape
        arrays |= {
            "network.enabled": np.ones(shape, np.bool_),
            "network.rate_factors": np.ones(shape),
            "network.signs": np.zeros(shape, np.int64),
            "network.ties": np.full(shape, -1, np.int64),
        }
    return {"document": document, "arrays": arrays}
