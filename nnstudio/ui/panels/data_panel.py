"""The data panel: choose one of the built-in sets and how it is made."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.errors import NNStudioError
from nnstudio.ui import theme
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.numbers import format_count
from nnstudio.ui.panels.data_panel_preparation import PreparationSection
from nnstudio.ui.panels.data_panel_wiring import WiringOffers
from nnstudio.ui.panels.fields import NumberField, ValueSlider
from nnstudio.ui.panels.own_options import OwnOptions
from nnstudio.ui.panels.section import MARGIN, ErrorLabel, Form, ScrollPanel, Section
from nnstudio.ui.panels.thumbnails import paint_data
from nnstudio.ui.panels.tiles import Tile, TileView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPainter

    from nnstudio.data import Dataset
    from nnstudio.ui.document import Document

_MOST_ROWS = 100_000
_MOST_TEST = 0.9
# Long enough to gather the steps of a drag, short enough to be seen as live.
_DELAY_MILLISECONDS = 30
_MOST_LEAST_WIDTH = 280  # a long name may rather be cut off than keep the canvas small


class DataPanel(ScrollPanel):
    """Tiles of the built-in sets, their options, and facts about the data in use.

    Options act at once; what one drag changes is one undoable step. ``table_requested`` asks for the rows,
    ``network_made`` tells that data were given a network where there was none, ``network_matched`` that one
    was made to fit them, and ``menu`` is for what else can be done with data.
    """

    table_requested = Signal()
    network_made = Signal()
    network_matched = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Data")
        self._document = document
        self._wanted: dict[str, Any] = {}
        self._gesture = ""
        self._tiles: dict[str, list[Tile]] = {}
        self._shown_key = ""
        self.sets: TileView | None = None
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_DELAY_MILLISECONDS)
        self._delay.timeout.connect(self._make)
        document.data_changed.connect(self.refresh)
        document.project_replaced.connect(self.refresh)
        # The sets bring NumPy along: after the first frame.
        QTimer.singleShot(0, self, self.populate)

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        return QSize(max(least.width(), min(self.width_of_content(), _MOST_LEAST_WIDTH)), least.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    @Slot()
    def populate(self) -> None:
        """Fill the panel, once."""
        if self.sets is not None:
            return
        from nnstudio.data.generators import GENERATORS

        for key, entry in GENERATORS.items():
            tip = f"{entry.title}: {entry.description}"
            self._tiles.setdefault(entry.group, []).append(
                Tile(key, entry.title, tip, partial(_paint_set, key))
            )
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(9, 2, 9, 4)
        layout.setSpacing(8)
        self.groups = QComboBox(body)
        self.groups.setAccessibleName("Kind of data")
        self.groups.setToolTip("Which built-in data to choose from")
        self.groups.addItems(list(self._tiles))
        self.groups.currentTextChanged.connect(self._show_group)
        layout.addWidget(self.groups)
        first = self._tiles[self.groups.currentText()]
        self.sets = TileView("Built-in data", first, marks_choice=True, height=60, parent=body)
        self.sets.chosen.connect(self._choose)
        layout.addWidget(self.sets)
        self.column.addWidget(body)

        options = QWidget(self)
        column = QVBoxLayout(options)
        column.setContentsMargins(MARGIN, 0, MARGIN, 4)
        column.setSpacing(8)
        self.problem = ErrorLabel(self)
        self._make_options()
        column.addWidget(self.own_options)
        column.addWidget(self.options)
        column.addWidget(self.problem)
        self.facts = QLabel(self)
        self.facts.setWordWrap(True)
        self.facts.setProperty("role", "muted")
        column.addWidget(self.facts)
        self.wiring = WiringOffers(self._document, self)
        self.wiring.network_made.connect(self.network_made)
        self.wiring.network_matched.connect(self.network_matched)
        column.addWidget(self.wiring)
        self.table_button = QPushButton("Show the rows", self)
        self.table_button.setToolTip("Show all rows in a table")
        self.table_button.clicked.connect(self.table_requested)
        self.menu_button = QToolButton(self)
        self.menu_button.setAccessibleName("Import and export")
        self.menu_button.setToolTip("Import data, or export them with predictions")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setMenu(self.menu)
        theme.set_icon(self.menu_button, "more")
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.table_button)
        row.addStretch(1)
        row.addWidget(self.menu_button)
        column.addLayout(row)
        self.column.addWidget(options)
        self.preparation = PreparationSection(self._document, self)
        self.column.addWidget(self.preparation)
        self.credit = Section("Source and licence", self)
        self.credit_text = QLabel(self)
        self.credit_text.setWordWrap(True)
        self.credit_text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.credit.body.addWidget(self.credit_text)
        self.column.addWidget(self.credit)
        self.column.addStretch(1)
        self.preparation.refresh()
        self.refresh()

    def _make_options(self) -> None:
        self.own_options = OwnOptions(self)
        self.own_options.edited.connect(self._set_option)
        self.own_options.refused.connect(self.problem.tell)
        self.own_options.accepted.connect(self.problem.forget)
        self.options = Form(self)
        self.noise_slider = ValueSlider("Noise slider", "Drag for more or less noise", bounds=(0.0, 1.0))
        self.noise = NumberField(
            "Noise", "Spread of what is added to the points", step=0.05, minimum=0.0, maximum=100.0
        )
        self.rows = NumberField(
            "Rows", "How many rows to make", step=10, minimum=4, maximum=_MOST_ROWS, integer=True
        )
        self.test_slider = ValueSlider(
            "Test part slider", "Drag to change the share of rows kept for testing", bounds=(0.0, _MOST_TEST)
        )
        self.test = NumberField(
            "Test part",
            "Share of the rows kept for testing, from 0 to 0.9",
            step=0.05,
            minimum=0.0,
            maximum=_MOST_TEST,
        )
        self.seed = NumberField(
            "Seed", "The same seed makes the same rows", step=1, minimum=0, maximum=2**31 - 1, integer=True
        )
        self.next_seed = QToolButton(self)
        self.next_seed.setToolTip("Other rows of the same kind: the next seed")
        self.next_seed.setAccessibleName("Next seed")
        theme.set_icon(self.next_seed, "new-start")
        self.options.add("Noise", self.noise_slider, self.noise)
        self.options.add("Rows", self.rows)
        self.options.add("Test part", self.test_slider, self.test)
        self.options.add("Seed", self.seed, self.next_seed)
        self._fields: dict[str, tuple[str, NumberField, ValueSlider | None]] = {
            "noise": ("Noise", self.noise, self.noise_slider),
            "rows": ("Rows", self.rows, None),
            "test_fraction": ("Test part", self.test, self.test_slider),
            "seed": ("Seed", self.seed, None),
        }
        for option, (_, field, slider) in self._fields.items():
            field.edited.connect(partial(self._set_option, option))
            field.refused.connect(self.problem.tell)
            field.accepted.connect(self.problem.forget)
            if slider is not None:
                slider.edited.connect(partial(self._set_option, option))
        self.next_seed.clicked.connect(self._take_next_seed)

    # Showing

    @Slot()
    def refresh(self) -> None:
        """Show the data in use."""
        if self.sets is None:
            return
        from nnstudio.data.generators import GENERATORS

        data = self._document.project.data
        source = {} if data is None else data.source
        key = source.get("key", "") if source.get("kind") == "generator" else ""
        entry = GENERATORS.get(key)
        if key != self._shown_key:
            self._shown_key = key
            if entry is not None:
                self.groups.setCurrentText(entry.group)
        self.sets.mark(key if entry is not None else "")
        if self._wanted.get("key") != key:
            self._delay.stop()
        values = dict(source.get("options", {}))
        # A seed without anything random to draw would do nothing.
        drawn = entry is not None and not entry.options.keys().isdisjoint(("noise", "test_fraction"))
        for option, (label, field, slider) in self._fields.items():
            shown = drawn and (option in entry.options or option == "seed")
            self.options.show_row(label, shown)
            if not shown or (self._delay.isActive() and option in self._wanted):
                continue
            value = values.get(option, entry.defaults.get(option, 0) if entry is not None else 0)
            field.set_value(float(value))
            if slider is not None:
                slider.set_value(float(value))
        own = {} if entry is None else {n: o for n, o in entry.options.items() if n not in self._fields}
        self.own_options.offer(own)
        for option, described in own.items():
            if not (self._delay.isActive() and option in self._wanted):
                self.own_options.show_value(option, values.get(option, described.default))
        self.options.setVisible(drawn)
        credit = credit_of(source)
        self.credit.setVisible(bool(credit))
        self.credit_text.setText(credit)
        self.facts.setText(data_facts(data))
        self.table_button.setEnabled(data is not None)
        self.problem.forget()

    @Slot(str)
    def _show_group(self, group: str) -> None:
        if self.sets is not None:
            self.sets.set_tiles(self._tiles[group])

    # Changing

    @Slot(str)
    def _choose(self, key: str) -> None:
        self._delay.stop()
        self._wanted = {"key": key}
        self._gesture = ""
        data = self._document.project.data
        if data is not None and data.source.get("key") == key and data.source.get("kind") == "generator":
            return
        self._make()

    @Slot(str, object, str)
    def _set_option(self, option: str, value: Any, gesture: str) -> None:
        data = self._document.project.data
        if data is None:
            return
        if self._delay.isActive() and gesture != self._gesture:
            self._make()
        if option in self._fields:
            _, field, slider = self._fields[option]
            field.set_value(value)
            if slider is not None:
                slider.set_value(value)
        else:
            self.own_options.show_value(option, value)
        self._wanted = {"key": data.source.get("key", ""), **data.source.get("options", {})}
        self._wanted[option] = round(value) if option in ("rows", "seed") else value
        self._gesture = gesture
        self._delay.start()

    @Slot()
    def _take_next_seed(self) -> None:
        self._set_option("seed", float((self.seed.value or 0) + 1), "")

    @Slot()
    def _make(self) -> None:
        from nnstudio.data.generators import GENERATORS, make_again, make_dataset

        self._delay.stop()
        wanted = dict(self._wanted)
        key = wanted.pop("key", "")
        if key not in GENERATORS:
            return
        takes = {**GENERATORS[key].defaults, "seed": 0}
        options = {name: value for name, value in wanted.items() if name in takes}
        present = self._document.project.data
        same = present is not None and present.source.get("key") == key and present.table is None
        try:
            data = make_again(present, **options) if same and options else make_dataset(key, **options)
        except NNStudioError as error:
            self.problem.tell(str(error))
            return
        label = "Change data" if wanted else "Choose data"
        if not self._document.do(ProjectChange(label, data=data), merge_key=self._gesture):
            self.refresh()


def data_facts(data: Dataset | None) -> str:
    """Return in words how many rows and columns there are."""
    from nnstudio.data.remarks import remarks

    if data is None:
        return "No data yet: choose a set to learn from."
    rows, test = len(data.x), len(data.test_rows)
    split = (
        f"{format_count(len(data.train_rows))} to train, {format_count(test)} to test"
        if test
        else "all to train"
    )
    features = _names(data.feature_names)
    wanted = (
        f"{len(data.classes)} classes: {_names(data.classes)}" if data.classes else _names(data.target_names)
    )
    title = f"{data.title}: " if data.title else ""
    told = [f"{title}{format_count(rows)} rows, {split}.", f"{features} → {wanted}", *remarks(data)]
    return "\n".join(told)


def credit_of(source: Mapping[str, Any]) -> str:
    """Return where data come from, as far as they are not made by the program."""
    from nnstudio.data.shipped import credit

    kind = source.get("kind")
    if kind == "generator":
        return credit(str(source.get("key", "")))
    if kind == "edited" and isinstance(source.get("from"), dict):
        return credit_of(source["from"])
    return f"The file {source['file']}" if kind == "file" and source.get("file") else ""


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


@cache
def _sample(key: str) -> Dataset:
    from nnstudio.data.generators import make_dataset

    return make_dataset(key)


def _paint_set(key: str, painter: QPainter, area: QRectF, current: theme.Theme) -> None:
    paint_data(painter, area, _sample(key), current)
