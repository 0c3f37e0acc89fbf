"""What edits are about, so that a lesson can keep some of it as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from nnstudio.network.edits import (
    AddItems,
    ChangeConnections,
    ChangeNeurons,
    Composite,
    RemoveItems,
    SetGroups,
    SetValues,
)
from nnstudio.network.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["structure", "values", "data", "settings", "training"]

_PROJECT: dict[str, Kind] = {"data": "data", "settings": "settings"}


def kinds_of(edits: Iterable[Any]) -> frozenset[Kind]:
    """Return what edits are about, of a network or of a project.

    Names and activations of neurons belong to the structure, how weights may train to the settings, places
    and groups to nothing.
    """
    kinds: set[Kind] = set()
    for edit in edits:
        if isinstance(edit, Composite):
            kinds |= kinds_of(edit.edits)
        elif isinstance(edit, AddItems | RemoveItems):
            kinds.add("structure")
        elif isinstance(edit, SetValues):
            kinds.add("values")
        elif isinstance(edit, ChangeNeurons | ChangeConnections):
            found = {kind_of(field) for changes in edit.changes.values() for field in changes}
            kinds |= {kind for kind in found if kind is not None}
        elif not isinstance(edit, SetGroups):
            kinds |= {_PROJECT[field] for field in edit.changes if field in _PROJECT}
    return frozenset(kinds)
