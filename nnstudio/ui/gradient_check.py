"""The check of the gradients: computed backward against measured by differences, worst first."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Slot,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from nnstudio.engine import compile_network
from nnstudio.engine.checks import check_training
from nnstudio.engine.gradcheck import TOLERANCE, check_gradients, parameter_name, spread
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.parameters import Parameters
from nnstudio.engine.watched import Interrupted
from nnstudio.errors import NNStudioError, SettingsError
from nnstudio.ui.idle import NO_DATA
from nnstudio.ui.numbers import format_count, format_number
from nnstudio.ui.work import Work

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from nnstudio.data import Dataset
    from nnstudio.engine.gradcheck import GradientCheck
    from nnstudio.engine.program import Program
    from nnstudio.training import Snapshot
    from nnstudio.ui.canvas.view import CanvasView
    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController

_Index = QModelIndex | QPersistentModelIndex
_MOST_ROWS = 256
_MOST_PARAMETERS = 2_000
# The thread lets the window have the interpreter so long after each parameter, in seconds.
_NAP = 0.0003
_PROGRESS_MILLISECONDS = 100
_COLUMNS = ("Parameter", "Computed", "Measured", "Relative error")
_CHANGED = "The network, its data or its loss have changed since. Check again."


@dataclass(frozen=True, eq=False)
class Stamp:
    """What a check belongs to: the values on view, the data and the loss."""

    snapshot: Snapshot
    data: Dataset
    loss: str

    def fits(self, other: Stamp | None) -> bool:
        """Whether a check of this is one of the other as well."""
        if other is None or self.data is not other.data or self.loss != other.loss:
            return False
        mine, theirs = self.snapshot, other.snapshot
        return mine is theirs or (
            (mine.revision, mine.connection_ids, mine.neuron_ids)
            == (theirs.revision, theirs.connection_ids, theirs.neuron_ids)
            and np.array_equal(mine.weights, theirs.weights)
            and np.array_equal(mine.biases, theirs.biases)
        )


@dataclass(frozen=True, eq=False)
class Checked:
    """A check that is done: of so many rows, and so many of all parameters."""

    stamp: Stamp
    program: Program
    found: GradientCheck
    rows: int
    parameters: int

    def errors(self) -> dict[str, float]:
        """Return the relative errors of connections by id, NaN where nothing could be measured."""
        ids = self.program.connection_ids
        return dict(zip(ids, self.found.relative_error[: len(ids)].tolist(), strict=True))

    def verdict(self) -> str:
        """Return what comes of it in one sentence."""
        found = self.found
        kinks = int(found.at_kink.sum())
        measured = int(found.checked.sum()) - kinks
        if not measured:
            return "No gradient could be measured: every step crosses a kink. Change the weights a little."
        if not np.isfinite(found.worst):
            return (
                "The gradients leave the finite numbers with these weights, so there is nothing to compare. "
                "Set smaller weights."
            )
        if found.worst <= TOLERANCE:
            return f"All {format_count(measured)} gradients agree, the worst to {found.worst:.0e}."
        wrong = int((found.relative_error[found.checked & ~found.at_kink] > TOLERANCE).sum())
        return (
            f"{format_count(wrong)} of {format_count(measured)} gradients differ, by up to {found.worst:.0e}."
        )

    def details(self) -> str:
        """Return what was checked, and what could not be."""
        found, all_of = self.found, self.parameters
        checked, kinks = int(found.checked.sum()), int(found.at_kink.sum())
        of_all = "" if checked == all_of else f" of {format_count(all_of)}, evenly spread,"
        rows = "1 row" if self.rows == 1 else f"{format_count(self.rows)} rows"
        told = f"{format_count(checked)} parameters{of_all} on {rows} of the training part."
        if kinks:
            told += f" At {format_count(kinks)} the smallest step crosses a kink: not measured."
        return told


class GradientCheckDialog(QDialog):
    """Checks when it is shown; stays beside the canvas, which it colors as long as its result is true."""

    def __init__(
        self,
        document: Document,
        controller: TrainingController,
        canvas: CanvasView,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Check of the gradients")
        self._document, self._controller, self._canvas = document, controller, canvas
        self._work: Work | None = None
        self._stamp: Stamp | None = None
        self._checked: Checked | None = None
        self._progress = (0, 1)
        self._is_cancelled = False
        self._is_colored = False
        self._make_parts()
        self._timer = QTimer(self)
        self._timer.setInterval(_PROGRESS_MILLISECONDS)
        self._timer.timeout.connect(self._show_progress)
        controller.snapshot_changed.connect(self._compare)
        document.settings_changed.connect(self._compare)
        document.data_changed.connect(self._compare)
        self.resize(560, 420)

    def _make_parts(self) -> None:
        self.verdict = QLabel(self)
        self.verdict.setProperty("role", "title")
        self.verdict.setWordWrap(True)
        self.details = QLabel(self)
        self.details.setProperty("role", "muted")
        self.details.setWordWrap(True)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.model = _Model(self)
        self.table = QTableView(self)
        self.table.setAccessibleName("Gradients, worst first")
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.selectionModel().selectionChanged.connect(self._go)
        self.again = QPushButton("Check again", self)
        self.again.clicked.connect(self.check)
        self.cancel = QPushButton("Cancel", self)
        self.cancel.clicked.connect(self.stop)
        self.close_button = QPushButton("Close", self)
        self.close_button.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.cancel, self.again, self.close_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(8)
        for part in (self.verdict, self.details, self.bar):
            layout.addWidget(part)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)

    @property
    def checked(self) -> Checked | None:
        """The last check that came to its end."""
        return self._checked

    @property
    def is_colored(self) -> bool:
        """Whether the canvas shows the check."""
        return self._is_colored

    # Checking

    @Slot()
    def check(self) -> None:
        """Check the values on view, in the background."""
        self.stop()
        try:
            stamp, program = self._what_to_check()
        except NNStudioError as error:
            self._show_none(str(error))
            return
        self._stamp, self._is_cancelled, self._progress = stamp, False, (0, 1)
        work = Work(lambda: self._compute(stamp, program), self)
        work.finished.connect(self._on_finished)
        work.failed.connect(self._on_failed)
        self._work = work
        work.start()
        self._timer.start()
        self._show_busy(True)
        self.verdict.setText("Checking the gradients…")
        self.details.setText("Each parameter is moved a little to both sides, and the loss measured.")

    @Slot()
    def stop(self) -> None:
        """Give up a check under way."""
        if self._work is not None:
            self._is_cancelled = True
            self._work.drop()
            self._end_work()
            self._show_none("The check was cancelled.")

    def _what_to_check(self) -> tuple[Stamp, Program]:
        stamp = self._present()
        settings = self._controller.settings
        if not OPTIMIZERS[settings.optimizer].uses_gradient:
            raise SettingsError(
                "The perceptron rule does not go by gradients, so there are none to check. Choose another "
                "optimizer.",
                setting="optimizer",
            )
        if stamp is None:
            problem = self._controller.problem
            raise problem if problem is not None else NNStudioError(NO_DATA)
        # Whatever the network trains with: in float32 the differences would be all rounding.
        program = compile_network(self._document.network)
        check_training(program, settings, stamp.data.x, stamp.data.y)
        if program.connection_ids != stamp.snapshot.connection_ids:
            raise NNStudioError("The network has just changed. Check again.")
        return stamp, program

    def _present(self) -> Stamp | None:
        snapshot, data = self._controller.snapshot, self._document.project.data
        if snapshot is None or data is None or self._controller.problem is not None:
            return None
        return Stamp(snapshot, data, self._controller.settings.loss)

    def _compute(self, stamp: Stamp, program: Program) -> Checked:
        snapshot, data = stamp.snapshot, stamp.data
        flat = np.concatenate((snapshot.weights, snapshot.biases)).astype(np.float64)
        candidates = np.setdiff1d(np.arange(len(flat)), program.n_connections + program.input_slots)
        rows = spread(len(data.train_rows), _MOST_ROWS)

        def on_progress(done: int, of: int) -> None:
            if self._is_cancelled or self._stamp is not stamp:
                raise Interrupted
            self._progress = done, of
            time.sleep(_NAP)

        found = check_gradients(
            program,
            Parameters(flat, program.n_connections),
            data.x_train[rows],
            data.y_train[rows],
            stamp.loss,
            indices=candidates[spread(len(candidates), _MOST_PARAMETERS)],
            on_progress=on_progress,
        )
        return Checked(stamp, program, found, len(rows), len(candidates))

    @Slot(object)
    def _on_finished(self, checked: Checked) -> None:
        if checked.stamp is not self._stamp:
            return  # of a check that was given up
        self._end_work()
        self._checked = checked
        self._show_busy(False)
        self._compare()

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self._end_work()
        if isinstance(error, Interrupted):
            return
        if not isinstance(error, NNStudioError):
            raise error
        self._show_none(str(error))

    def _end_work(self) -> None:
        if self._work is not None:
            self._work.deleteLater()
            self._work = None

    # Showing

    @Slot()
    def _show_progress(self) -> None:
        done, of = self._progress
        self.bar.setRange(0, max(1, of))
        self.bar.setValue(done)

    def _show_busy(self, is_busy: bool) -> None:
        if not is_busy:
            self._timer.stop()
        self.bar.setVisible(is_busy)
        self.cancel.setVisible(is_busy)
        self.again.setVisible(not is_busy)

    def _show_none(self, why: str) -> None:
        self._stamp = self._checked = None
        self._show_busy(False)
        self.model.show(None)
        self.verdict.setText(why)
        self.details.setText("")
        self._color(None)

    @Slot()
    def _compare(self) -> None:
        """Show the check as long as it is one of what is on view now, and else say so."""
        checked = self._checked
        if checked is None or not self.isVisible():
            return
        is_true = checked.stamp.fits(self._present())
        self.table.setEnabled(is_true)
        if self._work is not None:
            # The next one will tell; what is no longer true is not shown until then.
            if not is_true:
                self._color(None)
            return
        if is_true == self._is_colored and self.model.checked is checked:
            return
        self.model.show(checked)
        self.verdict.setText(checked.verdict() if is_true else _CHANGED)
        self.details.setText(checked.details() if is_true else "")
        self._color(checked.errors() if is_true else None)

    def _color(self, errors: dict[str, float] | None) -> None:
        if errors is not None or self._is_colored:
            self._canvas.network_scene.set_errors(errors)
        self._is_colored = errors is not None

    @Slot(QItemSelection, QItemSelection)
    def _go(self, chosen: QItemSelection, _before: QItemSelection) -> None:
        checked, rows = self._checked, [index.row() for index in chosen.indexes()]
        if checked is None or not rows:
            return
        program, network = checked.program, self._document.network
        place = self.model.places[rows[0]]
        if place < program.n_connections:
            connection_id = program.connection_ids[place]
            if network.has_connection(connection_id):
                connection = network.connection(connection_id)
                self._document.selection.set((), (connection_id,))
                self._canvas.reveal((connection.source, connection.target))
        else:
            neuron_id = program.neuron_ids[place - program.n_connections]
            if network.has_neuron(neuron_id):
                self._document.selection.set((neuron_id,))
                self._canvas.reveal((neuron_id,))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.done(0)
        event.accept()

    def done(self, result: int) -> None:
        """Let go of the canvas, however the window is closed."""
        self.stop()
        self._checked = self._stamp = None
        self.model.show(None)
        self._color(None)
        super().done(result)


class _Model(QAbstractTableModel):
    """The parameters of a check, worst first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.checked: Checked | None = None
        self.places: list[int] = []

    def show(self, checked: Checked | None) -> None:
        if checked is self.checked:
            return
        self.beginResetModel()
        self.checked = checked
        self.places = [] if checked is None else checked.found.worst_first
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.places)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return _COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.checked is None:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        place, found = self.places[index.row()], self.checked.found
        if index.column() == 0:
            return parameter_name(self.checked.program, place)
        if index.column() == 3:
            return format_number(float(found.relative_error[place]), 2)
        values = found.analytical if index.column() == 1 else found.numerical
        return format_number(float(values[place]), 8)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
