from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.lessons.handing_in import graded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def run(driver: LessonDriver, optimizer: str, rate: float) -> None:
    driver.set_setting("optimizer", optimizer)
    driver.set_setting("learning_rate", rate)
    driver.reset()
    driver.train()


def test_the_four_race_down_the_ravine_start_to_end(driver: LessonDriver, tmp_path: Path) -> None:
    driver.open("12-optimizers")
    assert graded(driver, tmp_path, whole=True) == 0
    assert driver.answer("32")
    assert not driver.answer("8")
    assert "sign" in driver.told()[1]
    assert driver.answer("-8")
    assert driver.answer("80")
    assert not driver.choose("The one from b")
    assert driver.choose("The one from a")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.answer("-0,8")
    assert driver.answer("0.01")
    driver.train()
    assert not driver.check(3)
    assert "it is 3.21" in driver.told()[2]
    run(driver, "sgd", 0.009)
    assert driver.check(3)
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.answer("2.71")
    assert driver.answer("10")
    assert not driver.check(3)
    run(driver, "momentum", 0.004)
    assert driver.check(3)
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.answer("-1.5")
    assert driver.answer("0.9")
    run(driver, "rmsprop", 0.05)
    assert driver.check(3)
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.answer("1.2")
    assert driver.answer("-1.8")
    run(driver, "adam", 0.2)
    assert driver.check(3)
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.passed(1)
    assert not driver.check(2)
    assert "it is 26" in driver.told()[1]
    run(driver, "rmsprop", 0.1)
    assert driver.check(2)
    assert driver.choose("It grows without bounds")
    driver.next()

    assert driver.answer("1/2")
    driver.set_setting("optimizer", "sgd")
    driver.set_setting("learning_rate", 0.5)
    assert not driver.check(2)
    driver.scale_features("standardize")
    assert driver.check(2)
    assert driver.choose("Bring all inputs to a similar size")
    assert graded(driver, tmp_path) == 1
    driver.finish()
