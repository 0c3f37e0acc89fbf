from __future__ import annotations

import csv
import itertools
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QImage
from PySide6.QtTest import QTest

from nnstudio.data import make_dataset
from nnstudio.errors import NNStudioError
from nnstudio.network.templates import layered_network
from nnstudio.training import History
from nnstudio.ui import theme
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.plots.loss import LossPlot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui


def history_of(epochs: int, *, test: bool = True) -> History:
    numbers = np.arange(1.0, epochs + 1)
    return History.from_arrays(
        {
            "epoch": numbers,
            "loss": 1.0 / numbers,
            "test_loss": 2.0 / numbers if test else np.full(epochs, np.nan),
            "accuracy": 1.0 - 0.5 / numbers,
        }
    )


@pytest.fixture
def controller(make_controller: Callable[..., TrainingController]) -> TrainingController:
    return make_controller(layered_network([2, 3, 1]), make_dataset("xor"), epochs=5)


@pytest.fixture
def loss_plot(qtbot: QtBot, controller: TrainingController) -> LossPlot:
    plot = LossPlot(controller)
    qtbot.addWidget(plot)
    plot.resize(700, 220)
    plot.show()
    qtbot.waitExposed(plot)
    return plot


def show_history(loss_plot: LossPlot, controller: TrainingController, history: History) -> None:
    controller.document.do(ProjectChange("Train", history=history))
    loss_plot.draw()


def test_training_draws_every_epoch(
    qtbot: QtBot, loss_plot: LossPlot, controller: TrainingController
) -> None:
    assert "once you train" in loss_plot.reading.text()
    controller.train()
    qtbot.waitUntil(lambda: controller.state == "finished")
    loss_plot.draw()
    x, y = loss_plot.train_curve.getOriginalDataset()
    history = controller.document.project.history
    assert history is not None
    assert x.tolist() == [1, 2, 3, 4, 5]
    assert y.tolist() == history.loss.tolist()
    assert loss_plot.reading.text().startswith("Epoch 5")


def test_without_a_test_part_there_is_no_test_curve(
    loss_plot: LossPlot, controller: TrainingController
) -> None:
    show_history(loss_plot, controller, history_of(10, test=False))
    x, _ = loss_plot.test_curve.getOriginalDataset()
    assert x is None or not len(x)
    assert legend(loss_plot) == ["Training"]
    show_history(loss_plot, controller, history_of(10))
    assert legend(loss_plot) == ["Training", "Test"]


def legend(loss_plot: LossPlot) -> list[str]:
    return [label.text for _, label in loss_plot.plot.getPlotItem().legend.items]


def test_the_view_follows_the_curves_on_both_axes(
    loss_plot: LossPlot, controller: TrainingController
) -> None:
    show_history(loss_plot, controller, history_of(50))
    (left, right), (bottom, top) = loss_plot.plot.getViewBox().viewRange()
    assert (left, right) == (1.0, 50.0)
    assert bottom == 0.0
    assert 2.0 < top < 2.4
    QTest.mouseClick(loss_plot.log_button, Qt.MouseButton.LeftButton)
    (_, _), (bottom, top) = loss_plot.plot.getViewBox().viewRange()
    assert bottom == pytest.approx(np.log10(0.02), abs=0.3)
    assert top == pytest.approx(np.log10(2.0), abs=0.3)


def test_a_loss_of_zero_leaves_the_log_axis_usable(
    loss_plot: LossPlot, controller: TrainingController
) -> None:
    loss_plot.log_button.setChecked(True)
    history = History.from_arrays(
        {
            "epoch": np.array([1.0, 2.0, 3.0]),
            "loss": np.array([1.0, 0.0, 0.5]),
            "test_loss": np.full(3, np.nan),
        }
    )
    show_history(loss_plot, controller, history)
    loss_plot.grab()
    assert np.isfinite(loss_plot.plot.getViewBox().viewRange()).all()


def test_moving_the_view_by_hand_ends_the_following_until_it_is_asked_for(
    loss_plot: LossPlot, controller: TrainingController
) -> None:
    show_history(loss_plot, controller, history_of(50))
    view = loss_plot.plot.getViewBox()
    center = loss_plot.plot.mapFromScene(view.sceneBoundingRect().center())
    viewport = loss_plot.plot.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=center)
    for step in (10, 30, 60):
        QTest.mouseMove(viewport, center - QPoint(step, 0), delay=5)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=center - QPoint(60, 0))
    assert not loss_plot.follow_button.isChecked()
    moved = view.viewRange()[0]
    assert moved != [1.0, 50.0]
    loss_plot.draw()
    assert view.viewRange()[0] == moved
    QTest.mouseClick(loss_plot.follow_button, Qt.MouseButton.LeftButton)
    assert view.viewRange()[0] == [1.0, 50.0]


def test_the_pointer_reads_the_epoch_under_it(
    qtbot: QtBot, loss_plot: LossPlot, controller: TrainingController
) -> None:
    loss_plot.resize(900, 220)
    show_history(loss_plot, controller, history_of(50))
    view = loss_plot.plot.getViewBox()
    place = loss_plot.plot.mapFromScene(view.mapViewToScene(QPointF(20.2, 0.5)))
    QTest.mouseMove(loss_plot.plot.viewport(), place)
    assert loss_plot.reading.text() == "Epoch 20  ·  loss 0.05  ·  test loss 0.1  ·  accuracy 0.975"

    places = itertools.count()

    def reads_the_last_epoch_away_from_the_curves() -> bool:
        # pyqtgraph leaves out moves that follow too quickly, Qt those to the same place.
        QTest.mouseMove(loss_plot.plot.viewport(), QPoint(2, 2 + next(places) % 5))
        return loss_plot.reading.text().startswith("Epoch 50")

    qtbot.waitUntil(reads_the_last_epoch_away_from_the_curves)


def test_a_hundred_thousand_epochs_are_drawn_from_few_points(
    loss_plot: LossPlot, controller: TrainingController
) -> None:
    show_history(loss_plot, controller, history_of(100_000))
    loss_plot.grab()
    drawn, _ = loss_plot.train_curve.getData()
    assert 100 < len(drawn) < 3_000


def test_measured_epochs_are_joined_by_a_line(loss_plot: LossPlot, controller: TrainingController) -> None:
    history = history_of(300)
    columns = {name: values.copy() for name, values in history.arrays().items()}
    measured = np.arange(300) % 100 == 0
    columns["test_loss"][~measured] = np.nan
    show_history(loss_plot, controller, History.from_arrays(columns))
    x, y = loss_plot.test_curve.getData()
    assert x.tolist() == [1.0, 101.0, 201.0]
    assert np.isfinite(y).all()
    assert "test loss" in loss_plot.reading.toolTip()


def test_a_part_of_a_long_history_is_drawn_point_by_point(
    qtbot: QtBot, loss_plot: LossPlot, controller: TrainingController
) -> None:
    show_history(loss_plot, controller, history_of(100_000))
    loss_plot.follow_button.setChecked(False)
    loss_plot.plot.getViewBox().setXRange(50_000, 50_020, padding=0)
    loss_plot.draw()
    x, _ = loss_plot.train_curve.getData()
    assert x.tolist() == list(range(49_999, 50_021))


def test_a_narrow_plot_tells_the_most_important_and_the_rest_as_a_hint(
    qtbot: QtBot, loss_plot: LossPlot, controller: TrainingController
) -> None:
    show_history(loss_plot, controller, history_of(50))
    loss_plot.resize(330, 220)
    qtbot.waitUntil(lambda: "accuracy" not in loss_plot.reading.text(), timeout=5_000)
    assert loss_plot.reading.text().startswith("Epoch 50")
    assert "accuracy" in loss_plot.reading.toolTip()


def test_without_a_history_a_narrow_plot_ends_its_hint_with_dots(qtbot: QtBot, loss_plot: LossPlot) -> None:
    assert loss_plot.reading.text().endswith("once you train.")
    loss_plot.resize(280, 220)
    qtbot.waitUntil(lambda: loss_plot.reading.text().endswith("…"), timeout=5_000)
    width = loss_plot.reading.fontMetrics().horizontalAdvance(loss_plot.reading.text())
    assert width <= loss_plot.reading.width()


@pytest.mark.parametrize("height", [90, 100, 120, 150, 220])
def test_numbers_at_a_low_axis_do_not_cover_each_other(
    loss_plot: LossPlot, controller: TrainingController, height: int
) -> None:
    show_history(loss_plot, controller, history_of(50))
    loss_plot.resize(700, height)
    loss_plot.plot.grab()
    axis = loss_plot.plot.getPlotItem().getAxis("left")
    low, high = axis.range
    levels = axis.tickValues(low, high, axis.size().height())
    values = sorted(value for _, level in levels for value in level)
    assert len(values) >= 2
    digits = QFontMetricsF(axis.style["tickFont"]).tightBoundingRect("0123456789").height()
    gaps = np.diff(values) / (high - low) * axis.size().height()
    assert gaps.min() > digits


def test_an_svg_file_is_xml_with_the_curves_as_paths(
    loss_plot: LossPlot, controller: TrainingController, tmp_path: Path
) -> None:
    show_history(loss_plot, controller, history_of(50))
    path = tmp_path / "loss.svg"
    loss_plot.export_button.save(path)
    root = ET.parse(path).getroot()
    namespace = "{http://www.w3.org/2000/svg}"
    lines = root.findall(f".//{namespace}path") + root.findall(f".//{namespace}polyline")
    hue = theme.manager().current.train_line.name()
    assert root.tag == f"{namespace}svg"
    assert len(lines) > 5
    assert hue in path.read_text("utf-8")


def test_a_png_file_shows_the_curve_at_twice_the_size(
    loss_plot: LossPlot, controller: TrainingController, tmp_path: Path
) -> None:
    show_history(loss_plot, controller, history_of(50))
    loss_plot.export_button.save(tmp_path / "loss.png")
    image = QImage(str(tmp_path / "loss.png"))
    assert image.width() == 2 * loss_plot.plot.width()
    hue = theme.manager().current.train_line.rgb()
    assert any(image.pixel(x, y) == hue for x in range(0, image.width(), 2) for y in range(image.height()))


def test_a_csv_file_holds_all_epochs_in_full_precision(
    loss_plot: LossPlot, controller: TrainingController, tmp_path: Path
) -> None:
    show_history(loss_plot, controller, history_of(3, test=False))
    loss_plot.export_button.save(tmp_path / "loss.csv")
    rows = list(csv.reader((tmp_path / "loss.csv").read_text("utf-8").splitlines()))
    assert rows[0] == ["epoch", "loss", "test_loss", "accuracy"]
    assert rows[3] == ["3", repr(1 / 3), "", repr(1 - 0.5 / 3)]


@pytest.mark.parametrize("name", ["loss.png", "loss.svg", "loss.csv"])
def test_a_place_that_cannot_be_written_is_named_with_a_way_out(
    loss_plot: LossPlot, tmp_path: Path, name: str
) -> None:
    with pytest.raises(NNStudioError, match="Choose another place"):
        loss_plot.export_button.save(tmp_path / "missing" / name)


def test_the_plot_takes_the_colors_of_another_theme(loss_plot: LossPlot) -> None:
    manager = theme.manager()
    before = manager.choice
    try:
        for choice in ("dark", "light"):
            manager.set_choice(choice, remember=False)
            assert loss_plot.plot.backgroundBrush().color() == manager.current.plot_background
            assert loss_plot.train_curve.opts["pen"].color() == manager.current.train_line
    finally:
        manager.set_choice(before, remember=False)
