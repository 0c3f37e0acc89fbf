"""Distributions over the course of a training: weights, gradients, activations, updates, and their sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from nnstudio.network.rules import name_of
from nnstudio.training.distributions import Group, Lines, findings, histograms, layer_lines, value_lines
from nnstudio.training.readings import QUANTITIES
from nnstudio.ui.numbers import format_count
from nnstudio.ui.panels.distributions_reading import Gathering
from nnstudio.ui.plots.distributions import DistributionPlot
from nnstudio.ui.plots.export import ExportButton

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from nnstudio.training.distributions import Histograms
    from nnstudio.training.readings import Reading
    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController

_PAGES = {
    "weights": ("Weights", "How the weights are distributed, over the steps of the training"),
    "biases": ("Biases", "How the biases are distributed, over the steps of the training"),
    "gradients": ("Gradients", "How the derivatives of the loss by the weights are distributed"),
    "activations": ("Activations", "What the neurons answer to the rows of the training part"),
    "updates": ("Updates", "What one step changes of each weight"),
    "ratios": ("Update by weight", "The norm of a step's update by the norm of the weights, for each layer"),
    "gradient_norms": ("Gradient by depth", "The norm of the gradient of each layer"),
    "learning_rate": ("Learning rate", "The rate that each step was taken with"),
    "selected": ("Selected values", "Weights and biases of what is selected, as lines"),
}
_MOST_LINES = 16
_NOTHING = "Train the network: what its numbers did is drawn here, and a click goes back there."
_NOTHING_SELECTED = "Select connections or neurons on the canvas: their weights and biases are drawn here."
_USUAL = "Steps usually change weights by about a thousandth of themselves: the dashed line."
_SELECTION = -1


class DistributionsPanel(QWidget):
    """One page at a time, of the training on view; reads and draws only while it is seen."""

    failed = Signal(object)  # NNStudioError: why a file could not be saved

    def __init__(
        self, document: Document, controller: TrainingController, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Distributions")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document, self._controller = document, controller
        self._is_seen = True
        self.gathering = Gathering(controller, self)
        self.plot = DistributionPlot(self)
        self.hint = QLabel(_NOTHING, self)
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note = QLabel(self)
        self.note.setProperty("role", "muted")
        # A long sentence must not keep the dock from being made narrow.
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.note.setContentsMargins(12, 0, 12, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._make_bar())
        layout.addWidget(self.hint, 1)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.note)
        self.plot.step_wanted.connect(controller.time_machine.show)
        self.plot.read.connect(self._show_reading)
        self.gathering.changed.connect(self.refresh)
        controller.time_machine.changed.connect(self._show_moment)
        document.selection.changed.connect(self._on_selection)
        document.project_replaced.connect(self.refresh)
        self.refresh()

    def _make_bar(self) -> QHBoxLayout:
        self.page = QComboBox(self)
        self.page.setAccessibleName("What is shown")
        for key, (title, tip) in _PAGES.items():
            self.page.addItem(title, key)
            self.page.setItemData(self.page.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.group = QComboBox(self)
        self.group.setAccessibleName("Of which part of the network")
        self.group.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.group.addItem("All layers", 0)
        self.ridge_button = self._switch("Ridges", "Histograms one behind the other, the latest in front")
        self.log_button = self._switch("Log", "Logarithmic scale: of counts in histograms, of sizes in lines")
        self.reading = QLabel(self)
        self.reading.setProperty("role", "muted")
        self.reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.export_button = ExportButton("Distributions", lambda: self.plot.plot, self.columns, self)
        self.export_button.failed.connect(self.failed)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 3, 8, 3)
        bar.setSpacing(6)
        bar.addWidget(self.page)
        bar.addWidget(self.group)
        bar.addWidget(self.ridge_button)
        bar.addWidget(self.log_button)
        bar.addWidget(self.reading, 1)
        bar.addWidget(self.export_button)
        self.page.currentIndexChanged.connect(self._on_page)
        self.group.currentIndexChanged.connect(self.refresh)
        return bar

    def _switch(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setCheckable(True)
        button.setToolTip(tip)
        button.toggled.connect(self.refresh)
        return button

    # What there is

    @property
    def page_key(self) -> str:
        """Which page is chosen."""
        return str(self.page.currentData())

    @property
    def readings(self) -> list[Reading]:
        """What has been read of the training on view."""
        return self.gathering.readings

    def columns(self) -> dict[str, Any]:
        """Return the numbers of the plot."""
        found, lines = self.plot.histograms, self.plot.lines
        if found is not None:
            names = [f"{low:g} to {high:g}" for low, high in zip(found.edges, found.edges[1:], strict=False)]
            return {"step": found.steps, **dict(zip(names, found.counts.T, strict=True))}
        if lines is not None:
            return {"step": lines.steps, **dict(zip(lines.names, lines.values, strict=True))}
        return {"step": []}

    @Slot(bool)
    def set_seen(self, is_seen: bool) -> None:
        """Work, or not: a panel behind another tab counts as visible for Qt."""
        self._is_seen = is_seen
        self.gathering.set_wanted(is_seen and self.isVisible())
        if is_seen:
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.gathering.set_wanted(self._is_seen)
        self.refresh()

    def hideEvent(self, event: object) -> None:
        self.gathering.set_wanted(False)

    # Showing

    @Slot()
    def _on_page(self) -> None:
        key = self.page_key
        self.ridge_button.setVisible(key in QUANTITIES)
        self.group.setVisible(key in QUANTITIES)
        # Norms and ratios are compared by their powers of ten.
        self.log_button.setChecked(key in ("ratios", "gradient_norms"))
        self.refresh()

    @Slot()
    def _on_selection(self) -> None:
        if self.page_key == "selected" or self.group.currentData() == _SELECTION:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Draw what has been read by now."""
        if not (self._is_seen and self.isVisible()):
            return
        self._fill_groups()
        key = self.page_key
        if not self.readings:
            self._say(self.gathering.problem or _NOTHING)
        elif key in QUANTITIES:
            self._show_histograms(key)
        elif key == "selected":
            self._show_selected()
        elif key == "learning_rate":
            self._show_lines(self._learning_rates(), "Learning rate")
        else:
            title = _PAGES[key][0]
            found = layer_lines(self.readings, "ratios" if key == "ratios" else "gradient_norms")
            self._show_lines(found, title, guide=key == "ratios")
        self._show_moment()

    def _fill_groups(self) -> None:
        layers = self.readings[-1].layout.layers if self.readings else 0
        wanted = [
            ("All layers", 0),
            *((f"Layer {n}", n) for n in range(1, layers + 1)),
            ("Selection", _SELECTION),
        ]
        present = [(self.group.itemText(i), self.group.itemData(i)) for i in range(self.group.count())]
        if wanted == present:
            return
        chosen = self.group.currentData()
        self.group.blockSignals(True)
        self.group.clear()
        for text, data in wanted:
            self.group.addItem(text, data)
        self.group.setCurrentIndex(max(0, self.group.findData(chosen)))
        self.group.blockSignals(False)

    def _chosen_group(self) -> Group | None:
        """Return the group that is chosen, or None where nothing is selected."""
        layer = self.group.currentData() or 0
        if layer != _SELECTION:
            return Group(int(layer))
        network, selection = self._document.network, self._document.selection
        neurons = frozenset(selection.neurons)
        into = {c.id for key in neurons if network.has_neuron(key) for c in network.incoming(key)}
        group = Group(0, frozenset(selection.connections) | into, neurons)
        return group if group.is_selection else None

    def _show_histograms(self, key: str) -> None:
        group = self._chosen_group()
        if group is None:
            self._say("Select connections or neurons on the canvas to see how their values are distributed.")
            return
        quantity = next(each for each in QUANTITIES if each == key)
        found = histograms(self.readings, quantity, group)
        title = _PAGES[key][0]
        if found is None:
            self._say(f"There are no {title.lower()} to show of this part of the network.")
            return
        self._say("")
        self.plot.show_histograms(
            found, title, ridges=self.ridge_button.isChecked(), log=self.log_button.isChecked()
        )
        self._note(self._told(found))

    def _told(self, found: Histograms) -> str:
        if found.outside > 0.0:
            return f"{found.outside:.1%} of the values lie beyond this range."
        return ""

    def _show_selected(self) -> None:
        network, selection = self._document.network, self._document.selection
        connections = [c for c in network.connections if c.id in selection.connections]
        neurons = [n for n in network.neurons if n.id in selection.neurons and n.role != "input"]
        into = [c for n in neurons for c in network.incoming(n.id) if c not in connections]
        names = {n.id: name_of(network, n.id) for n in network.neurons}
        found = value_lines(
            self.readings,
            [(c.id, f"{names[c.source]} → {names[c.target]}") for c in (*connections, *into)],
            [(n.id, f"bias of {names[n.id]}") for n in neurons],
            _MOST_LINES,
        )
        if not found.names:
            self._say(_NOTHING_SELECTED)
            return
        self._show_lines(found, "Value")
        if found.left_out:
            self._note(f"{format_count(found.left_out)} more are not drawn: select fewer.")

    def _learning_rates(self) -> Lines:
        history = self._controller.history
        steps = np.array([reading.step for reading in self.readings], np.int64)
        if history is None or not len(history):
            return Lines(steps, ("Learning rate",), np.full((1, len(steps)), np.nan))
        epochs = np.array([reading.epoch for reading in self.readings])
        # The row of an epoch has the rate that its steps were taken with.
        places = np.clip(np.searchsorted(history.epochs, epochs + 1), 0, len(history) - 1)
        return Lines(steps, ("Learning rate",), np.asarray(history.learning_rate)[places][None])

    def _show_lines(self, found: Lines, title: str, *, guide: bool = False) -> None:
        self._say("")
        self.plot.show_lines(found, title, log=self.log_button.isChecked(), guide=guide)
        self._note(_USUAL if guide else "")

    def _say(self, text: str) -> None:
        self.hint.setText(text)
        self.hint.setVisible(bool(text))
        self.plot.setVisible(not text)
        self.export_button.setEnabled(not text)
        if text:
            self._note("")

    def _note(self, text: str) -> None:
        """Say what is to be said of the plot, and before it what the numbers on view mean for learning."""
        reading, program = self._reading_on_view(), self._controller.program
        told = []
        if reading is not None and program is not None and program.neuron_ids == reading.layout.neuron_ids:
            told = findings(reading, program)
        self.note.setText("  ".join([*told[:1], *([text] if text else [])]))
        self.note.setToolTip("\n".join([*told, *([text] if text else [])]))
        self.note.setVisible(bool(self.note.text()))

    def _reading_on_view(self) -> Reading | None:
        if not self.readings:
            return None
        step = self._controller.time_machine.step
        if step is None:
            return self.readings[-1]
        return min(self.readings, key=lambda reading: abs(reading.step - step))

    @Slot()
    def _show_moment(self) -> None:
        if self.isVisible():
            self.plot.show_moment(self._controller.time_machine.step)

    @Slot(str)
    def _show_reading(self, text: str) -> None:
        metrics = self.reading.fontMetrics()
        self.reading.setText(
            metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(1, self.reading.width()))
        )
