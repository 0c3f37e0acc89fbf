"""What the network computes, seen over its inputs or against what is true: one view at a time."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from nnstudio.network.events import changes_program
from nnstudio.ui import theme
from nnstudio.ui.plots.drawing import Drawing
from nnstudio.ui.plots.output_asking import Asking
from nnstudio.ui.plots.output_header import OutputHeader
from nnstudio.ui.plots.output_scene import Scene, fitting_scene, steadied, why_nothing
from nnstudio.ui.plots.style import make_plot, restyle
from nnstudio.ui.plots.views import fitting_views
from nnstudio.ui.plots.views.base import Stage, View
from nnstudio.ui.preferences import preferences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QHideEvent, QShowEvent

    from nnstudio.training.snapshot import Probe
    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController

# While a training runs, in ms: canvas and plot are not painted at the same time, which would take too long.
_AFTER_CANVAS = 20


class OutputPlot(QWidget):
    """A view of those that fit network and data; which one is remembered for each kind of them.

    It asks the controller for the outputs at its own points, and draws only answers to what it asked last.
    A click near a point of the data puts that row in focus.
    """

    failed = Signal(object)  # NNStudioError: why a file could not be saved
    path_pointed = Signal(object, object)  # ids of neurons and connections that are pointed at
    cell_chosen = Signal(object)  # class, answer and whether of the test part; None for no cell

    def __init__(
        self, document: Document, controller: TrainingController, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Output plot")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document = document
        self._controller = controller
        self.plot = make_plot("What the network computes")
        self.plot.getPlotItem().disableAutoRange()
        self.plot.getPlotItem().setMouseEnabled(x=False, y=False)
        self.stage = Stage(document, controller, self.plot, self)
        self._asking = Asking(self.stage, self)
        self.view: View | None = None
        self._views: dict[str, View] = {}
        self._pointer: QPointF | None = None
        self.hint = QLabel(self)
        self.hint.setProperty("role", "muted")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setContentsMargins(24, 0, 24, 0)
        self.pages = QStackedWidget(self)
        for page in (self.hint, self.plot):
            self.pages.addWidget(page)
        self.drawing = Drawing(document, self.plot, self)
        self.header = OutputHeader(self._picture, self.columns, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.drawing.bar)
        layout.addWidget(self.pages, 1)
        self._rebuild_timer = self._timer(0, self.rebuild)
        self._draw_timer = self._timer(_AFTER_CANVAS, self._draw)
        self._connect()
        restyle(self.plot, theme.manager().current)

    def _timer(self, milliseconds: int, slot: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer

    def _connect(self) -> None:
        document, header, stage = self._document, self.header, self.stage
        document.network_changed.connect(self._on_network_changed)
        document.project_replaced.connect(self._rebuild_soon)
        document.data_changed.connect(self._rebuild_soon)
        document.focus_changed.connect(self._mark_focus)
        self._controller.snapshot_changed.connect(self._on_snapshot)
        theme.manager().changed.connect(self._restyle)
        header.view_chosen.connect(self._on_view_chosen)
        header.style_chosen.connect(self._on_style_chosen)
        header.target_chosen.connect(self._on_target_chosen)
        header.draw_button.toggled.connect(self._switch_drawing)
        header.export_button.failed.connect(self.failed)
        self.drawing.switched.connect(self._show_drawing)
        self.drawing.emptied.connect(self._rebuild_soon)
        stage.path_pointed.connect(self.path_pointed)
        stage.cell_chosen.connect(self.cell_chosen)
        stage.cell_chosen.connect(self._tell)
        self.plot.scene().sigMouseClicked.connect(self._on_clicked)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.plot.viewport().installEventFilter(self)

    # What it shows

    @property
    def scene(self) -> Scene:
        """What there is to see."""
        return self.stage.scene

    @property
    def kind(self) -> str:
        """Which view is on show, by its key; "none" where nothing can be shown."""
        return "none" if self.view is None else self.view.key

    @property
    def probe(self) -> Probe | None:
        """The points that it asks the network about."""
        return self.stage.probes[0] if self.stage.probes else None

    def choose(self, view: str, style: str = "") -> None:
        """Show a view, and a style of it, that fits network and data; others are left aside."""
        header = self.header
        for chooser, wanted in ((header.views, view), (header.styles, style)):
            place = chooser.findData(wanted)
            if place >= 0:
                chooser.setCurrentIndex(place)

    @Slot()
    def rebuild(self) -> None:
        """Choose what can be shown of network and data, ask for what it needs, and draw."""
        self._rebuild_timer.stop()
        blank = self.drawing.drafts is not None
        scene = fitting_scene(self._document.network, None if blank else self._document.project.data)
        if self.drawing.is_on:
            scene = steadied(scene, self.scene)
        self._asking.note_size(self._document.network.connection_count)
        changed = scene != self.scene
        self.stage.scene = scene
        if changed:
            self._offer_views()
        self._show()

    def _offer_views(self) -> None:
        views = fitting_views(self.scene)
        keys = [view.key for view in views]
        stored = preferences().value(f"output-view/{self._situation}", "")
        key = stored if stored in keys else keys[0] if keys else ""
        self.header.offer_views([(view.key, view.title, view.tip) for view in views], key)
        chosen = next((view for view in views if view.key == key), None)
        self._switch_to(chosen)

    @property
    def _situation(self) -> str:
        """What the choice of a view is remembered for."""
        data = self.scene.data
        return f"{self.scene.kind}-{'free' if data is None else 'classes' if data.classes else 'values'}"

    def _switch_to(self, kind: type[View] | None) -> None:
        before = self.view
        if kind is None:
            self.view = None
        else:
            self.view = self._views.get(kind.key)
            if self.view is None:
                self.view = self._views[kind.key] = kind(self.stage)
                self.pages.addWidget(self.view.page)
        if before is not None and before is not self.view:
            before.end()
        styles = () if self.view is None else self.view.styles(self.scene)
        stored = preferences().value(f"output-style/{self.kind}", "")
        self.header.offer_styles(styles, stored)
        self.stage.style = self.header.styles.currentData() or ""
        if self.view is None:
            self.header.offer_targets([], parts=False)
            return
        data = self.scene.data
        parts = self.view.chooses_part and data is not None and len(data.test_rows) > 0
        self.header.offer_targets(self.view.choices(self.scene), parts=parts)
        if before is not self.view:
            self.view.begin()

    def _show(self) -> None:
        """Show the view as it is chosen."""
        view, stage = self.view, self.stage
        stage.output, stage.test = self.header.output, self.header.test
        can_draw = view is not None and view.can_draw
        self.drawing.follow(self.scene if can_draw else replace(self.scene, kind="none"), stage.output)
        self.header.export_button.setEnabled(view is not None)
        self._offer_drawing(can_draw)
        if view is None:
            self.hint.setText(why_nothing(self._document.network, self._document.project.data))
            self.pages.setCurrentWidget(self.hint)
            self._asking.ask(None, visible=False)
            self._tell()
            return
        self.pages.setCurrentWidget(view.page)
        view.place()
        self._asking.ask(view, visible=self.isVisible())
        self._draw()

    # Drawing

    @Slot()
    def _draw(self) -> None:
        if self.view is None:
            return
        # Numbers beyond all bounds, as of a training that diverges, are shown as such.
        with np.errstate(all="ignore"):
            self.view.draw()
            self._tell()
        self._asking.pace_grid()

    @Slot()
    def _tell(self) -> None:
        """Say what is seen, or what the pointer is on."""
        drafts, view = self.drawing.drafts, self.view
        if drafts is not None:
            self.header.tell(escape(drafts.wish))
        elif view is None:
            self.header.tell("")
        else:
            self.header.tell(escape(self._reading(view)) or view.legend())

    def _reading(self, view: View) -> str:
        box = self.plot.getViewBox()
        if self._pointer is None or view.page is not self.plot:
            return ""
        if not box.sceneBoundingRect().contains(self._pointer):
            view.leave()
            return ""
        at = box.mapSceneToView(self._pointer)
        return view.read(at.x(), at.y())

    @Slot()
    def _mark_focus(self) -> None:
        if self.view is not None:
            self.view.mark_focus()

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
        self.header.draw_button.setChecked(on)
        if not on:
            self._rebuild_soon()

    def _offer_drawing(self, shown: bool) -> None:
        able = self.drawing.can_draw
        button = self.header.draw_button
        button.setEnabled(able)
        button.setVisible(shown)
        button.setToolTip(
            "Draw points: add, erase, move or change them"
            if able
            else "Points can be drawn where the axes are the columns of the data. Choose such data first."
        )

    @Slot(str)
    def _on_view_chosen(self, key: str) -> None:
        preferences().setValue(f"output-view/{self._situation}", key)
        self._switch_to(next((view for view in fitting_views(self.scene) if view.key == key), None))
        self._show()

    @Slot(str)
    def _on_style_chosen(self, key: str) -> None:
        preferences().setValue(f"output-style/{self.kind}", key)
        self.stage.style = key
        self._show()

    @Slot()
    def _on_target_chosen(self) -> None:
        self._show()

    @Slot(object)
    def _on_clicked(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = self.plot.getViewBox().mapSceneToView(event.scenePos())
        row = self.stage.points.nearest(at.x(), at.y())
        if row is not None:
            self._document.set_focus_row(row)

    @Slot(QPointF)
    def _on_mouse_moved(self, position: QPointF) -> None:
        self._pointer = position
        self._tell()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave and self._pointer is not None:
            self._pointer = None
            if self.view is not None:
                self.view.leave()
            self._tell()
        return super().eventFilter(watched, event)

    @Slot()
    def _restyle(self) -> None:
        restyle(self.plot, theme.manager().current)
        self.drawing.restyle()
        if self.view is not None:
            self.view.restyle()
            self._show()

    def _picture(self) -> QWidget:
        return self.hint if self.view is None else self.view.picture

    def columns(self) -> Mapping[str, Any]:
        """Return the numbers of the picture, for a CSV file."""
        return {} if self.view is None else self.view.columns()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.rebuild()

    def hideEvent(self, event: QHideEvent) -> None:
        self._draw_timer.stop()
        if self.view is not None:
            self.view.leave()
        self._asking.ask(self.view, visible=False)
        super().hideEvent(event)
