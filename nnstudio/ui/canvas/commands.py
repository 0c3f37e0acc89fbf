"""What the canvas does on a key or a menu entry: each is one undoable step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPointF, Slot

from nnstudio.errors import NNStudioError
from nnstudio.network.edits import ChangeConnections, ChangeNeurons, RemoveItems
from nnstudio.ui.canvas import drafts
from nnstudio.ui.canvas.connection_marks import NUMBER_SHARE
from nnstudio.ui.canvas.inline_editor import InlineEditor
from nnstudio.ui.canvas.palette_items import build_item
from nnstudio.ui.canvas.places import point_on

if TYPE_CHECKING:
    from nnstudio.network import Network
    from nnstudio.network.items import Position, Role
    from nnstudio.ui.canvas.view import CanvasView


class Commands(QObject):
    """Commands of one canvas: refusals are told by ``document.refused``, hints by ``canvas.message``."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._document = canvas.document
        self._last_added = ""  # by a key, and where the pointer was then
        self._last_pointer: QPointF | None = None

    # Adding

    @Slot()
    def add_hidden(self) -> None:
        """Add a hidden neuron at the pointer."""
        self._add_by_key("hidden")

    @Slot()
    def add_input(self) -> None:
        """Add an input at the pointer."""
        self._add_by_key("input")

    @Slot()
    def add_output(self) -> None:
        """Add an output at the pointer."""
        self._add_by_key("output")

    def add_neuron(self, role: Role, at: QPointF, activation: str | None = None) -> str:
        """Add a neuron and select it; return its id, or an empty text where it was refused."""
        try:
            edit, neuron_id = drafts.add_neuron(
                self._document.network, role, (at.x(), at.y()), activation=activation
            )
        except NNStudioError as error:
            self._document.refused.emit(error)
            return ""
        if not self._document.do(edit):
            return ""
        self._document.selection.set((neuron_id,))
        return neuron_id

    def insert(self, payload: dict[str, Any], at: QPointF | None) -> None:
        """Add what a tile of the palette stands for, at a point or in the middle of the view."""
        network = self._document.network
        was_empty = not network.neuron_count
        place = self._canvas.middle() if at is None else at
        try:
            item = build_item(payload)
        except NNStudioError as error:
            self._document.refused.emit(error)
            return
        if not isinstance(item, tuple):
            taken = {neuron.label for neuron in network.neurons}
            is_new = taken.isdisjoint(neuron.label for neuron in item.neurons)
            was_fitted = self._canvas.is_fitted
            if at is None:
                place = QPointF(*drafts.free_middle(network, item, (place.x(), place.y())))
            added = self._canvas.clipping.add_copy(item, f"Add {_amount(item)}", place, keep_labels=is_new)
            if added and was_empty:
                # There is nothing it would have to be told from.
                self._document.selection.clear()
                self._canvas.fit_all()
            elif added and at is None:
                self._canvas.reveal(self._document.selection.neurons)
                if was_fitted:
                    self._canvas.fit_all()
            return
        role, activation = item
        self.add_neuron(role, place, activation)

    # Deleting and moving

    @Slot()
    def delete(self) -> None:
        """Delete what is selected."""
        neurons, connections = self._canvas.selected()
        if neurons or connections:
            self._document.do(RemoveItems(_delete_label(neurons, connections), neurons, connections))

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected neurons a little; repeated nudges are undone together."""
        network = self._document.network
        positions = {i: network.neuron(i).position for i in self._canvas.selected()[0]}
        if positions:
            changes = {i: {"position": (x + dx, y + dy)} for i, (x, y) in positions.items()}
            self._document.do(ChangeNeurons("Nudge", changes), merge_key="nudge")

    # Editing in place

    @Slot()
    def edit_selected(self) -> None:
        """Type the bias or weight of what the keyboard is at, or of what is selected."""
        if self._canvas.cards.card is not None:
            # Enter is for the card while there is one.
            self._canvas.cards.card.accept()
            return
        if self._canvas.walking.edit():
            return
        neurons, connections = self._canvas.selected()
        if len(neurons) == 1:
            self.edit_neuron(neurons[0])
        elif len(connections) == 1 and not neurons:
            self.edit_connection(connections[0])
        else:
            self._canvas.message.emit("Select one neuron or one connection to type its bias or weight.")

    def edit_neuron(self, neuron_id: str) -> None:
        """Open a field for the bias of a neuron."""
        neuron = self._document.network.neuron(neuron_id)
        if neuron.bias is None:
            self._canvas.message.emit(f"{neuron.label or 'This'} is an input and has no bias.")
            return

        def commit(value: float) -> None:
            self._document.do(ChangeNeurons("Change bias", {neuron_id: {"bias": value}}))

        shown = self._canvas.network_scene.items_by_id[neuron_id].bias
        self._open_editor(
            "Bias", neuron.bias if shown is None else shown, commit, QPointF(*self._place_of(neuron_id))
        )

    def edit_connection(self, connection_id: str) -> None:
        """Open a field for the weight of a connection."""

        def commit(value: float) -> None:
            self._document.do(ChangeConnections("Change weight", {connection_id: {"weight": value}}))

        # Over the number that it is about.
        place = point_on(self._canvas.network_scene, connection_id, NUMBER_SHARE)
        self._open_editor("Weight", self._canvas.network_scene.shown_weight(connection_id), commit, place)

    # Changing what is selected

    def set_role(self, role: Role) -> None:
        """Give the selected neurons a role."""
        changes = {i: {"role": role} for i in self._canvas.selected()[0]}
        if changes:
            self._document.do(ChangeNeurons("Change role", changes))

    def set_activation(self, activation: str) -> None:
        """Give the selected neurons, other than inputs, an activation."""
        network = self._document.network
        ids = [i for i in self._canvas.selected()[0] if network.neuron(i).role != "input"]
        if ids:
            self._document.do(
                ChangeNeurons("Change activation", {i: {"activation": activation} for i in ids})
            )

    # Inner workings

    def _add_by_key(self, role: Role) -> None:
        """Add a neuron at the pointer; where that is elsewhere, or rests since the last one, in a column."""
        walking, network = self._canvas.walking, self._document.network
        pointer = self._canvas.pointer_place()
        beside = walking.neuron
        if not beside and pointer == self._last_pointer and network.has_neuron(self._last_added):
            beside = self._last_added
        self._last_pointer = pointer
        if pointer is not None and not beside:
            added = self.add_neuron(role, pointer)
        else:
            added = self.add_neuron(role, QPointF(*drafts.place_in_column(network, role, beside)))
            if added:
                walking.go_to(added)
        self._last_added = added

    def _place_of(self, neuron_id: str) -> Position:
        return self._canvas.network_scene.groups.place_of(neuron_id)

    def _open_editor(self, name: str, value: float, commit: Any, at: QPointF) -> None:
        if self._document.lock_reason:
            self._document.refused.emit(NNStudioError(self._document.lock_reason))
            return
        if not self._document.allows("values"):
            return
        editor = InlineEditor(name, value, commit, self._canvas.mapFromScene(at), self._canvas.viewport())
        editor.closed.connect(self._canvas.setFocus)
        self._canvas.editor = editor


def _amount(network: Network) -> str:
    return f"{network.neuron_count} neurons" if network.neuron_count != 1 else "a neuron"


def _delete_label(neurons: list[str], connections: list[str]) -> str:
    if neurons:
        return "Delete neuron" if len(neurons) == 1 else "Delete neurons"
    return "Delete connection" if len(connections) == 1 else "Delete connections"
