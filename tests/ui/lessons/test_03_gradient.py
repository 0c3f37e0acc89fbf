from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.lessons.handing_in import graded
from tests.ui.lessons.walking_on_landscapes import drag_ball, measured

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def test_a_surface_is_walked_start_to_end(driver: LessonDriver, tmp_path: Path) -> None:
    driver.open("03-gradient")
    panel = measured(driver)
    assert panel.landscape.plane.names == ("x → h", "h → y")
    assert driver.answer("1")
    assert not driver.answer("0")
    assert driver.answer("4", 2)
    drag_ball(driver, 1.5, 1.5)
    assert "Expected the loss to be below 0.01" in driver.told()[2]
    drag_ball(driver, 1.0, 1.0)
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.passed(1)
    driver.set_weight("x", "h", 2)
    driver.set_weight("h", "y", 1)
    assert not driver.answer("-4")
    assert driver.answer("4", 2)
    assert driver.answer("12")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.answer("4.4")
    assert driver.answer("5")
    assert not driver.choose("w₁ up by 1, w₂ down by 1")
    assert driver.choose("w₁ up by 2, w₂ down by 1")
    assert graded(driver, tmp_path) == 1
    driver.next()

    driver.set_weight("x", "h", 0)
    driver.set_weight("h", "y", 0)
    assert driver.answer("9/16")
    assert driver.answer("25/16")
    assert graded(driver, tmp_path) == 1
    driver.next()

    driver.train()
    assert "Expected the loss in the first epoch to be below 0.999; it is 1." in driver.told()[1]
    driver.reset()
    driver.set_weight("x", "h", 0.1)
    driver.set_weight("h", "y", 0.1)
    assert not driver.answer("0.198")
    assert driver.answer("-0.198", 1)
    driver.train()
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert measured(driver).landscape.plane.names == ("x → y", "bias of y")
    assert not driver.answer("0")
    driver.train()
    assert driver.passed(1)
    assert driver.answer("0,412", 2)
    assert driver.answer("0")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.passed(1)
    QTest.mouseClick(measured(driver).wider_button, Qt.MouseButton.LeftButton)
    driver.reset()
    drag_ball(driver, 1.5, 0.2)
    driver.train()
    assert driver.answer("up")
    assert driver.choose("A valley, a peak or a saddle")
    assert graded(driver, tmp_path) == 1
    driver.finish()
