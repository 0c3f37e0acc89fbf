from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.ui.lessons.handing_in import graded
from tests.ui.lessons.walking_on_landscapes import drag_along, measured_curve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.lessons.driver import LessonDriver

pytestmark = pytest.mark.ui


def test_a_valley_is_walked_down_start_to_end(driver: LessonDriver, tmp_path: Path) -> None:
    driver.open("05-walking-down")
    panel = measured_curve(driver)
    assert panel.curve.profile.tangent == pytest.approx((0.0, 9.0, -6.0))
    assert panel.landscape.window[0] == (-2.0, 8.0)
    drag_along(driver, 1.0)
    assert measured_curve(driver).curve.profile.tangent.slope == pytest.approx(-4.0, abs=0.3)
    assert driver.answer("-4")
    driver.set_weight("x", "y", 2)
    assert "Expected the gradient of x → y to be within 0.01 of 2; it is −2." in driver.told()[1]
    driver.set_weight("x", "y", 4)
    assert not driver.choose("With a smaller weight")
    assert driver.choose("With a larger weight")
    assert graded(driver, tmp_path) == 1
    driver.next()

    driver.step_batch()
    driver.step_batch()
    assert "to be within 0.001 of 9; it is 1" in driver.told()[2]
    driver.reset()
    driver.set_weight("x", "y", 0)
    driver.step_batch()
    driver.step_batch()
    assert driver.answer("-4.8")
    assert not driver.answer("0.12")
    assert driver.answer("1.08", 2)
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert driver.answer("0.6")
    assert driver.answer("64 %")
    driver.train()
    assert graded(driver, tmp_path) == 1
    driver.next()

    driver.reset()
    driver.set_setting("learning_rate", 0.01)
    driver.train()
    assert driver.answer("0.997")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.check()
    driver.set_setting("learning_rate", 0.5)
    assert driver.check()
    assert driver.answer("1/2")
    assert graded(driver, tmp_path) == 1
    driver.next()

    driver.reset()
    driver.set_setting("learning_rate", 0.9)
    driver.train()
    walls = measured_curve(driver).landscape.trails[-1].places
    assert walls[:3] == pytest.approx(np.array([[0.0, 9.0], [5.4, 5.76], [1.08, 3.6864]]), abs=1e-4)
    assert "Expected the learning rate to be 1; it is 0.9." in driver.told()[2]
    driver.reset()
    driver.set_setting("learning_rate", 1)
    driver.train()
    assert driver.answer("1.08")
    assert not driver.answer("6")
    assert driver.answer("0", 2)
    assert graded(driver, tmp_path) == 1
    driver.next()

    driver.reset()
    driver.set_setting("learning_rate", 1.1)
    driver.train()
    (_, right), _ = measured_curve(driver).landscape.window
    assert right > 3.0 + 3.0 * 1.2**19  # it widens to where the jumps end
    assert driver.answer("12.96")
    assert driver.answer("1")
    assert graded(driver, tmp_path) == 1
    driver.next()

    assert not driver.check()
    driver.set_setting("learning_rate", 0.125)
    assert driver.check()
    assert driver.answer("0.25")
    assert not driver.choose("It is too slow")
    assert driver.choose("It diverges")
    assert graded(driver, tmp_path) == 1
    driver.finish()
