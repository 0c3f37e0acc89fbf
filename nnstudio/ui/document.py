"""The project that is open, with its undo stack: the one write path of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from nnstudio.errors import NNStudioError
from nnstudio.network.edits import ChangeConnections, ChangeNeurons, Composite, SetGroups
from nnstudio.network.events import ConnectionRemoved, NeuronRemoved
from nnstudio.network.model import Network
from nnstudio.project import Project
from nnstudio.ui.restrictions import kinds_of
from nnstudio.ui.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from nnstudio.network.edits import Edit
    from nnstudio.network.events import Event
    from nnstudio.ui.restrictions import Kind

_APPEARANCE = {"position", "label"}
# What a run that is on can take over as it goes.
_FREE_CONSTRAINTS = {"trainable", "enabled", "rate_factor"}
# Fields of the project that may change while a run is on: a run takes new settings and data over as it goes.
_FREE_FIELDS = {"settings", "data", "title", "description", "notes", "view"}


class ProjectChange:
    """An edit of the project rather than of its network: sets fields such as ``settings`` or ``data``."""

    def __init__(self, label: str, **changes: Any) -> None:
        self.label = label
        self.changes = changes
        self._before: dict[str, Any] = {}

    def apply(self, project: Project) -> None:
        """Set the fields."""
        self._before = {field: getattr(project, field) for field in self.changes}
        for field, value in self.changes.items():
            setattr(project, field, value)

    def revert(self, project: Project) -> None:
        """Set the old values."""
        for field, value in self._before.items():
            setattr(project, field, value)

    def merge(self, later: ProjectChange) -> ProjectChange | None:
        """Return one edit for both, where both set the same fields, or None."""
        if set(self.changes) != set(later.changes):
            return None
        merged = ProjectChange(later.label, **later.changes)
        merged._before = self._before
        return merged


class _Mergeable(Protocol):
    def merge(self, later: Any) -> Any: ...


class Document(QObject):
    """Network, data, settings and history that are open, and every change to them.

    ``do`` applies an edit and puts it on the undo stack. What a rule refuses changes nothing and is told by
    ``refused``, with the error that says why.
    """

    network_changed = Signal(object)  # tuple of events; all of this happens in the GUI thread
    project_replaced = Signal()
    data_changed = Signal()
    settings_changed = Signal()
    history_changed = Signal()
    focus_changed = Signal()
    lock_changed = Signal(bool)
    restrictions_changed = Signal()
    path_changed = Signal()
    refused = Signal(object)  # NNStudioError

    def __init__(self, project: Project | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.selection = Selection(self)
        self.path: Path | None = None
        self.lock_reason = ""
        self._restrictions: dict[Kind, str] = {}
        self.focus_row: int | None = None
        # What a change of the network must have before it, as when a past step is on view: None refuses it.
        self.before_edit: Callable[[], tuple[Edit | ProjectChange, ...] | None] = tuple
        self._project = project or Project(Network())
        self._unsubscribe = self._project.network.subscribe(self._on_network_events)
        self._reset_focus()

    # What is open

    @property
    def project(self) -> Project:
        """The open project."""
        return self._project

    @property
    def network(self) -> Network:
        """The network of the open project: to read; it is changed by edits alone."""
        return self._project.network

    @property
    def is_modified(self) -> bool:
        """Whether there are changes since the last save."""
        return not self.undo_stack.isClean()

    @property
    def can_undo(self) -> bool:
        """Whether the last step may be taken back now: while a run is on, one that it takes over."""
        return self.undo_stack.canUndo() and self._may_step(self.undo_stack.index() - 1)

    @property
    def can_redo(self) -> bool:
        """Whether the step last taken back may be made again now."""
        return self.undo_stack.canRedo() and self._may_step(self.undo_stack.index())

    def replace_project(self, project: Project, path: Path | None = None) -> None:
        """Open another project: nothing is selected, nothing can be undone, nothing is unsaved."""
        self._unsubscribe()
        self.selection.clear()
        self._project = project
        self._unsubscribe = project.network.subscribe(self._on_network_events)
        self.undo_stack.clear()
        self.undo_stack.setClean()
        self._reset_focus()
        self.set_path(path)
        self.project_replaced.emit()

    def set_path(self, path: Path | None) -> None:
        """Say where the project is stored, or None where it is not yet."""
        self.path = path
        self.path_changed.emit()

    def mark_saved(self, path: Path) -> None:
        """Say that what is open now is what ``path`` holds."""
        self.undo_stack.setClean()
        self.set_path(path)

    # Changing it

    def do(
        self,
        *edits: Edit | ProjectChange,
        label: str | None = None,
        merge_key: str = "",
        kind: Kind | None = None,
    ) -> bool:
        """Apply edits as one undoable step; return whether that was possible.

        Edits of networks go to the network, a `ProjectChange` to the project. Steps that follow each other
        with the same ``merge_key`` become one, where the edits can merge. ``kind`` says what the step is
        about where the edits alone don't, as when a training sets the weights.
        """
        if self.lock_reason and not all(_is_free(edit) for edit in edits):
            self.refused.emit(NNStudioError(self.lock_reason))
            return False
        first: tuple[Edit | ProjectChange, ...] | None = ()
        kinds = kinds_of(edits) if kind is None else frozenset((kind,))
        if not self.allows(*kinds):
            return False
        if not all(_is_free(edit) for edit in edits) and not _sets_training(edits):
            first = self.before_edit()
            if first is None or (first and not self.allows("training")):
                return False
            label = label or edits[0].label
            edits = (*first, *edits)
        done: list[Edit | ProjectChange] = []
        try:
            with self.network.batch():
                try:
                    for edit in edits:
                        edit.apply(self._target(edit))
                        done.append(edit)
                except NNStudioError:
                    for edit in reversed(done):
                        edit.revert(self._target(edit))
                    raise
        except NNStudioError as error:
            self.refused.emit(error)
            return False
        self._announce(edits)
        self.undo_stack.push(_Step(self, label or edits[0].label, list(edits), merge_key, kinds, len(first)))
        return True

    def restrict(self, reasons: Mapping[Kind, str]) -> None:
        """Refuse edits of these kinds from now on, each with its reason, and no others; none lifts all."""
        if dict(reasons) != self._restrictions:
            self._restrictions = dict(reasons)
            self.restrictions_changed.emit()

    def restriction(self, *kinds: Kind) -> str:
        """Return why an edit of these kinds is refused, or an empty text."""
        return next((reason for kind, reason in self._restrictions.items() if kind in kinds), "")

    def allows(self, *kinds: Kind) -> bool:
        """Whether edits of these kinds may be made; where not, the reason is told."""
        reason = self.restriction(*kinds)
        if reason:
            self.refused.emit(NNStudioError(reason))
        return not reason

    def lock(self, reason: str) -> None:
        """Refuse edits that would change what the network computes, telling ``reason``."""
        self.lock_reason = reason
        self.lock_changed.emit(True)

    def unlock(self) -> None:
        """Allow all edits again."""
        self.lock_reason = ""
        self.lock_changed.emit(False)

    # What is looked at

    def set_focus_row(self, row: int | None) -> None:
        """Put a row of the data in focus: its values are shown in the neurons."""
        if row != self.focus_row:
            self.focus_row = row
            self.focus_changed.emit()

    # Inner workings

    def _target(self, edit: Edit | ProjectChange) -> Any:
        return self._project if isinstance(edit, ProjectChange) else self._project.network

    def _may_step(self, place: int) -> bool:
        step = self.undo_stack.command(place)
        if not isinstance(step, _Step):
            return not self.lock_reason
        return (not self.lock_reason or step.is_free) and not self.restriction(*step.kinds)

    def _announce(self, edits: Sequence[Edit | ProjectChange]) -> None:
        fields = {field for edit in edits if isinstance(edit, ProjectChange) for field in edit.changes}
        if "data" in fields:
            self._reset_focus()
            self.data_changed.emit()
        if "settings" in fields:
            self.settings_changed.emit()
        if fields & {"history", "checkpoint", "start"}:
            self.history_changed.emit()

    def _reset_focus(self) -> None:
        data = self._project.data
        rows = 0 if data is None else len(data.x)
        if self.focus_row is None or self.focus_row >= rows:
            self.set_focus_row(0 if rows else None)

    def _on_network_events(self, events: tuple[Event, ...]) -> None:
        self.selection.discard(
            (event.neuron.id for event in events if isinstance(event, NeuronRemoved)),
            (event.connection.id for event in events if isinstance(event, ConnectionRemoved)),
        )
        self.network_changed.emit(events)


class _Step(QUndoCommand):
    """One undoable step: its edits were applied before it was pushed."""

    _ID = 1

    def __init__(
        self,
        document: Document,
        label: str,
        edits: list[Edit | ProjectChange],
        merge_key: str,
        kinds: frozenset[Kind],
        first: int,
    ) -> None:
        super().__init__(label)
        # So many edits at the beginning were needed before those that were asked for.
        self._first = first
        self.kinds = kinds
        self._document = document
        self._edits = edits
        self._merge_key = merge_key
        self._applied = True

    @property
    def is_free(self) -> bool:
        """Whether the step may be made and taken back while a run is on."""
        return all(_is_free(edit) for edit in self._edits)

    def redo(self) -> None:
        if self._applied:
            return
        with self._document.network.batch():
            for edit in self._edits:
                edit.apply(self._document._target(edit))
        self._applied = True
        self._document._announce(self._edits)

    def undo(self) -> None:
        with self._document.network.batch():
            for edit in reversed(self._edits):
                edit.revert(self._document._target(edit))
        self._applied = False
        self._document._announce(self._edits)

    def id(self) -> int:
        return self._ID if self._merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if (
            not isinstance(other, _Step)
            or other._merge_key != self._merge_key
            or len(other._edits) != len(self._edits) - self._first
            or other._first
        ):
            return False
        merged = self._edits[: self._first]
        for mine, later in zip(self._edits[self._first :], other._edits, strict=True):
            both = mine.merge(later) if type(mine) is type(later) and hasattr(mine, "merge") else None
            if both is None:
                return False
            merged.append(both)
        self._edits = merged
        return True


def _sets_training(edits: Sequence[Any]) -> bool:
    """Whether edits say by themselves where the training stands."""
    return any(isinstance(edit, ProjectChange) and "checkpoint" in edit.changes for edit in edits)


def _is_free(edit: Any) -> bool:
    """Whether an edit may be made while a run is on: it changes appearance, or constraints alone."""
    if isinstance(edit, ProjectChange):
        return set(edit.changes) <= _FREE_FIELDS
    if isinstance(edit, Composite):
        return all(_is_free(part) for part in edit.edits)
    if isinstance(edit, ChangeNeurons):
        free = _APPEARANCE | _FREE_CONSTRAINTS
    elif isinstance(edit, ChangeConnections):
        free = _FREE_CONSTRAINTS
    else:
        return isinstance(edit, SetGroups)
    return all(set(changes) <= free for changes in edit.changes.values())
