"""Which directions a loss landscape has: one parameter or two, random ones, or those of the path."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from nnstudio.ui import theme
from nnstudio.ui.eliding_combo import ElidingCombo

if TYPE_CHECKING:
    from nnstudio.engine.program import Program
    from nnstudio.ui.document import Document

Kind = Literal["parameters", "parameter", "random", "principal"]
# A connection's weight, or a neuron's bias, and the id.
Key = tuple[Literal["weight", "bias"], str]

_KINDS: tuple[tuple[Kind, str, str], ...] = (
    ("parameters", "Parameters", "The loss over two weights or biases; all others stay as they are"),
    (
        "parameter",
        "One parameter",
        "The loss over one weight or bias, with its slope; all others stay as they are",
    ),
    (
        "random",
        "Random",
        "Two random directions, each neuron's part as long as its own weights and bias together are",
    ),
    (
        "principal",
        "Principal",
        "The two directions in which the training has moved the most (from all of its path so far)",
    ),
)
# A list of more could not be searched by eye; others are chosen on the canvas.
_MOST_LISTED = 1_000
_LEAST_WIDTH, _MOST_WIDTH, _KINDS_WIDTH = 64, 190, 140


@dataclass(frozen=True)
class Choice:
    """What the directions are; of one parameter, only the ``first`` counts."""

    kind: Kind = "parameters"
    first: Key | None = None
    second: Key | None = None
    seed: int = 0


class DirectionChooser(QWidget):
    """Chooses the directions; ``changed`` tells that they are others.

    The buttons ``from_canvas`` and ``other_seed`` are for the row of the panel's own buttons.
    """

    changed = Signal()

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document
        self._choice = Choice()
        self._known: tuple[object, ...] = ()
        self.kinds = ElidingCombo(self)
        self.kinds.setAccessibleName("Directions of the landscape")
        for kind, text, tip in _KINDS:
            self.kinds.addItem(text, kind)
            self.kinds.setItemData(self.kinds.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.first, self.second = self._parameter_box("across"), self._parameter_box("upward")
        self._listed: dict[QComboBox, list[Key]] = {self.first: [], self.second: []}
        self._names: dict[Key, str] = {}
        self.from_canvas = QToolButton(self)
        theme.set_icon(self.from_canvas, "select-all")
        self.from_canvas.setAccessibleName("Take what is selected on the canvas")
        self.from_canvas.clicked.connect(self._take_selection)
        self.other_seed = QToolButton(self)
        theme.set_icon(self.other_seed, "new-start")
        self.other_seed.setAccessibleName("Other random directions")
        self.other_seed.clicked.connect(self._take_other_seed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.kinds, 4)
        layout.addWidget(self.first, 3)
        layout.addWidget(self.second, 3)
        layout.addStretch(0)
        for box in (self.kinds, self.first, self.second):
            # As narrow as it must be: a panel at the side has little room.
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setMinimumWidth(_LEAST_WIDTH)
            box.setMaximumWidth(_KINDS_WIDTH if box is self.kinds else _MOST_WIDTH)
            box.currentIndexChanged.connect(self._on_chosen)
        document.selection.changed.connect(self._offer_selection)
        self._arrange()

    def _parameter_box(self, where: str) -> QComboBox:
        box = ElidingCombo(self)
        box.setAccessibleName(f"Parameter {where}")
        box.setMaxVisibleItems(24)
        return box

    @property
    def choice(self) -> Choice:
        """The directions that were chosen."""
        return self._choice

    def choose(self, choice: Choice) -> None:
        """Choose these directions."""
        if choice == self._choice:
            return
        self._choice = choice
        self._show()
        self.changed.emit()

    def choice_for(self, program: Program) -> Choice:
        """Offer the parameters of a program, and return what is chosen of them.

        What was chosen stays as long as it is there.
        """
        known = program.connection_ids, program.neuron_ids, program.neuron_names
        if known != self._known:
            self._offer(program)
            self._known = known
        return self._choice

    def _offer(self, program: Program) -> None:
        keys = _keys(program)
        choice = self._choice
        present = {key for key, _ in keys}
        first = choice.first if choice.first in present else None
        second = choice.second if choice.second in present else None
        free = [key for key, _ in keys if key not in (first, second)]
        first = first or (free.pop(0) if free else None)
        second = second or (free.pop(0) if free else None)
        self._choice = replace(choice, first=first, second=second)
        for box in (self.first, self.second):
            box.blockSignals(True)
            box.clear()
            box.addItems([text for _, text in keys[:_MOST_LISTED]])
            box.blockSignals(False)
        self._listed = {box: [key for key, _ in keys[:_MOST_LISTED]] for box in (self.first, self.second)}
        self._names = dict(keys)
        self._show()

    # What is chosen

    def _show(self) -> None:
        choice = self._choice
        self.kinds.blockSignals(True)
        self.kinds.setCurrentIndex(self.kinds.findData(choice.kind))
        self.kinds.blockSignals(False)
        for box, key in ((self.first, choice.first), (self.second, choice.second)):
            listed = self._listed[box]
            box.blockSignals(True)
            if key is not None and key not in listed:
                listed.append(key)
                box.addItem(self._names.get(key, key[1]))
            box.setCurrentIndex(-1 if key is None else listed.index(key))
            box.blockSignals(False)
        self._arrange()

    def _key(self, box: QComboBox) -> Key | None:
        place = box.currentIndex()
        return self._listed[box][place] if place >= 0 else None

    def _arrange(self) -> None:
        kind = self._choice.kind
        for widget in (self.first, self.from_canvas):
            widget.setVisible(kind in ("parameters", "parameter"))
        self.second.setVisible(kind == "parameters")
        self.other_seed.setVisible(kind == "random")
        self.other_seed.setToolTip(f"Other random directions (now seed {self._choice.seed})")
        for box, where in ((self.first, "across"), (self.second, "upward")):
            # Its name may be cut off where the panel is narrow.
            name = box.currentText()
            box.setToolTip(f"The weight or bias whose values go {where}" + (f": {name}" if name else ""))
        self.kinds.setToolTip(next(tip for key, _, tip in _KINDS if key == kind))
        self._offer_selection()

    def restore(self, choice: Choice) -> None:
        """Begin with this in another project: there the same ids are something else."""
        self._choice = choice
        self._known = ()
        self.kinds.blockSignals(True)
        self.kinds.setCurrentIndex(self.kinds.findData(choice.kind))
        self.kinds.blockSignals(False)
        self._arrange()

    @Slot()
    def _on_chosen(self) -> None:
        kind, first, second = self.kinds.currentData(), self._key(self.first), self._key(self.second)
        if kind == "parameters" and self._choice.kind != kind and first == second:
            # It was chosen while the other one was not on view.
            second = next((key for key in self._listed[self.second] if key != first), None)
        self.choose(replace(self._choice, kind=kind, first=first, second=second))

    @Slot()
    def _take_other_seed(self) -> None:
        self.choose(replace(self._choice, seed=self._choice.seed + 1))

    @Slot()
    def _take_selection(self) -> None:
        keys = self._selected()
        if self._choice.kind == "parameter" and len(keys) == 1:
            self.choose(replace(self._choice, first=keys[0]))
        elif self._choice.kind == "parameters" and len(keys) == 2:
            self.choose(replace(self._choice, first=keys[0], second=keys[1]))

    @Slot()
    def _offer_selection(self) -> None:
        wanted, how, which = (
            (1, "a connection, or a neuron for its bias", "the one")
            if self._choice.kind == "parameter"
            else (2, "two connections, or neurons for their biases", "the two")
        )
        able = len(self._selected()) == wanted
        self.from_canvas.setEnabled(able)
        self.from_canvas.setToolTip(
            f"Take {which} selected on the canvas"
            if able
            else f"Select {how}, on the canvas to take {'it' if wanted == 1 else 'them'} from there"
        )

    def _selected(self) -> list[Key]:
        selection, network = self._document.selection, self._document.network
        keys: list[Key] = [("weight", each) for each in sorted(selection.connections)]
        keys += [("bias", each) for each in sorted(selection.neurons) if network.neuron(each).role != "input"]
        return keys


def _keys(program: Program) -> list[tuple[Key, str]]:
    """Return all parameters with their names: weights in the order of the targets, then biases."""
    names = program.neuron_names
    weights = zip(
        program.connection_ids, program.source_slot.tolist(), program.target_slot.tolist(), strict=True
    )
    keys: list[tuple[Key, str]] = [
        (("weight", each), f"{names[source]} → {names[target]}") for each, source, target in weights
    ]
    keys += [
        (("bias", each), f"bias of {name}")
        for each, name in list(zip(program.neuron_ids, names, strict=True))[program.n_inputs :]
    ]
    return keys


def index_of(program: Program, key: Key) -> int:
    """Return the place of a parameter in the flat vector; raises KeyError where it isn't computed."""
    what, each = key
    if what == "weight":
        return program.connection_slots[each]
    return program.n_connections + program.neuron_slots[each]
