"""What the canvas does on a key or a menu entry: each is one undoable step."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPointF, Slot
from PySide6.QtGui import QGuiApplication

from nnstudio.errors import NNStudioError
from nnstudio.network.edits import ChangeConnections, ChangeNeurons, RemoveItems, paste
from nnstudio.ui.canvas import clipboard, drafts
from nnstudio.ui.canvas.inline_editor import InlineEditor
from nnstudio.ui.canvas.palette_items import build_item

if TYPE_CHECKING:
    from nnstudio.network import Network
    from nnstudio.network.items import Position, Role
    from nnstudio.ui.canvas.view import CanvasView

_COPY_OFFSET = 32.0


class Commands(QObject):
    """Commands of one canvas: refusals are told by ``document.refused``, hints by ``canvas.message``."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._document = canvas.document
        self._last_paste: tuple[float, float] | None = None
        self._pastes = 0

    # Adding

    @Slot()
    def add_hidden(self) -> None:
        """Add a hidden neuron at the pointer."""
        self.add_neuron("hidden", self._canvas.place())

    @Slot()
    def add_input(self) -> None:
        """Add an input at the pointer."""
        self.add_neuron("input", self._canvas.place())

    @Slot()
    def add_output(self) -> None:
        """Add an output at the pointer."""
        self.add_neuron("output", self._canvas.place())

    def add_neuron(self, role: Role, at: QPointF, activation: str | None = None) -> None:
        """Add a neuron and select it."""
        try:
            edit, neuron_id = drafts.add_neuron(
                self._document.network, role, (at.x(), at.y()), activation=activation
            )
        except NNStudioError as error:
            self._document.refused.emit(error)
            return
        if self._document.do(edit):
            self._document.selection.set((neuron_id,))

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
            if self._add_copy(item, f"Add {_amount(item)}", place, keep_labels=was_empty) and was_empty:
                # There is nothing it would have to be told from.
                self._document.selection.clear()
                self._canvas.fit_all()
            return
        role, activation = item
        self.add_neuron(role, place, activation)

    # Selection

    @Slot()
    def select_all(self) -> None:
        """Select all neurons and connections."""
        network = self._document.network
        self._document.selection.set((n.id for n in network.neurons), (c.id for c in network.connections))

    @Slot()
    def delete(self) -> None:
        """Delete what is selected."""
        neurons, connections = self._selected()
        if neurons or connections:
            self._document.do(RemoveItems(_delete_label(neurons, connections), neurons, connections))

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected neurons a little; repeated nudges are undone together."""
        network = self._document.network
        positions = {i: network.neuron(i).position for i in self._selected()[0]}
        if positions:
            changes = {i: {"position": (x + dx, y + dy)} for i, (x, y) in positions.items()}
            self._document.do(ChangeNeurons("Nudge", changes), merge_key="nudge")

    # Connecting by keys

    @Slot()
    def mark_sources(self) -> None:
        """Mark the selected neurons as sources; pressed again on the same, take the marks away."""
        selected = self._document.selection.neurons
        scene = self._canvas.network_scene
        if not selected:
            self._canvas.message.emit("Select the neurons to connect from, then press 1.")
            return
        scene.set_marked(() if selected == scene.marked else selected)

    @Slot()
    def connect_marked(self) -> None:
        """Connect every marked source to every selected neuron, in one step."""
        scene = self._canvas.network_scene
        network = self._document.network
        targets = self._document.selection.neurons - scene.marked
        if not scene.marked or not targets:
            self._canvas.message.emit(
                "Select the neurons to connect from and press 1, then select the others and press 2."
            )
            return
        order = [neuron.id for neuron in network.neurons]
        pairs = product((i for i in order if i in scene.marked), (i for i in order if i in targets))
        legality = drafts.check_pairs(network, pairs)
        if not legality.pairs:
            self._document.refused.emit(legality.problems[0])
            return
        if self._document.do(drafts.connect(network, legality.pairs, self._canvas.seed)):
            scene.set_marked(())

    # Clipboard

    @Slot()
    def copy(self) -> bool:
        """Put the selected neurons and the connections among them on the clipboard; say whether there are."""
        neurons = self._selected()[0]
        if not neurons:
            self._canvas.message.emit("Select neurons to copy; connections go along with their neurons.")
            return False
        text = clipboard.encode(self._document.network, neurons)
        # Plain text, for which Qt makes the data itself: data made here would outlive Python at the end.
        QGuiApplication.clipboard().setText(text)
        self._pastes = 0
        return True

    @Slot()
    def cut(self) -> None:
        """Copy and delete."""
        if self._document.lock_reason:
            self._document.refused.emit(NNStudioError(self._document.lock_reason))
        elif self.copy():
            neurons = self._selected()[0]
            self._document.do(RemoveItems("Cut", neurons))

    @Slot()
    def paste(self) -> None:
        """Paste at the pointer, or beside the original where the pointer is elsewhere."""
        try:
            fragment = clipboard.decode(QGuiApplication.clipboard().text())
        except clipboard.ClipboardError as error:
            self._document.refused.emit(error)
            return
        if not fragment.neuron_count:
            return
        at = self._canvas.pointer_place()
        spot = None if at is None else (at.x(), at.y())
        # The same place again would hide the copy before.
        self._pastes = self._pastes + 1 if spot == self._last_paste else int(spot is None)
        self._last_paste = spot
        shift = _COPY_OFFSET * self._pastes
        if at is None:
            self._add_fragment(fragment, "Paste", (shift, shift), keep_labels=False)
        else:
            self._add_copy(fragment, "Paste", at + QPointF(shift, shift), keep_labels=False)

    @Slot()
    def duplicate(self) -> None:
        """Copy the selected neurons beside themselves; the clipboard stays as it is."""
        neurons = self._selected()[0]
        if not neurons:
            self._canvas.message.emit("Select neurons to duplicate.")
            return
        fragment = self._document.network.subnetwork(neurons)
        self._add_fragment(fragment, "Duplicate", (_COPY_OFFSET, _COPY_OFFSET), keep_labels=False)

    # Editing in place

    @Slot()
    def edit_selected(self) -> None:
        """Type the bias or weight of what is selected."""
        neurons, connections = self._selected()
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

        self._open_editor("Bias", neuron.bias, commit, QPointF(*neuron.position))

    def edit_connection(self, connection_id: str) -> None:
        """Open a field for the weight of a connection."""
        network = self._document.network
        connection = network.connection(connection_id)

        def commit(value: float) -> None:
            self._document.do(ChangeConnections("Change weight", {connection_id: {"weight": value}}))

        x1, y1 = network.neuron(connection.source).position
        x2, y2 = network.neuron(connection.target).position
        self._open_editor("Weight", connection.weight, commit, QPointF((x1 + x2) / 2, (y1 + y2) / 2))

    # Changing what is selected

    def set_role(self, role: Role) -> None:
        """Give the selected neurons a role."""
        changes = {i: {"role": role} for i in self._selected()[0]}
        if changes:
            self._document.do(ChangeNeurons("Change role", changes))

    def set_activation(self, activation: str) -> None:
        """Give the selected neurons, other than inputs, an activation."""
        network = self._document.network
        ids = [i for i in self._selected()[0] if network.neuron(i).role != "input"]
        if ids:
            self._document.do(
                ChangeNeurons("Change activation", {i: {"activation": activation} for i in ids})
            )

    # Inner workings

    def _open_editor(self, name: str, value: float, commit: Any, at: QPointF) -> None:
        if self._document.lock_reason:
            self._document.refused.emit(NNStudioError(self._document.lock_reason))
            return
        editor = InlineEditor(name, value, commit, self._canvas.mapFromScene(at), self._canvas.viewport())
        editor.closed.connect(self._canvas.setFocus)
        self._canvas.editor = editor

    def _selected(self) -> tuple[list[str], list[str]]:
        network, selection = self._document.network, self._document.selection
        neurons = [n.id for n in network.neurons if n.id in selection.neurons] if selection.neurons else []
        return neurons, [i for i in sorted(selection.connections) if network.has_connection(i)]

    def _add_copy(self, fragment: Network, label: str, at: QPointF, *, keep_labels: bool) -> bool:
        x = [neuron.position[0] for neuron in fragment.neurons]
        y = [neuron.position[1] for neuron in fragment.neurons]
        offset = at.x() - (min(x) + max(x)) / 2, at.y() - (min(y) + max(y)) / 2
        return self._add_fragment(fragment, label, offset, keep_labels=keep_labels)

    def _add_fragment(self, fragment: Network, label: str, offset: Position, *, keep_labels: bool) -> bool:
        pasted = paste(self._document.network, fragment, label=label, offset=offset, keep_labels=keep_labels)
        if not self._document.do(pasted.edit):
            return False
        self._document.selection.set(pasted.neuron_ids)
        return True


def _amount(network: Network) -> str:
    return f"{network.neuron_count} neurons" if network.neuron_count != 1 else "a neuron"


def _delete_label(neurons: list[str], connections: list[str]) -> str:
    if neurons:
        return "Delete neuron" if len(neurons) == 1 else "Delete neurons"
    return "Delete connection" if len(connections) == 1 else "Delete connections"
