from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.lessons.handing_in import graded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def test_knobs_are_turned_by_hand_and_by_the_machine_start_to_end(
    driver: LessonDriver, tmp_path: Path
) -> None:
    driver.open("15-you-are-the-optimizer")
    assert graded(driver, tmp_path, whole=True) == 0
    driver.drag_slider(0.8, "x", "y")
    assert not driver.passed(1)
    assert "below 0.02" in driver.told()[0]
    driver.drag_slider(-0.3, "y")
    assert driver.passed(1)
    assert driver.answer("0.8")
    assert not driver.choose("Yes, with the right two numbers")
    assert driver.choose("No, the six points do not lie on one line")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.answer("-0.38")  # uphill
    assert "sign" in driver.told()[0]
    assert driver.answer("0.38")
    assert driver.answer("-0.3")
    for step in range(3):
        assert not driver.passed(3), step
        driver.step_epoch()
    assert driver.passed(3)
    assert driver.answer("3")
    assert graded(driver, tmp_path) == 1
    driver.next()

    driver.drag_slider(-0.5, "h2", "y")
    assert not driver.passed(1)
    for label, bias in (("h1", 1), ("h2", -1)):
        driver.set_weight("x", label, 2)
        driver.set_bias(label, bias)
    assert driver.passed(1)
    assert not driver.answer("0.081")
    assert driver.answer("0.027")
    assert driver.choose("One above 0, one below 0")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.passed(1)
    driver.train()
    assert driver.passed(1)
    assert driver.answer("90")
    assert not driver.choose("h1 → y")
    assert driver.choose("h2 → y")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.answer("1000")
    assert driver.answer("1001")
    assert driver.answer("1000")
    assert driver.answer("0.003")
    driver.next()

    driver.train()
    assert driver.answer("0")
    assert driver.choose("The bias of y")
    assert "it is 0.125" in driver.told()[2]
    for label, weight in (("h1", 1), ("h2", -1)):
        driver.set_weight("x", label, 1)
        driver.set_weight(label, "y", weight)
    driver.train()
    assert driver.passed(3)
    assert graded(driver, tmp_path) == 1
    driver.finish()
