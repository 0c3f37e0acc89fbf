"""The loss while training: on the training part and on the test part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QColor, QContextMenuEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from nnstudio.ui import theme
from nnstudio.ui.plots.export import ExportButton
from nnstudio.ui.plots.figures import (
    SEPARATOR,
    fitting_parts,
    last_measured,
    loss_reading,
    loss_view,
    nearest_epoch,
    thinned,
)
from nnstudio.ui.plots.loss_past import BranchCurves, PastLine, fitting_legend
from nnstudio.ui.plots.loss_scrub import Scrubber
from nnstudio.ui.plots.style import make_plot, restyle, set_axis_labels
from nnstudio.ui.time_machine_actions import PastActions
from nnstudio.ui.time_machine_bar import PastButtons, PastRow

if TYPE_CHECKING:
    from nnstudio.training import History
    from nnstudio.ui.training_controller import TrainingController

_EMPTY = "The loss appears here once you train."
_STARTED = "At the start. Train, and compare with the earlier trainings."
_AT_START = "The start of the training: nothing is learned yet."
_ROOM_FOR_LABEL = 240
# While a training runs, curves are drawn so often, in ms: the eye follows them, and the canvas has its turn.
_RUNNING_INTERVAL = 66
_FEWEST_BINS = 200
_LEGEND_ALPHA = 140  # of 255: curves shine through
# A plot that is less wide has no room for buttons beside the reading: the menu has them too.
_ROOM_FOR_BUTTONS = 560


class LossPlot(QWidget):
    """Curves of the history, a linear or logarithmic axis, and a reading at the pointer.

    The view follows the curves until it is moved by hand; the follow button brings it back. The slider below,
    or dragging the line at the step on view, shows the past; Shift takes the line to the pointer. Earlier
    trainings are thinner curves.
    """

    failed = Signal(object)  # NNStudioError: why a file could not be saved

    def __init__(
        self,
        controller: TrainingController,
        parent: QWidget | None = None,
        *,
        past_actions: PastActions | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Loss plot")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._controller = controller
        self._machine = controller.time_machine
        self._hover: QPointF | None = None
        self.plot = make_plot("Training and test loss")
        actions = past_actions or PastActions(controller, self)
        self.past_row = PastRow(controller, actions, self)
        self.slider = self.past_row.slider
        self.past_buttons = PastButtons(actions, self)
        self._add_items()
        self._add_buttons()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._header)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.past_row)

        self._draw_timer = QTimer(self)
        self._draw_timer.setSingleShot(True)
        self._draw_timer.timeout.connect(self.draw)
        controller.history_changed.connect(self._draw_soon)
        self._machine.changed.connect(self._on_past_changed)
        theme.manager().changed.connect(self._restyle)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.plot.viewport().installEventFilter(self)
        self._scrubber = Scrubber(self.plot, self.past_line, self.slider, self)
        self.plot.getViewBox().sigRangeChangedManually.connect(self._on_moved_by_hand)
        self.plot.getViewBox().sigXRangeChanged.connect(self._on_range_changed)
        self._restyle()
        self.draw()

    def _add_items(self) -> None:
        item = self.plot.getPlotItem()
        set_axis_labels(self.plot, "Epoch", "")
        item.disableAutoRange()
        item.getViewBox().setLimits(xMin=0)
        self._legend = item.addLegend(offset=(-12, 1), labelTextSize="9pt", colCount=2, verSpacing=0)
        # The test curve first, so that the training curve is drawn over it.
        self.test_curve = pg.PlotDataItem(name="Test", connect="finite")
        self.train_curve = pg.PlotDataItem(name="Training", connect="finite")
        for curve in (self.test_curve, self.train_curve):
            item.addItem(curve)
        self.branch_curves = BranchCurves(item)
        self.past_line = PastLine()
        item.addItem(self.past_line, ignoreBounds=True)
        self._line = pg.InfiniteLine(angle=90, movable=False)
        self._marks = pg.ScatterPlotItem(size=8)
        for extra in (self._line, self._marks):
            extra.setVisible(False)
            item.addItem(extra, ignoreBounds=True)

    def _add_buttons(self) -> None:
        self.reading = QLabel(_EMPTY, self)
        self.reading.setProperty("role", "muted")
        self.reading.setAccessibleName("Loss at the pointer")
        # A long reading must not keep the dock from being made narrow.
        self.reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.log_button = QToolButton(self)
        self.log_button.setText("Log")
        self.log_button.setCheckable(True)
        self.log_button.setToolTip("Logarithmic loss axis: every power of ten has the same height")
        self.log_button.setAccessibleName("Logarithmic axis")
        self.log_button.toggled.connect(self._on_log_toggled)
        self.follow_button = QToolButton(self)
        self.follow_button.setText("Follow")
        self.follow_button.setCheckable(True)
        self.follow_button.setChecked(True)
        self.follow_button.setToolTip("Keep all of the curves in view; moving the view turns it off")
        self.follow_button.setAccessibleName("Follow the curves")
        self.follow_button.toggled.connect(self._on_follow_toggled)
        self.export_button = ExportButton("Loss", lambda: self.plot, self.columns, self)
        self.export_button.failed.connect(self.failed)
        self._header = QHBoxLayout()
        self._header.setContentsMargins(12, 2, 8, 0)
        self._header.setSpacing(2)
        self._header.addWidget(self.reading, 1)
        self._header.addWidget(self.past_buttons)
        self._header.addSpacing(6)
        for button in (self.log_button, self.follow_button, self.export_button):
            self._header.addWidget(button)

    # What is shown

    @property
    def history(self) -> History | None:
        """The history on view."""
        return self._controller.history

    def columns(self) -> dict[str, Any]:
        """Return the numbers of the plot, one row an epoch."""
        history = self.history
        if history is None:
            return {"epoch": [], "loss": [], "test_loss": []}
        epochs = history.epochs.astype(np.int64)
        return {"epoch": epochs, "loss": history.loss, "test_loss": history.test_loss, **history.metrics}

    @property
    def is_log(self) -> bool:
        """Whether the loss axis is logarithmic."""
        return self.log_button.isChecked()

    @Slot()
    def draw(self) -> None:
        """Draw the history as it is now."""
        self._draw_timer.stop()
        history = self.history
        empty = history is None or not len(history)
        epochs, loss, test = (
            (np.empty(0),) * 3
            if history is None or empty
            else (history.epochs, history.loss, history.test_loss)
        )
        part = slice(None)
        if not self.follow_button.isChecked():
            # What is out of view would take points from what is in it.
            left, right = self.plot.getViewBox().viewRange()[0]
            low, high = np.searchsorted(epochs, (left, right))
            part = slice(max(0, int(low) - 1), int(high) + 1)
        drawn = [
            self._set_curve(self.train_curve, epochs[part], loss[part]),
            self._set_curve(self.test_curve, epochs[part], test[part]),
        ]
        has_test = len(drawn[1]) > 0
        self.branch_curves.draw(self._machine.branches, self.plot.width(), log=self.is_log)
        self._show_legend(() if empty else (self.train_curve, self.test_curve)[: 1 + has_test])
        if self.follow_button.isChecked():
            view = loss_view(self._reach(epochs), drawn + self.branch_curves.losses(), log=self.is_log)
            self.plot.getViewBox().setRange(xRange=view.x, yRange=view.y, padding=0)
        self._show_past()
        self._read()

    def _reach(self, epochs: Any) -> Any:
        """Return the epochs to be in view, the first and the last, with the start where it can be seen."""
        ends = list(epochs[[0, -1]]) if len(epochs) else []
        ends += self.branch_curves.reach() or ()
        if self._machine.has_past:
            ends.append(0.0 if self._machine.first_step == 0 else min([1.0, *ends]))
        return np.array([min(ends), max(ends)]) if ends else epochs

    # The past

    @Slot()
    def _on_past_changed(self) -> None:
        if self.branch_curves.branches != self._machine.branches:
            self._draw_soon()
        else:
            self._show_past()
            self._read()

    def _show_past(self) -> None:
        """Put slider and line to the step on view, and the slider under the axis."""
        slider = self.slider
        slider.refresh()
        box = self.plot.getViewBox()
        area = self.plot.mapFromScene(box.sceneBoundingRect()).boundingRect()
        left = self.plot.x() + area.left() - self.past_row.x() - slider.x()
        right = self.past_row.width() - (self.plot.x() + area.right() - self.past_row.x())
        slider.set_area(left, right, *box.viewRange()[0])
        place = slider.place() if slider.isEnabled() else None
        self.past_line.show_at(place, is_past=self._machine.is_past)

    def _show_legend(self, curves: tuple[pg.PlotDataItem, ...]) -> None:
        own = [(curve, curve.name()) for curve in curves]
        others, more = self.branch_curves.entries(), self.branch_curves.more
        room = self.plot.width(), self.plot.height()
        entries, columns = fitting_legend(own, others, more, room, self.fontMetrics().horizontalAdvance)
        if [(sample.item, label.text) for sample, label in self._legend.items] != entries:
            self._legend.clear()
            self._legend.setColumnCount(columns)
            # In a low plot, or with many names, it stands over curves.
            ground = QColor(theme.manager().current.plot_background)
            ground.setAlpha(_LEGEND_ALPHA)
            self._legend.setBrush(pg.mkBrush(ground))
            for curve, name in entries:
                self._legend.addItem(curve, name)
        self._legend.setVisible(bool(entries))

    def _set_curve(self, curve: pg.PlotDataItem, x: Any, y: Any) -> Any:
        """Show a curve with as many points as the plot has room for; returns their values."""
        x, y = thinned(x, y, max(_FEWEST_BINS, self.plot.width()))
        curve.setData(x, np.where(y > 0, y, np.nan) if self.is_log else y)
        return y

    @Slot()
    def _draw_soon(self) -> None:
        if self.isVisible() and not self._draw_timer.isActive():
            self._draw_timer.start(_RUNNING_INTERVAL if self._controller.is_running else 0)

    @Slot()
    def _on_range_changed(self) -> None:
        self._show_past()
        if not self.follow_button.isChecked():
            self._draw_soon()

    @Slot(bool)
    def _on_log_toggled(self, log: bool) -> None:
        self.plot.getPlotItem().setLogMode(x=False, y=log)
        self.follow_button.setChecked(True)
        self.draw()

    @Slot(bool)
    def _on_follow_toggled(self, follow: bool) -> None:
        if follow:
            self.draw()

    @Slot()
    def _on_moved_by_hand(self) -> None:
        self.follow_button.setChecked(False)

    @Slot()
    def _restyle(self) -> None:
        current = theme.manager().current
        restyle(self.plot, current)
        # Not antialiased, and of few points: such lines are wide without being slow.
        self.train_curve.setPen(pg.mkPen(current.train_line, width=2))
        self.test_curve.setPen(pg.mkPen(current.test_line, width=2))
        self._line.setPen(pg.mkPen(current.faint, width=1))
        self.branch_curves.restyle(current)
        self.past_line.restyle(current)
        self._legend.setLabelTextColor(current.text)
        for _, label in self._legend.items:
            label.setText(label.text, color=current.text)
        self._read()

    # Reading values

    @Slot(QPointF)
    def _on_mouse_moved(self, position: QPointF) -> None:
        inside = self.plot.getViewBox().sceneBoundingRect().contains(position)
        self._hover = self.plot.getViewBox().mapSceneToView(position) if inside else None
        self._read()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover = None
            self._read()
        return super().eventFilter(watched, event)

    def _read(self) -> None:
        history = self.history
        empty = history is None or not len(history)
        if self._read_branch():
            return
        epoch = self._epoch_to_read()
        index = None if history is None or epoch is None else nearest_epoch(history.epochs, epoch)
        self._line.setVisible(index is not None and self._hover is not None)
        self._marks.setVisible(index is not None)
        if history is None or empty:
            self._say(_STARTED if self.branch_curves.branches else _EMPTY)
            return
        if self._hover is None and epoch == 0.0:
            self._marks.setVisible(False)
            self._say(_AT_START)
            return
        at = len(history) - 1 if index is None else index
        self._say(loss_reading(at, history.epochs, history.loss, history.test_loss, history.metrics))
        if index is not None:
            self._mark(history, index)

    def _epoch_to_read(self) -> float | None:
        """Return the epoch at the pointer, or else of the past step on view; None for the last one."""
        if self._hover is not None:
            return self._hover.x()
        return float(self._machine.epoch) if self._machine.is_past else None

    def _read_branch(self) -> bool:
        """Tell of an earlier training whose curve is at the pointer; returns whether there is one."""
        if self._hover is None or self._scrubber.is_dragging:
            return False
        box = self.plot.getViewBox()
        found = self.branch_curves.nearest(box, self._hover, self.history, log=self.is_log)
        if found is None:
            return False
        branch, index = found
        history = branch.history
        reading = loss_reading(index, history.epochs, history.loss, history.test_loss, history.metrics)
        self._say(f"{branch.name}{SEPARATOR}{reading}")
        self._line.setVisible(False)
        self._marks.setVisible(False)
        return True

    def _mark(self, history: History, index: int) -> None:
        current = theme.manager().current
        epoch = float(history.epochs[index])
        self._line.setValue(epoch)
        measured = last_measured(history.test_loss, index)
        places = np.array([index, index if measured is None else measured])
        values = np.array([history.loss[places[0]], history.test_loss[places[1]]])
        colors = [current.train_line, current.test_line]
        if self.is_log:
            values = np.log10(np.where(values > 0, values, np.nan))
        seen = np.flatnonzero(np.isfinite(values))
        self._marks.setData(
            x=history.epochs[places[seen]],
            y=values[seen],
            brush=[pg.mkBrush(colors[place]) for place in seen],
            pen=pg.mkPen(current.plot_background, width=1),
        )

    def _say(self, text: str) -> None:
        shown = fitting_parts(text, self.reading.width(), self.reading.fontMetrics().horizontalAdvance)
        shown = self.reading.fontMetrics().elidedText(
            shown, Qt.TextElideMode.ElideRight, max(self.reading.width(), 1)
        )
        if shown != self.reading.text():
            self.reading.setText(shown)
        self.reading.setToolTip(text)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, button in (
            ("Logarithmic axis", self.log_button),
            ("Follow the curves", self.follow_button),
        ):
            action = QAction(text, menu)
            action.setCheckable(True)
            action.setChecked(button.isChecked())
            action.toggled.connect(button.setChecked)
            menu.addAction(action)
        menu.addSeparator()
        menu.addActions(self.export_button.menu().actions())
        menu.popup(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # In a flat dock the curves need the room more than the name of the axis, which the reading tells.
        self.plot.getPlotItem().showLabel("bottom", event.size().height() >= _ROOM_FOR_LABEL)
        self.past_buttons.setVisible(event.size().width() >= _ROOM_FOR_BUTTONS)
        # Once the layout has given the reading its room.
        self._draw_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw_soon()
