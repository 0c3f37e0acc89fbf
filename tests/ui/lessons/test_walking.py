"""A lesson gone through in a real window: begun, locked, checked, answered, skipped, finished, left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.lessons.progress import load_progress
from nnstudio.network.edits import ChangeConnections
from tests.ui.lessons.sample import put_lessons

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow
    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


@pytest.fixture(autouse=True)
def folder(own_user_folders: Path) -> Path:
    """Put two lessons where own ones go, before the window reads them."""
    return put_lessons()


def test_a_lesson_sets_the_window_up(driver: LessonDriver) -> None:
    window, document = driver.window, driver.window.document
    lesson = driver.open("10-gates")
    assert (lesson.title, driver.title, driver.place) == ("Gates", "Weights are knobs", 1)
    assert document.path is None
    assert document.project.title == "AND by hand"
    assert window.canvas.color_mode == "gradient"
    assert document.focus_row == 2
    assert document.selection.neurons == {driver.neuron("a").id}
    assert document.selection.connections == {driver.connection("b", "AND").id}
    assert not window.docks["explain"].visibleRegion().isEmpty()
    assert not window.docks["lessons"].visibleRegion().isEmpty()
    assert window.docks["lessons"].width() >= 330
    assert "$z = w_1 x_1 + w_2 x_2 + b$" in driver.text


def test_a_lesson_is_solved_from_start_to_end(driver: LessonDriver) -> None:
    driver.open("10-gates")
    assert not driver.passed()
    told = driver.told()
    assert "above 2; it is 1." in told[0]
    assert "Double-click it." in told[0]
    assert not driver.panel.step_page.next_button.isEnabled()
    driver.set_weight("a", "AND", 3.0)
    assert driver.passed(1)
    assert not driver.answer("0.3")
    assert "too large" in driver.told()[1]
    assert driver.answer("1/4")
    assert not driver.choose("It falls")
    assert driver.choose("It rises")
    assert driver.passed()
    driver.next()
    assert (driver.place, driver.title) == (2, "XOR")
    driver.set_setting("epochs", 2)
    assert not driver.passed()
    driver.train()
    assert driver.passed()
    driver.next()
    # The same project again, as it was left.
    assert driver.connection("a", "AND").weight == 3.0
    assert not driver.passed()
    assert driver.check()
    driver.finish()
    page = driver.panel.finish_page
    assert page.title.text() == "You have finished “Gates”"
    assert page.next_button.text() == "Next: After that"
    kept = load_progress().lessons["10-gates"]
    assert kept.has_ended
    assert not kept.skipped
    assert len(kept.passed) == 5


def test_a_step_refuses_what_it_locks_and_says_why(driver: LessonDriver) -> None:
    driver.open("10-gates")
    before = driver.window.document.network.copy()
    driver.remove("a")
    driver.connect("b", "a")
    driver.set_setting("epochs", 7)
    driver.train()
    told = driver.refused()
    assert driver.window.document.network == before
    assert driver.window.controller.settings.epochs != 7
    assert (
        "This step keeps the wiring as it is: change the weights alone. Leave the lesson to edit freely."
        in told
    )
    assert any("settings" in text for text in told)
    assert any("without training" in text for text in told)
    assert driver.window.messages.text == told[-1]
    driver.leave()
    driver.remove("a")
    assert driver.refused() == []
    assert driver.window.document.network.neuron_count == before.neuron_count - 1


def test_nothing_is_cut_where_the_wiring_is_locked(driver: LessonDriver) -> None:
    driver.open("10-gates")
    QApplication.clipboard().setText("as before")
    driver.select("a")
    driver.window.canvas.actions()["cut"].trigger()
    assert driver.refused()
    assert QApplication.clipboard().text() == "as before"
    assert driver.neuron("a")


def test_a_slider_goes_back_where_the_weights_are_locked(driver: LessonDriver) -> None:
    driver.open("10-gates")
    driver.skip()
    connection = driver.window.document.network.connections[0]
    ends = [
        driver.window.document.network.neuron(end).label for end in (connection.source, connection.target)
    ]
    driver.drag_slider(1.9, *ends)
    assert any("keeps the weights" in text for text in driver.refused())
    assert driver.window.document.network.connection(connection.id) == connection
    assert driver._slider().value == connection.weight
    driver.set_weight(*ends, 5.0)
    assert driver.window.canvas.editor is None
    assert driver.refused()
    assert driver.window.document.network.connection(connection.id) == connection


def test_a_picture_of_the_canvas_is_taken_as_the_step_opens_and_with_a_click(
    driver: LessonDriver, qtbot: QtBot
) -> None:
    driver.open("10-gates")
    text = driver.panel.step_page.text
    qtbot.waitUntil(lambda: not driver.panel.step_page._pictures.isActive())
    (before,) = text.objects._images.values()
    assert before is not None
    driver.set_weight("a", "AND", -3.0)
    driver.panel.step_page._window.canvas.set_color_mode("weight")
    text.picture_clicked.emit("view:canvas")
    (after,) = text.objects._images.values()
    assert after is not None
    assert after != before


def test_a_picture_of_a_view_that_is_not_open_opens_it_with_a_click(
    driver: LessonDriver, qtbot: QtBot
) -> None:
    driver.open("10-gates")
    page, window = driver.panel.step_page, driver.window
    qtbot.waitUntil(lambda: not page._pictures.isActive())
    assert window.docks["landscape"].visibleRegion().isEmpty()
    page.text.show_text("![The loss](view:landscape)")
    assert list(page.text.objects._images.values()) == [None]
    page.text.picture_clicked.emit("view:landscape")
    assert page._pictures.isActive()
    qtbot.waitUntil(lambda: not window.docks["landscape"].visibleRegion().isEmpty(), timeout=5_000)
    page._pictures.timeout.emit()
    (taken,) = page.text.objects._images.values()
    assert taken is not None
    assert not taken.isNull()


def test_weights_that_are_locked_may_still_be_trained(driver: LessonDriver) -> None:
    driver.open("10-gates")
    driver.skip()
    before = driver.window.document.network.values()
    connection = driver.window.document.network.connections[0]
    assert not driver.window.document.do(ChangeConnections("Change", {connection.id: {"weight": 9.0}}))
    driver.set_setting("epochs", 2)
    driver.train()
    assert driver.window.document.network.values() != before


def test_checks_follow_the_training_that_is_on(driver: LessonDriver, qtbot: QtBot) -> None:
    driver.open("10-gates")
    driver.skip()
    driver.set_setting("epochs", 1_000_000)
    driver.train(wait=False)
    qtbot.waitUntil(lambda: driver.panel.player.states[0].passed, timeout=10_000)
    assert driver.window.controller.is_running
    assert driver.panel.step_page.next_button.isEnabled()
    driver.next()
    assert not driver.window.controller.is_running


def test_a_skipped_step_is_marked_until_it_is_done(driver: LessonDriver) -> None:
    driver.open("10-gates")
    driver.skip()
    assert driver.panel.player.skipped == {0}
    assert load_progress().lessons["10-gates"].skipped == {0}
    driver.go_to(1)
    assert driver.place == 1
    driver.set_weight("a", "AND", 3.0)
    driver.answer("0,25")
    driver.choose("It rises")
    assert driver.passed()
    assert driver.panel.player.skipped == frozenset()
    assert driver.panel.player.done == {0}


def test_a_step_not_reached_is_not_gone_to(driver: LessonDriver) -> None:
    driver.open("10-gates")
    driver.go_to(3)
    assert driver.place == 1


def test_hints_are_told_one_at_a_time(driver: LessonDriver) -> None:
    driver.open("10-gates")
    assert driver.panel.step_page.hints.isHidden()
    assert driver.hint() == "Hint 1. Look at $w_1$."
    assert driver.hint().endswith("Hint 2. Make it 3.")
    assert driver.panel.step_page.hint_button.isHidden()


def test_a_step_without_checks_is_left_at_once(driver: LessonDriver) -> None:
    driver.open("20-after")
    driver.next()
    driver.finish()
    assert driver.panel.finish_page.next_button.isHidden()


def test_nothing_is_judged_of_a_past_that_is_looked_at_during_a_training(
    driver: LessonDriver, qtbot: QtBot
) -> None:
    driver.open("10-gates")
    driver.skip()
    driver.set_setting("epochs", 1_000_000)
    driver.train(wait=False)
    controller, watch = driver.window.controller, driver.panel.player.watch
    qtbot.waitUntil(lambda: driver.panel.player.states[0].passed, timeout=10_000)
    controller.time_machine.to_start()
    qtbot.waitUntil(lambda: controller.time_machine.is_past)
    driver.panel.player.states[0].passed = False
    watch.look()
    assert not driver.panel.player.states[0].passed
    controller.time_machine.to_now()
    qtbot.waitUntil(lambda: driver.panel.player.states[0].passed, timeout=10_000)
    driver.pause()


def test_what_takes_a_training_is_asked_again_after_a_change(driver: LessonDriver) -> None:
    driver.open("10-gates")
    driver.skip()
    driver.skip()
    assert driver.check()
    driver.set_weight("a", "AND", 0.25)
    state = driver.panel.player.states[0]
    assert not state.passed
    assert "Check again" in driver.told()[0]
    assert driver.panel.step_page.next_button.isEnabled()


def test_a_late_result_of_a_network_that_has_changed_is_not_taken(driver: LessonDriver, qtbot: QtBot) -> None:
    driver.open("10-gates")
    driver.skip()
    driver.skip()
    watch, state = driver.panel.player.watch, driver.panel.player.states[0]
    watch.look_closely(0)
    connection = driver.connection("a", "AND")
    driver.window.document.do(ChangeConnections("Change", {connection.id: {"weight": 0.5}}))
    qtbot.waitUntil(lambda: not state.is_working)
    assert not state.passed
    assert "has changed meanwhile" in state.told


def test_the_gallery_leads_to_the_lessons(qtbot: QtBot, make_window: Callable[[], MainWindow]) -> None:
    window = make_window()
    window.load_plots()
    window.show_gallery()
    gallery = window._gallery
    assert gallery is not None
    gallery.lessons_button.click()
    qtbot.waitUntil(lambda: not window.docks["lessons"].visibleRegion().isEmpty())
    assert window.lazy_docks.panels["lessons"].list_page.cards


def test_a_step_is_read_and_answered_by_keyboard_alone(driver: LessonDriver) -> None:
    driver.open("10-gates")
    page = driver.panel.step_page
    bar = page.area.verticalScrollBar()
    page.text.setFocus()
    QTest.keyClick(page.text, Qt.Key.Key_PageDown)
    assert bar.value() > 0
    QTest.keyClick(page.text, Qt.Key.Key_Tab)  # to the picture, which Enter takes anew
    QTest.keyClick(page.text, Qt.Key.Key_Tab)
    field = page.checks[1].field
    assert QApplication.focusWidget() is field
    QTest.keyClicks(field, "1/4")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert driver.passed(2)
    QTest.keyClick(field, Qt.Key.Key_Tab)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is page.checks[2].choices[0]
    QTest.keyClick(page.checks[2].choices[0], Qt.Key.Key_Space)
    assert driver.passed(3)
    for wanted in (page.checks[2].choices[1], page.hint_button):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is wanted
