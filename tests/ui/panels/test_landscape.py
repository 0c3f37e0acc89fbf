from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest

from nnstudio.data import make_dataset
from nnstudio.engine.landscape import Refinement, grid_places
from nnstudio.network.edits import ChangeConnections
from nnstudio.network.templates import layered_network
from nnstudio.ui import theme
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.panels.landscape import LandscapePanel
from nnstudio.ui.panels.landscape_choice import Choice
from nnstudio.ui.plots.landscape_figures import middle_of, zoomed
from nnstudio.ui.plots.loss_past import branch_color
from tests.ui.panels.landscapes import look, loss_of, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui
FINEST = 65


@pytest.fixture
def controller(make_controller: Callable[..., TrainingController]) -> TrainingController:
    network = layered_network([2, 3, 1], seed=1)
    return make_controller(network, make_dataset("xor"), epochs=1_000_000_000, learning_rate=0.5)


@pytest.fixture
def panel(qtbot: QtBot, controller: TrainingController) -> Iterator[LandscapePanel]:
    panel = LandscapePanel(controller.document, controller)
    qtbot.addWidget(panel)
    panel.resize(500, 420)
    panel.show()
    qtbot.waitExposed(panel)
    yield panel
    panel.hide()


def finished(qtbot: QtBot, panel: LandscapePanel) -> LandscapePanel:
    """Wait until the landscape is measured to the end."""
    landscape = panel.landscape
    qtbot.waitUntil(
        lambda: (
            landscape.measuring.job is None
            and not landscape._relay_timer.isActive()
            and panel.map.relief is not None
            and panel.map.relief.side == FINEST
        )
    )
    panel.grab()
    return panel


def flat_of(controller: TrainingController) -> np.ndarray:
    snapshot = controller.snapshot
    assert snapshot is not None
    return np.concatenate((snapshot.weights, snapshot.biases))


def values(controller: TrainingController) -> list[float]:
    network = controller.document.network
    return [c.weight for c in network.connections] + [n.bias or 0.0 for n in network.neurons]


def drag(panel: LandscapePanel, by: QPoint, *, drop: bool = True) -> None:
    view = panel.view
    view.ball.stop()
    view.grab()
    start = view.to_screen(*view.ball.place).toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(view, start + by * share)
    if drop:
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + by)


# What is measured


@pytest.mark.parametrize("kind", ["parameters", "random"])
def test_the_surface_is_the_loss_of_the_network_with_these_values(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel, kind: str
) -> None:
    finished(qtbot, panel)
    panel.chooser.choose(replace(panel.chooser.choice, kind=kind))
    finished(qtbot, panel)
    relief, plane = panel.map.relief, panel.landscape.plane
    places = grid_places(relief.window, FINEST)
    for at in (0, 77, 2000, FINEST**2 - 1):
        flat = plane.at(*places[at])
        assert relief.losses.ravel()[at] == pytest.approx(loss_of(controller, flat), rel=1e-9)
    assert len(relief.places) == len(relief.slopes) == 121


def test_the_point_stands_where_the_weights_are(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    first, second = controller.document.network.connections[:2]
    program = controller.program
    chosen = [
        program.connection_slots[key[1]] for key in (panel.chooser.choice.first, panel.chooser.choice.second)
    ]
    assert panel.landscape.place == pytest.approx(tuple(flat_of(controller)[chosen]))
    panel.chooser.choose(Choice("parameters", ("weight", second.id), ("weight", first.id)))
    finished(qtbot, panel)
    assert panel.landscape.place == pytest.approx((second.weight, first.weight))
    assert panel.map.ball.target == panel.landscape.place


def test_it_refines_from_coarse_to_fine_and_says_how_far_it_is(qtbot: QtBot, panel: LandscapePanel) -> None:
    finished(qtbot, panel)
    sides: list[int] = []
    shares: list[float | None] = []
    panel.chooser.choose(replace(panel.chooser.choice, kind="random"))
    panel.landscape.surface_changed.connect(lambda: sides.append(panel.map.relief.side))
    panel.landscape.share_changed.connect(lambda: shares.append(panel.progress.share))
    assert panel.stop_button.isEnabled()
    finished(qtbot, panel)
    assert sides == sorted(sides)
    assert sides[-1] == FINEST
    assert shares[-1] is None
    assert not panel.stop_button.isEnabled()


def test_another_seed_gives_other_random_directions(qtbot: QtBot, panel: LandscapePanel) -> None:
    finished(qtbot, panel)
    panel.chooser.choose(Choice("random"))
    before = finished(qtbot, panel).landscape.plane
    QTest.mouseClick(panel.chooser.other_seed, Qt.MouseButton.LeftButton)
    after = finished(qtbot, panel).landscape.plane
    assert not np.allclose(before.first, after.first)
    assert "seed 1" in panel.chooser.other_seed.toolTip()


def test_two_connections_selected_on_the_canvas_can_be_taken(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    assert not panel.chooser.from_canvas.isEnabled()
    last = [connection.id for connection in controller.document.network.connections[-2:]]
    controller.document.selection.set(connections=last)
    QTest.mouseClick(panel.chooser.from_canvas, Qt.MouseButton.LeftButton)
    assert {panel.chooser.choice.first, panel.chooser.choice.second} == {("weight", each) for each in last}
    names = finished(qtbot, panel).landscape.plane.names
    assert panel.chooser.first.currentText() == names[0]
    assert panel.chooser.second.currentText() == names[1]


def test_the_same_parameter_twice_is_refused_with_the_reason(qtbot: QtBot, panel: LandscapePanel) -> None:
    finished(qtbot, panel)
    panel.chooser.second.setCurrentIndex(panel.chooser.first.currentIndex())
    assert "two different" in panel.map.hint
    assert panel.map.relief is None
    panel.chooser.second.setCurrentIndex(panel.chooser.first.currentIndex() + 1)
    finished(qtbot, panel)
    assert panel.map.hint == ""


def test_principal_directions_need_a_path_and_then_hold_it(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    panel.chooser.choose(Choice("principal"))
    assert "train some more" in panel.map.hint
    steps(qtbot, controller, 6)
    finished(qtbot, panel)
    (trail,) = panel.landscape.trails
    assert len(trail.places) >= 6
    timeline = controller.time_machine.timeline
    moments = np.array([timeline.parameters(i) for i in range(len(timeline))])
    places, apart = panel.landscape.plane.places(moments)
    assert np.allclose(trail.places, places)
    assert panel.landscape.path_apart == pytest.approx(apart.max())
    assert "of the path" in panel.note.toolTip()


# Dragging the point


@pytest.mark.parametrize("solid", [False, True])
def test_dragging_the_point_sets_the_weights_as_one_step(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel, solid: bool
) -> None:
    panel.solid_button.setChecked(solid)
    finished(qtbot, panel)
    before, document = values(controller), controller.document
    window = panel.landscape.window
    drag(panel, QPoint(40, -25))
    changed = np.flatnonzero(np.array(values(controller)) != before)
    program = controller.program
    keys = panel.chooser.choice.first[1], panel.chooser.choice.second[1]
    assert {document.network.connections[i].id for i in changed.tolist()} == set(keys)
    assert document.undo_stack.count() == 1
    look(qtbot, controller)
    finished(qtbot, panel)
    slots = [program.connection_slots[key] for key in keys]
    assert panel.landscape.place == pytest.approx(tuple(flat_of(controller)[slots]))
    assert panel.landscape.window == window
    document.undo_stack.undo()
    assert values(controller) == before


def test_weights_change_while_the_point_is_dragged_and_esc_puts_them_back(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    before = values(controller)
    drag(panel, QPoint(40, -25), drop=False)
    assert values(controller) != before
    QTest.keyClick(panel.map, Qt.Key.Key_Escape)
    assert values(controller) == before
    assert not panel.map.is_dragging
    assert not controller.document.undo_stack.canUndo()
    look(qtbot, controller)
    finished(qtbot, panel)


def test_dragging_on_random_directions_moves_what_trains_along_them(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    panel.chooser.choose(Choice("random"))
    finished(qtbot, panel)
    plane = panel.landscape.plane
    drag(panel, QPoint(40, 30))
    look(qtbot, controller)
    finished(qtbot, panel)
    assert panel.landscape.plane is plane
    place = panel.landscape.place
    assert place != (0.0, 0.0)
    assert flat_of(controller) == pytest.approx(plane.at(*place))


def test_while_a_run_is_on_the_point_is_not_dragged_and_the_reason_is_told(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    refused: list[Exception] = []
    controller.document.refused.connect(refused.append)
    controller.train()
    drag(panel, QPoint(40, -25))
    assert len(refused) == 1
    assert "Pause" in str(refused[0])
    assert not panel.drag.is_on
    controller.halt()


def test_where_weights_may_not_be_set_the_point_is_not_dragged_and_the_reason_is_told_once(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    refused: list[Exception] = []
    controller.document.refused.connect(refused.append)
    controller.document.restrict({"values": "Weights stay as they are here."})
    drag(panel, QPoint(40, -25))
    assert [str(reason) for reason in refused] == ["Weights stay as they are here."]


# What is seen of it


def test_the_picture_turns_and_comes_nearer_under_the_mouse(qtbot: QtBot, panel: LandscapePanel) -> None:
    finished(qtbot, panel)
    panel.solid_button.setChecked(True)
    assert panel.pages.currentWidget() is panel.solid
    before = panel.solid.camera
    corner = QPoint(20, panel.solid.height() - 20)
    QTest.mousePress(panel.solid, Qt.MouseButton.LeftButton, pos=corner)
    QTest.mouseMove(panel.solid, corner + QPoint(50, -30))
    QTest.mouseRelease(panel.solid, Qt.MouseButton.LeftButton, pos=corner + QPoint(50, -30))
    assert panel.solid.camera.azimuth != before.azimuth
    wheel(panel.solid, QPointF(100, 100), 240)
    assert panel.solid.camera.zoom > before.zoom
    window = panel.landscape.window
    QTest.mouseDClick(panel.solid, Qt.MouseButton.LeftButton, pos=corner)
    assert panel.solid.camera == before
    assert panel.landscape.window == window


def wheel(view: object, at: QPointF, turn: int) -> None:
    from PySide6.QtWidgets import QApplication

    event = QWheelEvent(
        at,
        view.mapToGlobal(at),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def test_the_wheel_shows_less_of_the_plane_and_a_double_click_all_again(
    qtbot: QtBot, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    window = panel.landscape.window
    at = panel.map.to_screen(*middle_of(window))
    wheel(panel.map, at, 240)
    (left, right), _ = panel.landscape.window
    assert right - left < window[0][1] - window[0][0]
    finished(qtbot, panel)
    assert panel.map.relief.window == panel.landscape.window
    QTest.mouseDClick(panel.map, Qt.MouseButton.LeftButton, pos=QPoint(80, 20))
    assert panel.landscape.window == window
    finished(qtbot, panel)


def test_buttons_widen_the_range_and_center_it_on_the_present(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    before = panel.landscape.window
    QTest.mouseClick(panel.wider_button, Qt.MouseButton.LeftButton)
    (left, right), _ = panel.landscape.window
    assert right - left == pytest.approx(1.35 * (before[0][1] - before[0][0]))
    panel.landscape.want_window(((5.0, 6.0), (5.0, 6.0)))
    finished(qtbot, panel)
    QTest.mouseClick(panel.center_button, Qt.MouseButton.LeftButton)
    assert middle_of(panel.landscape.window) == pytest.approx(panel.landscape.place)
    (left, right), _ = panel.landscape.window
    assert right - left == pytest.approx(1.0)
    finished(qtbot, panel)


def test_the_logarithmic_switch_changes_heights_and_not_losses(qtbot: QtBot, panel: LandscapePanel) -> None:
    finished(qtbot, panel)
    before = panel.map.relief
    panel.log_button.click()
    after = panel.map.relief
    assert after.log
    assert after.losses is before.losses
    assert not np.allclose(after.heights.shares, before.heights.shares)


def test_pointing_reads_coordinates_and_loss(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    place = middle_of(panel.landscape.window)
    QTest.mouseMove(panel.map, panel.map.to_screen(*place).toPoint())
    assert panel.note.text().startswith("loss 0.")
    assert panel.landscape.plane.names[0] in panel.note.toolTip()
    QTest.mouseMove(panel.map, QPoint(2, 2))
    assert panel.note.toolTip().startswith("Surface at the start")


def test_the_numbers_are_saved_with_the_names_of_the_directions(
    qtbot: QtBot, panel: LandscapePanel, tmp_path: Path
) -> None:
    finished(qtbot, panel)
    for name in ("map.png", "map.svg", "map.csv"):
        panel.export_button.save(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    lines = (tmp_path / "map.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join([*panel.landscape.plane.names, "loss"])
    assert len(lines) == FINEST**2 + 1
    assert "<path" in (tmp_path / "map.svg").read_text(encoding="utf-8")


# Following the moment


def test_a_step_rolls_the_ball_and_draws_its_path(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    start = panel.landscape.place
    panel._moved_at = 0.0
    steps(qtbot, controller)
    assert panel.landscape.place != start
    assert panel.map.ball.target == panel.landscape.place
    (trail,) = panel.landscape.trails
    assert trail.places[0] == pytest.approx(start)
    assert trail.places[-1] == pytest.approx(panel.landscape.place)
    finished(qtbot, panel)


def test_the_slice_is_measured_anew_once_other_weights_have_moved(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    before = panel.map.relief
    document, last = controller.document, controller.document.network.connections[-1]
    document.do(ChangeConnections("weight", {last.id: {"weight": last.weight + 2.0}}))
    look(qtbot, controller)
    qtbot.waitUntil(lambda: panel.landscape.shown is not None and not panel.landscape.is_off)
    finished(qtbot, panel)
    after = panel.map.relief
    assert not np.allclose(after.losses, before.losses)
    flat = panel.landscape.plane.at(after.window[0][0], after.window[1][0])
    assert after.losses[0, 0] == pytest.approx(loss_of(controller, flat), rel=1e-9)
    assert "point on it" in panel.note.toolTip()


def test_random_directions_stay_where_they_were_laid_and_the_distance_is_told(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    panel.chooser.choose(Choice("random"))
    plane = finished(qtbot, panel).landscape.plane
    steps(qtbot, controller, 3)
    landscape = panel.landscape
    assert landscape.plane is plane
    _, apart = plane.places(flat_of(controller))
    assert landscape.apart == pytest.approx(float(apart[0]))
    assert "off it" in panel.note.toolTip()
    panel.center_button.click()
    finished(qtbot, panel)
    assert landscape.plane is not plane
    assert "point on it" in panel.note.toolTip()
    assert "step 3" in panel.note.toolTip()


def test_the_point_follows_the_time_machine(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    panel.chooser.choose(Choice("random"))
    finished(qtbot, panel)
    places = [panel.landscape.place]
    for _ in range(4):
        steps(qtbot, controller)
        places.append(panel.landscape.place)
    controller.time_machine.show(2)
    qtbot.waitUntil(lambda: panel.landscape.place == pytest.approx(places[2], abs=1e-6))
    assert panel.landscape.moment.step == 2
    controller.time_machine.show(None)
    qtbot.waitUntil(lambda: panel.landscape.place == pytest.approx(places[4], abs=1e-9))
    finished(qtbot, panel)


def test_scrubbing_draws_no_path_anew(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    panel.chooser.choose(Choice("random"))
    steps(qtbot, controller, 3)
    finished(qtbot, panel)
    drawn = []
    panel.landscape.trails_changed.connect(lambda: drawn.append(panel.landscape.trails[-1].steps.tolist()))
    for step in (1, 0, 2, None):
        controller.time_machine.show(step)
        look(qtbot, controller)
    assert drawn == []
    steps(qtbot, controller)
    assert drawn[-1] == [0, 1, 2, 3, 4]
    finished(qtbot, panel)


def test_earlier_trainings_keep_their_paths_in_their_colors(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    panel.chooser.choose(Choice("random"))
    finished(qtbot, panel)
    steps(qtbot, controller, 4)
    end = panel.landscape.place
    controller.time_machine.show(2)
    qtbot.waitUntil(lambda: panel.landscape.moment.step == 2)
    middle = panel.landscape.place
    document = controller.document
    document.do(ProjectChange("rate", settings=replace(controller.settings, learning_rate=2.0)))
    steps(qtbot, controller, 2)
    (earlier,) = controller.time_machine.branches
    other, present = panel.landscape.trails
    assert not other.is_present
    assert other.color == branch_color(earlier, theme.manager().current)
    assert other.places[-1] == pytest.approx(end, abs=1e-6)
    assert present.is_present
    assert present.places[2] == pytest.approx(middle, abs=1e-6)
    assert present.places[-1] == pytest.approx(panel.landscape.place, abs=1e-6)
    finished(qtbot, panel)


def test_dragging_the_point_of_a_past_step_goes_on_from_there(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    steps(qtbot, controller, 4)
    controller.time_machine.show(2)
    qtbot.waitUntil(lambda: panel.landscape.moment.step == 2)
    qtbot.waitUntil(lambda: not panel.landscape.is_off)
    finished(qtbot, panel)
    then = flat_of(controller)
    drag(panel, QPoint(30, 30))
    look(qtbot, controller)
    assert controller.time_machine.step is None
    changed = np.flatnonzero(~np.isclose(flat_of(controller), then, atol=1e-6))
    program = controller.program
    keys = panel.chooser.choice.first[1], panel.chooser.choice.second[1]
    assert set(changed.tolist()) == {program.connection_slots[key] for key in keys}
    finished(qtbot, panel)


def test_what_the_loss_does_not_depend_on_leaves_the_surface(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    shown = finished(qtbot, panel).landscape.shown
    document = controller.document
    document.do(ProjectChange("rate", settings=replace(controller.settings, learning_rate=0.01)))
    assert panel.landscape.shown is shown
    document.do(ProjectChange("loss", settings=replace(controller.settings, loss="mae")))
    assert panel.map.relief is None
    finished(qtbot, panel)
    relief = panel.map.relief
    flat = panel.landscape.plane.at(relief.window[0][0], relief.window[1][0])
    assert relief.losses[0, 0] == pytest.approx(loss_of(controller, flat), rel=1e-9)


def test_without_data_the_reason_stands_in_its_place(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    controller.document.do(ProjectChange("no data", data=None))
    qtbot.waitUntil(lambda: panel.map.hint.startswith("Choose data first"))
    assert panel.map.relief is None
    assert panel.landscape.measuring.job is None


# Giving up, and what comes late


def test_stopping_ends_the_measuring_until_it_is_asked_for(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    panel.landscape.want_window(zoomed(panel.landscape.window, 2.0))
    assert panel.landscape.measuring.job is not None
    panel.map.setFocus()
    QTest.keyClick(panel.map, Qt.Key.Key_Escape)
    assert panel.landscape.measuring.job is None
    assert panel.progress.share is None
    assert panel.note.toolTip().startswith("Stopped")
    look(qtbot, controller)
    assert panel.landscape.measuring.job is None
    panel.center_button.click()
    finished(qtbot, panel)
    assert panel.map.relief.window == panel.landscape.window


def test_a_panel_that_is_not_seen_measures_nothing(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    panel.landscape.want_window(zoomed(panel.landscape.window, 2.0))
    panel.set_seen(False)
    assert panel.landscape.measuring.job is None
    place = panel.landscape.place
    steps(qtbot, controller)
    assert panel.landscape.place == place
    assert panel.landscape.measuring.job is None
    panel.set_seen(True)
    finished(qtbot, panel)
    assert panel.landscape.place != place


def _new_window(panel: LandscapePanel, _controller: TrainingController) -> None:
    panel.landscape.want_window(zoomed(panel.landscape.window, 0.5))


def _new_directions(panel: LandscapePanel, _controller: TrainingController) -> None:
    panel.chooser.choose(Choice("random"))


def _new_center(panel: LandscapePanel, _controller: TrainingController) -> None:
    panel.landscape.center()


def _new_network(_panel: LandscapePanel, controller: TrainingController) -> None:
    first = controller.document.network.connections[0].id
    controller.document.do(ChangeConnections("off", {first: {"enabled": False}}))


def _new_data(_panel: LandscapePanel, controller: TrainingController) -> None:
    controller.document.do(ProjectChange("data", data=make_dataset("and")))


def _new_loss(_panel: LandscapePanel, controller: TrainingController) -> None:
    controller.document.do(ProjectChange("loss", settings=replace(controller.settings, loss="mae")))


@pytest.mark.parametrize(
    "change", [_new_window, _new_directions, _new_center, _new_network, _new_data, _new_loss]
)
def test_what_comes_after_a_change_is_never_shown(
    qtbot: QtBot,
    controller: TrainingController,
    panel: LandscapePanel,
    change: Callable[[LandscapePanel, TrainingController], None],
) -> None:
    finished(qtbot, panel)
    landscape = panel.landscape
    landscape.want_window(zoomed(landscape.window, 1.5))
    late = landscape.measuring.job
    assert late is not None
    change(panel, controller)
    wrong = np.full((FINEST, FINEST), 123.0)
    for refinement in (
        Refinement(0.5, wrong),
        Refinement(0.6, None, np.zeros((1, 2)), np.ones((1, 2))),
        Refinement(1.0, wrong),
    ):
        landscape.measuring.refined.emit(late, refinement)
    landscape.measuring.failed.emit(late, ValueError("late"))
    assert landscape.shown is not late
    assert panel.map.relief is None or not (panel.map.relief.losses == 123.0).any()
    finished(qtbot, panel)
    assert landscape.shown is not late
    assert not (panel.map.relief.losses == 123.0).any()


def test_other_parameters_are_offered_for_another_network(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    network = controller.document.network
    first = panel.chooser.choice.first
    assert panel.chooser.first.count() == network.connection_count + network.neuron_count - 2
    controller.document.do(ChangeConnections("off", {first[1]: {"enabled": False}}))
    look(qtbot, controller)
    finished(qtbot, panel)
    assert panel.chooser.choice.first != first
    names = [panel.chooser.first.itemText(i) for i in range(panel.chooser.first.count())]
    assert len(names) == network.connection_count + network.neuron_count - 3
    assert len(set(names)) == len(names)


def test_another_project_begins_with_its_own_first_parameters(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel
) -> None:
    finished(qtbot, panel)
    document = controller.document
    keys = panel.chooser._listed[panel.chooser.first]
    first, second = panel.chooser.choice.first, panel.chooser.choice.second
    panel.chooser.choose(replace(panel.chooser.choice, first=keys[-1], second=keys[2]))
    document.replace_project(replace(document.project, network=document.network.copy(), view={}))
    finished(qtbot, panel)
    assert (panel.chooser.choice.first, panel.chooser.choice.second) == (first, second)


@pytest.mark.parametrize(("ago", "wanted"), [(0.0, False), (1e6, True)])
def test_while_a_run_is_on_a_moving_slice_is_measured_now_and_then(
    qtbot: QtBot, controller: TrainingController, panel: LandscapePanel, ago: float, wanted: bool
) -> None:
    finished(qtbot, panel)
    landscape = panel.landscape
    # As long ago as nothing that a test could wait for, or in a future that does not come.
    landscape._started_at = time.monotonic() + (1e6 if not ago else -ago)
    started, seen = [], []
    landscape.share_changed.connect(lambda: started.append(landscape.share))
    controller.snapshot_changed.connect(lambda: seen.append(landscape.is_off))
    controller.train()
    qtbot.waitUntil(lambda: sum(seen) > 8)
    assert bool(started) == wanted
    controller.halt()
    finished(qtbot, panel)
    assert "point on it" in panel.note.toolTip()
