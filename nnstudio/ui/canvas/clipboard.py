"""Neurons on the clipboard: as JSON text, so that they can be pasted anywhere and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nnstudio.errors import NNStudioError
from nnstudio.network import Connection, Group, Network, Neuron

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORMAT = "nnstudio-neurons"
_VERSION = 1
_LONGEST = 64_000_000  # characters
FOREIGN = "There are no neurons on the clipboard. Copy neurons on a canvas first."
NEWER = "These neurons were copied in a newer nnstudio; update this one to paste them."
EMPTY = "There is nothing on the clipboard. Copy neurons on a canvas first."


class ClipboardError(NNStudioError):
    """What is on the clipboard cannot be pasted."""


def encode(network: Network, neuron_ids: Iterable[str]) -> str:
    """Return the text for neurons and the connections among them."""
    fragment = network.subnetwork(neuron_ids)
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "neurons": [asdict(neuron) for neuron in fragment.neurons],
        "connections": [asdict(connection) for connection in fragment.connections],
        "groups": [asdict(group) for group in fragment.groups],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def decode(text: str) -> Network:
    """Return the network that a text holds; raises ClipboardError, which says what is wrong."""
    if not text.strip():
        raise ClipboardError(EMPTY)
    try:
        content = json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise ClipboardError(FOREIGN)
    if content.get("version") != _VERSION:
        raise ClipboardError(NEWER)
    try:
        return Network.from_parts(
            [_neuron(entry) for entry in content["neurons"]],
            [_connection(entry) for entry in content["connections"]],
            [_group(entry) for entry in content["groups"]],
        )
    except NNStudioError as error:
        raise ClipboardError(f"These neurons cannot be pasted: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ClipboardError(
            "These neurons cannot be pasted: the text is damaged. Copy them again."
        ) from error


def _neuron(entry: dict[str, Any]) -> Neuron:
    x, y = entry["position"]
    bias = entry["bias"]
    return Neuron(
        id=entry["id"],
        role=entry["role"],
        activation=entry["activation"],
        bias=float(bias) if bias is not None else None,
        label=entry["label"],
        position=(float(x), float(y)),
        trainable=bool(entry["trainable"]),
        enabled=bool(entry["enabled"]),
        rate_factor=float(entry["rate_factor"]),
    )


def _connection(entry: dict[str, Any]) -> Connection:
    return Connection(
        id=entry["id"],
        source=entry["source"],
        target=entry["target"],
        weight=float(entry["weight"]),
        trainable=bool(entry["trainable"]),
        enabled=bool(entry["enabled"]),
        rate_factor=float(entry["rate_factor"]),
        sign=int(entry["sign"]),
        tie=str(entry["tie"]),
    )


def _group(entry: dict[str, Any]) -> Group:
    members = tuple(map(str, entry["members"]))
    return Group(entry["id"], entry["name"], members, str(entry["color"]), bool(entry["collapsed"]))
