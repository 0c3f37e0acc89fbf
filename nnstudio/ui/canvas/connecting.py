"""Connecting many neurons at once: marked sources to what is selected, all to all or in a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QComboBox

from nnstudio.errors import NNStudioError
from nnstudio.network.edits import AddItems
from nnstudio.network.wiring import (
    Wiring,
    all_to_all,
    at_random,
    by_fan_in,
    left_out,
    make_connections,
    one_to_one,
    wire,
)
from nnstudio.ui.canvas import drafts, ghosts
from nnstudio.ui.canvas.card import CanvasCard
from nnstudio.ui.numbers import format_count
from nnstudio.ui.panels.fields import NumberField

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from nnstudio.network.items import Position
    from nnstudio.ui.canvas.view import CanvasView

_PATTERNS = (
    ("all", "All to all", "Every source to every selected neuron"),
    ("one", "One to one", "The topmost source to the topmost selected neuron, and so on downwards"),
    ("random", "At random", "Each pair with the same probability"),
    ("sparse", "Sparse", "Into each selected neuron from so many sources, chosen at random"),
)
_HOW = "Select the neurons to connect from and press 1, then select the others and press 2."
_MAX_SEED = 2**31 - 1


class Connecting(QObject):
    """Marks sources, and connects them to the selection."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._document = canvas.document

    @Slot()
    def mark_sources(self) -> None:
        """Mark the selected neurons as sources; pressed again on the same, take the marks away."""
        selected = self._document.selection.neurons
        scene = self._canvas.network_scene
        if not selected:
            self._canvas.message.emit("Select the neurons to connect from, then press 1.")
            return
        scene.set_marked(() if selected == scene.marked else selected)
        if self._canvas.cards.card is not None:
            self._canvas.cards.card.refresh()

    @Slot()
    def connect_marked(self) -> None:
        """Connect every marked source to every selected neuron, in one step."""
        sources, targets = marked_and_selected(self._canvas)
        if not sources or not targets:
            self._canvas.message.emit(_HOW)
            return
        network = self._document.network
        try:
            wiring = wire(network, all_to_all(sources, targets))
        except NNStudioError as error:
            self._document.refused.emit(error)
            return
        if not wiring.pairs:
            # One of them in full: it says what to do instead.
            pair = (sources[0], targets[0])
            self._document.refused.emit(drafts.check_pairs(network, [pair]).problems[0])
            return
        if self._document.do(drafts.connect(network, wiring.pairs, self._canvas.start)):
            self._canvas.network_scene.set_marked(())
            if wiring.skipped:
                made = len(wiring.pairs)
                told = f"{format_count(made)} connection{'s' * (made != 1)} made. {left_out(wiring.skipped)}"
                self._canvas.message.emit(told)

    @Slot()
    def connect_pattern(self) -> None:
        """Open the card that connects the marked sources to the selection in a pattern."""
        if not self._canvas.network_scene.marked:
            self._canvas.message.emit("Select the neurons to connect from and press 1 first.")
            return
        self._canvas.cards.open(ConnectCard(self._canvas))


class ConnectCard(CanvasCard):
    """Connects marked sources to the selected neurons; both can be changed on the canvas meanwhile."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas, "connect-card", "Connect the sources", "Connect")
        self.pattern = QComboBox(self)
        self.pattern.setAccessibleName("Pattern")
        for key, title, tip in _PATTERNS:
            self.pattern.addItem(title, key)
            self.pattern.setItemData(self.pattern.count() - 1, tip, 3)
        self.probability = NumberField(
            "Probability", "How likely each pair is", step=0.05, minimum=0.0, maximum=1.0, parent=self
        )
        self.probability.set_value(0.5)
        self.fan_in = NumberField(
            "Sources of each",
            "How many sources each selected neuron gets",
            step=1,
            minimum=1,
            maximum=100_000,
            integer=True,
            parent=self,
        )
        self.fan_in.set_value(min(3, len(canvas.network_scene.marked)))
        self.seed = NumberField(
            "Seed",
            "The same seed draws the same pairs and weights",
            step=1,
            minimum=0,
            maximum=_MAX_SEED,
            integer=True,
            parent=self,
        )
        self.seed.set_value(canvas.start.seed % (_MAX_SEED + 1))
        self.form.add("Pattern", self.pattern)
        self.form.add("Probability", self.probability)
        self.form.add("Sources each", self.fan_in)
        self.form.add("Seed", self.seed)
        self.wiring = Wiring((), {})
        self._lines: list[tuple[Position, Position]] = []
        self.pattern.currentIndexChanged.connect(self.refresh)
        for field in (self.probability, self.fan_in, self.seed):
            field.textEdited.connect(self.refresh)
            field.edited.connect(self.refresh)
        self.refresh()
        self.pattern.setFocus()

    def refresh(self, *_: object) -> None:
        """Work out which pairs to connect."""
        pattern = self.pattern.currentData()
        self.form.show_row("Probability", pattern == "random")
        self.form.show_row("Sources each", pattern == "sparse")
        sources, targets = marked_and_selected(self.canvas)
        self.wiring, problem = Wiring((), {}), ""
        if sources and targets:
            try:
                self.wiring = self._wire(pattern, sources, targets)
            except (NNStudioError, ValueError) as error:
                problem = str(error)
        network = self.document.network
        self._lines = [
            (network.neuron(source).position, network.neuron(target).position)
            for source, target in self.wiring.pairs[:: len(self.wiring.pairs) // ghosts.MOST_LINES or 1]
        ]
        self.show_result(
            self._note(pattern, len(sources), len(targets)), problem, able=bool(self.wiring.pairs)
        )
        if self.canvas.cards.card is self:
            self.canvas.cards.make_room_for()

    def paint(self, painter: QPainter) -> None:
        ghosts.paint_lines(painter, self._lines)

    def apply(self) -> bool:
        start = self.canvas.start
        try:
            connections = make_connections(
                self.document.network,
                self.wiring.pairs,
                initializer=start.initializer,
                seed=round(self.seed.typed()),
            )
        except NNStudioError as error:
            self.document.refused.emit(error)
            return False
        if not self.document.do(AddItems("Connect neurons", connections=connections)):
            return False
        self.canvas.network_scene.set_marked(())
        return True

    def _wire(self, pattern: str, sources: list[str], targets: list[str]) -> Wiring:
        network = self.document.network
        if pattern == "one":
            return wire(network, one_to_one(network, sources, targets))
        if pattern == "random":
            seed = round(self.seed.typed())
            return wire(network, at_random(sources, targets, self.probability.typed(), seed))
        if pattern == "sparse":
            candidates = by_fan_in(sources, targets, round(self.seed.typed()))
            return wire(network, candidates, most_into_each=round(self.fan_in.typed()))
        return wire(network, all_to_all(sources, targets))

    def _note(self, pattern: str, sources: int, targets: int) -> str:
        if not sources:
            return "Select the neurons to connect from and press 1."
        if not targets:
            return "Now select the neurons to connect to."
        made = len(self.wiring.pairs)
        parts = [
            f"{_counted(sources, 'source')} → {_counted(targets, 'neuron')}: "
            f"{_counted(made, 'new connection')}."
        ]
        if pattern == "one" and sources != targets:
            left = abs(sources - targets)
            word = "source" if sources > targets else "selected neuron"
            parts.append(f"{_counted(left, word)} {'is' if left == 1 else 'are'} left over.")
        if self.wiring.skipped:
            parts.append(left_out(self.wiring.skipped))
        return " ".join(parts)


def marked_and_selected(canvas: CanvasView) -> tuple[list[str], list[str]]:
    """Return the marked neurons, and the others that are selected, in the order of the drawing."""
    marked = canvas.network_scene.marked
    order = [neuron.id for neuron in canvas.document.network.neurons]
    selected = canvas.document.selection.neurons - marked
    return [i for i in order if i in marked], [i for i in order if i in selected]


def _counted(count: int, word: str) -> str:
    return f"{format_count(count)} {word}{'' if count == 1 else 's'}"
