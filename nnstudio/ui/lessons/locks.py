"""What a step of a lesson keeps as it is, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnstudio.ui.restrictions import Kind

_KEPT: dict[Kind, str] = {
    "structure": "This step keeps the wiring as it is",
    "values": "This step keeps the weights as they are",
    "data": "This step keeps the data as they are",
    "settings": "This step keeps the settings of the training as they are",
    "training": "This step is worked out without training",
}
_OPEN: dict[Kind, str] = {
    "structure": "the wiring",
    "values": "the weights",
    "data": "the data",
    "settings": "the settings",
}
_SHORT: dict[Kind, str] = {
    "structure": "wiring",
    "values": "weights",
    "data": "data",
    "settings": "settings",
    "training": "training",
}
_WAY_OUT = "Leave the lesson to edit freely."


def reasons(locked: Iterable[str]) -> dict[Kind, str]:
    """Return for each kind of edit that a step locks why it is refused, and what can be done instead."""
    kinds = [kind for kind in _KEPT if kind in set(locked)]
    instead = _instead(kinds)
    return {kind: f"{_KEPT[kind]}{instead}. {_WAY_OUT}" for kind in kinds}


def summary(locked: Iterable[str]) -> str:
    """Return in a line what a step locks, or an empty text."""
    kinds = set(locked)
    words = [word for kind, word in _SHORT.items() if kind in kinds]
    if not words:
        return ""
    return f"Locked in this step: {', '.join(words)}"


def _instead(kinds: Iterable[Kind]) -> str:
    locked = set(kinds)
    parts = [words for kind, words in _OPEN.items() if kind not in locked]
    change = f"change {_joined(parts)} alone" if len(parts) in (1, 2) else ""
    train = "train" if cast("Kind", "training") not in locked and len(parts) < 3 else ""
    ways = " or ".join(way for way in (change, train) if way)
    return f": {ways}" if ways else ""


def _joined(parts: list[str]) -> str:
    return " or ".join(parts)
