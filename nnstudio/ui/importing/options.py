"""How a text file is to be read: encoding, separator, decimal mark, header and others, each to choose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from nnstudio.data.reading import ReadOptions

_TITLES = {
    "encoding": "Encoding",
    "separator": "Separator",
    "decimal": "Decimal mark",
    "thousands": "Thousands",
    "date_order": "Dates",
}


class OptionFields(QWidget):
    """Fields for `ReadOptions`. ``chosen`` names an option that the user has settled."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from nnstudio.data.reading import ENCODINGS, SEPARATORS
        from nnstudio.data.reading.options import DATE_ORDERS, THOUSANDS

        self.options: ReadOptions | None = None
        values: dict[str, dict[str, str]] = {
            "encoding": ENCODINGS,
            "separator": {key: name.capitalize() for key, name in SEPARATORS.items()},
            "decimal": {".": "Point", ",": "Comma"},
            "thousands": {key: name.capitalize() for key, name in THOUSANDS.items()},
            "date_order": {key: name.capitalize() for key, name in DATE_ORDERS.items()},
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self.boxes: dict[str, QComboBox] = {}
        for name, choices in values.items():
            box = QComboBox(self)
            for key, title in choices.items():
                box.addItem(title, key)
            box.setAccessibleName(_TITLES[name])
            box.setProperty("option", name)
            box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            box.activated.connect(self._choose)
            self.boxes[name] = box
            column = QVBoxLayout()
            column.setSpacing(2)
            caption = QLabel(_TITLES[name], self)
            caption.setProperty("role", "muted")
            caption.setBuddy(box)
            column.addWidget(caption)
            column.addWidget(box)
            row.addLayout(column)
        self.header = QCheckBox("The first row holds names", self)
        self.header.clicked.connect(self._choose_header)
        row.addWidget(self.header, 0, Qt.AlignmentFlag.AlignBottom)
        row.addStretch(1)

    def show_options(self, options: ReadOptions) -> None:
        """Show options; those of files that are no text are not shown."""
        self.options = options
        self.setVisible(options.format == "text")
        for name, box in self.boxes.items():
            value = getattr(options, name)
            if box.findData(value) < 0:
                box.addItem(str(value), value)
            box.setCurrentIndex(box.findData(value))
        self.header.setChecked(options.header)

    def take(self, name: str, value: Any) -> None:
        """Choose the value of an option, as the user would."""
        assert self.options is not None
        changes = {name: value}
        # What parts decimals parts no thousands.
        if name == "decimal" and self.options.thousands == value:
            changes["thousands"] = ""
        if name == "thousands" and self.options.decimal == value:
            changes["decimal"] = "," if value == "." else "."
        self.show_options(replace(self.options, **changes))
        self.chosen.emit(name)

    @Slot(int)
    def _choose(self, _index: int) -> None:
        box = self.sender()
        if isinstance(box, QComboBox):
            self.take(box.property("option"), box.currentData())

    @Slot(bool)
    def _choose_header(self, checked: bool) -> None:
        self.take("header", checked)
