"""Why the network cannot be trained now, with a one-click way out where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from nnstudio.ui import theme
from nnstudio.ui.fixes import Fix, fix_for
from nnstudio.ui.overlay import Card

if TYPE_CHECKING:
    from nnstudio.ui.training_controller import TrainingController


class ProblemCard(Card):
    """Shows the controller's problem once it matters, unless the canvas is empty.

    ``data_wanted`` asks to choose data.
    """

    data_wanted = Signal()

    def __init__(self, controller: TrainingController, parent: QWidget | None = None) -> None:
        super().__init__("problem-card", parent)
        self._controller = controller
        self._document = controller.document
        self._symbol = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.fix_button = QPushButton()
        self.fix_button.setObjectName("fix")
        self.fix_button.clicked.connect(self._apply_fix)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(10)
        layout.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.fix_button, 0, Qt.AlignmentFlag.AlignVCenter)
        controller.problem_changed.connect(self.refresh)
        self._document.data_changed.connect(self.refresh)
        self._document.network_changed.connect(self._on_network_changed)
        theme.manager().changed.connect(self._restyle)
        self._restyle()
        self.refresh()

    @property
    def text(self) -> str:
        """The problem on view, empty where there is none."""
        return "" if self.isHidden() else self._text.text()

    @Slot()
    def refresh(self) -> None:
        """Show the problem of now."""
        problem = self._controller.problem_to_tell
        self.setVisible(problem is not None and self._document.network.neuron_count > 0)
        if problem is None:
            return
        self._text.setText(str(problem))
        self.setAccessibleName(str(problem))
        fix = self._fix()
        wants_data = self._document.project.data is None
        self.fix_button.setVisible(wants_data or fix is not None)
        if wants_data:
            self.fix_button.setText("Choose data")
            self.fix_button.setToolTip("Show the Data panel")
        elif fix is not None:
            self.fix_button.setText(fix.title)
            self.fix_button.setToolTip(fix.tooltip)

    @Slot(object)
    def _on_network_changed(self, _events: object) -> None:
        # The first neuron and the last one change what is shown, even where the problem stays.
        self.refresh()

    def _fix(self) -> Fix | None:
        document = self._document
        return fix_for(
            self._controller.problem, document.network, document.project.data, self._controller.settings
        )

    @Slot()
    def _apply_fix(self) -> None:
        if self._document.project.data is None:
            self.data_wanted.emit()
            return
        # Made now: the drawing may have changed in its looks since the problem was told.
        fix = self._fix()
        if fix is not None:
            self._document.do(*fix.edits, label=fix.title)

    @Slot()
    def _restyle(self) -> None:
        colors = theme.manager().current
        self._symbol.setPixmap(theme.icon("warning", colors.warning).pixmap(18, 18))
        self.set_edge(colors.border.name())
