"""The inspector for selected connections: one, or what many have in common."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from nnstudio.network.edits import ChangeConnections
from nnstudio.network.initializers import INITIALIZERS
from nnstudio.network.rules import name_of
from nnstudio.ui.numbers import format_number
from nnstudio.ui.panels.fields import NumberField, ValueSlider, common
from nnstudio.ui.panels.inspector_constraints import ConstraintFields
from nnstudio.ui.panels.relative import HOW, random_source
from nnstudio.ui.panels.section import MARGIN, ErrorLabel, Form

if TYPE_CHECKING:
    from nnstudio.ui.document import Document
    from nnstudio.ui.panels.live import LiveValues
    from nnstudio.ui.panels.relative import Change


class ConnectionsPage(QWidget):
    """Fields for the selected connections; each edit sets all of them in one step."""

    def __init__(self, document: Document, live: LiveValues, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._live = live
        self._ids: tuple[str, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, 4, MARGIN, 8)
        layout.setSpacing(10)
        self.form = Form(self)
        layout.addWidget(self.form)
        self.constraints = ConstraintFields(document, "weight", self)
        self.constraints.partners_wanted.connect(self._select_partners)
        layout.addWidget(self.constraints)
        self.values = Form(self)
        layout.addWidget(self.values)
        self.ends = QLabel(self)
        self.ends.setTextFormat(Qt.TextFormat.RichText)
        self.ends.setToolTip("Click a neuron to select it")
        self.ends.linkActivated.connect(self._select_neuron)
        tip = f"What the source's value is multiplied by. Up and Down step it, with Shift by 1; {HOW}."
        self.weight = NumberField("Weight", tip, relative=True, parent=self)
        self.weight_slider = ValueSlider("Weight slider", "Drag to change the weight", parent=self)
        self.weight.edited.connect(self._change_weight)
        self.weight.edited_by.connect(self._change_weights_by)
        self.weight_slider.edited.connect(self._change_weight)
        self.problem = ErrorLabel(self)
        self.weight.refused.connect(self.problem.tell)
        self.weight.accepted.connect(self.problem.forget)
        self.gradient, self.signal, self.range = QLabel(self), QLabel(self), QLabel(self)
        self.gradient.setToolTip("How the training loss changes with the weight: training moves against it")
        self.signal.setToolTip("Source times weight, for the sample in focus")
        self.range.setToolTip("Smallest and largest of the selected weights")
        self.form.add("From, to", self.ends)
        self.form.add("Weight", self.weight_slider, self.weight)
        self.form.add_wide(self.problem)
        self.form.add("Weights", self.range)
        self.values.add("∂loss/∂weight", self.gradient)
        self.values.add("Passes on", self.signal)

    # Showing

    def refresh(self, ids: tuple[str, ...]) -> None:
        """Show the connections with these ids."""
        if ids != self._ids:
            self.weight.discard_typing()
        self._ids = ids
        if not ids:
            return
        network = self._document.network
        connections = [network.connection(key) for key in ids]
        single = len(ids) == 1
        self.form.show_row("From, to", single)
        self.values.setVisible(single)
        self.weight.several = not single
        self.form.show_row("Weights", not single)
        if single:
            one = connections[0]
            self.ends.setText(
                " → ".join(_link(end, name_of(network, end)) for end in (one.source, one.target))
            )
        self.constraints.refresh(connections)
        self.refresh_live()

    def refresh_live(self) -> None:
        """Show the values of this moment; while training runs they are the run's, to read only.

        Those of a past step may be changed: the training goes back there first.
        """
        network = self._document.network
        ids = [key for key in self._ids if network.has_connection(key)]
        if not ids:
            return
        running = bool(self._document.lock_reason)
        weights: list[Any] = [self._shown_weight(key) for key in ids]
        shared = common(weights)
        value = float(shared) if isinstance(shared, float | int) else None
        self.weight.setReadOnly(running)
        self.weight_slider.setEnabled(not running)
        self.weight.set_value(value)
        self.weight_slider.set_value(value)
        if len(ids) > 1:
            self.range.setText(f"{format_number(min(weights))} … {format_number(max(weights))}")
            return
        source = self._live.activation(network.connection(ids[0]).source)
        self.gradient.setText(format_number(self._live.weight_gradient(ids[0])))
        product = None if source is None else source * weights[0]
        self.signal.setText(
            format_number(None)
            if product is None
            else f"{format_number(source)} × {format_number(weights[0])} = {format_number(product)}"
        )

    def _shown_weight(self, connection_id: str) -> float:
        is_other = bool(self._document.lock_reason) or self._live.is_past
        live = self._live.weight(connection_id) if is_other else None
        return self._document.network.connection(connection_id).weight if live is None else live

    # Editing

    def _change(self, what: str, fields: dict[str, Any], merge_key: str = "") -> None:
        ids = [key for key in self._ids if self._document.network.has_connection(key)]
        count = f" of {len(ids)} connections" if len(ids) > 1 else ""
        edit = ChangeConnections(f"Change {what}{count}", dict.fromkeys(ids, fields))
        if ids and not self._document.do(edit, merge_key=merge_key):
            self.refresh(self._ids)

    @Slot(float, str)
    def _change_weight(self, value: float, gesture: str) -> None:
        self._change("weight", {"weight": value}, gesture)

    @Slot(object)
    def _change_weights_by(self, change: Change) -> None:
        """Change each weight by itself; those that share one change once."""
        network = self._document.network
        rng, scheme = random_source(self._document)
        changes: dict[str, dict[str, Any]] = {}
        ties: set[str] = set()
        for connection in (network.connection(key) for key in self._ids if network.has_connection(key)):
            if connection.tie in ties:
                continue
            ties |= {connection.tie} - {""}
            fan_in = len(network.sources_of(connection.target))
            fan_out = len(network.targets_of(connection.source))
            draw = partial(INITIALIZERS[scheme], fan_in, fan_out, rng)
            weight = change.of(self._shown_weight(connection.id), rng, draw)
            if change.kind == "random" and connection.sign:
                weight = abs(weight) * connection.sign
            changes[connection.id] = {"weight": weight}
        count = f" of {len(self._ids)} connections" if len(self._ids) > 1 else ""
        if changes:
            self._document.do(ChangeConnections(f"Change weight{count} {change}", changes))
        self.refresh(self._ids)

    @Slot()
    def _select_partners(self) -> None:
        network = self._document.network
        if len(self._ids) == 1 and network.has_connection(self._ids[0]):
            partners = network.tied(network.connection(self._ids[0]).tie)
            self._document.selection.set((), (c.id for c in partners))

    @Slot(str)
    def _select_neuron(self, neuron_id: str) -> None:
        if self._document.network.has_neuron(neuron_id):
            self._document.selection.set((neuron_id,))


def _link(neuron_id: str, name: str) -> str:
    return f'<a href="{escape(neuron_id)}" style="text-decoration:none">{escape(name)}</a>'
