"""The ball of the Landscape panel, dragged with the mouse as a lesson asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

if TYPE_CHECKING:
    from tests.ui.lessons.driver import LessonDriver


def measured(driver: LessonDriver) -> Any:
    """Return the panel once the landscape around the ball is measured."""
    panel: Any = driver.window.lazy_docks.panels["landscape"]
    landscape = panel.landscape
    driver.qtbot.waitUntil(
        lambda: (
            panel.map.relief is not None
            and landscape.measuring.job is None
            and not landscape._relay_timer.isActive()
        )
    )
    return panel


def measured_curve(driver: LessonDriver) -> Any:
    """Return the panel once the curve over one parameter and its tangent are those of the present."""
    panel: Any = driver.window.lazy_docks.panels["landscape"]
    landscape = panel.landscape
    driver.qtbot.waitUntil(
        lambda: (
            panel.curve.profile is not None
            and landscape.tangent_is_present
            and landscape.measuring.job is None
            and not landscape._relay_timer.isActive()
        )
    )
    return panel


def drag_ball(driver: LessonDriver, across: float, up: float) -> None:
    """Drag the ball to a place of the map, or as near as a pixel allows."""
    _drag(driver, measured(driver).map, across, up)


def drag_along(driver: LessonDriver, value: float) -> None:
    """Drag the ball along the curve over one parameter to a value, or as near as a pixel allows."""
    view = measured_curve(driver).curve
    _drag(driver, view, value, view.ball.target[1])


def _drag(driver: LessonDriver, view: Any, across: float, up: float) -> None:
    view.ball.stop()
    view.grab()  # where it is painted it can be grasped
    driver.settle()
    start, end = view.to_screen(*view.ball.place).toPoint(), view.to_screen(across, up).toPoint()
    assert view.rect().contains(end), f"({across}, {up}) lies beside the picture; widen it first"
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(view, start + (end - start) * share)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
    driver.settle()
