from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.lessons.handing_in import graded

if TYPE_CHECKING:
    from pathlib import Path

    from nnstudio.training.phases import Phase
    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def walk_to(driver: LessonDriver, phase: Phase) -> str:
    """Click a phase on the ring, bring it to its end, and return what is said of it."""
    phases = driver.window.phases
    walk = phases.walk
    QTest.mouseClick(phases.card.ring.nodes[phase], Qt.MouseButton.LeftButton)
    driver.qtbot.waitUntil(lambda: walk.cycle is not None, timeout=20_000)
    while walk.is_moving:
        walk.advance(0.5)
    if phase == "step" and not driver.window.document.restriction("training"):
        driver.qtbot.waitUntil(lambda: walk.is_taken, timeout=20_000)
    driver.settle()
    return phases.card.caption.text


def test_the_loop_is_gone_through_one_phase_at_a_time(driver: LessonDriver, tmp_path: Path) -> None:
    driver.open("10-learning-loop")
    assert walk_to(driver, "init").startswith("The weights that training began with")
    assert not driver.answer("1")
    assert driver.answer("1.5")
    assert not driver.choose("Random weights have a small loss")
    assert driver.choose("Neurons that begin alike would stay alike")
    driver.next()

    assert "4 rows" in walk_to(driver, "predict")
    assert driver.answer("0,5")
    assert driver.answer("1")
    assert not driver.answer("3")  # the sum
    assert "too large" in driver.told()[2]
    assert driver.answer("0.75", 3)
    driver.next()

    assert "6.125" in walk_to(driver, "loss")
    assert not driver.answer("-9")
    assert driver.answer("9", 1)
    assert driver.answer("6.125")
    driver.next()

    walk_to(driver, "gradient")
    assert driver.answer("-9")
    assert driver.answer("-4.5")
    assert driver.choose("A steeper line has a smaller loss")
    walk_to(driver, "step")  # is not taken while the step is worked out
    assert driver.window.document.network.connections[0].weight == 0.5
    driver.next()

    assert not driver.answer("-0.4")  # uphill
    assert driver.answer("1.4", 1)
    assert driver.answer("0.45")
    assert not driver.passed(3)
    walk_to(driver, "step")
    assert driver.passed(3)
    driver.next()

    assert driver.answer("0.2525")
    assert not driver.passed(2)
    driver.window.phases.walk.leave()
    driver.train()
    assert not driver.choose("INIT")
    assert driver.choose("PREDICT")
    driver.next()

    assert not driver.answer("100")
    driver.reset()
    driver.more_setting("target_loss", 0.06)
    driver.train()
    assert driver.passed(1)
    assert driver.answer("16")
    assert not driver.choose("After about 20 epochs")
    assert driver.choose("Only after all of its epochs")
    assert graded(driver, tmp_path, whole=True) == 1
    driver.finish()
