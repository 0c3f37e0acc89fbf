"""The tools to draw data with, above the output plot: which one, of which class or value, how large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.numbers import format_count, format_number
from nnstudio.ui.panels.fields import NumberField

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOOLS = (
    ("brush", "brush", "Brush: points evenly along the way"),
    ("spray", "spray", "Spray: points at random, more while you hold"),
    ("eraser", "eraser", "Eraser: takes points away"),
    ("drag", "drag", "Drag a point to another place; a click shows its row"),
    ("lasso", "lasso", "Lasso: draw around points, then drag them, delete them or give them another class"),
)
_SIZES, _DENSITIES = (2, 60), (1, 10)
_SIZE, _DENSITY = 8, 4
_SWATCH = 12


class DrawingBar(QWidget):
    """Rows of tools. ``changed`` tells another tool or option; the others what is wanted of the selection."""

    changed = Signal()
    delete_wanted = Signal()
    blank_wanted = Signal()
    mark_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self.setAccessibleName("Tools to draw data")
        self.tools = QButtonGroup(self)
        self.tools.setExclusive(True)
        self.buttons: dict[str, QToolButton] = {}
        first = QHBoxLayout()
        first.setSpacing(1)
        for place, (tool, icon, tip) in enumerate(_TOOLS):
            button = QToolButton(self)
            theme.set_icon(button, icon)
            button.setIconSize(QSize(16, 16))
            button.setCheckable(True)
            button.setToolTip(tip)
            button.setAccessibleName(tip.partition(":")[0])
            button.setProperty("tool", tool)
            self.tools.addButton(button, place)
            self.buttons[tool] = button
            first.addWidget(button)
        self.buttons["brush"].setChecked(True)
        self.classes = QComboBox(self)
        self.classes.setAccessibleName("Class of what is drawn")
        self.classes.setToolTip("The class of new points; keys 1 to 9 choose it, too")
        self.classes.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.value = NumberField("Value of what is drawn", "The value of new points", step=0.1)
        self.value.set_value(0.0)
        self.blank_button = QToolButton(self)
        theme.set_icon(self.blank_button, "file-new")
        self.blank_button.setIconSize(QSize(16, 16))
        self.blank_button.setToolTip("Begin with an empty plot: what you draw replaces the data")
        self.blank_button.setAccessibleName("Begin with an empty plot")
        first.addSpacing(8)
        first.addWidget(self.classes, 1)
        first.addWidget(self.value, 1)
        first.addWidget(self.blank_button)
        self.size, self.density = _slider(_SIZES, _SIZE), _slider(_DENSITIES, _DENSITY)
        self.size.setAccessibleName("Size")
        self.size.setToolTip("How wide brush, spray and eraser are; keys [ and ] as well")
        self.density.setAccessibleName("Density")
        self.density.setToolTip("How many points brush and spray put")
        sliders = QWidget(self)
        second = QHBoxLayout(sliders)
        second.setContentsMargins(0, 0, 0, 0)
        second.setSpacing(8)
        for name, slider in (("Size", self.size), ("Density", self.density)):
            label = QLabel(name, self)
            label.setProperty("role", "muted")
            label.setBuddy(slider)
            second.addWidget(label)
            second.addWidget(slider, 1)
        self.selection = QWidget(self)
        self.selected = QLabel(self.selection)
        self.mark_button = QPushButton(self.selection)
        self.delete_button = QPushButton("Delete", self.selection)
        self.delete_button.setToolTip("Delete the selected points (Delete)")
        policy = self.delete_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.delete_button.setSizePolicy(policy)
        third = QHBoxLayout(self.selection)
        third.setContentsMargins(0, 0, 0, 0)
        third.addWidget(self.selected, 1)
        third.addWidget(self.mark_button)
        third.addWidget(self.delete_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 0, 10, 4)
        layout.setSpacing(4)
        layout.addLayout(first)
        # One below the other they would take the plot's room, and move it as a selection comes and goes.
        self._second = QStackedWidget(self)
        self._second.addWidget(sliders)
        self._second.addWidget(self.selection)
        layout.addWidget(self._second)
        self.show_selected(0)
        self.tools.idToggled.connect(self._on_tool)
        self.classes.currentIndexChanged.connect(self._on_option)
        self.value.edited.connect(self._on_option)
        self.size.valueChanged.connect(self._on_option)
        self.density.valueChanged.connect(self._on_option)
        self.mark_button.clicked.connect(self.mark_wanted)
        self.delete_button.clicked.connect(self.delete_wanted)
        self.blank_button.clicked.connect(self.blank_wanted)

    # What is chosen

    @property
    def tool(self) -> str:
        """The tool in use."""
        return str(self.tools.checkedButton().property("tool"))

    @property
    def radius(self) -> float:
        """How far brush, spray and eraser reach, in pixels."""
        return float(self.size.value())

    @property
    def mark(self) -> float:
        """The place of the class, or the value, of what is drawn."""
        if self.classes.count():
            return float(self.classes.currentIndex())
        return float(self.value.value or 0.0)

    def offer(self, classes: Sequence[str], colors: Sequence[QColor], value: float | None) -> None:
        """Offer classes with their colors; without any, a value, where ``value`` is one to begin with."""
        names = [self.classes.itemText(place) for place in range(self.classes.count())]
        self.classes.blockSignals(True)
        if names != list(classes):
            before = self.classes.currentText()
            self.classes.clear()
            self.classes.addItems(list(classes))
            self.classes.setCurrentIndex(max(0, self.classes.findText(before)) if classes else -1)
            if value is not None:
                self.value.set_value(value)
        for place, color in enumerate(colors):
            self.classes.setItemIcon(place, _swatch(color))
        self.classes.blockSignals(False)
        self.classes.setVisible(bool(classes))
        self.value.setVisible(not classes and value is not None)
        self._show_mark()

    def show_selected(self, count: int) -> None:
        """Show how many points are selected, and what can be done with them."""
        self.selected.setText(
            f"{format_count(count)} selected" if count else "Draw around points to select them"
        )
        self.selected.setProperty("role", "" if count else "muted")
        self.delete_button.setVisible(count > 0)
        self._count = count
        self._show_mark()

    def _show_mark(self) -> None:
        has_classes = bool(self.classes.count())
        what = self.classes.currentText() if has_classes else format_number(self.value.value)
        self.mark_button.setText(f"Set to {what}")
        kind = "class" if has_classes else "value"
        self.mark_button.setToolTip(f"Give the selected points the {kind} that is chosen above")
        self.mark_button.setVisible(self._count > 0 and (has_classes or not self.value.isHidden()))

    @Slot(int, bool)
    def _on_tool(self, _place: int, checked: bool) -> None:
        if checked:
            self._second.setCurrentIndex(1 if self.tool in ("drag", "lasso") else 0)
            self.changed.emit()

    @Slot()
    def _on_option(self) -> None:
        self._show_mark()
        self.changed.emit()


def _slider(bounds: tuple[int, int], value: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(*bounds)
    slider.setValue(value)
    slider.setMinimumWidth(48)
    return slider


def _swatch(color: QColor) -> QIcon:
    picture = QPixmap(_SWATCH, _SWATCH)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(1, 1, _SWATCH - 2, _SWATCH - 2)
    painter.end()
    return QIcon(picture)
