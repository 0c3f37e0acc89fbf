"""Focus mode: what the neurons that are looked at are connected to stays, the rest fades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

if TYPE_CHECKING:
    from nnstudio.ui.canvas.view import CanvasView

_FADED = 0.22


class Focus(QObject):
    """Fades what is not concerned while it is on and something is looked at."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._document = canvas.document
        self._is_on = False
        self._shown: frozenset[str] = frozenset()
        canvas.network_scene.hit_changed.connect(self.refresh)
        canvas.network_scene.structure_changed.connect(self._look_again)
        self._document.selection.changed.connect(self.refresh)

    @property
    def is_on(self) -> bool:
        """Whether it is on."""
        return self._is_on

    @Slot(bool)
    def set_on(self, wanted: bool) -> None:
        """Turn it on or off."""
        self._is_on = wanted
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Fade what is not concerned now."""
        if self._looked_at() != self._shown:
            self._show()

    @Slot()
    def _look_again(self) -> None:
        if self._shown or self._is_on:
            self._show()

    def _looked_at(self) -> frozenset[str]:
        if not self._is_on:
            return frozenset()
        hit = self._canvas.network_scene.hit
        if hit.kind in ("core", "rim"):
            return frozenset((hit.id,))
        return self._document.selection.neurons

    def _show(self) -> None:
        self._shown = self._looked_at()
        network, scene = self._document.network, self._canvas.network_scene
        kept = {i for i in self._shown if network.has_neuron(i)}
        connections = [c for i in kept for c in (*network.incoming(i), *network.outgoing(i))]
        near = kept | {end for c in connections for end in (c.source, c.target)}
        for neuron_id, item in scene.items_by_id.items():
            opacity = 1.0 if not kept or neuron_id in near else _FADED
            if item.opacity() != opacity:
                item.setOpacity(opacity)
        slots = scene.graph.connection_slots
        # The selection changes before the drawing does: what is new is shown with the structure that follows.
        scene.layer.set_focus([slots[c.id] for c in connections if c.id in slots] if kept else None)
        scene.update()
