"""The inspector for selected neurons: one with all that is known of it, or what many have in common."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from nnstudio.network.edits import ChangeNeurons
from nnstudio.network.rules import CUSTOM_ACTIVATION
from nnstudio.ui.numbers import format_number
from nnstudio.ui.panels.connection_list import ConnectionList
from nnstudio.ui.panels.curve import CurvePlot, activation_title, formula_text
from nnstudio.ui.panels.fields import MIXED, NumberField, ValueSlider, common
from nnstudio.ui.panels.formula_editor import FormulaEditor
from nnstudio.ui.panels.inspector_constraints import ConstraintFields
from nnstudio.ui.panels.relative import HOW, random_source
from nnstudio.ui.panels.section import MARGIN, ErrorLabel, Form, breakable

if TYPE_CHECKING:
    from nnstudio.network import Neuron
    from nnstudio.ui.document import Document
    from nnstudio.ui.panels.live import LiveValues
    from nnstudio.ui.panels.relative import Change

# Stands for no activation: what is chosen opens the line to type one.
_OWN_FORMULA = "own formula"
_FORMULA_LENGTH = 160
_ACTIVATION_TIP = "What the neuron makes of the sum of its inputs"
_ROLES = {"input": "Input", "hidden": "Hidden", "output": "Output"}


class NeuronsPage(QWidget):
    """Fields for the selected neurons; each edit sets all of them in one step."""

    connection_chosen = Signal(str)

    def __init__(self, document: Document, live: LiveValues, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._live = live
        self._ids: tuple[str, ...] = ()
        self._offered: list[str] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, 4, MARGIN, 8)
        layout.setSpacing(10)
        self.form = Form(self)
        self._make_fields()
        layout.addWidget(self.form)
        self.constraints = ConstraintFields(document, "bias", self)
        layout.addWidget(self.constraints)
        self.curve = CurvePlot(self)
        layout.addWidget(self.curve)
        self.formula = QLabel(self)
        self.formula.setProperty("role", "muted")
        self.formula.setWordWrap(True)
        # Formulas hold < and >.
        self.formula.setTextFormat(Qt.TextFormat.PlainText)
        layout.addWidget(self.formula)
        self.values = Form(self)
        self._make_values()
        layout.addWidget(self.values)
        self.incoming_title, self.outgoing_title = QLabel(self), QLabel(self)
        self.incoming = ConnectionList("Incoming connections", self)
        self.outgoing = ConnectionList("Outgoing connections", self)
        for title, connections in (
            (self.incoming_title, self.incoming),
            (self.outgoing_title, self.outgoing),
        ):
            title.setProperty("role", "title")
            layout.addWidget(title)
            layout.addWidget(connections)
            connections.connection_chosen.connect(self.connection_chosen)

    def _make_fields(self) -> None:
        self.label = QLineEdit(self)
        self.label.setAccessibleName("Label")
        self.label.setToolTip(
            "What the neuron is called; inputs and outputs usually as the data's columns. "
            "For several, # stands for 1, 2, 3 …"
        )
        self.label.editingFinished.connect(self._change_label)
        self.role = QComboBox(self)
        self.role.setAccessibleName("Role")
        self.role.setToolTip("Inputs take the data's features, outputs answer; hidden neurons stand between")
        self.role.setPlaceholderText(MIXED)
        for key, title in _ROLES.items():
            self.role.addItem(title, key)
        self.role.activated.connect(self._change_role)
        self.activation = QComboBox(self)
        self.activation.setAccessibleName("Activation")
        self.activation.setToolTip(_ACTIVATION_TIP)
        self.activation.setPlaceholderText(MIXED)
        self.activation.setMaxVisibleItems(16)
        # A long formula among the choices must not widen the panel.
        self.activation.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activation.setMinimumContentsLength(12)
        self.activation.activated.connect(self._change_activation)
        self.editor = FormulaEditor(self)
        self.editor.accepted.connect(self._apply_formula)
        self.editor.canceled.connect(self._cancel_formula)
        tip = f"What is added to the weighted inputs. Up and Down step it, with Shift by 1; {HOW}."
        self.bias = NumberField("Bias", tip, relative=True, parent=self)
        self.bias_slider = ValueSlider("Bias slider", "Drag to change the bias", parent=self)
        self.bias.edited.connect(self._change_bias)
        self.bias.edited_by.connect(self._change_biases_by)
        self.bias_slider.edited.connect(self._change_bias)
        self.problem = ErrorLabel(self)
        self.bias.refused.connect(self.problem.tell)
        self.bias.accepted.connect(self.problem.forget)
        self.form.add("Label", self.label)
        self.form.add("Role", self.role)
        self.form.add("Activation", self.activation)
        self.form.add_wide(self.editor)
        self.form.add("Bias", self.bias_slider, self.bias)
        self.form.add_wide(self.problem)

    def _make_values(self) -> None:
        self.sum_value, self.value, self.gradient = QLabel(self), QLabel(self), QLabel(self)
        self.sum_value.setToolTip("Weighted inputs plus bias, for the sample in focus")
        self.value.setToolTip("What the neuron passes on, for the sample in focus")
        self.gradient.setToolTip("How the training loss changes with the bias: training moves against it")
        self.values.add("Sum z", self.sum_value)
        self.values.add("Value a", self.value)
        self.values.add("∂loss/∂bias", self.gradient)

    def fill_activations(self) -> None:
        """Fill the choice of activations, once: the registry brings NumPy along."""
        if self.activation.count():
            return
        from nnstudio.engine.activations import ACTIVATIONS

        for key, entry in ACTIVATIONS.items():
            self.activation.addItem(entry.title, key)
        self.activation.insertSeparator(self.activation.count())
        self.activation.addItem("Own formula…", _OWN_FORMULA)
        tip = "Type what the neuron makes of the sum of its inputs"
        self.activation.setItemData(self.activation.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)

    def _offer_formulas(self) -> None:
        """Offer the formulas that neurons of the network have."""
        from nnstudio.engine.activations import ACTIVATIONS

        used = {neuron.activation for neuron in self._document.network.neurons}
        formulas = sorted(key for key in used if key is not None and key not in ACTIVATIONS)
        if formulas == self._offered:
            return
        for key in self._offered:
            self.activation.removeItem(self.activation.findData(key))
        for key in formulas:
            place = self.activation.count() - 1
            self.activation.insertItem(place, activation_title(key), key)
            formula = key.removeprefix(CUSTOM_ACTIVATION)
            self.activation.setItemData(place, f"<p>a = {escape(formula)}</p>", Qt.ItemDataRole.ToolTipRole)
        self._offered = formulas

    # Showing

    def refresh(self, ids: tuple[str, ...]) -> None:
        """Show the neurons with these ids."""
        if ids != self._ids:
            self.bias.discard_typing()
            self.editor.close_line()
        self._ids = ids
        if not ids:
            return
        self.fill_activations()
        neurons = [self._document.network.neuron(key) for key in ids]
        inner = [neuron for neuron in neurons if neuron.role != "input"]
        if not (self.label.hasFocus() and self.label.isModified()):
            label = common([n.label for n in neurons])
            self.label.setText("" if label is None else str(label))
            self.label.setPlaceholderText(MIXED if label is None else "")
            self.label.setModified(False)
        self.role.setCurrentIndex(_place(self.role, common([n.role for n in neurons])))
        activation = common([n.activation for n in inner])
        self._offer_formulas()
        if not inner:
            self.editor.close_line()
        chosen = _OWN_FORMULA if self.editor.isVisibleTo(self) else activation
        self.activation.setCurrentIndex(_place(self.activation, chosen))
        # A formula may be longer than the field.
        formula = (
            self.activation.currentData(Qt.ItemDataRole.ToolTipRole) if chosen in self._offered else None
        )
        self.activation.setToolTip(formula or _ACTIVATION_TIP)
        for row in ("Activation", "Bias"):
            self.form.show_row(row, bool(inner))
        self.bias.several = len(inner) > 1
        self.constraints.refresh(neurons)
        self._show_activation(activation if inner else None)
        self.refresh_live()

    def _show_activation(self, key: Any) -> None:
        is_shown = key is not None and not self.editor.isVisibleTo(self)
        self.curve.show_curve(key)
        self.curve.setVisible(is_shown)
        self.formula.setVisible(is_shown)
        if key is not None:
            formula = formula_text(key)
            self.formula.setToolTip(f"<p>{escape(formula)}</p>" if len(formula) > _FORMULA_LENGTH else "")
            if len(formula) > _FORMULA_LENGTH:
                formula = f"{formula[: _FORMULA_LENGTH - 1]}…"
            self.formula.setText(breakable(formula))

    def refresh_live(self) -> None:
        """Show the values of this moment; while training runs they are the run's, to read only.

        Those of a past step may be changed: the training goes back there first.
        """
        network = self._document.network
        neurons = [network.neuron(key) for key in self._ids if network.has_neuron(key)]
        if not neurons:
            return
        running = bool(self._document.lock_reason)
        self._show_bias([n for n in neurons if n.role != "input"], running)
        one = neurons[0] if len(neurons) == 1 else None
        self.values.setVisible(one is not None)
        for widget in (self.incoming_title, self.incoming, self.outgoing_title, self.outgoing):
            widget.setVisible(one is not None)
        if one is not None:
            self._show_values(one)
            self._show_connections(one)

    def _show_bias(self, neurons: list[Neuron], running: bool) -> None:
        biases: list[object] = [self._shown_bias(n) for n in neurons]
        bias = common(biases)
        value = float(bias) if isinstance(bias, float | int) else None
        self.bias.setReadOnly(running)
        self.bias_slider.setEnabled(not running)
        self.bias.set_value(value)
        self.bias_slider.set_value(value)

    @property
    def _shows_other_values(self) -> bool:
        """Whether what is on view are not the drawing's own values."""
        return bool(self._document.lock_reason) or self._live.is_past

    def _shown_bias(self, neuron: Neuron) -> float | None:
        live = self._live.bias(neuron.id) if self._shows_other_values else None
        return neuron.bias if live is None else live

    def _show_values(self, neuron: Neuron) -> None:
        value = self._live.activation(neuron.id)
        self.value.setText(format_number(value))
        inner = neuron.role != "input"
        self.values.show_row("Sum z", inner)
        self.values.show_row("∂loss/∂bias", inner)
        if not inner:
            return
        z = self._live.weighted_sum(self._document.network, neuron.id)
        self.sum_value.setText(format_number(z))
        self.gradient.setText(format_number(self._live.bias_gradient(neuron.id)))
        self.curve.show_point(None if z is None or value is None else (z, value))

    def _show_connections(self, neuron: Neuron) -> None:
        network = self._document.network
        lists = (
            (self.incoming_title, self.incoming, network.incoming(neuron.id), "source", "From"),
            (self.outgoing_title, self.outgoing, network.outgoing(neuron.id), "target", "To"),
        )
        for title, view, connections, far_end, word in lists:
            shown = bool(connections)
            title.setVisible(shown)
            view.setVisible(shown)
            if shown:
                count = len(connections)
                title.setText(f"{word} {count} neuron{'' if count == 1 else 's'}")
                live = [self._live.weight(c.id) if self._shows_other_values else None for c in connections]
                weights = [c.weight if now is None else now for c, now in zip(connections, live, strict=True)]
                view.show_connections(network, [c.id for c in connections], far_end=far_end, weights=weights)

    # Editing

    def _change(self, what: str, fields: dict[str, Any], ids: list[str], merge_key: str = "") -> bool:
        count = f" of {len(ids)} neurons" if len(ids) > 1 else ""
        edit = ChangeNeurons(f"Change {what}{count}", dict.fromkeys(ids, fields))
        if ids and not self._document.do(edit, merge_key=merge_key):
            self.refresh(self._ids)
            return False
        return True

    def _inner(self) -> list[str]:
        network = self._document.network
        return [key for key in self._ids if network.has_neuron(key) and network.neuron(key).role != "input"]

    @Slot()
    def _change_label(self) -> None:
        network = self._document.network
        ids = [key for key in self._ids if network.has_neuron(key)]
        text = self.label.text().strip()
        if not self.label.isModified():
            return
        self.label.setModified(False)
        if not text and len(ids) > 1:
            # Most likely a field that was left as empty as it was.
            return
        changes = {
            key: {"label": text.replace("#", str(number)) if len(ids) > 1 else text}
            for number, key in enumerate(ids, 1)
        }
        if any(network.neuron(key).label != fields["label"] for key, fields in changes.items()):
            count = f" of {len(ids)} neurons" if len(ids) > 1 else ""
            self._document.do(ChangeNeurons(f"Change label{count}", changes))
        self.refresh(self._ids)

    @Slot(int)
    def _change_role(self, place: int) -> None:
        role = self.role.itemData(place)
        network = self._document.network
        # What was edited last may be gone by the time that the wheel or a key reaches the field.
        there = [key for key in self._ids if network.has_neuron(key)]
        self._change("role", {"role": role}, [key for key in there if network.neuron(key).role != role])

    @Slot(int)
    def _change_activation(self, place: int) -> None:
        key = self.activation.itemData(place)
        if key == _OWN_FORMULA:
            self._type_formula()
            return
        self.editor.close_line()
        self._set_activation(key)
        self.refresh(self._ids)

    def _set_activation(self, key: str) -> bool:
        network = self._document.network
        ids = [each for each in self._inner() if network.neuron(each).activation != key]
        return self._change("activation", {"activation": key}, ids)

    def _type_formula(self) -> None:
        network = self._document.network
        self.editor.open(common([network.neuron(each).activation for each in self._inner()]))
        self.refresh(self._ids)

    @Slot(str)
    def _apply_formula(self, key: str) -> None:
        # What is refused, as while a training runs, stays there to be taken later.
        if self._set_activation(key):
            self._cancel_formula()

    @Slot()
    def _cancel_formula(self) -> None:
        self.activation.setFocus()
        self.editor.close_line()
        self.refresh(self._ids)

    @Slot(float, str)
    def _change_bias(self, value: float, gesture: str) -> None:
        self._change("bias", {"bias": value}, self._inner(), gesture)

    @Slot(object)
    def _change_biases_by(self, change: Change) -> None:
        """Change each bias by itself; a random one without an amount is from −1 to 1."""
        network, ids = self._document.network, self._inner()
        rng, _ = random_source(self._document)
        changes = {
            key: {
                "bias": change.of(
                    self._shown_bias(network.neuron(key)) or 0.0, rng, lambda: rng.uniform(-1.0, 1.0)
                )
            }
            for key in ids
        }
        count = f" of {len(ids)} neurons" if len(ids) > 1 else ""
        if changes:
            self._document.do(ChangeNeurons(f"Change bias{count} {change}", changes))
        self.refresh(self._ids)


def _place(box: QComboBox, key: Any) -> int:
    return -1 if key is None else box.findData(key)
