"""Distributions of a training in the window: pages, groups, scrubbing, and nothing of another training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from nnstudio.data import make_dataset
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import Timeline, TrainingSettings
from nnstudio.training.distributions import Histograms
from nnstudio.ui.panels.distributions_reading import _Found
from nnstudio.ui.plots.distributions import DistributionPlot

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow
    from nnstudio.ui.panels.distributions import DistributionsPanel

pytestmark = pytest.mark.ui
LEFT = Qt.MouseButton.LeftButton
EPOCHS = 20


@pytest.fixture
def panel(window: MainWindow, qtbot: QtBot) -> DistributionsPanel:
    network = layered_network([2, 3, 1])
    network.initialize("xavier_uniform", 1)
    settings = TrainingSettings(epochs=EPOCHS, batch_size=2, learning_rate=0.1, optimizer="adam")
    window.document.replace_project(Project(network, make_dataset("xor"), settings))
    window.controller.set_speed("full")
    window.load_plots()
    window.docks["distributions"].raise_()
    qtbot.waitUntil(lambda: "distributions" in window.lazy_docks.panels)
    found: DistributionsPanel = window.lazy_docks.panels["distributions"]
    qtbot.waitUntil(found.isVisible)
    return found


def train(window: MainWindow, panel: DistributionsPanel, qtbot: QtBot) -> None:
    window.controller.train()
    qtbot.waitUntil(lambda: window.controller.state == "finished")
    qtbot.waitUntil(lambda: bool(panel.readings) and not panel.gathering.is_working)


def choose(panel: DistributionsPanel, key: str) -> None:
    """Go to a page by the keyboard."""
    panel.page.setFocus()
    QTest.keyClick(panel.page, Qt.Key.Key_Home)
    while panel.page_key != key:
        QTest.keyClick(panel.page, Qt.Key.Key_Down)


def pixel_of(panel: DistributionsPanel, x: float, y: float) -> QPoint:
    view = panel.plot.plot.getViewBox()
    return panel.plot.plot.mapFromScene(view.mapViewToScene(QPointF(x, y)))


def test_before_a_training_it_says_how_to_get_there(panel: DistributionsPanel) -> None:
    assert panel.hint.isVisible()
    assert "Train the network" in panel.hint.text()
    assert not panel.plot.isVisible()


def test_a_low_plot_leaves_the_names_of_its_axes_away(qtbot: QtBot) -> None:
    plot = DistributionPlot()
    qtbot.addWidget(plot)
    plot.resize(600, 300)
    plot.show()
    plot.show_histograms(
        Histograms(np.arange(3), np.linspace(-1.0, 1.0, 5), np.ones((3, 4), np.int64), 0.0, 4),
        "Weights",
        ridges=False,
        log=False,
    )
    labels = [plot.plot.getPlotItem().getAxis(side).label for side in ("left", "bottom")]
    assert [label.isVisible() for label in labels] == [True, True]
    plot.resize(600, 100)
    qtbot.waitUntil(lambda: [label.isVisible() for label in labels] == [False, False])
    plot.resize(600, 300)
    qtbot.waitUntil(lambda: [label.isVisible() for label in labels] == [True, True])


def test_every_step_of_a_short_training_is_read(
    window: MainWindow, panel: DistributionsPanel, qtbot: QtBot
) -> None:
    train(window, panel, qtbot)
    assert [reading.step for reading in panel.readings] == list(range(2 * EPOCHS + 1))
    found = panel.plot.histograms
    assert found is not None
    assert found.counts.sum(axis=1).tolist() == [9] * (2 * EPOCHS + 1)
    weights = [connection.weight for connection in window.document.network.connections]
    assert sorted(panel.readings[-1].weights.tolist()) == pytest.approx(sorted(weights), rel=1e-6)


@pytest.mark.parametrize("key", ["biases", "gradients", "activations", "updates"])
def test_each_quantity_has_its_histograms_as_map_and_as_ridges(
    window: MainWindow, panel: DistributionsPanel, qtbot: QtBot, key: str
) -> None:
    train(window, panel, qtbot)
    choose(panel, key)
    assert panel.plot.histograms is not None
    assert panel.plot.map.isVisible()
    QTest.mouseClick(panel.ridge_button, LEFT)
    assert not panel.plot.map.isVisible()
    assert panel.plot.ridges[0].isVisible()
    assert not panel.grab().isNull()


def test_a_layer_has_its_own_values_and_a_selection_too(
    window: MainWindow, panel: DistributionsPanel, qtbot: QtBot
) -> None:
    train(window, panel, qtbot)
    panel.group.setFocus()
    QTest.keyClick(panel.group, Qt.Key.Key_End)
    assert "Select" in panel.hint.text()
    connection = window.document.network.connections[0]
    window.document.selection.set((), (connection.id,))
    assert panel.plot.histograms is not None
    assert panel.plot.histograms.members == 1
    QTest.keyClick(panel.group, Qt.Key.Key_Home)
    QTest.keyClick(panel.group, Qt.Key.Key_Down)
    assert panel.group.currentText() == "Layer 1"
    assert panel.plot.histograms.members == 6


def test_lines_of_ratios_norms_rates_and_of_what_is_selected(
    window: MainWindow, panel: DistributionsPanel, qtbot: QtBot
) -> None:
    train(window, panel, qtbot)
    choose(panel, "ratios")
    assert panel.plot.lines is not None
    assert panel.plot.lines.names == ("Layer 1", "Layer 2")
    assert "dashed line" in panel.note.text()
    choose(panel, "gradient_norms")
    assert np.isfinite(panel.plot.lines.values).all()
    choose(panel, "learning_rate")
    assert panel.plot.lines.values[0] == pytest.approx(np.full(2 * EPOCHS + 1, 0.1))
    choose(panel, "selected")
    assert "Select connections or neurons" in panel.hint.text()
    network = window.document.network
    output = network.outputs[0]
    window.document.selection.set((output.id,))
    assert len(panel.plot.lines.names) == 4
    assert panel.plot.lines.values[-1][-1] == pytest.approx(output.bias, rel=1e-6)


def test_a_click_goes_back_to_that_step_and_the_line_stands_there(
    window: MainWindow, panel: DistributionsPanel, qtbot: QtBot
) -> None:
    train(window, panel, qtbot)
    assert panel.plot.histograms is not None
    middle = float(panel.plot.histograms.edges.mean())
    QTest.mouseClick(panel.plot.plot.viewport(), LEFT, pos=pixel_of(panel, 15.0, middle))
    assert window.controller.time_machine.step == 15
    assert panel.plot.moment_line.isVisible()
    assert panel.plot.moment_line.value() == 15.0
    window.controller.time_machine.to_now()
    assert not panel.plot.moment_line.isVisible()


def test_the_pointer_reads_step_and_count(
    window: MainWindow, panel: DistributionsPanel, qtbot: QtBot
) -> None:
    train(window, panel, qtbot)
    found = panel.plot.histograms
    assert found is not None
    row = int(found.counts[10].argmax())
    y = float(found.edges[row : row + 2].mean())
    told: list[str] = []
    panel.plot.read.connect(told.append)
    QTest.mouseMove(panel.plot.plot.viewport(), pixel_of(panel, 10.0, y))
    qtbot.waitUntil(lambda: bool(told))
    assert told[-1].startswith(f"Step 10: {found.counts[10, row]} of 9 from ")


def test_readings_of_another_training_are_never_shown(
    window: MainWindow, panel: DistributionsPanel, qtbot: QtBot
) -> None:
    train(window, panel, qtbot)
    late = panel.readings
    window.controller.reset()
    window.controller.train()
    panel.gathering.take(_Found(Timeline(), 1, late, is_all=True))
    assert panel.readings is not late
    qtbot.waitUntil(lambda: window.controller.state == "finished")


def test_behind_another_tab_nothing_is_read(
    window: MainWindow, panel: DistributionsPanel, qtbot: QtBot
) -> None:
    window.docks["loss"].raise_()
    qtbot.waitUntil(lambda: not panel.isVisible() or not panel._is_seen)
    window.controller.train()
    qtbot.waitUntil(lambda: window.controller.state == "finished")
    assert not panel.readings
    assert not panel.gathering.is_working
    window.docks["distributions"].raise_()
    qtbot.waitUntil(lambda: len(panel.readings) == 2 * EPOCHS + 1)


def test_the_numbers_of_each_page_can_be_saved(
    window: MainWindow, panel: DistributionsPanel, qtbot: QtBot
) -> None:
    train(window, panel, qtbot)
    columns = panel.columns()
    assert len(columns) == 41
    assert columns["step"].tolist() == list(range(2 * EPOCHS + 1))
    choose(panel, "ratios")
    assert list(panel.columns()) == ["step", "Layer 1", "Layer 2"]
