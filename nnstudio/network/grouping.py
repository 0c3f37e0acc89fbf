"""Groups of neurons, and the journal that tells of changes: what a network has beside its items."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nnstudio.errors import InvalidValueError
from nnstudio.network import events, rules
from nnstudio.network.items import Group
from nnstudio.network.journal import Journal
from nnstudio.network.parts import Parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager


class Grouped(Parts):
    """Neurons and connections with their groups; every change is told."""

    def __init__(self) -> None:
        super().__init__()
        self._journal = Journal()

    @property
    def revision(self) -> int:
        """How many changes there were; what was computed from an older one may no longer fit."""
        return self._journal.revision

    # Groups

    def add_group(
        self,
        name: str,
        members: Iterable[str],
        *,
        color: str = "",
        collapsed: bool = False,
        id: str | None = None,  # noqa: A002 - as in Network.add_neuron
    ) -> Group:
        """Hold neurons together under a name and return the group; they leave the groups that they were in.

        Raises UnknownIdError, and InvalidValueError where no neuron is named.
        """
        group = Group(
            self.new_group_ids()[0] if id is None else id,
            name,
            tuple(dict.fromkeys(members)),
            color,
            collapsed,
        )
        self.set_groups((*without_members(self.groups, group.members), group))
        return group

    def update_group(self, group_id: str, **changes: Any) -> Group:
        """Change name, members, color or collapsed of a group and return it; as `add_group` does."""
        rules.check_fields("group", changes, ("name", "members", "color", "collapsed"))
        old = self.group(group_id)
        if "members" in changes:
            changes["members"] = tuple(dict.fromkeys(changes["members"]))
        new = replace(old, **changes)
        if new != old:
            others = [group for group in self.groups if group.id != group_id]
            kept = {group.id: group for group in without_members(others, new.members)} | {group_id: new}
            self.set_groups(kept[group.id] for group in self.groups if group.id in kept)
        return new

    def remove_group(self, group_id: str) -> Group:
        """Let the neurons of a group go and return what it was; raises UnknownIdError."""
        group = self.group(group_id)
        self.set_groups(each for each in self.groups if each.id != group_id)
        return group

    def set_groups(self, groups: Iterable[Group]) -> None:
        """Put all groups in the place of those that there are.

        Raises UnknownIdError for a member that there isn't, and InvalidValueError where a group is empty, has
        a neuron of another one, or the id of another one.
        """
        old = self.groups
        new = rules.checked_groups(self, groups)
        if new == old:
            return
        self._regroup(new)
        self._journal.record((events.GroupsChanged(old, new),), lambda: self._regroup(old))

    # Events

    def subscribe(self, listener: Callable[[tuple[events.Event, ...]], None]) -> Callable[[], None]:
        """Call ``listener`` with the events of each change, once it is complete; returns what ends that."""
        return self._journal.subscribe(listener)

    def batch(self) -> AbstractContextManager[None]:
        """Tell all changes made inside as one tuple of events, at the end; all or none.

        Where an error leaves the batch, what was changed inside is taken back and nothing is told.
        """
        return self._journal.batch()

    def _check_free(self, what: str, ids: Iterable[str], taken: Iterable[str]) -> None:
        seen: set[str] = set()
        for item_id in ids:
            if item_id in taken or item_id in seen:
                raise InvalidValueError(f"There is a {what} with the id “{item_id}” already.")
            seen.add(item_id)


def without_members(groups: Iterable[Group], neuron_ids: Iterable[str]) -> tuple[Group, ...]:
    """Return the groups without these neurons; one that keeps none is gone."""
    gone = set(neuron_ids)
    left = []
    for group in groups:
        if gone.isdisjoint(group.members):
            left.append(group)
        elif members := tuple(member for member in group.members if member not in gone):
            left.append(replace(group, members=members))
    return tuple(left)
