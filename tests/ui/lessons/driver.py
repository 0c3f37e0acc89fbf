"""Walks through lessons in a real main window with mouse and keyboard, as the tests of each lesson do.

A test of a lesson asks for the fixture ``driver`` of ``tests/ui/lessons/conftest.py``::

    def test_the_perceptron_is_solved_start_to_end(driver: LessonDriver) -> None:
        driver.open("01-perceptron")            # by the name of its folder; its card in the list is clicked
        driver.set_weight("a", "out", 1.0)      # double-click on the connection, type, Enter
        driver.set_bias("out", -1.5)            # double-click on the neuron, type, Enter
        assert driver.passed()                  # all checks of the step, looked at now
        driver.next()                           # clicks Next; fails where it is not unlocked
        driver.answer("1/2")                    # types into the first field that is not right yet, Enter
        driver.choose("It rises")               # clicks the button with this text
        driver.train()                          # clicks Train, and waits until the training has ended
        driver.check()                          # clicks Check of what takes a training to find out, and waits
        driver.finish()                         # clicks Finish on the last step; the end is on view then

Neurons go by their labels, connections by those of their ends. ``told()`` says what each check tells, and
``refused()`` what was refused since it was last asked, as edits that a step locks are. Trainings run at full
speed, and on NumPy unless a test takes the variable NNSTUDIO_ENGINE away, as the fixture ``compiled`` does.

The rest: ``text`` and ``title`` of the step, ``place`` (counted from 1), ``skip``, ``back``, ``hint``,
``go_to``; ``select``, ``drag_slider``, ``type_value``, ``set_activation``, ``connect``, ``add_neuron``,
``remove``, ``rename``; ``set_setting``, ``more_setting``, ``train``, ``pause``, ``step_batch``,
``step_epoch``, ``reset``, ``new_start``, ``undo``; ``choose_data``, ``focus_row``, ``color_by``, and
``press`` for any action of the menus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.lessons.window_driver import WindowDriver

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.lessons import Lesson
    from nnstudio.ui.lessons.check_view import CheckView
    from nnstudio.ui.lessons.list_page import LessonCard
    from nnstudio.ui.lessons.panel import LessonPanel
    from nnstudio.ui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class LessonDriver(WindowDriver):
    """Does in a window what a learner does. Whatever cannot be done fails, saying what is on view instead."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        super().__init__(window, qtbot)
        window.actions_by_name["lessons"].trigger()
        self.panel: LessonPanel = window.lazy_docks.panels["lessons"]
        self.settle()

    # Lessons and their steps

    def open(self, name: str) -> Lesson:
        """Begin a lesson by a click on its card: by the name of its folder or file, or by its title."""
        self.panel.show_list()
        self.settle()
        cards = {card.lesson.id: card for card in self.panel.list_page.cards}
        cards |= {card.lesson.title: card for card in self.panel.list_page.cards}
        assert name in cards, f"there is no lesson {name}, only {', '.join(cards)}"
        card: LessonCard = cards[name]
        self.panel.list_page.ensureWidgetVisible(card)
        self.settle()
        QTest.mouseClick(card, LEFT)
        lesson = self.panel.player.lesson
        assert lesson is not None, self._message()
        assert lesson.path == card.lesson.path, self._message()
        self.settle()
        return lesson

    def open_file(self, path: Path) -> Lesson:
        """Begin the lesson in a file from anywhere."""
        assert self.panel.begin_file(path), self._message()
        self.settle()
        lesson = self.panel.player.lesson
        assert lesson is not None
        return lesson

    @property
    def place(self) -> int:
        """The number of the step, counted from 1."""
        return self.panel.player.place + 1

    @property
    def title(self) -> str:
        """The title of the step as it is shown."""
        return self.panel.step_page.title.text()

    @property
    def text(self) -> str:
        """The text of the step as it is shown, formulas as LaTeX."""
        return self.panel.step_page.text.plain_text()

    @property
    def views(self) -> list[CheckView]:
        """The checks of the step as they are shown."""
        return self.panel.step_page.checks

    def passed(self, place: int | None = None) -> bool:
        """Whether all checks of the step have passed by now, or the one at a place, counted from 1."""
        self.settle()
        self.panel.player.watch.look()
        states = self.panel.player.states
        return all(state.passed for state in (states if place is None else [states[place - 1]]))

    def told(self) -> list[str]:
        """Return what each check tells: what was expected, and what is; nothing where it has passed."""
        self.settle()
        self.panel.player.watch.look()
        return [view.told.plain_text() if not view.told.isHidden() else "" for view in self.views]

    def next(self) -> None:
        """Go on to the next step."""
        assert self.passed() or self.panel.player.is_done, f"step {self.place} is not done: {self.told()}"
        button = self.panel.step_page.next_button
        assert button.text() == "Next", "this is the last step: finish() ends it"
        before = self.place
        self._click(button)
        assert self.place == before + 1, self._message()

    def finish(self) -> None:
        """End the lesson at its last step."""
        assert self.passed() or self.panel.player.is_done, f"step {self.place} is not done: {self.told()}"
        button = self.panel.step_page.next_button
        assert button.text() == "Finish", f"step {self.place} is not the last one"
        self._click(button)
        assert self.has_finished

    @property
    def has_finished(self) -> bool:
        """Whether the end of a lesson is on view."""
        return self.panel.currentWidget() is self.panel.finish_page

    def skip(self) -> None:
        """Go on without having done what the step asks."""
        assert self.panel.step_page.skip_button.isVisible(), "this step is done: next() goes on"
        self._click(self.panel.step_page.skip_button)

    def back(self) -> None:
        """Go back by one step."""
        self._click(self.panel.step_page.back_button)

    def go_to(self, place: int) -> None:
        """Go to a step that was reached, counted from 1, by a click on its dot."""
        dots = self.panel.step_page.dots
        QTest.mouseClick(dots, LEFT, NONE, dots.center_of(place - 1).toPoint())
        self.settle()

    def hint(self) -> str:
        """Ask for the next hint, and return all that are told by then."""
        self._click(self.panel.step_page.hint_button)
        return self.panel.step_page.hints.plain_text()

    def leave(self) -> None:
        """Leave the lesson."""
        self.panel.step_page.leave_action.trigger()
        self.settle()

    # Answers

    def answer(self, text: str, place: int | None = None) -> bool:
        """Type an answer to the first open question, or to check number ``place``; returns if it is right."""
        view = self._question(place, lambda view: view.field is not None)
        field = view.field
        assert field is not None
        self._show(field)
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)
        return self._judged(view)

    def choose(self, text: str, place: int | None = None) -> bool:
        """Click the choice with this text; returns whether it is right."""
        view = self._question(place, lambda view: text in [button.text() for button in view.choices])
        (button,) = [button for button in view.choices if button.text() == text]
        self._click(button)
        return self._judged(view)

    def check(self, place: int | None = None, *, timeout: int = 60_000) -> bool:
        """Click Check of what takes a training to find out; returns whether it has passed."""
        view = self._question(place, lambda view: view.button is not None and view.field is None)
        assert view.button is not None
        self._click(view.button)
        return self._judged(view, timeout)

    # Inner workings

    def _question(self, place: int | None, suits: Any) -> CheckView:
        views, states = self.views, self.panel.player.states
        if place is not None:
            return views[place - 1]
        suited = [(view, state) for view, state in zip(views, states, strict=True) if suits(view)]
        assert suited, f"step {self.place} asks for nothing like this"
        return next((view for view, state in suited if not state.passed), suited[0][0])

    def _judged(self, view: CheckView, timeout: int = 60_000) -> bool:
        place = self.views.index(view)
        state = self.panel.player.states[place]
        self.qtbot.waitUntil(lambda: not state.is_working, timeout=timeout)
        self.settle()
        return state.passed
