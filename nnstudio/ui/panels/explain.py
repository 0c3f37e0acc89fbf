"""The mathematics of what is selected, with the numbers of the sample in focus, as they are now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.parameters import Parameters
from nnstudio.errors import NNStudioError
from nnstudio.explain import moment_of
from nnstudio.ui import theme
from nnstudio.ui.panels.explain_contents import Note, Part, Sheet, of_connection, of_loss, of_neuron
from nnstudio.ui.panels.explain_parts import PartView, WayView
from nnstudio.ui.panels.explain_saving import ExampleSaving
from nnstudio.ui.panels.section import MARGIN, ScrollPanel

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent

    from nnstudio.explain import Moment
    from nnstudio.explain.building import Node
    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController

# Nobody reads faster than this, and other work gets most of the time.
_SECONDS_BETWEEN = 0.2
_LEAST_SHARE, _LEAST_SHARE_RUNNING = 5, 12
# Larger networks would take too long for every look.
_MOST_CONNECTIONS = 200_000
_MEMORY = "Pause the training to see the step: what {} remembers is told when it rests."
_MOVING = "The step is told as soon as the slider of the past rests."
_RATE = "Pause the training to see the step: the learning rate changes with the schedule meanwhile."


class ExplainPanel(ScrollPanel):
    """Explains the neuron or connection that is selected, or the loss; works only while it is seen."""

    path_pointed = Signal(object, object)  # ids of neurons and of connections to light up
    message = Signal(str, str)  # text, kind

    def __init__(
        self, document: Document, controller: TrainingController, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Explain")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._document = document
        self._controller = controller
        self._is_seen = True
        self._kept: tuple[object, ...] | None = None
        self._sheet = Sheet("")
        self._is_behind = False  # what isn't seen has numbers of before
        self._parts: list[PartView] = []
        self.saving = ExampleSaving(document, controller, self)
        self.saving.message.connect(self.message)
        self._make_head()
        self._place = QVBoxLayout()
        self._place.setSpacing(2)
        self.column.addLayout(self._place)
        self.column.addStretch(1)

        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._ready_at = 0.0
        self.verticalScrollBar().valueChanged.connect(self._show_rest)
        document.selection.changed.connect(self._on_selection)
        document.focus_changed.connect(self._refresh_now)
        for changed in (
            document.network_changed,
            document.project_replaced,
            document.data_changed,
            document.settings_changed,
            document.history_changed,
            controller.state_changed,
            controller.snapshot_changed,
        ):
            changed.connect(self._refresh_soon)

    def _make_head(self) -> None:
        self.headline = QLabel(self)
        self.headline.setProperty("role", "title")
        self.headline.setWordWrap(True)
        self.sample = QLabel(self)
        self.sample.setProperty("role", "muted")
        self.sample.setWordWrap(True)
        self.menu_button = QToolButton(self)
        self.menu_button.setAccessibleName("Save the explanation")
        self.menu_button.setToolTip("Save a worked example of one training step")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.set_icon(self.menu_button, "more")
        menu = QMenu(self)
        menu.addAction(self.saving.action)
        self.menu_button.setMenu(menu)
        row = QHBoxLayout()
        row.setContentsMargins(MARGIN, 4, MARGIN, 2)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.headline)
        words.addWidget(self.sample)
        row.addLayout(words, 1)
        row.addWidget(self.menu_button, 0, Qt.AlignmentFlag.AlignTop)
        self.column.addLayout(row)

    @property
    def parts(self) -> list[PartView]:
        """The parts on view."""
        return self._parts

    @property
    def _works(self) -> bool:
        return (self._is_seen and self.isVisible()) or any(part.is_enlarged for part in self._parts)

    @Slot(bool)
    def set_seen(self, is_seen: bool) -> None:
        """Work, or not: a panel behind another tab counts as visible for Qt."""
        self._is_seen = is_seen
        if is_seen:
            self._refresh_now()
        else:
            self._let_go()

    @Slot()
    def refresh(self) -> None:
        """Explain what is selected, with the numbers of now."""
        self._timer.stop()
        if not self._works:
            return
        began = time.perf_counter()
        self.sample.setText(self._sample())
        self.sample.setVisible(bool(self.sample.text()))
        self._show(self._explained())
        ended = time.perf_counter()
        share = _LEAST_SHARE_RUNNING if self._controller.is_running else _LEAST_SHARE
        self._ready_at = ended + max(_SECONDS_BETWEEN, share * (ended - began))

    @Slot()
    def _refresh_now(self) -> None:
        self._timer.start(0)

    @Slot()
    def _on_selection(self) -> None:
        self._let_go()
        self._refresh_now()

    @Slot()
    def _refresh_soon(self) -> None:
        if self._works and not self._timer.isActive():
            wait = max(self._ready_at - time.perf_counter(), 0.0)
            self._timer.start(round(wait * 1000))

    # What is said

    def _sample(self) -> str:
        data, row = self._document.project.data, self._document.focus_row
        if data is None or row is None:
            return ""
        part = "test" if row in data.test_rows else "training"
        return f"Sample {row + 1:,} of {len(data):,}, of the {part} part"

    def _explained(self) -> Sheet:
        try:
            moment = self._moment()
            return self._of_selection(moment) if isinstance(moment, _Found) else _said(moment)
        except NNStudioError as error:
            return _said(str(error))

    def _moment(self) -> _Found | str:
        """Return the network at the sample in focus, or why there is nothing to explain."""
        project, row = self._document.project, self._document.focus_row
        if not project.network.neuron_count:
            return "Draw a network first. Select a neuron or a connection, and its mathematics stand here."
        if project.network.connection_count > _MOST_CONNECTIONS:
            return (
                f"The network has more than {_MOST_CONNECTIONS:,} connections, too many to explain as one "
                "looks. Take a smaller one."
            )
        if project.data is None or row is None:
            return "Choose data first: the numbers are those of one sample."
        program, snapshot = self._controller.program, self._controller.snapshot
        if program is None or snapshot is None:
            problem = self._controller.problem
            return str(problem) if problem is not None else "The network cannot be computed yet."
        if snapshot.connection_ids != program.connection_ids or snapshot.neuron_ids != program.neuron_ids:
            return "The network has just changed."
        flat = np.concatenate((snapshot.weights, snapshot.biases))
        parameters = Parameters(flat, program.n_connections)
        x, y = project.data.x[row], project.data.y[row]
        try:
            return _Found(moment_of(program, parameters, x, y, self._controller.settings.loss))
        except NNStudioError as error:
            # Without a loss there are values still.
            return _Found(moment_of(program, parameters, x), str(error))

    def _of_selection(self, found: _Found) -> Sheet:
        selection, moment = self._document.selection, found.moment
        if len(selection.neurons) == 1:
            (neuron_id,) = selection.neurons
            sheet = of_neuron(moment, neuron_id)
            return _with_note(sheet, found.problem) if found.problem else sheet
        if found.problem:
            return _said(found.problem)
        if len(selection.connections) == 1 and not selection.neurons:
            (connection_id,) = selection.connections
            controller = self._controller
            state, problem = controller.state_on_view, self._step_problem()
            return of_connection(moment, connection_id, controller.settings, state, no_step=problem)
        sheet = of_loss(moment)
        if selection:
            return _with_note(sheet, "Select one neuron or one connection alone to have it explained.")
        return sheet

    def _step_problem(self) -> str:
        """Return why the next step is not known while training or in the past, or an empty text."""
        if self._controller.time_machine.is_past:
            return "" if self._controller.state_on_view is not None else _MOVING
        if not self._controller.is_running:
            return ""
        settings = self._controller.settings
        optimizer = OPTIMIZERS[settings.optimizer]
        if optimizer.init_state(1):
            return _MEMORY.format(optimizer.title)
        return "" if settings.schedule == "constant" else _RATE

    # How it is shown

    def _show(self, sheet: Sheet) -> None:
        is_other = sheet.shape != self._sheet.shape or not self._parts
        if is_other:
            self._rebuild(sheet)
        self._sheet = sheet
        self.headline.setText(sheet.title)
        # While a run is on, what is scrolled or folded away is left as it was until it is seen.
        self._is_behind = self._controller.is_running and not is_other
        for view, part in zip(self._parts, sheet.parts, strict=True):
            view.show_part(part, seen_only=self._is_behind)

    @Slot()
    def _show_rest(self) -> None:
        """Show what has come into view since the numbers of now were found."""
        if self._works and self._is_behind:
            for view, part in zip(self._parts, self._sheet.parts, strict=True):
                view.show_part(part, seen_only=True)

    def _rebuild(self, sheet: Sheet) -> None:
        self._let_go()
        folded = {view.title.text() for view in self._parts if not view.title.isChecked()}
        for view in self._parts:
            self._place.removeWidget(view)
            view.hide()
            view.deleteLater()
        self._parts = []
        for part in sheet.parts:
            view = PartView(part, self)
            view.title.setChecked(part.title not in folded)
            view.toggled.connect(self._refresh_now)
            view.way_pointed.connect(self._point)
            view.way_clicked.connect(self._keep)
            view.node_pointed.connect(self._point_at_node)
            self._place.addWidget(view)
            self._parts.append(view)

    # Paths lit up on the canvas

    @Slot(object, bool)
    def _point(self, view: WayView, pointed: bool) -> None:
        if pointed and view.path is not None:
            self.path_pointed.emit(view.path.neuron_ids, view.path.connection_ids)
        else:
            self._light_kept()

    @Slot(object)
    def _point_at_node(self, node: Node | None) -> None:
        if node is None or not (node.neuron_id or node.connection_id):
            self._light_kept()
        else:
            self.path_pointed.emit(
                [node.neuron_id] if node.neuron_id else [], [node.connection_id] if node.connection_id else []
            )

    @Slot(object)
    def _keep(self, view: WayView) -> None:
        for part in self._parts:
            for each in part.views:
                if isinstance(each, WayView):
                    each.keep(each is view and not view.is_kept)
        self._kept = None
        if view.is_kept and view.path is not None:
            self._kept = (view.path.neuron_ids, view.path.connection_ids)
            self._light_kept()

    def _light_kept(self) -> None:
        self.path_pointed.emit(*(self._kept or ((), ())))

    def _let_go(self) -> None:
        for part in self._parts:
            for view in part.views:
                if isinstance(view, WayView):
                    view.keep(False)
        self._kept = None
        self._light_kept()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh_now()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._let_go()


class _Found:
    """A moment, and why it has no loss."""

    def __init__(self, moment: Moment, problem: str = "") -> None:
        self.moment = moment
        self.problem = problem


def _said(text: str) -> Sheet:
    return Sheet("Nothing to explain yet", (Part("Why", (Note(text),)),))


def _with_note(sheet: Sheet, text: str) -> Sheet:
    return Sheet(sheet.title, (Part("Note", (Note(text),)), *sheet.parts))
