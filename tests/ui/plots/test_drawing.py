from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from nnstudio.data import Dataset, make_dataset
from nnstudio.data.derived import square
from nnstudio.network.templates import gate, layered_network
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.plots import drawing_shapes as shapes
from nnstudio.ui.plots.output import OutputPlot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui
_LEFT = Qt.MouseButton.LeftButton
_NONE = Qt.KeyboardModifier.NoModifier


class Artist:
    """A plot with its tools out, and a hand that draws on it; places are in the data's units."""

    def __init__(self, qtbot: QtBot, controller: TrainingController) -> None:
        self.plot = OutputPlot(controller.document, controller)
        qtbot.addWidget(self.plot)
        self.plot.resize(360, 420)
        self.plot.show()
        qtbot.waitExposed(self.plot)
        self.plot.activateWindow()
        self.plot.rebuild()
        controller.look()
        QTest.mouseClick(self.plot.header.draw_button, _LEFT)
        self.plot.rebuild()
        self.drawing = self.plot.drawing
        self.bar = self.drawing.bar
        self.document = controller.document

    @property
    def data(self) -> Dataset:
        data = self.document.project.data
        assert data is not None
        return data

    @property
    def places(self) -> np.ndarray:
        return np.column_stack(self.plot.scene.point_places(self.plot.stage.output))

    def take(self, tool: str, *, size: int | None = None, mark: int | None = None) -> None:
        QTest.mouseClick(self.bar.buttons[tool], _LEFT)
        if size is not None:
            self.bar.size.setValue(size)
        if mark is not None:
            self.bar.classes.setCurrentIndex(mark)

    def pixel(self, place: Sequence[float]) -> QPoint:
        plot = self.plot.plot
        return plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(*place)))

    def press(self, place: Sequence[float]) -> None:
        QTest.mousePress(self.plot.plot.viewport(), _LEFT, _NONE, self.pixel(place))

    def move(self, place: Sequence[float]) -> None:
        QTest.mouseMove(self.plot.plot.viewport(), self.pixel(place))

    def release(self, place: Sequence[float]) -> None:
        QTest.mouseRelease(self.plot.plot.viewport(), _LEFT, _NONE, self.pixel(place))
        self.plot.rebuild()

    def stroke(self, *places: Sequence[float]) -> None:
        self.press(places[0])
        for place in places[1:]:
            self.move(place)
        self.release(places[-1])

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.plot.plot, key)
        self.plot.rebuild()


@pytest.fixture
def moons(qtbot: QtBot, make_controller: Callable[..., TrainingController]) -> Artist:
    return Artist(qtbot, make_controller(layered_network([2, 3, 1]), make_dataset("moons", rows=40)))


def test_a_click_with_the_brush_adds_one_point_of_the_class_where_the_pointer_is(moons: Artist) -> None:
    before = moons.data
    moons.take("brush", mark=1)
    moons.stroke((0.5, 0.25))
    assert len(moons.data) == 41
    assert np.abs(moons.places[-1] - (0.5, 0.25)).max() < 0.02
    assert moons.data.class_indices(moons.data.y)[-1] == 1
    assert moons.data.test_rows.tolist() == before.test_rows.tolist()
    assert moons.document.undo_stack.undoText() == "Draw 1 point"
    moons.document.undo_stack.undo()
    assert moons.data is before


def test_a_stroke_of_the_brush_is_one_step_and_its_points_are_even(moons: Artist) -> None:
    moons.take("brush", size=4, mark=0)
    moons.stroke((-0.5, 0.0), (0.5, 0.0), (1.5, 0.0))
    assert moons.document.undo_stack.count() == 1
    added = moons.places[40:]
    assert len(added) > 5
    assert np.abs(added[:, 1]).max() < 0.03
    gaps = np.diff(np.sort(added[:, 0]))
    assert gaps.max() < 1.3 * gaps.min()


def test_more_density_means_more_points(moons: Artist) -> None:
    moons.take("brush", size=4)
    counts = []
    for density in (1, 10):
        moons.bar.density.setValue(density)
        before = len(moons.data)
        moons.stroke((-0.5, 0.0), (1.5, 0.0))
        counts.append(len(moons.data) - before)
    assert counts[0] * 3 < counts[1]


def test_spray_scatters_points_within_its_size(qtbot: QtBot, moons: Artist) -> None:
    moons.take("spray", size=30, mark=0)
    moons.press((0.5, 0.25))
    few = len(moons.drawing.marks.new.data)
    qtbot.waitUntil(lambda: len(moons.drawing.marks.new.data) > few + 3)
    assert len(moons.data) == 40
    moons.release((0.5, 0.25))
    added = moons.drawing.row_pixels()[40:]
    middle = moons.pixel((0.5, 0.25))
    assert len(added) > few + 3
    assert np.hypot(*(added - (middle.x(), middle.y())).T).max() <= 31


def test_the_eraser_takes_what_it_is_drawn_over(moons: Artist) -> None:
    victims = moons.places[[3, 9]]
    kept = np.delete(moons.places, [3, 9], axis=0)
    moons.take("eraser", size=2)
    moons.stroke(*victims)
    gone = [place for place in victims.tolist() if place not in moons.places.tolist()]
    assert len(gone) == 2
    assert set(map(tuple, moons.places.tolist())) <= set(map(tuple, kept.tolist()))
    assert moons.document.undo_stack.undoText().startswith("Erase ")
    moons.document.undo_stack.undo()
    assert len(moons.data) == 40


def test_the_row_in_focus_stays_the_same_sample_where_others_are_erased(moons: Artist) -> None:
    order = np.argsort(moons.places[:, 1])
    victim, kept = sorted((int(order[0]), int(order[-1])))
    place = moons.places[kept]
    moons.document.set_focus_row(kept)
    moons.take("eraser", size=2)
    moons.stroke(moons.places[victim])
    assert moons.places[moons.document.focus_row].tolist() == place.tolist()
    assert moons.document.focus_row < kept


def test_erasing_a_whole_class_is_refused_with_the_reason(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    artist = Artist(qtbot, make_controller(gate("and"), make_dataset("and")))
    told: list[str] = []
    artist.document.refused.connect(lambda error: told.append(str(error)))
    artist.take("eraser")
    artist.stroke((1.0, 1.0))
    assert len(artist.data) == 4
    assert "one class" in told[0]


def test_a_point_is_dragged_and_a_click_puts_it_in_focus(moons: Artist) -> None:
    moons.take("drag")
    start = moons.places[7]
    moons.stroke(start)
    assert moons.document.focus_row == 7
    assert moons.document.undo_stack.count() == 0
    moons.stroke(start, (0.4, 0.4), (0.5, 0.3))
    assert moons.document.undo_stack.undoText() == "Move 1 point"
    assert np.abs(moons.places[7] - (0.5, 0.3)).max() < 0.03
    assert len(moons.data) == 40


def around(places: np.ndarray, room: float) -> list[tuple[float, float]]:
    (left, low), (right, high) = places.min(axis=0) - room, places.max(axis=0) + room
    return [(left, low), (right, low), (right, high), (left, high), (left, low)]


def test_a_lasso_selects_and_the_selection_is_moved_given_a_class_and_deleted(moons: Artist) -> None:
    upper = np.flatnonzero(moons.places[:, 1] > 0.6)
    moons.take("lasso", mark=1)
    moons.stroke(*around(moons.places[upper], 0.02))
    assert moons.drawing.selected.tolist() == upper.tolist()
    assert moons.bar.delete_button.isVisible()
    start = moons.places[upper]
    moons.stroke(start[0], start[0] - (0.0, 0.2), start[0] - (0.0, 0.3))
    assert np.abs(moons.places[upper] - (start - (0.0, 0.3))).max() < 0.03
    assert moons.drawing.selected.tolist() == upper.tolist()
    QTest.mouseClick(moons.bar.mark_button, _LEFT)
    moons.plot.rebuild()
    assert set(moons.data.class_indices(moons.data.y)[upper].tolist()) == {1}
    moons.plot.plot.setFocus()
    moons.key(Qt.Key.Key_Delete)
    assert len(moons.data) == 40 - len(upper)
    assert not moons.bar.delete_button.isVisible()
    texts = [moons.document.undo_stack.text(place) for place in range(3)]
    assert [text.split()[0] for text in texts] == ["Move", "Set", "Delete"]


def test_escape_cancels_the_stroke_then_the_selection_then_puts_the_tools_away(moons: Artist) -> None:
    before = moons.data
    moons.take("lasso")
    moons.stroke(*around(moons.places, 0.02))
    assert len(moons.drawing.selected) == 40
    moons.take("brush")
    moons.press((0.0, 0.0))
    moons.move((0.5, 0.0))
    moons.key(Qt.Key.Key_Escape)
    moons.release((0.5, 0.0))
    assert moons.data is before
    assert not len(moons.drawing.marks.new.data)
    moons.key(Qt.Key.Key_Escape)
    assert not len(moons.drawing.selected)
    assert moons.drawing.is_on
    moons.key(Qt.Key.Key_Escape)
    assert not moons.bar.isVisible()
    assert not moons.plot.header.draw_button.isChecked()


def test_keys_choose_class_and_size(moons: Artist) -> None:
    moons.plot.plot.setFocus()
    moons.key(Qt.Key.Key_2)
    assert moons.bar.classes.currentIndex() == 1
    before = moons.bar.size.value()
    moons.key(Qt.Key.Key_BracketRight)
    assert moons.bar.size.value() > before


def test_points_of_a_curve_stand_where_they_are_drawn_in_units_of_scaled_data(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(100.0, 300.0, 30)
    data = Dataset.from_arrays(x, 5.0 * x, scaling="standardize", target_scaling="minmax")
    artist = Artist(qtbot, make_controller(layered_network([1, 3, 1], output="identity"), data))
    assert not artist.bar.classes.isVisible()
    assert not artist.bar.value.isVisible()
    artist.stroke((200.0, 1300.0))
    assert np.abs(artist.places[-1] - (200.0, 1300.0)).max() < 10
    assert np.allclose(artist.data.x_train.mean(), 0.0)


def test_points_of_a_plane_have_the_value_that_is_set(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    network = layered_network([2, 3, 1], output="identity")
    artist = Artist(qtbot, make_controller(network, make_dataset("plane")))
    field = artist.bar.value
    assert field.isVisible()
    field.selectAll()
    QTest.keyClicks(field, "0.75")
    QTest.keyClick(field, Qt.Key.Key_Return)
    artist.stroke((0.1, 0.2))
    assert artist.data.target_values(artist.data.y)[-1, 0] == 0.75


def test_the_picture_stays_while_points_are_drawn_within_it(moons: Artist) -> None:
    view = moons.plot.plot.getViewBox()
    before = view.viewRange()
    corner = (before[0][1] - 0.02, before[1][1] - 0.02)
    moons.stroke(corner)
    assert len(moons.data) == 41
    assert view.viewRange() == before


def test_derived_features_follow_the_points_that_are_drawn(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    from dataclasses import replace

    own = make_dataset("circles").preparation
    assert own is not None
    data = make_dataset("circles", preparation=replace(own, derived=(square("x1"),)))
    artist = Artist(qtbot, make_controller(layered_network([3, 1]), data))
    artist.stroke((0.5, 0.1))
    row = artist.data.feature_values(artist.data.x)[-1]
    assert row[2] == pytest.approx(row[0] ** 2)


def test_drawing_is_offered_only_where_a_place_is_a_row(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(layered_network([2, 1]), make_dataset("iris"))
    plot = OutputPlot(controller.document, controller)
    qtbot.addWidget(plot)
    plot.show()
    plot.rebuild()
    assert not plot.header.draw_button.isEnabled()
    controller.document.do(ProjectChange("Choose data", data=make_dataset("xor")))
    plot.rebuild()
    assert plot.header.draw_button.isEnabled()


def test_data_are_drawn_from_nothing_once_there_are_points_of_each_class(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    artist = Artist(qtbot, make_controller(layered_network([2, 3, 1])))
    document = artist.document
    assert "A and B" in artist.plot.header.legend.text()
    artist.stroke((-0.5, 0.5))
    artist.stroke((-0.4, 0.1))
    assert document.project.data is None
    assert "B, too" in artist.plot.header.legend.text()
    artist.key(Qt.Key.Key_Escape)
    artist.key(Qt.Key.Key_2)
    artist.stroke((0.5, -0.5))
    assert artist.data.classes == ("A", "B")
    assert np.abs(artist.places - [(-0.5, 0.5), (0.5, -0.5)]).max() < 0.03
    assert document.undo_stack.undoText() == "Draw 2 points"
    artist.stroke((0.6, -0.4))
    assert len(artist.data) == 3
    document.undo_stack.undo()
    document.undo_stack.undo()
    artist.plot.rebuild()
    assert document.project.data is None
    assert "A and B" in artist.plot.header.legend.text()


def test_an_empty_plot_replaces_the_data_only_when_what_is_drawn_can_be_learned(moons: Artist) -> None:
    before = moons.data
    QTest.mouseClick(moons.bar.blank_button, _LEFT)
    moons.plot.rebuild()
    moons.take("spray", size=20, mark=0)
    moons.stroke((0.0, 0.0))
    assert moons.data is before
    moons.bar.classes.setCurrentIndex(1)
    moons.stroke((1.0, 0.0))
    assert moons.data.classes == ("upper", "lower")
    assert moons.data.feature_names == before.feature_names
    assert len(moons.data) < 40
    moons.document.undo_stack.undo()
    assert moons.data is before


def test_other_data_and_escape_end_an_empty_plot(moons: Artist) -> None:
    QTest.mouseClick(moons.bar.blank_button, _LEFT)
    moons.plot.rebuild()
    assert moons.drawing.drafts is not None
    moons.plot.plot.setFocus()
    moons.key(Qt.Key.Key_Escape)
    assert moons.drawing.drafts is None
    assert len(moons.plot.stage.points.train.data) == len(moons.data.train_rows)
    QTest.mouseClick(moons.bar.blank_button, _LEFT)
    moons.document.do(ProjectChange("Choose data", data=make_dataset("circles")))
    moons.plot.rebuild()
    assert moons.drawing.drafts is None


def test_a_curve_is_drawn_from_nothing(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    artist = Artist(qtbot, make_controller(layered_network([1, 3, 1], output="identity")))
    artist.stroke((-0.5, 0.5))
    artist.stroke((0.5, -0.5))
    assert np.abs(artist.places - [(-0.5, 0.5), (0.5, -0.5)]).max() < 0.03


def test_points_drawn_while_training_are_learned_from(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(
        layered_network([2, 3, 1]), make_dataset("moons", rows=40), epochs=1_000_000_000
    )
    artist = Artist(qtbot, controller)
    controller.train()
    qtbot.waitUntil(lambda: controller.epoch > 3, timeout=10_000)
    reached = controller.epoch
    artist.stroke((0.5, 0.25))
    qtbot.waitUntil(lambda: controller.snapshot.run > 1, timeout=10_000)
    qtbot.waitUntil(lambda: controller.epoch > reached, timeout=10_000)
    controller.halt()
    assert controller.document.project.checkpoint.rows == len(artist.data.train_rows)
    texts = [artist.document.undo_stack.text(i) for i in range(artist.document.undo_stack.count())]
    assert texts[0] == "Draw 1 point"
    assert texts[1].startswith("Train ")


def test_a_hundred_thousand_points_are_met_and_added_in_one_go(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100_000, 2))
    data = Dataset.from_arrays(x, (x[:, 0] > 0).astype(float), classes=("left", "right"))
    artist = Artist(qtbot, make_controller(layered_network([2, 1]), data))
    artist.take("eraser", size=10)
    artist.stroke((0.0, 0.0), (0.5, 0.0))
    assert 1000 < 100_000 - len(artist.data) < 50_000


def test_what_is_inside_an_outline_is_found() -> None:
    outline = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [2.0, 1.0], [0.0, 4.0]])
    points = np.array([[1.0, 1.0], [2.0, 3.0], [3.5, 2.0], [5.0, 1.0], [-1.0, 1.0]])
    assert shapes.inside(points, outline).tolist() == [True, False, True, False, False]


def test_a_wide_brush_fills_evenly_and_leaves_its_points_apart() -> None:
    placed = np.empty((0, 2))
    for x in np.arange(0.0, 100.0, 3.0):
        placed = np.vstack([placed, shapes.fill(placed, np.array([x, 0.0]), 20.0, 10.0)])
    apart = np.hypot(*(placed[:, None] - placed[None]).transpose(2, 0, 1))
    assert apart[~np.eye(len(placed), dtype=bool)].min() > 9.0
    grid = np.array([[x, y] for x in range(0, 99, 5) for y in range(-12, 13, 4)], float)
    nearest = np.hypot(*(grid[:, None] - placed[None]).transpose(2, 0, 1)).min(axis=1)
    assert nearest.max() < 10.0
