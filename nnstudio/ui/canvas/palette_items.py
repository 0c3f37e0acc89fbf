"""What a tile of the palette stands for, read from what a drag carries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nnstudio.errors import InvalidValueError
from nnstudio.network.items import ROLES, Role

if TYPE_CHECKING:
    from nnstudio.network import Network

MIME_TYPE = "application/x-nnstudio-item"
_UNKNOWN = "This cannot be put on the canvas. Drag a neuron or a network from the palette."


def parse_payload(data: bytes) -> dict[str, Any]:
    """Return the payload of a drag; raises InvalidValueError."""
    try:
        payload = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise InvalidValueError(_UNKNOWN)
    return payload


def build_item(payload: dict[str, Any]) -> tuple[Role, str | None] | Network:
    """Return role and activation of a single neuron, or a whole network; raises NNStudioError."""
    from nnstudio.network.templates import TEMPLATES, layered_network

    neuron, template, layers, own = (payload.get(key) for key in ("neuron", "template", "layers", "own"))
    if isinstance(neuron, dict) and neuron.get("role") in ROLES:
        return neuron["role"], neuron.get("activation")
    if isinstance(template, str) and template in TEMPLATES:
        return TEMPLATES[template].build()
    if isinstance(own, str):
        from nnstudio.ui.own_templates import own_templates

        return own_templates().get(own).network
    if isinstance(layers, list) and all(isinstance(size, int) for size in layers):
        return layered_network(layers)
    raise InvalidValueError(_UNKNOWN)
