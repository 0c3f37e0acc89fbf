"""The loss over one or two directions of the weights, with the path of the training."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QKeyCombination, Qt, Signal, Slot
from PySide6.QtGui import QFontMetricsF, QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from nnstudio.engine.landscape import grid_places
from nnstudio.ui import theme
from nnstudio.ui.panels.landscape_bar import LandscapeBar, ProgressLine, tool_button
from nnstudio.ui.panels.landscape_choice import DirectionChooser
from nnstudio.ui.panels.landscape_memory import KEY, restored, stored
from nnstudio.ui.panels.landscape_model import TRAILS_SECONDS, Landscape
from nnstudio.ui.panels.landscape_point import PointDrag
from nnstudio.ui.panels.landscape_words import line_words, moment_words, point_words, reading
from nnstudio.ui.plots.export import ExportButton
from nnstudio.ui.plots.figures import fitting_parts
from nnstudio.ui.plots.landscape_curve import LandscapeCurve
from nnstudio.ui.plots.landscape_figures import zoomed
from nnstudio.ui.plots.landscape_map import LandscapeMap
from nnstudio.ui.plots.landscape_solid import LandscapeSolid

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent

    from nnstudio.ui.document import Document
    from nnstudio.ui.plots.landscape_view import LandscapeView
    from nnstudio.ui.training_controller import TrainingController

_SOLID_TIP = "See it as a surface that turns"
_NO_SOLID_TIP = "The loss over one parameter is a curve: choose two directions for a surface"
_ARROWS_TIP = "Arrows down the exact gradient, projected on the slice"
_TANGENT_TIP = "The tangent at the present point: its slope is the exact gradient"

# A change of the point that comes so long after the one before, in seconds, is a step of its own, and rolls.
_ROLL_AFTER = 0.35
_ZOOM = 1.35
# While a run is on, what it says can be read so often, in seconds.
_TELL_SECONDS = 0.2
# Drawing a path that grows may take this share of the window's time.
_PAINTING_SHARE = 0.03
_NOTE_MARGIN, _NOTE_BELOW = 12, 4
# Pixels: a narrower panel says what it says in two lines, of which the first may end so early.
_ROOM_FOR_ONE_LINE, _BROKEN = 480, 60


class LandscapePanel(QWidget):
    """Shows the landscape at the moment on view; computes nothing while it is not seen."""

    failed = Signal(object)  # NNStudioError: why a file could not be saved

    def __init__(
        self, document: Document, controller: TrainingController, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Loss landscape")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._is_seen = True
        self._document, self._controller = document, controller
        self._moved_at = self._told_at = 0.0
        self._pointed: tuple[float, float] | None = None
        self._said = ""
        self._note_lines = 1
        self.chooser = DirectionChooser(document, self)
        self.landscape = Landscape(document, controller, self.chooser.choice_for, self)
        self.drag = PointDrag(document, self)
        self._make_views()
        self._make_buttons()
        self._arrange()
        self._connect()
        self._show_share()

    def _make_views(self) -> None:
        self.map, self.solid, self.curve = LandscapeMap(), LandscapeSolid(), LandscapeCurve()
        self.views: tuple[LandscapeView, ...] = (self.map, self.solid, self.curve)
        self.pages = QStackedWidget(self)
        for view in self.views:
            self.pages.addWidget(view)
        self.progress = ProgressLine(self)
        self.note = QLabel(self)
        self.note.setProperty("role", "muted")
        self.note.setAccessibleName("What the landscape shows")
        self.note.setContentsMargins(_NOTE_MARGIN, 0, _NOTE_MARGIN, _NOTE_BELOW)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def _make_buttons(self) -> None:
        self.solid_button = tool_button(self, "Surface in 3-D", _SOLID_TIP, text="3-D")
        self.log_button = tool_button(
            self, "Logarithmic heights", "Logarithmic colors and heights: shows what lies deep", text="Log"
        )
        self.arrows_button = tool_button(self, "Gradient", _ARROWS_TIP, text="∇")
        self.arrows_button.setChecked(True)
        self.wider_button = tool_button(self, "Wider", "Show a wider range", icon="zoom-out")
        self.closer_button = tool_button(self, "Closer", "Show a narrower range", icon="zoom-in")
        self.center_button = tool_button(
            self,
            "Center on the present",
            "Lay the landscape through the present point, and measure it anew",
            icon="focus",
        )
        self.stop_button = tool_button(self, "Stop measuring", "Stop measuring (Esc)", icon="close")
        self.export_button = ExportButton("Landscape", self.pages.currentWidget, self.columns, self)

    def _arrange(self) -> None:
        buttons = [
            self.chooser.from_canvas,
            self.chooser.other_seed,
            self.solid_button,
            self.log_button,
            self.arrows_button,
            self.wider_button,
            self.closer_button,
            self.center_button,
            self.stop_button,
            self.export_button,
        ]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        # The wheel does what these two do.
        spare = [self.wider_button, self.closer_button]
        layout.addWidget(LandscapeBar(self.chooser, buttons, spare, self))
        layout.addWidget(self.progress)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.note)

    def _connect(self) -> None:
        landscape = self.landscape
        landscape.laid.connect(self._show_plane)
        landscape.surface_changed.connect(self._show_surface)
        landscape.point_changed.connect(self._show_point)
        landscape.trails_changed.connect(self._show_trails)
        landscape.window_changed.connect(self._show_window)
        landscape.share_changed.connect(self._show_share)
        landscape.facts_changed.connect(self._show_facts)
        self.chooser.changed.connect(landscape.choose)
        self.chooser.changed.connect(self._keep_choice)
        landscape.window_changed.connect(self._keep_range)
        self._document.project_replaced.connect(self._restore_choice)
        self._restore_choice()
        self.solid_button.toggled.connect(self._switch_view)
        self.log_button.toggled.connect(self._show_surface)
        self.arrows_button.toggled.connect(self._switch_arrows)
        self.wider_button.clicked.connect(self._wider)
        self.closer_button.clicked.connect(self._closer)
        self.center_button.clicked.connect(landscape.center)
        self.stop_button.clicked.connect(landscape.stop)
        self.export_button.failed.connect(self.failed)
        escape = QShortcut(QKeySequence(QKeyCombination(Qt.Key.Key_Escape)), self, self._escape)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        for view in self.views:
            view.pointed.connect(self._on_pointed)
            view.grabbed.connect(self._on_grabbed)
            view.dragged.connect(self.drag.move)
            view.dropped.connect(self._on_dropped)
            view.window_wanted.connect(landscape.want_window)
            view.reset_wanted.connect(self._reset)
        self._controller.state_changed.connect(self._on_state)
        theme.manager().changed.connect(landscape.show_trails)

    # What is on view

    @property
    def view(self) -> LandscapeView:
        """The picture on view."""
        if self.landscape.is_line:
            return self.curve
        return self.solid if self.solid_button.isChecked() else self.map

    def columns(self) -> dict[str, Any]:
        """Return the numbers of the surface or the curve, one row a point."""
        relief, plane = self.map.relief, self.landscape.plane
        profile = self.curve.profile
        if profile is not None and plane is not None:
            return {plane.names[0]: profile.values, "loss": profile.losses}
        if relief is None or plane is None:
            return {"u": [], "v": [], "loss": []}
        places = grid_places(relief.window, relief.side)
        return {plane.names[0]: places[:, 0], plane.names[1]: places[:, 1], "loss": relief.losses.ravel()}

    @Slot(bool)
    def set_seen(self, is_seen: bool) -> None:
        """Work, or not: a panel behind another tab counts as visible for Qt."""
        self._is_seen = is_seen
        self._work_or_rest()

    def _work_or_rest(self) -> None:
        works = self._is_seen and self.isVisible()
        self.landscape.set_working(works)
        if not works:
            for view in self.views:
                view.ball.stop()

    # Showing the landscape

    @Slot()
    def _show_plane(self) -> None:
        for view in self.views:
            view.show_hint(self.landscape.reason)
        self._show_kind()
        self._show_facts()

    @Slot()
    def _show_kind(self) -> None:
        is_line = self.landscape.is_line
        self.pages.setCurrentWidget(self.view)
        self.solid_button.setEnabled(not is_line)
        self.solid_button.setToolTip(_NO_SOLID_TIP if is_line else _SOLID_TIP)
        self.arrows_button.setToolTip(_TANGENT_TIP if is_line else _ARROWS_TIP)

    @Slot()
    def _show_surface(self) -> None:
        landscape, log = self.landscape, self.log_button.isChecked()
        relief, profile, shown = landscape.relief(log=log), landscape.profile(log=log), landscape.shown
        names = ("", "") if shown is None else shown.plane.names
        if relief is not None or self.map.relief is not None:
            for view in (self.map, self.solid):
                view.show_relief(relief, names)
        self.curve.show_profile(profile, names[0], tangent_is_present=landscape.tangent_is_present)
        self.export_button.setEnabled(relief is not None or profile is not None)
        self._show_facts()

    @Slot()
    def _show_point(self) -> None:
        place = self.landscape.place
        if place == self.view.ball.target:
            return
        now = time.monotonic()
        rolls = now - self._moved_at > _ROLL_AFTER and not self.drag.is_on
        self._moved_at = now
        for view in self.views:
            view.ball.go(place, roll=rolls and view is self.view)
        if self.landscape.is_line:
            self.curve.show_tangent_present(self.landscape.tangent_is_present)
            self.curve.follow_ball()

    @Slot()
    def _show_trails(self) -> None:
        self.landscape.trails_interval = max(TRAILS_SECONDS, self.view.seconds / _PAINTING_SHARE)
        for view in self.views:
            view.show_trails(self.landscape.trails)

    @Slot()
    def _show_window(self) -> None:
        if self.landscape.window is not None:
            for view in self.views:
                view.show_window(self.landscape.window)

    @Slot()
    def _show_share(self) -> None:
        share = self.landscape.share
        self.progress.show_share(share)
        self.stop_button.setEnabled(share is not None)

    @Slot()
    def _show_facts(self) -> None:
        now = time.monotonic()
        if self._controller.is_running and now - self._told_at < _TELL_SECONDS:
            return
        self._told_at = now
        relief, plane = self.map.relief, self.landscape.plane
        if self.landscape.is_line:
            self._tell(self._line_words())
        elif self._pointed is None or relief is None or plane is None:
            self._tell(moment_words(self.landscape))
        else:
            self._tell(reading(plane.names, self._pointed, relief.loss_at(*self._pointed)))

    def _line_words(self) -> str:
        profile, plane = self.curve.profile, self.landscape.plane
        if self._pointed is None or profile is None or plane is None:
            return line_words(self.landscape)
        near = self.curve.point_near(*self._pointed)
        if near is not None:
            trail, number = near
            return point_words(plane.names[0], int(trail.steps[number]), *trail.places[number].tolist())
        value = self._pointed[0]
        return reading(plane.names[:1], (value,), profile.loss_at(value))

    @Slot(object)
    def _on_pointed(self, place: tuple[float, float] | None) -> None:
        self._pointed = place
        self._told_at = 0.0
        self._show_facts()

    @Slot()
    def _on_state(self) -> None:
        for view in self.views:
            view.set_hurried(self._controller.is_running)

    def _tell(self, text: str) -> None:
        self._said = text
        metrics = QFontMetricsF(self.note.font())
        room = (self.width() - 2 * _NOTE_MARGIN) * self._note_lines
        room -= _BROKEN * (self._note_lines - 1)
        self.note.setText(fitting_parts(text, room, metrics.horizontalAdvance))
        self.note.setToolTip(text)

    # What the user asks for

    @Slot()
    def _keep_choice(self) -> None:
        """Let the project know what is on view."""
        landscape, view = self.landscape, self._document.project.view
        own = landscape.window[0] if landscape.has_own_window and landscape.window is not None else None
        span = own or landscape.home if self.chooser.choice.kind == "parameter" else None
        self._document.project.view = {**view, KEY: stored(self.chooser.choice, span)}

    @Slot()
    def _keep_range(self) -> None:
        if self.landscape.is_line and self.landscape.has_own_window:
            self._keep_choice()

    @Slot()
    def _restore_choice(self) -> None:
        choice, self.landscape.home = restored(self._document.project.view)
        self.chooser.restore(choice)

    @Slot()
    def _switch_view(self) -> None:
        self.pages.setCurrentWidget(self.view)

    @Slot(bool)
    def _switch_arrows(self, wanted: bool) -> None:
        for view in self.views:
            view.show_arrows(wanted)

    @Slot()
    def _wider(self) -> None:
        self._zoom(_ZOOM)

    @Slot()
    def _closer(self) -> None:
        self._zoom(1.0 / _ZOOM)

    def _zoom(self, factor: float) -> None:
        if self.landscape.window is not None:
            self.landscape.want_window(zoomed(self.landscape.window, factor))

    @Slot()
    def _reset(self) -> None:
        if self.view is self.solid:
            self.solid.reset_camera()
        self.landscape.fit()

    @Slot()
    def _escape(self) -> None:
        if self.view.is_dragging:
            self.view.refuse_grab()
            self.drag.give_up()
            self.landscape.hold(False)
        else:
            self.landscape.stop()

    @Slot()
    def _on_grabbed(self) -> None:
        moment, plane = self.landscape.moment, self.landscape.plane
        if moment is None or plane is None or not self.drag.begin(plane, moment.program, moment.flat):
            self.view.refuse_grab()
        else:
            self.landscape.hold(True)

    @Slot()
    def _on_dropped(self) -> None:
        self.drag.end()
        self.landscape.hold(False)

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._note_lines = 1 if self.width() >= _ROOM_FOR_ONE_LINE else 2
        self.note.setWordWrap(self._note_lines > 1)
        # Of one height, or else the picture would jump with what is said.
        height = QFontMetricsF(self.note.font()).lineSpacing() * self._note_lines
        self.note.setFixedHeight(math.ceil(height) + _NOTE_BELOW)
        self._tell(self._said)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._work_or_rest()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._work_or_rest()
