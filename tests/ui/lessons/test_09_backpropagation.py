from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.lessons.handing_in import graded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui

FORWARD = ("0.5", "0.6225", "1", "0.7311"), ("-0.3397", "0.4159", "0.3412")
BACK = ("-1.1682", "0.2429", "-0.2838"), ("-0.1767", "-0.2075", "-0.2838")
FURTHER_BACK = ("0.2350", "-0.0667", "0.1966", "0.1116"), ("-0.0667", "-0.1334", "0.1116", "0.2232")


def test_a_step_is_worked_out_by_hand_and_then_taken(driver: LessonDriver, tmp_path: Path) -> None:
    driver.open("09-backpropagation")
    assert not driver.answer("0.3775", 2)  # the exponent without its minus
    assert "too small" in driver.told()[1]
    for answers in FORWARD:
        for answer in answers:
            assert driver.answer(answer), answer
        driver.next()

    for answer in BACK[0]:
        assert driver.answer(answer), answer
    assert not driver.choose("A larger sum makes the loss larger")
    assert driver.choose("A larger sum makes the loss smaller")
    driver.next()

    for answer in BACK[1]:
        assert driver.answer(answer), answer
    driver.next()

    assert not driver.answer("-0.1116", 4)
    assert "wrong sign" in driver.told()[3]
    for answers in FURTHER_BACK:
        for answer in answers:
            assert driver.answer(answer), answer
        driver.next()

    assert not driver.answer("0.8234")  # uphill
    for answer in ("1.1766", "0.2768", "0.7838"):
        assert driver.answer(answer), answer
    driver.next()

    assert not driver.passed(1)
    driver.step_batch()
    driver.step_batch()
    assert not driver.passed(1)
    driver.reset()
    driver.step_batch()
    assert driver.passed(1)
    assert driver.answer("0.1293")
    assert not driver.choose("Once for each weight")
    assert driver.choose("Once forward and once back")
    assert graded(driver, tmp_path, whole=True) == 1
    driver.finish()
