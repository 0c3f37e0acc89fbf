from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSize

from nnstudio.network import Neuron
from nnstudio.network.edits import AddItems, ChangeConnections, ChangeNeurons, RemoveItems, SetValues
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.ui import theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnstudio.network import Network
    from tests.ui.canvas.conftest import Hand


@pytest.fixture
def light_theme() -> Iterator[None]:
    manager = theme.manager()
    before = manager.choice
    manager.set_choice("light", remember=False)
    yield
    manager.set_choice(before, remember=False)


def _snapshot(network: Network, **values: Any) -> Any:
    connections = [connection.id for connection in network.connections]
    neurons = [neuron.id for neuron in network.neurons]
    given = {
        # A compiled network has an order of its own.
        "connection_ids": tuple(reversed(connections)),
        "neuron_ids": tuple(reversed(neurons)),
        "weights": np.arange(len(connections), 0, -1.0),
        "biases": np.arange(len(neurons), 0, -1.0) / 100.0,
        "weight_gradients": np.arange(len(connections), 0, -1.0) / 10.0,
        "activations": np.arange(len(neurons), 0, -1.0) / 10.0,
    }
    return SimpleNamespace(**(given | values))


def _assert_follows(hand: Hand) -> None:
    scene, network = hand.canvas.network_scene, hand.network
    assert set(scene.items_by_id) == {neuron.id for neuron in network.neurons}
    graph = scene.graph
    assert graph.neuron_ids == tuple(neuron.id for neuron in network.neurons)
    assert graph.connection_ids == tuple(connection.id for connection in network.connections)
    for neuron in network.neurons:
        item = scene.items_by_id[neuron.id]
        assert item.neuron == neuron
        assert item.pos() == QPointF(*neuron.position)
        assert item.is_selected == (neuron.id in hand.document.selection.neurons)
    for slot, connection in enumerate(network.connections):
        ends = (*network.neuron(connection.source).position, *network.neuron(connection.target).position)
        assert graph.lines[slot].tolist() == list(ends)
        assert graph.weights[slot] == connection.weight


def test_the_scene_follows_every_kind_of_change_and_its_undo(hand: Hand) -> None:
    document = hand.document
    new = hand.network.make_neuron("hidden", position=(7, 8))
    for edits in (
        (AddItems("Add", (new,)),),
        (ChangeNeurons("Move", {"h": {"position": (1.0, 2.0)}}),),
        (ChangeConnections("Weight", {"ah": {"weight": 9.0}}),),
        (SetValues("Set", {"bh": 4.0, "hy": 5.0}, {"h": 6.0}),),
        (RemoveItems("Delete", ("a",)),),
        (ChangeConnections("Weight", {"hy": {"weight": 2.0}}), RemoveItems("Delete", ("h",))),
    ):
        assert document.do(*edits)
        _assert_follows(hand)
    for _ in range(6):
        document.undo_stack.undo()
        _assert_follows(hand)
    for _ in range(6):
        document.undo_stack.redo()
        _assert_follows(hand)


def test_another_project_replaces_everything(hand: Hand) -> None:
    hand.canvas.set_snapshot(_snapshot(hand.network))
    hand.document.replace_project(Project(layered_network([3, 4, 2])))
    _assert_follows(hand)
    assert np.isnan(hand.canvas.network_scene.graph.activations).all()


@pytest.mark.parametrize("zoom", [0.1, 0.5, 1.0, 4.0])
@pytest.mark.parametrize("off", [0.0, 4.5, -4.5])
def test_connections_are_picked_within_ten_pixels_at_any_zoom(hand: Hand, zoom: float, off: float) -> None:
    hand.document.do(ChangeNeurons("Move", {"y": {"position": (4000.0, 100.0)}}))
    scene = hand.canvas.network_scene
    assert scene.pick(QPointF(2000.0, 100.0 + off / zoom), zoom).id == "hy"
    assert scene.pick(QPointF(2000.0, 100.0 + 5.6 / zoom), zoom).kind == "empty"


def test_neurons_win_over_connections_and_the_rim_lies_around_the_middle(hand: Hand) -> None:
    scene = hand.canvas.network_scene
    kinds = [scene.pick(QPointF(200.0 + dx, 100.0), 1.0).kind for dx in (0.0, 15.0, 20.0, 29.0, 33.0)]
    assert kinds == ["core", "core", "rim", "rim", "connection"]


def test_a_snapshot_sets_values_by_id(hand: Hand) -> None:
    snapshot = _snapshot(hand.network)
    hand.canvas.set_snapshot(snapshot)
    graph = hand.canvas.network_scene.graph
    assert graph.weights.tolist() == [1.0, 2.0, 3.0]
    assert graph.gradients.tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert graph.activations.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert hand.canvas.network_scene.items_by_id["h"].value == pytest.approx(0.3)
    assert graph.activity.tolist() == pytest.approx([0.1, 0.4, 0.9])
    assert hand.canvas.network_scene.items_by_id["h"].bias == pytest.approx(0.03)
    assert hand.canvas.network_scene.items_by_id["a"].bias is None
    assert "bias 0.03" in hand.canvas.network_scene.items_by_id["h"].describe()
    assert hand.canvas.network_scene.shown_weight("bh") == 2.0


def test_a_snapshot_of_another_network_changes_only_what_both_have(hand: Hand) -> None:
    snapshot = _snapshot(hand.network)
    hand.document.do(RemoveItems("Delete", ("a",)))
    hand.canvas.set_snapshot(snapshot)
    graph = hand.canvas.network_scene.graph
    assert graph.connection_ids == ("bh", "hy")
    assert graph.weights.tolist() == [2.0, 3.0]


def test_an_edit_after_a_snapshot_shows_the_edited_weight(hand: Hand) -> None:
    hand.canvas.set_snapshot(_snapshot(hand.network))
    hand.document.do(ChangeConnections("Weight", {"ah": {"weight": 9.0}}))
    assert hand.canvas.network_scene.graph.weights[0] == 9.0


def test_without_a_snapshot_the_network_shows_its_own_weights(hand: Hand) -> None:
    hand.canvas.set_snapshot(_snapshot(hand.network))
    hand.canvas.set_snapshot(None)
    graph = hand.canvas.network_scene.graph
    assert graph.weights.tolist() == [0.5, -0.5, 1.5]
    assert not graph.gradients.any()


def test_the_pen_of_a_connection_changes_with_its_weight_and_with_the_mode(hand: Hand) -> None:
    layer = hand.canvas.network_scene.layer
    before = layer.pen_of("ah")
    hand.canvas.set_snapshot(_snapshot(hand.network, weights=np.array([3.0, 2.0, -3.0])))
    assert layer.pen_of("ah") != before
    by_weight = layer.pen_of("ah")
    hand.canvas.set_color_mode("gradient")
    assert layer.pen_of("ah") != by_weight


def test_a_recolored_connection_is_seen_on_the_screen(hand: Hand, light_theme: None) -> None:
    at = hand.pixel((310.0, 100.0))
    before = hand.canvas.viewport().grab().toImage().pixelColor(at)
    assert before.blue() > before.red()
    hand.canvas.set_snapshot(_snapshot(hand.network, weights=np.array([-3.0, 2.0, 1.0])))
    after = hand.canvas.viewport().grab().toImage().pixelColor(at)
    assert after.red() > after.blue()


def test_many_connections_are_painted_the_same_from_the_kept_image(qtbot: Any, hand: Hand) -> None:
    hand.document.replace_project(Project(layered_network([20, 20, 1])))
    hand.canvas.fit()
    first = hand.canvas.viewport().grab().toImage()
    assert hand.canvas.viewport().grab().toImage() == first
    hand.canvas.set_snapshot(_snapshot(hand.network, weights=np.linspace(-1, 1, 420)))
    assert hand.canvas.viewport().grab().toImage() != first


def test_the_legend_tells_the_robust_scale_of_the_mode(hand: Hand) -> None:
    legend = hand.canvas.legend
    assert legend.scale_bars.words == ("weights to ±1.5",)
    told: list[str] = []
    hand.canvas.color_mode_changed.connect(told.append)
    legend.buttons["both"].click()
    assert told == ["both"]
    assert hand.canvas.color_mode == "both"
    assert len(legend.scale_bars.words) == 2
    hand.canvas.set_color_mode("activity")
    assert legend.buttons["activity"].isChecked()
    hand.canvas.set_color_mode("no such mode")
    assert hand.canvas.color_mode == "activity"


def test_problems_stand_at_their_neurons(hand: Hand) -> None:
    hand.canvas.set_problems({"y": "No path from an input."})
    items = hand.canvas.network_scene.items_by_id
    assert "No path" in items["y"].describe()
    hand.canvas.set_problems({})
    assert items["y"].problem == ""


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_a_picture_shows_the_network_on_the_themes_canvas(hand: Hand, choice: Any) -> None:
    manager = theme.manager()
    before = manager.choice
    manager.set_choice(choice, remember=False)
    try:
        image = hand.canvas.render_image(QSize(320, 200))
        background = manager.current.canvas.rgb()
    finally:
        manager.set_choice(before, remember=False)
    assert (image.width(), image.height()) == (320, 200)
    assert image.pixel(2, 2) == background
    assert any(image.pixel(x, 100) != background for x in range(320))


def test_a_picture_shows_no_text(hand: Hand) -> None:
    before = hand.canvas.render_image(QSize(640, 400))
    hand.document.do(ChangeNeurons("Rename", {"y": {"label": "a longer name"}}))
    assert hand.canvas.render_image(QSize(640, 400)) == before
    shown = hand.canvas.grab().toImage()
    hand.document.undo_stack.undo()
    assert hand.canvas.grab().toImage() != shown


def test_a_low_canvas_keeps_the_scale_and_leaves_the_switch_to_the_menu(hand: Hand) -> None:
    canvas = hand.canvas
    tall = canvas.legend.height()
    canvas.resize(480, 250)
    assert canvas.legend.scale_bars.isVisible()
    assert canvas.legend.height() < tall
    assert canvas.legend.y() < canvas.zoom_buttons.geometry().bottom()
    assert not canvas.zoom_buttons.geometry().intersects(canvas.legend.geometry())
    canvas.resize(480, 600)
    assert canvas.legend.height() == tall


def test_the_zoom_stays_in_its_button_when_the_theme_changes(hand: Hand) -> None:
    manager = theme.manager()
    before = manager.choice
    hand.canvas.zoom_to(0.5, QPointF())
    manager.set_choice("light" if manager.current.name == "dark" else "dark", remember=False)
    try:
        assert hand.canvas.zoom_buttons.percent.text() == "50 %"
        hand.canvas.zoom_buttons.percent.click()
        assert hand.canvas.zoom == 1.0
    finally:
        manager.set_choice(before, remember=False)


def test_the_zoom_buttons_make_way_for_the_legend(hand: Hand) -> None:
    canvas = hand.canvas
    for width in (900, 380):
        canvas.resize(width, 500)
        assert not canvas.zoom_buttons.geometry().intersects(canvas.legend.geometry())
        assert canvas.rect().contains(canvas.zoom_buttons.geometry())


def test_what_was_fitted_stays_in_view_until_something_else_is_looked_at(hand: Hand) -> None:
    canvas = hand.canvas
    canvas.resize(900, 700)
    canvas.fit()
    before = canvas.zoom
    canvas.resize(450, 350)
    fitted = canvas.zoom
    assert fitted < before
    canvas.zoom_in()
    near = canvas.zoom
    canvas.resize(900, 700)
    assert canvas.zoom == near > fitted


def test_a_network_that_grows_stays_on_view_where_all_of_it_was(hand: Hand) -> None:
    canvas = hand.canvas
    canvas.resize(900, 700)
    canvas.fit_all()
    far = QPointF(0.0, 4_000.0)
    canvas.document.do(AddItems("Add", [Neuron("far", "hidden", "tanh", 0.0, "far", (far.x(), far.y()))]))
    canvas.fit_again()
    assert canvas.viewport().rect().contains(canvas.mapFromScene(far))
    canvas.zoom_in()
    near = canvas.zoom
    canvas.fit_again()
    assert canvas.zoom == near


def test_a_picture_of_nothing_is_empty(empty_hand: Hand) -> None:
    image = empty_hand.canvas.render_image(QSize(64, 40))
    assert len({image.pixel(x, y) for x in range(64) for y in range(40)}) == 1


def test_far_apart_neurons_are_painted_and_fitted(hand: Hand) -> None:
    hand.document.do(ChangeNeurons("Move", {"y": {"position": (9e6, -9e6)}, "a": {"position": (-9e6, 9e6)}}))
    hand.canvas.fit()
    hand.canvas.viewport().grab()
    hand.document.selection.set(("y",))
    hand.canvas.fit()
    assert hand.canvas.viewport().rect().contains(hand.pixel("y"))
    for _ in range(12):
        hand.canvas.zoom_in()
        hand.canvas.viewport().grab()
