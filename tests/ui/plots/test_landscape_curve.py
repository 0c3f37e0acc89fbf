from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from nnstudio.engine.landscape_line import Tangent
from nnstudio.ui import theme
from nnstudio.ui.plots.landscape_curve import LandscapeCurve
from nnstudio.ui.plots.landscape_profile import (
    Profile,
    fading,
    is_wide_for,
    line_window,
    nearest_of,
    steepness,
)
from nnstudio.ui.plots.landscape_scene import Trail

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui
SPAN = (-1.0, 7.0)
RED = QColor(255, 0, 0)


def profile(*, log: bool = False, tangent: Tangent | None = None) -> Profile:
    return Profile(SPAN, (np.linspace(*SPAN, 129) - 3.0) ** 2 + 0.01, log, tangent)


def show(qtbot: QtBot, shown: Profile | None = None, size: tuple[int, int] = (332, 240)) -> LandscapeCurve:
    view = LandscapeCurve()
    qtbot.addWidget(view)
    view.resize(*size)
    view.show_window((SPAN, (-1.0, 1.0)))
    view.ball.go((5.0, 4.01))
    view.show_profile(shown or profile(), "x → y")
    view.show()
    qtbot.waitExposed(view)
    view.grab()
    return view


def reds_near(view: LandscapeCurve, u: float, loss: float) -> int:
    image, at = view.grab().toImage(), view.to_screen(u, loss).toPoint()
    around = [image.pixelColor(at + QPoint(x, y)) for x in range(-3, 4) for y in range(-3, 4)]
    return sum(color.red() > color.green() + 40 for color in around)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("place", [(0.0, 9.01), (3.0, 0.5), (6.5, 12.0)])
def test_a_place_and_its_point_in_the_picture_belong_together(
    qtbot: QtBot, log: bool, place: tuple[float, float]
) -> None:
    view = show(qtbot, profile(log=log))
    found = view.to_place(view.to_screen(*place))
    assert found == pytest.approx(place, rel=1e-6, abs=1e-9)
    assert view.to_place(QPointF(1, 1)) is None


def test_higher_losses_stand_higher_and_what_is_not_finite_stands_nowhere(qtbot: QtBot) -> None:
    view = show(qtbot)
    assert view.to_screen(3.0, 4.0).y() < view.to_screen(3.0, 1.0).y()
    assert view.to_screen(3.0, math.nan) is None
    assert view.to_screen(3.0, 1e300) is None
    losses = np.where(np.arange(129) > 60, np.inf, 1.0)
    view.show_profile(Profile(SPAN, losses, False), "x → y")
    assert not view.grab().toImage().isNull()


def test_points_of_a_path_are_drawn_at_their_losses_and_have_room(qtbot: QtBot) -> None:
    view = show(qtbot)
    places = np.array([[1.0, 30.0], [2.0, 10.0], [math.nan, 1.0], [4.0, 20.0]])
    assert view.to_screen(1.0, 30.0) is None
    view.show_trails((Trail(places, RED, steps=np.arange(4)),))
    for u, loss in places[[0, 1, 3]]:
        assert reds_near(view, u, loss) > 8
    trail, number = view.point_near(*view.to_place(view.to_screen(4.0, 20.0) + QPointF(2, 2)))
    assert number == 3
    assert trail.steps[number] == 3
    assert view.point_near(6.0, 1.0) is None


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_tangent_is_drawn_where_it_touches_along_the_curve(qtbot: QtBot, name: str) -> None:
    before = theme.manager().choice
    theme.manager().set_choice(name, remember=False)
    try:
        view = show(qtbot, profile(tangent=Tangent(1.0, 4.01, -4.0)))
        view.ball.go(None)
        image = view.grab().toImage()
        ink = theme.manager().current.text

        def has_ink(u: float, loss: float) -> bool:
            at = view.to_screen(u, loss).toPoint()
            near = [image.pixelColor(at + QPoint(0, y)) for y in range(-2, 3)]
            return any(abs(color.lightness() - ink.lightness()) < 60 for color in near)

        assert has_ink(1.3, 4.01 - 0.3 * 4.0)
        assert has_ink(0.7, 4.01 + 0.3 * 4.0)
        view.show_arrows(False)
        image = view.grab().toImage()
        assert not has_ink(1.9, 4.01 - 0.9 * 4.0)
        view.show_arrows(True)
        view.show_tangent_present(False)
        assert view.grab().toImage() != image
    finally:
        theme.manager().set_choice(before, remember=False)


def test_the_ball_is_dragged_along_the_values_and_a_drag_beside_it_moves_the_range(qtbot: QtBot) -> None:
    view = show(qtbot)
    places: list[float] = []
    windows: list[tuple[tuple[float, float], tuple[float, float]]] = []
    view.dragged.connect(lambda u, _loss: places.append(u))
    view.window_wanted.connect(windows.append)
    start, end = view.to_screen(5.0, 4.01).toPoint(), view.to_screen(2.0, 4.01).toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, (start + end) / 2)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
    assert places[-1] == pytest.approx(2.0, abs=0.05)
    assert windows == []
    aside = view.to_screen(1.0, 12.0).toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=aside)
    QTest.mouseMove(view, aside + QPoint(30, 9))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=aside + QPoint(30, 9))
    (across, upward) = windows[-1]
    assert across[0] < SPAN[0]
    assert across[1] - across[0] == pytest.approx(SPAN[1] - SPAN[0])
    assert upward == (-1.0, 1.0)


def test_the_scale_has_room_for_a_ball_that_leaves_it(qtbot: QtBot) -> None:
    view = show(qtbot)
    view.ball.go((2.0, 50.0))
    assert view.to_screen(2.0, 50.0) is None
    view.follow_ball()
    assert view.to_screen(2.0, 50.0) is not None


@pytest.mark.parametrize("size", [(120, 90), (240, 500), (1600, 160)])
@pytest.mark.parametrize("log", [False, True])
def test_any_size_can_be_drawn(qtbot: QtBot, size: tuple[int, int], log: bool) -> None:
    view = show(qtbot, profile(log=log, tangent=Tangent(0.0, 9.01, -6.0)), size)
    assert not view.grab().toImage().isNull()


def test_between_measured_points_the_loss_is_read_and_beyond_there_is_none() -> None:
    shown = profile()
    assert shown.loss_at(1.03) == pytest.approx((1.03 - 3.0) ** 2 + 0.01, abs=1e-3)
    assert math.isnan(shown.loss_at(8.0))


def test_a_tangent_is_as_steep_as_the_curve_is_seen_on_either_scale() -> None:
    for log in (False, True):
        shown = profile(log=log)
        heights = shown.heights(np.empty(0))
        low, high = heights.share_of(np.array([(0.999 - 3.0) ** 2 + 0.01, (1.001 - 3.0) ** 2 + 0.01]))
        assert steepness(heights, 4.01, -4.0) == pytest.approx((high - low) / 0.002, rel=1e-4)


def test_of_a_path_the_newest_point_is_seen_best_and_of_two_as_near_the_later_is_found() -> None:
    assert list(fading(3)) == sorted(fading(3))
    assert fading(3)[-1] == fading(1)[0] == 1.0
    paths = [np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 0.0]]), np.array([[9.0, 9.0]])]
    assert nearest_of(paths, (1.0, 0.0), 2.0) == (0, 2)
    assert nearest_of(paths, (9.0, 8.0), 2.0) == (1, 0)
    assert nearest_of(paths, (20.0, 0.0), 2.0) is None


@pytest.mark.parametrize(
    ("values", "home", "across"),
    [
        ([1.0], None, (-1.5, 3.5)),
        ([0.0, 8.0, math.nan], None, (-1.0, 9.0)),
        ([0.0, 5.0], (-2.0, 8.0), (-2.0, 8.0)),
        ([0.0, 16.0], (-2.0, 8.0), (-2.0, 18.0)),
        ([math.inf], (-2.0, 8.0), (-2.0, 8.0)),
        ([math.inf], None, (-2.5, 2.5)),
    ],
)
def test_a_range_has_the_path_and_what_a_project_wants(
    values: list[float], home: tuple[float, float] | None, across: tuple[float, float]
) -> None:
    assert line_window(np.array(values), home)[0] == pytest.approx(across)


def test_a_range_is_too_wide_only_for_what_is_much_narrower() -> None:
    assert is_wide_for((-100.0, 100.0), (-2.0, 8.0))
    assert not is_wide_for((-10.0, 10.0), (-2.0, 8.0))


def test_a_slope_that_nobody_could_see_is_level() -> None:
    shown = profile()
    assert shown.is_level(-2e-13)
    assert not shown.is_level(0.001)
    assert not Profile(SPAN, np.full(129, np.nan), False).is_level(0.0)
