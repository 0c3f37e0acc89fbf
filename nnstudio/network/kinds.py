"""What the fields of neurons and connections are about: the wiring, its values, or how these train."""

from __future__ import annotations

from typing import Literal

FieldKind = Literal["structure", "values", "settings"]

_KINDS: dict[str, FieldKind | None] = {
    "position": None,
    "weight": "values",
    "bias": "values",
    "trainable": "settings",
    "rate_factor": "settings",
    "sign": "settings",
    "tie": "settings",
}


def kind_of(field: str) -> FieldKind | None:
    """Return what a field of a neuron or a connection is about; None for where it is drawn.

    Names and activations belong to the structure, how weights may train to the settings.
    """
    return _KINDS.get(field, "structure")
