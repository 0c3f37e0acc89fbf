from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from nnstudio.data import Dataset, Derived, make_dataset
from nnstudio.data.derived import sine, square
from nnstudio.engine import compile_network
from nnstudio.network import Network
from nnstudio.network.edits import ChangeNeurons, RemoveItems
from nnstudio.network.templates import gate, layered_network
from nnstudio.training import TrainingSettings, train
from nnstudio.ui import theme
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.plots.output import OutputPlot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui


def make_plot(qtbot: QtBot, controller: TrainingController) -> OutputPlot:
    plot = OutputPlot(controller.document, controller)
    qtbot.addWidget(plot)
    plot.resize(332, 330)
    plot.show()
    qtbot.waitExposed(plot)
    settle(plot, controller)
    return plot


def settle(plot: OutputPlot, controller: TrainingController) -> None:
    plot.rebuild()
    controller.look()


def places_of(points: object) -> np.ndarray:
    x, y = points.getData()  # type: ignore[attr-defined]
    return np.column_stack([x, y])


def test_two_inputs_give_a_surface_that_parts_the_classes(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(gate("and"), make_dataset("and"))
    plot = make_plot(qtbot, controller)
    assert plot.kind == "surface"
    image = plot.view.surface.image
    assert image is not None
    side = image.width()
    current = theme.manager().current
    low, high = image.pixelColor(side // 8, side // 8), image.pixelColor(side - side // 10, side - side // 10)
    assert low.red() > low.blue()
    assert high.blue() > high.red()
    assert current.positive.blue() > current.positive.red()
    x, y = plot.view.border.getData()
    # a + b = 1.5, except near the middle of a cell that the step crosses.
    assert np.abs(x + y - 1.5).max() < 0.1


def test_points_of_the_data_stand_at_their_places_by_part(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = make_dataset("moons", rows=40)
    controller = make_controller(layered_network([2, 3, 1]), data)
    plot = make_plot(qtbot, controller)
    assert places_of(plot.stage.points.train).tolist() == data.x_train.tolist()
    assert places_of(plot.stage.points.test).tolist() == data.x_test.tolist()
    assert "Test" in plot.header.legend.text()
    assert "upper" in plot.header.legend.text()


def test_the_probe_is_in_what_the_network_sees_and_the_axes_in_units_of_the_data(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = Dataset.from_arrays(
        [[100.0, 5.0], [300.0, 7.0], [200.0, 6.0]],
        [0.0, 1.0, 1.0],
        classes=("no", "yes"),
        scaling="standardize",
        test_fraction=0.0,
    )
    controller = make_controller(layered_network([2, 1]), data)
    plot = make_plot(qtbot, controller)
    assert plot.probe is not None
    assert np.abs(plot.probe.x).max() < 3
    (left, right), _ = plot.plot.getViewBox().viewRange()
    assert left < 100 < 300 < right


def test_one_input_gives_the_curve_that_the_network_computes(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    network = layered_network([1, 4, 1], output="identity")
    controller = make_controller(network, make_dataset("sine"))
    plot = make_plot(qtbot, controller)
    assert plot.kind == "curve"
    x, y = plot.view.curve.getData()
    program = compile_network(network)
    assert y.tolist() == program.predict(program.initial_parameters(), x[:, None])[:, 0].tolist()


def test_more_inputs_show_values_predicted_against_actual(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    rng = np.random.default_rng(0)
    data = Dataset.from_arrays(rng.normal(size=(20, 3)), rng.normal(size=20))
    controller = make_controller(layered_network([3, 1], output="identity"), data)
    plot = make_plot(qtbot, controller)
    assert plot.kind == "scatter"
    assert controller.snapshot is not None
    assert places_of(plot.stage.points.train)[:, 0].tolist() == data.y_train[:, 0].tolist()
    assert places_of(plot.stage.points.test)[:, 1].tolist() == controller.snapshot.test_outputs[:, 0].tolist()


def test_classes_over_more_inputs_are_counted_by_part(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(
        layered_network([4, 3], output="softmax"), make_dataset("iris"), loss="cross_entropy"
    )
    plot = make_plot(qtbot, controller)
    assert plot.kind == "confusion"
    assert plot.view.matrix.counts is not None
    assert plot.view.matrix.counts.sum() == 30
    plot.header.parts.setCurrentIndex(plot.header.parts.findText("Training"))
    assert plot.view.matrix.counts.sum() == 120
    assert not plot.grab().isNull()


def test_an_answer_to_another_question_is_not_drawn(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(layered_network([1, 2, 1]), make_dataset("sine"))
    plot = make_plot(qtbot, controller)
    before = plot.view.curve.getData()[1].tolist()
    snapshot = controller.snapshot
    assert snapshot is not None
    assert plot.probe is not None
    answer = snapshot.answer(plot.probe.key)
    assert answer is not None
    controller.snapshot = replace(snapshot, answers={"another": answer + 5})
    controller.snapshot_changed.emit()
    assert plot.view.curve.getData()[1].tolist() == before


def test_the_picture_follows_the_network_as_it_is_drawn(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(Network())
    document = controller.document
    plot = make_plot(qtbot, controller)
    assert plot.kind == "none"
    assert plot.hint.isVisible()
    network = document.network
    a = network.add_neuron("input").id
    y = network.add_neuron("output").id
    network.connect(a, y, weight=1.0)
    qtbot.waitUntil(lambda: plot.kind == "curve")
    network.add_neuron("input")
    qtbot.waitUntil(lambda: plot.kind == "surface")
    document.do(RemoveItems("Delete", (y,)))
    qtbot.waitUntil(lambda: plot.kind == "none")


def test_a_mismatch_of_data_and_network_is_explained(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    plot = make_plot(qtbot, make_controller(layered_network([3, 1]), make_dataset("iris")))
    assert plot.kind == "none"
    assert "4 features and 3 targets" in plot.hint.text()
    assert "3 inputs and 1 output." in plot.hint.text()


def test_a_click_near_a_point_puts_its_row_in_focus(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(gate("and"), make_dataset("and"))
    plot = make_plot(qtbot, controller)
    assert controller.document.focus_row == 0
    viewport = plot.plot.viewport()
    view = plot.plot.getViewBox()
    near = plot.plot.mapFromScene(view.mapViewToScene(QPointF(1.0, 0.02)))
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=near)
    assert controller.document.focus_row == 2
    assert places_of(plot.stage.points.focus).tolist() == [[1.0, 0.0]]
    middle = plot.plot.mapFromScene(view.mapViewToScene(QPointF(0.5, 0.5)))
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=middle)
    assert controller.document.focus_row == 2


def test_several_outputs_can_be_chosen_and_the_choice_outlives_other_rows(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    def data(seed: int) -> Dataset:
        rng = np.random.default_rng(seed)
        return Dataset.from_arrays(
            rng.normal(size=(12, 2)),
            np.repeat([0.0, 1.0, 2.0], 4),
            classes=("a", "b", "c"),
            test_fraction=0.0,
        )

    controller = make_controller(layered_network([2, 3], output="softmax"), data(0))
    plot = make_plot(qtbot, controller)
    texts = [plot.header.outputs.itemText(place) for place in range(plot.header.outputs.count())]
    assert texts == ["All classes", "a", "b", "c"]
    plot.header.outputs.setCurrentIndex(2)
    assert len(plot.view.border.getData()[0]) > 0
    controller.document.do(ProjectChange("Change data", data=data(1)))
    settle(plot, controller)
    assert plot.header.outputs.currentText() == "b"


def test_nothing_is_asked_for_while_the_plot_is_hidden(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(gate("and"), make_dataset("and"))
    plot = make_plot(qtbot, controller)
    assert controller.snapshot is not None
    assert plot.stage.answered is not None
    plot.hide()
    controller.look()
    assert not controller.snapshot.answers
    plot.show()
    controller.look()
    assert plot.stage.answered is not None


def test_the_surface_changes_while_training_runs(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(
        layered_network([2, 4, 1]), make_dataset("xor"), optimizer="adam", epochs=100_000
    )
    plot = make_plot(qtbot, controller)
    assert plot.view.surface.image is not None
    before = plot.view.surface.image.copy()
    controller.train()
    qtbot.waitUntil(lambda: plot.view.surface.image is not None and plot.view.surface.image != before)
    controller.halt()


def test_axes_are_named_by_the_neurons_where_there_are_no_data(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(gate("and"))
    plot = make_plot(qtbot, controller)
    first = controller.document.network.inputs[0]
    controller.document.do(ChangeNeurons("Change label", {first.id: {"label": "humidity"}}))
    settle(plot, controller)
    assert plot.plot.getPlotItem().getAxis("bottom").labelText == "humidity"


@pytest.mark.parametrize("kind", ["surface", "curve", "confusion", "scatter"])
def test_every_picture_is_saved_as_drawing_and_numbers(
    qtbot: QtBot, make_controller: Callable[..., TrainingController], tmp_path: Path, kind: str
) -> None:
    values = Dataset.from_arrays(np.arange(30.0).reshape(10, 3), np.arange(10.0))
    network, data = {
        "surface": (layered_network([2, 3, 1]), make_dataset("moons")),
        "curve": (layered_network([1, 3, 1]), make_dataset("sine")),
        "confusion": (layered_network([4, 3]), make_dataset("iris")),
        "scatter": (layered_network([3, 1]), values),
    }[kind]
    plot = make_plot(qtbot, make_controller(network, data))
    assert plot.kind == kind
    plot.header.export_button.save(tmp_path / "output.svg")
    root = ET.parse(tmp_path / "output.svg").getroot()
    shapes = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert sum(shapes.count(kind) for kind in ("path", "circle", "ellipse", "polyline")) > 8
    plot.header.export_button.save(tmp_path / "output.csv")
    lines = (tmp_path / "output.csv").read_text("utf-8").splitlines()
    assert len(lines) > 3
    assert len({line.count(",") for line in lines}) == 1


def test_the_plot_takes_the_colors_of_another_theme(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    plot = make_plot(qtbot, make_controller(gate("and"), make_dataset("and")))
    manager = theme.manager()
    before = manager.choice
    try:
        images = []
        for choice in ("dark", "light"):
            manager.set_choice(choice, remember=False)
            assert plot.plot.backgroundBrush().color() == manager.current.plot_background
            assert plot.view.surface.image is not None
            images.append(plot.view.surface.image.copy())
        assert images[0] != images[1]
    finally:
        manager.set_choice(before, remember=False)


def with_derived(key: str, *derived: Derived) -> Dataset:
    own = make_dataset(key).preparation
    assert own is not None
    return make_dataset(key, preparation=replace(own, derived=derived, scaling="standardize"))


def test_derived_features_are_seen_over_the_columns_they_come_from(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = with_derived("circles", square("x1"), square("x2"))
    network = layered_network([4, 1], seed=None)
    program = compile_network(network)
    result = train(
        network, data, TrainingSettings(loss="binary_cross_entropy", optimizer="adam", learning_rate=0.1)
    )
    network.set_parameters(program, result.parameters)
    plot = make_plot(qtbot, make_controller(network, data))
    assert plot.kind == "surface"
    assert np.allclose(places_of(plot.stage.points.train), data.feature_values(data.x_train)[:, :2])
    x, y = plot.view.border.getData()
    # A single neuron closes a ring between the circles, of radius 0.5 and 1, because it sees the squares.
    assert 0.5 < np.hypot(x, y).min() < np.hypot(x, y).max() < 1.0
    assert list(plot.columns()) == ["x1", "x2", "x1²", "x2²", "output class"]


def test_a_curve_bends_with_the_features_derived_from_its_one_input(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    data = with_derived("sine", sine("x"))
    network = layered_network([2, 1], output="identity", seed=None)
    network.update_connection(network.connections[1].id, weight=1.0)
    plot = make_plot(qtbot, make_controller(network, data))
    assert plot.kind == "curve"
    x, y = plot.view.curve.getData()
    slope, offset = np.polyfit(np.sin(x), y, 1)
    assert np.allclose(y, slope * np.sin(x) + offset)


def test_a_formula_without_a_value_around_the_data_leaves_the_confusion(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    low = make_dataset("circles").x[:, 0].min()
    data = with_derived("circles", Derived("root", f"sqrt(x1 + {-low})"))
    plot = make_plot(qtbot, make_controller(layered_network([3, 1]), data))
    assert plot.kind == "confusion"
