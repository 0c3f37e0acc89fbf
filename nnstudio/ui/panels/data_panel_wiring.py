"""What is offered in the data panel where network and data do not go together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.ui import wiring

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from nnstudio.ui.document import Document
    from nnstudio.ui.wiring import Offer

# A drag on the canvas changes the network with every move.
_DELAY_MILLISECONDS = 60


class WiringOffers(QWidget):
    """How network and data differ, with a button for each way out; hidden where they fit.

    ``network_made`` tells that there is a network where there was none, ``network_matched`` that one was made
    to fit the data.
    """

    network_made = Signal()
    network_matched = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_DELAY_MILLISECONDS)
        self._delay.timeout.connect(self.refresh)
        self.text = QLabel(self)
        self.text.setWordWrap(True)
        self._row = QHBoxLayout()
        self._row.setSpacing(6)
        self._row.addStretch(1)
        self.buttons: list[QPushButton] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.text)
        layout.addLayout(self._row)
        document.data_changed.connect(self.refresh)
        document.project_replaced.connect(self.refresh)
        document.network_changed.connect(self._on_network_changed)
        document.lock_changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Offer what fits now."""
        self._delay.stop()
        document = self._document
        data, settings = document.project.data, document.project.settings
        found: tuple[Offer, ...] = ()
        if settings is not None:
            found = wiring.offers(document.network, data, settings)
        text = wiring.mismatch(document.network, data)
        if [(b.text(), b.toolTip()) for b in self.buttons] != [(o.title, o.tooltip) for o in found]:
            self._make_buttons(found)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        for button in self.buttons:
            button.setEnabled(not document.lock_reason)
        self.setVisible(bool(found))

    def _make_buttons(self, found: tuple[Offer, ...]) -> None:
        for button in self.buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = []
        for place, offer in enumerate(found):
            button = QPushButton(offer.title, self)
            button.setToolTip(offer.tooltip)
            button.clicked.connect(partial(self._take, place))
            self._row.insertWidget(place, button)
            self.buttons.append(button)

    def _take(self, place: int, _checked: bool = False) -> None:
        document = self._document
        settings = document.project.settings
        if settings is None:
            return
        # Found anew: the network may have changed since they were shown.
        found = wiring.offers(document.network, document.project.data, settings)
        if place >= len(found) or found[place].title != self.buttons[place].text():
            self.refresh()
            return
        was_empty = not document.network.neuron_count
        try:
            edits = found[place].make()
        except NNStudioError as error:
            document.refused.emit(error)
            return
        if edits and document.do(*edits, label=found[place].title):
            (self.network_made if was_empty else self.network_matched).emit()

    @Slot(object)
    def _on_network_changed(self, _events: object) -> None:
        self._delay.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
