"""The list of lessons: shipped ones, own ones with their faults, those from elsewhere, and what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from nnstudio import paths
from nnstudio.ui import theme
from nnstudio.ui.lessons.library import Library
from nnstudio.ui.lessons.pictures import file_picture, picture_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.ui.conftest import Answers
    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui
GOOD = 'format = 1\ntitle = "Mine"\nsummary = "A small one."\n\n[[step]]\ntitle = "Read"\ntext = "Once."\n'


@pytest.fixture
def folder(own_user_folders: Path) -> Path:
    return paths.lessons_dir()


def test_shipped_lessons_come_first_then_own_ones(qtbot: QtBot, folder: Path) -> None:
    (folder / "mine.toml").write_text(GOOD, "utf-8")
    library = Library()
    library.read()
    assert [entry.path for entry in library.own] == [folder / "mine.toml"]
    assert all(entry.lesson is not None and not entry.problems for entry in library.shipped)
    assert library.entries == (*library.shipped, *library.own)


def test_faults_of_an_own_lesson_are_told_with_their_lines(folder: Path, driver: LessonDriver) -> None:
    (folder / "mine.toml").write_text(GOOD.replace('title = "Read"\n', ""), "utf-8")
    driver.panel.list_page.reload_button.click()
    (label,) = driver.panel.list_page.problems
    assert label.text().startswith("“mine.toml” cannot be used.\nLine 5: ")
    assert "Mine" not in [card.lesson.title for card in driver.panel.list_page.cards]


def test_a_lesson_with_a_fault_that_matters_later_can_be_tried(folder: Path, driver: LessonDriver) -> None:
    (folder / "mine.toml").write_text(GOOD.replace("Once.", "![gone](gone.png)"), "utf-8")
    driver.panel.list_page.reload_button.click()
    (label,) = driver.panel.list_page.problems
    assert "has faults" in label.text()
    assert "Line 7" in label.text()
    driver.open("mine")
    assert driver.panel.step_page.text.pictures[0].source == "gone.png"


def test_the_list_follows_the_folder_while_it_is_on_view(
    qtbot: QtBot, folder: Path, driver: LessonDriver
) -> None:
    assert "Mine" not in [card.lesson.title for card in driver.panel.list_page.cards]
    (folder / "mine.toml").write_text(GOOD, "utf-8")
    qtbot.waitUntil(lambda: "Mine" in [card.lesson.title for card in driver.panel.list_page.cards])
    (folder / "mine.toml").unlink()
    qtbot.waitUntil(lambda: "Mine" not in [card.lesson.title for card in driver.panel.list_page.cards])


def test_a_lesson_file_from_elsewhere_is_opened(
    driver: LessonDriver, tmp_path: Path, answers: Answers
) -> None:
    file = tmp_path / "elsewhere.toml"
    file.write_text(GOOD, "utf-8")
    answers.expect(file)
    QTest.mouseClick(driver.panel.list_page.file_button, Qt.MouseButton.LeftButton)
    assert driver.title == "Read"
    driver.panel.show_list()
    assert "Mine" in [card.lesson.title for card in driver.panel.list_page.cards]


def test_a_file_that_is_no_lesson_is_told_with_its_line(driver: LessonDriver, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("format = 1\ntitle = \n", "utf-8")
    assert not driver.panel.begin_file(file)
    assert "“broken.toml” cannot be used. Line 2:" in driver.window.messages.text


def test_cards_are_begun_by_keyboard(folder: Path, driver: LessonDriver) -> None:
    (folder / "mine.toml").write_text(GOOD, "utf-8")
    driver.panel.list_page.reload_button.click()
    card = driver.panel.list_page.cards[-1]
    card.setFocus()
    QTest.keyClick(card, Qt.Key.Key_Return)
    assert driver.title == "Read"


def test_nothing_in_the_list_is_wider_than_its_panel(driver: LessonDriver) -> None:
    page = driver.panel.list_page
    assert page.widget().minimumSizeHint().width() <= page.viewport().width()


def test_a_picture_of_the_dark_theme_is_preferred_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, width in (("net.png", 10), ("net-dark.png", 20)):
        image = QImage(width, 5, QImage.Format.Format_RGB32)
        image.fill(0)
        assert image.save(str(tmp_path / name))
    widths = []
    for colors in (theme.LIGHT, theme.DARK):
        monkeypatch.setattr(theme.manager(), "_current", colors)
        picture = file_picture(tmp_path / "net.png")
        assert picture is not None
        widths.append(picture.width())
    assert widths == [10, 20]


def test_what_no_system_has_is_no_picture_and_a_huge_drawing_is_a_smaller_one(
    driver: LessonDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theme.manager(), "_current", theme.DARK)
    assert picture_of(driver.window, tmp_path, f"{'x' * 400}.png") is None
    (tmp_path / "huge.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="900000" height="450000"><path d="M0 0h9v9z"/></svg>',
        "utf-8",
    )
    found = picture_of(driver.window, tmp_path, "huge.svg")
    assert found is not None
    assert (found.width(), found.height()) == (4000, 2000)


def test_views_of_the_window_are_pictures_where_they_are_open(driver: LessonDriver, tmp_path: Path) -> None:
    window = driver.window
    canvas = picture_of(window, tmp_path, "view:canvas")
    assert canvas is not None
    assert not canvas.isNull()
    output = picture_of(window, tmp_path, "view:output")
    assert output is not None
    assert output.width() >= window.output_plot.width()
    assert picture_of(window, tmp_path, "view:explain") is None
    window.docks["explain"].raise_()
    driver.settle()
    assert picture_of(window, tmp_path, "view:explain") is not None
    assert picture_of(window, tmp_path, "gone.png") is None
