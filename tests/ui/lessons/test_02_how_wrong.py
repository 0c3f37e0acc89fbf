from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.lessons.handing_in import graded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def test_how_wrong_a_line_is_is_found_start_to_end(driver: LessonDriver, tmp_path: Path) -> None:
    driver.open("02-how-wrong")
    driver.set_weight("hours", "points", 2)
    assert driver.refused()
    assert not driver.answer("3")
    assert "wrong sign" in driver.told()[0]
    assert driver.answer("-3", 1)
    assert not driver.choose("Too little")
    assert driver.choose("Too much")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.answer("9")
    assert "Expected the loss of the row at row 3 to be below 1; it is 9." in driver.told()[1]
    assert driver.answer("2,5")
    driver.set_weight("hours", "points", 2.5)
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.answer("1")
    driver.set_weight("hours", "points", 2)
    assert not driver.passed(2)
    driver.set_weight("hours", "points", 3)
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.answer("3")
    assert driver.answer("9", 1)
    assert driver.answer("0")
    assert driver.answer("2")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.answer("15")
    driver.drag_slider(2, "hours", "points")
    driver.set_weight("hours", "points", 2)
    assert not driver.choose("A mean squared error is never 0")
    assert driver.choose("No line through 0 meets all four dots")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert "Expected the loss to be below 0.32; it is 1." in driver.told()[0]
    driver.set_weight("hours", "points", 1.4)
    driver.set_bias("points", 1.4)
    assert driver.answer("4.2")
    assert driver.answer("0.3")
    assert graded(driver, tmp_path) == 1
    driver.finish()
