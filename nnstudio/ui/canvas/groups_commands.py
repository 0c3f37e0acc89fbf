"""What menus and keys do with groups: each is one undoable step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, Slot

from nnstudio.network.edits import SetGroups
from nnstudio.network.events import GroupsChanged
from nnstudio.network.grouping import without_members
from nnstudio.network.items import Group
from nnstudio.ui.canvas.actions import enable_actions
from nnstudio.ui.canvas.groups_edits import change_group, fold_groups, group_of_all, remove_groups
from nnstudio.ui.canvas.groups_item import COLORS
from nnstudio.ui.canvas.inline_editor import InlineEditor
from nnstudio.ui.template_dialogs import save_as_template

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnstudio.network.events import Event
    from nnstudio.ui.canvas.view import CanvasView

_NONE_SELECTED = "Select a group first: click its name or its block."
_LEAST_SHARE = 0.3  # of the view, below which a network that was all on view is shown larger


class Grouping(QObject):
    """Makes and changes the groups of one canvas; ``canvas.message`` tells where there is nothing to do."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._document = canvas.document
        self._document.network_changed.connect(self._on_network_changed)

    # What is selected

    def touched(self) -> list[Group]:
        """Return the groups that a selected neuron is in."""
        network, selected = self._document.network, self._document.selection.neurons
        return [group for group in network.groups if not selected.isdisjoint(group.members)]

    def selected(self) -> Group | None:
        """Return the group whose neurons are all that is selected of neurons, or None."""
        return group_of_all(self._document.network, self._document.selection.neurons)

    # Actions

    @Slot()
    def group(self) -> None:
        """Hold the selected neurons together."""
        network = self._document.network
        neurons = self._canvas.selected()[0]
        if not neurons:
            self._canvas.message.emit("Select the neurons to group.")
            return
        if self.selected() is not None:
            self._canvas.message.emit("These are a group already. Double-click its name to change it.")
            return
        used = {group.color for group in network.groups}
        color = next((color for color, _ in COLORS if color not in used), COLORS[0][0])
        group = Group(network.new_group_ids()[0], self._free_name(), tuple(neurons), color)
        self._document.do(SetGroups("Group", (*without_members(network.groups, neurons), group)))

    @Slot()
    def ungroup(self) -> None:
        """Let the neurons of the selected groups go; they stay where they are."""
        touched = self.touched()
        if not touched:
            self._canvas.message.emit(_NONE_SELECTED)
            return
        self._document.do(remove_groups(self._document.network, (group.id for group in touched)))

    @Slot()
    def fold_groups(self) -> None:
        """Collapse the selected groups, or expand them where all are collapsed."""
        touched = self.touched()
        if not touched:
            self._canvas.message.emit(_NONE_SELECTED)
            return
        self.fold((group.id for group in touched), collapsed=not all(group.collapsed for group in touched))

    @Slot()
    def save_template(self) -> None:
        """Keep the selected neurons as a template, under a name to be typed."""
        neurons = self._canvas.selected()[0]
        if not neurons:
            self._canvas.message.emit("Select a group, or the neurons, to save as a template.")
            return
        group = self.selected()
        told = save_as_template(
            self._document, neurons, group.name if group is not None else "", self._canvas.window()
        )
        if told:
            self._canvas.message.emit(told)

    # Single groups

    def select(self, group_id: str) -> None:
        """Select the neurons of a group."""
        self._document.selection.set(self._document.network.group(group_id).members)

    def toggle(self, group_id: str) -> None:
        """Collapse a group, or expand it."""
        self.fold((group_id,), collapsed=not self._document.network.group(group_id).collapsed)

    def fold(self, group_ids: Iterable[str], *, collapsed: bool) -> None:
        """Collapse or expand groups."""
        self._document.do(fold_groups(self._document.network, group_ids, collapsed=collapsed))

    def rename(self, group_id: str, name: str) -> None:
        """Give a group a name."""
        self._change(group_id, name=" ".join(name.split()))

    def set_color(self, group_id: str, color: str) -> None:
        """Give a group a color; an empty one is that of the theme."""
        self._change(group_id, color=color)

    def edit_name(self, group_id: str) -> None:
        """Open a field for the name of a group, where it is drawn."""
        group = self._document.network.group(group_id)
        header = self._canvas.network_scene.groups.items[group_id].header(self._canvas.zoom)
        at = self._canvas.mapFromScene(QPointF(header.left(), header.center().y()))
        at.setX(at.x() + InlineEditor.TEXT_WIDTH // 2)

        def commit(name: str) -> None:
            if self._has(group_id):
                self.rename(group_id, name)

        editor = InlineEditor("Name of the group", group.name, commit, at, self._canvas.viewport())
        editor.closed.connect(self._canvas.setFocus)
        self._canvas.editor = editor

    # Inner workings

    def _change(self, group_id: str, **fields: str) -> None:
        edit = change_group(self._document.network, group_id, **fields)
        if edit.groups != self._document.network.groups:
            self._document.do(edit)

    def _has(self, group_id: str) -> bool:
        return any(group.id == group_id for group in self._document.network.groups)

    def _free_name(self) -> str:
        names = {group.name for group in self._document.network.groups}
        number = 1
        while f"Group {number}" in names:
            number += 1
        return f"Group {number}"

    @Slot(object)
    def _on_network_changed(self, events: tuple[Event, ...]) -> None:
        if any(isinstance(event, GroupsChanged) for event in events):
            enable_actions(self._canvas)
            if self._canvas.is_fitted:
                self._keep_on_view()

    def _keep_on_view(self) -> None:
        """Have a network that was all on view stay so, and not as a dot, when blocks open and close."""
        bounds = self._canvas.network_scene.bounds()
        if bounds is None:
            return
        left, top, right, bottom = bounds
        area = QRectF(left, top, right - left, bottom - top)
        view = self._canvas.viewport().rect()
        box = self._canvas.mapFromScene(area).boundingRect()
        share = max(box.width() / view.width(), box.height() / view.height())
        if share < _LEAST_SHARE or not view.contains(box):
            self._canvas.fit_all()
