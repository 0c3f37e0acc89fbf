from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.lessons.handing_in import graded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def test_losses_are_compared_start_to_end(driver: LessonDriver, tmp_path: Path) -> None:
    driver.open("11-losses")
    assert not driver.choose("Regression", 2)
    assert driver.choose("Regression", 1)
    assert driver.choose("Classification", 2)
    assert driver.choose("Sigmoid")
    driver.next()

    driver.train()
    weight = driver.window.document.network.connections[0].id
    assert driver.window.document.network.connection(weight).weight == pytest.approx(10)
    assert not driver.answer("9")
    assert driver.answer("10", 1)
    driver.set_setting("loss", "mae")
    driver.reset()
    driver.train()
    assert driver.window.document.network.connection(weight).weight == pytest.approx(6, abs=0.05)
    assert driver.answer("6")
    assert driver.choose("Mean absolute error")
    driver.next()

    assert not driver.answer("2")  # the logarithm to base 10
    assert not driver.answer("2", 1)
    assert "Use ln" in driver.told()[0]
    assert driver.answer("4.605", 1)
    assert not driver.answer("0.105")
    assert driver.answer("2,303", 2)
    assert driver.choose("It stays below 1")
    driver.next()

    assert not driver.answer("1.02")  # the sum
    assert driver.answer("0.341", 1)
    assert driver.answer("1/4")
    driver.next()

    assert driver.answer("0.00247")
    assert not driver.answer("0.00492")
    assert "wrong sign" in driver.told()[1]
    assert driver.answer("-0.00492", 2)
    assert not driver.choose("Where it is sure and wrong")
    assert driver.choose("Where it is unsure")
    driver.next()

    assert not driver.passed(1)
    driver.set_setting("loss", "binary_cross_entropy")
    assert driver.passed(1)
    assert driver.answer("-0.998")
    assert driver.answer("203")
    driver.next()

    for answer in ("1.609", "-0.8", "0.7", "0"):
        assert driver.answer(answer), answer
    driver.next()

    driver.set_setting("loss", "mse")
    driver.reset()
    driver.train()
    assert not driver.passed(2)
    assert driver.answer("0.0048")
    driver.set_setting("loss", "binary_cross_entropy")
    driver.reset()
    driver.train()
    assert driver.passed(2)
    assert not driver.choose("Binary cross-entropy")
    assert driver.choose("Mean squared error")
    assert graded(driver, tmp_path, whole=True) == 1
    driver.finish()
