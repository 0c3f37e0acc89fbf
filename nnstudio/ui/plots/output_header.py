"""The rows above the output plot: which view, in which style, of what; and what is seen in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from nnstudio.ui import theme
from nnstudio.ui.plots.export import ExportButton

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

_MOST_OUTPUT = 140  # pixels, for long names of outputs


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
        self.views.currentIndexChanged.connect(self._on_view)
        self.styles.currentIndexChanged.connect(self._on_style)
        for chooser in (self.outputs, self.parts):
            chooser.currentIndexChanged.connect(self._on_target)
        self.legend = QLabel(self)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setProperty("role", "muted")
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.draw_button = QToolButton(self)
        theme.set_icon(self.draw_button, "edit")
        self.draw_button.setCheckable(True)
        self.draw_button.setAccessibleName("Draw data")
        self.export_button = ExportButton("Output", picture, columns, self)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.views)
        first.addWidget(self.styles)
        first.addStretch(1)
        first.addWidget(self.draw_button)
        first.addWidget(self.export_button)
        second.addWidget(self.legend, 1)
        second.addWidget(self.outputs)
        second.addWidget(self.parts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(3)
        second.setContentsMargins(4, 0, 0, 0)
        layout.addLayout(first)
        layout.addLayout(second)

    def _chooser(self, name: str, tip: str) -> QComboBox:
        chooser = QComboBox(self)
        chooser.setAccessibleName(name)
        chooser.setToolTip(tip)
        # What there is to choose changes with the network; by default, the width is that of the first.
        chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
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
        """Offer outputs, name and place, and both parts of the data; what was chosen stays where it is."""
        for chooser, entries in (
            (self.outputs, outputs),
            (self.parts, [("Test", True), ("Training", False)] if parts else []),
        ):
            before = chooser.currentText()
            known = [text for text, _ in entries]
            self._fill(chooser, entries, None)
            if before in known:
                self._choose(chooser, known.index(before))

    def _fill(self, chooser: QComboBox, entries: Sequence[tuple[str, Any]], chosen: Any) -> None:
        chooser.blockSignals(True)
        chooser.clear()
        for text, value in entries:
            chooser.addItem(text, value)
        chooser.setCurrentIndex(-1 if not entries else max(0, chooser.findData(chosen)))
        chooser.blockSignals(False)
        chooser.setVisible(len(entries) > 1)

    def _choose(self, chooser: QComboBox, place: int) -> None:
        chooser.blockSignals(True)
        chooser.setCurrentIndex(place)
        chooser.blockSignals(False)

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
        self.target_chosen.emit()
