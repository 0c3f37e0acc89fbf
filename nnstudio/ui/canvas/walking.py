"""Going over the network by keys: from neuron to neuron, and along the connections of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QPointF, Qt, Slot
from PySide6.QtGui import QColor, QPen

from nnstudio.ui import theme
from nnstudio.ui.canvas.geometry import NEURON_RADIUS
from nnstudio.ui.canvas.groups_geometry import CORNER
from nnstudio.ui.canvas.places import point_on

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from nnstudio.ui.canvas.geometry import Floats
    from nnstudio.ui.canvas.view import CanvasView

_RING = NEURON_RADIUS + 10.0
# How much being off to the side counts against a neuron, compared with being farther ahead.
_ASIDE = 2.0


class Walking(QObject):
    """Where the keyboard is: a neuron, and perhaps one of its connections. The mouse ends it."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._document = canvas.document
        self._neuron = ""
        self._connection = ""
        self._is_toggling = False
        self._document.selection.changed.connect(self._follow)

    @property
    def neuron(self) -> str:
        """Id of the neuron that the keyboard is at; empty where it is at none."""
        if self._neuron and not self._document.network.has_neuron(self._neuron):
            self.stop()
        return self._neuron

    @property
    def connection(self) -> str:
        """Id of the connection that the keyboard is at; empty where it is at none."""
        if self._connection and not self._document.network.has_connection(self._connection):
            self._connection = ""
        return self._connection if self.neuron else ""

    def stop(self) -> bool:
        """Be nowhere; say whether it was anywhere."""
        was = bool(self._neuron)
        self._neuron = self._connection = ""
        if was:
            self._canvas.refresh()
        return was

    def go_to(self, neuron_id: str, *, extend: bool = False) -> None:
        """Be at a neuron, select it (too) and bring it into view."""
        self._neuron, self._connection = neuron_id, ""
        groups = self._canvas.network_scene.groups
        block = groups.block_of(neuron_id)
        ids = (neuron_id,) if block is None else block.group.members
        if extend:
            self._document.selection.add(ids)
        else:
            self._document.selection.set(ids)
        self._canvas.cards.show_point(groups.place_of(neuron_id))
        self._canvas.refresh()

    def go(self, dx: float, dy: float, *, extend: bool = False) -> None:
        """Go to the nearest neuron in a direction; the first time to where the selection or the view is."""
        graph = self._canvas.network_scene.graph
        if graph.hidden_neurons.all():
            self._canvas.message.emit("There is no neuron yet: press I, N or O to add one.")
            return
        here = self.neuron
        if not here:
            self.go_to(self._start(), extend=extend)
            return
        places = self._canvas.network_scene.groups.places()
        slot = nearest_towards(places, graph.neuron_slots[here], dx, dy)
        if slot is not None:
            self.go_to(graph.neuron_ids[slot], extend=extend)
        elif self._connection:
            self.go_to(here, extend=extend)

    def step(self, *, forward: bool) -> bool:
        """Go to the next connection of the neuron, round and round; say whether there is one."""
        here = self.neuron
        if not here:
            return False
        network = self._document.network
        ids = [c.id for c in (*network.incoming(here), *network.outgoing(here))]
        if not ids:
            return False
        if self.connection in ids:
            place = ids.index(self._connection) + (1 if forward else -1)
        else:
            place = 0 if forward else -1
        self._connection = ids[place % len(ids)]
        self._document.selection.set((), (self._connection,))
        self._canvas.refresh()
        return True

    def toggle(self) -> None:
        """Select the neuron that the keyboard is at, or deselect it."""
        if self.neuron:
            self._connection = ""
            self._is_toggling = True
            self._document.selection.toggle((self._neuron,))
            self._is_toggling = False

    def edit(self) -> bool:
        """Type the weight or the bias of what the keyboard is at; say whether it is anywhere."""
        if self.connection:
            self._canvas.commands.edit_connection(self._connection)
        elif self.neuron:
            self._canvas.commands.edit_neuron(self._neuron)
        else:
            return False
        return True

    def back(self) -> bool:
        """From a connection go back to its neuron; say whether it was at one."""
        if not self.connection:
            return False
        self.go_to(self._neuron)
        return True

    def paint(self, painter: QPainter) -> None:
        """Show where the keyboard is."""
        here = self.neuron
        if not here:
            return
        network = self._document.network
        current = theme.manager().current
        ring = QColor(current.accent)
        if self.connection:
            ring.setAlphaF(0.45)
        pen = QPen(ring, 2.0, Qt.PenStyle.DotLine)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        block = self._canvas.network_scene.groups.block_of(here)
        if block is None:
            painter.drawEllipse(QPointF(*network.neuron(here).position), _RING, _RING)
        else:
            painter.drawRoundedRect(block.rect.adjusted(-8, -8, 8, 8), CORNER, CORNER)
        if self.connection:
            painter.setPen(QPen(current.accent, 2.0))
            painter.setBrush(current.canvas)
            painter.drawEllipse(point_on(self._canvas.network_scene, self._connection), 6.0, 6.0)

    @Slot()
    def _follow(self) -> None:
        # Where something else was selected by other means, keys are to act there.
        selection = self._document.selection
        chosen = (
            self._connection in selection.connections
            if self._connection
            else self._neuron in selection.neurons
        )
        if self._neuron and not chosen and not self._is_toggling:
            self.stop()

    def _start(self) -> str:
        selected = self._canvas.selected()[0]
        if selected:
            return selected[-1]
        middle = self._canvas.middle()
        graph = self._canvas.network_scene.graph
        places = self._canvas.network_scene.groups.places()
        distances = np.hypot(*(places - (middle.x(), middle.y())).T)
        return graph.neuron_ids[int(np.argmin(distances))]


def nearest_towards(positions: Floats, here: int, dx: float, dy: float) -> int | None:
    """Return the slot of the nearest of ``positions`` (n, 2) in a direction of unit length, or None.

    Those in the quarter around the direction come first; others that are at all ahead follow where there is
    none.
    """
    way = positions - positions[here]
    ahead = way @ np.array([dx, dy])
    aside = np.abs(way @ np.array([-dy, dx]))
    for possible in ((ahead > 0.5) & (aside <= ahead), ahead > 0.5):
        slots = np.flatnonzero(possible)
        if len(slots):
            return int(slots[np.argmin(ahead[slots] + _ASIDE * aside[slots])])
    return None
