"""The actions of the canvas: names, keys and tooltips, for menus and keys alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

from nnstudio.ui import theme

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PySide6.QtWidgets import QMenu

    from nnstudio.ui.canvas.view import CanvasView

_Standard = QKeySequence.StandardKey


@dataclass(frozen=True)
class _Entry:
    key: str
    text: str
    shortcuts: tuple[str | QKeySequence.StandardKey, ...]
    icon: str
    tip: str
    needs: str = ""  # "neurons", "groups" or "any" that must be selected
    owner: str = "commands"  # the part of the canvas that has the method of this name; "": the canvas itself
    menu: str = "network"
    everywhere: bool = False  # whether its keys work wherever the focus is in the window


def _select(key: str, text: str, keys: str, tip: str, needs: str = "") -> _Entry:
    return _Entry(key, text, (keys,) if keys else (), "", tip, needs, "selecting", "select")


def _arrange(key: str, text: str, keys: str, icon: str, tip: str, needs: str = "neurons") -> _Entry:
    return _Entry(key, text, (keys,), icon, tip, needs, "arranging", "arrange")


def _constrain(key: str, text: str, keys: str, icon: str, tip: str, needs: str = "any") -> _Entry:
    return _Entry(key, text, (keys,), icon, tip, needs, "brushes", "constrain")


_ENTRIES = (
    _Entry(
        "cut",
        "Cu&t",
        (_Standard.Cut,),
        "cut",
        "Copy the selected neurons and delete them",
        "neurons",
        "clipping",
        "edit",
    ),
    _Entry(
        "copy",
        "&Copy",
        (_Standard.Copy,),
        "copy",
        "Copy the selected neurons",
        "neurons",
        "clipping",
        "edit",
    ),
    _Entry(
        "paste", "&Paste", (_Standard.Paste,), "paste", "Paste neurons at the pointer", "", "clipping", "edit"
    ),
    _Entry(
        "duplicate",
        "Duplicat&e",
        ("Ctrl+D",),
        "duplicate",
        "Copy the selected neurons beside themselves, with the connections among them",
        "neurons",
        "clipping",
        "edit",
    ),
    _Entry(
        "duplicate_all",
        "Duplicate with a&ll connections",
        ("Ctrl+Shift+D",),
        "duplicate",
        "Copy the selected neurons, connected to all others as they are",
        "neurons",
        "clipping",
        "edit",
    ),
    _Entry(
        "delete", "&Delete", ("Delete", "Backspace"), "delete", "Delete what is selected", "any", menu="edit"
    ),
    _Entry(
        "select_all",
        "&All",
        (_Standard.SelectAll,),
        "select-all",
        "Select everything",
        "",
        "selecting",
        "select",
    ),
    _select("invert", "&The others", "Ctrl+I", "Select what is not selected, and nothing else"),
    _select(
        "select_sources",
        "&Incoming neighbors too",
        "[",
        "Also select the neurons that feed the selected ones; again for one step more",
        "any",
    ),
    _select(
        "select_targets",
        "&Outgoing neighbors too",
        "]",
        "Also select the neurons that the selected ones feed; again for one step more",
        "any",
    ),
    _select(
        "select_between",
        "&Paths between two neurons",
        "P",
        "Select all neurons and connections on the way from one selected neuron to the other",
        "neurons",
    ),
    _select(
        "select_connections",
        "&Connections of the selected",
        "C",
        "Select the connections from and to the selected neurons",
        "neurons",
    ),
    _select(
        "select_alike",
        "&Same kind",
        "S",
        "Select all neurons with role and activation of the selected ones, all connections limited alike",
        "any",
    ),
    _select(
        "select_layer",
        "Same &layer",
        "L",
        "Select all neurons that are as deep in the network as the selected ones",
        "neurons",
    ),
    _select("select_inputs", "I&nputs", "Shift+I", "Select all inputs"),
    _select("select_hidden", "&Hidden neurons", "Shift+N", "Select all hidden neurons"),
    _select("select_outputs", "O&utputs", "Shift+O", "Select all outputs"),
    _select("select_unconnected", "Uncon&nected neurons", "", "Select the neurons without connections"),
    _select(
        "select_frozen", "&Frozen", "", "Select the neurons and connections that training leaves as they are"
    ),
    _Entry(
        "find",
        "&Find…",
        (_Standard.Find,),
        "search",
        "Find neurons by label or id",
        "",
        "finding",
        "edit",
        everywhere=True,
    ),
    _Entry("zoom_in", "Zoom &in", ("Ctrl++", "Ctrl+="), "zoom-in", "Make everything larger", "", "", "zoom"),
    _Entry("zoom_out", "Zoom &out", ("Ctrl+-",), "zoom-out", "Make everything smaller", "", "", "zoom"),
    _Entry(
        "zoom_reset",
        "Zoom to &100 %",
        ("Ctrl+0",),
        "search",
        "Show everything at its own size",
        "",
        "",
        "zoom",
    ),
    _Entry("fit", "&Fit", ("F",), "fit", "Show the whole selection, or the whole network", "", "", "zoom"),
    _Entry("add_hidden", "Add a &neuron", ("N",), "hidden", "Add a hidden neuron at the pointer"),
    _Entry("add_input", "Add an &input", ("I",), "input", "Add an input at the pointer"),
    _Entry("add_output", "Add an &output", ("O",), "output", "Add an output at the pointer"),
    _Entry(
        "insert_layer",
        "Insert a &layer…",
        ("Ctrl+L",),
        "layers",
        "Insert many neurons at once, connected to what comes before and after them",
        owner="inserting",
        everywhere=True,
    ),
    _Entry(
        "edit_selected",
        "Type a &value…",
        ("F2", "Return", "Enter"),
        "edit",
        "Type the bias or weight of what is selected",
        "any",
    ),
    _Entry(
        "mark_sources",
        "Mark as &sources",
        ("1",),
        "sources",
        "Mark the selected neurons to connect from",
        "neurons",
        "connecting",
    ),
    _Entry(
        "connect_marked",
        "&Connect the sources",
        ("2",),
        "link",
        "Connect the marked sources to the selected neurons",
        "neurons",
        "connecting",
    ),
    _Entry(
        "connect_pattern",
        "Connect in a &pattern…",
        ("3",),
        "network",
        "Connect the marked sources to the selected neurons one to one, at random or sparsely",
        owner="connecting",
    ),
    _constrain("brush", "&Brush", "B", "brush", "Paint constraints over connections and neurons", ""),
    _constrain(
        "toggle_frozen",
        "&Freeze or unfreeze",
        "Ctrl+K",
        "lock",
        "Let training leave what is selected as it is",
    ),
    _constrain(
        "toggle_enabled",
        "&Disable or enable",
        "Ctrl+J",
        "disable",
        "Let what is selected take no part, and stay in the drawing",
    ),
    _constrain(
        "share_weight",
        "&Share one weight, or part",
        "Ctrl+T",
        "tie",
        "Let the selected connections have one weight in common",
    ),
    _Entry(
        "group", "&Group", ("Ctrl+G",), "group", "Hold the selected neurons together", "neurons", "grouping"
    ),
    _Entry(
        "ungroup",
        "&Ungroup",
        ("Ctrl+Shift+G",),
        "ungroup",
        "Let the neurons of the selected groups go",
        "groups",
        "grouping",
    ),
    _Entry(
        "fold_groups",
        "Collaps&e or expand",
        ("G",),
        "fold",
        "Draw the selected groups as blocks, or with all their neurons again",
        "groups",
        "grouping",
    ),
    _Entry(
        "save_template",
        "Save as &template…",
        (),
        "template",
        "Keep the selected neurons to insert them again, from the palette",
        "neurons",
        "grouping",
    ),
    _arrange("tidy", "&Tidy up", "T", "tidy", "Put what is selected, or all, into layers", ""),
    _arrange(
        "align_left", "Align &left", "Alt+Left", "arrange-left", "Put the selected neurons into one column"
    ),
    _arrange(
        "align_center",
        "Align &center",
        "Alt+C",
        "arrange-center",
        "Put the selected neurons into one column, in their middle",
    ),
    _arrange(
        "align_right", "Align &right", "Alt+Right", "arrange-right", "Put the selected neurons in one column"
    ),
    _arrange("align_top", "Align t&op", "Alt+Up", "arrange-top", "Put the selected neurons into one row"),
    _arrange(
        "align_middle",
        "Align &middle",
        "Alt+M",
        "arrange-middle",
        "Put the selected neurons into one row, in their middle",
    ),
    _arrange(
        "align_bottom", "Align &bottom", "Alt+Down", "arrange-bottom", "Put the selected neurons into one row"
    ),
    _arrange(
        "distribute_across",
        "Distribute &across",
        "Alt+Shift+Right",
        "distribute-across",
        "Give the selected neurons even gaps from left to right",
    ),
    _arrange(
        "distribute_down",
        "Distribute &down",
        "Alt+Shift+Down",
        "distribute-down",
        "Give the selected neurons even gaps from top to bottom",
    ),
)
# In the order of the menu Edit > Select; None is a line between.
SELECT_ORDER = (
    *("select_all", "invert", None),
    *("select_sources", "select_targets", "select_between", "select_connections", None),
    *("select_alike", "select_layer", None),
    *("select_inputs", "select_hidden", "select_outputs", "select_unconnected", "select_frozen"),
)
# In the order of the menu Network; what stands in menus of its own follows.
NETWORK_ORDER = (
    *("add_hidden", "add_input", "add_output", "insert_layer", None),
    *("edit_selected", None),
    *("mark_sources", "connect_marked", "connect_pattern", None),
    *("group", "ungroup", "fold_groups", "save_template"),
)


def make_actions(canvas: CanvasView) -> dict[str, QAction]:
    """Return the actions by name, in the order in which menus show them.

    Nearly all of their keys work where the canvas has the focus, so that typing elsewhere keeps its own.
    """
    actions = {}
    for entry in _ENTRIES:
        action = QAction(entry.text, canvas)
        action.setObjectName(entry.key)
        shortcuts: list[QKeySequence] = []
        for keys in entry.shortcuts:
            shortcuts += [QKeySequence(keys)] if isinstance(keys, str) else QKeySequence.keyBindings(keys)
        action.setShortcuts(shortcuts)
        action.setShortcutContext(
            Qt.ShortcutContext.WindowShortcut if entry.everywhere else Qt.ShortcutContext.WidgetShortcut
        )
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{entry.tip} ({shown})" if shown else entry.tip)
        action.setProperty("needs", entry.needs)
        action.setProperty("owner", entry.owner)
        action.setProperty("menu", entry.menu)
        if entry.icon:
            theme.set_icon(action, entry.icon)
        canvas.addAction(action)
        actions[entry.key] = action
    return actions


def add_actions(menu: QMenu, actions: Mapping[str, QAction], names: Iterable[str | None]) -> None:
    """Add actions by name to a menu; None is a line between."""
    for name in names:
        if name is None:
            menu.addSeparator()
        else:
            menu.addAction(actions[name])


def add_submenu(menu: QMenu, title: str, icon: str, actions: Mapping[str, QAction], kind: str) -> QMenu:
    """Add a menu of all the actions of a kind: "constrain" or "arrange"."""
    inner = menu.addMenu(title)
    theme.set_icon(inner.menuAction(), icon)
    inner.setToolTipsVisible(True)
    inner.addActions([action for action in actions.values() if action.property("menu") == kind])
    return inner


def enable_actions(canvas: CanvasView) -> None:
    """Enable what there is a selection for."""
    selection = canvas.document.selection
    able = {
        "": True,
        "neurons": bool(selection.neurons),
        "groups": bool(selection.neurons) and bool(canvas.grouping.touched()),
        "any": bool(selection),
    }
    for action in canvas.actions().values():
        action.setEnabled(able[action.property("needs")])
