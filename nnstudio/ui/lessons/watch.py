"""Checks of a step, looked at again and again as the network, its training and the window change."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnstudio.ui.work import Work

if TYPE_CHECKING:
    from nnstudio.lessons import Check, Situation, Verdict
    from nnstudio.ui.main_window import MainWindow

_SECONDS_BETWEEN = 0.2
_LEAST_SHARE = 5  # other work gets so many times the time that the checks take


@dataclass
class CheckState:
    """How a check stands: ``told`` says what was expected and what is, once it was looked at."""

    passed: bool = False
    told: str = ""
    tries: int = 0
    typed: str = ""
    is_working: bool = False


class Watch(QObject):
    """Keeps the states of a step's checks true; ``changed`` tells that one differs.

    What takes a training to find out is looked at when asked for, in another thread, and forgotten when what
    it was found of changes.
    """

    changed = Signal()

    def __init__(self, window: MainWindow, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._checks: tuple[Check, ...] = ()
        self.states: list[CheckState] = []
        self.trainings = 0
        self.used_optimizers: set[str] = set()
        self._was_running = False
        self._is_on = False
        self._edition = 0  # of what heavy checks are found of
        self._work: list[Work] = []
        self._ready_at = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)
        document, controller = window.document, window.controller
        controller.state_changed.connect(self._count_trainings)
        for changed in (document.network_changed, document.data_changed, document.settings_changed):
            changed.connect(self._on_edited)
        document.project_replaced.connect(self._on_edited)
        for changed in (
            document.history_changed,
            document.focus_changed,
            controller.snapshot_changed,
            controller.history_changed,
            controller.state_changed,
            controller.time_machine.changed,
            window.canvas.color_mode_changed,
        ):
            changed.connect(self.look_soon)

    def begin(self, checks: tuple[Check, ...], states: list[CheckState]) -> None:
        """Look after these checks from now on."""
        self._drop_work()
        self._checks = checks
        self.states = states
        self._is_on = True
        self._edition += 1
        self.look_soon()

    def forget_trainings(self) -> None:
        """Count trainings from 0."""
        self.trainings = 0
        self.used_optimizers = set()

    def stop(self) -> None:
        """Look no more."""
        self._is_on = False
        self._timer.stop()
        self._drop_work()
        self._checks, self.states = (), []

    def situation(self) -> Situation:
        """Return what is the case now, the weights of a training that is on included."""
        from nnstudio.lessons import Situation

        window = self._window
        document, controller = window.document, window.controller
        is_live = controller.is_running and not controller.time_machine.is_past
        snapshot = controller.snapshot if is_live else None
        values = None
        if snapshot is not None:
            network = document.network
            weights = dict(zip(snapshot.connection_ids, map(float, snapshot.weights), strict=True))
            biases = dict(zip(snapshot.neuron_ids, map(float, snapshot.biases), strict=True))
            values = (
                {key: weight for key, weight in weights.items() if network.has_connection(key)},
                {
                    key: bias
                    for key, bias in biases.items()
                    if network.has_neuron(key) and network.neuron(key).bias is not None
                },
            )
        return Situation.of(
            document.project,
            color_mode=window.canvas.color_mode,
            focus_row=document.focus_row,
            trainings=self.trainings,
            used_optimizers=self.used_optimizers,
            values=values,
            history=controller.history if controller.is_running else None,
        )

    @Slot()
    def look_soon(self) -> None:
        """Look once there is time."""
        if self._is_on and not self._timer.isActive():
            wait = max(self._ready_at - time.perf_counter(), 0.0)
            self._timer.start(round(wait * 1000))

    @Slot()
    def look(self) -> None:
        """Look at all checks that take no training, now."""
        self._timer.stop()
        if self._window.controller.is_running and self._window.controller.time_machine.is_past:
            return  # what is on view is not the present, which is to be judged
        light = [
            (check, state)
            for check, state in zip(self._checks, self.states, strict=True)
            if not check.is_typed and not check.is_heavy
        ]
        if not light:
            return
        from nnstudio.lessons import evaluate

        began = time.perf_counter()
        situation = self.situation()
        differs = False
        for check, state in light:
            verdict = evaluate(check, situation)
            told = "" if verdict.passed else verdict.told
            differs |= (state.passed, state.told) != (verdict.passed, told)
            state.passed, state.told = verdict.passed, told
        ended = time.perf_counter()
        self._ready_at = ended + max(_SECONDS_BETWEEN, _LEAST_SHARE * (ended - began))
        if differs:
            self.changed.emit()

    def look_closely(self, place: int) -> None:
        """Look at a check that takes a training."""
        from nnstudio.lessons import evaluate

        check, state = self._checks[place], self.states[place]
        if state.is_working:
            return
        state.is_working = True
        state.tries += 1
        situation = self.situation()
        self._begin_work(place, lambda: evaluate(check, situation))

    def answer(self, place: int, typed: str) -> None:
        """Judge what was typed or chosen."""
        from nnstudio.lessons import judge_answer

        check, state = self._checks[place], self.states[place]
        if state.is_working or not typed.strip():
            return
        state.typed = typed
        tries = state.tries
        state.tries += 1
        situation = self.situation()
        if check.is_heavy:
            state.is_working = True
            self._begin_work(place, lambda: judge_answer(check, typed, situation, tries))
        else:
            self._take(place, judge_answer(check, typed, situation, tries))

    # Inner workings

    def _take(self, place: int, verdict: Verdict) -> None:
        state = self.states[place]
        state.is_working = False
        state.passed, state.told = verdict.passed, verdict.told
        self.changed.emit()

    def _begin_work(self, place: int, task: object) -> None:
        work = _Look(task, place, self._edition, self)  # type: ignore[arg-type]
        work.finished.connect(self._on_found)
        work.failed.connect(self._on_failed)
        self._work.append(work)
        work.start()
        self.changed.emit()

    @Slot(object)
    def _on_found(self, verdict: Verdict) -> None:
        work = self.sender()
        if not isinstance(work, _Look) or work not in self._work:
            return
        self._work.remove(work)
        work.deleteLater()
        state = self.states[work.place]
        if work.edition != self._edition and not self._checks[work.place].is_typed:
            state.is_working = False
            state.told = "The network has changed meanwhile. Check again."
            self.changed.emit()
            return
        self._take(work.place, verdict)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        work = self.sender()
        if isinstance(work, _Look) and work in self._work:
            self._work.remove(work)
            work.deleteLater()
            state = self.states[work.place]
            state.is_working, state.passed, state.told = False, False, str(error)
            self.changed.emit()

    def _drop_work(self) -> None:
        for work in self._work:
            work.drop()
            work.deleteLater()
        self._work = []
        for state in self.states:
            state.is_working = False

    @Slot()
    @Slot(object)
    def _on_edited(self, _events: object = None) -> None:
        self._edition += 1
        if self._window.controller.is_running:
            self.used_optimizers.add(self._window.controller.settings.optimizer)
        for check, state in zip(self._checks, self.states, strict=True):
            if check.is_heavy and not check.is_typed and (state.passed or state.told):
                state.passed, state.told = False, "The network has changed since. Check again."
                self.changed.emit()
        self.look_soon()

    @Slot()
    def _count_trainings(self) -> None:
        running = self._window.controller.is_running
        if running and not self._was_running:
            self.trainings += 1
            self.used_optimizers.add(self._window.controller.settings.optimizer)
        self._was_running = running
        self.look_soon()


class _Look(Work):
    """A look at one check, of what was the case in one edition."""

    def __init__(self, task: object, place: int, edition: int, parent: QObject) -> None:
        super().__init__(task, parent)  # type: ignore[arg-type]
        self.place = place
        self.edition = edition
