"""The Explain panel in the window: what is clicked on the canvas is explained, live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.explain import connection, neuron
from nnstudio.network.edits import SetValues
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.panels.curve import CurvePlot
from nnstudio.ui.panels.explain_formula import FormulaView
from nnstudio.ui.panels.explain_graph import GraphView
from nnstudio.ui.panels.explain_parts import WayView
from tests.ui.conftest import make_window as make_window
from tests.ui.conftest import window as window
from tests.ui.panels.conftest import small_network

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.network import Network
    from nnstudio.ui.main_window import MainWindow
    from nnstudio.ui.panels.explain import ExplainPanel

pytestmark = pytest.mark.ui
LEFT = Qt.MouseButton.LeftButton
XOR = make_dataset("xor")


def with_skip() -> Network:
    """Return the small network with a second hidden neuron, so that a weight has two paths."""
    network = small_network()
    network.add_neuron("hidden", label="g", id="g", position=(60.0, 140.0))
    network.connect("h", "g", weight=-0.75, id="hg")
    network.connect("g", "y", weight=1.25, id="gy")
    places = {"a": (-200.0, -80.0), "b": (-200.0, 80.0), "h": (-60.0, -60.0), "y": (200.0, 0.0)}
    for key, position in places.items():
        network.update_neuron(key, position=position)
    return network


@pytest.fixture
def panel(window: MainWindow, qtbot: QtBot) -> ExplainPanel:
    settings = TrainingSettings(epochs=1_000_000_000, learning_rate=0.1)
    window.document.replace_project(Project(with_skip(), XOR, settings))
    window.load_plots()
    assert "explain" not in window.lazy_docks.panels
    window.canvas.fit_all()
    window.docks["explain"].raise_()
    qtbot.waitUntil(lambda: "explain" in window.lazy_docks.panels)
    qtbot.waitUntil(window.lazy_docks.panels["explain"].isVisible)
    window.document.set_focus_row(1)
    return window.lazy_docks.panels["explain"]


def click(window: MainWindow, point: QPointF) -> None:
    QTest.mouseClick(window.canvas.viewport(), LEFT, pos=window.canvas.mapFromScene(point))


def place_of(window: MainWindow, neuron_id: str) -> QPointF:
    return window.canvas.network_scene.items_by_id[neuron_id].pos()


def click_neuron(window: MainWindow, neuron_id: str, qtbot: QtBot) -> None:
    click(window, place_of(window, neuron_id))
    assert window.document.selection.neurons == {neuron_id}
    settle(window, qtbot)


def click_connection(window: MainWindow, source: str, target: str, qtbot: QtBot) -> None:
    click(window, (place_of(window, source) + place_of(window, target)) / 2)
    assert len(window.document.selection.connections) == 1
    settle(window, qtbot)


def settle(window: MainWindow, qtbot: QtBot) -> None:
    panel = window.lazy_docks.panels["explain"]
    # What is looked at later would have the parts made anew, and a path let go.
    window.controller.look()
    qtbot.waitUntil(lambda: not panel._timer.isActive())
    views = [view for part in panel.parts for view in part.views]
    qtbot.waitUntil(lambda: all(view.isVisible() and view.height() > 8 for view in views))


def formulas(panel: ExplainPanel) -> list[str]:
    views = [view for part in panel.parts for view in part.views if isinstance(view, FormulaView)]
    return [view.formula.text for view in views if view.formula is not None]


def notes(panel: ExplainPanel) -> str:
    views = [view for part in panel.parts for view in part.views if isinstance(view, QLabel)]
    return " ".join(view.text() for view in views)


def ways(panel: ExplainPanel) -> list[WayView]:
    return [view for part in panel.parts for view in part.views if isinstance(view, WayView)]


def point_at(way: WayView) -> None:
    """Tell a path that the pointer has come onto it: where the pointer is, is one for all tests at once."""
    at = QPointF(10, 10)
    QApplication.sendEvent(way, QEnterEvent(at, at, QPointF(way.mapToGlobal(at.toPoint()))))


def point_away(way: WayView) -> None:
    """Tell a path that the pointer has left it."""
    QApplication.sendEvent(way, QEvent(QEvent.Type.Leave))


def explained(window: MainWindow, function: Any, key: str, **options: Any) -> Any:
    program = compile_network(window.document.network)
    row = window.document.focus_row
    assert row is not None
    if function is neuron:
        options["y_row"] = XOR.y[row]
        return neuron(program, program.initial_parameters(), XOR.x[row], key, **options)
    return connection(program, program.initial_parameters(), XOR.x[row], XOR.y[row], key, **options)


def test_a_neuron_that_is_clicked_is_explained(window: MainWindow, panel: ExplainPanel, qtbot: QtBot) -> None:
    click_neuron(window, "h", qtbot)
    expected = explained(window, neuron, "h")
    assert formulas(panel) == [formula.text for formula in expected.formulas]
    assert "h" in panel.headline.text()
    assert panel.sample.text() == "Sample 2 of 4, of the training part"
    plot = panel.parts[1].views[0]
    assert isinstance(plot, CurvePlot)
    assert plot.key == window.document.network.neuron("h").activation


def test_an_input_has_its_value(window: MainWindow, panel: ExplainPanel, qtbot: QtBot) -> None:
    click_neuron(window, "b", qtbot)
    assert formulas(panel) == [f"x[b] = {XOR.x[1][1]:g}"]


def test_another_sample_in_focus_has_other_numbers(
    window: MainWindow, panel: ExplainPanel, qtbot: QtBot
) -> None:
    click_neuron(window, "h", qtbot)
    before = formulas(panel)
    window.document.set_focus_row(3)
    settle(window, qtbot)
    assert formulas(panel) == [formula.text for formula in explained(window, neuron, "h").formulas] != before


def test_a_connection_that_is_clicked_has_its_paths_their_sum_and_the_step(
    window: MainWindow, panel: ExplainPanel, qtbot: QtBot
) -> None:
    click_connection(window, "b", "h", qtbot)
    settings = window.controller.settings
    expected = explained(window, connection, "bh", settings=settings)
    assert [way.path for way in ways(panel)] == list(expected.paths)
    assert len(expected.paths) == 2
    assert formulas(panel) == [
        each.text for each in (expected.chain, expected.gradient, *expected.update.formulas)
    ]


def test_nothing_selected_explains_the_loss(window: MainWindow, panel: ExplainPanel, qtbot: QtBot) -> None:
    click(window, QPointF(0.0, 300.0))
    settle(window, qtbot)
    assert panel.headline.text().startswith("Loss")
    assert any(text.startswith("L = ") for text in formulas(panel))


def test_a_path_under_the_pointer_is_lit_up_on_the_canvas(
    window: MainWindow, panel: ExplainPanel, qtbot: QtBot
) -> None:
    click_connection(window, "b", "h", qtbot)
    items = window.canvas.network_scene.items_by_id
    for way in ways(panel):
        point_at(way)
        assert way.path is not None
        assert {key for key in items if items[key].is_on_path} == set(way.path.neuron_ids)
        assert window.canvas.network_scene.layer._path == way.path.connection_ids
        point_away(way)
    qtbot.waitUntil(lambda: not any(item.is_on_path for item in items.values()))


def test_a_path_that_is_clicked_stays_lit_until_something_else_is_selected(
    window: MainWindow, panel: ExplainPanel, qtbot: QtBot
) -> None:
    click_connection(window, "b", "h", qtbot)
    way = ways(panel)[1]
    point_at(way)
    items = window.canvas.network_scene.items_by_id
    QTest.mouseClick(way, LEFT, pos=QPoint(10, 8))
    point_away(way)
    assert {key for key in items if items[key].is_on_path} == set(way.path.neuron_ids)
    click_neuron(window, "a", qtbot)
    assert not any(item.is_on_path for item in items.values())


def test_the_numbers_follow_the_training(window: MainWindow, panel: ExplainPanel, qtbot: QtBot) -> None:
    click_connection(window, "b", "h", qtbot)
    before = formulas(panel)
    views = list(panel.parts)
    window.controller.train()
    qtbot.waitUntil(lambda: formulas(panel)[0] != before[0])
    window.controller.halt()
    qtbot.waitUntil(
        lambda: (
            formulas(panel)[0]
            == explained(window, connection, "bh", settings=window.controller.settings).chain.text
        )
    )
    assert panel.parts == views  # the same widgets: what is selected or focused stays so


def test_what_is_scrolled_away_follows_the_training_once_it_is_seen(
    window: MainWindow, panel: ExplainPanel, qtbot: QtBot
) -> None:
    click_connection(window, "b", "h", qtbot)
    before = formulas(panel)
    views = panel.findChildren(FormulaView)
    seen, hidden = views[0], views[-1]
    assert hidden.visibleRegion().isEmpty()
    window.controller.train()
    qtbot.waitUntil(lambda: formulas(panel)[0] != before[0])
    assert formulas(panel)[-1] == before[-1]
    panel.ensureWidgetVisible(hidden)
    assert not hidden.visibleRegion().isEmpty()
    assert formulas(panel)[-1] != before[-1]
    panel.verticalScrollBar().setValue(0)
    assert not seen.visibleRegion().isEmpty()
    window.controller.halt()
    wanted = explained(window, connection, "bh", settings=window.controller.settings)
    qtbot.waitUntil(lambda: formulas(panel)[0] == wanted.chain.text)
    last = formulas(panel)[-1]
    panel.ensureWidgetVisible(hidden)
    assert formulas(panel)[-1] == last


def test_what_an_optimizer_remembers_is_told_when_training_rests(
    window: MainWindow, panel: ExplainPanel, qtbot: QtBot
) -> None:
    from dataclasses import replace

    from nnstudio.ui.document import ProjectChange

    settings = replace(window.controller.settings, optimizer="adam")
    window.document.do(ProjectChange("Adam", settings=settings))
    click_connection(window, "b", "h", qtbot)
    window.controller.train()
    qtbot.waitUntil(lambda: "Pause the training" in notes(panel))
    window.controller.halt()
    state = window.document.project.checkpoint
    expected = explained(window, connection, "bh", settings=settings, state=state).update
    qtbot.waitUntil(lambda: formulas(panel)[-1] == expected.formulas[-1].text)


def test_hidden_it_does_nothing(window: MainWindow, panel: ExplainPanel, qtbot: QtBot) -> None:
    click_neuron(window, "h", qtbot)
    before = formulas(panel)
    window.docks["inspector"].raise_()
    qtbot.waitUntil(lambda: not panel._works)
    click(window, place_of(window, "y"))
    settle(window, qtbot)
    assert formulas(panel) == before
    window.docks["explain"].raise_()
    qtbot.waitUntil(lambda: formulas(panel) != before)


def test_a_formula_is_copied_as_latex_and_as_text(
    window: MainWindow, panel: ExplainPanel, qtbot: QtBot
) -> None:
    click_neuron(window, "h", qtbot)
    view = panel.parts[0].views[0]
    assert isinstance(view, FormulaView)
    QTest.mouseClick(view, LEFT)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    expected = explained(window, neuron, "h").sum
    assert QApplication.clipboard().text() == expected.latex
    view.copy_text.trigger()
    assert QApplication.clipboard().text() == expected.text


def test_a_formula_may_be_shown_as_text_to_select(
    window: MainWindow, panel: ExplainPanel, qtbot: QtBot
) -> None:
    click_neuron(window, "h", qtbot)
    view = panel.parts[0].views[0]
    assert isinstance(view, FormulaView)
    view.as_text.trigger()
    label = view._plain
    assert label is not None
    assert label.text().replace("\u200b", "") == explained(window, neuron, "h").sum.text
    assert label.geometry().bottom() <= view.height()
    label.setSelection(0, 4)
    view.copy_text.trigger()
    assert QApplication.clipboard().text() == label.text()[:4]
    view.as_text.trigger()
    assert view._plain is None


def test_without_data_it_says_what_is_missing(window: MainWindow, panel: ExplainPanel, qtbot: QtBot) -> None:
    window.document.replace_project(Project(with_skip()))
    qtbot.waitUntil(lambda: "Choose data" in notes(panel))


def test_a_disabled_neuron_has_nothing_to_explain(
    window: MainWindow, panel: ExplainPanel, qtbot: QtBot
) -> None:
    network = with_skip()
    network.update_neuron("g", enabled=False)
    window.document.replace_project(Project(network, XOR, window.controller.settings))
    click_neuron(window, "g", qtbot)
    qtbot.waitUntil(lambda: "Enable it" in notes(panel))


def test_the_panel_is_never_wider_than_its_dock(
    window: MainWindow, panel: ExplainPanel, qtbot: QtBot
) -> None:
    for source, target in (("b", "h"), ("h", "g")):
        click_connection(window, source, target, qtbot)
        assert panel.horizontalScrollBar().maximum() == 0
        for view in panel.findChildren(FormulaView):
            assert view._set.width * view._em <= view.width()


def test_a_worked_example_is_saved(
    window: MainWindow, panel: ExplainPanel, tmp_path: Path, answers: Any
) -> None:
    from nnstudio.explain.example import worked_example

    path = tmp_path / "step.md"
    answers.expect(path)
    panel.saving.action.trigger()
    assert path.read_text("utf-8") == worked_example(window.document.project, 1)
    assert str(path) in window.messages._text.text()


def test_numbers_are_those_of_the_engine(window: MainWindow, panel: ExplainPanel, qtbot: QtBot) -> None:
    click_neuron(window, "y", qtbot)
    program = compile_network(window.document.network)
    _, values = program.forward(program.initial_parameters(), XOR.x[1:2])
    output = values[program.neuron_slots["y"], 0]
    plot = panel.parts[1].views[0]
    assert isinstance(plot, CurvePlot)
    assert plot._point is not None
    assert np.isclose(plot._point[1], output)


def test_a_worked_example_is_saved_as_pdf(
    window: MainWindow, panel: ExplainPanel, tmp_path: Path, answers: Any
) -> None:
    path = tmp_path / "step.pdf"
    answers.expect(path)
    panel.saving.action.trigger()
    assert path.read_bytes().startswith(b"%PDF-")
    assert QApplication.overrideCursor() is None


def test_a_worked_example_that_cannot_be_written_is_told(
    window: MainWindow, panel: ExplainPanel, tmp_path: Path
) -> None:
    path = tmp_path / "no folder" / "step.md"
    panel.saving.write(path)
    assert "step.md" in window.messages._text.text()
    assert not path.exists()


def test_an_enlarged_graph_follows_the_numbers_behind_another_tab_and_closes_with_its_project(
    panel: ExplainPanel, window: MainWindow, qtbot: QtBot
) -> None:
    click_neuron(window, "h", qtbot)
    (graph,) = [view for part in panel.parts for view in part.views if isinstance(view, GraphView)]
    graph.enlarge.click()
    enlarged = graph.window_of_its_own
    assert enlarged is not None
    window.docks["inspector"].raise_()
    qtbot.waitUntil(lambda: not panel._is_seen)
    window.document.do(SetValues("Change", {}, {"h": 7.5}))
    qtbot.waitUntil(lambda: 7.5 in [node.value for node in enlarged.view.graph.nodes])
    closed = []
    enlarged.destroyed.connect(lambda: closed.append(True))
    window.document.replace_project(Project(small_network()))
    qtbot.waitUntil(lambda: closed == [True])
