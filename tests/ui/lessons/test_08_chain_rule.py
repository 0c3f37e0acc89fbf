from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.lessons.handing_in import graded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def test_the_chain_rule_is_found_start_to_end(driver: LessonDriver, tmp_path: Path) -> None:
    driver.open("08-chain-rule")
    assert not driver.passed(1)
    assert "type 1.5" in driver.told()[0]
    driver.set_weight("one", "square", 1.5)
    assert driver.answer("2.25")
    assert not driver.answer("0.0393")  # the sine of degrees
    assert not driver.answer("0.997")  # the sine of x alone
    assert "in radians" in driver.told()[2]
    assert driver.answer("0.778")
    driver.next()

    assert driver.answer("1,07")
    assert not driver.choose("Times 1")
    assert driver.choose("Times −6")
    driver.next()

    assert driver.answer("4")
    assert not driver.answer("-0.416", 2)  # the cosine of x, the usual mistake
    assert not driver.answer("-0.416", 2)
    assert "cos(y)" in driver.told()[1]
    assert driver.answer("-0.654", 2)
    assert driver.answer("-2.61")
    driver.next()

    driver.set_weight("one", "square", 2)
    assert driver.answer("-2.6146")
    assert not driver.choose("It rises")
    assert driver.choose("It falls")
    driver.next()

    assert driver.answer("-0.65364")
    assert not driver.answer("2", 2)
    assert driver.answer("4", 2)
    assert not driver.choose("From the inputs to the loss")
    assert driver.choose("From the loss back to the inputs")
    driver.next()

    assert driver.answer("1.253")
    assert not driver.passed(2)
    driver.set_weight("one", "square", 1.253)
    assert driver.answer("0")
    driver.next()

    for factor in ("5", "1/2", "6", "2"):
        assert driver.answer(factor)
    assert not driver.answer("13.5")  # added up
    assert "Multiply" not in driver.told()[4]
    assert driver.answer("30", 5)
    assert driver.answer("45")
    driver.next()

    assert driver.answer("16")
    assert not driver.answer("12")
    assert "wrong sign" in driver.told()[1]
    assert driver.answer("-12", 2)
    assert driver.answer("4")
    assert not driver.choose("Take the longest way alone")
    assert driver.choose("Multiply along each way, then add up the ways")
    driver.next()

    assert not driver.passed(1)
    driver.set_weight("one", "square", 1.5)
    driver.train()
    assert driver.answer("2.17")
    assert driver.answer("4")
    assert graded(driver, tmp_path, whole=True) == 1
    driver.finish()
