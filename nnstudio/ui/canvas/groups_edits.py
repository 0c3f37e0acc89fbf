"""Edits of groups, for the canvas and the inspector: each returns what to do, and does nothing itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nnstudio.network.edits import SetGroups

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnstudio.network import Network
    from nnstudio.network.items import Group


def change_group(network: Network, group_id: str, **fields: Any) -> SetGroups:
    """Return the edit that gives a group other fields; its label is by the first of them."""
    labels = {"name": "Rename group", "color": "Color group"}
    groups = (replace(g, **fields) if g.id == group_id else g for g in network.groups)
    return SetGroups(labels[next(iter(fields))], groups)


def fold_groups(network: Network, group_ids: Iterable[str], *, collapsed: bool) -> SetGroups:
    """Return the edit that collapses or expands groups."""
    chosen = set(group_ids)
    label = ("Collapse group" if collapsed else "Expand group") + ("s" if len(chosen) > 1 else "")
    return SetGroups(
        label, (replace(g, collapsed=collapsed) if g.id in chosen else g for g in network.groups)
    )


def remove_groups(network: Network, group_ids: Iterable[str]) -> SetGroups:
    """Return the edit that lets the neurons of groups go."""
    gone = set(group_ids)
    return SetGroups("Ungroup", (group for group in network.groups if group.id not in gone))


def group_of_all(network: Network, neuron_ids: frozenset[str]) -> Group | None:
    """Return the group that has exactly these neurons, or None."""
    if not neuron_ids:
        return None
    group = network.group_of(next(iter(neuron_ids)))
    return group if group is not None and neuron_ids == frozenset(group.members) else None
