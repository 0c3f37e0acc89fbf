"""Edit > Select: what there is to select by, with the activations and layers of the network on view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from nnstudio.network import reach
from nnstudio.ui.canvas.actions import SELECT_ORDER
from nnstudio.ui.numbers import format_count
from nnstudio.ui.panels.curve import activation_title

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.canvas.view import CanvasView

_MOST_LAYERS = 40


def make_select_menu(canvas: CanvasView, parent: QWidget) -> QMenu:
    """Return the menu."""
    menu = QMenu("&Select", parent)
    menu.setToolTipsVisible(True)
    actions = canvas.actions()
    for name in SELECT_ORDER:
        if name is None:
            menu.addSeparator()
        else:
            menu.addAction(actions[name])
    menu.addSeparator()
    activations = menu.addMenu("By ac&tivation")
    layers = menu.addMenu("By la&yer")

    def fill() -> None:
        _fill_activations(canvas, activations)
        _fill_layers(canvas, layers)

    menu.aboutToShow.connect(fill)
    return menu


def _fill_activations(canvas: CanvasView, menu: QMenu) -> None:
    menu.clear()
    counts: dict[str, int] = {}
    for neuron in canvas.document.network.neurons:
        if neuron.activation is not None:
            counts[neuron.activation] = counts.get(neuron.activation, 0) + 1
    for key, count in counts.items():
        action = menu.addAction(f"{activation_title(key)} ({format_count(count)})")
        action.triggered.connect(lambda _checked=False, key=key: canvas.selecting.select_activation(key))
    menu.setEnabled(bool(counts))


def _fill_layers(canvas: CanvasView, menu: QMenu) -> None:
    menu.clear()
    layers = reach.layers(canvas.document.network)
    for depth, ids in list(layers.items())[:_MOST_LAYERS]:
        title = "Inputs" if depth == 0 else f"Layer {depth}"
        action = menu.addAction(f"{title} ({format_count(len(ids))})")
        action.triggered.connect(lambda _checked=False, depth=depth: canvas.selecting.select_depth(depth))
    menu.setEnabled(bool(layers))
