"""The context menu of the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QMenu

from nnstudio.ui import theme
from nnstudio.ui.canvas.actions import add_actions, add_submenu
from nnstudio.ui.canvas.faces.menu import make_faces_menu
from nnstudio.ui.canvas.groups_menu import add_group_entries
from nnstudio.ui.canvas.scene import EMPTY, Hit
from nnstudio.ui.canvas.select_menu import make_select_menu
from nnstudio.ui.panels.curve import activation_title, formula_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPointF

    from nnstudio.network.items import Role
    from nnstudio.ui.canvas.view import CanvasView

_ROLES: tuple[tuple[Role, str], ...] = (("input", "&Input"), ("hidden", "&Hidden"), ("output", "&Output"))
_ADD: tuple[tuple[Role, str], ...] = (
    ("hidden", "Add a &neuron here"),
    ("input", "Add an &input here"),
    ("output", "Add an &output here"),
)
_NEURON = (
    *("edit_selected", None),
    *("mark_sources", "connect_marked", "connect_pattern", "insert_layer", None),
)
_HOLD = ("group", "ungroup", "save_template", None)
_EDIT = ("cut", "copy", "duplicate", "duplicate_all", "delete")


def selected_hit(canvas: CanvasView) -> Hit:
    """Return what a menu asked for by key is about: what is selected."""
    selection = canvas.document.selection
    group = canvas.grouping.selected()
    if group is not None:
        return Hit("group", group.id)
    if selection.neurons:
        return Hit("core", min(selection.neurons))
    return Hit("connection", min(selection.connections)) if selection.connections else EMPTY


def select_for_menu(canvas: CanvasView, hit: Hit) -> None:
    """Select what was hit, unless it is part of the selection."""
    selection = canvas.document.selection
    if hit.kind in ("core", "rim") and hit.id not in selection.neurons:
        selection.set((hit.id,))
    elif hit.kind == "connection" and hit.id not in selection.connections:
        selection.set((), (hit.id,))
    elif hit.kind in ("group", "fold"):
        canvas.grouping.select(hit.id)
    elif hit.kind == "band":
        selection.set((), canvas.network_scene.groups.connections_of(hit.id))


def make_menu(canvas: CanvasView, hit: Hit, at: QPointF) -> QMenu:
    """Return the menu for what is at a point of the scene; what was hit is selected already."""
    menu = QMenu(canvas)
    menu.setToolTipsVisible(True)
    actions = canvas.actions()
    if hit.kind == "empty":
        for role, text in _ADD:
            entry = menu.addAction(text)
            theme.set_icon(entry, role)
            entry.triggered.connect(_ignoring(canvas.commands.add_neuron, role, at))
        add_actions(menu, actions, ("insert_layer", None, "paste", "find", "fit", None))
        menu.addMenu(make_faces_menu(canvas, menu, "Neurons s&how"))
        _add_select(canvas, menu)
        return menu
    if hit.kind in ("group", "fold"):
        add_group_entries(canvas, menu, hit.id)
        menu.addSeparator()
        add_actions(menu, actions, _EDIT)
        return menu
    if hit.kind in ("core", "rim"):
        add_actions(menu, actions, _NEURON)
        _add_roles(canvas, menu)
        _add_activations(canvas, menu)
        add_submenu(menu, "Const&raints", "lock", actions, "constrain")
        if len(canvas.document.selection.neurons) > 1:
            add_submenu(menu, "Arran&ge", "tidy", actions, "arrange")
        menu.addSeparator()
        add_actions(menu, actions, (*_HOLD, *_EDIT, None))
    else:
        add_actions(menu, actions, ("edit_selected",))
        add_submenu(menu, "Const&raints", "lock", actions, "constrain")
        add_actions(menu, actions, (None, "delete", None))
    _add_select(canvas, menu)
    return menu


def _add_select(canvas: CanvasView, menu: QMenu) -> None:
    select = make_select_menu(canvas, menu)
    theme.set_icon(select.menuAction(), "select-all")
    menu.addMenu(select)


def _add_roles(canvas: CanvasView, menu: QMenu) -> None:
    roles = menu.addMenu("&Role")
    theme.set_icon(roles.menuAction(), "hidden")
    network = canvas.document.network
    present = {network.neuron(i).role for i in canvas.document.selection.neurons}
    for role, text in _ROLES:
        action = roles.addAction(text)
        action.setCheckable(True)
        action.setChecked(present == {role})
        action.triggered.connect(_ignoring(canvas.commands.set_role, role))


def _add_activations(canvas: CanvasView, menu: QMenu) -> None:
    from nnstudio.engine.activations import ACTIVATIONS

    network = canvas.document.network
    neurons = [network.neuron(i) for i in canvas.document.selection.neurons]
    inner = [neuron for neuron in neurons if neuron.role != "input"]
    activations = menu.addMenu("&Activation")
    theme.set_icon(activations.menuAction(), "activation")
    activations.setEnabled(bool(inner))
    activations.setToolTipsVisible(True)
    used = {neuron.activation for neuron in inner}
    everywhere = {neuron.activation for neuron in network.neurons if neuron.activation is not None}
    entries = [(key, entry.title, entry.description) for key, entry in ACTIVATIONS.items()]
    formulas = sorted(everywhere - ACTIVATIONS.keys())
    entries += [(key, activation_title(key), formula_text(key)) for key in formulas]
    for key, title, tip in entries:
        if key == "softmax" and any(neuron.role != "output" for neuron in inner):
            continue
        if formulas and key == formulas[0]:
            activations.addSeparator()
        action = activations.addAction(title)
        action.setToolTip(tip)
        action.setCheckable(True)
        action.setChecked(used == {key})
        action.triggered.connect(_ignoring(canvas.commands.set_activation, key))


def _ignoring(command: Callable[..., object], *arguments: Any) -> Callable[[bool], None]:
    """Return a slot that calls ``command``, whatever the entry's check mark says."""

    def run(_checked: bool = False) -> None:
        command(*arguments)

    return run
