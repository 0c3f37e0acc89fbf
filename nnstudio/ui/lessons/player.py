"""A lesson under way: at which step it is, what has been reached, and how its checks stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from nnstudio.errors import NNStudioError
from nnstudio.ui.lessons.desk import Desk
from nnstudio.ui.lessons.watch import CheckState, Watch

if TYPE_CHECKING:
    from nnstudio.lessons import Lesson, Step
    from nnstudio.lessons.progress import LessonProgress
    from nnstudio.ui.main_window import MainWindow


class LessonPlayer(QObject):
    """Walks through a lesson in a window.

    A step is done once all its checks have passed at the same time, or where it has none, when it is left for
    the next one; it stays done. ``step_opened`` tells a step to show, ``checks_changed`` that checks or what
    follows from them differ, ``finished`` the end of a lesson, ``left`` that none is under way any more.
    """

    step_opened = Signal()
    checks_changed = Signal()
    finished = Signal()
    left = Signal()

    def __init__(self, window: MainWindow, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self.desk = Desk(window)
        self.watch = Watch(window, self)
        self.watch.changed.connect(self._on_checked)
        self.lesson: Lesson | None = None
        self.place = 0
        self.reached = 0
        self._progress: LessonProgress | None = None
        self._states: dict[int, list[CheckState]] = {}
        self._hints: dict[int, int] = {}
        window.document.project_replaced.connect(self._on_project_replaced)

    # What is the case

    @property
    def step(self) -> Step:
        """The step that is open."""
        assert self.lesson is not None
        return self.lesson.steps[self.place]

    @property
    def states(self) -> list[CheckState]:
        """How the checks of the step stand."""
        return self._states.get(self.place, [])

    @property
    def progress(self) -> LessonProgress:
        """What of the lesson is passed and skipped."""
        assert self._progress is not None
        return self._progress

    @property
    def done(self) -> frozenset[int]:
        """The steps that are done."""
        lesson = self.lesson
        if lesson is None:
            return frozenset()
        return frozenset(
            place
            for place, step in enumerate(lesson.steps)
            if (step.checks or place < self.reached or self.progress.has_ended)
            and self.progress.has_passed(lesson, place)
        )

    @property
    def skipped(self) -> frozenset[int]:
        """The steps that were skipped, and not done since."""
        return self.progress.skipped - self.done

    @property
    def is_done(self) -> bool:
        """Whether the step may be left for the next."""
        return self.lesson is not None and self.progress.has_passed(self.lesson, self.place)

    @property
    def is_last(self) -> bool:
        """Whether no step follows."""
        return self.lesson is not None and self.place == len(self.lesson.steps) - 1

    @property
    def hints_told(self) -> tuple[str, ...]:
        """The hints asked for so far."""
        return self.step.hints[: self._hints.get(self.place, 0)]

    # What is done with it

    def begin(self, lesson: Lesson) -> bool:
        """Begin a lesson, or go on where it was left; returns whether that was done."""
        from nnstudio.lessons.progress import load_progress

        progress = load_progress().of(lesson)
        last = len(lesson.steps) - 1
        first = 0 if progress.has_ended else min(progress.step, last)
        if not self.desk.begin(lesson.project_at(first)):
            return False
        self.lesson, self._progress = lesson, progress
        self.reached = last if progress.has_ended else first
        self._states, self._hints = {}, {}
        self.watch.forget_trainings()
        self._give_answers()
        self._open(first)
        return True

    @Slot()
    def begin_anew(self) -> None:
        """Begin the lesson at its first step, with nothing passed."""
        from nnstudio.lessons.progress import LessonProgress

        lesson = self.lesson
        if lesson is None or not self.desk.bring_anew(lesson.project_at(0)):
            return
        self._progress, self.reached = LessonProgress(), 0
        self._states, self._hints = {}, {}
        self.watch.forget_trainings()
        self._open(0)

    def open_step(self, place: int) -> bool:
        """Open a step that was reached before; returns whether it is open."""
        lesson = self.lesson
        if lesson is None or not 0 <= place <= self.reached:
            return False
        if not self.desk.bring(lesson.project_at(place)):
            return False
        self._open(place)
        return True

    @Slot()
    def go_on(self) -> None:
        """Open the next step, or finish the lesson."""
        if self.lesson is None or not self.is_done:
            return
        self._leave_step()

    @Slot()
    def skip(self) -> None:
        """Go on without having reached what the step asks for."""
        if self.lesson is None:
            return
        if not self.is_done:
            self._progress = replace(self.progress, skipped=self.progress.skipped | {self.place})
        self._leave_step()

    @Slot()
    def go_back(self) -> None:
        """Open the step before."""
        self.open_step(self.place - 1)

    @Slot()
    def begin_step_anew(self) -> None:
        """Open the step's project as the lesson has it."""
        if self.lesson is None or not self.desk.bring_anew(self.lesson.project_at(self.place)):
            return
        self._states.pop(self.place, None)
        self._open(self.place)

    @Slot()
    def leave(self) -> None:
        """End the lesson; what is open stays open, and can be edited freely."""
        if self.lesson is not None and self.desk.may_drop():
            self._end()

    @Slot()
    def tell_hint(self) -> None:
        """Tell the next hint."""
        self._hints[self.place] = min(self._hints.get(self.place, 0) + 1, len(self.step.hints))
        self.checks_changed.emit()

    def answer(self, place: int, typed: str) -> None:
        """Judge what was typed or chosen for a check, and keep it with the project."""
        from nnstudio.lessons.progress import with_typed

        assert self.lesson is not None
        document = self._window.document
        document.project.view = with_typed(document.project.view, self.lesson, (self.place, place), typed)
        document.undo_stack.resetClean()
        self._progress = replace(self.progress, typed={**self.progress.typed, (self.place, place): typed})
        self._save()
        self.watch.answer(place, typed)

    def reload(self, lesson: Lesson) -> None:
        """Go on at the same place with a lesson whose file has changed."""
        if self.lesson is None:
            return
        place = min(self.place, len(lesson.steps) - 1)
        if not self.desk.bring(lesson.project_at(place)):
            return
        if lesson.steps[place].checks != self.step.checks or place != self.place:
            self._states.pop(place, None)
        self._states = {key: value for key, value in self._states.items() if key == place}
        self.lesson = lesson
        self.reached = min(self.reached, len(lesson.steps) - 1)
        self._open(place)

    # Inner workings

    def _end(self) -> None:
        self.watch.stop()
        self.lesson = None
        self.desk.clear()
        self.left.emit()

    def _give_answers(self) -> None:
        """Put what was typed in an earlier session into the copy that goes on now: it may be handed in."""
        from nnstudio.lessons.progress import typed_answers, with_typed

        assert self.lesson is not None
        project = self._window.document.project
        there = typed_answers(project.view, self.lesson)
        for place, typed in self.progress.typed.items():
            if place not in there:
                project.view = with_typed(project.view, self.lesson, place, typed)

    def _open(self, place: int) -> None:
        self.place = place
        self.reached = max(self.reached, place)
        step = self.step
        states = self._states.setdefault(place, self._fresh_states(place))
        self._progress = replace(self.progress, step=place)
        self._save()
        self.desk.set_up(step)
        self.watch.begin(step.checks, states)
        self.step_opened.emit()

    def _fresh_states(self, place: int) -> list[CheckState]:
        from nnstudio.lessons.progress import typed_answers

        assert self.lesson is not None
        typed = typed_answers(self._window.document.project.view, self.lesson)
        return [
            CheckState(
                passed=check.is_typed and (place, number) in self.progress.passed,
                typed=typed.get((place, number), ""),
            )
            for number, check in enumerate(self.lesson.steps[place].checks)
        ]

    def _leave_step(self) -> None:
        lesson = self.lesson
        assert lesson is not None
        if self.is_last:
            self._progress = replace(self.progress, has_ended=True)
            self._save()
            self.watch.stop()
            self.desk.lift()
            self.finished.emit()
        elif self.desk.bring(lesson.project_at(self.place + 1)):
            self._open(self.place + 1)

    @Slot()
    def _on_checked(self) -> None:
        """Take note of what has passed: what passes by itself, only together with all of its step."""
        checks, states = self.step.checks, self.states
        together = all(state.passed for state in states)
        passed = {
            (self.place, number)
            for number, (check, state) in enumerate(zip(checks, states, strict=True))
            if state.passed and (together or check.is_typed)
        }
        if passed - self.progress.passed:
            self._progress = self.progress.with_passed(*passed)
            self._save()
        self.checks_changed.emit()

    def _save(self) -> None:
        from nnstudio.lessons.progress import load_progress

        assert self.lesson is not None
        try:
            load_progress().keep(self.lesson, self.progress)
        except NNStudioError as error:
            self._window.show_message(f"How far you have come is not kept: {error}", "warning")

    @Slot()
    def _on_project_replaced(self) -> None:
        if self.lesson is not None and not self.desk.is_bringing:
            self._end()
