"""The palette: neurons and whole networks to drag onto the canvas."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from nnstudio.ui.canvas.palette_items import MIME_TYPE
from nnstudio.ui.fields import mark_invalid
from nnstudio.ui.panels.curve import paint_glyph
from nnstudio.ui.panels.own_template_tiles import OwnTemplateSection
from nnstudio.ui.panels.section import ErrorLabel, ScrollPanel, Section
from nnstudio.ui.panels.thumbnails import paint_network
from nnstudio.ui.panels.tiles import Tile, TileView

if TYPE_CHECKING:
    from nnstudio.ui.document import Document
    from nnstudio.ui.theme import Theme

_SIZES_TIP = "Neurons in every layer, from the inputs to the outputs; Enter adds the network"
_MOST_NEURONS, _MOST_CONNECTIONS, _MOST_LAYERS = 20_000, 200_000, 100


def parse_sizes(text: str) -> tuple[int, ...]:
    """Return the sizes of layers that a text such as “2, 8, 8, 1” spells.

    Raises ValueError with a sentence for the user.
    """
    parts = text.replace(";", ",").replace("-", ",").replace("x", ",").replace("×", ",").split(",")
    words = [word for part in parts for word in part.split()]
    if any(not word.isdecimal() for word in words):
        wrong = next(word for word in words if not word.isdecimal())
        raise ValueError(f"“{wrong}” is not a number of neurons. Type whole numbers such as 2, 8, 8, 1.")
    sizes = tuple(int(word) for word in words)
    if len(sizes) < 2:
        raise ValueError("Type at least two layers, the inputs and the outputs, such as 2, 8, 8, 1.")
    if min(sizes) < 1:
        raise ValueError("Every layer needs at least one neuron.")
    connections = sum(a * b for a, b in pairwise(sizes))
    if len(sizes) > _MOST_LAYERS or sum(sizes) > _MOST_NEURONS or connections > _MOST_CONNECTIONS:
        raise ValueError(
            f"That is too large to draw: at most {_MOST_LAYERS} layers, {_MOST_NEURONS:,} neurons and "
            f"{_MOST_CONNECTIONS:,} connections at once."
        )
    return sizes


class PalettePanel(ScrollPanel):
    """Tiles of neurons and networks; ``insert_requested`` asks to add one at the middle of the canvas.

    Its payload is what a drag of the same tile carries: ``{"neuron": {"role": …, "activation": …}}``,
    ``{"template": key}``, ``{"own": key}`` or ``{"layers": [2, 8, 1]}``.
    """

    insert_requested = Signal(dict)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Palette")
        self._document = document
        self.views: list[TileView] = []
        # The tiles tell what the engine's registry says, which brings NumPy along: after the first frame.
        QTimer.singleShot(0, self, self.populate)

    @Slot()
    def populate(self) -> None:
        """Fill the palette, once."""
        if self.views:
            return
        hint = QLabel("Drag onto the canvas, or double-click", self)
        hint.setProperty("role", "muted")
        hint.setWordWrap(True)
        hint.setContentsMargins(12, 2, 12, 2)
        self.column.addWidget(hint)
        self._add_section("Inputs and outputs", _end_tiles())
        self._add_section("Hidden neurons", _hidden_tiles())
        networks = self._add_section("Networks", _template_tiles("networks"), least_width=92, height=78)
        self._add_layers(networks)
        self._add_section("Logic", _template_tiles("logic"), least_width=92, height=78)
        self.own = OwnTemplateSection(self)
        self.own.chosen.connect(self._insert_own)
        # Once the layout has given it its room.
        self.own.deleted.connect(self._show_undo, Qt.ConnectionType.QueuedConnection)
        self.column.addWidget(self.own)
        self.column.addStretch(1)

    def payload_of(self, key: str) -> dict[str, Any]:
        """Return what a tile stands for; raises KeyError."""
        for view in self.views:
            for tile in view.tiles:
                if tile.key == key and tile.payload is not None:
                    return tile.payload
        raise KeyError(key)

    def _add_section(self, title: str, tiles: list[Tile], **options: int) -> Section:
        section = Section(title, self)
        view = TileView(title, tiles, mime_type=MIME_TYPE, parent=section, **options)
        view.chosen.connect(self._insert)
        section.body.addWidget(view)
        section.body.setContentsMargins(9, 2, 9, 8)
        self.views.append(view)
        self.column.addWidget(section)
        return section

    def _add_layers(self, section: Section) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(3, 0, 3, 0)
        self.sizes = QLineEdit("2, 8, 8, 1", section)
        self.sizes.setAccessibleName("Sizes of the layers")
        self.sizes.setToolTip(
            "Neurons in every layer, from the inputs to the outputs; Enter adds the network"
        )
        self.add_layers = QPushButton("Add layers", section)
        self.add_layers.setToolTip(
            "Add a network with a connection from every neuron to all of the next layer"
        )
        row.addWidget(self.sizes, 1)
        row.addWidget(self.add_layers)
        section.body.addLayout(row)
        self.problem = ErrorLabel(section)
        section.body.addWidget(self.problem)
        self.sizes.returnPressed.connect(self._insert_layers)
        self.sizes.textEdited.connect(self._clear_problem)
        self.add_layers.clicked.connect(self._insert_layers)

    @Slot(str)
    def _insert(self, key: str) -> None:
        self.insert_requested.emit(self.payload_of(key))

    @Slot(str)
    def _insert_own(self, key: str) -> None:
        self.insert_requested.emit({"own": key})

    @Slot()
    def _show_undo(self) -> None:
        self.ensureWidgetVisible(self.own.undo_row)

    @Slot()
    def _insert_layers(self) -> None:
        try:
            sizes = parse_sizes(self.sizes.text())
        except ValueError as error:
            self._show_problem(str(error))
            return
        self._show_problem("")
        self.insert_requested.emit({"layers": list(sizes)})

    @Slot()
    def _clear_problem(self) -> None:
        self._show_problem("")

    def _show_problem(self, text: str) -> None:
        self.problem.tell(text)
        mark_invalid(self.sizes, text, _SIZES_TIP)


def _end_tiles() -> list[Tile]:
    from nnstudio.engine.activations import ACTIVATIONS

    tiles = [
        Tile(
            "input",
            "Input",
            "Input: takes a column of the data and passes it on",
            _paint_input,
            {"neuron": {"role": "input"}},
        )
    ]
    uses = {
        "sigmoid": "one of two classes, as a probability",
        "identity": "any value",
        "softmax": "one of several classes: with the other softmax outputs, probabilities that sum to 1",
        "tanh": "a value from −1 to 1",
        "step": "yes or no, as the first perceptrons had it",
    }
    for key, use in uses.items():
        entry = ACTIVATIONS[key]
        tiles.append(
            Tile(
                f"output-{key}",
                entry.title,
                f"Output, {entry.title}: {use}",
                partial(_paint_neuron, key, "output"),
                {"neuron": {"role": "output", "activation": key}},
            )
        )
    return tiles


def _hidden_tiles() -> list[Tile]:
    from nnstudio.engine.activations import ACTIVATIONS

    return [
        Tile(
            f"hidden-{key}",
            entry.title.partition(" (")[0],
            f"Hidden neuron, {entry.title}: {entry.description}",
            partial(_paint_neuron, key, "hidden"),
            {"neuron": {"role": "hidden", "activation": key}},
        )
        for key, entry in ACTIVATIONS.items()
        if key != "softmax"
    ]


def _template_tiles(kind: str) -> list[Tile]:
    from nnstudio.network.templates import TEMPLATES

    return [
        Tile(
            key,
            template.title,
            f"{template.title}: {template.description}",
            partial(paint_network, template.build()),
            {"template": key},
        )
        for key, template in TEMPLATES.items()
        if template.kind == kind
    ]


def _paint_input(painter: QPainter, area: QRectF, current: Theme) -> None:
    center, radius = area.center(), min(area.width(), area.height()) * 0.3
    painter.setPen(QPen(current.input, 1.75))
    painter.drawEllipse(center, radius, radius)
    painter.setPen(QPen(current.input, 1.75, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(center.x() + radius, center.y()), QPointF(center.x() + 2.2 * radius, center.y()))
    painter.setBrush(current.input)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(center, radius * 0.35, radius * 0.35)


def _paint_neuron(key: str, role: str, painter: QPainter, area: QRectF, current: Theme) -> None:
    width = min(area.width(), area.height() * 1.6)
    inner = QRectF(area.center().x() - width / 2, area.top(), width, area.height())
    paint_glyph(painter, inner, key, getattr(current, role), current.border)
