"""The actions of the canvas: names, keys and tooltips, for menus and keys alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

from nnstudio.ui import theme

if TYPE_CHECKING:
    from nnstudio.ui.canvas.view import CanvasView

_Standard = QKeySequence.StandardKey


@dataclass(frozen=True)
class _Entry:
    key: str
    text: str
    shortcuts: tuple[str | QKeySequence.StandardKey, ...]
    icon: str
    tip: str
    needs: str = ""  # "neurons" or "any" that must be selected


_ENTRIES = (
    _Entry("cut", "Cu&t", (_Standard.Cut,), "cut", "Copy the selected neurons and delete them", "neurons"),
    _Entry("copy", "&Copy", (_Standard.Copy,), "copy", "Copy the selected neurons", "neurons"),
    _Entry("paste", "&Paste", (_Standard.Paste,), "paste", "Paste neurons at the pointer"),
    _Entry(
        "duplicate",
        "D&uplicate",
        ("Ctrl+D",),
        "duplicate",
        "Copy the selected neurons beside themselves",
        "neurons",
    ),
    _Entry("delete", "&Delete", ("Delete", "Backspace"), "delete", "Delete what is selected", "any"),
    _Entry("select_all", "Select &all", (_Standard.SelectAll,), "select-all", "Select everything"),
    _Entry("zoom_in", "Zoom &in", ("Ctrl++", "Ctrl+="), "zoom-in", "Make everything larger"),
    _Entry("zoom_out", "Zoom &out", ("Ctrl+-",), "zoom-out", "Make everything smaller"),
    _Entry("zoom_reset", "Zoom to 100 &%", ("Ctrl+0",), "search", "Show everything at its own size"),
    _Entry("fit", "&Fit", ("F",), "fit", "Show the whole selection, or the whole network"),
    _Entry("add_hidden", "Add a &neuron", ("N",), "hidden", "Add a hidden neuron at the pointer"),
    _Entry("add_input", "Add an &input", ("I",), "input", "Add an input at the pointer"),
    _Entry("add_output", "Add an &output", ("O",), "output", "Add an output at the pointer"),
    _Entry(
        "edit_selected",
        "Type a &value…",
        ("F2",),
        "edit",
        "Type the bias or weight of what is selected",
        "any",
    ),
    _Entry(
        "mark_sources",
        "Mark as &sources",
        ("1",),
        "link",
        "Mark the selected neurons to connect from",
        "neurons",
    ),
    _Entry(
        "connect_marked",
        "&Connect the sources",
        ("2",),
        "link",
        "Connect the marked sources to the selected neurons",
        "neurons",
    ),
)


def make_actions(canvas: CanvasView) -> dict[str, QAction]:
    """Return the actions by name, in the order in which menus show them.

    Their keys work where the canvas has the focus, so that typing elsewhere keeps its own.
    """
    actions = {}
    for entry in _ENTRIES:
        action = QAction(entry.text, canvas)
        action.setObjectName(entry.key)
        shortcuts: list[QKeySequence] = []
        for keys in entry.shortcuts:
            shortcuts += [QKeySequence(keys)] if isinstance(keys, str) else QKeySequence.keyBindings(keys)
        action.setShortcuts(shortcuts)
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{entry.tip} ({shown})" if shown else entry.tip)
        action.setProperty("needs", entry.needs)
        theme.set_icon(action, entry.icon)
        canvas.addAction(action)
        actions[entry.key] = action
    return actions


def enable_actions(canvas: CanvasView) -> None:
    """Enable what there is a selection for."""
    selection = canvas.document.selection
    for action in canvas.actions().values():
        needs = action.property("needs")
        action.setEnabled(not needs or bool(selection.neurons if needs == "neurons" else selection))
