"""Groups on the canvas, worked with real mouse and key events."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from nnstudio.network.templates import layered_network
from nnstudio.ui.canvas.groups_geometry import summaries
from nnstudio.ui.canvas.menu import make_menu
from nnstudio.ui.canvas.picture import undecorated
from nnstudio.ui.canvas.scene import Hit
from tests.ui.canvas.conftest import Hand, make_hand

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def group(hand: Hand, *ids: str) -> str:
    """Group neurons by keys and return the id of their group."""
    hand.document.selection.set(ids)
    hand.key(Qt.Key.Key_G, CTRL)
    return hand.network.group_of(ids[0]).id


def item(hand: Hand, group_id: str):
    return hand.canvas.network_scene.groups.items[group_id]


def name_of(hand: Hand, group_id: str) -> tuple[float, float]:
    """Return a point on the name of a group."""
    header = item(hand, group_id).header(hand.canvas.zoom)
    return header.right() - 8, header.center().y()


def fold_of(hand: Hand, group_id: str) -> tuple[float, float]:
    center = item(hand, group_id).fold_area(hand.canvas.zoom).center()
    return center.x(), center.y()


def block_of(hand: Hand, group_id: str) -> tuple[float, float]:
    center = item(hand, group_id).rect.center()
    return center.x(), center.y() + 12


def visible(hand: Hand) -> set[str]:
    return {i for i, each in hand.canvas.network_scene.items_by_id.items() if each.isVisible()}


def test_ctrl_g_groups_the_selection_in_one_step_and_ctrl_shift_g_ungroups(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    assert hand.network.group(group_id).members == ("a", "b")
    assert hand.network.group(group_id).name == "Group 1"
    area = item(hand, group_id).rect
    assert area.contains(0, 0)
    assert area.contains(0, 200)
    assert not area.contains(200, 100)
    hand.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert hand.network.groups == ()
    assert not hand.canvas.network_scene.groups.items
    hand.undo()
    assert hand.network.group(group_id).members == ("a", "b")
    hand.undo()
    assert hand.network.groups == ()


def test_a_neuron_leaves_its_group_for_a_new_one(hand: Hand) -> None:
    first = group(hand, "a", "b", "h")
    second = group(hand, "h", "y")
    assert hand.network.group(first).members == ("a", "b")
    assert hand.network.group(second).members == ("h", "y")
    assert hand.network.group(second).color != hand.network.group(first).color
    assert hand.network.group(second).name == "Group 2"


def test_without_a_selection_the_way_out_is_told(hand: Hand) -> None:
    hand.canvas.grouping.group()
    hand.canvas.grouping.ungroup()
    hand.canvas.grouping.fold_groups()
    assert ["Select" in message for message in hand.messages] == [True, True, True]
    group(hand, "a", "b")
    hand.key(Qt.Key.Key_G, CTRL)
    assert "a group already" in hand.messages[-1]
    assert len(hand.network.groups) == 1


def test_actions_are_enabled_where_there_is_something_to_do(hand: Hand) -> None:
    actions = hand.canvas.actions()
    able = lambda: [actions[n].isEnabled() for n in ("group", "ungroup", "fold_groups", "save_template")]  # noqa: E731
    assert able() == [False, False, False, False]
    hand.click("h")
    assert able() == [True, False, False, True]
    group(hand, "a", "h")
    assert able() == [True, True, True, True]
    hand.click("y")
    assert able() == [True, False, False, True]


def test_a_click_on_the_name_selects_the_members_and_shift_adds_and_removes_them(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.click("y")
    hand.click(name_of(hand, group_id))
    assert hand.document.selection.neurons == {"a", "b"}
    hand.click("y")
    hand.click(name_of(hand, group_id), SHIFT)
    assert hand.document.selection.neurons == {"a", "b", "y"}
    hand.click(name_of(hand, group_id), SHIFT)
    assert hand.document.selection.neurons == {"y"}


def test_dragging_the_name_moves_the_group_as_one_step(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.document.selection.clear()
    x, y = name_of(hand, group_id)
    hand.drag((x, y), (x - 50, y - 33), modifier=ALT)
    assert hand.network.neuron("a").position == pytest.approx((-50, -33), abs=1.5)
    assert hand.network.neuron("b").position == pytest.approx((-50, 167), abs=1.5)
    assert hand.network.neuron("h").position == (200, 100)
    assert not hand.network.group(group_id).collapsed
    hand.undo()
    assert hand.network.neuron("a").position == (0, 0)
    assert hand.network.group(group_id)


def test_esc_puts_a_dragged_group_back(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.document.selection.clear()
    before = QRectF(item(hand, group_id).rect)
    x, y = name_of(hand, group_id)
    hand.drag((x, y), (x - 50, y - 33), let_go=False)
    assert item(hand, group_id).rect != before
    hand.key(Qt.Key.Key_Escape)
    assert item(hand, group_id).rect == before
    assert hand.network.neuron("a").position == (0, 0)
    assert not hand.document.selection
    hand.release((x, y))


def test_a_double_click_on_the_name_edits_it_in_place(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.double_click(name_of(hand, group_id))
    field = hand.canvas.viewport().findChild(QLineEdit, "inline-editor")
    assert field.text() == "Group 1"
    QTest.keyClicks(field, "Senses")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert hand.network.group(group_id).name == "Senses"
    hand.undo()
    assert hand.network.group(group_id).name == "Group 1"


def test_esc_leaves_the_name_as_it_was(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.double_click(name_of(hand, group_id))
    field = hand.canvas.viewport().findChild(QLineEdit, "inline-editor")
    QTest.keyClicks(field, "Senses")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert hand.network.group(group_id).name == "Group 1"


@pytest.mark.parametrize("way", ["fold", "alt", "key"])
def test_collapsing_hides_the_neurons_in_one_step(hand: Hand, way: str) -> None:
    group_id = group(hand, "a", "b")
    if way == "fold":
        hand.click(fold_of(hand, group_id))
    elif way == "alt":
        hand.click(name_of(hand, group_id), ALT)
    else:
        hand.key(Qt.Key.Key_G)
    assert hand.network.group(group_id).collapsed
    assert visible(hand) == {"h", "y"}
    hand.undo()
    assert visible(hand) == {"a", "b", "h", "y"}


@pytest.mark.parametrize("way", ["fold", "alt", "key", "double"])
def test_a_block_expands_again(hand: Hand, way: str) -> None:
    group_id = group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    if way == "fold":
        hand.click(fold_of(hand, group_id))
    elif way == "alt":
        hand.click(block_of(hand, group_id), ALT)
    elif way == "key":
        hand.key(Qt.Key.Key_G)
    else:
        hand.double_click(block_of(hand, group_id))
    assert not hand.network.group(group_id).collapsed
    assert visible(hand) == {"a", "b", "h", "y"}
    assert hand.canvas.network_scene.groups.bundles == ()


def test_a_band_tells_how_many_connections_it_stands_for(hand: Hand) -> None:
    hand.network.update_connection("bh", weight=-1.5)
    group_id = group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    scene = hand.canvas.network_scene
    (bundle,) = scene.groups.bundles
    assert (bundle.source, bundle.target, len(bundle.connections)) == (group_id, "h", 2)
    assert bundle.magnitude == pytest.approx(1.0)
    assert (bundle.low, bundle.high) == (-1.5, 0.5)
    assert bundle.start == (0.0, 100.0)
    hit = scene.pick(QPointF(130, 100), hand.canvas.zoom)
    assert hit.kind == "band"
    text = scene.describe(hit)
    assert "2 connections" in text
    assert "mean magnitude 1" in text
    assert "from −1.5 to 0.5" in text


def test_bands_follow_values_and_neurons(hand: Hand) -> None:
    group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    groups = hand.canvas.network_scene.groups
    hand.network.update_connection("ah", weight=3.0)
    assert groups.bundles[0].high == 3.0
    hand.network.update_neuron("h", position=(300.0, 60.0))
    assert groups.bundles[0].end == (300.0, 60.0)
    hand.network.remove_connection("ah")
    hand.canvas.network_scene.pick(QPointF(0, 0), 1.0)
    assert len(groups.bundles[0].connections) == 1


def test_between_two_collapsed_groups_there_is_one_band(qtbot) -> None:
    hand = make_hand(qtbot, layered_network((3, 4, 2)))
    ids = [neuron.id for neuron in hand.network.neurons]
    first, second = group(hand, *ids[:3]), group(hand, *ids[3:7])
    hand.document.selection.set(ids[:7])
    hand.key(Qt.Key.Key_G)
    counts = {(b.source, b.target): len(b.connections) for b in hand.canvas.network_scene.groups.bundles}
    assert counts == {(first, second): 12, (second, ids[7]): 4, (second, ids[8]): 4}
    assert visible(hand) == set(ids[7:])


def test_a_click_on_a_band_selects_its_connections(hand: Hand) -> None:
    group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    hand.click((130, 100))
    assert hand.document.selection.connections == {"ah", "bh"}
    assert not hand.document.selection.neurons


def test_dragging_a_block_moves_its_neurons(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    x, y = block_of(hand, group_id)
    hand.drag((x, y), (x - 40, y + 60), modifier=ALT)
    assert hand.network.neuron("a").position == pytest.approx((-40, 60), abs=1.5)
    assert hand.network.neuron("b").position == pytest.approx((-40, 260), abs=1.5)
    assert hand.network.group(group_id).collapsed


def test_hidden_neurons_and_connections_are_not_picked(hand: Hand) -> None:
    group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    hand.document.selection.clear()
    scene = hand.canvas.network_scene
    assert scene.pick(QPointF(0, 0), 1.0).kind == "empty"
    assert scene.pick(QPointF(100, 50), 1.0).kind == "empty"  # the middle of a's connection
    hand.click((0, 0))
    assert not hand.document.selection


def test_the_rubber_band_takes_blocks_and_nothing_that_is_hidden(hand: Hand) -> None:
    group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    hand.drag((-60, -60), (60, 30))
    assert not hand.document.selection.neurons
    hand.drag((-100, 20), (60, 180))
    assert hand.document.selection.neurons == {"a", "b"}


def test_fitting_shows_blocks_whole(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    hand.document.selection.clear()
    hand.canvas.fit()
    seen = hand.canvas.mapToScene(hand.canvas.viewport().rect()).boundingRect()
    assert seen.contains(item(hand, group_id).rect)
    _, top, _, bottom = hand.canvas.network_scene.bounds()
    assert bottom - top < 200  # what is hidden takes no room


def test_tidying_up_takes_a_block_along(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    hand.network.update_neuron("a", position=(-300.0, 500.0))
    hand.document.selection.clear()
    hand.key(Qt.Key.Key_T)
    hand.canvas.arranging.finish()
    assert hand.network.group(group_id).collapsed
    x, y = block_of(hand, group_id)
    xs, ys = zip(*(hand.network.neuron(i).position for i in "ab"), strict=True)
    assert (x, y - 12) == pytest.approx((sum(xs) / 2, sum(ys) / 2))


def test_a_connection_cannot_be_dropped_on_a_block(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    count = hand.network.neuron_count
    hand.drag(hand.rim("h"), block_of(hand, group_id))
    assert "Expand the group" in hand.refused[-1]
    assert hand.network.neuron_count == count


def test_the_menu_of_a_group_renames_colors_collapses_and_ungroups(hand: Hand) -> None:
    group_id = group(hand, "a", "b")

    def entries() -> tuple[QMenu, dict[str, object]]:
        # The menu is returned too: without it, Python would take the entries away.
        menu = make_menu(hand.canvas, Hit("group", group_id), QPointF())
        return menu, {action.text().replace("&", "").split("\t")[0]: action for action in menu.actions()}

    menu, found = entries()
    assert {"Collapse", "Rename…", "Color", "Ungroup", "Save as template…"} <= found.keys()
    colors = {action.text(): action for action in found["Color"].menu().actions()}
    colors["Violet"].trigger()
    assert hand.network.group(group_id).color == "#9163d6"
    hand.undo()
    found["Collapse"].trigger()
    assert hand.network.group(group_id).collapsed
    menu, found = entries()
    found["Expand"].trigger()
    assert not hand.network.group(group_id).collapsed
    found["Ungroup"].trigger()
    assert hand.network.groups == ()
    menu.deleteLater()


def test_copies_keep_their_group(hand: Hand) -> None:
    group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    hand.canvas.clipping.copy()
    hand.canvas.clipping.paste()
    first, second = hand.network.groups
    assert second.collapsed
    assert second.name == first.name
    assert not set(first.members) & set(second.members)
    assert visible(hand) == {"h", "y"}


def test_deleting_a_block_and_undoing_brings_it_back_as_it_was(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    hand.click(block_of(hand, group_id))
    hand.key(Qt.Key.Key_Delete)
    assert hand.network.groups == ()
    hand.undo()
    hand.canvas.network_scene.pick(QPointF(0, 0), 1.0)
    assert visible(hand) == {"h", "y"}
    assert hand.network.group(group_id).collapsed
    hand.undo()
    assert visible(hand) == {"a", "b", "h", "y"}


def test_groups_can_be_changed_while_training_locks_the_network(hand: Hand) -> None:
    hand.document.lock("Training is on.")
    group_id = group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    assert hand.network.group(group_id).collapsed
    assert not hand.refused


def test_problems_inside_show_at_the_block(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    hand.canvas.network_scene.set_problems({"b": "b is not used."}, ())
    assert item(hand, group_id).describe().endswith("b is not used.")


def test_a_double_click_on_the_triangle_adds_nothing(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    pixel = hand.pixel(fold_of(hand, group_id))
    viewport = hand.canvas.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=pixel)
    QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=pixel)
    assert hand.network.neuron_count == 4
    assert hand.network.group(group_id).collapsed


def test_the_keyboard_goes_to_blocks_as_one(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    hand.document.selection.set(("h",))
    hand.key(Qt.Key.Key_Left, CTRL)
    hand.key(Qt.Key.Key_Left, CTRL)
    assert hand.document.selection.neurons == {"a", "b"}
    hand.key(Qt.Key.Key_G)
    assert not hand.network.group(group_id).collapsed


def test_pictures_show_groups_without_what_helps_to_edit(hand: Hand) -> None:
    group_id = group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    scene = hand.canvas.network_scene
    scene.set_problems({"a": "no"}, ())
    hand.move(block_of(hand, group_id))
    with undecorated(scene):
        plain = item(hand, group_id)
        assert (plain.is_selected, plain.hover, plain.problem) == (False, "", "")
    assert (plain.is_selected, plain.hover, plain.problem) == (True, "group", "no")


def test_many_bands_are_counted_at_once_and_leave_out_what_is_not_finite() -> None:
    values = np.array([1.0, -2.0, np.nan, 4.0, np.inf, -1.0])
    found = summaries(values, [np.array([0, 1]), np.array([2, 3]), np.array([4]), np.array([5])])
    assert found == [
        (1.5, -1.0, -2.0, 1.0),
        (4.0, 1.0, 4.0, 4.0),
        (0.0, 1.0, 0.0, 0.0),
        (1.0, -1.0, -1.0, -1.0),
    ]
    assert summaries(values, []) == []


def test_deleting_selected_connections_of_a_band_keeps_the_rest(hand: Hand) -> None:
    group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    hand.click((130, 100))
    hand.network.remove_neuron("y")
    hand.network.remove_connection("ah")
    scene = hand.canvas.network_scene
    assert scene.pick(QPointF(130, 100), 1.0).kind == "band"
    assert hand.document.selection.connections == {"bh"}
    assert [len(bundle.connections) for bundle in scene.groups.bundles] == [1]


def test_an_inserted_template_keeps_its_names_where_they_are_new(hand: Hand) -> None:
    hand.canvas.insert({"template": "half-adder"})
    hand.canvas.insert({"template": "not"})
    labels = [neuron.label for neuron in hand.network.neurons[4:]]
    # The inputs of the adder are a and b, as those that are there: all of it is named anew.
    assert "sum" not in labels
    assert [group.name for group in hand.network.groups] == ["XOR", "AND"]
    hand.network.update_neuron("a", label="p")
    hand.network.update_neuron("b", label="q")
    hand.canvas.insert({"template": "half-adder"})
    assert [neuron.label for neuron in hand.network.outputs][-2:] == ["sum", "carry"]


def test_a_template_inserted_without_pointing_lies_on_nothing_and_is_on_view(hand: Hand) -> None:
    for _ in range(3):
        hand.canvas.insert({"template": "half-adder"})
        new = hand.document.selection.neurons
        others = [n for n in hand.network.neurons if n.id not in new]
        gaps = [math.dist(hand.network.neuron(i).position, n.position) for i in new for n in others]
        assert min(gaps) >= 60.0
        view = hand.canvas.viewport().rect()
        assert all(view.contains(hand.pixel(hand.network.neuron(i).position)) for i in new)
    hand.undo()
    assert len(others) == hand.network.neuron_count


def test_a_running_training_shows_in_the_bands(hand: Hand) -> None:
    group(hand, "a", "b")
    hand.key(Qt.Key.Key_G)
    scene = hand.canvas.network_scene
    ids = tuple(c.id for c in hand.network.connections)
    neurons = tuple(n.id for n in hand.network.neurons)
    result = SimpleNamespace(
        connection_ids=ids,
        neuron_ids=neurons,
        weights=np.array([4.0, 2.0, 1.0]),
        biases=np.zeros(len(neurons)),
        weight_gradients=np.zeros(3),
        activations=None,
    )
    scene.set_snapshot(result)
    assert scene.groups.bundles[0].magnitude == pytest.approx(3.0)
    scene.set_snapshot(None)
    assert scene.groups.bundles[0].magnitude == pytest.approx(0.5)


def test_a_network_all_on_view_stays_so_as_blocks_open_and_close(hand: Hand) -> None:
    hand.network.update_neuron("y", position=(9000.0, 0.0))
    hand.canvas.fit_all()
    zoom = hand.canvas.zoom
    group_id = group(hand, "a", "b", "h", "y")
    hand.canvas.grouping.fold([group_id], collapsed=True)
    assert hand.canvas.zoom > 3 * zoom
    hand.undo()
    view = hand.canvas.viewport().rect()
    assert all(view.contains(hand.pixel(neuron.position)) for neuron in hand.network.neurons)


def test_folding_leaves_the_view_that_was_chosen(hand: Hand) -> None:
    hand.canvas.scroll_by(5, 0)
    place = hand.canvas.place_on_view()
    hand.canvas.grouping.fold([group(hand, "a", "b", "h", "y")], collapsed=True)
    assert hand.canvas.place_on_view() == place
