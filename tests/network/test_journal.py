"""Listeners are told of what changed and stayed, once, in order; a batch that fails leaves nothing."""

from __future__ import annotations

import pytest

from nnstudio.errors import NNStudioError, UnknownIdError
from nnstudio.network import Network
from nnstudio.network import events as ev


def test_each_change_is_told_once_complete_with_old_and_new(network) -> None:
    heard = []
    network.subscribe(lambda told: heard.append((told, network.revision)))
    revision = network.revision
    old = network.neuron("n3")
    new = network.update_neuron("n3", bias=0.5)
    added = network.connect("n1", "n5")
    assert heard == [
        ((ev.NeuronChanged(old, new),), revision + 1),
        ((ev.ConnectionAdded(added, 6),), revision + 2),
    ]
    assert heard[0][0][0].fields == {"bias"}


def test_removed_connections_are_told_before_their_neuron(network) -> None:
    heard = []
    network.subscribe(heard.append)
    network.remove_neuron("n3")
    (told,) = heard
    assert [type(event).__name__ for event in told] == ["ConnectionRemoved"] * 3 + ["NeuronRemoved"]


def test_many_values_are_one_event_naming_only_what_differs(network) -> None:
    heard = []
    network.subscribe(heard.append)
    network.set_values({"c1": 0.1, "c2": 9.0}, {"n3": 0.0, "n5": 1.0})
    assert heard == [(ev.ParametersChanged(("c2",), ("n5",), (9.0,), (1.0,)),)]


def test_a_batch_is_told_at_its_end_as_one_change(network, mirror) -> None:
    watcher = mirror(network)
    revision = network.revision
    with network.batch():
        network.update_neuron("n3", bias=0.5)
        with network.batch():
            network.remove_neuron("n4")
        assert watcher.heard == []
        network.add_neuron("input")
    assert len(watcher.heard) == 1
    assert network.revision == revision + 1
    watcher.check()


def test_a_batch_without_changes_is_not_told(network, mirror) -> None:
    watcher = mirror(network)
    revision = network.revision
    with network.batch():
        pass
    assert watcher.heard == []
    assert network.revision == revision


def change_everything(network: Network) -> None:
    network.add_neuron("hidden", id="new")
    network.connect("n1", "new")
    network.connect("new", "n5", id="mine")
    network.update_neuron("n3", bias=0.5, label="changed", position=(7, 8))
    network.update_neuron("n5", role="hidden")
    network.update_connection("c1", weight=4.0)
    network.set_values({"c2": 3.0, "mine": 2.0}, {"n3": 1.0, "new": 1.0})
    network.remove_neuron("n4")
    network.remove_connection("c1")
    network.initialize("uniform", 3)


def test_a_batch_that_fails_is_taken_back_and_not_told(network, mirror) -> None:
    watcher = mirror(network)
    before, revision = network.copy(), network.revision

    def change_then_fail() -> None:
        with network.batch():
            change_everything(network)
            network.remove_neuron("n77")

    with pytest.raises(UnknownIdError):
        change_then_fail()
    assert network == before
    assert network.revision == revision
    assert watcher.heard == []
    watcher.check()
    change_everything(network)
    watcher.check()


def test_a_failed_part_of_a_batch_leaves_the_rest_standing(network, mirror) -> None:
    watcher = mirror(network)

    def change_then_fail() -> None:
        with network.batch():
            change_everything(network)
            network.connect("n1", "n77")

    with network.batch():
        network.update_neuron("n3", label="stays")
        with pytest.raises(UnknownIdError):
            change_then_fail()
        network.update_neuron("n4", label="too")
    assert [n.label for n in network.neurons] == ["x1", "x2", "stays", "too", "y1"]
    assert [len(told) for told in watcher.heard] == [2]
    watcher.check()


def test_nobody_listening_is_fine(network) -> None:
    before, revision = network.copy(), network.revision

    def change_then_stop() -> None:
        with network.batch():
            change_everything(network)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change_then_stop()
    assert (network, network.revision) == (before, revision)
    change_everything(network)
    assert network.revision > revision


def test_who_ends_listening_hears_no_more(network) -> None:
    first, second = [], []

    def on_first(told) -> None:
        first.append(told)
        end_second()

    network.subscribe(on_first)
    end_second = network.subscribe(second.append)
    network.remove_neuron("n3")
    end_second()
    assert len(first) == 1
    assert second == []


def test_a_change_made_by_a_listener_is_told_to_all_in_the_same_order(network, mirror) -> None:
    def follow(told) -> None:
        if isinstance(told[0], ev.NeuronAdded):
            with network.batch():
                network.update_neuron(told[0].neuron.id, label="seen")
                network.connect("n1", told[0].neuron.id)

    network.subscribe(follow)
    watcher = mirror(network)
    network.add_neuron("hidden")
    assert [type(told[0]).__name__ for told in watcher.heard] == ["NeuronAdded", "NeuronChanged"]
    watcher.check()


def test_a_listener_that_fails_keeps_nothing_from_the_others(network, mirror) -> None:
    def fail(told) -> None:
        raise RuntimeError("broken window")

    network.subscribe(fail)
    watcher = mirror(network)
    with pytest.raises(RuntimeError, match="broken window"):
        network.remove_neuron("n3")
    assert not network.has_neuron("n3")
    watcher.check()


@pytest.mark.parametrize(
    ("change", "program", "values"),
    [
        (lambda n: n.update_neuron("n3", label="a", position=(1, 1)), False, False),
        (lambda n: n.update_neuron("n3", bias=1.0), False, True),
        (lambda n: n.update_neuron("n3", activation="relu"), True, False),
        (lambda n: n.update_neuron("n3", trainable=False), True, False),
        (lambda n: n.update_neuron("n3", role="output"), True, False),
        (lambda n: n.update_connection("c1", weight=9.0), False, True),
        (lambda n: n.update_connection("c1", trainable=False), True, False),
        (lambda n: n.set_values({"c1": 9.0}, {}), False, True),
        (lambda n: n.connect("n1", "n5"), True, False),
        (lambda n: n.remove_connection("c1"), True, False),
        (lambda n: n.add_neuron("hidden"), True, False),
        (lambda n: n.remove_neuron("n3"), True, False),
    ],
)
def test_events_say_whether_a_program_still_fits(network, change, program, values) -> None:
    heard = []
    network.subscribe(heard.append)
    change(network)
    assert ev.changes_program(heard[0]) is program
    assert ev.changes_values(heard[0]) is values


def test_errors_are_one_family() -> None:
    with pytest.raises(NNStudioError):
        Network().neuron("n1")
