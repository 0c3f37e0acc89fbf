from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.lessons.handing_in import graded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui

FILTER = "test == 1 and abs(error) < 0.05"


def test_a_neuron_learns_all_sums_start_to_end(compiled: None, driver: LessonDriver, tmp_path: Path) -> None:
    driver.open("13-addition")
    assert graded(driver, tmp_path, whole=True) == 0
    assert not driver.answer("0.778")
    assert driver.answer("1.256")
    assert driver.filter_rows(FILTER) == 2
    assert driver.answer("2")
    assert driver.choose("No, it rounds to 0.8")
    driver.next()

    assert not driver.passed(1)
    driver.train()
    assert driver.passed(1)
    assert driver.filter_rows(FILTER) == 21
    assert not driver.answer("25")
    assert driver.answer("21")
    assert driver.answer("84")
    driver.next()

    assert driver.answer("1")
    assert driver.answer("0.928")
    assert not driver.answer("0.95")
    assert "too small" in driver.told()[2]
    assert driver.answer("2.94")
    driver.next()

    assert driver.answer("-0.62")
    assert driver.answer("1.16")
    assert not driver.choose("All three rows can be right with a small rate")
    assert driver.choose("The three rows cannot all be right, whatever the weights")
    driver.next()

    driver.set_activation("sum", "identity")
    assert not driver.passed(2)
    driver.reset()
    driver.train()
    assert driver.passed(1)
    assert driver.passed(2)
    assert driver.choose("Three, as before")
    driver.next()

    assert driver.answer("1.7")
    assert driver.answer("0,998")
    assert driver.choose("Pairs that are not among the rows to train")
    assert graded(driver, tmp_path, whole=True) == 1
    driver.finish()
