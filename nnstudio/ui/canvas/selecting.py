"""What of the network is selected: by connections, by kind, by depth. None of it is an undoable step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from nnstudio.network import reach

if TYPE_CHECKING:
    from nnstudio.network.items import Role
    from nnstudio.ui.canvas.view import CanvasView


class Selecting(QObject):
    """Commands that select."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._document = canvas.document

    @Slot()
    def select_all(self) -> None:
        """Select all neurons and connections."""
        network = self._document.network
        self._document.selection.set((n.id for n in network.neurons), (c.id for c in network.connections))

    @Slot()
    def invert(self) -> None:
        """Select what is not selected: of neurons, of connections, or of both where both are selected."""
        network, selection = self._document.network, self._document.selection
        neurons = {n.id for n in network.neurons} - selection.neurons
        connections = {c.id for c in network.connections} - selection.connections
        if selection.neurons and not selection.connections:
            selection.set(neurons)
        elif selection.connections and not selection.neurons:
            selection.set((), connections)
        else:
            selection.set(neurons, connections)

    @Slot()
    def select_sources(self) -> None:
        """Add the neurons that feed the selected ones, or from which selected connections come."""
        self._grow(incoming=True)

    @Slot()
    def select_targets(self) -> None:
        """Add the neurons that the selected ones feed, or to which selected connections lead."""
        self._grow(incoming=False)

    @Slot()
    def select_between(self) -> None:
        """Select all on the ways from one of two selected neurons to the other."""
        neurons = self._canvas.selected()[0]
        if len(neurons) != 2:
            self._canvas.message.emit("Select two neurons to see the paths between them.")
            return
        found = reach.between(self._document.network, *neurons)
        if found[0]:
            self._document.selection.set(*found)
        else:
            self._canvas.message.emit("No path leads from one of these neurons to the other.")

    @Slot()
    def select_connections(self) -> None:
        """Select the connections of the selected neurons: those among several, or else all of one."""
        network = self._document.network
        ids = set(self._canvas.selected()[0])
        touching = {c.id: c for i in ids for c in (*network.incoming(i), *network.outgoing(i))}
        inner = {c.id for c in touching.values() if c.source in ids and c.target in ids}
        if touching:
            self._document.selection.set((), inner or touching)
        else:
            self._canvas.message.emit("The selected neurons have no connections.")

    @Slot()
    def select_alike(self) -> None:
        """Select the neurons of the kinds of the selected ones, and connections limited like the selected."""
        network = self._document.network
        neurons, connections = self._canvas.selected()
        self._set(reach.alike(network, neurons), "", reach.alike_connections(network, connections))

    @Slot()
    def select_layer(self) -> None:
        """Select all neurons that are as deep as a selected one."""
        self._set(reach.same_layers(self._document.network, self._canvas.selected()[0]), "")

    @Slot()
    def select_inputs(self) -> None:
        """Select all inputs."""
        self._select_role("input", "There are no inputs.")

    @Slot()
    def select_hidden(self) -> None:
        """Select all hidden neurons."""
        self._select_role("hidden", "There are no hidden neurons.")

    @Slot()
    def select_outputs(self) -> None:
        """Select all outputs."""
        self._select_role("output", "There are no outputs.")

    @Slot()
    def select_unconnected(self) -> None:
        """Select the neurons without connections."""
        self._set(reach.unconnected(self._document.network), "Every neuron has a connection.")

    @Slot()
    def select_frozen(self) -> None:
        """Select what training leaves as it is."""
        neurons, connections = reach.frozen(self._document.network)
        self._set(neurons, "Nothing is frozen: training changes every weight and bias.", connections)

    def select_activation(self, activation: str) -> None:
        """Select all neurons with an activation."""
        network = self._document.network
        self._set({n.id for n in network.neurons if n.activation == activation}, "")

    def select_depth(self, depth: int) -> None:
        """Select all neurons of one layer; inputs are layer 0."""
        self._set(set(reach.layers(self._document.network).get(depth, ())), "")

    def _select_role(self, role: Role, otherwise: str) -> None:
        self._set({n.id for n in self._document.network.with_role(role)}, otherwise)

    def _set(self, neurons: set[str], otherwise: str, connections: set[str] | None = None) -> None:
        """Select what was found, or say that there is nothing and leave the selection as it is."""
        if neurons or connections:
            self._document.selection.set(neurons, connections or ())
        elif otherwise:
            self._canvas.message.emit(otherwise)

    def _grow(self, *, incoming: bool) -> None:
        network, selection = self._document.network, self._document.selection
        neurons, connections = self._canvas.selected()
        step = reach.sources_of if incoming else reach.targets_of
        ends = {
            network.connection(i).source if incoming else network.connection(i).target for i in connections
        }
        found = selection.neurons | step(network, neurons) | ends
        if found == selection.neurons:
            where = "feeds the selected ones" if incoming else "is fed by the selected ones"
            self._canvas.message.emit(f"No further neuron {where}.")
        else:
            selection.set(found)
