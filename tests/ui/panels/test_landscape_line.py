"""The loss over one parameter in the Landscape panel: numbers against the network, gestures, late results."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine.landscape_line import POINTS, Tangent, Tracing
from nnstudio.network import Network
from nnstudio.network.edits import ChangeConnections
from nnstudio.network.templates import layered_network
from nnstudio.ui import theme
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.panels.landscape import LandscapePanel
from nnstudio.ui.panels.landscape_choice import Choice
from nnstudio.ui.plots.landscape_figures import zoomed
from nnstudio.ui.plots.loss_past import branch_color
from tests.ui.panels.landscapes import look, loss_of, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui


@pytest.fixture
def valley(make_controller: Callable[..., TrainingController]) -> TrainingController:
    """The loss (w - 3)² of a single weight, which begins at 0, with a rate that overshoots."""
    network = Network()
    x = network.add_neuron("input", label="x")
    y = network.add_neuron("output", label="y", activation="identity", bias=0.0, trainable=False)
    network.connect(x.id, y.id, weight=0.0)
    data = Dataset.from_arrays(np.ones((1, 1)), np.full((1, 1), 3.0), test_fraction=0.0, seed=0)
    return make_controller(network, data, epochs=1000, learning_rate=0.9)


@pytest.fixture
def many(make_controller: Callable[..., TrainingController]) -> TrainingController:
    network = layered_network([2, 3, 1], seed=1)
    return make_controller(network, make_dataset("xor"), epochs=1_000_000_000, learning_rate=0.5)


@pytest.fixture
def open_panel(qtbot: QtBot) -> Iterator[Callable[[TrainingController], LandscapePanel]]:
    opened: list[LandscapePanel] = []

    def opens(controller: TrainingController) -> LandscapePanel:
        panel = LandscapePanel(controller.document, controller)
        qtbot.addWidget(panel)
        panel.resize(500, 420)
        panel.chooser.choose(Choice("parameter"))
        panel.show()
        qtbot.waitExposed(panel)
        opened.append(panel)
        return settled(qtbot, panel)

    yield opens
    for panel in opened:
        panel.hide()


def settled(qtbot: QtBot, panel: LandscapePanel) -> LandscapePanel:
    """Wait until curve, tangent and path are those of the moment on view."""
    landscape = panel.landscape
    qtbot.waitUntil(
        lambda: (
            landscape.measuring.job is None
            and not landscape._relay_timer.isActive()
            and panel.curve.profile is not None
            and len(panel.curve.profile.losses) == POINTS[-1]
            and landscape.tangent_is_present
            and all(np.isfinite(trail.places).all() for trail in landscape.trails)
        )
    )
    panel.grab()
    return panel


def drag(panel: LandscapePanel, to: float, *, drop: bool = True) -> None:
    view = panel.curve
    view.ball.stop()
    view.grab()
    start = view.to_screen(*view.ball.place).toPoint()
    end = QPoint(round(view.to_screen(to, view.ball.place[1]).x()), start.y())
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(view, start + (end - start) * share)
    if drop:
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)


def test_it_is_the_loss_over_the_one_weight_with_its_exact_slope(
    qtbot: QtBot, valley: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(valley)
    assert panel.pages.currentWidget() is panel.view is panel.curve
    profile = panel.curve.profile
    assert profile.losses == pytest.approx((profile.values - 3.0) ** 2)
    assert profile.tangent == pytest.approx((0.0, 9.0, -6.0))
    assert panel.landscape.place == panel.curve.ball.target == (0.0, 9.0)
    assert "slope −6: downhill is to the right" in panel.note.toolTip()
    assert not panel.solid_button.isEnabled()
    assert "choose two directions" in panel.solid_button.toolTip()
    assert not panel.chooser.second.isVisible()


def test_points_of_an_overshooting_training_stand_on_both_walls(
    qtbot: QtBot, valley: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(valley)
    steps(qtbot, valley, 3)
    settled(qtbot, panel)
    (trail,) = panel.landscape.trails
    walls = [0.0, 5.4, 1.08, 4.536]
    assert trail.steps.tolist() == [0, 1, 2, 3]
    assert trail.places[:, 0] == pytest.approx(walls, abs=1e-6)
    assert trail.places[:, 1] == pytest.approx((np.array(walls) - 3.0) ** 2, abs=1e-5)
    (low, high), _ = panel.landscape.window
    assert low < 0.0
    assert high > 5.4
    assert panel.curve.profile.tangent.slope == pytest.approx(2 * (4.536 - 3.0), abs=1e-6)
    assert "downhill is to the left" in panel.note.toolTip()
    at = panel.curve.to_screen(5.4, 5.76)
    QTest.mouseMove(panel.curve, at.toPoint())
    assert panel.note.toolTip() == "step 1  ·  x → y 5.4  ·  loss 5.76"


def test_of_many_weights_the_path_stands_at_its_true_losses_beside_the_curve(
    qtbot: QtBot, many: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(many)
    steps(qtbot, many, 5)
    settled(qtbot, panel)
    (trail,) = panel.landscape.trails
    timeline = many.time_machine.timeline
    losses = [loss_of(many, timeline.parameters(i)) for i in range(len(timeline))]
    assert trail.places[:, 1] == pytest.approx(losses, rel=1e-5)
    on_curve = [panel.curve.profile.loss_at(value) for value in trail.places[:, 0]]
    assert max(abs(np.array(on_curve) - losses)) > 1e-4
    assert not panel.landscape.is_off
    assert "other values differed then" in panel.note.toolTip()


def test_the_curve_is_measured_anew_once_other_weights_have_moved(
    qtbot: QtBot, many: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(many)
    before, window = panel.curve.profile, panel.landscape.window
    last = many.document.network.connections[-1]
    many.document.do(ChangeConnections("weight", {last.id: {"weight": last.weight + 2.0}}))
    look(qtbot, many)
    assert panel.landscape.is_off
    assert "off the curve" in panel.note.toolTip()
    settled(qtbot, panel)
    after, plane = panel.curve.profile, panel.landscape.plane
    assert panel.landscape.window == window
    assert not np.allclose(before.losses, after.losses)
    for at in (0, 50, 128):
        assert after.losses[at] == pytest.approx(
            loss_of(many, plane.at(float(after.values[at]), 0.0)), rel=1e-9
        )


def test_dragging_the_point_sets_the_weight_as_one_step_and_the_tangent_turns_with_it(
    qtbot: QtBot, valley: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(valley)
    document = valley.document
    (connection,) = document.network.connections
    drag(panel, 2.0, drop=False)
    look(qtbot, valley)
    qtbot.waitUntil(lambda: panel.landscape.tangent_is_present)
    weight = document.network.connection(connection.id).weight
    assert weight == pytest.approx(2.0, abs=0.03)
    assert panel.curve.profile.tangent == pytest.approx((weight, (weight - 3.0) ** 2, 2 * (weight - 3.0)))
    curve = panel.curve.profile.losses
    end = panel.curve.to_screen(*panel.landscape.place).toPoint()
    QTest.mouseRelease(panel.curve, Qt.MouseButton.LeftButton, pos=end)
    settled(qtbot, panel)
    assert panel.curve.profile.losses is curve
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert document.network.connection(connection.id).weight == 0.0


def test_esc_puts_a_dragged_weight_back(
    qtbot: QtBot, valley: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(valley)
    (connection,) = valley.document.network.connections
    drag(panel, 1.5, drop=False)
    assert valley.document.network.connection(connection.id).weight > 1.0
    QTest.keyClick(panel.curve, Qt.Key.Key_Escape)
    assert valley.document.network.connection(connection.id).weight == 0.0
    assert not valley.document.undo_stack.canUndo()
    look(qtbot, valley)
    settled(qtbot, panel)


def test_the_one_selected_on_the_canvas_can_be_taken(
    qtbot: QtBot, many: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(many)
    network = many.document.network
    output = network.outputs[0]
    many.document.selection.set(connections=[each.id for each in network.connections[:2]])
    assert not panel.chooser.from_canvas.isEnabled()
    many.document.selection.set(neurons=[output.id])
    QTest.mouseClick(panel.chooser.from_canvas, Qt.MouseButton.LeftButton)
    assert panel.chooser.choice == replace(panel.chooser.choice, kind="parameter", first=("bias", output.id))
    settled(qtbot, panel)
    assert panel.curve.names[0].startswith("bias of")
    assert panel.landscape.place[0] == pytest.approx(output.bias)


def test_earlier_trainings_keep_their_points_in_their_colors(
    qtbot: QtBot, valley: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(valley)
    steps(qtbot, valley, 3)
    valley.time_machine.show(1)
    qtbot.waitUntil(lambda: panel.landscape.moment.step == 1)
    settled(qtbot, panel)
    assert panel.landscape.place == pytest.approx((5.4, 5.76), abs=1e-5)
    valley.document.do(ProjectChange("rate", settings=replace(valley.settings, learning_rate=0.5)))
    steps(qtbot, valley)
    settled(qtbot, panel)
    (earlier,) = valley.time_machine.branches
    other, present = panel.landscape.trails
    assert other.color == branch_color(earlier, theme.manager().current)
    assert other.places[-1] == pytest.approx((4.536, 1.536**2), abs=1e-5)
    assert present.places[-1] == pytest.approx((3.0, 0.0), abs=1e-5)
    assert "level" in panel.note.toolTip()


def test_another_loss_gives_the_same_path_other_losses(
    qtbot: QtBot, valley: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(valley)
    steps(qtbot, valley, 2)
    settled(qtbot, panel)
    valley.document.do(ProjectChange("loss", settings=replace(valley.settings, loss="mae")))
    assert panel.curve.profile is None
    look(qtbot, valley)
    settled(qtbot, panel)
    (trail,) = panel.landscape.trails
    assert trail.places[:, 1] == pytest.approx(abs(trail.places[:, 0] - 3.0), abs=1e-6)


def test_the_numbers_of_the_curve_are_saved(
    qtbot: QtBot, valley: TrainingController, open_panel: Callable[..., LandscapePanel], tmp_path: Path
) -> None:
    panel = open_panel(valley)
    for name in ("curve.png", "curve.svg", "curve.csv"):
        panel.export_button.save(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    lines = (tmp_path / "curve.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "x → y,loss"
    assert len(lines) == POINTS[-1] + 1


def test_a_project_brings_its_choice_and_range_and_another_begins_with_two_parameters(
    qtbot: QtBot, valley: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(valley)
    panel.landscape.want_window(((-1.0, 7.0), (-1.0, 1.0)))
    kept = valley.document.project
    assert kept.view["landscape"]["range"] == [-1.0, 7.0]
    valley.document.replace_project(replace(kept, view={}))
    qtbot.waitUntil(lambda: panel.map.relief is not None)
    assert panel.pages.currentWidget() is panel.map
    assert panel.solid_button.isEnabled()
    assert panel.chooser.choice.kind == "parameters"
    valley.document.replace_project(replace(kept))
    settled(qtbot, panel)
    assert panel.chooser.choice.first == ("weight", valley.document.network.connections[0].id)
    assert panel.landscape.window[0] == (-1.0, 7.0)
    valley.document.do(
        ChangeConnections("far", {valley.document.network.connections[0].id: {"weight": 20.0}})
    )
    look(qtbot, valley)
    settled(qtbot, panel)
    (low, high), _ = panel.landscape.window
    assert low <= -1.0
    assert high > 20.0


def test_looking_alone_leaves_the_view_of_the_project_as_it_was(
    qtbot: QtBot, valley: TrainingController
) -> None:
    panel = LandscapePanel(valley.document, valley)
    qtbot.addWidget(panel)
    before = dict(valley.document.project.view)
    panel.show()
    qtbot.waitUntil(lambda: panel.map.relief is not None)
    assert valley.document.project.view == before
    panel.hide()


def test_stopping_ends_the_measuring_until_it_is_asked_for(
    qtbot: QtBot, valley: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(valley)
    panel.landscape.want_window(zoomed(panel.landscape.window, 2.0))
    assert panel.stop_button.isEnabled()
    panel.curve.setFocus()
    QTest.keyClick(panel.curve, Qt.Key.Key_Escape)
    assert panel.landscape.measuring.job is None
    assert panel.note.toolTip().startswith("Stopped")
    look(qtbot, valley)
    assert panel.landscape.measuring.job is None
    panel.center_button.click()
    settled(qtbot, panel)


@pytest.mark.parametrize("change", ["window", "kind", "parameter", "loss", "network"])
def test_what_comes_after_a_change_is_never_shown(
    qtbot: QtBot, many: TrainingController, open_panel: Callable[..., LandscapePanel], change: str
) -> None:
    panel = open_panel(many)
    landscape, document = panel.landscape, many.document
    landscape.want_window(zoomed(landscape.window, 1.5))
    late = landscape.measuring.job
    assert late is not None
    first = document.network.connections[0].id
    if change == "window":
        landscape.want_window(zoomed(landscape.window, 0.5))
    elif change == "kind":
        panel.chooser.choose(Choice("random"))
    elif change == "parameter":
        panel.chooser.choose(Choice("parameter", ("weight", document.network.connections[-1].id)))
    elif change == "loss":
        document.do(ProjectChange("loss", settings=replace(many.settings, loss="mae")))
    else:
        document.do(ChangeConnections("off", {first: {"enabled": False}}))
    for tracing in (
        Tracing(0.1, tangent=Tangent(0.0, 123.0, 123.0)),
        Tracing(0.5, losses=np.full(POINTS[-1], 123.0)),
    ):
        landscape.measuring.refined.emit(late, tracing)
    assert landscape.shown is not late
    profile = panel.curve.profile
    assert profile is None or not (profile.losses == 123.0).any()
    assert landscape.line.tangent is None or landscape.line.tangent.slope != 123.0


def test_the_range_widens_as_a_training_diverges_and_is_as_before_after_a_reset(
    qtbot: QtBot, valley: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(valley)
    valley.document.do(ProjectChange("rate", settings=replace(valley.settings, learning_rate=2.0)))
    before = panel.landscape.window
    steps(qtbot, valley, 4)
    settled(qtbot, panel)
    (low, high), _ = panel.landscape.window
    assert low < 3.0 - 3.0 * 3.0**3
    assert high > 3.0 + 3.0 * 3.0**2
    assert panel.landscape.place == pytest.approx((3.0 - 3.0 * 3.0**4, 9.0 * 3.0**8), rel=1e-5)
    valley.reset()
    look(qtbot, valley)
    settled(qtbot, panel)
    assert panel.landscape.place == (0.0, 9.0)
    assert panel.landscape.window == before


def test_two_parameters_are_two_after_the_second_was_looked_at_alone(
    qtbot: QtBot, many: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(many)
    panel.chooser.first.setCurrentIndex(panel.chooser.second.currentIndex())
    settled(qtbot, panel)
    alone = panel.chooser.choice.first
    panel.chooser.kinds.setCurrentIndex(panel.chooser.kinds.findData("parameters"))
    qtbot.waitUntil(lambda: panel.map.relief is not None)
    assert panel.chooser.choice.first == alone
    assert panel.chooser.choice.second not in (alone, None)
    assert panel.map.hint == ""


def test_while_a_run_is_on_the_ball_follows_and_a_tangent_of_before_is_known_as_such(
    qtbot: QtBot, many: TrainingController, open_panel: Callable[..., LandscapePanel]
) -> None:
    panel = open_panel(many)
    start = panel.landscape.place
    panel.landscape._started_at = time.monotonic() + 1e6  # none is measured while the run is on
    many.train()
    qtbot.waitUntil(lambda: panel.landscape.place != start)
    assert panel.curve.ball.target == panel.landscape.place
    assert not panel.curve.tangent_is_present
    qtbot.waitUntil(lambda: "slope" not in panel.note.toolTip())
    many.halt()
    look(qtbot, many)
    settled(qtbot, panel)
    assert panel.curve.tangent_is_present
    assert panel.note.toolTip().startswith("slope")
