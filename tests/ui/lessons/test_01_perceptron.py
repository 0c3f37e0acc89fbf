from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.lessons.handing_in import graded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def test_gates_are_set_by_hand_start_to_end(driver: LessonDriver, tmp_path: Path) -> None:
    driver.open("01-perceptron")
    assert "Expected the weight a → out to be 2; it is 0.5." in driver.told()[0]
    driver.set_weight("a", "out", 2)
    driver.set_bias("out", -0.5)
    assert driver.passed(1)
    assert not driver.answer("-0.5")
    assert "wrong sign" in driver.told()[1]
    assert driver.answer("1/2", 2)
    assert driver.answer("-1,5")
    assert not driver.choose("1")
    assert driver.choose("0")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.title == "AND"
    assert not driver.passed(1)
    driver.set_weight("a", "out", 1)
    driver.set_weight("b", "out", 1)
    driver.set_bias("out", -0.5)
    assert "Expected the share of right rows to be 1; it is 0.5." in driver.told()[0]
    driver.set_bias("out", -1.5)
    assert not driver.answer("-1")
    assert driver.answer("-2", 2)
    assert graded(driver, tmp_path) == 1
    driver.next()

    driver.drag_slider(-0.5, "out")
    assert driver.passed(1)
    driver.set_weight("a", "out", 2)
    assert "Expected the weight a → out to be 1; it is 2." in driver.told()[0]
    driver.undo()
    assert driver.answer("0.5")
    assert driver.choose("−0.9")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.passed(1)
    driver.set_weight("a", "out", -1)
    driver.set_weight("b", "out", -1)
    driver.set_bias("out", 1.5)
    assert driver.answer("-0.5")
    assert driver.choose("It stays, and its sides change places")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.passed(1)
    driver.set_bias("out", -0.5)
    assert not driver.answer("4")
    assert driver.answer("3", 2)
    assert driver.choose("Always 1")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.window.controller.complaints == ()  # that a step trains by no gradient is not the subject
    driver.set_weight("OR", "XOR", 1)
    driver.set_weight("NAND", "XOR", 1)
    assert not driver.passed(1)
    driver.set_bias("XOR", -1.5)
    assert driver.choose("1 and 0")
    assert driver.answer("9")
    assert graded(driver, tmp_path) == 1
    driver.finish()


def test_the_network_of_a_step_is_all_on_view_whatever_is_selected(driver: LessonDriver) -> None:
    driver.open("01-perceptron")
    canvas = driver.window.canvas
    driver.qtbot.waitUntil(lambda: canvas.is_fitted)
    for neuron in driver.window.document.network.neurons:
        assert canvas.viewport().rect().contains(canvas.mapFromScene(*neuron.position))
