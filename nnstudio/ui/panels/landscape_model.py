"""What the landscape panel shows: which plane through which moment, its surface, the point, the paths."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnstudio.engine.landscape_line import POINTS, Tracing
from nnstudio.network.events import changes_program
from nnstudio.ui import theme
from nnstudio.ui.panels.landscape_line import LineKnowledge
from nnstudio.ui.panels.landscape_moment import Moment, lay_plane, moment_of
from nnstudio.ui.panels.landscape_trails import Projector
from nnstudio.ui.panels.landscape_work import Job, LineJob, Measuring
from nnstudio.ui.plots.landscape_figures import fitting_window, holds, middle_of, window_around
from nnstudio.ui.plots.landscape_profile import Profile, is_wide_for, line_window
from nnstudio.ui.plots.landscape_scene import Relief, Trail
from nnstudio.ui.plots.loss_past import branch_color

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.engine.landscape import Plane, Refinement
    from nnstudio.engine.program import Program
    from nnstudio.errors import NNStudioError
    from nnstudio.training import Timeline, TrainingSettings
    from nnstudio.ui.document import Document
    from nnstudio.ui.panels.landscape_choice import Choice
    from nnstudio.ui.plots.landscape_figures import Floats, Range, Window
    from nnstudio.ui.training_controller import TrainingController

# A plane that moved is measured anew so soon while idle, in ms. While a run is on, so often at the most, in
# seconds, and within this share of the time.
_SOON = 40
_RUNNING_SECONDS, _RUNNING_SHARE = 1.0, 0.1
TRAILS_SECONDS = 0.3
# A coarse picture replaces a fine one of a moment before only where the fine one takes longer, in seconds.
_PATIENCE = 0.25
# What is nearer to the plane than this share of its own size lies on it.
_ON_PLANE = 1e-6


class Landscape(QObject):
    """Keeps the landscape true to the moment on view; does nothing until it is to work.

    ``choice_for`` returns the directions wanted for a program. ``reason`` says why there is nothing to show.
    A plane stays where it was laid, but for that of two parameters: it is where the others are.
    """

    laid = Signal()  # another plane, or none
    surface_changed = Signal()
    point_changed = Signal()
    trails_changed = Signal()
    window_changed = Signal()
    share_changed = Signal()
    facts_changed = Signal()

    def __init__(
        self,
        document: Document,
        controller: TrainingController,
        choice_for: Callable[[Program], Choice],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._controller = controller
        self._choice_for = choice_for
        self._is_working = False
        self.moment: Moment | None = None
        self.plane: Plane | None = None
        self.choice: Choice | None = None
        self.window: Window | None = None
        self.reason = ""
        self.shown: Job | None = None  # whose surface is on view
        self.place: tuple[float, float] | None = None
        self.trails: tuple[Trail, ...] = ()
        self.share: float | None = None  # of the measuring under way
        self.apart = self.path_apart = 0.0
        self.is_stopped = self.is_held = False
        self.home: Range | None = None  # of one parameter: what is shown at least
        self.has_own_window = False
        self.line = LineKnowledge()
        self._laid_for: tuple[Any, ...] = ()
        self._projector: Projector | None = None
        self._trails_of: tuple[Any, ...] = ()
        self._asked: Job | None = None
        self._found = self._surface = _Found()
        self._trails_at = self._started_at = 0.0
        self.trails_interval = TRAILS_SECONDS  # between two drawings of a path that grows, while a run is on
        self.measuring = Measuring(self)
        self.measuring.refined.connect(self.take)
        self.measuring.ended.connect(self._on_ended)
        self.measuring.failed.connect(self._on_failed)
        self._relay_timer = QTimer(self)
        self._relay_timer.setSingleShot(True)
        self._relay_timer.setInterval(_SOON)
        self._relay_timer.timeout.connect(self._relay)
        document.network_changed.connect(self._on_network_changed)
        document.data_changed.connect(self.forget)
        document.settings_changed.connect(self._on_settings_changed)
        document.project_replaced.connect(self._begin_anew)
        controller.snapshot_changed.connect(self.follow)
        controller.state_changed.connect(self.follow)
        controller.time_machine.changed.connect(self._follow_past)

    def set_working(self, wanted: bool) -> None:
        """Work, or rest and give up what is being measured."""
        if wanted == self._is_working:
            return
        self._is_working = wanted
        if wanted:
            self.follow()
        else:
            self._relay_timer.stop()
            self.measuring.cancel()
            self._trails_of = ()
            self._set_share(None)

    def relief(self, *, log: bool) -> Relief | None:
        """Return the surface on view."""
        surface = self._surface
        if self.shown is None or surface.losses is None or self.is_line:
            return None
        return Relief(self.shown.window, surface.losses, log, surface.places, surface.slopes)

    def profile(self, *, log: bool) -> Profile | None:
        """Return the curve on view."""
        losses = self._surface.losses
        if self.shown is None or losses is None or not self.is_line:
            return None
        return Profile(self.shown.window[0], losses, log, self.line.tangent)

    @property
    def is_line(self) -> bool:
        """Whether it is the loss over one parameter; a place then is its value and the loss."""
        return self.choice is not None and self.choice.kind == "parameter"

    @property
    def tangent_is_present(self) -> bool:
        """Whether the tangent is that of the moment on view."""
        return self.moment is not None and self.line.is_of(self.moment.flat)

    @property
    def is_off(self) -> bool:
        """Whether the point lies beside the plane."""
        moment = self.moment
        return moment is not None and self.apart > _ON_PLANE * (1.0 + float(np.linalg.norm(moment.flat)))

    @property
    def path_is_off(self) -> bool:
        """Whether some of the path lies beside the plane."""
        moment = self.moment
        return moment is not None and self.path_apart > _ON_PLANE * (1.0 + float(np.linalg.norm(moment.flat)))

    # The moment

    @Slot()
    def follow(self) -> None:
        """Follow what the window shows."""
        if not self._is_working:
            return
        moment = moment_of(self._document, self._controller)
        if isinstance(moment, str):
            self._show_nothing(moment)
            return
        self.moment = moment
        wanted = moment.program.connection_ids, moment.program.neuron_ids, self._choice_for(moment.program)
        if self.plane is None or self._laid_for != wanted:
            self._lay(moment)
        self._move_point(moment)
        self._follow_plane(moment)
        interval = self.trails_interval if self._controller.is_running else 0.0
        if time.monotonic() - self._trails_at >= interval:
            self._follow_past()

    def _lay(self, moment: Moment) -> None:
        """Lay the plane through the moment, and measure it."""
        self.choice = self._choice_for(moment.program)
        plane = lay_plane(moment, self.choice, self._controller.time_machine.timeline)
        if isinstance(plane, str):
            self._show_nothing(plane)
            return
        self._laid_for = moment.program.connection_ids, moment.program.neuron_ids, self.choice
        self.plane, self.reason = plane, ""
        self._projector = Projector(plane, moment.program)
        self.show_trails()
        if not self._keeps_window(moment):
            self._fit_window()
        self.laid.emit()
        self._measure()

    def _fitting_window(self, plane: Plane, moment: Moment) -> Window:
        places = [plane.places(moment.flat)[0]]
        places += [trail.places for trail in self.trails if trail.is_present]
        around = np.concatenate(places)
        if self.is_line:
            return line_window(around[:, 0], self.home)
        return fitting_window(around, kind="" if self.choice is None else self.choice.kind)

    def _fit_window(self) -> None:
        if self.plane is not None and self.moment is not None:
            self._set_window(self._fitting_window(self.plane, self.moment))

    def _keeps_window(self, moment: Moment) -> bool:
        """Whether the window stays where something is measured anew."""
        if self.window is None or self.plane is None:
            return False
        if self.has_own_window or not self.is_line:
            return self.has_own_window
        return not is_wide_for(self.window[0], self._fitting_window(self.plane, moment)[0]) and holds(
            self.window, self._across(moment)
        )

    def _across(self, moment: Moment) -> tuple[float, float]:
        """Return the place of a moment; of a line, in the middle of the window upward."""
        assert self.plane is not None
        assert self.window is not None
        u, v = self.plane.places(moment.flat)[0][0].tolist()
        return (u, middle_of(self.window)[1]) if self.is_line else (u, v)

    def _set_window(self, window: Window) -> None:
        if window != self.window:
            self.window = window
            self.window_changed.emit()

    def _move_point(self, moment: Moment) -> None:
        if self.plane is None:
            return
        places, apart = self.plane.places(moment.flat)
        if self.is_line:
            tangent = self.line.tangent
            is_known = tangent is not None and self.line.is_of(moment.flat)
            places[0, 1] = tangent.loss if is_known and tangent is not None else moment.loss
        if np.isfinite(places).all():
            self.apart = float(apart[0])
            self.place = float(places[0, 0]), float(places[0, 1])
            self.point_changed.emit()
        self.facts_changed.emit()

    def _follow_plane(self, moment: Moment) -> None:
        """Measure anew what no longer is the slice at the moment on view, or is without the point."""
        if self.plane is None or self.place is None or self.choice is None or self.window is None:
            return
        if self.is_stopped:
            return
        if self.is_held:
            # The tangent turns with the point; the curve stays.
            if self.is_line and not self.is_off and self.measuring.job is None and self._wants_line(moment):
                self._measure()
            return
        moves = self.choice.kind in ("parameters", "parameter") and self.is_off
        leaves = not self.has_own_window and not holds(self.window, self._across(moment))
        if not (moves or leaves or (self.is_line and self._wants_line(moment))):
            return
        if not self._controller.is_running:
            if not self._relay_timer.isActive():
                self._relay_timer.start()
        elif self.measuring.job is None:
            since = time.monotonic() - self._started_at
            if since >= max(_RUNNING_SECONDS, self.measuring.seconds / _RUNNING_SHARE):
                self._relay()

    def _wants_line(self, moment: Moment) -> bool:
        job = self.measuring.job
        if job is not None and job.line is not None:
            return not np.array_equal(job.line.flat, moment.flat)
        return self.line.wants(moment.flat)

    @Slot()
    def _relay(self) -> None:
        moment = self.moment
        if moment is None or self.plane is None or self.choice is None or not self._is_working:
            return
        if self.choice.kind == "parameters" or (self.is_line and self.is_off):
            self._lay(moment)
            self._move_point(moment)
        else:
            if not self._keeps_window(moment):
                self._fit_window()
            self._measure()

    # What changes around it

    @Slot(object)
    def _on_network_changed(self, events: Any) -> None:
        if changes_program(events):
            self.forget()

    @Slot()
    def _on_settings_changed(self) -> None:
        job = self.measuring.job or self.shown
        if job is not None and _counted(job.settings) != _counted(self._controller.settings):
            self.forget()

    @Slot()
    def forget(self) -> None:
        """Drop the surface, which is of another network, data or loss; the next snapshot brings another."""
        self.measuring.cancel()
        self._asked = self.plane = self.shown = None
        self.line.clear()
        self._projector, self._trails_of = None, ()
        self.is_stopped = False
        self._set_share(None)
        self.surface_changed.emit()

    @Slot()
    def _begin_anew(self) -> None:
        self.has_own_window = False
        self.window = self.place = None
        self.forget()

    def _show_nothing(self, reason: str) -> None:
        self.forget()
        self.place, self.trails, self.reason = None, (), reason
        self.point_changed.emit()
        self.trails_changed.emit()
        self.laid.emit()

    # Measuring

    def _measure(self) -> None:
        moment, plane, window = self.moment, self.plane, self.window
        if moment is None or plane is None or window is None or not self._is_working:
            return
        self.is_stopped = False
        self._found = _Found()
        self._started_at = time.monotonic()
        at, line = (moment.epoch, moment.step), None
        if self.is_line:
            place = float(plane.places(moment.flat)[0][0, 0])
            line = self.line.job(place, moment.flat, has_curve=not self._has_curve(plane, window))
        self._asked = Job(moment.program, moment.data, self._controller.settings, plane, window, *at, line)
        self.measuring.start(self._asked)
        self._set_share(0.0 if line is None or line.has_curve else None)

    def _has_curve(self, plane: Plane, window: Window) -> bool:
        shown, losses = self.shown, self._surface.losses
        alike = shown is not None and shown.plane is plane and shown.window == window
        return alike and losses is not None and len(losses) == POINTS[-1]

    def _is_current(self, job: Job) -> bool:
        """Whether what this job finds may be shown: nothing that it is of has changed since."""
        return (
            job is self._asked
            and job.plane is self.plane
            and job.window == self.window
            and job.data is self._document.project.data
            and job.program is self._controller.program
            and _counted(job.settings) == _counted(self._controller.settings)
        )

    @Slot(object, object)
    def take(self, job: Job, refinement: Refinement | Tracing) -> None:
        """Show what a job has found, unless it is of what is no more."""
        if not self._is_current(job):
            return
        if isinstance(refinement, Tracing) and job.line is not None:
            self._take_line(job.line, refinement)
        else:
            self._set_share(refinement.share)
        if refinement.losses is not None:
            self._found = self._found._replace(losses=refinement.losses)
        elif isinstance(refinement, Tracing):
            return
        elif refinement.places is not None and refinement.slopes is not None:
            self._found = self._found._replace(places=refinement.places, slopes=refinement.slopes)
        else:
            return
        if not self._keeps_old(job):
            self.shown, self._surface = job, self._found
            self.surface_changed.emit()

    def _take_line(self, line: LineJob, tracing: Tracing) -> None:
        if line.has_curve:
            self._set_share(tracing.share)
        if self.line.take(line, tracing):
            self.show_trails()
        if tracing.tangent is not None and self.moment is not None:
            self._move_point(self.moment)
            self.surface_changed.emit()

    def _keeps_old(self, job: Job) -> bool:
        """Whether the surface on view, of a moment before, is to stay until this one is as fine."""
        shown, old, new = self.shown, self._surface.losses, self._found.losses
        if new is None:
            return True
        if shown is None or shown is job or old is None or len(new) >= len(old):
            return False
        alike = (shown.window, shown.plane.names) == (job.window, job.plane.names)
        return alike and self.measuring.seconds < _PATIENCE

    @Slot(object)
    def _on_ended(self, job: Job) -> None:
        self._set_share(None)
        if job.line is not None and self.moment is not None:
            self._follow_plane(self.moment)

    @Slot(object, object)
    def _on_failed(self, job: Job, error: NNStudioError) -> None:
        if self._is_current(job):
            self._show_nothing(str(error))

    def _set_share(self, share: float | None) -> None:
        if share != self.share:
            self.share = share
            self.share_changed.emit()

    # What the user asks for

    @Slot()
    def stop(self) -> None:
        """Measure no more until something is asked for."""
        if self.measuring.job is not None:
            self.measuring.cancel()
            self._asked = None
            self.is_stopped = True
            self._set_share(None)
            self.facts_changed.emit()

    @Slot()
    def choose(self) -> None:
        """Turn to other directions."""
        self.home = None
        self.has_own_window = False
        if self._is_working and self.moment is not None:
            self._begin_anew()
            self.follow()

    @Slot()
    def center(self) -> None:
        """Lay the plane through the present point, with it in the middle, and measure it."""
        moment, window = self.moment, self.window
        if moment is None or self.plane is None:
            self.follow()
            return
        self._lay(moment)
        if self.plane is None:
            return
        if window is not None and self.has_own_window:
            half = np.array([(high - low) / 2.0 for low, high in window])
            self._set_window(window_around(self.plane.places(moment.flat)[0][0], half))
            self._measure()
        self._move_point(moment)

    @Slot()
    def fit(self) -> None:
        """Show all of the path."""
        before = self.window
        self.has_own_window = False
        self._fit_window()
        if self.window != before:
            self._measure()

    @Slot(object)
    def want_window(self, window: Window) -> None:
        """Show this part of the plane."""
        self.has_own_window = True
        self._set_window(window)
        self._measure()

    def hold(self, wanted: bool) -> None:
        """Keep the plane where it is, as while its point is dragged, or follow the moment again."""
        self.is_held = wanted
        if not wanted:
            self.follow()

    # Paths

    @Slot()
    def _follow_past(self) -> None:
        """Project the paths where there is anything new of them: to scrub through them is nothing new."""
        if self._trails_of != self._what_trails_are_of():
            self.show_trails()

    def _what_trails_are_of(self) -> tuple[Any, ...]:
        machine = self._controller.time_machine
        found = [(branch.timeline, branch.timeline.version, branch.color) for branch in machine.branches]
        if machine.timeline is not None:
            found.append((machine.timeline, machine.timeline.version, -1))
        return self._projector, theme.manager().current, *found

    @Slot()
    def show_trails(self) -> None:
        """Project the paths of the training on view and of those before it."""
        if self._projector is None or not self._is_working:
            return
        self._trails_at = time.monotonic()
        self._trails_of = self._what_trails_are_of()
        machine, current = self._controller.time_machine, theme.manager().current
        trails = []
        self.line.forget_unknown()
        for branch in machine.branches:
            steps, places, _ = self._path(branch.timeline, self._projector)
            trails.append(Trail(places, branch_color(branch, current), is_present=False, steps=steps))
        self.path_apart = 0.0
        if machine.timeline is not None:
            steps, places, self.path_apart = self._path(machine.timeline, self._projector)
            trails.append(Trail(places, current.test_line, steps=steps))
        self.trails = tuple(trails)
        self.trails_changed.emit()

    def _path(self, timeline: Timeline, projector: Projector) -> tuple[Any, Floats, float]:
        if self.is_line and self.moment is not None:
            return self.line.path(timeline, projector, self.moment.program)
        return projector.path(timeline)


class _Found(NamedTuple):
    """What a job has found: losses (side, side), and the gradient at some places, (places, 2) both."""

    losses: Floats | None = None
    places: Floats = np.empty((0, 2))
    slopes: Floats = np.empty((0, 2))


def _counted(settings: TrainingSettings) -> tuple[Any, ...]:
    """Return what of the settings the loss depends on."""
    return settings.loss, settings.class_weights, settings.dtype
