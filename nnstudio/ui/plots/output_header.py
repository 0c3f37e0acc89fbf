"""The rows above the output plot: which view, in which style, of what; and what is seen in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from nnstudio.ui import theme
from nnstudio.ui.eliding_combo import ElidingCombo
from nnstudio.ui.plots.export import ExportButton

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

_MOST_OUTPUT = 128  # pixels, for long names of outputs
_PLACE_OF_OUTPUT = 3
_LEGEND_SHARE = 0.94  # of the usual size of letters


class OutputHeader(QWidget):
    """Choosers that appear where there is something to choose, and the legend, or what the pointer is on."""

    view_chosen = Signal(str)
    style_chosen = Signal(str)
    target_chosen = Signal()  # another output or part

    def __init__(
        self, picture: Callable[[], QWidget], columns: Callable[[], Mapping[str, Any]], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.views = self._chooser("What the plot shows", "What the plot shows of the network's answers")
        self.styles = self._chooser("How the plot shows it", "How it is shown")
        self.outputs = self._chooser("Output on view", "Which output, or which class, the plot shows")
        self.parts = self._chooser("Part of the data on view", "Which part of the data the plot shows")
        self.outputs.setMaximumWidth(_MOST_OUTPUT)
        self._wanted: dict[QComboBox, str] = {}  # what somebody chose, also where it cannot be had now
        self.views.currentIndexChanged.connect(self._on_view)
        self.styles.currentIndexChanged.connect(self._on_style)
        for chooser in (self.outputs, self.parts):
            chooser.currentIndexChanged.connect(self._on_target)
        self.legend = QLabel(self)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setProperty("role", "muted")
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        font = self.legend.font()
        font.setPointSizeF(font.pointSizeF() * _LEGEND_SHARE)
        self.legend.setFont(font)
        self.draw_button = QToolButton(self)
        theme.set_icon(self.draw_button, "edit")
        self.draw_button.setCheckable(True)
        self.draw_button.setAccessibleName("Draw data")
        self.export_button = ExportButton("Output", picture, columns, self)
        self._first, self._second = QHBoxLayout(), QHBoxLayout()
        self._first.setSpacing(4)
        for chooser in (self.views, self.styles, self.parts, self.outputs):
            self._first.addWidget(chooser)
        self._first.addStretch(1)
        self._first.addWidget(self.draw_button)
        self._first.addWidget(self.export_button)
        self._second.addWidget(self.legend, 1)
        self._second.setContentsMargins(4, 0, 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(3)
        layout.addLayout(self._first)
        layout.addLayout(self._second)

    def _chooser(self, name: str, tip: str) -> QComboBox:
        chooser = ElidingCombo(self)
        chooser.setAccessibleName(name)
        chooser.setToolTip(tip)
        # What there is to choose changes with the network; by default, the width is that of the first.
        chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        chooser.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        chooser.hide()
        return chooser

    def offer_views(self, views: Sequence[tuple[str, str, str]], chosen: str) -> None:
        """Offer views: key, title and what each is good for."""
        self._fill(self.views, [(title, key) for key, title, _ in views], chosen)
        for place, (_, _, tip) in enumerate(views):
            self.views.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)

    def offer_styles(self, styles: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer styles: key and title."""
        self._fill(self.styles, [(title, key) for key, title in styles], chosen)

    def offer_targets(self, outputs: Sequence[tuple[str, int]], *, parts: bool) -> None:
        """Offer outputs, name and place, and both parts of the data; what somebody chose is chosen again."""
        for chooser, entries in (
            (self.outputs, outputs),
            (self.parts, [("Test", True), ("Training", False)] if parts else []),
        ):
            values = dict(entries)
            self._fill(chooser, entries, values.get(self._wanted.get(chooser, "")))
        # Where there are styles to choose as well, the first row of a narrow dock has no room for the output.
        self._second.removeWidget(self.outputs)
        self._first.removeWidget(self.outputs)
        if self.styles.count() > 1:
            self._second.addWidget(self.outputs)
        else:
            self._first.insertWidget(_PLACE_OF_OUTPUT, self.outputs)

    def _fill(self, chooser: QComboBox, entries: Sequence[tuple[str, Any]], chosen: Any) -> None:
        chooser.blockSignals(True)
        chooser.clear()
        for text, value in entries:
            chooser.addItem(text, value)
        place = -1 if chosen is None else chooser.findData(chosen)
        chooser.setCurrentIndex(max(0, place) if entries else -1)
        chooser.blockSignals(False)
        chooser.setVisible(len(entries) > 1)

    @property
    def output(self) -> int:
        """The place of the output that is chosen."""
        place = self.outputs.currentData()
        return 0 if place is None else int(place)

    @property
    def test(self) -> bool:
        """Whether the test part is chosen."""
        return bool(self.parts.currentData())

    def tell(self, text: str) -> None:
        """Say what is seen, in rich text."""
        if text != self.legend.text():
            self.legend.setText(text)
            self.legend.setToolTip(text)

    @Slot(int)
    def _on_view(self, _place: int) -> None:
        self.view_chosen.emit(self.views.currentData())

    @Slot(int)
    def _on_style(self, _place: int) -> None:
        self.style_chosen.emit(self.styles.currentData())

    @Slot(int)
    def _on_target(self, _place: int) -> None:
        for chooser in (self.outputs, self.parts):
            if chooser is self.sender():
                self._wanted[chooser] = chooser.currentText()
        self.target_chosen.emit()
