from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.network.edits import ChangeConnections
from nnstudio.network.templates import gate, layered_network
from nnstudio.training.judging import roc, row_losses
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.plots.grid_pace import GridPace
from nnstudio.ui.plots.output import OutputPlot
from nnstudio.ui.plots.output_scene import fitting_scene
from nnstudio.ui.plots.views import VIEWS, fitting_views
from nnstudio.ui.plots.views.neurons import line_at
from nnstudio.ui.plots.views.roc import drawn_points

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from nnstudio.network import Network
    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui
_LEFT = Qt.MouseButton.LeftButton


def three_classes(seed: int = 0, inputs: int = 2) -> Dataset:
    rng = np.random.default_rng(seed)
    return Dataset.from_arrays(
        rng.normal(size=(60, inputs)), rng.integers(0, 3, 60), classes=("a", "b", "c"), test_fraction=0.25
    )


def values(inputs: int, rows: int = 40) -> Dataset:
    rng = np.random.default_rng(3)
    return Dataset.from_arrays(
        rng.normal(size=(rows, inputs)), rng.normal(50, 9, rows), target_scaling="standardize"
    )


def shown(
    qtbot: QtBot,
    make_controller: Callable[..., TrainingController],
    network: Network,
    data: Dataset | None,
    view: str = "",
    style: str = "",
    **settings: object,
) -> OutputPlot:
    controller = make_controller(network, data, **settings)
    plot = OutputPlot(controller.document, controller)
    qtbot.addWidget(plot)
    plot.resize(332, 360)
    plot.show()
    qtbot.waitExposed(plot)
    plot.rebuild()
    plot.choose(view, style)
    controller.look()
    return plot


def picture(view: str) -> tuple[Network, Dataset]:
    """Return a network and data that a view fits."""
    return {
        "surface": (layered_network([2, 3], output="softmax"), three_classes()),
        "errors": (layered_network([2, 1], output="identity"), values(2)),
        "curve": (layered_network([1, 3, 1], output="identity"), make_dataset("sine")),
        "neurons": (layered_network([1, 3, 1], output="identity", hidden="relu"), make_dataset("sine")),
        "scatter": (layered_network([3, 1], output="identity"), values(3)),
        "residuals": (layered_network([3, 1], output="identity"), values(3)),
    }.get(view, (layered_network([3, 3], output="softmax"), three_classes(inputs=3)))


def at(plot: OutputPlot, x: float, y: float) -> QPoint:
    return plot.plot.mapFromScene(plot.plot.getViewBox().mapViewToScene(QPointF(x, y)))


def hover(qtbot: QtBot, plot: OutputPlot, x: float, y: float, words: str) -> None:
    """Point at a place until the plot says these words of it."""
    steps = itertools.count()

    def is_told() -> bool:
        # pyqtgraph leaves out moves that follow too quickly, Qt those to the same place.
        QTest.mouseMove(plot.plot.viewport(), at(plot, x, y) + QPoint(next(steps) % 2, 0))
        return words in plot.header.legend.text()

    qtbot.waitUntil(is_told)


def offered(network: Network, data: Dataset | None) -> list[str]:
    return [view.key for view in fitting_views(fitting_scene(network, data))]


# Which views are offered


def test_views_are_offered_where_network_and_data_have_what_they_show() -> None:
    classes = ["confusion", "scores", "roc", "calibration"]
    assert offered(layered_network([2, 1]), make_dataset("moons")) == ["surface", "errors", *classes]
    assert offered(layered_network([2, 1], output="tanh"), make_dataset("moons")) == [
        "surface",
        "errors",
        *classes[:-1],
    ]
    assert offered(layered_network([4, 3], output="softmax"), make_dataset("iris")) == classes
    regression = ["scatter", "residuals"]
    assert offered(layered_network([1, 1], output="identity"), values(1)) == ["curve", "neurons", *regression]
    assert offered(layered_network([3, 1], output="identity"), values(3)) == regression
    assert offered(gate("and"), None) == ["surface"]
    assert offered(layered_network([3, 1]), None) == []


def test_the_chosen_view_is_remembered_for_networks_and_data_of_its_kind(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    plot = shown(qtbot, make_controller, layered_network([2, 1]), make_dataset("moons"), "roc")
    assert plot.kind == "roc"
    document = plot.stage.document
    document.do(ProjectChange("Change data", data=values(2)))
    plot.rebuild()
    assert plot.kind == "surface"
    document.do(ProjectChange("Change data", data=make_dataset("circles")))
    plot.rebuild()
    assert plot.kind == "roc"
    another = shown(qtbot, make_controller, layered_network([2, 1]), make_dataset("xor"))
    assert another.kind == "roc"


def test_a_view_out_of_sight_leaves_nothing_on_the_plot(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    plot = shown(qtbot, make_controller, layered_network([2, 1]), make_dataset("moons"), "roc")
    seen = [item for item in plot.plot.getPlotItem().items if item.isVisible()]
    assert plot.view is not None
    assert plot.view.curves[0] in seen
    assert not any(type(item).__name__ == "SurfaceItem" for item in seen)
    plot.choose("surface")
    assert not plot._views["roc"].curves[0].isVisible()


def test_only_views_that_need_them_ask_for_answers(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    plot = shown(qtbot, make_controller, layered_network([2, 1]), make_dataset("moons"))
    controller = plot.stage.controller
    assert controller.snapshot is not None
    assert controller.snapshot.train_outputs is None
    plot.choose("confusion")
    controller.look()
    assert controller.snapshot.train_outputs is not None
    assert not controller.snapshot.answers
    plot.hide()
    controller.look()
    assert controller.snapshot.train_outputs is None


@pytest.mark.parametrize("view", [view.key for view in VIEWS])
def test_every_view_and_style_has_a_legend_and_numbers_and_can_be_drawn(
    qtbot: QtBot, make_controller: Callable[..., TrainingController], view: str
) -> None:
    network, data = picture(view)
    plot = shown(qtbot, make_controller, network, data, view)
    assert plot.kind == view
    for place in range(max(1, plot.header.styles.count())):
        plot.header.styles.setCurrentIndex(place)
        plot.stage.controller.look()
        assert plot.header.legend.text()
        columns = plot.columns()
        assert len({len(column) for column in columns.values()}) == 1
        assert len(next(iter(columns.values()))) > 0
        assert not plot.grab().isNull()


# Surface


def test_regions_have_one_color_a_side_and_shades_many(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    network = layered_network([2, 3, 1])
    plot = shown(qtbot, make_controller, network, make_dataset("moons"), "surface", "shaded")

    def colors() -> int:
        image = plot.view.surface.image  # type: ignore[union-attr]
        side = image.width()
        return len({image.pixel(x, y) for x in range(0, side, 3) for y in range(0, side, 3)})

    assert colors() > 6
    plot.choose("surface", "regions")
    assert 1 <= colors() <= 2


def test_regions_of_several_classes_are_those_of_the_largest_output(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    network = layered_network([2, 3], output="softmax", seed=2)
    plot = shown(qtbot, make_controller, network, three_classes(), "surface", "regions")
    probe = plot.stage.answered
    assert probe is not None
    program = compile_network(network)
    best = np.argmax(program.predict(program.initial_parameters(), probe.x), axis=1)
    image, side = plot.view.surface.image, round(len(best) ** 0.5)  # type: ignore[union-attr]
    pixels = np.array([image.pixel(x, y) for y in range(side) for x in range(side)])
    assert len(set(best)) > 1
    assert len(set(pixels)) == len(set(best))
    for place in set(best):
        assert len(set(pixels[best == place])) == 1


def test_the_border_of_a_hinge_loss_is_where_the_sign_changes(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    network = layered_network([2, 1], output="identity", seed=None)
    network.update_connection(network.connections[0].id, weight=1.0)
    network.update_connection(network.connections[1].id, weight=0.0)
    plot = shown(qtbot, make_controller, network, make_dataset("moons"), "surface", loss="hinge")
    x, _ = plot.view.border.getData()  # type: ignore[union-attr]
    np.testing.assert_allclose(x, 0.0, atol=1e-9)


def test_an_answer_of_a_coarser_grid_is_shown_until_the_finer_one_is_there(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    plot = shown(qtbot, make_controller, gate("and"), make_dataset("and"))
    asking = plot._asking
    asking.pace.choose = lambda: False  # type: ignore[method-assign]
    plot.stage.controller.look()
    before = plot.probe
    plot.stage.side = 16
    asking.ask(plot.view, visible=True)
    assert plot.probe is not before
    assert plot.stage.answered is before
    plot.stage.controller.look()
    assert plot.stage.answered is not before


# Errors


def test_rows_are_as_large_as_their_loss_and_colored_by_being_wrong(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = make_dataset("moons", rows=60)
    plot = shown(qtbot, make_controller, layered_network([2, 1]), data, "errors", loss="binary_cross_entropy")
    outputs = plot.stage.all_outputs()
    losses = row_losses("binary_cross_entropy", outputs, data.y)[data.train_rows]
    spots = plot.stage.points.train.points()
    sizes = np.array([spot.size() for spot in spots])
    order = np.argsort(losses)
    assert (np.diff(sizes[order]) >= 0).all()
    assert sizes.max() > sizes.min()
    right = (outputs[data.train_rows, 0] >= 0.5) == (data.y_train[:, 0] > 0.5)
    colors = [spot.brush().color().name() for spot in spots]
    assert len({color for color, is_right in zip(colors, right, strict=True) if is_right}) == 1
    assert len(set(colors)) == 2


# Curve and neurons


def test_stacked_contributions_end_at_the_curve_in_the_units_of_the_data(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    network = layered_network([1, 4, 1], output="identity", seed=5)
    plot = shown(qtbot, make_controller, network, values(1), "neurons", "stacked")
    view = plot.view
    x, curve = view.curve.getData()  # type: ignore[union-attr]
    np.testing.assert_allclose(view.layers.lines[-1], curve)  # type: ignore[union-attr]
    plot.choose("curve")
    plot.stage.controller.look()
    plain_x, plain = plot.view.curve.getData()  # type: ignore[union-attr]
    np.testing.assert_allclose(plain_x, x)
    np.testing.assert_allclose(plain, curve)


def test_of_another_activation_the_sum_is_stacked_and_the_output_drawn_last(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    network = layered_network([1, 3, 1], output="sigmoid", seed=5)
    plot = shown(qtbot, make_controller, network, make_dataset("sine"), "neurons", "stacked")
    view = plot.view
    z = view.layers.lines[-1]  # type: ignore[union-attr]
    np.testing.assert_allclose(view.sum.getData()[1], z)  # type: ignore[union-attr]
    np.testing.assert_allclose(view.curve.getData()[1], 1 / (1 + np.exp(-z)))  # type: ignore[union-attr]
    assert "then sigmoid" in plot.header.legend.text()


def test_pointing_at_a_contribution_names_its_neuron_and_lights_it_up(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    network = layered_network([1, 2, 1], output="identity", seed=5)
    hidden = network.hidden[1]
    network.update_neuron(hidden.id, label="wave")
    plot = shown(qtbot, make_controller, network, make_dataset("sine"), "neurons", "parts")
    told: list[tuple[object, object]] = []
    plot.path_pointed.connect(lambda neurons, connections: told.append((neurons, connections)))
    x, line = plot.scene.curve_inputs()[150], plot.view.layers.lines[1][150]  # type: ignore[union-attr]
    hover(qtbot, plot, x, line, "wave: ")
    out = network.connection_between(hidden.id, network.outputs[0].id)
    assert out is not None
    assert told[-1] == ((hidden.id,), (out.id,))
    assert plot.view.layers.raised == 1  # type: ignore[union-attr]
    plot.choose("curve")
    assert told[-1] == ((), ())


def test_stacks_follow_the_network(qtbot: QtBot, make_controller: Callable[..., TrainingController]) -> None:
    network = layered_network([1, 2, 1], output="identity", seed=5)
    plot = shown(qtbot, make_controller, network, make_dataset("sine"), "neurons", "parts")
    before = plot.view.layers.lines.copy()  # type: ignore[union-attr]
    out = network.incoming(network.outputs[0].id)[0]
    document = plot.stage.document
    document.do(ChangeConnections("Weight", {out.id: {"weight": 2 * out.weight}}))
    plot.stage.controller.look()
    after = plot.view.layers.lines  # type: ignore[union-attr]
    np.testing.assert_allclose(after[0], 2 * before[0])
    np.testing.assert_allclose(after[1], before[1])


# Values


def test_residuals_are_predictions_less_targets_in_the_units_of_the_data(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = values(3)
    plot = shown(qtbot, make_controller, layered_network([3, 1], output="identity"), data, "residuals")
    x, y = plot.stage.points.train.getData()
    actual = data.target_values(data.y_train)[:, 0]
    np.testing.assert_allclose(x - y, actual)
    plot.choose("residuals", "histogram")
    edges, shares = plot.view.bars[0].getData()  # type: ignore[union-attr]
    assert len(edges) == len(shares) + 1
    assert shares.sum() == pytest.approx(1.0)


def test_of_very_many_rows_a_sample_is_shown_and_told(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    plot = shown(
        qtbot, make_controller, layered_network([3, 1], output="identity"), values(3, 9000), "scatter"
    )
    assert len(plot.stage.points.train.points()) <= 2000
    assert "of 9\u2009000 rows" in plot.header.legend.text()


def test_a_click_near_a_prediction_puts_its_row_in_focus(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = values(3, 12)
    plot = shown(qtbot, make_controller, layered_network([3, 1], output="identity"), data, "scatter")
    row = int(data.train_rows[np.argmax(data.y_train[:, 0])])
    place = list(data.train_rows).index(row)
    x, y = (part[place] for part in plot.stage.points.train.getData())
    QTest.mouseClick(plot.plot.viewport(), _LEFT, pos=at(plot, x, y))
    assert plot.stage.document.focus_row == row


# Classes


def test_areas_below_the_curves_are_those_of_scikit_learn_and_a_threshold_is_read(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = make_dataset("moons")
    plot = shown(qtbot, make_controller, layered_network([2, 3, 1]), data, "roc")
    snapshot = plot.stage.snapshot
    assert snapshot is not None
    oracle = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn: run with --oracle")
    expected = oracle.roc_auc_score(data.y_train[:, 0], snapshot.train_outputs[:, 0])
    assert plot.view.found[0].area == pytest.approx(expected)  # type: ignore[union-attr]
    found = plot.view.found[0]  # type: ignore[union-attr]
    middle = len(found.hits) // 2
    hover(qtbot, plot, found.false_alarms[middle], found.hits[middle], "false alarms")
    assert "found" in plot.header.legend.text()


def test_a_curve_of_very_many_rows_is_drawn_by_few_points_as_well() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(50_000) < 0.3
    found = roc(rng.normal(0.8 * positive, 1.0), positive)
    x, y = drawn_points(found)
    assert len(x) < 3_000
    assert (x[0], y[0], x[-1], y[-1]) == (0.0, 0.0, 1.0, 1.0)
    assert np.trapezoid(y, x) == pytest.approx(found.area, abs=1e-3)


def test_rows_of_one_class_alone_have_no_curve_and_no_threshold_on_it(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = Dataset.from_arrays(
        np.random.default_rng(0).normal(size=(12, 1)), np.zeros(12, int), classes=("a", "b")
    )
    plot = shown(qtbot, make_controller, layered_network([1, 2, 1]), data, "roc")
    assert plot.kind == "roc"
    assert len(plot.view.present.getData()[0]) == 0  # type: ignore[union-attr]
    assert not plot.grab().isNull()


def test_a_pointer_finds_lines_among_some_that_leave_the_finite_numbers() -> None:
    beyond = np.array([1.0, np.inf, np.inf, np.nan, 4.0])
    assert line_at(beyond, 0.0, 0.5, 0.1) == 0
    assert line_at(beyond, 0.0, 1e300, 0.1) == 1
    assert line_at(beyond, None, 4.05, 0.1) == 4
    assert line_at(beyond, None, 2.5, 0.1) is None


def test_one_class_of_several_is_told_from_all_others(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = three_classes()
    plot = shown(qtbot, make_controller, layered_network([2, 3], output="softmax"), data, "roc")
    plot.header.outputs.setCurrentIndex(plot.header.outputs.findText("c"))
    snapshot = plot.stage.snapshot
    assert snapshot is not None
    oracle = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn: run with --oracle")
    expected = oracle.roc_auc_score(data.y_train[:, 2] > 0.5, snapshot.train_outputs[:, 2])
    assert plot.view.found[0].area == pytest.approx(expected)  # type: ignore[union-attr]


def test_a_click_on_a_cell_chooses_it_and_another_click_lets_it_go(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    plot = shown(
        qtbot,
        make_controller,
        layered_network([3, 3], output="softmax"),
        three_classes(inputs=3),
        "confusion",
    )
    matrix = plot.view.matrix  # type: ignore[union-attr]
    matrix.grab()
    told: list[object] = []
    plot.cell_chosen.connect(told.append)
    place = matrix._cell_rect((2, 1)).center().toPoint()
    QTest.mouseClick(matrix, _LEFT, pos=place)
    assert told == [(2, 1, True)]
    number = int(matrix.counts[2, 1])
    assert plot.header.legend.text().startswith(f"{number} row")
    assert "“c” taken for “b”" in plot.header.legend.text()
    QTest.mouseClick(matrix, _LEFT, pos=place)
    assert told[-1] is None


def test_cells_are_reached_and_chosen_by_keys(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    plot = shown(qtbot, make_controller, layered_network([2, 1]), make_dataset("moons"), "confusion")
    matrix = plot.view.matrix  # type: ignore[union-attr]
    told: list[object] = []
    plot.cell_chosen.connect(told.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(matrix, key)
    assert told == [(1, 1, True)]


def test_scores_of_both_parts_stand_side_by_side(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = three_classes(inputs=3)
    plot = shown(qtbot, make_controller, layered_network([3, 3], output="softmax"), data, "scores")
    texts = plot.view.table.texts()  # type: ignore[union-attr]
    assert [row[0] for row in texts] == ["a", "b", "c"]
    assert {len(row) for row in texts} == {8}
    snapshot = plot.stage.snapshot
    assert snapshot is not None
    oracle = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn: run with --oracle")
    recall = oracle.recall_score(
        data.class_indices(data.y_test), np.argmax(snapshot.test_outputs, axis=1), average=None
    )
    assert [row[6] for row in texts] == [f"{share:.2f}" for share in recall]


def test_views_follow_a_snapshot_of_another_moment(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = values(3)
    network = layered_network([3, 1], output="identity")
    plot = shown(qtbot, make_controller, network, data, "scatter")
    controller = plot.stage.controller
    assert controller.snapshot is not None
    past = replace(controller.snapshot, train_outputs=data.y_train.copy(), epoch=7)
    controller.snapshot = past
    controller.snapshot_changed.emit()
    x, y = plot.stage.points.train.getData()
    np.testing.assert_allclose(x, y)


def test_outputs_of_other_rows_than_those_on_view_are_not_drawn(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = values(3)
    plot = shown(
        qtbot, make_controller, layered_network([3, 1], output="identity"), data, "residuals", "histogram"
    )
    controller = plot.stage.controller
    assert controller.snapshot is not None
    before = plot.view.bars[0].getData()[1].tolist()  # type: ignore[union-attr]
    controller.snapshot = replace(controller.snapshot, train_outputs=np.zeros((5, 1)))
    controller.snapshot_changed.emit()
    assert plot.view.bars[0].getData()[1].tolist() == before  # type: ignore[union-attr]


def test_late_outputs_of_data_before_these_are_not_drawn(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    network = layered_network([3, 1], output="identity")
    plot = shown(qtbot, make_controller, network, values(3), "residuals", "histogram")
    controller = plot.stage.controller
    late = controller.snapshot
    assert late is not None
    controller.document.do(ProjectChange("", data=values(3)))  # the same rows, and yet others
    qtbot.waitUntil(lambda: controller.snapshot is not None and controller.snapshot is not late)
    before = plot.view.bars[0].getData()[1].tolist()  # type: ignore[union-attr]
    assert late.train_outputs is not None
    controller.snapshot = replace(late, train_outputs=late.train_outputs + 100.0)
    controller.snapshot_changed.emit()
    assert plot.stage.answers(test=False) is None
    assert plot.view.bars[0].getData()[1].tolist() == before  # type: ignore[union-attr]


def test_a_network_that_cannot_be_computed_leaves_no_bars(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    plot = shown(qtbot, make_controller, *picture("residuals"), "residuals", "histogram")
    bars = plot.view.bars  # type: ignore[union-attr]
    assert bars[0].getData()[1].max() > 0.0
    plot.stage.controller.snapshot = None
    plot.stage.controller.snapshot_changed.emit()
    assert bars[0].getData()[1].tolist() == [0.0]
    assert plot.view.read(0.0, 0.1) == ""  # type: ignore[union-attr]


@pytest.mark.parametrize("weight", [1e308, -1e308])
@pytest.mark.parametrize("view", [view.key for view in VIEWS])
def test_numbers_beyond_all_bounds_leave_every_view_standing(
    qtbot: QtBot, make_controller: Callable[..., TrainingController], view: str, weight: float
) -> None:
    network, data = picture(view)
    for connection in network.connections:
        network.update_connection(connection.id, weight=weight)
    plot = shown(qtbot, make_controller, network, data, view)
    assert plot.kind == view
    for place in range(max(1, plot.header.styles.count())):
        plot.header.styles.setCurrentIndex(place)
        plot.stage.controller.look()
        assert not plot.grab().isNull()


def test_names_are_told_as_they_are(qtbot: QtBot, make_controller: Callable[..., TrainingController]) -> None:
    rng = np.random.default_rng(0)
    data = Dataset.from_arrays(
        rng.normal(size=(30, 2)),
        rng.integers(0, 2, 30),
        classes=("<b>low", "a & b"),
        feature_names=["<i>", "y"],
    )
    plot = shown(qtbot, make_controller, layered_network([2, 1]), data)
    assert "&lt;b&gt;low" in plot.header.legend.text()
    assert "&lt;i&gt;" in plot.plot.getPlotItem().getAxis("bottom").label.toHtml()
    plot.choose("confusion")
    plot.stage.controller.look()
    plot.view._choose((0, 1))  # type: ignore[union-attr]
    assert "&lt;b&gt;low" in plot.header.legend.text()


def test_the_grid_gets_coarser_in_a_drag_and_fine_again_at_rest(
    qtbot: QtBot, make_controller: Callable[..., TrainingController], monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = shown(qtbot, make_controller, gate("and"), make_dataset("and"))
    now = [100.0]
    pace = GridPace(lambda: now[0])
    monkeypatch.setattr(pace, "measured", lambda *_: GridPace.measured(pace, 0.0, 1e-6 * plot.stage.side**2))
    plot._asking.pace = pace
    document, controller = plot.stage.document, plot.stage.controller
    connection = document.network.connections[0]

    def drag(weight: float) -> None:
        document.do(ChangeConnections("Weight", {connection.id: {"weight": weight}}))
        controller.look()
        controller.look()

    drag(0.5)
    resting = plot.stage.side
    for weight in (0.6, 0.7, 0.8):
        now[0] += 0.05
        drag(weight)
    assert plot.stage.side < resting
    now[0] += 1.0
    qtbot.waitUntil(lambda: plot.stage.side == resting)
    qtbot.waitUntil(lambda: plot.view.surface.image.width() == resting)  # type: ignore[union-attr]
