from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.ui.lessons.handing_in import graded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def add_twin(driver: LessonDriver, label: str) -> None:
    driver.select(label)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(driver.window.canvas.viewport(), Qt.Key.Key_D, both)
    driver.settle()


@pytest.mark.usefixtures("compiled")
def test_curves_are_stacked_start_to_end(driver: LessonDriver, tmp_path: Path) -> None:
    driver.open("06-combining")
    assert not driver.answer("3.6")
    assert driver.answer("-3.6", 1)
    assert driver.answer("0.0266")
    assert driver.answer("0.621")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.passed(1)
    driver.set_bias("a1", 7)
    assert driver.passed(1)
    assert driver.answer("-0,872")
    assert not driver.choose("Weight 2, bias 0")
    assert driver.choose("Weight −5, bias 3")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.answer("0.517")
    assert driver.answer("0.7")
    assert "Expected" in driver.told()[2]
    driver.set_weight("a1", "y", -0.2)
    driver.set_weight("a2", "y", 0.8)
    assert graded(driver, tmp_path) == 1
    driver.next()

    for source, target, value in (("x", "a1", 10), ("x", "a2", 10), ("a2", "y", -1)):
        driver.set_weight(source, target, value)
    driver.set_bias("a1", 10)
    assert not driver.passed(1)
    driver.set_bias("a2", -10)
    assert driver.answer("-10")
    assert driver.choose("Weights 3 and −3 into y")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.passed(1)
    driver.train()
    assert driver.answer("0.0992")
    assert not driver.answer("12")
    assert driver.answer("24", 3)
    assert graded(driver, tmp_path) == 1
    driver.next()

    add_twin(driver, "a1")
    assert len(driver.window.document.network.connections) == 4
    driver.new_start()
    driver.train()
    assert "Expected the loss to be below 0.005; it is 0.02" in driver.told()[0]
    assert driver.answer("0.02")
    for _ in range(2):
        add_twin(driver, "a1")
    QTest.mouseClick(driver.window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    QTest.keyClick(driver.window.canvas.viewport(), Qt.Key.Key_T)
    places = {neuron.position for neuron in driver.window.document.network.neurons}
    assert len(places) == 6
    assert len({x for x, _ in places}) == 3
    driver.new_start()
    driver.train()
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.choose("It goes on waving")
    assert driver.choose("Practically not at all")
    assert driver.choose("It keeps them the same")
    assert driver.choose("The theorem does not say so")
    assert graded(driver, tmp_path) == 1
    driver.finish()
