"""What a lesson keeps: projects, answers, progress, its place, and the panels of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from nnstudio import paths
from nnstudio.lessons.progress import load_progress
from nnstudio.project import load_project
from tests.ui.lessons.sample import AFTER, LESSON, put_lessons

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.ui.conftest import Answers
    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


@pytest.fixture(autouse=True)
def folder(own_user_folders: Path) -> Path:
    """Put two lessons where own ones go, before the window reads them."""
    return put_lessons()


def test_a_panel_that_a_step_shows_does_not_cover_the_lessons(
    driver: LessonDriver, folder: Path, qtbot: QtBot
) -> None:
    (folder / "30-data.toml").write_text(
        AFTER.replace('text = "Nothing is asked."', 'show = ["data", "table", "loss"]'), "utf-8"
    )
    window = driver.window
    driver.panel.library.reload()
    driver.open("30-data")
    for key in ("lessons", "data", "loss"):
        qtbot.waitUntil(lambda key=key: not window.docks[key].visibleRegion().isEmpty())
    assert window.docks["data"] in window.tabifiedDockWidgets(window.docks["palette"])
    driver.leave()
    assert window.docks["data"] in window.tabifiedDockWidgets(window.docks["lessons"])
    assert not window.docks["lessons"].visibleRegion().isEmpty()


def test_a_lesson_goes_on_where_it_was_left(driver: LessonDriver) -> None:
    driver.open("10-gates")
    driver.skip()
    driver.leave()
    assert driver.panel.currentWidget() is driver.panel.list_page
    driver.window.document.undo_stack.setClean()
    driver.open("10-gates")
    assert driver.place == 2
    assert driver.window.document.project.title == "XOR"


def test_answers_are_kept_with_the_project_and_with_progress(driver: LessonDriver) -> None:
    driver.open("10-gates")
    driver.answer("0,25")
    driver.choose("It falls")
    assert driver.window.document.project.view["lessons"] == {
        "10-gates": {"1": {"2": "0,25", "3": "It falls"}}
    }
    assert driver.window.document.is_modified
    assert load_progress().lessons["10-gates"].passed == {(0, 1)}


def test_answers_go_along_to_the_next_project(driver: LessonDriver) -> None:
    driver.open("10-gates")
    driver.answer("0,25")
    driver.skip()
    assert driver.window.document.project.title == "XOR"
    assert driver.window.document.project.view["lessons"] == {"10-gates": {"1": {"2": "0,25"}}}


def test_answers_of_an_earlier_session_are_handed_in_with_what_goes_on(driver: LessonDriver) -> None:
    driver.open("10-gates")
    driver.answer("0,25")
    driver.leave()
    driver.window.document.undo_stack.setClean()
    driver.open("10-gates")
    assert driver.passed(2)
    assert driver.window.document.project.view["lessons"] == {"10-gates": {"1": {"2": "0,25"}}}
    assert not driver.window.document.is_modified
    driver.panel.step_page.first_action.trigger()
    assert not driver.passed(2)
    assert load_progress().lessons["10-gates"].typed == {}


def test_the_end_offers_to_save_network_and_answers(
    driver: LessonDriver, tmp_path: Path, answers: Answers
) -> None:
    driver.open("10-gates")
    driver.answer("0,25")
    for _ in range(3):
        driver.skip()
    assert driver.panel.finish_page.title.text() == "The end of “Gates”"
    file = tmp_path / "done.nns"
    answers.expect(file)
    QTest.mouseClick(driver.panel.finish_page.save_button, Qt.MouseButton.LeftButton)
    assert load_project(file).view["lessons"] == {"10-gates": {"1": {"2": "0,25"}}}


def test_from_the_end_one_goes_back_to_the_last_step_or_on_to_the_next_lesson(driver: LessonDriver) -> None:
    driver.open("10-gates")
    for _ in range(3):
        driver.skip()
    QTest.mouseClick(driver.panel.finish_page.back_button, Qt.MouseButton.LeftButton)
    assert driver.place == 3
    driver.skip()
    driver.window.document.undo_stack.setClean()
    QTest.mouseClick(driver.panel.finish_page.next_button, Qt.MouseButton.LeftButton)
    assert driver.title == "Only to read"


def test_beginning_a_lesson_asks_for_unsaved_work(driver: LessonDriver, answers: Answers) -> None:
    driver.add_neuron("input", 0.0, 0.0)
    answers.expect(QMessageBox.StandardButton.Cancel)
    card = driver.panel.list_page.cards[-2]
    assert not driver.panel.begin(card.lesson)
    assert driver.window.document.network.neuron_count == 1
    answers.expect(QMessageBox.StandardButton.Discard)
    driver.open("10-gates")
    assert driver.neuron("AND")


def test_going_on_to_another_project_of_the_lesson_loses_nothing(driver: LessonDriver) -> None:
    driver.open("10-gates")
    driver.set_weight("a", "AND", 3.0)
    driver.skip()
    driver.back()
    assert driver.connection("a", "AND").weight == 3.0
    assert driver.window.document.is_modified


def test_leaving_a_lesson_asks_for_what_was_changed_in_its_other_projects(
    driver: LessonDriver, answers: Answers, tmp_path: Path
) -> None:
    buttons = QMessageBox.StandardButton
    file = tmp_path / "and.nns"
    driver.open("10-gates")
    driver.set_weight("a", "AND", 3.0)
    driver.skip()
    answers.expect(buttons.Cancel)
    driver.leave()
    assert driver.panel.player.lesson is not None
    answers.expect(buttons.Cancel)
    driver.window.close()
    assert driver.window.isVisible()
    answers.expect(buttons.Save, file)
    driver.leave()
    assert driver.panel.player.lesson is None
    assert driver.window.document.project.title == "XOR"
    assert load_project(file).network.connections[0].weight == 3.0


def test_another_lesson_asks_for_what_was_changed_in_the_projects_of_this_one(
    driver: LessonDriver, answers: Answers
) -> None:
    driver.open("10-gates")
    driver.set_weight("a", "AND", 3.0)
    driver.skip()
    driver.panel.list_page.show()
    answers.expect(QMessageBox.StandardButton.Discard)
    driver.open("20-after")
    assert driver.title == "Only to read"
    assert driver.window.document.project.title == "XOR"


def test_a_project_come_back_to_goes_on_training_from_its_own_network(driver: LessonDriver) -> None:
    driver.open("10-gates")
    driver.skip()
    driver.skip()
    driver.train()
    document = driver.window.document
    assert driver.window.controller.can_resume
    driver.remove("a")
    assert not driver.window.controller.can_resume
    driver.back()
    driver.skip()
    assert document.project.title == "AND by hand"
    assert not driver.window.controller.can_resume


def test_a_step_begun_anew_has_its_project_as_the_lesson_has_it(driver: LessonDriver) -> None:
    driver.open("10-gates")
    driver.set_weight("a", "AND", 3.0)
    driver.panel.step_page.anew_action.trigger()
    assert driver.connection("a", "AND").weight == 1.0
    assert driver.refused() == []
    driver.remove("a")
    assert driver.refused()


def test_opening_another_project_leaves_the_lesson(driver: LessonDriver) -> None:
    driver.open("10-gates")
    assert driver.window.files.open(paths.resource_path("examples", "or.nns"), as_copy=True)
    driver.settle()
    assert driver.panel.player.lesson is None
    assert driver.panel.currentWidget() is driver.panel.list_page
    driver.remove("a")
    assert driver.refused() == []


def test_a_lesson_whose_file_changes_goes_on_at_its_place(
    driver: LessonDriver, folder: Path, qtbot: QtBot
) -> None:
    driver.open("10-gates")
    driver.skip()
    file = folder / "10-gates" / "lesson.toml"
    file.write_text(LESSON.replace("Train it.", "Train it *now*."), "utf-8")
    qtbot.waitUntil(lambda: "Train it now." in driver.text)
    assert driver.place == 2
    file.write_text(LESSON.replace('when = "trainings', 'whem = "trainings'), "utf-8")
    qtbot.waitUntil(lambda: "Line 4" in driver.panel.step_page.problem.text())
    assert "no “when”" in driver.panel.step_page.problem.text()
    assert driver.title == "XOR"
    driver.panel.step_page.list_button.click()
    assert any("“10-gates” cannot be used" in label.text() for label in driver.panel.list_page.problems)
