"""Inserting a layer: a card with what it is to be, and its ghosts on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox

from nnstudio.errors import NNStudioError
from nnstudio.network.layering import Layer, LayerPlan, insert_layer, last_layer, plan_layer
from nnstudio.network.reach import targets_of
from nnstudio.network.wiring import left_out
from nnstudio.ui import theme
from nnstudio.ui.canvas import ghosts
from nnstudio.ui.canvas.card import CanvasCard
from nnstudio.ui.canvas.connecting import marked_and_selected
from nnstudio.ui.numbers import format_count
from nnstudio.ui.panels.fields import NumberField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QPainter

    from nnstudio.network.items import Position
    from nnstudio.ui.canvas.view import CanvasView

_MAX_SEED = 2**31 - 1
_DEFAULT_COUNT = 4


class Inserting(QObject):
    """Opens the card that inserts a layer."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas

    @Slot()
    def insert_layer(self) -> None:
        """Open the card."""
        if isinstance(self._canvas.cards.card, LayerCard):
            self._canvas.cards.card.begin()
            return
        self._canvas.cards.open(LayerCard(self._canvas))


class LayerCard(CanvasCard):
    """Inserts a layer: how many neurons, of which kind, between what."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas, "layer-card", "Insert a layer", "Insert")
        self.plan: LayerPlan | None = None
        self.count = NumberField(
            "Neurons",
            "How many neurons the layer has. Up and Down change it.",
            step=1,
            minimum=1,
            maximum=10_000,
            integer=True,
            parent=self,
        )
        self.count.set_value(_DEFAULT_COUNT)
        self.role = _choice("Role", "What the neurons are for", self)
        for key, title in (("hidden", "Hidden"), ("input", "Inputs"), ("output", "Outputs")):
            self.role.addItem(title, key)
        if not canvas.document.network.neuron_count:
            self.role.setCurrentIndex(self.role.findData("input"))
        self.activation = _choice("Activation", "What the neurons make of the sum of their inputs", self)
        self.origin = _choice("From", "Every one of these feeds every neuron of the layer", self)
        self.goal = _choice("To", "Every neuron of the layer feeds every one of these", self)
        self.replaces = QCheckBox("In place of direct connections", self)
        self.replaces.setToolTip("Delete the connections that would pass the layer by")
        self.seed = NumberField(
            "Seed",
            "The same seed draws the same weights",
            step=1,
            minimum=0,
            maximum=_MAX_SEED,
            integer=True,
            parent=self,
        )
        self.seed.set_value(canvas.start.seed % (_MAX_SEED + 1))
        self.form.add("Neurons", self.count)
        self.form.add("Role", self.role)
        self.form.add("Activation", self.activation)
        self.form.add("From", self.origin)
        self.form.add("To", self.goal)
        self.form.add_wide(self.replaces)
        self.form.add("Seed", self.seed)
        self._ends: dict[str, tuple[str, ...]] = {}
        self._middle = canvas.middle()
        self._lines: list[tuple[Position, Position]] = []
        self._gone: list[tuple[Position, Position]] = []
        self._fill_activations()
        self.role.currentIndexChanged.connect(self._fill_activations)
        for field in (self.count, self.seed):
            field.textEdited.connect(self.refresh)
            field.edited.connect(self.refresh)
        for box in (self.role, self.origin, self.goal):
            box.activated.connect(self._take_choice)
        self.replaces.toggled.connect(self.refresh)
        self.refresh()
        self.begin()

    def begin(self) -> None:
        """Let the number of neurons be typed."""
        self.count.setFocus()
        self.count.selectAll()

    def refresh(self, *_: object) -> None:
        """Work out where the layer goes and what it is connected to."""
        role = self.role.currentData()
        self._offer_ends(role)
        sources = self._ends.get(f"from {self.origin.currentData()}", ())
        targets = self._ends.get(f"to {self.goal.currentData()}", ())
        self.form.show_row("Activation", role != "input")
        self.form.show_row("From", role != "input" and self.origin.count() > 1)
        self.form.show_row("To", role != "output" and self.goal.count() > 1)
        problem = ""
        try:
            count = round(self.count.typed())
            self.seed.typed()
            layer = Layer(count, role, self.activation.currentData(), sources, targets, replaces=True)
            middle = (self._middle.x(), self._middle.y())
            plan = plan_layer(self.document.network, layer, middle)
            # Offered only where there is something to replace.
            self.replaces.setVisible(bool(plan.replaced))
            if plan.replaced and not self.replaces.isChecked():
                plan = plan_layer(
                    self.document.network, Layer(count, role, layer.activation, sources, targets), middle
                )
            self.plan = plan
        except (NNStudioError, ValueError) as error:
            self.plan, problem = None, str(error)
        self._lines, self._gone = self._ghost_lines(), self._gone_lines()
        self.show_result("" if self.plan is None else self._note(self.plan), problem)
        if self.canvas.cards.card is self:
            self.canvas.cards.make_room_for(() if self.plan is None else self.plan.positions)

    def paint(self, painter: QPainter) -> None:
        if self.plan is not None:
            ghosts.paint_lines(painter, self._gone, theme.manager().current.error)
            ghosts.paint_lines(painter, self._lines)
            color = getattr(theme.manager().current, self.plan.layer.role)
            ghosts.paint_neurons(painter, self.plan.positions, color)

    def apply(self) -> bool:
        if self.plan is None:
            return False
        try:
            edit, new = insert_layer(
                self.document.network,
                self.plan,
                initializer=self.canvas.start.initializer,
                seed=round(self.seed.typed()),
            )
        except NNStudioError as error:
            self.document.refused.emit(error)
            return False
        if not self.document.do(edit):
            return False
        self.document.selection.set(new)
        return True

    @Slot()
    def _fill_activations(self) -> None:
        from nnstudio.engine.activations import ACTIVATIONS
        from nnstudio.network.items import DEFAULT_ACTIVATION

        role = self.role.currentData()
        before = self.activation.currentData()
        self.activation.clear()
        for key, entry in ACTIVATIONS.items():
            if key != "softmax" or role == "output":
                self.activation.addItem(entry.title, key)
                self.activation.setItemData(self.activation.count() - 1, entry.description, 3)
        kept = before if before and before not in DEFAULT_ACTIVATION.values() else None
        place = self.activation.findData(kept or DEFAULT_ACTIVATION.get(role, "tanh"))
        self.activation.setCurrentIndex(max(place, self.activation.findData("tanh")) if place < 0 else place)

    @Slot()
    def _take_choice(self) -> None:
        # From now on it stays whatever is selected.
        self.sender().setProperty("chosen", True)
        self.refresh()

    def _offer_ends(self, role: str) -> None:
        """Offer what the layer may be fed by and feed, as it is now; what was chosen stays where it can."""
        network = self.document.network
        marked, others = marked_and_selected(self.canvas)
        selected = tuple(others if marked else self.canvas.selected()[0])
        outputs = tuple(n.id for n in network.outputs)
        origins: dict[str, tuple[str, tuple[str, ...]]] = {}
        if marked:
            origins["marked"] = ("Marked sources", tuple(marked))
        elif selected:
            origins["selection"] = ("Selection", selected)
        origins["last"] = ("Last layer", last_layer(network))
        origins["none"] = ("Nothing", ())
        _offer(self.origin, origins)
        chosen = origins[self.origin.currentData()][1] if role != "input" else ()
        goals: dict[str, tuple[str, tuple[str, ...]]] = {}
        if marked and selected:
            goals["selection"] = ("Selection", selected)
        elif not selected and role == "hidden":
            goals["outputs"] = ("Outputs", outputs)
        goals["none"] = ("Nothing", ())
        fed = targets_of(network, chosen)
        goals["fed"] = ("What these feed", tuple(n.id for n in network.neurons if n.id in fed))
        goals.setdefault("outputs", ("Outputs", outputs))
        if role == "input":
            first = tuple(n.id for n in network.hidden if not set(network.sources_of(n.id)) - _inputs(self))
            goals["first"] = ("First hidden layer", first)
        _offer(self.goal, goals)
        self._ends = {f"from {key}": ids for key, (_, ids) in origins.items()}
        self._ends |= {f"to {key}": ids for key, (_, ids) in goals.items()}
        if role == "input":
            self._ends |= {key: () for key in self._ends if key.startswith("from ")}
        if role == "output":
            self._ends |= {key: () for key in self._ends if key.startswith("to ")}

    def _ghost_lines(self) -> list[tuple[Position, Position]]:
        if self.plan is None:
            return []
        places = {n.id: n.position for n in self.document.network.neurons}
        # An even choice, so that a large layer doesn't make a million of them.
        some = self.plan.positions[:: -(-self.plan.connection_count // (4 * ghosts.MOST_LINES)) or 1]
        return [
            *((places[source], place) for place in some for source in self.plan.sources),
            *((place, places[target]) for place in some for target in self.plan.targets),
        ]

    def _gone_lines(self) -> list[tuple[Position, Position]]:
        network = self.document.network
        ids = () if self.plan is None else self.plan.replaced[: ghosts.MOST_LINES]
        return [
            (network.neuron(c.source).position, network.neuron(c.target).position)
            for c in map(network.connection, ids)
        ]

    def _note(self, plan: LayerPlan) -> str:
        count = len(plan.positions)
        parts = [
            f"{format_count(count)} neuron{'s' * (count != 1)}, "
            f"{format_count(plan.connection_count)} new connection{'s' * (plan.connection_count != 1)}"
        ]
        if plan.replaced:
            parts[0] += f" in place of {format_count(len(plan.replaced))}"
        parts[0] += "."
        if plan.skipped:
            parts.append(left_out(plan.skipped))
        return " ".join(parts)


def _choice(name: str, tip: str, parent: LayerCard) -> QComboBox:
    box = QComboBox(parent)
    box.setAccessibleName(name)
    box.setToolTip(tip)
    return box


def _inputs(card: LayerCard) -> set[str]:
    return {n.id for n in card.document.network.inputs}


def _offer(box: QComboBox, choices: dict[str, tuple[str, Iterable[Any]]]) -> None:
    """Fill a box with titles and how many neurons each stands for; those that stand for none are left out."""
    entries = [
        (f"{title} ({format_count(len(tuple(ids)))})" if key != "none" else title, key)
        for key, (title, ids) in choices.items()
        if tuple(ids) or key == "none"
    ]
    before = box.currentData() if box.property("chosen") else None
    box.clear()
    for title, key in entries:
        box.addItem(title, key)
    box.setCurrentIndex(max(0, box.findData(before)) if before is not None else 0)
