from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest

from nnstudio.ui import theme
from nnstudio.ui.plots.landscape_ball import Ball
from nnstudio.ui.plots.landscape_camera import Camera, draped, shading, squared
from nnstudio.ui.plots.landscape_figures import middle_of
from nnstudio.ui.plots.landscape_map import LandscapeMap
from nnstudio.ui.plots.landscape_scene import Relief, Trail
from nnstudio.ui.plots.landscape_solid import LandscapeSolid

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.plots.landscape_view import LandscapeView

pytestmark = pytest.mark.ui
WINDOW = ((-2.0, 2.0), (-1.0, 3.0))
VIEWS = [LandscapeMap, LandscapeSolid]


def relief(side: int = 33, *, log: bool = False) -> Relief:
    u, v = np.meshgrid(np.linspace(*WINDOW[0], side), np.linspace(*WINDOW[1], side))
    places = np.array(list(itertools.product(np.linspace(-1.5, 1.5, 4), np.linspace(-0.5, 2.5, 4))))
    return Relief(WINDOW, 0.1 * (u**2 + (v - 1.0) ** 2) + 0.05, log, places, 0.2 * (places - [0.0, 1.0]))


def show(qtbot: QtBot, kind: type[LandscapeView], size: tuple[int, int] = (420, 320)) -> LandscapeView:
    view = kind()
    qtbot.addWidget(view)
    view.resize(*size)
    view.show_window(WINDOW)
    view.show_relief(relief(), ("first", "second"))
    view.ball.go((0.5, 1.5))
    view.show()
    qtbot.waitExposed(view)
    view.grab()  # where the ball is pressed follows from where it was painted
    return view


def ball_at(view: LandscapeView) -> QPoint:
    view.grab()
    at = view.to_screen(*view.ball.place)
    assert at is not None
    return at.toPoint()


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize("place", [(0.0, 1.0), (1.2, 2.0), (-1.0, 0.2)])
def test_a_place_and_its_point_in_the_picture_belong_together(
    qtbot: QtBot, kind: type[LandscapeView], place: tuple[float, float]
) -> None:
    view = show(qtbot, kind)
    at = view.to_screen(*place)
    assert at is not None
    found = view.to_place(at)
    assert found is not None
    # In 3-D the ball stands a little above the surface.
    assert found == pytest.approx(place, abs=1e-9 if kind is LandscapeMap else 0.15)


@pytest.mark.parametrize("kind", VIEWS)
def test_outside_of_the_picture_there_is_no_place(qtbot: QtBot, kind: type[LandscapeView]) -> None:
    view = show(qtbot, kind)
    assert view.to_place(QPointF(1, 1)) is None


@pytest.mark.parametrize("kind", VIEWS)
def test_the_ball_is_dragged_and_let_go(qtbot: QtBot, kind: type[LandscapeView]) -> None:
    view = show(qtbot, kind)
    places: list[tuple[float, float]] = []
    ends: list[str] = []
    view.grabbed.connect(lambda: ends.append("grabbed"))
    view.dragged.connect(lambda u, v: places.append((u, v)))
    view.dropped.connect(lambda: ends.append("dropped"))
    start = ball_at(view)
    target = view.to_screen(-0.5, 0.5)
    assert target is not None
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    assert ends == []
    for share in (0.5, 1.0):
        QTest.mouseMove(view, start + (target.toPoint() - start) * share)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=target.toPoint())
    assert ends == ["grabbed", "dropped"]
    assert places[-1] == pytest.approx((-0.5, 0.5), abs=0.2)
    assert not view.is_dragging


def test_who_refuses_the_grab_is_told_of_no_drag(qtbot: QtBot) -> None:
    view = show(qtbot, LandscapeMap)
    view.grabbed.connect(view.refuse_grab)
    dragged: list[float] = []
    view.dragged.connect(lambda u, _v: dragged.append(u))
    start = ball_at(view)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, start + QPoint(20, 5))
    QTest.mouseMove(view, start + QPoint(40, 5))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 5))
    assert dragged == []


def test_a_drag_turns_the_surface_the_wheel_comes_nearer_and_a_double_click_is_told(qtbot: QtBot) -> None:
    view = show(qtbot, LandscapeSolid)
    assert isinstance(view, LandscapeSolid)
    asked: list[bool] = []
    view.reset_wanted.connect(lambda: asked.append(True))
    before, image = view.camera, view.grab().toImage()
    corner = QPoint(30, 300)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=corner)
    QTest.mouseMove(view, corner + QPoint(60, -20))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=corner + QPoint(60, -20))
    assert view.camera.azimuth > before.azimuth
    assert view.camera.elevation < before.elevation
    assert view.grab().toImage() != image
    view.camera = view.camera.zoomed(1.5)
    assert view.camera.zoom == pytest.approx(1.5)
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=corner)
    assert asked == [True]
    view.reset_camera()
    assert view.camera == Camera()


def test_a_drag_beside_the_ball_moves_the_window_of_the_map(qtbot: QtBot) -> None:
    view = show(qtbot, LandscapeMap)
    windows: list[object] = []
    view.window_wanted.connect(windows.append)
    start = view.to_screen(-1.0, 0.0).toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, start + QPoint(20, 0))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(20, 0))
    assert middle_of(windows[-1])[0] < 0.0
    assert middle_of(windows[-1])[1] == pytest.approx(1.0)
    # What was under the pointer still is.
    assert view.to_screen(-1.0, 0.0).x() == pytest.approx(start.x() + 20, abs=1.0)


def test_pointing_tells_the_place_and_leaving_tells_none(qtbot: QtBot) -> None:
    view = show(qtbot, LandscapeMap)
    places: list[tuple[float, float] | None] = []
    view.pointed.connect(places.append)
    QTest.mouseMove(view, view.to_screen(-1.0, 0.0).toPoint())
    assert places[-1] == pytest.approx((-1.0, 0.0), abs=0.05)


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_colors_of_the_theme_are_used_and_low_is_darker_than_high(
    qtbot: QtBot, kind: type[LandscapeView], name: str
) -> None:
    before = theme.manager().choice
    theme.manager().set_choice(name, remember=False)
    try:
        view = show(qtbot, kind)
        view.show_arrows(False)
        view.ball.go(None)
        image = view.grab().toImage()
        low, high = (view.to_screen(*place).toPoint() for place in ((0.1, 1.1), (-1.9, 2.9)))
        assert image.pixelColor(low).lightness() < image.pixelColor(high).lightness()
        assert image.pixelColor(2, 2) == theme.manager().current.plot_background
    finally:
        theme.manager().set_choice(before, remember=False)


@pytest.mark.parametrize("kind", VIEWS)
def test_a_trail_and_arrows_are_seen(qtbot: QtBot, kind: type[LandscapeView]) -> None:
    view = show(qtbot, kind)
    view.ball.go(None)
    with_arrows = view.grab().toImage()
    view.show_arrows(False)
    without = view.grab().toImage()
    assert with_arrows != without
    red = QColor(255, 0, 0)
    view.show_trails((Trail(np.array([[-1.5, 1.0], [0.0, 1.1], [1.5, 1.0]]), red),))
    image = view.grab().toImage()
    at = view.to_screen(0.0, 1.1).toPoint()
    near = [image.pixelColor(at + QPoint(0, dy)) for dy in range(-8, 9)]
    assert any(color.red() > 200 and color.green() < 90 for color in near)


def test_what_is_in_front_hides_a_trail(qtbot: QtBot) -> None:
    view = show(qtbot, LandscapeSolid)
    view.show_arrows(False)
    view.ball.go(None)
    _, v = np.meshgrid(np.linspace(-1, 1, 33), np.linspace(-1, 1, 33))
    ridge = Relief(((-1.0, 1.0), (-1.0, 1.0)), np.exp(-((v + 0.2) ** 2) * 30.0), False)
    view.camera = Camera(azimuth=0.0, elevation=math.radians(15))
    red = QColor(255, 0, 0)
    counts = []
    for depth in (-0.8, 0.8):
        view.show_relief(ridge, ("u", "v"))
        view.show_trails((Trail(np.array([[-0.5, depth], [0.5, depth]]), red),))
        image = view.grab().toImage()
        counts.append(
            sum(
                image.pixelColor(x, y).red() > 200 and image.pixelColor(x, y).green() < 90
                for x in range(0, image.width(), 2)
                for y in range(image.height())
            )
        )
    assert counts[0] > 20
    assert counts[1] < counts[0] / 4
    view.ball.go((0.0, 0.8))
    assert view.ball_opacity() < 1.0
    view.ball.go((0.0, -0.8))
    assert view.ball_opacity() == 1.0


@pytest.mark.parametrize("kind", VIEWS)
def test_into_a_file_it_is_drawn_in_its_own_resolution(qtbot: QtBot, kind: type[LandscapeView]) -> None:
    view = show(qtbot, kind)
    image = QImage(view.size() * 3, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(image)
    painter.scale(3, 3)
    view.render(painter, QPoint(0, 0))
    painter.end()
    enlarged = view.grab().toImage().scaled(image.size())
    assert image.size() == enlarged.size()
    assert image.convertToFormat(enlarged.format()) != enlarged


@pytest.mark.parametrize("kind", VIEWS)
def test_why_there_is_no_picture_is_said_in_its_place(qtbot: QtBot, kind: type[LandscapeView]) -> None:
    view = show(qtbot, kind)
    before = view.grab().toImage()
    view.show_relief(None, ("", ""))
    view.show_hint("Choose data first.")
    assert view.grab().toImage() != before
    view.show_hint("")
    view.show_relief(relief(), ("first", "second"))
    assert view.grab().toImage() == before


@pytest.mark.parametrize("size", [(120, 90), (240, 500), (1600, 160)])
@pytest.mark.parametrize("kind", VIEWS)
def test_any_size_can_be_drawn(qtbot: QtBot, kind: type[LandscapeView], size: tuple[int, int]) -> None:
    view = show(qtbot, kind, size)
    view.show_relief(relief(9, log=True), ("a very long name of a direction" * 4, "second"))
    assert not view.grab().toImage().isNull()


def test_the_ball_rolls_to_where_it_is_going(qtbot: QtBot) -> None:
    view = show(qtbot, LandscapeMap)
    ball = view.ball
    ball.go((1.5, 2.5), roll=True)
    assert ball.is_rolling
    assert ball.place != (1.5, 2.5)
    qtbot.waitUntil(lambda: not ball.is_rolling)
    assert ball.place == (1.5, 2.5)
    ball.go((0.0, 0.0))
    assert ball.place == (0.0, 0.0)


def test_a_ball_that_turns_stays_round(qtbot: QtBot) -> None:
    view = show(qtbot, LandscapeMap)
    ball = Ball(view)
    for by in (QPointF(13.0, -4.0), QPointF(-2.0, 40.0), QPointF(0.0, 0.0)):
        ball.turn(by)
    assert ball._turned @ ball._turned.T == pytest.approx(np.eye(3))
    assert not np.allclose(ball._turned, np.eye(3))


def test_what_is_nearer_is_seen_larger_and_lower() -> None:
    points = np.array([[-0.5, -1.0, 0.0], [0.5, -1.0, 0.0], [-0.5, 1.0, 0.0], [0.5, 1.0, 0.0]])
    seen, depth = Camera(azimuth=0.0).project(points, 400.0, 300.0)
    assert depth[0] < depth[2]
    assert seen[1, 0] - seen[0, 0] > seen[3, 0] - seen[2, 0]
    assert seen[0, 1] > seen[2, 1]


def test_cells_that_face_the_light_are_brighter() -> None:
    x = np.tile(np.linspace(0.0, 1.0, 5), (5, 1))
    # The light comes from the left.
    assert shading(x).mean() > shading(np.zeros((5, 5))).mean() > shading(1.0 - x).mean()


def test_a_path_laid_on_the_surface_passes_all_of_its_own_points() -> None:
    path = np.array([[-1.0, 0.0], [1.0, 2.0], [1.5, 2.0], [np.nan, 0.0], [0.0, 0.0]])
    laid = draped(path, WINDOW, 0.1)
    steps = np.linalg.norm(np.diff(squared(laid, WINDOW), axis=0), axis=1)
    assert np.nanmax(steps) <= 0.1 + 1e-9
    assert all((laid == place).all(axis=1).any() for place in path[:3])
