"""The inspector's fields for what limits the training of the selected neurons or connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from nnstudio.network.constraints import can_have, constraint_edits
from nnstudio.network.edits import ChangeConnections
from nnstudio.ui.panels.fields import MIXED, MixedCheckBox, NumberField, common
from nnstudio.ui.panels.section import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.network import Connection, Neuron
    from nnstudio.network.constraints import Constraint
    from nnstudio.ui.document import Document

_SIGNS = ((0, "Free"), (1, "Stays ≥ 0"), (-1, "Stays ≤ 0"))


class ConstraintFields(QWidget):
    """Whether items train and take part, their learning-rate factor, and of connections sign and sharing.

    Each edit concerns all that are shown and is one undoable step; ``partners_wanted`` asks to select the
    connections that share the weight of the one shown.
    """

    partners_wanted = Signal()

    def __init__(self, document: Document, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._is_weight = what == "weight"
        self._ids: tuple[str, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.form = Form(self)
        layout.addWidget(self.form)
        self.trainable = MixedCheckBox("Training changes it", self)
        self.trainable.setAccessibleName(f"{what.capitalize()} trains")
        self.trainable.setToolTip(f"Off: training leaves the {what} as it is")
        self.enabled = MixedCheckBox("Takes part", self)
        self.enabled.setToolTip("Off: takes no part in computing and training, and stays in the drawing")
        self.rate = NumberField(
            "Learning rate",
            f"The learning rate of the {what} is multiplied by this: 0 freezes it, 1 is as usual",
            minimum=0.0,
            parent=self,
        )
        self.form.add("", self.trainable)
        self.form.add(" ", self.enabled)
        self.form.add("Rate ×", self.rate)
        self.trainable.clicked.connect(self._change_trainable)
        self.enabled.clicked.connect(self._change_enabled)
        self.rate.edited.connect(self._change_rate)
        if self._is_weight:
            self._make_weight_fields()

    def _make_weight_fields(self) -> None:
        self.sign = QComboBox(self)
        self.sign.setAccessibleName("Sign")
        self.sign.setToolTip("Training keeps the weight on one side of 0, or lets it go where it wants")
        self.sign.setPlaceholderText(MIXED)
        for key, title in _SIGNS:
            self.sign.addItem(title, key)
        self.sign.activated.connect(self._change_sign)
        self.shared = MixedCheckBox("Share one weight", self)
        self.shared.setToolTip("All of them have one weight, to which the gradients of all add up")
        self.shared.clicked.connect(self._change_shared)
        self.partners = QLabel(self)
        self.partners.setTextFormat(Qt.TextFormat.RichText)
        self.partners.setToolTip("Click to select all connections that share this weight")
        self.partners.linkActivated.connect(self._want_partners)
        self.form.add("Sign", self.sign)
        self.form.add("  ", self.shared)
        self.form.add("Shared", self.partners)

    def refresh(self, items: Sequence[Neuron | Connection]) -> None:
        """Show neurons or connections, all of one kind."""
        ids = tuple(item.id for item in items)
        if ids != self._ids:
            self.rate.discard_typing()
        self._ids = ids
        if not items:
            return
        trained = [item for item in items if can_have(item, "freeze")]
        able = [item for item in items if can_have(item, "disable")]
        self.form.show_row("", bool(trained))
        self.form.show_row("Rate ×", bool(trained))
        self.form.show_row(" ", bool(able))
        self.trainable.show_state(common([item.trainable for item in trained]))
        self.enabled.show_state(common([item.enabled for item in able]))
        self.rate.set_value(common([item.rate_factor for item in trained]))
        if self._is_weight:
            self._show_weight_fields(items)

    def _show_weight_fields(self, connections: Sequence[Any]) -> None:
        sign = common([c.sign for c in connections])
        self.sign.setCurrentIndex(-1 if sign is None else self.sign.findData(sign))
        running = bool(self._document.lock_reason)
        self.sign.setEnabled(not running)
        self.shared.setEnabled(not running)
        ties = {c.tie for c in connections}
        one = connections[0] if len(connections) == 1 else None
        self.form.show_row("  ", one is None or bool(one.tie))
        self.shared.setText("Share one weight" if one is None else "Shares its weight")
        self.shared.show_state(None if len(ties) > 1 else bool(ties - {""}))
        others = 0 if one is None or not one.tie else len(self._document.network.tied(one.tie)) - 1
        self.form.show_row("Shared", others > 0)
        word = "connection" if others == 1 else "connections"
        self.partners.setText(f'<a href="all" style="text-decoration:none">with {others} other {word}</a>')

    def _do(self, constraint: Constraint, *, wanted: bool, factor: float = 1.0, merge_key: str = "") -> None:
        network = self._document.network
        has = network.has_connection if self._is_weight else network.has_neuron
        ids = [key for key in self._ids if has(key)]
        neurons, connections = ((), ids) if self._is_weight else (ids, ())
        edits = constraint_edits(network, constraint, neurons, connections, wanted=wanted, factor=factor)
        if edits:
            self._document.do(*edits, merge_key=merge_key)
        self.refresh([(network.connection if self._is_weight else network.neuron)(key) for key in ids])

    @Slot(bool)
    def _change_trainable(self, checked: bool) -> None:
        self._do("freeze", wanted=not checked)

    @Slot(bool)
    def _change_enabled(self, checked: bool) -> None:
        self._do("disable", wanted=not checked)

    @Slot(float, str)
    def _change_rate(self, factor: float, gesture: str) -> None:
        self._do("rate", wanted=True, factor=factor, merge_key=gesture)

    @Slot(int)
    def _change_sign(self, place: int) -> None:
        sign = self.sign.itemData(place)
        if sign:
            self._do("positive" if sign > 0 else "negative", wanted=True)
            return
        network = self._document.network
        fixed = [key for key in self._ids if network.has_connection(key) and network.connection(key).sign]
        if fixed:
            label = f"Free the sign of {len(fixed)} connection{'s' * (len(fixed) != 1)}"
            self._document.do(ChangeConnections(label, {key: {"sign": 0} for key in fixed}))

    @Slot(bool)
    def _change_shared(self, checked: bool) -> None:
        self._do("tie", wanted=checked)

    @Slot()
    def _want_partners(self) -> None:
        self.partners_wanted.emit()
