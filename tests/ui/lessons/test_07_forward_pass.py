from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.lessons.handing_in import graded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def choose_incoming(driver: LessonDriver, label: str, source: str) -> None:
    """Select a neuron, and click one of its incoming connections in the list of the inspector."""
    driver.select(label)
    inspector: Any = driver.window.docks["inspector"].widget()
    table = inspector.neurons_page.incoming
    model = table.model()
    (row,) = [row for row in range(model.rowCount()) if model.index(row, 0).data() == source]
    table.scrollTo(model.index(row, 0))
    driver.settle()
    QTest.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(model.index(row, 0)).center()
    )
    driver.settle()


def test_neurons_compare_by_dot_products_start_to_end(driver: LessonDriver, tmp_path: Path) -> None:
    driver.open("07-forward-pass")
    assert not driver.answer("1")  # a sign is missed
    assert driver.answer("-3", 1)
    assert driver.answer("0")
    driver.next()

    assert not driver.answer("12.5")  # the sum of h2 in place of its value
    assert not driver.answer("12.5", 1)
    assert "The value of h2 is 0" in driver.told()[0]
    assert driver.answer("3.5", 1)
    assert driver.answer("-3,5")
    driver.next()

    assert driver.answer("-3")
    assert driver.answer("4")
    assert not driver.choose("A")
    assert driver.choose("B")
    driver.next()

    assert not driver.answer("0.14")
    assert "wrong sign" in driver.told()[0]
    assert driver.answer("-0.14", 1)
    assert driver.answer("0")
    assert driver.answer("90")
    driver.next()

    assert driver.answer("10")
    assert not driver.choose("(4, 3)")
    assert driver.choose("(3, 4)")
    driver.next()

    assert driver.answer("15")
    assert driver.answer("-7")
    assert driver.answer("4")
    driver.next()

    assert driver.answer("11")
    assert driver.answer("9")
    assert not driver.choose("7")
    assert driver.choose("4")
    driver.next()

    assert not driver.passed(1)
    assert "it is 7" in driver.told()[0]
    for pixel in ("r1c1", "r1c2", "r1c3"):
        assert not driver.passed(2)
        choose_incoming(driver, "7", pixel)
        driver.type_value(1)
    assert driver.passed(1)
    assert driver.passed(2)
    assert driver.answer("13")
    assert graded(driver, tmp_path, whole=True) == 1
    driver.finish()
