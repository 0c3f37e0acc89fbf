"""The inspector: shows and edits what is selected, or the network where nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QLabel, QWidget

from nnstudio.network.rules import name_of
from nnstudio.ui.canvas.groups_edits import group_of_all
from nnstudio.ui.panels.inspector_connections import ConnectionsPage
from nnstudio.ui.panels.inspector_group import GroupPage
from nnstudio.ui.panels.inspector_network import NetworkPage
from nnstudio.ui.panels.inspector_neurons import NeuronsPage
from nnstudio.ui.panels.live import LiveValues
from nnstudio.ui.panels.section import MARGIN, ScrollPanel

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController

# More than these take too long for every frame; they are shown again when training pauses.
_MOST_LIVE = 5_000


class InspectorPanel(ScrollPanel):
    """Follows the selection; edits go through the document, one step each."""

    def __init__(
        self, document: Document, controller: TrainingController, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Inspector")
        self._document = document
        self._controller = controller
        self._live = LiveValues()
        self.headline = QLabel(self)
        self.headline.setProperty("role", "title")
        self.headline.setContentsMargins(MARGIN, 4, MARGIN, 2)
        self.headline.setWordWrap(True)
        self.network_page = NetworkPage(document, controller, self)
        self.group_page = GroupPage(document, self)
        self.neurons_page = NeuronsPage(document, self._live, self)
        self.connections_title = QLabel(self)
        self.connections_title.setProperty("role", "title")
        self.connections_title.setContentsMargins(MARGIN, 4, MARGIN, 2)
        self.connections_page = ConnectionsPage(document, self._live, self)
        for widget in (
            self.headline,
            self.network_page,
            self.group_page,
            self.neurons_page,
            self.connections_title,
            self.connections_page,
        ):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.neurons_page.connection_chosen.connect(self._select_connection)

        # Many signals tell of one change; the panel is filled once for all of them.
        self._refresh_timer = QTimer(self)
        self._refresh_timer.setSingleShot(True)
        self._refresh_timer.setInterval(0)
        self._refresh_timer.timeout.connect(self.refresh)
        document.selection.changed.connect(self._refresh_soon)
        document.network_changed.connect(self._refresh_soon)
        document.project_replaced.connect(self._refresh_soon)
        document.lock_changed.connect(self._refresh_soon)
        document.undo_stack.indexChanged.connect(self._refresh_soon)
        controller.problem_changed.connect(self._refresh_soon)
        controller.snapshot_changed.connect(self._on_snapshot)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what is selected, as it is now."""
        self._refresh_timer.stop()
        network, selection = self._document.network, self._document.selection
        order = (
            {neuron.id: place for place, neuron in enumerate(network.neurons)} if selection.neurons else {}
        )
        neurons = tuple(sorted((key for key in selection.neurons if key in order), key=order.__getitem__))
        connections = tuple(sorted(key for key in selection.connections if network.has_connection(key)))
        self._take_values()
        self.network_page.setVisible(not neurons and not connections)
        group = group_of_all(network, frozenset(neurons))
        self.group_page.setVisible(group is not None)
        self.group_page.refresh(group)
        self.neurons_page.setVisible(bool(neurons))
        self.connections_page.setVisible(bool(connections))
        self.connections_title.setVisible(bool(neurons) and bool(connections))
        if not neurons and not connections:
            self.network_page.refresh()
        self.neurons_page.refresh(neurons)
        self.connections_page.refresh(connections)
        self.headline.setText(self._headline(neurons, connections))
        self.connections_title.setText(_counted(len(connections), "connection"))

    @Slot()
    def _refresh_soon(self) -> None:
        if not self._refresh_timer.isActive():
            self._refresh_timer.start()

    @Slot()
    def _on_snapshot(self) -> None:
        if not self.isVisible() or self._refresh_timer.isActive():
            return
        self._take_values()
        if 0 < len(self._document.selection.neurons) <= _MOST_LIVE:
            self.neurons_page.refresh_live()
        if 0 < len(self._document.selection.connections) <= _MOST_LIVE:
            self.connections_page.refresh_live()

    def _take_values(self) -> None:
        self._live.set_snapshot(self._controller.snapshot)
        self._live.is_past = self._controller.time_machine.is_past

    @Slot(str)
    def _select_connection(self, connection_id: str) -> None:
        self._document.selection.set(connections=(connection_id,))

    def _headline(self, neurons: tuple[str, ...], connections: tuple[str, ...]) -> str:
        network = self._document.network
        if not neurons and not connections:
            return "Network"
        if not neurons:
            return "Connection" if len(connections) == 1 else _counted(len(connections), "connection")
        group = group_of_all(network, frozenset(neurons))
        if group is not None:
            return f"{group.name or 'Group'}  ·  group of {_counted(len(neurons), 'neuron')}"
        if len(neurons) == 1:
            role = network.neuron(neurons[0]).role
            return f"{name_of(network, neurons[0])}  ·  {role} neuron"
        return _counted(len(neurons), "neuron")

    def showEvent(self, event: QShowEvent) -> None:
        self._refresh_soon()
        super().showEvent(event)


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}".replace(",", "\u2009")
