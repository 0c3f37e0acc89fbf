from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.lessons.handing_in import graded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def far_out(driver: LessonDriver, hidden: list[str]) -> float:
    """Compute by hand what the network says for a large x, with tanh as 1 or -1."""
    bias = driver.neuron("y").bias
    assert bias is not None
    for label in hidden:
        weight = driver.connection(label, "y").weight
        bias += weight if driver.connection("x", label).weight > 0 else -weight
    return bias


def test_overfitting_is_seen_and_avoided_start_to_end(
    compiled: None, driver: LessonDriver, tmp_path: Path
) -> None:
    driver.open("14-generalization")
    assert graded(driver, tmp_path, whole=True) == 0
    assert driver.answer("12")
    assert driver.answer("40")
    assert not driver.choose("It would take too long")
    assert driver.choose("What it has learned from cannot show how it does on new data")
    driver.next()

    assert not driver.passed(1)
    driver.train()
    assert not driver.answer("0.058")  # the training loss
    assert driver.answer("0.071")
    assert driver.answer("4")
    assert graded(driver, tmp_path) == 1
    driver.next()

    driver.train()
    assert driver.passed(1)
    assert driver.answer("25")
    assert not driver.answer("3000")
    assert driver.answer("200")
    assert driver.choose("It goes down, and then up")
    assert graded(driver, tmp_path) == 1
    driver.next()

    driver.more_setting("patience", 100)
    driver.train()  # goes on with what overfits
    assert not driver.passed(1)
    driver.reset()
    driver.train()
    assert driver.passed(1)
    assert driver.answer("0.027")
    assert driver.answer("364")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.passed(1)
    x, y = driver.neuron("h1").position
    new = driver.add_neuron("hidden", x, y + 120)
    assert new is not None
    driver.connect("x", new.label)
    driver.connect(new.label, "y")
    assert driver.passed(1)
    assert not driver.passed(2)
    driver.new_start()
    driver.train()
    assert driver.passed(2)
    assert driver.answer("7")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.answer("5")
    assert driver.answer(f"{far_out(driver, ['h1', new.label]):.2f}")
    assert not driver.choose("Yes, with enough epochs")
    assert driver.choose("No, no row tells it anything about there")
    assert driver.choose("A third part that was used for nothing so far")
    assert graded(driver, tmp_path) == 1
    driver.finish()
