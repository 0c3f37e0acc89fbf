"""The context menu of the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QMenu

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
            menu.addAction(text).triggered.connect(_ignoring(canvas.commands.add_neuron, role, at))
        menu.addSeparator()
        for name in ("paste", "insert_layer", "find", "fit"):
            menu.addAction(actions[name])
        menu.addMenu(make_select_menu(canvas, menu))
        return menu
    if hit.kind in ("group", "fold"):
        add_group_entries(canvas, menu, hit.id)
        menu.addSeparator()
        for name in ("cut", "copy", "duplicate", "duplicate_all", "delete"):
            menu.addAction(actions[name])
        return menu
    menu.addAction(actions["edit_selected"])
    if hit.kind in ("core", "rim"):
        menu.addAction(actions["mark_sources"])
        menu.addAction(actions["connect_marked"])
        menu.addAction(actions["connect_pattern"])
        menu.addAction(actions["insert_layer"])
        menu.addSeparator()
        _add_roles(canvas, menu)
        _add_activations(canvas, menu)
        menu.addSeparator()
        for name in ("group", "ungroup", "save_template"):
            menu.addAction(actions[name])
        menu.addSeparator()
        for name in ("cut", "copy", "duplicate", "duplicate_all"):
            menu.addAction(actions[name])
    menu.addAction(actions["delete"])
    menu.addSeparator()
    menu.addMenu(make_select_menu(canvas, menu))
    return menu


def _add_roles(canvas: CanvasView, menu: QMenu) -> None:
    roles = menu.addMenu("&Role")
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
