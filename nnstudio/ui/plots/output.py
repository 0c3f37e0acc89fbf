"""What the network computes, seen over its inputs or against what is true."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.network.events import changes_program
from nnstudio.training.metrics import class_threshold
from nnstudio.training.snapshot import Probe
from nnstudio.ui import theme
from nnstudio.ui.plots import figures
from nnstudio.ui.plots.confusion import ConfusionView
from nnstudio.ui.plots.drawing import Drawing
from nnstudio.ui.plots.export import ExportButton
from nnstudio.ui.plots.output_scene import Scene, answer_columns, fitting_scene, steadied, why_nothing
from nnstudio.ui.plots.palette import Hues
from nnstudio.ui.plots.style import make_plot, restyle, set_axis_labels
from nnstudio.ui.plots.surface import SurfaceItem

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent

    from nnstudio.training.snapshot import Snapshot
    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController

_OUTPUTS_KEY = "output plot"
_MOST_POINTS = 2_000
_MOST_CHOOSER = 200  # pixels, for long names of outputs
# While a training runs, in ms: canvas and plot are not painted at the same time, which would take too long.
_AFTER_CANVAS = 20
_PICK_PIXELS = 14.0
_ALL = -1


class OutputPlot(QWidget):
    """Two inputs: a surface; one: a curve; more: predicted against actual, or which classes are confused.

    It asks the controller for the outputs at its own points, and draws only answers to what it asked last.
    A click near a point of the data puts that row in focus.
    """

    failed = Signal(object)  # NNStudioError: why a file could not be saved

    def __init__(
        self, document: Document, controller: TrainingController, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Output plot")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document = document
        self._controller = controller
        self._scene = Scene()
        self._probe: Probe | None = None
        self._probe_number = 0
        self._shown_rows = np.empty(0, dtype=np.intp)
        self._hues = Hues(theme.manager().current)
        self.plot = make_plot("What the network computes")
        self.confusion = ConfusionView(self)
        self.hint = QLabel(self)
        self.hint.setProperty("role", "muted")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setContentsMargins(24, 0, 24, 0)
        self.pages = QStackedWidget(self)
        for page in (self.hint, self.plot, self.confusion):
            self.pages.addWidget(page)
        self._add_items()
        self.drawing = Drawing(document, self.plot, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._make_header())
        layout.addWidget(self.drawing.bar)
        layout.addWidget(self.pages, 1)

        self._rebuild_timer = QTimer(self)
        self._rebuild_timer.setSingleShot(True)
        self._rebuild_timer.setInterval(0)
        self._rebuild_timer.timeout.connect(self.rebuild)
        self._draw_timer = QTimer(self)
        self._draw_timer.setSingleShot(True)
        self._draw_timer.setInterval(_AFTER_CANVAS)
        self._draw_timer.timeout.connect(self._draw)
        document.network_changed.connect(self._on_network_changed)
        document.project_replaced.connect(self._rebuild_soon)
        document.data_changed.connect(self._rebuild_soon)
        document.focus_changed.connect(self._mark_focus)
        controller.snapshot_changed.connect(self._on_snapshot)
        theme.manager().changed.connect(self._restyle)
        self.plot.scene().sigMouseClicked.connect(self._on_clicked)
        self._restyle()

    def _add_items(self) -> None:
        item = self.plot.getPlotItem()
        item.disableAutoRange()
        item.setMouseEnabled(x=False, y=False)
        self.surface = SurfaceItem()
        self.surface.setZValue(-10)
        self._border = pg.PlotCurveItem(connect="pairs", antialias=True)
        self._border.setZValue(-5)
        self._diagonal = pg.PlotCurveItem()
        self.curve = pg.PlotCurveItem(antialias=True)
        # Test points stand below: there are fewer, and rings let through what they cover.
        self.train_points = pg.ScatterPlotItem(size=7, pxMode=True)
        self.test_points = pg.ScatterPlotItem(size=8, pxMode=True)
        self._focus = pg.ScatterPlotItem(size=15, pxMode=True)
        for each in (
            self.surface,
            self._border,
            self._diagonal,
            self.train_points,
            self.test_points,
            self.curve,
            self._focus,
        ):
            item.addItem(each, ignoreBounds=True)

    def _make_header(self) -> QHBoxLayout:
        self.legend = QLabel(self)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setProperty("role", "muted")
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.chooser = QComboBox(self)
        self.chooser.setAccessibleName("What the plot shows")
        self.chooser.setToolTip("Which output, or which part of the data, the plot shows")
        # What there is to choose changes with the network; by default, the width is that of the first.
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.chooser.setMaximumWidth(_MOST_CHOOSER)
        self.chooser.currentIndexChanged.connect(self._on_chosen)
        self.draw_button = QToolButton(self)
        theme.set_icon(self.draw_button, "edit")
        self.draw_button.setCheckable(True)
        self.draw_button.setAccessibleName("Draw data")
        self.draw_button.toggled.connect(self._switch_drawing)
        self.drawing.switched.connect(self._show_drawing)
        self.drawing.emptied.connect(self._rebuild_soon)
        self.export_button = ExportButton("Output", self.pages.currentWidget, self.columns, self)
        self.export_button.failed.connect(self.failed)
        header = QHBoxLayout()
        header.setContentsMargins(12, 2, 8, 2)
        header.addWidget(self.legend, 1)
        header.addWidget(self.chooser)
        header.addWidget(self.draw_button)
        header.addWidget(self.export_button)
        return header

    # What it shows

    @property
    def kind(self) -> figures.Kind:
        """Which picture is on view."""
        return self._scene.kind

    @property
    def probe(self) -> Probe | None:
        """The points that it asks the network about."""
        return self._probe

    @Slot()
    def rebuild(self) -> None:
        """Choose the picture for network and data, ask for what it needs, and draw."""
        self._rebuild_timer.stop()
        blank = self.drawing.drafts is not None
        scene = fitting_scene(self._document.network, None if blank else self._document.project.data)
        if self.drawing.is_on:
            scene = steadied(scene, self._scene)
        changed = scene != self._scene
        self._scene = scene
        if changed:
            self._fill_chooser()
        self.drawing.follow(scene, self._chosen)
        self._arrange()
        self._ask(changed)
        self._draw_points()
        self._draw()

    def _fill_chooser(self) -> None:
        scene = self._scene
        entries: list[tuple[str, int]] = []
        if scene.kind == "confusion" and scene.data is not None and len(scene.data.test_rows):
            entries = [("Test part", 1), ("Training part", 0)]
        elif scene.kind in ("surface", "curve", "scatter") and scene.outputs > 1:
            names = self._scene.output_names
            if scene.kind == "surface" and scene.classes:
                entries = [("All classes", _ALL)]
            entries += [(name, place) for place, name in enumerate(names)]
        before = self.chooser.currentText()
        self.chooser.blockSignals(True)
        self.chooser.clear()
        for text, place in entries:
            self.chooser.addItem(text, place)
        # The choice outlives a change of the data's options.
        self.chooser.setCurrentIndex(max(0, self.chooser.findText(before)) if entries else -1)
        self.chooser.blockSignals(False)
        self.chooser.setVisible(len(entries) > 1)

    @property
    def _chosen(self) -> int:
        place = self.chooser.currentData()
        return 0 if place is None else int(place)

    def _arrange(self) -> None:
        scene = self._scene
        if scene.kind == "none":
            self.hint.setText(why_nothing(self._document.network, self._document.project.data))
            self.pages.setCurrentWidget(self.hint)
        else:
            self.pages.setCurrentWidget(self.confusion if scene.kind == "confusion" else self.plot)
        self.export_button.setEnabled(scene.kind != "none")
        self._offer_drawing()
        self.surface.setVisible(scene.kind == "surface")
        self._border.setVisible(scene.kind == "surface")
        self.curve.setVisible(scene.kind == "curve")
        self._diagonal.setVisible(scene.kind == "scatter")
        view = self.plot.getViewBox()
        if scene.kind == "surface":
            view.setRange(xRange=scene.ranges[0], yRange=scene.ranges[1], padding=0)
            names = self._scene.input_names
            set_axis_labels(self.plot, names[0], names[1])
        elif scene.kind == "curve":
            view.setRange(xRange=scene.ranges[0], yRange=scene.target_range(self._chosen), padding=0)
            set_axis_labels(self.plot, self._scene.input_names[0], self._scene.output_names[self._chosen])
        elif scene.kind == "scatter":
            bounds = self._scene.target_range(self._chosen)
            view.setRange(xRange=bounds, yRange=bounds, padding=0)
            self._diagonal.setData(np.array(bounds), np.array(bounds))
            name = self._scene.output_names[self._chosen]
            set_axis_labels(self.plot, f"{name}, actual", f"{name}, predicted")
        self.legend.setText(self._legend_text())

    def _legend_text(self) -> str:
        scene, hues = self._scene, self._hues
        if self.drawing.drafts is not None:
            return escape(self.drawing.drafts.wish)
        parts = []
        if scene.kind == "surface":
            for text, color in hues.legend(scene.classes, scene.outputs):
                parts.append(f'<span style="color:{color.name()}">●</span>&nbsp;{text}')
        elif scene.kind in ("curve", "scatter"):
            color = theme.manager().current.train_line.name()
            parts.append(f'<span style="color:{color}">●</span>&nbsp;Training')
        if scene.kind != "confusion" and scene.data is not None and len(scene.data.test_rows):
            color = theme.manager().current.test_line.name() if scene.kind != "surface" else "palette(text)"
            parts.append(f'<span style="color:{color}">○</span>&nbsp;Test')
        return "&nbsp;&nbsp; ".join(parts)

    # Asking the network

    def _ask(self, changed: bool) -> None:
        scene = self._scene
        if changed or (self._probe is None and scene.ranges):
            self._probe = self._make_probe()
        visible = self.isVisible()
        self._controller.want_outputs(visible and scene.kind in ("scatter", "confusion"), _OUTPUTS_KEY)
        self._controller.set_probe(_OUTPUTS_KEY, self._probe if visible else None)

    def _make_probe(self) -> Probe | None:
        points = self._scene.probe_points()
        if points is None:
            return None
        self._probe_number += 1
        return Probe((_OUTPUTS_KEY, id(self), self._probe_number), points)

    def _answer(self, snapshot: Snapshot | None) -> Any:
        """Return the outputs at the points asked about, in the data's units; None without that answer."""
        if snapshot is None or self._probe is None:
            return None
        outputs = snapshot.answer(self._probe.key)
        if outputs is None or outputs.shape != (len(self._probe.x), self._scene.outputs):
            return None
        return outputs if self._scene.data is None else self._scene.data.target_values(outputs)

    # Drawing

    @Slot()
    def _draw(self) -> None:
        snapshot = self._controller.snapshot
        kind = self._scene.kind
        if kind == "surface":
            self._draw_surface(snapshot)
        elif kind == "curve":
            self._draw_curve(snapshot)
        elif kind == "scatter":
            self._draw_scatter(snapshot)
        elif kind == "confusion":
            self._draw_confusion(snapshot)

    def _draw_surface(self, snapshot: Snapshot | None) -> None:
        scene = self._scene
        outputs = self._answer(snapshot)
        if outputs is None:
            if snapshot is None:
                self.surface.set_colors(None, *scene.ranges)
                self._border.setData(np.empty(0), np.empty(0))
            return
        side = scene.resolution
        if self._chosen == _ALL:
            colors = self._hues.classes(outputs)
            self._border.setData(np.empty(0), np.empty(0))
        else:
            values = outputs[:, self._chosen]
            level, reach = self._scene.level_and_reach(self._chosen)
            colors = self._hues.values(values, level, reach)
            border = (
                figures.contour_segments(values.reshape(side, side), level, *scene.ranges)
                if scene.classes or scene.data is None
                else (np.empty(0), np.empty(0))
            )
            self._border.setData(*border, connect="pairs")
        self.surface.set_colors(colors.reshape(side, side, 4), *scene.ranges)

    def _draw_curve(self, snapshot: Snapshot | None) -> None:
        outputs = self._answer(snapshot)
        if outputs is None:
            if snapshot is None:
                self.curve.setData(np.empty(0), np.empty(0))
            return
        self.curve.setData(self._scene.curve_inputs(), outputs[:, self._chosen])

    def _draw_scatter(self, snapshot: Snapshot | None) -> None:
        data = self._scene.data
        if (
            data is None
            or snapshot is None
            or snapshot.train_outputs is None
            or snapshot.test_outputs is None
        ):
            return
        for points, rows, outputs in (
            (self.train_points, data.train_rows, snapshot.train_outputs),
            (self.test_points, data.test_rows, snapshot.test_outputs),
        ):
            if outputs.shape != (len(rows), self._scene.outputs):
                return
            step = slice(None, None, max(1, len(rows) // _MOST_POINTS))
            actual = data.target_values(data.y[rows[step]])[:, self._chosen]
            points.setData(actual, data.target_values(outputs[step])[:, self._chosen])

    def _draw_confusion(self, snapshot: Snapshot | None) -> None:
        data = self._scene.data
        if (
            data is None
            or snapshot is None
            or snapshot.train_outputs is None
            or snapshot.test_outputs is None
        ):
            return
        test = self._chosen == 1
        rows, outputs = (
            (data.test_rows, snapshot.test_outputs) if test else (data.train_rows, snapshot.train_outputs)
        )
        if outputs.shape != (len(rows), self._scene.outputs):
            return
        settings = self._document.project.settings
        threshold = 0.5 if settings is None else class_threshold(settings.loss)
        actual, predicted = data.class_indices(data.y[rows]), data.class_indices(outputs, threshold)
        counts = figures.confusion_counts(actual, predicted, len(data.classes))
        self.confusion.show_counts(counts, data.classes)

    def _draw_points(self) -> None:
        """Draw the data; only a change of data, colors or the chosen output moves these."""
        scene, data = self._scene, self._scene.data
        current = theme.manager().current
        self._shown_rows = np.empty(0, dtype=np.intp)
        if data is None or scene.kind not in ("surface", "curve", "scatter"):
            for points in (self.train_points, self.test_points, self._focus):
                points.setData(x=np.empty(0), y=np.empty(0))
            return
        if scene.kind == "scatter":
            self.train_points.setData(
                pen=pg.mkPen(None), brush=pg.mkBrush(_faded(current.train_line, 150)), size=6
            )
            self.test_points.setData(
                pen=pg.mkPen(current.test_line, width=1.5), brush=pg.mkBrush(None), size=7
            )
            self._focus.setData(x=np.empty(0), y=np.empty(0))
            return
        x, y = self._scene.point_places(self._chosen)
        parts = []
        for points, rows, hollow in (
            (self.train_points, data.train_rows, False),
            (self.test_points, data.test_rows, True),
        ):
            rows = rows[:: max(1, len(rows) // _MOST_POINTS)]
            parts.append(rows)
            size = 11 if len(data.x) <= 8 else 7
            if scene.kind == "curve":
                color = current.test_line if hollow else _faded(current.train_line, 110)
                pen = pg.mkPen(color, width=1.5) if hollow else pg.mkPen(None)
                brush = pg.mkBrush(None if hollow else color)
                points.setData(x=x[rows], y=y[rows], pen=pen, brush=brush, size=size)
            else:
                pens, brushes = self._hues.points(data, rows, self._chosen, hollow=hollow)
                points.setData(x=x[rows], y=y[rows], pen=pens, brush=brushes, size=size)
        self._shown_rows = np.concatenate(parts)
        self._mark_focus()

    @Slot()
    def _mark_focus(self) -> None:
        row, data = self._document.focus_row, self._scene.data
        if row is None or data is None or self.kind not in ("surface", "curve") or row >= len(data.x):
            self._focus.setData(x=np.empty(0), y=np.empty(0))
            return
        x, y = self._scene.point_places(self._chosen)
        self._focus.setData(x=x[row : row + 1], y=y[row : row + 1])

    # Events

    @Slot(object)
    def _on_network_changed(self, events: tuple[Any, ...]) -> None:
        # Labels name the axes, so a change of labels counts as well.
        relabeled = any("label" in getattr(event, "fields", ()) for event in events)
        if changes_program(events) or relabeled:
            self._rebuild_soon()

    @Slot()
    def _rebuild_soon(self) -> None:
        if self.isVisible() and not self._rebuild_timer.isActive():
            self._rebuild_timer.start()

    @Slot()
    def _on_snapshot(self) -> None:
        if not self.isVisible() or self._rebuild_timer.isActive():
            return
        if not self._controller.is_running:
            self._draw_timer.stop()
            self._draw()
        elif not self._draw_timer.isActive():
            self._draw_timer.start()

    @Slot(bool)
    def _switch_drawing(self, on: bool) -> None:
        self.drawing.set_on(on)

    @Slot(bool)
    def _show_drawing(self, on: bool) -> None:
        self.draw_button.setChecked(on)
        if not on:
            self._rebuild_soon()

    def _offer_drawing(self) -> None:
        able = self.drawing.can_draw
        self.draw_button.setEnabled(able)
        self.draw_button.setVisible(self._scene.kind in ("surface", "curve"))
        self.draw_button.setToolTip(
            "Draw points: add, erase, move or change them"
            if able
            else "Points can be drawn where the axes are the columns of the data. Choose such data first."
        )

    @Slot(int)
    def _on_chosen(self, _place: int) -> None:
        self.drawing.follow(self._scene, self._chosen)
        self._arrange()
        self._draw_points()
        self._draw()

    @Slot(object)
    def _on_clicked(self, event: Any) -> None:
        data = self._scene.data
        if event.button() != Qt.MouseButton.LeftButton or data is None or not len(self._shown_rows):
            return
        view = self.plot.getViewBox()
        at = view.mapSceneToView(event.scenePos())
        x, y = self._scene.point_places(self._chosen)
        rows = self._shown_rows
        found = figures.nearest_point(x[rows], y[rows], (at.x(), at.y()), view.viewPixelSize(), _PICK_PIXELS)
        if found is not None:
            self._document.set_focus_row(int(rows[found]))

    @Slot()
    def _restyle(self) -> None:
        current = theme.manager().current
        self._hues = Hues(current)
        restyle(self.plot, current)
        self._border.setPen(pg.mkPen(current.text, width=1))
        self._diagonal.setPen(pg.mkPen(current.faint, width=1, style=Qt.PenStyle.DashLine))
        self.curve.setPen(pg.mkPen(current.accent, width=2))
        self._focus.setPen(pg.mkPen(current.text, width=2))
        self._focus.setBrush(pg.mkBrush(None))
        self.drawing.restyle()
        if self._scene.kind != "none":
            self._arrange()
            self._draw_points()
            self._draw()

    def columns(self) -> dict[str, Any]:
        """Return the numbers of the picture, for a CSV file."""
        if self._scene.kind == "confusion" and self.confusion.counts is not None:
            counts, classes = self.confusion.counts, self._scene.classes
            answers = {f"answer {name}": counts[:, place] for place, name in enumerate(classes)}
            return {"class": list(classes), **answers}
        snapshot = self._controller.snapshot
        return answer_columns(self._scene, snapshot, self._probe, self._answer(snapshot), self._chosen)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.rebuild()

    def hideEvent(self, event: QHideEvent) -> None:
        self._draw_timer.stop()
        self._controller.set_probe(_OUTPUTS_KEY, None)
        self._controller.want_outputs(False, _OUTPUTS_KEY)
        super().hideEvent(event)


def _faded(color: Any, alpha: int) -> Any:
    faded = pg.mkColor(color)
    faded.setAlpha(alpha)
    return faded
