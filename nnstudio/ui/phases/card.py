"""The card over the canvas with the ring, and beneath it what walks; folded up, a button that begins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QSlider, QToolButton, QVBoxLayout, QWidget

from nnstudio.ui import theme
from nnstudio.ui.canvas.overlays import MARGIN, place_overlays, style_card
from nnstudio.ui.numbers import format_count
from nnstudio.ui.phases import words
from nnstudio.ui.phases.caption import Caption
from nnstudio.ui.phases.ring import Ring
from nnstudio.ui.phases.walk import FASTEST, SLOWEST

if TYPE_CHECKING:
    from PySide6.QtGui import QAction, QShowEvent

    from nnstudio.training.phases import Phase
    from nnstudio.ui.canvas.view import CanvasView
    from nnstudio.ui.phases.walk import Walk
    from nnstudio.ui.training_controller import TrainingController

_WIDTH = 760
_NARROW = 560  # below that, the caption has a row of its own
_VERY_NARROW = 380  # below that, there is no room for all of it
# In larger networks it takes too long to find out, whenever a weight changes, whether all are as drawn.
_MOST_DRAWN = 5000
_LEAST_WIDTH = 240
# A smaller canvas has no room for the ring unless it is walked.
_LEAST_CANVAS = QSize(540, 360)
_TURN_MILLISECONDS = 70
_SECONDS_A_TURN = 1.6
_SPEED_STEPS = 24
_SLIDER, _SLIDER_NARROW = 72, 48  # pixels


class PhaseCard(QFrame):
    """Shows the phases of learning over the canvas, and walks through them."""

    def __init__(
        self, canvas: CanvasView, controller: TrainingController, walk: Walk, begin: QAction
    ) -> None:
        super().__init__(canvas)
        self.setObjectName("phase-card")
        self.setAccessibleName("Phases of learning")
        # The mouse must not reach the canvas under the card.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self._canvas = canvas
        self._controller = controller
        self._walk = walk
        self._is_wanted = True
        self._start_words: tuple[object, str] | None = None
        self._is_narrow = False
        self._turns = 0

        self.ring = Ring(self)
        self.ring.chosen.connect(self._go)
        self.pill = QToolButton(self)
        self.pill.setDefaultAction(begin)
        self.pill.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.pill.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.pill.setAccessibleName("Walk through a step")
        self.caption = Caption(self)
        self.caption.setObjectName("phase-caption")
        self.caption.setAccessibleName("What happens in this phase")
        self.controls = self._make_controls()
        layout = self._column = QVBoxLayout(self)
        layout.setContentsMargins(8, 5, 8, 5)
        layout.setSpacing(4)
        layout.addWidget(self.ring)
        layout.addWidget(self.controls)
        layout.addWidget(self.pill, 0, Qt.AlignmentFlag.AlignHCenter)

        self._timer = QTimer(self)
        self._timer.setInterval(_TURN_MILLISECONDS)
        self._timer.timeout.connect(self._turn)
        walk.changed.connect(self._show_walk)
        controller.state_changed.connect(self._show_state)
        controller.snapshot_changed.connect(self._on_snapshot)
        controller.document.settings_changed.connect(self._show_words)
        controller.document.network_changed.connect(self._forget_start)
        canvas.network_scene.structure_changed.connect(self._on_structure)
        theme.manager().changed.connect(self._restyle)
        for watched in (canvas, canvas.minimap):
            watched.installEventFilter(self)
        self._restyle()
        self._fold()
        self._show_state()

    # What others use

    def set_wanted(self, wanted: bool) -> None:
        """Show the phases, or only while they are walked through."""
        self._is_wanted = wanted
        self._fold()

    @property
    def is_folded(self) -> bool:
        """Whether only the button is shown that begins a walk."""
        return self.ring.isHidden()

    def place(self, top: int) -> None:
        """Stand in the middle of the canvas, so far below its top, beside what else is there."""
        canvas = self._canvas
        width = self.width()
        x = (canvas.width() - width) // 2
        minimap, brushes, card = canvas.minimap, canvas.brush_bar, canvas.cards.card
        if minimap.isVisible() and x + width > minimap.x() - 8:
            x = max(MARGIN, minimap.x() - 8 - width)
        others = (brushes if brushes.isVisible() else None, card)
        for box in [other.geometry() for other in others if other is not None]:
            right = box.right() + 8
            if x >= right:
                continue
            if right + width <= canvas.width() - MARGIN:
                x = right
            elif box.height() < canvas.height() / 4:
                # A taller card may lie over this one for the while that it is open.
                top = max(top, box.bottom() + 8)
        self.move(x, top)

    def room(self) -> int:
        """Return how many pixels at the top of the canvas are covered for long."""
        return 0 if self.isHidden() else self.geometry().bottom()

    # Building

    def _make_controls(self) -> QWidget:
        row = QWidget(self)
        layout = self._row = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        walk = self._walk
        self.back = _button("chevron-left", "Previous phase (Left)", row)
        self.play = _button("play", "Play phase after phase (Space)", row)
        self.forward = _button("chevron-right", "Next phase, or the end of this one (Right)", row)
        self.skip = _button("step-batch", "Skip to the end of the step: it is taken (End)", row)
        self.back.clicked.connect(walk.previous)
        self.play.clicked.connect(walk.play)
        self.forward.clicked.connect(walk.next)
        self.skip.clicked.connect(walk.finish)
        self.speed = QSlider(Qt.Orientation.Horizontal, row)
        self.speed.setRange(0, _SPEED_STEPS)
        self.speed.setFixedWidth(_SLIDER)
        self.speed.setAccessibleName("Speed of the walk")
        self.speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.speed.setValue(_step_of(1.0))
        self.speed.valueChanged.connect(self._set_speed)
        self._set_speed(self.speed.value())
        self.sample = _button("", "Walk with the sample in focus alone", row, "Sample")
        self.batch = _button("", "Walk with the batch that training takes next", row, "Batch")
        for button in (self.sample, self.batch):
            button.setCheckable(True)
        self.sample.clicked.connect(self._take_sample)
        self.batch.clicked.connect(self._take_batch)
        self.close_button = _button("close", "Leave the walk (Esc)", row)
        self.close_button.clicked.connect(walk.leave)
        for part in (self.back, self.play, self.forward, self.skip):
            layout.addWidget(part)
        layout.addSpacing(2)
        layout.addWidget(self.speed)
        layout.addSpacing(6)
        # Takes the room of the caption where that is elsewhere.
        self._gap = QWidget(row)
        self._gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._gap.hide()
        layout.addWidget(self._gap)
        layout.addWidget(self.caption, 1)
        layout.addSpacing(4)
        for part in (self.sample, self.batch):
            layout.addWidget(part)
        layout.addSpacing(6)
        layout.addWidget(self.close_button)
        return row

    # Following

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        of_overview = (QEvent.Type.ShowToParent, QEvent.Type.HideToParent)
        if kind == QEvent.Type.Resize if watched is self._canvas else kind in of_overview:
            self._fold()
        return False

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_state()

    def _fold(self) -> None:
        """Show as much as there is room for."""
        canvas, walking = self._canvas, self._walk.is_on
        before = self.room()
        fits = canvas.width() >= _LEAST_CANVAS.width() and canvas.height() >= _LEAST_CANVAS.height()
        is_open = walking or (self._is_wanted and fits)
        self.ring.setVisible(is_open)
        self.controls.setVisible(walking)
        self.caption.setVisible(walking)
        self.pill.setVisible(not is_open)
        self.setVisible(
            walking or (self._is_wanted and bool(self._controller.document.network.connection_count))
        )
        if is_open:
            self.setFixedWidth(self._free_width())
            self._arrange()
            self._keep_turning()
        else:
            self.setFixedWidth(self.pill.sizeHint().width() + 18)
        self._fit_height()
        if self.room() != before:
            canvas.fit_again()

    def _free_width(self) -> int:
        """Return how wide the card is where it is not folded up: beside the overview, if there is room."""
        canvas, minimap = self._canvas, self._canvas.minimap
        free = canvas.width() - 2 * MARGIN
        beside = minimap.x() - 8 - MARGIN
        if minimap.isVisible() and beside >= _VERY_NARROW:
            free = beside
        return max(_LEAST_WIDTH, min(_WIDTH, free))

    def _arrange(self) -> None:
        """Have the caption beside the buttons, or below them, and leave out what there is no room for."""
        narrow, roomy = self.width() < _NARROW, self.width() >= _VERY_NARROW
        for part in (self.back, self.skip, self.speed):
            part.setVisible(roomy)
        self.ring.set_short(not roomy)
        if narrow == self._is_narrow:
            return
        self._is_narrow = narrow
        self.speed.setFixedWidth(_SLIDER_NARROW if narrow else _SLIDER)
        if narrow:
            self._row.removeWidget(self.caption)
            self._column.insertWidget(2, self.caption)
        else:
            self._column.removeWidget(self.caption)
            self._row.insertWidget(self._row.indexOf(self._gap) + 1, self.caption, 1)
        # With another parent it is hidden until Qt gets to it, and the height would be without it.
        self.caption.setVisible(self._walk.is_on)
        self._gap.setVisible(narrow)

    def _fit_height(self) -> None:
        self.layout().invalidate()
        self.layout().activate()
        self.setFixedHeight(self.layout().totalSizeHint().height())
        place_overlays(self._canvas)

    @Slot()
    def _on_structure(self) -> None:
        self._start_words = None
        self._fold()
        self._show_words()

    @Slot()
    def _forget_start(self) -> None:
        self._start_words = None

    @Slot()
    def _on_snapshot(self) -> None:
        # While it trains, the counts wait for the next turn.
        if not self._timer.isActive():
            self._show_words()

    @Slot()
    def _show_state(self) -> None:
        if self._controller.is_running:
            self._keep_turning()
            return
        self._timer.stop()
        self._show_walk()
        self._show_words()

    def _keep_turning(self) -> None:
        """Have the ring turn while training is on and it can be seen."""
        running = self._controller.is_running and not self._walk.is_on
        if running and not self._timer.isActive() and not self.is_folded and self.isVisible():
            self._timer.start()

    @Slot()
    def _turn(self) -> None:
        if not self._controller.is_running or not self.isVisible() or self.is_folded:
            self._timer.stop()
            return
        self._turns += 1
        self._show_words()
        self.ring.show_turn(self._turns * _TURN_MILLISECONDS / 1000.0 / _SECONDS_A_TURN)

    @Slot()
    def _show_walk(self) -> None:
        walk = self._walk
        if walk.is_on != self.controls.isVisibleTo(self):
            self._fold()
        if not walk.is_on:
            if not self._timer.isActive():
                self.ring.show_phase(self._resting_phase(), 1.0)
            return
        self._timer.stop()
        self.ring.show_phase(walk.phase, walk.progress)
        theme.set_icon(self.play, "pause" if walk.is_playing else "play")
        self.back.setEnabled(walk.can_go_back)
        self.sample.setChecked(walk.is_alone)
        self.batch.setChecked(not walk.is_alone)
        self._show_words()
        self.caption.show_text(self._caption())

    def _caption(self) -> str:
        walk = self._walk
        cycle = walk.cycle
        if cycle is None:
            return "The step is computed …"
        told = words.caption(
            cycle,
            walk.phase,
            taken=walk.is_taken,
            start=self.ring.words[0],
            ends=self.ring.words[2],
        )
        reason = self._controller.document.restriction("training")
        return f"{told} {reason}" if reason and walk.phase == "step" and cycle.error is None else told

    def _resting_phase(self) -> Phase | None:
        controller = self._controller
        if controller.state == "finished":
            return "stop"
        snapshot = controller.snapshot
        return "init" if snapshot is None or snapshot.step == 0 else None

    @Slot()
    def _show_words(self) -> None:
        from nnstudio.training.phases import stop_conditions

        walk, snapshot = self._walk, self._controller.snapshot
        count = ""
        if snapshot is not None:
            count = f"epoch {format_count(snapshot.epoch)} · step {format_count(snapshot.step)}"
        stop = words.stops(stop_conditions(walk.settings, walk.stop_at))
        self.ring.show_words(self._start(), count, stop)
        if not walk.is_on and not self._timer.isActive():
            self.ring.show_phase(self._resting_phase(), 1.0)

    def _start(self) -> str:
        """Return how the weights began; found out again only where another start is known."""
        from nnstudio.training.phases import is_drawn

        project, settings = self._controller.document.project, self._walk.settings
        values = self._walk.ahead.start
        key = (values, settings.initializer, settings.seed)
        if self._start_words is not None and self._start_words[0] == key:
            return self._start_words[1]
        told = ""
        if values is not None or project.network.connection_count <= _MOST_DRAWN:
            drawn = is_drawn(project.network, values or project.network.values(), settings)
            told = words.start_in_words(settings, drawn=drawn)
        self._start_words = (key, told)
        return self._start_words[1]

    # What the user asks for

    @Slot(str)
    def _go(self, phase: Phase) -> None:
        self._walk.go(phase)

    @Slot(int)
    def _set_speed(self, step: int) -> None:
        speed = SLOWEST * (FASTEST / SLOWEST) ** (step / _SPEED_STEPS)
        self._walk.set_speed(speed)
        self.speed.setToolTip(f"Speed: {speed:.2g} times the usual")

    @Slot()
    def _take_sample(self) -> None:
        self._walk.set_alone(True)
        self._show_walk()

    @Slot()
    def _take_batch(self) -> None:
        self._walk.set_alone(False)
        self._show_walk()

    @Slot()
    def _restyle(self) -> None:
        style_card(self)
        self.ring.update()


def _step_of(speed: float) -> int:
    return round(_SPEED_STEPS * math.log(speed / SLOWEST) / math.log(FASTEST / SLOWEST))


def _button(icon: str, tip: str, parent: QWidget, text: str = "") -> QToolButton:
    button = QToolButton(parent)
    if icon:
        theme.set_icon(button, icon)
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(text or tip.split(" (")[0])
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
