from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.lessons.handing_in import graded
from tests.ui.lessons.walking_on_landscapes import drag_along, drag_ball, measured, measured_curve

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

    curve = measured_curve(driver).curve.profile
    assert curve.losses == pytest.approx(3.5 * curve.values**2 - 14 * curve.values + 15)
    assert driver.answer("15")
    drag_along(driver, 1.0)
    driver.drag_slider(2, "hours", "points")
    driver.set_weight("hours", "points", 2)
    assert not driver.choose("A mean squared error is never 0")
    assert driver.choose("No line through 0 meets all four dots")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert "Expected the loss to be below 0.32; it is 1." in driver.told()[0]
    kinds = driver.window.lazy_docks.panels["landscape"].chooser.kinds
    kinds.setFocus()
    QTest.keyClick(kinds, Qt.Key.Key_Home)
    assert kinds.currentText() == "Parameters"
    assert measured(driver).landscape.plane.names == ("hours → points", "bias of points")
    drag_ball(driver, 1.4, 1.4)
    driver.set_weight("hours", "points", 1.4)
    driver.set_bias("points", 1.4)
    assert driver.answer("4.2")
    assert driver.answer("0.3")
    assert graded(driver, tmp_path) == 1
    driver.finish()
