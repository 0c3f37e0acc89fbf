"""Focus mode: what the neuron that is looked at is connected to stays."""

from __future__ import annotations

from nnstudio.network import Connection
from nnstudio.network.edits import AddItems, RemoveItems


def faded(hand) -> set[str]:
    return {i for i, item in hand.canvas.network_scene.items_by_id.items() if item.opacity() < 1.0}


def test_the_neuron_under_the_pointer_keeps_its_connections(hand) -> None:
    hand.canvas.focus_mode.set_on(True)
    assert faded(hand) == set()
    hand.move("a")
    assert faded(hand) == {"b", "y"}
    hand.move((200, -150))
    assert faded(hand) == set()


def test_the_selected_count_where_the_pointer_is_elsewhere(hand) -> None:
    hand.canvas.focus_mode.set_on(True)
    hand.document.selection.set(("y",))
    assert faded(hand) == {"a", "b"}
    hand.network.remove_neuron("h")
    assert faded(hand) == {"a", "b"}
    hand.canvas.focus_mode.set_on(False)
    assert faded(hand) == set()


def test_one_step_may_remove_what_is_selected_and_connect_what_stays(hand) -> None:
    hand.canvas.focus_mode.set_on(True)
    hand.document.selection.set(("b", "y"))
    assert faded(hand) == {"a"}
    new = Connection("ay", "a", "y", 1.0)
    hand.document.do(RemoveItems("Remove", ["b"]), AddItems("Connect", (), [new]), label="Both")
    assert faded(hand) == set()
    hand.undo()
    assert faded(hand) == {"a", "b"}
