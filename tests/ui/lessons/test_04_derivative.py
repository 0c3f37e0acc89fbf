from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def test_the_derivative_is_found_start_to_end(driver: LessonDriver) -> None:
    driver.open("04-derivative")
    assert not driver.passed(1)
    driver.set_weight("one", "profit", 2)
    assert driver.passed(1)
    assert not driver.answer("5")
    assert driver.answer("6", 2)
    assert driver.answer("6")
    driver.next()

    assert driver.answer("7")
    assert driver.answer("7,8")
    assert driver.answer("8")
    driver.next()

    assert driver.answer("4")
    assert driver.answer("-4")
    assert not driver.choose("It rises")
    assert driver.choose("It falls")
    driver.next()

    driver.set_weight("one", "profit", 2)
    assert driver.answer("-4")
    assert driver.answer("-3.8")
    assert driver.choose("The two losses are so alike that few of their digits differ")
    driver.next()

    assert driver.answer("3")
    assert driver.answer("8")
    assert not driver.passed(3)
    driver.set_weight("one", "profit", 3)
    driver.next()

    driver.set_weight("one", "profit", 1)
    assert driver.answer("1.8")
    driver.train()
    assert driver.passed(2)
    assert not driver.check(3)
    driver.set_setting("learning_rate", 0.25)
    assert driver.check(3)
    driver.finish()
